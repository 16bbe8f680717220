//! The studies a report keeps: the worst with details, then rows, then only a count. Ranks are a
//! total order, so the same studies are kept whatever the order of adding.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::outcome::{OutcomeKind, Severity};
use crate::model::result::{Status, StudyResult, Verdict};

use super::detail::{self, Kept};
use super::types::{StudyDetail, StudyRow};
use super::{Limits, Lookup, not_judged};

/// Place of a study: fail before review before pass, judged before not judged, more critical,
/// major, minor findings first, then the key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    verdict: Reverse<Verdict>,
    not_judged: bool,
    critical: Reverse<u32>,
    major: Reverse<u32>,
    minor: Reverse<u32>,
    study_key: String,
}

impl Rank {
    fn of(result: &StudyResult) -> Self {
        let count = |severity: Severity| {
            let hits = result.outcomes.iter().filter(|o| {
                o.outcome == OutcomeKind::Fail
                    && o.status == Status::Stable
                    && o.severity == severity
            });
            Reverse(u32::try_from(hits.count()).unwrap_or(u32::MAX))
        };
        Self {
            verdict: Reverse(result.verdict),
            not_judged: not_judged(result),
            critical: count(Severity::Critical),
            major: count(Severity::Major),
            minor: count(Severity::Minor),
            study_key: result.study_key.clone(),
        }
    }

    fn has_details(&self) -> bool {
        self.verdict.0 != Verdict::Pass && !self.not_judged
    }
}

/// Few distinct texts over many studies, each held once.
#[derive(Default)]
pub(super) struct Interner {
    texts: BTreeSet<Arc<str>>,
    lists: BTreeSet<Arc<[String]>>,
}

impl Interner {
    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&new));
        new
    }

    fn list(&mut self, list: Vec<String>) -> Arc<[String]> {
        if let Some(known) = self.lists.get(list.as_slice()) {
            return Arc::clone(known);
        }
        let new: Arc<[String]> = list.into();
        self.lists.insert(Arc::clone(&new));
        new
    }
}

/// What a row keeps; the key and the verdict stand in its rank.
struct RowKept {
    study_date: Option<Box<str>>,
    modalities: Arc<str>,
    reasons: Arc<[String]>,
}

/// The studies kept of one institution.
#[derive(Default)]
pub(super) struct Ranked {
    worst: BTreeMap<Rank, (Box<Kept>, RowKept)>,
    rows: BTreeMap<Rank, RowKept>,
    left_out: u64,
}

impl Ranked {
    /// Adds one study.
    pub fn add(&mut self, result: &StudyResult, limits: Limits, interner: &mut Interner) {
        let rank = Rank::of(result);
        let row = RowKept {
            study_date: result.study_date.as_deref().map(Into::into),
            modalities: interner.text(&result.modalities.join("+")),
            reasons: interner.list(reasons(result)),
        };
        let full = self.worst.len() >= limits.worst;
        let beaten = full && self.worst.last_key_value().is_none_or(|(last, _)| *last < rank);
        if !rank.has_details() || beaten {
            self.add_row(rank, row, limits);
            return;
        }
        self.worst.insert(rank, (Box::new(detail::keep(result)), row));
        if self.worst.len() > limits.worst
            && let Some((rank, (_, row))) = self.worst.pop_last()
        {
            self.add_row(rank, row, limits);
        }
    }

    fn add_row(&mut self, rank: Rank, row: RowKept, limits: Limits) {
        self.rows.insert(rank, row);
        if self.rows.len() > limits.rows {
            self.rows.pop_last();
            self.left_out += 1;
        }
    }

    /// Details, rows, and how many studies are in neither.
    pub fn finish(self, lookup: Lookup) -> (Vec<StudyDetail>, Vec<StudyRow>, u64) {
        let worst = self.worst.into_values().map(|(kept, _)| kept.finish(lookup)).collect();
        let rows = self
            .rows
            .into_iter()
            .map(|(rank, row)| StudyRow {
                study_key: rank.study_key,
                study_date: row.study_date.map(Into::into),
                modalities: row.modalities,
                verdict: rank.verdict.0,
                not_judged: rank.not_judged,
                reasons: row.reasons,
            })
            .collect();
        (worst, rows, self.left_out)
    }
}

/// Codes of failed checks, then the verdict's reasons that name no failed check.
fn reasons(result: &StudyResult) -> Vec<String> {
    let failed = || result.outcomes.iter().filter(|o| o.outcome == OutcomeKind::Fail);
    let mut out: Vec<String> = failed()
        .map(|o| o.code.as_str())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(String::from)
        .collect();
    let other: BTreeSet<&String> = result
        .verdict_reasons
        .iter()
        .filter(|r| !failed().any(|o| o.name == **r || o.code == **r))
        .collect();
    out.extend(other.into_iter().cloned());
    out
}
