//! Resolution actually seen: width of the skin edge, and how fine the noise is.

use super::grid::Grid;
use super::{CtFrame, Masks, Taken};

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

/// Edge widths along rows and columns, and how fine the noise of soft tissue is.
pub fn sharp(
    frame: &CtFrame,
    grid: &Grid,
    masks: &mut Masks,
    pixels: &mut Vec<f32>,
    out: &mut Vec<Taken>,
) {
    let Masks { body, values, .. } = masks;
    values.clear();
    for along_row in [true, false] {
        for forward in [true, false] {
            widths(frame, grid, body, along_row, forward, pixels, values);
        }
    }
    if values.len() >= LEAST {
        let middle = values.len() / 2;
        let median = *values.select_nth_unstable_by(middle, f32::total_cmp).1;
        out.push(Taken { name: SKIN_EDGE_WIDTH, value: f64::from(median), place: None });
    }
    super::streaks::soft_cells(grid, masks);
    if let Some(value) = fineness(frame, grid, &masks.work, pixels) {
        out.push(Taken { name: LAPLACIAN_TENENGRAD_RATIO, value, place: None });
    }
}

/// Widths seen on lines in one direction. A slanting edge is wider on the line than across: the
/// place on the line before tells the slant.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "pixels of a frame"
)]
fn widths(
    frame: &CtFrame,
    grid: &Grid,
    body: &[bool],
    along_row: bool,
    forward: bool,
    pixels: &mut Vec<f32>,
    found: &mut Vec<f32>,
) {
    let (lines, cells) = if along_row { (grid.rows, grid.cols) } else { (grid.cols, grid.rows) };
    let [length, other] = if along_row { [0, 1] } else { [1, 0] };
    let mm = |axis: usize| frame.spacing_mm[1 - axis] as f32;
    let mut before: Option<(usize, f32)> = None;
    for line in 0..lines * grid.step {
        if line >= grid.size[other] {
            break;
        }
        let cell = |k: usize| {
            let k = if forward { k } else { cells - 1 - k };
            let line = line / grid.step;
            if along_row { line * grid.cols + k } else { k * grid.cols + line }
        };
        let Some(first) = (0..cells).find(|k| body[cell(*k)]) else { continue };
        pixels.clear();
        let from = (first * grid.step).saturating_sub((12.0 / mm(length)) as usize);
        for k in from..(first + 4) * grid.step + (8.0 / mm(length)) as usize {
            if k >= grid.size[length] {
                break;
            }
            let k = if forward { k } else { grid.size[length] - 1 - k };
            let at = if along_row { [line, k] } else { [k, line] };
            pixels.push(frame.hu.get(at).copied().unwrap_or(f32::NAN));
        }
        let Some((place, width)) = width(pixels, mm(length)) else { continue };
        let place = place + from as f32;
        if let Some((last, at)) = before
            && last + 1 == line
        {
            let slant = (place - at) * mm(length) / mm(other);
            if slant.abs() < 1.0 {
                found.push(width * mm(length) / slant.hypot(1.0));
            }
        }
        before = Some((line, place));
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
fn fineness(frame: &CtFrame, grid: &Grid, inner: &[bool], lines: &mut Vec<f32>) -> Option<f64> {
    let cols = grid.size[0];
    let (mut n, mut laplace, mut square, mut gradient) = (0.0, 0.0, 0.0, 0.0);
    for y in (1..grid.size[1].saturating_sub(1)).step_by(2) {
        let cells = inner.get(y / grid.step * grid.cols..(y / grid.step + 1) * grid.cols)?;
        if !cells.contains(&true) {
            continue;
        }
        lines.clear();
        for row in (y - 1..y + 2).map(|r| frame.hu.row(r)) {
            match row.to_slice() {
                Some(row) => lines.extend_from_slice(row),
                None => lines.extend(row.iter()),
            }
        }
        for (cx, _) in cells.iter().enumerate().filter(|(_, inner)| **inner) {
            let (from, to) = ((cx * grid.step).max(1), ((cx + 1) * grid.step).min(cols - 1));
            let wide = from - 1..to + 1;
            let line = |k: usize| lines.get(k * cols..)?.get(wide.clone());
            let (up, here, down) = (line(0)?, line(1)?, line(2)?);
            for ((u, h), d) in up.windows(3).zip(here.windows(3)).zip(down.windows(3)) {
                let l = h[0] + h[2] + u[1] + d[1] - 4.0 * h[1];
                let gx = (u[2] + 2.0 * h[2] + d[2] - u[0] - 2.0 * h[0] - d[0]) / 8.0;
                let gy = (d[0] + 2.0 * d[1] + d[2] - u[0] - 2.0 * u[1] - u[2]) / 8.0;
                let g = gx * gx + gy * gy;
                if l.is_finite() && g.is_finite() {
                    n += 1.0;
                    laplace += f64::from(l);
                    square += f64::from(l * l);
                    gradient += f64::from(g);
                }
            }
        }
    }
    if n < 1000.0 || gradient / n < 1e-3 {
        return None;
    }
    let mean: f64 = laplace / n;
    let ratio = (square / n - mean * mean) / (gradient / n);
    ratio.is_finite().then_some(ratio)
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "pixels of a test")]
mod tests {
    use super::super::tests::{disc, frame, value};
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
            let taken = sampled(&frame(&soft(sigma)), &mut Scratch::default());
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
            value(&sampled(&frame(hu), &mut Scratch::default()), LAPLACIAN_TENENGRAD_RATIO).unwrap()
        };
        assert!(take(&blurred) < 0.5 * take(&hu));
        let shifted = hu.mapv(|v| v + 30.0);
        assert!((take(&shifted) / take(&hu) - 1.0).abs() < 0.01);
    }
}
