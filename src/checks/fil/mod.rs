//! File and transfer: whether the files arrived whole and readable.

use super::contract::CheckMeta;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[];
