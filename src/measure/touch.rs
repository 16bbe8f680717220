//! Everything that is taken from a frame while it is in cache.

use std::cell::RefCell;

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::decode::{DicomFile, Frame, ModalityMap, Samples};
use crate::model::attribute::Attributes;
use crate::model::family::{self, Family};
use crate::model::file::Recovery;
use crate::model::measurement::Measurement;

use super::basic::{self, Basic, basic};
use super::registry as names;
use super::sampled::is_sampled;
use super::taken::Taken;
use super::{ct, mr};

/// What one frame gave.
pub struct FrameMeasures {
    /// Its measurements.
    pub measurements: Vec<Measurement>,
    /// XXH3 (128 bits) of its stored values.
    pub digest: u128,
    /// Tolerant readings that the codec needed.
    pub recoveries: Vec<Recovery>,
}

/// Buffers kept between frames of one thread.
#[derive(Default)]
struct Scratch {
    basic: basic::Scratch,
    ct: ct::Scratch,
    mr: mr::Scratch,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::default());
}

/// Measures a decoded frame; the costlier measures where it is one of every `sampled_step` slices.
pub fn measure_frame(
    file: &DicomFile,
    frame: u32,
    decoded: &Frame,
    sampled_step: u32,
) -> FrameMeasures {
    let measurements = SCRATCH.with_borrow_mut(|scratch| {
        let mut measurements = basic_of(&decoded.data, &mut scratch.basic)
            .map_or_else(Vec::new, |numbers| numbers.measurements(frame).to_vec());
        let slice = slice_of(file, frame, decoded, sampled_step, scratch);
        let measurement =
            |t: Taken| Measurement::of_frame(t.name, frame, rounded(t.value)).at(t.place);
        measurements.extend(slice.into_iter().map(measurement));
        measurements
    });
    FrameMeasures {
        measurements,
        digest: digest(&decoded.data),
        recoveries: decoded.recoveries.clone(),
    }
}

/// Seven digits are more than any measure means, and the store keeps half the bytes.
#[expect(clippy::cast_possible_truncation, reason = "rounded, as documented")]
fn rounded(value: f64) -> f64 {
    f64::from(value as f32)
}

/// The measures of a slice of CT or MR; none of anything else.
fn slice_of(
    file: &DicomFile,
    frame: u32,
    decoded: &Frame,
    sampled_step: u32,
    scratch: &mut Scratch,
) -> Vec<Taken> {
    let family = family::of_attributes(&file.attributes);
    let of = |tag: Tag| frame_attributes(file, frame, tag);
    let spacing = of(tags::PIXEL_SPACING).array::<2>(tags::PIXEL_SPACING);
    let wanted = matches!(family, Some(Family::Ct | Family::Mr)) && decoded.samples == 1;
    let (true, Some(spacing_mm), Some(map)) = (wanted, spacing, ModalityMap::of(of)) else {
        return Vec::new();
    };
    let (rows, columns) = (decoded.rows as usize, decoded.columns as usize);
    let samples = &decoded.data;
    let sampled = is_sampled(&file.attributes, file.frame_count(), frame, sampled_step);
    if family == Some(Family::Ct) {
        if !is_hounsfield(of(tags::RESCALE_TYPE).text(tags::RESCALE_TYPE)) {
            return Vec::new();
        }
        let isocentre = ct::isocentre::isocentre(of, [rows, columns], spacing_mm);
        let image = ct::CtFrame { samples, rows, columns, map, spacing_mm, isocentre };
        let scratch = &mut scratch.ct;
        let all = |scratch| marked(ct::all(&image, scratch));
        return if sampled { all(scratch) } else { ct::one_touch(&image, scratch) };
    }
    let tag = tags::IN_PLANE_PHASE_ENCODING_DIRECTION;
    let phase = match of(tag).text(tag).map(str::trim) {
        Some("ROW") => Some(mr::Phase::Row),
        Some("COL" | "COLUMN") => Some(mr::Phase::Column),
        _ => None,
    };
    // Padding of MR is a constant air, which the measures tell by themselves.
    let map = ModalityMap { padding: None, ..map };
    let image = mr::MrFrame { samples, rows, columns, map, spacing_mm, phase };
    let scratch = &mut scratch.mr;
    if sampled { marked(mr::all(&image, scratch)) } else { mr::one_touch(&image, scratch) }
}

/// The measures of a sampled slice, and that it is one.
fn marked(mut taken: Vec<Taken>) -> Vec<Taken> {
    taken.push(Taken::of(names::SAMPLED, 1.0));
    taken
}

/// Whether the values of a CT slice are Hounsfield units (PS3.3 C.8.2.1): what another Rescale Type names,
/// such as iodine or effective atomic number, is not measured.
fn is_hounsfield(rescale_type: Option<&str>) -> bool {
    rescale_type.is_none_or(|t| matches!(t.trim(), "HU" | "HU_MOD" | ""))
}

/// The attributes in which a tag of a frame stands: its functional group first.
fn frame_attributes(file: &DicomFile, frame: u32, tag: Tag) -> &Attributes {
    let own = usize::try_from(frame).ok().and_then(|frame| file.frames.get(frame));
    own.filter(|own| own.value(tag).is_some()).unwrap_or(&file.attributes)
}

fn basic_of(samples: &Samples, scratch: &mut basic::Scratch) -> Option<Basic> {
    match samples {
        Samples::U8(v) => basic(v, scratch),
        Samples::I8(v) => basic(v, scratch),
        Samples::U16(v) => basic(v, scratch),
        Samples::I16(v) => basic(v, scratch),
        Samples::U32(v) => basic(v, scratch),
        Samples::I32(v) => basic(v, scratch),
        // No check judges floating-point frames (parametric maps).
        Samples::F32(_) | Samples::F64(_) => None,
    }
}

fn digest(samples: &Samples) -> u128 {
    let bytes: &[u8] = match samples {
        Samples::U8(v) => v,
        Samples::I8(v) => bytemuck::cast_slice(v),
        Samples::U16(v) => bytemuck::cast_slice(v),
        Samples::I16(v) => bytemuck::cast_slice(v),
        Samples::U32(v) => bytemuck::cast_slice(v),
        Samples::I32(v) => bytemuck::cast_slice(v),
        Samples::F32(v) => bytemuck::cast_slice(v),
        Samples::F64(v) => bytemuck::cast_slice(v),
    };
    xxh3_128(bytes)
}

/// The digest of an instance's pixels: XXH3 over the digests of its frames in order. It does not
/// depend on the encoding, so the same image sent twice in two transfer syntaxes is recognised. It
/// tells copies from changed images; it is no seal against somebody who builds a collision.
#[derive(Default)]
pub struct DigestOfFrames(Xxh3);

impl DigestOfFrames {
    /// Adds the next frame.
    pub fn add(&mut self, frame: u128) {
        self.0.update(&frame.to_le_bytes());
    }

    /// The digest, hex.
    pub fn finish(&self) -> String {
        format!("{:032x}", self.0.digest128())
    }
}
