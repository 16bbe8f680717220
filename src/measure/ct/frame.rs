//! One CT frame as it is stored, and its pixels in HU.

use std::ops::Range;

use crate::decode::{ModalityMap, Samples};

/// One CT frame: stored values and what they mean. No picture in HU is made of it unless a measure
/// needs one.
#[derive(Clone, Copy, Debug)]
pub struct CtFrame<'a> {
    /// Stored values, row by row, one a pixel.
    pub samples: &'a Samples,
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// From stored values to HU, with the padding.
    pub map: ModalityMap,
    /// Row spacing and column spacing, mm.
    pub spacing_mm: [f64; 2],
    /// Column and row of the isocentre, 0 in the middle of the first pixel; `None` where the header does
    /// not tell it.
    pub isocentre: Option<[f64; 2]>,
}

impl CtFrame<'_> {
    /// HU of a pixel; NaN in padding and beyond the frame.
    pub fn at(&self, row: usize, column: usize) -> f32 {
        let mut one = [f32::NAN];
        self.read(row, column..column + 1, &mut one);
        one[0]
    }

    /// Fills `out` with the HU of the pixels `columns` of a row; NaN in padding and beyond the frame.
    pub fn read(&self, row: usize, columns: Range<usize>, out: &mut [f32]) {
        let end = columns.end.min(self.columns);
        if row >= self.rows || columns.start >= end {
            out.fill(f32::NAN);
            return;
        }
        let range = row * self.columns + columns.start..row * self.columns + end;
        out.iter_mut().skip(range.len()).for_each(|o| *o = f32::NAN);
        match self.samples {
            Samples::U8(v) => self.integers(v.get(range), |v| f32::from(*v), [8, 0], out),
            Samples::I8(v) => self.integers(v.get(range), |v| f32::from(*v), [8, 1], out),
            Samples::U16(v) => self.integers(v.get(range), |v| f32::from(*v), [16, 0], out),
            Samples::I16(v) => self.integers(v.get(range), |v| f32::from(*v), [16, 1], out),
            #[expect(clippy::cast_precision_loss, reason = "as ModalityMap::apply rounds")]
            Samples::U32(v) => self.integers(v.get(range), |v| *v as f32, [32, 0], out),
            #[expect(clippy::cast_precision_loss, reason = "as ModalityMap::apply rounds")]
            Samples::I32(v) => self.integers(v.get(range), |v| *v as f32, [32, 1], out),
            Samples::F32(v) => self.line(v.get(range), |v| *v, |_| false, out),
            #[expect(clippy::cast_possible_truncation, reason = "as ModalityMap::apply rounds")]
            Samples::F64(v) => self.line(v.get(range), |v| *v as f32, |_| false, out),
        }
    }

    fn integers<T: Copy + PartialOrd + TryFrom<i64>>(
        &self,
        values: Option<&[T]>,
        float: impl Fn(&T) -> f32,
        [bits, signed]: [u32; 2],
        out: &mut [f32],
    ) {
        let narrow =
            |(low, high): (i64, i64)| Some((T::try_from(low).ok()?, T::try_from(high).ok()?));
        match self.padding(bits, signed == 1).and_then(narrow) {
            None => self.line(values, float, |_| false, out),
            Some((low, high)) => self.line(values, float, |v| *v >= low && *v <= high, out),
        }
    }

    fn line<T>(
        &self,
        values: Option<&[T]>,
        float: impl Fn(&T) -> f32,
        padding: impl Fn(&T) -> bool,
        out: &mut [f32],
    ) {
        let [slope, intercept] = self.scale();
        for (o, v) in out.iter_mut().zip(values.unwrap_or(&[])) {
            *o = if padding(v) { f32::NAN } else { float(v) * slope + intercept };
        }
    }

    /// Slope and intercept as `ModalityMap::apply` rounds them.
    #[expect(clippy::cast_possible_truncation, reason = "rounded to f32, as there")]
    pub fn scale(&self) -> [f32; 2] {
        [self.map.slope as f32, self.map.intercept as f32]
    }

    /// Stored values that are padding, both ends included, read as values of `bits` bits are: a
    /// padding value is written as the pixels are, but its VR may disagree about the sign.
    pub fn padding(&self, bits: u32, signed: bool) -> Option<(i64, i64)> {
        let (low, high) = self.map.padding?;
        let span = 1_i64 << bits;
        let wrap = |v: i64| match signed {
            true if (span / 2..span).contains(&v) => v - span,
            false if (-span / 2..0).contains(&v) => v + span,
            _ => v,
        };
        let (low, high) = (wrap(low), wrap(high));
        let (least, most) = if signed { (-span / 2, span / 2 - 1) } else { (0, span - 1) };
        (low <= high && low >= least && high <= most).then_some((low, high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_those_of_the_modality_map() {
        let map = ModalityMap { slope: 2.0, intercept: -1024.0, padding: Some((63_536, 63_536)) };
        let all = [
            Samples::U8(vec![0, 1, 2, 3, 4, 255]),
            Samples::I8(vec![0, 1, 2, 3, -4, 127]),
            Samples::U16(vec![0, 1, 2, 3, 63_536, 65_535]),
            Samples::I16(vec![0, 1, 2, 3, -2000, 32_767]),
            Samples::U32(vec![0, 1, 2, 3, 63_536, u32::MAX]),
            Samples::I32(vec![0, 1, 2, 3, 63_536, i32::MIN]),
            Samples::F32(vec![0.0, 1.5, 2.0, 3.0, f32::NAN, -7.0]),
            Samples::F64(vec![0.0, 1.5, 2.0, 3.0, f64::NAN, -7.0]),
        ];
        for samples in &all {
            let frame = CtFrame {
                samples,
                rows: 2,
                columns: 3,
                map,
                spacing_mm: [1.0; 2],
                isocentre: None,
            };
            let mut wanted = Vec::new();
            map.apply(samples, &mut wanted);
            let found: Vec<f32> = (0..6).map(|at| frame.at(at / 3, at % 3)).collect();
            let bits = |v: &[f32]| v.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&found), bits(&wanted), "{samples:?}");
            assert!(frame.at(2, 0).is_nan() && frame.at(0, 3).is_nan());
        }
    }
}
