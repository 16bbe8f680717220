//! The page over all institutions.

use askama::Template;

use crate::model::outcome::Severity;
use crate::model::result::{Status, Verdict};
use crate::report::aggregate::Aggregate;
use crate::report::aggregate::types::{
    CheckCount, IndexEntry, IndexReport, InstitutionReport, REPORT_SCHEMA_VERSION, RejectedFiles,
};
use crate::report::run_manifest::RunManifest;
use crate::report::{files, format, words};

use super::bi::{both, st, t, tx};
use super::charts;
use super::helpers::{
    bar_class, depth_words, lead, longest, modality_abbr, path_text, sample_words, severity_class,
};
use super::record::{check_title, target};
use super::{HtmlError, PAGE_LIMIT};

/// Rejected files listed in the index.
const REJECTED_SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "index.html")]
struct Page<'a> {
    r: &'a IndexReport,
    shown: &'a [IndexEntry],
}

/// What the index says of an institution.
pub fn index_entry(report: &InstitutionReport) -> IndexEntry {
    let (html, json) = files::institution_links(&report.institution.id);
    IndexEntry {
        institution: report.institution.clone(),
        html,
        json,
        period: report.summary.period.clone(),
        counts: report.summary.counts,
        pass_rate: report.summary.pass_rate,
        top_check: top_check(&report.summary.failing).cloned(),
    }
}

/// The check that most studies fail among those that count; among all where none counts.
fn top_check(failing: &[CheckCount]) -> Option<&CheckCount> {
    let counts = |c: &&CheckCount| c.severity > Severity::Minor && c.status == Status::Stable;
    failing.iter().find(counts).or_else(|| failing.first())
}

/// The report over all institutions of a run.
pub fn index_report(aggregate: &Aggregate, manifest: &RunManifest) -> IndexReport {
    let (institutions, unknown): (Vec<_>, Vec<_>) =
        aggregate.institutions.iter().map(index_entry).partition(|e| e.institution.known);
    let counts = &manifest.counts;
    IndexReport {
        schema_version: REPORT_SCHEMA_VERSION,
        run: manifest.brief(),
        files: counts.clone(),
        notices: manifest.notices.clone(),
        summary: aggregate.total.clone(),
        profiles: aggregate.profiles.clone(),
        institutions,
        unknown: unknown.into_iter().next(),
        rejected: RejectedFiles {
            total: counts.rejected,
            by_reason: counts.rejected_by_reason.clone(),
            shown: manifest.rejected_files.iter().take(REJECTED_SHOWN).cloned().collect(),
        },
        on_record: aggregate.on_record.clone(),
    }
}

/// Renders the index. Where there are so many institutions that the page would be too large, the
/// last ones are left out and the page says so; the JSON has all of them.
pub fn render_index(report: &IndexReport) -> Result<String, HtmlError> {
    let mut shown = report.institutions.as_slice();
    loop {
        let html = Page { r: report, shown }.render()?;
        if html.len() <= PAGE_LIMIT {
            return Ok(html);
        }
        if shown.is_empty() {
            return Err(HtmlError::TooLarge(html.len()));
        }
        shown = &shown[..shown.len() / 2];
    }
}

/// The words of a reason for rejection by its stable name.
fn reject_words(name: &str) -> super::bi::Bi<'_> {
    serde_json::from_value(serde_json::Value::String(name.to_owned()))
        .map_or_else(|_| t(name, name), |reason| st(words::reject_reason(reason)))
}
