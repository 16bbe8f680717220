//! Blur and motion: how sharp the body's edges are.

use super::grid::Grid;
use super::stats::{quantile, real, single};
use super::{Body, Frame, Taken};

/// Entropy of the gradient magnitudes of the body over the logarithm of their number (0 to 1, lower is
/// sharper): -sum p ln p / ln n, p = |grad| / sum |grad| (McGee 2000, 10.1002/(SICI)1522-2586(200002)11:2<174::AID-JMRI15>3.0.CO;2-3).
pub const GRADIENT_ENTROPY: &str = "gradient_entropy";
/// Mean squared Sobel gradient of the body over its squared signal, per pixel squared (higher is sharper).
pub const TENENGRAD: &str = "tenengrad";
/// Variance of the Laplacian over [`TENENGRAD`], both of the body (ratio, higher is sharper or noisier):
/// free of contrast and scale. Interpolation lowers it like blur.
pub const LAPLACIAN_TO_TENENGRAD: &str = "laplacian_to_tenengrad";
/// Mean gradient of the strongest twentieth of the body's pixels over its signal, per pixel (higher is
/// sharper): average edge strength without Canny's thresholds.
pub const AES: &str = "aes";

/// Share of pixels that count as edges.
const EDGES: f32 = 0.95;

/// The sharpness measures of the body; none where it is small.
pub fn taken(
    frame: &Frame<'_>,
    grid: &Grid,
    body: &Body,
    work: &mut Vec<f32>,
    out: &mut Vec<Taken>,
) {
    if body.signal <= 0.0 {
        return;
    }
    let (mut laplace, mut laplace_squares) = (0.0, 0.0);
    work.clear();
    let w = frame.width;
    // Every other line of a high frame tells the same.
    let step = if frame.height > 320 { 2 } else { 1 };
    for r in (1..frame.height.saturating_sub(1)).step_by(step) {
        let cells = &body.mask[r / grid.block * grid.cols..(r / grid.block + 1) * grid.cols];
        let (Some(first), Some(last)) =
            (cells.iter().position(|m| *m), cells.iter().rposition(|m| *m))
        else {
            continue;
        };
        let (from, to) = ((first * grid.block).max(1), ((last + 1) * grid.block).min(w - 1));
        let line = |r: usize| &frame.pixels[(r * w + from - 1)..=(r * w + to)];
        let (up, here, down) = (line(r - 1), line(r), line(r + 1));
        let (mut sum, mut squares) = (0.0, 0.0);
        for ((u, h), d) in up.windows(3).zip(here.windows(3)).zip(down.windows(3)) {
            let l = u[1] + d[1] + h[0] + h[2] - 4.0 * h[1];
            sum += l;
            squares += l * l;
            let x = (u[2] - u[0]) + 2.0 * (h[2] - h[0]) + (d[2] - d[0]);
            let y = (d[0] - u[0]) + 2.0 * (d[1] - u[1]) + (d[2] - u[2]);
            work.push(0.125 * (x * x + y * y).sqrt());
        }
        laplace += f64::from(sum);
        laplace_squares += f64::from(squares);
    }
    if work.len() >= 400 {
        numbers(body, work, laplace, laplace_squares, out);
    }
}

fn numbers(body: &Body, work: &mut [f32], laplace: f64, squares: f64, out: &mut Vec<Taken>) {
    let n = real(work.len());
    let (mut sum, mut square, mut logs) = (0.0, 0.0, 0.0);
    for part in work.chunks(4096) {
        sum += f64::from(part.iter().sum::<f32>());
        square += f64::from(part.iter().map(|g| g * g).sum::<f32>());
        logs += f64::from(part.iter().map(|g| g * g.max(f32::MIN_POSITIVE).ln()).sum::<f32>());
    }
    let mut put = |name, value: f64| {
        if value.is_finite() {
            out.push(Taken { name, value, place: None });
        }
    };
    if sum <= 0.0 {
        return;
    }
    put(GRADIENT_ENTROPY, (sum.ln() - logs / sum) / n.ln());
    let tenengrad = square / n;
    put(TENENGRAD, tenengrad / (body.signal * body.signal));
    put(LAPLACIAN_TO_TENENGRAD, (squares / n - (laplace / n).powi(2)) / tenengrad);
    let strong = quantile(work, EDGES).unwrap_or(0.0);
    let edges = work.iter().filter(|g| **g >= strong);
    let (total, count) = edges.fold((0.0, 0usize), |(s, c), g| (s + f64::from(*g), c + 1));
    put(AES, total / real(count.max(1)) / f64::from(single(body.signal)));
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{head, taken_of, value};
    use super::*;
    use ndarray::Array2;

    fn blurred(frame: &Array2<f32>) -> Array2<f32> {
        let (h, w) = frame.dim();
        Array2::from_shape_fn((h, w), |(r, c)| {
            let rows = r.saturating_sub(1)..(r + 2).min(h);
            let all: Vec<f32> = rows
                .flat_map(|y| (c.saturating_sub(1)..(c + 2).min(w)).map(move |x| (y, x)))
                .map(|at| frame[at])
                .collect();
            single(super::super::stats::mean(&all).unwrap())
        })
    }

    #[test]
    fn blur_lowers_sharpness() {
        let sharp = head(256, 256, 2.0);
        let (a, b) = (taken_of(&sharp, None), taken_of(&blurred(&blurred(&sharp)), None));
        for name in [LAPLACIAN_TO_TENENGRAD, TENENGRAD, AES] {
            assert!(value(&b, name).unwrap() < 0.8 * value(&a, name).unwrap(), "{name}");
        }
        assert!(
            value(&b, LAPLACIAN_TO_TENENGRAD).unwrap()
                < 0.2 * value(&a, LAPLACIAN_TO_TENENGRAD).unwrap()
        );
    }

    #[test]
    fn noise_spreads_the_gradients() {
        let entropy =
            |sigma| value(&taken_of(&head(256, 256, sigma), None), GRADIENT_ENTROPY).unwrap();
        assert!(entropy(10.0) > entropy(1.0));
        assert!((0.0..=1.0).contains(&entropy(10.0)));
    }
}
