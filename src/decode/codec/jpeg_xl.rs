//! JPEG XL, lossless, lossy and recompressed JPEG, through jxl-oxide.

use super::super::description::Description;
use super::super::samples::{FrameError, from_u16};
use super::{Decoded, adapter};

/// Decodes one frame of `count` samples.
pub(in crate::decode) fn decode(
    data: &[u8],
    d: &Description,
    count: usize,
) -> Result<Decoded, FrameError> {
    let d16 = Description { allocated: if d.allocated > 8 { 16 } else { 8 }, ..d.clone() };
    let bytes = adapter::decode("1.2.840.10008.1.2.4.111", data, &d16)?;
    let values: Vec<u16> = if d.allocated > 8 {
        bytes.as_chunks::<2>().0.iter().map(|b| u16::from_ne_bytes(*b)).collect()
    } else {
        bytes.into_iter().map(u16::from).collect()
    };
    if values.len() != count {
        let why =
            format!("the code stream holds {} samples, the header says {count}", values.len());
        return Err(FrameError::description(why));
    }
    let samples = from_u16(values, d.signed, d.stored, d.allocated > 8);
    let ybr = d.photometric.starts_with("YBR") || d.photometric == "XYB";
    Ok(Decoded { photometric: ybr.then_some("RGB"), ..Decoded::of(samples) })
}
