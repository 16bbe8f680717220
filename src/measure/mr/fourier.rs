//! Fourier transforms of square planes, eight lines at a time.
//!
//! The sums are plain loops over lanes: they turn into vector instructions without fused multiply-add, so that a
//! frame has the same spectrum on every processor.

use multiversion::multiversion;

use super::stats::{real, single};

/// Lines that are transformed side by side.
pub const WIDE: usize = 8;

/// One number of each line.
pub type Lanes = [f32; WIDE];

/// A complex number of each line: real and imaginary parts.
pub type Pair = [Lanes; 2];

/// The transform of lines of one length.
#[derive(Clone, Debug, Default)]
pub struct Transform {
    /// exp(-2 pi i t / length).
    turns: Vec<[f32; 2]>,
    radices: Vec<usize>,
    other: Vec<Pair>,
}

impl Transform {
    /// Makes it one of lines of `length`.
    pub fn prepare(&mut self, length: usize) {
        if self.turns.len() == length {
            return;
        }
        self.turns.clear();
        self.turns.extend((0..length).map(|t| {
            let angle = -std::f64::consts::TAU * real(t) / real(length);
            [single(angle.cos()), single(angle.sin())]
        }));
        self.radices.clear();
        let mut rest = length;
        for radix in [4, 2].into_iter().chain(3..=length) {
            while rest > 1 && rest.is_multiple_of(radix) {
                self.radices.push(radix);
                rest /= radix;
            }
        }
        self.other.clear();
        self.other.resize(length, Pair::default());
    }

    /// Replaces eight lines by their transforms (Stockham's order: no sorting at the end).
    pub fn run(&mut self, lines: &mut [Pair]) {
        let mut stride = 1;
        let mut in_other = false;
        for radix in &self.radices {
            let (from, to): (&[Pair], &mut [Pair]) =
                if in_other { (&self.other, lines) } else { (lines, &mut self.other) };
            match radix {
                4 => stage_of_four(from, to, stride, &self.turns),
                _ => stage(from, to, stride, *radix, &self.turns),
            }
            in_other = !in_other;
            stride *= radix;
        }
        if in_other {
            lines.copy_from_slice(&self.other);
        }
    }
}

#[inline]
fn add([ar, ai]: Pair, [br, bi]: Pair) -> Pair {
    [std::array::from_fn(|k| ar[k] + br[k]), std::array::from_fn(|k| ai[k] + bi[k])]
}

#[inline]
fn less([ar, ai]: Pair, [br, bi]: Pair) -> Pair {
    [std::array::from_fn(|k| ar[k] - br[k]), std::array::from_fn(|k| ai[k] - bi[k])]
}

#[inline]
fn times([ar, ai]: Pair, [cos, sin]: [f32; 2]) -> Pair {
    [
        std::array::from_fn(|k| ar[k] * cos - ai[k] * sin),
        std::array::from_fn(|k| ar[k] * sin + ai[k] * cos),
    ]
}

/// One stage of radix 4 on sequences that lie `stride` apart.
#[multiversion(targets("x86_64+avx2"))]
fn stage_of_four(from: &[Pair], to: &mut [Pair], stride: usize, turns: &[[f32; 2]]) {
    let part = from.len() / 4;
    let (a, rest) = from.split_at(part);
    let (b, rest) = rest.split_at(part);
    let (c, d) = rest.split_at(part);
    let parts = a.chunks_exact(stride).zip(b.chunks_exact(stride));
    let parts = parts.zip(c.chunks_exact(stride).zip(d.chunks_exact(stride)));
    for (p, (((a, b), (c, d)), out)) in parts.zip(to.chunks_exact_mut(4 * stride)).enumerate() {
        let turn = |k: usize| turns[p * k * stride];
        let (w1, w2, w3) = (turn(1), turn(2), turn(3));
        for q in 0..stride {
            let (even, odd) = (add(a[q], c[q]), add(b[q], d[q]));
            let (half, [re, im]) = (less(a[q], c[q]), less(b[q], d[q]));
            // -i times the difference of b and d.
            let quarter = [im, re.map(|v| -v)];
            out[q] = add(even, odd);
            out[q + stride] = times(add(half, quarter), w1);
            out[q + 2 * stride] = times(less(even, odd), w2);
            out[q + 3 * stride] = times(less(half, quarter), w3);
        }
    }
}

/// One stage of any radix.
#[multiversion(targets("x86_64+avx2"))]
fn stage(from: &[Pair], to: &mut [Pair], stride: usize, radix: usize, turns: &[[f32; 2]]) {
    let length = from.len();
    let part = length / radix;
    for p in 0..part / stride {
        for k in 0..radix {
            let turn = turns[p * k * stride % length];
            for q in 0..stride {
                let at = q + stride * p;
                let mut sum = from[at];
                for j in 1..radix {
                    sum = add(sum, times(from[at + part * j], turns[part * (j * k % radix)]));
                }
                to[q + stride * (radix * p + k)] = times(sum, turn);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_sum_of_the_definition() {
        for length in [1, 2, 8, 48, 56, 64, 72, 104, 248, 256] {
            let mut next = super::super::synthetic::random(7);
            let of = |_| std::array::from_fn(|_| std::array::from_fn(|_| next() - 0.5));
            let lines: Vec<Pair> = (0..length).map(of).collect();
            let mut got = lines.clone();
            let mut transform = Transform::default();
            transform.prepare(length);
            transform.run(&mut got);
            for (u, got) in got.iter().enumerate() {
                let mut wanted = [0.0_f64; 2];
                for (t, [re, im]) in lines.iter().enumerate() {
                    let angle = -std::f64::consts::TAU * real(u * t % length) / real(length);
                    let (re, im) = (f64::from(re[3]), f64::from(im[3]));
                    wanted[0] += re * angle.cos() - im * angle.sin();
                    wanted[1] += re * angle.sin() + im * angle.cos();
                }
                for (part, wanted) in got.iter().zip(wanted) {
                    assert!((f64::from(part[3]) - wanted).abs() < 1e-4, "{length} {u}");
                }
            }
        }
    }
}
