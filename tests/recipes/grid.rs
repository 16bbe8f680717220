//! A picture of floats and what every phantom does to it: blur, noise, marker letters.

use rayon::prelude::*;

use super::rng::Rng;

/// A picture of floats, row by row.
#[derive(Clone)]
pub struct Grid {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The values.
    pub values: Vec<f32>,
}

impl Grid {
    /// A picture whose value at column `x`, row `y` is `f(x, y)` at the pixel's centre.
    pub fn from_fn(width: usize, height: usize, f: impl Fn(f32, f32) -> f32 + Sync) -> Self {
        let values = (0..width * height)
            .into_par_iter()
            .map(|i| f((i % width) as f32 + 0.5, (i / width) as f32 + 0.5))
            .collect();
        Self { width, height, values }
    }

    /// The same picture with another value for each.
    #[must_use]
    pub fn map(mut self, f: impl Fn(f32) -> f32) -> Self {
        self.values.iter_mut().for_each(|v| *v = f(*v));
        self
    }

    /// This and another of the same size, value by value.
    #[must_use]
    pub fn zip(mut self, other: &Self, f: impl Fn(f32, f32) -> f32) -> Self {
        self.values.iter_mut().zip(&other.values).for_each(|(a, b)| *a = f(*a, *b));
        self
    }

    /// Blurred by about a Gaussian of `sigma` pixels (three boxes).
    #[must_use]
    pub fn blur(&self, sigma: f32) -> Self {
        if sigma <= 0.0 {
            return self.clone();
        }
        if sigma < 1.2 {
            return self.small_blur(sigma);
        }
        let radius = ((sigma * sigma * 4.0 + 1.0).sqrt() / 2.0).round().max(1.0) as usize;
        let mut out = self.clone();
        for _ in 0..3 {
            out = out.box_rows(radius).transposed().box_rows(radius).transposed();
        }
        out
    }

    fn small_blur(&self, sigma: f32) -> Self {
        let side = (-1.0 / (2.0 * sigma * sigma)).exp();
        let far = (-4.0 / (2.0 * sigma * sigma)).exp();
        let sum = 1.0 + 2.0 * (side + far);
        let rows = |g: &Self| {
            let mut out = g.clone();
            for (row, to) in g.values.chunks(g.width).zip(out.values.chunks_mut(g.width)) {
                let at = |i: isize| row[i.clamp(0, g.width as isize - 1) as usize];
                for (i, v) in to.iter_mut().enumerate() {
                    let i = i as isize;
                    *v = (at(i) + side * (at(i - 1) + at(i + 1)) + far * (at(i - 2) + at(i + 2)))
                        / sum;
                }
            }
            out
        };
        rows(&rows(self).transposed()).transposed()
    }

    fn box_rows(&self, radius: usize) -> Self {
        let mut out = self.clone();
        let (w, n) = (self.width, (2 * radius + 1) as f64);
        for (row, to) in self.values.chunks(w).zip(out.values.chunks_mut(w)) {
            let at = |i: isize| f64::from(row[i.clamp(0, w as isize - 1) as usize]);
            let r = radius as isize;
            let mut sum: f64 = (-r..=r).map(at).sum();
            for (i, v) in to.iter_mut().enumerate() {
                *v = (sum / n) as f32;
                let i = i as isize;
                sum += at(i + r + 1) - at(i - r);
            }
        }
        out
    }

    fn transposed(&self) -> Self {
        let mut out =
            Self { width: self.height, height: self.width, values: vec![0.0; self.values.len()] };
        for y in 0..self.height {
            for x in 0..self.width {
                out.values[x * self.height + y] = self.values[y * self.width + x];
            }
        }
        out
    }

    /// Noise of standard deviation `f(value)`, smoothed by `sigma` pixels and scaled back.
    #[must_use]
    pub fn noise(self, rng: &mut Rng, sigma: f32, f: impl Fn(f32) -> f32) -> Self {
        let white = Self {
            width: self.width,
            height: self.height,
            values: (0..self.values.len()).map(|_| rng.normal()).collect(),
        };
        let smooth = white.blur(sigma);
        let power = smooth.values.iter().map(|v| v * v).sum::<f32>() / smooth.values.len() as f32;
        let scale = 1.0 / power.sqrt().max(1e-6);
        self.zip(&smooth, |v, n| v + n * scale * f(v))
    }

    /// Half the size, each pixel the mean of four.
    #[must_use]
    pub fn halved(&self) -> Self {
        let (w, h) = (self.width / 2, self.height / 2);
        let mut values = Vec::with_capacity(w * h);
        for y in 0..h {
            for x in 0..w {
                let i = 2 * y * self.width + 2 * x;
                let v = &self.values;
                values.push((v[i] + v[i + 1] + v[i + self.width] + v[i + self.width + 1]) / 4.0);
            }
        }
        Self { width: w, height: h, values }
    }

    /// Rounded into `low..=high`.
    pub fn to_u16(&self, low: f32, high: f32) -> Vec<u16> {
        self.values.iter().map(|v| v.clamp(low, high).round() as u16).collect()
    }

    /// Rounded into `low..=high`, signed.
    pub fn to_i16(&self, low: f32, high: f32) -> Vec<i16> {
        self.values.iter().map(|v| v.clamp(low, high).round() as i16).collect()
    }

    /// Rounded into 0..=255.
    pub fn to_u8(&self) -> Vec<u8> {
        self.values.iter().map(|v| v.clamp(0.0, 255.0).round() as u8).collect()
    }
}

/// Distance of a point to the segment from `a` to `b`, and how far along it the foot lies (0..1).
pub fn to_segment<const N: usize>(p: [f32; N], a: [f32; N], b: [f32; N]) -> (f32, f32) {
    let (mut dot, mut len) = (0.0, 0.0);
    for i in 0..N {
        dot += (p[i] - a[i]) * (b[i] - a[i]);
        len += (b[i] - a[i]) * (b[i] - a[i]);
    }
    let t = (dot / len.max(1e-9)).clamp(0.0, 1.0);
    let d2: f32 = (0..N).map(|i| (p[i] - a[i] - t * (b[i] - a[i])).powi(2)).sum();
    (d2.sqrt(), t)
}

/// 0 below `low`, 1 above `high`, smooth between.
pub fn step(low: f32, high: f32, v: f32) -> f32 {
    let t = ((v - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// How much lead of a marker letter covers a point, 0..1. The letter stands in a box of height 1
/// and width 0.6 whose upper left corner is the origin; `L` and `R` are known.
pub fn letter(which: char, x: f32, y: f32) -> f32 {
    let strokes: &[[f32; 4]] = match which {
        'L' => &[[0.08, 0.06, 0.08, 0.94], [0.08, 0.94, 0.55, 0.94]],
        'R' => &[
            [0.08, 0.06, 0.08, 0.94],
            [0.08, 0.06, 0.36, 0.06],
            [0.08, 0.50, 0.36, 0.50],
            [0.36, 0.06, 0.50, 0.14],
            [0.50, 0.14, 0.54, 0.28],
            [0.54, 0.28, 0.50, 0.42],
            [0.50, 0.42, 0.36, 0.50],
            [0.30, 0.50, 0.56, 0.94],
        ],
        _ => &[],
    };
    let near = strokes
        .iter()
        .map(|s| to_segment([x, y], [s[0], s[1]], [s[2], s[3]]).0)
        .fold(f32::MAX, f32::min);
    1.0 - step(0.06, 0.085, near)
}
