//! Artifacts: what the image shows and the patient has not.

use super::contract::CheckMeta;

pub mod dense_matter;
pub mod dropped_diffusion_slice;
pub mod ghosting;
pub mod intensity_nonuniformity;
pub mod nyquist_ghost;
pub mod rings;
pub mod slice_intensity_jump;
pub mod spikes;
pub mod streaks;
pub mod wrap_around;
pub mod zipper;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[
    &streaks::CHECK,
    &rings::CHECK,
    &ghosting::CHECK,
    &wrap_around::CHECK,
    &spikes::CHECK,
    &zipper::CHECK,
    &intensity_nonuniformity::CHECK,
    &slice_intensity_jump::CHECK,
    &dropped_diffusion_slice::CHECK,
    &nyquist_ghost::CHECK,
    &dense_matter::CHECK,
];
