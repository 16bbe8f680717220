//! Everything that is taken from a frame while it is in cache.

use crate::decode::{DicomFile, Frame, Samples};
use crate::model::file::Recovery;
use crate::model::measurement::Measurement;

/// What one frame gave.
pub struct FrameMeasures {
    /// Its measurements.
    pub measurements: Vec<Measurement>,
    /// BLAKE3 of its stored values, little endian.
    pub digest: [u8; 32],
    /// Tolerant readings that the codec needed.
    pub recoveries: Vec<Recovery>,
}

/// Measures a decoded frame.
pub fn measure_frame(_file: &DicomFile, frame: u32, decoded: &Frame) -> FrameMeasures {
    FrameMeasures {
        measurements: super::basic::measure(frame, &decoded.data),
        digest: digest(&decoded.data),
        recoveries: decoded.recoveries.clone(),
    }
}

fn digest(samples: &Samples) -> [u8; 32] {
    *blake3::hash(samples.as_bytes()).as_bytes()
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
