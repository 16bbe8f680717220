//! Resolution actually seen: width of the skin edge, and how fine the noise is.

use std::ops::Range;

use multiversion::multiversion;

use super::grid::{Grid, WIDTH};
use super::mask::{ones, places, runs};
use super::{Image, Masks, Taken};

/// Width of the edge from air to skin, 10 to 90 %, mm: median over the outline.
pub const SKIN_EDGE_WIDTH: &str = "skin_edge_width";
/// Variance of the Laplacian over the mean squared Sobel gradient (Tenengrad) in even soft tissue, where
/// it tells how fine the noise is against the pixel: white noise has 53, a smoothed picture near
/// 1. A pure number; neither the size of the noise nor the anatomy moves it.
pub const LAPLACIAN_TENENGRAD_RATIO: &str = "laplacian_tenengrad_ratio";

/// Profiles that are needed.
const LEAST: usize = 24;
/// Outside of the edge: air, HU.
const OUTSIDE: f32 = -880.0;
/// Inside of the edge: skin or fat at least, HU.
const INSIDE: f32 = -180.0;
/// Where an edge is looked for, HU.
const HALF: f32 = -500.0;

/// Edge widths along rows and columns, and how fine the noise of soft tissue is: of the cells that
/// [`super::streaks::soft_cells`] has left in `masks.work`.
pub fn sharp(
    image: &Image,
    grid: &Grid,
    masks: &mut Masks,
    pixels: &mut Vec<f32>,
    out: &mut Vec<Taken>,
) {
    let Masks { body, values, work, .. } = masks;
    values.clear();
    for forward in [true, false] {
        let firsts = (0..grid.rows).map(|y| first_of_row(body[y], grid.cols, forward));
        widths(image, grid, firsts, [true, forward], pixels, values);
        let firsts = first_of_columns(body, grid.rows, forward);
        widths(image, grid, firsts.into_iter().take(grid.cols), [false, forward], pixels, values);
    }
    if values.len() >= LEAST {
        let middle = values.len() / 2;
        let median = *values.select_nth_unstable_by(middle, f32::total_cmp).1;
        out.push(Taken { name: SKIN_EDGE_WIDTH, value: f64::from(median), place: None });
    }
    if let Some(value) = fineness(image, grid, work) {
        out.push(Taken { name: LAPLACIAN_TENENGRAD_RATIO, value, place: None });
    }
}

/// The first cell of the body in a row, counted from the side that the line comes from.
fn first_of_row(row: u128, cols: usize, forward: bool) -> Option<usize> {
    let last = || cols - 1 - (WIDTH - 1 - row.leading_zeros() as usize);
    (row != 0).then(|| if forward { row.trailing_zeros() as usize } else { last() })
}

/// The same for each column.
fn first_of_columns(body: &[u128], rows: usize, forward: bool) -> [Option<usize>; WIDTH] {
    let mut firsts = [None; WIDTH];
    let mut wanted = ones(0..WIDTH);
    for k in 0..rows {
        let row = body[if forward { k } else { rows - 1 - k }];
        places(row & wanted).for_each(|x| firsts[x] = Some(k));
        wanted &= !row;
    }
    firsts
}

/// Widths seen on lines in one direction, `firsts` being the first cell of the body for each line of
/// cells. A slanting edge is wider on the line than across: the place on the line before tells
/// the slant.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "pixels of a frame"
)]
fn widths(
    image: &Image,
    grid: &Grid,
    firsts: impl Iterator<Item = Option<usize>>,
    [along_row, forward]: [bool; 2],
    pixels: &mut Vec<f32>,
    found: &mut Vec<f32>,
) {
    let [length, other] = if along_row { [0, 1] } else { [1, 0] };
    let mm = |axis: usize| image.spacing_mm[1 - axis] as f32;
    let [before, after] = [12.0, 8.0].map(|reach: f32| (reach / mm(length)) as usize);
    let mut last: Option<(usize, f32)> = None;
    for (cell, first) in firsts.enumerate() {
        let Some(first) = first else { continue };
        let from = (first * grid.step).saturating_sub(before);
        let range = from..((first + 4) * grid.step + after).min(grid.size[length]);
        for line in cell * grid.step..((cell + 1) * grid.step).min(grid.size[other]) {
            profile(image, line, range.clone(), [along_row, forward], pixels);
            let Some((place, width)) = width(pixels, mm(length)) else { continue };
            let place = place + from as f32;
            if let Some((before, at)) = last
                && before + 1 == line
            {
                let slant = (place - at) * mm(length) / mm(other);
                if slant.abs() < 1.0 {
                    found.push(width * mm(length) / slant.hypot(1.0));
                }
            }
            last = Some((line, place));
        }
    }
}

/// The pixels `range` of a line, counted from the side that it comes from.
fn profile(
    image: &Image,
    line: usize,
    range: Range<usize>,
    [along_row, forward]: [bool; 2],
    pixels: &mut Vec<f32>,
) {
    pixels.clear();
    let length = if along_row { image.columns } else { image.rows };
    let range = if forward { range } else { length - range.end..length - range.start };
    if along_row {
        pixels.extend_from_slice(image.row(line).get(range).unwrap_or(&[]));
    } else {
        let start = range.start * image.columns + line;
        let column = image.hu.get(start..).unwrap_or(&[]).iter().step_by(image.columns);
        pixels.extend(column.take(range.len()));
    }
    if !forward {
        pixels.reverse();
    }
}

/// Place of the edge and its width in pixels. `None` where the outside is no clear air, or the
/// inside no tissue.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a few pixels"
)]
fn width(profile: &[f32], mm: f32) -> Option<(f32, f32)> {
    let cross = profile.windows(2).position(|p| p[0] < HALF && p[1] >= HALF)?;
    let pixels = |length: f32| ((length / mm).round() as usize).max(1);
    let mean = |from: usize, to: usize| {
        let part = profile.get(from..to)?;
        let sum: f32 = part.iter().sum();
        (!part.is_empty() && sum.is_finite()).then(|| sum / part.len() as f32)
    };
    let outer = mean(cross.checked_sub(pixels(8.0))?, cross.checked_sub(pixels(4.0))?)?;
    let inner = mean(cross + 1 + pixels(1.5), cross + 1 + pixels(1.5) + pixels(2.5))?;
    if outer > OUTSIDE || inner < INSIDE {
        return None;
    }
    let level = |share: f32| outer + share * (inner - outer);
    // From the half outwards and inwards, so that noise further off does not count.
    let low = (0..=cross).rev().find(|i| profile[*i] <= level(0.1))?;
    let high = (cross + 1..profile.len()).find(|i| profile[*i] >= level(0.9))?;
    let part = |a: f32, b: f32, level: f32| {
        if b > a { ((level - a) / (b - a)).clamp(0.0, 1.0) } else { 0.5 }
    };
    let x10 = low as f32 + part(profile[low], *profile.get(low + 1)?, level(0.1));
    let x90 = (high - 1) as f32 + part(profile[high - 1], profile[high], level(0.9));
    let place = cross as f32 + part(profile[cross], profile[cross + 1], HALF);
    Some((place, (x90 - x10).max(0.0)))
}

/// Variance of the Laplacian over the mean squared gradient, of every second row.
fn fineness(image: &Image, grid: &Grid, inner: &[u128]) -> Option<f64> {
    let [mut n, mut laplace, mut square, mut gradient] = [0.0; 4];
    for y in (1..grid.size[1].saturating_sub(1)).step_by(2) {
        let (up, here, down) = (image.row(y - 1), image.row(y), image.row(y + 1));
        for run in runs(*inner.get(y / grid.step)?) {
            let from = (run.start * grid.step).max(1) - 1;
            let wide = from..(run.end * grid.step).min(grid.size[0] - 1) + 1;
            let lines = [up.get(wide.clone())?, here.get(wide.clone())?, down.get(wide)?];
            let sums = texture(lines);
            n += f64::from(sums[0]);
            laplace += f64::from(sums[1]);
            square += f64::from(sums[2]);
            gradient += f64::from(sums[3]);
        }
    }
    if n < 1000.0 || gradient / n < 1e-3 {
        return None;
    }
    let mean: f64 = laplace / n;
    let ratio = (square / n - mean * mean) / (gradient / n);
    ratio.is_finite().then_some(ratio)
}

/// Of the pixels of the middle line that have neighbours: how many there are, sum of the Laplacian,
/// of its square, and of the squared gradient. Summed up in eight lots, which vector
/// instructions hold side by side.
#[multiversion(targets("x86_64+avx2"))]
fn texture([up, here, down]: [&[f32]; 3]) -> [f32; 4] {
    const LOTS: usize = 8;
    let mut lots = [[0.0_f32; LOTS]; 4];
    let wide = here.len().saturating_sub(2);
    for from in (0..wide).step_by(LOTS) {
        let mut lines = [[f32::NAN; LOTS + 2]; 3];
        for (part, line) in lines.iter_mut().zip([up, here, down]) {
            let rest = &line[from..];
            if let Some(whole) = rest.first_chunk() {
                *part = *whole;
            } else {
                part[..rest.len()].copy_from_slice(rest);
            }
        }
        let [u, h, d] = lines;
        for x in 0..LOTS {
            let l = h[x] + h[x + 2] + u[x + 1] + d[x + 1] - 4.0 * h[x + 1];
            let gx = (u[x + 2] + 2.0 * h[x + 2] + d[x + 2] - u[x] - 2.0 * h[x] - d[x]) / 8.0;
            let gy = (d[x] + 2.0 * d[x + 1] + d[x + 2] - u[x] - 2.0 * u[x + 1] - u[x + 2]) / 8.0;
            let g = gx * gx + gy * gy;
            let counts = l.abs() < f32::INFINITY && g < f32::INFINITY;
            lots[0][x] += if counts { 1.0 } else { 0.0 };
            lots[1][x] += if counts { l } else { 0.0 };
            lots[2][x] += if counts { l * l } else { 0.0 };
            lots[3][x] += if counts { g } else { 0.0 };
        }
    }
    lots.map(|lot| lot.iter().sum())
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "pixels of a test")]
mod tests {
    use super::super::tests::{disc, stored, value};
    use super::super::{Scratch, sampled};
    use super::*;
    use ndarray::Array2;

    /// Water whose edge is the normal distribution of `sigma` pixels, about.
    fn soft(sigma: f32) -> Array2<f32> {
        let mut seed = 5;
        Array2::from_shape_fn((512, 512), |(y, x)| {
            let r = (y as f32 - 255.5).hypot(x as f32 - 255.5);
            let t = (150.0 - r) / sigma;
            // Logistic curve of slope 1.702: the normal distribution within 0.01.
            -1000.0
                + 1000.0 / (1.0 + (-1.702 * t).exp())
                + 8.0 * super::super::tests::noise(&mut seed)
        })
    }

    #[test]
    fn the_width_of_a_known_edge_is_found() {
        for sigma in [1.0_f32, 1.5, 2.0] {
            let taken = sampled(&stored(&soft(sigma)).frame(), &mut Scratch::default());
            let width = value(&taken, SKIN_EDGE_WIDTH).unwrap();
            let wanted = 2.563 * f64::from(sigma);
            assert!((width / wanted - 1.0).abs() < 0.12, "{sigma} {width} {wanted}");
        }
    }

    #[test]
    fn blur_lowers_the_share_of_fine_detail_and_scale_does_not() {
        let hu = disc(512, 150.0, 10.0);
        let mut blurred = hu.clone();
        for y in 1..511 {
            for x in 1..511 {
                blurred[[y, x]] = hu.slice(ndarray::s![y - 1..y + 2, x - 1..x + 2]).mean().unwrap();
            }
        }
        let take = |hu: &Array2<f32>| {
            value(&sampled(&stored(hu).frame(), &mut Scratch::default()), LAPLACIAN_TENENGRAD_RATIO)
                .unwrap()
        };
        assert!(take(&blurred) < 0.5 * take(&hu));
        let shifted = hu.mapv(|v| v + 30.0);
        assert!((take(&shifted) / take(&hu) - 1.0).abs() < 0.01);
    }
}
