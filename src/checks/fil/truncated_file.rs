//! FIL003: files that end before their content does.

use crate::checks::contract::Input;
use crate::checks::per_instance::{Fault, Said, judge};
use crate::checks::view::{InstanceView, StudyView};
use crate::declare_check;
use crate::model::file::{DecodeFailure, PixelState};
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;
use dicom_dictionary_std::tags;

use super::transfer_syntax::native_bytes_needed;

declare_check! {
    /// Files that end before their content does.
    ///
    /// ## What it does
    /// Finds headers that break off, pixel data shorter than declared or than the image needs, and
    /// encapsulated pixel data that breaks off so that frames cannot be decoded.
    ///
    /// ## Why it matters
    /// Part of the image is not there. Viewers often show the rest as black or grey, which can pass
    /// for anatomy.
    ///
    /// ## How it is measured
    /// Bytes of pixel data present, against the bytes declared and (uncompressed) against Rows x
    /// Columns x Samples per Pixel x Bits Allocated x Number of Frames. In bytes; fewer than needed
    /// fails. For encapsulated data: a frame that failed to decode for lack of bytes, or a failed
    /// frame in a sequence without its closing delimiter.
    ///
    /// ## Known limits
    /// A compressed stream that is cut can still decode in full; then it is a minor fault (FIL010).
    /// YBR_FULL_422 stores two thirds of the bytes and is counted so. Pixel data of no bytes at all
    /// is FIL008.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// DICOM PS3.5 section 8 and Annex A.4; PS3.3 C.7.6.3.1.2 (YBR_FULL_422).
    code: "FIL003",
    name: "truncated-file",
    title: ("文件被截断", "a file is cut off"),
    advice: (
        "从设备或PACS重新发送该检查，并核对文件大小",
        "send the study again from the device or PACS and compare the file sizes"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::File,
        Input::Header(tags::PHOTOMETRIC_INTERPRETATION),
    ],
    params: [],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    judge(
        view,
        &Text::new("所有文件均完整", "no file is cut off"),
        &Text::new("没有可判定的文件", "there is no file to judge"),
        say,
    )
}

fn say(instance: &InstanceView<'_>) -> Said {
    let file = instance.file();
    if file.header_truncated {
        return Said::Fail(Fault::new(
            "header",
            "文件头未读完文件即结束",
            "the file ends before its header does",
        ));
    }
    let Some(present) = file.pixel_bytes.filter(|n| *n > 0) else { return Said::Pass };
    if let Some(declared) = file.pixel_bytes_declared
        && present < declared
    {
        return Said::Fail(short("declared", present, declared));
    }
    if let Some(needed) = native_bytes_needed(instance)
        && present < needed
    {
        return Said::Fail(short("needed", present, needed));
    }
    match &file.pixels {
        PixelState::Failed { failure, frame, failed, .. }
            if *failure == DecodeFailure::Truncated || file.pixel_sequence_unclosed =>
        {
            Said::Fail(
                Fault::new(
                    "frames",
                    format!("像素数据中断，{failed}帧无法解码，允许0帧"),
                    format!(
                        "the pixel data breaks off: {failed} frames cannot be decoded, limit 0 frames"
                    ),
                )
                .with(Evidence::new("failed_frames", *failed).limit(0).unit("frames"))
                .with(Evidence::new("first_failed_frame_index", *frame)),
            )
        }
        _ => Said::Pass,
    }
}

fn short(kind: &str, present: u64, needed: u64) -> Fault {
    Fault::new(
        kind,
        format!("像素数据为{present}字节，应有{needed}字节"),
        format!("the pixel data has {present} bytes, limit {needed} bytes"),
    )
    .with(Evidence::new("pixel_bytes", present).limit(needed).unit("bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, volume};
    use crate::model::outcome::OutcomeKind;
    use crate::model::study::{Instance, Study};

    fn changed(change: impl Fn(&mut Instance)) -> Study {
        let mut study = volume("CT", 4, 5.0);
        change(&mut study.series[0].instances[1]);
        study
    }

    #[test]
    fn hit_one_byte_less_than_needed() {
        let study = changed(|i| {
            i.file.pixel_bytes = Some(31);
            i.file.pixel_bytes_declared = None;
        });
        let o = one(&CHECK, &study, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "pixel_bytes"), 31);
        assert!(o.subject.sop_uid.is_some());
    }

    #[test]
    fn hit_headers_and_broken_sequences() {
        one(&CHECK, &changed(|i| i.file.header_truncated = true), OutcomeKind::Fail);
        let cut = changed(|i| {
            i.file.encapsulated = true;
            i.file.pixel_sequence_unclosed = true;
            i.file.pixels = PixelState::Failed {
                failure: DecodeFailure::Corrupt,
                frame: 0,
                failed: 1,
                why: "marker".into(),
            };
        });
        one(&CHECK, &cut, OutcomeKind::Fail);
    }

    #[test]
    fn hit_many_slices_are_one_finding() {
        let mut study = volume("CT", 9, 5.0);
        for i in &mut study.series[0].instances {
            i.file.pixel_bytes = Some(30);
        }
        let o = one(&CHECK, &study, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "instances_affected"), 9);
        assert_eq!(evidence(&o, "first_sop_instance_uids").as_array().unwrap().len(), 5);
    }

    #[test]
    fn miss_exactly_the_bytes_needed_and_subsampled_colour() {
        one(&CHECK, &volume("CT", 4, 5.0), OutcomeKind::Pass);
        let subsampled = changed(|i| {
            i.attributes.set_text(tags::PHOTOMETRIC_INTERPRETATION, "YBR_FULL_422");
            i.file.pixel_bytes = Some(32);
            i.file.pixel_bytes_expected = Some(48);
        });
        one(&CHECK, &subsampled, OutcomeKind::Pass);
    }

    #[test]
    fn miss_an_unclosed_sequence_that_decodes_whole() {
        let study = changed(|i| i.file.pixel_sequence_unclosed = true);
        one(&CHECK, &study, OutcomeKind::Pass);
    }
}
