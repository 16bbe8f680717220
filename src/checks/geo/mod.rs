//! Slice geometry: whether the slices of a volume are all there, in order.

use super::contract::CheckMeta;

pub mod missing_slice;
pub mod told;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[&missing_slice::CHECK];
