//! Noise in soft tissue: global noise index and the quietest region.

use std::ops::Range;

use multiversion::multiversion;

use super::grid::{Grid, Row, WIDTH};
use super::mask::{places, runs, within};
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

/// A square of fewer pixels to a side has no deviation to speak of.
const LEAST_SIDE: usize = 3;
/// The middle of soft tissue, HU: squares are taken about it, so that they stay exact enough.
const MIDDLE: f32 = 70.0;

/// Sums of a cell or of a square of cells: pixels, HU about the middle, and their squares.
type Three = [Row; 3];

/// Buffers of the windows.
#[derive(Debug)]
pub struct Sums {
    cells: Vec<Three>,
    starts: Vec<u128>,
    /// Pixels of a cell where all have the same.
    whole: Option<f32>,
    mean: Row,
    variance: Row,
}

impl Default for Sums {
    fn default() -> Self {
        let row = [0.0; WIDTH];
        Self { cells: Vec::new(), starts: Vec::new(), whole: None, mean: row, variance: row }
    }
}

impl Sums {
    /// Takes the sums of the cells from the grid.
    fn fill(&mut self, grid: &Grid) {
        #[multiversion(targets("x86_64+avx2"))]
        fn row(counts: &Row, means: &Row, about: &Row, out: &mut Three) {
            for x in 0..WIDTH {
                let (n, mean) = (counts[x], means[x] - MIDDLE);
                out[0][x] = n;
                out[1][x] = n * mean;
                out[2][x] = about[x] + n * mean * mean;
            }
        }
        self.whole = grid.whole;
        self.cells.resize(grid.rows, [[0.0; WIDTH]; 3]);
        for (y, out) in self.cells.iter_mut().enumerate() {
            row(&grid.count[y], &grid.mean[y], &grid.square[y], out);
        }
    }

    /// The cells at which a square of `side` cells begins all of which are in `counts`.
    fn begin(&mut self, counts: &[u128], side: usize) {
        self.starts.clear();
        self.starts.extend(counts.iter().map(|row| (0..side).fold(*row, |a, k| a & (row >> k))));
        for y in 0..self.starts.len() {
            let rows = self.starts.get(y..y + side);
            self.starts[y] = rows.map_or(0, |rows| rows.iter().fold(u128::MAX, |a, row| a & row));
        }
    }

    /// Takes mean and variance of the squares of `side` cells that begin in row `y`, by column;
    /// whatever where there is no such square. Returns where they begin.
    fn spread(&mut self, y: usize, side: usize) -> u128 {
        #[multiversion(targets("x86_64+avx2"))]
        fn squares(
            rows: &[Three],
            span: Range<usize>,
            whole: Option<f32>,
            [mean, variance]: [&mut Row; 2],
        ) {
            #[expect(clippy::cast_precision_loss, reason = "cells are few")]
            let cells = (rows.len() * rows.len()) as f32;
            let mut sums = [[cells * whole.unwrap_or(0.0); WIDTH], [0.0; WIDTH], [0.0; WIDTH]];
            let mut tall = [0.0_f32; WIDTH];
            // Where all cells have the same number of pixels, that is no sum to be taken.
            for (k, sum) in sums.iter_mut().enumerate().skip(usize::from(whole.is_some())) {
                let wide = span.start..(span.end + rows.len()).min(WIDTH);
                let part = &mut tall[wide.clone()];
                part.fill(0.0);
                for row in rows {
                    part.iter_mut().zip(&row[k][wide.clone()]).for_each(|(sum, v)| *sum += v);
                }
                for first in 0..rows.len().min(WIDTH) {
                    let from = &tall[(span.start + first).min(WIDTH)..];
                    sum[span.clone()].iter_mut().zip(from).for_each(|(sum, v)| *sum += v);
                }
            }
            let [n, s, q] = sums;
            for x in span {
                let average = s[x] / n[x];
                mean[x] = average + MIDDLE;
                variance[x] = (q[x] - s[x] * average) / (n[x] - 1.0);
            }
        }
        let starts = self.starts[y];
        if let Some(rows) = self.cells.get(y..y + side)
            && starts != 0
        {
            let span = starts.trailing_zeros() as usize..WIDTH - starts.leading_zeros() as usize;
            squares(rows, span, self.whole, [&mut self.mean, &mut self.variance]);
        }
        starts
    }
}

/// Both numbers; nothing where there is too little soft tissue.
pub fn noise(grid: &Grid, masks: &mut Masks, sums: &mut Sums, out: &mut Vec<Taken>) {
    let Masks { body, work: soft, .. } = masks;
    soft.clear();
    let even = |(body, mean): (&u128, &Row)| match body {
        0 => 0,
        body => body & within(mean, (-20.0_f32).next_up()..160.0),
    };
    soft.extend(body.iter().zip(&grid.mean).map(even));
    sums.fill(grid);
    if let Some(value) = mode(&spreads(grid, soft, sums)) {
        out.push(Taken { name: GNI, value, place: None });
    }
    let roi = grid.cells_of(ROI, 2);
    sums.begin(soft, roi);
    let mut quietest: Option<(f32, usize, usize)> = None;
    let wide = grid.cells_of(WINDOW, 1) * grid.step >= LEAST_SIDE;
    for y in (0..grid.rows).filter(|_| wide) {
        for x in places(sums.spread(y, roi)) {
            let variance = sums.variance[x];
            if quietest.is_none_or(|(least, _, _)| variance < least) {
                quietest = Some((variance, x, y));
            }
        }
    }
    if let Some((variance, x, y)) = quietest {
        let place = Some(grid.place([x, y, x + roi, y + roi]));
        let value = f64::from(variance.max(0.0)).sqrt();
        out.push(Taken { name: QUIETEST_ROI_SD, value, place });
    }
}

/// Counts of the deviations of the windows in soft tissue.
fn spreads(grid: &Grid, soft: &[u128], sums: &mut Sums) -> [f64; BINS] {
    let window = grid.cells_of(WINDOW, 1);
    sums.begin(soft, window);
    let mut lots = [[0_u32; BINS]; 2];
    for y in (0..grid.rows).filter(|_| window * grid.step >= LEAST_SIDE) {
        let starts = sums.spread(y, window);
        if starts == 0 {
            continue;
        }
        for run in runs(starts & within(&sums.mean, 0.0_f32.next_up()..150.0)) {
            // In two lots, as equal bins in a row wait for each other.
            let (pairs, rest) = sums.variance[run].as_chunks::<2>();
            for [a, b] in pairs {
                lots[0][bin(*a)] += 1;
                lots[1][bin(*b)] += 1;
            }
            for v in rest {
                lots[0][bin(*v)] += 1;
            }
        }
    }
    std::array::from_fn(|i| f64::from(lots[0][i] + lots[1][i]))
}

/// Variances at which the bins begin, HU^2; the last bin has no end.
const EDGES: [f32; BINS + 1] = {
    let mut edges = [f32::INFINITY; BINS + 1];
    let (mut at, mut edge) = (0, LOWEST * LOWEST);
    while at < BINS {
        #[expect(clippy::cast_possible_truncation, reason = "an edge of a bin")]
        let rounded = edge as f32;
        edges[at] = rounded;
        edge *= RATIO * RATIO;
        at += 1;
    }
    edges
};

/// Bits of a float left off for the look-up: what stays has 32 steps an octave, an eighth of a bin.
const COARSE: u32 = 18;
/// The float 0.25, the least edge, in those steps.
const FIRST: u32 = 0.25_f32.to_bits() >> COARSE;

/// The bin in which each step begins.
const BEGIN: [u8; 18 * 32] = {
    let mut begin = [0; 18 * 32];
    let (mut at, mut bin) = (0, 0_u8);
    while at < begin.len() {
        #[expect(clippy::cast_possible_truncation, reason = "few steps")]
        let value = f32::from_bits((FIRST + at as u32) << COARSE);
        while (bin as usize) + 1 < BINS && EDGES[bin as usize + 1] <= value {
            bin += 1;
        }
        begin[at] = bin;
        at += 1;
    }
    begin
};

/// Bin of a variance: of the logarithm of the deviation.
fn bin(variance: f32) -> usize {
    let held = variance.max(EDGES[0]);
    let step = ((held.to_bits() >> COARSE) - FIRST) as usize;
    let begin = usize::from(BEGIN[step.min(BEGIN.len() - 1)]);
    begin + usize::from(begin + 1 < BINS && held >= EDGES[begin + 1])
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
    use super::super::tests::{disc, stored, value};
    use super::super::{Scratch, sampled};
    use super::*;

    #[test]
    fn white_noise_is_measured_as_it_is() {
        for sd in [4.0_f32, 12.0, 40.0] {
            let hu = disc(512, 150.0, sd).mapv(|v| if v > -500.0 { v + 50.0 } else { v });
            let taken = sampled(&stored(&hu).frame(), &mut Scratch::default());
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
            value(&sampled(&stored(&hu).frame(), &mut Scratch::default()), GNI)
        };
        assert!((at(30.0).unwrap() - at(60.0).unwrap()).abs() < 0.3);
        assert_eq!(at(-110.0), None);
    }
}
