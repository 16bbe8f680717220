//! A decoded frame as readers see it: the scaled image and the limits are made once, by the first
//! reader that asks.

use std::cell::OnceCell;

use dicom_dictionary_std::tags;
use ndarray::Array2;

use crate::decode::Frame;
use crate::model::attribute::Attributes;
use crate::model::text::Text;

use super::preprocess::{self, LONG_SIDE, Plane, PreprocessError, Taps};

/// The whole frame, scaled.
#[derive(Clone, Debug, PartialEq)]
pub struct Small {
    /// (rows, columns), the longer [`LONG_SIDE`], 0 to 1 with larger values bright.
    pub image: Array2<f32>,
    /// The value (stored, negated where the frame is inverted) that became 0.
    pub low: f32,
    /// The value that became 1.
    pub high: f32,
}

/// One frame.
pub struct Prep<'a> {
    frame: &'a Frame,
    index: u32,
    inverted: bool,
    small: OnceCell<Result<Small, PreprocessError>>,
}

impl<'a> Prep<'a> {
    /// A decoded frame; `inverted` where its larger values are dark (see [`inverted`]).
    pub fn new(frame: &'a Frame, index: u32, inverted: bool) -> Self {
        Self { frame, index, inverted, small: OnceCell::new() }
    }

    /// 0-based index of the frame.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// Rows of the native frame.
    pub fn rows(&self) -> u32 {
        self.frame.rows
    }

    /// Columns of the native frame.
    pub fn columns(&self) -> u32 {
        self.frame.columns
    }

    /// Whether larger stored values are dark.
    pub fn is_inverted(&self) -> bool {
        self.inverted
    }

    /// The decoded frame itself.
    pub fn frame(&self) -> &'a Frame {
        self.frame
    }

    /// The scaled frame and its limits.
    ///
    /// # Errors
    /// The frame has no pixels, or values that are no intensities.
    pub fn small(&self) -> Result<&Small, Text> {
        let small = self.small.get_or_init(|| {
            let plane = Plane::new(self.frame, self.inverted)?;
            let (rows, columns) = preprocess::long_side_shape(plane.rows, plane.columns, LONG_SIDE);
            let (down, across) = (Taps::area(plane.rows, rows), Taps::area(plane.columns, columns));
            let mut image = plane.resample(&down, &across);
            let (low, high) = preprocess::limits(&image);
            preprocess::unit(&mut image, low, high);
            Ok(Small { image, low, high })
        });
        small.as_ref().map_err(|e| said(*e))
    }

    /// The scaled frame squeezed to (rows, columns), whatever its proportions.
    ///
    /// # Errors
    /// As [`Prep::small`].
    pub fn squeezed(&self, rows: usize, columns: usize) -> Result<Array2<f32>, Text> {
        Ok(preprocess::squeeze(&self.small()?.image, rows, columns))
    }

    /// An (out, out) area average of the native square of `side` pixels centred at (row, column),
    /// edges counted from the outer edge of the first pixel; 0 to 1 by the limits of the whole frame.
    /// What lies outside the frame is the nearest edge pixel.
    ///
    /// # Errors
    /// As [`Prep::small`]; also for a side that is not positive.
    pub fn crop(&self, row: f64, column: f64, side: f64, out: usize) -> Result<Array2<f32>, Text> {
        let small = self.small()?;
        let plane = Plane::new(self.frame, self.inverted).map_err(said)?;
        if !(side > 0.0 && side.is_finite() && row.is_finite() && column.is_finite()) || out == 0 {
            return Err(said(PreprocessError::Empty));
        }
        let down = Taps::window(plane.rows, row - side / 2.0, side, out);
        let across = Taps::window(plane.columns, column - side / 2.0, side, out);
        let mut crop = plane.resample(&down, &across);
        preprocess::unit(&mut crop, small.low, small.high);
        Ok(crop)
    }
}

fn said(error: PreprocessError) -> Text {
    let zh = match error {
        PreprocessError::Empty => "该帧没有像素",
        PreprocessError::NotIntensities => "该帧的像素值不是灰度（浮点参数图或调色板）",
    };
    Text::new(zh, error.to_string())
}

/// Whether larger stored values of a frame are dark: MONOCHROME1, or a Presentation LUT Shape that
/// says the same, turned round once more by a negative rescale slope.
pub fn inverted(attributes: &Attributes, photometric: &str) -> bool {
    let shape = attributes.text(tags::PRESENTATION_LUT_SHAPE).unwrap_or_default();
    let dark = photometric.trim() == "MONOCHROME1" || shape.trim() == "INVERSE";
    let negative = attributes.float(tags::RESCALE_SLOPE).is_some_and(|slope| slope < 0.0);
    dark != negative
}
