//! What a frame becomes before a model sees it: the same numbers as
//! `models/train/common/preprocess.py`, to 1e-5 (`tests/infer_preprocess.rs`).
//!
//! Weights are worked out in f64; pixels are read as they were decoded, row by row, and summed in
//! f32 in a fixed order, so that every processor gives the same bits (no fused multiply-add).

use multiversion::multiversion;
use ndarray::Array2;

use crate::decode::{Frame, Samples};

/// The longer side of the scaled frame, pixels.
pub const LONG_SIDE: usize = 1024;
/// Ranks of the values that become 0 and 1.
const LOW: f64 = 0.005;
const HIGH: f64 = 0.995;
/// Every how many rows and columns a value enters the ranks.
const STEP: usize = 4;
/// Zeros behind a line, so that the widest fixed taps never end outside.
const PADDING: usize = 8;
/// Rows that one pass of the innermost loop takes.
const LANES: usize = 4;

/// Why a frame cannot be scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PreprocessError {
    /// No rows or columns, or fewer samples than they need.
    #[error("the frame has no pixels")]
    Empty,
    /// Floating-point pixel data (parametric maps), or palette indices.
    #[error("the frame's values are not intensities")]
    NotIntensities,
}

/// For each output pixel of one axis: the input pixels it covers and their shares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Taps {
    /// First input pixel and place of its share, for each output pixel; one more at the end.
    at: Vec<(usize, usize)>,
    shares: Vec<f32>,
    /// First input pixel of all.
    first: usize,
    /// One past the last.
    end: usize,
}

impl Taps {
    /// `n_in` pixels, at least 1, into `n_out`: the area average where the side shrinks, linear
    /// interpolation where it grows.
    pub fn area(n_in: usize, n_out: usize) -> Self {
        Self::window(n_in, 0.0, real(n_in), n_out)
    }

    /// `out` pixels over the `side` pixels that begin at `start` (edges; may lie outside, where the
    /// edge pixel goes on). Where an output pixel covers less than one pixel it is interpolated
    /// linearly at its centre.
    pub fn window(n_in: usize, start: f64, side: f64, out: usize) -> Self {
        let step = side / real(out);
        let mut taps = Self::default();
        for i in 0..out {
            let here = if step >= 1.0 {
                covered(n_in, start + real(i) * step, start + real(i + 1) * step, step)
            } else {
                between(n_in, start + (real(i) + 0.5) * step - 0.5)
            };
            let from = here.first().map_or(0, |(cell, _)| *cell);
            taps.push(from, here.into_iter().map(|(_, share)| share));
        }
        taps.bounded()
    }

    fn push(&mut self, from: usize, shares: impl Iterator<Item = f64>) {
        self.at.push((from, self.shares.len()));
        #[expect(clippy::cast_possible_truncation, reason = "shares are single as in training")]
        self.shares.extend(shares.map(|share| share as f32));
    }

    fn bounded(mut self) -> Self {
        self.at.push((0, self.shares.len()));
        let ends = self.outputs().map(|(from, shares)| (from, from + shares.len()));
        let (first, end) = ends.fold((usize::MAX, 0), |a, b| (a.0.min(b.0), a.1.max(b.1)));
        (self.first, self.end) = (first.min(end), end);
        self
    }

    /// How many output pixels.
    pub fn len(&self) -> usize {
        self.at.len().saturating_sub(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn outputs(&self) -> impl Iterator<Item = (usize, &[f32])> {
        let shares = |w: &[(usize, usize)]| self.shares.get(w[0].1..w[1].1).unwrap_or_default();
        self.at.windows(2).map(move |w| (w[0].0, shares(w)))
    }
}

/// Shares of the pixels from `a` to `b`; what lies outside falls to the edge pixels.
fn covered(n_in: usize, a: f64, b: f64, step: f64) -> Vec<(usize, f64)> {
    let mut here: Vec<(usize, f64)> = Vec::new();
    let (mut cell, end) = (a.floor(), b.ceil());
    while cell < end {
        let share = b.min(cell + 1.0) - a.max(cell);
        if share > 0.0 {
            add(&mut here, floor(cell).min(n_in - 1), share / step);
        }
        cell += 1.0;
    }
    here
}

/// Shares of the two pixels around a place.
fn between(n_in: usize, at: f64) -> Vec<(usize, f64)> {
    let cell = at.floor();
    let mut here = Vec::with_capacity(2);
    for (cell, share) in [(cell, 1.0 - (at - cell)), (cell + 1.0, at - cell)] {
        add(&mut here, floor(cell).min(n_in - 1), share);
    }
    here
}

/// Cells come in order, so an edge pixel met again is the last.
fn add(here: &mut Vec<(usize, f64)>, cell: usize, share: f64) {
    match here.last_mut() {
        Some((last, sum)) if *last == cell => *sum += share,
        _ => here.push((cell, share)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes of images")]
fn real(n: usize) -> f64 {
    n as f64
}

/// The whole number below, 0 for a negative one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, as meant")]
fn floor(x: f64) -> usize {
    x.floor() as usize
}

/// Rows and columns after scaling the longer side to `long_side`, halves up, at least 1.
pub fn long_side_shape(rows: usize, columns: usize, long_side: usize) -> (usize, usize) {
    let scale = real(long_side) / real(rows.max(columns).max(1));
    let side = |n: usize| floor(real(n) * scale + 0.5).max(1);
    (side(rows), side(columns))
}

/// A frame as intensities with larger values bright.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    data: &'a Samples,
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    samples: usize,
    /// Shares of the samples of a pixel; grey where `None`.
    luma: Option<[f32; 3]>,
    inverted: bool,
}

/// Luma of RGB (ITU-R BT.601), and of YBR, whose first sample it is.
const RGB: [f32; 3] = [0.299, 0.587, 0.114];
const YBR: [f32; 3] = [1.0, 0.0, 0.0];

impl<'a> Plane<'a> {
    /// A decoded frame; `inverted` where its larger values are dark.
    ///
    /// # Errors
    /// It has no pixels, or values that are no intensities.
    pub fn new(frame: &'a Frame, inverted: bool) -> Result<Self, PreprocessError> {
        let (rows, columns) = (frame.rows as usize, frame.columns as usize);
        let samples = frame.samples as usize;
        let floating = matches!(frame.data, Samples::F32(_) | Samples::F64(_));
        let photometric = frame.photometric.trim();
        if floating || photometric.starts_with("PALETTE") || !matches!(samples, 1 | 3) {
            return Err(PreprocessError::NotIntensities);
        }
        let needed = rows.checked_mul(columns).and_then(|n| n.checked_mul(samples));
        if rows == 0 || columns == 0 || needed.is_none_or(|n| frame.data.len() < n) {
            return Err(PreprocessError::Empty);
        }
        let luma = (samples == 3).then(|| if photometric.starts_with("YBR") { YBR } else { RGB });
        Ok(Self { data: &frame.data, rows, columns, samples, luma, inverted })
    }

    /// The frame under taps for its rows and its columns, in stored values (negated where the frame
    /// is inverted): rows by `down`, columns by `across`.
    pub fn resample(&self, down: &Taps, across: &Taps) -> Array2<f32> {
        match self.data {
            Samples::U8(v) => self.scaled(v, down, across),
            Samples::I8(v) => self.scaled(v, down, across),
            Samples::U16(v) => self.scaled(v, down, across),
            Samples::I16(v) => self.scaled(v, down, across),
            Samples::U32(v) => self.scaled(v, down, across),
            Samples::I32(v) => self.scaled(v, down, across),
            // Refused when the plane was made.
            Samples::F32(_) | Samples::F64(_) => Array2::zeros((down.len(), across.len())),
        }
    }

    /// With the innermost loop for the most columns that an output pixel covers.
    fn scaled<T: Stored>(&self, values: &[T], down: &Taps, across: &Taps) -> Array2<f32> {
        let most = across.outputs().map(|(_, shares)| shares.len()).max().unwrap_or(0);
        match most {
            0..=2 => {
                let fixed = Fixed::<2>::new(across);
                self.lines(values, down, across, |line, out| fixed.gather(line, out))
            }
            3..=4 => {
                let fixed = Fixed::<4>::new(across);
                self.lines(values, down, across, |line, out| fixed.gather(line, out))
            }
            5..=8 => {
                let fixed = Fixed::<8>::new(across);
                self.lines(values, down, across, |line, out| fixed.gather(line, out))
            }
            _ => self.lines(values, down, across, |line, out| Loose(across).gather(line, out)),
        }
    }

    fn lines<T: Stored>(
        &self,
        values: &[T],
        down: &Taps,
        across: &Taps,
        gather: impl Fn(&[f32], &mut Vec<f32>),
    ) -> Array2<f32> {
        let mut out = Vec::with_capacity(down.len() * across.len());
        let (first, end) = (across.first, across.end.min(self.columns));
        let width = end.saturating_sub(first);
        let mut padded = vec![0.0f32; width + PADDING];
        let mut luma = vec![0.0f32; if self.luma.is_some() { width } else { 0 }];
        let stride = self.columns * self.samples;
        let row = |r: usize| {
            let from = r.min(self.rows - 1) * stride;
            values.get(from + first * self.samples..from + end * self.samples).unwrap_or_default()
        };
        for (from, shares) in down.outputs() {
            let line = &mut padded[..width];
            line.fill(0.0);
            for (group, shares) in shares.chunks(LANES).enumerate() {
                let lane = |k: usize| row(from + group * LANES + k.min(shares.len() - 1));
                let mut weights = [0.0f32; LANES];
                weights[..shares.len()].copy_from_slice(shares);
                let Some(rgb) = self.luma else {
                    T::sum(line, [lane(0), lane(1), lane(2), lane(3)], weights);
                    continue;
                };
                for (k, share) in shares.iter().enumerate() {
                    T::luma(&mut luma, lane(k), rgb);
                    line.iter_mut().zip(&luma).for_each(|(sum, v)| *sum += share * v);
                }
            }
            if self.inverted {
                for v in line {
                    *v = -*v;
                }
            }
            gather(&padded, &mut out);
        }
        Array2::from_shape_vec((down.len(), across.len()), out)
            .unwrap_or_else(|_| Array2::zeros((down.len(), across.len())))
    }
}

/// The taps of the columns as the innermost loop takes them: `N` shares each, zeros behind.
struct Fixed<const N: usize>(Vec<(usize, [f32; N])>);

impl<const N: usize> Fixed<N> {
    fn new(taps: &Taps) -> Self {
        let tap = |(from, shares): (usize, &[f32])| {
            let mut fixed = [0.0; N];
            fixed.iter_mut().zip(shares).for_each(|(to, share)| *to = *share);
            (from - taps.first, fixed)
        };
        Self(taps.outputs().map(tap).collect())
    }

    /// Appends one line of sums; the line has `N` values more than the columns.
    fn gather(&self, line: &[f32], out: &mut Vec<f32>) {
        out.extend(self.0.iter().map(|(from, shares)| {
            let values = line.get(*from..from + N).unwrap_or_default();
            values.iter().zip(shares).fold(0.0, |sum, (v, share)| sum + v * share)
        }));
    }
}

/// Taps of any length.
struct Loose<'a>(&'a Taps);

impl Loose<'_> {
    fn gather(&self, line: &[f32], out: &mut Vec<f32>) {
        out.extend(self.0.outputs().map(|(from, shares)| {
            let from = from - self.0.first;
            let values = line.get(from..from + shares.len()).unwrap_or_default();
            values.iter().zip(shares).fold(0.0, |sum, (v, share)| sum + v * share)
        }));
    }
}

/// A number type in which stored values come.
trait Stored: Copy {
    /// Adds four rows by their weights.
    fn sum(line: &mut [f32], rows: [&[Self]; LANES], weights: [f32; LANES]);

    /// Luma of the pixels of a row of three samples each.
    fn luma(line: &mut [f32], row: &[Self], shares: [f32; 3]);
}

macro_rules! stored {
    ($($t:ty),*) => { $(
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_lossless,
            reason = "one source for narrow and wide numbers"
        )]
        impl Stored for $t {
            fn sum(line: &mut [f32], rows: [&[Self]; LANES], weights: [f32; LANES]) {
                #[multiversion(targets("x86_64+avx2"))]
                fn four(line: &mut [f32], rows: [&[$t]; LANES], w: [f32; LANES]) {
                    let n = line.len();
                    let [Some(a), Some(b), Some(c), Some(d)] = rows.map(|r| r.get(..n)) else {
                        return;
                    };
                    for i in 0..n {
                        line[i] += (a[i] as f32 * w[0] + b[i] as f32 * w[1])
                            + (c[i] as f32 * w[2] + d[i] as f32 * w[3]);
                    }
                }
                four(line, rows, weights);
            }

            fn luma(line: &mut [f32], row: &[Self], s: [f32; 3]) {
                for (out, p) in line.iter_mut().zip(row.chunks_exact(3)) {
                    *out = p[0] as f32 * s[0] + p[1] as f32 * s[1] + p[2] as f32 * s[2];
                }
            }
        }
    )* };
}
stored!(u8, i8, u16, i16, u32, i32);

/// The values that become 0 and 1: nearest ranks of every fourth row and column. A flat image gives
/// (v, v + 1).
pub fn limits(image: &Array2<f32>) -> (f32, f32) {
    let mut values: Vec<f32> = image
        .rows()
        .into_iter()
        .step_by(STEP)
        .flat_map(|row| row.into_iter().step_by(STEP).copied().collect::<Vec<_>>())
        .collect();
    let Some(last) = values.len().checked_sub(1) else { return (0.0, 1.0) };
    let (low, high) = (floor(LOW * real(last) + 0.5), floor(HIGH * real(last) + 0.5));
    let high = *values.select_nth_unstable_by(high.min(last), f32::total_cmp).1;
    let low = *values.select_nth_unstable_by(low.min(last), f32::total_cmp).1;
    if high > low { (low, high) } else { (low, low + 1.0) }
}

/// A scaled image under the taps of other sides, (rows, columns).
pub fn squeeze(image: &Array2<f32>, rows: usize, columns: usize) -> Array2<f32> {
    let (down, across) = (Taps::area(image.nrows(), rows), Taps::area(image.ncols(), columns));
    let mut out = Vec::with_capacity(rows * columns);
    let mut line = ndarray::Array1::<f32>::zeros(image.ncols());
    for (from, shares) in down.outputs() {
        line.fill(0.0);
        for (row, share) in image.rows().into_iter().skip(from).zip(shares) {
            line.zip_mut_with(&row, |sum, v| *sum += share * v);
        }
        Loose(&across).gather(line.as_slice().unwrap_or_default(), &mut out);
    }
    Array2::from_shape_vec((rows, columns), out).unwrap_or_else(|_| Array2::zeros((rows, columns)))
}

/// 0..1 between the limits, in place.
pub fn unit(image: &mut Array2<f32>, low: f32, high: f32) {
    let range = high - low;
    image.mapv_inplace(|v| ((v - low) / range).clamp(0.0, 1.0));
}
