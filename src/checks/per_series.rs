//! Judging series by series, and telling it.

use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;
use crate::series::Kind;

use super::view::{SeriesView, StudyView};

/// What was said of one series.
pub enum Said {
    /// It is not concerned.
    Skip,
    /// Looked at, nothing found.
    Pass,
    /// A finding, or why it could not be looked at.
    Told(Outcome),
}

/// Asks `judge` about every series that is no localizer. Findings are told one a series; where there is none, one outcome
/// of the whole study says `pass` or, if no series was concerned, `skip`.
pub fn per_series(
    view: &StudyView<'_>,
    pass: &Text,
    skip: &Text,
    judge: impl Fn(&SeriesView<'_>) -> Said,
) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let mut passed = 0_usize;
    for series in view.series().filter(concerned) {
        match judge(&series) {
            Said::Skip => {}
            Said::Pass => passed += 1,
            Said::Told(outcome) => outcomes.push(outcome),
        }
    }
    if !outcomes.is_empty() {
        return outcomes;
    }
    if passed == 0 {
        return vec![Outcome::not_applicable(Subject::study(), skip.clone())];
    }
    let outcome = Outcome::pass(Subject::study(), pass.clone());
    vec![outcome.with(Evidence::new("series_checked", passed))]
}

/// Whether a series is a volume to read: slices of localizers lie as they please. One localizer among
/// other stacks lets nobody off. Needs `Input::Kinds`.
pub fn concerned(series: &SeriesView<'_>) -> bool {
    let kinds = series.kind().kinds();
    kinds.is_empty() || kinds.iter().any(|kind| **kind != Kind::Localizer)
}

/// The reason of a study without stacks.
pub fn no_volume() -> Text {
    Text::new("没有可判定的断层容积", "there is no volume of slices to judge")
}

/// A count among parameters.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count from policy; the cast saturates"
)]
pub fn count(params: &Params, key: &str) -> usize {
    params.number(key) as usize
}
