//! The body in a CT frame: mask on the reduced grid, size, water-equivalent diameter, and how much
//! of its outline is cut by the border of the reconstruction field.

use super::grid::{Grid, morph};
use super::{CtFrame, Masks, Taken};

/// Area of the body, mm^2; 0 where the frame holds none (blank, or the table alone).
pub const BODY_AREA: &str = "body_area";
/// Diameter of the circle of the same area, mm: 2 sqrt(A / pi).
pub const BODY_EFFECTIVE_DIAMETER: &str = "body_effective_diameter";
/// Water-equivalent diameter, mm: 2 sqrt((mean HU / 1000 + 1) A / pi), AAPM Report 220.
pub const BODY_WATER_EQUIVALENT_DIAMETER: &str = "body_water_equivalent_diameter";
/// Column of the centroid, mm from the centre of the first pixel.
pub const BODY_CENTROID_X: &str = "body_centroid_x";
/// Row of the centroid, mm from the centre of the first pixel.
pub const BODY_CENTROID_Y: &str = "body_centroid_y";
/// Distance of the centroid from the centre of the image, mm. The centre of the image is the
/// isocentre only where the header says so (Reconstruction Target Center and Data Collection Center).
pub const BODY_OFF_FIELD_CENTRE: &str = "body_off_field_centre";
/// Share of the body outline that lies on the border of the image or of the padding, 0 to 1.
pub const BODY_CUT_SHARE: &str = "body_cut_share";
/// Length of that part, mm.
pub const BODY_CUT_LENGTH: &str = "body_cut_length";

/// Tissue from here, HU: between lung (-500 and less) and fat (-120).
const TISSUE: f32 = -300.0;
/// The outside air is looked for from border cells below this, HU: lung is above.
const AIR: f32 = -950.0;
/// Less than this is no body, mm^2 (a wrist has 2000, a table's rail less than 1000).
const LEAST_AREA: f64 = 1000.0;
/// Parts of at least this share of the largest belong to the body (legs, arms).
const PART: f64 = 0.03;

/// The body of one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Body {
    /// Area, mm^2.
    pub area: f64,
    /// Mean HU inside the outline, air within included.
    pub mean: f64,
    /// Centroid in pixels, column and row, 0 in the middle of the first pixel.
    pub centroid: [f64; 2],
    /// Box, pixels.
    pub place: [u32; 4],
    /// Length of the outline, mm.
    pub outline: f64,
    /// Length of the part of it at the border of the field, mm.
    pub cut: f64,
    /// Box of the longest side that is cut, pixels.
    pub cut_place: Option<[u32; 4]>,
}

/// Finds the body: cells above -300 HU, opened by one cell (which takes sheets such as the shell of
/// the table, and blankets), holes filled, opened again by about 8 mm, then the largest part
/// and what is at least 3 % of it. Leaves the mask in `masks.body`.
pub fn find(frame: &CtFrame, grid: &Grid, masks: &mut Masks) -> Option<Body> {
    let Masks { body, spare, work, stack, labels, .. } = masks;
    body.clear();
    body.resize(grid.len(), false);
    if grid.is_empty() {
        return None;
    }
    work.clear();
    work.extend(grid.mean.iter().zip(&grid.valid).map(|(m, ok)| !ok || *m > TISSUE));
    open(work, grid.cols, 1, spare);
    for (tissue, (mean, ok)) in work.iter_mut().zip(grid.mean.iter().zip(&grid.valid)) {
        *tissue &= *ok && *mean > TISSUE;
    }
    fill(grid, work, body, stack);
    work.clear();
    work.extend(body.iter().zip(&grid.valid).map(|(b, ok)| *b || !ok));
    open(work, grid.cols, grid.cells_of(8.0, 1), spare);
    for (b, opened) in body.iter_mut().zip(work.iter()) {
        *b &= *opened;
    }
    keep_large(grid, body, labels, stack);
    describe(frame, grid, body)
}

fn open(mask: &mut [bool], cols: usize, radius: usize, spare: &mut Vec<bool>) {
    morph(mask, cols, radius, false, spare);
    morph(mask, cols, radius, true, spare);
}

/// Everything that the air outside does not reach: `inside` becomes tissue and its holes.
fn fill(grid: &Grid, tissue: &[bool], inside: &mut [bool], stack: &mut Vec<u32>) {
    let (rows, cols) = (grid.rows, grid.cols);
    // Open cells, which the air may reach, are true until it does.
    for (open, (tissue, valid)) in inside.iter_mut().zip(tissue.iter().zip(&grid.valid)) {
        *open = !tissue && *valid;
    }
    for y in 0..rows {
        for x in 0..cols {
            let at = y * cols + x;
            if inside[at] && grid.mean[at] < AIR {
                let border = y == 0 || x == 0 || y + 1 == rows || x + 1 == cols;
                let beside = |at: usize| !grid.valid[at];
                if border || [at - cols, at - 1, at + 1, at + cols].into_iter().any(beside) {
                    flood(inside, cols, at, stack, |_| {});
                }
            }
        }
    }
    for (inside, (tissue, valid)) in inside.iter_mut().zip(tissue.iter().zip(&grid.valid)) {
        *inside |= *tissue && *valid;
    }
}

/// Clears the part of `open` that `seed` belongs to, run by run along the rows; calls `each` with
/// every run. Returns the number of its cells.
fn flood(
    open: &mut [bool],
    cols: usize,
    seed: usize,
    stack: &mut Vec<u32>,
    mut each: impl FnMut(std::ops::Range<usize>),
) -> usize {
    let mut size = 0;
    stack.clear();
    stack.push(u32::try_from(seed).unwrap_or(0));
    while let Some(at) = stack.pop() {
        let at = at as usize;
        if !open[at] {
            continue;
        }
        let row = at / cols * cols;
        let from = (row..at).rev().find(|i| !open[*i]).map_or(row, |i| i + 1);
        let to = (at..row + cols).find(|i| !open[*i]).unwrap_or(row + cols);
        open[from..to].fill(false);
        size += to - from;
        each(from..to);
        for start in [from.checked_sub(cols), Some(from + cols)].into_iter().flatten() {
            let mut before = false;
            for (i, now) in open.iter().enumerate().skip(start).take(to - from) {
                if *now && !before {
                    stack.push(u32::try_from(i).unwrap_or(0));
                }
                before = *now;
            }
        }
    }
    size
}

/// The four neighbours of a cell: above, left, right, below.
pub fn near(at: usize, rows: usize, cols: usize) -> [Option<usize>; 4] {
    let (y, x) = (at / cols, at % cols);
    [
        (y > 0).then(|| at - cols),
        (x > 0).then(|| at - 1),
        (x + 1 < cols).then(|| at + 1),
        (y + 1 < rows).then(|| at + cols),
    ]
}

/// Keeps the largest part and those of at least 3 % of it.
fn keep_large(grid: &Grid, body: &mut [bool], labels: &mut Vec<u32>, stack: &mut Vec<u32>) {
    labels.clear();
    labels.resize(body.len(), 0);
    let mut sizes = vec![0_usize];
    for first in 0..body.len() {
        if body[first] {
            let label = u32::try_from(sizes.len()).unwrap_or(u32::MAX);
            let size = flood(body, grid.cols, first, stack, |run| labels[run].fill(label));
            sizes.push(size);
        }
    }
    let largest = sizes.iter().copied().max().unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "cells are few")]
    let kept: Vec<bool> =
        sizes.iter().map(|size| *size > 0 && *size as f64 >= PART * largest as f64).collect();
    for (b, label) in body.iter_mut().zip(labels.iter()) {
        *b = kept.get(*label as usize).copied().unwrap_or(false);
    }
}

/// Sums over the mask and walks its outline.
#[expect(clippy::cast_precision_loss, reason = "cells are few")]
fn describe(frame: &CtFrame, grid: &Grid, body: &[bool]) -> Option<Body> {
    let (mut n, mut sum, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0, 0.0);
    let mut cells = [usize::MAX, usize::MAX, 0, 0];
    let rows = grid.mean.chunks(grid.cols).zip(body.chunks(grid.cols)).enumerate();
    for (y, (means, inside)) in rows {
        let mut here = 0.0;
        let first = inside.iter().position(|b| *b);
        let last = inside.iter().rposition(|b| *b);
        if let (Some(first), Some(last)) = (first, last) {
            let [x0, y0, x1, y1] = cells;
            cells = [x0.min(first), y0.min(y), x1.max(last + 1), y1.max(y + 1)];
        }
        for (x, (mean, _)) in means.iter().zip(inside).enumerate().filter(|(_, (_, b))| **b) {
            here += 1.0;
            sum += f64::from(*mean);
            x_sum += x as f64;
        }
        n += here;
        y_sum += here * y as f64;
    }
    let area = n * grid.cell_area();
    if area < LEAST_AREA {
        return None;
    }
    let step = grid.step as f64;
    let middle = |cells: f64| (cells / n + 0.5) * step - 0.5;
    let edge = outline(frame, grid, body);
    Some(Body {
        area,
        mean: sum / n,
        centroid: [middle(x_sum), middle(y_sum)],
        place: grid.place(cells),
        outline: edge.length,
        cut: edge.cut,
        cut_place: edge.place,
    })
}

struct Edge {
    length: f64,
    cut: f64,
    place: Option<[u32; 4]>,
}

/// Outline by counting the sides of cells. A slanting or round outline of sides is 4 / pi too long on
/// average (Cauchy-Crofton); along the straight border of the image it is exact.
fn outline(frame: &CtFrame, grid: &Grid, body: &[bool]) -> Edge {
    use std::f64::consts::FRAC_PI_4;
    let sides = [grid.cell_mm[1], grid.cell_mm[0], grid.cell_mm[0], grid.cell_mm[1]];
    let mut edge = Edge { length: 0.0, cut: 0.0, place: None };
    let mut by_side = [(0.0, [usize::MAX, usize::MAX, 0, 0]); 4];
    let (rows, cols) = (grid.rows, grid.cols);
    for (y, x) in (0..rows).flat_map(|y| (0..cols).map(move |x| (y, x))) {
        let at = y * cols + x;
        if !body[at] {
            continue;
        }
        // Most cells lie within.
        let framed = y == 0 || x == 0 || y + 1 == rows || x + 1 == cols;
        if !framed && body[at - 1] && body[at + 1] && body[at - cols] && body[at + cols] {
            continue;
        }
        for (side, next) in near(at, grid.rows, grid.cols).into_iter().enumerate() {
            let (length, cut) = match next {
                None => (sides[side], true),
                Some(next) if body[next] => continue,
                Some(next) => (sides[side] * FRAC_PI_4, !grid.valid[next]),
            };
            edge.length += length;
            let length = if cut { length * touching(frame, grid, at, side) } else { 0.0 };
            if length > 0.0 {
                edge.cut += length;
                let (sum, cells) = &mut by_side[side];
                *sum += length;
                *cells =
                    [cells[0].min(x), cells[1].min(y), cells[2].max(x + 1), cells[3].max(y + 1)];
            }
        }
    }
    let longest = by_side.iter().max_by(|a, b| a.0.total_cmp(&b.0));
    edge.place = longest.filter(|(sum, _)| *sum > 0.0).map(|(_, cells)| grid.place(*cells));
    edge
}

/// Share of the lines of pixels of a cell that lead from tissue straight out of the field: of its last two
/// pixels inside, one is tissue. (A body that only comes within a cell of the border is not cut.)
#[expect(clippy::cast_precision_loss, reason = "pixels of a cell")]
fn touching(frame: &CtFrame, grid: &Grid, at: usize, side: usize) -> f64 {
    let step = grid.step;
    let (y, x) = (at / grid.cols * step, at % grid.cols * step);
    let mut cut = 0;
    for line in 0..step {
        let mut last = [f32::MIN; 2];
        for k in 0..3 * step {
            let place = match side {
                0 => (y + step - 1).checked_sub(k).map(|y| (y, x + line)),
                1 => (x + step - 1).checked_sub(k).map(|x| (y + line, x)),
                2 => Some((y + line, x + k)),
                _ => Some((y + k, x + line)),
            };
            let Some(value) = place.and_then(|(y, x)| grid.pixel(frame, y, x)) else {
                break;
            };
            last = [last[1], value];
        }
        cut += usize::from(last[0].max(last[1]) > TISSUE);
    }
    cut as f64 / step as f64
}

impl Body {
    /// The numbers of the body, or area 0 where there is none.
    pub fn taken(body: Option<&Body>, grid: &Grid, out: &mut Vec<Taken>) {
        let whole = |name, value| Taken { name, value, place: None };
        let Some(body) = body else {
            out.push(whole(BODY_AREA, 0.0));
            return;
        };
        #[expect(clippy::cast_precision_loss, reason = "pixels of a frame")]
        let pixel = [grid.cell_mm[1], grid.cell_mm[0]].map(|mm| mm / grid.step as f64);
        #[expect(clippy::cast_precision_loss, reason = "pixels of a frame")]
        let centre = grid.size.map(|n| (n as f64 - 1.0) / 2.0);
        let off = [0, 1].map(|i| (body.centroid[i] - centre[i]) * pixel[i]);
        let diameter = |area: f64| 2.0 * (area.max(0.0) / std::f64::consts::PI).sqrt();
        let boxed = |name, value, place| Taken { name, value, place: Some(place) };
        out.push(boxed(BODY_AREA, body.area, body.place));
        out.push(whole(BODY_EFFECTIVE_DIAMETER, diameter(body.area)));
        let water = (body.mean / 1000.0 + 1.0) * body.area;
        out.push(whole(BODY_WATER_EQUIVALENT_DIAMETER, diameter(water)));
        out.push(whole(BODY_CENTROID_X, body.centroid[0] * pixel[0]));
        out.push(whole(BODY_CENTROID_Y, body.centroid[1] * pixel[1]));
        out.push(boxed(BODY_OFF_FIELD_CENTRE, off[0].hypot(off[1]), body.place));
        let share = if body.outline > 0.0 { body.cut / body.outline } else { 0.0 };
        let place = body.cut_place;
        out.push(Taken { name: BODY_CUT_SHARE, value: share, place });
        out.push(Taken { name: BODY_CUT_LENGTH, value: body.cut, place });
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{disc, frame, value};
    use super::super::{Scratch, one_touch};
    use super::*;
    use ndarray::{Array2, s};

    fn take(hu: &Array2<f32>) -> Vec<Taken> {
        one_touch(&frame(hu), &mut Scratch::default())
    }

    #[test]
    fn a_disc_of_water_has_its_own_diameter() {
        let taken = take(&disc(512, 100.0, 8.0));
        for name in [BODY_EFFECTIVE_DIAMETER, BODY_WATER_EQUIVALENT_DIAMETER] {
            let d = value(&taken, name).unwrap();
            assert!((d - 200.0).abs() < 6.0, "{name} {d}");
        }
        assert!(value(&taken, BODY_OFF_FIELD_CENTRE).unwrap() < 1.0);
        assert!(value(&taken, BODY_CUT_SHARE).unwrap() < 1e-9);
    }

    #[test]
    fn a_table_alone_and_air_alone_are_no_body() {
        let mut hu = disc(512, 0.0, 8.0);
        assert_eq!(value(&take(&hu), BODY_AREA), Some(0.0));
        hu.slice_mut(s![400..404, 60..450]).fill(-100.0);
        hu.slice_mut(s![440..444, 60..450]).fill(-100.0);
        assert_eq!(value(&take(&hu), BODY_AREA), Some(0.0));
    }

    #[test]
    fn the_table_does_not_belong_to_the_body() {
        let mut hu = disc(512, 100.0, 8.0);
        let alone = value(&take(&hu), BODY_AREA).unwrap();
        hu.slice_mut(s![355..359, 30..480]).fill(100.0);
        let with = value(&take(&hu), BODY_AREA).unwrap();
        assert!((with / alone - 1.0).abs() < 0.02, "{alone} {with}");
    }

    #[test]
    fn a_body_cut_by_the_frame_tells_how_much_and_where() {
        let whole = disc(512, 150.0, 8.0);
        let mut cut = disc(512, 0.0, 8.0);
        cut.slice_mut(s![.., ..412]).assign(&whole.slice(s![.., 100..]));
        let taken = take(&cut);
        // The circle of radius 150 about column 155.5 touches column 5: not yet cut.
        assert!(value(&taken, BODY_CUT_SHARE).unwrap() < 0.01);
        cut.slice_mut(s![.., ..332]).assign(&whole.slice(s![.., 180..]));
        let taken = take(&cut);
        let share = value(&taken, BODY_CUT_SHARE).unwrap();
        assert!((share - 0.25).abs() < 0.06, "{share}");
        let place = taken.iter().find(|t| t.name == BODY_CUT_SHARE).unwrap().place.unwrap();
        assert!(place[0] == 0 && place[2] <= 8, "{place:?}");
        let length = value(&taken, BODY_CUT_LENGTH).unwrap();
        assert!((length - 259.0).abs() < 20.0, "{length}");
    }

    #[test]
    fn lungs_are_filled() {
        let mut hu = disc(512, 150.0, 8.0);
        let alone = value(&take(&hu), BODY_AREA).unwrap();
        hu.slice_mut(s![200..300, 150..230]).fill(-850.0);
        let with = value(&take(&hu), BODY_AREA).unwrap();
        assert!((with / alone - 1.0).abs() < 0.01, "{alone} {with}");
    }
}
