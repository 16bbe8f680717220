//! Films that models have read.

use dicom_dictionary_std::tags;

use crate::checks::contract::{CheckMeta, Depth};
use crate::checks::prepared::{Common, Items, Prepared};
use crate::checks::runner;
use crate::infer::{chest_view, side_marker};
use crate::model::family::{Family, family};
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::reading::{Marker, MarkerClass, ModelReadings, ReadState, Reading, Score};
use crate::model::study::Study;
use crate::policy::params::ParamValue;

use super::{AS_OF, base_policy, lexicon, set_int, volume};

/// A film of 2,500 x 3,000 pixels that both models of radiographs have read, without markers.
pub fn film(part: &str, view: &str, side: Option<&str>) -> Study {
    let mut study = volume("DX", 1, 5.0);
    let i = &mut study.series[0].instances[0];
    i.attributes.set_text(tags::BODY_PART_EXAMINED, part);
    i.attributes.set_text(tags::VIEW_POSITION, view);
    i.attributes.set_text(tags::IMAGE_LATERALITY, side.unwrap_or_default());
    i.attributes.set_text(tags::PATIENT_ORIENTATION, "");
    set_int(i, tags::ROWS, 3000);
    set_int(i, tags::COLUMNS, 2500);
    read_by_models(&mut study);
    study
}

/// Has every projection image read by both models of radiographs: no marker, an upright positive, a chest
/// unless it is a mammogram.
pub fn read_by_models(study: &mut Study) {
    let asked = [side_marker::MODEL, chest_view::MODEL];
    study.models.asked = asked.iter().map(|m| (*m).to_owned()).collect();
    let read = |model: &str, readings| ModelReadings {
        model: model.into(),
        state: ReadState::Read,
        readings,
    };
    let films = study.series.iter_mut().flat_map(|s| &mut s.instances);
    for i in films.filter(|i| family(i).is_some_and(Family::is_projection)) {
        let chest = if family(i) == Some(Family::Mammography) { 0.01 } else { 0.99 };
        i.readings = vec![
            read(side_marker::MODEL, vec![doubtful(0.0)]),
            read(chest_view::MODEL, scores([chest, 0.5, 0.01, 0.01])),
        ];
    }
}

fn doubtful(confidence: f32) -> Reading {
    Reading::Score(Score::new(0, side_marker::DOUBT, confidence))
}

fn scores(values: [f32; 4]) -> Vec<Reading> {
    let score = |(name, value): (&&str, f32)| Reading::Score(Score::new(0, *name, value));
    chest_view::SCORES.iter().zip(values).map(score).collect()
}

fn readings(study: &mut Study, model: usize) -> &mut Vec<Reading> {
    &mut study.series[0].instances[0].readings[model].readings
}

/// A marker that the model was sure of.
pub fn mark(study: &mut Study, class: MarkerClass, bounds: [u32; 4]) {
    readings(study, 0).push(Reading::Marker(Marker::new(0, class, bounds, 0.99)));
}

/// A marker, and the share of tissue about it.
pub fn mark_in_tissue(study: &mut Study, share: f32) {
    mark(study, MarkerClass::L, [2300, 80, 2380, 180]);
    readings(study, 0).push(Reading::Score(Score::new(0, side_marker::TISSUE, share)));
}

/// A place that may be a marker.
pub fn doubt(study: &mut Study, confidence: f32) {
    readings(study, 0)[0] = doubtful(confidence);
}

/// The scores of `chest_view`, in its order.
pub fn view_scores(study: &mut Study, scores: [f32; 4]) {
    *readings(study, 1) = self::scores(scores);
}

/// Runs one check at the depth of models under the base policy with parameters replaced, and expects
/// one outcome of `kind`.
#[track_caller]
pub fn one_at_models(
    meta: &'static CheckMeta,
    study: &Study,
    params: &[(&str, ParamValue)],
    kind: OutcomeKind,
) -> Outcome {
    one_of_items(meta, study, params, Items::NoCatalogue, kind)
}

/// As [`one_at_models`], under catalogue items.
#[track_caller]
pub fn one_of_items(
    meta: &'static CheckMeta,
    study: &Study,
    params: &[(&str, ParamValue)],
    items: Items<'_>,
    kind: OutcomeKind,
) -> Outcome {
    let mut policy = base_policy();
    let own = &mut policy.checks.get_mut(meta.name).unwrap().params.0;
    own.extend(params.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    let common = Common::of(study, &policy, lexicon());
    let prepared = Prepared { policy: &policy, common: &common, items };
    let mut outcomes = runner::run_one(meta, study, &prepared, Depth::Models, AS_OF);
    let told: Vec<_> = outcomes.iter().map(|o| (o.kind, o.why.en.clone())).collect();
    assert_eq!(outcomes.len(), 1, "{told:?}");
    assert_eq!(outcomes[0].kind, kind, "{told:?}");
    outcomes.remove(0)
}
