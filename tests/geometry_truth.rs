//! GEO001 against the geometry of real series that was set by position and corrected by hand.

#![expect(clippy::expect_used, reason = "a test that cannot read its data has to stop")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let root = std::env::var_os("HRGATE_SHARED").map_or(beside, PathBuf::from);
    root.join("data/series_truth.csv").is_file().then_some(root)
}

/// Series Instance UID → what GEO001 said of it.
fn judged(studies: &Path) -> BTreeMap<String, String> {
    let reports = tempfile::tempdir().expect("a folder for reports");
    // The exit code tells the worst verdict; only the report matters here.
    std::process::Command::new(env!("CARGO_BIN_EXE_hrgate"))
        .args(["run", "--depth", "header", "--reports"])
        .arg(reports.path())
        .arg(studies)
        .output()
        .expect("hrgate runs");
    let run = std::fs::read_dir(reports.path()).expect("reports").flatten().next().expect("a run");
    let lines = std::fs::read_to_string(run.path().join("studies.jsonl")).expect("studies.jsonl");
    let mut said = BTreeMap::new();
    for line in lines.lines() {
        let study: serde_json::Value = serde_json::from_str(line).expect("a JSON object");
        for o in study["outcomes"].as_array().into_iter().flatten() {
            let series = o["subject"]["series_uid"].as_str();
            if let (Some("GEO001"), Some(uid)) = (o["code"].as_str(), series) {
                said.insert(uid.to_owned(), o["outcome"].as_str().unwrap_or("?").to_owned());
            }
        }
    }
    said
}

#[test]
fn missing_slices_of_real_series_are_found_and_nothing_else_fails() {
    let Some(shared) = shared() else {
        println!("SKIPPED real-data: series_truth.csv is not there");
        return;
    };
    let said = judged(&shared.join("data/studies"));
    let mut table: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut rows = csv::Reader::from_path(shared.join("data/series_truth.csv")).expect("the truth");
    for row in rows.deserialize::<BTreeMap<String, String>>() {
        let row = row.expect("a row");
        if !matches!(row["confidence"].as_str(), "sure" | "likely") {
            continue;
        }
        let outcome = said.get(&row["series_uid"]).map_or("not judged", String::as_str);
        let kind = row["geometry"].split(':').next().unwrap_or_default().to_owned();
        if kind.starts_with("missing_middle") != (outcome == "fail") {
            wrong.push(format!("{} ({}): {outcome}", row["folder"], row["geometry"]));
        }
        *table.entry((kind, outcome.to_owned())).or_default() += 1;
    }
    for ((kind, outcome), n) in &table {
        println!("{kind:24} {outcome:16} {n:4}");
    }
    assert!(table.keys().any(|(kind, _)| kind == "missing_middle"), "the truth holds such rows");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
