//! FIL007: one SOP Instance UID for different content.

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
    /// One SOP Instance UID for different content.
    ///
    /// ## What it does
    /// Finds SOP Instance UIDs that occur in more than one file of the study with differing header or
    /// pixels.
    ///
    /// ## Why it matters
    /// An archive keeps one of them and drops the other without a word: an image is lost, or an
    /// altered one replaces the original.
    ///
    /// ## How it is measured
    /// Two files with the same UID differ where their header fingerprints or pixel digests do; where
    /// their Transfer Syntax differs, decoded sum, minimum, maximum, standard deviation and number of
    /// levels of every frame are compared. Number of such UIDs; more than none fails.
    ///
    /// ## Known limits
    /// A lossy copy beside its original differs, and is reported. A copy whose header was corrected
    /// after sending is reported too (`differing_header`). Two encodings that were not decoded could
    /// not be compared.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// DICOM PS3.5 section 9 (unique identifiers); PS3.3 C.12.1.
    code: "FIL007",
    name: "conflicting-sop-instance-uid",
    title: (
        "同一SOP实例UID对应不同内容",
        "one SOP Instance UID stands for different content"
    ),
    advice: (
        "与原始设备核对，保留原始图像；另一幅须由设备赋予新的UID后重新发送",
        "compare with the device, keep the original; have the device send the other again under a UID of its own"
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
    let of = |wanted: &dyn Fn(Likeness) -> bool| -> Vec<&Copies> {
        all.iter().filter(|c| wanted(c.likeness)).collect()
    };
    let found = of(&|l| l >= Likeness::OtherHeader);
    if !found.is_empty() {
        return vec![fail(&found)];
    }
    let unknown = of(&|l| l == Likeness::NotCompared);
    if !unknown.is_empty() {
        let why = Text::new(
            "同一UID的不同编码副本未解码，无法比较",
            "copies in different encodings were not decoded and cannot be compared",
        );
        return vec![with_counts(Outcome::could_not_run(subject(&unknown), why), &unknown)];
    }
    let why = Text::new("没有UID对应不同内容", "no SOP Instance UID stands for different content");
    vec![Outcome::pass(Subject::study(), why)]
}

fn fail(found: &[&Copies]) -> Outcome {
    let n = found.len();
    let headers = found.iter().filter(|c| c.likeness == Likeness::OtherHeader).count();
    let why = Text::new(
        format!("{n}个SOP实例UID对应不同内容，允许0个"),
        format!("{n} SOP Instance UIDs stand for different content, limit 0 UIDs"),
    );
    with_counts(Outcome::fail(subject(found), why), found)
        .with(Evidence::new("differing_header", headers).unit("UIDs"))
        .with(Evidence::new("differing_pixels", n - headers).unit("UIDs"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, measure, one, volume};
    use crate::model::outcome::OutcomeKind;
    use crate::model::study::{Instance, Study};

    fn with_copy(change: impl Fn(&mut Instance)) -> Study {
        let mut study = volume("CT", 4, 5.0);
        let mut copy = study.series[0].instances[1].clone();
        change(&mut copy);
        study.series[0].instances.push(copy);
        study
    }

    #[test]
    fn hit_other_pixels_and_other_headers() {
        let pixels = with_copy(|i| i.file.pixel_digest = Some("other".into()));
        let o = one(&CHECK, &pixels, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "differing_pixels"), 1);
        let header = with_copy(|i| i.file.content_fingerprint = "other".into());
        let o = one(&CHECK, &header, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "differing_header"), 1);
    }

    #[test]
    fn hit_recoded_with_other_values() {
        let study = with_copy(|i| {
            i.file.transfer_syntax = "1.2.840.10008.1.2.4.50".into();
            i.file.content_fingerprint = "other".into();
            measure(i, 0.0, 999.0, 800.0);
        });
        one(&CHECK, &study, OutcomeKind::Fail);
    }

    #[test]
    fn miss_exact_copies() {
        one(&CHECK, &with_copy(|_| ()), OutcomeKind::Pass);
        one(&CHECK, &volume("CT", 4, 5.0), OutcomeKind::Pass);
    }

    #[test]
    fn recoded_and_not_decoded_could_not_run() {
        let study = with_copy(|i| {
            i.file.transfer_syntax = "1.2.840.10008.1.2.4.70".into();
            i.file.content_fingerprint = "other".into();
            i.file.pixel_digest = None;
            i.measurements.clear();
        });
        one(&CHECK, &study, OutcomeKind::CouldNotRun);
    }
}
