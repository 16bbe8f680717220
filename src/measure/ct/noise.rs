//! Noise in soft tissue: global noise index and the quietest region.

use super::grid::Grid;
use super::{Masks, Taken};

/// Global noise index, HU: mode of the standard deviations of windows of about 6 mm in soft tissue (0 to
/// 150 HU, so that an enhanced liver counts) (Christianson 2015, 10.2214/AJR.14.13613, with 0 to 100). Windows move by one cell of the grid.
pub const GNI: &str = "gni";
/// Smallest standard deviation, HU, of a square of about 18 mm in soft tissue (-20 to 160 HU).
pub const QUIETEST_ROI_SD: &str = "quietest_roi_sd";

/// Side of a window of the index, mm.
const WINDOW: f64 = 6.0;
/// Side of the region of the smallest deviation, mm.
const ROI: f64 = 18.0;
/// Fewer windows than this make no mode.
const LEAST_WINDOWS: f64 = 60.0;
/// A mode of at least this share of the highest counts too.
const ALSO: f64 = 0.6;
/// Bins of the logarithm of the deviation: from `LOWEST` HU in steps of `RATIO`.
const BINS: usize = 70;
const LOWEST: f64 = 0.5;
const RATIO: f64 = 1.09;

/// Sums from the corner, so that the sum of any rectangle costs four look-ups: pixels, HU and HU^2
/// of the cells that count.
#[derive(Debug, Default)]
pub struct Sums {
    cols: usize,
    cells: Vec<[f64; 4]>,
}

impl Sums {
    /// Sums over the cells of `counts`.
    pub fn fill(&mut self, grid: &Grid, counts: &[bool]) {
        self.cols = grid.cols + 1;
        self.cells.clear();
        self.cells.resize(self.cols * (grid.rows + 1), [0.0; 4]);
        for y in 0..grid.rows {
            let mut row = [0.0; 4];
            for x in 0..grid.cols {
                let at = y * grid.cols + x;
                if counts[at] {
                    let (n, mean) = (f64::from(grid.count[at]), f64::from(grid.mean[at]));
                    let square = f64::from(grid.square[at]) + n * mean * mean;
                    for (sum, v) in row.iter_mut().zip([n, n * mean, square, 1.0]) {
                        *sum += v;
                    }
                }
                let above = self.cells[y * self.cols + x + 1];
                let to = &mut self.cells[(y + 1) * self.cols + x + 1];
                for ((to, row), above) in to.iter_mut().zip(row).zip(above) {
                    *to = row + above;
                }
            }
        }
    }

    /// Mean and standard deviation of the square of `side` cells at column `x`, row `y`; `None`
    /// unless every cell counts.
    #[expect(clippy::cast_precision_loss, reason = "cells are few")]
    pub fn spread(&self, x: usize, y: usize, side: usize) -> Option<[f64; 2]> {
        let at = |x: usize, y: usize| self.cells.get(y * self.cols + x);
        let (a, b) = (at(x, y)?, at(x + side, y)?);
        let (c, d) = (at(x, y + side)?, at(x + side, y + side)?);
        let sum = |i: usize| d[i] - b[i] - c[i] + a[i];
        if sum(3) + 0.5 < (side * side) as f64 || sum(0) < 9.0 {
            return None;
        }
        let mean = sum(1) / sum(0);
        let variance = (sum(2) - sum(0) * mean * mean) / (sum(0) - 1.0);
        Some([mean, variance.max(0.0).sqrt()])
    }
}

/// Both numbers; nothing where there is too little soft tissue.
pub fn noise(grid: &Grid, masks: &mut Masks, sums: &mut Sums, out: &mut Vec<Taken>) {
    let Masks { body, work: soft, .. } = masks;
    soft.clear();
    let even = |(b, m): (&bool, &f32)| *b && *m > -20.0 && *m < 160.0;
    soft.extend(body.iter().zip(&grid.mean).map(even));
    sums.fill(grid, soft);
    let (window, roi) = (grid.cells_of(WINDOW, 1), grid.cells_of(ROI, 2));
    let mut bins = [0.0_f64; BINS];
    let mut quietest: Option<(f64, usize, usize)> = None;
    for y in 0..grid.rows {
        for x in 0..grid.cols {
            // A cell that does not count starts no window: one look instead of eight.
            if !soft[y * grid.cols + x] || x + window > grid.cols || y + window > grid.rows {
                continue;
            }
            let Some([mean, sd]) = sums.spread(x, y, window) else { continue };
            if mean > 0.0 && mean < 150.0 {
                bins[bin(sd)] += 1.0;
            }
            if x + roi > grid.cols || y + roi > grid.rows {
                continue;
            }
            if let Some([_, sd]) = sums.spread(x, y, roi)
                && quietest.is_none_or(|(least, _, _)| sd < least)
            {
                quietest = Some((sd, x, y));
            }
        }
    }
    if let Some(value) = mode(&bins) {
        out.push(Taken { name: GNI, value, place: None });
    }
    if let Some((value, x, y)) = quietest {
        let place = Some(grid.place([x, y, x + roi, y + roi]));
        out.push(Taken { name: QUIETEST_ROI_SD, value, place });
    }
}

fn bin(sd: f64) -> usize {
    let at = (sd.max(LOWEST) / LOWEST).ln() / RATIO.ln();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and held at the last bin"
    )]
    let at = at as usize;
    at.min(BINS - 1)
}

/// Least mode of the smoothed bins, as the mean of the logarithm over the bins about it.
fn mode(bins: &[f64; BINS]) -> Option<f64> {
    if bins.iter().sum::<f64>() < LEAST_WINDOWS {
        return None;
    }
    let near = |at: usize| at.saturating_sub(2)..(at + 3).min(BINS);
    // Per HU, as bins grow with the deviation.
    #[expect(clippy::cast_possible_truncation, reason = "few bins")]
    let smooth = |at: usize| near(at).map(|i| bins[i]).sum::<f64>() / RATIO.powi(at as i32);
    let most = (0..BINS).map(smooth).fold(0.0, f64::max);
    // Anatomy only adds to noise: of several modes the least is the noise.
    let is_mode = |at: &usize| {
        let here = smooth(*at);
        here >= ALSO * most && near(*at).all(|i| smooth(i) <= here)
    };
    let best = (0..BINS).find(is_mode)?;
    let (mut sum, mut weighted) = (0.0, 0.0);
    for at in near(best) {
        #[expect(clippy::cast_precision_loss, reason = "few bins")]
        let middle = at as f64 + 0.5;
        sum += bins[at];
        weighted += bins[at] * middle;
    }
    (sum > 0.0).then(|| LOWEST * RATIO.powf(weighted / sum))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{disc, frame, value};
    use super::super::{Scratch, one_touch};
    use super::*;

    #[test]
    fn white_noise_is_measured_as_it_is() {
        for sd in [4.0_f32, 12.0, 40.0] {
            let hu = disc(512, 150.0, sd).mapv(|v| if v > -500.0 { v + 50.0 } else { v });
            let taken = one_touch(&frame(&hu), &mut Scratch::default());
            let index = value(&taken, GNI).unwrap();
            assert!((index / f64::from(sd) - 1.0).abs() < 0.06, "{sd} {index}");
            let quiet = value(&taken, QUIETEST_ROI_SD).unwrap();
            assert!(quiet < index && quiet > 0.75 * index, "{sd} {quiet}");
        }
    }

    #[test]
    fn it_follows_no_offset_within_soft_tissue_and_is_missing_without_any() {
        let at = |offset: f32| {
            let hu = disc(512, 150.0, 10.0).mapv(|v| if v > -500.0 { v + offset } else { v });
            value(&one_touch(&frame(&hu), &mut Scratch::default()), GNI)
        };
        assert!((at(30.0).unwrap() - at(60.0).unwrap()).abs() < 0.3);
        assert_eq!(at(-110.0), None);
    }
}
