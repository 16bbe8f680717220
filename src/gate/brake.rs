//! The mass-change brake: a change of policy, model or version that would take away more than its
//! share of an institution's labels waits for a person.

use std::collections::BTreeMap;

use crate::model::gate::DecisionKind;

/// A decision that would replace another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Institution id.
    pub institution: String,
    /// Policy folder name.
    pub profile: String,
    /// What stands.
    pub from: DecisionKind,
    /// What would.
    pub to: DecisionKind,
    /// The versions behind the new decision.
    pub versions: String,
    /// Whether they differ from those behind the standing one.
    pub versions_changed: bool,
    /// Whether the study itself is behind it, rather than an act of a person or a centre.
    pub by_verdict: bool,
    /// The causes, in the words of reasons and checks.
    pub causes: Vec<String>,
}

impl Change {
    /// Whether it takes a label away because something of ours changed.
    pub fn counts(&self) -> bool {
        self.from == DecisionKind::Apply
            && self.to != DecisionKind::Apply
            && self.versions_changed
            && self.by_verdict
    }
}

/// A change of many labels with one common reason to wait.
#[derive(Clone, Debug, PartialEq)]
pub struct MassChange {
    /// Institution id.
    pub institution: String,
    /// Policy folder name.
    pub profile: String,
    /// The versions that would change the labels.
    pub versions: String,
    /// Labels it would take away.
    pub affected: u64,
    /// Labels that stand.
    pub labels: u64,
    /// The share that is allowed.
    pub share: f64,
    /// Cause and how many labels it takes, most first.
    pub causes: Vec<(String, u64)>,
}

/// Cause of a mass change that took labels in earlier runs, each of them within the share.
const TAKEN_BEFORE: &str = "taken-before";

/// The mass changes among `changes`. `labels` and `share` tell how many labels stand for an
/// institution under a profile, and which share of them one change may take; `taken` how many the
/// same change (institution, profile, versions) took in earlier runs, so that small portions come to
/// the same as one large run.
pub fn mass_changes(
    changes: &[Change],
    labels: impl Fn(&str, &str) -> u64,
    taken: impl Fn(&str, &str, &str) -> u64,
    share: impl Fn(&str) -> f64,
) -> Vec<MassChange> {
    let mut groups: BTreeMap<(&str, &str, &str), Vec<&Change>> = BTreeMap::new();
    for c in changes.iter().filter(|c| c.counts()) {
        groups.entry((&c.institution, &c.profile, &c.versions)).or_default().push(c);
    }
    let mut out = Vec::new();
    for ((institution, profile, versions), group) in groups {
        let (affected, standing) = (group.len() as u64, labels(institution, profile));
        let (allowed, before) = (share(profile), taken(institution, profile, versions));
        let (all, of) = (affected + before, standing.max(affected) + before);
        #[expect(clippy::cast_precision_loss, reason = "counts of labels stay far below 2^52")]
        let held = all as f64 > allowed * of as f64;
        if held {
            let mut causes = causes(&group);
            causes.extend((before > 0).then(|| (TAKEN_BEFORE.to_owned(), before)));
            out.push(MassChange {
                institution: institution.to_owned(),
                profile: profile.to_owned(),
                versions: versions.to_owned(),
                affected,
                labels: standing,
                share: allowed,
                causes,
            });
        }
    }
    out
}

fn causes(group: &[&Change]) -> Vec<(String, u64)> {
    let mut counted: BTreeMap<&str, u64> = BTreeMap::new();
    for cause in group.iter().flat_map(|c| &c.causes) {
        *counted.entry(cause).or_default() += 1;
    }
    let mut out: Vec<(String, u64)> =
        counted.into_iter().map(|(cause, n)| (cause.to_owned(), n)).collect();
    out.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(n: usize) -> Vec<Change> {
        (0..n)
            .map(|i| Change {
                institution: "a".into(),
                profile: "p".into(),
                from: DecisionKind::Apply,
                to: DecisionKind::Withdraw,
                versions: "v2".into(),
                versions_changed: true,
                by_verdict: true,
                causes: vec!["missing-slice".into(), format!("other-{}", i % 2)],
            })
            .collect()
    }

    #[test]
    fn five_of_a_hundred_go_and_six_wait_with_their_common_cause() {
        assert_eq!(mass_changes(&change(5), |_, _| 100, |_, _, _| 0, |_| 0.05), []);
        let held = mass_changes(&change(6), |_, _| 100, |_, _, _| 0, |_| 0.05);
        assert_eq!((held.len(), held[0].affected), (1, 6));
        assert_eq!(held[0].causes[0], ("missing-slice".to_owned(), 6));
    }

    #[test]
    fn small_portions_of_one_change_add_up() {
        // Of a hundred, four went in earlier runs: one more goes, two are too many.
        assert_eq!(mass_changes(&change(1), |_, _| 96, |_, _, _| 4, |_| 0.05), []);
        let held = mass_changes(&change(2), |_, _| 96, |_, _, _| 4, |_| 0.05);
        assert_eq!((held.len(), held[0].affected, held[0].labels), (1, 2, 96));
        assert!(held[0].causes.contains(&("taken-before".to_owned(), 4)));
    }

    #[test]
    fn an_act_of_a_centre_or_a_changed_study_is_no_mass_change() {
        let mut changes = change(50);
        for c in &mut changes {
            c.versions_changed = false;
        }
        assert_eq!(mass_changes(&changes, |_, _| 50, |_, _, _| 0, |_| 0.05), []);
        let mut changes = change(50);
        for c in &mut changes {
            c.by_verdict = false;
        }
        assert_eq!(mass_changes(&changes, |_, _| 50, |_, _, _| 0, |_| 0.05), []);
    }
}
