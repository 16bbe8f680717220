//! What is kept of a failed or review study for its card: grouped by check, the first places of
//! each group, everything bounded.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::model::outcome::{OutcomeKind, Severity, Subject};
use crate::model::result::{OutcomeResult, SeriesResult, Status, StudyResult};
use crate::model::text::Text;

use super::Lookup;
use super::tally::words;
use super::types::{Finding, FindingGroup, StudyDetail};

/// Groups shown of one study.
const GROUPS: usize = 16;

/// Places shown of one group.
const PLACES: usize = 3;

/// Pieces of evidence shown of one place.
const EVIDENCE: usize = 8;

/// Matched items and labels shown of one study.
const ITEMS: usize = 8;

/// A study's detail without the words of its checks.
pub(super) struct Kept(StudyDetail);

impl Kept {
    /// Adds the words.
    pub fn finish(mut self, lookup: Lookup) -> StudyDetail {
        for group in &mut self.0.findings {
            (group.title, group.advice) = words(&group.code, &group.name, lookup);
        }
        self.0
    }
}

/// Keeps what a card shows.
pub(super) fn keep(result: &StudyResult) -> Kept {
    let (findings, findings_left_out) = groups(result);
    Kept(StudyDetail {
        study_key: result.study_key.clone(),
        study_uid: result.study_uid.clone(),
        study_date: result.study_date.clone(),
        modalities: result.modalities.clone(),
        items: result.items.iter().take(ITEMS).cloned().collect(),
        item_notes: Vec::new(),
        verdict: result.verdict,
        verdict_reasons: result.verdict_reasons.iter().take(GROUPS).cloned().collect(),
        grade: result.grade.clone(),
        coverage: result.coverage,
        files: result.files,
        series: u32::try_from(result.series.len()).unwrap_or(u32::MAX),
        instances: result.series.iter().map(|s| u64::from(s.instances)).sum(),
        picture: picture(&findings),
        findings,
        findings_left_out,
        labels: result.labels.iter().take(ITEMS).cloned().collect(),
    })
}

/// What the picture of a study shows; `None` where nothing names an image or a series.
pub fn pictured(result: &StudyResult) -> Option<Subject> {
    picture(&groups(result).0)
}

/// Order of groups: what counts first, then fails, then the worse, then the code.
type GroupKey = (Status, Reverse<bool>, Reverse<Severity>, String);

fn groups(result: &StudyResult) -> (Vec<FindingGroup>, u32) {
    let mut groups: BTreeMap<GroupKey, Vec<&OutcomeResult>> = BTreeMap::new();
    for o in &result.outcomes {
        if matches!(o.outcome, OutcomeKind::Fail | OutcomeKind::CouldNotRun) {
            let fail = o.outcome == OutcomeKind::Fail;
            let key = (o.status, Reverse(fail), Reverse(o.severity), o.code.clone());
            groups.entry(key).or_default().push(o);
        }
    }
    let left_out = u32::try_from(groups.len().saturating_sub(GROUPS)).unwrap_or(u32::MAX);
    let shown = groups.into_values().take(GROUPS).filter_map(|o| group(o, &result.series));
    (shown.collect(), left_out)
}

fn group(mut outcomes: Vec<&OutcomeResult>, series: &[SeriesResult]) -> Option<FindingGroup> {
    outcomes.sort_by(|a, b| a.subject.cmp(&b.subject));
    let first = *outcomes.first()?;
    Some(FindingGroup {
        code: first.code.clone(),
        name: first.name.clone(),
        title: Text::default(),
        advice: None,
        outcome: first.outcome,
        severity: first.severity,
        status: first.status,
        required: first.required,
        clause: first.clause.clone(),
        dicom_code: first.dicom_code.clone(),
        count: u32::try_from(outcomes.len()).unwrap_or(u32::MAX),
        shown: outcomes.iter().take(PLACES).map(|o| finding(o, series)).collect(),
    })
}

fn finding(o: &OutcomeResult, series: &[SeriesResult]) -> Finding {
    let at = o
        .subject
        .series_uid
        .as_ref()
        .and_then(|uid| series.iter().position(|s| s.series_uid.as_ref() == Some(uid)));
    Finding {
        subject: o.subject.clone(),
        series_number: at.and_then(|i| u32::try_from(i + 1).ok()),
        series_label: at.map(|i| series_label(&series[i])).filter(|l| !l.is_empty()),
        evidence: o.evidence.iter().take(EVIDENCE).cloned().collect(),
        why: Text::new(&o.why_zh, &o.why),
    }
}

/// Modality, kind, plane and phase of a series, as far as known.
pub fn series_label(s: &SeriesResult) -> String {
    [&s.modality, &s.kind, &s.plane, &s.phase]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The subject of the worst Fail that names an instance; else of one that names a series.
fn picture(groups: &[FindingGroup]) -> Option<Subject> {
    let places = || {
        groups
            .iter()
            .filter(|g| g.outcome == OutcomeKind::Fail)
            .flat_map(|g| g.shown.iter().map(|f| &f.subject))
    };
    let instance = places().find(|s| s.sop_uid.is_some());
    instance.or_else(|| places().find(|s| s.series_uid.is_some())).cloned()
}
