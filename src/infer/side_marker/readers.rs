//! The two readers: what stands at a place, by squares of native pixels about it.

use ndarray::{Array2, Array4, ArrayView1, Axis, s};

use crate::infer::model::{Model, Outputs};
use crate::infer::prep::Prep;
use crate::model::text::Text;

use super::finder::{Place, STRIDE};
use super::threshold;

/// Classes of a reader: the first is no marker, the others as [`MarkerClass::ALL`].
pub(super) const CLASSES: usize = 6;
/// Stands for a probability of nought where logarithms are taken.
const NOUGHT: f32 = 1e-4;
/// What each class is called in a mirror.
const MIRRORED: [usize; CLASSES] = [0, 3, 4, 1, 2, 5];

/// The first reader, the second reader.
pub(super) const READERS: [Eyes; 2] = [
    Eyes { input: "crop", output: "classes", side: 48, spans: ["span", "span_close"] },
    Eyes {
        input: "crop_second",
        output: "classes_second",
        side: 64,
        spans: ["second_span", "second_span_close"],
    },
];
/// How a reader sees: names in the model's file, side of a crop in pixels, names of the thresholds
/// that say how many times the longer side of a box its wide and its close crop span.
pub(super) struct Eyes {
    input: &'static str,
    output: &'static str,
    side: usize,
    pub(super) spans: [&'static str; 2],
}

/// The classes of each place, (places, 6), by one reader: by a wide square about it, and by the mirror
/// image of a close one, whose classes change places.
pub(super) fn read(
    model: &Model,
    frame: &Prep<'_>,
    places: &[Place],
    eyes: &Eyes,
) -> Result<[Array2<f32>; 2], Text> {
    if places.is_empty() {
        return Ok([Array2::zeros((0, CLASSES)), Array2::zeros((0, CLASSES))]);
    }
    let spans = [threshold(&model.entry, eyes.spans[0])?, threshold(&model.entry, eyes.spans[1])?];
    let (fx, fy) = scale(frame)?;
    let n = places.len();
    let mut crops = Array4::<f32>::zeros((2 * n, 1, eyes.side, eyes.side));
    for (k, mut crop) in crops.outer_iter_mut().enumerate() {
        let place = &places[k % n];
        let side = (place.width * fx).max(place.height * fy) * spans[k / n];
        let (row, column) = (f64::from(place.y * fy), f64::from(place.x * fx));
        let square = frame.crop(row, column, side.into(), eyes.side)?;
        let across = if k < n { 1 } else { -1 };
        crop.index_axis_mut(Axis(0), 0).assign(&square.slice(s![.., ..;across]));
    }
    let outputs = ask(model, eyes.input, &crops)?;
    let both: Array2<f32> =
        outputs.get(eyes.output)?.to_owned().into_dimensionality().map_err(shape)?;
    let wide = both.slice(s![..n, ..]).to_owned();
    Ok([wide, Array2::from_shape_fn((n, CLASSES), |(k, class)| both[[n + k, MIRRORED[class]]])])
}

/// The weighed geometric mean of two words about a place: what one rules out, the other cannot make
/// likely. `weight` is that of the second.
pub(super) fn agreed(
    first: ArrayView1<'_, f32>,
    second: ArrayView1<'_, f32>,
    weight: f32,
) -> Vec<f32> {
    let both = |(a, b): (&f32, &f32)| (a + NOUGHT).powf(1.0 - weight) * (b + NOUGHT).powf(weight);
    let p: Vec<f32> = first.iter().zip(second).map(both).collect();
    let sum: f32 = p.iter().sum();
    p.into_iter().map(|v| v / sum).collect()
}

/// Runs the model for one of its parts.
pub(super) fn ask(model: &Model, part: &str, input: &Array4<f32>) -> Result<Outputs, Text> {
    let sides = READERS.map(|r| (r.input, r.side));
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
    fn what_one_reader_rules_out_the_other_cannot_make_likely() {
        let (sure, out) = (ndarray::arr1(&[0.02, 0.98]), ndarray::arr1(&[1.0, 0.0]));
        let p = agreed(sure.view(), out.view(), 0.5);
        assert!(p[1] < 0.1 && (p[0] + p[1] - 1.0).abs() < 1e-6, "{p:?}");
        let p = agreed(sure.view(), sure.view(), 0.7);
        assert!((p[1] - 0.98).abs() < 1e-3, "{p:?}");
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
