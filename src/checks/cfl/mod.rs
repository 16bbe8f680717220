//! Statements about one thing that contradict each other, and headers that contradict the pixels.

use super::contract::CheckMeta;

pub mod modality_contradicts_image;
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
    &modality_contradicts_image::CHECK,
];
