//! The set of checks as a whole: what no single check can hold by itself.

#![expect(clippy::expect_used, reason = "a test that cannot read its data has to stop")]

use std::collections::BTreeSet;
use std::path::Path;

use hrgate::checks::contract::{CheckMeta, Depth, Input};
use hrgate::checks::registry;
use hrgate::infer;
use hrgate::measure::registry as measured;
use hrgate::model::kept::{KEPT, KEPT_NESTED};
use hrgate::policy::settings::SETTINGS;

const HEADINGS: [&str; 6] = [
    "What it does",
    "Why it matters",
    "How it is measured",
    "Known limits",
    "Parameters",
    "References",
];

/// Beginnings that name an act or a virtue instead of the defect.
const FORBIDDEN: [&str; 8] =
    ["check-", "valid-", "bad-", "good-", "verify-", "test-", "ensure-", "no-"];

fn each(judge: impl Fn(&CheckMeta)) {
    assert!(registry::all().count() > 0);
    registry::all().for_each(judge);
}

fn source(check: &CheckMeta) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = root.join(check.file);
    let beside = own.with_file_name(format!("{}_tests.rs", check.name.replace('-', "_")));
    let text = std::fs::read_to_string(&own).expect("the check's own file");
    text + &std::fs::read_to_string(beside).unwrap_or_default()
}

fn base() -> toml::Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/base.toml");
    std::fs::read_to_string(path).expect("base policy").parse().expect("base policy is TOML")
}

#[test]
fn codes_and_names_are_unique_well_formed_and_sorted() {
    let codes: Vec<&str> = registry::all().map(|c| c.code).collect();
    let names: BTreeSet<&str> = registry::all().map(|c| c.name).collect();
    assert_eq!(names.len(), codes.len(), "names are unique");
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "codes are unique");
    for family in registry::FAMILIES {
        assert!(family.is_sorted_by_key(|c| c.code), "a family is in code order");
        assert!(family.windows(2).all(|w| w[0].family() == w[1].family()), "one family a folder");
    }
    each(|c| {
        let (letters, digits) = c.code.split_at(3);
        assert!(letters.bytes().all(|b| b.is_ascii_uppercase()), "{}", c.code);
        assert!(digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()), "{}", c.code);
        let kebab = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        assert!(c.name.bytes().all(kebab) && !c.name.contains("--"), "{}", c.name);
        assert!(!FORBIDDEN.iter().any(|f| c.name.starts_with(f)), "{} names no defect", c.name);
    });
}

#[test]
fn the_file_is_named_after_the_check_and_lies_in_its_family() {
    each(|c| {
        let path = Path::new(c.file);
        assert_eq!(path.file_stem().and_then(|s| s.to_str()), Some(&*c.name.replace('-', "_")));
        let folder = path.parent().and_then(Path::file_name).and_then(|f| f.to_str());
        assert_eq!(folder, Some(&*c.family().to_lowercase()), "{}", c.code);
    });
}

#[test]
fn docs_have_every_heading_in_order_with_words_below() {
    each(|c| {
        let docs = c.docs();
        let found: Vec<&str> = docs.lines().filter_map(|l| l.strip_prefix("## ")).collect();
        assert_eq!(found, HEADINGS, "{}", c.code);
        let mut sections = docs.split("\n## ");
        let summary = sections.next().unwrap_or_default().trim();
        assert!(summary.ends_with('.') && !summary.contains("\n\n"), "{}: {summary}", c.code);
        for section in sections {
            let words = section.split_once('\n').map_or("", |(_, body)| body.trim());
            assert!(words.ends_with('.'), "{}: {section}", c.code);
        }
    });
}

#[test]
fn titles_and_advice_are_lowercase_fragments_with_chinese() {
    each(|c| {
        for text in [c.title, c.advice] {
            assert!(!text.en.ends_with('.') && !text.zh.ends_with('。'), "{}: {}", c.code, text.en);
            let first = text.en.chars().next();
            let second = text.en.chars().nth(1);
            let acronym = second.is_some_and(char::is_uppercase);
            assert!(first.is_some_and(char::is_lowercase) || acronym, "{}: {}", c.code, text.en);
            assert!(!text.zh.is_ascii(), "{}: {}", c.code, text.zh);
        }
    });
}

#[test]
fn inputs_are_kept_or_measured_and_declared_once() {
    each(|c| {
        for (n, input) in c.inputs.iter().enumerate() {
            assert!(!c.inputs[..n].contains(input), "{} declares {input:?} twice", c.code);
            match input {
                Input::Header(tag) => assert!(
                    KEPT.contains(tag) || KEPT_NESTED.contains(tag),
                    "{} declares {tag}, which the header pass drops",
                    c.code
                ),
                Input::Measurement(name) => {
                    assert!(measured::find(name).is_some(), "{} declares {name}", c.code);
                }
                Input::File
                | Input::Institution
                | Input::Manifest
                | Input::Registry
                | Input::Past
                | Input::Stacks
                | Input::Kinds
                | Input::Projections
                | Input::Parts
                | Input::Items => {}
                Input::Model(name) => {
                    assert!(infer::registry::find(name).is_some(), "{} asks {name}", c.code);
                    assert_eq!(c.depth, Depth::Models, "{} reads {name} at a lower depth", c.code);
                }
                Input::Setting(key) => {
                    assert!(SETTINGS.iter().any(|s| s.key == *key), "{} asks for {key}", c.code);
                }
            }
        }
        assert!(!c.inputs.is_empty(), "{} sees nothing", c.code);
    });
}

#[test]
fn every_parameter_stands_in_the_docs() {
    each(|c| {
        let docs = c.docs();
        let section = docs.split("## Parameters").nth(1).unwrap_or_default();
        let section = section.split("## References").next().unwrap_or_default();
        for p in c.params {
            assert!(section.contains(&format!("`{}`", p.key)), "{} {}", c.code, p.key);
            assert!(!p.doc.is_empty());
        }
        assert_eq!(c.params.is_empty(), section.trim() == "None.", "{}", c.code);
    });
}

#[test]
fn the_base_policy_and_the_registry_hold_the_same_checks_and_parameters() {
    let base = base();
    let policies = base["checks"].as_table().expect("checks");
    let written: BTreeSet<&str> = policies.keys().map(String::as_str).collect();
    let registered: BTreeSet<&str> = registry::all().map(|c| c.name).collect();
    assert_eq!(written, registered);
    each(|c| {
        let own = policies[c.name].as_table().expect("a table");
        let known = ["severity", "required", "source", "clause", "params"];
        assert!(own.keys().all(|k| known.contains(&k.as_str())), "{}", c.name);
        assert!(["critical", "major", "minor"].contains(&own["severity"].as_str().unwrap_or("")));
        assert!(own["required"].as_bool().is_some(), "{}", c.name);
        assert!(own["source"].as_str().is_some_and(|s| !s.is_empty()), "{}", c.name);
        let empty = toml::Table::new();
        let params = own.get("params").and_then(toml::Value::as_table).unwrap_or(&empty);
        let written: BTreeSet<&str> = params.keys().map(String::as_str).collect();
        let declared: BTreeSet<&str> = c.params.iter().map(|p| p.key).collect();
        assert_eq!(written, declared, "{}", c.name);
    });
}

/// The convention: among the tests of a check's file (or of `NAME_tests.rs` beside it) one begins
/// with `hit` and one has `miss` in its name.
#[test]
fn every_check_has_a_hit_and_a_miss_case() {
    each(|c| {
        let text = source(c);
        let tests: Vec<&str> = text
            .split("#[test]")
            .skip(1)
            .filter_map(|t| t.trim_start().strip_prefix("fn ")?.split('(').next())
            .collect();
        assert!(tests.iter().any(|t| t.starts_with("hit_")), "{} has no hit case", c.code);
        let miss = |t: &&str| t.starts_with("miss_") || t.contains("_miss_");
        assert!(tests.iter().any(miss), "{} has no miss case", c.code);
    });
}

#[test]
fn a_dicom_code_names_its_scheme() {
    each(|c| {
        if let Some((code, meaning)) = c.dicom_code {
            let scheme = code.split_once(':').map(|(scheme, _)| scheme);
            assert!(matches!(scheme, Some("DCM" | "RADLEX" | "SCT")), "{code}");
            assert!(!meaning.is_empty());
        }
    });
}
