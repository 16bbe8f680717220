//! Fills a store with as many studies as asked, each with at least 40 outcomes, from the studies of
//! another store: `fill_store FROM TO COUNT`. For timing `hrgate rejudge` at a province's size.

#![expect(clippy::print_stdout, reason = "an example talks to a person")]

use std::error::Error;
use std::path::Path;

use hrgate::checks::contract::Depth;
use hrgate::items::lexicon::Lexicon;
use hrgate::model::attribute::{Stored, Value};
use hrgate::model::study::Study;
use hrgate::pipeline::judge::{Judge, Rules};
use hrgate::policy::load::load;
use hrgate::store::{Store, StudyFilter, StudyRecord};
use rayon::prelude::*;

/// Outcomes that every study has at least.
const OUTCOMES: usize = 40;
const AS_OF: &str = "20260101";
const BATCH: usize = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, from, to, count] = args.as_slice() else {
        return Err("usage: fill_store FROM TO COUNT".into());
    };
    let count: usize = count.parse()?;
    let policies = load(None)?;
    let lexicon = Lexicon::embedded()?;
    let rules = Rules { policies: vec![&policies.base], catalogues: Vec::new(), lexicon: &lexicon };
    let judge = Judge { rules: &rules, depth: Depth::Pixels, as_of: AS_OF };
    let page = Store::open_read_only(Path::new(from))?.page(&StudyFilter::default(), "", 10_000)?;
    let mut seeds = Vec::new();
    for stored in &page {
        let study = widen(stored.study()?, &judge);
        if judge.judge(&study).outcomes.len() >= OUTCOMES {
            seeds.push(study);
        }
    }
    println!("{} kinds of study, {} outcomes and more each", seeds.len(), OUTCOMES);
    let mut store = Store::open(Path::new(to))?;
    for first in (0..count).step_by(BATCH) {
        let records: Vec<StudyRecord> = (first..count.min(first + BATCH))
            .into_par_iter()
            .map(|n| {
                let study = renamed(&seeds[n % seeds.len()], n);
                let result = judge.judge(&study);
                StudyRecord::new(&study, result, Depth::Pixels, AS_OF)
            })
            .collect::<Result<_, String>>()?;
        store.put("fill", "2026-01-01T00:00:00Z", &records)?;
    }
    Ok(())
}

/// Repeats the series of a study, under other UIDs, until it has enough outcomes.
fn widen(study: Study, judge: &Judge<'_>) -> Study {
    let mut wide = study.clone();
    for n in 0..60 {
        if judge.judge(&wide).outcomes.len() >= OUTCOMES {
            break;
        }
        let Some(series) = study.series.get(n % study.series.len().max(1)) else { break };
        let mut series = series.clone();
        series.uid = format!("{}.{n}", series.uid);
        for instance in &mut series.instances {
            let sop = format!("{}.{n}", instance.sop_uid());
            let text = |t: String| Stored::Present(Value::Text(vec![t].into()));
            instance
                .attributes
                .set(dicom_dictionary_std::tags::SERIES_INSTANCE_UID, text(series.uid.clone()));
            instance.attributes.set(dicom_dictionary_std::tags::SOP_INSTANCE_UID, text(sop));
        }
        wide.series.push(series);
    }
    wide
}

fn renamed(study: &Study, n: usize) -> Study {
    let mut study = study.clone();
    study.key = format!("{}.{n}", study.key);
    study.uid = format!("{}.{n}", study.uid);
    study
}
