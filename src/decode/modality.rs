//! Stored values → modality values: the one place where rescale and padding are applied.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use multiversion::multiversion;

use crate::model::attribute::{Attributes, State};

use super::samples::Samples;

/// How stored values of a frame become modality values (PS3.3 C.11.1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModalityMap {
    /// Rescale Slope.
    pub slope: f64,
    /// Rescale Intercept.
    pub intercept: f64,
    /// Stored values of pixels that no beam or reconstruction filled, both ends included: Pixel
    /// Padding Value, to Pixel Padding Range Limit where that is given (PS3.3 C.7.5.1.1.2).
    pub padding: Option<(i64, i64)>,
}

impl ModalityMap {
    /// Modality values are the stored values.
    pub const STORED: Self = Self { slope: 1.0, intercept: 0.0, padding: None };

    /// The map of a frame; `of` gives the attributes in which a tag is to be looked up (a frame's
    /// functional group or the instance). `None` where a Modality LUT Sequence stands instead of
    /// slope and intercept: no measure is taken through one.
    pub fn of<'a>(of: impl Fn(Tag) -> &'a Attributes) -> Option<Self> {
        let number = |tag: Tag| of(tag).float(tag).filter(|v| v.is_finite());
        let slope = number(tags::RESCALE_SLOPE).filter(|s| *s != 0.0);
        let table = of(tags::MODALITY_LUT_SEQUENCE).state(tags::MODALITY_LUT_SEQUENCE);
        if slope.is_none() && matches!(table, State::Present(_)) {
            return None;
        }
        let whole = |tag: Tag| of(tag).int(tag);
        let padding = whole(tags::PIXEL_PADDING_VALUE).map(|value| {
            let end = whole(tags::PIXEL_PADDING_RANGE_LIMIT).unwrap_or(value);
            (value.min(end), value.max(end))
        });
        let intercept = number(tags::RESCALE_INTERCEPT).unwrap_or(0.0);
        Some(Self { slope: slope.unwrap_or(1.0), intercept, padding })
    }

    /// Fills `out` with modality values, one for each sample; padding is NaN. Values are rounded
    /// to `f32`: CT and MR hold at most 16 bits.
    pub fn apply(&self, samples: &Samples, out: &mut Vec<f32>) {
        out.clear();
        out.resize(samples.len(), 0.0);
        #[expect(clippy::cast_possible_truncation, reason = "rounded to f32, as documented")]
        let (slope, intercept) = (self.slope as f32, self.intercept as f32);
        let line = Line { slope, intercept };
        // A padding value is written as the pixels are, but its VR may disagree about the sign:
        // both readings of the same bits count.
        let (low, high) = self.padding.unwrap_or((i64::MAX, i64::MAX));
        match samples {
            Samples::U8(v) => {
                line.of_u8(v, [wrap(low, 1 << 8, false), wrap(high, 1 << 8, false)], out);
            }
            Samples::I8(v) => {
                line.of_i8(v, [wrap(low, 1 << 8, true), wrap(high, 1 << 8, true)], out);
            }
            Samples::U16(v) => {
                line.of_u16(v, [wrap(low, 1 << 16, false), wrap(high, 1 << 16, false)], out);
            }
            Samples::I16(v) => {
                line.of_i16(v, [wrap(low, 1 << 16, true), wrap(high, 1 << 16, true)], out);
            }
            Samples::U32(v) => {
                line.of_u32(v, [wrap(low, 1 << 32, false), wrap(high, 1 << 32, false)], out);
            }
            Samples::I32(v) => {
                line.of_i32(v, [wrap(low, 1 << 32, true), wrap(high, 1 << 32, true)], out);
            }
            Samples::F32(v) => line.of_f32(v, out),
            Samples::F64(v) => line.of_f64(v, out),
        }
    }
}

/// A padding value read as values of `span` levels are: with or without sign. Values that fit
/// neither reading stay as they are and match nothing.
fn wrap(value: i64, span: i64, signed: bool) -> i64 {
    let half = span / 2;
    match (signed, value) {
        (true, v) if (half..span).contains(&v) => v - span,
        (false, v) if (-half..0).contains(&v) => v + span,
        (_, v) => v,
    }
}

#[derive(Clone, Copy)]
struct Line {
    slope: f32,
    intercept: f32,
}

macro_rules! of_integers {
    ($($name:ident: $t:ty),*) => { impl Line { $(
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_lossless,
            reason = "one body for all types; rounded to f32, as documented"
        )]
        fn $name(self, values: &[$t], [low, high]: [i64; 2], out: &mut [f32]) {
            #[multiversion(targets("x86_64+avx2"))]
            fn plain(values: &[$t], slope: f32, intercept: f32, out: &mut [f32]) {
                for (o, v) in out.iter_mut().zip(values) {
                    *o = *v as f32 * slope + intercept;
                }
            }
            #[multiversion(targets("x86_64+avx2"))]
            fn padded(values: &[$t], slope: f32, intercept: f32, low: $t, high: $t, out: &mut [f32]) {
                for (o, v) in out.iter_mut().zip(values) {
                    let value = *v as f32 * slope + intercept;
                    *o = if *v >= low && *v <= high { f32::NAN } else { value };
                }
            }
            match (<$t>::try_from(low), <$t>::try_from(high)) {
                (Ok(low), Ok(high)) if low <= high => {
                    padded(values, self.slope, self.intercept, low, high, out);
                }
                _ => plain(values, self.slope, self.intercept, out),
            }
        }
    )* } };
}
of_integers!(of_u8: u8, of_i8: i8, of_u16: u16, of_i16: i16, of_u32: u32, of_i32: i32);

impl Line {
    fn of_f32(self, values: &[f32], out: &mut [f32]) {
        for (o, v) in out.iter_mut().zip(values) {
            *o = *v * self.slope + self.intercept;
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "rounded to f32, as documented")]
    fn of_f64(self, values: &[f64], out: &mut [f32]) {
        for (o, v) in out.iter_mut().zip(values) {
            *o = *v as f32 * self.slope + self.intercept;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::attribute::{Stored, Value};

    fn mapped(map: ModalityMap, samples: &Samples) -> Vec<f32> {
        let mut out = Vec::new();
        map.apply(samples, &mut out);
        out
    }

    #[test]
    fn rescale_and_padding_in_both_readings_of_the_sign() {
        let map = ModalityMap { slope: 2.0, intercept: -1024.0, padding: Some((63_536, 63_536)) };
        let values = mapped(map, &Samples::I16(vec![0, 512, -2000]));
        assert_eq!(values[..2], [-1024.0, 0.0]);
        assert!(values[2].is_nan(), "63536 unsigned is -2000 signed");
        let map = ModalityMap { padding: Some((-2000, -2000)), ..map };
        assert!(mapped(map, &Samples::U16(vec![63_536]))[0].is_nan());
        let map = ModalityMap { padding: Some((0, 10)), ..map };
        let values = mapped(map, &Samples::U8(vec![0, 10, 11]));
        assert!(values[0].is_nan() && values[1].is_nan() && values[2] < -1001.0);
        let none = ModalityMap { padding: Some((100_000, 100_000)), ..map };
        assert_eq!(mapped(none, &Samples::U8(vec![1])), [-1022.0]);
    }

    #[test]
    fn a_table_instead_of_a_line_is_told() {
        let mut a = Attributes::default();
        assert_eq!(ModalityMap::of(|_| &a).map(|m| (m.slope, m.intercept)), Some((1.0, 0.0)));
        a.set(
            tags::MODALITY_LUT_SEQUENCE,
            Stored::Present(Value::Items(vec![Attributes::default()].into())),
        );
        assert_eq!(ModalityMap::of(|_| &a), None);
        a.set(tags::RESCALE_SLOPE, Stored::Present(Value::Float(vec![0.5].into())));
        assert_eq!(ModalityMap::of(|_| &a).map(|m| m.slope), Some(0.5));
    }
}
