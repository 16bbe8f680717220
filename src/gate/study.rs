//! One label of one study, or of one view where the region counts views: the order of decision.
//!
//! 1. Does the region define a label?
//! 2. Is the study an item?
//! 3. Is the institution granted that item, on the as-of day and on the day of the study?
//! 4. Does the study pass?
//! 5. The widest scope.
//!
//! Then what is found is held against what stood before.

use jiff::civil::Date;

use crate::checks::contract::Depth;
use crate::model::gate::{
    DecisionKind, LabelText, Rectification, Review, Standing, State, Target, Waiver,
};
use crate::model::reason::{Reason, ReasonCode};
use crate::model::result::{ItemMatch, StudyResult, Verdict};
use crate::policy::profile::{Label, Profile};

use super::findings::{effective, findings_digest};
use super::standing::{Records, standing};

/// A decision for a study or a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What.
    pub kind: DecisionKind,
    /// The label, where it is applied.
    pub label: Option<LabelText>,
    /// Why; for apply, what it rests on and what has to be said with it.
    pub reasons: Vec<Reason>,
    /// The depth of the evidence.
    pub depth: Depth,
    /// The day it was made as of.
    pub as_of: Date,
    /// Whether the earlier decision stands as it was: nothing new is to be written.
    pub stands: bool,
}

/// What stood before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previous {
    /// The decision.
    pub kind: DecisionKind,
    /// The label, where it was applied.
    pub label: Option<LabelText>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The depth it was made at.
    pub depth: Depth,
    /// The day it was made as of.
    pub as_of: Date,
}

/// What a label decision is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The matched item.
    pub item: &'a ItemMatch,
    /// The instances of the view; empty for the whole study.
    pub sop_uids: &'a [String],
}

/// Everything that a decision may see.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The region's policy.
    pub profile: &'a Profile,
    /// The study's result.
    pub result: &'a StudyResult,
    /// How deep it was read.
    pub depth: Depth,
    /// The day of the study; `None` where it is absent or malformed.
    pub study_date: Option<Date>,
    /// What is on record of its institution.
    pub records: Records<'a>,
    /// Signed reviews of the study.
    pub reviews: &'a [Review],
    /// Waivers of any scope.
    pub waivers: &'a [Waiver],
    /// Whether an instance came again with other content than at first.
    pub content_changed: bool,
    /// The day to decide as of.
    pub as_of: Date,
}

/// What the evidence alone says.
struct Fresh {
    label: Option<LabelText>,
    reasons: Vec<Reason>,
    /// Failing evidence about the study.
    study_fails: bool,
    /// Failing evidence about the institution, or an act of a person.
    others_fail: bool,
    /// A major finding that a person has to look at.
    doubtful: bool,
}

/// Decides. Pure: the same case and the same earlier decision always give the same.
pub fn decide(case: &Case<'_>, subject: Subject<'_>, previous: Option<&Previous>) -> Decision {
    let fresh = judge(case, subject);
    let Some(before) = previous else {
        let kind = if fresh.label.is_some() { DecisionKind::Apply } else { DecisionKind::Withhold };
        return new(case, kind, fresh);
    };
    let kept = |code| Decision {
        kind: before.kind,
        label: before.label.clone(),
        reasons: noted(&before.reasons, code),
        depth: before.depth,
        as_of: before.as_of,
        stands: true,
    };
    if case.as_of < before.as_of {
        return kept(ReasonCode::LaterDecisionStands);
    }
    let stood = before.kind == DecisionKind::Apply;
    if stood && fresh.others_fail {
        return new(case, DecisionKind::Withdraw, fresh);
    }
    if case.depth < before.depth {
        return kept(ReasonCode::DeeperDecisionStands);
    }
    match &fresh.label {
        Some(label) if stood && narrower(case.profile, label, before.label.as_ref()) => {
            kept(ReasonCode::EarlierDecisionStands)
        }
        Some(_) => settled(new(case, DecisionKind::Apply, fresh), before),
        None if stood && fresh.study_fails => new(case, DecisionKind::Withdraw, fresh),
        None if stood && fresh.doubtful => new(case, DecisionKind::Withhold, fresh),
        None if stood => kept(ReasonCode::EarlierDecisionStands),
        // What was withdrawn stays so until it may be applied again.
        None => settled(new(case, before.kind, fresh), before),
    }
}

fn new(case: &Case<'_>, kind: DecisionKind, fresh: Fresh) -> Decision {
    let mut reasons = fresh.reasons;
    reasons.sort();
    reasons.dedup();
    Decision {
        kind,
        label: fresh.label.filter(|_| kind == DecisionKind::Apply),
        reasons,
        depth: case.depth,
        as_of: case.as_of,
        stands: false,
    }
}

/// A decision that says nothing new stands as it was made.
fn settled(mut now: Decision, before: &Previous) -> Decision {
    let same = now.kind == before.kind
        && now.label == before.label
        && now.reasons == before.reasons
        && now.depth == before.depth;
    if same {
        (now.as_of, now.stands) = (before.as_of, true);
    }
    now
}

fn noted(reasons: &[Reason], code: ReasonCode) -> Vec<Reason> {
    let mut out = reasons.to_vec();
    if !out.iter().any(|r| r.code == code) {
        out.push(Reason::of(code));
    }
    out
}

/// Whether a label has a narrower scope than the one that stands. Labels are told narrowest first.
fn narrower(profile: &Profile, now: &LabelText, before: Option<&LabelText>) -> bool {
    let place = |scope: &str| profile.rules.labels.iter().position(|l| l.scope == scope);
    before.is_some_and(|b| place(&now.scope) < place(&b.scope))
}

fn judge(case: &Case<'_>, subject: Subject<'_>) -> Fresh {
    let mut fresh = Fresh {
        label: None,
        reasons: Vec::new(),
        study_fails: false,
        others_fail: false,
        doubtful: false,
    };
    let rules = &case.profile.rules;
    let notice = case.profile.notice().map(|_| {
        Reason::of(ReasonCode::ProfileNotInForce).value("status", rules.document.status.word())
    });
    fresh.reasons.extend(notice);
    if rules.labels.is_empty() {
        fresh.reasons.push(Reason::of(ReasonCode::NoLabelDefined));
        return fresh;
    }
    let label = match subject.item.item.as_deref() {
        Some(item) => eligible_label(case, item, &mut fresh),
        None => {
            let code = match subject.item.matched.as_str() {
                "ambiguous" => ReasonCode::ItemAmbiguous,
                _ => ReasonCode::ItemNotRecognised,
            };
            fresh.reasons.push(Reason::of(code).clause(&rules.catalogue.clause));
            None
        }
    };
    let passes = study_passes(case, subject, &mut fresh);
    fresh.label = label.filter(|_| passes).map(|l| text_of(case.profile, l));
    fresh
}

fn text_of(profile: &Profile, label: &Label) -> LabelText {
    let position = profile.rules.labelling.as_ref().and_then(|l| l.position.as_ref());
    let position = position.map(|p| {
        let on: Vec<&str> = p.on.iter().map(|c| c.word()).collect();
        format!("{}:{}", p.place.word(), on.join("|"))
    });
    LabelText { scope: label.scope.clone(), zh: label.zh.clone(), en: label.en.clone(), position }
}

/// The label of the widest scope that the institution is granted for an item.
fn eligible_label<'p>(case: &Case<'p>, item: &str, fresh: &mut Fresh) -> Option<&'p Label> {
    let profile = case.profile;
    let modality = profile.catalogue.get(item).map(|i| i.modality.as_str());
    let target = Target::Item(item.to_owned());
    let at = |label: &Label, on| standing(profile, &case.records, &target, modality, label, on);
    let Some(study_date) = case.study_date else {
        fresh.reasons.push(Reason::of(ReasonCode::StudyDateMissing));
        return None;
    };
    let mut told: Option<Vec<Reason>> = None;
    for label in profile.rules.labels.iter().rev() {
        let now = at(label, case.as_of);
        if now.state == State::Suspended && now.since.is_some_and(|since| since <= study_date) {
            fresh.others_fail = true;
        }
        let reasons = if now.state == State::Granted {
            let then = at(label, study_date.min(case.as_of));
            if then.state == State::Granted {
                if open_rectification(case, &target, modality, fresh) {
                    return None;
                }
                fresh.reasons.extend(now.reasons);
                return Some(label);
            }
            on_study_date(then, study_date)
        } else {
            now.reasons
        };
        // The narrowest scope is the one within reach: its reasons are told.
        told = Some(reasons);
    }
    fresh.reasons.extend(told.unwrap_or_default());
    None
}

/// What was not yet, or no longer, so on the day of the study.
fn on_study_date(then: Standing, study_date: Date) -> Vec<Reason> {
    let never = |r: &Reason| r.code == ReasonCode::NoEvaluation;
    let reasons = then.reasons.into_iter().map(|r| {
        let code = if never(&r) { ReasonCode::EvaluationAfterStudy } else { r.code };
        Reason { code, ..r }.value("study", study_date)
    });
    reasons.collect()
}

fn open_rectification(
    case: &Case<'_>,
    target: &Target,
    modality: Option<&str>,
    fresh: &mut Fresh,
) -> bool {
    let of = |r: &&Rectification| {
        r.profile == case.profile.id
            && r.target.covers_target(target, modality)
            && r.opened <= case.as_of
            && r.closed.is_none_or(|closed| closed > case.as_of)
    };
    // The oldest is told, in whatever order they are on record.
    let open = case.records.rectifications.iter().filter(of).map(|r| r.opened).min();
    if let Some(opened) = open {
        fresh.reasons.push(Reason::of(ReasonCode::RectificationOpen).value("opened", opened));
    }
    open.is_some()
}

/// Whether the study, or the view, passes; with what people signed.
fn study_passes(case: &Case<'_>, subject: Subject<'_>, fresh: &mut Fresh) -> bool {
    let item = subject.item.item.as_deref();
    let counts = effective(case.result, subject.sop_uids, |check| {
        case.waivers.iter().any(|w| waives(w, case, item, check))
    });
    let listed = |code, names: &[String]| Reason::of(code).value("checks", names.join("+"));
    if !counts.waived.is_empty() {
        fresh.reasons.push(listed(ReasonCode::Waived, &counts.waived));
    }
    let mut passes = true;
    if case.depth < Depth::Pixels {
        fresh.reasons.push(Reason::of(ReasonCode::DepthInsufficient));
        passes = false;
    }
    if case.content_changed {
        fresh.reasons.push(Reason::of(ReasonCode::ContentChanged));
        (passes, fresh.study_fails) = (false, true);
    }
    let review = review(case);
    match (counts.verdict, review) {
        (Verdict::Fail, _) => {
            fresh.reasons.push(listed(ReasonCode::VerdictFail, &counts.because));
            fresh.study_fails = true;
            false
        }
        (_, Signed::Withhold(who)) => {
            fresh.reasons.push(Reason::of(ReasonCode::ReviewWithheld).value("by", who));
            fresh.others_fail = true;
            false
        }
        (Verdict::Pass, _) => passes,
        (Verdict::Review, Signed::Apply(who)) => {
            fresh.reasons.push(Reason::of(ReasonCode::ReviewSigned).value("by", who));
            passes
        }
        (Verdict::Review, signed) => {
            fresh.reasons.push(listed(ReasonCode::VerdictReview, &counts.because));
            if matches!(signed, Signed::Outdated) {
                fresh.reasons.push(Reason::of(ReasonCode::ReviewOutdated));
            }
            fresh.doubtful = counts.found;
            false
        }
    }
}

fn waives(w: &Waiver, case: &Case<'_>, item: Option<&str>, check: &str) -> bool {
    let fits = |scope: &Option<String>, own: Option<&str>| {
        scope.as_deref().is_none_or(|wanted| own == Some(wanted))
    };
    w.check == check
        && w.from <= case.as_of
        && case.as_of <= w.until
        && w.revoked.is_none_or(|day| day > case.as_of)
        && fits(&w.profile, Some(&case.profile.id))
        && fits(&w.institution, Some(&case.result.institution))
        && fits(&w.item, item)
        && fits(&w.study_key, Some(&case.result.study_key))
}

enum Signed<'a> {
    Nothing,
    Outdated,
    Apply(&'a str),
    Withhold(&'a str),
}

/// What stands of the signatures: the last, and of one day the one that withholds.
fn review<'a>(case: &Case<'a>) -> Signed<'a> {
    let concerns = |r: &&Review| {
        r.study_key == case.result.study_key
            && r.on <= case.as_of
            && r.profile.as_ref().is_none_or(|p| *p == case.profile.id)
    };
    let of_study: Vec<&Review> = case.reviews.iter().filter(concerns).collect();
    if of_study.is_empty() {
        return Signed::Nothing;
    }
    let digest = findings_digest(case.result);
    let current = of_study.into_iter().filter(|r| r.result_digest == digest);
    match current.max_by_key(|r| (r.on, !r.apply, &r.person)) {
        None => Signed::Outdated,
        Some(r) if r.apply => Signed::Apply(&r.person),
        Some(r) => Signed::Withhold(&r.person),
    }
}
