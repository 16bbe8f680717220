//! Textbook measures of sharpness on the pixels that have all eight neighbours, so that no rule for
//! the border enters. They differ from image to image far more than from sharp to blurred, and are
//! here to be compared with other software; what judges blur is self-normalised (`measure::mr`,
//! `measure::ct`).

use ndarray::ArrayView2;

/// Sums over the gradients of an image or of a region of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sharpness {
    /// Tenengrad: mean of the squared Sobel gradient (kernel 1 2 1, not divided), squared modality
    /// values; higher is sharper.
    pub tenengrad: f64,
    /// Population variance of the 4-neighbour Laplacian, squared modality values; higher is sharper.
    pub laplacian_variance: f64,
    /// Gradient entropy (McGee 2000, 10.1002/1522-2586(200002)11:2<174::AID-JMRI15>3.0.CO;2-3):
    /// `-sum h ln h`, `h` the Sobel magnitude over its sum, nats; lower is sharper.
    pub gradient_entropy: f64,
    /// Normalized gradient squared: `sum h^2`; higher is sharper.
    pub normalized_gradient_squared: f64,
}

/// Which pixels count as edges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edges {
    /// Least Sobel magnitude, modality values.
    pub at_least: f64,
}

/// The eight neighbours of a pixel, and the pixel: three rows of three.
struct Patch([[f64; 3]; 3]);

impl Patch {
    /// Sums of the right column minus the left, and of the lower row minus the upper, the middle
    /// neighbours weighted.
    fn gradient(&self, middle: f64) -> (f64, f64) {
        let [a, b, c] = self.0;
        let across = (a[2] - a[0]) + middle * (b[2] - b[0]) + (c[2] - c[0]);
        let down = (c[0] - a[0]) + middle * (c[1] - a[1]) + (c[2] - a[2]);
        (across, down)
    }

    fn laplacian(&self) -> f64 {
        let [a, b, c] = self.0;
        a[1] + b[0] + b[2] + c[1] - 4.0 * b[1]
    }
}

/// Calls `each` with row, column and neighbourhood of every pixel that has eight neighbours.
fn patches(image: ArrayView2<'_, f32>, mut each: impl FnMut(usize, usize, &Patch)) {
    for (row, window) in image.windows([3, image.ncols().max(3)]).into_iter().enumerate() {
        for column in 0..image.ncols().saturating_sub(2) {
            let line = |r: usize| [0, 1, 2].map(|c| f64::from(window[[r, column + c]]));
            each(row + 1, column + 1, &Patch([line(0), line(1), line(2)]));
        }
    }
}

/// Measures an image, over the pixels that `inside` accepts (row, column). `None` where no such pixel
/// has eight neighbours or the region is flat.
pub fn sharpness(
    image: ArrayView2<'_, f32>,
    inside: impl Fn(usize, usize) -> bool,
) -> Option<Sharpness> {
    let (mut n, mut squares, mut lap, mut lap_squares) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64);
    let mut magnitudes: Vec<f64> = Vec::new();
    patches(image, |row, column, patch| {
        if inside(row, column) {
            let (x, y) = patch.gradient(2.0);
            let l = patch.laplacian();
            n += 1.0;
            squares += x * x + y * y;
            lap += l;
            lap_squares += l * l;
            magnitudes.push(x.hypot(y));
        }
    });
    let sum: f64 = magnitudes.iter().sum();
    if n == 0.0 || sum.is_nan() || sum <= 0.0 {
        return None;
    }
    let shares = || magnitudes.iter().filter(|g| **g > 0.0).map(|g| g / sum);
    Some(Sharpness {
        tenengrad: squares / n,
        laplacian_variance: lap_squares / n - (lap / n).powi(2),
        gradient_entropy: -shares().map(|h| h * h.ln()).sum::<f64>(),
        normalized_gradient_squared: shares().map(|h| h * h).sum(),
    })
}

/// Average edge strength (Zaca 2014, Pannetier 2016): `sqrt(sum(E p^2)) / sum E`, `p` the Prewitt
/// gradient, `E` the edge pixels; lower is more blurred. `None` without an edge.
pub fn aes(image: ArrayView2<'_, f32>, edges: Edges) -> Option<f64> {
    let (mut n, mut squares) = (0.0_f64, 0.0_f64);
    patches(image, |_, _, patch| {
        let (x, y) = patch.gradient(2.0);
        if x.hypot(y) >= edges.at_least {
            let (x, y) = patch.gradient(1.0);
            n += 1.0;
            squares += x * x + y * y;
        }
    });
    (n > 0.0).then(|| squares.sqrt() / n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn step(width: usize) -> Array2<f32> {
        // An edge that takes `width` pixels.
        Array2::from_shape_fn((16, 32), |(_, c)| {
            #[expect(clippy::cast_precision_loss, reason = "32 columns")]
            let at = (c as f32 - 16.0) / width as f32;
            100.0 * at.clamp(0.0, 1.0)
        })
    }

    #[test]
    fn a_wider_edge_is_less_sharp_by_every_measure() {
        let of = |width| sharpness(step(width).view(), |_, _| true).unwrap();
        let (sharp, soft) = (of(1), of(6));
        assert!(sharp.tenengrad > soft.tenengrad);
        assert!(sharp.laplacian_variance > soft.laplacian_variance);
        assert!(sharp.gradient_entropy < soft.gradient_entropy);
        assert!(sharp.normalized_gradient_squared > soft.normalized_gradient_squared);
        let edges = Edges { at_least: 10.0 };
        assert!(aes(step(1).view(), edges) > aes(step(6).view(), edges));
    }

    #[test]
    fn flipping_changes_nothing_and_flat_or_tiny_images_give_no_number() {
        let image = step(3);
        let flipped = image.slice(ndarray::s![.., ..;-1]);
        let (a, b) = (sharpness(image.view(), |_, _| true), sharpness(flipped, |_, _| true));
        let (a, b) = (a.unwrap(), b.unwrap());
        assert!((a.tenengrad - b.tenengrad).abs() < 1e-9);
        assert!((a.gradient_entropy - b.gradient_entropy).abs() < 1e-9);
        assert_eq!(sharpness(Array2::zeros((9, 9)).view(), |_, _| true), None);
        assert_eq!(sharpness(Array2::zeros((2, 9)).view(), |_, _| true), None);
        assert_eq!(sharpness(Array2::zeros((9, 1)).view(), |_, _| true), None);
        assert_eq!(aes(Array2::zeros((1, 1)).view(), Edges { at_least: 0.5 }), None);
    }
}
