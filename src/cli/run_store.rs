//! The store during a run: results in batches while they are judged, and receipts.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::ZonedDateTime;

use crate::checks::contract::Depth;
use crate::model::result::StudyResult;
use crate::model::study::Study;
use crate::pipeline::judge::TOOL;
use crate::pipeline::past::{self, PastReader};
use crate::pipeline::run::{Collected, Request};
use crate::store::{Arrival, FileRow, ReadUnder, Rests, RunRecord, Store, StudyRecord};

use super::CommandError;
use super::gate_words::facts;

/// What a store knows before a run. A run that was cut off may have left receipts; they count now.
///
/// # Errors
/// The store cannot be opened or made.
pub fn before(path: &Path) -> Result<PastReader, CommandError> {
    Store::open(path)?.merge_receipts()?;
    Ok(PastReader::open(path)?)
}

/// How the files of a run are read: the tool, the sampling, the models.
pub fn under(request: &Request) -> ReadUnder {
    let models = request.readers.as_ref().and_then(|readers| {
        let models = readers.models();
        let runtime = models.runtime().ok()?;
        let entries = models.manifest().ok()?.models.iter();
        let told: Vec<String> = entries.map(|m| format!("{} {}", m.name, m.sha256)).collect();
        Some(format!("{} {}", runtime.told(), told.join(" ")))
    });
    ReadUnder {
        read: format!("{TOOL}, every {}", request.sampled_step),
        models: models.filter(|_| request.depth >= Depth::Models),
        depth: request.depth,
    }
}

/// What is kept of a judged study.
pub struct Kept {
    record: StudyRecord,
    arrival: Arrival,
}

impl Kept {
    /// Makes the records of a study whose result is that line, read so deep and judged as of that day; many threads do it at once.
    ///
    /// # Errors
    /// The study cannot be written down.
    pub fn new(
        study: &Study,
        (result, line): (&Arc<StudyResult>, &[u8]),
        rests: Rests,
        read: (Depth, &str),
    ) -> Result<Self, CommandError> {
        let record = StudyRecord::of_json(study, Arc::clone(result), line, read);
        let record = record.map(|record| record.resting_on(rests));
        let past = study.past.known().cloned().unwrap_or_default();
        // Of what came before as it is now there is nothing to write.
        let known = !past.is_new() && past.unseen.is_empty() && past.changed.is_empty();
        let arrival = Arrival {
            study_key: study.key.clone(),
            institution: study.institution.id.clone(),
            seen: if known { Vec::new() } else { past::seen(study) },
            past,
        };
        Ok(Self { record: record.map_err(CommandError::Io)?, arrival })
    }
}

/// Writes results into the store in batches while they are judged.
pub struct Keeper {
    /// The store.
    pub store: Store,
    run: RunRecord,
    /// When (RFC 3339).
    pub judged_at: String,
    batch: Vec<StudyRecord>,
    arrivals: Vec<Arrival>,
    rows: Vec<FileRow>,
    /// Whether there is something on record by which the gate decides.
    pub gated: bool,
    /// Time that writing took.
    pub took: Duration,
}

/// Records written in one transaction.
const BATCH: usize = 512;
/// Files of which that many bring a transaction earlier: studies may have thousands, and those that keep their
/// result bring files and no record.
const FILES: usize = 16_384;

impl Keeper {
    /// Opens the store for a run.
    ///
    /// # Errors
    /// The store fails.
    pub fn open(
        path: &Path,
        run_id: &str,
        started: &ZonedDateTime,
        request: &Request,
    ) -> Result<Self, CommandError> {
        let started = started.timestamp().to_string();
        let run = RunRecord {
            run_id: run_id.to_owned(),
            started_at: started.clone(),
            tool: TOOL.to_owned(),
            depth: request.depth,
            input_fingerprint: String::new(),
            studies: 0,
        };
        let mut store = Store::open(path)?;
        if let Some(registry) = &request.registry {
            store.put_institutions(&facts(registry), &started)?;
        }
        let gated = store.has_evaluations()?;
        let (batch, arrivals, rows) = (Vec::new(), Vec::new(), Vec::new());
        let took = Duration::ZERO;
        Ok(Self { store, run, judged_at: started, batch, arrivals, rows, gated, took })
    }

    /// Keeps what was read of a study, and the study where it was judged.
    ///
    /// # Errors
    /// The store fails.
    pub fn keep(&mut self, kept: Option<Kept>, rows: Vec<FileRow>) -> Result<(), CommandError> {
        self.rows.extend(rows);
        if let Some(kept) = kept {
            self.batch.push(kept.record);
            self.arrivals.push(kept.arrival);
        }
        let full = self.batch.len() >= BATCH || self.rows.len() >= FILES;
        if full { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), CommandError> {
        let began = Instant::now();
        let when = (self.run.run_id.as_str(), self.judged_at.as_str());
        self.store.keep(&self.batch, &self.arrivals, &self.rows, when)?;
        self.rows.clear();
        self.arrivals.clear();
        self.run.studies += self.batch.len() as u64;
        let took = began.elapsed();
        self.took += took;
        tracing::debug!(
            studies = self.batch.len(),
            seconds = took.as_secs_f64(),
            "results were written"
        );
        self.batch.clear();
        Ok(())
    }

    /// Writes what is left, what the files came to, and the run; gives back the keys of studies that are not
    /// there any more.
    ///
    /// # Errors
    /// The store fails.
    pub fn finish(&mut self, collected: &Collected) -> Result<Vec<String>, CommandError> {
        self.flush()?;
        let began = Instant::now();
        self.store.merge_receipts()?;
        collected.each_row(|rows| Ok::<_, CommandError>(self.store.put_files(&rows)?))?;
        let mut vanished = self.store.studies_of(&collected.gone)?;
        let here =
            |key: &String| collected.studies.binary_search_by(|s| s.key.as_str().cmp(key)).is_ok();
        vanished.retain(|key| !here(key));
        collected.fingerprint.clone_into(&mut self.run.input_fingerprint);
        self.store.put_run(&self.run)?;
        self.took += began.elapsed();
        Ok(vanished)
    }
}
