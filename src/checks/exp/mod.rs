//! Exposure and contrast: whether the image shows anything.

use super::contract::CheckMeta;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[];
