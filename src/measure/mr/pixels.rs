//! Stored pixels of a frame, and the loops that run over them.

use std::ops::Range;

use multiversion::multiversion;

use super::stats::single;

/// Side of the blocks in which noise is estimated, pixels.
pub const BLOCK: usize = 8;

/// Columns that one pass takes at a time: their sums stay in registers.
const CHUNK: usize = 64;

/// A number type in which stored pixels come.
pub trait Stored: Copy {
    /// The value as the `f32` that frames hold.
    fn number(self) -> f32;

    /// Sums of each column over some rows; exact as long as they stay below 2^24.
    fn column_sums(rows: &[Self], width: usize, out: &mut [f32]);

    /// How often each column holds the very value `pad`.
    fn column_counts(rows: &[Self], width: usize, pad: Self, out: &mut [f32]);

    /// Sums over blocks of [`BLOCK`] x [`BLOCK`] pixels, which start at `starts`, of the absolute response to the
    /// mask of Immerkaer with neighbours `REACH` pixels off.
    fn responses<const REACH: usize>(
        pixels: &[Self],
        width: usize,
        starts: &[usize],
        out: &mut Vec<f32>,
    );
}

macro_rules! stored {
    ($($t:ty, $wide:ty, $bits:expr;)*) => { $(impl Stored for $t {
        #[allow(clippy::cast_lossless, reason = "one body for all types")]
        fn number(self) -> f32 {
            self as f32
        }

        #[allow(clippy::cast_precision_loss, reason = "sums of a block of 16-bit values")]
        #[allow(trivial_numeric_casts, reason = "one body for all types")]
        fn column_sums(rows: &[Self], width: usize, out: &mut [f32]) {
            #[multiversion(targets("x86_64+avx2"))]
            fn plain(rows: &[$t], width: usize, out: &mut [f32]) {
                let (chunks, rest) = out.as_chunks_mut::<CHUNK>();
                let tail = CHUNK * chunks.len();
                for (at, out) in chunks.iter_mut().enumerate() {
                    let mut sums = [<$wide>::default(); CHUNK];
                    for row in rows.chunks_exact(width) {
                        for (s, v) in sums.iter_mut().zip(&row[at * CHUNK..(at + 1) * CHUNK]) {
                            *s += <$wide>::from(*v);
                        }
                    }
                    for (o, s) in out.iter_mut().zip(sums) {
                        *o = s as f32;
                    }
                }
                let mut sums = [<$wide>::default(); CHUNK];
                for row in rows.chunks_exact(width) {
                    for (s, v) in sums.iter_mut().zip(&row[tail..]) {
                        *s += <$wide>::from(*v);
                    }
                }
                for (o, s) in rest.iter_mut().zip(sums) {
                    *o = s as f32;
                }
            }
            plain(rows, width, out);
        }

        fn column_counts(rows: &[Self], width: usize, pad: Self, out: &mut [f32]) {
            #[multiversion(targets("x86_64+avx2"))]
            fn plain(rows: &[$t], width: usize, pad: $t, out: &mut [f32]) {
                let same = |v: &$t| u16::from($bits(*v) == $bits(pad));
                let (chunks, rest) = out.as_chunks_mut::<CHUNK>();
                let tail = CHUNK * chunks.len();
                for (at, out) in chunks.iter_mut().enumerate() {
                    let mut counts = [0u16; CHUNK];
                    for row in rows.chunks_exact(width) {
                        for (n, v) in counts.iter_mut().zip(&row[at * CHUNK..(at + 1) * CHUNK]) {
                            *n += same(v);
                        }
                    }
                    for (o, n) in out.iter_mut().zip(counts) {
                        *o = f32::from(n);
                    }
                }
                rest.fill(0.0);
                for row in rows.chunks_exact(width) {
                    for (o, v) in rest.iter_mut().zip(&row[tail..]) {
                        *o += f32::from(same(v));
                    }
                }
            }
            plain(rows, width, pad, out);
        }

        #[allow(clippy::cast_precision_loss, reason = "sums of 64 responses of 20 bits")]
        #[allow(trivial_numeric_casts, reason = "one body for all types")]
        fn responses<const REACH: usize>(
            pixels: &[Self],
            width: usize,
            starts: &[usize],
            out: &mut Vec<f32>,
        ) {
            #[multiversion(targets("x86_64+avx2"))]
            fn one(pixels: &[$t], width: usize, starts: &[usize], out: &mut Vec<f32>) {
                for start in starts {
                    out.push(block::<1, { BLOCK + 2 }>(pixels, width, *start));
                }
            }
            #[multiversion(targets("x86_64+avx2"))]
            fn two(pixels: &[$t], width: usize, starts: &[usize], out: &mut Vec<f32>) {
                for start in starts {
                    out.push(block::<2, { BLOCK + 4 }>(pixels, width, *start));
                }
            }
            #[inline]
            fn block<const R: usize, const WIDE: usize>(
                pixels: &[$t],
                width: usize,
                start: usize,
            ) -> f32 {
                // The mask is the second difference across times that down.
                let mut bends = [[<$wide>::default(); BLOCK]; WIDE];
                let top = start - R * width - R;
                for (row, bend) in bends.iter_mut().enumerate() {
                    let from = top + row * width;
                    let Some(line) = pixels.get(from..from + WIDE) else { return f32::NAN };
                    for c in 0..BLOCK {
                        let middle = <$wide>::from(line[c + R]);
                        let sides = <$wide>::from(line[c]) + <$wide>::from(line[c + 2 * R]);
                        bend[c] = sides - (middle + middle);
                    }
                }
                let mut sums = [<$wide>::default(); BLOCK];
                for row in 0..BLOCK {
                    let [up, here, down] = [0, R, 2 * R].map(|d| bends[row + d]);
                    for c in 0..BLOCK {
                        sums[c] += (up[c] + down[c] - (here[c] + here[c])).abs();
                    }
                }
                sums.iter().sum::<$wide>() as f32
            }
            if REACH == 2 { two(pixels, width, starts, out) } else { one(pixels, width, starts, out) }
        }
    })* };
}
stored! {
    u16, i32, u16::from;
    i16, i32, i16::from;
    f32, f32, f32::to_bits;
}

/// Pixels as they were stored; values of other types come as modality values.
#[derive(Clone, Copy, Debug)]
pub enum Pixels<'a> {
    /// 16 bits, unsigned.
    U16(&'a [u16]),
    /// 16 bits, signed.
    I16(&'a [i16]),
    /// All others.
    F32(&'a [f32]),
}

/// Runs one body for each type of pixels.
macro_rules! each {
    ($pixels:expr, $v:ident => $body:expr) => {
        match $pixels {
            $crate::measure::mr::pixels::Pixels::U16($v) => $body,
            $crate::measure::mr::pixels::Pixels::I16($v) => $body,
            $crate::measure::mr::pixels::Pixels::F32($v) => $body,
        }
    };
}
pub(super) use each;

impl Pixels<'_> {
    /// How many there are.
    pub fn len(&self) -> usize {
        each!(self, v => v.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a pixel is padding: a value within `low..=high`, in either reading of its sign.
    pub fn holds(&self, (low, high): (i64, i64)) -> bool {
        #[multiversion(targets("x86_64+avx2"))]
        fn unsigned(values: &[u16], low: u16, high: u16) -> bool {
            values.iter().map(|v| u32::from(*v >= low && *v <= high)).sum::<u32>() > 0
        }
        #[multiversion(targets("x86_64+avx2"))]
        fn signed(values: &[i16], low: i16, high: i16) -> bool {
            values.iter().map(|v| u32::from(*v >= low && *v <= high)).sum::<u32>() > 0
        }
        let (Some(low), Some(high)) = (sixteen_bits(low), sixteen_bits(high)) else { return false };
        match self {
            Self::U16(v) => low <= high && v.chunks(4096).any(|part| unsigned(part, low, high)),
            Self::I16(v) => {
                let (low, high) = (low.cast_signed(), high.cast_signed());
                low <= high && v.chunks(4096).any(|part| signed(part, low, high))
            }
            Self::F32(_) => false,
        }
    }

    /// Puts the modality values of the pixels at `from`, `from + step`, ... into `out`.
    pub fn line(&self, (slope, intercept): (f32, f32), at: Steps, out: &mut Vec<f32>) {
        out.clear();
        let Steps { range, step } = at;
        each!(self, v => {
            let part = v.get(range).unwrap_or_default().iter().step_by(step.max(1));
            out.extend(part.map(|v| v.number() * slope + intercept));
        });
    }
}

/// Every `step`-th of a range of pixels.
#[derive(Clone, Debug)]
pub struct Steps {
    /// First pixel, and one behind the last.
    pub range: Range<usize>,
    /// Distance.
    pub step: usize,
}

/// The bits of a value that fits 16 bits with or without sign.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the low 16 bits are meant"
)]
fn sixteen_bits(value: i64) -> Option<u16> {
    (i64::from(i16::MIN)..=i64::from(u16::MAX)).contains(&value).then_some(value as u16)
}

/// Slope and intercept as frames hold them.
pub fn line_of(map: &crate::decode::ModalityMap) -> (f32, f32) {
    (single(map.slope), single(map.intercept))
}
