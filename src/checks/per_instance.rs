//! Judging instance by instance and telling it series by series: five hundred slices with the same
//! fault are one finding with a count, not five hundred findings.

use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;

use super::view::{InstanceView, SeriesView, StudyView};

/// How many SOP Instance UIDs a grouped finding names.
pub const EXAMPLES: usize = 5;

/// What is wrong with one instance.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Instances of a series with the same kind share a finding.
    pub kind: String,
    /// The words for people.
    pub why: Text,
    /// Measured values with limits.
    pub evidence: Vec<Evidence>,
}

impl Fault {
    /// A fault without evidence.
    pub fn new(kind: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { kind: kind.into(), why: Text::new(zh, en), evidence: Vec::new() }
    }

    /// Adds evidence.
    #[must_use]
    pub fn with(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }
}

/// What was said of one instance.
#[derive(Clone, Debug)]
pub enum Said {
    /// Looked at, nothing found.
    Pass,
    /// Not concerned.
    Skip,
    /// The defect.
    Fail(Fault),
    /// Concerned, and could not be looked at.
    CouldNotRun(Fault),
}

struct Group {
    fault: Fault,
    failed: bool,
    subject: Subject,
    uids: Vec<String>,
    count: usize,
}

/// Asks `judge` about every instance. Findings come grouped by series and kind; where there is
/// none, one outcome of the whole study says `pass` or, if no instance was concerned, `skip`.
pub fn judge(
    view: &StudyView<'_>,
    pass: &Text,
    skip: &Text,
    judge: impl Fn(&InstanceView<'_>) -> Said,
) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let mut passed = 0_usize;
    for series in view.series() {
        passed += judge_series(&series, &judge, &mut outcomes);
    }
    if !outcomes.is_empty() {
        return outcomes;
    }
    if passed == 0 {
        return vec![Outcome::not_applicable(Subject::study(), skip.clone())];
    }
    vec![
        Outcome::pass(Subject::study(), pass.clone())
            .with(Evidence::new("instances_checked", passed)),
    ]
}

fn judge_series(
    series: &SeriesView<'_>,
    judge: impl Fn(&InstanceView<'_>) -> Said,
    outcomes: &mut Vec<Outcome>,
) -> usize {
    let mut groups: Vec<Group> = Vec::new();
    let (mut passed, mut asked) = (0, 0);
    for instance in series.instances() {
        let (fault, failed) = match judge(&instance) {
            Said::Skip => continue,
            Said::Pass => {
                (passed, asked) = (passed + 1, asked + 1);
                continue;
            }
            Said::Fail(fault) => (fault, true),
            Said::CouldNotRun(fault) => (fault, false),
        };
        asked += 1;
        let uid = instance.sop_uid().to_owned();
        match groups.iter_mut().find(|g| g.failed == failed && g.fault.kind == fault.kind) {
            Some(group) => {
                group.count += 1;
                if group.uids.len() < EXAMPLES {
                    group.uids.push(uid);
                }
            }
            None => groups.push(Group {
                fault,
                failed,
                subject: instance.subject(),
                uids: vec![uid],
                count: 1,
            }),
        }
    }
    outcomes.extend(groups.into_iter().map(|g| told(series, g, asked)));
    passed
}

fn told(series: &SeriesView<'_>, group: Group, asked: usize) -> Outcome {
    let Group { fault, failed, subject, uids, count } = group;
    let (subject, why) = if count == 1 {
        (subject, fault.why)
    } else {
        let zh = format!("{}（共{count}幅，本序列{asked}幅）", fault.why.zh);
        let en = format!("{} ({count} of {asked} instances of the series)", fault.why.en);
        (series.subject(), Text::new(zh, en))
    };
    let outcome =
        if failed { Outcome::fail(subject, why) } else { Outcome::could_not_run(subject, why) };
    let mut outcome = fault.evidence.into_iter().fold(outcome, Outcome::with);
    if count > 1 {
        outcome = outcome
            .with(Evidence::new("instances_affected", count))
            .with(Evidence::new("first_sop_instance_uids", uids));
    }
    outcome
}
