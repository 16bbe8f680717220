//! Sharpness and motion.

use super::contract::CheckMeta;

pub mod blurred;
pub mod lesion_size_unresolved;
pub mod outline_jumps;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] =
    &[&outline_jumps::CHECK, &blurred::CHECK, &lesion_size_unresolved::CHECK];
