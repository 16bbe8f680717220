//! Ghosts: copies of the body along the phase-encoding direction, read in the air.

use super::grid::{CELLS, Grid};
use super::mask::{Mask, Runs};
use super::stats::{Order, real, single, small, sum, sum_of, up_to};
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
    mask: Mask,
    clear: Mask,
    strips: [Strips; 2],
    signal: f64,
}

impl Bulk {
    fn find(&mut self, grid: &Grid, body: &mut Body, of_signal: f64) -> bool {
        let limit = single(of_signal * body.signal);
        self.mask = Mask::above(&body.solid, limit);
        body.parts.keep_large(&mut self.mask, 0.1);
        body.parts.fill_holes(&mut self.mask);
        let gap = (grid.rows.max(grid.cols) / 25).max(2);
        let near = self.mask.grown(gap - 1);
        self.clear = body.inside_view(grid).without(&near).without(&body.padded);
        self.signal = self.mask.mean(&grid.values).unwrap_or(0.0);
        self.signal > 0.0
    }
}

/// The ghosting measures; none where the air is masked or out of view.
pub fn taken(
    frame: &Frame<'_>,
    grid: &Grid,
    body: &mut Body,
    bulk: &mut Bulk,
    work: &mut Vec<f32>,
    out: &mut Vec<Taken>,
) {
    if body.signal <= 0.0 || body.masked.is_some_and(|m| m >= 0.5) {
        return;
    }
    structure(grid, body, work, out);
    if bulk.find(grid, body, OF_SIGNAL_STRIPS) {
        ratio(frame, grid, bulk, &mut body.order, out);
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

fn structure(grid: &Grid, body: &mut Body, work: &mut Vec<f32>, out: &mut Vec<Taken>) {
    if !body.air_is_real() {
        return;
    }
    body.air.gather(&body.smooth, work);
    body.order.load(work);
    let (middle, high) = (body.order.quantile(0.5), body.order.quantile(0.95));
    let (Some(middle), Some(high)) = (middle, high) else { return };
    let bright = Mask::above(&body.smooth, high.next_down()).and(&body.air);
    let place = bright.bounds().map(|b| grid.pixels(b));
    let value = f64::from(high - middle) / body.signal;
    out.push(Taken { name: AIR_STRUCTURE, value, place });
}

/// Columns and rows whose chord through the body is at least half the longest; columns as bits.
fn core(mask: &Mask) -> (u128, [bool; CELLS]) {
    let columns = mask.columns();
    let mut rows = [0; CELLS];
    for (chord, line) in rows.iter_mut().zip(mask.lines()) {
        *chord = line.count_ones() as usize;
    }
    let longest = |chords: &[usize; CELLS]| chords.iter().copied().max().unwrap_or(0);
    let (column, row) = (longest(&columns), longest(&rows));
    let long = columns.iter().enumerate().filter(|(_, chord)| 2 * **chord >= column);
    (long.fold(0, |bits, (c, _)| bits | 1 << c), rows.map(|chord| 2 * chord >= row))
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

    /// Adds the cells `line` of row `r`, whose values are `row`, to one side.
    fn add(&mut self, row: &[f32], line: u128, r: usize, behind: bool) {
        let (total, n, area) = &mut self.sides[usize::from(behind)];
        for (from, to) in Runs(line) {
            self.cells.extend_from_slice(&row[from..to]);
            *total += sum(&row[from..to]);
            *n += small(to - from);
            *area = [area[0].min(from), area[1].min(r), area[2].max(to), area[3].max(r + 1)];
        }
    }

    /// Mean without the brightest cells.
    fn level(&self, order: &mut Order) -> Option<f64> {
        if self.cells.len() < LEAST {
            return None;
        }
        order.load(&self.cells);
        let ceiling = order.quantile(TRIM)?;
        let total = sum_of(&self.cells, |v| if v <= ceiling { v } else { 0.0 });
        let count = up_to(&self.cells, ceiling);
        Some(f64::from(total) / real(count))
    }

    /// Box of the brighter part.
    fn brighter(&self) -> Option<[usize; 4]> {
        let filled = self.sides.iter().filter(|s| s.1 > 0.0);
        filled.max_by(|a, b| f32::total_cmp(&(a.0 / a.1), &(b.0 / b.1))).map(|s| s.2)
    }
}

fn ratio(frame: &Frame<'_>, grid: &Grid, bulk: &mut Bulk, order: &mut Order, out: &mut Vec<Taken>) {
    let (cols, rows) = core(&bulk.mask);
    let Some([x0, y0, x1, y1]) = bulk.mask.bounds() else { return };
    let behind = u128::MAX << (x0 + x1).div_ceil(2);
    let [by_row, by_col] = &mut bulk.strips;
    by_row.reset();
    by_col.reset();
    for (r, air) in bulk.clear.lines().iter().enumerate() {
        let row = grid.values.row(r);
        if rows[r] {
            by_row.add(row, air & !cols & !behind, r, false);
            by_row.add(row, air & !cols & behind, r, true);
        } else {
            by_col.add(row, air & cols, r, 2 * r >= y0 + y1);
        }
    }
    let (along_row, along_column) = (by_row.level(order), by_col.level(order));
    let (Some(along_row), Some(along_column)) = (along_row, along_column) else { return };
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
fn half_shifted(grid: &Grid, body: &mut Body, bulk: &mut Bulk, phase: Phase) -> Option<f64> {
    let [x0, y0, x1, y1] = body.view;
    let (wide, high) = (x1.checked_sub(x0)?, y1.checked_sub(y0)?);
    if wide.min(high) < 2 {
        return None;
    }
    let within = Mask::of_box(grid.rows, grid.cols, body.view).lines()[y0];
    // The line that comes to lie on row r, turned round within the field of view.
    let moved = |mask: &Mask, r: usize| match phase {
        Phase::Row => {
            let line = (mask.lines()[r] & within) >> x0;
            ((line << (wide / 2) | line >> (wide - wide / 2)) << x0) & within
        }
        Phase::Column => mask.lines()[y0 + (r - y0 + high - high / 2) % high],
    };
    let [ghost, other] = &mut bulk.strips;
    ghost.reset();
    other.reset();
    for r in y0..y1 {
        let row = grid.values.row(r);
        let air = bulk.clear.lines()[r] & within;
        let body = moved(&bulk.mask, r);
        // Cells at the rim of the shifted body are of neither kind.
        ghost.add(row, air & body, r, false);
        other.add(row, air & moved(&bulk.clear, r) & !body, r, false);
    }
    if ghost.cells.len().min(other.cells.len()) < LEAST {
        return None;
    }
    let mut middle = |strip: &Strips| {
        body.order.load(&strip.cells);
        body.order.quantile(0.5)
    };
    Some(f64::from(middle(ghost)? - middle(other)?) / bulk.signal)
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
