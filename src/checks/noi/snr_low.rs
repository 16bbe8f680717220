//! NOI002: MR images with a low signal-to-noise ratio.

use crate::checks::contract::Input;
use crate::checks::per_slice::{Rule, Second, Side, Words, judge};
use crate::checks::slices::is_mr_signal;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::outcome::Outcome;
use crate::model::text::StaticText;
use crate::policy::params::Params;
use crate::series::Kind;

declare_check! {
    /// MR images with a low signal-to-noise ratio.
    ///
    /// ## What it does
    /// Looks for MR images whose body signal stands too little above the noise.
    ///
    /// ## Why it matters
    /// Noise hides small and faint lesions; it comes from a coil that was not plugged in or placed, too small a voxel
    /// or too few averages.
    ///
    /// ## How it is measured
    /// The larger of two signal-to-noise ratios: `snr`, median signal of the body over the standard deviation of the noise,
    /// estimated inside the body from what a plane does not explain in 8 x 8 blocks (a lower bound where blocks hold texture); and
    /// `snrd` (Dietrich), the mean of the body over the spread of the air, where the maker did not mask it.
    ///
    /// ## Known limits
    /// Diffusion at high b-values is noisy by nature and not judged. Parallel imaging makes noise uneven. A stack of
    /// fewer slices than are asked for fails where all of them lie beyond.
    ///
    /// ## Parameters
    /// `snr_min`: smallest ratio; `snr_alone_min`: the same where `snrd` cannot be had. `slices_min`, `share_min`: so many slices, and so large a share of the measured ones,
    /// have to lie beyond the limit.
    ///
    /// ## References
    /// Immerkaer 1996, 10.1006/cviu.1996.0060; Dietrich 2007, 10.1002/jmri.20969; DICOM PS3.16 CID 6315 (130578 Poor SNR).
    code: "NOI002",
    name: "snr-low",
    title: ("MR信噪比过低", "MR signal-to-noise ratio is low"),
    advice: (
        "核对线圈连接与选择、体素大小和采集次数；影响诊断时重扫",
        "check coil, voxel size and averages; repeat where it hinders reading"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01), Input::Stacks, Input::Measurement(measured::SNR), Input::Measurement(measured::SNRD)],
    params: [
        ("snr_min", Number, "1", "smallest ratio of a good image"),
        ("snr_alone_min", Number, "1", "the same where the air is masked or out of view"),
        ("slices_min", Number, "slices", "so many slices beyond the limit make a finding"),
        ("share_min", Number, "1", "so large a share of the measured slices beyond it makes a finding"),
    ],
    dicom_code: Some(("DCM:130578", "Poor SNR")),
    run: run,
}

static WORDS: Words = Words {
    pass: StaticText {
        zh: "信噪比在限值以上", en: "the signal-to-noise ratio is above the limit"
    },
    beyond: StaticText {
        zh: "信噪比低于限值", en: "have too little signal for their noise"
    },
    without: StaticText {
        zh: "没有可测量信噪比的MR图像",
        en: "no MR image has a body in which noise could be measured",
    },
};

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let rule = Rule {
        side: Side::Below,
        or: Some(Second { name: measured::SNRD, limit_without: params.number("snr_alone_min") }),
        wanted: read_as_anatomy,
        ..Rule::mr(measured::SNR, params.number("snr_min"), params, &WORDS)
    };
    judge(view, &rule)
}

/// Kinds whose signal is meant to be high: diffusion and functional series are noisy by nature.
fn read_as_anatomy(kind: Option<&Kind>) -> bool {
    let functional = matches!(kind, Some(Kind::Bold | Kind::PerfDsc));
    is_mr_signal(kind) && !functional && !kind.is_some_and(Kind::is_diffusion)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, measured_slices, one, take, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    fn study(modality: &str, value: f64, slices: usize) -> crate::model::study::Study {
        measured_slices(modality, measured::SNR, [30.0, value], slices)
    }

    #[test]
    fn hit_slices_beyond_the_limit_and_miss_those_within() {
        let o = one(&CHECK, &study("MR", 1.5, 6), Fail);
        assert_eq!(evidence(&o, "slices_beyond"), 6);
        one(&CHECK, &study("MR", 30.0, 6), Pass);
        one(&CHECK, &study("MR", 1.5, 0), Pass);
    }

    #[test]
    fn hit_and_miss_by_the_better_of_two_and_by_the_limit_of_one_alone() {
        let of = |snr: f64, snrd: Option<f64>| {
            let mut study = study("MR", snr, 12);
            for i in &mut study.series[0].instances {
                if let Some(v) = snrd {
                    take(i, measured::SNRD, v);
                }
            }
            study
        };
        one(&CHECK, &of(2.0, Some(20.0)), Pass);
        let o = one(&CHECK, &of(2.0, Some(6.0)), Fail);
        assert_eq!(evidence(&o, "snrd"), 6.0);
        one(&CHECK, &of(5.0, None), Pass);
        let o = one(&CHECK, &of(3.0, None), Fail);
        assert_eq!(o.evidence[0].limit, Some(4.0.into()));
    }

    #[test]
    fn miss_what_was_not_measured_and_other_modalities() {
        one(&CHECK, &volume("MR", 12, 5.0), NotApplicable);
        one(&CHECK, &study("CT", 1.5, 6), NotApplicable);
    }
}
