//! Series, views, sequences and phases: whether a study holds what its item asks for.

use super::contract::CheckMeta;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[];
