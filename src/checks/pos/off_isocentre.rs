//! POS004: a body that lies off the isocentre of the CT.

use crate::checks::contract::Input;
use crate::checks::per_slice::{Rule, Words, judge};
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::outcome::Outcome;
use crate::model::text::StaticText;
use crate::policy::params::Params;
use dicom_dictionary_std::tags;

declare_check! {
    /// A body that lies off the isocentre of the CT.
    ///
    /// ## What it does
    /// Looks for CT in which the middle of the body lies far from the axis about which the tube turns.
    ///
    /// ## Why it matters
    /// The shaped filter gives most dose to the middle. Off it noise rises and dose is misplaced: 4 cm change the dose of single
    /// organs by up to a third.
    ///
    /// ## How it is measured
    /// `body_off_isocentre`: distance of the centroid of the body from the isocentre in the plane of the slice, mm. The isocentre
    /// is Data Collection Center (Patient); it is believed where Reconstruction Target Center (Patient) stands beside it and
    /// is the centre of the image to one pixel, as both are written wrong by some scanners.
    ///
    /// ## Known limits
    /// Scanners that do not write both attributes are not judged: the centre of an image need not be the isocentre. A limb is
    /// scanned off the middle by necessity; parts of the upper limb fail without harm.
    ///
    /// ## Parameters
    /// `body_off_isocentre_max_mm`: largest distance. `slices_min`, `share_min`: so many slices, and so large a share of the
    /// measured ones, have to lie beyond the limit.
    ///
    /// ## References
    /// Barreto 2019, 10.1002/acm2.12594, and Kaasalainen 2014, 10.2214/AJR.13.12028 (miscentring, dose and noise); DICOM PS3.3 C.8.15.3.3 (Data Collection Center, Reconstruction
    /// Target Center); PS3.16 CID 6314 (RID11281 Suboptimal patient positioning).
    code: "POS004",
    name: "off-isocentre",
    title: ("CT受检者偏离扫描中心", "the patient lies off the isocentre in CT"),
    advice: (
        "摆位时将受检部位置于机架中心，调整床高",
        "centre the part in the gantry and set the height of the table"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01), Input::Stacks, Input::Measurement(measured::BODY_OFF_ISOCENTRE),
        // Read while pixels are measured.
        Input::Header(tags::DATA_COLLECTION_CENTER_PATIENT),
        Input::Header(tags::RECONSTRUCTION_TARGET_CENTER_PATIENT)],
    params: [
        ("body_off_isocentre_max_mm", Number, "mm", "largest distance from the isocentre"),
        ("slices_min", Number, "slices", "so many slices beyond the limit make a finding"),
        ("share_min", Number, "1", "so large a share of the measured slices beyond it makes a finding"),
    ],
    dicom_code: Some(("RADLEX:RID11281", "Suboptimal patient positioning")),
    run: run,
}

static WORDS: Words = Words {
    pass: StaticText { zh: "受检者位于扫描中心", en: "the body lies about the isocentre" },
    beyond: StaticText { zh: "偏离扫描中心", en: "lie off the isocentre" },
    without: StaticText {
        zh: "文件头没有可信的扫描中心，或没有可测量的人体",
        en: "no header tells a trustworthy isocentre, or no body could be measured",
    },
};

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let limit = params.number("body_off_isocentre_max_mm");
    judge(view, &Rule::ct(measured::BODY_OFF_ISOCENTRE, limit, params, &WORDS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, measured_slices, one, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    const NAME: &str = measured::BODY_OFF_ISOCENTRE;

    #[test]
    fn hit_slices_beyond_the_limit_and_miss_those_within() {
        let o = one(&CHECK, &measured_slices("CT", NAME, [10.0, 90.0], 8), Fail);
        assert_eq!(evidence(&o, "slices_beyond"), 8);
        one(&CHECK, &measured_slices("CT", NAME, [10.0, 25.0], 8), Pass);
        one(&CHECK, &measured_slices("CT", NAME, [10.0, 90.0], 2), Pass);
    }

    #[test]
    fn miss_what_was_not_measured_and_other_modalities() {
        one(&CHECK, &volume("CT", 12, 5.0), NotApplicable);
        one(&CHECK, &measured_slices("MR", NAME, [10.0, 90.0], 8), NotApplicable);
    }
}
