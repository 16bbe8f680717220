//! Motion between slices: where the sides of the body lie in each slice, and how they jump in a stack.

use super::grid::Grid;
use super::mask::{bounds, ones, places};
use super::{Masks, Taken};

/// Left side of the body in the picture, mm from the centre of the first column.
pub const OUTLINE_LEFT: &str = "outline_left";
/// Right side, mm from the centre of the first column.
pub const OUTLINE_RIGHT: &str = "outline_right";
/// Upper side, mm from the centre of the first row.
pub const OUTLINE_TOP: &str = "outline_top";
/// Lower side, mm from the centre of the first row.
pub const OUTLINE_BOTTOM: &str = "outline_bottom";
/// [`Jumps::roughness`] of a stack, mm.
pub const OUTLINE_ROUGHNESS: &str = "outline_roughness";
/// [`Jumps::shift`] of a stack, mm.
pub const OUTLINE_SHIFT: &str = "outline_shift";
/// [`Jumps::shift_ratio`] of a stack.
pub const OUTLINE_SHIFT_RATIO: &str = "outline_shift_ratio";

/// Lines of cells that must show the edge.
const LEAST_LINES: usize = 5;
/// Jumps of a stack below this are the rounding of the edge, mm.
const FLOOR: f64 = 0.3;

/// The four sides of the body, each the median over the middle third of its box of the place
/// where tissue begins, by the share of tissue in the cells at the edge (so finer than a cell). A side that
/// is cut by the field gives no number.
pub fn outline(grid: &Grid, masks: &mut Masks, out: &mut Vec<Taken>) {
    let Masks { body, values, .. } = masks;
    let Some([x0, y0, x1, y1]) = bounds(body) else { return };
    let third = |from: usize, to: usize| from + (to - from) / 3..to - (to - from) / 3;
    for (name, along_row, forward) in [
        (OUTLINE_LEFT, true, true),
        (OUTLINE_RIGHT, true, false),
        (OUTLINE_TOP, false, true),
        (OUTLINE_BOTTOM, false, false),
    ] {
        let cells = if along_row { grid.cols } else { grid.rows };
        values.clear();
        if along_row {
            for y in third(y0, y1).filter(|y| body[*y] != 0) {
                let (first, last) = (body[y].trailing_zeros(), body[y].ilog2());
                let first = if forward { first as usize } else { cells - 1 - last as usize };
                let cell = |k: usize| if forward { [y, k] } else { [y, cells - 1 - k] };
                values.extend(edge(grid, cells, first, cell));
            }
        } else {
            // A column begins in the first row that holds a bit which no row before has.
            let mut wanted = ones(third(x0, x1));
            for first in 0..cells {
                let y = if forward { first } else { cells - 1 - first };
                for x in places(body[y] & wanted) {
                    let cell = |k: usize| if forward { [k, x] } else { [cells - 1 - k, x] };
                    values.extend(edge(grid, cells, first, cell));
                }
                wanted &= !body[y];
            }
        }
        if values.len() < LEAST_LINES {
            continue;
        }
        let middle = values.len() / 2;
        let (_, at, _) = values.select_nth_unstable_by(middle, f32::total_cmp);
        let mm = grid.cell_mm[usize::from(along_row)];
        #[expect(clippy::cast_precision_loss, reason = "cells are few")]
        let (half, cells) = (0.5 * mm / grid.step as f64, cells as f64);
        let cells = if forward { f64::from(*at) } else { cells - f64::from(*at) };
        out.push(Taken { name, value: cells * mm - half, place: None });
    }
}

/// Cells from the start of a line to its tissue, of which cell `first` is the first. `None` where
/// it begins at the border of the field.
fn edge(
    grid: &Grid,
    cells: usize,
    first: usize,
    cell: impl Fn(usize) -> [usize; 2],
) -> Option<f32> {
    let valid = |k: usize| {
        let [y, x] = cell(k);
        grid.valid[y] >> x & 1 == 1
    };
    if first < 2 || first + 3 > cells || !valid(first - 1) || !valid(first - 2) {
        return None;
    }
    let mean = |k: usize| {
        let [y, x] = cell(k);
        grid.mean[y][x]
    };
    let inside = mean(first + 1).max(mean(first + 2));
    let share = |k: usize| ((mean(k) + 1000.0) / (inside + 1000.0)).clamp(0.0, 1.0);
    if inside < -300.0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "cells are few")]
    let from = (first + 1) as f32;
    Some(from - share(first) - share(first - 1))
}

/// How the sides of the body run through a stack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jumps {
    /// Robust standard deviation of the jumps of the sides, mm (1.4826 x median): the roughness of the whole stack.
    pub roughness: f64,
    /// Largest common jump of both opposite sides in one direction, mm: a slice that lies aside.
    pub shift: f64,
    /// That jump over the roughness (at least 0.3 mm).
    pub shift_ratio: f64,
    /// The slice where it is, counted from 0.
    pub slice: usize,
    /// Slices that could be judged.
    pub judged: usize,
}

/// Jumps of a stack. `sides` holds left, right, top, bottom in mm, in slice order.
///
/// The jump of a slice is its side minus the mean of the sides of both neighbours (second
/// difference / 2). A jump is common where left and right (or top and bottom) jump the same way:
/// the lesser of both counts, so that an arm that comes in at one side does not. At the edge of a
/// block of shifted slices the jump is half the shift. `None` for fewer than five slices that can be judged.
pub fn jumps(sides: &[[Option<f64>; 4]]) -> Option<Jumps> {
    let mut all = Vec::new();
    let mut worst = (0.0, 0);
    let mut judged = 0;
    for (i, three) in sides.windows(3).enumerate() {
        let jump =
            |side: usize| Some(three[1][side]? - f64::midpoint(three[0][side]?, three[2][side]?));
        let jumps = [0, 1, 2, 3].map(jump);
        all.extend(jumps.iter().flatten().map(|j| j.abs()));
        judged += usize::from(jumps.iter().flatten().count() >= 2);
        for pair in [[jumps[0], jumps[1]], [jumps[2], jumps[3]]] {
            let [Some(a), Some(b)] = pair else { continue };
            if a * b > 0.0 && a.abs().min(b.abs()) > worst.0 {
                worst = (a.abs().min(b.abs()), i + 1);
            }
        }
    }
    if judged < 3 {
        return None;
    }
    let middle = all.len() / 2;
    let roughness = 1.4826 * *all.select_nth_unstable_by(middle, f64::total_cmp).1;
    let shift_ratio = worst.0 / roughness.max(FLOOR);
    Some(Jumps { roughness, shift: worst.0, shift_ratio, slice: worst.1, judged })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{disc, stored, value};
    use super::super::{Scratch, one_touch};
    use super::*;
    use ndarray::{Array2, s};

    fn sides(hu: &Array2<f32>) -> [Option<f64>; 4] {
        let taken = one_touch(&stored(hu).frame(), &mut Scratch::default());
        [OUTLINE_LEFT, OUTLINE_RIGHT, OUTLINE_TOP, OUTLINE_BOTTOM].map(|name| value(&taken, name))
    }

    #[test]
    fn a_shift_of_one_pixel_is_seen_within_a_tenth() {
        let hu = disc(512, 120.0, 5.0);
        let mut moved = disc(512, 0.0, 5.0);
        moved.slice_mut(s![.., 1..]).assign(&hu.slice(s![.., ..511]));
        let (before, after) = (sides(&hu), sides(&moved));
        for side in [0, 1] {
            let by = after[side].unwrap() - before[side].unwrap();
            assert!((by - 1.0).abs() < 0.2, "{by}");
        }
        assert!((after[2].unwrap() - before[2].unwrap()).abs() < 0.3);
    }

    #[test]
    fn a_cut_side_gives_no_number() {
        let whole = disc(512, 150.0, 5.0);
        let mut cut = disc(512, 0.0, 5.0);
        cut.slice_mut(s![.., ..332]).assign(&whole.slice(s![.., 180..]));
        let sides = sides(&cut);
        assert!(sides[0].is_none() && sides[1].is_some());
    }

    fn smooth() -> Vec<[Option<f64>; 4]> {
        (0..20)
            .map(|i| {
                let wide = 150.0 + 8.0 * (f64::from(i) / 6.0).sin();
                [-wide, wide, -0.6 * wide, 0.6 * wide].map(|v| Some(v + 256.0))
            })
            .collect()
    }

    #[test]
    fn a_slice_aside_stands_out_and_a_growing_body_does_not() {
        let mut stack = smooth();
        let still = jumps(&stack).unwrap();
        assert!(still.shift < 0.3 && still.roughness < 0.5, "{still:?}");
        for side in [0, 1] {
            stack[7][side] = stack[7][side].map(|v| v + 6.0);
        }
        let moved = jumps(&stack).unwrap();
        assert!((moved.shift - 6.0).abs() < 0.5 && moved.slice == 7, "{moved:?}");
        assert_eq!(jumps(&stack[..3]), None);
        assert_eq!(jumps(&[[None; 4]; 20]), None);
    }
}
