//! JPEG 2000 and High-Throughput JPEG 2000, 1 to 32 bits, through OpenJPEG.

use jpeg2k::{DecodeParameters, Image};

use super::super::description::Description;
use super::super::samples::{FrameError, Samples};
use super::{Decoded, agree};

/// Sizes in the code stream's SIZ segment.
struct Sizes {
    columns: u32,
    rows: u32,
    components: u32,
}

/// Decodes one frame.
pub(in crate::decode) fn decode(
    data: &[u8],
    d: &Description,
    count: usize,
) -> Result<Decoded, FrameError> {
    let sizes = siz(data).ok_or_else(|| FrameError::corrupt("no jpeg 2000 size segment"))?;
    agree(d, sizes.columns, sizes.rows, sizes.components)?;
    // Strict: a code stream that ends early is a failure, not an image with a grey rest.
    let params = DecodeParameters::new().strict(true);
    let image =
        Image::from_bytes_with(data, params).map_err(|e| FrameError::corrupt(e.to_string()))?;
    let parts = image.components();
    let pixels = count / d.samples.max(1) as usize;
    let whole = parts.len() == d.samples as usize
        && parts.iter().all(|c| u64::from(c.width()) * u64::from(c.height()) == d.pixels());
    if !whole {
        return Err(FrameError::corrupt("a component is missing or subsampled"));
    }
    let planes: Vec<&[i32]> = parts.iter().map(jpeg2k::ImageComponent::data).collect();
    if planes.iter().any(|p| p.len() != pixels) {
        return Err(FrameError::corrupt("a component has too few samples"));
    }
    let precision = parts[0].precision();
    let values = (0..pixels).flat_map(|i| planes.iter().map(move |p| p[i]));
    let samples = pack(values, d, precision, parts[0].is_signed());
    // OpenJPEG undoes the multiple component transform itself.
    let photometric = d.photometric.starts_with("YBR_RCT") || d.photometric.starts_with("YBR_ICT");
    Ok(Decoded { photometric: photometric.then_some("RGB"), ..Decoded::of(samples) })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "values are bounded by the precision and kept modulo the width"
)]
fn pack(
    values: impl Iterator<Item = i32>,
    d: &Description,
    precision: u32,
    signed: bool,
) -> Samples {
    let shift = 32 - precision.clamp(1, 32);
    // Unsigned code streams of signed images (and the reverse) are read as two's complement.
    let fix = move |v: i32| match (d.signed, signed) {
        (true, false) => (v << shift) >> shift,
        (false, true) => (((v << shift) as u32) >> shift) as i32,
        _ => v,
    };
    match (d.allocated, d.signed) {
        (..=8, false) => Samples::U8(values.map(|v| fix(v) as u8).collect()),
        (..=8, true) => Samples::I8(values.map(|v| fix(v) as i8).collect()),
        (..=16, false) => Samples::U16(values.map(|v| fix(v) as u16).collect()),
        (..=16, true) => Samples::I16(values.map(|v| fix(v) as i16).collect()),
        (_, false) => Samples::U32(values.map(|v| fix(v) as u32).collect()),
        (_, true) => Samples::I32(values.map(fix).collect()),
    }
}

/// Finds the SIZ segment of a raw code stream or of one inside JP2 boxes.
fn siz(data: &[u8]) -> Option<Sizes> {
    const START: [u8; 4] = [0xFF, 0x4F, 0xFF, 0x51];
    const SEARCHED: usize = 64 << 10;
    let head = &data[..data.len().min(SEARCHED)];
    let at = head.windows(4).position(|w| w == START)?;
    let long = |o: usize| {
        let b: [u8; 4] = data.get(at + o..at + o + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(b))
    };
    // SOC, SIZ, Lsiz, Rsiz, then Xsiz, Ysiz, XOsiz, YOsiz, four tile sizes, Csiz.
    Some(Sizes {
        columns: long(8)?.checked_sub(long(16)?)?,
        rows: long(12)?.checked_sub(long(20)?)?,
        components: long(40)? >> 16,
    })
}
