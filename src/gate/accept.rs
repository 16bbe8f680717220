//! The receiver's side: whether a hospital that gets a result from another must, may, or need not
//! recognise it. It tells what the document says and what a person may invoke; it never decides
//! for the doctor.

use jiff::civil::Date;
use jiff::{ToSpan, Unit};

use crate::model::gate::InstitutionFacts;
use crate::model::reason::{Reason, ReasonCode};
use crate::model::result::Verdict;
use crate::policy::profile::{ExceptionCode, Profile, Recognition};
use crate::policy::words::{Bound, Grade, Party, WindowUnit};

use super::eligible::is_of;

/// What the documents make of a result at a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has to be recognised unless a person invokes an exception.
    Must,
    /// It may be.
    May,
    /// No rule binds the receiver.
    NotBound,
}

impl Answer {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::May => "may",
            Self::NotBound => "not-bound",
        }
    }
}

/// The exam that is offered.
#[derive(Clone, Copy, Debug)]
pub struct Exam<'a> {
    /// Its day; `None` where unknown.
    pub date: Option<Date>,
    /// Whether a label of this profile stands; `None` where the profile defines none.
    pub labelled: Option<bool>,
    /// Its verdict.
    pub verdict: Verdict,
    /// Whether its institution passed external assessment.
    pub issuer_eqa: bool,
    /// Reasons of the standing decision.
    pub reasons: &'a [Reason],
}

/// The two institutions.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// Who receives.
    pub receiver: &'a InstitutionFacts,
    /// Who made the exam; `None` where unknown.
    pub issuer: Option<&'a InstitutionFacts>,
}

/// An exception that a person may invoke.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ExceptionOffer {
    /// The code.
    pub code: String,
    /// As printed.
    pub text: String,
    /// The clause.
    pub clause: String,
    /// Whether the machine suggests it here.
    pub suggested: bool,
}

/// The answer with everything a person needs beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Acceptance {
    /// The answer.
    pub answer: Answer,
    /// How strongly the document puts it.
    pub bound: Option<Bound>,
    /// The clause.
    pub clause: String,
    /// Age of the exam in days.
    pub age_days: Option<i64>,
    /// The last day of the window; `None` where the document prints none.
    pub window_until: Option<Date>,
    /// Why not more, in short words.
    pub why: Vec<Reason>,
    /// What a person may invoke.
    pub exceptions: Vec<ExceptionOffer>,
}

/// Answers for one profile and one day.
pub fn accept(profile: &Profile, side: Side<'_>, exam: Exam<'_>, on: Date) -> Acceptance {
    let rules = &profile.rules;
    let recognised = recognition(&rules.recognitions, side, exam.issuer_eqa);
    let (mut answer, mut bound, mut clause) = match recognised {
        Recognised::By(rule) => (strength(rule.bound), Some(rule.bound), rule.clause.as_str()),
        Recognised::Silent => {
            (strength(rules.force.bound), Some(rules.force.bound), rules.force.clause.as_str())
        }
        Recognised::Not(clause) => (Answer::NotBound, None, clause),
    };
    // How strongly the region binds at all limits every single rule.
    if answer == Answer::Must && strength(rules.force.bound) == Answer::May {
        (answer, bound, clause) = (Answer::May, Some(Bound::May), &rules.force.clause);
    }
    let mut why = Vec::new();
    let window_until = exam.date.and_then(|day| window(profile, day));
    let late = window_until.is_some_and(|until| on > until);
    if late || exam.date.is_none_or(|day| day > on) {
        let soft = rules.validity.as_ref().is_some_and(|v| v.soft) && late;
        let lower = if soft { Answer::May } else { Answer::NotBound };
        if exam.date.is_none() {
            why.push(Reason::of(ReasonCode::StudyDateMissing));
        }
        if weaker(lower, answer) {
            answer = lower;
            clause = rules.validity.as_ref().map_or(clause, |v| &v.clause);
        }
    }
    if exam.labelled == Some(false) && answer == Answer::Must {
        // An unlabelled result may be recognised; nothing obliges to.
        answer = Answer::May;
        why.extend(exam.reasons.iter().cloned());
    }
    if exam.verdict == Verdict::Fail {
        answer = Answer::NotBound;
        why.push(Reason::of(ReasonCode::VerdictFail));
    } else if exam.labelled.is_none() && exam.verdict != Verdict::Pass && answer == Answer::Must {
        answer = Answer::May;
        why.push(Reason::of(ReasonCode::VerdictReview));
    }
    let suggest = exam.verdict == Verdict::Fail;
    Acceptance {
        answer,
        bound: bound.filter(|_| answer != Answer::NotBound),
        clause: clause.to_owned(),
        age_days: exam.date.and_then(|day| age(day, on)),
        window_until,
        why,
        exceptions: rules.exceptions.iter().map(|e| offer(e, suggest)).collect(),
    }
}

fn offer(e: &ExceptionCode, quality: bool) -> ExceptionOffer {
    ExceptionOffer {
        code: e.code.clone(),
        text: e.text.clone(),
        clause: e.clause.clone(),
        suggested: quality && e.machine == Some(crate::policy::words::Machine::Suggest),
    }
}

fn age(day: Date, on: Date) -> Option<i64> {
    day.until((Unit::Day, on)).ok().map(|span| i64::from(span.get_days()))
}

fn window(profile: &Profile, day: Date) -> Option<Date> {
    let v = profile.rules.validity.as_ref()?;
    let length = i64::from(v.length);
    Some(match v.unit {
        WindowUnit::Day => day.saturating_add(length.days()),
        WindowUnit::Month => day.saturating_add(length.months()),
    })
}

fn strength(bound: Bound) -> Answer {
    match bound {
        Bound::Must | Bound::MustNotRepeat | Bound::InPrinciple => Answer::Must,
        Bound::May => Answer::May,
    }
}

fn weaker(a: Answer, b: Answer) -> bool {
    let rank = |x| match x {
        Answer::NotBound => 0,
        Answer::May => 1,
        Answer::Must => 2,
    };
    rank(a) < rank(b)
}

enum Recognised<'a> {
    By(&'a Recognition),
    Silent,
    Not(&'a str),
}

/// The strongest rule that fits the two institutions.
fn recognition<'r>(rows: &'r [Recognition], side: Side<'_>, eqa: bool) -> Recognised<'r> {
    let Some(first) = rows.first() else { return Recognised::Silent };
    let fits = |row: &&Recognition| {
        let issuer = side.issuer;
        (!row.issuer_eqa || eqa)
            && party(row.receiver, side.receiver, issuer)
            && issuer.is_some_and(|i| party(row.issuer, i, Some(side.receiver)))
    };
    let mut found: Vec<&Recognition> = rows.iter().filter(fits).collect();
    found.sort_by_key(|r| strength(r.bound) != Answer::Must);
    found.first().map_or(Recognised::Not(&first.clause), |row| Recognised::By(row))
}

/// Whether an institution is of a party, seen from the other.
fn party(party: Party, own: &InstitutionFacts, other: Option<&InstitutionFacts>) -> bool {
    let level = |i: &InstitutionFacts| i.level.as_deref().and_then(Grade::parse).map(|g| g.level);
    match party {
        Party::SameLevel => other.is_some_and(|o| level(own).is_some() && level(own) == level(o)),
        Party::HigherLevel => other.is_some_and(|o| level(o).is_some() && level(own) > level(o)),
        Party::Alliance => {
            other.is_some_and(|o| own.alliances().any(|a| o.alliances().any(|b| a == b)))
        }
        single => is_of(own, single) == Some(true),
    }
}
