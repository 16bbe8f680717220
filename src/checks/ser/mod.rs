//! Series, views, sequences and phases: whether a study holds what its item asks for.

use super::contract::CheckMeta;

pub mod body_part_contradicts_item;
#[cfg(test)]
pub mod cases;
pub mod display_direction_differs;
pub mod found;
pub mod missing_adc;
pub mod missing_contrast_state;
pub mod missing_phase;
pub mod missing_plane;
pub mod missing_post_processing;
pub mod missing_reconstruction;
pub mod missing_sequence;
pub mod missing_view;
pub mod redundant_series;
pub mod wanted;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[
    &missing_sequence::CHECK,
    &missing_plane::CHECK,
    &missing_contrast_state::CHECK,
    &missing_view::CHECK,
    &missing_reconstruction::CHECK,
    &missing_post_processing::CHECK,
    &missing_phase::CHECK,
    &missing_adc::CHECK,
    &redundant_series::CHECK,
    &display_direction_differs::CHECK,
    &body_part_contradicts_item::CHECK,
];
