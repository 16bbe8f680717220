//! A frame along circles about a centre.

use multiversion::multiversion;

use super::Image;
use super::grid::{Grid, WIDTH};
use super::mask::runs;

/// Directions from the centre.
pub const ANGLES: usize = 384;

/// HU along a circle, by angle; NaN where it is not looked at.
pub type Circle = [f32; ANGLES];

/// A frame along circles, with buffers kept between frames.
#[derive(Debug, Default)]
pub struct Polar {
    /// A circle for each radius, in pixels from 0 on.
    pub circles: Vec<Circle>,
    tables: [Vec<u8>; 2],
}

impl Polar {
    /// Samples the frame along rays, a circle for each radius; NaN outside soft tissue of the body.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "places within the frame"
    )]
    pub fn fill(&mut self, image: &Image, grid: &Grid, soft: &[u128], centre: [f64; 2]) {
        let Self { circles, tables } = self;
        let side = grid.size[0].min(grid.size[1]) as f64;
        let radii = (side / 2.0).min(1024.0) as usize;
        let (mut cos, mut sin) = ([0.0; ANGLES], [0.0; ANGLES]);
        for a in 0..ANGLES {
            let angle = a as f64 * std::f64::consts::TAU / ANGLES as f64;
            (sin[a], cos[a]) = (angle.sin() as f32, angle.cos() as f32);
        }
        let soft = Soft::of(grid, soft, std::mem::take(tables));
        circles.resize(radii, [f32::NAN; ANGLES]);
        for (radius, circle) in circles.iter_mut().enumerate() {
            let [mut x, mut y] = [Places::default(); 2];
            along(radius as f32, centre[0], &cos, &mut x);
            along(radius as f32, centre[1], &sin, &mut y);
            for (a, to) in circle.iter_mut().enumerate() {
                let at = [(y.whole[a], y.part[a]), (x.whole[a], x.part[a])];
                *to = sample(image, &soft, at);
            }
        }
        *tables = [soft.cells, soft.of];
    }
}

/// Which pixels are soft tissue: a byte a cell, with the cell of each pixel (tables, as divisions
/// and shifts of whole rows cost more).
struct Soft {
    cells: Vec<u8>,
    of: Vec<u8>,
}

impl Soft {
    #[expect(clippy::cast_possible_truncation, reason = "a grid has at most 128 cells to a side")]
    fn of(grid: &Grid, soft: &[u128], [mut cells, mut of]: [Vec<u8>; 2]) -> Self {
        cells.clear();
        cells.resize(soft.len() * WIDTH, 0);
        for (row, bits) in cells.as_chunks_mut::<WIDTH>().0.iter_mut().zip(soft) {
            runs(*bits).for_each(|run| row[run].fill(1));
        }
        of.clear();
        let longer = grid.size[0].max(grid.size[1]);
        of.extend((0..longer).map(|pixel| (pixel / grid.step) as u8));
        Self { cells, of }
    }

    fn holds(&self, r: usize, c: usize) -> bool {
        let (Some(y), Some(x)) = (self.of.get(r), self.of.get(c)) else { return false };
        self.cells.get(usize::from(*y) * WIDTH + usize::from(*x)).is_some_and(|soft| *soft == 1)
    }
}

/// Places along a circle on one axis: pixel, and what goes beyond it.
#[derive(Clone, Copy)]
struct Places {
    whole: [i32; ANGLES],
    part: Circle,
}

impl Default for Places {
    fn default() -> Self {
        Self { whole: [0; ANGLES], part: [0.0; ANGLES] }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "places near the frame")]
fn along(radius: f32, centre: f64, unit: &Circle, out: &mut Places) {
    /// From 4096 to 8192 a float has eleven bits behind the point: the whole number stands above
    /// them. The middle leaves room for a radius of 1024 and more to both sides.
    #[multiversion(targets("x86_64+avx2"))]
    #[expect(clippy::cast_precision_loss, reason = "pixels of a frame")]
    fn split(radius: f32, middle: f32, first: i32, unit: &Circle, out: &mut Places) {
        for ((whole, part), u) in out.whole.iter_mut().zip(&mut out.part).zip(unit) {
            let off = middle + radius * u;
            let pixels = ((off + 6144.0).to_bits() >> 11 & 0xFFF).cast_signed() - 2048;
            *whole = first + pixels;
            *part = off - pixels as f32;
        }
    }
    let first = centre.floor();
    split(radius, (centre - first) as f32, first as i32, unit, out);
}

/// Value at a place (row and column) by its four neighbours; NaN unless it is inner soft tissue of
/// the body.
fn sample(image: &Image, soft: &Soft, [(r, fy), (c, fx)]: [(i32, f32); 2]) -> f32 {
    let (Ok(r), Ok(c)) = (usize::try_from(r), usize::try_from(c)) else { return f32::NAN };
    if !soft.holds(r, c) || c + 1 >= image.columns {
        return f32::NAN;
    }
    let at = r * image.columns + c;
    let two = |at: usize| image.hu.get(at..at + 2);
    let (Some(above), Some(below)) = (two(at), two(at + image.columns)) else { return f32::NAN };
    let above = above[0] * (1.0 - fx) + above[1] * fx;
    let below = below[0] * (1.0 - fx) + below[1] * fx;
    above * (1.0 - fy) + below * fy
}
