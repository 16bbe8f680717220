//! Regions of a grid, one bit a cell: a row is one number, and shapes are found by a few operations a row.

use multiversion::multiversion;

use super::cells::{Cells, Line};
use super::grid::CELLS;
use super::stats::{real, sum};

/// A set of cells of a grid of at most [`CELLS`] rows and columns. Bit c of line r is the cell of row r and
/// column c.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    lines: [u128; CELLS],
    rows: usize,
    cols: usize,
}

impl Default for Mask {
    fn default() -> Self {
        Self::none(0, 0)
    }
}

/// Whether each number of some rows is above `limit`, as bits.
#[multiversion(targets("x86_64+avx2"))]
fn above(rows: &[Line], limit: f32, lines: &mut [u128]) {
    let mut bytes = [0u8; 128];
    for (line, row) in lines.iter_mut().zip(rows) {
        for (o, v) in bytes.iter_mut().zip(&row[2..CELLS + 2]) {
            *o = u8::from(*v > limit);
        }
        let mut halves = [0u64; 2];
        for (half, bytes) in halves.iter_mut().zip(bytes.as_chunks::<64>().0) {
            for (at, eight) in bytes.as_chunks::<8>().0.iter().enumerate() {
                // Each byte is 0 or 1: the product gathers them in its highest byte.
                let bits = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
                *half |= bits << (8 * at);
            }
        }
        *line = u128::from(halves[0]) | u128::from(halves[1]) << 64;
    }
}

/// The first `count` bits.
fn first(count: usize) -> u128 {
    if count >= 128 { u128::MAX } else { (1 << count) - 1 }
}

impl Mask {
    /// No cell of a grid.
    pub fn none(rows: usize, cols: usize) -> Self {
        Self { lines: [0; CELLS], rows: rows.min(CELLS), cols: cols.min(CELLS) }
    }

    /// The cells within a box (x0, y0, x1, y1; half-open).
    pub fn of_box(rows: usize, cols: usize, [x0, y0, x1, y1]: [usize; 4]) -> Self {
        let mut mask = Self::none(rows, cols);
        let line = first(x1.min(mask.cols)) & !first(x0);
        mask.lines.iter_mut().take(y1.min(mask.rows)).skip(y0).for_each(|l| *l = line);
        mask
    }

    /// All cells.
    pub fn all(rows: usize, cols: usize) -> Self {
        Self::of_box(rows, cols, [0, 0, cols, rows])
    }

    /// The cells whose number is above `limit`.
    pub fn above(cells: &Cells, limit: f32) -> Self {
        let mut mask = Self::none(cells.lines().len(), cells.cols());
        above(cells.lines(), limit, &mut mask.lines);
        let full = first(mask.cols);
        mask.lines.iter_mut().for_each(|line| *line &= full);
        mask
    }

    /// The lines, one number a row.
    pub fn lines(&self) -> &[u128] {
        &self.lines[..self.rows]
    }

    /// Whether that cell belongs to it.
    pub fn at(&self, row: usize, col: usize) -> bool {
        self.lines().get(row).is_some_and(|line| line >> col.min(127) & 1 == 1)
    }

    fn with(mut self, other: &Self, of: impl Fn(u128, u128) -> u128) -> Self {
        for (a, b) in self.lines.iter_mut().zip(&other.lines).take(self.rows) {
            *a = of(*a, *b);
        }
        self
    }

    /// The cells of both.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        self.with(other, |a, b| a & b)
    }

    /// The cells that are not of `other`.
    #[must_use]
    pub fn without(self, other: &Self) -> Self {
        self.with(other, |a, b| a & !b)
    }

    /// All other cells of the grid.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self::all(self.rows, self.cols).without(self)
    }

    /// The cells within `steps` by edge of it.
    #[must_use]
    pub fn grown(&self, steps: usize) -> Self {
        let mut mask = self.clone();
        let full = first(self.cols);
        for _ in 0..steps.min(2 * CELLS) {
            let mut above = 0;
            for r in 0..mask.rows {
                let here = mask.lines[r];
                let below = if r + 1 < mask.rows { mask.lines[r + 1] } else { 0 };
                mask.lines[r] = (here | here << 1 | here >> 1 | above | below) & full;
                above = here;
            }
        }
        mask
    }

    /// The cells that are at least `depth` steps by edge from all others (1: itself); beyond the border of the
    /// grid there are no others.
    #[must_use]
    pub fn inner(&self, depth: usize) -> Self {
        self.inverse().grown(depth.saturating_sub(1)).inverse()
    }

    /// How many cells the grid has.
    pub fn len(&self) -> usize {
        self.rows * self.cols
    }

    /// Whether no cell belongs to it.
    pub fn is_empty(&self) -> bool {
        self.lines().iter().all(|l| *l == 0)
    }

    /// How many cells belong to it.
    pub fn count(&self) -> usize {
        self.lines().iter().map(|l| l.count_ones() as usize).sum()
    }

    /// How many cells each column has.
    pub fn columns(&self) -> [usize; CELLS] {
        // Plane p holds bit p of all counts; a row is added to all of them at once.
        let mut planes = [0u128; 7];
        for line in self.lines() {
            let mut carry = *line;
            for plane in &mut planes {
                (*plane, carry) = (*plane ^ carry, *plane & carry);
            }
        }
        std::array::from_fn(|c| {
            let bits = planes.iter().enumerate();
            bits.map(|(p, plane)| ((plane >> c) as usize & 1) << p).sum()
        })
    }

    /// Box of the cells (x0, y0, x1, y1; half-open); `None` where there is none.
    pub fn bounds(&self) -> Option<[usize; 4]> {
        let y0 = self.lines().iter().position(|l| *l != 0)?;
        let y1 = self.lines().iter().rposition(|l| *l != 0)? + 1;
        let all = self.lines().iter().fold(0, |all, l| all | l);
        Some([all.trailing_zeros() as usize, y0, 128 - all.leading_zeros() as usize, y1])
    }

    /// Puts the numbers of the cells into `out`.
    pub fn gather(&self, cells: &Cells, out: &mut Vec<f32>) {
        out.clear();
        for (r, line) in self.lines().iter().enumerate() {
            let row = cells.row(r);
            Runs(*line).for_each(|(from, to)| out.extend_from_slice(&row[from..to]));
        }
    }

    /// Mean of the numbers of the cells; `None` where there is none.
    pub fn mean(&self, cells: &Cells) -> Option<f64> {
        let (mut total, mut count) = (0.0, 0);
        for (r, line) in self.lines().iter().enumerate() {
            let row = cells.row(r);
            for (from, to) in Runs(*line) {
                total += f64::from(sum(&row[from..to]));
                count += to - from;
            }
        }
        (count > 0).then(|| total / real(count))
    }
}

/// The runs of ones of a line, as columns from and to (half-open).
pub struct Runs(pub u128);

impl Iterator for Runs {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        if self.0 == 0 {
            return None;
        }
        let from = self.0.trailing_zeros();
        // The lowest run carries into the zero behind it.
        let rest = self.0.wrapping_add(1 << from);
        let to = if rest == 0 { 128 } else { (rest & !self.0).trailing_zeros().min(128) };
        self.0 &= rest;
        Some((from as usize, to as usize))
    }
}

/// A run of a line, and the part that it belongs to.
#[derive(Clone, Copy, Debug)]
struct Run {
    row: usize,
    from: usize,
    to: usize,
    part: usize,
}

/// Connected parts (by edge) of a mask; buffers kept between frames.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    runs: Vec<Run>,
    parents: Vec<usize>,
    sizes: Vec<usize>,
    outer: Vec<bool>,
}

impl Parts {
    /// Joins the runs of each row with those that they touch in the row above.
    fn find(&mut self, mask: &Mask) {
        self.runs.clear();
        self.parents.clear();
        let mut above = 0;
        for (row, line) in mask.lines().iter().enumerate() {
            let here = self.runs.len();
            for (from, to) in Runs(*line) {
                let part = self.parents.len();
                self.parents.push(part);
                // Runs that end before this one starts end before all later ones of the row.
                while above < here && self.runs[above].to <= from {
                    above += 1;
                }
                let touched = self.runs[above..here].iter().take_while(|run| run.from < to);
                for other in touched.map(|run| run.part) {
                    let (a, b) = (root(&self.parents, part), root(&self.parents, other));
                    self.parents[a.max(b)] = a.min(b);
                }
                self.runs.push(Run { row, from, to, part });
            }
            above = here;
        }
        self.sizes.clear();
        self.sizes.resize(self.parents.len(), 0);
        for run in &mut self.runs {
            run.part = root(&self.parents, run.part);
            self.sizes[run.part] += run.to - run.from;
        }
    }

    /// Takes parts smaller than `share` of the largest off the mask.
    pub fn keep_large(&mut self, mask: &mut Mask, share: f64) {
        self.find(mask);
        let least = share * real(self.sizes.iter().copied().max().unwrap_or(0));
        for run in self.runs.iter().filter(|run| real(self.sizes[run.part]) < least) {
            mask.lines[run.row] &= !(first(run.to) & !first(run.from));
        }
    }

    /// Adds the holes of the mask to it: cells outside that are not connected to the border.
    pub fn fill_holes(&mut self, mask: &mut Mask) {
        self.find(&mask.inverse());
        self.outer.clear();
        self.outer.resize(self.parents.len(), false);
        for run in &self.runs {
            let at_side = run.from == 0 || run.to == mask.cols;
            if at_side || run.row == 0 || run.row + 1 == mask.rows {
                self.outer[run.part] = true;
            }
        }
        for run in self.runs.iter().filter(|run| !self.outer[run.part]) {
            mask.lines[run.row] |= first(run.to) & !first(run.from);
        }
    }
}

fn root(parents: &[usize], mut part: usize) -> usize {
    while parents[part] != part {
        part = parents[part];
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cells: &[(usize, usize)], rows: usize, cols: usize) -> Mask {
        let mut values = vec![0.0; rows * cols];
        for (r, c) in cells {
            values[r * cols + c] = 1.0;
        }
        Mask::above(&Cells::of(&values, cols), 0.5)
    }

    #[test]
    fn counts_box_and_values() {
        for cols in [8, 10, 63, 64, 65, 95, 96] {
            let mask = of(&[(1, 1), (1, 2), (3, 5), (3, cols - 1)], 4, cols);
            assert_eq!((mask.count(), mask.bounds()), (4, Some([1, 1, cols, 4])), "{cols}");
            let columns = mask.columns();
            assert_eq!((columns[0], columns[1], columns[cols - 1]), (0, 1, 1));
            let values: Vec<f32> = (0..4 * cols).map(super::super::stats::small).collect();
            let mut out = Vec::new();
            let values = Cells::of(&values, cols);
            mask.gather(&values, &mut out);
            let wanted = [cols + 1, cols + 2, 3 * cols + 5, 4 * cols - 1];
            assert_eq!(out, wanted.map(super::super::stats::small));
            assert_eq!(mask.mean(&values), Some(wanted.map(real).iter().sum::<f64>() / 4.0));
            assert_eq!(Mask::all(4, cols).columns()[cols - 1], 4);
            assert!(mask.at(1, 2) && !mask.at(1, 3) && !mask.at(9, 200));
        }
        assert_eq!(
            (Mask::none(4, 4).bounds(), Mask::none(4, 4).mean(&Cells::of(&[0.0; 16], 4))),
            (None, None)
        );
        assert_eq!(Runs(u128::MAX).collect::<Vec<_>>(), [(0, 128)]);
        assert_eq!(Runs(0b1_0110).collect::<Vec<_>>(), [(1, 3), (4, 5)]);
    }

    #[test]
    fn steps_go_by_edge_and_the_border_is_no_outside() {
        let dot = of(&[(2, 3)], 6, 10);
        assert_eq!(
            (dot.grown(1).count(), dot.grown(2).count(), dot.grown(90).count()),
            (5, 13, 60)
        );
        let half = Mask::of_box(6, 10, [0, 0, 5, 6]);
        assert_eq!(half.inner(3), Mask::of_box(6, 10, [0, 0, 3, 6]));
        assert_eq!(half.inner(1), half);
    }

    #[test]
    fn small_parts_go_and_holes_are_filled() {
        let mut parts = Parts::default();
        // A ring open at no side, with a dot in it and one beside it.
        let ring = Mask::of_box(9, 12, [1, 1, 8, 8]).without(&Mask::of_box(9, 12, [2, 2, 7, 7]));
        let mut mask = ring.clone();
        mask.lines[4] |= 1 << 4 | 1 << 10;
        parts.keep_large(&mut mask, 0.1);
        assert_eq!(mask, ring);
        parts.fill_holes(&mut mask);
        assert_eq!(mask, Mask::of_box(9, 12, [1, 1, 8, 8]));
        // A U is one part though its arms are found as two.
        let mut arms = of(&[(0, 1), (0, 3), (1, 1), (1, 3), (2, 1), (2, 2), (2, 3)], 4, 10);
        let whole = arms.clone();
        parts.keep_large(&mut arms, 1.0);
        assert_eq!(arms, whole);
        // Its inside opens to the border.
        parts.fill_holes(&mut arms);
        assert_eq!(arms, whole);
    }
}
