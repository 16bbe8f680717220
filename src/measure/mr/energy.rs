//! EFC and FBER of a frame, on the body and air that were found in it.

use multiversion::multiversion;

use super::grid::Grid;
use super::mask::{Mask, Runs};
use super::stats::{Order, ln, real, sum, sum_of};
use super::{Body, Taken};

/// Entropy focus criterion of all pixels ([`crate::measure::iqm::efc`]); 0 to 1, lower is better.
pub const EFC: &str = "efc";
/// Ratio of the median energies of body and air ([`crate::measure::iqm::fber`]), of up to 8,192 pixels each;
/// -1 where the air is masked. Higher is better.
pub const FBER: &str = "fber";

/// Pixels of body and of air that are looked at.
const PIXELS: usize = 8192;

/// Pixels whose sums are kept in single precision.
const PART: usize = 2048;

/// Both; none where values are negative, or no air is in view.
pub fn taken(
    image: &[f32],
    grid: &Grid,
    body: &mut Body,
    work: &mut Vec<f32>,
    out: &mut Vec<Taken>,
) {
    if let Some(value) = efc(image) {
        out.push(Taken::of(EFC, value));
    }
    let Body { mask, air, order, .. } = body;
    let mut energy = |region: &Mask| {
        magnitudes(image, grid, region, work);
        middle_energy(work, order)
    };
    if let (Some(front), Some(back)) = (energy(mask), energy(air)) {
        out.push(Taken::of(FBER, if back < 1e-3 { -1.0 } else { front / back }));
    }
}

/// [`crate::measure::iqm::efc`] in one pass: with b the root of the sum of squares, the sum of x / b ln(x / b) is
/// (sum of x ln x - ln b sum of x) / b.
fn efc(image: &[f32]) -> Option<f64> {
    let (mut sum, mut squares, mut logs) = (0.0, 0.0, 0.0);
    for part in image.chunks(PART) {
        let ([s, q, l], negative) = sums(part);
        if negative {
            return None;
        }
        (sum, squares, logs) = (sum + f64::from(s), squares + f64::from(q), logs + f64::from(l));
    }
    let (n, b) = (real(image.len()), squares.sqrt());
    if n < 2.0 || b <= 0.0 || !b.is_finite() {
        return None;
    }
    let most = n.sqrt() * (1.0 / n.sqrt()).ln();
    Some((logs - b.ln() * sum) / b / most)
}

/// Sums of x, x^2 and x ln x, and whether an x is negative.
#[multiversion(targets("x86_64+avx2"))]
fn sums(values: &[f32]) -> ([f32; 3], bool) {
    let log = |x: f32| x * ln(if x > f32::MIN_POSITIVE { x } else { f32::MIN_POSITIVE });
    let negative = values.iter().map(|x| u32::from(*x < 0.0)).sum::<u32>();
    let squares = sum_of(values, |x| x * x);
    ([sum(values), squares, sum_of(values, log)], negative > 0)
}

/// Magnitudes of up to [`PIXELS`] pixels of the cells of a mask, evenly drawn: every k-th, cell by cell.
fn magnitudes(image: &[f32], grid: &Grid, region: &Mask, out: &mut Vec<f32>) {
    out.clear();
    let step = (region.count() * grid.block * grid.block).div_ceil(PIXELS).max(1);
    let mut skip = 0;
    for (r, line) in region.lines().iter().enumerate() {
        let row = r * grid.block;
        let high = grid.block.min(grid.height - row);
        for c in Runs(*line).flat_map(|(from, to)| from..to) {
            let column = c * grid.block;
            let wide = grid.block.min(grid.width - column);
            while skip < high * wide {
                out.push(image[(row + skip / wide) * grid.width + column + skip % wide].abs());
                skip += step;
            }
            skip -= high * wide;
        }
    }
}

/// Median of the squares; the mean of the middle two of an even number.
fn middle_energy(magnitudes: &[f32], order: &mut Order) -> Option<f64> {
    let n = magnitudes.len();
    order.load(magnitudes);
    let square = |v: f32| f64::from(v) * f64::from(v);
    let upper = square(order.nth(n / 2)?);
    if n % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(square(order.nth(n / 2 - 1)?), upper))
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::random;
    use super::*;
    use crate::measure::iqm;

    #[test]
    fn one_pass_gives_what_the_definitions_give() {
        let mut next = random(5);
        for n in [2, 9, 2048, 5001] {
            let image: Vec<f32> = (0..n).map(|_| (next() * 900.0 - 300.0).max(0.0)).collect();
            let (got, wanted) = (efc(&image), iqm::efc(image.iter().copied()));
            let close = |a: f64, b: f64| (a - b).abs() < 1e-6;
            assert!(got.zip(wanted).is_none_or(|(a, b)| close(a, b)), "{got:?} {wanted:?}");
            assert_eq!(got.is_some(), wanted.is_some());
            let mut order = Order::default();
            let ours = middle_energy(&image, &mut order).unwrap();
            let theirs = iqm::fber(image.into_iter(), [1.0].into_iter()).unwrap();
            assert!((ours - theirs).abs() <= 1e-9 * theirs, "{ours} {theirs}");
        }
        assert_eq!((efc(&[1.0, -1.0]), efc(&[0.0; 9]), efc(&[7.0])), (None, None, None));
        assert_eq!(middle_energy(&[], &mut Order::default()), None);
    }
}
