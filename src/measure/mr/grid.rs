//! A frame reduced to means of square blocks, and shapes on that grid.

use super::stats::{real, small};

/// The longer side of the grid has at most this many cells.
pub const CELLS: usize = 96;

/// Block means of a frame. Cell (row r, column c) covers the pixels from (r * block, c * block); cells
/// at the lower and right border may be smaller.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// Mean of each cell, row by row.
    pub values: Vec<f32>,
    /// Rows of cells.
    pub rows: usize,
    /// Columns of cells.
    pub cols: usize,
    /// Pixels along the side of a cell.
    pub block: usize,
    /// Rows of the frame.
    pub height: usize,
    /// Columns of the frame.
    pub width: usize,
    line: Vec<f32>,
}

impl Grid {
    /// Sets the grid to the block means of `pixels` (row by row, `width` a row). False where the frame
    /// is smaller than 16 x 16, more than 16 times as wide as high (or the reverse), or holds a value
    /// that is not finite: no measure of this module is defined there.
    pub fn reduce(&mut self, pixels: &[f32], height: usize, width: usize) -> bool {
        let (short, long) = (height.min(width), height.max(width));
        if short < 16 || long > 16 * short || height.checked_mul(width) != Some(pixels.len()) {
            return false;
        }
        let block = long.div_ceil(CELLS);
        (self.height, self.width, self.block) = (height, width, block);
        (self.rows, self.cols) = (height.div_ceil(block), width.div_ceil(block));
        if self.rows.min(self.cols) < 8 {
            return false;
        }
        let mut values = std::mem::take(&mut self.values);
        self.means(pixels, &mut values, |v| v);
        self.values = values;
        self.values.iter().all(|v| v.is_finite())
    }

    /// Means over each cell of `of` each pixel.
    pub fn means(&mut self, pixels: &[f32], out: &mut Vec<f32>, of: impl Fn(f32) -> f32) {
        out.clear();
        for rows in pixels.chunks(self.block * self.width) {
            self.line.clear();
            self.line.resize(self.width, 0.0);
            for row in rows.chunks_exact(self.width) {
                for (sum, v) in self.line.iter_mut().zip(row) {
                    *sum += of(*v);
                }
            }
            let high = rows.len() / self.width;
            out.extend(
                self.line.chunks(self.block).map(|c| c.iter().sum::<f32>() / small(c.len() * high)),
            );
        }
    }

    /// Pixel box (x0, y0, x1, y1; half-open) of a box of cells.
    pub fn pixels(&self, cells: [usize; 4]) -> [u32; 4] {
        let at = |cell: usize, end: usize| {
            u32::try_from((cell * self.block).min(end)).unwrap_or(u32::MAX)
        };
        let [x0, y0, x1, y1] = cells;
        [at(x0, self.width), at(y0, self.height), at(x1, self.width), at(y1, self.height)]
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.rows * self.cols
    }

    /// Whether the grid has no cells.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Mean of each cell and its neighbours (3 x 3; beyond the border the border cell counts again).
pub fn smooth(values: &[f32], rows: usize, cols: usize, out: &mut Vec<f32>) {
    out.clear();
    let mut line = vec![0.0; cols + 2];
    for r in 0..rows {
        let row = |r: usize| &values[r * cols..(r + 1) * cols];
        let (up, here, down) = (row(r.saturating_sub(1)), row(r), row((r + 1).min(rows - 1)));
        for (sum, ((u, h), d)) in line[1..=cols].iter_mut().zip(up.iter().zip(here).zip(down)) {
            *sum = u + h + d;
        }
        (line[0], line[cols + 1]) = (line[1], line[cols]);
        out.extend(line.windows(3).map(|w| (w[0] + w[1] + w[2]) / 9.0));
    }
}

/// The lower of two medians of five cells, along the row and along the column: a line or a dot of one or two
/// cells does not stand out, a shape of three cells and more keeps its size.
pub fn without_lines(values: &[f32], rows: usize, cols: usize, out: &mut Vec<f32>) {
    out.clear();
    let mut line = vec![0.0; cols + 4];
    for r in 0..rows {
        let row = |r: usize| &values[r * cols..(r + 1) * cols];
        // Beyond the border the border cell counts again.
        let up = (row(r.saturating_sub(2)), row(r.saturating_sub(1)));
        let down = (row((r + 1).min(rows - 1)), row((r + 2).min(rows - 1)));
        let here = row(r);
        line[2..cols + 2].copy_from_slice(here);
        line[..2].fill(here[0]);
        line[cols + 2..].fill(here[cols - 1]);
        let columns = up.0.iter().zip(up.1).zip(here).zip(down.0.iter().zip(down.1));
        out.extend(line.windows(5).zip(columns).map(|(w, (((a, b), c), (d, e)))| {
            middle_of_five([w[0], w[1], w[2], w[3], w[4]]).min(middle_of_five([*a, *b, *c, *d, *e]))
        }));
    }
}

/// Median of five values.
fn middle_of_five([a, b, c, d, e]: [f32; 5]) -> f32 {
    // The lowest and the highest of four cannot be the middle of five.
    let low = a.min(b).max(c.min(d));
    let high = a.max(b).min(c.max(d));
    low.min(high).max(low.max(high).min(e))
}

/// Labels the connected parts (by edge) of `mask` from 1 in the order of their first cell; returns their
/// sizes in that order. Runs of a row are joined with the runs they touch in the row above.
pub fn label(mask: &[bool], rows: usize, cols: usize, labels: &mut Vec<u32>) -> Vec<usize> {
    labels.clear();
    labels.resize(mask.len(), 0);
    let mut parent: Vec<u32> = vec![0];
    for r in 0..rows {
        let mut start = r * cols;
        for run in mask[r * cols..(r + 1) * cols].chunk_by(|a, b| a == b) {
            let end = start + run.len();
            if run[0] {
                let mut name = 0;
                let above = if r > 0 { &labels[start - cols..end - cols] } else { &[][..] };
                for touched in above.chunk_by(|a, b| a == b).map(|t| t[0]).filter(|t| *t > 0) {
                    name = join(&mut parent, name, touched);
                }
                if name == 0 {
                    name = u32::try_from(parent.len()).unwrap_or(u32::MAX);
                    parent.push(name);
                }
                labels[start..end].fill(name);
            }
            start = end;
        }
    }
    // Parents come before their children: one pass gives each root its final name.
    let mut names = vec![0u32; parent.len()];
    let mut sizes = Vec::new();
    for at in 1..parent.len() {
        let root = parent[at] as usize;
        names[at] = if root == at {
            sizes.push(0);
            u32::try_from(sizes.len()).unwrap_or(u32::MAX)
        } else {
            names[root]
        };
    }
    for label in labels.iter_mut().filter(|l| **l > 0) {
        *label = names[*label as usize];
        sizes[*label as usize - 1] += 1;
    }
    sizes
}

/// Joins part `a` (0 for none yet) with part `b`; returns the name of the whole, the lower one.
fn join(parent: &mut [u32], a: u32, b: u32) -> u32 {
    let mut root = b;
    while parent[root as usize] != root {
        root = parent[root as usize];
    }
    if a == 0 {
        return root;
    }
    let mut other = a;
    while parent[other as usize] != other {
        other = parent[other as usize];
    }
    let low = root.min(other);
    parent[root as usize] = low;
    parent[other as usize] = low;
    low
}

/// Takes parts smaller than `share` of the largest off `mask`.
pub fn keep_large(mask: &mut [bool], rows: usize, cols: usize, share: f64, labels: &mut Vec<u32>) {
    let sizes = label(mask, rows, cols, labels);
    let least = share * real(sizes.iter().copied().max().unwrap_or(0));
    for (m, label) in mask.iter_mut().zip(labels) {
        *m = *label > 0 && sizes.get(*label as usize - 1).is_some_and(|s| real(*s) >= least);
    }
}

/// Adds the holes of `mask` to it: cells outside that are not connected to the border.
pub fn fill_holes(mask: &mut [bool], rows: usize, cols: usize, labels: &mut Vec<u32>) {
    for m in mask.iter_mut() {
        *m = !*m;
    }
    let sizes = label(mask, rows, cols, labels);
    let mut outside = vec![false; sizes.len() + 1];
    for (r, row) in labels.chunks_exact(cols).enumerate() {
        let whole = r == 0 || r + 1 == rows;
        let sides = [row[0], row[cols - 1]];
        for label in if whole { row } else { &sides } {
            outside[*label as usize] = *label > 0;
        }
    }
    for (m, label) in mask.iter_mut().zip(labels) {
        *m = !outside[*label as usize];
    }
}

/// Distance in steps by edge of each cell to the nearest cell of `mask` (0 inside; `u16::MAX` where the
/// mask is empty).
pub fn distance(mask: &[bool], cols: usize, out: &mut Vec<u16>) {
    out.clear();
    out.extend(mask.iter().map(|m| if *m { 0 } else { u16::MAX }));
    for at in (cols..out.len()).step_by(cols) {
        let (above, here) = out.split_at_mut(at);
        nearer(&mut here[..cols], &above[at - cols..]);
    }
    for at in (cols..out.len()).step_by(cols).rev() {
        let (above, here) = out.split_at_mut(at);
        nearer(&mut above[at - cols..], &here[..cols]);
    }
    for row in out.chunks_exact_mut(cols) {
        let mut steps = u16::MAX;
        for d in row.iter_mut() {
            steps = steps.saturating_add(1).min(*d);
            *d = steps;
        }
        let mut steps = u16::MAX;
        for d in row.iter_mut().rev() {
            steps = steps.saturating_add(1).min(*d);
            *d = steps;
        }
    }
}

fn nearer(row: &mut [u16], beside: &[u16]) {
    for (d, b) in row.iter_mut().zip(beside) {
        *d = (*d).min(b.saturating_add(1));
    }
}

/// Box of the cells of `mask` (x0, y0, x1, y1; half-open); `None` where it is empty.
pub fn bounds(mask: &[bool], cols: usize) -> Option<[usize; 4]> {
    let (mut x0, mut x1) = (usize::MAX, 0);
    let (mut y0, mut y1) = (usize::MAX, 0);
    for (r, row) in mask.chunks_exact(cols).enumerate() {
        if let (Some(first), Some(last)) =
            (row.iter().position(|m| *m), row.iter().rposition(|m| *m))
        {
            (x0, x1) = (x0.min(first), x1.max(last + 1));
            (y0, y1) = (y0.min(r), r + 1);
        }
    }
    (x1 > 0).then_some([x0, y0, x1, y1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_means_also_of_cut_blocks() {
        let mut g = Grid::default();
        let pixels: Vec<f32> = (0..130 * 20_u16).map(|i| f32::from(i % 130)).collect();
        assert!(g.reduce(&pixels, 20, 130));
        assert_eq!((g.rows, g.cols, g.block), (10, 65, 2));
        assert_eq!((g.values[0], g.values[64]), (0.5, 128.5));
        assert!(g.reduce(&vec![7.0; 300 * 131], 300, 131));
        assert_eq!((g.block, g.rows, g.cols), (4, 75, 33));
        assert!(g.values.iter().all(|v| (v - 7.0).abs() < 1e-6));
    }

    #[test]
    fn odd_frames_are_refused() {
        let mut g = Grid::default();
        assert!(!g.reduce(&[1.0], 1, 1));
        assert!(!g.reduce(&[], 0, 0));
        assert!(!g.reduce(&vec![f32::NAN; 64 * 64], 64, 64));
        assert!(!g.reduce(&vec![1.0; 16 * 4096], 16, 4096));
        assert!(!g.reduce(&[1.0; 17], 16, 16));
    }

    #[test]
    fn parts_distance_and_box() {
        let mut mask = vec![false; 40];
        (mask[11], mask[12], mask[35]) = (true, true, true);
        let mut labels = Vec::new();
        assert_eq!(label(&mask, 4, 10, &mut labels), vec![2, 1]);
        let mut d = Vec::new();
        distance(&mask, 10, &mut d);
        assert_eq!((d[11], d[10], d[0], d[39]), (0, 1, 2, 4));
        assert_eq!(bounds(&mask, 10), Some([1, 1, 6, 4]));
        assert_eq!(bounds(&[false; 10], 10), None);
    }
}
