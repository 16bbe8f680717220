//! Squares inside a found place. Where it holds a letter with its initials, or a word of which the
//! first letter is the side, the letter alone reads better than the whole. Training does the same
//! (`models/train/side_marker/parts.py`).

use super::finder::Place;

/// A place is long where its shorter side is at most so much of its longer; its ends are read as
/// squares of so much of its shorter side.
const LONG: f32 = 0.74;
const END: f32 = 0.8;
/// Squares at the corners of a place and at the middles of its sides, in its longer side.
const CORNER: f32 = 0.45;
const EDGE: f32 = 0.5;

/// The parts of a place, in pixels of the finder's input, each with its peak: the ends of a long one,
/// then corners and sides row by row.
pub(super) fn parts(place: &Place) -> Vec<Place> {
    let (longer, shorter) = (place.longer(), place.width.min(place.height));
    let square = |x: f32, y: f32, side: f32| Place { x, y, width: side, height: side, ..*place };
    let mut found = Vec::with_capacity(10);
    if shorter <= LONG * longer {
        let side = END * shorter;
        let away = (longer - side) / 2.0;
        let (along, across) = if place.width >= place.height { (away, 0.0) } else { (0.0, away) };
        found.extend(
            [-1.0, 1.0].map(|sign| square(place.x + sign * along, place.y + sign * across, side)),
        );
    }
    for i in [-1.0, 0.0, 1.0] {
        for j in [-1.0, 0.0, 1.0] {
            let share = match (i == 0.0, j == 0.0) {
                (true, true) => continue,
                (false, false) => CORNER,
                _ => EDGE,
            };
            let room = (1.0 - share) / 2.0;
            let (x, y) = (place.x + j * room * place.width, place.y + i * room * place.height);
            found.push(square(x, y, share * longer));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(width: f32, height: f32) -> Place {
        Place { peak: 0.4, x: 100.0, y: 50.0, width, height }
    }

    #[test]
    fn a_long_place_is_read_at_its_ends_first() {
        let found = parts(&place(60.0, 20.0));
        assert_eq!(found.len(), 10);
        assert_eq!((found[0].x, found[0].y, found[0].width), (78.0, 50.0, 16.0));
        assert_eq!((found[1].x, found[1].y, found[1].height), (122.0, 50.0, 16.0));
        let found = parts(&place(20.0, 60.0));
        assert_eq!((found[1].x, found[1].y), (100.0, 72.0));
    }

    #[test]
    fn corners_and_sides_lie_inside() {
        let found = parts(&place(40.0, 32.0));
        assert_eq!(found.len(), 8);
        assert_eq!((found[0].x, found[0].y, found[0].width), (89.0, 41.2, 18.0));
        assert_eq!((found[1].x, found[1].y, found[1].width), (100.0, 42.0, 20.0));
        for part in found {
            assert!((part.x - 100.0).abs() + part.width / 2.0 <= 20.0, "{part:?}");
            assert!((part.peak - 0.4).abs() < 1e-6);
        }
    }
}
