//! POS001: A body that the reconstruction field of a CT cuts.

use crate::checks::contract::Input;
use crate::checks::per_slice::{Rule, Words, judge};
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::outcome::Outcome;
use crate::model::text::StaticText;
use crate::policy::params::Params;

declare_check! {
    /// A body that the reconstruction field of a CT cuts.
    ///
    /// ## What it does
    /// Looks for slices whose body reaches the border of the reconstructed field.
    ///
    /// ## Why it matters
    /// What lies outside the field cannot be read, doses and densities near the cut are wrong.
    ///
    /// ## How it is measured
    /// `body_cut_chord`: of each border of the image or of its circle of padding, how much of it lies in the body, over the
    /// height or width of the body along it; the largest. A fifth of the width cut off at one side takes some 0.85 of the height.
    ///
    /// ## Known limits
    /// Small fields are meant in reconstructions of a part (heart, spine, ear); arms beside the body may be cut without
    /// harm. A stack of fewer slices than are asked for fails where all of them lie beyond.
    ///
    /// ## Parameters
    /// `body_cut_chord_max`: largest part. `slices_min`, `share_min`: so many slices, and so large a share of the
    /// measured ones, have to lie beyond the limit.
    ///
    /// ## References
    /// DICOM PS3.3 C.8.2.1 (Reconstruction Diameter); PS3.16 CID 6315 (130577 Poor FOV selection).
    code: "POS001",
    name: "body-cut",
    title: ("CT重建视野切断人体", "the CT field cuts the body"),
    advice: (
        "扩大重建视野后重新重建并发送",
        "reconstruct with a larger field and send again"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01), Input::Stacks, Input::Measurement(measured::BODY_CUT_CHORD)],
    params: [
        ("body_cut_chord_max", Number, "1", "largest part of the width or height at one border"),
        ("slices_min", Number, "slices", "so many slices beyond the limit make a finding"),
        ("share_min", Number, "1", "so large a share of the measured slices beyond it makes a finding"),
    ],
    dicom_code: Some(("DCM:130577", "Poor FOV selection")),
    run: run,
}

static WORDS: Words = Words {
    pass: StaticText { zh: "人体在重建视野内", en: "the body lies inside the field" },
    beyond: StaticText { zh: "人体被视野切断", en: "are cut by the field" },
    without: StaticText {
        zh: "没有可测量人体轮廓的层面", en: "no slice has a body to measure"
    },
};

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    judge(
        view,
        &Rule::ct(measured::BODY_CUT_CHORD, params.number("body_cut_chord_max"), params, &WORDS),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, measured_slices, one, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    fn study(modality: &str, value: f64, slices: usize) -> crate::model::study::Study {
        measured_slices(modality, measured::BODY_CUT_CHORD, [0.02, value], slices)
    }

    #[test]
    fn hit_slices_beyond_the_limit_and_miss_those_within() {
        let o = one(&CHECK, &study("CT", 0.9, 6), Fail);
        assert_eq!(evidence(&o, "slices_beyond"), 6);
        one(&CHECK, &study("CT", 0.02, 6), Pass);
        one(&CHECK, &study("CT", 0.9, 0), Pass);
    }

    #[test]
    fn miss_what_was_not_measured_and_other_modalities() {
        one(&CHECK, &volume("CT", 12, 5.0), NotApplicable);
        one(&CHECK, &study("MR", 0.9, 6), NotApplicable);
    }
}
