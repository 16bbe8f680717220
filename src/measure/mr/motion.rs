//! Blur and motion: how sharp the body's edges are.

use multiversion::multiversion;

use super::grid::Grid;
use super::stats::{ln, real, single, sum, sum_of, up_to};
use super::{Body, Taken};

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

/// Pixels of a line that are taken at a time.
const PART: usize = 512;

/// Share of pixels that count as edges.
const EDGES: f32 = 0.95;

/// The sharpness measures of the body; none where it is small.
pub fn taken(
    image: &[f32],
    grid: &Grid,
    body: &mut Body,
    work: &mut Vec<f32>,
    out: &mut Vec<Taken>,
) {
    if body.signal <= 0.0 {
        return;
    }
    let (mut laplace, mut laplace_squares) = (0.0, 0.0);
    work.clear();
    let w = grid.width;
    // Every other line of a high frame tells the same.
    let step = if grid.height > 320 { 2 } else { 1 };
    for r in (1..grid.height.saturating_sub(1)).step_by(step) {
        let cells = body.mask.lines()[r / grid.block];
        if cells == 0 {
            continue;
        }
        let (first, last) = (cells.trailing_zeros(), u128::BITS - cells.leading_zeros());
        let (from, to) = (first as usize * grid.block, last as usize * grid.block);
        let (from, to) = (from.max(1), to.min(w - 1));
        let line = |r: usize| &image[(r * w + from - 1)..=(r * w + to)];
        let start = work.len();
        work.resize(start + (to - from), 0.0);
        let [sum, squares] = gradients([line(r - 1), line(r), line(r + 1)], &mut work[start..]);
        laplace += f64::from(sum);
        laplace_squares += f64::from(squares);
    }
    if work.len() >= 400 {
        numbers(body, work, laplace, laplace_squares, out);
    }
}

/// Sobel gradients of the middle one of three lines, without its ends; returns the sums of the Laplacian and of
/// its square.
#[multiversion(targets("x86_64+avx2"))]
fn gradients(lines: [&[f32]; 3], out: &mut [f32]) -> [f32; 2] {
    let mut sums = [0.0; 2];
    let mut bends = [0.0; PART];
    for (p, out) in out.chunks_mut(PART).enumerate() {
        let n = out.len();
        let bends = &mut bends[..n];
        let side = |line: usize, side: usize| &lines[line][p * PART + side..p * PART + side + n];
        let [a, b, c] = [side(0, 0), side(0, 1), side(0, 2)];
        let [d, e, f] = [side(1, 0), side(1, 1), side(1, 2)];
        let [g, h, i] = [side(2, 0), side(2, 1), side(2, 2)];
        for k in 0..n {
            bends[k] = b[k] + h[k] + d[k] + f[k] - 4.0 * e[k];
            let x = (c[k] - a[k]) + 2.0 * (f[k] - d[k]) + (i[k] - g[k]);
            let y = (g[k] - a[k]) + 2.0 * (h[k] - b[k]) + (i[k] - c[k]);
            out[k] = 0.125 * (x * x + y * y).sqrt();
        }
        sums[0] += sum(bends);
        sums[1] += sum_of(bends, |l| l * l);
    }
    sums
}

/// Sums of the gradients, of their squares and of g ln g.
#[multiversion(targets("x86_64+avx2"))]
fn sums(part: &[f32]) -> [f32; 3] {
    [
        sum_of(part, |g| g),
        sum_of(part, |g| g * g),
        sum_of(part, |g| g * ln(if g > f32::MIN_POSITIVE { g } else { f32::MIN_POSITIVE })),
    ]
}

/// Sum and number of the values that are at least `least`.
#[multiversion(targets("x86_64+avx2"))]
fn sum_from(part: &[f32], least: f32) -> (f32, usize) {
    let weaker = up_to(part, least.next_down());
    (sum_of(part, |g| if g >= least { g } else { 0.0 }), part.len() - weaker)
}

fn numbers(body: &mut Body, work: &[f32], laplace: f64, squares: f64, out: &mut Vec<Taken>) {
    let n = real(work.len());
    let (mut sum, mut square, mut logs) = (0.0, 0.0, 0.0);
    for part in work.chunks(4096) {
        let [s, q, l] = sums(part).map(f64::from);
        (sum, square, logs) = (sum + s, square + q, logs + l);
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
    body.order.load(work);
    let strong = body.order.quantile(EDGES).unwrap_or(0.0);
    let (mut total, mut count) = (0.0, 0);
    for (s, c) in work.chunks(4096).map(|part| sum_from(part, strong)) {
        (total, count) = (total + f64::from(s), count + c);
    }
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
            all.iter().sum::<f32>() / super::super::stats::small(all.len())
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
