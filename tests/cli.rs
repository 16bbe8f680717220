//! The commands as a user calls them: exit codes, counts that add up, the same bytes at any thread
//! count, output that programs can read.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test talks, and may stop at once")]

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn hrgate(args: &[&str]) -> Output {
    let mut command = Command::cargo_bin("hrgate").unwrap();
    command.current_dir(root()).env_remove("HRGATE_LANG").args(args);
    command.output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn sample(name: &str) -> String {
    format!("sample_studies/{name}")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs over `paths` and gives back the run's folder.
fn run(reports: &Path, id: &str, more: &[&str]) -> (Output, PathBuf) {
    let shown = reports.to_str().unwrap();
    let mut args = vec!["run", "--reports", shown, "--run-id", id, "--as-of", "20260101"];
    args.extend_from_slice(more);
    (hrgate(&args), reports.join(id))
}

fn shared() -> Option<PathBuf> {
    let place = std::env::var_os("HRGATE_SHARED")
        .map_or_else(|| root().join("../shared"), PathBuf::from)
        .join("data/studies");
    if place.is_dir() {
        return Some(place);
    }
    println!("SKIPPED real-data: no studies in the shared folder");
    None
}

const REGISTRY: [&str; 2] = ["--registry", "sample_studies/institutions.toml"];

#[test]
fn exit_codes_tell_the_worst_verdict() {
    let inspect = |name: &str| {
        let sample = sample(name);
        let mut args = vec!["inspect", &sample, "--as-of", "20260101"];
        args.extend(REGISTRY);
        code(&hrgate(&args))
    };
    assert_eq!(inspect("01-chest-dr"), 0);
    assert_eq!(inspect("12-unknown-institution"), 10);
    assert_eq!(inspect("13-not-judged-ultrasound"), 10);
    assert_eq!(inspect("03-missing-slice"), 11);
}

#[test]
fn usage_policy_and_input_faults_have_their_own_codes() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&hrgate(&["run"])), 64);
    assert_eq!(code(&hrgate(&["inspect", "x", "--depth", "everything"])), 64);
    assert_eq!(code(&hrgate(&["explain", "no-such-check"])), 64);
    assert_eq!(code(&hrgate(&["inspect", "no/such/folder"])), 74);
    let empty = folder.path().to_str().unwrap().to_owned();
    assert_eq!(code(&hrgate(&["inspect", &empty])), 66);
    let bad = folder.path().join("institutions.toml");
    std::fs::write(&bad, "schema = 1\n[[institution]]\nname = \"x\"\n").unwrap();
    let output = hrgate(&["inspect", &sample("01-chest-dr"), "--registry", bad.to_str().unwrap()]);
    assert_eq!(code(&output), 65);
    assert!(text(&output.stderr).contains("id"), "{}", text(&output.stderr));
    let policies = folder.path().join("policies");
    std::fs::create_dir(&policies).unwrap();
    std::fs::write(policies.join("base.toml"), "schema = 1\n[checks.missing-slise]\n").unwrap();
    let output =
        hrgate(&["inspect", &sample("01-chest-dr"), "--policies", policies.to_str().unwrap()]);
    assert_eq!(code(&output), 65);
    assert!(text(&output.stderr).contains("missing-slise"), "{}", text(&output.stderr));
}

#[test]
fn output_does_not_depend_on_threads() {
    let reports = tempfile::tempdir().unwrap();
    let mut paths = vec!["sample_studies".to_owned()];
    paths.extend(shared().map(|s| s.display().to_string()));
    let mut lines = Vec::new();
    for threads in ["1", "2", "5"] {
        let mut more: Vec<&str> = paths.iter().map(String::as_str).collect();
        more.extend(REGISTRY);
        more.extend(["--threads", threads]);
        let (output, folder) = run(reports.path(), &format!("t{threads}"), &more);
        assert_eq!(code(&output), 11, "{}", text(&output.stderr));
        lines.push(std::fs::read(folder.join("studies.jsonl")).unwrap());
    }
    assert!(lines[0].len() > 10_000);
    assert!(lines[0] == lines[1] && lines[0] == lines[2]);
}

#[test]
fn every_file_is_accounted_for() {
    let reports = tempfile::tempdir().unwrap();
    let mut sources = vec![("samples", "sample_studies".to_owned())];
    sources.extend(shared().map(|s| ("shared", s.display().to_string())));
    for (id, source) in sources {
        let (output, folder) = run(reports.path(), id, &[&source]);
        assert!([10, 11].contains(&code(&output)), "{}", text(&output.stderr));
        let manifest: Value =
            serde_json::from_slice(&std::fs::read(folder.join("run.json")).unwrap()).unwrap();
        let n = |key: &str| manifest["counts"][key].as_u64().unwrap();
        assert_eq!(n("evaluated") + n("ignored") + n("rejected"), n("files"));
        assert_eq!(manifest["rejected_files"].as_array().unwrap().len() as u64, n("rejected"));
        let studies = text(&std::fs::read(folder.join("studies.jsonl")).unwrap());
        let evaluated: u64 = studies
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .flat_map(|s| s["series"].as_array().unwrap().clone())
            .map(|s| s["instances"].as_u64().unwrap())
            .sum();
        assert_eq!(evaluated, n("evaluated"), "each evaluated file is an instance of a study");
        assert!(!studies.contains("the check broke"), "a check panicked");
    }
}

#[test]
fn the_input_is_never_changed() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("in");
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(root().join("sample_studies/07-zero-byte-file")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
    }
    let listing = || {
        let mut files: Vec<_> = std::fs::read_dir(&copy)
            .unwrap()
            .map(|e| {
                let e = e.unwrap();
                (
                    e.file_name(),
                    std::fs::read(e.path()).unwrap(),
                    e.metadata().unwrap().modified().unwrap(),
                )
            })
            .collect();
        files.sort();
        files
    };
    let before = listing();
    run(folder.path(), "r", &[copy.to_str().unwrap()]);
    assert_eq!(before, listing());
}

#[test]
fn a_run_never_writes_into_another() {
    let reports = tempfile::tempdir().unwrap();
    let source = sample("01-chest-dr");
    let (first, folder) = run(reports.path(), "night", &[&source]);
    let before = std::fs::read(folder.join("studies.jsonl")).unwrap();
    let (second, _) = run(reports.path(), "night", &[&source]);
    assert_eq!((code(&first), code(&second)), (0, 64));
    assert_eq!(before, std::fs::read(folder.join("studies.jsonl")).unwrap());
}

#[test]
fn inspect_json_is_an_array_of_the_same_object() {
    let reports = tempfile::tempdir().unwrap();
    let source = sample("03-missing-slice");
    let (_, folder) = run(reports.path(), "r", &[&source]);
    let line: Value =
        serde_json::from_slice(&std::fs::read(folder.join("studies.jsonl")).unwrap()).unwrap();
    let output = hrgate(&["inspect", &source, "--json", "--as-of", "20260101"]);
    let array: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(array, Value::Array(vec![line]));
}

#[test]
fn both_languages_say_what_to_do() {
    let source = sample("03-missing-slice");
    let zh = text(&hrgate(&["inspect", &source]).stdout);
    let en = text(&hrgate(&["inspect", &source, "--lang", "en"]).stdout);
    assert!(zh.contains("不合格") && zh.contains("GEO001"), "{zh}");
    assert!(en.contains("GEO001") && en.contains("send"), "{en}");
}

#[test]
fn explain_shows_the_doc_comment_of_every_check() {
    let list: Value = serde_json::from_slice(&hrgate(&["checks", "--json"]).stdout).unwrap();
    for check in list.as_array().unwrap() {
        let page = text(&hrgate(&["explain", check["code"].as_str().unwrap()]).stdout);
        for heading in ["What it does", "Why it matters", "How it is measured", "References"] {
            assert!(page.contains(heading), "{} lacks {heading}", check["code"]);
        }
    }
}

#[test]
fn pages_load_nothing_from_the_network_and_stay_small() {
    let reports = tempfile::tempdir().unwrap();
    let mut more = vec!["sample_studies"];
    more.extend(REGISTRY);
    let (_, folder) = run(reports.path(), "r", &more);
    let mut pages = vec![folder.join("index.html")];
    let institutions = std::fs::read_dir(folder.join("institutions")).unwrap();
    pages.extend(institutions.map(|e| e.unwrap().path()));
    let mut pictures = 0;
    for page in pages.iter().filter(|p| p.extension().is_some_and(|e| e == "html")) {
        let html = std::fs::read_to_string(page).unwrap();
        assert!(html.len() < 5_000_000);
        for remote in ["src=\"http", "href=\"http", "url(http", "@import"] {
            assert!(!html.contains(remote), "{} loads {remote}", page.display());
        }
        pictures += html.matches("data:image/").count();
    }
    assert!(pages.len() > 3 && pictures > 2, "{} pages, {pictures} pictures", pages.len());
}

#[test]
fn pixels_prints_a_line_a_file_and_says_why_not() {
    let csv =
        text(&hrgate(&["pixels", &sample("06-truncated-ct"), &sample("14-zip-archive")]).stdout);
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(csv.as_bytes()).records().map(Result::unwrap).collect();
    assert!(rows.iter().any(|r| !r[7].is_empty()), "the truncated file has a reason");
    assert!(rows.iter().any(|r| r[0].contains(".zip!") && !r[4].is_empty()));
}

#[test]
fn policies_are_listed_shown_validated_and_compared() {
    let listed = text(&hrgate(&["policy", "list"]).stdout);
    for id in ["hebei-2025", "hechi-2024", "chuanyu-2025-draft", "zhejiang-2021", "beijing-2024"] {
        assert!(listed.contains(id), "{listed}");
    }
    assert!(listed.contains("征求意见稿"), "a draft says so");
    let shown = text(&hrgate(&["policy", "show", "hebei-2025", "--lang", "en"]).stdout);
    assert!(shown.contains("——HBHR") && shown.contains("missing-slice"), "{shown}");
    assert_eq!(code(&hrgate(&["policy", "validate"])), 0);
    assert_eq!(code(&hrgate(&["policy", "show", "nowhere-1999"])), 64);
    let folder = tempfile::tempdir().unwrap();
    let base = std::fs::read_to_string(root().join("policies/base.toml")).unwrap();
    let changed = base.replacen("completeness_min = 0.95", "completeness_min = 0.5", 1);
    std::fs::write(folder.path().join("base.toml"), changed).unwrap();
    let there = folder.path().to_str().unwrap();
    let told = text(&hrgate(&["policy", "diff", "base", there]).stdout);
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains("completeness_min") && told.contains("0.95") && told.contains("0.5"));
    assert!(text(&hrgate(&["policy", "diff", "all", "all"]).stdout).is_empty());
}

#[test]
fn a_study_is_matched_under_every_profile_and_says_why() {
    let source = sample("01-chest-dr");
    let output = hrgate(&["item", &source, "--json"]);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let items = found[0]["items"].as_array().unwrap();
    let of = |profile: &str| {
        items.iter().find(|i| i["profile"] == profile).unwrap()["item"].as_str().unwrap().to_owned()
    };
    assert_eq!((of("beijing-2024").as_str(), of("hebei-2025").as_str()), ("BJ-085", "HB-005"));
    let by_code = hrgate(&["item", &source, "--json", "--item-code", "BW03ZZZ8B"]);
    assert!(text(&by_code.stdout).contains("\"code\""), "{}", text(&by_code.stdout));
    let why = text(&hrgate(&["item", &source]).stdout);
    assert!(why.contains("Study Description") && why.contains("胸部正位"), "{why}");
}

#[test]
fn names_of_a_hospital_are_told_what_they_lack() {
    let complete = hrgate(&["name", "胸部CT平扫"]);
    assert_eq!(complete.status.code(), Some(0), "{}", text(&complete.stdout));
    let lacking = hrgate(&["name", "颅脑", "--modality", "CT", "--lang", "en"]);
    assert_eq!(lacking.status.code(), Some(10));
    assert!(text(&lacking.stdout).contains("lacks category, scheme (has body part)"));
    let unsaid = hrgate(&["name", "胸片", "--lang", "en"]);
    assert!(text(&unsaid.stdout).contains("could not run"), "{}", text(&unsaid.stdout));

    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("codes.csv");
    std::fs::write(&set, "code,name\n01,head\n03,chest\n").unwrap();
    let names = folder.path().join("names.csv");
    std::fs::write(&names, "name,modality,code\n胸部平扫,CT,03\n胸部CT平扫,,77\n").unwrap();
    let file = |more: &[&str]| {
        let mut args = vec!["name", "--lang", "en", "--file", names.to_str().unwrap()];
        args.extend(more);
        text(&hrgate(&args).stdout)
    };
    let told = file(&["--value-set", set.to_str().unwrap()]);
    assert!(told.contains("body-part code is in the value set"), "{told}");
    assert!(told.contains("body-part code 77 is not in the value set"), "{told}");
    assert!(file(&[]).contains("were not supplied"));
}

#[test]
fn a_region_that_asks_for_lossless_fails_a_lossy_study() {
    let verdict = |policy: &str| {
        let output = hrgate(&["inspect", &sample("05-lossy-dr"), "--json", "--policy", policy]);
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        let outcomes = found[0]["outcomes"].as_array().unwrap();
        let lossy = outcomes.iter().find(|o| o["code"] == "FIL005").unwrap();
        (found[0]["verdict"].as_str().unwrap().to_owned(), lossy["clause"].clone())
    };
    assert_eq!(verdict("beijing-2024"), ("fail".to_owned(), "三2(二)".into()));
    assert_eq!(verdict("chuanyu-2025-draft"), ("fail".to_owned(), "7.1".into()));
    assert_eq!(verdict("hebei-2025").0, "review");
}
