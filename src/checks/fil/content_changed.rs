//! FIL011: images that came before with other content.

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::past::{ChangedInstance, PastFacts};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// Images that came before with other content.
    ///
    /// ## What it does
    /// Holds every image against what it looked like when its SOP Instance UID came first: the decoded
    /// pixels, and the attributes that tell whom, when and what it shows.
    ///
    /// ## Why it matters
    /// A label belongs to the images that were judged. An image whose pixels are others under the same
    /// identifier, or that stood in another study before, was exchanged or falsified.
    ///
    /// ## How it is measured
    /// Images with other pixels, images that came in another study, and, where a label stands, images
    /// with another header; more than 0 fail. Transfer syntax and character set do not count: texts and
    /// pixels are compared as decoded. A header that is corrected before any label is recorded and does
    /// not fail.
    ///
    /// ## Known limits
    /// Without a store nothing is known of the past. Pixels that were not read (depth `header`) are not
    /// compared. A lossy recompression changes pixels and fails, as it should: DICOM asks for a new
    /// identifier then.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// Beijing 2024 5(4); DICOM PS3.3 C.12.1 (SOP Common), PS3.5 9.
    code: "FIL011",
    name: "content-changed",
    title: ("图像内容与首次收到时不同", "images differ from when they came first"),
    advice: (
        "查明图像被改动的原因；从设备重新发送原始图像",
        "find out how the images were changed; send the original ones again from the device"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Past],
    params: [],
    dicom_code: None,
    run: run,
}

/// Identifiers told in the evidence.
const TOLD: usize = 5;

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let subject = Subject::study();
    let PastFacts::Known(past) = view.past() else {
        let why = Text::new("没有结果库可供比对", "there is no store to hold the study against");
        return vec![Outcome::not_applicable(subject, why)];
    };
    if past.is_new() {
        let why = Text::new("该检查首次收到", "the study came for the first time");
        return vec![Outcome::not_applicable(subject, why)];
    }
    let against: Vec<&ChangedInstance> =
        past.changed.iter().filter(|c| past.counts_against(c)).collect();
    let count = |of: fn(&ChangedInstance) -> bool| past.changed.iter().filter(|c| of(c)).count();
    let (pixels, header) = (count(|c| c.pixels), count(|c| c.header));
    let others = count(|c| c.first_study.is_some());
    let outcome = if against.is_empty() {
        Outcome::pass(
            subject,
            Text::new("内容与首次收到时一致", "the content is as it was at first"),
        )
    } else {
        let n = against.len();
        let why = Text::new(
            format!("{n}幅图像与首次收到时不同，允许0幅"),
            format!("{n} images differ from when they came first, limit 0 images"),
        );
        let told: Vec<&str> = against.iter().take(TOLD).map(|c| c.sop_uid.as_str()).collect();
        Outcome::fail(subject, why).with(Evidence::new("first_sop_instance_uids", told))
    };
    vec![
        outcome
            .with(Evidence::new("instances_with_other_pixels", pixels).limit(0).unit("instances"))
            .with(Evidence::new("instances_with_other_header", header).unit("instances"))
            .with(Evidence::new("instances_of_another_study", others).limit(0).unit("instances")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::lbl::standing::tests::decided;
    use crate::checks::testing::{evidence, one, volume};
    use crate::model::gate::DecisionKind;
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use crate::model::past::Past;
    use crate::model::study::Study;

    fn study(changed: &[ChangedInstance]) -> Study {
        let past = Past { received: 3, changed: changed.to_vec(), ..Past::default() };
        Study { past: PastFacts::Known(Box::new(past)), ..volume("CT", 3, 5.0) }
    }

    fn changed(pixels: bool, header: bool) -> ChangedInstance {
        ChangedInstance { sop_uid: "1.2".into(), pixels, header, ..ChangedInstance::default() }
    }

    #[test]
    fn hit_other_pixels_and_images_of_another_study() {
        let o = one(&CHECK, &study(&[changed(true, false)]), Fail);
        assert_eq!(evidence(&o, "instances_with_other_pixels"), 1);
        let moved = ChangedInstance { first_study: Some("1.9".into()), ..changed(false, true) };
        one(&CHECK, &study(&[moved]), Fail);
    }

    #[test]
    fn a_header_counts_under_a_label_and_not_before() {
        let mut s = study(&[changed(false, true)]);
        one(&CHECK, &s, Pass);
        if let PastFacts::Known(past) = &mut s.past {
            past.labels = vec![decided(DecisionKind::Apply)];
        }
        one(&CHECK, &s, Fail);
    }

    #[test]
    fn miss_what_is_unchanged_new_or_has_no_past() {
        one(&CHECK, &study(&[]), Pass);
        one(&CHECK, &volume("CT", 3, 5.0), NotApplicable);
        let mut s = volume("CT", 3, 5.0);
        s.past = PastFacts::Known(Box::default());
        one(&CHECK, &s, NotApplicable);
    }
}
