//! The gate after a run: where the store has evaluations, every study of the run is decided on and
//! its line in `studies.jsonl` carries the labels.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter};
use std::path::Path;

use crate::ledger::Head;
use crate::model::gate::day;
use crate::model::result::StudyResult;
use crate::pipeline::gate::Gatekeeper;
use crate::pipeline::gate_store::Summary;
use crate::policy::load::PolicySet;
use crate::report::jsonl::JsonlWriter;
use crate::report::long_file::LongFile;
use crate::store::Store;

use super::CommandError;

/// What the gate came to after a run.
pub struct Gated {
    /// The head of the ledger.
    pub head: Head,
    /// What was decided; `None` where nothing is on record to decide by.
    pub summary: Option<Summary>,
}

/// Decides on the studies of a run and writes their lines anew with the labels; `each` gets every
/// result as it stands then. Where nothing is on record only the head is told.
pub fn decide(
    store: &mut Store,
    set: &PolicySet,
    (as_of, at, run_id): (&str, &str, &str),
    lines: &Path,
    each: &mut dyn FnMut(&StudyResult),
) -> Result<Gated, CommandError> {
    let as_of = day(as_of)
        .ok_or_else(|| CommandError::Usage(format!("{as_of:?} is not a day such as 20251231")))?;
    let keeper = Gatekeeper::read(store, &set.profiles, as_of, at, run_id)?;
    let mut keys = Vec::new();
    read(lines, |result| {
        keys.push(result.study_key);
        Ok(())
    })?;
    let summary = keeper.decide_studies(store, &keys)?;
    let shown = lines.display().to_string();
    let io = |e: String| CommandError::Io(format!("{shown}: {e}"));
    let with_labels = lines.with_extension("labels");
    let file = File::create(&with_labels).map_err(|e| io(e.to_string()))?;
    let mut out = JsonlWriter::new(BufWriter::with_capacity(1 << 18, LongFile::new(file, false)));
    read(lines, |mut result| {
        if let Some(stored) = store.result_of_key(&result.study_key)? {
            result.labels = stored.result.labels;
        }
        out.write(&result).map_err(|e| io(e.to_string()))?;
        each(&result);
        Ok(())
    })?;
    out.finish().map_err(|e| io(e.to_string()))?;
    std::fs::rename(&with_labels, lines).map_err(|e| io(e.to_string()))?;
    Ok(Gated { head: store.ledger_head()?, summary: Some(summary) })
}

fn read(
    lines: &Path,
    mut each: impl FnMut(StudyResult) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    let io = |e: String| CommandError::Io(format!("{}: {e}", lines.display()));
    let file = File::open(lines).map_err(|e| io(e.to_string()))?;
    for line in BufReader::with_capacity(1 << 18, file).lines() {
        let line = line.map_err(|e| io(e.to_string()))?;
        each(serde_json::from_str(&line).map_err(|e| io(e.to_string()))?)?;
    }
    Ok(())
}
