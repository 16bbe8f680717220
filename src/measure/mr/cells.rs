//! Numbers of the cells of a grid, and filters on them.

use multiversion::multiversion;

use super::grid::CELLS;

/// Places beyond each end of a row.
const EDGE: usize = 2;

/// A row with its edges: all rows are of one length, so that loops over them leave no rest.
pub type Line = [f32; CELLS + 2 * EDGE];

/// One number a cell; beyond the border of the grid the border cell counts again.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    lines: Vec<Line>,
    cols: usize,
}

impl Cells {
    /// Numbers given row by row.
    pub fn of(values: &[f32], cols: usize) -> Self {
        let mut cells = Self::default();
        cells.reset(values.len() / cols.max(1), cols);
        for (r, row) in values.chunks_exact(cols.max(1)).enumerate() {
            cells.row_mut(r).copy_from_slice(row);
        }
        cells.close();
        cells
    }

    /// Zeros for a grid of that size, at most [`CELLS`] columns.
    pub fn reset(&mut self, rows: usize, cols: usize) {
        self.cols = cols.min(CELLS);
        self.lines.clear();
        self.lines.resize(rows, [0.0; CELLS + 2 * EDGE]);
    }

    /// The shape of `other`, for filters that write every cell.
    fn take_shape(&mut self, other: &Self) {
        self.cols = other.cols;
        self.lines.resize(other.lines.len(), [0.0; CELLS + 2 * EDGE]);
    }

    /// Copies the border cells of each row beyond its ends.
    pub fn close(&mut self) {
        let cols = self.cols;
        for line in self.lines.iter_mut().filter(|_| cols > 0) {
            (line[0], line[1]) = (line[EDGE], line[EDGE]);
            let last = line[cols + EDGE - 1];
            (line[cols + EDGE], line[cols + EDGE + 1]) = (last, last);
        }
    }

    /// The rows with their edges.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The rows with their edges, to be written.
    pub fn lines_mut(&mut self) -> &mut [Line] {
        &mut self.lines
    }

    /// Columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// The cells of a row.
    pub fn row(&self, r: usize) -> &[f32] {
        &self.lines[r][EDGE..self.cols + EDGE]
    }

    /// The cells of a row, to be written.
    pub fn row_mut(&mut self, r: usize) -> &mut [f32] {
        &mut self.lines[r][EDGE..self.cols + EDGE]
    }

    /// One cell.
    pub fn at(&self, r: usize, c: usize) -> f32 {
        self.lines[r][c + EDGE]
    }

    /// Puts every `step`-th cell, row by row, into `out`.
    pub fn every_nth(&self, step: usize, out: &mut Vec<f32>) {
        out.clear();
        let mut skip = 0;
        for row in (0..self.lines.len()).map(|r| self.row(r)) {
            if step == 1 {
                out.extend_from_slice(row);
                continue;
            }
            while let Some(v) = row.get(skip) {
                out.push(*v);
                skip += step;
            }
            skip -= row.len();
        }
    }

    /// Mean of each cell and its neighbours (3 x 3).
    pub fn smooth(&self, out: &mut Self) {
        out.take_shape(self);
        smooth(&self.lines, &mut out.lines);
        out.close();
    }

    /// The lower of two medians of five cells, along the row and along the column: a line or a dot of one or two
    /// cells does not stand out, a shape of three cells and more keeps its size.
    pub fn without_lines(&self, out: &mut Self) {
        out.take_shape(self);
        without_lines(&self.lines, &mut out.lines);
        out.close();
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn smooth(lines: &[Line], out: &mut [Line]) {
    for (r, out) in out.iter_mut().enumerate() {
        let (up, here) = (&lines[r.saturating_sub(1)], &lines[r]);
        let down = &lines[(r + 1).min(lines.len() - 1)];
        for (c, out) in out[EDGE..CELLS + EDGE].iter_mut().enumerate() {
            let [left, middle, right] = [c + 1, c + 2, c + 3].map(|c| up[c] + here[c] + down[c]);
            *out = (left + middle + right) / 9.0;
        }
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn without_lines(lines: &[Line], out: &mut [Line]) {
    for (r, out) in out.iter_mut().enumerate() {
        let [a, b] = [2, 1].map(|up| &lines[r.saturating_sub(up)]);
        let [d, e] = [1, 2].map(|down| &lines[(r + down).min(lines.len() - 1)]);
        let here = &lines[r];
        for (c, out) in out[EDGE..CELLS + EDGE].iter_mut().enumerate() {
            let along = [here[c], here[c + 1], here[c + 2], here[c + 3], here[c + 4]];
            let down = [a[c + 2], b[c + 2], here[c + 2], d[c + 2], e[c + 2]];
            *out = lower(middle_of_five(along), middle_of_five(down));
        }
    }
}

/// The lower of two numbers; without the care for NaN of `f32::min`, which costs three instructions.
#[inline]
fn lower(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[inline]
fn higher(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// Median of five values.
#[inline]
fn middle_of_five([a, b, c, d, e]: [f32; 5]) -> f32 {
    // The lowest and the highest of four cannot be the middle of five.
    let low = higher(lower(a, b), lower(c, d));
    let high = lower(higher(a, b), higher(c, d));
    higher(lower(low, high), lower(higher(low, high), e))
}

#[cfg(test)]
mod tests {
    use super::super::stats::small;
    use super::*;

    #[test]
    fn filters_keep_flat_and_steep_and_know_the_border() {
        for cols in [8, 33, 96] {
            let values: Vec<f32> = (0..9 * cols).map(|at| small(at % cols)).collect();
            let cells = Cells::of(&values, cols);
            let (mut smooth, mut clean) = (Cells::default(), Cells::default());
            cells.smooth(&mut smooth);
            cells.without_lines(&mut clean);
            assert!(
                (smooth.at(4, 3) - 3.0).abs() < 1e-6 && (smooth.at(0, 0) - 1.0 / 3.0).abs() < 1e-6
            );
            assert_eq!(clean.row(4)[2..cols - 2], cells.row(4)[2..cols - 2]);
            let mut all = Vec::new();
            cells.every_nth(1, &mut all);
            assert_eq!(all, values);
            cells.every_nth(5, &mut all);
            assert_eq!(all, values.iter().copied().step_by(5).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_line_goes_and_a_block_stays() {
        let of = |at: usize| {
            let (r, c) = (at / 20, at % 20);
            f32::from(u8::from(r == 3 || c == 15 || (8..11).contains(&r) && (4..7).contains(&c)))
        };
        let cells = Cells::of(&(0..15 * 20).map(of).collect::<Vec<_>>(), 20);
        let mut clean = Cells::default();
        cells.without_lines(&mut clean);
        let (line, block) = (clean.row(3)[5], [clean.at(8, 4), clean.at(10, 6)]);
        assert!(line.abs() < 1e-6 && clean.at(6, 15).abs() < 1e-6);
        assert!(block.iter().all(|v| (v - 1.0).abs() < 1e-6));
    }
}
