//! Statements about one thing that contradict each other.

use super::contract::CheckMeta;

pub mod sequence_contradicts_description;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[&sequence_contradicts_description::CHECK];
