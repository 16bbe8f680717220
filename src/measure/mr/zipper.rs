//! Zipper: a line of foreign radio signal across the air.

use super::grid::Grid;
use super::stats::{median, median_and_spread, small};
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

/// Sums along lines, kept between frames.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    sums: Vec<f32>,
    tilts: Vec<f32>,
    squares: Vec<f32>,
    counts: Vec<f32>,
}

/// Sums of rows and of columns, and the air whose neighbours are air.
#[derive(Clone, Debug, Default)]
pub struct LinesOfFrame {
    rows: Lines,
    cols: Lines,
    inner: Vec<bool>,
    steps: Vec<u16>,
}

/// The zipper measures; none where the air is masked or out of view.
pub fn taken(
    frame: &Frame<'_>,
    grid: &Grid,
    body: &Body,
    lines: &mut LinesOfFrame,
    work: &mut Vec<f32>,
    out: &mut Vec<Taken>,
) {
    if !body.air_is_whole() {
        return;
    }
    let LinesOfFrame { rows, cols, inner, steps: steps_out } = lines;
    // Neighbours must be air too.
    let steps = u16::try_from(REACH.div_ceil(grid.block)).unwrap_or(1);
    inner.clear();
    inner.extend(body.air.iter().map(|a| !a));
    super::grid::distance(inner, grid.cols, steps_out);
    inner.iter_mut().zip(steps_out.iter()).for_each(|(i, d)| *i = *d > steps);
    sum(frame, grid, inner, rows, cols);
    // Along phase encoding: ROW means that lines are rows of the frame.
    let as_rows = (frame.phase != Some(Phase::Column)).then(|| brightest(rows, work)).flatten();
    let as_cols = (frame.phase != Some(Phase::Row)).then(|| brightest(cols, work)).flatten();
    let ((z, contrast, line), row) = match (as_rows, as_cols) {
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

/// Sums of the excess of pixels of air over the mean of the two neighbours across the line, by quarters.
fn sum(frame: &Frame<'_>, grid: &Grid, air: &[bool], rows: &mut Lines, cols: &mut Lines) {
    let (h, w) = (frame.height, frame.width);
    rows.reset(h);
    cols.reset(w);
    for r in REACH..h.saturating_sub(REACH) {
        let line = |r: usize| &frame.pixels[r * w..(r + 1) * w];
        let (up, here, down) = (line(r - REACH), line(r), line(r + REACH));
        let cells = &air[r / grid.block * grid.cols..(r / grid.block + 1) * grid.cols];
        let mut start = 0;
        for run in cells.chunk_by(|a, b| a == b) {
            let (from, to) = (start * grid.block, (start + run.len()) * grid.block);
            start += run.len();
            let (from, to) = (from.max(REACH), to.min(w - REACH));
            if !run[0] || from >= to {
                continue;
            }
            for quarter in (0..QUARTERS).filter(|_| frame.phase != Some(Phase::Column)) {
                let (a, b) = (quarter * w / QUARTERS, (quarter + 1) * w / QUARTERS);
                let (a, b) = (from.max(a), to.min(b));
                if a < b {
                    let sums = excess(&here[a..b], &up[a..b], &down[a..b]);
                    rows.add(quarter * h + r, sums, b - a);
                }
            }
            if frame.phase == Some(Phase::Row) {
                continue;
            }
            let part = r * QUARTERS / h * w + from;
            let sides = (&here[from - REACH..to - REACH], &here[from + REACH..to + REACH]);
            cols.add_each(part, &here[from..to], sides.0, sides.1);
        }
    }
}

/// Sums of the excess over both sides, of its square and of the difference of the sides.
fn excess(here: &[f32], before: &[f32], after: &[f32]) -> [f32; 3] {
    let mut sums = [0.0; 3];
    for ((v, a), b) in here.iter().zip(before).zip(after) {
        let excess = v - 0.5 * (a + b);
        sums[0] += excess;
        sums[1] += excess * excess;
        sums[2] += a - b;
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
fn brightest(lines: &Lines, work: &mut Vec<f32>) -> Option<(f64, f64, usize)> {
    let n = lines.sums.len() / QUARTERS;
    let least = small(LEAST);
    work.clear();
    let filled = |p: &usize| lines.counts[*p] >= least;
    work.extend((0..lines.sums.len()).filter(filled).map(|p| lines.squares[p] / lines.counts[p]));
    if work.len() < 4 * LEAST {
        return None;
    }
    // The excess has 1.5 times the variance of a pixel.
    let sd = (median(work)? / 1.5).sqrt();
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
    let (_, spread) = median_and_spread(work)?;
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
