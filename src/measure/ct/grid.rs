//! The frame reduced to block means on about 128 x 128 cells: what every CT measure of each frame
//! works on, made in one pass over the pixels.

use super::CtFrame;

/// Cells along the longer side at most.
const CELLS: usize = 128;

/// Values below are no HU of matter (air is -1000; makers fill outside the field with -2000 or
/// -3024): padding, as NaN is.
pub const PADDING_BELOW: f32 = -1500.0;

/// Values above are held here: the square of a sum in f32 stays good, and no tissue is above.
const HELD: f32 = 4000.0;

/// Block means of a frame, row by row.
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
    pub mean: Vec<f32>,
    /// Sum of squares about the mean, HU^2, of the pixels that are no padding.
    pub square: Vec<f32>,
    /// Pixels that are no padding.
    pub count: Vec<f32>,
    /// Largest HU.
    pub max: Vec<f32>,
    /// Whether at least half of the pixels are no padding.
    pub valid: Vec<bool>,
    /// Whether a constant value fills the outside of the inscribed circle.
    pub circle: bool,
    columns: [Vec<f32>; 4],
    copy: Vec<f32>,
}

impl Grid {
    /// Reduces `frame`; `None` where it has no pixel or no spacing.
    pub fn reduce(&mut self, frame: &CtFrame) -> Option<()> {
        let (rows, cols) = frame.hu.dim();
        let good = |s: f64| s.is_finite() && s > 1e-3 && s < 1e3;
        if rows == 0 || cols == 0 || !frame.spacing_mm.iter().all(|s| good(*s)) {
            return None;
        }
        self.step = rows.max(cols).div_ceil(CELLS);
        (self.rows, self.cols) = (rows.div_ceil(self.step), cols.div_ceil(self.step));
        self.size = [cols, rows];
        #[expect(clippy::cast_precision_loss, reason = "a step of pixels is small")]
        let step = self.step as f64;
        self.cell_mm = frame.spacing_mm.map(|s| s * step);
        for field in [&mut self.mean, &mut self.square, &mut self.count, &mut self.max] {
            field.clear();
        }
        self.valid.clear();
        let mut columns = std::mem::take(&mut self.columns);
        let mut copy = std::mem::take(&mut self.copy);
        for column in &mut columns {
            column.clear();
            column.resize(cols.next_multiple_of(LANES), 0.0);
        }
        for first in (0..rows).step_by(self.step) {
            let tall = self.step.min(rows - first);
            let lines = first..first + tall;
            let straight: Option<Vec<&[f32]>> =
                lines.clone().map(|r| frame.hu.row(r).to_slice()).collect();
            if let Some(lines) = straight {
                add_lines(&lines, &mut columns);
            } else {
                copy.clear();
                copy.extend(lines.flat_map(|r| frame.hu.row(r)).copied());
                let lines: Vec<&[f32]> = copy.chunks(cols).collect();
                add_lines(&lines, &mut columns);
            }
            self.close_row(&columns, tall);
        }
        (self.columns, self.copy) = (columns, copy);
        self.drop_constant_corners();
        Some(())
    }

    /// Turns column sums of one row of cells into cells.
    #[expect(clippy::cast_precision_loss, reason = "pixels of one cell")]
    fn close_row(&mut self, columns: &[Vec<f32>; 4], tall: usize) {
        let (from, step, cols) = (self.mean.len(), self.step, self.size[0]);
        let [sums, squares, counts, largest] = columns.each_ref().map(|c| &c[..cols]);
        gather(sums, step, &mut self.mean, |a, b| a + b);
        gather(squares, step, &mut self.square, |a, b| a + b);
        gather(counts, step, &mut self.count, |a, b| a + b);
        gather(largest, step, &mut self.max, |a, b| if a > b { a } else { b });
        self.valid.resize(self.mean.len(), false);
        let half = (tall * step) as f32 / 2.0;
        // The last cell of a row may be narrower.
        let last = (tall * (cols - (self.cols - 1) * step)) as f32 / 2.0;
        let cells = self.mean[from..].iter_mut().zip(&mut self.square[from..]);
        let marks = self.count[from..].iter().zip(&mut self.valid[from..]);
        for (k, ((mean, square), (n, valid))) in cells.zip(marks).enumerate() {
            let least = if k + 1 == self.cols { last } else { half };
            *valid = *n > 0.0 && *n >= least;
            *mean = if *valid { *mean / *n } else { 0.0 };
            let about = *square - *mean * *mean * *n;
            *square = if *valid && about > 0.0 { about } else { 0.0 };
        }
    }

    /// Where all cells outside the inscribed circle of a square frame hold one same value, that
    /// value fills the outside of the reconstruction circle: padding, whatever the number. (Real air
    /// has noise, so a constant there is no measured air.)
    #[expect(clippy::cast_precision_loss, reason = "cells are few")]
    fn drop_constant_corners(&mut self) {
        self.circle = false;
        if self.size[0] != self.size[1] || self.rows < 32 {
            return;
        }
        let centre = (self.cols as f64 - 1.0) / 2.0;
        let reach = (self.cols as f64 / 2.0).powi(2);
        let outside = |at: usize| {
            let (y, x) = ((at / self.cols) as f64 - centre, (at % self.cols) as f64 - centre);
            x * x + y * y > reach
        };
        let first = self.mean.first().copied().unwrap_or(0.0);
        // One thousandth of HU^2 is the rounding of a constant cell.
        let same = |at: usize| (self.mean[at] - first).abs() < 0.01 && self.square[at] < 60.0;
        let corners = || (0..self.mean.len()).filter(|at| outside(*at));
        // Two cells of tolerance: the border cells of the circle hold some of the inside.
        let inner = ((self.cols as f64) / 2.0 + 2.0).powi(2);
        let deep = |at: usize| {
            let (y, x) = ((at / self.cols) as f64 - centre, (at % self.cols) as f64 - centre);
            x * x + y * y > inner
        };
        if first > -900.0 || !self.valid[0] || !corners().filter(|a| deep(*a)).all(same) {
            return;
        }
        for at in 0..self.mean.len() {
            if outside(at) {
                self.valid[at] = false;
            }
        }
        self.circle = true;
    }

    /// HU at a pixel; `None` beyond the frame, in padding, and outside the circle where a constant
    /// fills it.
    #[expect(clippy::cast_precision_loss, reason = "pixels of a frame")]
    pub fn pixel(&self, frame: &CtFrame, row: usize, col: usize) -> Option<f32> {
        let value = *frame.hu.get([row, col])?;
        let from = |at: usize, axis: usize| at as f64 - (self.size[axis] as f64 - 1.0) / 2.0;
        let inside = || from(row, 1).hypot(from(col, 0)) <= self.size[0] as f64 / 2.0;
        (value > PADDING_BELOW && (!self.circle || inside())).then_some(value)
    }

    /// Area of a cell, mm^2.
    pub fn cell_area(&self) -> f64 {
        self.cell_mm[0] * self.cell_mm[1]
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.mean.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.mean.is_empty()
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

    /// The box in pixels around the cells for which `holds` is true; `None` where there are none.
    pub fn place_of(&self, holds: impl Fn(usize) -> bool) -> Option<[u32; 4]> {
        let mut cells = [usize::MAX, usize::MAX, 0, 0];
        for at in (0..self.len()).filter(|at| holds(*at)) {
            let (y, x) = (at / self.cols, at % self.cols);
            cells = [cells[0].min(x), cells[1].min(y), cells[2].max(x + 1), cells[3].max(y + 1)];
        }
        (cells[2] > 0).then(|| self.place(cells))
    }
}

/// Joins every `step` values to one, added to `to`.
fn gather(from: &[f32], step: usize, to: &mut Vec<f32>, join: impl Fn(f32, f32) -> f32) {
    // The usual steps as constants, which turn into vector instructions.
    match step {
        1 => to.extend_from_slice(from),
        2 => gather_by::<2>(from, to, join),
        4 => gather_by::<4>(from, to, join),
        8 => gather_by::<8>(from, to, join),
        _ => to.extend(from.chunks(step).filter_map(|c| c.iter().copied().reduce(&join))),
    }
}

fn gather_by<const STEP: usize>(from: &[f32], to: &mut Vec<f32>, join: impl Fn(f32, f32) -> f32) {
    let (whole, rest) = from.as_chunks::<STEP>();
    to.extend(whole.iter().map(|c| c[1..].iter().fold(c[0], |a, b| join(a, *b))));
    to.extend(rest.iter().copied().reduce(join));
}

/// Columns taken at a time: their sums stay in registers.
const LANES: usize = 8;

/// Sums over eight columns.
#[derive(Clone, Copy)]
struct Eight {
    sum: [f32; LANES],
    square: [f32; LANES],
    count: [f32; LANES],
    largest: [f32; LANES],
}

impl Eight {
    /// Adds a line. Selects instead of branches turn into vector instructions; NaN compares as false.
    #[inline]
    fn add(&mut self, v: &[f32; LANES]) {
        let held = v.map(|v| {
            let v = if v > PADDING_BELOW { v } else { 0.0 };
            if v < HELD { v } else { HELD }
        });
        for (count, v) in self.count.iter_mut().zip(v) {
            *count += f32::from(u8::from(*v > PADDING_BELOW));
        }
        for ((sum, square), v) in self.sum.iter_mut().zip(&mut self.square).zip(&held) {
            *sum += v;
            *square += v * v;
        }
        for (largest, v) in self.largest.iter_mut().zip(&held) {
            *largest = if *v > *largest { *v } else { *largest };
        }
    }
}

/// Sums, sums of squares, counts and largest values of each column over some lines of pixels. The
/// columns are as many as the lines are long, rounded up to whole eights.
fn add_lines(lines: &[&[f32]], columns: &mut [Vec<f32>; 4]) {
    let [sums, squares, counts, largest] = columns;
    let sinks = sums
        .as_chunks_mut::<LANES>()
        .0
        .iter_mut()
        .zip(squares.as_chunks_mut::<LANES>().0)
        .zip(counts.as_chunks_mut::<LANES>().0)
        .zip(largest.as_chunks_mut::<LANES>().0);
    for (k, (((sum, square), count), largest)) in sinks.enumerate() {
        let zero = [0.0; LANES];
        let mut eight = Eight { sum: zero, square: zero, count: zero, largest: [f32::MIN; LANES] };
        for line in lines {
            let rest = line.get(k * LANES..).unwrap_or(&[]);
            if let Some(v) = rest.first_chunk::<LANES>() {
                eight.add(v);
            } else {
                let mut v = [f32::NAN; LANES];
                v.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
                eight.add(&v);
            }
        }
        *sum = eight.sum;
        *square = eight.square;
        *count = eight.count;
        *largest = eight.largest;
    }
}

/// Erodes (`grow` false) or dilates (`grow` true) a mask by `radius` cells with a square. Outside
/// the grid counts as inside for an erosion, so that a body cut by the frame keeps its edge.
pub fn morph(mask: &mut [bool], cols: usize, radius: usize, grow: bool, spare: &mut Vec<bool>) {
    if cols == 0 || mask.is_empty() {
        return;
    }
    for _ in 0..radius {
        spare.clear();
        spare.extend_from_slice(mask);
        for (row, out) in spare.chunks(cols).zip(mask.chunks_mut(cols)) {
            meet(out, row.get(1..).unwrap_or(&[]), grow);
            meet(out.get_mut(1..).unwrap_or(&mut []), row, grow);
        }
        spare.clear();
        spare.extend_from_slice(mask);
        meet(mask, spare.get(cols..).unwrap_or(&[]), grow);
        meet(mask.get_mut(cols..).unwrap_or(&mut []), spare, grow);
    }
}

/// Joins `with` into `to` cell by cell, as far as both reach.
fn meet(to: &mut [bool], with: &[bool], grow: bool) {
    if grow {
        to.iter_mut().zip(with).for_each(|(a, b)| *a |= *b);
    } else {
        to.iter_mut().zip(with).for_each(|(a, b)| *a &= *b);
    }
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "pixels of a test")]
mod tests {
    use super::super::tests::{disc, frame};
    use super::*;
    use ndarray::Array2;

    #[test]
    fn means_leave_padding_out() {
        let mut hu = Array2::from_elem((512, 512), 40.0_f32);
        hu[[0, 0]] = f32::NAN;
        hu[[0, 1]] = -3024.0;
        let mut grid = Grid::default();
        grid.reduce(&frame(&hu)).unwrap();
        assert_eq!((grid.rows, grid.cols, grid.step), (128, 128, 4));
        assert!((grid.mean[0] - 40.0).abs() < 1e-3 && (grid.count[0] - 14.0).abs() < 1e-3);
        assert!(grid.valid.iter().all(|v| *v));
        assert!(grid.square.iter().all(|v| *v < 1.0));
    }

    #[test]
    fn a_constant_outside_the_circle_is_padding_and_noisy_air_is_not() {
        let mut grid = Grid::default();
        let mut hu = disc(512, 60.0, 5.0);
        grid.reduce(&frame(&hu)).unwrap();
        assert!(grid.valid[0]);
        for ((y, x), v) in hu.indexed_iter_mut() {
            if (y as f64 - 255.5).hypot(x as f64 - 255.5) > 256.0 {
                *v = -1024.0;
            }
        }
        grid.reduce(&frame(&hu)).unwrap();
        assert!(!grid.valid[0] && grid.valid[64 * 128 + 3]);
    }

    #[test]
    fn odd_frames_do_not_panic() {
        let mut grid = Grid::default();
        for shape in [(1, 1), (1, 5000), (3, 2), (129, 127), (700, 2)] {
            let hu = Array2::from_elem(shape, f32::NAN);
            grid.reduce(&frame(&hu)).unwrap();
            assert_eq!(grid.len(), grid.rows * grid.cols);
            assert!(grid.valid.iter().all(|v| !v));
        }
        assert_eq!(grid.reduce(&frame(&Array2::zeros((0, 4)))), None);
        let hu = Array2::zeros((4, 4));
        assert_eq!(grid.reduce(&CtFrame { hu: hu.view(), spacing_mm: [f64::NAN, 1.0] }), None);
    }

    #[test]
    fn opening_removes_thin_things_only() {
        let mut mask = vec![false; 100];
        for at in [11, 12, 13, 21, 22, 23, 31, 32, 33, 56, 66] {
            mask[at] = true;
        }
        let mut spare = Vec::new();
        morph(&mut mask, 10, 1, false, &mut spare);
        morph(&mut mask, 10, 1, true, &mut spare);
        assert_eq!(mask.iter().filter(|m| **m).count(), 9);
    }
}
