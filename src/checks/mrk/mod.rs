//! Side markers: the letters of lead or light that say which side of the patient is which.

use super::contract::CheckMeta;

mod film;
pub mod image_flipped;
pub mod marker_contradicts_side;
pub mod marker_cut;
pub mod marker_mirrored;
pub mod marker_missing;
pub mod marker_over_anatomy;
pub mod markers_disagree;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[
    &marker_missing::CHECK,
    &marker_contradicts_side::CHECK,
    &markers_disagree::CHECK,
    &marker_over_anatomy::CHECK,
    &marker_cut::CHECK,
    &marker_mirrored::CHECK,
    &image_flipped::CHECK,
];
