//! Codecs: the compressed bytes of one frame to samples. One family a file; each checks the sizes
//! in its own header against the image pixel description before anything is allocated.

pub(super) mod adapter;
pub(super) mod deflate;
pub(super) mod jpeg;
pub(super) mod jpeg2000;
pub(super) mod jpeg_ls;
pub(super) mod jpeg_markers;
pub(super) mod jpeg_xl;
pub(super) mod rle;

use crate::model::file::Recovery;

use super::description::Description;
use super::samples::{FrameError, Samples};

/// What a codec gives.
pub(super) struct Decoded {
    pub samples: Samples,
    /// Photometric Interpretation of the samples, where it is not the header's.
    pub photometric: Option<&'static str>,
    pub recoveries: Vec<Recovery>,
}

impl Decoded {
    pub fn of(samples: Samples) -> Self {
        Self { samples, photometric: None, recoveries: Vec::new() }
    }
}

/// Refuses a code stream whose image is not the one the header describes.
pub(super) fn agree(
    d: &Description,
    columns: u32,
    rows: u32,
    samples: u32,
) -> Result<(), FrameError> {
    if (columns, rows, samples) == (d.columns, d.rows, d.samples) {
        return Ok(());
    }
    Err(FrameError::description(format!(
        "the code stream holds {rows} rows, {columns} columns, {samples} samples; the header says {}, {}, {}",
        d.rows, d.columns, d.samples
    )))
}
