//! Slow change of intensity over the body.

use super::grid::Grid;
use super::stats::{median, quantile, real, single};
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

/// The measures; none where the body is small.
pub fn taken(
    frame: &Frame<'_>,
    grid: &Grid,
    body: &Body,
    work: &mut Vec<f32>,
    out: &mut Vec<Taken>,
) {
    let place = Some(grid.pixels(body.bounds));
    if let Some(value) = inu_range(grid, body, work) {
        out.push(Taken { name: INU_RANGE, value, place });
    }
    if let Some(value) = piu(frame, grid, body) {
        out.push(Taken { name: PIU, value, place });
    }
}

fn terms(at: usize, grid: &Grid) -> [f64; TERMS] {
    let x = 2.0 * real(at % grid.cols) / real(grid.cols) - 1.0;
    let y = 2.0 * real(at / grid.cols) / real(grid.rows) - 1.0;
    [1.0, x, y, x * x, x * y, y * y]
}

fn inu_range(grid: &Grid, body: &Body, work: &mut Vec<f32>) -> Option<f64> {
    let cells: Vec<(usize, f64)> = (0..grid.len())
        .filter(|at| body.depth[*at] >= 3 && body.smooth[*at] > 0.0)
        .map(|at| (at, f64::from(body.smooth[at]).ln()))
        .collect();
    if cells.len() < 100 {
        return None;
    }
    let mut limit = f64::INFINITY;
    let mut fit = [0.0; TERMS];
    let value = |fit: &[f64; TERMS], at: usize| -> f64 {
        terms(at, grid).iter().zip(fit).map(|(t, f)| t * f).sum()
    };
    for _ in 0..3 {
        fit = surface(&cells, grid, |at, log| (log - value(&fit, at)).abs() <= limit)?;
        work.clear();
        work.extend(cells.iter().map(|(at, log)| single((log - value(&fit, *at)).abs())));
        // Twice the middle deviation keeps the main tissue and drops fluid, fat and bone.
        limit = 2.0 * f64::from(median(work)?);
    }
    work.clear();
    work.extend(cells.iter().map(|(at, _)| single(value(&fit, *at))));
    let (low, high) = (quantile(work, 0.05)?, quantile(work, 0.95)?);
    Some(f64::from(high - low).exp()).filter(|v| v.is_finite())
}

/// Least-squares surface through the cells that `keep` holds for.
fn surface(
    cells: &[(usize, f64)],
    grid: &Grid,
    keep: impl Fn(usize, f64) -> bool,
) -> Option<[f64; TERMS]> {
    let mut system = [[0.0; TERMS + 1]; TERMS];
    for (at, log) in cells.iter().filter(|(at, log)| keep(*at, *log)) {
        let t = terms(*at, grid);
        for (row, a) in system.iter_mut().zip(t) {
            for (cell, b) in row.iter_mut().zip(t) {
                *cell += a * b;
            }
            row[TERMS] += a * log;
        }
    }
    solve(system)
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
    let deepest = body.depth.iter().copied().max()?;
    let cell_mm = frame.spacing_mm.map(|s| s * real(grid.block));
    if !(cell_mm[0] > 0.0 && cell_mm[1] > 0.0 && cell_mm[0].is_finite() && cell_mm[1].is_finite()) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let half = cell_mm.map(|mm| (5.0 / mm).clamp(0.0, 20.0) as usize);
    // A disc less a tenth of its radius at each side keeps 80 % of its area; no square reaches its rim
    // or the cell or two by which the mask is larger than the body.
    let rim = (usize::from(deepest) / 10).max(half[0] + half[1] + 3);
    let inner: Vec<bool> = body.depth.iter().map(|d| usize::from(*d) > rim).collect();
    let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
    for at in (0..grid.len()).filter(|at| inner[*at]) {
        let (r, c) = (at / grid.cols, at % grid.cols);
        let (rows, cols) = (r.checked_sub(half[0]), c.checked_sub(half[1]));
        let (Some(r0), Some(c0)) = (rows, cols) else { continue };
        let (r1, c1) = (r + half[0], c + half[1]);
        if r1 >= grid.rows || c1 >= grid.cols {
            continue;
        }
        let (mut sum, mut n) = (0.0, 0.0);
        for line in r0..=r1 {
            sum += grid.values[line * grid.cols + c0..=line * grid.cols + c1].iter().sum::<f32>();
            n += single(real(c1 - c0 + 1));
        }
        (low, high) = (low.min(sum / n), high.max(sum / n));
    }
    (high > 0.0 && low >= 0.0)
        .then(|| 100.0 * (1.0 - f64::from(high - low) / f64::from(high + low)))
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
