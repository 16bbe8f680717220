//! Statements about one thing that contradict each other.

use super::contract::CheckMeta;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[];
