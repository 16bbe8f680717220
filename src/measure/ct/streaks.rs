//! Metal, and horizontal streaks: noise of soft tissue that runs in one direction.

use super::grid::Grid;
use super::{CtFrame, Masks, Taken};

/// Area of pixels above 2500 HU inside the body, mm^2: metal, or tooth enamel.
pub const METAL_AREA: &str = "metal_area";
/// Vertical over horizontal differences of soft tissue, pooled over tiles: 1 where noise runs in no direction, above
/// where horizontal streaks prevail (photons starved by shoulders, arms or hips).
pub const STREAK_RATIO_HORIZONTAL: &str = "streak_ratio_horizontal";
/// Standard deviation that horizontal streaks add from row to row, HU: median over tiles.
pub const STREAK_SD_HORIZONTAL: &str = "streak_sd_horizontal";

/// Metal from here, HU; cortical bone stays below 2000, enamel reaches 3000.
const METAL: f32 = 2500.0;
/// Soft tissue and fat, HU.
const SOFT: std::ops::Range<f32> = -160.0..160.0;
/// Side of a tile, mm.
const TILE: f64 = 24.0;
/// Distance of the two pixels of a difference, mm: streaks are wider than a pixel.
const REACH: f64 = 1.5;
/// Bins of a difference, one HU each.
const BINS: usize = 400;
/// Pixels that a tile needs.
const LEAST: u32 = 120;
/// Tiles that a frame needs.
const LEAST_TILES: usize = 10;

/// Area of metal and its box.
pub fn metal(frame: &CtFrame, grid: &Grid, masks: &Masks, out: &mut Vec<Taken>) {
    let mut pixels = 0_u32;
    let has = |at: usize| masks.body[at] && grid.max[at] > METAL;
    for at in (0..grid.len()).filter(|at| has(*at)) {
        let (y, x) = (at / grid.cols * grid.step, at % grid.cols * grid.step);
        for r in y..(y + grid.step).min(grid.size[1]) {
            for c in x..(x + grid.step).min(grid.size[0]) {
                pixels += u32::from(frame.hu.get([r, c]).is_some_and(|v| *v > METAL));
            }
        }
    }
    let pixel = frame.spacing_mm[0] * frame.spacing_mm[1];
    let place = grid.place_of(has);
    out.push(Taken { name: METAL_AREA, value: f64::from(pixels) * pixel, place });
}

/// Texture of one tile.
#[derive(Clone, Copy, Debug)]
struct Tile {
    /// Logarithm of vertical over horizontal differences.
    log: f64,
    /// Standard deviation that horizontal streaks add, HU.
    sd: f64,
    /// Box in cells.
    cells: [usize; 4],
}

/// Horizontal streaks over tiles of 24 mm. In each the median size of the differences of pixels 1.5 mm apart
/// is taken along rows and along columns; edges of organs, being few pixels, do not move a median, streaks
/// do. The ratio of both is averaged as logarithm. The place is the box of the tenth of the tiles with the most.
///
/// Streaks of metal and of dense contrast run in all directions from their source; the same ratio in any
/// direction did not tell them from layers of muscle on real slices, and is not given.
pub fn streaks(frame: &CtFrame, grid: &Grid, masks: &mut Masks, out: &mut Vec<Taken>) {
    soft_cells(grid, masks);
    let side = grid.cells_of(TILE, 1);
    let mut tiles = Vec::new();
    for y in (0..grid.rows).step_by(side) {
        for x in (0..grid.cols).step_by(side) {
            let cells = [x, y, (x + side).min(grid.cols), (y + side).min(grid.rows)];
            tiles.extend(tile(frame, grid, &masks.work, cells));
        }
    }
    if tiles.len() < LEAST_TILES {
        return;
    }
    #[expect(clippy::cast_precision_loss, reason = "tiles are few")]
    let pooled = tiles.iter().map(|t| t.log).sum::<f64>() / tiles.len() as f64;
    tiles.sort_unstable_by(|a, b| a.sd.total_cmp(&b.sd));
    let sd = tiles[tiles.len() / 2].sd;
    let place = union(grid, &tiles[tiles.len() * 9 / 10..]);
    out.push(Taken { name: STREAK_RATIO_HORIZONTAL, value: pooled.exp(), place });
    out.push(Taken { name: STREAK_SD_HORIZONTAL, value: sd, place });
}

/// Cells of even soft tissue: their deviation is at most 1.6 times the median of the frame, and their
/// neighbours are soft tissue too and no further off than three times that median (at least 20 HU).
/// All limits grow with the noise, so that streaks do not lead out of them. Leaves the cells in `masks.work`.
pub fn soft_cells(grid: &Grid, masks: &mut Masks) {
    let Masks { body, work, spare, values, .. } = masks;
    let deviation = |at: usize| (grid.square[at] / grid.count[at].max(1.0)).sqrt();
    values.clear();
    let soft = (0..grid.len()).filter(|at| body[*at] && SOFT.contains(&grid.mean[*at]));
    values.extend(soft.map(deviation));
    let middle = values.len() / 2;
    work.clear();
    work.resize(grid.len(), false);
    if values.is_empty() {
        return;
    }
    let noise = *values.select_nth_unstable_by(middle, f32::total_cmp).1;
    let (limit, wide) = ((3.0 * noise).max(20.0), SOFT.start - noise..SOFT.end + noise);
    spare.clear();
    spare.extend(body.iter().zip(&grid.mean).map(|(b, m)| *b && wide.contains(m)));
    for y in 1..grid.rows.saturating_sub(1) {
        for x in 1..grid.cols.saturating_sub(1) {
            let at = y * grid.cols + x;
            if !spare[at] || deviation(at) > 1.6 * noise {
                continue;
            }
            let even = |i: usize| spare[i] && (grid.mean[i] - grid.mean[at]).abs() < limit;
            let rows = [at - grid.cols, at, at + grid.cols];
            work[at] = rows.into_iter().all(|r| (r - 1..=r + 1).all(even));
        }
    }
}

/// The box around the tiles.
fn union(grid: &Grid, tiles: &[Tile]) -> Option<[u32; 4]> {
    let first = tiles.first()?.cells;
    let cells = tiles.iter().fold(first, |a, t| {
        let b = t.cells;
        [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
    });
    Some(grid.place(cells))
}

/// Counts of the sizes of the differences along rows and along columns, by whole HU.
struct Counts {
    bins: [[u32; BINS]; 2],
    n: u32,
}

impl Counts {
    /// Adds the pixels of a cell.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and held at the last bin"
    )]
    fn add(&mut self, frame: &CtFrame, grid: &Grid, cell: [usize; 2]) {
        let reach = frame.spacing_mm.map(|s| ((REACH / s).round() as usize).clamp(1, grid.step));
        let [cx, cy] = cell;
        for y in cy * grid.step..(cy + 1) * grid.step {
            for x in cx * grid.step..(cx + 1) * grid.step {
                let at = |y: usize, x: usize| frame.hu.get([y, x]).copied();
                let (Some(v), Some(right), Some(down)) =
                    (at(y, x), at(y, x + reach[1]), at(y + reach[0], x))
                else {
                    continue;
                };
                self.n += 1;
                for (bins, w) in self.bins.iter_mut().zip([right, down]) {
                    bins[(((v - w).abs() + 0.5) as usize).min(BINS - 1)] += 1;
                }
            }
        }
    }

    /// Both medians. `None` of too few pixels, and where half the differences are 0: a lossy codec
    /// or a smoothing has left no noise to look at.
    fn medians(&self) -> Option<[f64; 2]> {
        if self.n < LEAST || self.bins.iter().any(|b| 2 * b[0] >= self.n) {
            return None;
        }
        Some(self.bins.map(|b| median(&b, self.n)))
    }
}

fn tile(frame: &CtFrame, grid: &Grid, soft: &[bool], cells: [usize; 4]) -> Option<Tile> {
    let mut counts = Counts { bins: [[0; BINS]; 2], n: 0 };
    for cy in cells[1]..cells[3] {
        for cx in (cells[0]..cells[2]).filter(|cx| soft[cy * grid.cols + cx]) {
            counts.add(frame, grid, [cx, cy]);
        }
    }
    let [along, across] = counts.medians()?;
    // The median of |x - y| of two normal values is 0.6745 sqrt(2) of their deviation.
    let sd =
        (across * across - along * along).max(0.0).sqrt() / (0.6745 * std::f64::consts::SQRT_2);
    Some(Tile { log: (across / along).ln(), sd, cells })
}

/// Median of counts of whole numbers, by the share of the middle one; at least half.
#[expect(clippy::cast_precision_loss, reason = "few bins")]
fn median(bins: &[u32; BINS], n: u32) -> f64 {
    let half = f64::from(n) / 2.0;
    let mut seen = 0.0;
    for (at, count) in bins.iter().enumerate() {
        let next = seen + f64::from(*count);
        if next >= half {
            // Rounded differences of 0 span half a unit, all others a whole one.
            let (from, wide) = if at == 0 { (0.0, 0.5) } else { (at as f64 - 0.5, 1.0) };
            return (from + wide * (half - seen) / f64::from(*count)).max(0.5);
        }
        seen = next;
    }
    BINS as f64
}

#[cfg(test)]
mod tests {
    use super::super::tests::{disc, frame, noise, value};
    use super::super::{Scratch, one_touch, sampled};
    use super::*;
    use ndarray::s;

    #[test]
    fn white_noise_runs_nowhere() {
        for sd in [8.0, 40.0, 120.0] {
            let taken = sampled(&frame(&disc(512, 150.0, sd)), &mut Scratch::default());
            assert!((value(&taken, STREAK_RATIO_HORIZONTAL).unwrap() - 1.0).abs() < 0.03, "{sd}");
            assert!(value(&taken, STREAK_SD_HORIZONTAL).unwrap() < 0.4 * f64::from(sd));
        }
    }

    #[test]
    fn horizontal_streaks_are_seen_and_others_are_not() {
        let mut seed = 11;
        let lines: Vec<f32> = (0..1200).map(|_| 25.0 * noise(&mut seed)).collect();
        for (direction, horizontal) in [(0, true), (1, false), (2, false)] {
            let mut hu = disc(512, 150.0, 10.0);
            for ((y, x), v) in hu.indexed_iter_mut() {
                *v += lines[[y, x, x + y][direction] / 2];
            }
            let taken = sampled(&frame(&hu), &mut Scratch::default());
            let pooled = value(&taken, STREAK_RATIO_HORIZONTAL).unwrap();
            assert_eq!(pooled > 1.5, horizontal, "{direction} {pooled}");
            assert_eq!(value(&taken, STREAK_SD_HORIZONTAL).unwrap() > 12.0, horizontal);
        }
    }

    #[test]
    fn metal_is_counted_where_it_is() {
        let mut hu = disc(512, 150.0, 10.0);
        hu.slice_mut(s![250..260, 300..308]).fill(3071.0);
        let taken = one_touch(&frame(&hu), &mut Scratch::default());
        assert_eq!(value(&taken, METAL_AREA), Some(80.0));
        let place = taken.iter().find(|t| t.name == METAL_AREA).unwrap().place.unwrap();
        assert!(place[0] <= 300 && place[0] >= 296 && place[2] >= 308, "{place:?}");
    }
}
