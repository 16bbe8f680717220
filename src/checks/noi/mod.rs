//! Noise against what has to be seen.

use super::contract::CheckMeta;

pub mod noise_high;
pub mod snr_low;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[&noise_high::CHECK, &snr_low::CHECK];
