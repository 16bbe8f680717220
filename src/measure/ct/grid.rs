//! The frame reduced to block means on about 128 x 128 cells: what every CT measure of each frame
//! works on, made in one pass over the stored values.

use multiversion::multiversion;

use super::CtFrame;
use super::mask::ones;
use super::reduce::{Columns, Levels, quantised};
use crate::decode::Samples;

/// Cells along the longer side at most, and numbers in a row of cells.
pub const WIDTH: usize = 128;

/// Values below are no HU of matter (air is -1000; makers fill outside the field with -2000 or
/// -3024): padding, as NaN is.
pub const PADDING_BELOW: f32 = -1500.0;

/// Values above are held here: sums stay small, and no tissue is above.
pub const HELD: f32 = 4000.0;

/// A row of cells.
pub type Row = [f32; WIDTH];

/// Block means of a frame, row by row; what lies beyond the columns of a row has count 0.
#[derive(Debug, Default)]
pub struct Grid {
    /// Rows of cells.
    pub rows: usize,
    /// Columns of cells.
    pub cols: usize,
    /// Pixels along the side of a cell.
    pub step: usize,
    /// Pixels of the frame: columns, rows.
    pub size: [usize; 2],
    /// Size of a cell, mm: row spacing, column spacing.
    pub cell_mm: [f64; 2],
    /// Mean HU of the pixels that are no padding; 0 where fewer than half are.
    pub mean: Vec<Row>,
    /// Sum of squares about the mean, HU^2, of the pixels that are no padding.
    pub square: Vec<Row>,
    /// Pixels that are no padding.
    pub count: Vec<Row>,
    /// Largest HU of each row of cells.
    pub top: Vec<f32>,
    /// Cells of which at least half of the pixels are no padding.
    pub valid: Vec<u128>,
    /// Pixels of a cell where all have the same number and none is padding.
    pub whole: Option<f32>,
    /// Whether a constant value fills the outside of the inscribed circle.
    pub circle: bool,
    columns: Columns,
    sums: Sums,
    copy: Vec<i16>,
    line: Vec<f32>,
}

impl Grid {
    /// Reduces `frame`; `None` where it has no pixel, fewer samples than pixels, or no spacing.
    pub fn reduce(&mut self, frame: &CtFrame) -> Option<()> {
        let (rows, cols) = (frame.rows, frame.columns);
        let good = |s: f64| s.is_finite() && s > 1e-3 && s < 1e3;
        let pixels = rows.checked_mul(cols)?;
        let spaced = frame.spacing_mm.iter().all(|s| good(*s));
        if pixels == 0 || frame.samples.len() < pixels || !spaced {
            return None;
        }
        self.step = rows.max(cols).div_ceil(WIDTH);
        (self.rows, self.cols) = (rows.div_ceil(self.step), cols.div_ceil(self.step));
        self.size = [cols, rows];
        #[expect(clippy::cast_precision_loss, reason = "a step of pixels is small")]
        let step = self.step as f64;
        self.cell_mm = frame.spacing_mm.map(|s| s * step);
        for field in [&mut self.mean, &mut self.square, &mut self.count] {
            field.resize(self.rows, [0.0; WIDTH]);
        }
        self.top.resize(self.rows, 0.0);
        self.valid.resize(self.rows, 0);
        let even = rows.is_multiple_of(self.step) && cols.is_multiple_of(self.step);
        #[expect(clippy::cast_precision_loss, reason = "pixels of a cell")]
        let whole = (self.step * self.step) as f32;
        self.whole = even.then_some(whole);
        let mut columns = std::mem::take(&mut self.columns);
        self.each_row(frame, &mut columns);
        self.columns = columns;
        self.drop_constant_corners();
        Some(())
    }

    /// Sums up every row of cells: values of 16 bits as they are, all others in steps of HU.
    fn each_row(&mut self, frame: &CtFrame, columns: &mut Columns) {
        let cols = frame.columns;
        let pixels = frame.rows * cols;
        let high = |v: &Samples| matches!(v, Samples::I16(_));
        match (frame.samples, Levels::of(frame, high(frame.samples), self.step)) {
            (Samples::I16(v), Some(levels)) => {
                for (y, block) in v[..pixels].chunks(cols * self.step).enumerate() {
                    columns.of_i16(block, cols, &levels);
                    self.close_row(y, columns, block.len() / cols, &levels);
                }
            }
            (Samples::U16(v), Some(levels)) => {
                for (y, block) in v[..pixels].chunks(cols * self.step).enumerate() {
                    columns.of_u16(block, cols, &levels);
                    self.close_row(y, columns, block.len() / cols, &levels);
                }
            }
            _ => self.each_row_quantised(frame, columns),
        }
    }

    fn each_row_quantised(&mut self, frame: &CtFrame, columns: &mut Columns) {
        let quantum = self.quantum();
        let levels = Levels::of_quantised(quantum);
        let (mut copy, mut line) = (std::mem::take(&mut self.copy), std::mem::take(&mut self.line));
        line.resize(frame.columns, 0.0);
        for y in 0..self.rows {
            copy.clear();
            let lines = y * self.step..((y + 1) * self.step).min(frame.rows);
            let tall = lines.len();
            for row in lines {
                frame.read(row, 0..frame.columns, &mut line);
                quantised(&line, quantum, &mut copy);
            }
            columns.of_i16(&copy, frame.columns, &levels);
            self.close_row(y, columns, tall, &levels);
        }
        (self.copy, self.line) = (copy, line);
    }

    /// Step in HU, a power of two and at least an eighth, so that the sum of a column of a cell fits
    /// 16 bits.
    #[expect(clippy::cast_precision_loss, reason = "pixels of a cell")]
    fn quantum(&self) -> f32 {
        let mut quantum = 0.125;
        while self.step as f32 * HELD / quantum > 32_767.0 {
            quantum *= 2.0;
        }
        quantum
    }

    /// Turns column sums of one row of cells into cells.
    #[expect(clippy::cast_possible_truncation, reason = "pixels of one cell")]
    fn close_row(&mut self, y: usize, columns: &Columns, tall: usize, levels: &Levels) {
        let (cols, step) = (self.size[0], self.step);
        let Sums { sum, square: squares, count, full } = &mut self.sums;
        gather_32(&columns.sum[..cols], step, sum);
        gather_32(&columns.square[..cols], step, squares);
        full.fill(0);
        full[..self.cols].fill((tall * step) as i32);
        // The last cell of a row may be narrower.
        full[self.cols - 1] = (tall * (cols - (self.cols - 1) * step)) as i32;
        if columns.whole {
            *count = *full;
        } else {
            count.fill(0);
            gather_16(&columns.count[..cols], step, count);
        }
        let (mean, about) = (&mut self.mean[y], &mut self.square[y]);
        close(&self.sums, [levels.slope, levels.base], mean, about, &mut self.count[y]);
        self.top[y] = f32::from(columns.top) * levels.slope + levels.base;
        self.valid[y] = ones(0..self.cols);
        if !columns.whole {
            self.whole = None;
            let Sums { count, full, .. } = &self.sums;
            let valid = |x: &usize| count[*x] > 0 && 2 * count[*x] >= full[*x];
            self.valid[y] = (0..self.cols).filter(valid).fold(0, |bits, x| bits | 1 << x);
        }
    }

    /// Where all cells outside the inscribed circle of a square frame hold one same value, that
    /// value fills the outside of the reconstruction circle: padding, whatever the number. (Real air
    /// has noise, so a constant there is no measured air.)
    #[expect(clippy::cast_precision_loss, reason = "cells are few")]
    fn drop_constant_corners(&mut self) {
        self.circle = false;
        if self.size[0] != self.size[1] || self.rows < 32 || self.valid[0] & 1 == 0 {
            return;
        }
        let first = self.mean[0][0];
        if first > -900.0 {
            return;
        }
        let half = self.cols as f64 / 2.0;
        // Two cells of tolerance: the border cells of the circle hold some of the inside.
        let deep = |y: usize| outside(y, self.cols, half + 2.0);
        // A little more than rounding.
        let same =
            |y: usize, x: usize| (self.mean[y][x] - first).abs() < 0.01 && self.square[y][x] < 60.0;
        let constant = |y: usize| {
            let n = deep(y);
            (0..n).chain(self.cols - n..self.cols).all(|x| same(y, x))
        };
        if !(0..self.rows).all(constant) {
            return;
        }
        for y in 0..self.rows {
            let n = outside(y, self.cols, half);
            self.valid[y] &= ones(n..self.cols - n);
        }
        self.circle = true;
    }

    /// HU at a pixel; `None` beyond the frame, in padding, and outside the circle where a constant
    /// fills it.
    pub fn pixel(&self, frame: &CtFrame, row: usize, col: usize) -> Option<f32> {
        let value = frame.at(row, col);
        // Twice the distance from the centre, which is a whole number.
        let from = |at: usize, axis: usize| (2 * at + 1).abs_diff(self.size[axis]);
        let inside = || from(row, 1).pow(2) + from(col, 0).pow(2) <= self.size[0].pow(2);
        (value > PADDING_BELOW && (!self.circle || inside())).then_some(value)
    }

    /// Area of a cell, mm^2.
    pub fn cell_area(&self) -> f64 {
        self.cell_mm[0] * self.cell_mm[1]
    }

    /// Cells that make `mm` along a row, at least `least`.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a few cells"
    )]
    pub fn cells_of(&self, mm: f64, least: usize) -> usize {
        let side = (self.cell_mm[0] * self.cell_mm[1]).sqrt();
        ((mm / side).round().clamp(0.0, 128.0) as usize).max(least)
    }

    /// The box in pixels that holds the cells `[x0, y0, x1, y1]`, half-open.
    pub fn place(&self, cells: [usize; 4]) -> [u32; 4] {
        let clip = |v: usize, axis: usize| {
            u32::try_from((v * self.step).min(self.size[axis])).unwrap_or(u32::MAX)
        };
        [clip(cells[0], 0), clip(cells[1], 1), clip(cells[2], 0), clip(cells[3], 1)]
    }
}

/// How many cells of row `y` from either end have their centre further than `reach` from the
/// centre of a square of `cols` cells.
#[expect(clippy::cast_precision_loss, reason = "cells are few")]
fn outside(y: usize, cols: usize, reach: f64) -> usize {
    let centre = (cols as f64 - 1.0) / 2.0;
    let across = (y as f64 - centre).powi(2);
    (0..cols / 2).take_while(|x| (*x as f64 - centre).powi(2) + across > reach * reach).count()
}

/// Sums of the cells of a row; those beyond the columns stay what they are, and have no pixels.
#[derive(Debug)]
struct Sums {
    sum: [i32; WIDTH],
    square: [i32; WIDTH],
    /// Pixels that are no padding.
    count: [i32; WIDTH],
    /// Pixels.
    full: [i32; WIDTH],
}

impl Default for Sums {
    fn default() -> Self {
        let zero = [0; WIDTH];
        Self { sum: zero, square: zero, count: zero, full: zero }
    }
}

/// Mean and sum of squares about it; 0 where fewer than half of the pixels count. The sums are
/// exact in f64, so a constant cell has no square at all.
fn close(cells: &Sums, scale: [f32; 2], mean: &mut Row, about: &mut Row, counts: &mut Row) {
    #[multiversion(targets("x86_64+avx2"))]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "pixels of one cell, and HU"
    )]
    fn cells_of_row(cells: &Sums, scale: [f32; 2], out: [&mut Row; 3]) {
        let [mean, about, counts] = out;
        let [slope, base] = scale;
        for x in 0..WIDTH {
            let (n, s) = (cells.count[x], cells.sum[x]);
            let valid = n > 0 && 2 * n >= cells.full[x];
            let many = if valid { n as f32 } else { 1.0 };
            let (n, s, q) = (f64::from(n), f64::from(s), f64::from(cells.square[x]));
            let spread = (n * q - s * s) as f32 / many * (slope * slope);
            mean[x] = if valid { s as f32 / many * slope + base } else { 0.0 };
            about[x] = if valid { spread } else { 0.0 };
            counts[x] = n as f32;
        }
    }
    cells_of_row(cells, scale, [mean, about, counts]);
}

macro_rules! gather {
    ($($name:ident: $t:ty),*) => { $(
        /// Sums of each `step` numbers.
        fn $name(from: &[$t], step: usize, to: &mut [i32; WIDTH]) {
            #[multiversion(targets("x86_64+avx2"))]
            fn by<const STEP: usize>(from: &[$t], to: &mut [i32; WIDTH]) {
                let (whole, rest) = from.as_chunks::<STEP>();
                let mut to = to.iter_mut();
                for (part, to) in whole.iter().zip(&mut to) {
                    *to = part.iter().map(|v| i32::from(*v)).sum();
                }
                if let (Some(to), false) = (to.next(), rest.is_empty()) {
                    *to = rest.iter().map(|v| i32::from(*v)).sum();
                }
            }
            // The usual steps as constants, which turn into vector instructions.
            match step {
                1 => by::<1>(from, to),
                2 => by::<2>(from, to),
                3 => by::<3>(from, to),
                4 => by::<4>(from, to),
                6 => by::<6>(from, to),
                8 => by::<8>(from, to),
                _ => {
                    for (part, to) in from.chunks(step).zip(to) {
                        *to = part.iter().map(|v| i32::from(*v)).sum();
                    }
                }
            }
        }
    )* };
}
gather!(gather_16: i16, gather_32: i32);

#[cfg(test)]
#[path = "grid_tests.rs"]
mod tests;
