//! FIL005: images that were compressed with loss.

use crate::checks::contract::Input;
use crate::checks::per_instance::{Fault, Said, judge};
use crate::checks::view::{InstanceView, StudyView};
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;
use dicom_dictionary_std::tags;

use super::transfer_syntax::{Loss, loss};

declare_check! {
    /// Images that were compressed with loss at any time.
    ///
    /// ## What it does
    /// Reads from the Transfer Syntax and from the Lossy Image Compression attributes whether the
    /// image ever went through lossy compression.
    ///
    /// ## Why it matters
    /// Several regions recognise only lossless images; detail removed by compression cannot come back,
    /// whatever the file looks like now.
    ///
    /// ## How it is measured
    /// Lossy is: a Transfer Syntax that is always lossy (DCT JPEG, MPEG, HEVC), whatever the header
    /// says; Lossy Image Compression = 01; a Lossy Image Compression Ratio above 1 or a Method where
    /// Lossy Image Compression is not 00; or a Transfer Syntax that may be lossy (JPEG-LS near-lossless,
    /// JPEG 2000, HTJ2K, JPEG XL) unless Lossy Image Compression is 00. The product of the stated ratios
    /// (x:1) is compared with `ratio_max`; a lossy image without a stated ratio fails.
    ///
    /// ## Known limits
    /// A reversible JPEG 2000 stream under the general syntax, without Lossy Image Compression = 00, is
    /// taken as lossy: the standard then obliges the sender to say so. Compression that was never
    /// recorded cannot be seen here.
    ///
    /// ## Parameters
    /// `ratio_max`: largest accepted ratio of a lossy image; 1 accepts none.
    ///
    /// ## References
    /// DICOM PS3.5 Annex A.4; PS3.3 C.7.6.1.1.5 (Lossy Image Compression).
    code: "FIL005",
    name: "lossy-compression",
    title: ("图像经过有损压缩", "an image was compressed with loss"),
    advice: (
        "从设备或PACS以无压缩或无损压缩格式重新发送原始图像",
        "send the original image again from the device or PACS, uncompressed or lossless"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::File,
        Input::Header(tags::LOSSY_IMAGE_COMPRESSION),
        Input::Header(tags::LOSSY_IMAGE_COMPRESSION_RATIO),
        Input::Header(tags::LOSSY_IMAGE_COMPRESSION_METHOD),
    ],
    params: [("ratio_max", Number, ":1", "largest accepted ratio of a lossy image; 1 accepts none")],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let ratio_max = params.number("ratio_max");
    judge(
        view,
        &Text::new(
            "未见有损压缩超过允许范围",
            "no image was compressed with loss beyond the limit",
        ),
        &Text::new("没有可判定的像素数据", "there is no pixel data to judge"),
        |instance| say(instance, ratio_max),
    )
}

/// What made an image count as lossy.
fn reason(instance: &InstanceView<'_>, ratio: Option<f64>) -> Result<Option<&'static str>, ()> {
    let stated = instance.text(tags::LOSSY_IMAGE_COMPRESSION);
    let file = instance.file();
    let syntax = loss(&file.transfer_syntax);
    if syntax == Loss::Lossy {
        return Ok(Some("transfer-syntax"));
    }
    match stated {
        Some("00") => return Ok(None),
        Some(s) if s.trim_start_matches('0') == "1" => return Ok(Some("lossy-image-compression")),
        _ => {}
    }
    if ratio.is_some_and(|r| r > 1.0)
        || instance.text(tags::LOSSY_IMAGE_COMPRESSION_METHOD).is_some()
    {
        return Ok(Some("lossy-image-compression-ratio-or-method"));
    }
    match syntax {
        Loss::Either => Ok(Some("transfer-syntax-may-be-lossy")),
        Loss::Unknown if file.encapsulated => Err(()),
        _ => Ok(None),
    }
}

/// The product of the stated ratios: one value for each lossy step (PS3.3 C.7.6.1.1.5.2).
fn stated_ratio(instance: &InstanceView<'_>) -> Option<f64> {
    let values = instance.texts(tags::LOSSY_IMAGE_COMPRESSION_RATIO);
    let parsed: Option<Vec<f64>> = values.iter().map(|v| v.trim().parse().ok()).collect();
    parsed
        .filter(|r| !r.is_empty())
        .map(|r| r.iter().product::<f64>())
        .or_else(|| instance.float(tags::LOSSY_IMAGE_COMPRESSION_RATIO))
        .filter(|r| r.is_finite() && *r > 0.0)
}

fn say(instance: &InstanceView<'_>, ratio_max: f64) -> Said {
    if instance.family().is_none() || !instance.has_pixel_data() {
        return Said::Skip;
    }
    let ratio = stated_ratio(instance);
    let syntax = instance.file().transfer_syntax.clone();
    let Ok(reason) = reason(instance, ratio) else {
        return Said::CouldNotRun(
            Fault::new(
                "unknown-syntax",
                "传输语法未知，无法判断是否有损",
                "the transfer syntax is unknown, so loss cannot be told",
            )
            .with(Evidence::new("transfer_syntax_uid", syntax)),
        );
    };
    let Some(reason) = reason else { return Said::Pass };
    if ratio_max > 1.0 && ratio.is_some_and(|r| r <= ratio_max) {
        return Said::Pass;
    }
    let measured = ratio.map_or(serde_json::Value::Null, Into::into);
    let (zh, en) = ratio.map_or_else(
        || ("压缩比未注明".to_owned(), "ratio not stated".to_owned()),
        |r| (format!("压缩比{r}:1"), format!("ratio {r}:1")),
    );
    let stated = instance.text(tags::LOSSY_IMAGE_COMPRESSION).unwrap_or("absent").to_owned();
    Said::Fail(
        Fault::new(
            reason,
            format!("图像经有损压缩（{zh}），上限{ratio_max}:1"),
            format!("the image was compressed with loss ({en}), limit {ratio_max}:1"),
        )
        .with(Evidence::new("lossy_ratio", measured).limit(ratio_max).unit(":1"))
        .with(Evidence::new("told_by", reason))
        .with(Evidence::new("transfer_syntax_uid", syntax))
        .with(Evidence::new("lossy_image_compression", stated)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, kinds, one, run_with, set_texts, volume};
    use crate::model::outcome::OutcomeKind;
    use crate::model::study::Study;
    use crate::policy::params::ParamValue;

    fn with(syntax: &str, lossy: &str, ratio: &[&str]) -> Study {
        let mut study = volume("CT", 4, 5.0);
        let i = &mut study.series[0].instances[0];
        i.file.transfer_syntax = format!("1.2.840.10008.1.2{syntax}");
        i.file.encapsulated = syntax.starts_with(".4");
        if !lossy.is_empty() {
            i.attributes.set_text(tags::LOSSY_IMAGE_COMPRESSION, lossy);
        }
        if !ratio.is_empty() {
            set_texts(i, tags::LOSSY_IMAGE_COMPRESSION_RATIO, ratio);
        }
        study
    }

    #[test]
    fn hit_by_syntax_by_flag_and_by_ratio() {
        for (study, told_by) in [
            (with(".4.50", "00", &[]), "transfer-syntax"),
            (with(".1", "01", &[]), "lossy-image-compression"),
            (with(".1", "", &["8"]), "lossy-image-compression-ratio-or-method"),
            (with(".4.91", "", &[]), "transfer-syntax-may-be-lossy"),
        ] {
            let o = one(&CHECK, &study, OutcomeKind::Fail);
            assert_eq!(evidence(&o, "told_by"), told_by);
        }
    }

    #[test]
    fn miss_lossless_syntaxes_and_a_header_that_says_so() {
        for study in [with(".4.70", "", &[]), with(".4.91", "00", &[]), with(".5", "", &["1"])] {
            one(&CHECK, &study, OutcomeKind::Pass);
        }
    }

    #[test]
    fn the_ratio_limit_holds_at_its_boundary_and_multiplies_steps() {
        let limit = || ParamValue::Number(10.0);
        let at = |ratio: &[&str]| {
            kinds(&run_with(&CHECK, &with(".4.50", "01", ratio), "ratio_max", limit()))
        };
        assert_eq!(at(&["9.9"]), [OutcomeKind::Pass]);
        assert_eq!(at(&["10"]), [OutcomeKind::Pass]);
        assert_eq!(at(&["10.1"]), [OutcomeKind::Fail]);
        assert_eq!(at(&["4", "3"]), [OutcomeKind::Fail], "two steps, 12:1");
        assert_eq!(at(&[]), [OutcomeKind::Fail], "ratio not stated");
    }

    #[test]
    fn an_unknown_encapsulated_syntax_could_not_run() {
        one(&CHECK, &with(".4.999", "", &[]), OutcomeKind::CouldNotRun);
    }
}
