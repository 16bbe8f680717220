//! The verdict as it counts for one label: what concerns another view, or is waived, left out.

use sha2::{Digest, Sha256};

use crate::model::outcome::{OutcomeKind, Severity};
use crate::model::result::{ItemMatch, OutcomeResult, Status, StudyResult, Verdict};
use crate::verdict::AMBIGUOUS_ITEM;

/// How a match is told that fits several items.
const AMBIGUOUS: &str = "ambiguous";

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
    let mut words: Vec<String> = words.cloned().collect();
    // The reasons of the study are those of its worst level: under a critical fail of another view
    // they leave out that its item is open.
    let open = |i: &ItemMatch| i.matched == AMBIGUOUS;
    if result.items.iter().any(open) && !words.iter().any(|w| w == AMBIGUOUS_ITEM) {
        words.push(AMBIGUOUS_ITEM.to_owned());
    }
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
            out.because.extend(words);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::outcome::Subject;
    use crate::model::result::{Coverage, Provenance, SCHEMA_VERSION};

    /// What a check came to under one policy: which check, what, how severe, required, on which view.
    type Case = (usize, usize, usize, bool, usize);

    const VIEWS: [&str; 2] = ["1.2.1", "1.2.2"];

    fn outcome((check, kind, severity, required, view): Case) -> OutcomeResult {
        use OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};
        OutcomeResult {
            code: format!("TST00{check}"),
            name: format!("check-{check}"),
            outcome: [Pass, NotApplicable, CouldNotRun, Fail][kind],
            status: Status::Stable,
            severity: [Severity::Minor, Severity::Major, Severity::Critical][severity],
            required,
            subject: Subject {
                sop_uid: VIEWS.get(view).map(|v| (*v).to_owned()),
                ..Subject::study()
            },
            evidence: Vec::new(),
            why: String::new(),
            why_zh: String::new(),
            clause: None,
            dicom_code: None,
        }
    }

    /// A result as judging makes it of two policies: the worst verdict with the reasons of its level.
    fn result(policies: &[Vec<Case>; 2], ambiguous: bool) -> StudyResult {
        let outcomes: Vec<OutcomeResult> =
            policies.iter().flatten().copied().map(outcome).collect();
        let mut reasons: Vec<(Verdict, String)> =
            outcomes.iter().map(|o| (weight(o), o.name.clone())).collect();
        if ambiguous {
            reasons.push((Verdict::Review, AMBIGUOUS_ITEM.to_owned()));
        }
        let verdict = reasons.iter().map(|(v, _)| *v).max().unwrap_or(Verdict::Pass);
        reasons.retain(|(v, _)| *v == verdict && verdict > Verdict::Pass);
        let matched = if ambiguous { AMBIGUOUS } else { "code" };
        StudyResult {
            schema_version: SCHEMA_VERSION,
            study_uid: None,
            study_key: "1.2".into(),
            institution: "h".into(),
            institution_name: "医院".into(),
            study_date: None,
            modalities: Vec::new(),
            items: vec![ItemMatch {
                profile: "p".into(),
                item: None,
                name: None,
                matched: matched.into(),
                candidates: Vec::new(),
                sop_uids: Vec::new(),
            }],
            verdict,
            verdict_reasons: reasons.into_iter().map(|(_, name)| name).collect(),
            grade: None,
            coverage: Coverage::default(),
            files: 1,
            series: Vec::new(),
            markers: Vec::new(),
            outcomes,
            labels: Vec::new(),
            provenance: Provenance::default(),
        }
    }

    fn of_view(policies: &[Vec<Case>; 2], ambiguous: bool, view: usize) -> Verdict {
        let sops: Vec<String> = VIEWS.get(view).map(|v| (*v).to_owned()).into_iter().collect();
        effective(&result(policies, ambiguous), &sops, |check| check == "check-0").verdict
    }

    fn cases() -> impl Strategy<Value = Vec<Case>> {
        prop::collection::vec((0..3usize, 0..4usize, 0..3usize, any::<bool>(), 0..3usize), 1..5)
    }

    proptest! {
        #[test]
        fn a_worse_finding_never_improves_a_view(
            first in cases(),
            second in cases(),
            ambiguous in any::<bool>(),
            at in any::<prop::sample::Index>(),
            worse in 1..4usize,
            severity in 0..3usize,
            view in 0..3usize,
        ) {
            let before = [first, second];
            let mut after = before.clone();
            let n = at.index(after[0].len());
            let case = &mut after[0][n];
            // What fails fails no less severely; what could not run may not be excused.
            if case.1 < 3 {
                *case = (case.0, worse.max(case.1), case.2, case.3, case.4);
                prop_assume!(case.1 != 1 || before[0][n].1 <= 1);
            } else {
                case.2 = severity.max(case.2);
            }
            // A required check that could not run weighs more than a minor finding, as policies say.
            prop_assume!(weight(&outcome(after[0][n])) >= weight(&outcome(before[0][n])));
            prop_assert!(of_view(&after, ambiguous, view) >= of_view(&before, ambiguous, view));
        }
    }

    #[test]
    fn a_critical_fail_of_another_view_does_not_hide_that_the_item_is_open() {
        let critical_on_first = (1, 3, 2, false, 0);
        let policies = [vec![critical_on_first], vec![(2, 0, 0, false, 2)]];
        assert_eq!(of_view(&policies, true, 0), Verdict::Fail);
        assert_eq!(of_view(&policies, true, 1), Verdict::Review);
        assert_eq!(of_view(&policies, false, 1), Verdict::Pass);
    }
}
