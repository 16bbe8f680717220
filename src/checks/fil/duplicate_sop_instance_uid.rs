//! FIL006: the same instance stored more than once.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::copies::{Copies, Likeness, copies, subject, with_counts};

declare_check! {
    /// The same instance stored more than once.
    ///
    /// ## What it does
    /// Finds SOP Instance UIDs that occur in more than one file of the study with the same content,
    /// also where one copy is encoded differently.
    ///
    /// ## Why it matters
    /// Counts of images are wrong and the study costs twice the space; nothing is lost for the reader.
    ///
    /// ## How it is measured
    /// Content is the same where header fingerprint and pixel digest agree, or where two encodings
    /// decode to equal sum, minimum, maximum, standard deviation and number of levels in every frame.
    /// Number of repeated UIDs; more than none fails.
    ///
    /// ## Known limits
    /// At header depth two encodings of one image are taken as copies without decoding
    /// (`not_compared` counts them). Different content under one UID is FIL007.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// DICOM PS3.3 C.12.1 (SOP Instance UID); PS3.5 section 9.
    code: "FIL006",
    name: "duplicate-sop-instance-uid",
    title: ("同一图像重复存储", "the same instance is stored more than once"),
    advice: (
        "删除重复副本，并检查发送端是否重复发送",
        "remove the extra copies and look why the sender sent twice"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::File,
        Input::Header(tags::ROWS),
        Input::Header(tags::COLUMNS),
        Input::Header(tags::INSTANCE_NUMBER),
        Input::Header(tags::IMAGE_POSITION_PATIENT),
        Input::Measurement(measured::STORED_SUM),
        Input::Measurement(measured::STORED_MIN),
        Input::Measurement(measured::STORED_MAX),
        Input::Measurement(measured::SD),
        Input::Measurement(measured::DISTINCT_LEVELS),
    ],
    params: [],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let all = copies(view);
    let found: Vec<&Copies> = all.iter().filter(|c| c.likeness <= Likeness::NotCompared).collect();
    if found.is_empty() {
        let why =
            Text::new("没有重复存储的图像", "no instance is stored twice with the same content");
        return vec![Outcome::pass(Subject::study(), why)];
    }
    let not_compared = found.iter().filter(|c| c.likeness == Likeness::NotCompared).count();
    let n = found.len();
    let why = Text::new(
        format!("{n}个SOP实例UID以相同内容出现在多个文件中，允许0个"),
        format!("{n} SOP Instance UIDs occur in several files with the same content, limit 0 UIDs"),
    );
    let outcome = with_counts(Outcome::fail(subject(&found), why), &found);
    vec![outcome.with(Evidence::new("not_compared", not_compared).unit("UIDs"))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, volume};
    use crate::model::outcome::OutcomeKind;

    #[test]
    fn hit_an_exact_copy() {
        let mut study = volume("CT", 4, 5.0);
        let copy = study.series[0].instances[1].clone();
        study.series[0].instances.push(copy);
        let o = one(&CHECK, &study, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "repeated_sop_instance_uids"), 1);
        assert_eq!(evidence(&o, "files_with_them"), 2);
    }

    #[test]
    fn hit_a_recoded_copy_with_equal_pixels() {
        let mut study = volume("CT", 4, 5.0);
        let mut copy = study.series[0].instances[1].clone();
        copy.file.transfer_syntax = "1.2.840.10008.1.2.4.70".into();
        copy.file.content_fingerprint = "other".into();
        copy.file.pixel_digest = Some("other".into());
        study.series[0].instances.push(copy);
        let o = one(&CHECK, &study, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "not_compared"), 0);
    }

    #[test]
    fn miss_distinct_instances_and_other_content() {
        let mut study = volume("CT", 4, 5.0);
        one(&CHECK, &study, OutcomeKind::Pass);
        let mut other = study.series[0].instances[1].clone();
        other.file.pixel_digest = Some("other".into());
        study.series[0].instances.push(other);
        one(&CHECK, &study, OutcomeKind::Pass);
    }
}
