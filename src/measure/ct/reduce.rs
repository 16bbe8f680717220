//! Sums over columns of stored values: the one pass over the pixels of a frame.

use multiversion::multiversion;

use super::frame::CtFrame;
use super::grid::{HELD, PADDING_BELOW};

/// How stored values enter the sums: as whole numbers about the one nearest to 0 HU, which keeps
/// the squares of tissue small. All sums are exact.
#[derive(Clone, Copy, Debug)]
pub struct Levels {
    /// Stored values below are padding.
    low: i64,
    /// Stored values above are held here.
    high: i64,
    /// The stored value nearest to 0 HU.
    zero: i64,
    /// Stored values that are padding.
    padding: Option<(i64, i64)>,
    /// HU of one step of the stored values.
    pub slope: f32,
    /// HU of `zero`.
    pub base: f32,
}

impl Levels {
    /// The levels of 16-bit values; `None` where the sums of `step` x `step` of them would not
    /// fit their numbers, or HU fall as the values rise.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "stored values of 16 bits; the quotients saturate"
    )]
    pub fn of(frame: &CtFrame, signed: bool, step: usize) -> Option<Self> {
        let [slope, intercept] = frame.scale();
        if !(slope > 0.0 && slope.is_finite() && intercept.is_finite()) {
            return None;
        }
        let (least, most) = if signed { (-0x8000, 0x7FFF) } else { (0, 0xFFFF) };
        let stored = |hu: f32| (f64::from(hu - intercept) / f64::from(slope)).floor() as i64;
        let hu = |stored: i64| stored as f32 * slope + intercept;
        let near = stored(PADDING_BELOW).clamp(least, most);
        let low = (near - 2..near + 4).find(|v| hu(*v) > PADDING_BELOW)?.max(least);
        let high = stored(HELD).min(most);
        let zero = stored(0.5 * slope);
        if low > high || !(least..=most).contains(&zero) {
            return None;
        }
        let furthest = (low - zero).abs().max((high - zero).abs());
        let fits = furthest.saturating_mul(step as i64) <= 0x7FFF;
        if !fits {
            return None;
        }
        let padding = frame.padding(16, signed).filter(|(_, end)| *end >= low);
        Some(Self { low, high, zero, padding, slope, base: hu(zero) })
    }

    /// Levels of values that [`quantised`] has made, in steps of HU.
    pub fn of_quantised(slope: f32) -> Self {
        let (low, high) = (i64::from(i16::MIN) + 1, i64::from(i16::MAX));
        Self { low, high, zero: 0, padding: None, slope, base: 0.0 }
    }
}

/// HU in whole steps of `quantum`; padding is the least number.
#[expect(clippy::cast_possible_truncation, reason = "held; as cast saturates")]
pub fn quantised(hu: &[f32], quantum: f32, out: &mut Vec<i16>) {
    out.extend(hu.iter().map(|v| {
        let level = (v.min(HELD) / quantum).round() as i16;
        if *v > PADDING_BELOW { level } else { i16::MIN }
    }));
}

/// Sums of each column over some lines of pixels.
#[derive(Debug, Default)]
pub struct Columns {
    /// Sum.
    pub sum: Vec<i32>,
    /// Sum of squares.
    pub square: Vec<i32>,
    /// Pixels that are no padding.
    pub count: Vec<i16>,
    /// Largest value.
    pub top: i16,
    /// Whether no pixel is padding.
    pub whole: bool,
}

/// What a stored value adds.
macro_rules! taken {
    ($v:expr, $levels:expr, $into:expr) => {{
        let ([low, high, zero, from, to], v) = ($levels, $v);
        let counts_in = v >= low && !(PADDED && v >= from && v <= to);
        let d = v.min(high).wrapping_sub(zero) as i16;
        let d = if counts_in { d } else { 0 };
        let (sum, square, count, top) = $into;
        let square = square.wrapping_add(i32::from(d) * i32::from(d));
        (sum.wrapping_add(d), square, count + i16::from(counts_in), top.max(d))
    }};
}

macro_rules! add {
    ($($name:ident: $t:ty),*) => { impl Columns { $(
        /// Sums over the lines of `block`, each of `columns` pixels.
        pub fn $name(&mut self, block: &[$t], columns: usize, levels: &Levels) {
            /// Adds four lines. One loop over iterators of one length, without a look at any
            /// bound, turns into vector instructions to the last column.
            #[multiversion(targets("x86_64+avx2"))]
            fn four<const PADDED: bool, const FIRST: bool>(lines: [&[$t]; 4], levels: [$t; 5], out: &mut Columns) {
                let [a, b, c, d] = lines;
                let (mut top, mut fewest) = (out.top, i16::MAX);
                let sinks = out.sum.iter_mut().zip(&mut out.square).zip(&mut out.count);
                let lines = a.iter().zip(b).zip(c).zip(d);
                for ((((a, b), c), d), ((sum, square), count)) in lines.zip(sinks) {
                    let mut all = (0_i16, 0_i32, 0_i16, top);
                    for v in [a, b, c, d] {
                        all = taken!(*v, levels, all);
                    }
                    *sum = if FIRST { 0 } else { *sum } + i32::from(all.0);
                    *square = if FIRST { 0 } else { *square }.wrapping_add(all.1);
                    *count = if FIRST { 0 } else { *count } + all.2;
                    fewest = fewest.min(all.2);
                    top = all.3;
                }
                out.top = top;
                out.whole &= fewest == 4;
            }
            /// Adds one line.
            #[multiversion(targets("x86_64+avx2"))]
            fn one<const PADDED: bool, const FIRST: bool>(line: &[$t], levels: [$t; 5], out: &mut Columns) {
                let (mut top, mut fewest) = (out.top, i16::MAX);
                let sinks = out.sum.iter_mut().zip(&mut out.square).zip(&mut out.count);
                for (v, ((sum, square), count)) in line.iter().zip(sinks) {
                    let all = taken!(*v, levels, (0_i16, 0_i32, 0_i16, top));
                    *sum = if FIRST { 0 } else { *sum } + i32::from(all.0);
                    *square = if FIRST { 0 } else { *square }.wrapping_add(all.1);
                    *count = if FIRST { 0 } else { *count } + all.2;
                    fewest = fewest.min(all.2);
                    top = all.3;
                }
                out.top = top;
                out.whole &= fewest == 1;
            }
            fn some<const PADDED: bool>(
                block: &[$t],
                columns: usize,
                levels: [$t; 5],
                out: &mut Columns,
            ) {
                let line = |k: usize| &block[k * columns..(k + 1) * columns];
                let lines = block.len() / columns;
                for k in 0..lines / 4 {
                    let part = [0, 1, 2, 3].map(|i| line(4 * k + i));
                    match k {
                        0 => four::<PADDED, true>(part, levels, out),
                        _ => four::<PADDED, false>(part, levels, out),
                    }
                }
                for k in lines / 4 * 4..lines {
                    match k {
                        0 => one::<PADDED, true>(line(k), levels, out),
                        _ => one::<PADDED, false>(line(k), levels, out),
                    }
                }
            }
            let narrow = |v: i64| <$t>::try_from(v).unwrap_or(<$t>::MAX);
            let (from, to) = levels.padding.unwrap_or((1, 0));
            let all = [levels.low, levels.high, levels.zero, from, to].map(narrow);
            self.clear(columns);
            if levels.padding.is_some() {
                some::<true>(block, columns, all, self);
            } else {
                some::<false>(block, columns, all, self);
            }
        }
    )* } };
}
add!(of_u16: u16, of_i16: i16);

impl Columns {
    /// The first line overwrites what is left from before.
    fn clear(&mut self, columns: usize) {
        (self.top, self.whole) = (i16::MIN, true);
        self.sum.resize(columns, 0);
        self.square.resize(columns, 0);
        self.count.resize(columns, 0);
    }
}
