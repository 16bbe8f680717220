//! Every measurement by name, with what its number means. A measurement that is not listed here
//! cannot be declared by a check.

use super::{ct, mr};

pub use super::ct::body::{
    BODY_AREA, BODY_CENTROID_X, BODY_CENTROID_Y, BODY_CUT_CHORD, BODY_CUT_LENGTH, BODY_CUT_SHARE,
    BODY_EFFECTIVE_DIAMETER, BODY_OFF_FIELD_CENTRE, BODY_OFF_ISOCENTRE,
    BODY_WATER_EQUIVALENT_DIAMETER,
};
pub use super::ct::hu::{AIR_HU, FAT_AREA, FAT_HU, SOFT_TISSUE_AREA, SOFT_TISSUE_HU};
pub use super::ct::lungs::{GAS_AREA, LUNG_AREA};
pub use super::ct::lungs::{LUNG_AREA_FIRST_SLICE, LUNG_AREA_LARGEST, LUNG_AREA_LAST_SLICE};
pub use super::ct::motion::{OUTLINE_BOTTOM, OUTLINE_LEFT, OUTLINE_RIGHT, OUTLINE_TOP};
pub use super::ct::motion::{OUTLINE_ROUGHNESS, OUTLINE_SHIFT, OUTLINE_SHIFT_RATIO};
pub use super::ct::noise::{GNI, QUIETEST_ROI_SD};
pub use super::ct::rings::{RING_HU, RING_RADIUS, RING_Z};
pub use super::ct::sharp::{LAPLACIAN_TENENGRAD_RATIO, SKIN_EDGE_WIDTH};
pub use super::ct::streaks::{METAL_AREA, STREAK_RATIO_HORIZONTAL, STREAK_SD_HORIZONTAL};
pub use super::mr::body::{
    AIR_MASKED, BODY_CUT_BOTTOM, BODY_CUT_LEFT, BODY_CUT_RIGHT, BODY_CUT_TOP, BODY_SHARE,
    BODY_SIGNAL, OFF_CENTRE_MM, OFF_CENTRE_SHARE,
};
pub use super::mr::energy::{EFC, FBER};
pub use super::mr::ghost::{AIR_STRUCTURE, GHOST_RATIO, GHOST_RATIO_ANY_AXIS, GSR, GSR_ANY_AXIS};
pub use super::mr::motion::{AES, GRADIENT_ENTROPY, LAPLACIAN_TO_TENENGRAD, TENENGRAD};
pub use super::mr::noise::{SNR, SNRD};
pub use super::mr::spikes::{SPIKE_SHARE, SPIKE_Z};
pub use super::mr::stack::{
    INTERLEAVE_SHARE, SLICE_DROP_SHARE, SLICE_DROP_Z, SLICE_JUMP, SLICE_JUMP_Z,
};
pub use super::mr::uniformity::{INU_RANGE, PIU};
pub use super::mr::wrap::{WRAP_CONTINUITY, WRAP_CONTINUITY_ANY_AXIS};
pub use super::mr::zipper::{ZIPPER_CONTRAST, ZIPPER_Z};

/// Which way a measurement is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// Neither: a description.
    Neutral,
}

/// All that is known of a measurement without taking it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeasurementMeta {
    /// Name as stored and printed.
    pub name: &'static str,
    /// Unit; `1` for a pure number.
    pub unit: &'static str,
    /// Which way it is better.
    pub direction: Direction,
    /// Where in the image it is taken.
    pub region: &'static str,
    /// Formula or publication it follows.
    pub source: &'static str,
    /// What it is.
    pub doc: &'static str,
}

/// Sum of the stored values.
pub const STORED_SUM: &str = "stored_sum";
/// Smallest stored value.
pub const STORED_MIN: &str = "stored_min";
/// Largest stored value.
pub const STORED_MAX: &str = "stored_max";
/// Mean of the stored values.
pub const MEAN: &str = "mean";
/// Standard deviation of the stored values.
pub const SD: &str = "sd";
/// 1st percentile of the stored values.
pub const P01: &str = "p01";
/// 99th percentile of the stored values.
pub const P99: &str = "p99";
/// 1 on slices that were given the costlier measures.
pub const SAMPLED: &str = "sampled";
/// Longest border of the field that a head covers, mm; worked out by its check, which knows the patient's axes.
pub const BORDER_IN_BODY: &str = "border_in_body";
/// Number of distinct stored values.
pub const DISTINCT_LEVELS: &str = "distinct_levels";

/// A measurement of a region.
pub const fn meta(
    name: &'static str,
    unit: &'static str,
    direction: Direction,
    region: &'static str,
    source: &'static str,
    doc: &'static str,
) -> MeasurementMeta {
    MeasurementMeta { name, unit, direction, region, source, doc }
}

const fn of_frame(
    name: &'static str,
    unit: &'static str,
    source: &'static str,
    doc: &'static str,
) -> MeasurementMeta {
    meta(name, unit, Direction::Neutral, "whole frame", source, doc)
}

/// What is taken of every frame of any modality, in the order in which it is taken.
pub static OF_FRAME: &[MeasurementMeta] = &[
    of_frame(STORED_SUM, "stored value", "sum", "sum of all samples, before any rescale or LUT"),
    of_frame(STORED_MIN, "stored value", "minimum", "smallest sample"),
    of_frame(STORED_MAX, "stored value", "maximum", "largest sample"),
    of_frame(MEAN, "stored value", "sum / n", "mean of all samples"),
    of_frame(SD, "stored value", "sqrt(sum((x - mean)^2) / n)", "standard deviation, population"),
    of_frame(P01, "stored value", "nearest rank: ceil(0.01 n)-th smallest", "1st percentile"),
    of_frame(P99, "stored value", "nearest rank: ceil(0.99 n)-th smallest", "99th percentile"),
    of_frame(DISTINCT_LEVELS, "levels", "count", "number of distinct sample values"),
];

/// What CT and MR have in common.
static OF_SLICES: &[MeasurementMeta] = &[
    meta(
        SAMPLED,
        "1",
        Direction::Neutral,
        "whole frame",
        "every n-th slice by number",
        "1 where the costlier measures were taken",
    ),
    meta(
        BODY_CUT_SHARE,
        "1",
        Direction::Lower,
        "outline of the body",
        "outline on the border over outline",
        "share of the outline that lies on the border of the field",
    ),
    meta(
        BORDER_IN_BODY,
        "mm",
        Direction::Lower,
        "border of the field",
        "share of the border in the body by its length",
        "longest border of the field inside the head, by the check head-cut",
    ),
];

/// What is worked out of the slices of a stack.
static OF_STACKS: &[MeasurementMeta] = &[
    meta(
        OUTLINE_ROUGHNESS,
        "mm",
        Direction::Lower,
        "sides of the body over the stack",
        "1.4826 times the median second difference / 2",
        "roughness of the outline from slice to slice",
    ),
    meta(
        OUTLINE_SHIFT,
        "mm",
        Direction::Lower,
        "sides of the body over the stack",
        "lesser of the second differences / 2 of two opposite sides",
        "largest common jump of opposite sides",
    ),
    meta(
        OUTLINE_SHIFT_RATIO,
        "1",
        Direction::Lower,
        "sides of the body over the stack",
        "jump over roughness (at least 0.3 mm)",
        "the same over the roughness",
    ),
    meta(
        LUNG_AREA_FIRST_SLICE,
        "mm2",
        Direction::Neutral,
        "first slice of the stack",
        "lung_area",
        "lung on the first slice",
    ),
    meta(
        LUNG_AREA_LAST_SLICE,
        "mm2",
        Direction::Neutral,
        "last slice of the stack",
        "lung_area",
        "lung on the last slice",
    ),
    meta(LUNG_AREA_LARGEST, "mm2", Direction::Neutral, "stack", "lung_area", "largest lung area"),
    meta(
        SLICE_JUMP,
        "1",
        Direction::Lower,
        "body over the stack",
        "|exp(ln v - mean ln of both neighbours) - 1|",
        "largest jump of the signal against both neighbours",
    ),
    meta(
        SLICE_JUMP_Z,
        "1",
        Direction::Lower,
        "body over the stack",
        "jump over robust deviation (at least 1 %)",
        "the same in robust deviations",
    ),
    meta(
        INTERLEAVE_SHARE,
        "1",
        Direction::Lower,
        "body over the stack",
        "|exp(median of alternating steps) - 1|",
        "difference of even and odd slices",
    ),
    meta(
        SLICE_DROP_SHARE,
        "1",
        Direction::Lower,
        "volumes of one b-value",
        "loss against the median of volumes, level of the volume taken off",
        "largest signal loss of a slice",
    ),
    meta(
        SLICE_DROP_Z,
        "1",
        Direction::Lower,
        "volumes of one b-value",
        "loss over robust deviation (at least 1 %)",
        "the same in robust deviations",
    ),
];

/// Every measurement.
pub fn all() -> impl Iterator<Item = &'static MeasurementMeta> {
    [OF_FRAME, OF_SLICES, ct::names::MEASUREMENTS, mr::names::MEASUREMENTS, OF_STACKS]
        .into_iter()
        .flatten()
}

/// What is known of a measurement.
pub fn find(name: &str) -> Option<&'static MeasurementMeta> {
    all().find(|m| m.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_registered_once() {
        let mut names: Vec<&str> = all().map(|m| m.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
        assert_eq!(find(GNI).map(|m| m.unit), Some("HU"));
        assert_eq!(find("nobody"), None);
    }
}
