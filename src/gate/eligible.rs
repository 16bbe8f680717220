//! Whether an institution is admitted, and whether a centre may evaluate it for a scope.

use crate::model::gate::{Evaluation, InstitutionFacts};
use crate::model::reason::{Reason, ReasonCode};
use crate::policy::profile::{Admission, EvaluationRoute, Rules};
use crate::policy::words::{Evaluator, Grade, Party, Words};

/// Membership by which the registry marks institutions of traditional Chinese medicine.
const TCM: &str = "tcm";

/// Whether an institution is of a party; `None` where the registry does not say its grade.
pub(super) fn is_of(facts: &InstitutionFacts, party: Party) -> Option<bool> {
    let grade = || facts.level.as_deref().and_then(Grade::parse);
    match party {
        Party::Any => Some(true),
        Party::AtLeast(limit) => grade().map(|g| g.at_least(limit)),
        Party::AtMost(limit) => grade().map(|g| g.at_most(limit)),
        // Relative parties speak of two institutions, never of one alone.
        Party::SameLevel | Party::HigherLevel | Party::Alliance => Some(false),
    }
}

/// Why an institution is not admitted; `None` where it is. One row of the region suffices.
pub(super) fn refused(
    rules: &Rules,
    facts: &InstitutionFacts,
    granting: Option<&Evaluation>,
) -> Option<Reason> {
    let rows = &rules.admissions;
    if rows.is_empty() {
        return None;
    }
    let answers: Vec<Option<bool>> = rows.iter().map(|r| admits(r, facts, granting)).collect();
    if answers.contains(&Some(true)) {
        return None;
    }
    let code = if answers.contains(&None) {
        ReasonCode::InstitutionGradeUnknown
    } else {
        ReasonCode::InstitutionNotAdmitted
    };
    let level = facts.level.as_deref().unwrap_or("–");
    Some(Reason::of(code).value("level", level).clause(&rows[0].clause))
}

fn admits(
    row: &Admission,
    facts: &InstitutionFacts,
    granting: Option<&Evaluation>,
) -> Option<bool> {
    let owner = match row.ownership {
        None => Some(true),
        Some(wanted) => facts.ownership.as_deref().map(|o| o == wanted.word()),
    };
    let evaluated =
        row.evaluated_by.is_none_or(|by| granting.is_some_and(|e| serves(&e.evaluator, by)));
    match (is_of(facts, row.institutions), owner) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (None, _) | (_, None) => None,
        (Some(true), Some(true)) => Some(evaluated),
    }
}

/// The route by which an evaluation opens a scope; `None` where its evaluator may not.
pub(super) fn route<'r>(
    rules: &'r Rules,
    scope: &str,
    facts: &InstitutionFacts,
    evaluation: &Evaluation,
) -> Option<&'r EvaluationRoute> {
    rules.evaluations.iter().find(|route| {
        route.scope == scope
            && (!route.tcm || facts.is_member(TCM))
            && is_of(facts, route.institutions) == Some(true)
            && serves(&evaluation.evaluator, route.by)
    })
}

/// Whether an evaluator is the one that a rule names.
fn serves(evaluator: &str, named: Evaluator) -> bool {
    let Some((_, own)) = Evaluator::WORDS.iter().find(|(word, _)| *word == evaluator) else {
        return false;
    };
    match named {
        // 相应质控中心 leaves open which; any quality centre may be the responsible one.
        Evaluator::Responsible => *own != Evaluator::Eqa,
        Evaluator::CityOrAbove => matches!(
            own,
            Evaluator::CityOrAbove
                | Evaluator::CityCentre
                | Evaluator::ProvincialCentre
                | Evaluator::RegionCentre
        ),
        named => *own == named,
    }
}
