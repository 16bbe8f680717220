//! FIL008: a pixel data element without a single byte.

use crate::checks::contract::Input;
use crate::checks::per_instance::{Fault, Said, judge};
use crate::checks::view::{InstanceView, StudyView};
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// A pixel data element without a single byte.
    ///
    /// ## What it does
    /// Finds images whose Pixel Data element is there and holds nothing.
    ///
    /// ## Why it matters
    /// The image arrived as a header only. A list shows it, a viewer shows nothing.
    ///
    /// ## How it is measured
    /// Bytes of the Pixel Data value (of all fragments, where encapsulated); 0 bytes fails.
    ///
    /// ## Known limits
    /// An image whose Pixel Data element is absent altogether has no pixel data to judge; whether it
    /// was to have one is not known here.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.6.3 (Image Pixel Module); PS3.5 section 8.
    code: "FIL008",
    name: "zero-length-pixel-data",
    title: ("像素数据长度为零", "pixel data has zero length"),
    advice: (
        "从设备或PACS重新发送该检查；设备上也为空则需重拍",
        "send the study again from the device or PACS; if it is empty there too, repeat the image"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::File],
    params: [],
    dicom_code: Some(("DCM:111213", "No image")),
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    judge(
        view,
        &Text::new("所有像素数据均有内容", "all pixel data has content"),
        &Text::new("没有可判定的像素数据", "there is no pixel data to judge"),
        say,
    )
}

fn say(instance: &InstanceView<'_>) -> Said {
    if instance.family().is_none() || !instance.has_pixel_data() {
        return Said::Skip;
    }
    match instance.file().pixel_bytes {
        Some(0) => Said::Fail(
            Fault::new(
                "zero",
                "像素数据为0字节，应大于0字节",
                "the pixel data has 0 bytes, limit 1 byte",
            )
            .with(Evidence::new("pixel_bytes", 0).limit(1).unit("bytes")),
        ),
        Some(_) => Said::Pass,
        None => Said::CouldNotRun(Fault::new(
            "unknown",
            "像素数据长度未知",
            "the length of the pixel data is not known",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{one, volume};
    use crate::model::outcome::OutcomeKind;

    #[test]
    fn hit_no_byte() {
        let mut study = volume("DX", 1, 1.0);
        study.series[0].instances[0].file.pixel_bytes = Some(0);
        one(&CHECK, &study, OutcomeKind::Fail);
    }

    #[test]
    fn miss_one_byte() {
        let mut study = volume("DX", 1, 1.0);
        study.series[0].instances[0].file.pixel_bytes = Some(1);
        one(&CHECK, &study, OutcomeKind::Pass);
    }
}
