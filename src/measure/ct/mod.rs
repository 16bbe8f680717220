//! Measures of CT frames in HU. Pure: stored values in, numbers out.
//!
//! `one_touch` is for every frame (block means of about 128 x 128 cells, one pass over the
//! pixels); `sampled` is for one frame of several (works at full resolution).

pub use super::taken::Taken;
pub use frame::CtFrame;

pub mod body;
pub mod dose;
pub mod frame;
pub mod grid;
pub mod hu;
pub mod isocentre;
pub mod lungs;
pub mod mask;
pub mod motion;
pub mod names;
pub mod noise;
mod polar;
mod reduce;
pub mod rings;
pub mod sharp;
pub mod streaks;

/// One frame as a picture in HU, for the measures that look at every pixel.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    /// HU, row by row; NaN is padding.
    pub hu: &'a [f32],
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Row spacing and column spacing, mm.
    pub spacing_mm: [f64; 2],
}

impl<'a> Image<'a> {
    /// A row; empty beyond the frame.
    pub fn row(&self, row: usize) -> &'a [f32] {
        self.hu.get(row * self.columns..(row + 1) * self.columns).unwrap_or(&[])
    }

    /// HU at a pixel; NaN beyond the frame.
    pub fn at(&self, row: usize, column: usize) -> f32 {
        self.row(row).get(column).copied().unwrap_or(f32::NAN)
    }
}

/// Masks on the reduced grid, a word a row, and lists.
#[derive(Debug, Default)]
pub struct Masks {
    /// The body, holes filled.
    pub body: Vec<u128>,
    /// Spare mask.
    pub spare: Vec<u128>,
    /// Spare mask.
    pub work: Vec<u128>,
    /// Cells to visit: row and bits.
    pub stack: Vec<(usize, u128)>,
    /// Spare values.
    pub values: Vec<f32>,
}

/// Buffers kept between frames, so that a frame costs next to no allocation.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The reduced frame.
    pub grid: grid::Grid,
    /// Masks on it.
    pub masks: Masks,
    /// Sums for windows.
    pub sums: noise::Sums,
    /// Buffers of the ring measure.
    pub rings: rings::Buffers,
    /// The frame in HU.
    pub image: Vec<f32>,
    /// Spare pixels.
    pub pixels: Vec<f32>,
}

/// What is measured on every frame: body, HU, noise, metal, lungs and outline. Empty for a frame
/// without pixels or spacing.
pub fn one_touch(frame: &CtFrame, scratch: &mut Scratch) -> Vec<Taken> {
    measured(frame, scratch, true, false)
}

/// What is measured on some frames: streaks, rings, sharpness, edges. Empty where there is no body.
pub fn sampled(frame: &CtFrame, scratch: &mut Scratch) -> Vec<Taken> {
    measured(frame, scratch, false, true)
}

/// Both, with the grid and the body found once.
pub fn all(frame: &CtFrame, scratch: &mut Scratch) -> Vec<Taken> {
    measured(frame, scratch, true, true)
}

fn measured(frame: &CtFrame, scratch: &mut Scratch, every: bool, sampled: bool) -> Vec<Taken> {
    let mut out = Vec::with_capacity(32);
    let Scratch { grid, masks, sums, rings, image, pixels } = scratch;
    if grid.reduce(frame).is_none() {
        return out;
    }
    let body = body::find(frame, grid, masks);
    if every {
        body::Body::taken(body.as_ref(), frame, grid, &mut out);
        hu::air(grid, masks, &mut out);
    }
    if body.is_none() {
        return out;
    }
    if every {
        hu::peaks(grid, masks, &mut out);
        streaks::metal(frame, grid, masks, &mut out);
        lungs::lungs(grid, masks, &mut out);
        motion::outline(grid, masks, &mut out);
    }
    if sampled {
        noise::noise(grid, masks, sums, &mut out);
        frame.map.apply(frame.samples, image);
        let (rows, columns, spacing_mm) = (frame.rows, frame.columns, frame.spacing_mm);
        let image = &Image { hu: image, rows, columns, spacing_mm };
        rings::rings(image, frame.isocentre, grid, masks, rings, &mut out);
        streaks::soft_cells(grid, masks);
        streaks::streaks(image, grid, masks, &mut out);
        sharp::sharp(image, grid, masks, pixels, &mut out);
    }
    out
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "pixels of a test")]
pub(crate) mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::decode::{ModalityMap, Samples};

    /// Stored values of a test picture, HU themselves.
    pub struct Stored {
        samples: Samples,
        shape: (usize, usize),
    }

    /// Whole HU of 16 bits where they fit, else floats.
    pub fn stored(hu: &Array2<f32>) -> Stored {
        let fits = hu.iter().all(|v| v.abs() < 32_000.0);
        #[expect(clippy::cast_possible_truncation, reason = "looked at before")]
        let samples = if fits {
            Samples::I16(hu.iter().map(|v| v.round() as i16).collect())
        } else {
            Samples::F32(hu.iter().copied().collect())
        };
        Stored { samples, shape: hu.dim() }
    }

    impl Stored {
        /// A frame of 1 mm pixels.
        pub fn frame(&self) -> CtFrame<'_> {
            let (rows, columns) = self.shape;
            let (samples, map) = (&self.samples, ModalityMap::STORED);
            CtFrame { samples, rows, columns, map, spacing_mm: [1.0, 1.0], isocentre: None }
        }
    }

    /// Numbers like those of a fair die, about 0, with standard deviation 1.
    pub fn noise(seed: &mut u64) -> f32 {
        let mut sum = 0.0;
        for _ in 0..12 {
            *seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            sum += (*seed >> 40) as f32 / (1_u64 << 24) as f32;
        }
        sum - 6.0
    }

    /// Water of `radius` pixels in the middle of air, with noise of `sd` HU.
    pub fn disc(side: usize, radius: f32, sd: f32) -> Array2<f32> {
        let mut seed = 7;
        let middle = (side as f32 - 1.0) / 2.0;
        Array2::from_shape_fn((side, side), |(y, x)| {
            let r = (y as f32 - middle).hypot(x as f32 - middle);
            let inside = (radius + 0.5 - r).clamp(0.0, 1.0);
            -1000.0 + 1000.0 * inside + sd * noise(&mut seed)
        })
    }

    pub fn value(taken: &[Taken], name: &str) -> Option<f64> {
        taken.iter().find(|t| t.name == name).map(|t| t.value)
    }

    #[test]
    fn odd_frames_give_nothing_and_do_not_panic() {
        let mut scratch = Scratch::default();
        for shape in [(1, 1), (1, 9), (2, 3), (5, 5), (16, 700), (4000, 3), (131, 127), (0, 7)] {
            for v in [f32::NAN, f32::INFINITY, -1000.0, 40.0, 3e38, f32::NEG_INFINITY] {
                let hu = Array2::from_elem(shape, v);
                for taken in [
                    one_touch(&stored(&hu).frame(), &mut scratch),
                    sampled(&stored(&hu).frame(), &mut scratch),
                ] {
                    assert!(taken.iter().all(|t| t.value.is_finite()), "{shape:?} {v} {taken:?}");
                }
            }
        }
        let mut seed = 3;
        for side in [7, 33, 64, 200, 513] {
            let hu = Array2::from_shape_fn((side, side + 5), |_| 3000.0 * noise(&mut seed));
            let taken = sampled(&stored(&hu).frame(), &mut scratch);
            assert!(taken.iter().all(|t| t.value.is_finite()));
            let taken = one_touch(&stored(&hu).frame(), &mut scratch);
            assert!(taken.iter().all(|t| t.value.is_finite()));
        }
    }

    #[test]
    fn scratch_does_not_leak_between_frames() {
        let (large, small) = (disc(512, 150.0, 9.0), disc(300, 90.0, 9.0));
        let mut used = Scratch::default();
        one_touch(&stored(&large).frame(), &mut used);
        sampled(&stored(&large).frame(), &mut used);
        let fresh = &mut Scratch::default();
        assert_eq!(
            one_touch(&stored(&small).frame(), &mut used),
            one_touch(&stored(&small).frame(), fresh)
        );
        assert_eq!(
            sampled(&stored(&small).frame(), &mut used),
            sampled(&stored(&small).frame(), fresh)
        );
    }
}
