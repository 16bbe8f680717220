//! Runs on one store, night after night: only what changed is read and judged, and what is told is what a run that
//! reads everything tells.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::fs;
use std::time::{Duration, SystemTime};

use serde_json::Value;

mod common {
    pub mod night;
}
use common::night::{Night, counts, settle};

fn not_read(run: &Value) -> u64 {
    run["changes"]["files_not_read"].as_u64().unwrap()
}

/// Results without what tells whether they came first (FIL011), which depends on the runs before.
fn but_for_receipts(lines: &str) -> Vec<Value> {
    let line = |line: &str| {
        let mut result: Value = serde_json::from_str(line).unwrap();
        result["outcomes"].as_array_mut().unwrap().retain(|o| o["code"] != "FIL011");
        result.as_object_mut().unwrap().remove("coverage");
        result
    };
    lines.lines().map(line).collect()
}

/// Whether results are the same but for that.
fn same(a: &str, b: &str) -> bool {
    but_for_receipts(a) == but_for_receipts(b)
}

const CT: &str = "02-clean-ct";

#[test]
fn what_did_not_change_is_neither_read_nor_judged_and_tells_the_same() {
    let mut night = Night::new();
    let (first, told) = night.run(&[]);
    let (studies, files) = (counts(&first)[0], night.plain());
    assert!(studies > 10 && files > 300);
    assert_eq!((counts(&first), not_read(&first)), ([studies, 0, 0, 0, 0, 0], 0));

    let (second, again) = night.run(&[]);
    assert_eq!((counts(&second), not_read(&second)), ([0, 0, 0, studies, 0, 0], files));
    assert!(again == told, "a result changed");
    assert_eq!(second["counts"], first["counts"]);
    assert_eq!(second["rejected_files"], first["rejected_files"]);
    assert_eq!(second["input_fingerprint"], first["input_fingerprint"]);

    // A greater depth reads again; a lesser one does not.
    let (header, _) = night.run(&["--depth", "header"]);
    // But of an archive, whose pixels are not looked at.
    assert_eq!((counts(&header)[3], not_read(&header)), (studies - 1, files));
    let (anew, told_anew) = night.run(&["--fresh"]);
    assert_eq!((counts(&anew)[0], counts(&anew)[3], not_read(&anew)), (0, 0, 0));
    assert!(same(&told_anew, &told), "reading again changed a result");
}

#[test]
fn a_touched_file_is_read_and_its_study_keeps_its_result() {
    let mut night = Night::new();
    let (first, told) = night.run(&[]);
    let file = night.files(CT).remove(0);
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, bytes).unwrap();
    let (second, again) = night.run(&[]);
    let files = night.plain();
    assert_eq!((counts(&second)[3], not_read(&second)), (counts(&first)[0], files - 1));
    assert!(again == told);
}

#[test]
fn files_that_come_go_and_are_replaced_change_their_study_alone() {
    let mut night = Night::new();
    let (first, _) = night.run(&[]);
    let studies = counts(&first)[0];
    // Replaced by other content of the same size, and the time of the last change put back.
    let file = night.files(CT).remove(3);
    let (mut bytes, time) =
        (fs::read(&file).unwrap(), fs::metadata(&file).unwrap().modified().unwrap());
    let at = bytes.windows(2).position(|w| w == b"CT").unwrap();
    bytes[at] = b'X';
    fs::write(&file, bytes).unwrap();
    fs::File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
    let (replaced, told) = night.run(&[]);
    assert_eq!(counts(&replaced), [0, 1, 0, studies - 1, 0, 0]);
    assert!(same(&told, &night.fresh(&[])), "judged from facts and from files differ");
    // One slice goes.
    fs::remove_file(night.files(CT).remove(1)).unwrap();
    let (gone, told) = night.run(&[]);
    assert_eq!(counts(&gone), [0, 1, 0, studies - 1, 0, 0]);
    assert!(same(&told, &night.fresh(&[])));
    // A whole study goes, another comes.
    let (from, to) = (night.input().join(CT), night.path("aside"));
    fs::rename(&from, &to).unwrap();
    let (vanished, told) = night.run(&[]);
    assert_eq!(counts(&vanished), [0, 0, 0, studies - 1, 0, 1]);
    assert_eq!(vanished["changes"]["vanished_studies"].as_array().unwrap().len(), 1);
    assert!(same(&told, &night.fresh(&[])));
    let (still, _) = night.run(&[]);
    assert_eq!(counts(&still), [0, 0, 0, studies - 1, 0, 0], "told once");
    fs::rename(&to, &from).unwrap();
    let (back, told) = night.run(&[]);
    assert_eq!(counts(&back), [0, 0, 0, studies, 0, 0], "its result is still there and holds");
    assert!(same(&told, &night.fresh(&[])));
}

#[test]
fn other_policies_judge_again_without_reading() {
    let mut night = Night::new();
    let (first, base) = night.run(&[]);
    let files = night.plain();
    let other = ["--policy", "chuanyu-2025-draft"];
    let (second, told) = night.run(&other);
    assert_eq!((counts(&second)[2], not_read(&second)), (counts(&first)[0], files));
    assert!(told != base);
    assert!(same(&told, &night.fresh(&other)), "judged from facts and from files differ");
    // From facts an image looks as it did from its file: nothing is taken for a change or a correction.
    assert!(told.contains("the content is as it was at first"));
    let store = hrgate::store::Store::open_read_only(&night.path("night.db"));
    let kinds: Vec<String> = store.unwrap().ledger().unwrap().into_iter().map(|e| e.kind).collect();
    assert!(
        !kinds.iter().any(|k| k.starts_with("content-") || k.starts_with("header-")),
        "{kinds:?}"
    );
    let (third, again) = night.run(&other);
    assert_eq!(counts(&third)[3], counts(&first)[0]);
    assert!(again == told);
}

#[test]
fn archives_are_read_every_night_and_their_studies_keep_their_results() {
    let mut night = Night::new();
    let zip = night.files("").into_iter().find(|f| f.extension().is_some_and(|e| e == "zip"));
    let zip = zip.expect("the sample studies hold an archive");
    let (first, told) = night.run(&[]);
    let studies = counts(&first)[0];
    let (second, again) = night.run(&[]);
    let files = second["counts"]["files"].as_u64().unwrap();
    assert!(files - not_read(&second) > 1, "its members are read");
    assert_eq!(counts(&second)[3], studies);
    assert!(again == told);
    fs::remove_file(&zip).unwrap();
    let (third, told) = night.run(&[]);
    assert_eq!(counts(&third)[3], studies - 1);
    assert!(same(&told, &night.fresh(&[])));
}

#[test]
fn pixels_that_changed_in_the_middle_of_a_file_are_seen() {
    let mut night = Night::new();
    let (first, _) = night.run(&[]);
    let studies = counts(&first)[0];
    let file = night.files(CT).remove(3);
    let mut bytes = fs::read(&file).unwrap();
    let third = bytes.len() / 3;
    bytes[third..2 * third].fill(0);
    fs::write(&file, bytes).unwrap();
    let (second, told) = night.run(&[]);
    assert_eq!(counts(&second), [0, 1, 0, studies - 1, 0, 0]);
    let results = told.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
    let outcomes = results.flat_map(|r| r["outcomes"].as_array().unwrap().clone());
    let changed = outcomes.filter(|o| o["code"] == "FIL011" && o["outcome"] == "fail").count();
    assert_eq!(changed, 1, "the content changed");
    // At header depth nobody can tell: a touched file is judged again, not taken for what it was.
    settle();
    night.on("header.db", &["--depth", "header"]);
    fs::write(&file, fs::read(&file).unwrap()).unwrap();
    let (third, _) = night.on("header.db", &["--depth", "header"]);
    assert_eq!(counts(&third)[2], 2, "the touched study and that of the archive");
}

#[test]
fn a_source_that_is_a_file_tells_nothing_of_its_neighbours() {
    let mut night = Night::new();
    let (first, _) = night.run(&[]);
    let file = night.files("").into_iter().find(|f| f.ends_with("us.dcm")).unwrap();
    let status = night.command("night.db", "single", &[]).arg(&file).status().unwrap();
    assert!(matches!(status.code(), Some(0 | 10 | 11)), "{status}");
    let run = fs::read(night.path("reports/single/run.json")).unwrap();
    assert_eq!(counts(&serde_json::from_slice(&run).unwrap())[5], 0, "nothing vanished");
    let (third, _) = night.run(&[]);
    assert!(counts(&third)[3] >= counts(&first)[0] - 1);
    assert!(not_read(&third) >= night.plain() - 1);
}

#[test]
fn folders_named_as_archives_are_folders() {
    let mut night = Night::new();
    fs::rename(night.input().join(CT), night.input().join("odd!")).unwrap();
    night.run(&[]);
    let other = ["--policy", "chuanyu-2025-draft"];
    let (second, told) = night.run(&other);
    assert_eq!(not_read(&second), night.plain());
    assert!(same(&told, &night.fresh(&other)));
}

#[test]
fn a_result_under_a_manifest_does_not_outlive_it() {
    let mut night = Night::new();
    let list = night.path("list.csv");
    fs::write(&list, "study_uid,order_kind\n2.25.1,routine\n").unwrap();
    let (first, with) = night.run(&["--manifest", list.to_str().unwrap()]);
    let (second, told) = night.run(&[]);
    assert_eq!(counts(&second)[2], counts(&first)[0], "judged again");
    assert!(told != with && same(&told, &night.fresh(&[])));
}

#[test]
fn studies_that_are_still_arriving_wait() {
    let mut night = Night::new();
    // Longer than a busy machine needs from here to the start of the run.
    std::thread::sleep(Duration::from_secs(6));
    let file = night.files(CT).remove(0);
    fs::write(&file, fs::read(&file).unwrap()).unwrap();
    // Tools that copy put this time back, and clocks are wrong: it does not count.
    let old = SystemTime::now() - Duration::from_hours(2);
    fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
    let (first, told) = night.run(&["--settle", "7s"]);
    assert_eq!(counts(&first)[4], 1);
    let (second, all) = night.run(&[]);
    assert_eq!((counts(&second)[0], counts(&second)[4]), (1, 0), "the one that waited");
    assert_eq!(all.lines().count(), told.lines().count() + 1);
}

#[test]
fn the_numbers_of_a_run_are_told_to_prometheus_and_no_study_is() {
    let mut night = Night::new();
    let file = night.path("textfile/hrgate.prom");
    let (run, lines) = night.run(&["--metrics", file.to_str().unwrap()]);
    let text = fs::read_to_string(&file).unwrap();
    let value = |line: &str| {
        let found = text.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("no {line} in\n{text}")).parse::<u64>().unwrap()
    };
    assert_eq!(value("hrgate_studies{verdict=\"fail\"}"), run["studies"]["fail"].as_u64().unwrap());
    assert_eq!(value("hrgate_changes{change=\"new\"}"), counts(&run)[0]);
    assert!(value("hrgate_run_finished_seconds") >= value("hrgate_run_started_seconds"));
    assert_eq!(value("hrgate_institution_studies{institution=\"unknown\",verdict=\"pass\"}"), 0);
    // A number a line, each family told before it; nothing of a study.
    let mut families: Vec<&str> = Vec::new();
    for line in text.lines() {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            families.push(family.split(' ').next().unwrap());
        } else if !line.starts_with('#') {
            let name = line.split(['{', ' ']).next().unwrap();
            assert_eq!(families.last(), Some(&name), "{line}");
            assert!(line.rsplit(' ').next().unwrap().parse::<f64>().unwrap().is_finite());
        }
    }
    for line in lines.lines() {
        let uid =
            serde_json::from_str::<Value>(line).unwrap()["study_key"].as_str().unwrap().to_owned();
        assert!(!text.contains(&uid), "{uid}");
    }
}

#[test]
fn two_runs_at_once_on_one_store_are_refused() {
    let mut night = Night::new();
    night.run(&["--depth", "header"]);
    // The lock of a run that is under way, held by this test.
    let lock = fs::File::options().write(true).open(night.path("night.db-run")).unwrap();
    lock.lock().unwrap();
    let output = night.command("night.db", "other", &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(74));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("night.db") && told.contains("run-1"), "{told}");
    drop(lock);
    night.run(&["--depth", "header"]);
}
