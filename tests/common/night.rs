//! A folder of studies, night after night on one store.

#![allow(dead_code, reason = "not every test uses all of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// A folder with some studies, a store and reports.
pub struct Night {
    folder: tempfile::TempDir,
    runs: usize,
}

impl Night {
    /// Some of the sample studies; one of them in an archive.
    pub fn new() -> Self {
        let night = Self { folder: tempfile::tempdir().unwrap(), runs: 0 };
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_studies");
        for entry in walkdir::WalkDir::new(&from).into_iter().flatten() {
            let to = night.input().join(entry.path().strip_prefix(&from).unwrap());
            if entry.file_type().is_dir() {
                fs::create_dir_all(to).unwrap();
            } else {
                fs::copy(entry.path(), to).unwrap();
            }
        }
        settle();
        night
    }

    /// Files that need not be read again: archives are.
    pub fn plain(&self) -> u64 {
        let is_zip = |f: &PathBuf| f.extension().is_some_and(|e| e == "zip");
        self.files("").iter().filter(|f| !is_zip(f)).count() as u64
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn input(&self) -> PathBuf {
        self.path("in")
    }

    pub fn command(&self, store: &str, run_id: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hrgate"));
        command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("run").arg(self.input());
        command.arg("--store").arg(self.path(store)).arg("--reports").arg(self.path("reports"));
        command.args(["--registry", "sample_studies/institutions.toml", "--as-of", "20260301"]);
        command.args(["--run-id", run_id]).args(more);
        if !more.contains(&"--depth") {
            command.args(["--depth", "pixels"]);
        }
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Runs on a store; what `run.json` says of changes, and `studies.jsonl`.
    pub fn on(&mut self, store: &str, more: &[&str]) -> (Value, String) {
        self.runs += 1;
        let run_id = format!("run-{}", self.runs);
        let output = self.command(store, &run_id, more).output().unwrap();
        assert!(
            matches!(output.status.code(), Some(0 | 10 | 11)),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let folder = self.path("reports").join(&run_id);
        let run: Value =
            serde_json::from_slice(&fs::read(folder.join("run.json")).unwrap()).unwrap();
        (run, fs::read_to_string(folder.join("studies.jsonl")).unwrap())
    }

    /// Runs on the night's store.
    pub fn run(&mut self, more: &[&str]) -> (Value, String) {
        self.on("night.db", more)
    }

    /// What a run on a store of its own tells, which knows nothing.
    pub fn fresh(&mut self, more: &[&str]) -> String {
        let store = format!("fresh-{}.db", self.runs);
        self.on(&store, more).1
    }

    pub fn files(&self, below: &str) -> Vec<PathBuf> {
        let walk = walkdir::WalkDir::new(self.input().join(below)).sort_by_file_name();
        let files = walk.into_iter().flatten().filter(|e| e.file_type().is_file());
        files.map(walkdir::DirEntry::into_path).collect()
    }
}

/// Files that were written within the last two seconds are read again by the next run.
pub fn settle() {
    std::thread::sleep(Duration::from_millis(2200));
}

/// New, changed, judged again, unchanged, waiting, vanished.
pub fn counts(run: &Value) -> [u64; 6] {
    ["new", "changed", "judged_again", "unchanged", "waiting", "vanished"]
        .map(|name| run["changes"][name].as_u64().unwrap())
}
