//! The image pixel description: the attributes that say how many samples of which shape there are.

use dicom_dictionary_std::tags;

use crate::model::attribute::{Attributes, State};

use super::limits::Limits;
use super::samples::FrameError;

/// What the values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Integer,
    Float,
    Double,
}

/// The description of one frame and the number of frames.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Description {
    pub rows: u32,
    pub columns: u32,
    pub samples: u32,
    pub allocated: u32,
    pub stored: u32,
    pub signed: bool,
    pub planar: bool,
    pub photometric: String,
    pub number: Number,
}

impl Description {
    /// Reads it, or says which attribute is missing or impossible.
    pub fn of(a: &Attributes, number: Number) -> Result<Self, FrameError> {
        let rows = required(a, tags::ROWS, "Rows", 65_535)?;
        let columns = required(a, tags::COLUMNS, "Columns", 65_535)?;
        let allocated = match number {
            Number::Integer => required(a, tags::BITS_ALLOCATED, "Bits Allocated", 64)?,
            Number::Float => 32,
            Number::Double => 64,
        };
        let samples = optional(a, tags::SAMPLES_PER_PIXEL, 1);
        if !(1..=16).contains(&samples) {
            return Err(FrameError::description(format!("Samples per Pixel is {samples}")));
        }
        let stored = optional(a, tags::BITS_STORED, allocated);
        if number == Number::Integer && (stored == 0 || stored > allocated) {
            let why = format!("Bits Stored {stored}, Bits Allocated {allocated}");
            return Err(FrameError::description(why));
        }
        Ok(Self {
            rows,
            columns,
            samples,
            allocated,
            stored,
            signed: optional(a, tags::PIXEL_REPRESENTATION, 0) == 1,
            planar: optional(a, tags::PLANAR_CONFIGURATION, 0) == 1 && samples > 1,
            photometric: a.text(tags::PHOTOMETRIC_INTERPRETATION).unwrap_or_default().to_owned(),
            number,
        })
    }

    /// Pixels of a frame.
    pub fn pixels(&self) -> u64 {
        u64::from(self.rows) * u64::from(self.columns)
    }

    /// Samples of a decoded frame.
    pub fn count(&self) -> u64 {
        self.pixels() * u64::from(self.samples)
    }

    /// Native data with one Cb and Cr for two pixels.
    pub fn subsampled(&self) -> bool {
        self.samples == 3 && self.photometric.ends_with("_422")
    }

    /// Bits that a native frame takes in the file.
    pub fn native_bits(&self) -> u64 {
        let samples = if self.subsampled() { self.pixels() * 2 } else { self.count() };
        samples * u64::from(self.allocated)
    }

    /// Bytes of a decoded frame in memory.
    pub fn decoded_bytes(&self) -> u64 {
        let width = match self.allocated {
            0..=8 => 1,
            9..=16 => 2,
            17..=32 => 4,
            _ => 8,
        };
        self.count() * width
    }

    /// Samples of a frame as a length in memory, where the bound allows.
    pub fn checked_count(&self, limits: &Limits) -> Result<usize, FrameError> {
        let bytes = self.decoded_bytes();
        if bytes > limits.frame_bytes {
            let why = format!("a frame of {bytes} bytes, limit {}", limits.frame_bytes);
            return Err(FrameError::limit(why));
        }
        usize::try_from(self.count()).map_err(|_| FrameError::limit("frame too large"))
    }
}

fn required(a: &Attributes, tag: dicom_core::Tag, name: &str, max: u32) -> Result<u32, FrameError> {
    let n = a.int(tag).and_then(|n| u32::try_from(n).ok());
    match n {
        Some(n) if (1..=max).contains(&n) => Ok(n),
        Some(n) => Err(FrameError::description(format!("{name} is {n}"))),
        None => {
            let state = match a.state(tag) {
                State::Absent => "absent",
                State::Empty => "empty",
                _ => "malformed",
            };
            Err(FrameError::description(format!("{name} is {state}")))
        }
    }
}

fn optional(a: &Attributes, tag: dicom_core::Tag, default: u32) -> u32 {
    a.int(tag).and_then(|n| u32::try_from(n).ok()).unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::attribute::{Stored, Value};

    fn header(rows: i64, stored: i64) -> Attributes {
        let mut a = Attributes::default();
        for (tag, n) in [
            (tags::ROWS, rows),
            (tags::COLUMNS, 3),
            (tags::BITS_ALLOCATED, 16),
            (tags::BITS_STORED, stored),
        ] {
            a.set(tag, Stored::Present(Value::Int(vec![n].into())));
        }
        a
    }

    #[test]
    fn sizes_follow_the_description() {
        let d = Description::of(&header(2, 12), Number::Integer).unwrap();
        assert_eq!((d.count(), d.native_bits(), d.decoded_bytes()), (6, 96, 12));
    }

    #[test]
    fn impossible_descriptions_are_told() {
        assert!(Description::of(&header(0, 12), Number::Integer).is_err());
        assert!(Description::of(&header(2, 17), Number::Integer).is_err());
        let why = Description::of(&Attributes::default(), Number::Integer).unwrap_err().why;
        assert_eq!(why, "Rows is absent");
    }

    #[test]
    fn a_frame_above_the_bound_is_refused() {
        let d = Description::of(&header(60_000, 16), Number::Integer).unwrap();
        let limits = Limits { frame_bytes: 1000, ..Limits::default() };
        assert!(d.checked_count(&limits).is_err());
    }
}
