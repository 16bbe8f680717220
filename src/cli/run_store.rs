//! The store during a run: results in batches while they are judged, and receipts.

use std::path::Path;

use jiff::ZonedDateTime;

use crate::model::result::StudyResult;
use crate::model::study::Study;
use crate::pipeline::judge::TOOL;
use crate::pipeline::past::{self, PastReader};
use crate::pipeline::run::Request;
use crate::store::{Arrival, RunRecord, Store, StudyRecord};

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

/// What is kept of a judged study.
pub struct Kept {
    record: StudyRecord,
    arrival: Arrival,
}

impl Kept {
    /// Makes the records; many threads do it at once.
    ///
    /// # Errors
    /// The study cannot be written down.
    pub fn new(
        study: &Study,
        result: &StudyResult,
        request: &Request,
    ) -> Result<Self, CommandError> {
        let record = StudyRecord::new(study, result.clone(), request.depth, &request.as_of);
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
    /// Whether there is something on record by which the gate decides.
    pub gated: bool,
}

/// Records written in one transaction.
const BATCH: usize = 512;

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
        Ok(Self { store, run, judged_at: started, batch: Vec::new(), arrivals: Vec::new(), gated })
    }

    /// Keeps a study.
    ///
    /// # Errors
    /// The store fails.
    pub fn keep(&mut self, kept: Kept) -> Result<(), CommandError> {
        self.batch.push(kept.record);
        self.arrivals.push(kept.arrival);
        if self.batch.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), CommandError> {
        self.store.put(&self.run.run_id, &self.judged_at, &self.batch)?;
        self.store.receive(&self.arrivals, &self.run.run_id, &self.judged_at)?;
        self.arrivals.clear();
        self.run.studies += self.batch.len() as u64;
        self.batch.clear();
        Ok(())
    }

    /// Writes what is left, and the run.
    ///
    /// # Errors
    /// The store fails.
    pub fn finish(&mut self, fingerprint: &str) -> Result<(), CommandError> {
        self.flush()?;
        self.store.merge_receipts()?;
        fingerprint.clone_into(&mut self.run.input_fingerprint);
        Ok(self.store.put_run(&self.run)?)
    }
}
