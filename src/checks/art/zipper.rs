//! ART006: MR images crossed by a zipper line.

use crate::checks::contract::Input;
use crate::checks::per_slice::{Rule, Words, judge};
use crate::checks::view::{InstanceView, SeriesView, StudyView};
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::outcome::Outcome;
use crate::model::text::StaticText;
use crate::policy::params::Params;
use dicom_dictionary_std::tags;

declare_check! {
    /// MR images crossed by a zipper line.
    ///
    /// ## What it does
    /// Looks for a bright line across the air along phase encoding.
    ///
    /// ## Why it matters
    /// Foreign radio signal entered the room: an open door, a device, a broken shield. The line crosses the anatomy
    /// too.
    ///
    /// ## How it is measured
    /// `zipper_z`: excess of the brightest line of the air over its neighbours three pixels off, in standard errors of
    /// such lines, in the second weakest of its quarters. Measured on sampled slices.
    ///
    /// ## Known limits
    /// Not judged where the maker masked the air, none is in the field, or the header does not tell the phase-encoding
    /// direction (ghosts of vessels are lines as well). A line behind the body alone is not told. A stack of fewer
    /// slices than are asked for fails where all of them lie beyond.
    ///
    /// ## Parameters
    /// `zipper_z_max`: largest excess. `slices_min`, `share_min`: so many slices, and so large a share of the measured
    /// ones, have to lie beyond the limit.
    ///
    /// ## References
    /// Heiland 2008 (From A as in aliasing to Z as in zipper); DICOM PS3.16 CID 7011 (111215).
    code: "ART006",
    name: "zipper",
    title: ("MR拉链伪影", "zipper line in MR"),
    advice: (
        "关好屏蔽门，移除室内电子设备，检查屏蔽后重扫",
        "close the door, take electronic devices out, have the shield checked, repeat"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01),
        Input::Measurement(measured::SAMPLED), Input::Stacks, Input::Measurement(measured::ZIPPER_Z),
        Input::Header(tags::IN_PLANE_PHASE_ENCODING_DIRECTION),
    ],
    params: [
        ("zipper_z_max", Number, "1", "largest excess of a good image, standard errors"),
        ("slices_min", Number, "slices", "so many slices beyond the limit make a finding"),
        ("share_min", Number, "1", "so large a share of the measured slices beyond it makes a finding"),
    ],
    dicom_code: Some(("DCM:111215", "Artifact(s) other than grid or detector artifact")),
    run: run,
}

static WORDS: Words = Words {
    pass: StaticText { zh: "没有拉链状亮线", en: "no zipper line crosses the images" },
    beyond: StaticText { zh: "有拉链状亮线", en: "are crossed by a zipper line" },
    without: StaticText {
        zh: "没有可测量的空气区或未注明相位编码方向",
        en: "there is no air to measure, or the phase-encoding direction is not stated",
    },
};

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let rule = Rule {
        concerned: &tells_phase,
        ..Rule::mr(measured::ZIPPER_Z, params.number("zipper_z_max"), params, &WORDS).of_sampled()
    };
    judge(view, &rule)
}

/// Whether the header tells along which axis phase was encoded.
fn tells_phase(series: &SeriesView<'_>) -> bool {
    let tag = tags::IN_PLANE_PHASE_ENCODING_DIRECTION;
    let told = |i: InstanceView<'_>| {
        matches!(i.frame_text(0, tag).map(str::trim), Some("ROW" | "COL" | "COLUMN"))
    };
    !series.is_empty() && series.instances().all(told)
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
            i.attributes.set_text(tags::IN_PLANE_PHASE_ENCODING_DIRECTION, "ROW");
            take(i, measured::ZIPPER_Z, 2.0);
        }
        for i in study.series[0].instances.iter_mut().take(slices) {
            take(i, measured::ZIPPER_Z, value);
        }
        study
    }

    #[test]
    fn hit_slices_beyond_the_limit_and_miss_those_within() {
        let o = one(&CHECK, &study("MR", 90.0, 6), Fail);
        assert_eq!(evidence(&o, "slices_beyond"), 6);
        one(&CHECK, &study("MR", 2.0, 6), Pass);
        one(&CHECK, &study("MR", 90.0, 0), Pass);
    }

    #[test]
    fn miss_what_was_not_measured_and_other_modalities() {
        one(&CHECK, &volume("MR", 12, 5.0), NotApplicable);
        one(&CHECK, &study("CT", 90.0, 6), NotApplicable);
    }
}
