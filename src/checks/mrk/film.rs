//! A film with its markers and what its header says of sides: what every check of the family looks at.

use dicom_dictionary_std::tags;

use crate::checks::per_film::{self, Said};
use crate::checks::view::{InstanceView, SeriesView, StudyView};
use crate::infer::side_marker::{DOUBT, MODEL, TISSUE};
use crate::items::exam::Side;
use crate::items::shown::Shown;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::reading::{Marker, MarkerClass, shown as told};
use crate::model::text::Text;

/// One radiograph or mammogram.
pub(super) struct Film<'a> {
    pub instance: InstanceView<'a>,
    pub shown: Option<&'a Shown>,
    /// Whether every part that its series names is imaged side by side.
    pub paired: bool,
    /// Markers by the model's order, likeliest place first.
    pub markers: Vec<&'a Marker>,
    /// Confidence of the likeliest marker that was not sure enough to be one.
    pub doubt: f32,
    pub columns: Option<u32>,
    pub rows: Option<u32>,
}

/// Where a letter stands, seen from the front as films are hung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    /// The half of the letter's own side.
    Own,
    /// The other one.
    Other,
    /// On or near the midline, or the display is not known.
    Unsure,
}

impl<'a> Film<'a> {
    /// The film of an instance.
    ///
    /// # Errors
    /// What to tell where it is none, or was not read.
    fn of(series: &SeriesView<'a>, instance: InstanceView<'a>) -> Result<Self, Box<Outcome>> {
        let sop = instance.sop_uid();
        let whole = |tag| instance.int(tag).and_then(|n| u32::try_from(n).ok());
        Ok(Self {
            instance,
            shown: series.shown().iter().find(|s| s.sop_uid == sop),
            paired: series.parts().paired || instance.family() == Some(Family::Mammography),
            markers: instance.markers(MODEL)?,
            doubt: instance.score(MODEL, DOUBT)?,
            columns: whole(tags::COLUMNS),
            rows: whole(tags::ROWS),
        })
    }

    /// The side that header or words say, where they say one.
    pub fn side(&self) -> Option<Side> {
        self.shown.and_then(|s| s.side).filter(|s| *s != Side::B)
    }

    /// Whether it is a frontal view of what has both sides (a chest, a pelvis), in which a letter's
    /// place can be judged.
    pub fn is_frontal(&self) -> bool {
        !self.paired && self.side().is_none() && self.shown.is_some_and(Shown::is_frontal)
    }

    /// Markers that say a side at a confidence of at least `least`.
    pub fn sided(&self, least: f64) -> impl Iterator<Item = (Side, &'a Marker)> + '_ {
        let sure = move |m: &&&Marker| f64::from(m.confidence) >= least;
        self.markers.iter().filter(sure).filter_map(|m| Some((side(m.class)?, *m)))
    }

    /// Stops where letters were found and none at a confidence of at least `least`: such a film accuses
    /// nobody, and it does not pass either.
    ///
    /// # Errors
    /// Could not run.
    pub fn unsure(&self, least: f64) -> Result<(), Box<Outcome>> {
        if self.sided(least).next().is_some() || self.sided(0.0).next().is_none() {
            return Ok(());
        }
        let why =
            Text::new("标识的侧别读得不够确定", "the side of the marker is not read surely enough");
        Err(Box::new(Outcome::could_not_run(self.instance.subject(), why)))
    }

    /// In which half a letter stands. Films hang with the patient's right on the viewer's left; a
    /// Patient Orientation that says otherwise is believed. `margin` is the share of the width on
    /// either side of the middle that says nothing.
    pub fn half(&self, letter: Side, marker: &Marker, margin: f64) -> Half {
        let Some(columns) = self.columns.filter(|c| *c > 0) else { return Half::Unsure };
        let middle = f64::from(marker.bounds[0] + marker.bounds[2]) / 2.0 / f64::from(columns);
        let left_is_right = match self.instance.text(tags::PATIENT_ORIENTATION).map(str::trim) {
            Some(row) if row.starts_with('R') => false,
            Some(row) if row.starts_with('L') => true,
            // Anterior, posterior or oblique rows have no left half.
            Some(row) if !row.is_empty() => return Half::Unsure,
            _ => true,
        };
        if (middle - 0.5).abs() < margin {
            return Half::Unsure;
        }
        let stands_left = middle < 0.5;
        let belongs_left = (letter == Side::R) == left_is_right;
        if stands_left == belongs_left { Half::Own } else { Half::Other }
    }

    /// The share of tissue in the surroundings of each marker.
    ///
    /// # Errors
    /// It was not measured.
    pub fn tissue(&self) -> Result<Vec<f32>, Box<Outcome>> {
        let scores = self.instance.scores(MODEL, TISSUE)?;
        if scores.len() == self.markers.len() {
            return Ok(scores.iter().map(|s| s.1).collect());
        }
        Err(self.unmeasured())
    }

    /// Columns and rows.
    ///
    /// # Errors
    /// The header lacks them.
    pub fn size(&self) -> Result<[u32; 2], Box<Outcome>> {
        self.columns.zip(self.rows).map(|(c, r)| [c, r]).ok_or_else(|| self.unmeasured())
    }

    fn unmeasured(&self) -> Box<Outcome> {
        let why = Text::new("标识周围未能测量", "the surroundings of the marker were not measured");
        Box::new(Outcome::could_not_run(self.instance.subject(), why))
    }

    /// The marker as subject.
    pub fn subject(&self, marker: &Marker) -> Subject {
        let frame = self.instance.frame_subject(marker.frame);
        Subject { bbox: Some(marker.bounds), ..frame }
    }
}

/// The side that a class says, mirrored or not.
pub(super) fn side(class: MarkerClass) -> Option<Side> {
    match class {
        MarkerClass::L | MarkerClass::MirroredL => Some(Side::L),
        MarkerClass::R | MarkerClass::MirroredR => Some(Side::R),
        MarkerClass::Other => None,
    }
}

/// Whether a letter reads as in a mirror.
pub(super) fn is_mirrored(marker: &Marker) -> bool {
    matches!(marker.class, MarkerClass::MirroredL | MarkerClass::MirroredR)
}

/// A side in both languages.
pub(super) fn named(side: Side) -> Text {
    match side {
        Side::L => Text::new("左（L）", "L (left)"),
        Side::R => Text::new("右（R）", "R (right)"),
        Side::B => Text::new("双侧", "both sides"),
    }
}

/// Evidence of a marker.
pub(super) fn evidence(marker: &Marker) -> [Evidence; 2] {
    [
        Evidence::new("marker_class", marker.class.word()),
        Evidence::new("marker_confidence", told(marker.confidence)).unit("1"),
    ]
}

/// Asks `judge` about every film that a model has read.
pub(super) fn judge(
    view: &StudyView<'_>,
    pass: &Text,
    nothing: &Text,
    judge: impl Fn(&Film<'_>) -> Said,
) -> Vec<Outcome> {
    per_film::judge(view, pass, nothing, |series, instance| judge(&Film::of(series, instance)?))
}
