//! Streaming accumulators: add results in any order, get the reports of every institution and the
//! totals. What is kept of a study is bounded, and so is the number of studies kept.

mod detail;
mod ranked;
pub mod record;
mod tally;
pub mod types;

use std::collections::BTreeMap;

use crate::checks::registry;
use crate::model::outcome::OutcomeKind;
use crate::model::result::{StudyResult, Verdict};
use crate::model::scores::InstitutionScores;
use crate::model::text::StaticText;
use crate::report::indicator::ArtifactRate;

pub use self::detail::pictured;
use self::ranked::Ranked;
use self::tally::Tally;
use self::types::{InstitutionName, InstitutionReport, OverAll, REPORT_SCHEMA_VERSION, Summary};
use super::notices::ProfileNote;
use super::run_manifest::RunBrief;

/// Id of the institution of studies that matched none.
pub const UNKNOWN: &str = "unknown";

/// What reports say of a check beyond its outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckWords {
    /// The defect.
    pub title: StaticText,
    /// What to do now.
    pub advice: StaticText,
}

/// Finds the words of a check by its code.
pub type Lookup = fn(&str) -> Option<CheckWords>;

/// The words of the registry.
pub fn registry_words(code: &str) -> Option<CheckWords> {
    registry::find(code).map(|m| CheckWords { title: m.title, advice: m.advice })
}

/// How much of each institution is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Studies shown with their reasons.
    pub worst: usize,
    /// Studies shown as rows.
    pub rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { worst: 200, rows: 20_000 }
    }
}

/// Whether a study was not judged: no check applies to it.
pub fn not_judged(result: &StudyResult) -> bool {
    result.verdict == Verdict::Review
        && (result.verdict_reasons.iter().any(|r| r == "not-judged")
            || (!result.outcomes.is_empty()
                && result.outcomes.iter().all(|o| o.outcome == OutcomeKind::NotApplicable)))
}

/// The reports of a run.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// Counts over all institutions.
    pub total: Summary,
    /// What to know of the regions' policies that judged; see [`Aggregate::annotate`].
    pub profiles: Vec<ProfileNote>,
    /// One report an institution, by id; `unknown` among them.
    pub institutions: Vec<InstitutionReport>,
    /// What people put on record over all institutions; `None` where no store was written.
    pub on_record: Option<OverAll>,
}

impl Aggregate {
    /// Puts the artifact rates on the reports of their institutions.
    pub fn rate_artifacts(&mut self, mut rates: BTreeMap<String, Vec<ArtifactRate>>) {
        for report in &mut self.institutions {
            report.artifact_rates = rates.remove(&report.institution.id).unwrap_or_default();
        }
    }

    /// Puts the scores of a manifest on the reports of their institutions.
    pub fn score(&mut self, scores: Vec<InstitutionScores>) {
        for own in scores {
            let report = self.institutions.iter_mut().find(|r| r.institution.id == own.institution);
            if let Some(report) = report {
                report.data_quality = Some(own);
            }
        }
    }
}

#[derive(Default)]
struct Institution {
    name: String,
    tally: Tally,
    studies: Ranked,
}

/// Takes results, in any order.
pub struct Aggregator {
    lookup: Lookup,
    limits: Limits,
    total: Tally,
    institutions: BTreeMap<String, Institution>,
    interner: ranked::Interner,
}

impl Default for Aggregator {
    fn default() -> Self {
        Self::new(registry_words, Limits::default())
    }
}

impl Aggregator {
    /// An empty accumulator; `lookup` finds the words of checks.
    pub fn new(lookup: Lookup, limits: Limits) -> Self {
        Self {
            lookup,
            limits,
            total: Tally::default(),
            institutions: BTreeMap::new(),
            interner: ranked::Interner::default(),
        }
    }

    /// Adds one study.
    pub fn add(&mut self, result: &StudyResult) {
        self.total.add(result);
        let id = if result.institution.is_empty() { UNKNOWN } else { &result.institution };
        let institution = self.institutions.entry(id.to_owned()).or_default();
        let name = &result.institution_name;
        // The smallest name, so that the order of adding does not show.
        if !name.is_empty() && (institution.name.is_empty() || *name < institution.name) {
            institution.name.clone_from(name);
        }
        institution.tally.add(result);
        institution.studies.add(result, self.limits, &mut self.interner);
    }

    /// The reports.
    pub fn finish(self, run: &RunBrief) -> Aggregate {
        let lookup = self.lookup;
        let institutions = self
            .institutions
            .into_iter()
            .map(|(id, i)| {
                let (worst, rows, rows_left_out) = i.studies.finish(lookup);
                let known = id != UNKNOWN;
                let name = if i.name.is_empty() { id.clone() } else { i.name };
                InstitutionReport {
                    schema_version: REPORT_SCHEMA_VERSION,
                    run: run.clone(),
                    institution: InstitutionName { id, name, known },
                    summary: i.tally.finish(lookup),
                    profiles: Vec::new(),
                    on_record: None,
                    artifact_rates: Vec::new(),
                    data_quality: None,
                    worst,
                    rows,
                    rows_left_out,
                }
            })
            .collect();
        let total = self.total.finish(lookup);
        Aggregate { total, profiles: Vec::new(), institutions, on_record: None }
    }
}

#[cfg(test)]
pub(crate) mod tests;
