//! The GEO family against the geometry of real series that was set by position and corrected by hand.
//! Long series there are excerpts: a first number above 1 or a declared count above the files present
//! is a true finding, so GEO002 and GEO003 are told apart from the others.

#![expect(clippy::expect_used, reason = "a test that cannot read its data has to stop")]

mod common {
    pub mod truth;
}

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use common::truth::{judged, shared};

/// Series Instance UID → the GEO checks that failed, and whether GEO001 judged it.
#[derive(Default)]
struct Said {
    failed: BTreeSet<String>,
    judged: bool,
}

fn told(studies: &Path) -> BTreeMap<String, Said> {
    let mut said: BTreeMap<String, Said> = BTreeMap::new();
    for study in judged(studies) {
        for o in study["outcomes"].as_array().into_iter().flatten() {
            let code = o["code"].as_str().unwrap_or_default();
            let Some(uid) = o["subject"]["series_uid"].as_str() else { continue };
            let fails = o["outcome"] == "fail";
            let said = said.entry(uid.to_owned()).or_default();
            said.judged |= code == "GEO001" && (fails || o["outcome"] == "pass");
            if code.starts_with("GEO") && fails {
                said.failed.insert(code.to_owned());
            }
        }
    }
    said
}

/// The words of the truth that name what a check finds.
fn names(code: &str, geometry: &str) -> bool {
    let says = |word: &str| geometry.split(';').any(|g| g.starts_with(word));
    match code {
        "GEO001" => says("missing_middle"),
        "GEO007" => says("duplicate"),
        "GEO014" => says("two_spacings") || says("variable"),
        _ => false,
    }
}

#[test]
fn missing_slices_of_real_series_are_found_and_nothing_else_fails() {
    let Some(shared) = shared() else {
        println!("SKIPPED real-data: series_truth.csv is not there");
        return;
    };
    let said = told(&shared.join("data/studies"));
    let mut table: BTreeMap<(String, String), usize> = BTreeMap::new();
    let (mut wrong, mut numbered, mut accused) = (Vec::new(), 0_usize, 0_usize);
    let mut seen = BTreeSet::new();
    let mut rows = csv::Reader::from_path(shared.join("data/series_truth.csv")).expect("the truth");
    for row in rows.deserialize::<BTreeMap<String, String>>() {
        let row = row.expect("a row");
        let scored = matches!(row["confidence"].as_str(), "sure" | "likely");
        if !scored || !seen.insert(row["series_uid"].clone()) {
            continue;
        }
        let Some(said) = said.get(&row["series_uid"]).filter(|s| s.judged) else { continue };
        let geometry = &row["geometry"];
        let others: Vec<&String> =
            said.failed.iter().filter(|c| !["GEO002", "GEO003"].contains(&c.as_str())).collect();
        let unnamed = others.iter().any(|code| !names(code, geometry));
        let lost = geometry.contains("missing_middle") != said.failed.contains("GEO001");
        if unnamed || lost {
            wrong.push(format!("{} ({geometry}): {:?}", row["folder"], said.failed));
        }
        // Whole at the start and in number: what is accused here is accused of something else.
        if said.failed.len() == others.len() {
            numbered += 1;
            accused += usize::from(unnamed);
        }
        let kind = geometry.split(':').next().unwrap_or_default().to_owned();
        let codes = said.failed.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        *table.entry((kind, codes)).or_default() += 1;
    }
    let mut page = String::from("| truth | failed checks | series |\n|---|---|---|\n");
    for ((kind, codes), n) in &table {
        let _ =
            writeln!(page, "| {kind} | {} | {n} |", if codes.is_empty() { "none" } else { codes });
    }
    println!(
        "{page}false failures among series numbered from their first: {accused} of {numbered}"
    );
    bless(&page, accused, numbered);
    assert!(table.keys().any(|(kind, _)| kind == "missing_middle"), "the truth holds such rows");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// `docs/accuracy/geometry-real.md`, where `make accuracy` asks for it.
fn bless(table: &str, accused: usize, numbered: usize) {
    if std::env::var_os("HRGATE_BLESS").is_none() {
        return;
    }
    let page = format!(
        "# Slice geometry of real series\n\nMade by `make accuracy` (tests/geometry_truth.rs): CT and MR series of public studies \
         whose geometry was set by hand,\nrows marked sure or likely that hold a stack. Long series there are excerpts, so \
         GEO002 (first slices) is a true finding.\n\nFalse failures among series numbered from their first image: {accused} of {numbered}.\n\n{table}"
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/accuracy/geometry-real.md");
    std::fs::write(path, page).expect("the page");
}
