//! ART007: MR images of uneven intensity.

use crate::checks::contract::Input;
use crate::checks::per_slice::{Rule, Words, judge};
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::outcome::Outcome;
use crate::model::text::StaticText;
use crate::policy::params::Params;

declare_check! {
    /// MR images of uneven intensity.
    ///
    /// ## What it does
    /// Looks for slow change of intensity over the body beyond what the coil explains.
    ///
    /// ## Why it matters
    /// A coil element that is off, or a coil in the wrong place, leaves part of the anatomy dark.
    ///
    /// ## How it is measured
    /// A surface of second degree is fitted to the logarithm of the body’s signal; `inu_range` is the ratio of its 95th
    /// to its 5th percentile.
    ///
    /// ## Known limits
    /// Arrays on one side (spine, breast, flex coils) are uneven by design; the limit allows for it, so a head that is
    /// uneven within it passes. A stack of fewer slices than are asked for fails where all of them lie beyond.
    ///
    /// ## Parameters
    /// `inu_range_max`: largest ratio. `slices_min`, `share_min`: so many slices, and so large a share of the measured
    /// ones, have to lie beyond the limit.
    ///
    /// ## References
    /// DICOM PS3.16 CID 6316 (RID11408 Non-uniform signal intensity artifact); Vovk 2007, 10.1109/TMI.2006.891486.
    code: "ART007",
    name: "intensity-nonuniformity",
    title: ("MR信号不均匀", "MR intensity is uneven"),
    advice: (
        "核对线圈单元选择与摆位，启用均匀性校正后重扫",
        "check coil elements and position, use uniformity correction, repeat"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01),
        Input::Measurement(measured::SAMPLED), Input::Stacks, Input::Measurement(measured::INU_RANGE)],
    params: [
        ("inu_range_max", Number, "1", "largest ratio of a good image"),
        ("slices_min", Number, "slices", "so many slices beyond the limit make a finding"),
        ("share_min", Number, "1", "so large a share of the measured slices beyond it makes a finding"),
    ],
    dicom_code: Some(("RADLEX:RID11408", "Non-uniform signal intensity artifact")),
    run: run,
}

static WORDS: Words = Words {
    pass: StaticText {
        zh: "信号均匀性在限值以内", en: "intensity is as even as the limit asks"
    },
    beyond: StaticText { zh: "信号不均匀", en: "are uneven" },
    without: StaticText {
        zh: "没有可测量的MR图像", en: "no MR image has a body to measure"
    },
};

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    judge(
        view,
        &Rule::mr(measured::INU_RANGE, params.number("inu_range_max"), params, &WORDS).of_sampled(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, measured_slices, one, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    fn study(modality: &str, value: f64, slices: usize) -> crate::model::study::Study {
        measured_slices(modality, measured::INU_RANGE, [1.5, value], slices)
    }

    #[test]
    fn hit_slices_beyond_the_limit_and_miss_those_within() {
        let o = one(&CHECK, &study("MR", 99.0, 6), Fail);
        assert_eq!(evidence(&o, "slices_beyond"), 6);
        one(&CHECK, &study("MR", 1.5, 6), Pass);
        one(&CHECK, &study("MR", 99.0, 0), Pass);
    }

    #[test]
    fn miss_what_was_not_measured_and_other_modalities() {
        one(&CHECK, &volume("MR", 12, 5.0), NotApplicable);
        one(&CHECK, &study("CT", 99.0, 6), NotApplicable);
    }
}
