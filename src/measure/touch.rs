//! Everything that is taken from a frame while it is in cache.

use std::cell::RefCell;

use crate::decode::{DicomFile, Frame, Samples};
use crate::model::file::Recovery;
use crate::model::measurement::Measurement;

use super::basic::{self, Basic, basic};

/// What one frame gave.
pub struct FrameMeasures {
    /// Its measurements.
    pub measurements: Vec<Measurement>,
    /// BLAKE3 of its stored values, little endian.
    pub digest: [u8; 32],
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

fn digest(samples: &Samples) -> [u8; 32] {
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
    *blake3::hash(bytes).as_bytes()
}

/// The digest of an instance's pixels: BLAKE3 over the digests of its frames in order. It does not
/// depend on the encoding, so the same image sent twice in two transfer syntaxes is recognised.
#[derive(Default)]
pub struct DigestOfFrames(blake3::Hasher);

impl DigestOfFrames {
    /// Adds the next frame.
    pub fn add(&mut self, frame: &[u8; 32]) {
        self.0.update(frame);
    }

    /// The digest, hex.
    pub fn finish(&self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}
