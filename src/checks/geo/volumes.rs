//! From a series to the slices of its volumes: which images lie in a volume at all, where, and what
//! may tell images on the same place apart.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::checks::applicability::Family;
use crate::checks::contract::Input;
use crate::checks::view::{InstanceView, SeriesView};
use crate::measure::geometry::Vector;
use crate::measure::stacks::{self, Labels, Slice, Stack, Tolerance};

/// What a geometry check declares to use this module.
pub const INPUTS: &[Input] = &[
    Input::Header(tags::IMAGE_POSITION_PATIENT),
    Input::Header(tags::IMAGE_ORIENTATION_PATIENT),
    Input::Header(tags::ROWS),
    Input::Header(tags::COLUMNS),
    Input::Header(tags::SLICE_THICKNESS),
    Input::Header(tags::INSTANCE_NUMBER),
    Input::Header(tags::IN_STACK_POSITION_NUMBER),
    Input::Header(tags::IMAGE_TYPE),
    Input::Header(tags::FRAME_TYPE),
    Input::Header(tags::STACK_ID),
    Input::Header(tags::ECHO_TIME),
    Input::Header(tags::EFFECTIVE_ECHO_TIME),
    Input::Header(tags::ECHO_NUMBERS),
    Input::Header(tags::INVERSION_TIME),
    Input::Header(tags::DIFFUSION_B_VALUE),
    Input::Header(tags::DIFFUSION_GRADIENT_ORIENTATION),
    Input::Header(tags::TEMPORAL_POSITION_IDENTIFIER),
    Input::Header(tags::TEMPORAL_POSITION_INDEX),
    Input::Header(tags::TRIGGER_TIME),
    Input::Header(tags::NOMINAL_CARDIAC_TRIGGER_DELAY_TIME),
    Input::Header(tags::CONVOLUTION_KERNEL),
    Input::Header(tags::CONTRAST_BOLUS_AGENT_PHASE),
    Input::Header(tags::KVP),
    Input::Header(tags::ACQUISITION_NUMBER),
    Input::Header(tags::FRAME_ACQUISITION_NUMBER),
    Input::Header(tags::CONTENT_TIME),
    Input::Header(tags::ACQUISITION_TIME),
];

/// What may tell images on one place apart, the likeliest first. Attributes that some makers count
/// up from slice to slice come last.
const LABELS: &[&[Tag]] = &[
    &[tags::FRAME_TYPE, tags::IMAGE_TYPE],
    &[tags::STACK_ID],
    &[tags::EFFECTIVE_ECHO_TIME, tags::ECHO_TIME],
    &[tags::ECHO_NUMBERS],
    &[tags::INVERSION_TIME],
    &[tags::DIFFUSION_B_VALUE],
    &[tags::DIFFUSION_GRADIENT_ORIENTATION],
    &[tags::TEMPORAL_POSITION_INDEX, tags::TEMPORAL_POSITION_IDENTIFIER],
    &[tags::NOMINAL_CARDIAC_TRIGGER_DELAY_TIME, tags::TRIGGER_TIME],
    &[tags::CONVOLUTION_KERNEL],
    &[tags::SLICE_THICKNESS],
    &[tags::CONTRAST_BOLUS_AGENT_PHASE],
    &[tags::KVP],
    &[tags::FRAME_ACQUISITION_NUMBER, tags::ACQUISITION_NUMBER],
    &[tags::ACQUISITION_TIME],
    &[tags::CONTENT_TIME],
];

/// One image of a volume with where it came from.
pub struct Image<'a> {
    /// The instance.
    pub instance: InstanceView<'a>,
    /// 0-based frame index in it.
    pub frame: u32,
}

/// The slices of a series.
#[derive(Default)]
pub struct Volume<'a> {
    /// What stacking needs.
    pub slices: Vec<Slice>,
    /// Where each slice came from, in the same order.
    pub images: Vec<Image<'a>>,
    /// Images that would lie in a volume and say no position or orientation.
    pub unplaced: usize,
    /// Images that lie in no volume: projections, localizers, captures, tiled mosaics.
    pub set_aside: usize,
}

impl Volume<'_> {
    /// The stacks that its slices make.
    pub fn stacks(&self, tolerance: &Tolerance) -> Vec<Stack> {
        stacks::split(&self.slices, self, tolerance)
    }
}

impl Labels for Volume<'_> {
    fn count(&self) -> usize {
        LABELS.len()
    }

    fn label(&self, slice: usize, label: usize) -> String {
        let (Some(image), Some(tags)) = (self.images.get(slice), LABELS.get(label)) else {
            return String::new();
        };
        let Ok(frame) = usize::try_from(image.frame) else { return String::new() };
        let values = tags.iter().map(|tag| value(&image.instance, frame, *tag));
        values.into_iter().find(|v| !v.is_empty()).unwrap_or_default()
    }
}

/// The slices of the CT and MR images of a series. Images whose Image Type has one of
/// `not_volume` among its values are set aside.
pub fn volume<'a>(series: &SeriesView<'a>, not_volume: &[String]) -> Volume<'a> {
    let mut volume = Volume::default();
    for instance in series.instances() {
        if instance.family().is_none_or(Family::is_projection) {
            continue;
        }
        for frame in 0..instance.frame_count() {
            add(&mut volume, instance, frame, not_volume);
        }
    }
    volume
}

fn add<'a>(volume: &mut Volume<'a>, instance: InstanceView<'a>, frame: u32, aside: &[String]) {
    let Ok(at) = usize::try_from(frame) else { return };
    let types = instance.texts(tags::IMAGE_TYPE).iter();
    let mut types = types.chain(instance.frame_texts(at, tags::FRAME_TYPE));
    if types.any(|t| aside.iter().any(|a| a.eq_ignore_ascii_case(t.trim()))) {
        volume.set_aside += 1;
        return;
    }
    let position: Option<Vector> = instance.frame_array(at, tags::IMAGE_POSITION_PATIENT);
    let orientation = instance.frame_array::<6>(at, tags::IMAGE_ORIENTATION_PATIENT);
    let (Some(position), Some(orientation)) = (position, orientation) else {
        volume.unplaced += 1;
        return;
    };
    volume.slices.push(Slice {
        position,
        orientation,
        matrix: (
            instance.int(tags::ROWS).unwrap_or_default(),
            instance.int(tags::COLUMNS).unwrap_or_default(),
        ),
        number: number(&instance, at),
    });
    volume.images.push(Image { instance, frame });
}

/// The number of an image in its series: the one of its position for a frame, as all frames of an
/// instance share its Instance Number.
fn number(instance: &InstanceView<'_>, frame: usize) -> Option<i64> {
    if instance.frame_count() == 1 {
        return instance.int(tags::INSTANCE_NUMBER);
    }
    let position = instance.frame_float(frame, tags::IN_STACK_POSITION_NUMBER)?;
    #[expect(clippy::cast_possible_truncation, reason = "only whole values in range")]
    (position.fract() == 0.0 && position.abs() < 1e9).then_some(position as i64)
}

fn value(instance: &InstanceView<'_>, frame: usize, tag: Tag) -> String {
    let texts = instance.frame_texts(frame, tag);
    if !texts.is_empty() {
        return texts.join("\\");
    }
    if let Some(vector) = instance.frame_array::<3>(frame, tag) {
        return format!("{vector:?}");
    }
    instance.frame_float(frame, tag).map(|v| v.to_string()).unwrap_or_default()
}
