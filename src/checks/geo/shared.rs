//! What the geometry checks share: judging series by series, and telling it.

use crate::checks::view::{SeriesView, StudyView};
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;
use crate::series::Kind;

/// What was said of one series.
pub(super) enum Said {
    /// It is not concerned.
    Skip,
    /// Looked at, nothing found.
    Pass,
    /// A finding, or why it could not be looked at.
    Told(Outcome),
}

/// Asks `judge` about every series that is no localizer. Findings are told one a series; where there is none, one outcome
/// of the whole study says `pass` or, if no series was concerned, `skip`.
pub(super) fn per_series(
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
pub(super) fn concerned(series: &SeriesView<'_>) -> bool {
    let kinds = series.kind().kinds();
    kinds.is_empty() || kinds.iter().any(|kind| **kind != Kind::Localizer)
}

/// A series whose slices state no thickness: it has stacks, and nothing to compare them with.
pub(super) fn no_thickness(series: &SeriesView<'_>, slices_min: usize) -> Said {
    if series.volume().large(slices_min).next().is_none() {
        return Said::Skip;
    }
    let why = Text::new("图像未注明层厚", "no slice states its thickness");
    Said::Told(Outcome::could_not_run(series.subject(), why))
}

/// The reason of a study without stacks.
pub(super) fn no_volume() -> Text {
    Text::new("没有可判定的断层容积", "there is no volume of slices to judge")
}

/// Three decimals: a micrometre is finer than any position is written.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// A count among parameters.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count from policy; the cast saturates"
)]
pub(super) fn count(params: &Params, key: &str) -> usize {
    params.number(key) as usize
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "counts of slices are small")]
pub(super) fn number(count: usize) -> f64 {
    count as f64
}
