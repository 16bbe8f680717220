//! Spikes in k-space: single bad samples of the receiver, seen as a herringbone over the whole image.

use super::stats::{median_and_spread, real, single};
use super::{Frame, Taken};
use rustfft::{Fft, FftPlanner, num_complex::Complex32};
use std::sync::Arc;

/// The largest excess of log |F| over its surroundings in k-space away from the centre and the axes, in
/// robust standard deviations. F is the geometric mean of the spectra of four quarters of the frame: a
/// spike is in all, a texture in one.
pub const SPIKE_Z: &str = "spike_z";
/// Amplitude of that spike's wave over the root mean square of the frame without its mean (0 to 1).
pub const SPIKE_SHARE: &str = "spike_share";

/// Largest side of a quarter.
const SIDE: usize = 256;

/// Transform and buffers kept between frames.
#[derive(Default)]
pub struct Spectra {
    plan: Option<(usize, Arc<dyn Fft<f32>>)>,
    window: Vec<f32>,
    plane: Vec<Complex32>,
    turned: Vec<Complex32>,
    inner: Vec<Complex32>,
    logs: Vec<f32>,
    sums: Vec<f64>,
    excess: Vec<f32>,
}

/// The spike measures; none for frames below 64 x 64.
pub fn taken(frame: &Frame<'_>, spectra: &mut Spectra, work: &mut Vec<f32>, out: &mut Vec<Taken>) {
    let short = frame.height.min(frame.width);
    let side = SIDE.min(short / 8 * 8);
    if side < 48 {
        return;
    }
    spectra.prepare(side);
    let (ys, xs) = ([0, frame.height - side], [0, frame.width - side]);
    let (ys, xs) =
        (ys.map(|y| middle(y, frame.height, side)), xs.map(|x| middle(x, frame.width, side)));
    spectra.logs.clear();
    spectra.logs.resize(side * (side / 2), 0.0);
    let mut energy = 0.0;
    for y in ys {
        // Two real quarters share one complex transform.
        energy += spectra.fill(frame, y, xs, side);
        spectra.transform(side);
        spectra.add_logs(side);
    }
    if let Some((z, log)) = spectra.strongest(side, work) {
        out.push(Taken { name: SPIKE_Z, value: z, place: None });
        // A wave of amplitude A under the window has |F| = A / 2 times the window's sum, (side / 2)^2.
        let amplitude = 2.0 * f64::from(log).exp() / (real(side) / 2.0).powi(2);
        let rms = (energy / (4.0 * real(side * side))).sqrt();
        if rms > 0.0 {
            out.push(Taken { name: SPIKE_SHARE, value: (amplitude / rms).min(1.0), place: None });
        }
    }
}

/// Where a quarter of `side` starts that lies at the end `at` of `length`: in longer frames nearer to
/// the middle.
fn middle(at: usize, length: usize, side: usize) -> usize {
    if length <= 2 * side {
        at
    } else if at == 0 {
        length / 2 - side
    } else {
        length / 2
    }
}

impl Spectra {
    fn prepare(&mut self, side: usize) {
        if self.plan.as_ref().is_some_and(|(n, _)| *n == side) {
            return;
        }
        self.plan = Some((side, FftPlanner::new().plan_fft_forward(side)));
        self.window.clear();
        self.window.extend((0..side).map(|i| {
            let turn = std::f64::consts::TAU * (real(i) + 0.5) / real(side);
            single(0.5 - 0.5 * turn.cos())
        }));
        let len = self.plan.as_ref().map_or(0, |(_, p)| p.get_inplace_scratch_len());
        self.inner.clear();
        self.inner.resize(len, Complex32::default());
    }

    /// Puts two windowed quarters into the plane; returns the energy of both without their mean.
    fn fill(&mut self, frame: &Frame<'_>, y: usize, xs: [usize; 2], side: usize) -> f64 {
        let row = |r: usize, x: usize| {
            &frame.pixels[(y + r) * frame.width + x..(y + r) * frame.width + x + side]
        };
        let means = xs.map(|x| {
            (0..side).map(|r| f64::from(row(r, x).iter().sum::<f32>())).sum::<f64>()
                / real(side * side)
        });
        let means = means.map(single);
        let mut energy = 0.0;
        self.plane.clear();
        for r in 0..side {
            let mut line = 0.0;
            let high = self.window[r];
            for ((a, b), w) in row(r, xs[0]).iter().zip(row(r, xs[1])).zip(&self.window) {
                let (a, b) = (a - means[0], b - means[1]);
                line += a * a + b * b;
                self.plane.push(Complex32::new(a * w * high, b * w * high));
            }
            energy += f64::from(line);
        }
        energy
    }

    fn transform(&mut self, side: usize) {
        let Some((_, plan)) = &self.plan else { return };
        plan.process_with_scratch(&mut self.plane, &mut self.inner);
        self.turned.clear();
        self.turned.resize(side * side, Complex32::default());
        // Blocks of 8 x 8 keep both sides of the transposition in the cache.
        for r0 in (0..side).step_by(8) {
            for c0 in (0..side).step_by(8) {
                for r in r0..r0 + 8 {
                    for c in c0..c0 + 8 {
                        self.turned[c * side + r] = self.plane[r * side + c];
                    }
                }
            }
        }
        plan.process_with_scratch(&mut self.turned, &mut self.inner);
    }

    /// Adds log |F| of both quarters over the half plane; row u is a horizontal frequency 0..side / 2,
    /// column v a vertical one.
    fn add_logs(&mut self, side: usize) {
        for u in 0..side / 2 {
            for v in 0..side {
                let z = self.turned[u * side + v];
                let m = self.turned[(side - u) % side * side + (side - v) % side];
                let a = Complex32::new(z.re + m.re, z.im - m.im).norm_sqr();
                let b = Complex32::new(z.im + m.im, m.re - z.re).norm_sqr();
                // |A|^2 / 4 and |B|^2 / 4; a half of each log for the root, a quarter for the mean of four.
                self.logs[u * side + v] +=
                    0.125 * ((a * 0.25).max(1e-12) * (b * 0.25).max(1e-12)).ln();
            }
        }
    }

    /// Robust z and log |F| of the strongest sample against the 9 x 9 around it without its 5 x 5, over
    /// which the window spreads a wave.
    fn strongest(&mut self, side: usize, work: &mut Vec<f32>) -> Option<(f64, f32)> {
        let rows = side / 2;
        self.sum_areas(rows, side);
        let area = |r0: usize, c0: usize, r1: usize, c1: usize| {
            let s = |r: usize, c: usize| self.sums[r * (side + 1) + c];
            s(r1, c1) - s(r0, c1) - s(r1, c0) + s(r0, c0)
        };
        self.excess.clear();
        let mut best: Option<(f32, f32)> = None;
        for u in 5..rows - 5 {
            for v in 5..side - 5 {
                let y = if v > rows { side - v } else { v };
                if y < 5 || u * u + y * y < (side / 8) * (side / 8) {
                    continue;
                }
                let near = area(u - 4, v - 4, u + 5, v + 5) - area(u - 2, v - 2, u + 3, v + 3);
                let log = self.logs[u * side + v];
                let excess = log - single(near / 56.0);
                self.excess.push(excess);
                if best.is_none_or(|b| excess > b.0) {
                    best = Some((excess, log));
                }
            }
        }
        work.clear();
        work.extend_from_slice(&self.excess);
        let (middle, spread) = median_and_spread(work)?;
        let (excess, log) = best?;
        (spread > 1e-6).then(|| (f64::from(excess - middle) / f64::from(spread), log))
    }

    fn sum_areas(&mut self, rows: usize, side: usize) {
        self.sums.clear();
        self.sums.resize((rows + 1) * (side + 1), 0.0);
        for r in 0..rows {
            let mut line = 0.0;
            for c in 0..side {
                line += f64::from(self.logs[r * side + c]);
                self.sums[(r + 1) * (side + 1) + c + 1] = self.sums[r * (side + 1) + c + 1] + line;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::stats::small;
    use super::super::synthetic::{head, taken_of, value};
    use super::*;

    #[test]
    fn a_wave_over_the_frame_is_a_spike_and_its_amplitude_is_told() {
        for (h, w) in [(256, 256), (512, 384), (128, 128)] {
            // Half the lines gather a quarter of the wave.
            let wave = if h < 256 { 10.0 } else { 6.0 };
            let mut frame = head(h, w, 2.0);
            let before = value(&taken_of(&frame, None), SPIKE_Z).unwrap();
            for ((r, c), v) in frame.indexed_iter_mut() {
                *v += wave * (0.9 * small(r) + 1.3 * small(c)).cos();
            }
            let taken = taken_of(&frame, None);
            let after = value(&taken, SPIKE_Z).unwrap();
            assert!(before < 4.5 && after > 4.5, "{h} {w} {before} {after}");
            let share = value(&taken, SPIKE_SHARE).unwrap();
            assert!((0.08..0.4).contains(&share), "{share}");
        }
    }

    #[test]
    fn noise_and_edges_are_none() {
        for sigma in [1.0, 5.0, 30.0] {
            assert!(value(&taken_of(&head(300, 256, sigma), None), SPIKE_Z).unwrap() < 5.0);
        }
        assert!(value(&taken_of(&head(40, 40, 2.0), None), SPIKE_Z).is_none());
    }
}
