//! NOI001: CT slices of soft-tissue reconstruction that are noisy.

use crate::checks::contract::Input;
use crate::checks::per_slice::{Rule, Words, judge};
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::outcome::Outcome;
use crate::model::text::StaticText;
use crate::policy::params::Params;
use crate::series::kind::Kernel;

declare_check! {
    /// CT slices of soft-tissue reconstruction that are noisy.
    ///
    /// ## What it does
    /// Looks for CT slices whose noise in soft tissue exceeds the limit.
    ///
    /// ## Why it matters
    /// Noise hides lesions of low contrast (liver, brain); it comes from too low a dose for the patient, or a kernel
    /// that does not suit the task.
    ///
    /// ## How it is measured
    /// Global noise index (`gni`): the mode of the standard deviation in small windows over soft tissue, HU.
    /// Reconstructions with bone or lung kernels, whose noise is meant, are not judged.
    ///
    /// ## Known limits
    /// Thin slices are noisier than the thick ones that are read; a limit for each thickness needs the protocol. A
    /// stack of fewer slices than are asked for fails where all of them lie beyond.
    ///
    /// ## Parameters
    /// `gni_max`: largest noise, HU. `slices_min`, `share_min`: so many slices, and so large a share of the measured
    /// ones, have to lie beyond the limit.
    ///
    /// ## References
    /// Christianson 2015, 10.2214/AJR.14.13613 (global noise level); DICOM PS3.16 CID 6135.
    code: "NOI001",
    name: "noise-high",
    title: ("CT噪声过大", "CT noise is high"),
    advice: (
        "核对剂量与重建算法；影响诊断时用软组织算法或更厚层厚重建",
        "check dose and kernel; where it hinders reading, reconstruct with a soft kernel or thicker slices"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01),
        Input::Measurement(measured::SAMPLED), Input::Stacks, Input::Measurement(measured::GNI)],
    params: [
        ("gni_max", Number, "HU", "largest noise of a good slice"),
        ("slices_min", Number, "slices", "so many slices beyond the limit make a finding"),
        ("share_min", Number, "1", "so large a share of the measured slices beyond it makes a finding"),
    ],
    dicom_code: None,
    run: run,
}

static WORDS: Words = Words {
    pass: StaticText {
        zh: "软组织噪声在限值以内", en: "noise in soft tissue is within the limit"
    },
    beyond: StaticText { zh: "噪声超限", en: "are noisy" },
    without: StaticText {
        zh: "没有可测量软组织噪声的CT图像",
        en: "no CT slice has enough soft tissue to measure its noise",
    },
};

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let rule = Rule {
        concerned: &soft,
        ..Rule::ct(measured::GNI, params.number("gni_max"), params, &WORDS).of_sampled()
    };
    judge(view, &rule)
}

/// Whether a series was reconstructed for soft tissue, as far as its kernel tells.
fn soft(series: &SeriesView<'_>) -> bool {
    !matches!(series.kind().kernel, Some(Kernel::Bone | Kernel::Lung))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, measured_slices, one, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    fn study(modality: &str, value: f64, slices: usize) -> crate::model::study::Study {
        measured_slices(modality, measured::GNI, [8.0, value], slices)
    }

    #[test]
    fn hit_slices_beyond_the_limit_and_miss_those_within() {
        let o = one(&CHECK, &study("CT", 400.0, 6), Fail);
        assert_eq!(evidence(&o, "slices_beyond"), 6);
        one(&CHECK, &study("CT", 8.0, 6), Pass);
        one(&CHECK, &study("CT", 400.0, 0), Pass);
    }

    #[test]
    fn miss_what_was_not_measured_and_other_modalities() {
        one(&CHECK, &volume("CT", 12, 5.0), NotApplicable);
        one(&CHECK, &study("MR", 400.0, 6), NotApplicable);
    }
}
