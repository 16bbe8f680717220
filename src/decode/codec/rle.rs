//! RLE Lossless (PS3.5 annex G): PackBits segments, one a byte plane, most significant first.

use super::super::description::Description;
use super::super::recovery;
use super::super::samples::{FrameError, Samples};
use super::Decoded;

/// Bytes of the header: the number of segments and fifteen offsets.
const HEADER: usize = 64;
const MAX_SEGMENTS: usize = 15;

/// Decodes one frame of `count` samples.
pub(in crate::decode) fn decode(
    data: &[u8],
    d: &Description,
    count: usize,
) -> Result<Decoded, FrameError> {
    let samples = d.samples as usize;
    let width = d.allocated.div_ceil(8) as usize;
    let one_bit = d.allocated == 1;
    let pixels = count / samples.max(1);
    // One-bit pixels are packed before they are compressed.
    let plane = if one_bit { pixels.div_ceil(8) } else { pixels };
    let wanted = samples * width;
    let (segments, odd_header) = segments(data, wanted)?;
    let mut planes = Vec::with_capacity(wanted);
    for segment in segments {
        planes.push(unpack(segment, plane)?);
    }
    let out = if one_bit {
        Samples::U8((0..count).map(|i| (planes[0][i / 8] >> (i % 8)) & 1).collect())
    } else {
        join(&planes, d, pixels, samples, width)?
    };
    let mut decoded = Decoded::of(out);
    if odd_header {
        decoded.recoveries.push(recovery::RLE_HEADER.recovery());
    }
    Ok(decoded)
}

/// Cuts the segments out by their offsets; whether the header had to be corrected.
fn segments(data: &[u8], wanted: usize) -> Result<(Vec<&[u8]>, bool), FrameError> {
    let header = data.get(..HEADER).ok_or_else(|| FrameError::truncated("no rle header"))?;
    let words: Vec<usize> =
        header.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b) as usize).collect();
    let stated = words[0];
    if wanted > MAX_SEGMENTS || stated < wanted {
        let why = format!("{stated} rle segments, {wanted} are needed");
        return Err(FrameError::description(why));
    }
    let mut out = Vec::with_capacity(wanted);
    for i in 0..wanted {
        let from = words[1 + i];
        let next = if i + 1 < stated.min(MAX_SEGMENTS) { words[2 + i] } else { data.len() };
        let to = if next > from { next.min(data.len()) } else { data.len() };
        let segment = data
            .get(from..to)
            .filter(|_| from >= HEADER)
            .ok_or_else(|| FrameError::corrupt(format!("rle segment {i} begins at {from}")))?;
        out.push(segment);
    }
    Ok((out, stated != wanted))
}

/// PackBits: `len` bytes out of a segment.
fn unpack(segment: &[u8], len: usize) -> Result<Vec<u8>, FrameError> {
    let mut out = Vec::with_capacity(len);
    let mut at = 0;
    while out.len() < len {
        let Some(&control) = segment.get(at) else { break };
        at += 1;
        let room = len - out.len();
        match control {
            0..=127 => {
                let n = usize::from(control) + 1;
                let end = (at + n).min(segment.len());
                out.extend_from_slice(&segment[at..end][..room.min(end - at)]);
                at += n;
            }
            128 => {}
            129.. => {
                let Some(&value) = segment.get(at) else { break };
                out.resize(out.len() + (257 - usize::from(control)).min(room), value);
                at += 1;
            }
        }
    }
    if out.len() < len {
        let why = format!("an rle segment gives {} bytes of {len}", out.len());
        return Err(FrameError::truncated(why));
    }
    Ok(out)
}

/// Byte planes to samples, pixel by pixel.
fn join(
    planes: &[Vec<u8>],
    d: &Description,
    pixels: usize,
    samples: usize,
    width: usize,
) -> Result<Samples, FrameError> {
    let raw = |i: usize| {
        let (pixel, sample) = (i / samples, i % samples);
        (0..width).fold(0u32, |v, b| (v << 8) | u32::from(planes[sample * width + b][pixel]))
    };
    let all = 0..pixels * samples;
    #[expect(clippy::cast_possible_truncation, reason = "width bytes were joined")]
    Ok(match (width, d.signed) {
        (1, false) => Samples::U8(all.map(|i| raw(i) as u8).collect()),
        (1, true) => Samples::I8(all.map(|i| (raw(i) as u8).cast_signed()).collect()),
        (2, false) => Samples::U16(all.map(|i| raw(i) as u16).collect()),
        (2, true) => Samples::I16(all.map(|i| (raw(i) as u16).cast_signed()).collect()),
        (4, false) => Samples::U32(all.map(raw).collect()),
        (4, true) => Samples::I32(all.map(|i| raw(i).cast_signed()).collect()),
        _ => return Err(FrameError::description(format!("rle of {} bits", d.allocated))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packbits_literals_runs_and_no_ops() {
        assert_eq!(unpack(&[2, 1, 2, 3, 128, 254, 9], 6).unwrap(), [1, 2, 3, 9, 9, 9]);
        assert!(unpack(&[2, 1], 3).is_err());
        assert!(unpack(&[254], 3).is_err());
        // A run longer than the plane is cut.
        assert_eq!(unpack(&[129, 5], 4).unwrap(), [5; 4]);
    }
}
