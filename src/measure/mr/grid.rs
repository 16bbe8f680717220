//! A frame reduced to means of square blocks.

use multiversion::multiversion;

use super::Frame;
use super::cells::{Cells, Line};
use super::pixels::{Stored, each};
use super::stats::small;

/// The longer side of the grid has at most this many cells.
pub const CELLS: usize = 96;

/// Block means of a frame. Cell (row r, column c) covers the pixels from (r * block, c * block); cells
/// at the lower and right border may be smaller.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// Mean of each cell.
    pub values: Cells,
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
    /// Sets the grid to the block means of a frame. False where the frame is smaller than 16 x 16, more
    /// than 16 times as wide as high (or the reverse), or holds a value that is not finite: no measure of
    /// this module is defined there.
    pub fn reduce(&mut self, frame: &Frame<'_>) -> bool {
        let (height, width) = (frame.height, frame.width);
        let (short, long) = (height.min(width), height.max(width));
        let whole = height.checked_mul(width) == Some(frame.pixels.len());
        // Column sums of one row of cells are counted in 16 bits, and no frame is that large.
        if short < 16 || long > 16 * short || long > usize::from(u16::MAX) || !whole {
            return false;
        }
        let block = long.div_ceil(CELLS);
        (self.height, self.width, self.block) = (height, width, block);
        (self.rows, self.cols) = (height.div_ceil(block), width.div_ceil(block));
        if self.rows.min(self.cols) < 8 {
            return false;
        }
        let mut values = std::mem::take(&mut self.values);
        each!(frame.pixels, v => self.means(v, &mut values, Stored::column_sums));
        let (slope, intercept) = frame.line;
        let finite = rescale(values.lines_mut(), slope, intercept);
        values.close();
        self.values = values;
        finite
    }

    /// Share of the pixels of each cell that hold the very value of pixel `pad`.
    pub fn shares(&mut self, frame: &Frame<'_>, pad: usize, out: &mut Cells) {
        each!(frame.pixels, v => {
            let pad = v[pad];
            self.means(v, out, |rows, width, line| Stored::column_counts(rows, width, pad, line));
        });
        out.close();
    }

    /// Mean over each cell of what `of` sums along the columns of a row of cells.
    fn means<T>(&mut self, pixels: &[T], out: &mut Cells, of: impl Fn(&[T], usize, &mut [f32])) {
        out.reset(self.rows, self.cols);
        self.line.resize(self.width, 0.0);
        for (r, rows) in pixels.chunks(self.block * self.width).enumerate() {
            of(rows, self.width, &mut self.line);
            let high = small(rows.len() / self.width);
            means_of_blocks(&self.line, self.block, high, out.row_mut(r));
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

/// Turns stored into modality values; whether all are finite.
#[multiversion(targets("x86_64+avx2"))]
fn rescale(lines: &mut [Line], slope: f32, intercept: f32) -> bool {
    let mut finite = true;
    for v in lines.as_flattened_mut() {
        *v = *v * slope + intercept;
        finite &= v.is_finite();
    }
    finite
}

/// Sums of each `block` neighbours of a line, over the pixels of the cell, which is `high` lines high.
#[multiversion(targets("x86_64+avx2"))]
fn means_of_blocks(line: &[f32], block: usize, high: f32, out: &mut [f32]) {
    match block {
        1 => sums_of_blocks::<1>(line, out),
        2 => sums_of_blocks::<2>(line, out),
        3 => sums_of_blocks::<3>(line, out),
        4 => sums_of_blocks::<4>(line, out),
        5 => sums_of_blocks::<5>(line, out),
        6 => sums_of_blocks::<6>(line, out),
        _ => {
            for (o, part) in out.iter_mut().zip(line.chunks_exact(block)) {
                *o = part.iter().sum::<f32>();
            }
        }
    }
    let pixels = small(block) * high;
    for o in out.iter_mut() {
        *o /= pixels;
    }
    let rest = &line[line.len() / block * block..];
    if let (Some(last), false) = (out.last_mut(), rest.is_empty()) {
        *last = rest.iter().sum::<f32>() / (small(rest.len()) * high);
    }
}

#[inline]
fn sums_of_blocks<const SIZE: usize>(line: &[f32], out: &mut [f32]) {
    for (o, part) in out.iter_mut().zip(line.as_chunks::<SIZE>().0) {
        *o = part.iter().sum::<f32>();
    }
}

#[cfg(test)]
mod tests {
    use super::super::pixels::Pixels;
    use super::*;

    fn frame(pixels: Pixels<'_>, height: usize, width: usize) -> Frame<'_> {
        Frame { pixels, line: (1.0, 0.0), height, width, spacing_mm: [1.0, 1.0], phase: None }
    }

    #[test]
    fn block_means_also_of_cut_blocks() {
        let mut g = Grid::default();
        let pixels: Vec<u16> = (0..130 * 20_u16).map(|i| i % 130).collect();
        assert!(g.reduce(&frame(Pixels::U16(&pixels), 20, 130)));
        assert_eq!((g.rows, g.cols, g.block), (10, 65, 2));
        assert_eq!((g.values.at(0, 0), g.values.at(0, 64)), (0.5, 128.5));
        assert!(g.reduce(&frame(Pixels::F32(&vec![7.0; 300 * 131]), 300, 131)));
        assert_eq!((g.block, g.rows, g.cols), (4, 75, 33));
        assert!((0..75).all(|r| g.values.row(r).iter().all(|v| (v - 7.0).abs() < 1e-6)));
    }

    #[test]
    fn every_type_gives_the_same_means_and_shares() {
        let of = |i: usize| u16::try_from(i * 31 % 997).unwrap();
        let (h, w) = (201, 333);
        let unsigned: Vec<u16> = (0..h * w).map(of).collect();
        let signed: Vec<i16> = unsigned.iter().map(|v| v.cast_signed()).collect();
        let floats: Vec<f32> = unsigned.iter().map(|v| f32::from(*v) * 0.5 - 3.0).collect();
        let mut grids = [Grid::default(), Grid::default(), Grid::default()];
        let frames = [
            Frame { line: (0.5, -3.0), ..frame(Pixels::U16(&unsigned), h, w) },
            Frame { line: (0.5, -3.0), ..frame(Pixels::I16(&signed), h, w) },
            frame(Pixels::F32(&floats), h, w),
        ];
        let mut shares = [Cells::default(), Cells::default(), Cells::default()];
        for ((grid, frame), share) in grids.iter_mut().zip(&frames).zip(&mut shares) {
            assert!(grid.reduce(frame));
            grid.shares(frame, 5, share);
        }
        let flat = |cells: &Cells| -> Vec<f32> { cells.lines().as_flattened().to_vec() };
        let values = [0, 1, 2].map(|g| flat(&grids[g].values));
        assert_eq!(values[0], values[1]);
        assert!(values[0].iter().zip(&values[2]).all(|(a, b)| (a - b).abs() < 1e-3 || *a < -2.9));
        let shares = shares.map(|s| flat(&s));
        assert!(shares[0] == shares[1] && shares[0] == shares[2]);
        assert!(shares[0].iter().any(|s| *s > 0.0));
    }

    #[test]
    fn odd_frames_are_refused() {
        let mut g = Grid::default();
        assert!(!g.reduce(&frame(Pixels::F32(&[1.0]), 1, 1)));
        assert!(!g.reduce(&frame(Pixels::F32(&[]), 0, 0)));
        assert!(!g.reduce(&frame(Pixels::F32(&[f32::NAN; 64 * 64]), 64, 64)));
        assert!(!g.reduce(&frame(Pixels::U16(&vec![1; 16 * 4096]), 16, 4096)));
        assert!(!g.reduce(&frame(Pixels::I16(&[1; 17]), 16, 16)));
    }
}
