//! The verdict as it counts for one label: what concerns another view, or is waived, left out.

use sha2::{Digest, Sha256};

use crate::model::outcome::{OutcomeKind, Severity};
use crate::model::result::{OutcomeResult, Status, StudyResult, Verdict};

/// The verdict that counts for a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// The verdict.
    pub verdict: Verdict,
    /// What is behind it: names of checks, or the words of the verdict.
    pub because: Vec<String>,
    /// Whether a finding is behind it rather than something that could not be looked at.
    pub found: bool,
    /// Checks that are waived and would have counted.
    pub waived: Vec<String>,
}

/// The verdict of a study for a view (`sop_uids` empty: the whole study). A waived check does not
/// count unless it failed critically: no waiver goes over a critical Fail.
pub fn effective(
    result: &StudyResult,
    sop_uids: &[String],
    is_waived: impl Fn(&str) -> bool,
) -> Effective {
    let elsewhere = |o: &OutcomeResult| {
        let at = o.subject.sop_uid.as_ref();
        !sop_uids.is_empty() && at.is_some_and(|sop| !sop_uids.contains(sop))
    };
    let mut out =
        Effective { verdict: Verdict::Pass, because: Vec::new(), found: false, waived: Vec::new() };
    let mut left_out = false;
    let mut counted = Vec::new();
    for o in result.outcomes.iter().filter(|o| weight(o) > Verdict::Pass) {
        if elsewhere(o) {
            left_out = true;
        } else if weight(o) < Verdict::Fail && is_waived(&o.name) {
            left_out = true;
            out.waived.push(o.name.clone());
        } else {
            counted.push(o);
        }
    }
    let own = counted.iter().map(|o| weight(o)).max().unwrap_or(Verdict::Pass);
    let named: Vec<&str> = result.outcomes.iter().map(|o| o.name.as_str()).collect();
    // Words that are no check's name (not judged, ambiguous item) hold for every view.
    let words = result.verdict_reasons.iter().filter(|r| !named.contains(&r.as_str()));
    let words: Vec<&String> = words.collect();
    // Where nothing was left out the verdict of the study stands as it is.
    out.verdict = match (left_out, words.is_empty()) {
        (false, _) => result.verdict.max(own),
        (true, true) => own,
        (true, false) => own.max(Verdict::Review),
    };
    out.found = counted.iter().any(|o| o.outcome == OutcomeKind::Fail)
        || (out.verdict == Verdict::Fail && counted.is_empty());
    if out.verdict > Verdict::Pass {
        out.because = counted
            .iter()
            .filter(|o| weight(o) == own && own > Verdict::Pass)
            .map(|o| o.name.clone())
            .collect();
        if own < Verdict::Fail {
            out.because.extend(words.into_iter().cloned());
        }
    }
    for list in [&mut out.because, &mut out.waived] {
        list.sort();
        list.dedup();
    }
    out
}

/// What an outcome makes of the verdict.
fn weight(o: &OutcomeResult) -> Verdict {
    match (o.status, o.outcome, o.severity) {
        (Status::Preview, ..) => Verdict::Pass,
        (_, OutcomeKind::Fail, Severity::Critical) => Verdict::Fail,
        (_, OutcomeKind::Fail, Severity::Major) => Verdict::Review,
        (_, OutcomeKind::CouldNotRun, _) if o.required => Verdict::Review,
        _ => Verdict::Pass,
    }
}

/// SHA-256 (hex) of what a reviewer signs: verdict, depth, and everything that counts against the
/// study. With other findings the signature no longer holds.
pub fn findings_digest(result: &StudyResult) -> String {
    let mut lines: Vec<String> = result
        .outcomes
        .iter()
        .filter(|o| weight(o) > Verdict::Pass)
        .map(|o| {
            let at = serde_json::to_string(&o.subject).unwrap_or_default();
            format!("{} {:?} {:?} {at}", o.name, o.outcome, o.severity)
        })
        .chain(result.verdict_reasons.iter().cloned())
        .collect();
    lines.sort();
    lines.dedup();
    let text = format!("{:?}\n{}\n{}", result.verdict, result.provenance.depth, lines.join("\n"));
    Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}
