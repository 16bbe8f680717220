//! The real series whose truth was set by hand, and what the program says of their headers.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The folder of the shared data, where its table of series is there.
pub fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let root = std::env::var_os("HRGATE_SHARED").map_or(beside, PathBuf::from);
    root.join("data/series_truth.csv").is_file().then_some(root)
}

/// A run at header depth: the result of each study.
pub fn judged(studies: &Path) -> Vec<Value> {
    let reports = tempfile::tempdir().expect("a folder for reports");
    // The exit code tells the worst verdict; only the report matters here.
    std::process::Command::new(env!("CARGO_BIN_EXE_hrgate"))
        .args(["run", "--depth", "header", "--run-id", "r", "--reports"])
        .arg(reports.path())
        .arg(studies)
        .output()
        .expect("hrgate runs");
    let lines = std::fs::read_to_string(reports.path().join("r/studies.jsonl")).expect("results");
    lines.lines().map(|line| serde_json::from_str(line).expect("a JSON object")).collect()
}
