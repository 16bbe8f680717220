//! Scanning and reading of the words of series.

use super::*;
use crate::items::lexicon::Lexicon;

fn said(text: &str, modality: &str) -> Vec<(Place, String)> {
    let lexicon = Lexicon::embedded().unwrap();
    let normal = lexicon.normalise(text);
    let found = lexicon.series.scan(&normal, modality);
    found.iter().map(|f| (f.say.place, f.say.value.clone())).collect()
}

fn has(text: &str, place: Place, value: &str) -> bool {
    said(text, "MR").contains(&(place, value.to_owned()))
}

#[test]
fn every_limit_that_the_program_asks_for_is_stated() {
    let lexicon = Lexicon::embedded().unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/series");
    let mut asked = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for rest in source.split(".limit(\"").skip(1) {
            let name = rest.split('"').next().unwrap();
            assert!(lexicon.series.has_limit(name), "series_limits.csv does not state {name}");
            asked += 1;
        }
    }
    assert!(asked > 10, "the walk found {asked}");
}

#[test]
fn words_are_found_glued_and_apart() {
    for text in ["AXT2FS", "Ax T2 fs", "t2_tse_fs_tra", "横断位T2压脂"] {
        assert!(has(text, Place::Kind, "T2WI"), "{text}");
        assert!(has(text, Place::Plane, "Tra"), "{text}");
        assert!(has(text, Place::Fat, "yes"), "{text}");
    }
    assert!(has("T1+C", Place::Contrast, "yes"));
}

#[test]
fn parts_of_other_words_are_none() {
    assert!(said("SAGE CORE", "MR").is_empty());
    assert!(!has("TRACEW", Place::Plane, "Tra"));
    assert!(said("主动脉", "MR").iter().all(|(p, _)| *p == Place::Ignore));
    assert!(said("骨盆", "CT").iter().all(|(p, _)| *p == Place::Ignore));
}

#[test]
fn the_longest_word_wins_and_modalities_are_apart() {
    assert!(has("Ax T1 FLAIR", Place::Kind, "T1WI"));
    assert!(!has("Ax T1 FLAIR", Place::Kind, "FLAIR"));
    assert!(said("Topogram", "MR").is_empty());
}

#[test]
fn names_with_numbers_have_ranges() {
    let lexicon = Lexicon::embedded().unwrap();
    let class = |stem: &str, n| {
        lexicon.series.numbered(Place::KernelName, stem, n).map(|s| s.value.as_str())
    };
    assert_eq!(class("B", 31), Some("soft"));
    assert_eq!(class("Bl", 57), Some("lung"));
    assert_eq!(class("FC", 30), Some("bone"));
    assert_eq!(class("FC", 99), None);
}

#[test]
fn a_bad_row_says_why() {
    let mut words = SeriesLexicon::default();
    let none = BTreeMap::new();
    for row in [
        ["somewhere", "T1", "T1WI", "1", "0.5", "MR"],
        ["kind", "T1", "T1WI", "1", "2", "MR"],
        ["kind", "T1", "T1WI", "first", "0.5", "MR"],
        ["kind", " ", "T1WI", "1", "0.5", "MR"],
    ] {
        assert!(words.take_word(row, &none).is_err(), "{row:?}");
    }
    assert!(words.take_limit("x", "long").is_err());
    assert!(words.limit("x").is_nan());
}

#[test]
fn every_kind_and_limit_of_the_rows_is_known() {
    use crate::series::{Kernel, Kind, Phase, Plane, Rendering};
    let series = Lexicon::embedded().unwrap().series;
    let terms = series.terms.values().flatten().flat_map(|t| &t.says);
    for say in terms.chain(series.codes.values().flatten()) {
        let v = say.value.as_str();
        let known = match say.place {
            Place::Kind
            | Place::ImageKind
            | Place::AcquisitionContrast
            | Place::ScanKind
            | Place::Refines
            | Place::Covers
            | Place::Pair => Kind::parse(v).is_some(),
            Place::Plane => Plane::parse(v).is_some(),
            Place::Phase => Phase::parse(v).is_some(),
            Place::Rendering | Place::ImageRendering => Rendering::parse(v).is_some(),
            Place::Kernel => Kernel::parse(v).is_some(),
            Place::KernelName => v == "sharp" || Kernel::parse(v).is_some(),
            Place::Fat | Place::Contrast | Place::ImageFat | Place::ScanFat => {
                matches!(v, "yes" | "no")
            }
            _ => true,
        };
        assert!(known, "{say:?}");
    }
    let mut read = Vec::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/series");
    for file in std::fs::read_dir(folder).unwrap() {
        let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for marker in ["limit(\"", "at_least(\"", "Some(\"protocol"] {
            let rest = source.split(marker).skip(1);
            read.extend(rest.filter_map(|r| Some(r.split('"').next()?.to_owned())));
        }
    }
    read.retain(|n| n != "_weight");
    assert!(read.len() > 20);
    for name in read {
        assert!(!series.limit(&name).is_nan(), "no limit {name}");
    }
}
