//! Institution × item × scope: granted, suspended, restored, lapsed. A fold over dated records, so
//! that the order in which they arrived does not matter.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::model::gate::{
    Act, Evaluation, EvaluationKind, InstitutionFacts, Rectification, Standing, State, Target,
};
use crate::model::reason::{Reason, ReasonCode};
use crate::policy::profile::{Label, Profile, Rules};

use super::eligible;

/// What is on record of one institution.
#[derive(Clone, Copy, Debug)]
pub struct Records<'a> {
    /// What the registry says; `None` where it does not know the institution.
    pub facts: Option<&'a InstitutionFacts>,
    /// Its evaluations, in any order.
    pub evaluations: &'a [Evaluation],
    /// Its rectifications, in any order.
    pub rectifications: &'a [Rectification],
}

/// A change of state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The day.
    pub on: Date,
    /// What happened.
    pub act: Act,
    /// How it stood from then on.
    pub standing: Standing,
}

/// The longest age of an evaluation in whole months, and the clause where one prints it.
fn interval(rules: &Rules) -> (i32, Option<&str>) {
    let months = rules.settings.number("evaluation_max_age").clamp(0.0, 1200.0);
    let clause = rules.settings.0.get("evaluation_max_age").and_then(|s| s.clause.as_deref());
    #[expect(clippy::cast_possible_truncation, reason = "clamped just above")]
    (months.floor() as i32, clause)
}

/// What the records come to, before asking for the age of the evaluation.
#[derive(Default)]
struct Folded<'a> {
    /// The last passed evaluation that opens the scope.
    passed: Option<&'a Evaluation>,
    /// The last failed one, where no pass followed.
    failed: Option<&'a Evaluation>,
    /// A pass by a centre that the document does not name.
    foreign: Option<&'a Evaluation>,
    /// The last failed spot check that is not yet made good.
    spot: Option<&'a Evaluation>,
    /// Whether a rectification after it is closed.
    rectified: bool,
    /// The day it was restored.
    restored: Option<Date>,
}

/// How a target stands for a label's scope on a day. `modality` is that of an item target.
pub fn standing(
    profile: &Profile,
    records: &Records<'_>,
    target: &Target,
    modality: Option<&str>,
    label: &Label,
    on: Date,
) -> Standing {
    let rules = &profile.rules;
    let never = rules.labelling.as_ref().map_or("", |l| l.never_without_evaluation.as_str());
    let no = |reason: Reason, since| Standing {
        state: State::NotGranted,
        since,
        until: None,
        reasons: vec![reason],
    };
    let Some(facts) = records.facts else {
        return no(Reason::of(ReasonCode::InstitutionUnknown), None);
    };
    let folded = fold(profile, records, facts, target, modality, label, on);
    if let Some(spot) = folded.spot {
        return suspended(rules, never, spot, folded.rectified);
    }
    if let Some(list) = label.membership.as_deref().filter(|list| !facts.is_member(list)) {
        let reason = Reason::of(ReasonCode::MembershipMissing).value("list", list);
        return no(reason.clause(&label.clause), None);
    }
    if let Some(reason) = eligible::refused(rules, facts, folded.passed) {
        return no(reason, None);
    }
    let Some(passed) = folded.passed else {
        if let Some(failed) = folded.failed {
            let reason = told(ReasonCode::EvaluationFailed, failed).clause(never);
            return no(reason, Some(failed.on));
        }
        let reason = folded.foreign.map_or_else(
            || Reason::of(ReasonCode::NoEvaluation),
            |e| told(ReasonCode::EvaluatorNotCompetent, e).value("by", &e.evaluator),
        );
        return no(reason.clause(never), None);
    };
    aged(rules, passed, folded.restored, on)
}

fn aged(rules: &Rules, passed: &Evaluation, restored: Option<Date>, on: Date) -> Standing {
    let (months, clause) = interval(rules);
    let until = passed.on.saturating_add(months.months());
    if on > until {
        let reason = Reason::of(ReasonCode::EvaluationLapsed)
            .value("evaluated", passed.on)
            .value("until", until)
            .value("months", months)
            .clause(clause.unwrap_or_default());
        let since = until.tomorrow().unwrap_or(until);
        return Standing {
            state: State::Lapsed,
            since: Some(since),
            until: None,
            reasons: vec![reason],
        };
    }
    let mut reasons = vec![told(ReasonCode::EvaluationPassed, passed).value("until", until)];
    if let Some(day) = restored {
        let clause = rules.revocation.as_ref().map_or("", |r| r.restore_clause.as_str());
        reasons.push(Reason::of(ReasonCode::Rectified).value("on", day).clause(clause));
    }
    let since = restored.map_or(passed.on, |day| day.max(passed.on));
    Standing { state: State::Granted, since: Some(since), until: Some(until), reasons }
}

fn suspended(rules: &Rules, never: &str, spot: &Evaluation, rectified: bool) -> Standing {
    // Where no text prints a clause for spot checks, the ban on labels without quality holds.
    let (clause, restore) =
        rules.revocation.as_ref().map_or((never, ""), |r| (&r.clause, &r.restore_clause));
    let missing =
        if rectified { ReasonCode::RecheckMissing } else { ReasonCode::RectificationOpen };
    let reasons = vec![
        told(ReasonCode::SpotCheckFailed, spot).clause(clause),
        Reason::of(missing).clause(restore),
    ];
    Standing { state: State::Suspended, since: Some(spot.on), until: None, reasons }
}

fn told(code: ReasonCode, evaluation: &Evaluation) -> Reason {
    Reason::of(code).value("on", evaluation.on).value("evidence", &evaluation.evidence)
}

fn fold<'a>(
    profile: &Profile,
    records: &Records<'a>,
    facts: &InstitutionFacts,
    target: &Target,
    modality: Option<&str>,
    label: &Label,
    on: Date,
) -> Folded<'a> {
    let concerns = |e: &&Evaluation| {
        e.institution == facts.id
            && e.profile == profile.id
            && e.on <= on
            && e.target.covers_target(target, modality)
    };
    let mut events: Vec<&Evaluation> = records.evaluations.iter().filter(concerns).collect();
    // Of one day the failure comes last, so that it is what stands in the evening.
    events.sort_by_key(|e| (e.on, !e.passed, e.kind, &e.evaluator, &e.evidence));
    let mut folded = Folded::default();
    for event in events {
        let in_scope = event.scope.as_deref().is_none_or(|s| s == label.scope);
        match (event.kind, event.passed) {
            // A failed spot check is about the item, whatever label it carries.
            (EvaluationKind::SpotCheck, false) => {
                (folded.spot, folded.restored) = (Some(event), None);
                folded.rectified = rectified(profile, records, event, target, modality, on);
            }
            (EvaluationKind::Evaluation, false) if in_scope => {
                (folded.passed, folded.failed) = (None, Some(event));
            }
            (_, true) if in_scope => {
                if eligible::route(&profile.rules, &label.scope, facts, event).is_none() {
                    folded.foreign = Some(event);
                    continue;
                }
                if event.kind == EvaluationKind::Evaluation {
                    (folded.passed, folded.failed) = (Some(event), None);
                }
                if let Some(spot) = folded.spot
                    && event.on > spot.on
                    && rectified(profile, records, spot, target, modality, event.on)
                {
                    (folded.spot, folded.restored) = (None, Some(event.on));
                }
            }
            _ => {}
        }
    }
    folded
}

/// Whether what a failed spot check found was rectified by a day.
fn rectified(
    profile: &Profile,
    records: &Records<'_>,
    spot: &Evaluation,
    target: &Target,
    modality: Option<&str>,
    by: Date,
) -> bool {
    records.rectifications.iter().any(|r| {
        r.institution == spot.institution
            && r.profile == profile.id
            && r.target.covers_target(target, modality)
            && r.opened >= spot.on
            && r.closed.is_some_and(|closed| closed >= spot.on && closed <= by)
    })
}

/// Every change of state up to a day, oldest first.
pub fn timeline(
    profile: &Profile,
    records: &Records<'_>,
    target: &Target,
    modality: Option<&str>,
    label: &Label,
    until: Date,
) -> Vec<Transition> {
    let at = |on| standing(profile, records, target, modality, label, on);
    let mut days: Vec<Date> = records.evaluations.iter().map(|e| e.on).collect();
    days.extend(records.rectifications.iter().filter_map(|r| r.closed));
    let lapses: Vec<Date> =
        days.iter().filter_map(|d| at(*d).until.and_then(|u| u.tomorrow().ok())).collect();
    days.extend(lapses);
    days.retain(|d| *d <= until);
    days.sort_unstable();
    days.dedup();
    let (mut out, mut before): (Vec<Transition>, Option<State>) = (Vec::new(), None);
    for on in days {
        let standing = at(on);
        if let Some(act) = act(before, &standing) {
            before = Some(standing.state);
            out.push(Transition { on, act, standing });
        }
    }
    out
}

/// The act that leads from one state to another; `None` where nothing changes.
fn act(before: Option<State>, now: &Standing) -> Option<Act> {
    if before == Some(now.state) || (before.is_none() && now.since.is_none()) {
        return None;
    }
    Some(match now.state {
        State::Granted if before == Some(State::Suspended) => Act::Restore,
        State::Granted => Act::Grant,
        State::Suspended => Act::Suspend,
        State::Lapsed => Act::Lapse,
        State::NotGranted => Act::Refuse,
    })
}
