//! ART002: CT slices with rings about the centre.

use crate::checks::contract::Input;
use crate::checks::per_slice::{Rule, Words, judge};
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::outcome::Outcome;
use crate::model::text::StaticText;
use crate::policy::params::Params;

declare_check! {
    /// CT slices with rings about the centre.
    ///
    /// ## What it does
    /// Looks for rings and arcs about the centre of reconstruction.
    ///
    /// ## Why it matters
    /// A detector element reads wrong: every slice of every patient has it until the scanner is calibrated, and near
    /// the centre it imitates a lesion.
    ///
    /// ## How it is measured
    /// The slice is sampled along rays from the centre; each sample is held against those three pixels further in and
    /// out. `ring_z` is the largest median over all directions in multiples of its standard error, where four fifths of
    /// the sectors of 22.5 degrees agree in sign. Measured on sampled slices.
    ///
    /// ## Known limits
    /// The centre of the image is taken for the centre of reconstruction; a shifted target hides rings. Rings of fewer
    /// than eight sectors (half a turn) are not told. A stack of fewer slices than are asked for fails where all of
    /// them lie beyond.
    ///
    /// ## Parameters
    /// `ring_z_max`: largest multiple. `slices_min`, `share_min`: so many slices, and so large a share of the measured
    /// ones, have to lie beyond the limit.
    ///
    /// ## References
    /// Barrett 2004, 10.1148/rg.246045065; DICOM PS3.16 CID 7011 (111214 Detector artifact(s)).
    code: "ART002",
    name: "rings",
    title: ("CT环形伪影", "rings in CT"),
    advice: (
        "对设备做空气校准，必要时报修探测器，然后重扫",
        "calibrate the scanner (air calibration), have the detector looked at, then repeat"
    ),
    status: Stable,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01),
        Input::Measurement(measured::SAMPLED), Input::Stacks, Input::Measurement(measured::RING_Z)],
    params: [
        ("ring_z_max", Number, "1", "largest multiple of the standard error of a good slice"),
        ("slices_min", Number, "slices", "so many slices beyond the limit make a finding"),
        ("share_min", Number, "1", "so large a share of the measured slices beyond it makes a finding"),
    ],
    dicom_code: Some(("DCM:111214", "Detector artifact(s)")),
    run: run,
}

static WORDS: Words = Words {
    pass: StaticText { zh: "抽测的层面没有环形伪影", en: "no sampled slice has rings" },
    beyond: StaticText { zh: "有环形伪影", en: "have rings" },
    without: StaticText {
        zh: "抽测的层面没有足够的软组织",
        en: "no sampled slice has enough tissue about the centre",
    },
};

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    judge(
        view,
        &Rule::ct(measured::RING_Z, params.number("ring_z_max"), params, &WORDS).of_sampled(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, measured_slices, one, volume};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};

    fn study(modality: &str, value: f64, slices: usize) -> crate::model::study::Study {
        measured_slices(modality, measured::RING_Z, [2.0, value], slices)
    }

    #[test]
    fn hit_slices_beyond_the_limit_and_miss_those_within() {
        let o = one(&CHECK, &study("CT", 60.0, 6), Fail);
        assert_eq!(evidence(&o, "slices_beyond"), 6);
        one(&CHECK, &study("CT", 2.0, 6), Pass);
        one(&CHECK, &study("CT", 60.0, 0), Pass);
        one(&CHECK, &study("CT", 60.0, 1), Pass);
    }

    #[test]
    fn what_was_not_decoded_or_not_sampled_could_not_run() {
        let mut study = study("CT", 2.0, 0);
        study.series[0]
            .instances
            .iter_mut()
            .for_each(|i| i.measurements.retain(|m| m.name == "p01"));
        one(&CHECK, &study, CouldNotRun);
        study.series[0].instances.iter_mut().for_each(|i| i.measurements.clear());
        let o = one(&CHECK, &study, CouldNotRun);
        assert!(o.why.en.starts_with("the pixels of 12 of 12 slices"), "{}", o.why.en);
    }

    #[test]
    fn miss_what_was_not_measured_and_other_modalities() {
        one(&CHECK, &volume("CT", 12, 5.0), NotApplicable);
        one(&CHECK, &study("MR", 60.0, 6), NotApplicable);
    }
}
