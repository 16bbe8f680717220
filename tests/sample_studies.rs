//! Every sample study gets the verdict that `expected.toml` says, for the reason it says, through
//! the command line that people use.

#![allow(clippy::expect_used, reason = "a test says what it expected and ends")]

mod recipes;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    study: Vec<Study>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Study {
    number: usize,
    folder: String,
    verdict: String,
    institution: String,
    why: String,
    #[serde(default)]
    checks: Vec<Check>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    name: String,
    outcome: String,
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_studies")
}

fn expected() -> Vec<Study> {
    let text = fs::read_to_string(samples().join("expected.toml")).expect("expected.toml is there");
    toml::from_str::<Expected>(&text).expect("expected.toml is well formed").study
}

/// Runs the program over the samples; study UID to result, and the exit code.
fn run(threads: &str) -> (BTreeMap<String, Value>, String, Option<i32>) {
    let reports = tempfile::tempdir().expect("a temporary folder");
    let output = assert_cmd::Command::cargo_bin("hrgate")
        .expect("the program is built")
        .arg("run")
        .arg(samples())
        .args(["--threads", threads])
        .arg("--reports")
        .arg(reports.path())
        .arg("--registry")
        .arg(samples().join("institutions.toml"))
        .output()
        .expect("the program starts");
    let run = fs::read_dir(reports.path())
        .expect("the reports folder is there")
        .filter_map(Result::ok)
        .map(|entry| entry.path().join("studies.jsonl"))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("no report: {}", String::from_utf8_lossy(&output.stderr)));
    let lines = fs::read_to_string(run).expect("studies.jsonl can be read");
    let studies = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"))
        .map(|v| (v["study_uid"].as_str().unwrap_or_default().to_owned(), v))
        .collect();
    (studies, lines, output.status.code())
}

fn failing(result: &Value) -> Vec<String> {
    outcomes(result)
        .filter(|o| o["outcome"] == "fail" && o["status"] == "stable")
        .map(|o| format!("{}: {}", o["name"], o["why"]))
        .collect()
}

fn outcomes(result: &Value) -> impl Iterator<Item = &Value> {
    result["outcomes"].as_array().into_iter().flatten()
}

fn mistakes(study: &Study, result: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for key in ["verdict", "institution"] {
        let wanted = if key == "verdict" { &study.verdict } else { &study.institution };
        if result[key] != *wanted.as_str() {
            let reasons = &result["verdict_reasons"];
            wrong.push(format!("{key} {} instead of {wanted} ({reasons})", result[key]));
        }
    }
    for check in &study.checks {
        let there = outcomes(result)
            .any(|o| o["name"] == check.name.as_str() && o["outcome"] == check.outcome.as_str());
        if !there {
            wrong.push(format!("{} is not {}", check.name, check.outcome));
        }
    }
    if study.verdict == "pass" && !failing(result).is_empty() {
        wrong.push("a check fails in a clean study".to_owned());
    }
    if !wrong.is_empty() {
        wrong.push(format!("failing: {}", failing(result).join("; ")));
    }
    wrong
}

#[test]
fn every_sample_study_gets_its_verdict() {
    let (results, _, code) = run("2");
    let mut wrong = Vec::new();
    for study in expected() {
        let uid = recipes::samples::study_uid(study.number);
        match results.get(&uid) {
            None => wrong.push(format!("{}: not in the report", study.folder)),
            Some(result) => {
                let found = mistakes(&study, result);
                if !found.is_empty() {
                    wrong.push(format!(
                        "{} ({}):\n    {}",
                        study.folder,
                        study.why,
                        found.join("\n    ")
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n  {}\n", wrong.join("\n  "));
    assert_eq!(results.len(), expected().len(), "no study more and none less");
    assert_eq!(code, Some(11), "at least one study failed");
}

#[test]
fn results_tell_the_stacks_of_each_series() {
    let (results, ..) = run("2");
    let stacks = |folder: &str| -> Vec<(u64, f64, f64, String)> {
        let study = expected().into_iter().find(|s| s.folder == folder).expect("a sample");
        let result = &results[&recipes::samples::study_uid(study.number)];
        let series = result["series"].as_array().into_iter().flatten();
        let all = series.flat_map(|s| s["stacks"].as_array().into_iter().flatten());
        let told = |s: &Value| {
            let number = |key: &str| s[key].as_f64().unwrap_or(f64::NAN);
            let geometry = s["geometry"].as_str().unwrap_or_default().to_owned();
            (s["slices"].as_u64().unwrap_or(0), number("spacing"), number("thickness"), geometry)
        };
        all.map(told).collect()
    };
    let clean = stacks("02-clean-ct");
    assert!(
        clean.iter().any(|s| s.0 > 3 && s.1 > 0.0 && s.2 > 0.0 && s.3 == "regular"),
        "{clean:?}"
    );
    let missing = stacks("03-missing-slice");
    assert!(missing.iter().any(|s| s.3.starts_with("missing_middle:")), "{missing:?}");
    let enhanced = stacks("15-enhanced-mr");
    assert!(enhanced.iter().any(|s| s.0 > 3 && s.3 == "regular"), "{enhanced:?}");
}

#[test]
fn thread_count_does_not_change_a_byte() {
    assert_eq!(run("1").1, run("2").1);
}

#[test]
fn each_sample_folder_is_expected_and_small() {
    let mut folders: Vec<String> = fs::read_dir(samples())
        .expect("sample_studies is there")
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    folders.sort();
    let named: Vec<String> = expected().into_iter().map(|s| s.folder).collect();
    assert_eq!(folders, named);
    let bytes: u64 = walkdir::WalkDir::new(samples())
        .into_iter()
        .filter_map(Result::ok)
        .filter_map(|entry| entry.metadata().ok())
        .filter(fs::Metadata::is_file)
        .map(|m| m.len())
        .sum();
    assert!(bytes < 20_000_000, "{bytes} bytes");
}
