//! Positioning and coverage: whether the anatomy lies inside the field and the range.

use super::contract::CheckMeta;

pub mod body_cut;
pub mod dome_cut;
pub mod head_cut;
pub mod lungs_cut;
pub mod off_centre;
pub mod off_isocentre;
pub mod vertex_cut;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[
    &body_cut::CHECK,
    &lungs_cut::CHECK,
    &off_centre::CHECK,
    &off_isocentre::CHECK,
    &head_cut::CHECK,
    &dome_cut::CHECK,
    &vertex_cut::CHECK,
];
