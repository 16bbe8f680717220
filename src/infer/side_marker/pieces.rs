//! Letters that stand beside a found place. A marker often carries initials, a disc, a clip, and the
//! finder may point at those; so each lit piece of a letter's size nearby is read as well. Training
//! does the same (`models/train/side_marker/pieces.py`).

use ndarray::{Array2, ArrayView2, s};

use super::finder::Place;
use super::lit::{Lit, lit};

/// A place is searched about where the finder is at least this sure of it, and its longer side is at
/// most so many pixels.
const FROM: f32 = 0.15;
const LARGEST: f32 = 64.0;
/// The window, in longer sides of the place from its middle.
const REACH: f32 = 2.6;
/// Quantiles of the window that are dark and bright, and the shares of the way between them above
/// which a pixel is lit.
const DARK: f32 = 0.10;
const BRIGHT: f32 = 0.97;
const SHARES: [f32; 3] = [0.5, 0.65, 0.8];
/// A letter's longer side over the place's; its shorter over its longer side, at least; the lit
/// share of its box. Bounds are not letters any more.
const SIDES: [f32; 2] = [0.22, 3.0];
const SLIM: f32 = 0.25;
const FILL: [f32; 2] = [0.12, 0.8];
/// How far a piece is from what is read already, in longer sides: of its place, of itself from other
/// pieces, of itself from other places.
const APART_PLACE: f32 = 0.35;
const APART_PIECE: f32 = 0.3;
pub(super) const APART_OTHERS: f32 = 0.35;
/// Pieces of a film, at most.
const MOST: usize = 24;

/// Lit pieces of a letter's size near places, in pixels of the image (values 0 to 1), each with the
/// peak of its place; in the order of the places, of the shares, of their first pixel row by row.
pub(super) fn pieces(image: &Array2<f32>, places: &[Place]) -> Vec<Place> {
    let mut found: Vec<Place> = Vec::new();
    for place in places.iter().filter(|p| p.peak >= FROM && p.longer() <= LARGEST) {
        let Some((window, row, column)) = window(image, place) else { continue };
        let mut values: Vec<f32> = window.iter().copied().collect();
        values.sort_by(f32::total_cmp);
        let (dark, bright) = (quantile(&values, DARK), quantile(&values, BRIGHT));
        for share in SHARES {
            for lit in lit(window, dark + share * (bright - dark)) {
                let Some(piece) = letter(&lit, place, row, column) else { continue };
                let apart = |others: &[Place], by: f32| {
                    others.iter().all(|o| o.away(&piece) >= by * piece.longer())
                };
                if place.away(&piece) >= APART_PLACE * place.longer()
                    && apart(&found, APART_PIECE)
                    && apart(places, APART_OTHERS)
                {
                    found.push(piece);
                }
                if found.len() == MOST {
                    return found;
                }
            }
        }
    }
    found
}

/// The square about a place, with its first row and column.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float saturates and is cut to the image"
)]
fn window<'a>(
    image: &'a Array2<f32>,
    place: &Place,
) -> Option<(ArrayView2<'a, f32>, usize, usize)> {
    let reach = REACH * place.longer();
    if place.x + reach < 0.0 || place.y + reach < 0.0 {
        return None;
    }
    let span = |at: f32, n: usize| {
        let end = (at + reach) as usize;
        ((at - reach).max(0.0) as usize, end.saturating_add(1).min(n))
    };
    let (rows, columns) = image.dim();
    let (top, bottom) = span(place.y, rows);
    let (left, right) = span(place.x, columns);
    let inside = top < bottom && left < right;
    inside.then(|| (image.slice(s![top..bottom, left..right]), top, left))
}

/// By nearest rank, of sorted values.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a window has less than 2^24 pixels"
)]
fn quantile(sorted: &[f32], share: f32) -> f32 {
    let last = sorted.len().saturating_sub(1);
    let rank = (f64::from(share) * last as f64 + 0.5) as usize;
    sorted.get(rank.min(last)).copied().unwrap_or_default()
}

/// The place of a piece that may be a letter beside a place.
#[expect(clippy::cast_precision_loss, reason = "a window has some hundred rows and columns")]
fn letter(lit: &Lit, place: &Place, row: usize, column: usize) -> Option<Place> {
    let (longer, shorter) = lit.sides();
    let within = |v: f32, [low, high]: [f32; 2]| low < v && v < high;
    let is_letter = within(longer, SIDES.map(|s| s * place.longer()))
        && shorter >= SLIM * longer
        && within(lit.fill(), FILL);
    let (x, y) = lit.middle();
    let (width, height) = lit.size();
    is_letter.then_some(Place {
        peak: place.peak,
        x: column as f32 + x,
        y: row as f32 + y,
        width,
        height,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Initials at (50, 70) that the finder pointed at, a lit L above them.
    fn film() -> Array2<f32> {
        let mut image = Array2::from_elem((120, 120), 0.2);
        image.slice_mut(s![30..52, 40..45]).fill(0.9);
        image.slice_mut(s![47..52, 40..56]).fill(0.9);
        image.slice_mut(s![62..78, 40..60]).fill(0.6);
        image
    }

    const INITIALS: Place = Place { peak: 0.4, x: 50.0, y: 70.0, width: 20.0, height: 16.0 };

    #[test]
    fn a_letter_beside_a_place_is_found_with_the_peak_of_its_place() {
        let found = pieces(&film(), &[INITIALS]);
        let letter = Place { peak: 0.4, x: 48.0, y: 41.0, width: 16.0, height: 22.0 };
        assert_eq!(found, [letter]);
    }

    #[test]
    fn what_is_read_already_is_not_found_again() {
        let letter = Place { peak: 0.9, x: 49.0, y: 42.0, width: 15.0, height: 20.0 };
        assert_eq!(pieces(&film(), &[INITIALS, letter]), []);
        assert_eq!(pieces(&film(), &[Place { peak: 0.1, ..INITIALS }]), []);
        assert_eq!(pieces(&Array2::from_elem((120, 120), 0.2), &[INITIALS]), []);
    }

    #[test]
    fn a_place_outside_the_film_has_no_window() {
        for x in [-500.0, -60.0, 500.0] {
            let away = Place { x, ..INITIALS };
            assert!(window(&film(), &away).is_none(), "{x}");
        }
        assert_eq!(pieces(&Array2::zeros((0, 0)), &[INITIALS]), []);
    }
}
