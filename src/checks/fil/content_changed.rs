//! FIL011: images that came before with other content.

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::past::{ChangedInstance, Past, PastFacts};
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
    /// Images with other pixels, images that came in another study, and, where a label was ever given or
    /// a change is disputed, images with another header; more than 0 fail. Transfer syntax and character
    /// set do not count: texts and pixels are compared as decoded. A header that is corrected before any
    /// label is recorded and does not fail. Where nothing differs but some pixels were not read then or
    /// now, or images of a disputed study are missing, the check could not run: it passes only when
    /// everything was compared.
    ///
    /// ## Known limits
    /// Without a store nothing is known of the past. Pixels that were not read (depth `header`, or not
    /// decodable) are not compared. A lossy recompression changes pixels and fails, as it should: DICOM asks for a new
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
        unchanged(subject, past)
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

/// Of a study without a difference: a pass only where everything was compared.
fn unchanged(subject: Subject, past: &Past) -> Outcome {
    let (received, compared, missing) = (past.received, past.compared, past.missing);
    if missing > 0 {
        let why = Text::new(
            format!("首次收到的图像缺{missing}幅，无法判定内容已恢复"),
            format!("{missing} of the first images did not come, so none can say they are back"),
        );
        return Outcome::could_not_run(subject, why);
    }
    if compared < received {
        let why = Text::new(
            format!("{received}幅图像中只有{compared}幅两次都读取了像素"),
            format!("pixels of {compared} of {received} images only were read both times"),
        );
        return Outcome::could_not_run(subject, why);
    }
    Outcome::pass(subject, Text::new("内容与首次收到时一致", "the content is as it was at first"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::lbl::standing::tests::decided;
    use crate::checks::testing::{evidence, one, volume};
    use crate::model::gate::DecisionKind;
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};
    use crate::model::study::Study;

    fn study(changed: &[ChangedInstance]) -> Study {
        let past = Past { received: 3, compared: 3, changed: changed.to_vec(), ..Past::default() };
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
        let bind = |s: &mut Study, how: fn(&mut Past)| {
            *s = study(&[changed(false, true)]);
            if let PastFacts::Known(past) = &mut s.past {
                how(past);
            }
        };
        let ways: [fn(&mut Past); 4] = [
            |p| p.labels = vec![decided(DecisionKind::Apply)],
            |p| p.labels = vec![decided(DecisionKind::Withdraw)],
            |p| p.was_labelled = true,
            |p| p.disputed = true,
        ];
        for how in ways {
            bind(&mut s, how);
            one(&CHECK, &s, Fail);
        }
    }

    #[test]
    fn what_was_not_compared_is_no_pass() {
        let with = |how: fn(&mut Past)| {
            let mut s = study(&[]);
            if let PastFacts::Known(past) = &mut s.past {
                how(past);
            }
            s
        };
        one(&CHECK, &with(|p| p.compared = 2), CouldNotRun);
        one(&CHECK, &with(|p| (p.disputed, p.missing) = (true, 1)), CouldNotRun);
        one(&CHECK, &with(|p| (p.disputed, p.received, p.compared) = (true, 0, 0)), Pass);
        let found = |p: &mut Past| {
            (p.compared, p.changed) = (2, vec![changed(true, false)]);
        };
        let mut s = study(&[]);
        if let PastFacts::Known(past) = &mut s.past {
            found(past);
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
