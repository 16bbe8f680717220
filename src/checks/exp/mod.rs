//! Exposure and contrast: whether the image shows anything.

use super::contract::CheckMeta;

pub mod blank;
pub mod blank_image;
pub mod blank_slices;
pub mod dose_above_reference;
mod dose_report;
pub mod hu_off_scale;
pub mod slices_without_body;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[
    &blank_image::CHECK,
    &blank_slices::CHECK,
    &hu_off_scale::CHECK,
    &slices_without_body::CHECK,
    &dose_above_reference::CHECK,
];
