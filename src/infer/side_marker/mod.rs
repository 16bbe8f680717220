//! The reader of side markers (`models/train/side_marker`):
//!
//! 1. [`finder`]: a network over the scaled radiograph says where a marker may stand.
//! 2. [`readers`]: a first network reads a square of native pixels about each place.
//! 3. [`pieces`]: what stands beside the places that it does not rule out joins them, as the finder
//!    may have pointed at the initials of a marker.
//! 4. [`readers`]: a second network reads all of them; its word is the one that counts.
//! 5. Where none is sure by `enough`, it reads more: [`parts`] of the places that it is not sure of, as they
//!    may hold a letter among others, and the surest part stands for its place; [`tophat`]: letters
//!    that stand out of the film elsewhere.
//!
//! The file has three parts that share no weights: `image` → `map`, `crop` → `classes` and
//! `crop_second` → `classes_second`. All are asked in every run, so those that are not wanted get
//! the smallest input there is.

use ndarray::{Array2, Axis, concatenate};

use crate::model::reading::{Marker, MarkerClass, Reading, Score, rounded};
use crate::model::text::Text;

use super::manifest::Entry;
use super::model::Model;
use super::prep::Prep;
use super::reader::{Facts, Reader};

use finder::{ONE_LETTER, Place};
use readers::{FIRST, SECOND, agreed, scale};

mod finder;
mod lit;
mod parts;
mod pieces;
mod readers;
mod tophat;

/// Name of the model.
pub const MODEL: &str = "side_marker";
/// Score: how likely a marker of any kind stands where none was sure enough to be told, by the words of
/// the readers alone; 0 where nothing is left.
pub const DOUBT: &str = "doubt";

/// Score, one for each marker in their order: the share of its surroundings that is tissue.
pub const TISSUE: &str = "tissue";

/// The surroundings of a marker, in its longer sides from its box: from, to.
const RING: [f32; 2] = [0.5, 1.2];
/// Value of the scaled film from which a pixel is tissue.
const TISSUE_FROM: f32 = 0.15;

const BACKGROUND: &str = "background";
/// What stands nearer to a marker than so many of its longer sides is its initials.
const BESIDE: f32 = 3.0;
/// The side markers of radiographs and mammograms.
pub struct SideMarker;

impl Reader for SideMarker {
    fn model(&self) -> &'static str {
        MODEL
    }

    fn applies(&self, facts: &Facts<'_>) -> bool {
        facts.is_film()
    }

    fn accepts(&self, entry: &Entry) -> Result<(), Text> {
        let own = ["marker", "letter", "peak", "peak_weight", "places", "smallest"];
        let second = ["second_from", "look_again", "other_weight", "other_alone"];
        let others = ["enough", "parts_from", "part_weight", "alone_weight"];
        for name in
            own.into_iter().chain(second).chain(others).chain(FIRST.spans).chain(SECOND.spans)
        {
            threshold(entry, name)?;
        }
        // What the first reader alone is sure of is told by nobody.
        if threshold(entry, "second_from")? >= threshold(entry, "marker")? {
            return Err(Text::new(
                "模型清单中second_from不小于marker",
                "second_from in the manifest is not below marker",
            ));
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
        let (sure, letter) =
            (threshold(&model.entry, "marker")?, threshold(&model.entry, "letter")?);
        let small = &frame.small()?.image;
        let (mut readings, mut around) = (Vec::new(), Vec::new());
        let mut doubt = 0.0_f32;
        for find in once_each(finds(model, frame)?, sure) {
            let bounds = bounds(&find.place, frame)?;
            let class = class(&find.classes, letter);
            let marker = Marker::new(frame.index(), class, bounds, find.confidence);
            if marker.confidence >= sure {
                readings.push(Reading::Marker(marker));
                let tissue = tissue(&find.whole, small);
                around.push(Reading::Score(Score::new(frame.index(), TISSUE, tissue)));
            } else {
                let background = find.classes.first().copied().unwrap_or_default();
                doubt = doubt.max(rounded(1.0 - background));
            }
        }
        readings.extend(around);
        readings.push(Reading::Score(Score::new(frame.index(), DOUBT, doubt)));
        Ok(readings)
    }
}

/// What may be a marker.
#[derive(Clone, Debug)]
struct Find {
    place: Place,
    /// The place of the finder that it is a part of, or itself.
    whole: Place,
    classes: Vec<f32>,
    /// That it is a marker at all.
    confidence: f32,
    /// Whether the finder did not point at it: a piece beside a place, a letter that stands out.
    piece: bool,
}

impl Find {
    fn new(place: Place, classes: Vec<f32>, confidence: f32) -> Self {
        Self { place, whole: place, classes, confidence, piece: false }
    }
}

/// All places of a film, each with what the readers say together.
fn finds(model: &Model, frame: &Prep<'_>) -> Result<Vec<Find>, Text> {
    let at = |name| threshold(&model.entry, name);
    let (from, peak_weight) = (at("second_from")?, at("peak_weight")?);
    let find = |(place, classes): (&Place, Vec<f32>)| {
        let background = classes.first().copied().unwrap_or(1.0);
        let confidence = place.peak.powf(peak_weight) * (1.0 - background).powf(1.0 - peak_weight);
        Find::new(*place, classes, rounded(confidence))
    };
    let smallest = at("smallest")?;
    let fx_fy = scale(frame)?;
    let readable = |p: &Place| (p.width * fx_fy.0).max(p.height * fx_fy.1) >= smallest;
    let mut places = finder::find(model, frame, at("peak")?, at("places")?)?;
    places.retain(readable);
    let looks = readers::read(model, frame, &places, &FIRST, FIRST.looks)?;
    let first = looks.mean_axis(Axis(1)).unwrap_or_default();
    let all = places.iter().zip(first.rows().into_iter().map(|r| r.to_vec())).map(find);
    let (likely, mut found): (Vec<Find>, Vec<Find>) = all.partition(|f| f.confidence >= from);

    let mut again: Vec<Place> = likely.into_iter().map(|f| f.place).collect();
    let places = again.len();
    let beside = pieces::pieces(&frame.small()?.image, &again);
    again.extend(beside.into_iter().filter(readable));
    let mut told = tell(model, frame, &again)?;
    for find in told.iter_mut().skip(places) {
        find.piece = true;
    }
    let enough = at("enough")?;
    if told.iter().all(|f| f.confidence < enough) {
        in_parts(model, frame, &mut told, readable)?;
        told.extend(standing_out(model, frame, &again, readable)?);
    }
    found.extend(told);
    Ok(found)
}

/// Letters that stand out of the film where nothing is read yet.
fn standing_out(
    model: &Model,
    frame: &Prep<'_>,
    read: &[Place],
    readable: impl Fn(&Place) -> bool,
) -> Result<Vec<Find>, Text> {
    let new = |p: &Place| read.iter().all(|o| o.away(p) >= pieces::APART_OTHERS * p.longer());
    let letters = tophat::letters(&frame.small()?.image);
    let letters: Vec<Place> = letters.into_iter().filter(|p| readable(p) && new(p)).collect();
    let weight = threshold(&model.entry, "alone_weight")?;
    let mut told = tell(model, frame, &letters)?;
    for find in &mut told {
        find.confidence = rounded(weight * find.confidence);
        find.piece = true;
    }
    Ok(told)
}

/// Puts the surest part of a place that is not sure to be a marker in its stead, where that is surer.
fn in_parts(
    model: &Model,
    frame: &Prep<'_>,
    told: &mut [Find],
    readable: impl Fn(&Place) -> bool,
) -> Result<(), Text> {
    let range = threshold(&model.entry, "parts_from")?..threshold(&model.entry, "marker")?;
    let weight = threshold(&model.entry, "part_weight")?;
    let (rows, columns) = frame.small()?.image.dim();
    for find in told.iter_mut().filter(|f| !f.piece && range.contains(&f.confidence)) {
        let whole = find.clone();
        let mut inside = parts::parts(&whole.place);
        inside.retain(|p| p.middle_within(rows, columns) && readable(p));
        for part in tell(model, frame, &inside)? {
            // The whole has its word in it, so that a place without a marker needs more than one odd part.
            let together = part.confidence.powf(weight) * whole.confidence.powf(1.0 - weight);
            let confidence = rounded(together);
            if confidence > find.confidence {
                *find = Find { confidence, whole: whole.place, ..part };
            }
        }
    }
    Ok(())
}

/// What the second reader says of places.
fn tell(model: &Model, frame: &Prep<'_>, places: &[Place]) -> Result<Vec<Find>, Text> {
    let at = |name| threshold(&model.entry, name);
    let words = read_again(model, frame, places, at("look_again")?)?;
    let (other_weight, other_alone) = (at("other_weight")?, at("other_alone")?);
    let find = |(place, classes): (&Place, Vec<f32>)| {
        let other = classes.last().copied().unwrap_or(0.0);
        let sided: f32 = classes.iter().skip(1).sum::<f32>() - other;
        // A marker without a side is one only where hardly anything speaks for another thing.
        let confidence = rounded((sided + other_weight * other).max(other_alone * other));
        Find::new(*place, classes, confidence)
    };
    Ok(places.iter().zip(words).map(find).collect())
}

/// What the second reader says of places: by one look, and where a marker is at least so likely by
/// that, by all.
fn read_again(
    model: &Model,
    frame: &Prep<'_>,
    places: &[Place],
    look_again: f32,
) -> Result<Vec<Vec<f32>>, Text> {
    let (once, others) = SECOND.looks.split_at(1);
    let glance = readers::read(model, frame, places, &SECOND, once)?;
    let likely: Vec<usize> =
        (0..places.len()).filter(|&k| 1.0 - glance[[k, 0, 0]] >= look_again).collect();
    let of_likely: Vec<Place> = likely.iter().map(|&k| places[k]).collect();
    let more = readers::read(model, frame, &of_likely, &SECOND, others)?;
    let mut words: Vec<Vec<f32>> = glance.outer_iter().map(agreed).collect();
    for (of_place, &k) in more.outer_iter().zip(&likely) {
        let all = concatenate![Axis(0), glance.index_axis(Axis(0), k), of_place];
        words[k] = agreed(all.view());
    }
    Ok(words)
}

/// Of several finds of one letter the surest, the surest letter first. A piece beside a place that is
/// `sure` to be a marker is its initials.
fn once_each(mut finds: Vec<Find>, sure: f32) -> Vec<Find> {
    finds.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let near = |a: &Find, b: &Find, by: f32| a.place.away(&b.place) < by * a.place.longer();
    let whole: Vec<Find> =
        finds.iter().filter(|f| !f.piece && f.confidence >= sure).cloned().collect();
    let mut kept: Vec<Find> = Vec::new();
    for find in finds {
        let initials = find.piece && whole.iter().any(|w| near(w, &find, BESIDE));
        if !initials && !kept.iter().any(|k| near(k, &find, ONE_LETTER)) {
            kept.push(find);
        }
    }
    kept
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
    use super::*;

    fn find(x: f32, confidence: f32) -> Find {
        let place = Place { peak: 0.5, x, y: 50.0, width: 10.0, height: 20.0 };
        Find::new(place, vec![1.0 - confidence], confidence)
    }

    fn xs(kept: &[Find]) -> Vec<f32> {
        kept.iter().map(|f| f.place.x).collect()
    }

    #[test]
    fn of_two_finds_of_one_letter_the_surer_stays() {
        let kept = once_each(vec![find(50.0, 0.4), find(58.0, 0.9), find(71.0, 0.2)], 0.8);
        assert_eq!(xs(&kept), [58.0, 71.0]);
    }

    #[test]
    fn a_piece_beside_a_sure_place_is_its_initials() {
        let piece = |x, confidence| Find { piece: true, ..find(x, confidence) };
        let finds = vec![find(50.0, 0.8), piece(100.0, 0.9), piece(120.0, 0.9)];
        assert_eq!(xs(&once_each(finds.clone(), 0.8)), [120.0, 50.0]);
        assert_eq!(xs(&once_each(finds, 0.85)), [100.0, 120.0, 50.0]);
    }

    #[test]
    fn a_side_is_read_only_where_it_is_clearly_likelier() {
        assert_eq!(class(&[0.1, 0.8, 0.05, 0.05, 0.0, 0.0], 0.7), MarkerClass::L);
        assert_eq!(class(&[0.1, 0.3, 0.05, 0.5, 0.0, 0.05], 0.7), MarkerClass::MirroredL);
        assert_eq!(class(&[0.0, 0.3, 0.1, 0.1, 0.5, 0.0], 0.7), MarkerClass::Other);
        assert_eq!(class(&[0.5, 0.0, 0.1, 0.0, 0.4, 0.0], 0.7), MarkerClass::MirroredR);
        assert_eq!(class(&[0.1, 0.2, 0.2, 0.0, 0.0, 0.5], 0.7), MarkerClass::Other);
    }
}
