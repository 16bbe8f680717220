//! Metal, and horizontal streaks: noise of soft tissue that runs in one direction.

use std::ops::Range;

use multiversion::multiversion;

use super::grid::{Grid, Row, WIDTH};
use super::mask::{below_share, bits, bounds, morph, ones, runs, within};
use super::{CtFrame, Image, Masks, Taken};

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
const SOFT: Range<f32> = -160.0..160.0;
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
pub fn metal(frame: &CtFrame, grid: &Grid, masks: &mut Masks, out: &mut Vec<Taken>) {
    let Masks { body, work: has, values: line, .. } = masks;
    let mut pixels = 0_u32;
    has.clear();
    has.resize(grid.rows, 0);
    line.clear();
    line.resize(grid.size[0], 0.0);
    let rows = grid.top.iter().zip(body.iter()).enumerate();
    for (y, (_, body)) in rows.filter(|(_, (top, body))| **top > METAL && **body != 0) {
        let cells = body.trailing_zeros() as usize..WIDTH - body.leading_zeros() as usize;
        let (from, to) = (cells.start * grid.step, (cells.end * grid.step).min(grid.size[0]));
        let line = &mut line[..to - from];
        for row in y * grid.step..((y + 1) * grid.step).min(grid.size[1]) {
            frame.read(row, from..to, line);
            // Metal is rare: a quick look at many pixels first.
            for (k, part) in line.chunks(PART).enumerate() {
                let any = part.iter().map(|v| u32::from(*v > METAL)).sum::<u32>() > 0;
                for (at, _) in part.iter().enumerate().filter(|(_, v)| any && **v > METAL) {
                    let cell = 1 << (cells.start + (k * PART + at) / grid.step);
                    if body & cell != 0 {
                        pixels += 1;
                        has[y] |= cell;
                    }
                }
            }
        }
    }
    let pixel = frame.spacing_mm[0] * frame.spacing_mm[1];
    let place = bounds(has).map(|cells| grid.place(cells));
    let value = f64::from(pixels) * pixel;
    out.push(Taken { name: METAL_AREA, value, place });
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
/// The cells are those that [`soft_cells`] has left in `masks.work`.
///
/// Streaks of metal and of dense contrast run in all directions from their source; the same ratio in any
/// direction did not tell them from layers of muscle on real slices, and is not given.
pub fn streaks(image: &Image, grid: &Grid, masks: &Masks, out: &mut Vec<Taken>) {
    let side = grid.cells_of(TILE, 1);
    let mut tiles = Vec::new();
    for y in (0..grid.rows).step_by(side) {
        for x in (0..grid.cols).step_by(side) {
            let cells = [x, y, (x + side).min(grid.cols), (y + side).min(grid.rows)];
            tiles.extend(tile(image, grid, &masks.work, cells));
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
    values.clear();
    for (y, body) in body.iter().enumerate().filter(|(_, body)| **body != 0) {
        for run in runs(body & within(&grid.mean[y], SOFT)) {
            let cells = grid.square[y][run.clone()].iter().zip(&grid.count[y][run]);
            values.extend(cells.map(|(square, count)| square / count.max(1.0)));
        }
    }
    let middle = values.len() / 2;
    work.clear();
    work.resize(grid.rows, 0);
    if values.is_empty() {
        return;
    }
    let variance = *values.select_nth_unstable_by(middle, f32::total_cmp).1;
    let noise = variance.sqrt();
    let (limit, wide) = ((3.0 * noise).max(20.0), SOFT.start - noise..SOFT.end + noise);
    spare.clear();
    spare.extend(body.iter().zip(&grid.mean).map(|(b, mean)| b & within(mean, wide.clone())));
    morph(spare, grid.cols, 1, false);
    let inner = ones(1..grid.cols.saturating_sub(1).max(1));
    let most = (1.6 * 1.6 * variance).next_up();
    for y in 1..grid.rows.saturating_sub(1) {
        let may = spare[y] & inner;
        if may != 0 {
            let quiet = below_share(&grid.square[y], &grid.count[y], most);
            work[y] = may & quiet & even(&grid.mean[y - 1..=y + 1], limit);
        }
    }
}

/// Cells of the middle row that differ from their eight neighbours by less than `limit`.
fn even(rows: &[Row], limit: f32) -> u128 {
    #[multiversion(targets("x86_64+avx2"))]
    fn marks(rows: &[Row], limit: f32, out: &mut [u8; WIDTH]) {
        let here = &rows[1];
        out.fill(1);
        for row in rows {
            for shift in 0..3 {
                let cells = out[1..WIDTH - 1].iter_mut().zip(&here[1..WIDTH - 1]);
                for ((o, v), w) in cells.zip(&row[shift..WIDTH - 2 + shift]) {
                    *o &= u8::from((w - v).abs() < limit);
                }
            }
        }
    }
    let mut out = [0; WIDTH];
    marks(rows, limit, &mut out);
    bits(&out)
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

/// Pixels of a line that are looked at together.
const PART: usize = 64;

impl Counts {
    /// Adds the pixels `from` to `to` of line `y`, each against the one `reach` pixels below and to
    /// the right, as far as there is one.
    fn add(&mut self, image: &Image, y: usize, pixels: Range<usize>, reach: [usize; 2]) {
        let to = pixels.end.min(image.columns.saturating_sub(reach[1]));
        let (line, below) = (image.row(y), image.row(y + reach[0]));
        for from in pixels.step_by(PART) {
            let end = (from + PART).min(to);
            let lines = (line.get(from..end), line.get(from + reach[1]..end + reach[1]));
            let (Some(here), Some(right), Some(down)) = (lines.0, lines.1, below.get(from..end))
            else {
                return;
            };
            let mut at = [[0_u16; PART]; 2];
            sizes(here, right, &mut at[0]);
            sizes(here, down, &mut at[1]);
            self.n += u32::try_from(here.len()).unwrap_or(0);
            let [along, across] = &mut self.bins;
            for (a, b) in at[0].iter().zip(&at[1]).take(here.len()) {
                along[usize::from(*a)] += 1;
                across[usize::from(*b)] += 1;
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

/// Sizes of differences in whole HU, held at the last bin.
fn sizes(from: &[f32], to: &[f32], out: &mut [u16; PART]) {
    #[multiversion(targets("x86_64+avx2"))]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "not negative, and held at the last bin"
    )]
    fn plain(from: &[f32], to: &[f32], out: &mut [u16; PART]) {
        for ((o, v), w) in out.iter_mut().zip(from).zip(to) {
            *o = ((v - w).abs() + 0.5).min((BINS - 1) as f32) as i32 as u16;
        }
    }
    plain(from, to, out);
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few pixels, not negative"
)]
fn tile(image: &Image, grid: &Grid, soft: &[u128], cells: [usize; 4]) -> Option<Tile> {
    let inside = ones(cells[0]..cells[2]);
    let rows = soft.get(cells[1]..cells[3])?;
    if rows.iter().all(|row| row & inside == 0) {
        return None;
    }
    let reach = image.spacing_mm.map(|s| ((REACH / s).round() as usize).clamp(1, grid.step));
    let mut counts = Counts { bins: [[0; BINS]; 2], n: 0 };
    for (cy, row) in (cells[1]..).zip(rows) {
        for run in runs(row & inside) {
            for y in cy * grid.step..(cy + 1) * grid.step {
                counts.add(image, y, run.start * grid.step..run.end * grid.step, reach);
            }
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
    use super::super::tests::{disc, noise, stored, value};
    use super::super::{Scratch, one_touch, sampled};
    use super::*;
    use ndarray::s;

    #[test]
    fn white_noise_runs_nowhere() {
        for sd in [8.0, 40.0, 120.0] {
            let taken = sampled(&stored(&disc(512, 150.0, sd)).frame(), &mut Scratch::default());
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
            let taken = sampled(&stored(&hu).frame(), &mut Scratch::default());
            let pooled = value(&taken, STREAK_RATIO_HORIZONTAL).unwrap();
            assert_eq!(pooled > 1.5, horizontal, "{direction} {pooled}");
            assert_eq!(value(&taken, STREAK_SD_HORIZONTAL).unwrap() > 12.0, horizontal);
        }
    }

    #[test]
    fn metal_is_counted_where_it_is() {
        let mut hu = disc(512, 150.0, 10.0);
        hu.slice_mut(s![250..260, 300..308]).fill(3071.0);
        let taken = one_touch(&stored(&hu).frame(), &mut Scratch::default());
        assert_eq!(value(&taken, METAL_AREA), Some(80.0));
        let place = taken.iter().find(|t| t.name == METAL_AREA).unwrap().place.unwrap();
        assert!(place[0] <= 300 && place[0] >= 296 && place[2] >= 308, "{place:?}");
    }
}
