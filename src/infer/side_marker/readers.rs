//! The two readers: what stands at a place, by squares of native pixels about it.

use ndarray::{Array2, Array3, Array4, ArrayView2, Axis, s};

use crate::infer::model::{Model, Outputs};
use crate::infer::prep::Prep;
use crate::model::text::Text;

use super::finder::{Place, STRIDE};
use super::threshold;

/// Classes of a reader: the first is no marker, the others as [`MarkerClass::ALL`].
pub(super) const CLASSES: usize = 6;
/// Stands for a probability of nought where logarithms are taken.
const NOUGHT: f32 = 1e-4;
/// How far a sum of rounded numbers may leave the range of probabilities.
const SLACK: f32 = 1e-3;
/// What each class is called in a mirror.
const MIRRORED: [usize; CLASSES] = [0, 3, 4, 1, 2, 5];

/// One look at a place: which of a reader's spans, and whether as in a mirror.
pub(super) type Look = (usize, bool);
const WIDE: usize = 0;
const CLOSE: usize = 1;

/// The first reader.
pub(super) const FIRST: Eyes = Eyes {
    input: "crop",
    output: "classes",
    side: 48,
    spans: ["span", "span_close"],
    looks: &[(WIDE, false), (CLOSE, true)],
};
/// The second reader. Its first look is enough for most places.
pub(super) const SECOND: Eyes = Eyes {
    input: "crop_second",
    output: "classes_second",
    side: 64,
    spans: ["second_span", "second_span_close"],
    looks: &[(CLOSE, false), (CLOSE, true), (WIDE, false), (WIDE, true)],
};

/// How a reader sees: names in the model's file, side of a crop in pixels, names of the thresholds
/// that say how many times the longer side of a box its wide and its close crop span, its looks.
pub(super) struct Eyes {
    input: &'static str,
    output: &'static str,
    side: usize,
    pub(super) spans: [&'static str; 2],
    pub(super) looks: &'static [Look],
}

/// The classes of each place by each of some looks of a reader, (places, looks, 6). What is seen in a
/// mirror is told of the place itself: its classes change places.
pub(super) fn read(
    model: &Model,
    frame: &Prep<'_>,
    places: &[Place],
    eyes: &Eyes,
    looks: &[Look],
) -> Result<Array3<f32>, Text> {
    let (n, m) = (places.len(), looks.len());
    if n * m == 0 {
        return Ok(Array3::zeros((n, m, CLASSES)));
    }
    let spans = [threshold(&model.entry, eyes.spans[0])?, threshold(&model.entry, eyes.spans[1])?];
    let (fx, fy) = scale(frame)?;
    let mut crops = Array4::<f32>::zeros((n * m, 1, eyes.side, eyes.side));
    for (k, mut crop) in crops.outer_iter_mut().enumerate() {
        let (place, (span, mirrored)) = (&places[k / m], looks[k % m]);
        let side = (place.width * fx).max(place.height * fy) * spans[span];
        let (row, column) = (f64::from(place.y * fy), f64::from(place.x * fx));
        let square = frame.crop(row, column, side.into(), eyes.side)?;
        let across = if mirrored { -1 } else { 1 };
        crop.index_axis_mut(Axis(0), 0).assign(&square.slice(s![.., ..;across]));
    }
    let outputs = ask(model, eyes.input, &crops)?;
    let told: Array2<f32> =
        outputs.get(eyes.output)?.to_owned().into_dimensionality().map_err(shape)?;
    probable(told.iter())?;
    Ok(Array3::from_shape_fn((n, m, CLASSES), |(place, look, class)| {
        let class = if looks[look].1 { MIRRORED[class] } else { class };
        told[[place * m + look, class]]
    }))
}

/// The geometric mean of words about a place, (words, 6): what one rules out, the others cannot make
/// likely.
pub(super) fn agreed(words: ArrayView2<'_, f32>) -> Vec<f32> {
    let mean = words.mapv(|p| (p + NOUGHT).ln()).mean_axis(Axis(0)).unwrap_or_default();
    let p = mean.mapv(f32::exp);
    let sum = p.sum();
    p.into_iter().map(|v| v / sum).collect()
}

/// Refuses what is no probability: it would count as the absence of a marker.
pub(super) fn probable<'a>(values: impl IntoIterator<Item = &'a f32>) -> Result<(), Text> {
    let worst = values.into_iter().find(|p| !(-SLACK..=1.0 + SLACK).contains(*p));
    worst.map_or(Ok(()), |p| {
        Err(Text::new(format!("模型输出的概率为{p}"), format!("a probability of the model is {p}")))
    })
}

/// Runs the model for one of its parts.
pub(super) fn ask(model: &Model, part: &str, input: &Array4<f32>) -> Result<Outputs, Text> {
    let sides = [&FIRST, &SECOND].map(|r| (r.input, r.side));
    let least = [("image", STRIDE), sides[0], sides[1]]
        .map(|(name, side)| (name, Array4::<f32>::zeros((1, 1, side, side))));
    let inputs = least.each_ref().map(|(name, small)| {
        let given = if *name == part { input } else { small };
        (*name, given.view().into_dyn())
    });
    model.run(&inputs)
}

pub(super) fn shape(error: ndarray::ShapeError) -> Text {
    Text::new(format!("模型输出的形状不符：{error}"), format!("shape of an output: {error}"))
}

/// Native pixels a pixel of the finder's input: columns, rows.
#[expect(clippy::cast_precision_loss, reason = "rows and columns are below 2^16")]
pub(super) fn scale(frame: &Prep<'_>) -> Result<(f32, f32), Text> {
    let (rows, columns) = frame.small()?.image.dim();
    Ok((frame.columns() as f32 / columns as f32, frame.rows() as f32 / rows as f32))
}

#[cfg(test)]
mod tests {
    use crate::model::reading::MarkerClass;

    use super::*;

    #[test]
    fn what_one_look_rules_out_the_others_cannot_make_likely() {
        let p = agreed(ndarray::arr2(&[[0.02, 0.98], [1.0, 0.0]]).view());
        assert!(p[1] < 0.1 && (p[0] + p[1] - 1.0).abs() < 1e-6, "{p:?}");
        let p = agreed(ndarray::arr2(&[[0.02, 0.98], [0.02, 0.98]]).view());
        assert!((p[1] - 0.98).abs() < 1e-3, "{p:?}");
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        assert!(probable(&[0.0, 1.0, 0.5, 1.0001]).is_ok());
        for wrong in [-0.2, 3.7, f32::NAN, f32::INFINITY] {
            assert!(probable(&[0.5, wrong]).is_err(), "{wrong}");
        }
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
}
