//! What the log says of a run.

use std::collections::BTreeMap;

use tracing::{debug, info, warn};

use crate::pipeline::run::{Collected, Request};
use crate::report::run_manifest::RunManifest;

use super::run_told::file_counts;

/// A run begins.
pub fn started(run_id: &str, request: &Request, store: bool) {
    info!(
        run_id,
        tool = crate::pipeline::judge::TOOL,
        depth = ?request.depth,
        sources = request.roots.len(),
        memory = request.memory,
        store,
        "run started"
    );
}

/// Every file was looked at.
pub fn collected(collected: &Collected) {
    let counts = file_counts(collected);
    info!(
        files = counts.files,
        bytes = counts.bytes,
        evaluated = counts.evaluated,
        ignored = counts.ignored,
        rejected = counts.rejected,
        not_read = collected.counts.known,
        studies = collected.studies.len(),
        left_out = collected.chosen.left_out,
        seconds = collected.took.as_secs_f64(),
        "files were looked at"
    );
    for (reason, files) in &counts.rejected_by_reason {
        warn!(reason, files, "files were rejected; run.json lists them");
    }
    for (entry, (source, file)) in collected.rejected_files.iter().enumerate() {
        debug!(entry, source, reason = ?file.reason, "a rejected file, by its place in run.json");
    }
    if !collected.obstacles.is_empty() {
        warn!(obstacles = collected.obstacles.len(), "folders or links could not be followed");
    }
    if let Some(sample) = &collected.chosen.sample {
        let (drawn, of) = sample.total();
        info!(drawn, of, seed = sample.sample.seed, "a sample was drawn");
    }
}

/// A run ended.
pub fn finished(run: &RunManifest) {
    let seconds: BTreeMap<&str, f64> =
        run.durations.iter().map(|d| (d.stage.as_str(), d.seconds)).collect();
    let of = |stage: &str| seconds.get(stage).copied().unwrap_or_default();
    if let Some(changes) = &run.changes {
        info!(
            new = changes.new,
            changed = changes.changed,
            judged_again = changes.judged_again,
            unchanged = changes.unchanged,
            waiting = changes.waiting,
            vanished = changes.vanished,
            "against earlier runs"
        );
    }
    for notice in &run.notices {
        warn!(notice = notice.en, "something is missing for the whole run");
    }
    info!(
        run_id = run.run_id,
        studies = run.studies.studies,
        pass = run.studies.pass,
        review = run.studies.review,
        fail = run.studies.fail,
        not_judged = run.studies.not_judged,
        examine_seconds = of("examine"),
        judge_seconds = of("judge"),
        report_seconds = of("report"),
        seconds = of("total"),
        "run finished"
    );
}
