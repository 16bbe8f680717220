//! Spikes in k-space: single bad samples of the receiver, seen as a herringbone over the whole image.

use multiversion::multiversion;

use super::fourier::{Lanes, Pair, Transform, WIDE};
use super::stats::{Order, ln, real, single, sum};
use super::{Frame, Taken};

/// The largest excess of log |F| over its surroundings in k-space away from the centre and the axes, in
/// robust standard deviations. F is the geometric mean of the spectra of four quarters of the frame: a
/// spike is in all, a texture in one.
pub const SPIKE_Z: &str = "spike_z";
/// Amplitude of that spike's wave over the root mean square of the frame without its mean (0 to 1).
pub const SPIKE_SHARE: &str = "spike_share";

/// Largest side of a quarter.
const SIDE: usize = 256;

/// Transform and buffers kept between frames.
#[derive(Clone, Debug, Default)]
pub struct Spectra {
    transform: Transform,
    window: Vec<f32>,
    strip: Vec<Pair>,
    /// The plane turned over: eight rows side by side, one block after the other.
    turned: Vec<Pair>,
    logs: Vec<f32>,
    excess: Vec<f32>,
    levels: Vec<f32>,
}

/// The spike measures of a frame, `image` its modality values; none for frames below 64 x 64.
pub fn taken(
    frame: &Frame<'_>,
    image: &[f32],
    spectra: &mut Spectra,
    order: &mut Order,
    out: &mut Vec<Taken>,
) {
    let short = frame.height.min(frame.width);
    let side = SIDE.min(short / 8 * 8);
    if side < 48 {
        return;
    }
    spectra.prepare(side);
    let (ys, xs) = ([0, frame.height - side], [0, frame.width - side]);
    let (ys, xs) =
        (ys.map(|y| middle(y, frame.height, side)), xs.map(|x| middle(x, frame.width, side)));
    let mut energy = 0.0;
    for y in ys {
        // Two real quarters share one complex transform.
        energy += spectra.down(image, frame.width, y, xs, side);
        spectra.across(side);
        spectra.add_logs(side);
    }
    if let Some((z, log)) = spectra.strongest(side, order) {
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
        if self.window.len() != side {
            self.transform.prepare(side);
            self.window.clear();
            self.window.extend((0..side).map(|i| {
                let turn = std::f64::consts::TAU * (real(i) + 0.5) / real(side);
                single(0.5 - 0.5 * turn.cos())
            }));
            self.strip.resize(side, Pair::default());
            self.turned.resize(side * side / WIDE, Pair::default());
        }
        self.logs.clear();
        self.logs.resize(side * (side / 2), 0.0);
    }

    /// Transforms two windowed quarters, real and imaginary part of one plane, along their columns, and
    /// turns the plane over; returns the energy of both without their mean.
    fn down(&mut self, image: &[f32], width: usize, y: usize, xs: [usize; 2], side: usize) -> f64 {
        let rows = image.chunks_exact(width).skip(y).take(side);
        let mean = |x: usize| {
            let total: f64 = rows.clone().map(|row| f64::from(sum(&row[x..x + side]))).sum();
            single(total / real(side * side))
        };
        let means = xs.map(mean);
        let mut energy = 0.0;
        for c in (0..side).step_by(WIDE) {
            let Some(across) = self.window[c..].first_chunk::<WIDE>() else { continue };
            let quarters = [(xs[0] + c, means[0]), (xs[1] + c, means[1])];
            let rows = &image[y * width..(y + side) * width];
            energy += f64::from(windowed(rows, quarters, across, &self.window, &mut self.strip));
            self.transform.run(&mut self.strip);
            turn_over(&self.strip, &mut self.turned, c);
        }
        energy
    }

    /// Transforms the rows of the quarters.
    fn across(&mut self, side: usize) {
        for rows in self.turned.chunks_exact_mut(side) {
            self.transform.run(rows);
        }
    }

    /// Adds log |F| of both quarters over the half plane; row u is a horizontal frequency 0..side / 2,
    /// column v a vertical one. Row and column 0, which nobody reads, stay empty.
    fn add_logs(&mut self, side: usize) {
        let mut rows = [[[0.0; SIDE]; 2]; 2];
        for u in 1..side / 2 {
            // Frequencies v and -v of the rows u and -u.
            for (row, u) in rows.iter_mut().zip([u, side - u]) {
                for (at, block) in self.turned.chunks_exact(side).enumerate() {
                    for (part, lanes) in row.iter_mut().zip(&block[u]) {
                        part[at * WIDE..(at + 1) * WIDE].copy_from_slice(lanes);
                    }
                }
            }
            let [here, mirror] = rows.each_ref().map(|[re, im]| (&re[1..side], &im[1..side]));
            logs_of_pair(here, mirror, &mut self.logs[u * side + 1..(u + 1) * side]);
        }
    }

    /// Robust z and log |F| of the strongest sample against the quarters of the 9 x 9 around it without its
    /// 5 x 5, over which the window spreads a wave.
    fn strongest(&mut self, side: usize, order: &mut Order) -> Option<(f64, f32)> {
        let rows = side / 2;
        let logs = &self.logs;
        let mut line = [0.0; SIDE];
        self.excess.clear();
        self.levels.clear();
        for u in 5..rows - 5 {
            let at = |r: usize| &logs[r * side..(r + 1) * side];
            excess_of_row(std::array::from_fn(|d| at(u + d - 4)), &mut line[..side]);
            // Away from the axes and from the centre.
            let from = (5..rows).find(|y| u * u + y * y >= (side / 8) * (side / 8)).unwrap_or(rows);
            let part = from..=side - from.max(6);
            self.excess.extend_from_slice(&line[part.clone()]);
            self.levels.extend_from_slice(&at(u)[part]);
        }
        order.load(&self.excess);
        let most = order.nth(order.len().saturating_sub(1))?;
        let log = self.levels[self.excess.iter().position(|e| *e >= most)?];
        let (middle, spread) = order.middle_and_spread(&mut self.excess, f32::INFINITY)?;
        (spread > 1e-6).then(|| (f64::from(most - middle) / f64::from(spread), log))
    }
}

/// Puts eight columns of two windowed quarters into `strip`; returns the energy of both without their mean. A
/// quarter is told by its first column and its mean.
#[multiversion(targets("x86_64+avx2"))]
fn windowed(
    rows: &[f32],
    quarters: [(usize, f32); 2],
    across: &Lanes,
    down: &[f32],
    strip: &mut [Pair],
) -> f32 {
    let mut energy = [0.0; WIDE];
    let width = rows.len() / down.len();
    for ((row, high), pair) in rows.chunks_exact(width).zip(down).zip(strip) {
        for ((x, mean), lanes) in quarters.into_iter().zip(pair) {
            for (k, v) in row[x..x + WIDE].iter().enumerate() {
                let v = v - mean;
                energy[k] += v * v;
                lanes[k] = v * across[k] * high;
            }
        }
    }
    energy.iter().sum()
}

/// Writes the columns of a strip, which are those from `column`, as rows of the plane turned over.
#[multiversion(targets("x86_64+avx2"))]
fn turn_over(strip: &[Pair], turned: &mut [Pair], column: usize) {
    let blocks = turned.chunks_exact_mut(strip.len());
    for (part, block) in strip.as_chunks::<WIDE>().0.iter().zip(blocks) {
        for (k, row) in block[column..column + WIDE].iter_mut().enumerate() {
            for (p, lanes) in row.iter_mut().enumerate() {
                *lanes = std::array::from_fn(|line| part[line][p][k]);
            }
        }
    }
}

/// Adds the logarithms of the two quarters that one complex spectrum holds; `mirror` is the row of the negative
/// frequencies, in rising order.
#[multiversion(targets("x86_64+avx2"))]
fn logs_of_pair(here: (&[f32], &[f32]), mirror: (&[f32], &[f32]), out: &mut [f32]) {
    let here = here.0.iter().zip(here.1);
    let mirror = mirror.0.iter().rev().zip(mirror.1.iter().rev());
    let least = |v: f32| if v > 1e-12 { v } else { 1e-12 };
    for ((log, (zr, zi)), (mr, mi)) in out.iter_mut().zip(here).zip(mirror) {
        let (ar, ai, br, bi) = (zr + mr, zi - mi, zi + mi, mr - zr);
        let (a, b) = (0.25 * (ar * ar + ai * ai), 0.25 * (br * br + bi * bi));
        // A half of each logarithm for the root, a quarter for the mean of four.
        *log += 0.125 * ln(least(a) * least(b));
    }
}

/// What the middle one of nine rows has over the highest of the means of the four quarters of the 9 x 9 about it
/// without its 5 x 5. An edge of the spectrum, where a scanner filled up with zeros or filtered, leaves a
/// quarter on the high side; a point leaves none.
#[multiversion(targets("x86_64+avx2"))]
fn excess_of_row(rows: [&[f32]; 9], out: &mut [f32]) {
    let mut columns = [[0.0; SIDE]; 4];
    let [above_far, above, below_far, below] = &mut columns;
    let side = out.len();
    for c in 0..side {
        above_far[c] = rows[0][c] + rows[1][c];
        above[c] = above_far[c] + rows[2][c] + rows[3][c];
        below_far[c] = rows[7][c] + rows[8][c];
        below[c] = below_far[c] + rows[5][c] + rows[6][c];
    }
    let higher = |a: f32, b: f32| if a > b { a } else { b };
    for c in 4..side - 4 {
        let quarter = |all: &[f32; SIDE], far: &[f32; SIDE], from: usize, near: usize| {
            all[c + from - 4] + all[c + from - 3] + far[c + near - 4] + far[c + near - 3]
        };
        let upper = higher(quarter(above, above_far, 0, 2), quarter(above, above_far, 7, 5));
        let lower = higher(quarter(below, below_far, 0, 2), quarter(below, below_far, 7, 5));
        out[c] = rows[4][c] - higher(upper, lower) / 12.0;
    }
}

#[cfg(test)]
mod tests {
    use super::super::stats::small;
    use ndarray::Array2;

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

    /// The same field on twice the matrix, as zeros around k-space make it: the sum of the periodic sinc.
    fn interpolated(frame: &Array2<f32>) -> Array2<f32> {
        let along = |rows: &Array2<f32>| {
            let (lines, n) = rows.dim();
            let kernel: Vec<f64> = (0..2 * n)
                .map(|k| {
                    let x = std::f64::consts::PI * real(k) / 2.0;
                    if k == 0 { 1.0 } else { x.sin() / (real(n) * (x / real(n)).tan()) }
                })
                .collect();
            Array2::from_shape_fn((2 * n, lines), |(at, line)| {
                let of =
                    |k: usize| f64::from(rows[[line, k]]) * kernel[(at + 4 * n - 2 * k) % (2 * n)];
                single((0..n).map(of).sum())
            })
        };
        // Stored as whole numbers, far above zero: outside the old spectrum there is next to nothing.
        along(&along(frame)).mapv(|v| (4.0 * v + 1000.0).round())
    }

    #[test]
    fn the_edge_of_a_spectrum_that_was_filled_up_with_zeros_is_none() {
        let frame = interpolated(&head(128, 128, 4.0));
        let z = |frame: &Array2<f32>| value(&taken_of(frame, None), SPIKE_Z).unwrap();
        assert!(z(&frame) < 4.5, "{}", z(&frame));
        let mut spiked = frame;
        for ((r, c), v) in spiked.indexed_iter_mut() {
            *v += 60.0 * (0.9 * small(r) + 1.3 * small(c)).cos();
        }
        assert!(z(&spiked) > 5.0, "{}", z(&spiked));
    }

    #[test]
    fn noise_and_edges_are_none() {
        for sigma in [1.0, 5.0, 30.0] {
            assert!(value(&taken_of(&head(300, 256, sigma), None), SPIKE_Z).unwrap() < 5.0);
        }
        assert!(value(&taken_of(&head(40, 40, 2.0), None), SPIKE_Z).is_none());
    }
}
