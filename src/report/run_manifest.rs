//! `run.json`: what a run was given, what it used, and how every file ended.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::contract::Depth;
use crate::ledger::Head;
use crate::model::change::Change;
use crate::model::file::RejectReason;
use crate::model::sample::DrawnSample;
use crate::model::text::Text;

use super::aggregate::types::VerdictCounts;

/// Version of [`RunManifest`].
pub const RUN_SCHEMA_VERSION: u32 = 1;

/// How every file of the input ended. `evaluated + ignored + rejected` is `files`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileCounts {
    /// Files found (members of archives count, archives that could be read do not).
    pub files: u64,
    /// Their bytes, where known.
    pub bytes: u64,
    /// Files that became instances of studies.
    pub evaluated: u64,
    /// Files that are not ours: not DICOM, DICOMDIR.
    pub ignored: u64,
    /// Files that are ours and could not be judged.
    pub rejected: u64,
    /// Ignored files by reason (kebab-case).
    pub ignored_by_reason: BTreeMap<String, u64>,
    /// Rejected files by reason (kebab-case).
    pub rejected_by_reason: BTreeMap<String, u64>,
}

impl FileCounts {
    /// Whether every file is accounted for, and each reason's count too.
    pub fn adds_up(&self) -> bool {
        self.evaluated + self.ignored + self.rejected == self.files
            && self.ignored_by_reason.values().sum::<u64>() == self.ignored
            && self.rejected_by_reason.values().sum::<u64>() == self.rejected
    }
}

/// What became of the studies against earlier runs on the same store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// Studies that came first.
    pub new: u64,
    /// Studies of which files came, went or have other content.
    pub changed: u64,
    /// Studies whose files are what they were, judged again as policies, registry, manifest or labels changed.
    pub judged_again: u64,
    /// Studies whose result of an earlier run holds.
    pub unchanged: u64,
    /// Studies that were left for the next run, as their files are still arriving. They are in no other count.
    pub waiting: u64,
    /// Studies of earlier runs below the same sources that are not there any more. Their results stay in the store.
    pub vanished: u64,
    /// The keys of those, the first hundred.
    pub vanished_studies: Vec<String>,
    /// Files that were not read, as they are what they were when they were read.
    pub files_not_read: u64,
}

impl Changes {
    /// Keys that are told.
    const TOLD: usize = 100;

    /// Counts a study.
    pub fn count(&mut self, change: Change) {
        *match change {
            Change::New => &mut self.new,
            Change::Changed => &mut self.changed,
            Change::JudgedAgain => &mut self.judged_again,
            Change::Unchanged => &mut self.unchanged,
            Change::Waiting => &mut self.waiting,
        } += 1;
    }

    /// Notes the studies that are not there any more.
    pub fn vanished(&mut self, keys: &[String]) {
        self.vanished = keys.len() as u64;
        self.vanished_studies = keys.iter().take(Self::TOLD).cloned().collect();
    }
}

/// A rejected file of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RejectedEntry {
    /// Position of its source on the command line.
    pub source: u32,
    /// Where it is, relative to the source; `archive.zip!member`.
    pub path: String,
    /// The kind of rejection.
    pub reason: RejectReason,
    /// The words for people.
    pub text: Text,
}

/// How long a stage took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageDuration {
    /// Stage, in the words of the flow: `discover`, `group`, `judge`, `report`, `total` …
    pub stage: String,
    /// Wall-clock seconds.
    pub seconds: f64,
}

/// The manifest of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunManifest {
    /// [`RUN_SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Name of the run: its folder under `reports/`.
    pub run_id: String,
    /// `hrgate` and its version.
    pub tool: String,
    /// When it started.
    #[serde(with = "time_text")]
    #[schemars(with = "String")]
    pub started: Timestamp,
    /// When it ended; null while it runs.
    #[serde(with = "optional_time_text")]
    #[schemars(with = "Option<String>")]
    pub finished: Option<Timestamp>,
    /// Offset from UTC in which people read the times of this run, minutes.
    pub utc_offset_minutes: i32,
    /// The sources as given on the command line.
    pub sources: Vec<String>,
    /// How deep files were read.
    #[schemars(with = "String")]
    pub depth: Depth,
    /// Fingerprint of the input (hex); null where it was not taken.
    pub input_fingerprint: Option<String>,
    /// How every file ended.
    pub counts: FileCounts,
    /// Every rejected file, by source then path.
    pub rejected_files: Vec<RejectedEntry>,
    /// Studies by verdict.
    pub studies: VerdictCounts,
    /// What became of them against earlier runs; null without a store.
    #[serde(default)]
    pub changes: Option<Changes>,
    /// Studies that the run was not about (`--institution`, `--since`); they are in no other count.
    #[serde(default)]
    pub left_out: u64,
    /// The sample that was read as deep as `depth`, the other studies by header; null where all were.
    #[serde(default)]
    pub sample: Option<DrawnSample>,
    /// Institutions that have studies in this run, `unknown` not counted.
    pub institutions: u64,
    /// Policy id → digest.
    pub policies: BTreeMap<String, String>,
    /// Model id → digest.
    pub models: BTreeMap<String, String>,
    /// Model runtime and its version; null where no model looked at an image.
    pub runtime: Option<String>,
    /// What was missing for the whole run and what to do, each once: models or their runtime.
    #[serde(default)]
    pub notices: Vec<Text>,
    /// Worker threads.
    pub threads: u32,
    /// Bound on decoded pixels in flight, bytes.
    pub memory_budget: u64,
    /// Time by stage, in order.
    pub durations: Vec<StageDuration>,
    /// What the manifest (worklist) came to; null where none was given.
    #[serde(default)]
    pub manifest: Option<ManifestBrief>,
    /// The head of the store's ledger after the run; null where no store was written.
    #[serde(default)]
    pub ledger: Option<Head>,
}

/// Rows of a manifest against studies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ManifestBrief {
    /// Rows read.
    pub rows: u64,
    /// Rows and cells that could not be used.
    pub problems: u64,
    /// Rows that no study of the run belongs to.
    pub rows_without_study: u64,
    /// Studies that no row lists.
    pub studies_without_row: u64,
    /// Institutions in the table of scores.
    pub institutions: u64,
}

/// What every page says of its run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunBrief {
    /// Name of the run.
    pub run_id: String,
    /// `hrgate` and its version.
    pub tool: String,
    /// When the run started, in the run's UTC offset (RFC 3339).
    pub started: String,
    /// How deep files were read.
    pub depth: String,
    /// Studies that were read so deep, and of how many, where the others were read by header; null where all were.
    #[serde(default)]
    pub sample: Option<(u64, u64)>,
    /// Model runtime and its version.
    pub runtime: Option<String>,
    /// The head of the store's ledger after the run; null where no store was written.
    #[serde(default)]
    pub ledger: Option<Head>,
}

impl RunManifest {
    /// What pages say of this run.
    pub fn brief(&self) -> RunBrief {
        let depth = match self.depth {
            Depth::Header => "header",
            Depth::Pixels => "pixels",
            Depth::Models => "models",
        };
        RunBrief {
            run_id: self.run_id.clone(),
            tool: self.tool.clone(),
            started: in_offset(self.started, self.utc_offset_minutes),
            depth: depth.to_owned(),
            sample: self.sample.as_ref().map(DrawnSample::total),
            runtime: self.runtime.clone(),
            ledger: self.ledger.clone(),
        }
    }
}

/// A time to the second in an offset from UTC; UTC itself where the offset is out of range.
fn in_offset(time: Timestamp, minutes: i32) -> String {
    let offset = minutes
        .checked_mul(60)
        .and_then(|s| jiff::tz::Offset::from_seconds(s).ok())
        .unwrap_or(jiff::tz::Offset::UTC);
    let civil = offset.to_datetime(time);
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = if offset == jiff::tz::Offset::UTC { 0 } else { minutes.unsigned_abs() };
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{sign}{:02}:{:02}",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second(),
        minutes / 60,
        minutes % 60
    )
}

/// RFC 3339 text of a time.
mod time_text {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(t: &Timestamp, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(t)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Timestamp, D::Error> {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

/// RFC 3339 text of a time, or null.
mod optional_time_text {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::ref_option, reason = "the signature serde asks for")]
    pub fn serialize<S: Serializer>(t: &Option<Timestamp>, s: S) -> Result<S::Ok, S::Error> {
        match t {
            Some(t) => s.collect_str(t),
            None => s.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Timestamp>, D::Error> {
        Option::<String>::deserialize(d)?.map(|t| t.parse().map_err(D::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> RunManifest {
        RunManifest {
            schema_version: RUN_SCHEMA_VERSION,
            run_id: "r".into(),
            tool: "hrgate 0".into(),
            started: Timestamp::from_second(1_700_000_000).unwrap(),
            finished: None,
            utc_offset_minutes: 480,
            sources: vec!["in".into()],
            depth: Depth::Pixels,
            input_fingerprint: None,
            counts: FileCounts::default(),
            rejected_files: Vec::new(),
            studies: VerdictCounts::default(),
            changes: None,
            left_out: 0,
            sample: None,
            institutions: 0,
            policies: BTreeMap::new(),
            models: BTreeMap::new(),
            runtime: None,
            notices: Vec::new(),
            threads: 2,
            memory_budget: 1,
            durations: Vec::new(),
            manifest: None,
            ledger: None,
        }
    }

    #[test]
    fn times_are_text_and_read_back() {
        let mut m = manifest();
        m.finished = Some(Timestamp::from_second(1_700_000_060).unwrap());
        let json = serde_json::to_value(&m).unwrap();
        assert_eq!(json["started"], "2023-11-14T22:13:20Z");
        assert_eq!(json["depth"], "pixels");
        assert_eq!(serde_json::from_value::<RunManifest>(json).unwrap(), m);
    }

    #[test]
    fn the_brief_has_local_time() {
        assert_eq!(manifest().brief().started, "2023-11-15T06:13:20+08:00");
        assert_eq!(
            RunManifest { utc_offset_minutes: i32::MAX, ..manifest() }.brief().started,
            "2023-11-14T22:13:20+00:00"
        );
    }

    #[test]
    fn counts_that_lose_a_file_do_not_add_up() {
        let mut c = FileCounts { files: 3, evaluated: 2, rejected: 1, ..FileCounts::default() };
        c.rejected_by_reason.insert("empty".into(), 1);
        assert!(c.adds_up());
        c.files = 4;
        assert!(!c.adds_up());
    }
}
