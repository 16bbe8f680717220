//! Rings about the centre of reconstruction: a detector element that reads wrong.

use multiversion::multiversion;

use super::grid::Grid;
use super::mask::{morph, within};
use super::polar::{ANGLES, Circle, Polar};
use super::{Image, Masks, Taken};

/// Strongest ring in multiples of its own standard error.
pub const RING_Z: &str = "ring_z";
/// Height of that ring against both sides, HU, with sign.
pub const RING_HU: &str = "ring_hu";
/// Radius of that ring, mm.
pub const RING_RADIUS: &str = "ring_radius";

/// Directions of a sector.
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

/// Sixteenths of HU along a circle; [`NONE`] where there is none.
type Fixed = [i16; ANGLES];

/// Above all numbers, so that it is last in order.
const NONE: i16 = i16::MAX;

/// Buffers kept between frames.
#[derive(Debug, Default)]
pub struct Buffers {
    polar: Polar,
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

/// Rings about the isocentre or, where the header does not tell it, about the centre of the image.
pub fn rings(
    image: &Image,
    isocentre: Option<[f64; 2]>,
    grid: &Grid,
    masks: &mut Masks,
    buffers: &mut Buffers,
    out: &mut Vec<Taken>,
) {
    #[expect(clippy::cast_precision_loss, reason = "pixels of a frame")]
    let middle = grid.size.map(|n| (n as f64 - 1.0) / 2.0);
    rings_about(image, grid, masks, isocentre.unwrap_or(middle), buffers, out);
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
    image: &Image,
    grid: &Grid,
    masks: &mut Masks,
    centre: [f64; 2],
    buffers: &mut Buffers,
    out: &mut Vec<Taken>,
) {
    inner_cells(grid, masks);
    buffers.polar.fill(image, grid, &masks.work, centre);
    let mut best: Option<(f64, Ring)> = None;
    for pixels in [1, 2] {
        if pixels == 2 {
            halve(&mut buffers.polar.circles);
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
    let pixel = (image.spacing_mm[0] * image.spacing_mm[1]).sqrt();
    out.push(Taken { name: RING_RADIUS, value: best.radius * pixel, place });
}

/// Joins radii in pairs.
fn halve(polar: &mut Vec<Circle>) {
    let pairs = polar.len() / 2;
    for r in 0..pairs {
        let (inner, outer) = (polar[2 * r], polar[2 * r + 1]);
        for ((joined, inner), outer) in polar[r].iter_mut().zip(inner).zip(outer) {
            *joined = 0.5 * (inner + outer);
        }
    }
    polar.truncate(pairs);
}

/// The strongest ring on which the sectors agree, with its z; z 0 where none agree on any, `None`
/// where too few radii can be judged.
#[expect(clippy::cast_precision_loss, reason = "one or two")]
fn strongest(pixels: usize, buffers: &mut Buffers) -> Option<(f64, Ring)> {
    let Buffers { polar, rings, spare, .. } = buffers;
    rings.clear();
    let circles = &polar.circles;
    let radii = circles.len();
    let step = pixels as f64;
    let judged = (INNERMOST / pixels..radii).filter_map(|r| ring(r, step, circles));
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

/// Cells of soft tissue all of whose neighbours are such: `masks.work`. (A limit on the pixels
/// themselves would pick from the noise at edges.)
fn inner_cells(grid: &Grid, masks: &mut Masks) {
    let Masks { body, work, .. } = masks;
    work.clear();
    work.extend(body.iter().zip(&grid.mean).map(|(b, mean)| b & within(mean, TISSUE)));
    morph(work, grid.cols, 1, false);
}

/// One radius; `None` where too few sectors hold tissue.
#[expect(clippy::cast_precision_loss, reason = "samples are few")]
fn ring(radius: usize, pixels: f64, polar: &[Circle]) -> Option<Ring> {
    let (inner, here, outer) =
        (polar.get(radius.checked_sub(SIDE)?)?, polar.get(radius)?, polar.get(radius + SIDE)?);
    // How much both sides differ tells the noise; what differs more crosses an edge.
    let mut samples = [NONE; ANGLES];
    let n = apart(inner, outer, &mut samples);
    if n < LEAST_SECTORS * SECTOR / 2 {
        return None;
    }
    let most = SAME * 1.4826 * hu_of(median(&samples, n)).max(1.0);
    let n = heights([inner, here, outer], most, &mut samples);
    let level = median(&samples, n);
    let (held, agree) = sectors(&samples, level);
    if held < LEAST_SECTORS {
        return None;
    }
    let hu = f64::from(hu_of(level));
    distances(level, &mut samples);
    let sigma = 1.4826 * f64::from(hu_of(median(&samples, n))).max(LEAST_SPREAD);
    // Samples that lie nearer than two pixels tell the same noise.
    let arc = std::f64::consts::TAU * radius as f64 * pixels / ANGLES as f64;
    let independent = n as f64 * (arc / APART).min(1.0);
    Some(Ring {
        radius: (radius as f64 + 0.5) * pixels - 0.5,
        hu,
        z: hu / (1.2533 * sigma / independent.max(1.0).sqrt()),
        agree: agree as f64 >= AGREE * held as f64,
    })
}

/// Turns samples into their distances from `level`.
#[multiversion(targets("x86_64+avx2"))]
fn distances(level: i16, samples: &mut Fixed) {
    for d in samples {
        let off = d.saturating_sub(level);
        let size = off.max(0_i16.saturating_sub(off));
        *d = if *d == NONE { NONE } else { size };
    }
}

/// Sectors of which at least half holds samples, and how many of them have a median with the sign
/// of `level`. The sign of a median is told by counts, without the median.
#[multiversion(targets("x86_64+avx2"))]
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "a few samples")]
fn sectors(samples: &Fixed, level: i16) -> (usize, usize) {
    let (mut held, mut agree) = (0, 0);
    for part in samples.as_chunks::<SECTOR>().0 {
        let (mut none, mut negative, mut zero) = (0_i16, 0_i16, 0_i16);
        for d in part {
            none += i16::from(*d == NONE);
            negative += i16::from(*d < 0);
            zero += i16::from(*d == 0);
        }
        let half = (SECTOR as i16 - none) / 2;
        if none <= (SECTOR / 2) as i16 {
            held += 1;
            let agrees = if level > 0 { negative + zero <= half } else { negative > half };
            agree += usize::from(level != 0 && agrees);
        }
    }
    (held, agree)
}

/// Sixteenths of HU as HU.
fn hu_of(fixed: i16) -> f32 {
    f32::from(fixed) / 16.0
}

/// HU as sixteenths, [`NONE`] where it does not count.
fn fixed(hu: f32, counts: bool) -> i16 {
    let size = (hu * 16.0).abs();
    let held = if size < 32_000.0 { size } else { 32_000.0 };
    // At 2^15 a float has eight bits behind the point: the whole number stands above them.
    let whole = (held + 32_768.0).to_bits() >> 8 & 0x7FFF;
    let whole = if hu < 0.0 { -(whole as i16) } else { whole as i16 };
    if counts { whole } else { NONE }
}

/// Differences of both sides of a ring, without sign; returns how many there are.
#[multiversion(targets("x86_64+avx2"))]
fn apart(inner: &Circle, outer: &Circle, out: &mut Fixed) -> usize {
    let mut n = 0;
    for ((o, i), w) in out.iter_mut().zip(inner).zip(outer) {
        let d = (i - w).abs();
        let counts = d < f32::INFINITY;
        *o = fixed(d, counts);
        n += u32::from(counts);
    }
    n as usize
}

/// Heights of a ring over the mean of both sides, where these differ by at most `most`; returns how
/// many there are.
#[multiversion(targets("x86_64+avx2"))]
fn heights([inner, here, outer]: [&Circle; 3], most: f32, out: &mut Fixed) -> usize {
    let mut n = 0;
    for (((o, i), h), w) in out.iter_mut().zip(inner).zip(here).zip(outer) {
        let d = h - 0.5 * (i + w);
        let counts = d.abs() < f32::INFINITY && (i - w).abs() <= most;
        *o = fixed(d, counts);
        n += u32::from(counts);
    }
    n as usize
}

/// Median of the `n` least values, found by halving the range: counting all is quick, sorting is
/// not.
#[multiversion(targets("x86_64+avx2"))]
#[expect(clippy::cast_possible_truncation, reason = "no more than the angles")]
fn median(values: &Fixed, n: usize) -> i16 {
    let rank = (n / 2) as i16;
    let (mut low, mut high) = (i32::from(i16::MIN), i32::from(NONE));
    while low < high {
        let middle = (low + high) >> 1;
        let limit = middle as i16;
        let below: i16 = values.iter().map(|v| i16::from(*v <= limit)).sum();
        if below > rank {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low as i16
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "pixels of a test")]
mod tests {
    use super::super::tests::{disc, stored, value};
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
            value(&sampled(&stored(hu).frame(), &mut Scratch::default()), RING_Z).unwrap()
        };
        assert!(z(&clean) < 5.0, "{}", z(&clean));
        for (radius, height) in [(60.0, 12.0), (130.0, -12.0)] {
            let hu = ringed(&clean, radius, height, -4.0);
            assert!(z(&hu) > 8.0, "{}", z(&hu));
            let taken = sampled(&stored(&hu).frame(), &mut Scratch::default());
            assert!((value(&taken, RING_RADIUS).unwrap() - f64::from(radius)).abs() < 2.0);
            assert!(value(&taken, RING_HU).unwrap() * f64::from(height) > 0.0);
        }
    }

    #[test]
    fn a_short_arc_is_no_ring() {
        let hu = ringed(&disc(512, 180.0, 12.0), 90.0, 40.0, 2.2);
        let taken = sampled(&stored(&hu).frame(), &mut Scratch::default());
        assert!(value(&taken, RING_Z).unwrap() < 5.0, "{taken:?}");
    }
}
