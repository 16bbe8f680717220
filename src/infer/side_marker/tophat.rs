//! Letters that stand out of a film, wherever they stand: the finder may point at none of them. They
//! are lit pieces of the film's white top-hat (Gonzalez and Woods, Digital Image Processing, 9.6): of
//! what is left of it without all that is broader than a letter's strokes. Training does the same
//! (`models/train/side_marker/tophat.py`).

use ndarray::{Array2, Zip, s};

use super::finder::Place;
use super::lit::{Lit, lit};

/// The image is halved; what is broader than so many of its pixels both ways is ground.
const WINDOW: usize = 31;
/// What rises above its ground by one of these is lit.
const LEVELS: [f32; 4] = [0.15, 0.3, 0.45, 0.6];
/// A letter's longer side in pixels of the half image; its shorter over its longer side, at least; the
/// lit share of its box, bounds left out.
const SIDES: [f32; 2] = [6.0, 45.0];
const SLIM: f32 = 0.25;
const FILL: [f32; 2] = [0.12, 0.85];
/// Pieces of two levels are one where their middles are at most so many of the longer of their longer
/// sides apart, and the ratio of these lies within.
const APART: f32 = 0.3;
const ALIKE: [f32; 2] = [0.6, 1.6];
/// Pieces of a film that are looked at, those of the lowest levels first, and the brightest that are kept.
const MOST_SEEN: usize = 512;
const MOST: usize = 16;

/// Of an image (values 0 to 1), in its pixels, the brightest first; the peak is how far a letter rises
/// above its ground.
pub(super) fn letters(image: &Array2<f32>) -> Vec<Place> {
    let half = half(image);
    let rise = &half - &opened(&half);
    let mut found: Vec<Place> = Vec::new();
    for level in LEVELS {
        for piece in lit(rise.view(), level).iter().filter_map(letter) {
            if found.len() < MOST_SEEN && !found.iter().any(|other| same(&piece, other)) {
                found.push(piece);
            }
        }
    }
    found.sort_by(|a, b| b.peak.total_cmp(&a.peak));
    found.truncate(MOST);
    for p in &mut found {
        *p = Place {
            x: 2.0 * p.x,
            y: 2.0 * p.y,
            width: 2.0 * p.width,
            height: 2.0 * p.height,
            ..*p
        };
    }
    found
}

/// Means of two by two pixels; an odd last row or column is left out.
fn half(image: &Array2<f32>) -> Array2<f32> {
    let (rows, columns) = (image.nrows() / 2 * 2, image.ncols() / 2 * 2);
    let part = |i: usize, j: usize| image.slice(s![i..rows;2, j..columns;2]);
    if rows * columns == 0 {
        return Array2::zeros((0, 0));
    }
    let mut sum = part(0, 0).to_owned();
    for (i, j) in [(0, 1), (1, 0), (1, 1)] {
        sum += &part(i, j);
    }
    sum *= 0.25;
    sum
}

/// The greatest of the least values of every window that holds a pixel; outside lies nothing.
fn opened(image: &Array2<f32>) -> Array2<f32> {
    let least = |image: Array2<f32>| extreme(&image, f32::INFINITY, f32::min);
    let greatest = |image: Array2<f32>| extreme(&image, f32::NEG_INFINITY, f32::max);
    let turned = |image: Array2<f32>| image.reversed_axes().as_standard_layout().into_owned();
    let eroded = turned(least(turned(least(image.clone()))));
    turned(greatest(turned(greatest(eroded))))
}

/// The extreme of every column's window of [`WINDOW`] rows about a pixel, `outside` beyond the image:
/// windows are doubled until two of them cover it.
fn extreme(image: &Array2<f32>, outside: f32, pick: impl Fn(f32, f32) -> f32) -> Array2<f32> {
    let (rows, columns) = image.dim();
    let mut now = Array2::from_elem((rows + WINDOW - 1, columns), outside);
    now.slice_mut(s![WINDOW / 2..WINDOW / 2 + rows, ..]).assign(image);
    let mut size = 1;
    while 2 * size <= WINDOW {
        now = beside(&now, size, &pick);
        size *= 2;
    }
    beside(&now, WINDOW - size, &pick).slice_move(s![..rows, ..])
}

/// Of each row and the one `by` rows on; so many rows fewer.
fn beside(image: &Array2<f32>, by: usize, pick: impl Fn(f32, f32) -> f32) -> Array2<f32> {
    let mut out = image.slice(s![..image.nrows() - by, ..]).to_owned();
    Zip::from(&mut out).and(image.slice(s![by.., ..])).for_each(|a, &b| *a = pick(*a, b));
    out
}

/// A piece that may be a letter, in pixels of the half image.
fn letter(lit: &Lit) -> Option<Place> {
    let (longer, shorter) = lit.sides();
    let sized = (SIDES[0]..=SIDES[1]).contains(&longer) && shorter >= SLIM * longer;
    let fill = lit.fill();
    let (x, y) = lit.middle();
    let (width, height) = lit.size();
    (sized && FILL[0] < fill && fill < FILL[1]).then(|| Place {
        peak: lit.mean(),
        x,
        y,
        width,
        height,
    })
}

/// Whether two pieces are one letter.
fn same(a: &Place, b: &Place) -> bool {
    let ratio = a.longer() / b.longer();
    a.away(b) <= APART * a.longer().max(b.longer()) && ALIKE[0] < ratio && ratio < ALIKE[1]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lit L of 12 x 22 at (106, 91) on a bright body, a rod across the film.
    fn film() -> Array2<f32> {
        let mut image = Array2::from_elem((300, 280), 0.1);
        image.slice_mut(s![60.., ..]).fill(0.5);
        image.slice_mut(s![80..102, 100..104]).fill(0.9);
        image.slice_mut(s![98..102, 100..112]).fill(0.9);
        image.slice_mut(s![.., 200..210]).fill(1.0);
        image
    }

    #[test]
    fn a_letter_stands_out_and_a_rod_and_the_body_do_not() {
        let found = letters(&film());
        assert_eq!(found.len(), 1);
        let l = found[0];
        assert_eq!((l.x, l.y, l.width, l.height), (106.0, 91.0, 12.0, 22.0));
        assert!((l.peak - 0.4).abs() < 1e-5, "{l:?}");
    }

    #[test]
    fn an_opening_is_the_greatest_of_the_least_of_every_window() {
        let image = Array2::from_shape_fn((47, 39), |(i, j)| {
            f32::from(u8::try_from((i * 31 + j * 17) % 23).unwrap_or(0))
        });
        let around = |i: usize, n: usize| i.saturating_sub(WINDOW / 2)..(i + WINDOW / 2 + 1).min(n);
        let over = |image: &Array2<f32>, start: f32, pick: fn(f32, f32) -> f32| {
            Array2::from_shape_fn((47, 39), |(i, j)| {
                image.slice(s![around(i, 47), around(j, 39)]).iter().copied().fold(start, pick)
            })
        };
        let least = over(&image, f32::INFINITY, f32::min);
        assert_eq!(opened(&image), over(&least, f32::NEG_INFINITY, f32::max));
    }

    #[test]
    fn small_films_have_no_letters() {
        for shape in [(0, 0), (1, 5), (2, 2), (9, 9)] {
            assert_eq!(letters(&Array2::from_elem(shape, 0.5)), []);
        }
    }
}
