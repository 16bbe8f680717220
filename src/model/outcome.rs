//! What a check says: the four outcomes, findings and their evidence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::Text;

/// How much a finding weighs; the policy decides it, never the check.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Advice.
    Minor,
    /// Counts against the grade; the study goes to a person.
    Major,
    /// Blocks the label.
    Critical,
}

/// Where in a study an outcome belongs. All `None`: the study itself.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Subject {
    /// Series Instance UID.
    pub series_uid: Option<String>,
    /// SOP Instance UID.
    pub sop_uid: Option<String>,
    /// 0-based frame index.
    pub frame: Option<u32>,
    /// Box in the frame: x0, y0, x1, y1 (columns, then rows).
    #[serde(rename = "box")]
    pub bbox: Option<[u32; 4]>,
}

/// A measured value with its limit, as it stands beside the outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// What was measured or read.
    pub name: String,
    /// What was found: a number, a text, or null where nothing was.
    pub value: serde_json::Value,
    /// What is allowed, where there is a limit.
    pub limit: Option<serde_json::Value>,
    /// The unit of both.
    pub unit: Option<String>,
}

impl Evidence {
    /// Evidence without a limit.
    pub fn new(name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        Self { name: name.into(), value: value.into(), limit: None, unit: None }
    }

    /// Adds the limit.
    #[must_use]
    pub fn limit(mut self, limit: impl Into<serde_json::Value>) -> Self {
        self.limit = Some(limit.into());
        self
    }

    /// Adds the unit.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }
}

/// The kind of an outcome. Not run is never pass.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// The defect was looked for and is not there.
    Pass,
    /// The defect is there.
    Fail,
    /// The check does not concern this subject.
    NotApplicable,
    /// The check concerns it and could not be made.
    CouldNotRun,
}

/// What a check returns about one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Which of the four.
    pub kind: OutcomeKind,
    /// Where.
    pub subject: Subject,
    /// Measured values and limits.
    pub evidence: Vec<Evidence>,
    /// Why, for people.
    pub why: Text,
}

impl Outcome {
    fn of(kind: OutcomeKind, subject: Subject, why: Text) -> Self {
        Self { kind, subject, evidence: Vec::new(), why }
    }

    /// The defect is not there.
    pub fn pass(subject: Subject, why: Text) -> Self {
        Self::of(OutcomeKind::Pass, subject, why)
    }

    /// The defect is there.
    pub fn fail(subject: Subject, why: Text) -> Self {
        Self::of(OutcomeKind::Fail, subject, why)
    }

    /// The check does not concern the subject.
    pub fn not_applicable(subject: Subject, why: Text) -> Self {
        Self::of(OutcomeKind::NotApplicable, subject, why)
    }

    /// The check could not be made.
    pub fn could_not_run(subject: Subject, why: Text) -> Self {
        Self::of(OutcomeKind::CouldNotRun, subject, why)
    }

    /// Adds evidence.
    #[must_use]
    pub fn with(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }
}

impl Subject {
    /// The whole study.
    pub fn study() -> Self {
        Self::default()
    }

    /// A series.
    pub fn series(series_uid: &str) -> Self {
        Self { series_uid: some(series_uid), ..Self::default() }
    }

    /// An instance.
    pub fn instance(series_uid: &str, sop_uid: &str) -> Self {
        Self { sop_uid: some(sop_uid), ..Self::series(series_uid) }
    }

    /// A frame of an instance.
    pub fn frame(series_uid: &str, sop_uid: &str, frame: u32) -> Self {
        Self { frame: Some(frame), ..Self::instance(series_uid, sop_uid) }
    }
}

fn some(uid: &str) -> Option<String> {
    (!uid.is_empty()).then(|| uid.to_owned())
}
