//! IDN008: images inside a judged study that no check family looks at.

use std::collections::BTreeMap;

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// Images inside a judged study that no check family looks at.
    ///
    /// ## What it does
    /// Counts the instances with pixel data whose SOP class has no check family (PET, ultrasound,
    /// captures of other kinds …) in a study of which other images are judged. Objects without pixel
    /// data (reports, presentation states) are counted in the evidence alone.
    ///
    /// ## Why it matters
    /// A verdict covers only what was looked at; the reader has to know what was not.
    ///
    /// ## How it is measured
    /// Number of such instances, by SOP Class UID; more than none fails.
    ///
    /// ## Known limits
    /// A study of which nothing is judged ends as "not judged" with every check, this one too.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// DICOM PS3.4 Annex B.5 (standard SOP classes).
    code: "IDN008",
    name: "sop-class-not-judged",
    title: ("部分图像类型未作判定", "images of some kind were not judged"),
    advice: (
        "无需处理；这些图像不在自动质控范围内，请人工查看",
        "nothing to correct; these images are outside automatic control, look at them yourself"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::Header(tags::SOP_CLASS_UID),
        Input::Header(tags::MODALITY),
    ],
    params: [],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let mut classes: BTreeMap<String, usize> = BTreeMap::new();
    let (mut judged, mut without_pixels) = (0_usize, 0_usize);
    for series in view.series() {
        for instance in series.instances() {
            if instance.family().is_some() {
                judged += 1;
            } else if instance.has_pixel_data() {
                let class = instance.text(tags::SOP_CLASS_UID).unwrap_or("absent");
                *classes.entry(class.to_owned()).or_default() += 1;
            } else {
                without_pixels += 1;
            }
        }
    }
    let n: usize = classes.values().sum();
    let outcome = if n == 0 {
        let why = Text::new("所有图像均属可判定类型", "every image is of a kind that is judged");
        Outcome::pass(Subject::study(), why)
    } else {
        let why = Text::new(
            format!("{n}幅图像的类型未作判定，允许0幅"),
            format!("{n} images are of kinds that are not judged, limit 0 images"),
        );
        Outcome::fail(Subject::study(), why)
    };
    vec![
        outcome
            .with(Evidence::new("images_not_judged", n).limit(0).unit("instances"))
            .with(Evidence::new("images_judged", judged).unit("instances"))
            .with(Evidence::new("objects_without_pixel_data", without_pixels).unit("instances"))
            .with(Evidence::new("sop_classes_not_judged", serde_json::json!(classes))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, instance, one, study, volume};
    use crate::model::file::PixelState;
    use crate::model::outcome::OutcomeKind;

    #[test]
    fn hit_a_pet_image_beside_ct() {
        let mut pet = instance("PT", 2);
        pet.attributes.set_text(tags::SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.128");
        let o = one(&CHECK, &study(vec![instance("CT", 1), pet]), OutcomeKind::Fail);
        assert_eq!(evidence(&o, "images_not_judged"), 1);
    }

    #[test]
    fn miss_a_report_beside_ct() {
        let mut report = instance("SR", 2);
        report.attributes.set_text(tags::SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.88.67");
        report.file.pixels = PixelState::NoPixelData;
        let o = one(&CHECK, &study(vec![instance("CT", 1), report]), OutcomeKind::Pass);
        assert_eq!(evidence(&o, "objects_without_pixel_data"), 1);
        one(&CHECK, &volume("CT", 2, 5.0), OutcomeKind::Pass);
    }
}
