//! Identity and header: whether the study says whose it is, when and where.

use super::contract::CheckMeta;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[];
