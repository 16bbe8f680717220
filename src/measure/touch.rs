//! Everything that is taken from a frame while it is in cache.

use std::cell::RefCell;

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::decode::{DicomFile, Frame, Samples};
use crate::model::file::Recovery;
use crate::model::measurement::Measurement;

use super::basic::{self, Basic, basic};

/// What one frame gave.
pub struct FrameMeasures {
    /// Its measurements.
    pub measurements: Vec<Measurement>,
    /// XXH3 (128 bits) of its stored values.
    pub digest: u128,
    /// Tolerant readings that the codec needed.
    pub recoveries: Vec<Recovery>,
}

thread_local! {
    static SCRATCH: RefCell<basic::Scratch> = RefCell::new(basic::Scratch::default());
}

/// Measures a decoded frame.
pub fn measure_frame(_file: &DicomFile, frame: u32, decoded: &Frame) -> FrameMeasures {
    let measurements = basic_of(&decoded.data)
        .map_or_else(Vec::new, |numbers| numbers.measurements(frame).to_vec());
    FrameMeasures {
        measurements,
        digest: digest(&decoded.data),
        recoveries: decoded.recoveries.clone(),
    }
}

fn basic_of(samples: &Samples) -> Option<Basic> {
    SCRATCH.with_borrow_mut(|scratch| match samples {
        Samples::U8(v) => basic(v, scratch),
        Samples::I8(v) => basic(v, scratch),
        Samples::U16(v) => basic(v, scratch),
        Samples::I16(v) => basic(v, scratch),
        Samples::U32(v) => basic(v, scratch),
        Samples::I32(v) => basic(v, scratch),
        // No check judges floating-point frames (parametric maps).
        Samples::F32(_) | Samples::F64(_) => None,
    })
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
