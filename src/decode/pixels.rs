//! One frame of a file to stored values: finds its bytes, chooses the codec, guards it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::model::file::DecodeFailure;

use super::codec::{self, Decoded};
use super::description::{Description, Number};
use super::dicom_file::DicomFile;
use super::native::{self, Layout};
use super::recovery;
use super::samples::{Frame, FrameError, Samples, Scratch};
use super::source::{ByteSource, read_full};
use super::syntax::{self, Family};

impl DicomFile {
    /// Decodes one frame (0-based). A panic of a codec is a failure of this frame.
    ///
    /// # Errors
    /// Why the frame cannot be decoded, for a finding.
    pub fn decode_frame(&self, index: u32, scratch: &mut Scratch) -> Result<Frame, FrameError> {
        catch_unwind(AssertUnwindSafe(|| self.decode_guarded(index, scratch))).unwrap_or_else(|p| {
            let text = p
                .downcast_ref::<&str>()
                .map(|s| (*s).to_owned())
                .or_else(|| p.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            *scratch = Scratch::default();
            Err(FrameError::corrupt(format!("the codec panicked: {text}")))
        })
    }

    fn decode_guarded(&self, index: u32, scratch: &mut Scratch) -> Result<Frame, FrameError> {
        let Some(pixel) = self.pixel else {
            return Err(FrameError::description("no pixel data element"));
        };
        let d = self.description()?;
        if index >= self.frame_count() {
            return Err(FrameError::description(format!("frame {index} does not exist")));
        }
        if self.frame_count() > self.limits.frames {
            let why = format!("{} frames, limit {}", self.frame_count(), self.limits.frames);
            return Err(FrameError::limit(why));
        }
        let count = d.checked_count(&self.limits)?;
        let decoded = if self.file.encapsulated {
            self.compressed_frame(index, &d, count, scratch)?
        } else if self.family() == Family::Native || pixel.tag != PIXELS {
            Decoded::of(self.native_frame(index, &d, count, scratch)?)
        } else {
            self.unencapsulated(index, &d, count, scratch)?
        };
        let photometric = match decoded.photometric {
            Some(p) => p.to_owned(),
            None if !self.file.encapsulated && d.subsampled() => d.photometric.replace("_422", ""),
            None => d.photometric,
        };
        Ok(Frame {
            rows: d.rows,
            columns: d.columns,
            samples: d.samples,
            photometric,
            data: decoded.samples,
            recoveries: decoded.recoveries,
        })
    }

    pub(super) fn description(&self) -> Result<Description, FrameError> {
        let number = match self.pixel.map(|p| p.tag) {
            Some(FLOAT_PIXELS) => Number::Float,
            Some(DOUBLE_PIXELS) => Number::Double,
            _ => Number::Integer,
        };
        Description::of(&self.attributes, number)
    }

    fn family(&self) -> Family {
        syntax::family(&self.file.transfer_syntax)
    }

    /// The bytes that pixel offsets refer to: the file, or its inflated data set.
    fn pixel_source(&self, scratch: &mut Scratch) -> Result<Arc<dyn ByteSource>, FrameError> {
        let Some(at) = self.deflated_at else { return Ok(Arc::clone(&self.source)) };
        if let Some((id, source)) = &scratch.inflated
            && *id == self.id
        {
            return Ok(Arc::clone(source));
        }
        let source = self.inflate(at);
        scratch.inflated = Some((self.id, Arc::clone(&source)));
        Ok(source)
    }

    fn native_frame(
        &self,
        index: u32,
        d: &Description,
        count: usize,
        scratch: &mut Scratch,
    ) -> Result<Samples, FrameError> {
        let pixel = self.pixel.ok_or_else(|| FrameError::description("no pixel data element"))?;
        let source = self.pixel_source(scratch)?;
        let first_bit = u64::from(index) * d.native_bits();
        let end_bit = first_bit + d.native_bits();
        let mut first = first_bit / 8;
        let mut end = end_bit.div_ceil(8);
        let big = self.syntax.big || syntax::big_pixels(&self.file.transfer_syntax);
        let swapped = big && d.allocated <= 8 && pixel.vr != Some(*b"OB");
        let mut bit = (first_bit % 8) as u32;
        if swapped {
            // Bytes change places within their word: read whole words.
            bit += u32::try_from(first % 2).unwrap_or(0) * 8;
            first -= first % 2;
            end += end % 2;
        }
        let available = self.file.pixel_bytes.unwrap_or(0);
        if end_bit.div_ceil(8) > available {
            let why = format!(
                "frame {index} ends at byte {}, the pixel data has {available}",
                end_bit.div_ceil(8)
            );
            return Err(FrameError::truncated(why));
        }
        let end = end.min(available);
        let at = pixel.at + first;
        let len = usize::try_from(end - first).map_err(|_| FrameError::limit("frame too large"))?;
        if let Some(all) = source.as_slice() {
            let from = usize::try_from(at).unwrap_or(usize::MAX);
            let bytes = all.get(from..from.saturating_add(len));
            let bytes = bytes.ok_or_else(|| FrameError::truncated("the pixel data ends early"))?;
            return Self::native_samples(bytes, d, Layout { big, swapped, bit }, count, scratch);
        }
        let straight = !big && !swapped && bit == 0 && !d.subsampled() && !d.planar;
        if straight && let Some(samples) = native::in_place(source.as_ref(), at, len, d, scratch)? {
            return Ok(samples);
        }
        let mut bytes = std::mem::take(&mut scratch.bytes);
        let result = read_into(source.as_ref(), at, len, &mut bytes).and_then(|()| {
            Self::native_samples(&bytes, d, Layout { big, swapped, bit }, count, scratch)
        });
        scratch.bytes = bytes;
        result
    }

    fn native_samples(
        bytes: &[u8],
        d: &Description,
        layout: Layout,
        count: usize,
        scratch: &mut Scratch,
    ) -> Result<Samples, FrameError> {
        // 8-bit samples in an odd place of a swapped word begin one byte later.
        let skip = (layout.bit / 8) as usize;
        if layout.swapped && d.allocated == 8 && skip > 0 {
            let mut plain: Vec<u8> =
                bytes.chunks(2).flat_map(|w| w.iter().rev().copied()).collect();
            plain.drain(..skip.min(plain.len()));
            let straight = Layout { swapped: false, bit: 0, ..layout };
            return native::decode(&plain, d, straight, count, scratch);
        }
        native::decode(bytes, d, layout, count, scratch)
    }

    /// A compressed transfer syntax whose pixel data is not encapsulated: native where the length
    /// says so, otherwise one bare code stream.
    fn unencapsulated(
        &self,
        index: u32,
        d: &Description,
        count: usize,
        scratch: &mut Scratch,
    ) -> Result<Decoded, FrameError> {
        let available = self.file.pixel_bytes.unwrap_or(0);
        let needed = (d.native_bits() * u64::from(self.frame_count())).div_ceil(8);
        if available >= needed {
            let mut decoded = Decoded::of(self.native_frame(index, d, count, scratch)?);
            decoded.recoveries.push(recovery::PIXELS_NATIVE.recovery());
            return Ok(decoded);
        }
        if self.frame_count() > 1 || available > self.limits.compressed_frame_bytes {
            return Err(FrameError::truncated(format!("{available} bytes of {needed}")));
        }
        let source = self.pixel_source(scratch)?;
        let at = self.pixel.map_or(0, |p| p.at);
        let mut bytes = Vec::new();
        read_into(source.as_ref(), at, usize::try_from(available).unwrap_or(0), &mut bytes)?;
        self.run_codec(&bytes, d, count, scratch)
    }

    fn compressed_frame(
        &self,
        index: u32,
        d: &Description,
        count: usize,
        scratch: &mut Scratch,
    ) -> Result<Decoded, FrameError> {
        let map = self.frame_map()?;
        let Some(range) = map.get(index as usize).cloned() else {
            let why = format!(
                "{} fragments for {} frames",
                self.fragments().list.len(),
                self.frame_count()
            );
            return Err(FrameError::truncated(why));
        };
        if self.fragments().cut && range.end == self.fragments().list.len() {
            return Err(FrameError::truncated("the file ends inside the frame's last fragment"));
        }
        let parts = &self.fragments().list[range];
        let total: u64 = parts.iter().map(|f| u64::from(f.len)).sum();
        if total > self.limits.compressed_frame_bytes {
            let limit = self.limits.compressed_frame_bytes;
            return Err(FrameError::limit(format!(
                "a frame of {total} compressed bytes, limit {limit}"
            )));
        }
        let mut bytes = std::mem::take(&mut scratch.bytes);
        bytes.clear();
        let mut result = Ok(());
        for part in parts {
            result = append(self.source.as_ref(), part.at, part.len as usize, &mut bytes);
            if result.is_err() {
                break;
            }
        }
        let result = result.and_then(|()| self.run_codec(&bytes, d, count, scratch));
        scratch.bytes = bytes;
        result
    }

    fn run_codec(
        &self,
        bytes: &[u8],
        d: &Description,
        count: usize,
        scratch: &mut Scratch,
    ) -> Result<Decoded, FrameError> {
        let family = match self.family() {
            Family::Native | Family::Unknown => syntax::sniff(bytes).unwrap_or(self.family()),
            family => family,
        };
        match family {
            Family::Jpeg => codec::jpeg::decode(bytes, d, count),
            Family::JpegLs => codec::jpeg_ls::decode(bytes, d, count),
            Family::Jpeg2000 => codec::jpeg2000::decode(bytes, d, count),
            Family::JpegXl => codec::jpeg_xl::decode(bytes, d, count),
            Family::Rle => codec::rle::decode(bytes, d, count),
            Family::DeflatedFrame => {
                let limit = d.native_bits().div_ceil(8) + 1;
                let raw = codec::deflate::inflate(bytes, limit);
                Ok(Decoded::of(native::decode(&raw.bytes, d, Layout::default(), count, scratch)?))
            }
            Family::Native => {
                Ok(Decoded::of(native::decode(bytes, d, Layout::default(), count, scratch)?))
            }
            Family::Unsupported | Family::Unknown => {
                let why = format!("no decoder for transfer syntax {}", self.file.transfer_syntax);
                Err(FrameError::new(DecodeFailure::UnsupportedSyntax, why))
            }
        }
    }
}

pub(super) const FLOAT_PIXELS: u32 = 0x7FE0_0008;
pub(super) const DOUBLE_PIXELS: u32 = 0x7FE0_0009;
pub(super) const PIXELS: u32 = 0x7FE0_0010;

fn read_into(
    source: &dyn ByteSource,
    at: u64,
    len: usize,
    out: &mut Vec<u8>,
) -> Result<(), FrameError> {
    out.clear();
    append(source, at, len, out)
}

fn append(
    source: &dyn ByteSource,
    at: u64,
    len: usize,
    out: &mut Vec<u8>,
) -> Result<(), FrameError> {
    let from = out.len();
    out.resize(from + len, 0);
    let got = read_full(source, at, &mut out[from..])
        .map_err(|e| FrameError::new(DecodeFailure::Unreadable, e.to_string()))?;
    if got < len {
        return Err(FrameError::truncated(format!("{got} bytes of {len} could be read")));
    }
    Ok(())
}
