//! ART011: metal or dense contrast agent in CT slices.

use crate::checks::contract::Input;
use crate::checks::per_slice::{Rule, Words, judge};
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::outcome::Outcome;
use crate::model::text::StaticText;
use crate::policy::params::Params;

declare_check! {
    /// Metal or dense contrast agent in CT slices.
    ///
    /// ## What it does
    /// Looks for slices with so much matter denser than bone in or on the body that streaks about it are to be expected: metal, or
    /// undiluted contrast agent in a vein or in the bowel.
    ///
    /// ## Why it matters
    /// It leaves bright and dark bands that hide what lies beside it. What can be taken off should be taken off; for implants there
    /// are reconstructions with less of it; contrast agent in a vein is thinned by a chaser of saline.
    ///
    /// ## How it is measured
    /// `metal_area`: pixels above 2500 HU within the outline of the body, mm². Bone stays below 2000 HU. That something so dense is
    /// there is sure; how strong the streaks are is not measured: of five measures none told streaks about metal from
    /// healthy texture on real images (docs/accuracy/slices.md).
    ///
    /// ## Known limits
    /// Enamel reaches 3000 HU. Numbers above what 12 bits hold are cut off by most scanners, so that metal and contrast agent are not told
    /// apart.
    ///
    /// ## Parameters
    /// `metal_area_max`: largest area. `slices_min`, `share_min`: so many slices, and so large a share of the measured
    /// ones, have to lie beyond the limit.
    ///
    /// ## References
    /// Barrett and Keat 2004, 10.1148/rg.246045065 (artifacts in CT); DICOM PS3.16 CID 6135 (RID11327 Beam-hardening artifact).
    code: "ART011",
    name: "dense-matter",
    title: ("CT图像中有金属或浓聚对比剂", "metal or dense contrast agent in CT slices"),
    advice: (
        "检查前取下可移除的金属物；植入物可用去金属伪影重建；静脉内对比剂以盐水冲洗",
        "take off metal before the scan; reconstruct implants with metal artifact reduction; chase contrast agent with saline"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01), Input::Stacks, Input::Measurement(measured::METAL_AREA)],
    params: [
        ("metal_area_max", Number, "mm2", "largest area above 2500 HU in a slice"),
        ("slices_min", Number, "slices", "so many slices beyond the limit make a finding"),
        ("share_min", Number, "1", "so large a share of the measured slices beyond it makes a finding"),
    ],
    dicom_code: Some(("RADLEX:RID11327", "Beam-hardening artifact")),
    run: run,
}

static WORDS: Words = Words {
    pass: StaticText {
        zh: "未见大块高密度物", en: "no slice holds much that is denser than bone"
    },
    beyond: StaticText {
        zh: "有金属或浓聚对比剂", en: "hold metal or dense contrast agent"
    },
    without: StaticText {
        zh: "没有可测量人体轮廓的层面", en: "no slice has a body to measure"
    },
};

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let limit = params.number("metal_area_max");
    judge(view, &Rule::ct(measured::METAL_AREA, limit, params, &WORDS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, measured_slices, one, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    const NAME: &str = measured::METAL_AREA;

    #[test]
    fn hit_slices_beyond_the_limit_and_miss_those_within() {
        let o = one(&CHECK, &measured_slices("CT", NAME, [0.0, 400.0], 5), Fail);
        assert_eq!(evidence(&o, "slices_beyond"), 5);
        one(&CHECK, &measured_slices("CT", NAME, [0.0, 5.0], 5), Pass);
        one(&CHECK, &measured_slices("CT", NAME, [0.0, 400.0], 0), Pass);
    }

    #[test]
    fn miss_what_was_not_measured_and_other_modalities() {
        one(&CHECK, &volume("CT", 12, 5.0), NotApplicable);
        one(&CHECK, &measured_slices("MR", NAME, [0.0, 400.0], 5), NotApplicable);
    }
}
