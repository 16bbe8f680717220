//! Zipper: a line of foreign radio signal across the air.

use multiversion::multiversion;

use super::grid::Grid;
use super::mask::{Mask, Runs};
use super::stats::{Order, small, sum, sum_of};
use super::{Body, Frame, Phase, Taken};

/// Excess of the brightest line of the air over the brighter of its neighbours three pixels off, in
/// standard errors of such lines (robust), in the second weakest of its quarters. A zipper lies at one frequency and so runs along phase encoding; where the header
/// does not tell the direction both are looked at. Place: the line.
pub const ZIPPER_Z: &str = "zipper_z";
/// The same excess in standard deviations of the air's pixels: what the eye sees. Place: the line.
pub const ZIPPER_CONTRAST: &str = "zipper_contrast";

/// Half the distance of the neighbours: lines up to this many pixels wide stand out (interpolated
/// frames widen a line to two or three).
const REACH: usize = 3;

/// A quarter of a line with fewer pixels of air is no sample.
const LEAST: usize = 8;

/// Parts of a line that are looked at by themselves.
const QUARTERS: usize = 4;

/// Pixels of a line that are taken at a time.
const PART: usize = 128;

/// Sums along lines, kept between frames.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    sums: Vec<f32>,
    tilts: Vec<f32>,
    squares: Vec<f32>,
    counts: Vec<f32>,
}

/// Sums of rows and of columns.
#[derive(Clone, Debug, Default)]
pub struct LinesOfFrame {
    rows: Lines,
    cols: Lines,
    order: Order,
    work: Vec<f32>,
}

/// The zipper measures of a frame, `image` its modality values; none where the air is masked or out of view.
pub fn taken(
    frame: &Frame<'_>,
    image: &[f32],
    grid: &Grid,
    body: &Body,
    lines: &mut LinesOfFrame,
    out: &mut Vec<Taken>,
) {
    if !body.air_is_whole() {
        return;
    }
    // Neighbours must be air too.
    let inner = body.air.inner(REACH.div_ceil(grid.block) + 1);
    lines.sum(frame, image, grid, &inner);
    let LinesOfFrame { rows, cols, order, work } = lines;
    // Along phase encoding: ROW means that lines are rows of the frame.
    let mut of = |lines: &Lines, across: Phase| {
        (frame.phase != Some(across)).then(|| brightest(lines, order, work)).flatten()
    };
    let ((z, contrast, line), row) = match (of(rows, Phase::Column), of(cols, Phase::Row)) {
        (Some(r), Some(c)) => {
            if r.0 >= c.0 {
                (r, true)
            } else {
                (c, false)
            }
        }
        (Some(r), None) => (r, true),
        (None, Some(c)) => (c, false),
        (None, None) => return,
    };
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let (a, b) = (number(line.saturating_sub(1)), number(line + 2));
    let place = if row { [0, a, number(frame.width), b] } else { [a, 0, b, number(frame.height)] };
    out.push(Taken { name: ZIPPER_Z, value: z, place: Some(place) });
    out.push(Taken { name: ZIPPER_CONTRAST, value: contrast, place: Some(place) });
}

impl LinesOfFrame {
    /// Sums of the excess of pixels of air over the mean of the two neighbours across the line, by quarters.
    fn sum(&mut self, frame: &Frame<'_>, image: &[f32], grid: &Grid, air: &Mask) {
        let (h, w) = (frame.height, frame.width);
        self.rows.reset(h);
        self.cols.reset(w);
        for r in REACH..h.saturating_sub(REACH) {
            let line = |r: usize| &image[r * w..(r + 1) * w];
            let (up, here, down) = (line(r - REACH), line(r), line(r + REACH));
            for (from, to) in Runs(air.lines()[r / grid.block]) {
                let (from, to) = ((from * grid.block).max(REACH), (to * grid.block).min(w - REACH));
                if from >= to {
                    continue;
                }
                for quarter in (0..QUARTERS).filter(|_| frame.phase != Some(Phase::Column)) {
                    let (a, b) = (quarter * w / QUARTERS, (quarter + 1) * w / QUARTERS);
                    let (a, b) = (from.max(a), to.min(b));
                    if a < b {
                        let sums = excess(&here[a..b], &up[a..b], &down[a..b]);
                        self.rows.add(quarter * h + r, sums, b - a);
                    }
                }
                if frame.phase == Some(Phase::Row) {
                    continue;
                }
                let part = r * QUARTERS / h * w + from;
                let sides = (&here[from - REACH..to - REACH], &here[from + REACH..to + REACH]);
                self.cols.add_each(part, &here[from..to], sides.0, sides.1);
            }
        }
    }
}

/// Sums of the excess over both sides, of its square and of the difference of the sides.
#[multiversion(targets("x86_64+avx2"))]
fn excess(here: &[f32], before: &[f32], after: &[f32]) -> [f32; 3] {
    let mut sums = [0.0; 3];
    let (mut over, mut tilt) = ([0.0; PART], [0.0; PART]);
    let parts = here.chunks(PART).zip(before.chunks(PART).zip(after.chunks(PART)));
    for (here, (before, after)) in parts {
        let n = here.len();
        let (over, tilt) = (&mut over[..n], &mut tilt[..n]);
        let (before, after) = (&before[..n], &after[..n]);
        for k in 0..n {
            over[k] = here[k] - 0.5 * (before[k] + after[k]);
            tilt[k] = before[k] - after[k];
        }
        sums[0] += sum(over);
        sums[1] += sum_of(over, |v| v * v);
        sums[2] += sum(tilt);
    }
    sums
}

impl Lines {
    fn reset(&mut self, lines: usize) {
        let n = lines * QUARTERS;
        for v in [&mut self.sums, &mut self.tilts, &mut self.squares, &mut self.counts] {
            v.clear();
            v.resize(n, 0.0);
        }
    }

    fn add(&mut self, part: usize, [sum, square, tilt]: [f32; 3], count: usize) {
        self.sums[part] += sum;
        self.squares[part] += square;
        self.tilts[part] += tilt;
        self.counts[part] += small(count);
    }

    fn add_each(&mut self, from: usize, here: &[f32], before: &[f32], after: &[f32]) {
        let to = from + here.len();
        let sums = self.sums[from..to].iter_mut().zip(&mut self.tilts[from..to]);
        let more = self.squares[from..to].iter_mut().zip(&mut self.counts[from..to]);
        for (((s, t), (q, n)), (v, (a, b))) in
            sums.zip(more).zip(here.iter().zip(before.iter().zip(after)))
        {
            let excess = v - 0.5 * (a + b);
            *s += excess;
            *t += a - b;
            *q += excess * excess;
            *n += 1.0;
        }
    }
}

/// z, contrast and number of the brightest line.
fn brightest(lines: &Lines, order: &mut Order, work: &mut Vec<f32>) -> Option<(f64, f64, usize)> {
    let n = lines.sums.len() / QUARTERS;
    let least = small(LEAST);
    work.clear();
    let filled = |p: &usize| lines.counts[*p] >= least;
    work.extend((0..lines.sums.len()).filter(filled).map(|p| lines.squares[p] / lines.counts[p]));
    if work.len() < 4 * LEAST {
        return None;
    }
    // The excess has 1.5 times the variance of a pixel.
    order.load(work);
    let sd = (order.quantile(0.5)? / 1.5).sqrt();
    let mut best: Option<(f32, f32, usize)> = None;
    work.clear();
    for line in 0..n {
        // A zipper crosses the whole frame, a ghost or an edge a part of it: the second weakest quarter.
        let mut scores = [f32::INFINITY; QUARTERS];
        let mut means = 0.0;
        for (quarter, score) in scores.iter_mut().enumerate() {
            let part = quarter * n + line;
            if filled(&part) {
                // The excess over the brighter of the two neighbours: an edge is bright on one side only.
                let mean = (lines.sums[part] - 0.5 * lines.tilts[part].abs()) / lines.counts[part];
                *score = mean * (lines.counts[part] / 1.5).sqrt();
                means += mean;
            }
        }
        scores.sort_unstable_by(f32::total_cmp);
        let parts = scores.iter().filter(|s| s.is_finite()).count();
        if parts < 2 {
            continue;
        }
        let score = scores[usize::from(parts > 2)];
        work.push(score);
        if best.is_none_or(|b| score > b.0) {
            best = Some((score, means / small(parts), line));
        }
    }
    let (score, mean, line) = best?;
    order.load(work);
    let (_, spread) = order.middle_and_spread(work, f32::INFINITY)?;
    let unit = spread.max(sd);
    (sd > 0.0).then(|| (f64::from(score / unit), f64::from(mean / sd), line))
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{head, place, taken_of, value};
    use super::*;
    use ndarray::Array2;

    /// The head with a dashed column at `at`.
    fn with_line(at: usize, bright: f32) -> Array2<f32> {
        let mut frame = head(256, 256, 2.0);
        for r in 0..256 {
            frame[[r, at]] = frame[[r, at]].hypot(if r % 2 == 0 { bright } else { bright / 3.0 });
        }
        frame
    }

    #[test]
    fn a_dashed_line_is_found_where_it_lies() {
        for (at, bright) in [(30, 6.0), (30, 60.0), (120, 20.0)] {
            let taken = taken_of(&with_line(at, bright), Some(Phase::Column));
            assert!(value(&taken, ZIPPER_Z).unwrap() > 8.0, "{at} {bright}");
            assert!(value(&taken, ZIPPER_CONTRAST).unwrap() > 1.0);
            let [x0, _, x1, _] = place(&taken, ZIPPER_Z).unwrap().map(|v| v as usize);
            assert!(x0 <= at && at < x1);
        }
    }

    #[test]
    fn lines_across_phase_encoding_and_short_ones_do_not_count() {
        let taken = taken_of(&with_line(30, 20.0), Some(Phase::Row));
        assert!(value(&taken, ZIPPER_Z).unwrap() < 8.0);
        let mut short = head(256, 256, 2.0);
        (0..50).for_each(|r| short[[r, 30]] += 20.0);
        assert!(value(&taken_of(&short, Some(Phase::Column)), ZIPPER_Z).unwrap() < 8.0);
    }
}
