//! Numbers taken from pixels. A measurement has a name, a value and a place; unit, direction and
//! source belong to the name (`measure::registry`).

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One measured number of one frame (or of a whole instance).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Registered name, e.g. `stored_sum`, `efc`.
    pub name: Cow<'static, str>,
    /// 0-based frame index; `None` for a number of the whole instance.
    pub frame: Option<u32>,
    /// The value in the registered unit.
    pub value: f64,
    /// Where it was taken, where that is a part of the frame: x0, y0, x1, y1 in pixels (columns,
    /// then rows), half-open.
    #[serde(default)]
    pub place: Option<[u32; 4]>,
}

impl Measurement {
    /// A measurement of one frame.
    pub fn of_frame(name: &'static str, frame: u32, value: f64) -> Self {
        Self { name: Cow::Borrowed(name), frame: Some(frame), value, place: None }
    }

    /// The same, taken in a part of the frame.
    #[must_use]
    pub fn at(mut self, place: Option<[u32; 4]>) -> Self {
        self.place = place;
        self
    }
}
