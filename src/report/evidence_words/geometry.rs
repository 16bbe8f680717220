//! Words of evidence about slice geometry.

use super::Row;

/// Names that checks give to what they measure.
pub(super) static NAMES: &[Row] = &[];

/// Units.
pub(super) static UNITS: &[Row] = &[];

/// Word values.
pub(super) static VALUES: &[Row] = &[];
