//! What the store knew of a study before it was judged: what its instances looked like when they
//! came first, and which labels were decided.

use serde::{Deserialize, Serialize};

use super::gate::DecisionKind;

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
    /// Those of them whose pixels were read both times.
    #[serde(default)]
    pub compared: u32,
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
        self.received == 0
    }

    /// Whether a change counts against the study: other pixels, an image of another study, or another
    /// header under a label that stands. A header that is corrected before any label is what
    /// hospitals are asked for.
    pub fn counts_against(&self, change: &ChangedInstance) -> bool {
        change.pixels || change.first_study.is_some() || (change.header && self.is_labelled())
    }

    /// Whether a label stood.
    pub fn is_labelled(&self) -> bool {
        self.labels.iter().any(|l| l.decision == DecisionKind::Apply)
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
}
