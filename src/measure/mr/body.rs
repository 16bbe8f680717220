//! The body against the air: mask, area, place in the field of view, cuts by its border, masked air.

use super::grid::{self, Grid};
use super::stats::{mean, median_and_spread, quantile, real};
use super::{Frame, Taken};

/// Share of the field of view that the body covers (0 to 1).
pub const BODY_SHARE: &str = "body_share";
/// Mean of the body, in the unit of the frame: what the functions on stacks take.
pub const BODY_SIGNAL: &str = "body_signal";
/// Share of the air that is set to a constant (0 to 1): cells away from the body of whose 3 x 3
/// neighbourhood nine pixels in ten hold one and the same value. Above one half the noise of the air is the
/// maker's or publisher's mask. Absent where there is no air.
pub const AIR_MASKED: &str = "air_masked";
/// Share of the outline of the body that lies on the border of the field of view (0 to 1), all sides; the
/// place is the strip along the side with the most.
pub const BODY_CUT_SHARE: &str = "body_cut_share";
/// Share of the upper border of the field of view that the body covers (0 to 1).
pub const BODY_CUT_TOP: &str = "body_cut_top";
/// Share of the right border that the body covers.
pub const BODY_CUT_RIGHT: &str = "body_cut_right";
/// Share of the lower border that the body covers.
pub const BODY_CUT_BOTTOM: &str = "body_cut_bottom";
/// Share of the left border that the body covers.
pub const BODY_CUT_LEFT: &str = "body_cut_left";
/// Distance of the centre of the box of the body from the centre of the field of view, mm.
pub const OFF_CENTRE_MM: &str = "off_centre_mm";
/// The same along the worse axis, as a share of the field of view along that axis (0 to 0.5).
pub const OFF_CENTRE_SHARE: &str = "off_centre_share";

/// Part of the robust range (2nd to 98th percentile) above the lower end that is air at most: half of
/// the 10 % of the BET brain extraction (Smith 2002, 10.1002/hbm.10062), as surface coils leave far
/// parts of the body dim.
const OF_RANGE: f32 = 0.05;

/// Spreads of the air that the body stands above it: the mean of a cell of many pixels passes that by
/// noise alone in none of 10^6.
const OF_AIR: f32 = 5.0;

/// A part this small against the largest is not body (a ghost, a marker, a piece of the coil).
const SMALLEST_PART: f64 = 0.1;

/// This share of one value is no chance of small whole numbers.
const CONSTANT: f32 = 0.9;

/// Cells beside air set to a constant that do not count: distortion correction smears that edge.
pub const EDGE_OF_PAD: u16 = 3;

/// The body and the air of one frame on its grid.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Cells of the body, holes filled.
    pub mask: Vec<bool>,
    /// Cells of air far enough from the body and from borders, and not set to a constant.
    pub air: Vec<bool>,
    /// Number of cells of air.
    pub air_cells: usize,
    /// Steps to the nearest cell of the body.
    pub distance: Vec<u16>,
    /// Cells within the field of view (bars of a constant at the border left out): x0, y0, x1, y1.
    pub view: [usize; 4],
    /// Box of the body in cells.
    pub bounds: [usize; 4],
    /// Number of cells of the body.
    pub cells: usize,
    /// Mean of the body.
    pub signal: f64,
    /// Share of the air that is set to a constant; `None` where there is too little air.
    pub masked: Option<f64>,
    /// Value that parts body from air.
    pub threshold: f32,
    /// Value of masked air; `None` where the dark cells hold no value in common.
    pub pad: Option<f32>,
    /// Distance in steps to the outside, 0 there.
    pub depth: Vec<u16>,
    /// Means of 3 x 3 cells.
    pub smooth: Vec<f32>,
    /// Means of 3 x 3 cells without lines and dots.
    pub solid: Vec<f32>,
    same: Vec<f32>,
    constant: Vec<f32>,
    /// Steps to the nearest cell set to a constant.
    pub pad_steps: Vec<u16>,
    /// Names of connected parts.
    pub labels: Vec<u32>,
    work: Vec<f32>,
}

impl Body {
    /// Finds the body and the air of `frame`; false where no body stands out (constant frames).
    ///
    /// A cell is body where its 3 x 3 mean stands above the air (its median and spread, found from the
    /// cells below a twentieth of the robust range); then parts smaller than a tenth of the largest go
    /// and holes are filled.
    pub fn find(&mut self, frame: &Frame<'_>, grid: &mut Grid) -> bool {
        let pad = padding(frame, grid, &mut self.work);
        self.pad = pad;
        if let Some(pad) = pad {
            let mut same = std::mem::take(&mut self.same);
            // An equal value is padding by definition: the maker wrote the same bits.
            grid.means(frame.pixels, &mut same, |v| {
                f32::from(u8::from(v.to_bits() == pad.to_bits()))
            });
            grid::smooth(&same, grid.rows, grid.cols, &mut self.constant);
            self.same = same;
        } else {
            for share in [&mut self.same, &mut self.constant] {
                share.clear();
                share.resize(grid.len(), 0.0);
            }
        }
        grid::smooth(&grid.values, grid.rows, grid.cols, &mut self.smooth);
        // A zipper line through the air must not make a body.
        grid::without_lines(&grid.values, grid.rows, grid.cols, &mut self.work);
        grid::smooth(&self.work, grid.rows, grid.cols, &mut self.solid);
        let Some(threshold) = self.threshold() else { return false };
        self.threshold = threshold;
        self.mask.clear();
        self.mask.extend(self.solid.iter().map(|v| *v > threshold));
        self.view = self.view_of(grid);
        grid::keep_large(&mut self.mask, grid.rows, grid.cols, SMALLEST_PART, &mut self.labels);
        grid::fill_holes(&mut self.mask, grid.rows, grid.cols, &mut self.labels);
        let Some(bounds) = grid::bounds(&self.mask, grid.cols) else { return false };
        self.bounds = bounds;
        self.cells = self.mask.iter().filter(|m| **m).count();
        let inside = grid.values.iter().zip(&self.mask).filter(|(_, m)| **m).map(|(v, _)| *v);
        self.work.clear();
        self.work.extend(inside);
        self.signal = mean(&self.work).unwrap_or(0.0);
        grid::distance(&self.mask, grid.cols, &mut self.distance);
        let outside: &mut Vec<bool> = &mut self.air;
        outside.clear();
        outside.extend(self.mask.iter().map(|m| !m));
        grid::distance(outside, grid.cols, &mut self.depth);
        self.find_air(grid);
        true
    }

    /// The value that parts body from air; `None` where the frame is constant.
    fn threshold(&mut self) -> Option<f32> {
        let values = &mut self.work;
        values.clear();
        // A few thousand cells tell these quantiles well enough.
        let step = (self.solid.len() / 4096).max(1) | 1;
        let cells = self.solid.iter().zip(&self.same).step_by(step);
        values.extend(cells.filter(|(_, s)| **s < 1.0).map(|(v, _)| *v));
        let (low, high) = (quantile(values, 0.02)?, quantile(values, 0.98)?);
        let ceiling = low + OF_RANGE * (high - low);
        if !(high > low && self.pad.is_none_or(|pad| high > pad)) {
            return None;
        }
        values.retain(|v| *v <= ceiling);
        let (middle, spread) = median_and_spread(values)?;
        // A cell of a frame without air: nothing lies at the lower end but a dark part of the body.
        Some(ceiling.max(middle + OF_AIR * spread).min(low + 4.0 * OF_RANGE * (high - low)))
    }

    /// The field of view: bars of a constant across a whole side are no part of it. Only a bar that ends
    /// at a line of mostly other values is one; masked air ends at the round of the body.
    fn view_of(&self, grid: &Grid) -> [usize; 4] {
        let filled = |r: usize, c: usize| self.same[r * grid.cols + c] < 1.0;
        let row =
            |r: usize| real((0..grid.cols).filter(|c| filled(r, *c)).count()) / real(grid.cols);
        let col =
            |c: usize| real((0..grid.rows).filter(|r| filled(*r, c)).count()) / real(grid.rows);
        let edge = |lines: &mut dyn Iterator<Item = f64>| {
            // A line that holds anything ends the bar.
            let end = lines.enumerate().find(|(_, share)| *share > 0.0);
            end.filter(|(_, share)| *share > 0.8).map_or(0, |(bar, _)| bar)
        };
        let (rows, cols) = (grid.rows, grid.cols);
        let x0 = edge(&mut (0..cols).map(col));
        let x1 = cols - edge(&mut (0..cols).rev().map(col));
        let y0 = edge(&mut (0..rows).map(row));
        [x0, y0, x1, rows - edge(&mut (0..rows).rev().map(row))]
    }

    /// Air starts a fortieth of the longer side (at least two cells) away from the body, where the skin
    /// and its blur end, and one cell from the border of the field of view.
    fn find_air(&mut self, grid: &Grid) {
        let gap = u16::try_from((grid.rows.max(grid.cols) / 40).max(2)).unwrap_or(2);
        let [x0, y0, x1, y1] = self.view;
        let (mut seen, mut same) = (0.0, 0.0);
        // A few equal values are chance where the air holds small whole numbers.
        if self.pad.is_some() {
            self.air.clear();
            self.air.extend(self.constant.iter().map(|s| *s >= CONSTANT));
            grid::distance(&self.air, grid.cols, &mut self.pad_steps);
        } else {
            self.pad_steps.clear();
            self.pad_steps.resize(grid.len(), u16::MAX);
        }
        self.air.clear();
        for r in 0..grid.rows {
            for c in 0..grid.cols {
                let at = r * grid.cols + c;
                let inside = r > y0 && r + 1 < y1 && c > x0 && c + 1 < x1;
                let far = inside && self.distance[at] >= gap;
                if far {
                    seen += 1.0;
                    same += if self.constant[at] >= CONSTANT { 1.0 } else { 0.0 };
                }
                self.air.push(far && self.pad_steps[at] > EDGE_OF_PAD);
            }
        }
        self.air_cells = self.air.iter().filter(|a| **a).count();
        self.masked = (seen >= 16.0).then(|| same / seen);
    }

    /// Whether structure of the air can be read: enough of it is not set to a constant.
    pub fn air_is_real(&self) -> bool {
        self.air_cells >= (self.air.len() / 50).max(24) && self.masked.is_some_and(|m| m < 0.5)
    }

    /// Whether the noise of the air can be read: also few of its pixels are cut off at the lowest value.
    pub fn air_is_whole(&self) -> bool {
        let real = self.same.iter().zip(&self.air).filter(|(_, a)| **a).map(|(s, _)| *s);
        let (sum, n) = real.fold((0.0, 0usize), |(s, n), v| (s + f64::from(v), n + 1));
        self.air_is_real() && sum < 0.3 * super::stats::real(n)
    }

    /// The measures of this file.
    pub fn taken(&self, frame: &Frame<'_>, grid: &Grid, out: &mut Vec<Taken>) {
        let [x0, y0, x1, y1] = self.view;
        let all = real((x1 - x0) * (y1 - y0)).max(1.0);
        let body = Some(grid.pixels(self.bounds));
        out.push(Taken { name: BODY_SHARE, value: real(self.cells) / all, place: body });
        out.push(Taken { name: BODY_SIGNAL, value: self.signal, place: body });
        if let Some(value) = self.masked {
            out.push(Taken { name: AIR_MASKED, value, place: None });
        }
        self.cuts(grid, out);
        self.off_centre(frame, grid, out);
    }

    fn cuts(&self, grid: &Grid, out: &mut Vec<Taken>) {
        let [x0, y0, x1, y1] = self.view;
        let at = |r: usize, c: usize| usize::from(self.mask[r * grid.cols + c]);
        let side_of_row = |r: usize| (x0..x1).map(|c| at(r, c)).sum::<usize>();
        let side_of_col = |c: usize| (y0..y1).map(|r| at(r, c)).sum::<usize>();
        let touched = [side_of_row(y0), side_of_col(x1 - 1), side_of_row(y1 - 1), side_of_col(x0)];
        let strips = [
            [x0, y0, x1, y0 + 2],
            [x1 - 2, y0, x1, y1],
            [x0, y1 - 2, x1, y1],
            [x0, y0, x0 + 2, y1],
        ];
        let lengths = [x1 - x0, y1 - y0, x1 - x0, y1 - y0];
        let names = [BODY_CUT_TOP, BODY_CUT_RIGHT, BODY_CUT_BOTTOM, BODY_CUT_LEFT];
        let on_border: usize = touched.iter().sum();
        let rows = self.distance.chunks_exact(grid.cols).take(y1).skip(y0);
        let free = rows.map(|row| row[x0..x1].iter().filter(|d| **d == 1).count()).sum::<usize>();
        let outline = on_border + free;
        let worst = (0..4).max_by_key(|s| touched[*s]).unwrap_or(0);
        let place = (touched[worst] > 0).then(|| grid.pixels(strips[worst]));
        let value = real(on_border) / real(outline.max(1));
        out.push(Taken { name: BODY_CUT_SHARE, value, place });
        for side in 0..4 {
            let value = real(touched[side]) / real(lengths[side].max(1));
            let place = (touched[side] > 0).then(|| grid.pixels(strips[side]));
            out.push(Taken { name: names[side], value, place });
        }
    }

    fn off_centre(&self, frame: &Frame<'_>, grid: &Grid, out: &mut Vec<Taken>) {
        let ([x0, y0, x1, y1], [vx0, vy0, vx1, vy1]) = (self.bounds, self.view);
        let off = |a: usize, b: usize, va: usize, vb: usize| (real(a + b) - real(va + vb)) / 2.0;
        let (x, y) = (off(x0, x1, vx0, vx1), off(y0, y1, vy0, vy1));
        let place = Some(grid.pixels(self.bounds));
        let [row, column] = frame.spacing_mm.map(|s| s * real(grid.block));
        if row.is_finite() && column.is_finite() && row > 0.0 && column > 0.0 {
            let value = (x * column).hypot(y * row);
            out.push(Taken { name: OFF_CENTRE_MM, value, place });
        }
        let value = (x / real(vx1 - vx0)).abs().max((y / real(vy1 - vy0)).abs());
        out.push(Taken { name: OFF_CENTRE_SHARE, value, place });
    }
}

/// The value of masked air, if any: that which a fifth and more of the darkest cells hold at their corner.
fn padding(frame: &Frame<'_>, grid: &Grid, work: &mut Vec<f32>) -> Option<f32> {
    work.clear();
    let step = (grid.len() / 2048).max(1) | 1;
    work.extend(grid.values.iter().step_by(step));
    let dark = quantile(work, 0.1)?;
    work.clear();
    for (at, v) in grid.values.iter().enumerate().step_by(step) {
        if *v <= dark {
            let (r, c) = (at / grid.cols * grid.block, at % grid.cols * grid.block);
            work.extend(frame.pixels.get(r * frame.width + c));
        }
    }
    work.sort_unstable_by(f32::total_cmp);
    let runs = work.chunk_by(|a, b| a.to_bits() == b.to_bits());
    let most = runs.max_by_key(|run| run.len())?;
    // Fewer equal ones are whole numbers that meet by chance.
    (5 * most.len() >= work.len()).then(|| most[0])
}

/// Values of about `most` pixels of the air, every k-th of each run along a line.
pub fn sample_air(frame: &Frame<'_>, grid: &Grid, body: &Body, most: usize, out: &mut Vec<f32>) {
    out.clear();
    let step = (body.air_cells * grid.block * grid.block / most.max(1)).max(1);
    let mut skip = 0;
    for (r, line) in frame.pixels.chunks_exact(frame.width).enumerate() {
        let row = r / grid.block * grid.cols;
        let mut at = 0;
        for run in body.air[row..row + grid.cols].chunk_by(|a, b| a == b) {
            let end = (at + run.len() * grid.block).min(frame.width);
            if run[0] {
                out.extend(line[at..end].iter().skip(skip).step_by(step));
                // The next run goes on where the step leaves this one.
                let left = (end - at).saturating_sub(skip);
                skip = if left == 0 { skip - (end - at) } else { (step - left % step) % step };
            }
            at = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{head, place, taken_of, value};
    use super::*;
    use ndarray::{Array2, s};

    #[test]
    fn the_mask_is_the_ellipse_and_lies_in_the_middle() {
        let taken = taken_of(&head(256, 256, 2.0), None);
        let share = std::f64::consts::PI * 0.5 * 0.6 / 4.0;
        assert!((value(&taken, BODY_SHARE).unwrap() - share).abs() < 0.03);
        assert!(value(&taken, OFF_CENTRE_MM).unwrap() < 3.0);
        assert!(value(&taken, AIR_MASKED).unwrap() < 1e-9);
        let [x0, y0, x1, y1] = place(&taken, BODY_SHARE).unwrap().map(f64::from);
        assert!((x0 - 64.0).abs() < 8.0 && (x1 - 192.0).abs() < 8.0);
        assert!((y0 - 51.0).abs() < 8.0 && (y1 - 205.0).abs() < 8.0);
    }

    #[test]
    fn a_moved_and_cut_body_is_told_with_its_side() {
        let whole = head(256, 256, 2.0);
        let mut cut = Array2::from_elem((256, 256), 0.0);
        cut.slice_mut(s![.., ..160]).assign(&whole.slice(s![.., 96..]));
        cut.slice_mut(s![.., 160..]).assign(&whole.slice(s![.., ..96]));
        cut.slice_mut(s![.., 224..]).assign(&whole.slice(s![.., ..32]));
        let taken = taken_of(&cut, None);
        assert!(value(&taken, BODY_CUT_LEFT).unwrap() > 0.4);
        assert!(value(&taken, BODY_CUT_TOP).unwrap() < 1e-9);
        assert_eq!(place(&taken, BODY_CUT_SHARE).unwrap()[0], 0);
        assert!(value(&taken, OFF_CENTRE_MM).unwrap() > 30.0);
    }

    #[test]
    fn air_set_to_a_constant_is_told_and_bars_are_no_part_of_the_view() {
        let masked = head(256, 256, 2.0).mapv(|v| if v < 20.0 { 3.0 } else { v });
        let taken = taken_of(&masked, None);
        assert!(value(&taken, AIR_MASKED).unwrap() > 0.95);
        assert!(value(&taken, super::super::noise::SNRD).is_none());
        assert!(value(&taken, super::super::noise::SNR).is_some());
        let mut bars = head(256, 256, 2.0);
        bars.slice_mut(s![..60, ..]).fill(0.0);
        bars.slice_mut(s![196.., ..]).fill(0.0);
        let taken = taken_of(&bars, None);
        assert!(value(&taken, BODY_CUT_TOP).unwrap() > 0.1, "{taken:?}");
    }
}
