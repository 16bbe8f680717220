//! Runs the checks over one study. A panic in one check costs that check.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::infer::{self, reader::Facts};
use crate::model::outcome::{Outcome, Subject};
use crate::model::study::Study;
use crate::model::text::Text;

use super::contract::{CheckMeta, Depth, Input};
use super::prepared::Prepared;
use super::registry;
use super::view::StudyView;
use crate::model::family;

/// One check with what it said.
pub struct Ran {
    /// The check.
    pub meta: &'static CheckMeta,
    /// At least one outcome.
    pub outcomes: Vec<Outcome>,
}

/// Runs every registered check over `study` under a policy; the order is that of the registry.
pub fn run_all(study: &Study, prepared: &Prepared<'_>, depth: Depth, as_of: &str) -> Vec<Ran> {
    registry::all()
        .map(|meta| Ran { meta, outcomes: run_one(meta, study, prepared, depth, as_of) })
        .collect()
}

/// Runs one check, isolated.
pub fn run_one(
    meta: &'static CheckMeta,
    study: &Study,
    prepared: &Prepared<'_>,
    depth: Depth,
    as_of: &str,
) -> Vec<Outcome> {
    if !family::study_is_judged(study) {
        return vec![Outcome::not_applicable(
            Subject::study(),
            Text::new(
                "该检查类型尚无对应的检查项目，未作判定",
                "no check family judges images of this kind",
            ),
        )];
    }
    if depth < meta.depth && !concerns_models(meta, study) {
        return vec![Outcome::not_applicable(
            Subject::study(),
            Text::new("没有该检查所用模型适用的图像", "no image that the check's models concern"),
        )];
    }
    if depth < meta.depth {
        return vec![Outcome::could_not_run(
            Subject::study(),
            Text::new(
                "本次运行的深度没有读到该检查所需的数据",
                "the run's depth did not read what this check needs",
            ),
        )];
    }
    let view = StudyView::new(study, prepared, meta, depth, as_of);
    let params = prepared.policy.params(meta);
    let ran = catch_unwind(AssertUnwindSafe(|| (meta.run)(&view, params)));
    match ran {
        Ok(outcomes) if outcomes.is_empty() => {
            vec![broke("检查没有给出任何结果", "the check returned no outcome")]
        }
        Ok(outcomes) => outcomes,
        Err(panic) => {
            let words = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            vec![broke(&format!("检查程序内部错误：{words}"), &format!("the check broke: {words}"))]
        }
    }
}

/// Whether a check that needs models has an image for them: a CT study is not sent to a person for
/// a run that left out the models of radiographs. The headers alone tell.
fn concerns_models(meta: &CheckMeta, study: &Study) -> bool {
    let model = |input: &Input| match input {
        Input::Model(name) => Some(*name),
        _ => None,
    };
    let models: Vec<&str> = meta.inputs.iter().filter_map(model).collect();
    // A model that nobody reads with may concern anything.
    let Some(readers) = models.iter().map(|m| infer::registry::find(m)).collect::<Option<Vec<_>>>()
    else {
        return true;
    };
    readers.is_empty()
        || study.instances().filter(|(_, i)| i.has_pixel_data()).any(|(_, i)| {
            let facts = Facts { attributes: &i.attributes, file: &i.file };
            readers.iter().any(|r| r.applies(&facts))
        })
}

fn broke(zh: &str, en: &str) -> Outcome {
    Outcome::could_not_run(Subject::study(), Text::new(zh, en))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::prepared::{Common, Items};
    use crate::checks::testing;
    use crate::model::outcome::OutcomeKind;
    use crate::model::reading::{Marker, MarkerClass, ModelReadings, ReadState, Reading};
    use dicom_dictionary_std::tags;

    #[test]
    fn a_modality_without_a_family_ends_with_every_check_not_applicable() {
        let mut us = testing::instance("US", 1);
        us.attributes.set_text(tags::SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.6.1");
        let study = testing::study(vec![us]);
        let ran = testing::run_all(&study);
        assert_eq!(ran.len(), registry::all().count());
        for r in &ran {
            assert_eq!(r.outcomes.len(), 1, "{}", r.meta.code);
            assert_eq!(r.outcomes[0].kind, OutcomeKind::NotApplicable, "{}", r.meta.code);
        }
    }

    crate::declare_check! {
        /// Probe of what models read.
        code: "MRK999",
        name: "probe",
        title: ("探针", "probe"),
        advice: ("无", "none"),
        status: Stable,
        depth: Models,
        inputs: [Input::Model("probe")],
        params: [],
        dicom_code: None,
        run: |view, _| {
            let look = |i: crate::checks::view::InstanceView<'_>| match i.markers("probe") {
                Err(outcome) => *outcome,
                Ok(found) if found.is_empty() => Outcome::fail(i.subject(), Text::new("无", "none")),
                Ok(_) => Outcome::pass(i.subject(), Text::new("有", "there")),
            };
            view.instances().map(look).collect()
        },
    }

    fn probed(study: &Study, depth: Depth) -> OutcomeKind {
        let mut policy = testing::base_policy();
        let rules = policy.checks.values().next().cloned().unwrap();
        policy.checks.insert("probe".into(), rules);
        let common = Common::of(study, &policy, testing::lexicon());
        let prepared = Prepared { policy: &policy, common: &common, items: Items::NoCatalogue };
        let outcomes = run_one(&CHECK, study, &prepared, depth, testing::AS_OF);
        assert_eq!(outcomes.len(), 1);
        outcomes[0].kind
    }

    #[test]
    fn a_check_of_a_model_judges_only_what_was_read() {
        let mut study = testing::volume("DX", 1, 1.0);
        study.models.asked = vec!["probe".into()];
        assert_eq!(probed(&study, Depth::Pixels), OutcomeKind::CouldNotRun);
        assert_eq!(probed(&study, Depth::Models), OutcomeKind::NotApplicable);
        let mut with = |state, readings| {
            let model = "probe".to_owned();
            study.series[0].instances[0].readings = vec![ModelReadings { model, state, readings }];
            probed(&study, Depth::Models)
        };
        let why = Text::new("缺少运行库", "no runtime");
        assert_eq!(with(ReadState::CouldNotRun(why), Vec::new()), OutcomeKind::CouldNotRun);
        assert_eq!(with(ReadState::Read, Vec::new()), OutcomeKind::Fail);
        let marker = Reading::Marker(Marker::new(0, MarkerClass::L, [0, 0, 4, 4], 0.9));
        assert_eq!(with(ReadState::Read, vec![marker]), OutcomeKind::Pass);
    }

    #[test]
    fn a_clean_study_of_each_family_has_no_failure() {
        for modality in ["CR", "DX", "MG", "CT", "MR"] {
            let mut study = testing::volume(modality, 6, 5.0);
            testing::register(&mut study);
            testing::read_by_models(&mut study);
            for r in testing::run_all(&study) {
                for o in &r.outcomes {
                    let fine = matches!(o.kind, OutcomeKind::Pass | OutcomeKind::NotApplicable);
                    assert!(fine, "{modality} {}: {:?} {}", r.meta.code, o.kind, o.why.en);
                }
            }
        }
    }
}
