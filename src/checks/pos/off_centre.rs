//! POS003: MR images whose anatomy lies far off the centre of the field.

use crate::checks::contract::Input;
use crate::checks::per_slice::{Rule, Words, judge};
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::outcome::Outcome;
use crate::model::text::StaticText;
use crate::policy::params::Params;
use crate::series::kind::Plane;

declare_check! {
    /// MR images whose anatomy lies far off the centre of the field.
    ///
    /// ## What it does
    /// Looks for MR images in which the body lies to one side of the field of view.
    ///
    /// ## Why it matters
    /// The target should be in the middle of the field: beside it resolution is wasted, and the far side may be cut or
    /// wrap around.
    ///
    /// ## How it is measured
    /// `off_centre_share`: distance of the centre of the box of the body from the centre of the field along the worse
    /// axis, over the field.
    ///
    /// ## Known limits
    /// What is centred is the body, not the organ that was asked for: sagittal series of parts with a spine lie dorsally by protocol and are not
    /// judged. A stack of fewer slices than are asked for fails where all of them lie beyond.
    ///
    /// ## Parameters
    /// `off_centre_share_max`: largest distance. `slices_min`, `share_min`: so many slices, and so large a share of the
    /// measured ones, have to lie beyond the limit.
    ///
    /// ## References
    /// Chongqing-Sichuan draft 2025 7.3.3.3 (the target lies in the middle of the image); DICOM PS3.16 CID 6314
    /// (RID11281 Suboptimal patient positioning).
    code: "POS003",
    name: "off-centre",
    title: ("MR目标偏离视野中心", "the anatomy lies off the centre in MR"),
    advice: (
        "重新定位视野中心后重扫",
        "centre the field on the target and repeat"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01), Input::Stacks, Input::Parts, Input::Measurement(measured::OFF_CENTRE_SHARE)],
    params: [
        ("off_centre_share_max", Number, "1", "largest distance from the centre, as a share of the field"),
        ("slices_min", Number, "slices", "so many slices beyond the limit make a finding"),
        ("share_min", Number, "1", "so large a share of the measured slices beyond it makes a finding"),
    ],
    dicom_code: Some(("RADLEX:RID11281", "Suboptimal patient positioning")),
    run: run,
}

static WORDS: Words = Words {
    pass: StaticText {
        zh: "目标位于视野中部", en: "the anatomy lies in the middle of the field"
    },
    beyond: StaticText { zh: "偏离视野中心", en: "lie off the centre of the field" },
    without: StaticText {
        zh: "没有可测量的MR图像（脊柱不判定）",
        en: "no MR image other than of a spine could be measured",
    },
};

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let rule = Rule {
        concerned: &is_no_spine,
        ..Rule::mr(
            measured::OFF_CENTRE_SHARE,
            params.number("off_centre_share_max"),
            params,
            &WORDS,
        )
    };
    judge(view, &rule)
}

/// Whether the series is no sagittal one of a part that holds a spine: its field lies dorsally by
/// protocol.
fn is_no_spine(series: &SeriesView<'_>) -> bool {
    let parts = series.parts();
    let mut regions = parts.attribute_regions.iter().chain(&parts.words_regions);
    series.kind().plane != Some(Plane::Sag) || !regions.any(|r| r.ends_with("spine"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, measured_slices, one, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    fn study(modality: &str, value: f64, slices: usize) -> crate::model::study::Study {
        measured_slices(modality, measured::OFF_CENTRE_SHARE, [0.02, value], slices)
    }

    #[test]
    fn hit_slices_beyond_the_limit_and_miss_those_within() {
        let o = one(&CHECK, &study("MR", 0.45, 6), Fail);
        assert_eq!(evidence(&o, "slices_beyond"), 6);
        one(&CHECK, &study("MR", 0.02, 6), Pass);
        one(&CHECK, &study("MR", 0.45, 0), Pass);
    }

    #[test]
    fn miss_what_was_not_measured_and_other_modalities() {
        one(&CHECK, &volume("MR", 12, 5.0), NotApplicable);
        one(&CHECK, &study("CT", 0.45, 6), NotApplicable);
    }
}
