//! Every model's card and entry name only sources that `models/NOTICE` has, with the same licence,
//! and the notice names none that no model was trained on.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at once")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use hrgate::infer::digest::sha256;
use hrgate::infer::manifest::Manifest;

fn models() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models")
}

/// Source → licence. Every source says where it is from and how to cite it.
fn notice(text: &str) -> BTreeMap<String, String> {
    let sections = text.split("\n## ").skip(1);
    let source = |section: &str| {
        let (name, body) = section.split_once('\n').unwrap();
        let field = |key: &str| {
            let line = body.lines().find_map(|l| l.strip_prefix(key));
            line.unwrap_or_else(|| panic!("NOTICE: {name} has no {key}")).trim().to_owned()
        };
        for key in ["Name:", "Origin:", "Citation:", "Changed:"] {
            assert!(!field(key).is_empty(), "NOTICE: {name}: {key} is empty");
        }
        (name.trim().to_owned(), field("Licence:"))
    };
    sections.map(source).collect()
}

/// The sources in a card: the first word in backticks of each row or item below "Training data".
fn sources_of_card(card: &str) -> BTreeSet<String> {
    let section = card.split("\n## ").find(|s| s.starts_with("Training data"));
    let section = section.expect("the card has no section `## Training data`");
    let listed = section.lines().filter(|l| l.starts_with("| `") || l.starts_with("* `"));
    listed.filter_map(|l| l.split('`').nth(1)).map(str::to_owned).collect()
}

#[test]
fn the_notice_is_well_formed() {
    let notice = notice(&fs::read_to_string(models().join("NOTICE")).unwrap());
    assert!(notice.len() >= 6, "{notice:?}");
    assert!(notice.values().all(|licence| !licence.is_empty()));
}

#[test]
fn cards_and_manifest_name_the_sources_of_the_notice_and_the_notice_no_other() {
    let manifest = Manifest::open(&models()).unwrap_or_else(|e| panic!("{}", e.en));
    let notice = notice(&fs::read_to_string(models().join("NOTICE")).unwrap());
    let mut used = BTreeSet::new();
    for model in &manifest.models {
        let card = fs::read_to_string(models().join(&model.card)).unwrap();
        let named: BTreeSet<String> = model.training.iter().map(|t| t.source.clone()).collect();
        assert_eq!(sources_of_card(&card), named, "{}: card against manifest", model.name);
        for training in &model.training {
            let licence = notice.get(&training.source);
            assert_eq!(licence, Some(&training.licence), "{}: {}", model.name, training.source);
        }
        used.extend(named);
    }
    // Before the first model nothing was trained on anything.
    if !manifest.models.is_empty() {
        let unused: Vec<_> = notice.keys().filter(|name| !used.contains(*name)).collect();
        assert!(unused.is_empty(), "no model names {unused:?}");
    }
}

#[test]
fn the_shipped_files_are_those_of_the_manifest_and_small() {
    let manifest = Manifest::open(&models()).unwrap_or_else(|e| panic!("{}", e.en));
    let mut all = 0;
    for model in &manifest.models {
        let bytes = fs::read(models().join(&model.file)).unwrap();
        assert_eq!((sha256(&bytes), bytes.len() as u64), (model.sha256.clone(), model.bytes));
        all += bytes.len();
    }
    assert!(all <= 40_000_000, "{all} bytes of models");
}

#[test]
fn a_card_of_another_source_is_noticed() {
    let card = "# a\n\n## Training data\n\n| source | n |\n|---|---|\n| `nih` | 3 |\n* `kermany`: 4\n\n## Limits\n* `x`\n";
    let named: BTreeSet<String> = ["kermany", "nih"].map(str::to_owned).into();
    assert_eq!(sources_of_card(card), named);
}
