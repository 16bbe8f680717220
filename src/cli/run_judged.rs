//! What judging leaves behind.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::manifest::scores::{Earlier, Scores};
use crate::model::change::Change;
use crate::model::result::{StudyResult, Verdict};
use crate::pipeline::pictures::Place;
use crate::report::aggregate::types::VerdictCounts;
use crate::report::aggregate::{Aggregator, not_judged};
use crate::report::indicator::Indicator;
use crate::report::run_manifest::Changes;
use crate::store::FileRow;

use super::run_gate::Gated;
use super::run_record::Acts;
use super::run_store::Kept;

/// What judging leaves behind beside `studies.jsonl`.
pub struct Judged {
    pub aggregator: Aggregator,
    pub studies: VerdictCounts,
    pub worst: Option<Verdict>,
    pub policies: BTreeMap<String, String>,
    pub models: BTreeMap<String, String>,
    pub runtime: Option<String>,
    pub gated: Option<Gated>,
    /// What people put on record; read where there is a store.
    pub acts: Option<Acts>,
    /// CT and MR studies with artifacts.
    pub indicator: Indicator,
    /// Counted where a manifest is given.
    pub scores: Option<Scores>,
    /// Uploads that earlier manifests told; read where there is a store.
    pub earlier: Earlier,
    /// Study key → the image that shows its worst finding; empty where no pixels are read.
    pub places: BTreeMap<String, Place>,
    /// What became of the studies against earlier runs.
    pub changes: Changes,
    /// Time that writing to the store took.
    pub wrote: Duration,
    /// Time that judging waited for writing.
    pub waited: Duration,
}

/// A study on its way from the threads that judge to the one that writes; by default one that waits.
#[derive(Default)]
pub struct Counted {
    pub change: Change,
    pub result: Option<Arc<StudyResult>>,
    /// Its line in `studies.jsonl`.
    pub line: Vec<u8>,
    pub kept: Option<Kept>,
    pub place: Option<Place>,
    pub rows: Vec<FileRow>,
}

impl Judged {
    /// Nothing yet; `scored` where a manifest is given.
    pub fn new(scored: bool) -> Self {
        Self {
            aggregator: Aggregator::default(),
            studies: VerdictCounts::default(),
            worst: None,
            policies: BTreeMap::new(),
            models: BTreeMap::new(),
            runtime: None,
            gated: None,
            acts: None,
            indicator: Indicator::default(),
            scores: scored.then(Scores::default),
            earlier: Earlier::default(),
            places: BTreeMap::new(),
            changes: Changes::default(),
            wrote: Duration::ZERO,
            waited: Duration::ZERO,
        }
    }

    /// Counts a study.
    pub fn count(&mut self, result: &StudyResult) {
        self.studies.add(result.verdict, not_judged(result));
        self.worst = self.worst.max(Some(result.verdict));
        for (id, digest) in &result.provenance.policies {
            self.policies.entry(id.clone()).or_insert_with(|| digest.clone());
        }
        for (name, version) in &result.provenance.models {
            self.models.entry(name.clone()).or_insert_with(|| version.clone());
        }
        self.runtime = self.runtime.take().or_else(|| result.provenance.runtime.clone());
        self.indicator.add(result);
        if let Some(scores) = &mut self.scores {
            scores.add(result);
        }
    }
}
