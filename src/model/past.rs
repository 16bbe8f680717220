//! What the store knew of a study before it was judged: what its instances looked like when they
//! came first, and which labels were decided.

use dicom_core::Tag;
use dicom_dictionary_std::tags as t;
use serde::{Deserialize, Serialize};

use super::gate::DecisionKind;

/// What an image is of: whom, when, which part, which geometry, which scale of grey. A change of
/// this list changes every digest that the store keeps; it then needs a new version of the digest and a migration.
pub const TOLD: [Tag; 27] = [
    t::SOP_CLASS_UID,
    t::STUDY_INSTANCE_UID,
    t::SERIES_INSTANCE_UID,
    t::MODALITY,
    t::STUDY_DATE,
    t::PATIENT_ID,
    t::PATIENT_NAME,
    t::PATIENT_BIRTH_DATE,
    t::PATIENT_SEX,
    t::BODY_PART_EXAMINED,
    t::LATERALITY,
    t::IMAGE_LATERALITY,
    t::VIEW_POSITION,
    t::PATIENT_ORIENTATION,
    t::INSTANCE_NUMBER,
    t::NUMBER_OF_FRAMES,
    t::ROWS,
    t::COLUMNS,
    t::PHOTOMETRIC_INTERPRETATION,
    t::PIXEL_SPACING,
    t::IMAGER_PIXEL_SPACING,
    t::IMAGE_POSITION_PATIENT,
    t::IMAGE_ORIENTATION_PATIENT,
    t::SLICE_THICKNESS,
    t::RESCALE_INTERCEPT,
    t::RESCALE_SLOPE,
    t::BURNED_IN_ANNOTATION,
];

/// What was known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PastFacts {
    /// No store was given.
    #[default]
    NotGiven,
    /// What the store knew.
    Known(Box<Past>),
}

impl PastFacts {
    /// What was known, where there was a store.
    pub fn known(&self) -> Option<&Past> {
        match self {
            Self::NotGiven => None,
            Self::Known(past) => Some(past),
        }
    }
}

/// What the store knew of a study.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Instances that came before.
    pub received: u32,
    /// Those of them that could be compared: their pixels were read both times, or they have none.
    #[serde(default)]
    pub compared: u32,
    /// Instances of the first receipt that did not come now; counted for disputed studies.
    #[serde(default)]
    pub missing: u32,
    /// Whether the study changed once and its first content has not come back since.
    #[serde(default)]
    pub disputed: bool,
    /// Whether a label was ever applied, whatever became of it; looked up where something changed.
    #[serde(default)]
    pub was_labelled: bool,
    /// Instances that came before with other content.
    pub changed: Vec<ChangedInstance>,
    /// SOP Instance UIDs of those that were not seen before, or not with their pixels.
    #[serde(skip)]
    pub unseen: Vec<String>,
    /// The decisions that stood.
    pub labels: Vec<PastLabel>,
}

impl Past {
    /// Whether nothing of the study came before.
    pub fn is_new(&self) -> bool {
        self.received == 0 && !self.disputed
    }

    /// Whether a change counts against the study: other pixels, an image of another study, or another
    /// header once the content is bound. A header that is corrected before any label is what
    /// hospitals are asked for.
    pub fn counts_against(&self, change: &ChangedInstance) -> bool {
        change.pixels || change.first_study.is_some() || (change.header && self.is_bound())
    }

    /// Whether the content may not change any more: a label was given, even if it was taken back
    /// since, or a change is disputed. A withdrawal must not make room for the content that caused it.
    pub fn is_bound(&self) -> bool {
        let given = |l: &PastLabel| l.decision != DecisionKind::Withhold;
        self.disputed || self.was_labelled || self.labels.iter().any(given)
    }

    /// Whether everything that came first is here again as it was.
    pub fn is_whole(&self) -> bool {
        self.compared == self.received && self.missing == 0 && self.changed.is_empty()
    }

    /// Whether some instance came before in this very study.
    pub fn has_own(&self) -> bool {
        let foreign = self.changed.iter().filter(|c| c.first_study.is_some()).count();
        usize::try_from(self.received).is_ok_and(|received| received > foreign)
    }
}

/// An instance that came before with other content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedInstance {
    /// SOP Instance UID.
    pub sop_uid: String,
    /// Whether the pixels differ.
    pub pixels: bool,
    /// Whether the header differs.
    pub header: bool,
    /// The study it came in first, where that was another.
    pub first_study: Option<String>,
    /// When it came first (RFC 3339).
    pub first_seen: String,
}

/// A decision that stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastLabel {
    /// Policy folder name.
    pub profile: String,
    /// The item; `None` where none was matched.
    pub item: Option<String>,
    /// What.
    pub decision: DecisionKind,
    /// The scope, where a label stood.
    pub scope: String,
    /// Its exact text.
    pub text: String,
    /// Its Latin form, or empty.
    pub text_en: String,
    /// Where it has to stand, or empty.
    pub position: String,
    /// The instances of the view it was decided for; empty for the whole study.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sop_uids: Vec<String>,
}

impl PastLabel {
    /// Whether it concerns an image; what names none concerns the study.
    pub fn concerns(&self, sop_uid: Option<&str>) -> bool {
        self.sop_uids.is_empty() || sop_uid.is_none_or(|sop| self.sop_uids.iter().any(|s| s == sop))
    }
}
