//! A thousand volumes drawn at random (number of slices, thickness, gap, tilt, plane, maker, single-frame
//! or enhanced), half of them whole or with a legitimate oddity, half with one fault: how many faults
//! the GEO checks find, and how many whole volumes they accuse.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "counts and places of slices are small"
)]
#![expect(clippy::expect_used, reason = "a test that cannot read its policy has to stop")]

#[path = "geometry_draws/kinds.rs"]
mod kinds;
#[path = "geometry_draws/model.rs"]
mod model;
mod recipes;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hrgate::checks::contract::Depth;
use hrgate::checks::prepared::{Common, Items, Prepared};
use hrgate::checks::runner;
use hrgate::items::lexicon::Lexicon;
use hrgate::model::outcome::OutcomeKind;
use hrgate::policy::load;
use kinds::{Draw, FAULTS, LEGITIMATE, pick};
use model::to_study;
use rayon::prelude::*;
use recipes::rng::Rng;
use recipes::volume::Volume;

const DRAWS: usize = 1000;

/// The GEO checks that fail.
fn failed(v: &Volume, policy: &hrgate::policy::resolved::Policy, lexicon: &Lexicon) -> Vec<String> {
    let study = to_study(v);
    let common = Common::of(&study, policy, lexicon);
    let prepared = Prepared { policy, common: &common, items: Items::NoCatalogue };
    let ran = runner::run_all(&study, &prepared, Depth::Header, "20260301");
    let fails = |r: &runner::Ran| r.outcomes.iter().any(|o| o.kind == OutcomeKind::Fail);
    let geo = ran.iter().filter(|r| r.meta.family() == "GEO" && fails(r));
    geo.map(|r| r.meta.code.to_owned()).collect()
}

fn draws() -> Vec<Draw> {
    let mut all = Vec::new();
    let mut tries = 0;
    while all.len() < DRAWS {
        let name = format!("draw {tries}");
        tries += 1;
        let rng = &mut Rng::named(&name);
        let kind = if all.len() % 2 == 0 { pick(rng, &LEGITIMATE) } else { pick(rng, &FAULTS) };
        all.extend(kind(rng, &name));
    }
    all
}

#[test]
fn a_thousand_random_volumes() {
    let policy = load::load(None).expect("the policies").base;
    let lexicon = Lexicon::embedded().expect("the words");
    let draws = draws();
    let said: Vec<Vec<String>> =
        draws.par_iter().map(|d| failed(&d.volume, &policy, &lexicon)).collect();
    let mut table: BTreeMap<(bool, &str), (usize, usize)> = BTreeMap::new();
    let mut wrong = String::new();
    for (draw, failed) in draws.iter().zip(&said) {
        let faulty = !draw.codes.is_empty();
        let found = draw.codes.iter().any(|c| failed.iter().any(|f| f == c));
        let right = if faulty { found } else { failed.is_empty() };
        let row = table.entry((faulty, draw.kind)).or_default();
        row.0 += 1;
        row.1 += usize::from(right);
        if !right {
            let _ = writeln!(wrong, "{} -> {failed:?}", draw.told);
        }
    }
    let mut page = String::new();
    for ((faulty, kind), (n, right)) in &table {
        let what = if *faulty { "fault" } else { "whole" };
        let _ = writeln!(page, "| {what} | {kind} | {n} | {right} |");
    }
    let sum = |faulty: bool| {
        table.iter().filter(|(k, _)| k.0 == faulty).fold((0, 0), |a, (_, r)| (a.0 + r.0, a.1 + r.1))
    };
    let ((whole, passed), (faulty, found)) = (sum(false), sum(true));
    let sensitivity = found as f64 / faulty as f64;
    let false_rate = (whole - passed) as f64 / whole as f64;
    println!(
        "{page}sensitivity {sensitivity:.4} (n {faulty}), false rate {false_rate:.4} (n {whole})"
    );
    write_page(&page, (whole, false_rate), (faulty, sensitivity));
    assert!(sensitivity >= 0.995 && false_rate <= 0.005, "{wrong}");
}

/// `docs/accuracy/geometry.md`, where `make accuracy` asks for it.
fn write_page(rows: &str, (whole, false_rate): (usize, f64), (faulty, sensitivity): (usize, f64)) {
    let page = format!(
        "# Slice geometry\n\nMade by `make accuracy` (tests/geometry_draws.rs, tests/geometry_matrix.rs). A thousand volumes drawn \
         at random: 5 to 600 slices, CT and\nMR, thickness, gap, tilt, plane, five makers' ways of numbering, \
         single-frame and enhanced; half of them with one fault.\n\nSensitivity {:.1} % (n {faulty}, asked 99.5 %); false rate \
         {:.1} % (n {whole}, asked at most 0.5 %).\n\n| | what | n | right |\n|---|---|---|---|\n{rows}\n\
         Not drawn, as nothing in header or geometry could tell: one slice lost at the start by a maker that numbers from 0, and \
         volumes thinned\nevenly and renumbered whose slices still touch (CT), or lie up to one thickness apart (MR).\n",
        sensitivity * 100.0,
        false_rate * 100.0
    );
    if std::env::var_os("HRGATE_BLESS").is_some() {
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/accuracy/geometry.md");
        std::fs::write(path, page).expect("the page");
    }
}
