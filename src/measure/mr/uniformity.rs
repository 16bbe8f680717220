//! Slow change of intensity over the body.

use multiversion::multiversion;

use super::cells::{Cells, Line};
use super::grid::Grid;
use super::mask::{Mask, Runs};
use super::stats::{ln, real, single, small};
use super::{Body, Frame, Taken};

/// Ratio (1 or more) of the 95th to the 5th percentile over the body of a surface of second degree fitted to the
/// logarithm of the signal: intensity non-uniformity. Coils on one side make it large by design: a spine
/// array reaches 10 without fault; judge heads in head coils, and phantoms.
pub const INU_RANGE: &str = "inu_range";
/// Percent integral uniformity (ACR, NEMA MS 3) = 100 (1 - (max - min) / (max + min)) of means of about 1 cm2 in the inner
/// 80 % of the body; a number for uniform phantoms only.
pub const PIU: &str = "piu";

/// Terms of the surface.
const TERMS: usize = 6;

/// Buffers of the fit, kept between frames; values of cells row by row.
#[derive(Clone, Debug, Default)]
pub struct Surface {
    logs: Cells,
    values: Cells,
    off: Cells,
    weights: Cells,
    work: Vec<f32>,
}

/// Powers of x and of y of each term.
const POWERS: [[usize; 2]; TERMS] = [[0, 0], [1, 0], [0, 1], [2, 0], [1, 1], [0, 2]];

/// The measures; none where the body is small.
pub fn taken(
    frame: &Frame<'_>,
    grid: &Grid,
    body: &mut Body,
    surface: &mut Surface,
    out: &mut Vec<Taken>,
) {
    let place = Some(grid.pixels(body.bounds));
    if let Some(value) = surface.range(grid, body) {
        out.push(Taken { name: INU_RANGE, value, place });
    }
    if let Some(value) = piu(frame, grid, body) {
        out.push(Taken { name: PIU, value, place });
    }
}

impl Surface {
    fn range(&mut self, grid: &Grid, body: &mut Body) -> Option<f64> {
        let above = Mask::above(&body.smooth, 0.0);
        let region = body.mask.inner(3).and(&above);
        if region.count() < 100 {
            return None;
        }
        self.prepare(grid, body, &region);
        let mut limit = f32::INFINITY;
        for _ in 0..3 {
            let fit = self.fit(limit, grid)?;
            self.evaluate(&fit, grid);
            region.gather(&self.off, &mut self.work);
            body.order.load(&self.work);
            // Twice the middle deviation keeps the main tissue and drops fluid, fat and bone.
            limit = 2.0 * body.order.quantile(0.5)?;
        }
        region.gather(&self.values, &mut self.work);
        body.order.load(&self.work);
        let (low, high) = (body.order.quantile(0.05)?, body.order.quantile(0.95)?);
        Some(f64::from(high - low).exp()).filter(|v| v.is_finite())
    }

    fn prepare(&mut self, grid: &Grid, body: &Body, region: &Mask) {
        for v in [&mut self.logs, &mut self.values, &mut self.off, &mut self.weights] {
            v.reset(grid.rows, grid.cols);
        }
        let numbers = body.smooth.lines().as_flattened();
        logs(numbers, self.logs.lines_mut().as_flattened_mut());
        for (r, line) in region.lines().iter().enumerate() {
            let row = self.weights.row_mut(r);
            Runs(*line).for_each(|(from, to)| row[from..to].fill(1.0));
        }
    }

    /// Least-squares surface through the cells that are off the last one by `limit` at most: 1, x, y, x^2, xy, y^2.
    fn fit(&mut self, limit: f32, grid: &Grid) -> Option<[f64; TERMS]> {
        let cells = [&self.logs, &self.off, &self.weights].map(Cells::lines);
        let columns = moments(cells, limit);
        let mut sums = [[0.0; 5]; 8];
        for c in 0..grid.cols {
            let x = along(c, grid.cols);
            for (sums, column) in sums.iter_mut().zip(&columns) {
                let mut term = f64::from(column[c + 2]);
                for sum in sums {
                    *sum += term;
                    term *= x;
                }
            }
        }
        let mut system = [[0.0; TERMS + 1]; TERMS];
        for (row, [ax, ay]) in system.iter_mut().zip(POWERS) {
            for (cell, [bx, by]) in row.iter_mut().zip(POWERS) {
                *cell = sums[ay + by][ax + bx];
            }
            row[TERMS] = sums[5 + ay][ax];
        }
        solve(system)
    }

    /// The surface in each cell, and how far the logarithm is off it.
    fn evaluate(&mut self, fit: &[f64; TERMS], grid: &Grid) {
        let across: Line =
            std::array::from_fn(|at| single(along(at, grid.cols) - 4.0 / real(grid.cols)));
        let rows = self.values.lines_mut().iter_mut().zip(self.off.lines_mut());
        for (r, ((values, off), logs)) in rows.zip(self.logs.lines()).enumerate() {
            let y = along(r, grid.rows);
            let terms = [fit[0] + y * (fit[2] + y * fit[5]), fit[1] + y * fit[4], fit[3]];
            parabola(&across, terms.map(single), logs, values, off);
        }
    }
}

/// Logarithms of positive values; of others a number that nobody reads.
#[multiversion(targets("x86_64+avx2"))]
fn logs(values: &[f32], out: &mut [f32]) {
    for (o, v) in out.iter_mut().zip(values) {
        *o = ln(if *v > f32::MIN_POSITIVE { *v } else { f32::MIN_POSITIVE });
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn parabola(across: &Line, [a, b, c]: [f32; 3], logs: &Line, out: &mut Line, off: &mut Line) {
    for (((o, d), x), log) in out.iter_mut().zip(off).zip(across).zip(logs) {
        *o = a + x * (b + x * c);
        *d = (log - *o).abs();
    }
}

/// Place of a cell along a side of the grid, -1 to 1.
fn along(cell: usize, cells: usize) -> f64 {
    2.0 * real(cell) / real(cells) - 1.0
}

/// Sums along each column, over the cells that are off by `limit` at most, of 1, y, y^2, y^3, y^4, log, y log,
/// y^2 log.
#[multiversion(targets("x86_64+avx2"))]
fn moments([logs, off, weights]: [&[Line]; 3], limit: f32) -> [Line; 8] {
    let mut sums = [[0.0; size_of::<Line>() / size_of::<f32>()]; 8];
    let rows = weights.len();
    let [a, b, c, d, e, f, g, h] = &mut sums;
    for (r, (logs, (off, weights))) in logs.iter().zip(off.iter().zip(weights)).enumerate() {
        let y = single(along(r, rows));
        for k in 0..logs.len() {
            let weight = if off[k] <= limit { weights[k] } else { 0.0 };
            let (first, log) = (weight * y, weight * logs[k]);
            let second = first * y;
            a[k] += weight;
            b[k] += first;
            c[k] += second;
            d[k] += second * y;
            e[k] += second * y * y;
            f[k] += log;
            g[k] += log * y;
            h[k] += log * y * y;
        }
    }
    sums
}

/// Gauss-Jordan with the largest pivot; `None` where the system is singular.
fn solve(mut m: [[f64; TERMS + 1]; TERMS]) -> Option<[f64; TERMS]> {
    for step in 0..TERMS {
        let pivot = (step..TERMS).max_by(|a, b| m[*a][step].abs().total_cmp(&m[*b][step].abs()))?;
        m.swap(step, pivot);
        if m[step][step].abs() < 1e-9 {
            return None;
        }
        let row = m[step].map(|v| v / m[step][step]);
        m[step] = row;
        for (at, other) in m.iter_mut().enumerate().filter(|(at, _)| *at != step) {
            let _ = at;
            let factor = other[step];
            other.iter_mut().zip(row).for_each(|(v, r)| *v -= factor * r);
        }
    }
    Some(m.map(|row| row[TERMS]))
}

fn piu(frame: &Frame<'_>, grid: &Grid, body: &Body) -> Option<f64> {
    let cell_mm = frame.spacing_mm.map(|s| s * real(grid.block));
    if !(cell_mm[0] > 0.0 && cell_mm[1] > 0.0 && cell_mm[0].is_finite() && cell_mm[1].is_finite()) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let half = cell_mm.map(|mm| (5.0 / mm).clamp(0.0, 20.0) as usize);
    // A disc less a tenth of its radius at each side keeps 80 % of its area; no square reaches its rim
    // or the cell or two by which the mask is larger than the body.
    let rim = (deepest(&body.mask, grid) / 10).max(half[0] + half[1] + 3);
    let inner = body.mask.inner(rim + 1);
    let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
    for (r, line) in inner.lines().iter().enumerate().filter(|(_, line)| **line != 0) {
        for c in (0..grid.cols).filter(|c| line >> c & 1 == 1) {
            let (rows, cols) = (r.checked_sub(half[0]), c.checked_sub(half[1]));
            let (Some(r0), Some(c0)) = (rows, cols) else { continue };
            let (r1, c1) = (r + half[0], c + half[1]);
            if r1 >= grid.rows || c1 >= grid.cols {
                continue;
            }
            let rows = (r0..=r1).map(|r| &grid.values.row(r)[c0..=c1]);
            let sum: f32 = rows.map(|row| row.iter().sum::<f32>()).sum();
            let mean = sum / small((r1 - r0 + 1) * (c1 - c0 + 1));
            (low, high) = (low.min(mean), high.max(mean));
        }
    }
    (high > 0.0 && low >= 0.0)
        .then(|| 100.0 * (1.0 - f64::from(high - low) / f64::from(high + low)))
}

/// Steps by edge from the outside to the deepest cell of a mask; the most there can be where there is no outside.
fn deepest(mask: &Mask, grid: &Grid) -> usize {
    let mut outside = mask.inverse();
    if outside.count() == 0 {
        return usize::from(u16::MAX);
    }
    let mut steps = 0;
    while outside.count() < grid.len() {
        outside = outside.grown(1);
        steps += 1;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{clean_head, head, rician, taken_of, value};
    use super::*;

    #[test]
    fn a_slope_over_the_body_has_its_range() {
        let flat = value(&taken_of(&head(256, 256, 2.0), None), INU_RANGE).unwrap();
        assert!(flat < 1.15, "{flat}");
        let mut clean = clean_head(256, 256);
        for ((r, _), v) in clean.indexed_iter_mut() {
            *v *= (single(real(r)) / 128.0).exp();
        }
        let sloped = value(&taken_of(&rician(clean, 2.0, 7), None), INU_RANGE).unwrap();
        // The body spans 0.6 of e^2; its inner 90 % somewhat less.
        assert!((2.0..3.4).contains(&sloped), "{sloped}");
    }

    #[test]
    fn a_uniform_disc_has_a_high_piu() {
        let disc = clean_head(256, 256).mapv(|v| if v > 0.0 { 100.0 } else { 0.0 });
        let piu = value(&taken_of(&rician(disc, 1.0, 7), None), PIU).unwrap();
        assert!(piu > 97.0, "{piu}");
        assert_eq!(solve([[0.0; TERMS + 1]; TERMS]), None);
    }
}
