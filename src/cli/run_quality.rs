//! What a run with a manifest writes beside its reports: `reconciliation.json` (rows and studies against
//! each other), `data_quality.json` and `.csv` (the five scores of every institution).

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Serialize;
use serde_json::json;

use crate::manifest::Manifest;
use crate::manifest::scores::{Earlier, InstitutionScores, Limits, Reconciliation, Scores, csv};
use crate::model::manifest::ManifestRow;
use crate::model::text::Language;
use crate::policy::words::Dimension;
use crate::registry::Registry;
use crate::report::run_manifest::ManifestBrief;
use crate::store::{ManifestRow as KeptRow, Store};

use super::CommandError;
use super::shared::Policies;

/// Rows and studies against each other.
const RECONCILIATION: &str = "reconciliation.json";
/// The five scores.
const SCORES: &str = "data_quality.json";
/// The same for a spreadsheet.
const TABLE: &str = "data_quality.csv";

/// Bad rows told on the terminal; all stand in the file.
const SHOWN: usize = 5;

/// What a manifest came to.
pub struct Quality {
    /// What `run.json` tells.
    pub brief: ManifestBrief,
    /// The five scores of every institution.
    pub scores: Vec<InstitutionScores>,
}

/// Writes the files and gives what `run.json` and the pages tell.
///
/// # Errors
/// A file cannot be written.
pub fn write(
    folder: &Path,
    scores: Scores,
    manifest: &Manifest,
    registry: Option<&Registry>,
    policies: &Policies,
    earlier: &Earlier,
) -> Result<Quality, CommandError> {
    let id_of = |named: &str| registry.and_then(|r| r.named(named)).map(|found| found.id);
    let limits_of = |id: &str| {
        let region = registry.and_then(|r| r.get(id)).and_then(|i| i.region.as_deref());
        limits(policies, region)
    };
    let (scores, reconciled) = scores.finish(manifest, id_of, limits_of, earlier);
    put_json(&folder.join(RECONCILIATION), &reconciled)?;
    let told = json!({"ledger": earlier.ledger, "institutions": scores});
    put_json(&folder.join(SCORES), &told)?;
    // Spreadsheets take UTF-8 only with its mark.
    let table = csv(&scores).map_err(CommandError::Io)?;
    put(&folder.join(TABLE), format!("\u{feff}{table}").as_bytes())?;
    Ok(Quality { brief: brief(manifest, &scores, &reconciled), scores })
}

/// Keeps the rows in the store, under the institutions' registry ids.
///
/// # Errors
/// The store fails.
pub fn keep(
    store: &mut Store,
    manifest: &Manifest,
    registry: Option<&Registry>,
    at: &str,
) -> Result<(), CommandError> {
    let kept = |row: &ManifestRow| {
        let id = registry.and_then(|r| r.named(&row.institution)).map(|found| found.id);
        Ok(KeptRow {
            institution: id.unwrap_or_else(|| row.institution.clone()),
            order_id: row.order_id.clone(),
            study_uid: row.study_uid.clone(),
            accession: row.accession_number.clone(),
            item_code: row.item_code.clone(),
            patient_key: row.patient_key.clone(),
            report_id: row.report_id.clone(),
            order_kind: row.order_kind.word().to_owned(),
            exam_at: row.exam_at.clone(),
            report_at: row.report_at.clone(),
            upload_at: row.upload_at.clone(),
            expected_instances: row.expected_instances,
            label_printed: row.label_printed.clone(),
            fields: serde_json::to_string(row).map_err(|e| CommandError::Io(e.to_string()))?,
            source: manifest.source().to_owned(),
            line: row.line,
        })
    };
    let rows = manifest.rows().iter().map(kept).collect::<Result<Vec<_>, CommandError>>()?;
    Ok(store.put_manifest(&rows, at)?)
}

/// What the text of an institution's region demands of its data.
fn limits(policies: &Policies, region: Option<&str>) -> Limits {
    let serves = |region| policies.set.profiles.values().find(move |p| p.serves(region));
    let Some(profile) = region.and_then(serves) else { return Limits::default() };
    let mut limits = Limits::default();
    for demand in &profile.rules.data_quality {
        match demand.dimension {
            Dimension::Consistency => limits.consistency = demand.min_share,
            Dimension::Completeness => limits.completeness = demand.min_share,
            Dimension::Accuracy => limits.accuracy = demand.min_share,
            Dimension::Continuity => limits.continuity = demand.max_hours,
        }
    }
    limits
}

fn brief(
    manifest: &Manifest,
    scores: &[InstitutionScores],
    reconciled: &Reconciliation,
) -> ManifestBrief {
    let count = |of: fn(&crate::manifest::scores::Day) -> usize| {
        reconciled.days.iter().map(of).sum::<usize>() as u64
    };
    ManifestBrief {
        rows: manifest.rows().len() as u64,
        problems: manifest.problems().len() as u64,
        rows_without_study: count(|d| d.rows_without_study.len()),
        studies_without_row: count(|d| d.studies_without_row.len()),
        institutions: scores.len() as u64,
    }
}

/// What the terminal says of the manifest.
pub fn told(brief: &ManifestBrief, manifest: &Manifest, language: Language) -> String {
    let ManifestBrief { rows, problems, rows_without_study, studies_without_row, .. } = brief;
    let mut text = match language {
        Language::Zh => format!(
            "工作列表 {rows} 行：{rows_without_study} 行没有检查，{studies_without_row} 项检查没有对应的行，{problems} 处问题\n"
        ),
        Language::En => format!(
            "manifest of {rows} rows: {rows_without_study} without a study, {studies_without_row} studies without a row, {problems} problems\n"
        ),
    };
    for problem in manifest.problems().iter().take(SHOWN) {
        let _ = match language {
            Language::Zh => writeln!(text, "  第{}行：{}", problem.line, problem.text.zh),
            Language::En => writeln!(text, "  line {}: {}", problem.line, problem.text.en),
        };
    }
    if manifest.problems().len() > SHOWN {
        let _ = writeln!(text, "  … {RECONCILIATION}");
    }
    text
}

fn put_json(path: &Path, value: &impl Serialize) -> Result<(), CommandError> {
    let json = serde_json::to_string_pretty(value);
    let json = json.map_err(|e| CommandError::Io(format!("{}: {e}", path.display())))?;
    put(path, (json + "\n").as_bytes())
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    fs::write(path, bytes).map_err(|e| CommandError::Io(format!("{}: {e}", path.display())))
}
