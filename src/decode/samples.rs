//! Stored values of one frame, and the buffers they are decoded through.

use std::sync::Arc;

use crate::model::file::{DecodeFailure, Recovery};

use super::source::ByteSource;

/// Stored values, samples of one pixel side by side. One-bit values are unpacked to `U8`.
#[derive(Clone, Debug, PartialEq)]
pub enum Samples {
    /// 8 bits or fewer, unsigned.
    U8(Vec<u8>),
    /// 8 bits or fewer, signed.
    I8(Vec<i8>),
    /// 9 to 16 bits, unsigned.
    U16(Vec<u16>),
    /// 9 to 16 bits, signed.
    I16(Vec<i16>),
    /// 17 to 32 bits, unsigned.
    U32(Vec<u32>),
    /// 17 to 32 bits, signed.
    I32(Vec<i32>),
    /// Float Pixel Data.
    F32(Vec<f32>),
    /// Double Float Pixel Data.
    F64(Vec<f64>),
}

/// Sum, smallest and largest stored value of a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Sum of integer values, exact; `None` for floats.
    pub integer_sum: Option<i128>,
    /// Sum as a float (of floats, in order).
    pub sum: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
}

macro_rules! each {
    ($self:expr, $v:ident => $body:expr) => {
        match $self {
            Samples::U8($v) => $body,
            Samples::I8($v) => $body,
            Samples::U16($v) => $body,
            Samples::I16($v) => $body,
            Samples::U32($v) => $body,
            Samples::I32($v) => $body,
            Samples::F32($v) => $body,
            Samples::F64($v) => $body,
        }
    };
}

impl Samples {
    /// How many samples there are.
    #[must_use]
    pub fn len(&self) -> usize {
        each!(self, v => v.len())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes they take in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        each!(self, v => size_of_val(v.as_slice()))
    }

    /// Sum, minimum and maximum; `None` where there is no sample.
    #[must_use]
    pub fn summary(&self) -> Option<Summary> {
        match self {
            Self::U8(v) => integers(v),
            Self::I8(v) => integers(v),
            Self::U16(v) => integers(v),
            Self::I16(v) => integers(v),
            Self::U32(v) => integers(v),
            Self::I32(v) => integers(v),
            Self::F32(v) => floats(v.iter().map(|x| f64::from(*x))),
            Self::F64(v) => floats(v.iter().copied()),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "the exact sum stands beside it")]
fn integers<T: Copy + Ord + Into<i64>>(v: &[T]) -> Option<Summary> {
    let min: i64 = (*v.iter().min()?).into();
    let max: i64 = (*v.iter().max()?).into();
    // A chunk of 2^20 32-bit values cannot overflow 64 bits.
    let sum: i128 =
        v.chunks(1 << 20).map(|c| i128::from(c.iter().map(|x| (*x).into()).sum::<i64>())).sum();
    Some(Summary { integer_sum: Some(sum), sum: sum as f64, min: min as f64, max: max as f64 })
}

fn floats(v: impl Iterator<Item = f64>) -> Option<Summary> {
    let mut out: Option<Summary> = None;
    for x in v {
        let s = out.get_or_insert(Summary { integer_sum: None, sum: 0.0, min: x, max: x });
        s.sum += x;
        s.min = s.min.min(x);
        s.max = s.max.max(x);
    }
    out
}

/// One decoded frame: stored values before any LUT or colour transform.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Rows.
    pub rows: u32,
    /// Columns.
    pub columns: u32,
    /// Samples per Pixel.
    pub samples: u32,
    /// Photometric Interpretation of these values; it differs from the header's where the codec
    /// itself undoes the colour transform (JPEG 2000, JPEG XL) or 4:2:2 was brought to full.
    pub photometric: String,
    /// The values, pixel by pixel.
    pub data: Samples,
    /// What had to be tolerated to get them.
    pub recoveries: Vec<Recovery>,
}

impl Frame {
    /// Gives the buffers back, so that the next frame allocates nothing.
    pub fn recycle(self, scratch: &mut Scratch) {
        match self.data {
            Samples::U8(v) => scratch.u8s = v,
            Samples::U16(v) => scratch.u16s = v,
            Samples::I16(v) => scratch.i16s = v,
            _ => {}
        }
    }
}

/// Why a frame could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct FrameError {
    /// The kind.
    pub failure: DecodeFailure,
    /// The reader's or codec's words.
    pub why: String,
}

impl FrameError {
    pub(crate) fn new(failure: DecodeFailure, why: impl Into<String>) -> Self {
        Self { failure, why: why.into() }
    }

    pub(crate) fn corrupt(why: impl Into<String>) -> Self {
        Self::new(DecodeFailure::Corrupt, why)
    }

    pub(crate) fn description(why: impl Into<String>) -> Self {
        Self::new(DecodeFailure::Description, why)
    }

    pub(crate) fn truncated(why: impl Into<String>) -> Self {
        Self::new(DecodeFailure::Truncated, why)
    }

    pub(crate) fn limit(why: impl Into<String>) -> Self {
        Self::new(DecodeFailure::LimitExceeded, why)
    }
}

/// Buffers that one thread decodes through, frame after frame.
#[derive(Default)]
pub struct Scratch {
    /// Bytes as read from the file.
    pub(crate) bytes: Vec<u8>,
    pub(crate) u8s: Vec<u8>,
    pub(crate) u16s: Vec<u16>,
    pub(crate) i16s: Vec<i16>,
    /// The data set of the last deflated file, and whose it is.
    pub(crate) inflated: Option<(u64, Arc<dyn ByteSource>)>,
}

/// Turns unsigned codec output of a `precision` into samples of the declared sign.
pub(crate) fn from_u16(mut values: Vec<u16>, signed: bool, precision: u32, wide: bool) -> Samples {
    let precision = precision.clamp(1, 16);
    let shift = 16 - precision;
    if signed {
        let extend = |v: &u16| (v << shift).cast_signed() >> shift;
        if wide {
            return Samples::I16(values.iter().map(extend).collect());
        }
        #[expect(clippy::cast_possible_truncation, reason = "8 bits or fewer by declaration")]
        return Samples::I8(values.iter().map(|v| extend(v) as i8).collect());
    }
    if wide || values.iter().any(|v| *v > 0xFF) {
        values.shrink_to(0);
        return Samples::U16(values);
    }
    #[expect(clippy::cast_possible_truncation, reason = "none is above 255")]
    Samples::U8(values.iter().map(|v| *v as u8).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_and_signed() {
        let s = Samples::I16(vec![-5, 3, 10]).summary().unwrap();
        assert_eq!((s.integer_sum, s.min, s.max), (Some(8), -5.0, 10.0));
        let s = Samples::U32(vec![u32::MAX; 3]).summary().unwrap();
        assert_eq!(s.integer_sum, Some(3 * i128::from(u32::MAX)));
        assert_eq!(Samples::U8(vec![]).summary(), None);
    }

    #[test]
    fn the_sign_is_extended_from_the_precision() {
        assert_eq!(from_u16(vec![0x0FFF, 5], true, 12, true), Samples::I16(vec![-1, 5]));
        assert_eq!(from_u16(vec![0xFF], true, 8, false), Samples::I8(vec![-1]));
        assert_eq!(from_u16(vec![0x0FFF], false, 12, true), Samples::U16(vec![0x0FFF]));
        assert_eq!(from_u16(vec![7], false, 8, false), Samples::U8(vec![7]));
    }
}
