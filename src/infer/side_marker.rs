//! The reader of side markers: a finder over the scaled radiograph says where a marker may stand, a
//! second network reads a square of native pixels about each place (`models/train/side_marker`).
//!
//! The file has two parts that share no weights: `image` → `map` and `crop` → `classes`. Both are
//! asked in every run, so the part that is not wanted gets the smallest input there is.

use ndarray::{Array2, Array4, ArrayView3, Axis, s};

use crate::model::reading::{Marker, MarkerClass, Reading, Score};
use crate::model::text::Text;

use super::manifest::Entry;
use super::model::Model;
use super::prep::Prep;
use super::reader::{Facts, Reader};

/// Name of the model.
pub const MODEL: &str = "side_marker";
/// Score: the confidence of the likeliest marker that was not sure enough to be told, 0 where there
/// is none.
pub const DOUBT: &str = "doubt";

/// Score, one for each marker in their order: the share of its surroundings that is tissue.
pub const TISSUE: &str = "tissue";

/// The surroundings of a marker, in its longer sides from its box: from, to.
const RING: [f32; 2] = [0.5, 1.2];
/// Value of the scaled film from which a pixel is tissue.
const TISSUE_FROM: f32 = 0.15;

/// Pixels of the finder's input that a cell of its map covers.
const CELL: usize = 8;
/// Rows and columns of the finder's input are multiples of this.
const STRIDE: usize = 32;
/// Side of a crop in pixels.
const CROP: usize = 48;
/// Classes of the reader: the first is no marker, the others as [`MarkerClass::ALL`].
const CLASSES: usize = 6;
const BACKGROUND: &str = "background";
/// What each class is called in a mirror.
const MIRRORED: [usize; CLASSES] = [0, 3, 4, 1, 2, 5];

/// The side markers of radiographs and mammograms.
pub struct SideMarker;

/// A place where a marker may stand: pixels of the finder's input.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    peak: f32,
    x: f32,
    y: f32,
    width: f32,
    height: f32,
}

impl Reader for SideMarker {
    fn model(&self) -> &'static str {
        MODEL
    }

    fn applies(&self, facts: &Facts<'_>) -> bool {
        facts.is_film()
    }

    fn accepts(&self, entry: &Entry) -> Result<(), Text> {
        for name in ["marker", "letter", "peak", "peak_weight", "places", "span", "span_close"] {
            threshold(entry, name)?;
        }
        let words = std::iter::once(BACKGROUND).chain(MarkerClass::ALL.map(MarkerClass::word));
        if entry.classes.iter().map(String::as_str).eq(words) {
            return Ok(());
        }
        Err(Text::new(
            "模型清单中的类别与程序不符",
            "the classes in the manifest are not those that the program reads",
        ))
    }

    fn read(&self, model: &Model, frame: &Prep<'_>) -> Result<Vec<Reading>, Text> {
        let at = |name| threshold(&model.entry, name);
        let (sure, letter, weight) = (at("marker")?, at("letter")?, at("peak_weight")?);
        let places = find(model, frame, at("peak")?, at("places")?)?;
        let classes = read(model, frame, &places, [at("span")?, at("span_close")?])?;
        let small = &frame.small()?.image;
        let (mut readings, mut around) = (Vec::new(), Vec::new());
        let mut doubt = 0.0_f32;
        for (place, p) in places.iter().zip(classes.rows()) {
            let p = p.to_vec();
            let confidence = place.peak.powf(weight) * (1.0 - p[0]).powf(1.0 - weight);
            let class = class(&p, letter);
            let bounds = bounds(place, frame)?;
            let marker = Marker::new(frame.index(), class, bounds, confidence);
            if marker.confidence >= sure {
                readings.push(Reading::Marker(marker));
                around.push(Reading::Score(Score::new(
                    frame.index(),
                    TISSUE,
                    tissue(place, small),
                )));
            } else {
                doubt = doubt.max(marker.confidence);
            }
        }
        readings.extend(around);
        readings.push(Reading::Score(Score::new(frame.index(), DOUBT, doubt)));
        Ok(readings)
    }
}

/// An operating point.
#[expect(clippy::cast_possible_truncation, reason = "thresholds are small numbers")]
fn threshold(entry: &Entry, name: &str) -> Result<f32, Text> {
    entry.threshold(name).map(|v| v as f32)
}

/// What a marker says. Where no side is clearly likelier than all else it may be, it is a marker
/// whose side cannot be read.
fn class(p: &[f32], letter: f32) -> MarkerClass {
    let [_, l, r, mirrored_l, mirrored_r, _] = *p else { return MarkerClass::Other };
    let marker: f32 = p.iter().skip(1).sum();
    let (left, right) = (l + mirrored_l, r + mirrored_r);
    if left.max(right) < letter * marker {
        return MarkerClass::Other;
    }
    match (left >= right, mirrored_l > l, mirrored_r > r) {
        (true, false, _) => MarkerClass::L,
        (true, true, _) => MarkerClass::MirroredL,
        (false, _, false) => MarkerClass::R,
        (false, _, true) => MarkerClass::MirroredR,
    }
}

/// Where the finder sees peaks: at most `most`, best first.
fn find(model: &Model, frame: &Prep<'_>, least: f32, most: f32) -> Result<Vec<Place>, Text> {
    let small = &frame.small()?.image;
    let (rows, columns) = small.dim();
    let padded = (rows.next_multiple_of(STRIDE), columns.next_multiple_of(STRIDE));
    let mut image = Array4::<f32>::zeros((1, 1, padded.0, padded.1));
    image.slice_mut(s![0, 0, ..rows, ..columns]).assign(small);
    let crop = Array4::<f32>::zeros((1, 1, CROP, CROP));
    let inputs = [("image", image.view().into_dyn()), ("crop", crop.view().into_dyn())];
    let outputs = model.run(&inputs)?;
    let map = outputs.get("map")?;
    let map = map.index_axis(Axis(0), 0).into_dimensionality().map_err(shape)?;
    Ok(peaks(map, least, most))
}

fn shape(error: ndarray::ShapeError) -> Text {
    Text::new(format!("模型输出的形状不符：{error}"), format!("shape of an output: {error}"))
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
        let same = |f: &Place| (f.x - place.x).hypot(f.y - place.y) < 0.6 * f.width.max(f.height);
        if !found.iter().any(same) {
            found.push(place);
        }
        if found.len() as f32 >= most {
            break;
        }
    }
    found
}

/// Native pixels a pixel of the finder's input: columns, rows.
#[expect(clippy::cast_precision_loss, reason = "rows and columns are below 2^16")]
fn scale(frame: &Prep<'_>) -> Result<(f32, f32), Text> {
    let (rows, columns) = frame.small()?.image.dim();
    Ok((frame.columns() as f32 / columns as f32, frame.rows() as f32 / rows as f32))
}

/// The classes of each place, (places, 6): the mean over a wide square about it and the mirror image of
/// a close one, whose classes change places.
fn read(
    model: &Model,
    frame: &Prep<'_>,
    places: &[Place],
    spans: [f32; 2],
) -> Result<Array2<f32>, Text> {
    if places.is_empty() {
        return Ok(Array2::zeros((0, CLASSES)));
    }
    let (fx, fy) = scale(frame)?;
    let n = places.len();
    let mut crops = Array4::<f32>::zeros((2 * n, 1, CROP, CROP));
    for (k, mut crop) in crops.outer_iter_mut().enumerate() {
        let place = &places[k % n];
        let side = (place.width * fx).max(place.height * fy) * spans[k / n];
        let (row, column) = (f64::from(place.y * fy), f64::from(place.x * fx));
        let square = frame.crop(row, column, side.into(), CROP)?;
        let across = if k < n { 1 } else { -1 };
        crop.index_axis_mut(Axis(0), 0).assign(&square.slice(s![.., ..;across]));
    }
    let image = Array4::<f32>::zeros((1, 1, STRIDE, STRIDE));
    let inputs = [("image", image.view().into_dyn()), ("crop", crops.view().into_dyn())];
    let outputs = model.run(&inputs)?;
    let both: Array2<f32> =
        outputs.get("classes")?.to_owned().into_dimensionality().map_err(shape)?;
    Ok(Array2::from_shape_fn((n, CLASSES), |(k, class)| {
        f32::midpoint(both[[k, class]], both[[n + k, MIRRORED[class]]])
    }))
}

/// The share of tissue in the ring about a place; all of it where the ring lies outside.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a float saturates, and the ring has less than a million pixels"
)]
fn tissue(place: &Place, small: &Array2<f32>) -> f32 {
    let side = place.width.max(place.height);
    let (rows, columns) = small.dim();
    let span = |at: f32, size: f32, by: f32, n: usize| {
        let half = size / 2.0 + by * side;
        ((at - half).max(0.0) as usize).min(n)..((at + half).max(0.0) as usize).min(n)
    };
    let spans =
        |by| (span(place.y, place.height, by, rows), span(place.x, place.width, by, columns));
    let (inner, outer) = (spans(RING[0]), spans(RING[1]));
    let (mut bright, mut all) = (0_usize, 0_usize);
    for i in outer.0 {
        for j in outer.1.clone() {
            if !(inner.0.contains(&i) && inner.1.contains(&j)) {
                all += 1;
                bright += usize::from(small[[i, j]] > TISSUE_FROM);
            }
        }
    }
    if all == 0 { 1.0 } else { bright as f32 / all as f32 }
}

/// The box in pixels of the frame, cut by its border, never empty.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the frame before"
)]
fn bounds(place: &Place, frame: &Prep<'_>) -> Result<[u32; 4], Text> {
    let (fx, fy) = scale(frame)?;
    let ends = |at: f32, size: f32, scale: f32, n: u32| {
        let n = f64::from(n);
        let low = f64::from((at - size / 2.0) * scale).round().clamp(0.0, n - 1.0);
        let high = f64::from((at + size / 2.0) * scale).round().clamp(low + 1.0, n);
        (low as u32, high as u32)
    };
    let (x0, x1) = ends(place.x, place.width, fx, frame.columns());
    let (y0, y1) = ends(place.y, place.height, fy, frame.rows());
    Ok([x0, y0, x1, y1])
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;

    #[test]
    fn a_side_is_read_only_where_it_is_clearly_likelier() {
        assert_eq!(class(&[0.1, 0.8, 0.05, 0.05, 0.0, 0.0], 0.7), MarkerClass::L);
        assert_eq!(class(&[0.1, 0.3, 0.05, 0.5, 0.0, 0.05], 0.7), MarkerClass::MirroredL);
        assert_eq!(class(&[0.0, 0.3, 0.1, 0.1, 0.5, 0.0], 0.7), MarkerClass::Other);
        assert_eq!(class(&[0.5, 0.0, 0.1, 0.0, 0.4, 0.0], 0.7), MarkerClass::MirroredR);
        assert_eq!(class(&[0.1, 0.2, 0.2, 0.0, 0.0, 0.5], 0.7), MarkerClass::Other);
    }

    #[test]
    fn a_mirror_swaps_the_mirrored_letters() {
        for (class, seen) in MarkerClass::ALL.iter().zip(&MIRRORED[1..]) {
            let turned = match class {
                MarkerClass::L => MarkerClass::MirroredL,
                MarkerClass::R => MarkerClass::MirroredR,
                MarkerClass::MirroredL => MarkerClass::L,
                MarkerClass::MirroredR => MarkerClass::R,
                MarkerClass::Other => MarkerClass::Other,
            };
            assert_eq!(MarkerClass::ALL[seen - 1], turned);
        }
    }

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
