//! Slice geometry: whether the slices of a volume are all there, in order.

use super::contract::CheckMeta;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[];
