//! What a report holds: the JSON twin of an institution's page and of the index. Fields may be
//! added, never renamed or removed.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::outcome::{Evidence, OutcomeKind, Severity, Subject};
use crate::model::result::{Coverage, ItemMatch, LabelDecision, Status, Verdict};
use crate::model::scores::InstitutionScores;
use crate::model::text::Text;
use crate::report::indicator::ArtifactRate;
use crate::report::notices::{ItemNote, ProfileNote};
use crate::report::rate::Rate;
use crate::report::run_manifest::{RejectedEntry, RunBrief};

pub use super::record::{AppealNote, OnRecord, OverAll, Overdue, RectificationNote, WaiverNote};

/// Version of [`InstitutionReport`] and [`IndexReport`].
pub const REPORT_SCHEMA_VERSION: u32 = 1;

/// Studies by verdict. `review` leaves out the studies that were not judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictCounts {
    /// All studies.
    pub studies: u64,
    /// Verdict pass.
    pub pass: u64,
    /// Verdict review, judged.
    pub review: u64,
    /// Verdict fail.
    pub fail: u64,
    /// Verdict review because no check applies.
    pub not_judged: u64,
}

impl VerdictCounts {
    /// Counts one study.
    pub fn add(&mut self, verdict: Verdict, not_judged: bool) {
        self.studies += 1;
        *match verdict {
            _ if not_judged => &mut self.not_judged,
            Verdict::Pass => &mut self.pass,
            Verdict::Review => &mut self.review,
            Verdict::Fail => &mut self.fail,
        } += 1;
    }

    /// Studies that were judged.
    pub fn judged(&self) -> u64 {
        self.pass + self.review + self.fail
    }

    /// `pass / judged`.
    pub fn pass_rate(&self) -> Option<Rate> {
        Rate::new(self.pass, self.judged())
    }
}

/// First and last Study Date (YYYYMMDD).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Period {
    /// First day.
    pub first: String,
    /// Last day.
    pub last: String,
}

/// Studies of one combination of modalities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModalityCount {
    /// Modalities of the study joined by `+`; empty where none is stated.
    pub modalities: String,
    /// By verdict.
    pub counts: VerdictCounts,
}

/// Studies of one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DayCount {
    /// Study Date (YYYYMMDD).
    pub date: String,
    /// By verdict.
    pub counts: VerdictCounts,
}

/// How often a check came to one kind of outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckCount {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Title for people.
    pub title: Text,
    /// What to do now; null where unknown.
    pub advice: Option<Text>,
    /// Stable or preview.
    pub status: Status,
    /// The worst severity any policy gave it.
    pub severity: Severity,
    /// Studies hit.
    pub studies: u64,
    /// Outcomes, all subjects.
    pub outcomes: u64,
    /// `studies` of all studies.
    pub share: Option<Rate>,
}

/// How many studies name a reason for not being a pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReasonCount {
    /// Check name, or `not-judged`, `unknown-institution` …
    pub reason: String,
    /// Studies.
    pub studies: u64,
}

/// A policy or model that judged studies of this report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Used {
    /// Its id.
    pub id: String,
    /// SHA-256, hex.
    pub digest: String,
    /// Studies.
    pub studies: u64,
}

/// How all checks of all studies ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CoverageSum {
    /// Checks that passed or failed.
    pub ran: u64,
    /// Checks that do not concern the study.
    pub not_applicable: u64,
    /// Checks that could not be made.
    pub could_not_run: u64,
}

impl CoverageSum {
    /// Counts one study.
    pub fn add(&mut self, c: Coverage) {
        self.ran += u64::from(c.ran);
        self.not_applicable += u64::from(c.not_applicable);
        self.could_not_run += u64::from(c.could_not_run);
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.ran + self.not_applicable + self.could_not_run
    }
}

/// One place where a check failed or could not run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Where.
    pub subject: Subject,
    /// 1-based position of the series in the study's result.
    pub series_number: Option<u32>,
    /// Modality and kind of that series.
    pub series_label: Option<String>,
    /// Measured values with limits.
    pub evidence: Vec<Evidence>,
    /// Why.
    pub why: Text,
}

/// All outcomes of one check in one study that are no pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindingGroup {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Title for people.
    pub title: Text,
    /// What to do now; null where unknown.
    pub advice: Option<Text>,
    /// `fail` or `could_not_run`.
    pub outcome: OutcomeKind,
    /// As the policy decides.
    pub severity: Severity,
    /// Stable or preview.
    pub status: Status,
    /// Whether the policy requires the check.
    pub required: bool,
    /// The clause it enforces.
    pub clause: Option<String>,
    /// DICOM code of the defect.
    pub dicom_code: Option<String>,
    /// How many outcomes there are.
    pub count: u32,
    /// The first of them.
    pub shown: Vec<Finding>,
}

/// A study shown with its reasons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StudyDetail {
    /// The key that files were grouped by.
    pub study_key: String,
    /// Study Instance UID.
    pub study_uid: Option<String>,
    /// Study Date as stated.
    pub study_date: Option<String>,
    /// Modalities.
    pub modalities: Vec<String>,
    /// Matched catalogue items.
    pub items: Vec<ItemMatch>,
    /// The same with their catalogue rows; empty where the policies were not at hand.
    #[serde(default)]
    pub item_notes: Vec<ItemNote>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is no pass.
    pub verdict_reasons: Vec<String>,
    /// Grade of the region's scale.
    pub grade: Option<String>,
    /// How many checks came to what.
    pub coverage: Coverage,
    /// Files.
    pub files: u32,
    /// Series.
    pub series: u32,
    /// Instances.
    pub instances: u64,
    /// What was found, worst first.
    pub findings: Vec<FindingGroup>,
    /// Groups of findings that are not listed here (all stand in `studies.jsonl`).
    pub findings_left_out: u32,
    /// Label decisions.
    pub labels: Vec<LabelDecision>,
    /// The image to show: subject of the worst finding that names an instance or a series.
    pub picture: Option<Subject>,
}

/// A study as a row of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StudyRow {
    /// The key that files were grouped by (the Study Instance UID where there is one).
    pub study_key: String,
    /// Study Date as stated.
    pub study_date: Option<String>,
    /// Modalities joined by `+`.
    pub modalities: Arc<str>,
    /// The verdict.
    pub verdict: Verdict,
    /// Review because no check applies.
    pub not_judged: bool,
    /// Codes of failed checks, and the verdict's reasons that are no check.
    pub reasons: Arc<[String]>,
}

/// Who a report is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstitutionName {
    /// Registry id, or `unknown`.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// False for `unknown`.
    pub known: bool,
}

/// What is counted of a set of studies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// First and last Study Date; null where no study has a readable one.
    pub period: Option<Period>,
    /// Studies by verdict.
    pub counts: VerdictCounts,
    /// `pass / judged`; null where nothing was judged.
    pub pass_rate: Option<Rate>,
    /// Files of the studies.
    pub files: u64,
    /// How checks ended.
    pub coverage: CoverageSum,
    /// By modality, most studies first.
    pub modalities: Vec<ModalityCount>,
    /// Failing checks, most studies first.
    pub failing: Vec<CheckCount>,
    /// Checks that could not run, most studies first.
    pub could_not_run: Vec<CheckCount>,
    /// Reasons of verdicts, most studies first.
    pub reasons: Vec<ReasonCount>,
    /// By day.
    pub days: Vec<DayCount>,
    /// Studies without a readable Study Date.
    pub undated: u64,
    /// Policies that judged.
    pub policies: Vec<Used>,
    /// Models that were used.
    pub models: Vec<Used>,
}

/// The report of one institution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InstitutionReport {
    /// [`REPORT_SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The run.
    pub run: RunBrief,
    /// Who.
    pub institution: InstitutionName,
    /// Counts.
    pub summary: Summary,
    /// What to know of the regions' policies that judged.
    #[serde(default)]
    pub profiles: Vec<ProfileNote>,
    /// Waivers, rectifications and appeals that concern it on the day of the run; null without a store.
    #[serde(default)]
    pub on_record: Option<OnRecord>,
    /// The national indicator 图像伪影率, CT and MR apart; empty where no study is of either.
    #[serde(default)]
    pub artifact_rates: Vec<ArtifactRate>,
    /// The five scores of its data; null where the run had no manifest.
    #[serde(default)]
    pub data_quality: Option<InstitutionScores>,
    /// The worst failed and review studies, worst first.
    pub worst: Vec<StudyDetail>,
    /// The other studies, worst first.
    pub rows: Vec<StudyRow>,
    /// Studies that are neither in `worst` nor in `rows` (all stand in `studies.jsonl`).
    pub rows_left_out: u64,
}

/// One institution in the index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IndexEntry {
    /// Who.
    pub institution: InstitutionName,
    /// Its page, relative to the index.
    pub html: String,
    /// Its JSON, relative to the index.
    pub json: String,
    /// First and last Study Date.
    pub period: Option<Period>,
    /// Studies by verdict.
    pub counts: VerdictCounts,
    /// `pass / judged` with its Wilson 95 % interval.
    pub pass_rate: Option<Rate>,
    /// The check that most studies fail, among those that are more than advice if there is one.
    pub top_check: Option<CheckCount>,
}

/// Rejected files in the index.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RejectedFiles {
    /// All of them.
    pub total: u64,
    /// By reason.
    pub by_reason: std::collections::BTreeMap<String, u64>,
    /// The first, by source then path (all stand in `run.json`).
    pub shown: Vec<RejectedEntry>,
}

/// The report over all institutions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IndexReport {
    /// [`REPORT_SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The run.
    pub run: RunBrief,
    /// Files of the input by their end.
    pub files: super::super::run_manifest::FileCounts,
    /// Why images were not read by models, and what to install.
    #[serde(default)]
    pub notices: Vec<Text>,
    /// Counts over all institutions, unknown included.
    pub summary: Summary,
    /// What to know of the regions' policies that judged.
    #[serde(default)]
    pub profiles: Vec<ProfileNote>,
    /// Known institutions, by id.
    pub institutions: Vec<IndexEntry>,
    /// Studies whose institution is unknown.
    pub unknown: Option<IndexEntry>,
    /// Rejected files.
    pub rejected: RejectedFiles,
    /// Waivers and overdue rectifications; null where no store was written.
    #[serde(default)]
    pub on_record: Option<OverAll>,
}
