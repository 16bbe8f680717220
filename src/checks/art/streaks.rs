//! ART001: CT slices crossed by horizontal streaks of starved photons.

use crate::checks::contract::Input;
use crate::checks::per_slice::{Rule, Words, judge};
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::outcome::Outcome;
use crate::model::text::StaticText;
use crate::policy::params::Params;

declare_check! {
    /// CT slices crossed by horizontal streaks of starved photons.
    ///
    /// ## What it does
    /// Looks for CT slices whose even soft tissue is crossed by horizontal streaks, as shoulders, arms beside the body
    /// or hips make them.
    ///
    /// ## Why it matters
    /// Streaks hide what has low contrast (cord, liver, pelvis) and imitate lesions; raised arms and exposure control
    /// avoid most of them.
    ///
    /// ## How it is measured
    /// Even soft tissue is cut into tiles of 24 mm; in each the median size of the differences of pixels 1.5 mm apart
    /// is taken along columns and along rows. `streak_ratio_horizontal` is the geometric mean of their ratio: noise of
    /// any strength has 1. Measured on sampled slices.
    ///
    /// ## Known limits
    /// Streaks of metal and of dense contrast medium run in all directions and are not told (the page on accuracy says
    /// what was tried). Where noise drowns direction, NOI001 tells. Nearly every chest has some at the level of the
    /// shoulders: the share of slices decides. A stack of fewer slices than are asked for fails where all of them lie
    /// beyond.
    ///
    /// ## Parameters
    /// `streak_ratio_max`: largest ratio. `slices_min`, `share_min`: so many slices, and so large a share of the
    /// measured ones, have to lie beyond the limit.
    ///
    /// ## References
    /// Barrett 2004, 10.1148/rg.246045065 (artifacts in CT); DICOM PS3.16 CID 7011 (111215).
    code: "ART001",
    name: "streaks",
    title: ("CT水平条状伪影（光子不足）", "horizontal streaks in CT"),
    advice: (
        "手臂上举、摆位居中，启用自动管电流调制后重扫",
        "raise the arms, centre the patient, use tube current modulation; repeat where it hinders reading"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01),
        Input::Measurement(measured::SAMPLED), Input::Stacks, Input::Measurement(measured::STREAK_RATIO_HORIZONTAL)],
    params: [
        ("streak_ratio_max", Number, "1", "largest ratio of a good slice"),
        ("slices_min", Number, "slices", "so many slices beyond the limit make a finding"),
        ("share_min", Number, "1", "so large a share of the measured slices beyond it makes a finding"),
    ],
    dicom_code: Some(("DCM:111215", "Artifact(s) other than grid or detector artifact")),
    run: run,
}

static WORDS: Words = Words {
    pass: StaticText {
        zh: "抽测的层面没有水平条状伪影",
        en: "no sampled slice is crossed by horizontal streaks",
    },
    beyond: StaticText { zh: "有水平条状伪影", en: "are crossed by horizontal streaks" },
    without: StaticText {
        zh: "抽测的层面没有足够的均匀软组织",
        en: "no sampled slice has enough even soft tissue",
    },
};

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    judge(
        view,
        &Rule::ct(
            measured::STREAK_RATIO_HORIZONTAL,
            params.number("streak_ratio_max"),
            params,
            &WORDS,
        )
        .of_sampled(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, measured_slices, one, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    fn study(modality: &str, value: f64, slices: usize) -> crate::model::study::Study {
        measured_slices(modality, measured::STREAK_RATIO_HORIZONTAL, [1.1, value], slices)
    }

    #[test]
    fn hit_slices_beyond_the_limit_and_miss_those_within() {
        let o = one(&CHECK, &study("CT", 9.0, 6), Fail);
        assert_eq!(evidence(&o, "slices_beyond"), 6);
        one(&CHECK, &study("CT", 1.1, 6), Pass);
        one(&CHECK, &study("CT", 9.0, 0), Pass);
    }

    #[test]
    fn miss_what_was_not_measured_and_other_modalities() {
        one(&CHECK, &volume("CT", 12, 5.0), NotApplicable);
        one(&CHECK, &study("MR", 9.0, 6), NotApplicable);
    }
}
