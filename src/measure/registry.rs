//! Every measurement by name, with what its number means. A measurement that is not listed here
//! cannot be declared by a check.

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
/// Number of distinct stored values.
pub const DISTINCT_LEVELS: &str = "distinct_levels";

const fn of_frame(
    name: &'static str,
    unit: &'static str,
    source: &'static str,
    doc: &'static str,
) -> MeasurementMeta {
    MeasurementMeta {
        name,
        unit,
        direction: Direction::Neutral,
        region: "whole frame",
        source,
        doc,
    }
}

/// Every measurement, in the order in which they are taken.
pub static MEASUREMENTS: &[MeasurementMeta] = &[
    of_frame(STORED_SUM, "stored value", "sum", "sum of all samples, before any rescale or LUT"),
    of_frame(STORED_MIN, "stored value", "minimum", "smallest sample"),
    of_frame(STORED_MAX, "stored value", "maximum", "largest sample"),
    of_frame(MEAN, "stored value", "sum / n", "mean of all samples"),
    of_frame(SD, "stored value", "sqrt(sum((x - mean)^2) / n)", "standard deviation, population"),
    of_frame(P01, "stored value", "nearest rank: ceil(0.01 n)-th smallest", "1st percentile"),
    of_frame(P99, "stored value", "nearest rank: ceil(0.99 n)-th smallest", "99th percentile"),
    of_frame(DISTINCT_LEVELS, "levels", "count", "number of distinct sample values"),
];

/// What is known of a measurement.
pub fn find(name: &str) -> Option<&'static MeasurementMeta> {
    MEASUREMENTS.iter().find(|m| m.name == name)
}
