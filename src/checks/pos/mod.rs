//! Positioning and coverage: whether the anatomy lies inside the field and the range.

use super::contract::CheckMeta;

pub mod body_cut;
pub mod lungs_cut;
pub mod off_centre;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[&body_cut::CHECK, &lungs_cut::CHECK, &off_centre::CHECK];
