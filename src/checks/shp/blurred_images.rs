//! SHP002: blurred MR images.

use crate::checks::contract::Input;
use crate::checks::per_slice::{Rule, Side, Words, judge};
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::outcome::Outcome;
use crate::model::text::StaticText;
use crate::policy::params::Params;

declare_check! {
    /// Blurred MR images.
    ///
    /// ## What it does
    /// Looks for MR images whose edges are soft for their pixels.
    ///
    /// ## Why it matters
    /// Motion and too strong a filter take the detail that the matrix promises.
    ///
    /// ## How it is measured
    /// `laplacian_to_tenengrad`: variance of the Laplacian over the mean squared gradient, both of the body; free of
    /// contrast and scale. Measured on sampled slices.
    ///
    /// ## Known limits
    /// Interpolation of the matrix lowers it as blur does; noise raises it. A stack of fewer slices than are asked for
    /// fails where all of them lie beyond.
    ///
    /// ## Parameters
    /// `laplacian_to_tenengrad_min`: smallest ratio. `slices_min`, `share_min`: so many slices, and so large a share of
    /// the measured ones, have to lie beyond the limit.
    ///
    /// ## References
    /// Krotkov 1988 (Tenengrad); Pech-Pacheco 2000 (variance of Laplacian); DICOM PS3.16 CID 7011 (111210 Motion blur).
    code: "SHP002",
    name: "blurred-images",
    title: ("MR图像模糊", "MR images are blurred"),
    advice: (
        "核对是否运动或滤过过强，必要时重扫",
        "see whether the patient moved or a filter is too strong; repeat where it hinders reading"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01),
        Input::Measurement(measured::SAMPLED), Input::Stacks, Input::Measurement(measured::LAPLACIAN_TO_TENENGRAD)],
    params: [
        ("laplacian_to_tenengrad_min", Number, "1", "smallest ratio of a sharp image"),
        ("slices_min", Number, "slices", "so many slices beyond the limit make a finding"),
        ("share_min", Number, "1", "so large a share of the measured slices beyond it makes a finding"),
    ],
    dicom_code: Some(("DCM:111210", "Motion blur")),
    run: run,
}

static WORDS: Words = Words {
    pass: StaticText { zh: "抽测的图像清晰", en: "the sampled images are sharp" },
    beyond: StaticText { zh: "模糊", en: "are blurred" },
    without: StaticText {
        zh: "抽测的图像没有可测量的人体",
        en: "no sampled image has a body to measure",
    },
};

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let rule = Rule {
        side: Side::Below,
        ..Rule::mr(
            measured::LAPLACIAN_TO_TENENGRAD,
            params.number("laplacian_to_tenengrad_min"),
            params,
            &WORDS,
        )
        .of_sampled()
    };
    judge(view, &rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{decoded, evidence, one, take, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    fn study(modality: &str, value: f64, slices: usize) -> crate::model::study::Study {
        let mut study = volume(modality, 12, 5.0);
        for i in &mut study.series[0].instances {
            decoded(i);
            take(i, measured::LAPLACIAN_TO_TENENGRAD, 5.0);
        }
        for i in study.series[0].instances.iter_mut().take(slices) {
            take(i, measured::LAPLACIAN_TO_TENENGRAD, value);
        }
        study
    }

    #[test]
    fn hit_slices_beyond_the_limit_and_miss_those_within() {
        let o = one(&CHECK, &study("MR", 0.001, 6), Fail);
        assert_eq!(evidence(&o, "slices_beyond"), 6);
        one(&CHECK, &study("MR", 5.0, 6), Pass);
        one(&CHECK, &study("MR", 0.001, 0), Pass);
    }

    #[test]
    fn miss_what_was_not_measured_and_other_modalities() {
        one(&CHECK, &volume("MR", 12, 5.0), NotApplicable);
        one(&CHECK, &study("CT", 0.001, 6), NotApplicable);
    }
}
