//! Slice geometry: whether the slices of a volume are all there, in order.

use super::contract::CheckMeta;

pub mod changing_pixel_grid;
pub mod duplicate_instance_number;
pub mod duplicate_position;
pub mod every_other_slice_missing;
pub mod in_plane_shift;
pub mod incomplete_volume;
pub mod irregular_slice_spacing;
pub mod missing_first_slices;
pub mod missing_last_slices;
pub mod missing_slice;
pub mod mixed_orientation;
pub mod non_spatial_instance_numbers;
pub mod overlapping_slices;
mod shared;
pub mod spacing_contradicts_positions;
pub mod told;
pub mod wide_slice_gap;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[
    &missing_slice::CHECK,
    &missing_first_slices::CHECK,
    &missing_last_slices::CHECK,
    &every_other_slice_missing::CHECK,
    &wide_slice_gap::CHECK,
    &overlapping_slices::CHECK,
    &duplicate_position::CHECK,
    &duplicate_instance_number::CHECK,
    &non_spatial_instance_numbers::CHECK,
    &mixed_orientation::CHECK,
    &in_plane_shift::CHECK,
    &changing_pixel_grid::CHECK,
    &spacing_contradicts_positions::CHECK,
    &irregular_slice_spacing::CHECK,
    &incomplete_volume::CHECK,
];
