//! What models read on the frames of an instance: markers, scores, and whether they could look.

use serde::{Deserialize, Serialize};

use super::text::Text;

/// What a side marker on a radiograph says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MarkerClass {
    /// L (left; also G, S, 左 where the model was trained on them).
    L,
    /// R (right).
    R,
    /// L, mirrored.
    MirroredL,
    /// R, mirrored.
    MirroredR,
    /// A marker without a side: numbers, arrows, a technologist's initials.
    Other,
}

impl MarkerClass {
    /// Every class.
    pub const ALL: [Self; 5] = [Self::L, Self::R, Self::MirroredL, Self::MirroredR, Self::Other];

    /// The word in results (DESIGN section 7) and in a model's `classes`.
    pub fn word(self) -> &'static str {
        match self {
            Self::L => "L",
            Self::R => "R",
            Self::MirroredL => "mirrored_L",
            Self::MirroredR => "mirrored_R",
            Self::Other => "other",
        }
    }

    /// The class of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == word)
    }
}

/// A marker found on a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Marker {
    /// 0-based frame index.
    pub frame: u32,
    /// What it says.
    pub class: MarkerClass,
    /// x0, y0, x1, y1 in pixels of the frame, columns then rows; the far edges are exclusive.
    pub bounds: [u32; 4],
    /// 0 to 1, rounded to 4 digits.
    pub confidence: f32,
}

impl Marker {
    /// A marker; the confidence is rounded.
    pub fn new(frame: u32, class: MarkerClass, bounds: [u32; 4], confidence: f32) -> Self {
        Self { frame, class, bounds, confidence: rounded(confidence) }
    }
}

/// A number that a model gives a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// 0-based frame index.
    pub frame: u32,
    /// Its name among the model's scores, e.g. `chest`, `pa`.
    pub name: String,
    /// The value, rounded to 4 digits; for a probability 0 to 1.
    pub value: f32,
}

impl Score {
    /// A score; the value is rounded.
    pub fn new(frame: u32, name: impl Into<String>, value: f32) -> Self {
        Self { frame, name: name.into(), value: rounded(value) }
    }
}

/// Rounds a model's number to 4 digits: what is decided, told and stored is the rounded number, so
/// that the last bits of a processor's arithmetic decide nothing.
pub fn rounded(value: f32) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "an f32 comes back as one")]
    let out = ((f64::from(value) * 1e4).round() / 1e4) as f32;
    // No minus zero: it would be another text.
    if out == 0.0 { 0.0 } else { out }
}

/// A rounded number as a text of results shows it: 0.9876, not 0.98760002.
pub fn shown(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}

/// One thing that a model read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reading {
    /// A marker.
    Marker(Marker),
    /// A score.
    Score(Score),
}

/// How a model came along with an instance that it concerns. An instance that it does not concern
/// has no entry at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ReadState {
    /// It read every frame; no reading then means that there is nothing.
    Read,
    /// It could not, and why. There are no readings, not even those of frames that went well.
    CouldNotRun(Text),
}

/// What one model read of one instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelReadings {
    /// The model's name.
    pub model: String,
    /// Whether it could look.
    pub state: ReadState,
    /// What it found, by frame, then in the model's order.
    pub readings: Vec<Reading>,
}

/// Which models a study was brought before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// The names of all that were asked, whether or not they concern an instance of the study. An
    /// instance without an entry of an asked model is none of its business; of a model that is not
    /// here nothing is known.
    pub asked: Vec<String>,
    /// The ready ones among those that concern an instance: name → version and digest.
    pub used: std::collections::BTreeMap<String, String>,
    /// Model runtime and its version; `None` where no model was used.
    pub runtime: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_four_digits_and_shown_so() {
        assert_eq!(rounded(0.987_649).to_bits(), 0.9876_f32.to_bits());
        assert_eq!(rounded(-0.000_01).to_bits(), 0.0_f32.to_bits());
        assert_eq!(serde_json::to_string(&shown(rounded(0.987_64))).unwrap(), "0.9876");
        assert_eq!(Marker::new(0, MarkerClass::L, [0; 4], 0.123_456), {
            Marker { frame: 0, class: MarkerClass::L, bounds: [0; 4], confidence: 0.1235 }
        });
    }

    #[test]
    fn words_of_classes_read_back() {
        for class in MarkerClass::ALL {
            assert_eq!(MarkerClass::of_word(class.word()), Some(class));
        }
        assert_eq!(MarkerClass::of_word("l"), None);
    }
}
