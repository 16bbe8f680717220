//! `hrgate run --manifest` over the sample studies: rows and studies against each other, the five
//! scores in files and on the pages, bad rows told by line; and what people put on record, on the
//! pages of the same run.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

mod common {
    pub mod program;
}
use common::program::{hrgate, root};

fn ask(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
    let output = hrgate(&words);
    let code = output.status.code().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!([0, 10, 11].contains(&code), "{code}: {said}");
    said
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

struct Night {
    folder: tempfile::TempDir,
    /// UID, institution id, patient of every study.
    studies: Vec<(String, String)>,
}

impl Night {
    /// The samples under the text of 川渝, which prints limits of all five scores.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let registry = std::fs::read_to_string(root().join("sample_studies/institutions.toml"));
        let registry = registry.unwrap().replace("\"hebei\"", "\"chongqing\"");
        std::fs::write(folder.path().join("registry.toml"), registry).unwrap();
        let mut night = Self { folder, studies: Vec::new() };
        night.run("plain", &[]);
        let lines = std::fs::read_to_string(night.path("out/plain/studies.jsonl")).unwrap();
        for line in lines.lines() {
            let study: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| study[key].as_str().unwrap().to_owned();
            night.studies.push((text("study_uid"), text("institution")));
        }
        night
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, id: &str, more: &[&str]) -> String {
        let (registry, out) = (self.path("registry.toml"), self.path("out"));
        let base = [
            "run",
            "sample_studies",
            "--reports",
            out.to_str().unwrap(),
            "--run-id",
            id,
            "--as-of",
            "20250313",
            "--registry",
            registry.to_str().unwrap(),
        ];
        ask(&[&base, more].concat())
    }

    /// A worklist under the headings of a hospital's own system, in GB18030 as they export it: every
    /// study but the last has a row; one row has no study, one is torn, one has no day.
    fn worklist(&self) -> std::path::PathBuf {
        let mut text =
            String::from("申请单号,检查UID,机构,急诊,检查时间,报告时间,上传时间,报告号,备注\n");
        let ours = &self.studies[..self.studies.len() - 1];
        for (n, (uid, institution)) in ours.iter().enumerate() {
            let _ = writeln!(
                text,
                "A{n},{uid},{institution},否,2025-03-12 08:{n:02}:00,2025-03-12 09:00:00,2025-03-12 08:{:02}:00,R{n},",
                n + 10
            );
        }
        text += "A90,1.2.3.4.5,first-people,否,2025-03-12 10:00:00,2025-03-12 11:00:00,2025-03-14 10:30:00,R90,影像未到\n";
        text += "A91,1.2.3\n";
        text += "A92,1.2.3.4.6,first-people,否,昨天,2025-03-12 11:00:00,,R92,\n";
        let path = self.path("worklist.csv");
        std::fs::write(&path, encoding_rs::GB18030.encode(&text).0).unwrap();
        path
    }
}

#[test]
fn rows_and_studies_are_reconciled_and_scored() {
    let night = Night::new();
    let list = night.worklist();
    let said = night.run("night", &["--manifest", list.to_str().unwrap()]);
    let first_bad = night.studies.len() + 2;
    assert!(said.contains("2 without a study, 1 studies without a row"), "{said}");
    assert!(said.contains(&format!("line {first_bad}: 2 fields, expected 9")), "{said}");

    let reconciled = json(&night.path("out/night/reconciliation.json"));
    let lines: Vec<u64> = reconciled["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["line"].as_u64().unwrap())
        .collect();
    assert!(
        lines.contains(&(first_bad as u64)) && lines.contains(&(first_bad as u64 + 1)),
        "{lines:?}"
    );
    let days = reconciled["days"].as_array().unwrap();
    let listed = |key: &str| -> Vec<&Value> {
        days.iter().flat_map(|d| d[key].as_array().unwrap()).collect()
    };
    assert_eq!(listed("studies_without_row").len(), 1);
    assert_eq!(listed("rows_without_study").len(), 2);

    let scores = json(&night.path("out/night/data_quality.json"));
    let listed = scores["institutions"].as_array().unwrap();
    let of = |id: &str| listed.iter().find(|s| s["institution"] == id).unwrap();
    let first = of("first-people");
    assert_eq!(first["continuity"]["passed"], false, "nothing for more than a day: {first}");
    assert_eq!(first["consistency"]["passed"], false, "two rows have no study: {first}");
    assert_eq!(first["completeness"]["limit"], 0.95);
    let table = std::fs::read_to_string(night.path("out/night/data_quality.csv")).unwrap();
    assert!(
        table.contains("first-people,2025-03-12,2025-03-12,continuity_hours,连续（小时）"),
        "{table}"
    );

    let twin = json(&night.path("out/night/institutions/first-people.json"));
    assert_eq!(&twin["data_quality"], first);
    let page =
        std::fs::read_to_string(night.path("out/night/institutions/first-people.html")).unwrap();
    assert!(page.contains("数据质量五项评分") && page.contains("未达标"));
    let plain =
        std::fs::read_to_string(night.path("out/plain/institutions/first-people.html")).unwrap();
    assert!(!plain.contains("数据质量五项评分"), "no manifest, no scores");
    let run = json(&night.path("out/night/run.json"));
    assert_eq!(run["manifest"]["rows_without_study"], 2);
}

#[test]
fn threads_change_nothing() {
    let night = Night::new();
    let list = night.worklist();
    for threads in ["1", "2"] {
        night.run(threads, &["--threads", threads, "--manifest", list.to_str().unwrap()]);
    }
    for file in ["studies.jsonl", "reconciliation.json", "data_quality.json", "data_quality.csv"] {
        let read = |run: &str| std::fs::read(night.path("out").join(run).join(file)).unwrap();
        assert_eq!(read("1"), read("2"), "{file}");
    }
}

#[test]
fn a_manifest_that_cannot_be_read_ends_the_run_before_it_begins() {
    let night = Night::new();
    let list = night.path("nothing.csv");
    std::fs::write(&list, "a,b\n1,2\n").unwrap();
    let words: Vec<String> = [
        "run",
        "sample_studies",
        "--reports",
        night.path("out").to_str().unwrap(),
        "--manifest",
        list.to_str().unwrap(),
    ]
    .map(str::to_owned)
    .into();
    let output = hrgate(&words);
    assert_eq!(output.status.code(), Some(65));
    assert!(String::from_utf8(output.stderr).unwrap().contains("names no column of a manifest"));
}

#[test]
fn pages_tell_waivers_overdue_rectifications_and_appeals() {
    let night = Night::new();
    let store = night.path("hrgate.db").to_str().unwrap().to_owned();
    night.run("first", &["--store", &store]);
    let uid = "2.25.144923669432080737636056305161102368257";
    let act = |words: &str| {
        let words: Vec<String> = words.split_whitespace().map(|w| w.replace('_', " ")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        ask(&[&words[..], &["--store", &store, "--person", "Li Na"]].concat());
    };
    act(
        "waiver add --check empty-file --institution first-people --from 2025-03-01 --until 2025-06-30 --role director --reason old_archive<b>",
    );
    act(
        "waiver add --check empty-file --institution second --from 2025-03-01 --until 2025-06-30 --role director --reason not_ours",
    );
    act(
        "waiver add --check empty-file --everywhere --from 2025-01-01 --until 2025-01-31 --role director --reason is_over",
    );
    act(
        "rectify open --institution first-people --profile chuanyu-2025-draft --item CT --finding slices_missing --on 2025-01-02 --due 2025-02-01",
    );
    act(&format!(
        "appeal open --study {uid} --check missing-slice --profile chuanyu-2025-draft --reason all_there --on 2025-03-12"
    ));
    // No study of it comes in this run, and another one's time is not over.
    act(
        "rectify open --institution silent-hospital --profile hebei-2025 --item CT --finding no_answer --on 2025-01-02 --due 2025-02-02",
    );
    act(
        "rectify open --institution second --profile hebei-2025 --item CT --finding in_time --on 2025-01-02 --due 2030-02-02",
    );
    let list = night.worklist();
    night.run("second", &["--store", &store, "--manifest", list.to_str().unwrap()]);

    let index = json(&night.path("out/second/index.json"));
    let late: Vec<&str> = index["on_record"]["overdue"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["institution"].as_str().unwrap())
        .collect();
    assert_eq!(late, ["first-people", "silent-hospital"]);
    assert_eq!(index["on_record"]["waivers"].as_array().unwrap().len(), 2);
    let page = std::fs::read_to_string(night.path("out/second/index.html")).unwrap();
    let head = json(&night.path("out/second/run.json"))["ledger"].clone();
    let hash = head["hash"].as_str().unwrap().to_owned();
    for words in ["silent-hospital", "no answer", "有效豁免", "institution=second", &hash] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("in time"));
    for file in ["reconciliation.json", "data_quality.json"] {
        assert_eq!(json(&night.path("out/second").join(file))["ledger"], head, "{file}");
    }
    assert_eq!(index["run"]["ledger"], head);
    let institution = night.path("out/second/institutions/first-people.html");
    assert!(std::fs::read_to_string(institution).unwrap().contains(&hash));
    let heads = ["out/second/index.json", "out/second/institutions/first-people.json"];
    for file in heads.map(|f| night.path(f)).iter().chain(&[night.path("out/second/run.json")]) {
        assert!(json(file).to_string().contains(&hash), "{}", file.display());
    }

    let twin = json(&night.path("out/second/institutions/first-people.json"));
    let record = &twin["on_record"];
    let reasons: Vec<&str> = record["waivers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| w["reason"].as_str().unwrap())
        .collect();
    assert_eq!(reasons, ["old archive<b>"], "others' and those that are over are left out");
    assert_eq!(record["rectifications"][0]["overdue"], true);
    assert_eq!(record["appeals"][0]["overdue"], false);
    let page =
        std::fs::read_to_string(night.path("out/second/institutions/first-people.html")).unwrap();
    for words in ["已逾期", "slices missing", "old archive&#60;b&#62;", "待答复"] {
        assert!(page.contains(words), "{words}");
    }
    let other =
        std::fs::read_to_string(night.path("out/second/institutions/imaging-centre.html")).unwrap();
    assert!(!other.contains("在办事项与豁免"), "nothing concerns it");
}

#[test]
fn rows_are_kept_in_the_store_and_an_import_again_doubles_none() {
    let night = Night::new();
    let list = night.worklist();
    let store = night.path("hrgate.db");
    for run in ["one", "two"] {
        let (store, list) = (store.to_str().unwrap(), list.to_str().unwrap());
        night.run(run, &["--store", store, "--manifest", list]);
    }
    let mut store = hrgate::store::Store::open_read_only(&store).unwrap();
    let rows = store.manifest(None).unwrap();
    assert_eq!(rows.len(), night.studies.len() - 1 + 2, "the torn row alone is left out");
    let lost = store.manifest(Some("1.2.3.4.5")).unwrap();
    assert_eq!((lost[0].institution.as_str(), lost[0].report_id.as_str()), ("first-people", "R90"));
}

#[test]
fn tables_of_devices_and_staff_are_held_against_the_studies() {
    let night = Night::new();
    let registry = std::fs::read_to_string(night.path("registry.toml")).unwrap();
    let with_tables = registry.replacen(
        "schema = 1",
        "schema = 1\ndevices = \"devices.csv\"\nstaff = \"staff.csv\"",
        1,
    );
    std::fs::write(night.path("registry.toml"), with_tables).unwrap();
    let devices = "机构,序列号,站点名,检定日期,有效期至,结论\nfirst-people,NO-SUCH,,2025-01-01,2026-01-01,合格\n";
    std::fs::write(night.path("devices.csv"), devices).unwrap();
    std::fs::write(night.path("staff.csv"), "机构,姓名\nsecond,张伟\n").unwrap();
    night.run("tables", &[]);
    let lines = std::fs::read_to_string(night.path("out/tables/studies.jsonl")).unwrap();
    let mut seen = std::collections::BTreeMap::new();
    for line in lines.lines() {
        let study: Value = serde_json::from_str(line).unwrap();
        let of = study["institution"].as_str().unwrap().to_owned();
        let outcomes = study["outcomes"].as_array().unwrap();
        for o in outcomes.iter().filter(|o| o["name"] == "unlisted-device") {
            seen.entry(of.clone()).or_insert_with(Vec::new).push(o["outcome"].clone());
        }
    }
    assert!(seen["first-people"].iter().all(|o| o == "fail" || o == "could_not_run"), "{seen:?}");
    assert!(seen["second"].iter().all(|o| o == "could_not_run"), "no row of it: {seen:?}");

    std::fs::write(night.path("devices.csv"), "机构,序列号,有效期至\nnowhere,1,soon\n").unwrap();
    let words: Vec<String> = [
        "run",
        "sample_studies",
        "--reports",
        night.path("out").to_str().unwrap(),
        "--registry",
        night.path("registry.toml").to_str().unwrap(),
    ]
    .map(str::to_owned)
    .into();
    let output = hrgate(&words);
    assert_eq!(output.status.code(), Some(65));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("line 2: \"soon\"") && said.contains("\"nowhere\""), "{said}");
}
