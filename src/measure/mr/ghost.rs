//! Ghosts: copies of the body along the phase-encoding direction, read in the air.

use super::body::EDGE_OF_PAD;
use super::grid::{Grid, bounds, distance, fill_holes, keep_large};
use super::stats::{mean, median, quantile, single};
use super::{Body, Frame, Phase, Taken};

/// Mean of the air before and behind the body along the phase-encoding direction less that along
/// frequency encoding, over twice the signal of the body: percent signal ghosting of the ACR (Large
/// Phantom Test Guidance, test 7) as a share, signed. Place: the brighter strip.
pub const GHOST_RATIO: &str = "ghost_ratio";
/// The same where the header does not tell the direction: the absolute difference of the two axes.
pub const GHOST_RATIO_ANY_AXIS: &str = "ghost_ratio_any_axis";
/// Ghost-to-signal ratio of Giannelli (2010, 10.1120/jacmp.v11i4.3237) of the air: median
/// where the body shifted by half the field of view along phase encoding lies, less that of the other air,
/// over the signal. MRIQC takes means.
pub const GSR: &str = "gsr";
/// The larger of both axes where the header does not tell the direction.
pub const GSR_ANY_AXIS: &str = "gsr_any_axis";
/// How far the brighter parts of the air (95th percentile of means of 3 x 3 cells) stand above its median, over
/// the signal of the body; whichever way the ghosts run. Place: the box of those parts.
pub const AIR_STRUCTURE: &str = "air_structure";

/// A strip of fewer cells is no sample of the air.
const LEAST: usize = 24;

/// This share of the brightest cells of a strip does not count: a fold of skin, a marker, a tube.
const TRIM: f32 = 0.95;

/// For the strips, cells this bright against the body are body: the dim parts of fat-suppressed and
/// far-from-coil anatomy lie above, the ghosts of a working scanner below.
const OF_SIGNAL_STRIPS: f64 = 0.2;

/// For half-field ghosts, whose place is known, brighter ones may count as ghosts.
const OF_SIGNAL_HALF: f64 = 0.35;

/// The bright part of the body, holes filled, and cells clear of it. Unlike the mask of the body it leaves bright
/// ghosts to the air; dim parts of the body go to the air as well, on all sides alike.
#[derive(Clone, Debug, Default)]
pub struct Bulk {
    mask: Vec<bool>,
    clear: Vec<bool>,
    steps: Vec<u16>,
    labels: Vec<u32>,
    strips: [Strips; 2],
    signal: f64,
}

impl Bulk {
    fn find(&mut self, grid: &Grid, body: &Body, of_signal: f64) -> bool {
        let limit = single(of_signal * body.signal);
        self.mask.clear();
        self.mask.extend(body.solid.iter().map(|v| *v > limit));
        keep_large(&mut self.mask, grid.rows, grid.cols, 0.1, &mut self.labels);
        fill_holes(&mut self.mask, grid.rows, grid.cols, &mut self.labels);
        let gap = u16::try_from((grid.rows.max(grid.cols) / 25).max(2)).unwrap_or(2);
        distance(&self.mask, grid.cols, &mut self.steps);
        let [x0, y0, x1, y1] = body.view;
        self.clear.clear();
        let cells = self.steps.iter().zip(&body.pad_steps);
        self.clear.extend(cells.map(|(s, p)| *s >= gap && *p > EDGE_OF_PAD));
        for (r, row) in self.clear.chunks_exact_mut(grid.cols).enumerate() {
            if r <= y0 || r + 1 >= y1 {
                row.fill(false);
            }
            row[..=x0].fill(false);
            row[x1 - 1..].fill(false);
        }
        let (mut sum, mut n) = (0.0, 0.0);
        for (v, m) in grid.values.iter().zip(&self.mask) {
            let m = f32::from(u8::from(*m));
            sum += v * m;
            n += m;
        }
        self.signal = f64::from(sum / n.max(1.0));
        self.signal > 0.0
    }
}

/// The ghosting measures; none where the air is masked or out of view.
pub fn taken(
    frame: &Frame<'_>,
    grid: &Grid,
    body: &Body,
    bulk: &mut Bulk,
    work: &mut Vec<f32>,
    out: &mut Vec<Taken>,
) {
    if body.signal <= 0.0 || body.masked.is_some_and(|m| m >= 0.5) {
        return;
    }
    structure(grid, body, &mut bulk.mask, work, out);
    if bulk.find(grid, body, OF_SIGNAL_STRIPS) {
        ratio(frame, grid, bulk, out);
    }
    if !bulk.find(grid, body, OF_SIGNAL_HALF) {
        return;
    }
    let mut shifted = |phase| half_shifted(grid, body, bulk, phase);
    let (name, value) = match frame.phase {
        Some(phase) => (GSR, shifted(phase)),
        None => {
            let both = [shifted(Phase::Row), shifted(Phase::Column)];
            (GSR_ANY_AXIS, both.into_iter().flatten().reduce(f64::max))
        }
    };
    if let Some(value) = value {
        out.push(Taken { name, value, place: None });
    }
}

fn structure(
    grid: &Grid,
    body: &Body,
    bright: &mut Vec<bool>,
    work: &mut Vec<f32>,
    out: &mut Vec<Taken>,
) {
    if !body.air_is_real() {
        return;
    }
    let smooth = &body.smooth;
    work.clear();
    work.extend(smooth.iter().zip(&body.air).filter(|(_, a)| **a).map(|(v, _)| *v));
    let (Some(middle), Some(high)) = (quantile(work, 0.5), quantile(work, 0.95)) else { return };
    bright.clear();
    bright.extend(smooth.iter().zip(&body.air).map(|(v, a)| *a && *v >= high));
    let place = bounds(bright, grid.cols).map(|b| grid.pixels(b));
    let value = f64::from(high - middle) / body.signal;
    out.push(Taken { name: AIR_STRUCTURE, value, place });
}

/// Columns and rows whose chord through the body is at least half the longest.
fn core(grid: &Grid, mask: &[bool]) -> (Vec<bool>, Vec<bool>) {
    let mut cols = vec![0usize; grid.cols];
    let mut rows = vec![0usize; grid.rows];
    for (row, chord) in mask.chunks_exact(grid.cols).zip(&mut rows) {
        for (m, col) in row.iter().zip(&mut cols) {
            *col += usize::from(*m);
            *chord += usize::from(*m);
        }
    }
    let long = |chords: &[usize]| {
        let longest = chords.iter().copied().max().unwrap_or(0);
        chords.iter().map(|c| 2 * c >= longest).collect()
    };
    (long(&cols), long(&rows))
}

/// The air along one axis: its cells, and sum, count and box of the part before and behind the body.
#[derive(Clone, Debug, Default)]
struct Strips {
    cells: Vec<f32>,
    sides: [(f32, f32, [usize; 4]); 2],
}

impl Strips {
    fn reset(&mut self) {
        self.cells.clear();
        self.sides = [(0.0, 0.0, [usize::MAX, usize::MAX, 0, 0]); 2];
    }

    fn add(&mut self, value: f32, behind: bool, r: usize, c: usize) {
        self.cells.push(value);
        let (sum, n, area) = &mut self.sides[usize::from(behind)];
        *sum += value;
        *n += 1.0;
        *area = [area[0].min(c), area[1].min(r), area[2].max(c + 1), area[3].max(r + 1)];
    }

    /// Mean without the brightest cells.
    fn level(&mut self) -> Option<f64> {
        let enough = self.cells.len() >= LEAST;
        let ceiling = enough.then(|| quantile(&mut self.cells, TRIM)).flatten()?;
        self.cells.retain(|v| *v <= ceiling);
        mean(&self.cells)
    }

    /// Box of the brighter part.
    fn brighter(&self) -> Option<[usize; 4]> {
        let filled = self.sides.iter().filter(|s| s.1 > 0.0);
        filled.max_by(|a, b| f32::total_cmp(&(a.0 / a.1), &(b.0 / b.1))).map(|s| s.2)
    }
}

fn ratio(frame: &Frame<'_>, grid: &Grid, bulk: &mut Bulk, out: &mut Vec<Taken>) {
    let (cols, rows) = core(grid, &bulk.mask);
    let Some([x0, y0, x1, y1]) = bounds(&bulk.mask, grid.cols) else { return };
    let [by_row, by_col] = &mut bulk.strips;
    by_row.reset();
    by_col.reset();
    for (r, row) in grid.values.chunks_exact(grid.cols).enumerate() {
        let air = &bulk.clear[r * grid.cols..(r + 1) * grid.cols];
        for (c, v) in row.iter().enumerate().filter(|(c, _)| air[*c] && cols[*c] != rows[r]) {
            if rows[r] {
                by_row.add(*v, 2 * c >= x0 + x1, r, c);
            } else {
                by_col.add(*v, 2 * r >= y0 + y1, r, c);
            }
        }
    }
    let (Some(along_row), Some(along_column)) = (by_row.level(), by_col.level()) else { return };
    let difference = (along_row - along_column) / (2.0 * bulk.signal);
    let (name, value) = match frame.phase {
        Some(Phase::Row) => (GHOST_RATIO, difference),
        Some(Phase::Column) => (GHOST_RATIO, -difference),
        None => (GHOST_RATIO_ANY_AXIS, difference.abs()),
    };
    let brighter = if difference > 0.0 { by_row } else { by_col };
    out.push(Taken { name, value, place: brighter.brighter().map(|b| grid.pixels(b)) });
}

/// Ghost-to-signal ratio along one axis.
fn half_shifted(grid: &Grid, body: &Body, bulk: &mut Bulk, phase: Phase) -> Option<f64> {
    let [x0, y0, x1, y1] = body.view;
    let [ghost, other] = &mut bulk.strips;
    ghost.cells.clear();
    other.cells.clear();
    let half = if phase == Phase::Row { (x1 - x0) / 2 } else { (y1 - y0) / 2 };
    for r in y0..y1 {
        let row = r * grid.cols;
        for c in (x0..x1).filter(|c| bulk.clear[row + c]) {
            let from = match phase {
                Phase::Row => row + if c >= x0 + half { c - half } else { x1 - half + (c - x0) },
                Phase::Column if r >= y0 + half => row + c - half * grid.cols,
                Phase::Column => (y1 - half + (r - y0)) * grid.cols + c,
            };
            // Cells at the rim of the shifted body are of neither kind.
            if bulk.mask[from] {
                ghost.cells.push(grid.values[row + c]);
            } else if bulk.clear[from] {
                other.cells.push(grid.values[row + c]);
            }
        }
    }
    if ghost.cells.len().min(other.cells.len()) < LEAST {
        return None;
    }
    Some(f64::from(median(&mut ghost.cells)? - median(&mut other.cells)?) / bulk.signal)
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{clean_head, place, rician, taken_of, value};
    use super::*;
    use ndarray::Array2;

    /// The head with `share` of itself moved down by `by` rows, round the frame.
    fn ghosted(share: f32, by: usize) -> Array2<f32> {
        let clean = clean_head(256, 256);
        let moved = Array2::from_shape_fn((256, 256), |(r, c)| clean[[(r + 256 - by) % 256, c]]);
        rician(&clean + &(moved * share), 1.0, 3)
    }

    #[test]
    fn ghosts_count_along_phase_encoding_only() {
        let frame = ghosted(0.08, 45);
        let along = value(&taken_of(&frame, Some(Phase::Column)), GHOST_RATIO).unwrap();
        let across = value(&taken_of(&frame, Some(Phase::Row)), GHOST_RATIO).unwrap();
        assert!(along > 0.008 && (along + across).abs() < 1e-9, "{along}");
        let unknown = taken_of(&frame, None);
        assert!((value(&unknown, GHOST_RATIO_ANY_AXIS).unwrap() - along).abs() < 1e-9);
        assert!(value(&unknown, GHOST_RATIO).is_none());
        let [_, y0, _, _] = place(&unknown, GHOST_RATIO_ANY_AXIS).unwrap();
        assert!(!(50..190).contains(&y0), "{y0}");
    }

    #[test]
    fn half_field_ghosts_have_their_share_also_where_they_are_bright() {
        for share in [0.05, 0.1, 0.2] {
            let got = value(&taken_of(&ghosted(share, 128), Some(Phase::Column)), GSR).unwrap();
            assert!((got / f64::from(share) - 1.0).abs() < 0.3, "{share} {got}");
        }
        assert!(value(&taken_of(&ghosted(0.1, 128), Some(Phase::Row)), GSR).unwrap() < 0.02);
    }

    #[test]
    fn masked_air_gives_no_number() {
        let masked = ghosted(0.1, 128).mapv(|v| if v < 40.0 { 0.0 } else { v });
        let taken = taken_of(&masked, Some(Phase::Column));
        for name in [GHOST_RATIO, GSR, AIR_STRUCTURE] {
            assert!(value(&taken, name).is_none(), "{name}");
        }
    }
}
