//! JPEG-LS, lossless and near-lossless, through CharLS.

use super::super::description::Description;
use super::super::native::interleave;
use super::super::samples::{FrameError, Samples, from_u16};
use super::jpeg_markers::frame_header;
use super::{Decoded, adapter, agree};

/// Decodes one frame of `count` samples.
pub(in crate::decode) fn decode(
    data: &[u8],
    d: &Description,
    count: usize,
) -> Result<Decoded, FrameError> {
    let header =
        frame_header(data).ok_or_else(|| FrameError::corrupt("no jpeg-ls frame header"))?;
    agree(d, header.columns, header.rows, header.components)?;
    let d16 = Description { allocated: if d.allocated > 8 { 16 } else { 8 }, ..d.clone() };
    let bytes = adapter::decode("1.2.840.10008.1.2.4.80", data, &d16)?;
    let wide = header.precision > 8;
    let values: Vec<u16> = if wide {
        bytes.as_chunks::<2>().0.iter().map(|b| u16::from_ne_bytes(*b)).collect()
    } else {
        bytes.into_iter().map(u16::from).collect()
    };
    if values.len() != count {
        let why = format!("the codec gave {} samples of {count}", values.len());
        return Err(FrameError::corrupt(why));
    }
    let samples = from_u16(values, d.signed, header.precision, d.allocated > 8);
    let planar = d.samples > 1 && interleave_mode(data) == Some(0);
    let samples = if planar { interleave(samples, d.samples as usize) } else { samples };
    Ok(Decoded::of(match samples {
        Samples::U8(v) if d.allocated > 8 => Samples::U16(v.into_iter().map(u16::from).collect()),
        other => other,
    }))
}

/// The interleave mode of the first scan: 0 by plane, 1 by line, 2 by sample.
fn interleave_mode(data: &[u8]) -> Option<u8> {
    let at = data.windows(2).position(|w| w == [0xFF, 0xDA])?;
    let components = usize::from(*data.get(at + 4)?);
    data.get(at + 5 + components * 2 + 1).copied()
}
