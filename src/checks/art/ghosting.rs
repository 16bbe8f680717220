//! ART003: MR images with ghosts along phase encoding.

use crate::checks::contract::Input;
use crate::checks::per_slice::{Rule, Words, judge};
use crate::checks::slices::{is_epi, is_mr_signal};
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::outcome::Outcome;
use crate::model::text::StaticText;
use crate::policy::params::Params;
use crate::series::Kind;

declare_check! {
    /// MR images with ghosts along phase encoding.
    ///
    /// ## What it does
    /// Looks for copies of the body in the air before and behind it along the phase-encoding direction.
    ///
    /// ## Why it matters
    /// Motion, breathing and pulsation repeat the body along phase encoding; over the anatomy the copies imitate and
    /// hide lesions.
    ///
    /// ## How it is measured
    /// `ghost_ratio`: mean of the air before and behind the body along phase encoding less that beside it along
    /// frequency encoding, over twice the signal of the body (percent signal ghosting of the ACR phantom test, as a
    /// share). Echo-planar series (diffusion, functional, perfusion) are judged by ART010.
    ///
    /// ## Known limits
    /// Not judged where the maker masked the air, where no air is in the field, or where the header does not tell the
    /// phase-encoding direction. Ghosts over the body alone, and ghosts of more than a fifth of the signal (which count
    /// as body), are not told. A stack of fewer slices than are asked for fails where all of them lie beyond.
    ///
    /// ## Parameters
    /// `ghost_ratio_max`: largest share. `slices_min`, `share_min`: so many slices, and so large a share of the
    /// measured ones, have to lie beyond the limit.
    ///
    /// ## References
    /// ACR Large Phantom Test Guidance, test 7; DICOM PS3.3 C.8.3.1 (In-plane Phase Encoding Direction); PS3.16 CID
    /// 6316 (RID11426 Ghost).
    code: "ART003",
    name: "ghosting",
    title: ("MR鬼影（相位编码方向）", "ghosts in MR"),
    advice: (
        "固定并指导受检者，使用呼吸或心电门控、饱和带，必要时重扫",
        "immobilise and instruct the patient, use gating or saturation bands, repeat where it hinders reading"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01),
        Input::Measurement(measured::SAMPLED), Input::Stacks, Input::Measurement(measured::GHOST_RATIO)],
    params: [
        ("ghost_ratio_max", Number, "1", "largest share of the signal in a good image"),
        ("slices_min", Number, "slices", "so many slices beyond the limit make a finding"),
        ("share_min", Number, "1", "so large a share of the measured slices beyond it makes a finding"),
    ],
    dicom_code: Some(("RADLEX:RID11426", "Ghost")),
    run: run,
}

static WORDS: Words = Words {
    pass: StaticText {
        zh: "相位编码方向没有鬼影", en: "there are no ghosts along phase encoding"
    },
    beyond: StaticText { zh: "有鬼影", en: "have ghosts" },
    without: StaticText {
        zh: "没有可测量的空气区或未注明相位编码方向",
        en: "there is no air to measure, or the phase-encoding direction is not stated",
    },
};

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let rule = Rule {
        wanted: is_no_epi,
        ..Rule::mr(measured::GHOST_RATIO, params.number("ghost_ratio_max"), params, &WORDS)
            .of_sampled()
    };
    judge(view, &rule)
}

/// Kinds that are read line by line over many excitations: echo-planar series ghost in another way.
fn is_no_epi(kind: Option<&Kind>) -> bool {
    is_mr_signal(kind) && !is_epi(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, measured_slices, one, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    fn study(modality: &str, value: f64, slices: usize) -> crate::model::study::Study {
        measured_slices(modality, measured::GHOST_RATIO, [0.002, value], slices)
    }

    #[test]
    fn hit_slices_beyond_the_limit_and_miss_those_within() {
        let o = one(&CHECK, &study("MR", 0.5, 6), Fail);
        assert_eq!(evidence(&o, "slices_beyond"), 6);
        one(&CHECK, &study("MR", 0.002, 6), Pass);
        one(&CHECK, &study("MR", 0.5, 0), Pass);
    }

    #[test]
    fn miss_what_was_not_measured_and_other_modalities() {
        one(&CHECK, &volume("MR", 12, 5.0), NotApplicable);
        one(&CHECK, &study("CT", 0.5, 6), NotApplicable);
    }
}
