//! Sharpness and motion.

use super::contract::CheckMeta;

pub mod blurred_images;
pub mod lesion_size_unresolved;
pub mod outline_jumps;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] =
    &[&outline_jumps::CHECK, &blurred_images::CHECK, &lesion_size_unresolved::CHECK];
