//! FIL004: pixel data that is there and cannot be decoded.

use crate::checks::contract::Input;
use crate::checks::per_instance::{Fault, Said, judge};
use crate::checks::view::{InstanceView, StudyView};
use crate::declare_check;
use crate::model::file::{DecodeFailure, PixelState};
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// Pixel data that is there and cannot be decoded.
    ///
    /// ## What it does
    /// Decodes every frame and reports those that fail because the codec refuses the bytes, because
    /// the image description is incomplete or contradictory, or because no decoder exists for the
    /// Transfer Syntax.
    ///
    /// ## Why it matters
    /// What cannot be decoded here may not open in the receiving hospital either, and nothing about
    /// the image can be vouched for.
    ///
    /// ## How it is measured
    /// Number of frames that failed, of the frames of the instance; more than none fails.
    ///
    /// ## Known limits
    /// Another viewer may hold a decoder that this program lacks; the reason says so, and a person
    /// decides. Data that is cut short is FIL003. Only instances with a check family are judged.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// DICOM PS3.5 section 8.2 and Annex A.4; PS3.3 C.7.6.3 (Image Pixel Module).
    code: "FIL004",
    name: "undecodable-pixels",
    title: ("像素数据无法解码", "pixel data cannot be decoded"),
    advice: (
        "用原始工作站打开该图像；能打开则以无压缩或无损格式重新发送，不能打开则需重拍",
        "open the image on its workstation; if it opens, send it again uncompressed or lossless, else repeat it"
    ),
    status: Stable,
    depth: Pixels,
    inputs: [Input::File],
    params: [],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    judge(
        view,
        &Text::new("所有帧均已解码", "every frame was decoded"),
        &Text::new("没有可判定的像素数据", "there is no pixel data to judge"),
        say,
    )
}

fn words(failure: DecodeFailure) -> (&'static str, &'static str) {
    match failure {
        DecodeFailure::Truncated => ("数据不完整", "the data is cut short"),
        DecodeFailure::Description => {
            ("图像描述缺失或矛盾", "the image description is incomplete or contradictory")
        }
        DecodeFailure::UnsupportedSyntax => {
            ("没有该传输语法的解码器", "there is no decoder for the transfer syntax")
        }
        DecodeFailure::Corrupt => ("解码器拒绝该数据", "the codec refuses the bytes"),
        DecodeFailure::LimitExceeded => ("超出安全上限", "a safety bound was exceeded"),
        DecodeFailure::Unreadable => ("文件已无法再次读取", "the file could no longer be read"),
        DecodeFailure::TimeLimit => {
            ("该检查的用时上限已到", "the time that a study may take was used up")
        }
    }
}

fn say(instance: &InstanceView<'_>) -> Said {
    if instance.family().is_none() {
        return Said::Skip;
    }
    let (failure, frame, failed, why) = match &instance.file().pixels {
        PixelState::NoPixelData => return Said::Skip,
        PixelState::Decoded => return Said::Pass,
        PixelState::NotRead => {
            return Said::CouldNotRun(Fault::new(
                "not-read",
                "像素数据未读取",
                "the pixel data was not read",
            ));
        }
        PixelState::Failed { failure, frame, failed, why } => (*failure, *frame, *failed, why),
    };
    let (zh, en) = words(failure);
    let of = instance.frame_count();
    let fault = Fault::new(
        format!("{failure:?}"),
        format!("{of}帧中有{failed}帧无法解码（{zh}），允许0帧"),
        format!("{failed} of {of} frames cannot be decoded ({en}), limit 0 frames"),
    )
    .with(Evidence::new("failed_frames", failed).limit(0).unit("frames"))
    .with(Evidence::new("first_failed_frame_index", frame))
    .with(Evidence::new("transfer_syntax_uid", instance.file().transfer_syntax.clone()))
    .with(Evidence::new("decoder_message", why.clone()));
    match failure {
        DecodeFailure::Truncated => Said::Skip,
        DecodeFailure::LimitExceeded | DecodeFailure::Unreadable | DecodeFailure::TimeLimit => {
            Said::CouldNotRun(fault)
        }
        _ => Said::Fail(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{one, volume};
    use crate::model::outcome::OutcomeKind;
    use crate::model::study::Study;

    fn with(pixels: &PixelState) -> Study {
        let mut study = volume("CT", 4, 5.0);
        study.series[0].instances[1].file.pixels = pixels.clone();
        study
    }

    fn failed(failure: DecodeFailure) -> PixelState {
        PixelState::Failed { failure, frame: 0, failed: 1, why: "bad marker".into() }
    }

    #[test]
    fn hit_codec_and_description_and_missing_decoder() {
        for failure in
            [DecodeFailure::Corrupt, DecodeFailure::Description, DecodeFailure::UnsupportedSyntax]
        {
            one(&CHECK, &with(&failed(failure)), OutcomeKind::Fail);
        }
    }

    #[test]
    fn miss_decoded_pixels_and_truncation() {
        one(&CHECK, &volume("CT", 4, 5.0), OutcomeKind::Pass);
        one(&CHECK, &with(&failed(DecodeFailure::Truncated)), OutcomeKind::Pass);
    }

    #[test]
    fn what_was_not_read_could_not_run() {
        one(&CHECK, &with(&PixelState::NotRead), OutcomeKind::CouldNotRun);
        one(&CHECK, &with(&failed(DecodeFailure::Unreadable)), OutcomeKind::CouldNotRun);
        one(&CHECK, &with(&failed(DecodeFailure::TimeLimit)), OutcomeKind::CouldNotRun);
    }
}
