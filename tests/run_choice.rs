//! Runs that are about a part of the studies: what they tell of it is what a run over everything tells.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

mod common {
    pub mod night;
}
use common::night::{Night, counts, settle};

/// Key of the study → its result, without what tells whether it came first (FIL011), which depends on the runs before.
fn by_study(lines: &str) -> BTreeMap<String, Value> {
    let one = |line: &str| {
        let mut result: Value = serde_json::from_str(line).unwrap();
        result["outcomes"].as_array_mut().unwrap().retain(|o| o["code"] != "FIL011");
        result.as_object_mut().unwrap().remove("coverage");
        (result["study_key"].as_str().unwrap().to_owned(), result)
    };
    lines.lines().map(one).collect()
}

#[test]
fn studies_of_one_institution_are_judged_as_among_all() {
    let mut night = Night::new();
    let whole = by_study(&night.fresh(&[]));
    for asked in ["second", "示例市第二医院", "unknown"] {
        let id = if asked == "unknown" { "unknown" } else { "second" };
        let (run, told) = night.on(&format!("{asked}.db"), &["--institution", asked]);
        let told = by_study(&told);
        let mut due = whole.clone();
        due.retain(|_, result| result["institution"] == id);
        assert!(!due.is_empty() && due.len() < whole.len());
        assert!(told == due, "{asked}");
        assert_eq!(run["left_out"].as_u64().unwrap(), (whole.len() - due.len()) as u64);
        assert_eq!(run["changes"]["vanished"], 0);
    }
    let output = night.command("x.db", "x", &["--institution", "scond"]).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&output.stderr).contains("\"second\""), "a hint");
}

#[test]
fn a_night_over_everything_takes_up_what_was_judged_of_a_part() {
    let mut night = Night::new();
    let whole = night.fresh(&[]);
    let studies = whole.lines().count() as u64;
    let (part, told) = night.run(&["--institution", "second"]);
    let judged = told.lines().count() as u64;
    assert_eq!(counts(&part)[0], judged);
    let (all, told) = night.run(&[]);
    assert_eq!(counts(&all), [studies - judged, 0, 0, judged, 0, 0]);
    assert!(told == whole);
}

#[test]
fn studies_of_which_a_file_came_since_are_judged_whole() {
    let mut night = Night::new();
    settle();
    let since = jiff::Timestamp::now().to_string();
    // The clock of file systems is some milliseconds late.
    std::thread::sleep(std::time::Duration::from_millis(50));
    let file = night.files("02-clean-ct").remove(4);
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, bytes).unwrap();
    let whole = by_study(&night.fresh(&[]));
    let (run, told) = night.on("since.db", &["--since", &since]);
    let told = by_study(&told);
    assert_eq!((told.len(), counts(&run)[0]), (1, 1));
    assert!(told.iter().all(|(key, result)| whole[key] == *result));
    let (later, told) = night.on("later.db", &["--since", "0s"]);
    assert!(told.is_empty() && later["left_out"].as_u64() == Some(whole.len() as u64));
}

#[test]
fn of_a_sample_the_pixels_are_read_and_of_the_others_the_headers() {
    let mut night = Night::new();
    let deep = by_study(&night.fresh(&[]));
    let header = by_study(&night.on("header.db", &["--depth", "header"]).1);
    let asked = ["--sample", "5", "--seed", "a"];
    let (run, told) = night.on("sample.db", &asked);
    let drawn = |lines: &str| -> Vec<String> {
        let all = by_study(lines);
        assert_eq!(all.len(), deep.len());
        let told_deep = |(key, result): &(&String, &Value)| {
            assert!(**result == deep[*key] || **result == header[*key], "{key} is neither");
            **result == deep[*key] && deep[*key] != header[*key]
        };
        all.iter().filter(told_deep).map(|(key, _)| key.clone()).collect()
    };
    let first = drawn(&told);
    // A study without pixels that could be read is told alike at any depth.
    assert!((3..=5).contains(&first.len()), "{first:?}");
    let strata = run["sample"]["strata"].as_array().unwrap();
    let sum = |name: &str| strata.iter().map(|s| s[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("drawn"), sum("studies")), (5, deep.len() as u64));
    // Whoever reads the page is told before any number.
    let page = night.path("reports").join(run["run_id"].as_str().unwrap()).join("index.html");
    let page = fs::read_to_string(page).unwrap();
    assert!(page.find("抽样运行").unwrap() < page.find("合格率").unwrap());
    // The same seed, another number of threads: the same bytes.
    for threads in ["1", "4"] {
        let with = [&asked[..], &["--threads", threads]].concat();
        assert!(night.on(&format!("threads-{threads}.db"), &with).1 == told, "{threads} threads");
    }
    // On the same store the same sample changes nothing, and another one reads others.
    let (again, told_again) = night.on("sample.db", &asked);
    assert_eq!(counts(&again)[0..2], [0, 0]);
    assert!(drawn(&told_again) == first);
    let (_, other) = night.on("other.db", &["--sample", "5", "--seed", "b"]);
    assert!(drawn(&other) != first, "another seed draws others");
    night.on("sample.db", &["--sample", "100%"]);
    let (kept, all) = night.on("sample.db", &asked);
    let differ = deep.iter().filter(|(key, result)| header[*key] != **result).count();
    assert_eq!(drawn(&all).len(), differ, "what was read deeper stays, in archives too");
    assert_eq!(counts(&kept)[0..2], [0, 0]);
}
