//! Tests of the five regions: catalogues row by row, label texts, clauses, windows and limits.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::OnceLock;

use crate::model::text::Language;

use super::catalogue::{Confidence, RowKind};
use super::files::{EMBEDDED, PolicyFiles};
use super::load::{PolicySet, digest, load, load_files};
use super::load_tests::{REGION, files};
use super::profile::Profile;
use super::words::{Bound, DocumentStatus, ItemUnit, WindowUnit};

const REGIONS: &[(&str, &str, &str, &str)] = &[
    ("beijing-2024", "catalog_beijing.csv", "004_abf173040c63967d.txt", "BJ"),
    ("chuanyu-2025-draft", "catalog_chuanyu.csv", "002_82c3538e2e8c60f0.txt", "CY"),
    ("hebei-2025", "catalog_hebei.csv", "000_85e9eea991d38faa.txt", "HB"),
    ("hechi-2024", "catalog_hechi.csv", "001_5e5a0df0432d71d6.txt", "HC"),
    ("zhejiang-2021", "catalog_zhejiang.csv", "003_13d39ca1aabeac6b.txt", "ZJ"),
];

fn set() -> &'static PolicySet {
    static SET: OnceLock<PolicySet> = OnceLock::new();
    SET.get_or_init(|| load(None).unwrap_or_else(|e| panic!("{e}")))
}

fn profile(id: &str) -> &'static Profile {
    &set().profiles[id]
}

fn embedded(path: &str) -> &'static str {
    EMBEDDED.iter().find(|(p, _)| *p == path).map_or("", |(_, text)| text)
}

/// The folder of policy sources, or a printed reason why the test is skipped.
fn sources(test: &str) -> Option<PathBuf> {
    let root = std::env::var_os("HRGATE_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let folder = root.join("policy");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIPPED real-data: {test}: no policy sources beside the repository");
    None
}

fn records(text: &str) -> Vec<Vec<String>> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let rows = reader.records().map(|r| r.unwrap_or_else(|e| panic!("{e}")));
    rows.map(|r| r.iter().map(str::to_owned).collect()).collect()
}

#[test]
fn catalogues_equal_their_sources_row_by_row() {
    let Some(folder) = sources("catalogues") else { return };
    for (id, file, _, _) in REGIONS {
        let source = std::fs::read_to_string(folder.join(file)).unwrap_or_else(|e| panic!("{e}"));
        let want = records(&source);
        let have = records(embedded(&format!("{id}/items.csv")));
        assert_eq!(want.len(), have.len(), "{id}");
        for (n, (want, have)) in want.iter().zip(&have).enumerate() {
            assert_eq!(want, have, "{id} line {}", n + 1);
        }
    }
    let source = std::fs::read_to_string(folder.join("rules.csv")).unwrap_or_default();
    assert_eq!(records(&source), records(embedded("rules.csv")));
}

#[test]
fn catalogues_have_the_printed_rows_even_without_the_sources() {
    let count = |id: &str, kind| profile(id).catalogue.count(kind);
    assert_eq!(count("hebei-2025", RowKind::Printed), 256);
    assert_eq!(count("hechi-2024", RowKind::Printed), 47);
    assert_eq!(count("hechi-2024", RowKind::Expanded), 10);
    assert_eq!(count("chuanyu-2025-draft", RowKind::Printed), 141);
    assert_eq!(count("zhejiang-2021", RowKind::Printed), 180);
    assert_eq!(count("beijing-2024", RowKind::Printed), 300);
    assert_eq!(count("beijing-2024", RowKind::OcrGarbage), 3);
    let digests: Vec<String> = REGIONS
        .iter()
        .map(|(id, ..)| format!("{id} {}", digest(&records(embedded(&format!("{id}/items.csv"))))))
        .collect();
    insta::assert_snapshot!(digests.join("\n"));
}

#[test]
fn items_leave_out_garbage_and_collective_entries() {
    let hechi = &profile("hechi-2024").catalogue;
    assert_eq!(hechi.items().count(), 56);
    let leaf = hechi.get("HC-1-(1)#10").unwrap_or_else(|| panic!("no leaf"));
    assert_eq!(hechi.parent(leaf).map(|p| p.uid.as_str()), Some("HC-1-(1)"));
    assert_eq!(profile("beijing-2024").catalogue.items().count(), 300);
    let uids: BTreeSet<&str> =
        profile("beijing-2024").catalogue.items().map(|i| i.uid.as_str()).collect();
    assert_eq!(uids.len(), 300);
}

#[test]
fn a_repair_shows_print_repair_and_how_sure_it_is() {
    let beijing = &profile("beijing-2024").catalogue;
    let row = beijing.get("BJ-184").unwrap_or_else(|| panic!("no row"));
    assert_eq!((row.name.as_str(), row.shown_name()), ("双髌 CT 平扫", "双髋 CT 平扫"));
    let row = beijing.get("BJ-038").unwrap_or_else(|| panic!("no row"));
    assert_eq!(row.code, "BPONZZZZ7-00");
    assert_eq!(row.effective_code(), Some("BP0NZZZZ7-00"));
    assert_eq!(row.fix_confidence, Some(Confidence::High));
    assert_eq!(beijing.by_code()["BP0NZZZZ7-00"].len(), 1);
    assert!(profile("hebei-2025").catalogue.by_code().is_empty());
}

#[test]
fn label_texts_are_exactly_those_printed() {
    let texts = |id: &str| -> Vec<(&str, Option<&str>)> {
        let labels = &profile(id).rules.labels;
        labels.iter().map(|l| (l.zh.as_str(), l.en.as_deref())).collect()
    };
    let hebei = [("——河北互认", Some("——HBHR")), ("——京津冀互认", Some("——JJJHR"))];
    assert_eq!(texts("hebei-2025"), hebei);
    assert_eq!(texts("beijing-2024"), [("北京HR", Some("BJHR")), ("京津冀HR", Some("JJHR"))]);
    assert_eq!(texts("chuanyu-2025-draft"), [("川渝 HR", None)]);
    assert!(texts("zhejiang-2021").is_empty() && texts("hechi-2024").is_empty());
    let Some(folder) = sources("label texts") else { return };
    for (id, _, text, _) in REGIONS {
        let source = std::fs::read_to_string(folder.join(text)).unwrap_or_default();
        for (zh, en) in texts(id) {
            assert!(source.contains(zh), "{id}: {zh}");
            assert!(en.is_none_or(|en| source.contains(en)), "{id}: {en:?}");
        }
    }
}

#[test]
fn labels_stand_where_and_when_the_documents_say() {
    let hebei = &profile("hebei-2025").rules;
    assert_eq!(hebei.catalogue.unit, ItemUnit::View);
    assert!(hebei.labelling.as_ref().is_some_and(|l| l.widest_only.is_some()));
    assert_eq!(hebei.labels[1].membership.as_deref(), Some("jjj"));
    assert!(hebei.revocation.is_some());
    let beijing = &profile("beijing-2024").rules;
    assert!((beijing.settings.number("evaluation_max_age") - 6.0).abs() < 1e-9);
    assert!(!beijing.settings.0["evaluation_max_age"].site_setting);
    let chuanyu = profile("chuanyu-2025-draft").rules.labelling.as_ref();
    assert_eq!(
        chuanyu.and_then(|l| l.position.as_ref()).map(|p| p.place.word()),
        Some("top-right")
    );
}

#[test]
fn windows_and_force_differ_by_region() {
    let window = |id: &str| profile(id).rules.validity.as_ref().map(|v| (v.length, v.unit, v.soft));
    assert_eq!(window("hebei-2025"), Some((1, WindowUnit::Month, true)));
    assert_eq!(window("chuanyu-2025-draft"), Some((1, WindowUnit::Month, false)));
    assert_eq!(window("zhejiang-2021").map(|w| (w.0, w.1)), Some((30, WindowUnit::Day)));
    assert_eq!(window("beijing-2024"), None);
    assert_eq!(window("hechi-2024"), None);
    assert_eq!(profile("beijing-2024").rules.force.bound, Bound::MustNotRepeat);
    assert_eq!(profile("zhejiang-2021").rules.force.bound, Bound::InPrinciple);
}

#[test]
fn a_draft_says_so() {
    let notice = |id: &str| profile(id).notice().map(|n| n.get(Language::En).to_owned());
    assert!(notice("chuanyu-2025-draft").is_some_and(|n| n.contains("draft for comment")));
    assert!(notice("hechi-2024").is_some());
    assert_eq!(notice("beijing-2024"), None);
    let status = profile("chuanyu-2025-draft").rules.document.status;
    assert_eq!(status, DocumentStatus::Draft);
}

#[test]
fn every_clause_is_one_of_the_regions_rules() {
    let rules = records(embedded("rules.csv"));
    for (id, _, _, prefix) in REGIONS {
        let known: BTreeSet<&str> =
            rules.iter().filter(|r| r[0].starts_with(prefix)).map(|r| r[2].as_str()).collect();
        let all = serde_json::to_value(&profile(id).rules).unwrap_or_default();
        let mut named = Vec::new();
        clauses(&all, &mut named);
        assert!(!named.is_empty());
        for clause in named {
            let fits = known.iter().any(|k| k.split("; ").any(|k| k == clause));
            assert!(fits, "{id}: clause {clause} is no clause of rules.csv");
        }
    }
}

fn clauses(value: &serde_json::Value, out: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                match value {
                    serde_json::Value::String(text) if key.contains("clause") => {
                        out.push(text.clone());
                    }
                    other => clauses(other, out),
                }
            }
        }
        serde_json::Value::Array(list) => list.iter().for_each(|v| clauses(v, out)),
        _ => {}
    }
}

#[test]
fn every_exception_of_the_rules_is_in_its_profile_word_for_word() {
    let rules = records(embedded("rules.csv"));
    for (id, _, _, prefix) in REGIONS {
        let want: Vec<(&str, &str, &str)> = rules
            .iter()
            .filter(|r| r[0].starts_with(prefix) && r[4] == "exception")
            .map(|r| (r[0].as_str(), r[5].as_str(), r[2].as_str()))
            .collect();
        let have: Vec<(&str, &str, &str)> = profile(id)
            .rules
            .exceptions
            .iter()
            .map(|e| (e.code.as_str(), e.text.as_str(), e.clause.as_str()))
            .collect();
        assert_eq!(want, have, "{id}");
    }
}

#[test]
fn profile_errors_come_together_with_their_places() {
    let bad = REGION
        .replace("status = \"draft\"", "status = \"drft\"")
        .replace("unit = \"study\"", "unit = 1\nnoise = 2")
        .replace("printed = 1", "printed = 2")
        .replace("bound = \"may\"\n", "");
    let bad = format!(
        "{bad}\n[[label]]\nscope = \"a\"\nzh = \"甲\"\nclause = \"1\"\n\n[[time_limit]]\n\
         on = \"report\"\nmodality = [\"XX\"]\norder = \"any\"\nbelow_hours = -1\nclause = \"2\"\n\n\
         [settings.ct_thin_max]\nvalue = 99\nreason = \"r\"\n\n[settings.ct_thin_mx]\nvalue = 1\n"
    );
    let base = "schema = 1\n";
    let all =
        load_files(&files(base, Some(&bad)), &[]).map_or_else(|e| e.to_string(), |_| String::new());
    for want in [
        "document.status must be one of in-force, undated, reference, one-institution, draft, \
         found `drft`; did you mean `draft`?",
        "catalogue.unit must be a text that is not empty, found a number",
        "unknown key `noise` in catalogue",
        "missing key force.bound",
        "[[label]] and [labelling] must both be there",
        "label scope `a` has no [[evaluation]]",
        "modality has only DX, MG, RF, CT, MR, found `XX`",
        "below_hours must be above 0 and at most 8760, found -1",
        "setting ct_thin_max must be a number from 0.1 to 20, found 99",
        "missing key settings.ct_thin_max.clause",
        "unknown setting `ct_thin_mx`; did you mean `ct_thin_max`?",
    ] {
        let found = all.lines().any(|l| l.starts_with("test-1/profile.toml:") && l.contains(want));
        assert!(found, "no line {want:?} in\n{all}");
    }
}

#[test]
fn catalogue_errors_have_lines() {
    let mut files = files("schema = 1\n", Some(&REGION.replace("printed = 1", "printed = 3")));
    let items = include_str!("testdata/minimal-items.csv");
    let row = items.lines().nth(1).unwrap_or_default();
    let odd = row.replace(",PA,", ",PX,").replace("T-001", "T-002").replace("printed", "print");
    let text = format!("{items}{row}\n{odd}\nshort,row\n");
    if let Some(region) = files.regions.get_mut("test-1") {
        region.files.insert("items.csv".into(), text);
    }
    let all = load_files(&files, &[]).map_or_else(|e| e.to_string(), |_| String::new());
    for want in [
        "test-1/items.csv:3:1: item_uid `T-001` is the same as on line 2",
        "test-1/items.csv:4:1: views `PX` has the unknown word `PX`",
        "test-1/items.csv:4:1: row_kind `print` must be printed, expanded or ocr_garbage",
        "test-1/items.csv:5:1: 2 fields, expected 24",
    ] {
        assert!(all.contains(want), "no {want:?} in\n{all}");
    }
}

#[test]
fn a_changed_catalogue_row_changes_the_digest() {
    let mut changed = PolicyFiles::embedded();
    let region = changed.regions.get_mut("beijing-2024").unwrap_or_else(|| panic!("no region"));
    let items = region.files["items.csv"].replace("鼻骨侧位 DR", "鼻骨侧位");
    region.files.insert("items.csv".into(), items);
    let registry: Vec<_> = crate::checks::registry::all().collect();
    let other = load_files(&changed, &registry).unwrap_or_else(|e| panic!("{e}"));
    let digest = |set: &PolicySet, id: &str| set.profiles[id].policy.digest.clone();
    assert_ne!(digest(&other, "beijing-2024"), digest(set(), "beijing-2024"));
    assert_eq!(digest(&other, "hebei-2025"), digest(set(), "hebei-2025"));
}
