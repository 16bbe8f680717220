//! EFC and FBER: where the energy of an image lies.

use super::region::middle;

/// Entropy focus criterion (Atkinson 1997, 10.1109/42.650886) as MRIQC 24 codes it:
/// `sum(x/b ln((x + 1e-16)/b)) / (sqrt(n) ln(1/sqrt(n)))` with `b = sqrt(sum x^2)`. From 0 (all energy
/// in one pixel) to 1 (evenly spread, as ghosts and blur do); lower is better. `None` for fewer than
/// two values, negative values (the logarithm is not defined) or no energy.
pub fn efc(values: impl Iterator<Item = f32> + Clone) -> Option<f64> {
    let (mut n, mut squares) = (0.0_f64, 0.0_f64);
    for x in values.clone() {
        if x.is_nan() || x < 0.0 {
            return None;
        }
        n += 1.0;
        squares += f64::from(x) * f64::from(x);
    }
    let b = squares.sqrt();
    if n < 2.0 || b <= 0.0 || !b.is_finite() {
        return None;
    }
    let most = n.sqrt() * (1.0 / n.sqrt()).ln();
    let entropy: f64 = values
        .map(|x| {
            let x = f64::from(x);
            x / b * ((x + 1e-16) / b).ln()
        })
        .sum();
    Some(entropy / most)
}

/// Foreground-background energy ratio (Shehzad 2015) as MRIQC 24 codes it: the *median* of the squared
/// values of the foreground over that of the background. -1 where the latter is below 0.001 (a
/// masked background); higher is better. `None` where a region is empty.
pub fn fber(
    foreground: impl Iterator<Item = f32>,
    background: impl Iterator<Item = f32>,
) -> Option<f64> {
    let energy = |values: &mut dyn Iterator<Item = f32>| {
        let mut squares: Vec<f64> = values.map(|x| f64::from(x) * f64::from(x)).collect();
        (!squares.is_empty()).then(|| middle(&mut squares))
    };
    let mut foreground = foreground;
    let mut background = background;
    let (front, back) = (energy(&mut foreground)?, energy(&mut background)?);
    Some(if back < 1e-3 { -1.0 } else { front / back })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn efc_is_one_for_an_even_image_and_nought_for_a_point() {
        let even = [5.0_f32; 64];
        assert!((efc(even.into_iter()).unwrap() - 1.0).abs() < 1e-9);
        let mut point = [0.0_f32; 64];
        point[9] = 700.0;
        assert!(efc(point.into_iter()).unwrap().abs() < 1e-9);
        assert_eq!(efc([1.0, -1.0].into_iter()), None);
        assert_eq!(efc([0.0; 9].into_iter()), None);
    }

    #[test]
    fn efc_does_not_depend_on_the_scale() {
        let image: Vec<f32> = (0..400_u16).map(|i| f32::from(i % 37)).collect();
        let scaled: Vec<f32> = image.iter().map(|v| v * 16.0).collect();
        let (a, b) = (efc(image.into_iter()).unwrap(), efc(scaled.into_iter()).unwrap());
        assert!((a - b).abs() < 1e-9);
    }

    #[test]
    fn fber_is_a_ratio_of_medians_and_tells_a_masked_background() {
        let ratio = fber([10.0, 20.0, 30.0].into_iter(), [1.0, 2.0, 4.0].into_iter());
        assert_eq!(ratio, Some(100.0));
        assert_eq!(fber([10.0].into_iter(), [0.0, 0.0].into_iter()), Some(-1.0));
        assert_eq!(fber([10.0].into_iter(), std::iter::empty()), None);
    }
}
