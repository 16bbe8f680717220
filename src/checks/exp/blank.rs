//! Which frames show nothing: shared by the checks on blank images and on blank slices.

use std::collections::BTreeMap;

use dicom_dictionary_std::tags;

use crate::checks::view::InstanceView;
use crate::measure::registry as measured;
use crate::model::family::Family;
use crate::model::values::ValueText;
use crate::policy::params::Params;

/// When a frame counts as blank; the numbers come from policy.
pub struct Rules<'a> {
    /// Up to so many distinct stored values a frame is blank.
    pub levels_max: f64,
    /// Up to so wide a range (1st to 99th percentile, stored values) a frame is blank.
    pub range_max: f64,
    /// The same for a projection image, as a share of what Bits Stored can hold.
    pub projection_range_share_max: f64,
    /// Values of Image Type of images that may rightly show nothing.
    pub exempt: &'a [String],
}

impl<'a> Rules<'a> {
    /// The rules of a check that judges slices alone.
    pub fn of_slices(params: &'a Params) -> Self {
        Self {
            levels_max: params.number("levels_max"),
            range_max: params.number("range_max"),
            projection_range_share_max: 0.0,
            exempt: params.texts("exempt_image_types"),
        }
    }

    /// The rules of a check that judges projections too.
    pub fn of(params: &'a Params) -> Self {
        let share = params.number("projection_range_share_max");
        Self { projection_range_share_max: share, ..Self::of_slices(params) }
    }
}

/// What was measured of one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// 1st to 99th percentile, stored values.
    pub range: f64,
    /// The widest range that counts as blank here.
    pub limit: f64,
    /// Distinct stored values.
    pub levels: f64,
    /// Whether it shows nothing.
    pub blank: bool,
}

/// The frames of an instance.
pub enum Frames {
    /// It is not concerned.
    NotConcerned,
    /// It is, and some frames were not measured.
    NotMeasured,
    /// Its frames, in order.
    Measured(Vec<Frame>),
}

/// Judges every frame of an instance. The calling check declares Image Type, Bits Stored, `p01`,
/// `p99` and `distinct_levels`.
pub fn frames(instance: &InstanceView<'_>, rules: &Rules<'_>) -> Frames {
    let Some(family) = instance.family() else { return Frames::NotConcerned };
    let exempt = |t: &ValueText| rules.exempt.iter().any(|e| e.eq_ignore_ascii_case(t.trim()));
    if !instance.has_pixel_data() || instance.texts(tags::IMAGE_TYPE).iter().any(exempt) {
        return Frames::NotConcerned;
    }
    let by_frame = |name| -> BTreeMap<u32, f64> {
        instance.measured(name).filter_map(|(frame, value)| Some((frame?, value))).collect()
    };
    let (p01, p99) = (by_frame(measured::P01), by_frame(measured::P99));
    let levels = by_frame(measured::DISTINCT_LEVELS);
    let limit = range_limit(instance, family, rules);
    let count = instance.frame_count();
    let judged: Option<Vec<Frame>> = (0..count)
        .map(|frame| {
            let range = p99.get(&frame)? - p01.get(&frame)?;
            let levels = *levels.get(&frame)?;
            let blank = levels <= rules.levels_max || range <= limit;
            Some(Frame { range, limit, levels, blank })
        })
        .collect();
    judged.map_or(Frames::NotMeasured, Frames::Measured)
}

/// A slice may hold little; a projection through a body never spans only a sliver of its scale.
fn range_limit(instance: &InstanceView<'_>, family: Family, rules: &Rules<'_>) -> f64 {
    let bits = instance.int(tags::BITS_STORED).and_then(|b| i32::try_from(b).ok());
    match bits {
        Some(bits) if family.is_projection() && (1..=32).contains(&bits) => {
            rules.range_max.max(rules.projection_range_share_max * 2.0_f64.powi(bits))
        }
        _ => rules.range_max,
    }
}
