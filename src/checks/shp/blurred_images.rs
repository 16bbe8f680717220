//! SHP002: blurred MR images.

use crate::checks::contract::Input;
use crate::checks::per_slice::{Rule, Side, Words, judge};
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::outcome::Outcome;
use crate::model::text::StaticText;
use crate::policy::params::Params;
use dicom_dictionary_std::tags;

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
    /// Interpolation of the matrix lowers it as blur does, to about a quarter where both sides are doubled, which the limit
    /// allows for; series whose matrix grew by more than `interpolation_max` against the acquired one are not judged, but one whose
    /// header hides the acquired matrix is. Noise raises it. A stack of fewer slices than are asked for fails where all of them lie beyond.
    ///
    /// ## Parameters
    /// `laplacian_to_tenengrad_min`: smallest ratio. `interpolation_max`: Rows by Columns over the acquired matrix, the root
    /// of it. `slices_min`, `share_min`: so many slices, and so large a share of
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
    status: Stable,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01),
        Input::Measurement(measured::SAMPLED), Input::Stacks, Input::Measurement(measured::LAPLACIAN_TO_TENENGRAD),
        Input::Header(tags::ROWS),
        Input::Header(tags::COLUMNS),
        Input::Header(tags::ACQUISITION_MATRIX),
        Input::Header(tags::MR_ACQUISITION_FREQUENCY_ENCODING_STEPS),
        Input::Header(tags::MR_ACQUISITION_PHASE_ENCODING_STEPS_IN_PLANE)],
    params: [
        ("laplacian_to_tenengrad_min", Number, "1", "smallest ratio of a sharp image"),
        ("interpolation_max", Number, "1", "side of the matrix over that of the acquired one up to which is judged"),
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
    let most = params.number("interpolation_max");
    let rule = Rule {
        side: Side::Below,
        concerned: &|series| interpolation(series).is_none_or(|factor| factor <= most),
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

/// Side of the matrix over that of the acquired one: the root of the pixels over those acquired. `None` where the
/// header does not tell it.
fn interpolation(series: &SeriesView<'_>) -> Option<f64> {
    let first = series.instances().next()?;
    let positive = |n: &f64| *n > 0.0;
    let matrix: Option<[f64; 4]> = first.array(tags::ACQUISITION_MATRIX);
    let steps = [
        tags::MR_ACQUISITION_FREQUENCY_ENCODING_STEPS,
        tags::MR_ACQUISITION_PHASE_ENCODING_STEPS_IN_PLANE,
    ];
    // Of an enhanced object every frame has its own; the first speaks for all.
    let acquired: Vec<f64> = match matrix {
        Some(matrix) => matrix.into_iter().filter(positive).collect(),
        None => steps.into_iter().filter_map(|tag| first.frame_float(0, tag)).collect(),
    };
    let [frequency, phase] = acquired[..] else { return None };
    let pixels = first.float(tags::ROWS)? * first.float(tags::COLUMNS)?;
    Some((pixels / (frequency * phase)).sqrt()).filter(|f| f.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, measured_slices, one, set_int, set_numbers, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    fn study(modality: &str, value: f64, slices: usize) -> crate::model::study::Study {
        measured_slices(modality, measured::LAPLACIAN_TO_TENENGRAD, [5.0, value], slices)
    }

    #[test]
    fn hit_slices_beyond_the_limit_and_miss_those_within() {
        let o = one(&CHECK, &study("MR", 0.001, 6), Fail);
        assert_eq!(evidence(&o, "slices_beyond"), 6);
        one(&CHECK, &study("MR", 5.0, 6), Pass);
        one(&CHECK, &study("MR", 0.001, 0), Pass);
    }

    #[test]
    fn miss_what_was_interpolated_beyond_what_the_limit_allows_for() {
        let mut study = study("MR", 0.3, 6);
        for (side, kind) in [(128, NotApplicable), (160, Fail), (320, Fail)] {
            for i in &mut study.series[0].instances {
                set_int(i, tags::ROWS, 320);
                set_int(i, tags::COLUMNS, 320);
                set_numbers(
                    i,
                    tags::ACQUISITION_MATRIX,
                    &[0.0, f64::from(side), f64::from(side), 0.0],
                );
            }
            one(&CHECK, &study, kind);
        }
    }

    #[test]
    fn miss_what_was_not_measured_and_other_modalities() {
        one(&CHECK, &volume("MR", 12, 5.0), NotApplicable);
        one(&CHECK, &study("CT", 0.001, 6), NotApplicable);
    }
}
