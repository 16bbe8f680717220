//! ART005: MR images with spikes in k-space.

use crate::checks::contract::Input;
use crate::checks::per_slice::{Rule, Words, judge};
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::outcome::Outcome;
use crate::model::text::StaticText;
use crate::policy::params::Params;

declare_check! {
    /// MR images with spikes in k-space.
    ///
    /// ## What it does
    /// Looks for single bad samples of k-space, which lay stripes or a herringbone over the whole image.
    ///
    /// ## Why it matters
    /// A loose cable, a gradient coil that arcs or static in the room: the scanner needs service, and the stripes hide
    /// what is faint.
    ///
    /// ## How it is measured
    /// The spectra of four quarters of the image are averaged (geometric mean): a spike is in all, a texture in one.
    /// `spike_z` is the largest excess of the logarithm over its surroundings in k-space, away from centre and axes, in
    /// robust standard deviations. Measured on sampled slices.
    ///
    /// ## Known limits
    /// Magnitude images only. Spikes near the centre of k-space look like coil shading and are not told. A stack of
    /// fewer slices than are asked for fails where all of them lie beyond.
    ///
    /// ## Parameters
    /// `spike_z_max`: largest excess. `slices_min`, `share_min`: so many slices, and so large a share of the measured
    /// ones, have to lie beyond the limit.
    ///
    /// ## References
    /// Staemmler 2011; Barker 2000 (spikes in k-space); DICOM PS3.16 CID 7011 (111215).
    code: "ART005",
    name: "spikes",
    title: ("MR尖峰噪声（条纹）伪影", "k-space spikes in MR"),
    advice: (
        "联系工程师检查梯度、线缆与屏蔽，然后重扫",
        "have gradients, cables and the room checked, then repeat"
    ),
    status: Stable,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01),
        Input::Measurement(measured::SAMPLED), Input::Stacks, Input::Measurement(measured::SPIKE_Z)],
    params: [
        ("spike_z_max", Number, "1", "largest excess of a good image, robust standard deviations"),
        ("slices_min", Number, "slices", "so many slices beyond the limit make a finding"),
        ("share_min", Number, "1", "so large a share of the measured slices beyond it makes a finding"),
    ],
    dicom_code: Some(("DCM:111215", "Artifact(s) other than grid or detector artifact")),
    run: run,
}

static WORDS: Words = Words {
    pass: StaticText { zh: "抽测的图像没有尖峰条纹", en: "no sampled image has spikes" },
    beyond: StaticText { zh: "有尖峰条纹", en: "have spikes in k-space" },
    without: StaticText { zh: "抽测的图像过小", en: "the sampled images are too small" },
};

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    judge(
        view,
        &Rule::mr(measured::SPIKE_Z, params.number("spike_z_max"), params, &WORDS).of_sampled(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, measured_slices, one, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    fn study(modality: &str, value: f64, slices: usize) -> crate::model::study::Study {
        measured_slices(modality, measured::SPIKE_Z, [2.0, value], slices)
    }

    #[test]
    fn hit_slices_beyond_the_limit_and_miss_those_within() {
        let o = one(&CHECK, &study("MR", 60.0, 6), Fail);
        assert_eq!(evidence(&o, "slices_beyond"), 6);
        one(&CHECK, &study("MR", 2.0, 6), Pass);
        one(&CHECK, &study("MR", 60.0, 0), Pass);
    }

    #[test]
    fn miss_what_was_not_measured_and_other_modalities() {
        one(&CHECK, &volume("MR", 12, 5.0), NotApplicable);
        one(&CHECK, &study("CT", 60.0, 6), NotApplicable);
    }
}
