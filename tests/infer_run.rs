//! Models in a run: what they read is the same at any thread count, is kept by the store and judged
//! again from it; what they cannot read is told, never passed.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at once")]

#[path = "common/models.rs"]
mod models;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hrgate::checks::contract::Depth;
use hrgate::infer::model::Model;
use hrgate::infer::models::Models;
use hrgate::infer::prep::Prep;
use hrgate::infer::reader::{Facts, Reader};
use hrgate::infer::readers::Readers;
use hrgate::items::lexicon::Lexicon;
use hrgate::model::family::Family;
use hrgate::model::reading::{Marker, MarkerClass, ReadState, Reading, Score};
use hrgate::model::result::StudyResult;
use hrgate::model::study::Study;
use hrgate::model::text::Text;
use hrgate::pipeline::judge::Rules;
use hrgate::pipeline::load::judge_all;
use hrgate::pipeline::rejudge::rejudge;
use hrgate::pipeline::run::{Request, RunError, collect, in_pool};
use hrgate::policy::load::{PolicySet, load};
use hrgate::store::{Store, StudyFilter, StudyRecord};
use models::{choice, entry, folder, onnx};
use ndarray::Axis;
use tempfile::TempDir;

/// Scores of the whole radiograph, and a "marker" whose confidence is that of a crop.
struct View;

impl Reader for View {
    fn model(&self) -> &'static str {
        "view"
    }

    fn applies(&self, facts: &Facts<'_>) -> bool {
        facts.family() == Some(Family::Radiography)
    }

    fn accepts(&self, entry: &hrgate::infer::manifest::Entry) -> Result<(), Text> {
        entry.threshold("bright").map(|_| ())
    }

    fn read(&self, model: &Model, frame: &Prep<'_>) -> Result<Vec<Reading>, Text> {
        let small = frame.small()?;
        let input = small.image.view().insert_axis(Axis(0)).insert_axis(Axis(0));
        let scores = model.run(&[("image", input.into_dyn())])?;
        let scores = scores.get("scores")?;
        let centre = (f64::from(frame.rows()) / 2.0, f64::from(frame.columns()) / 3.0);
        let crops = [16.5, 40.0, 90.25].map(|side| frame.crop(centre.0, centre.1, side, 32));
        let mut batch = ndarray::Array4::zeros((crops.len(), 1, 32, 32));
        for (mut place, crop) in batch.outer_iter_mut().zip(crops) {
            place.index_axis_mut(Axis(0), 0).assign(&crop?);
        }
        let edges = model.run_batch(batch.view().into_dyn(), 2)?.get("scores")?[[2, 1]];
        let at = frame.index();
        Ok(vec![
            Reading::Score(Score::new(at, "bright", scores[[0, 0]])),
            Reading::Score(Score::new(at, "edges", scores[[0, 1]])),
            Reading::Marker(Marker::new(at, MarkerClass::MirroredR, [4, 5, 9, 11], edges)),
        ])
    }
}

/// Breaks on every frame of a radiograph.
struct Breaks;

impl Reader for Breaks {
    fn model(&self) -> &'static str {
        "breaks"
    }

    fn applies(&self, facts: &Facts<'_>) -> bool {
        facts.family() == Some(Family::Radiography)
    }

    fn read(&self, _: &Model, _: &Prep<'_>) -> Result<Vec<Reading>, Text> {
        panic!("a fault of this reader")
    }
}

static VIEW: &[&dyn Reader] = &[&View];
static BOTH: &[&dyn Reader] = &[&Breaks, &View];

fn samples(names: &[&str]) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_studies");
    names.iter().map(|name| root.join(name)).collect()
}

const MIXED: &[&str] = &["01-chest-dr", "02-clean-ct", "05-lossy-dr", "09-blank-dr"];

fn two_models() -> TempDir {
    let bytes = onnx("view.onnx");
    let entries = entry("view", "1.0", "image", &bytes) + &entry("breaks", "0.1", "image", &bytes);
    folder(&entries, &[("view.onnx", &bytes), ("breaks.onnx", &bytes)])
}

fn request(
    models: &Path,
    readers: &[&'static dyn Reader],
    threads: usize,
    depth: Depth,
) -> Request {
    let models = Arc::new(Models::open(choice(models)));
    Request {
        roots: samples(MIXED),
        depth,
        threads,
        memory: 64 << 20,
        as_of: "20260301".into(),
        sampled_step: 8,
        readers: Some(Arc::new(Readers::new(models, readers))),
        ..Request::default()
    }
}

struct Judges {
    policies: PolicySet,
    lexicon: Lexicon,
}

impl Judges {
    fn new() -> Self {
        let policies = load(None).unwrap_or_else(|e| panic!("{e}"));
        Self { policies, lexicon: Lexicon::embedded().unwrap_or_else(|e| panic!("{e}")) }
    }

    fn rules(&self) -> Rules<'_> {
        let policies = vec![&self.policies.base];
        Rules { policies, catalogues: Vec::new(), lexicon: &self.lexicon }
    }

    fn run(&self, request: &Request) -> Vec<(Study, StudyResult)> {
        let rules = self.rules();
        let mut all = Vec::new();
        in_pool(request.threads, || {
            let collected = collect(request).unwrap();
            let map = |study: &Study, result| (study.clone(), result);
            judge_all(&collected, request, &|_: &Study| &rules, &map, |item| {
                all.push(item);
                Ok::<(), RunError>(())
            })
            .unwrap();
        })
        .unwrap();
        all
    }
}

/// State of a model on every instance that it concerns.
fn states(study: &Study, model: &str) -> Vec<ReadState> {
    let readings = study.instances().flat_map(|(_, i)| &i.readings);
    readings.filter(|r| r.model == model).map(|r| r.state.clone()).collect()
}

#[test]
fn the_bytes_are_the_same_at_any_thread_count() {
    let (judges, models) = (Judges::new(), two_models());
    let mut seen: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
    for threads in [1, 2, 7] {
        let studies = judges.run(&request(models.path(), VIEW, threads, Depth::Models));
        let results: Vec<&StudyResult> = studies.iter().map(|(_, result)| result).collect();
        let readings: Vec<_> =
            studies.iter().flat_map(|(s, _)| s.instances().map(|(_, i)| &i.readings)).collect();
        let bytes = serde_json::to_vec(&(results, readings)).unwrap();
        seen.entry(bytes).or_default().push(threads);
    }
    assert_eq!(seen.into_values().collect::<Vec<_>>(), [[1, 2, 7]]);
}

#[test]
fn what_was_read_is_told_and_only_where_it_concerns() {
    let (judges, models) = (Judges::new(), two_models());
    let studies = judges.run(&request(models.path(), VIEW, 2, Depth::Models));
    assert_eq!(studies.len(), MIXED.len());
    for (study, result) in &studies {
        let radiograph = result.modalities != ["CT"];
        let read = states(study, "view");
        assert_eq!(study.models.asked, ["view"]);
        assert_eq!(radiograph, !read.is_empty());
        assert!(read.iter().all(|s| *s == ReadState::Read), "{read:?}");
        assert_eq!(result.provenance.models.contains_key("view"), radiograph);
        assert_eq!(result.provenance.runtime.is_some(), radiograph);
        assert_eq!(result.markers.len(), read.len(), "one a radiograph");
        for marker in &result.markers {
            assert_eq!((marker.class.as_str(), marker.bbox), ("mirrored_R", [4, 5, 9, 11]));
            let digits = marker.confidence.to_string();
            assert!(digits.len() <= 6 && marker.confidence > 0.4, "{digits}");
        }
    }
    let radiograph = studies.iter().find(|(_, result)| result.modalities != ["CT"]);
    let told = &radiograph.unwrap().1.provenance;
    assert!(told.models["view"].starts_with("1.0+"), "{told:?}");
    assert!(told.runtime.as_deref().is_some_and(|r| r.starts_with("ONNX Runtime 1.")));
}

#[test]
fn a_reader_that_breaks_costs_its_own_readings_only() {
    let (judges, models) = (Judges::new(), two_models());
    let alone = judges.run(&request(models.path(), VIEW, 2, Depth::Models));
    let both = judges.run(&request(models.path(), BOTH, 2, Depth::Models));
    for ((one, _), (two, _)) in alone.iter().zip(&both) {
        let view = |study: &Study| -> Vec<_> {
            let all = study.instances().flat_map(|(_, i)| i.readings.clone());
            all.filter(|r| r.model == "view").collect()
        };
        assert_eq!(view(one), view(two));
        for state in states(two, "breaks") {
            let ReadState::CouldNotRun(why) = state else { panic!("{state:?}") };
            assert!(why.en.contains("the reader of model breaks broke"), "{}", why.en);
        }
        assert_eq!(states(two, "breaks").len(), states(two, "view").len());
    }
}

#[test]
fn a_model_that_cannot_be_had_is_told_once_and_on_every_image() {
    let judges = Judges::new();
    let bytes = onnx("nan.onnx");
    let nan = folder(&entry("view", "1.0", "image", &bytes), &[("view.onnx", &bytes)]);
    let empty = folder("", &[]);
    let plain = entry("view", "1.0", "image", &bytes).replace("bright = 0.5", "dark = 0.5");
    let refused = folder(&plain, &[("view.onnx", &bytes)]);
    for (models, told, noticed) in
        [(&nan, "NaN", 0), (&empty, "has no model view", 1), (&refused, "no threshold bright", 1)]
    {
        let request = request(models.path(), VIEW, 2, Depth::Models);
        let studies = judges.run(&request);
        let states: Vec<_> = studies.iter().flat_map(|(s, _)| states(s, "view")).collect();
        assert!(states.len() >= 3);
        for state in states {
            let ReadState::CouldNotRun(why) = state else { panic!("{told}: {state:?}") };
            assert!(why.en.contains(told), "{} lacks {told}", why.en);
        }
        assert!(studies.iter().all(|(_, result)| result.markers.is_empty()));
        assert_eq!(request.readers.as_ref().unwrap().notices().len(), noticed, "{told}");
    }
    // A run that asks for no models says nothing of them.
    let request = request(empty.path(), VIEW, 2, Depth::Pixels);
    let studies = judges.run(&request);
    assert!(studies.iter().all(|(s, _)| states(s, "view").is_empty() && s.models.asked.is_empty()));
    assert!(request.readers.unwrap().notices().is_empty());
}

#[test]
fn a_stored_study_is_judged_again_without_model_or_file() {
    let (judges, models) = (Judges::new(), two_models());
    let request = request(models.path(), BOTH, 2, Depth::Models);
    let studies = judges.run(&request);
    let place = tempfile::tempdir().unwrap();
    let mut store = Store::open(&place.path().join("results.db")).unwrap();
    let record = |(study, result): &(Study, StudyResult)| {
        StudyRecord::new(study, result.clone(), request.depth, &request.as_of).unwrap()
    };
    let records: Vec<StudyRecord> = studies.iter().map(record).collect();
    store.put("first", "2026-03-01T00:00:00Z", &records).unwrap();
    drop(models);
    let rules = judges.rules();
    let mut again = Vec::new();
    let filter = StudyFilter::default();
    rejudge(&mut store, &filter, &|_: &Study| &rules, true, |judged| {
        assert!(judged.flip.is_none() && judged.record.is_none());
        again.push(judged.result);
        Ok::<(), hrgate::pipeline::rejudge::RejudgeError>(())
    })
    .unwrap();
    let results: Vec<StudyResult> = studies.into_iter().map(|(_, result)| result).collect();
    assert_eq!(again, results);
    assert!(again.iter().any(|r| !r.markers.is_empty()));
}
