//! What the geometry checks share.

pub(super) use crate::checks::per_series::{Said, concerned, count, no_volume, per_series};
use crate::checks::view::SeriesView;
use crate::model::outcome::Outcome;
use crate::model::text::Text;

/// A series whose slices state no thickness: it has stacks, and nothing to compare them with.
pub(super) fn no_thickness(series: &SeriesView<'_>, slices_min: usize) -> Said {
    if series.volume().large(slices_min).next().is_none() {
        return Said::Skip;
    }
    let why = Text::new("图像未注明层厚", "no slice states its thickness");
    Said::Told(Outcome::could_not_run(series.subject(), why))
}

/// Three decimals: a micrometre is finer than any position is written.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "counts of slices are small")]
pub(super) fn number(count: usize) -> f64 {
    count as f64
}
