//! The body against the air: mask, area, place in the field of view, cuts by its border, masked air.

use super::cells::Cells;
use super::grid::Grid;
use super::mask::{Mask, Parts, Runs};
use super::pixels::each;
use super::stats::{Order, real};
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
const EDGE_OF_PAD: usize = 3;

/// The body and the air of one frame on its grid.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Cells of the body, holes filled.
    pub mask: Mask,
    /// Cells of air far enough from the body and from borders, and not set to a constant.
    pub air: Mask,
    /// Number of cells of air.
    pub air_cells: usize,
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
    /// Means of 3 x 3 cells.
    pub smooth: Cells,
    /// Means of 3 x 3 cells without lines and dots.
    pub solid: Cells,
    /// Cells set to a constant, and those so near to one that distortion correction may have smeared its edge.
    pub padded: Mask,
    /// Connected parts of masks.
    pub parts: Parts,
    /// Ranks of values.
    pub order: Order,
    same: Cells,
    filled: Mask,
    other: Cells,
    constant: Mask,
    work: Vec<f32>,
    shares: Vec<f32>,
    all: Vec<f32>,
    corners: Vec<usize>,
    held: Vec<u32>,
}

impl Body {
    /// Finds the body and the air of `frame`; false where no body stands out (constant frames).
    ///
    /// A cell is body where its 3 x 3 mean stands above the air (its median and spread, found from the
    /// cells below a twentieth of the robust range); then parts smaller than a tenth of the largest go
    /// and holes are filled.
    pub fn find(&mut self, frame: &Frame<'_>, grid: &mut Grid) -> bool {
        self.find_padding(frame, grid);
        grid.values.smooth(&mut self.smooth);
        // A zipper line through the air must not make a body.
        grid.values.without_lines(&mut self.other);
        self.other.smooth(&mut self.solid);
        let Some(threshold) = self.threshold(grid) else { return false };
        self.threshold = threshold;
        self.mask = Mask::above(&self.solid, threshold);
        self.view = self.view_of(grid);
        self.parts.keep_large(&mut self.mask, SMALLEST_PART);
        self.parts.fill_holes(&mut self.mask);
        let Some(bounds) = self.mask.bounds() else { return false };
        self.bounds = bounds;
        self.cells = self.mask.count();
        self.signal = self.mask.mean(&grid.values).unwrap_or(0.0);
        self.find_air(grid);
        true
    }

    /// Finds the cells that the maker set to a constant.
    fn find_padding(&mut self, frame: &Frame<'_>, grid: &mut Grid) {
        let (rows, cols) = (grid.rows, grid.cols);
        let pad = self.padding(frame, grid);
        self.pad = pad.map(|at| frame.pixel(at));
        if let Some(pad) = pad {
            // An equal value is padding by definition: the maker wrote the same bits.
            grid.shares(frame, pad, &mut self.same);
            self.same.smooth(&mut self.other);
            self.constant = Mask::above(&self.other, CONSTANT.next_down());
            self.filled = Mask::above(&self.same, 1.0_f32.next_down()).inverse();
            self.padded = self.constant.grown(EDGE_OF_PAD);
        } else {
            self.filled = Mask::all(rows, cols);
            self.constant = Mask::none(rows, cols);
            self.padded = Mask::none(rows, cols);
        }
    }

    /// A pixel that holds the value of masked air, if there is any: that which a fifth and more of the darkest
    /// cells hold at their corner.
    fn padding(&mut self, frame: &Frame<'_>, grid: &Grid) -> Option<usize> {
        let step = (grid.len() / 2048).max(1) | 1;
        grid.values.every_nth(step, &mut self.work);
        self.order.load(&self.work);
        let dark = self.order.quantile(0.1)?;
        // No branch: which cells are dark is hard to foretell.
        self.corners.resize(self.work.len(), 0);
        let mut count = 0;
        for (n, v) in self.work.iter().enumerate() {
            self.corners[count] = n * step;
            count += usize::from(*v <= dark);
        }
        self.corners.truncate(count);
        self.held.clear();
        for cell in &mut self.corners {
            *cell = *cell / grid.cols * grid.block * frame.width + *cell % grid.cols * grid.block;
            self.held.push(frame.pixel(*cell).to_bits());
        }
        let at = self.held.iter().position({
            let most = most_common(&self.held)?;
            move |bits| *bits == most
        });
        at.map(|at| self.corners[at])
    }

    /// The value that parts body from air; `None` where the frame is constant.
    fn threshold(&mut self, grid: &Grid) -> Option<f32> {
        let values = &mut self.work;
        values.clear();
        // A few thousand cells tell these quantiles well enough.
        let step = (grid.len() / 4096).max(1) | 1;
        self.solid.every_nth(step, values);
        if self.pad.is_some() {
            self.same.every_nth(step, &mut self.shares);
            self.solid.every_nth(step, &mut self.all);
            // No branch: which cells are filled is hard to foretell.
            let mut count = 0;
            for (v, share) in self.all.iter().zip(&self.shares) {
                if let Some(place) = values.get_mut(count) {
                    *place = *v;
                }
                count += usize::from(*share < 1.0);
            }
            values.truncate(count);
        }
        self.order.load(values);
        let (low, high) = (self.order.quantile(0.02)?, self.order.quantile(0.98)?);
        let ceiling = low + OF_RANGE * (high - low);
        if !(high > low && self.pad.is_none_or(|pad| high > pad)) {
            return None;
        }
        let (middle, spread) = self.order.middle_and_spread(values, ceiling)?;
        // A cell of a frame without air: nothing lies at the lower end but a dark part of the body.
        Some(ceiling.max(middle + OF_AIR * spread).min(low + 4.0 * OF_RANGE * (high - low)))
    }

    /// The field of view: bars of a constant across a whole side are no part of it. Only a bar that ends
    /// at a line of mostly other values is one; masked air ends at the round of the body.
    fn view_of(&self, grid: &Grid) -> [usize; 4] {
        let (rows, cols) = (grid.rows, grid.cols);
        if self.pad.is_none() {
            return [0, 0, cols, rows];
        }
        let filled = &self.filled;
        let of_columns = filled.columns();
        let row = |r: usize| real(filled.lines()[r].count_ones() as usize) / real(cols);
        let col = |c: usize| real(of_columns[c]) / real(rows);
        let edge = |lines: &mut dyn Iterator<Item = f64>| {
            // A line that holds anything ends the bar.
            let end = lines.enumerate().find(|(_, share)| *share > 0.0);
            end.filter(|(_, share)| *share > 0.8).map_or(0, |(bar, _)| bar)
        };
        let x0 = edge(&mut (0..cols).map(col));
        let x1 = cols - edge(&mut (0..cols).rev().map(col));
        let y0 = edge(&mut (0..rows).map(row));
        [x0, y0, x1, rows - edge(&mut (0..rows).rev().map(row))]
    }

    /// The cells one cell and more inside the border of the field of view.
    pub fn inside_view(&self, grid: &Grid) -> Mask {
        let [x0, y0, x1, y1] = self.view;
        let box_of = [x0 + 1, y0 + 1, x1.saturating_sub(1), y1.saturating_sub(1)];
        Mask::of_box(grid.rows, grid.cols, box_of)
    }

    /// Air starts a fortieth of the longer side (at least two cells) away from the body, where the skin
    /// and its blur end, and one cell from the border of the field of view.
    fn find_air(&mut self, grid: &Grid) {
        let gap = (grid.rows.max(grid.cols) / 40).max(2);
        let far = self.inside_view(grid).without(&self.mask.grown(gap - 1));
        let (seen, same) = (far.count(), far.clone().and(&self.constant).count());
        // A few equal values are chance where the air holds small whole numbers.
        self.air = far.without(&self.padded);
        self.air_cells = self.air.count();
        self.masked = (seen >= 16).then(|| real(same) / real(seen));
    }

    /// Whether structure of the air can be read: enough of it is not set to a constant.
    pub fn air_is_real(&self) -> bool {
        self.air_cells >= (self.filled.len() / 50).max(24) && self.masked.is_some_and(|m| m < 0.5)
    }

    /// Whether the noise of the air can be read: also few of its pixels are cut off at the lowest value.
    pub fn air_is_whole(&self) -> bool {
        let few = || self.pad.is_none() || self.air.mean(&self.same).is_some_and(|s| s < 0.3);
        self.air_is_real() && few()
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
        let on = |area: [usize; 4]| {
            self.mask.clone().and(&Mask::of_box(grid.rows, grid.cols, area)).count()
        };
        let (right, bottom) = (x1.saturating_sub(1), y1.saturating_sub(1));
        let touched = [
            on([x0, y0, x1, y0 + 1]),
            on([right, y0, x1, y1]),
            on([x0, bottom, x1, y1]),
            on([x0, y0, x0 + 1, y1]),
        ];
        let strips = [
            [x0, y0, x1, y0 + 2],
            [x1.saturating_sub(2), y0, x1, y1],
            [x0, y1.saturating_sub(2), x1, y1],
            [x0, y0, x0 + 2, y1],
        ];
        let lengths = [x1 - x0, y1 - y0, x1 - x0, y1 - y0];
        let names = [BODY_CUT_TOP, BODY_CUT_RIGHT, BODY_CUT_BOTTOM, BODY_CUT_LEFT];
        let on_border: usize = touched.iter().sum();
        let view = Mask::of_box(grid.rows, grid.cols, self.view);
        let outline = on_border + self.mask.grown(1).without(&self.mask).and(&view).count();
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

/// The value that a fifth and more hold, the most common one (of equally common ones the one with the highest
/// bits); fewer equal ones are whole numbers that meet by chance.
fn most_common(held: &[u32]) -> Option<u32> {
    // A vote finds what more than half hold, as masked air is, without sorting.
    let (mut leader, mut votes) = (0, 0_usize);
    for bits in held {
        leader = if votes == 0 { *bits } else { leader };
        votes = if *bits == leader { votes + 1 } else { votes - 1 };
    }
    if 2 * held.iter().filter(|bits| **bits == leader).count() > held.len() {
        return Some(leader);
    }
    let mut sorted = held.to_vec();
    sorted.sort_unstable();
    let most = sorted.chunk_by(|a, b| a == b).max_by_key(|run| run.len())?;
    (5 * most.len() >= held.len()).then(|| most[0])
}

/// Values of about `most` pixels of the air, every k-th of each run along a line.
pub fn sample_air(frame: &Frame<'_>, grid: &Grid, body: &Body, most: usize, out: &mut Vec<f32>) {
    out.clear();
    let step = (body.air_cells * grid.block * grid.block / most.max(1)).max(1);
    let mut skip = 0;
    each!(frame.pixels, pixels => {
        for (r, line) in pixels.chunks_exact(frame.width).enumerate() {
            for (from, to) in Runs(body.air.lines()[r / grid.block]) {
                let (at, end) = (from * grid.block, (to * grid.block).min(frame.width));
                let run = &line[at..end];
                while let Some(v) = run.get(skip) {
                    out.push(frame.value(*v));
                    skip += step;
                }
                // The next run goes on where the step leaves this one.
                skip -= run.len();
            }
        }
    });
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
