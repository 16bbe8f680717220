//! Statements about one thing that contradict each other, and headers that contradict the pixels.

use crate::infer::chest_view::MODEL;
use crate::model::outcome::OutcomeKind;

use super::contract::CheckMeta;
use super::per_instance::{Fault, Said};
use super::view::InstanceView;

pub mod part_contradicts_image;
pub mod polarity_inverted;
pub mod sequence_contradicts_description;
pub mod view_contradicts_image;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[
    &sequence_contradicts_description::CHECK,
    &polarity_inverted::CHECK,
    &view_contradicts_image::CHECK,
    &part_contradicts_image::CHECK,
];

/// A score of the view of a film, or what to say where it was not read.
fn score(instance: &InstanceView<'_>, name: &str) -> Result<f32, Said> {
    let scores = instance.scores(MODEL, name).map_err(|why| match why.kind {
        OutcomeKind::CouldNotRun => {
            let text = why.why;
            Said::CouldNotRun(Fault::new("unread", text.zh, text.en))
        }
        _ => Said::Skip,
    })?;
    scores.first().map(|s| s.1).ok_or(Said::Skip)
}
