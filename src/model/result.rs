//! The object others build on: one a study, the same in `studies.jsonl`, `inspect --json` and the
//! store (DESIGN section 7). Fields may be added, never renamed or removed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outcome::{Evidence, OutcomeKind, Severity, Subject};

/// Version of [`StudyResult`].
pub const SCHEMA_VERSION: u32 = 1;

/// The verdict on a study, worst last.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything required was looked at and nothing critical or major was found.
    Pass,
    /// A person has to look.
    Review,
    /// A critical defect.
    Fail,
}

/// Whether a check counts.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It counts.
    Stable,
    /// It is shown and never counted.
    Preview,
}

/// How many checks came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Checks that passed or failed.
    pub ran: u32,
    /// Checks that do not concern the study.
    pub not_applicable: u32,
    /// Checks that could not be made.
    pub could_not_run: u32,
}

/// A catalogue item that the study was matched to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ItemMatch {
    /// Policy folder name.
    pub profile: String,
    /// `item_uid` of the catalogue; null where none or ambiguous.
    pub item: Option<String>,
    /// Name as printed.
    pub name: Option<String>,
    /// `code`, `scored`, `ambiguous` or `none`.
    #[serde(rename = "match")]
    pub matched: String,
    /// The candidates of an ambiguous match.
    pub candidates: Vec<String>,
    /// SOP Instance UIDs of the item's views; left out where it is the whole study.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sop_uids: Vec<String>,
}

/// What is known of a series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeriesResult {
    /// Series Instance UID; null where the files have none.
    pub series_uid: Option<String>,
    /// Modality; null where absent.
    pub modality: Option<String>,
    /// What the series is, in the words of DESIGN section 7; null where unknown.
    pub kind: Option<String>,
    /// Tra, Sag, Cor, OBL, MULTI; null where unknown.
    pub plane: Option<String>,
    /// Whether fat is suppressed; null where unknown.
    pub fat_suppressed: Option<bool>,
    /// Whether it was taken after contrast; null where unknown.
    pub post_contrast: Option<bool>,
    /// Contrast phase; null where unknown.
    pub phase: Option<String>,
    /// How sure kind and plane are, 0 to 1; null where unknown.
    pub confidence: Option<f64>,
    /// How many instances it has.
    pub instances: u32,
    /// Geometric stacks.
    pub stacks: Vec<StackResult>,
}

/// A geometric stack of a series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StackResult {
    /// What the stack is; null where unknown.
    pub kind: Option<String>,
    /// Contrast phase; null where unknown.
    pub phase: Option<String>,
    /// Number of slices.
    pub slices: u32,
    /// Median spacing along the normal, mm; null where it cannot be told.
    pub spacing: Option<f64>,
    /// Slice Thickness, mm.
    pub thickness: Option<f64>,
    /// `regular`, `missing_middle:k`, `duplicate:k` …; null where it cannot be told.
    pub geometry: Option<String>,
}

/// A side marker found on a radiograph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Marker {
    /// SOP Instance UID.
    pub sop_uid: Option<String>,
    /// 0-based frame index.
    #[serde(default)]
    pub frame: u32,
    /// L, R, `mirrored_L`, `mirrored_R`, other.
    pub class: String,
    /// x0, y0, x1, y1.
    #[serde(rename = "box")]
    pub bbox: [u32; 4],
    /// 0 to 1.
    pub confidence: f64,
}

/// One outcome of one check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutcomeResult {
    /// Code, e.g. `GEO001`.
    pub code: String,
    /// Name, e.g. `missing-slice`.
    pub name: String,
    /// Which of the four.
    pub outcome: OutcomeKind,
    /// Stable or preview.
    pub status: Status,
    /// As the policy decides.
    pub severity: Severity,
    /// Whether the policy requires the check.
    pub required: bool,
    /// Where.
    pub subject: Subject,
    /// Measured values with limits.
    pub evidence: Vec<Evidence>,
    /// Why, in English.
    pub why: String,
    /// Why, in Chinese.
    pub why_zh: String,
    /// The clause the check enforces under this policy.
    pub clause: Option<String>,
    /// DICOM code of the defect, `scheme:value`.
    pub dicom_code: Option<String>,
}

/// A label decision for a study or a view of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LabelDecision {
    /// Policy folder name.
    pub profile: String,
    /// Catalogue item.
    pub item: Option<String>,
    /// The study, or the view.
    pub subject: LabelSubject,
    /// apply, withhold, withdraw.
    pub decision: String,
    /// The label's exact words, where applied.
    pub text: Option<String>,
    /// Where it has to stand.
    pub position: Option<String>,
    /// Why.
    pub reasons: Vec<String>,
}

/// What a label decision is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LabelSubject {
    /// Series Instance UID.
    pub series_uid: Option<String>,
    /// SOP Instance UIDs.
    pub sop_uids: Vec<String>,
}

/// What made this result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    /// `hrgate` and its version.
    pub tool: String,
    /// Policy id → digest.
    pub policies: std::collections::BTreeMap<String, String>,
    /// Model → version and digest, of those that looked at an image of the study.
    pub models: std::collections::BTreeMap<String, String>,
    /// Model runtime and its version; null where no model looked.
    pub runtime: Option<String>,
    /// How deep this study was looked at: header, pixels, models.
    pub depth: String,
}

/// The result of one study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StudyResult {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Study Instance UID; null where the files have none.
    pub study_uid: Option<String>,
    /// The key that files were grouped by.
    pub study_key: String,
    /// Institution id, `unknown` where it is.
    pub institution: String,
    /// Institution name for people.
    pub institution_name: String,
    /// Study Date as stated (YYYYMMDD); null where absent.
    pub study_date: Option<String>,
    /// Modalities, sorted.
    pub modalities: Vec<String>,
    /// Matched catalogue items.
    pub items: Vec<ItemMatch>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why the verdict is not pass; code names or `not-judged`, `unknown-institution`.
    pub verdict_reasons: Vec<String>,
    /// Grade of the region's scale; null where the policy has none.
    pub grade: Option<String>,
    /// How many checks came to what.
    pub coverage: Coverage,
    /// Files of the study: instances, and rejected ones beside them.
    pub files: u32,
    /// The series.
    pub series: Vec<SeriesResult>,
    /// Side markers.
    pub markers: Vec<Marker>,
    /// The outcomes, by code then subject.
    pub outcomes: Vec<OutcomeResult>,
    /// Label decisions.
    pub labels: Vec<LabelDecision>,
    /// What made this result.
    pub provenance: Provenance,
}
