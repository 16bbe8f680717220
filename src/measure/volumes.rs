//! From a series to the slices of its volumes and the stacks they make: which images lie in a volume
//! at all, where, and what may tell images on the same place apart.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::model::family::{self, Family};
use crate::model::kept;
use crate::model::study::{Instance, Series};

use super::geometry::{Place, Vector};
use super::holes::{self, HoleRules, Spacing};
use super::stacks::{self, Labels, Slice, Stack, Tolerance};

/// What this module reads; kept in the store for every study.
pub const INPUTS: &[Tag] = &[
    tags::IMAGE_POSITION_PATIENT,
    tags::IMAGE_ORIENTATION_PATIENT,
    tags::ROWS,
    tags::COLUMNS,
    tags::SLICE_THICKNESS,
    tags::INSTANCE_NUMBER,
    tags::IN_STACK_POSITION_NUMBER,
    tags::IMAGE_TYPE,
    tags::FRAME_TYPE,
    tags::STACK_ID,
    tags::ECHO_TIME,
    tags::EFFECTIVE_ECHO_TIME,
    tags::ECHO_NUMBERS,
    tags::INVERSION_TIME,
    tags::DIFFUSION_B_VALUE,
    tags::DIFFUSION_GRADIENT_ORIENTATION,
    tags::TEMPORAL_POSITION_IDENTIFIER,
    tags::TEMPORAL_POSITION_INDEX,
    tags::TRIGGER_TIME,
    tags::NOMINAL_CARDIAC_TRIGGER_DELAY_TIME,
    tags::CONVOLUTION_KERNEL,
    tags::CONTRAST_BOLUS_AGENT_PHASE,
    tags::KVP,
    tags::ACQUISITION_NUMBER,
    tags::FRAME_ACQUISITION_NUMBER,
    tags::CONTENT_TIME,
    tags::ACQUISITION_TIME,
    kept::SIEMENS_MR_CREATOR,
    kept::SIEMENS_MOSAIC_SLICES,
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

/// One image of a volume: where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// Index of its instance in the series.
    pub instance: usize,
    /// 0-based frame index in it.
    pub frame: u32,
}

/// How a series is laid out.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// How alike images of one stack are.
    pub tolerance: Tolerance,
    /// Values of Image Type that put an image in no volume.
    pub not_volume: Vec<String>,
    /// What counts as a hole.
    pub holes: HoleRules,
}

/// The slices of a series.
#[derive(Debug)]
pub struct Volume<'a> {
    /// The series.
    pub series: &'a Series,
    /// What stacking needs.
    pub slices: Vec<Slice>,
    /// Where each slice came from, in the same order.
    pub images: Vec<Image>,
    /// The stacks that the slices make; members of their places are indices into `slices`.
    pub stacks: Vec<Stack>,
    /// The spacing of each stack; `None` for fewer than three places.
    pub spacings: Vec<Option<Spacing>>,
    /// Images that would lie in a volume and say no position or orientation.
    pub unplaced: usize,
    /// Images that lie in no volume: projections, localizers, captures, tiled mosaics.
    pub set_aside: usize,
}

impl<'a> Volume<'a> {
    /// Lays out a series. Only CT and MR images lie in a volume.
    pub fn of(series: &'a Series, layout: &Layout) -> Self {
        let mut volume = Self {
            series,
            slices: Vec::new(),
            images: Vec::new(),
            stacks: Vec::new(),
            spacings: Vec::new(),
            unplaced: 0,
            set_aside: 0,
        };
        for (index, instance) in series.instances.iter().enumerate() {
            if family::family(instance).is_none_or(Family::is_projection) {
                continue;
            }
            for frame in 0..instance.frame_count() {
                volume.add(instance, Image { instance: index, frame }, &layout.not_volume);
            }
        }
        volume.stacks = stacks::split(&volume.slices, &volume, &layout.tolerance);
        let spacing = |stack: &Stack| {
            holes::spacing(&stack.places, &stack.numbers(&volume.slices), &layout.holes)
        };
        volume.spacings = volume.stacks.iter().map(spacing).collect();
        volume
    }

    /// The slices tiled in each mosaic of the series (Siemens), in the order of its instances.
    pub fn mosaics(&self) -> impl Iterator<Item = (&'a Instance, u32)> {
        self.series.instances.iter().filter_map(|i| {
            let mosaic = i.attributes.texts(tags::IMAGE_TYPE).iter().any(|t| t.trim() == "MOSAIC");
            let ours = i.attributes.text(kept::SIEMENS_MR_CREATOR)? == "SIEMENS MR HEADER";
            let slices = i.attributes.int(kept::SIEMENS_MOSAIC_SLICES)?;
            (mosaic && ours).then_some((i, u32::try_from(slices).ok().filter(|n| *n > 0)?))
        })
    }

    /// The instance of a slice.
    pub fn instance(&self, slice: usize) -> Option<&'a Instance> {
        self.series.instances.get(self.images.get(slice)?.instance)
    }

    /// The stacks of at least `places` places, each with its spacing.
    pub fn large(&self, places: usize) -> impl Iterator<Item = (&Stack, &Option<Spacing>)> {
        self.stacks.iter().zip(&self.spacings).filter(move |(s, _)| s.places.len() >= places)
    }

    /// The position of the first image of a place, mm, LPS.
    pub fn position(&self, place: &Place) -> Option<Vector> {
        place.members.first().and_then(|i| self.slices.get(*i)).map(|s| s.position)
    }

    /// SOP Instance UID of the first image of a place.
    pub fn sop_uid(&self, place: &Place) -> &'a str {
        let first = place.members.first().and_then(|i| self.instance(*i));
        first.map(Instance::sop_uid).unwrap_or_default()
    }

    /// The first number of an attribute of a slice: its functional group first.
    pub fn float(&self, slice: usize, tag: Tag) -> Option<f64> {
        let image = self.images.get(slice)?;
        let frame = usize::try_from(image.frame).ok()?;
        self.instance(slice)?.frame_attributes(frame, tag).float(tag)
    }

    fn add(&mut self, instance: &Instance, image: Image, aside: &[String]) {
        let Ok(at) = usize::try_from(image.frame) else { return };
        let own = instance.frame_attributes(at, tags::FRAME_TYPE).texts(tags::FRAME_TYPE);
        let mut types = instance.attributes.texts(tags::IMAGE_TYPE).iter().chain(own);
        if types.any(|t| aside.iter().any(|a| a.eq_ignore_ascii_case(t.trim()))) {
            self.set_aside += 1;
            return;
        }
        let position: Option<Vector> = instance
            .frame_attributes(at, tags::IMAGE_POSITION_PATIENT)
            .array(tags::IMAGE_POSITION_PATIENT);
        let orientation = instance
            .frame_attributes(at, tags::IMAGE_ORIENTATION_PATIENT)
            .array::<6>(tags::IMAGE_ORIENTATION_PATIENT);
        let (Some(position), Some(orientation)) = (position, orientation) else {
            self.unplaced += 1;
            return;
        };
        self.slices.push(Slice {
            position,
            orientation,
            matrix: (
                instance.attributes.int(tags::ROWS).unwrap_or_default(),
                instance.attributes.int(tags::COLUMNS).unwrap_or_default(),
            ),
            number: number(instance, at),
        });
        self.images.push(image);
    }
}

impl Labels for Volume<'_> {
    fn count(&self) -> usize {
        LABELS.len()
    }

    fn label(&self, slice: usize, label: usize) -> String {
        let (Some(instance), Some(image), Some(tags)) =
            (self.instance(slice), self.images.get(slice), LABELS.get(label))
        else {
            return String::new();
        };
        let Ok(frame) = usize::try_from(image.frame) else { return String::new() };
        let values = tags.iter().map(|tag| value(instance, frame, *tag));
        values.into_iter().find(|v| !v.is_empty()).unwrap_or_default()
    }
}

/// The number of an image in its series: the one of its position for a frame, as all frames of an
/// instance share its Instance Number.
fn number(instance: &Instance, frame: usize) -> Option<i64> {
    if instance.frame_count() == 1 {
        return instance.attributes.int(tags::INSTANCE_NUMBER);
    }
    let tag = tags::IN_STACK_POSITION_NUMBER;
    let position = instance.frame_attributes(frame, tag).float(tag)?;
    #[expect(clippy::cast_possible_truncation, reason = "only whole values in range")]
    (position.fract() == 0.0 && position.abs() < 1e9).then_some(position as i64)
}

fn value(instance: &Instance, frame: usize, tag: Tag) -> String {
    let attributes = instance.frame_attributes(frame, tag);
    let texts = attributes.texts(tag);
    if !texts.is_empty() {
        return texts.join("\\");
    }
    if let Some(vector) = attributes.array::<3>(tag) {
        return format!("{vector:?}");
    }
    attributes.float(tag).map(|v| v.to_string()).unwrap_or_default()
}
