//! Uncompressed values to samples: every Bits Allocated, byte order, planar order and 4:2:2.

use super::description::{Description, Number};
use super::samples::{FrameError, Samples, Scratch};

/// How the bytes are laid out beyond the description.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// Big-endian values.
    pub big: bool,
    /// Big-endian words that hold 8-bit samples (VR OW): bytes are swapped in pairs.
    pub swapped: bool,
    /// Bit in the first byte where the frame begins (Bits Allocated no multiple of 8).
    pub bit: u32,
}

/// Bytes of one frame (already cut out) to samples; `count` was checked against the bounds.
pub(super) fn decode(
    bytes: &[u8],
    d: &Description,
    layout: Layout,
    count: usize,
    scratch: &mut Scratch,
) -> Result<Samples, FrameError> {
    let stored = if d.subsampled() { count / 3 * 2 } else { count };
    let samples = match (d.number, d.allocated) {
        (Number::Float, _) => Samples::F32(words(bytes, stored, |b: [u8; 4]| {
            if layout.big { f32::from_be_bytes(b) } else { f32::from_le_bytes(b) }
        })),
        (Number::Double, _) => Samples::F64(words(bytes, stored, |b: [u8; 8]| {
            if layout.big { f64::from_be_bytes(b) } else { f64::from_le_bytes(b) }
        })),
        (_, 8) => eight(bytes, d, layout, stored, scratch),
        (_, 16) => sixteen(bytes, d, layout, stored, scratch),
        (_, 32) => thirty_two(bytes, d, layout, stored),
        (_, 1..=15) => bits(bytes, d, layout, stored),
        (_, n) => {
            return Err(FrameError::description(format!("Bits Allocated {n} is not supported")));
        }
    };
    if samples.len() < stored {
        return Err(FrameError::truncated(format!("{} samples of {stored}", samples.len())));
    }
    Ok(arrange(samples, d))
}

fn words<const N: usize, T>(bytes: &[u8], count: usize, read: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().take(count).map(|b| read(*b)).collect()
}

fn eight(
    bytes: &[u8],
    d: &Description,
    layout: Layout,
    count: usize,
    scratch: &mut Scratch,
) -> Samples {
    let mut out = std::mem::take(&mut scratch.u8s);
    out.clear();
    if layout.swapped {
        out.extend(bytes.chunks(2).flat_map(|w| w.iter().rev()).take(count));
    } else {
        out.extend_from_slice(&bytes[..count.min(bytes.len())]);
    }
    if d.signed {
        let signed = Samples::I8(out.iter().map(|b| b.cast_signed()).collect());
        scratch.u8s = out;
        signed
    } else {
        Samples::U8(out)
    }
}

fn sixteen(
    bytes: &[u8],
    d: &Description,
    layout: Layout,
    count: usize,
    scratch: &mut Scratch,
) -> Samples {
    let chunks = bytes.as_chunks::<2>().0.iter().take(count);
    if d.signed {
        let mut out = std::mem::take(&mut scratch.i16s);
        out.clear();
        if layout.big {
            out.extend(chunks.map(|b| i16::from_be_bytes(*b)));
        } else {
            out.extend(chunks.map(|b| i16::from_le_bytes(*b)));
        }
        Samples::I16(out)
    } else {
        let mut out = std::mem::take(&mut scratch.u16s);
        out.clear();
        if layout.big {
            out.extend(chunks.map(|b| u16::from_be_bytes(*b)));
        } else {
            out.extend(chunks.map(|b| u16::from_le_bytes(*b)));
        }
        Samples::U16(out)
    }
}

fn thirty_two(bytes: &[u8], d: &Description, layout: Layout, count: usize) -> Samples {
    if d.signed {
        Samples::I32(words(bytes, count, |b: [u8; 4]| {
            if layout.big { i32::from_be_bytes(b) } else { i32::from_le_bytes(b) }
        }))
    } else {
        Samples::U32(words(bytes, count, |b: [u8; 4]| {
            if layout.big { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) }
        }))
    }
}

/// Values packed without gaps, least significant bit first (one-bit segmentations, the 12-bit
/// packing of ACR-NEMA).
fn bits(bytes: &[u8], d: &Description, layout: Layout, count: usize) -> Samples {
    let width = d.allocated as usize;
    let start = layout.bit as usize;
    let available = (bytes.len() * 8).saturating_sub(start) / width;
    let n = count.min(available);
    let byte = |i: usize| -> u8 {
        let at = if layout.swapped { i ^ 1 } else { i };
        bytes.get(at).copied().unwrap_or(0)
    };
    if width == 1 {
        return Samples::U8((start..start + n).map(|b| (byte(b / 8) >> (b % 8)) & 1).collect());
    }
    let mask = (1u32 << width) - 1;
    let value = |k: usize| {
        let bit = start + k * width;
        let at = bit / 8;
        let raw = u32::from_le_bytes([byte(at), byte(at + 1), byte(at + 2), 0]);
        (raw >> (bit % 8)) & mask
    };
    #[expect(clippy::cast_possible_truncation, reason = "at most 15 bits by the mask")]
    let values: Vec<u16> = (0..n).map(|k| value(k) as u16).collect();
    super::samples::from_u16(values, d.signed, d.allocated, width > 8)
}

macro_rules! map_samples {
    ($samples:expr, $f:ident, $($arg:expr),*) => {
        match $samples {
            Samples::U8(v) => Samples::U8($f(v, $($arg),*)),
            Samples::I8(v) => Samples::I8($f(v, $($arg),*)),
            Samples::U16(v) => Samples::U16($f(v, $($arg),*)),
            Samples::I16(v) => Samples::I16($f(v, $($arg),*)),
            Samples::U32(v) => Samples::U32($f(v, $($arg),*)),
            Samples::I32(v) => Samples::I32($f(v, $($arg),*)),
            Samples::F32(v) => Samples::F32($f(v, $($arg),*)),
            Samples::F64(v) => Samples::F64($f(v, $($arg),*)),
        }
    };
}

/// Brings 4:2:2 to full and planes to pixel order.
fn arrange(samples: Samples, d: &Description) -> Samples {
    if d.subsampled() {
        return map_samples!(samples, full, d.columns as usize);
    }
    if d.planar { interleave(samples, d.samples as usize) } else { samples }
}

/// Plane after plane to pixel after pixel.
pub(super) fn interleave(samples: Samples, planes: usize) -> Samples {
    map_samples!(samples, interleave_values, planes)
}

fn interleave_values<T: Copy>(v: Vec<T>, planes: usize) -> Vec<T> {
    let each = v.len() / planes.max(1);
    let mut out = Vec::with_capacity(v.len());
    for i in 0..each {
        out.extend((0..planes).map(|p| v[p * each + i]));
    }
    out
}

/// `Y1 Y2 Cb Cr` for two pixels to `Y Cb Cr` for each.
fn full<T: Copy>(v: Vec<T>, _columns: usize) -> Vec<T> {
    v.as_chunks::<4>().0.iter().flat_map(|[y1, y2, b, r]| [*y1, *b, *r, *y2, *b, *r]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description(allocated: u32, samples: u32) -> Description {
        Description {
            rows: 1,
            columns: 4,
            samples,
            allocated,
            stored: allocated,
            signed: false,
            planar: false,
            photometric: "MONOCHROME2".into(),
            number: Number::Integer,
        }
    }

    fn run(bytes: &[u8], d: &Description, layout: Layout) -> Result<Samples, FrameError> {
        let count = usize::try_from(d.count()).unwrap();
        decode(bytes, d, layout, count, &mut Scratch::default())
    }

    #[test]
    fn one_bit_values_begin_at_any_bit() {
        let layout = Layout { bit: 3, ..Layout::default() };
        let got = run(&[0b0110_1000], &description(1, 1), layout).unwrap();
        assert_eq!(got, Samples::U8(vec![1, 0, 1, 1]));
    }

    #[test]
    fn twelve_bit_packing_is_read() {
        let got =
            run(&[0x34, 0x12, 0x56, 0x9A, 0x78, 0xBC], &description(12, 1), Layout::default());
        assert_eq!(got.unwrap(), Samples::U16(vec![0x234, 0x561, 0x89A, 0xBC7]));
    }

    #[test]
    fn byte_order_and_sign_are_respected() {
        let mut d = description(16, 1);
        let big = Layout { big: true, ..Layout::default() };
        let bytes = [0xFF, 0xFE, 0, 1, 0, 2, 0, 3];
        assert_eq!(run(&bytes, &d, big).unwrap(), Samples::U16(vec![0xFFFE, 1, 2, 3]));
        d.signed = true;
        assert_eq!(run(&bytes, &d, big).unwrap(), Samples::I16(vec![-2, 1, 2, 3]));
        assert!(run(&bytes[..6], &d, big).is_err());
    }

    #[test]
    fn planes_and_subsampling_become_pixels() {
        let mut d = description(8, 3);
        d.planar = true;
        let got = run(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], &d, Layout::default()).unwrap();
        assert_eq!(got, Samples::U8(vec![1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12]));
        d.planar = false;
        d.photometric = "YBR_FULL_422".into();
        let got = run(&[1, 2, 30, 40, 3, 4, 50, 60], &d, Layout::default()).unwrap();
        assert_eq!(got, Samples::U8(vec![1, 30, 40, 2, 30, 40, 3, 50, 60, 4, 50, 60]));
    }
}
