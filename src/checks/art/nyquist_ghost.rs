//! ART010: echo-planar MR images with ghosts at half the field of view.

use crate::checks::contract::Input;
use crate::checks::per_slice::{Rule, Words, judge};
use crate::checks::slices::is_epi;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::outcome::Outcome;
use crate::model::text::StaticText;
use crate::policy::params::Params;

declare_check! {
    /// Echo-planar MR images with ghosts at half the field of view.
    ///
    /// ## What it does
    /// Looks in diffusion, functional and perfusion series for a copy of the body shifted by half the field of view.
    ///
    /// ## Why it matters
    /// Odd and even lines of the echo train do not fit each other: the copy folds onto the anatomy and falsifies
    /// diffusion and perfusion values.
    ///
    /// ## How it is measured
    /// `gsr` (Giannelli 2010): the air where the body shifted by half the field of view along phase encoding lies, less
    /// the other air, over the signal of the body.
    ///
    /// ## Known limits
    /// Not judged where the maker masked the air, where no air is in the field, or where the header does not tell the
    /// phase-encoding direction. A stack of fewer slices than are asked for fails where all of them lie beyond.
    ///
    /// ## Parameters
    /// `gsr_max`: largest share. `slices_min`, `share_min`: so many slices, and so large a share of the measured ones,
    /// have to lie beyond the limit.
    ///
    /// ## References
    /// Giannelli 2010, 10.1120/jacmp.v11i4.3237; DICOM PS3.16 CID 6316 (RID11426 Ghost).
    code: "ART010",
    name: "nyquist-ghost",
    title: ("EPI图像N/2鬼影", "ghosts at half the field in echo-planar MR"),
    advice: (
        "核对匀场与EPI相位校正，必要时联系工程师并重扫",
        "check shim and phase correction; have the gradients looked at, repeat"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01),
        Input::Measurement(measured::SAMPLED), Input::Stacks, Input::Measurement(measured::GSR)],
    params: [
        ("gsr_max", Number, "1", "largest share of the signal in a good image"),
        ("slices_min", Number, "slices", "so many slices beyond the limit make a finding"),
        ("share_min", Number, "1", "so large a share of the measured slices beyond it makes a finding"),
    ],
    dicom_code: Some(("RADLEX:RID11426", "Ghost")),
    run: run,
}

static WORDS: Words = Words {
    pass: StaticText { zh: "没有N/2鬼影", en: "there are no ghosts at half the field of view" },
    beyond: StaticText { zh: "有N/2鬼影", en: "have ghosts at half the field of view" },
    without: StaticText {
        zh: "没有回波平面序列，或没有可测量的空气区",
        en: "there is no echo-planar series, or no air to measure",
    },
};

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let rule = Rule {
        wanted: is_epi,
        ..Rule::mr(measured::GSR, params.number("gsr_max"), params, &WORDS).of_sampled()
    };
    judge(view, &rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{decoded, evidence, one, set_numbers, take, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use dicom_dictionary_std::tags;

    fn study(modality: &str, value: f64, slices: usize) -> crate::model::study::Study {
        let mut study = volume(modality, 12, 5.0);
        for i in &mut study.series[0].instances {
            decoded(i);
            i.attributes.set_text(tags::SERIES_DESCRIPTION, "ep2d_diff_tra");
            i.attributes.set_text(tags::SCANNING_SEQUENCE, "EP");
            set_numbers(i, tags::DIFFUSION_B_VALUE, &[1000.0]);
        }
        for i in &mut study.series[0].instances {
            take(i, measured::GSR, 0.01);
        }
        for i in study.series[0].instances.iter_mut().take(slices) {
            take(i, measured::GSR, value);
        }
        study
    }

    #[test]
    fn hit_slices_beyond_the_limit_and_miss_those_within() {
        let o = one(&CHECK, &study("MR", 0.9, 6), Fail);
        assert_eq!(evidence(&o, "slices_beyond"), 6);
        one(&CHECK, &study("MR", 0.01, 6), Pass);
        one(&CHECK, &study("MR", 0.9, 0), Pass);
    }

    #[test]
    fn miss_what_was_not_measured_and_other_modalities() {
        one(&CHECK, &volume("MR", 12, 5.0), NotApplicable);
        one(&CHECK, &study("CT", 0.9, 6), NotApplicable);
    }
}
