//! Every worked description of `policies/<region>/cases.toml` comes to the item it was judged to be.

mod common {
    pub mod items;
}

use common::items::{Facts, REGIONS, catalogue, root, study};
use hrgate::items::catalogue::Catalogue;
use hrgate::items::lexicon::Lexicon;
use hrgate::items::matching::match_study;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: u32,
    case: Vec<toml::Table>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    #[serde(rename = "match")]
    matched: String,
    item: Option<String>,
    items: Option<Vec<String>>,
    candidates: Option<Vec<String>>,
    candidates_include: Option<Vec<String>>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Got {
    matched: String,
    items: Vec<String>,
    candidates: Vec<String>,
}

fn run(facts: &Facts, catalogue: &Catalogue, lexicon: &Lexicon) -> Got {
    let results =
        match_study(&study(facts), facts.manifest_item_code.as_deref(), catalogue, lexicon);
    let mut got = Got::default();
    for word in ["none", "code", "scored", "ambiguous"] {
        if results.iter().any(|r| r.matched == word) {
            word.clone_into(&mut got.matched);
        }
    }
    got.items = results.iter().filter_map(|r| r.item.clone()).collect();
    got.candidates = results.into_iter().flat_map(|r| r.candidates).collect();
    got.items.sort();
    got.candidates.sort();
    got.candidates.dedup();
    got
}

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list
}

fn holds(expect: &Expect, got: &Got) -> bool {
    let items = sorted(
        expect.item.iter().cloned().chain(expect.items.clone().unwrap_or_default()).collect(),
    );
    let exact = expect.candidates.clone().map(sorted);
    let included = expect.candidates_include.clone().unwrap_or_default();
    got.matched == expect.matched
        && got.items == items
        && exact.is_none_or(|c| c == got.candidates)
        && included.iter().all(|c| got.candidates.contains(c))
}

#[test]
fn every_worked_description_comes_to_its_item() {
    let lexicon = Lexicon::embedded().expect("the built-in synonyms are well formed");
    let mut failures = Vec::new();
    for (profile, region) in REGIONS {
        let path = root().join("policies").join(profile).join("cases.toml");
        let text = std::fs::read_to_string(&path).expect("cases.toml is there");
        let file: File = toml::from_str(&text).expect("cases.toml is well formed");
        assert_eq!(file.schema, 1);
        assert!(file.case.len() >= 60, "{profile} has {} cases", file.case.len());
        let Some(catalogue) = catalogue(profile, region, &lexicon) else { continue };
        for (n, mut table) in file.case.into_iter().enumerate() {
            let why = table.remove("why").and_then(|w| w.as_str().map(str::to_owned));
            let expect: Expect =
                table.remove("expect").expect("expect").try_into().expect("expect is well formed");
            let facts: Facts = table.try_into().expect("the case is well formed");
            let why = why.expect("every case says why");
            let got = run(&facts, &catalogue, &lexicon);
            if !holds(&expect, &got) {
                let words = facts.study_description.as_deref().unwrap_or("-");
                failures.push(format!(
                    "{profile} case {} ({words}): {why}\n  {expect:?}\n  {got:?}",
                    n + 1
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{} cases\n{}", failures.len(), failures.join("\n"));
}
