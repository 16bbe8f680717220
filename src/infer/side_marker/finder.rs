//! Where a marker may stand: the peaks of the finder's map over the scaled radiograph.

use ndarray::{Array4, ArrayView3, Axis, s};

use crate::infer::model::Model;
use crate::infer::prep::Prep;
use crate::model::text::Text;

use super::readers::{ask, probable, shape};

/// Pixels of the finder's input that a cell of its map covers.
const CELL: usize = 8;
/// Rows and columns of the finder's input are multiples of this.
pub(super) const STRIDE: usize = 32;
/// Two finds nearer than this many longer sides of the better are one letter.
pub(super) const ONE_LETTER: f32 = 0.6;

/// A place where a marker may stand: pixels of the finder's input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) peak: f32,
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

impl Place {
    /// The longer side.
    pub(super) fn longer(&self) -> f32 {
        self.width.max(self.height)
    }

    /// Whether its middle lies in an image.
    #[expect(clippy::cast_precision_loss, reason = "the finder's input has some thousand pixels")]
    pub(super) fn middle_within(&self, rows: usize, columns: usize) -> bool {
        (0.0..=columns as f32).contains(&self.x) && (0.0..=rows as f32).contains(&self.y)
    }

    /// Distance of the middles.
    pub(super) fn away(&self, other: &Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// Where the finder sees peaks: at most `most`, best first.
pub(super) fn find(
    model: &Model,
    frame: &Prep<'_>,
    least: f32,
    most: f32,
) -> Result<Vec<Place>, Text> {
    let small = &frame.small()?.image;
    let (rows, columns) = small.dim();
    let padded = (rows.next_multiple_of(STRIDE), columns.next_multiple_of(STRIDE));
    let mut image = Array4::<f32>::zeros((1, 1, padded.0, padded.1));
    image.slice_mut(s![0, 0, ..rows, ..columns]).assign(small);
    let outputs = ask(model, "image", &image)?;
    let map = outputs.get("map")?;
    let map: ArrayView3<'_, f32> =
        map.index_axis(Axis(0), 0).into_dimensionality().map_err(shape)?;
    probable(map.index_axis(Axis(0), 0).iter())?;
    Ok(peaks(map, least, most))
}

/// Cells that no neighbour exceeds, of two for one letter the better.
#[expect(clippy::cast_precision_loss, reason = "a map has a few hundred cells a side")]
fn peaks(map: ArrayView3<'_, f32>, least: f32, most: f32) -> Vec<Place> {
    let (_, rows, columns) = map.dim();
    let value = |i: usize, j: usize| map[[0, i, j]];
    let is_top = |i: usize, j: usize| {
        let near = |c: usize, n: usize| c.saturating_sub(1)..(c + 2).min(n);
        near(i, rows).all(|a| near(j, columns).all(|b| value(a, b) <= value(i, j)))
    };
    let mut cells: Vec<(usize, usize)> = (0..rows)
        .flat_map(|i| (0..columns).map(move |j| (i, j)))
        .filter(|&(i, j)| value(i, j) >= least && is_top(i, j))
        .collect();
    cells.sort_by(|a, b| value(b.0, b.1).total_cmp(&value(a.0, a.1)));
    let cell = CELL as f32;
    let size = |v: f32| v.clamp(-1.5, 3.2).exp() * cell;
    let mut found: Vec<Place> = Vec::new();
    for (i, j) in cells {
        let along = |at: usize, offset: f32| (at as f32 + 0.5 + offset.clamp(-2.0, 2.0)) * cell;
        let place = Place {
            peak: value(i, j),
            x: along(j, map[[1, i, j]]),
            y: along(i, map[[2, i, j]]),
            width: size(map[[3, i, j]]),
            height: size(map[[4, i, j]]),
        };
        let same = |f: &Place| f.away(&place) < ONE_LETTER * f.longer();
        if !found.iter().any(same) {
            found.push(place);
        }
        if found.len() as f32 >= most {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;

    #[test]
    fn peaks_are_the_highest_cells_and_one_letter_is_one_peak() {
        let mut map = Array3::<f32>::zeros((5, 12, 12));
        map[[0, 3, 4]] = 0.9;
        map[[0, 3, 5]] = 0.8;
        // Two cells on: within the box of the first.
        map[[0, 3, 6]] = 0.85;
        map[[0, 9, 9]] = 0.4;
        map[[0, 11, 0]] = 0.1;
        map.slice_mut(s![3.., .., ..]).fill(1.5);
        map[[1, 3, 4]] = 0.25;
        let found = peaks(map.view(), 0.2, 8.0);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!((found[0].x - 38.0).abs() < 1e-4 && (found[0].y - 28.0).abs() < 1e-4);
        assert!((found[0].width - 1.5_f32.exp() * 8.0).abs() < 1e-3);
        assert_eq!(peaks(map.view(), 0.2, 1.0).len(), 1);
    }
}
