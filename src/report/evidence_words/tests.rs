//! No check may emit a name or a unit that pages could only show as a code word.

use std::path::Path;

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_dictionary_std::StandardDataDictionary;
use serde_json::json;

use super::*;
use crate::checks::contract::Input;
use crate::checks::registry;

/// Every text in quotes right behind `marker` in a source, tests and comments left out.
fn quoted_after(source: &str, marker: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let rest = code.split(marker).skip(1);
    rest.filter_map(|r| r.trim_start().strip_prefix('"')?.split('"').next().map(str::to_owned))
        .collect()
}

/// The sources of a folder and those below it, those of tests left out.
fn sources(folder: &Path, into: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name().into_string().unwrap();
        if path.is_dir() {
            sources(&path, into);
        } else if !name.ends_with("_tests.rs") && name != "testing.rs" {
            into.push(path);
        }
    }
}

#[test]
fn every_name_and_unit_in_the_source_of_a_check_has_words_in_both_languages() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src/checks"), &mut files);
    assert!(registry::all().all(|c| files.contains(&root.join(c.file))), "a check lies elsewhere");
    let (mut names, mut units) = (0, 0);
    for file in files {
        let source = std::fs::read_to_string(&file).unwrap();
        for marker in ["Evidence::new(", "differs("] {
            for name in quoted_after(&source, marker) {
                let words = known_name(&name);
                let words =
                    words.unwrap_or_else(|| panic!("{}: no words for {name}", file.display()));
                assert!(!words.zh.is_ascii(), "{name}: {}", words.zh);
                assert!(words.en.is_ascii() && !words.en.contains('_'), "{name}: {}", words.en);
                names += 1;
            }
        }
        for unit in quoted_after(&source, ".unit(") {
            assert!(known_unit(&unit).is_some(), "{}: no words for {unit}", file.display());
            units += 1;
        }
    }
    assert!(names > 60 && units > 40, "{names} names, {units} units: the walk found too few");
}

#[test]
fn every_attribute_that_an_identity_check_may_name_has_words() {
    for check in registry::all().filter(|c| c.family() == "IDN") {
        for input in check.inputs {
            let Input::Header(tag) = input else { continue };
            let entry = StandardDataDictionary.by_tag(*tag).unwrap();
            assert!(attribute(entry.alias()).is_some(), "{}: {}", check.code, entry.alias());
        }
    }
}

#[test]
fn every_unit_of_a_setting_has_words() {
    for setting in crate::policy::settings::SETTINGS.iter().filter(|s| !s.unit.is_empty()) {
        assert!(known_unit(setting.unit).is_some(), "{}: {}", setting.key, setting.unit);
    }
}

#[test]
fn words_are_sorted_out_once() {
    let names = [NAMES, geometry::NAMES, series::NAMES].concat();
    let units = [UNITS, geometry::UNITS, series::UNITS].concat();
    let values = [VALUES, geometry::VALUES, series::VALUES].concat();
    for rows in [names.as_slice(), &units, ATTRIBUTES, &values] {
        let mut keys: Vec<_> = rows.iter().map(|r| r.0).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), rows.len());
    }
}

#[test]
fn names_made_of_attributes_and_unknown_ones_are_readable() {
    assert_eq!(known_name("distinct_PatientID").unwrap().zh, "患者编号的不同值");
    assert_eq!(known_name("no_such_thing"), None);
    assert_eq!(name(&Evidence::new("no_such_\u{1b}thing", 1)).zh, "no such  thing");
    assert_eq!(value(&json!(["PatientSex", "Rows"])).zh, "患者性别、行数");
    assert_eq!(value(&json!(2.50)).en, "2.5");
    assert_eq!(value(&json!("absent 1, empty 0")).zh, "缺失1，为空0");
    assert_eq!(value(&json!("absent mind")).zh, "absent mind");
}
