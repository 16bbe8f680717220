//! Exposure and contrast: whether the image shows anything.

use super::contract::CheckMeta;

pub mod blank;
pub mod blank_image;
pub mod blank_slices;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[&blank_image::CHECK, &blank_slices::CHECK];
