//! Rings about the centre of reconstruction: a detector element that reads wrong.

use super::grid::{Grid, morph};
use super::{CtFrame, Masks, Taken};

/// Strongest ring in multiples of its own standard error.
pub const RING_Z: &str = "ring_z";
/// Height of that ring against both sides, HU, with sign.
pub const RING_HU: &str = "ring_hu";
/// Radius of that ring, mm.
pub const RING_RADIUS: &str = "ring_radius";

/// Directions from the centre, in sectors of `SECTOR`.
const ANGLES: usize = 384;
const SECTOR: usize = 24;
/// Distance of the two sides to which a ring is held, pixels: a ring is one to three wide.
const SIDE: usize = 3;
/// Smallest radius, pixels: inside, a structure as small as a vessel is a ring.
const INNERMOST: usize = 8;
/// Tissue that is looked at, HU: neither lung, whose vessels are rings and arcs themselves, nor bone.
const TISSUE: std::ops::Range<f32> = -200.0..250.0;
/// Sectors that must hold tissue, and the share of them that must agree in sign.
const LEAST_SECTORS: usize = 8;
/// Both sides of a ring differ by less than this many deviations; else an edge is crossed.
const SAME: f32 = 3.0;
const AGREE: f64 = 0.8;
/// Radii that must be judged.
const LEAST_RADII: usize = 30;
/// Spread below which a sector is smooth beyond what a scanner gives, HU.
const LEAST_SPREAD: f64 = 0.5;
/// Samples that lie apart by less, pixels, tell the same noise.
const APART: f64 = 2.0;

/// Buffers kept between frames.
#[derive(Debug, Default)]
pub struct Buffers {
    polar: Vec<f32>,
    samples: Vec<i32>,
    rings: Vec<Ring>,
    spare: Vec<f64>,
}

#[derive(Clone, Copy, Debug)]
struct Ring {
    /// Pixels.
    radius: f64,
    hu: f64,
    z: f64,
    agree: bool,
}

/// Rings about the centre of the image, which is the centre of reconstruction unless the header says otherwise.
pub fn rings(
    frame: &CtFrame,
    grid: &Grid,
    masks: &mut Masks,
    buffers: &mut Buffers,
    out: &mut Vec<Taken>,
) {
    #[expect(clippy::cast_precision_loss, reason = "pixels of a frame")]
    let centre = grid.size.map(|n| (n as f64 - 1.0) / 2.0);
    rings_about(frame, grid, masks, centre, buffers, out);
}

/// Rings about `centre` (column, row, in pixels).
///
/// The frame is sampled along rays, in soft tissue away from edges and bone. Each sample is held to the
/// mean of those three steps further in and out; the median over all angles, over its standard error
/// (1.2533 x 1.4826 x MAD / sqrt of the number of samples that lie two pixels apart), is the z of a radius.
/// The z are divided by their robust spread over all radii where that exceeds one. Only radii at which four
/// fifths of at least eight sectors of 22.5 degrees agree in sign count, so that a straight or short structure
/// does not. Steps are of one pixel, then of two, for wider rings.
pub fn rings_about(
    frame: &CtFrame,
    grid: &Grid,
    masks: &mut Masks,
    centre: [f64; 2],
    buffers: &mut Buffers,
    out: &mut Vec<Taken>,
) {
    inner_cells(grid, masks);
    fill_polar(frame, grid, &masks.work, centre, buffers);
    let mut best: Option<(f64, Ring)> = None;
    for pixels in [1, 2] {
        if pixels == 2 {
            halve(&mut buffers.polar);
        }
        let found = strongest(pixels, buffers);
        if found.is_some_and(|(z, _)| best.is_none_or(|(most, _)| z > most)) {
            best = found;
        }
    }
    let Some((z, best)) = best else { return };
    let place = Some(around(centre, best.radius, grid.size));
    out.push(Taken { name: RING_Z, value: z, place });
    out.push(Taken { name: RING_HU, value: best.hu, place });
    let pixel = (frame.spacing_mm[0] * frame.spacing_mm[1]).sqrt();
    out.push(Taken { name: RING_RADIUS, value: best.radius * pixel, place });
}

/// Joins radii in pairs.
fn halve(polar: &mut Vec<f32>) {
    let pairs = polar.len() / (2 * ANGLES);
    for r in 0..pairs {
        for a in 0..ANGLES {
            let two = (polar[2 * r * ANGLES + a], polar[(2 * r + 1) * ANGLES + a]);
            polar[r * ANGLES + a] = 0.5 * (two.0 + two.1);
        }
    }
    polar.truncate(pairs * ANGLES);
}

/// The strongest ring on which the sectors agree, with its z; z 0 where none agree on any, `None`
/// where too few radii can be judged.
#[expect(clippy::cast_precision_loss, reason = "one or two")]
fn strongest(pixels: usize, buffers: &mut Buffers) -> Option<(f64, Ring)> {
    let Buffers { polar, samples, rings, spare } = buffers;
    rings.clear();
    let radii = polar.len() / ANGLES;
    let step = pixels as f64;
    let judged = (INNERMOST / pixels..radii).filter_map(|r| ring(r, step, polar, samples));
    rings.extend(judged);
    if rings.len() < LEAST_RADII / pixels {
        return None;
    }
    spare.clear();
    spare.extend(rings.iter().map(|r| r.z.abs()));
    let middle = spare.len() / 2;
    let spread = (1.4826 * *spare.select_nth_unstable_by(middle, f64::total_cmp).1).max(1.0);
    let agreeing = rings.iter().filter(|r| r.agree);
    let best = agreeing.max_by(|a, b| a.z.abs().total_cmp(&b.z.abs()));
    Some(best.map_or((0.0, rings[0]), |best| (best.z.abs() / spread, *best)))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "held within the frame"
)]
fn around(centre: [f64; 2], radius: f64, size: [usize; 2]) -> [u32; 4] {
    let hold = |v: f64, axis: usize| v.round().clamp(0.0, size[axis] as f64) as u32;
    [
        hold(centre[0] - radius - 2.0, 0),
        hold(centre[1] - radius - 2.0, 1),
        hold(centre[0] + radius + 3.0, 0),
        hold(centre[1] + radius + 3.0, 1),
    ]
}

/// Samples the frame along rays: `polar[radius * ANGLES + angle]`, NaN outside soft tissue of the
/// body.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "places within the frame"
)]
fn fill_polar(
    frame: &CtFrame,
    grid: &Grid,
    soft: &[bool],
    centre: [f64; 2],
    buffers: &mut Buffers,
) {
    let side = grid.size[0].min(grid.size[1]) as f64;
    let radii = (side / 2.0).min(1024.0) as usize;
    let rays: Vec<[f64; 2]> = (0..ANGLES)
        .map(|a| (a as f64 * std::f64::consts::TAU / ANGLES as f64).sin_cos())
        .map(|(sin, cos)| [cos, sin])
        .collect();
    let of = (0..grid.size[0].max(grid.size[1])).map(|pixel| pixel / grid.step).collect();
    let soft = &Soft { cells: soft, cols: grid.cols, of };
    buffers.polar.clear();
    for radius in 0..radii {
        for [cos, sin] in &rays {
            let (x, y) = (centre[0] + radius as f64 * cos, centre[1] + radius as f64 * sin);
            buffers.polar.push(sample(frame, soft, x, y));
        }
    }
}

/// Cells of soft tissue all of whose neighbours are such: `masks.work`. (A limit on the pixels
/// themselves would pick from the noise at edges.)
fn inner_cells(grid: &Grid, masks: &mut Masks) {
    let Masks { body, work, spare, .. } = masks;
    work.clear();
    work.extend(body.iter().zip(&grid.mean).map(|(b, m)| *b && TISSUE.contains(m)));
    morph(work, grid.cols, 1, false, spare);
}

/// Value at a place by its four neighbours; NaN unless it is inner soft tissue of the body.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "checked not to be negative, and get() looks at the rest"
)]
fn sample(frame: &CtFrame, soft: &Soft, x: f64, y: f64) -> f32 {
    if x < 0.0 || y < 0.0 {
        return f32::NAN;
    }
    let (c, r) = (x as usize, y as usize);
    if !soft.holds(r, c) {
        return f32::NAN;
    }
    let (fx, fy) = ((x - c as f64) as f32, (y - r as f64) as f32);
    let at = |r: usize, c: usize| frame.hu.get([r, c]).copied().unwrap_or(f32::NAN);
    let above = at(r, c) * (1.0 - fx) + at(r, c + 1) * fx;
    let below = at(r + 1, c) * (1.0 - fx) + at(r + 1, c + 1) * fx;
    above * (1.0 - fy) + below * fy
}

/// Cells that may be sampled, with the cell of each pixel (a table, as a division costs more).
struct Soft<'a> {
    cells: &'a [bool],
    cols: usize,
    of: Vec<usize>,
}

impl Soft<'_> {
    fn holds(&self, r: usize, c: usize) -> bool {
        let (Some(y), Some(x)) = (self.of.get(r), self.of.get(c)) else { return false };
        self.cells.get(y * self.cols + x).copied().unwrap_or(false)
    }
}

/// One radius; `None` where too few sectors hold tissue.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "samples are few, and HU"
)]
fn ring(radius: usize, pixels: f64, polar: &[f32], samples: &mut Vec<i32>) -> Option<Ring> {
    let row = |r: usize| polar.get(r * ANGLES..(r + 1) * ANGLES);
    let (inner, here, outer) = (row(radius.checked_sub(SIDE)?)?, row(radius)?, row(radius + SIDE)?);
    // How much both sides differ tells the noise; what differs more crosses an edge.
    samples.clear();
    let apart = inner.iter().zip(outer).map(|(i, o)| (i - o).abs()).filter(|d| d.is_finite());
    samples.extend(apart.map(fixed));
    if samples.len() < LEAST_SECTORS * SECTOR / 2 {
        return None;
    }
    let most = SAME * 1.4826 * median(samples)?.max(1.0);
    samples.clear();
    let (mut sectors, mut held) = ([0.0_f32; ANGLES / SECTOR], 0);
    for s in (0..ANGLES).step_by(SECTOR) {
        let from = samples.len();
        for a in s..s + SECTOR {
            let d = here[a] - 0.5 * (inner[a] + outer[a]);
            if d.is_finite() && (inner[a] - outer[a]).abs() <= most {
                samples.push(fixed(d));
            }
        }
        let part = &mut samples[from..];
        if part.len() >= SECTOR / 2 {
            sectors[held] = median(part)?;
            held += 1;
        }
    }
    if held < LEAST_SECTORS {
        return None;
    }
    let hu = f64::from(median(samples)?);
    let agree = sectors[..held].iter().filter(|m| f64::from(**m) * hu > 0.0).count();
    let level = fixed(hu as f32);
    for d in samples.iter_mut() {
        *d = d.saturating_sub(level).saturating_abs();
    }
    let sigma = 1.4826 * f64::from(median(samples)?).max(LEAST_SPREAD);
    // Samples that lie nearer than two pixels tell the same noise.
    let arc = std::f64::consts::TAU * radius as f64 * pixels / ANGLES as f64;
    let independent = samples.len() as f64 * (arc / APART).min(1.0);
    Some(Ring {
        radius: (radius as f64 + 0.5) * pixels - 0.5,
        hu,
        z: hu / (1.2533 * sigma / independent.max(1.0).sqrt()),
        agree: agree as f64 >= AGREE * held as f64,
    })
}

/// Sixteenths of HU: whole numbers sort in half the time of floating ones.
#[expect(clippy::cast_possible_truncation, reason = "saturates far beyond any HU")]
fn fixed(hu: f32) -> i32 {
    (hu * 16.0) as i32
}

#[expect(clippy::cast_precision_loss, reason = "sixteenths of HU of a frame")]
fn median(values: &mut [i32]) -> Option<f32> {
    let middle = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    Some(*values.select_nth_unstable(middle).1 as f32 / 16.0)
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "pixels of a test")]
mod tests {
    use super::super::tests::{disc, frame, value};
    use super::super::{Scratch, sampled};
    use super::*;
    use ndarray::Array2;

    fn ringed(hu: &Array2<f32>, radius: f32, height: f32, from: f32) -> Array2<f32> {
        let mut hu = hu.clone();
        for ((y, x), v) in hu.indexed_iter_mut() {
            let (dy, dx) = (y as f32 - 255.5, x as f32 - 255.5);
            if (dy.hypot(dx) - radius).abs() < 0.8 && dy.atan2(dx) > from {
                *v += height;
            }
        }
        hu
    }

    #[test]
    fn a_ring_of_the_height_of_the_noise_is_found_and_noise_alone_is_not() {
        let clean = disc(512, 180.0, 12.0);
        let z = |hu: &Array2<f32>| {
            value(&sampled(&frame(hu), &mut Scratch::default()), RING_Z).unwrap()
        };
        assert!(z(&clean) < 5.0, "{}", z(&clean));
        for (radius, height) in [(60.0, 12.0), (130.0, -12.0)] {
            let hu = ringed(&clean, radius, height, -4.0);
            assert!(z(&hu) > 8.0, "{}", z(&hu));
            let taken = sampled(&frame(&hu), &mut Scratch::default());
            assert!((value(&taken, RING_RADIUS).unwrap() - f64::from(radius)).abs() < 2.0);
            assert!(value(&taken, RING_HU).unwrap() * f64::from(height) > 0.0);
        }
    }

    #[test]
    fn a_short_arc_is_no_ring() {
        let hu = ringed(&disc(512, 180.0, 12.0), 90.0, 40.0, 2.2);
        let taken = sampled(&frame(&hu), &mut Scratch::default());
        assert!(value(&taken, RING_Z).unwrap() < 5.0, "{taken:?}");
    }
}
