//! The models in `models/`: every file is what its entry says, and what they read of real films is the
//! same at any thread count.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at once")]

#[path = "common/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use program::hrgate;

#[test]
fn every_shipped_model_is_what_its_entry_says() {
    let out = hrgate(&["models".into(), "verify".into(), "--json".into()]);
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{text}{}", String::from_utf8_lossy(&out.stderr));
    for model in ["chest_view", "side_marker"] {
        assert!(text.contains(model), "{model} is not listed: {text}");
    }
}

/// The real films, where the shared data is there.
fn real_films() -> Option<PathBuf> {
    let beside = program::root().join("../shared");
    let root = std::env::var_os("HRGATE_SHARED").map_or(beside, PathBuf::from);
    let films = root.join("data/studies/xray_mg");
    films.is_dir().then_some(films)
}

/// Folder of a film → its study, from a run over the real films.
fn films(studies: &Path, threads: &str, at: &Path) -> BTreeMap<String, Value> {
    let words = ["run", studies.to_str().unwrap(), "--threads", threads, "--run-id", "films"];
    let mut args: Vec<String> = words.iter().map(ToString::to_string).collect();
    args.extend(["--reports".into(), at.display().to_string()]);
    let out = hrgate(&args);
    let told = String::from_utf8_lossy(&out.stderr);
    let lines = std::fs::read_to_string(at.join("films/studies.jsonl")).expect(&told);
    let studies = lines.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
    studies.map(|s| (s["study_key"].as_str().unwrap().to_owned(), s)).collect()
}

#[test]
fn real_films_are_read_the_same_at_any_thread_count() {
    let Some(folder) = real_films() else {
        println!("SKIPPED real-data: no data/studies/xray_mg in the shared data");
        return;
    };
    let (one, three) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let once = films(&folder, "1", one.path());
    assert_eq!(once, films(&folder, "3", three.path()));
    let asked = |s: &&Value| s["provenance"]["models"]["side_marker"].is_string();
    assert!(once.values().filter(asked).count() >= 5, "models were not asked: {once:?}");
    // The only frontal chest, MONOCHROME1, is no negative.
    let inverted = once.values().flat_map(|s| s["outcomes"].as_array().unwrap());
    let accused = inverted.filter(|o| o["code"] == "CFL002" && o["outcome"] == "fail");
    assert_eq!(accused.count(), 0);
}
