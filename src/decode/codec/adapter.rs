//! One frame's bytes in the shape that the pixel adapters of dicom-rs read.

use std::borrow::Cow;

use dicom_core::value::C;
use dicom_encoding::adapters::{PixelDataObject, RawPixelData};
use dicom_encoding::transfer_syntax::{Codec, TransferSyntaxIndex};
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use super::super::description::Description;
use super::super::samples::FrameError;
use crate::model::file::DecodeFailure;

struct OneFrame<'a> {
    syntax: &'a str,
    d: &'a Description,
    data: &'a [u8],
}

fn short(n: u32) -> Option<u16> {
    u16::try_from(n).ok()
}

impl PixelDataObject for OneFrame<'_> {
    fn transfer_syntax_uid(&self) -> &str {
        self.syntax
    }
    fn rows(&self) -> Option<u16> {
        short(self.d.rows)
    }
    fn cols(&self) -> Option<u16> {
        short(self.d.columns)
    }
    fn samples_per_pixel(&self) -> Option<u16> {
        short(self.d.samples)
    }
    fn bits_allocated(&self) -> Option<u16> {
        short(self.d.allocated)
    }
    fn bits_stored(&self) -> Option<u16> {
        short(self.d.stored)
    }
    fn photometric_interpretation(&self) -> Option<&str> {
        Some(&self.d.photometric)
    }
    fn number_of_frames(&self) -> Option<u32> {
        Some(1)
    }
    fn number_of_fragments(&self) -> Option<u32> {
        Some(1)
    }
    fn fragment(&self, fragment: usize) -> Option<Cow<'_, [u8]>> {
        (fragment == 0).then_some(Cow::Borrowed(self.data))
    }
    fn offset_table(&self) -> Option<Cow<'_, [u32]>> {
        None
    }
    fn raw_pixel_data(&self) -> Option<RawPixelData> {
        let fragments: C<Vec<u8>> = C::from_vec(vec![self.data.to_vec()]);
        Some(RawPixelData { fragments, offset_table: C::new() })
    }
}

/// Decodes one frame through the adapter registered for a transfer syntax; little-endian bytes.
pub(super) fn decode(syntax: &str, data: &[u8], d: &Description) -> Result<Vec<u8>, FrameError> {
    let reader = match TransferSyntaxRegistry.get(syntax).map(dicom_encoding::TransferSyntax::codec)
    {
        Some(Codec::EncapsulatedPixelData(Some(reader), _)) => reader,
        _ => {
            let why = format!("no decoder for transfer syntax {syntax}");
            return Err(FrameError::new(DecodeFailure::UnsupportedSyntax, why));
        }
    };
    let mut out = Vec::new();
    reader
        .decode_frame(&OneFrame { syntax, d, data }, 0, &mut out)
        .map_err(|e| FrameError::corrupt(e.to_string()))?;
    Ok(out)
}
