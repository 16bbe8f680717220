//! Connected pieces of lit pixels.

use ndarray::ArrayView2;

/// A connected piece.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lit {
    pixels: usize,
    /// Of the values of its pixels.
    sum: f64,
    /// First row, end row.
    rows: (usize, usize),
    /// First column, end column.
    columns: (usize, usize),
}

#[expect(clippy::cast_precision_loss, reason = "an image has less than 2^24 pixels")]
impl Lit {
    /// Width and height of its box.
    pub(super) fn size(&self) -> (f32, f32) {
        ((self.columns.1 - self.columns.0) as f32, (self.rows.1 - self.rows.0) as f32)
    }

    /// Longer and shorter side of its box.
    pub(super) fn sides(&self) -> (f32, f32) {
        let (width, height) = self.size();
        (width.max(height), width.min(height))
    }

    /// The middle (x, y) of its box.
    pub(super) fn middle(&self) -> (f32, f32) {
        let mean = |(a, b): (usize, usize)| (a + b) as f32 / 2.0;
        (mean(self.columns), mean(self.rows))
    }

    /// The share of its box that is lit.
    pub(super) fn fill(&self) -> f32 {
        let (width, height) = self.size();
        self.pixels as f32 / (width * height)
    }

    /// The mean of its values.
    #[expect(clippy::cast_possible_truncation, reason = "a mean of floats")]
    pub(super) fn mean(&self) -> f32 {
        (self.sum / self.pixels as f64) as f32
    }
}

/// The pieces of pixels above a level that touch by sides or corners.
pub(super) fn lit(window: ArrayView2<'_, f32>, level: f32) -> Vec<Lit> {
    let (rows, columns) = window.dim();
    let mut open = window.mapv(|v| v > level);
    let (mut found, mut stack) = (Vec::new(), Vec::new());
    for i in 0..rows {
        for j in 0..columns {
            if !std::mem::take(&mut open[[i, j]]) {
                continue;
            }
            let mut piece = Lit { pixels: 0, sum: 0.0, rows: (i, i + 1), columns: (j, j + 1) };
            stack.push((i, j));
            while let Some((i, j)) = stack.pop() {
                piece.pixels += 1;
                piece.sum += f64::from(window[[i, j]]);
                piece.rows = (piece.rows.0.min(i), piece.rows.1.max(i + 1));
                piece.columns = (piece.columns.0.min(j), piece.columns.1.max(j + 1));
                for a in i.saturating_sub(1)..(i + 2).min(rows) {
                    for b in j.saturating_sub(1)..(j + 2).min(columns) {
                        if std::mem::take(&mut open[[a, b]]) {
                            stack.push((a, b));
                        }
                    }
                }
            }
            found.push(piece);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_touch_by_corners_and_come_row_by_row() {
        let mut image = ndarray::Array2::<f32>::zeros((4, 6));
        for at in [[0, 1], [1, 0], [1, 2], [3, 5]] {
            image[at] = 1.0;
        }
        let first = Lit { pixels: 3, sum: 3.0, rows: (0, 2), columns: (0, 3) };
        let second = Lit { pixels: 1, sum: 1.0, rows: (3, 4), columns: (5, 6) };
        assert_eq!(lit(image.view(), 0.5), [first, second]);
    }
}
