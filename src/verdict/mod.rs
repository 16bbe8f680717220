//! The verdict on a study: a pure function of outcomes and policy.

use crate::checks::runner::Ran;
use crate::model::outcome::{OutcomeKind, Severity};
use crate::model::result::{Coverage, Status, Verdict};
use crate::policy::resolved::Policy;

/// A verdict, why it is not pass, and how much was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// Names of the checks behind it, or `not-judged`; empty for pass. Sorted, each once.
    pub reasons: Vec<String>,
    /// How many checks came to what.
    pub coverage: Coverage,
}

/// Reason of a study in which no check had anything to judge.
pub const NOT_JUDGED: &str = "not-judged";

/// Reason of a study that fits more than one catalogue item, or whose evidence contradicts itself.
pub const AMBIGUOUS_ITEM: &str = "ambiguous-item";

/// Decides. Any critical Fail is `fail`; else any major Fail, or a required check that could not
/// run, or an ambiguous item, or nothing judged at all is `review`; else `pass`. Preview checks
/// never count.
pub fn decide(ran: &[Ran], policy: &Policy, ambiguous_item: bool) -> Decision {
    let mut verdict = Verdict::Pass;
    let mut reasons = Vec::new();
    let mut coverage = Coverage::default();
    let counted = |r: &&Ran| r.meta.status == Status::Stable;
    for check in ran.iter().filter(counted) {
        let rules = policy.check(check.meta);
        let has = |kind| check.outcomes.iter().any(|o| o.kind == kind);
        let (failed, broke) = (has(OutcomeKind::Fail), has(OutcomeKind::CouldNotRun));
        if failed || (has(OutcomeKind::Pass) && !broke) {
            coverage.ran += 1;
        } else if broke {
            coverage.could_not_run += 1;
        } else {
            coverage.not_applicable += 1;
        }
        let own = match rules.severity {
            Severity::Critical if failed => Verdict::Fail,
            Severity::Major if failed => Verdict::Review,
            _ if broke && rules.required => Verdict::Review,
            _ => Verdict::Pass,
        };
        if own > Verdict::Pass {
            reasons.push((own, check.meta.name.to_owned()));
        }
        verdict = verdict.max(own);
    }
    if ambiguous_item {
        reasons.push((Verdict::Review, AMBIGUOUS_ITEM.to_owned()));
        verdict = verdict.max(Verdict::Review);
    }
    let mut reasons: Vec<String> =
        reasons.into_iter().filter(|(own, _)| *own == verdict).map(|(_, name)| name).collect();
    if coverage.ran == 0 && coverage.could_not_run == 0 {
        verdict = verdict.max(Verdict::Review);
        reasons.push(NOT_JUDGED.to_owned());
    }
    reasons.sort();
    Decision { verdict, reasons, coverage }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::checks::contract::{CheckMeta, Depth};
    use crate::model::outcome::{Outcome, Subject};
    use crate::model::text::{StaticText, Text};
    use crate::policy::params::Params;
    use crate::policy::resolved::CheckPolicy;

    const fn meta(name: &'static str, status: Status) -> CheckMeta {
        CheckMeta {
            code: "TST001",
            name,
            title: StaticText { zh: "", en: "" },
            advice: StaticText { zh: "", en: "" },
            status,
            depth: Depth::Header,
            inputs: &[],
            params: &[],
            dicom_code: None,
            docs: "",
            file: "",
            run: |_, _| Vec::new(),
        }
    }
    static A: CheckMeta = meta("a", Status::Stable);
    static B: CheckMeta = meta("b", Status::Stable);
    static P: CheckMeta = meta("p", Status::Preview);

    fn policy(a: Severity, a_required: bool) -> Policy {
        let of = |severity, required| CheckPolicy {
            severity,
            required,
            clause: None,
            source: String::new(),
            params: Params::default(),
        };
        let checks = BTreeMap::from([
            ("a".to_owned(), of(a, a_required)),
            ("b".to_owned(), of(Severity::Minor, false)),
            ("p".to_owned(), of(Severity::Critical, false)),
        ]);
        Policy { id: "t".into(), checks, ..Policy::default() }
    }

    fn ran(meta: &'static CheckMeta, kind: OutcomeKind) -> Ran {
        let (s, t) = (Subject::study(), Text::default());
        let outcome = match kind {
            OutcomeKind::Pass => Outcome::pass(s, t),
            OutcomeKind::Fail => Outcome::fail(s, t),
            OutcomeKind::NotApplicable => Outcome::not_applicable(s, t),
            OutcomeKind::CouldNotRun => Outcome::could_not_run(s, t),
        };
        Ran { meta, outcomes: vec![outcome] }
    }

    fn verdict(a: OutcomeKind, severity: Severity, required: bool) -> Verdict {
        decide(&[ran(&A, a), ran(&B, OutcomeKind::Pass)], &policy(severity, required), false)
            .verdict
    }

    #[test]
    fn severity_decides() {
        use OutcomeKind::Fail;
        assert_eq!(verdict(Fail, Severity::Critical, false), Verdict::Fail);
        assert_eq!(verdict(Fail, Severity::Major, false), Verdict::Review);
        assert_eq!(verdict(Fail, Severity::Minor, false), Verdict::Pass);
    }

    #[test]
    fn not_run_is_never_pass_where_required() {
        use OutcomeKind::CouldNotRun;
        assert_eq!(verdict(CouldNotRun, Severity::Minor, true), Verdict::Review);
        assert_eq!(verdict(CouldNotRun, Severity::Critical, false), Verdict::Pass);
    }

    #[test]
    fn nothing_judged_is_review_and_says_so() {
        let all = [ran(&A, OutcomeKind::NotApplicable), ran(&B, OutcomeKind::NotApplicable)];
        let d = decide(&all, &policy(Severity::Critical, true), false);
        assert_eq!((d.verdict, d.reasons), (Verdict::Review, vec![NOT_JUDGED.to_owned()]));
    }

    #[test]
    fn an_ambiguous_item_needs_a_person_and_never_softens_a_fail() {
        let rules = policy(Severity::Critical, true);
        let clean = decide(&[ran(&A, OutcomeKind::Pass)], &rules, true);
        assert_eq!(
            (clean.verdict, clean.reasons),
            (Verdict::Review, vec![AMBIGUOUS_ITEM.to_owned()])
        );
        let failed = decide(&[ran(&A, OutcomeKind::Fail)], &rules, true);
        assert_eq!((failed.verdict, failed.reasons), (Verdict::Fail, vec!["a".to_owned()]));
    }

    #[test]
    fn preview_never_counts() {
        let all = [ran(&A, OutcomeKind::Pass), ran(&P, OutcomeKind::Fail)];
        let d = decide(&all, &policy(Severity::Critical, true), false);
        assert_eq!((d.verdict, d.coverage.ran), (Verdict::Pass, 1));
    }

    #[test]
    fn a_worse_outcome_never_improves_the_verdict() {
        use OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};
        for severity in [Severity::Minor, Severity::Major, Severity::Critical] {
            for required in [false, true] {
                for better in [Pass, NotApplicable] {
                    for worse in [Fail, CouldNotRun] {
                        assert!(
                            verdict(worse, severity, required)
                                >= verdict(better, severity, required)
                        );
                    }
                }
            }
        }
    }
}
