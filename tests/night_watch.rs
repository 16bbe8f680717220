//! Runs that go on and on, and what the log of a run says and does not say.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

mod common {
    pub mod night;
}
use common::night::Night;

/// Folders of runs that ended.
fn runs(night: &Night) -> Vec<PathBuf> {
    let folders = fs::read_dir(night.path("reports")).into_iter().flatten().flatten();
    let mut all: Vec<PathBuf> =
        folders.map(|e| e.path()).filter(|folder| folder.join("run.json").exists()).collect();
    all.sort();
    all
}

fn wait_for(night: &Night, n: usize) {
    let began = Instant::now();
    while runs(night).len() < n {
        assert!(began.elapsed() < Duration::from_mins(1), "{n} runs in a minute");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_watch_runs_where_something_is_new_and_rests_otherwise() {
    let night = Night::new();
    let plain = night.command("night.db", "unused", &["--watch", "1s"]);
    let mut words: Vec<_> = plain.get_args().map(ToOwned::to_owned).collect();
    let at = words.iter().position(|word| word == "--run-id").unwrap();
    words.drain(at..at + 2);
    let aside = night.path("aside");
    fs::rename(night.input().join("04-brain-mr"), &aside).unwrap();
    let mut watch = Command::new(plain.get_program())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(words)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(&night, 1);
    std::thread::sleep(Duration::from_secs(4));
    let at_rest = runs(&night).len();
    fs::rename(&aside, night.input().join("04-brain-mr")).unwrap();
    wait_for(&night, 2);
    assert!(watch.try_wait().unwrap().is_none(), "it goes on");
    watch.kill().unwrap();
    watch.wait().unwrap();
    assert_eq!(at_rest, 1, "nothing was new");
    let last = fs::read(runs(&night).pop().unwrap().join("run.json")).unwrap();
    let last: Value = serde_json::from_slice(&last).unwrap();
    assert_eq!(last["changes"]["new"], 1);
}

#[test]
fn a_watch_whose_command_line_is_wrong_ends() {
    let night = Night::new();
    let more = ["run", "--watch", "1s", "--sample", "5", "--depth", "header", "--store"];
    let output = Command::new(env!("CARGO_BIN_EXE_hrgate"))
        .args(more)
        .arg(night.path("night.db"))
        .arg(night.input())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
}

/// Patients' values and names of folders and files, as hospitals name them.
const SECRET: [&str; 4] = ["ZHANGSAN", "张三", "P00012345", "IMG-ZS"];

#[test]
fn a_log_tells_what_happened_and_nothing_of_a_patient() {
    let night = Night::new();
    let folder = night.input().join("ZHANGSAN_张三_P00012345");
    fs::rename(night.input().join("06-truncated-ct"), &folder).unwrap();
    fs::write(folder.join("IMG-ZS-broken.dcm"), b"").unwrap();
    let mut broken = vec![0; 128];
    broken.extend_from_slice(b"DICMZHANGSAN");
    fs::write(folder.join("IMG-ZS-bad.dcm"), broken).unwrap();
    for format in ["text", "json"] {
        let more = ["--log", format, "--log-level", "debug"];
        let output = night.command("night.db", format, &more).output().unwrap();
        let log = String::from_utf8(output.stderr).unwrap();
        for event in ["run started", "files were looked at", "run finished", "rejected"] {
            assert!(log.contains(event), "{event}: {log}");
        }
        for secret in SECRET {
            assert!(!log.contains(secret), "{secret} is in the log: {log}");
        }
        if format == "json" {
            let lines: Vec<Value> =
                log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert!(lines.iter().all(|l| l["timestamp"].is_string() && l["level"].is_string()));
            let end = lines.iter().find(|l| l["message"] == "run finished").unwrap();
            assert!(end["studies"].as_u64().unwrap() > 10);
        }
    }
}
