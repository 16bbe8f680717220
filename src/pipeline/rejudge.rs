//! Re-judging: checks and verdict replayed from the store under another policy, without opening one
//! DICOM file, and what flips by it.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::model::outcome::{OutcomeKind, Severity, Subject};
use crate::model::result::{OutcomeResult, StudyResult, Verdict};
use crate::model::study::Study;
use crate::store::{Store, StoreError, StoredStudy, StudyFilter, StudyRecord};

use super::judge::{Judge, Rules};

/// What a study's result became.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Flip {
    /// The key of the study.
    pub study_key: String,
    /// Its institution.
    pub institution: String,
    /// The verdict before.
    pub before: Verdict,
    /// The verdict now.
    pub now: Verdict,
    /// What changed in single checks.
    pub changes: Vec<Change>,
    /// Whether the matched catalogue items changed.
    pub items_changed: bool,
    /// Whether the label decisions changed.
    pub labels_changed: bool,
}

/// What changed in one check.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Change {
    /// Code of the check.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Where.
    pub subject: Subject,
    /// Outcome and severity before; `None` where there was none.
    pub before: Option<(OutcomeKind, Severity)>,
    /// Outcome and severity now; `None` where there is none.
    pub now: Option<(OutcomeKind, Severity)>,
    /// Measured values and limits now (of the earlier result where there is none now).
    pub evidence: Vec<crate::model::outcome::Evidence>,
}

/// A study judged again.
pub struct Rejudged {
    /// The new result.
    pub result: StudyResult,
    /// The new result as its JSON line, without the line's end.
    pub line: Vec<u8>,
    /// What flipped; `None` where nothing did.
    pub flip: Option<Flip>,
    /// The record to write, where it is wanted and the result is not what is stored.
    pub record: Option<StudyRecord>,
}

/// A failure of re-judging.
#[derive(Debug, thiserror::Error)]
pub enum RejudgeError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored record is damaged.
    #[error("study {study}: {why}")]
    Record {
        /// The study's key.
        study: String,
        /// What is wrong.
        why: String,
    },
}

/// Studies read from the store at once.
const PAGE: u32 = 512;

/// Judges every stored study again; `each` gets them in key order, with the records to write where
/// `records` asks for them. The next page is read while the present one is judged.
///
/// # Errors
/// The store fails, a record is damaged, or `each` fails.
pub fn rejudge<'r, E: From<RejudgeError>>(
    store: &mut Store,
    filter: &StudyFilter,
    rules_of: &(impl Fn(&Study) -> &'r Rules<'r> + Sync),
    records: bool,
    mut each: impl FnMut(Rejudged) -> Result<(), E>,
) -> Result<u64, E> {
    let fault = |e: StoreError| E::from(RejudgeError::from(e));
    let mut studies = 0;
    let mut page = store.page(filter, "", PAGE).map_err(fault)?;
    while let Some(last) = page.last() {
        let after = last.key.clone();
        let (next, judged) = rayon::join(
            || store.page(filter, &after, PAGE),
            || page.par_iter().map(|stored| again(stored, rules_of, records)).collect::<Vec<_>>(),
        );
        for rejudged in judged {
            studies += 1;
            each(rejudged?)?;
        }
        page = next.map_err(fault)?;
    }
    Ok(studies)
}

fn again<'r>(
    stored: &StoredStudy,
    rules_of: &(impl Fn(&Study) -> &'r Rules<'r> + Sync),
    records: bool,
) -> Result<Rejudged, RejudgeError> {
    let damaged = |why: String| RejudgeError::Record { study: stored.key.clone(), why };
    let study = stored.study().map_err(damaged)?;
    let rules = rules_of(&study);
    let judge = Judge { rules, depth: stored.depth, as_of: &stored.as_of };
    let mut result = judge.judge(&study);
    let mut line = serde_json::to_vec(&result).map_err(|e| damaged(e.to_string()))?;
    let earlier = stored.result_json().map_err(damaged)?;
    if earlier == line {
        return Ok(Rejudged { result, line, flip: None, record: None });
    }
    let before: StudyResult =
        serde_json::from_slice(&earlier).map_err(|e| damaged(e.to_string()))?;
    if !before.labels.is_empty() {
        // Labels are the gate's, which decides on the new results afterwards: what stands is told.
        result.labels.clone_from(&before.labels);
        line = serde_json::to_vec(&result).map_err(|e| damaged(e.to_string()))?;
        if earlier == line {
            return Ok(Rejudged { result, line, flip: None, record: None });
        }
    }
    let flip = compare(&before, &result);
    let record = records.then(|| StudyRecord::judged_again(stored, result.clone(), &line));
    let record = record.transpose().map_err(damaged)?;
    Ok(Rejudged { result, line, flip, record })
}

/// What differs between two results of one study; `None` where verdict and outcomes agree.
pub fn compare(before: &StudyResult, now: &StudyResult) -> Option<Flip> {
    let key = |o: &OutcomeResult| (o.code.clone(), o.subject.clone(), o.outcome);
    let index = |r: &StudyResult| -> BTreeMap<_, _> {
        r.outcomes.iter().map(|o| (key(o), o.clone())).collect()
    };
    let (old, new) = (index(before), index(now));
    let mut changes = Vec::new();
    for (k, was) in &old {
        let is = new.get(k);
        if is.is_none_or(|is| is.severity != was.severity) {
            changes.push(change(Some(was), is));
        }
    }
    for (_, is) in new.iter().filter(|(k, _)| !old.contains_key(*k)) {
        changes.push(change(None, Some(is)));
    }
    changes.sort_by(|a, b| (&a.code, &a.subject, a.now).cmp(&(&b.code, &b.subject, b.now)));
    let items_changed = before.items != now.items;
    let labels_changed = before.labels != now.labels;
    let flips = before.verdict != now.verdict || !changes.is_empty() || items_changed;
    (flips || labels_changed).then(|| Flip {
        study_key: now.study_key.clone(),
        institution: now.institution.clone(),
        before: before.verdict,
        now: now.verdict,
        changes,
        items_changed,
        labels_changed,
    })
}

fn change(was: Option<&OutcomeResult>, is: Option<&OutcomeResult>) -> Change {
    let state = |o: Option<&OutcomeResult>| o.map(|o| (o.outcome, o.severity));
    let shown = is.or(was);
    Change {
        code: shown.map(|o| o.code.clone()).unwrap_or_default(),
        name: shown.map(|o| o.name.clone()).unwrap_or_default(),
        subject: shown.map(|o| o.subject.clone()).unwrap_or_default(),
        before: state(was),
        now: state(is),
        evidence: shown.map(|o| o.evidence.clone()).unwrap_or_default(),
    }
}
