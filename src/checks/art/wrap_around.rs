//! ART004: MR images into which anatomy wraps from the opposite border.

use crate::checks::contract::Input;
use crate::checks::per_slice::{Rule, Words, judge};
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::outcome::Outcome;
use crate::model::text::StaticText;
use crate::policy::params::Params;

declare_check! {
    /// MR images into which anatomy wraps from the opposite border.
    ///
    /// ## What it does
    /// Looks for tissue at both borders along phase encoding that continues across them.
    ///
    /// ## Why it matters
    /// A field of view smaller than the body folds what lies outside onto what lies inside.
    ///
    /// ## How it is measured
    /// `wrap_continuity`: correlation of the lines of pixels along the two opposite borders where tissue lies at both,
    /// slow change taken off, less the best correlation at other shifts. An aliased image is periodic, so that its
    /// opposite borders are neighbours.
    ///
    /// ## Known limits
    /// Only aliasing that reaches both borders is told; folds of parallel imaging in the middle are not. A stack of
    /// fewer slices than are asked for fails where all of them lie beyond.
    ///
    /// ## Parameters
    /// `wrap_continuity_max`: largest correlation. `slices_min`, `share_min`: so many slices, and so large a share of
    /// the measured ones, have to lie beyond the limit.
    ///
    /// ## References
    /// DICOM PS3.16 CID 6316 (RID11395 Phase wraparound artifact).
    code: "ART004",
    name: "wrap-around",
    title: ("MR卷褶伪影", "wrap-around in MR"),
    advice: (
        "加大视野或使用相位过采样、饱和带后重扫",
        "enlarge the field of view or oversample along phase encoding, and repeat"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01), Input::Stacks, Input::Measurement(measured::WRAP_CONTINUITY)],
    params: [
        ("wrap_continuity_max", Number, "1", "largest correlation in a good image"),
        ("slices_min", Number, "slices", "so many slices beyond the limit make a finding"),
        ("share_min", Number, "1", "so large a share of the measured slices beyond it makes a finding"),
    ],
    dicom_code: Some(("RADLEX:RID11395", "Phase wraparound artifact")),
    run: run,
}

static WORDS: Words = Words {
    pass: StaticText { zh: "没有卷褶", en: "no anatomy wraps around" },
    beyond: StaticText { zh: "有卷褶", en: "wrap around" },
    without: StaticText { zh: "没有可测量的MR图像", en: "no MR image could be measured" },
};

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    judge(
        view,
        &Rule::mr(measured::WRAP_CONTINUITY, params.number("wrap_continuity_max"), params, &WORDS),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, measured_slices, one, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    fn study(modality: &str, value: f64, slices: usize) -> crate::model::study::Study {
        measured_slices(modality, measured::WRAP_CONTINUITY, [0.0, value], slices)
    }

    #[test]
    fn hit_slices_beyond_the_limit_and_miss_those_within() {
        let o = one(&CHECK, &study("MR", 0.99, 6), Fail);
        assert_eq!(evidence(&o, "slices_beyond"), 6);
        one(&CHECK, &study("MR", 0.0, 6), Pass);
        one(&CHECK, &study("MR", 0.99, 0), Pass);
    }

    #[test]
    fn miss_what_was_not_measured_and_other_modalities() {
        one(&CHECK, &volume("MR", 12, 5.0), NotApplicable);
        one(&CHECK, &study("CT", 0.99, 6), NotApplicable);
    }
}
