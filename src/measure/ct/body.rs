//! The body in a CT frame: mask on the reduced grid, size, water-equivalent diameter, and how much
//! of its outline is cut by the border of the reconstruction field.

use super::grid::Grid;
use super::mask::{bounds, flood, ones, open, places, runs, within};
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
/// Distance of the centroid from the isocentre, mm; absent where the header does not tell the isocentre.
pub const BODY_OFF_ISOCENTRE: &str = "body_off_isocentre";
/// Share of the body outline that lies on the border of the image or of the padding, 0 to 1.
pub const BODY_CUT_SHARE: &str = "body_cut_share";
/// The longest cut side over the extent of the body along it, 0 to 1: what one border takes of the width or height.
pub const BODY_CUT_CHORD: &str = "body_cut_chord";
/// Length of the part of the outline that is cut, mm.
pub const BODY_CUT_LENGTH: &str = "body_cut_length";

/// Tissue from here, HU: between lung (-500 and less) and fat (-120).
const TISSUE: f32 = -300.0;
/// The outside air is looked for from border cells below this, HU: lung is above.
const AIR: f32 = -950.0;
/// Less than this is no body, mm^2 (a wrist has 2000, a table's rail less than 1000).
const LEAST_AREA: f64 = 1000.0;
/// Parts of at least this share of the largest belong to the body (legs, arms).
const PART: f64 = 0.03;

/// Share of a cut side that is tissue, from which what lies between its ends is cut as well.
const DENSE: f64 = 0.5;

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
    /// The longest cut side over the extent of the body along it, and its box.
    pub chord: (f64, Option<[u32; 4]>),
}

/// Finds the body: cells above -300 HU, opened by one cell (which takes sheets such as the shell of
/// the table, and blankets), holes filled, opened again by about 8 mm, then the largest part
/// and what is at least 3 % of it. Leaves the mask in `masks.body`.
pub fn find(frame: &CtFrame, grid: &Grid, masks: &mut Masks) -> Option<Body> {
    let Masks { body, spare: tissue, work, stack, .. } = masks;
    body.clear();
    body.resize(grid.rows, 0);
    let full = ones(0..grid.cols);
    tissue.clear();
    tissue.extend(grid.mean.iter().map(|row| within(row, TISSUE.next_up()..f32::INFINITY)));
    work.clear();
    work.extend(tissue.iter().zip(&grid.valid).map(|(tissue, ok)| (tissue | !ok) & full));
    open(work, grid.cols, 1);
    for ((tissue, opened), ok) in tissue.iter_mut().zip(work.iter()).zip(&grid.valid) {
        *tissue &= *opened & *ok;
    }
    fill(grid, tissue, body, stack);
    work.clear();
    work.extend(body.iter().zip(&grid.valid).map(|(body, ok)| (body | !ok) & full));
    open(work, grid.cols, grid.cells_of(8.0, 1));
    for (body, opened) in body.iter_mut().zip(work.iter()) {
        *body &= *opened;
    }
    keep_large(body, work, stack);
    describe(frame, grid, body)
}

/// Everything that the air outside does not reach: `inside` becomes tissue and its holes.
fn fill(grid: &Grid, tissue: &[u128], inside: &mut [u128], stack: &mut Vec<(usize, u128)>) {
    let (cols, last) = (grid.cols, grid.rows.saturating_sub(1));
    // Open cells, which the air may reach, are there until it does.
    for (open, (tissue, ok)) in inside.iter_mut().zip(tissue.iter().zip(&grid.valid)) {
        *open = !tissue & *ok;
    }
    let full = ones(0..cols);
    let sides = 1 | 1 << (cols - 1);
    let missing = |y: usize| grid.valid.get(y).map_or(full, |ok| !ok & full);
    for y in 0..grid.rows {
        let beside = if y == 0 || y == last {
            full
        } else {
            let here = missing(y);
            sides | missing(y - 1) | missing(y + 1) | (here << 1) | (here >> 1)
        };
        let may = inside[y] & beside;
        if may == 0 {
            continue;
        }
        let seeds = may & within(&grid.mean[y], f32::NEG_INFINITY..AIR);
        if seeds != 0 {
            flood(inside, y, seeds, stack);
        }
    }
    for (inside, tissue) in inside.iter_mut().zip(tissue) {
        *inside |= *tissue;
    }
}

/// Keeps the largest part and those of at least 3 % of it.
fn keep_large(body: &mut [u128], rest: &mut Vec<u128>, stack: &mut Vec<(usize, u128)>) {
    rest.clear();
    rest.extend_from_slice(body);
    let mut parts = Vec::new();
    for y in 0..rest.len() {
        while rest[y] != 0 {
            let seed = rest[y] & rest[y].wrapping_neg();
            parts.push((y, seed, flood(rest, y, seed, stack)));
        }
    }
    let largest = parts.iter().map(|(_, _, size)| *size).max().unwrap_or(0);
    for (y, seed, size) in parts {
        #[expect(clippy::cast_precision_loss, reason = "cells are few")]
        if (size as f64) < PART * largest as f64 {
            flood(body, y, seed, stack);
        }
    }
}

/// Sums over the mask and walks its outline.
#[expect(clippy::cast_precision_loss, reason = "cells are few")]
fn describe(frame: &CtFrame, grid: &Grid, body: &[u128]) -> Option<Body> {
    let cells = bounds(body)?;
    let (mut n, mut sum, mut x_sum, mut y_sum) = (0, 0.0, 0, 0);
    for (y, (mean, inside)) in grid.mean.iter().zip(body).enumerate() {
        for run in runs(*inside) {
            n += run.len();
            y_sum += run.len() * y;
            // Twice the sum of the columns of the run.
            x_sum += run.len() * (run.start + run.end - 1);
            sum += total(&mean[run]);
        }
    }
    let many = n as f64;
    let area = many * grid.cell_area();
    if area < LEAST_AREA {
        return None;
    }
    let step = grid.step as f64;
    let middle = |cells: f64| (cells / many + 0.5) * step - 0.5;
    let edge = outline(frame, grid, body, cells);
    Some(Body {
        area,
        mean: sum / many,
        centroid: [middle(x_sum as f64 / 2.0), middle(y_sum as f64)],
        place: grid.place(cells),
        outline: edge.length,
        cut: edge.cut,
        cut_place: edge.place,
        chord: edge.chord,
    })
}

/// Sum in eight lots, which need not wait for each other.
fn total(values: &[f32]) -> f64 {
    let mut lots = [0.0_f64; 8];
    let (eights, rest) = values.as_chunks::<8>();
    for eight in eights {
        lots.iter_mut().zip(eight).for_each(|(lot, v)| *lot += f64::from(*v));
    }
    lots.iter_mut().zip(rest).for_each(|(lot, v)| *lot += f64::from(*v));
    lots.iter().sum()
}

struct Edge {
    length: f64,
    cut: f64,
    place: Option<[u32; 4]>,
    chord: (f64, Option<[u32; 4]>),
}

/// Outline by counting the sides of cells. A slanting or round outline of sides is 4 / pi too long on
/// average (Cauchy-Crofton); along the straight border of the image it is exact.
#[expect(clippy::cast_precision_loss, reason = "cells are few")]
fn outline(frame: &CtFrame, grid: &Grid, body: &[u128], bounds: [usize; 4]) -> Edge {
    use std::f64::consts::FRAC_PI_4;
    let sides = [grid.cell_mm[1], grid.cell_mm[0], grid.cell_mm[0], grid.cell_mm[1]];
    let mut edge = Edge { length: 0.0, cut: 0.0, place: None, chord: (0.0, None) };
    let mut by_side = [(0.0, [usize::MAX, usize::MAX, 0, 0]); 4];
    // Cells of each side that are cut: of a round field their projection on the side.
    let mut across = [0.0; 4];
    for (y, here) in body.iter().enumerate().filter(|(_, here)| **here != 0) {
        let beside = [neighbours(body, grid.cols, y), neighbours(&grid.valid, grid.cols, y)];
        for side in 0..4 {
            let [(next, border), (valid, _)] = [beside[0][side], beside[1][side]];
            let open = here & !next;
            let border = here & border;
            let inner = f64::from((open & !border).count_ones()) * FRAC_PI_4;
            edge.length += sides[side] * (inner + f64::from(border.count_ones()));
            for x in places(border | (open & !valid)) {
                let length = if border >> x & 1 == 1 { 1.0 } else { FRAC_PI_4 };
                let share = touching(frame, grid, [y, x], side);
                across[side] += share;
                let length = sides[side] * length * share;
                if length > 0.0 {
                    edge.cut += length;
                    let (sum, [x0, y0, x1, y1]) = &mut by_side[side];
                    *sum += length;
                    (*x0, *y0) = ((*x0).min(x), (*y0).min(y));
                    (*x1, *y1) = ((*x1).max(x + 1), (*y1).max(y + 1));
                }
            }
        }
    }
    let longest = by_side.iter().max_by(|a, b| a.0.total_cmp(&b.0));
    edge.place = longest.filter(|(sum, _)| *sum > 0.0).map(|(_, cells)| grid.place(*cells));
    let [x0, y0, x1, y1] = bounds;
    let extents = [x1 - x0, y1 - y0, y1 - y0, x1 - x0].map(|cells| cells as f64);
    let chords = (0..4).filter(|side| across[*side] > 0.0 && extents[*side] > 0.0).map(|side| {
        let [x0, y0, x1, y1] = by_side[side].1;
        let reach = if matches!(side, 0 | 3) { x1 - x0 } else { y1 - y0 } as f64;
        // Lung at the border counts between tissue on both ends, the air between two arms does not.
        let cut = if across[side] >= DENSE * reach { reach } else { across[side] };
        (cut / extents[side], Some(grid.place(by_side[side].1)))
    });
    edge.chord = chords.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default();
    edge
}

/// For the cells of row `y`, those whose neighbour above, left, right, below is in the mask; and those
/// that have none there.
fn neighbours(mask: &[u128], cols: usize, y: usize) -> [(u128, u128); 4] {
    let full = ones(0..cols);
    let row = |y: Option<usize>| match y.and_then(|y| mask.get(y)) {
        Some(row) => (*row, 0),
        None => (0, full),
    };
    let here = mask[y];
    [row(y.checked_sub(1)), (here << 1, 1), (here >> 1, 1 << (cols - 1)), row(Some(y + 1))]
}

/// Share of the lines of pixels of a cell that lead from tissue straight out of the field: of its last two
/// pixels inside, one is tissue. (A body that only comes within a cell of the border is not cut.)
#[expect(clippy::cast_precision_loss, reason = "pixels of a cell")]
fn touching(frame: &CtFrame, grid: &Grid, [cy, cx]: [usize; 2], side: usize) -> f64 {
    let step = grid.step;
    let (y, x) = (cy * step, cx * step);
    // In a cell without padding only the last two pixels can matter.
    let whole = !grid.circle && grid.count[cy][cx] >= (step * step) as f32;
    let from = if whole { step.saturating_sub(2) } else { 0 };
    let mut cut = 0;
    for line in 0..step {
        let mut last = [f32::MIN; 2];
        for k in from..3 * step {
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
    pub fn taken(body: Option<&Body>, frame: &CtFrame, grid: &Grid, out: &mut Vec<Taken>) {
        let whole = |name, value| Taken { name, value, place: None };
        let Some(body) = body else {
            out.push(whole(BODY_AREA, 0.0));
            return;
        };
        #[expect(clippy::cast_precision_loss, reason = "pixels of a frame")]
        let pixel = [grid.cell_mm[1], grid.cell_mm[0]].map(|mm| mm / grid.step as f64);
        #[expect(clippy::cast_precision_loss, reason = "pixels of a frame")]
        let centre = grid.size.map(|n| (n as f64 - 1.0) / 2.0);
        let off = |centre: [f64; 2]| {
            let by = [0, 1].map(|i: usize| (body.centroid[i] - centre[i]) * pixel[i]);
            by[0].hypot(by[1])
        };
        let diameter = |area: f64| 2.0 * (area.max(0.0) / std::f64::consts::PI).sqrt();
        let boxed = |name, value, place| Taken { name, value, place: Some(place) };
        out.push(boxed(BODY_AREA, body.area, body.place));
        out.push(whole(BODY_EFFECTIVE_DIAMETER, diameter(body.area)));
        let water = (body.mean / 1000.0 + 1.0) * body.area;
        out.push(whole(BODY_WATER_EQUIVALENT_DIAMETER, diameter(water)));
        out.push(whole(BODY_CENTROID_X, body.centroid[0] * pixel[0]));
        out.push(whole(BODY_CENTROID_Y, body.centroid[1] * pixel[1]));
        out.push(boxed(BODY_OFF_FIELD_CENTRE, off(centre), body.place));
        if let Some(isocentre) = frame.isocentre {
            out.push(boxed(BODY_OFF_ISOCENTRE, off(isocentre), body.place));
        }
        let share = if body.outline > 0.0 { body.cut / body.outline } else { 0.0 };
        let place = body.cut_place;
        out.push(Taken { name: BODY_CUT_SHARE, value: share, place });
        out.push(Taken { name: BODY_CUT_LENGTH, value: body.cut, place });
        out.push(Taken { name: BODY_CUT_CHORD, value: body.chord.0, place: body.chord.1 });
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{disc, stored, value};
    use super::super::{Scratch, one_touch};
    use super::*;
    use ndarray::{Array2, s};

    fn take(hu: &Array2<f32>) -> Vec<Taken> {
        one_touch(&stored(hu).frame(), &mut Scratch::default())
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
        // The chord of 259 mm over the height of 300.
        let chord = value(&taken, BODY_CUT_CHORD).unwrap();
        assert!((chord - 0.863).abs() < 0.04, "{chord}");
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
