//! What a model-specific file implements.

use dicom_dictionary_std::tags;

use crate::model::attribute::Attributes;
use crate::model::family::{self, Family};
use crate::model::file::FileFacts;
use crate::model::reading::Reading;
use crate::model::text::Text;

use super::manifest::Entry;
use super::model::Model;
use super::prep::Prep;

/// What is known of an instance before its frames are decoded. It is the same when a stored study
/// is judged again, so a reader answers the same.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Kept header attributes.
    pub attributes: &'a Attributes,
    /// Facts about the file.
    pub file: &'a FileFacts,
}

impl Facts<'_> {
    /// The family that judges the instance; `None` where there is none.
    pub fn family(&self) -> Option<Family> {
        family::of_attributes(self.attributes)
    }

    /// Whether it is a radiograph or mammogram of one frame: tomosynthesis is none.
    pub fn is_film(&self) -> bool {
        let frames = self.attributes.int(tags::NUMBER_OF_FRAMES);
        frames.is_none_or(|n| n <= 1) && self.family().is_some_and(Family::is_projection)
    }
}

/// Turns a model's numbers into readings.
pub trait Reader: Send + Sync {
    /// The model's name in `models/manifest.toml`.
    fn model(&self) -> &'static str;

    /// Whether the model concerns an instance. Only attributes that the store keeps may be asked
    /// (`checks::declared`); an instance without pixel data is never asked about.
    fn applies(&self, facts: &Facts<'_>) -> bool;

    /// Whether the reader can use a model of this entry: the names of inputs and outputs, the
    /// classes, the thresholds it needs. Asked once, before the first frame.
    ///
    /// # Errors
    /// What is missing, for people.
    fn accepts(&self, entry: &Entry) -> Result<(), Text> {
        let _ = entry;
        Ok(())
    }

    /// Reads one frame. Every number must be rounded (`Marker::new` and `Score::new` do) before it
    /// decides anything.
    ///
    /// # Errors
    /// Why it could not look; the readings of the whole instance are then given up.
    fn read(&self, model: &Model, frame: &Prep<'_>) -> Result<Vec<Reading>, Text>;
}
