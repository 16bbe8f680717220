//! FIL009: an image description that contradicts itself or the length of the data.

use crate::checks::contract::Input;
use crate::checks::per_instance::{Fault, Said, judge};
use crate::checks::view::{InstanceView, StudyView};
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;
use dicom_dictionary_std::tags;

use super::transfer_syntax::{is_video, native_bytes_needed};

declare_check! {
    /// An image description that contradicts itself or the length of the data.
    ///
    /// ## What it does
    /// Holds Bits Allocated, Bits Stored, High Bit, Pixel Representation, Samples per Pixel and
    /// Photometric Interpretation against each other, and Rows, Columns and Number of Frames against
    /// the length of the pixel data.
    ///
    /// ## Why it matters
    /// Viewers that believe different attributes show different images: wrong brightness, shifted
    /// rows, or frames left out.
    ///
    /// ## How it is measured
    /// Surplus = bytes present minus bytes needed (uncompressed), in bytes; more than `surplus_max`
    /// fails. Fragments fewer than Number of Frames (encapsulated, no video) fail. Bits Stored above
    /// Bits Allocated, High Bit other than Bits Stored - 1, Pixel Representation other than 0 or 1, and
    /// Samples per Pixel that do not fit the Photometric Interpretation fail.
    ///
    /// ## Known limits
    /// Too few bytes are FIL003. Old equipment used a High Bit other than Bits Stored - 1 on purpose.
    /// An absent attribute is not a contradiction.
    ///
    /// ## Parameters
    /// `surplus_max`: bytes beyond those needed that are still taken as padding.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.6.3.1; PS3.5 section 8.1.1 and 8.2.
    code: "FIL009",
    name: "pixel-length-mismatch",
    title: (
        "图像描述与像素数据不符",
        "the image description contradicts the pixel data"
    ),
    advice: (
        "从设备重新发送；仍不符时请设备厂家检查其DICOM输出",
        "send again from the device; if it stays, have the maker look at its DICOM output"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::File,
        Input::Header(tags::BITS_ALLOCATED),
        Input::Header(tags::BITS_STORED),
        Input::Header(tags::HIGH_BIT),
        Input::Header(tags::PIXEL_REPRESENTATION),
        Input::Header(tags::SAMPLES_PER_PIXEL),
        Input::Header(tags::PHOTOMETRIC_INTERPRETATION),
    ],
    params: [("surplus_max", Number, "bytes", "bytes beyond those needed still taken as padding")],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let surplus_max = params.number("surplus_max");
    judge(
        view,
        &Text::new("图像描述与像素数据相符", "the image description fits the pixel data"),
        &Text::new("没有可判定的像素数据", "there is no pixel data to judge"),
        |instance| {
            if instance.family().is_none() || !instance.has_pixel_data() {
                return Said::Skip;
            }
            let fault = bits(instance).or_else(|| samples(instance));
            fault.or_else(|| length(instance, surplus_max)).map_or(Said::Pass, Said::Fail)
        },
    )
}

fn differs(name: &str, words: (&str, &str), value: i64, limit: i64) -> Fault {
    Fault::new(
        name,
        format!("{}为{value}，应为{limit}", words.0),
        format!("{} is {value}, limit {limit}", words.1),
    )
    .with(Evidence::new(name, value).limit(limit))
}

fn bits(instance: &InstanceView<'_>) -> Option<Fault> {
    let allocated = instance.int(tags::BITS_ALLOCATED);
    let stored = instance.int(tags::BITS_STORED);
    let high = instance.int(tags::HIGH_BIT);
    if let Some(a) = allocated
        && a != 1
        && (a % 8 != 0 || !(8..=64).contains(&a))
    {
        return Some(differs("bits_allocated", ("分配位数", "Bits Allocated"), a, 16));
    }
    if let (Some(s), Some(a)) = (stored, allocated)
        && (s > a || s < 1)
    {
        return Some(differs("bits_stored", ("存储位数", "Bits Stored"), s, a));
    }
    if let (Some(h), Some(s)) = (high, stored)
        && h != s - 1
    {
        return Some(differs("high_bit", ("最高位", "High Bit"), h, s - 1));
    }
    let representation = instance.int(tags::PIXEL_REPRESENTATION)?;
    (!(0..=1).contains(&representation)).then(|| {
        differs("pixel_representation", ("像素表示", "Pixel Representation"), representation, 1)
    })
}

fn samples(instance: &InstanceView<'_>) -> Option<Fault> {
    let samples = instance.int(tags::SAMPLES_PER_PIXEL)?;
    let photometric = instance.text(tags::PHOTOMETRIC_INTERPRETATION)?;
    let needed = match photometric {
        "MONOCHROME1" | "MONOCHROME2" | "PALETTE COLOR" => 1,
        "RGB" | "HSV" | "YBR_FULL" | "YBR_FULL_422" | "YBR_PARTIAL_422" | "YBR_PARTIAL_420"
        | "YBR_ICT" | "YBR_RCT" | "XYB" => 3,
        "ARGB" | "CMYK" => 4,
        _ => return None,
    };
    (samples != needed).then(|| {
        differs("samples_per_pixel", ("每像素样本数", "Samples per Pixel"), samples, needed)
            .with(Evidence::new("photometric_interpretation", photometric))
    })
}

fn length(instance: &InstanceView<'_>, surplus_max: f64) -> Option<Fault> {
    let file = instance.file();
    let frames = instance.frame_count();
    if file.encapsulated {
        let fragments = file.fragments?;
        // A cut sequence is FIL003, and an empty one FIL008.
        if fragments == 0 || fragments >= frames || file.pixel_sequence_unclosed {
            return None;
        }
        return (!is_video(&file.transfer_syntax)).then(|| {
            Fault::new(
                "fragments",
                format!("像素数据只有{fragments}个片段，应不少于{frames}帧"),
                format!("the pixel data has {fragments} fragments, limit {frames} frames"),
            )
            .with(Evidence::new("fragments", fragments).limit(frames).unit("fragments"))
        });
    }
    let (present, needed) = (file.pixel_bytes?, native_bytes_needed(instance)?);
    let surplus = present.checked_sub(needed)?;
    #[expect(clippy::cast_precision_loss, reason = "compared with a small limit")]
    let beyond = surplus as f64 > surplus_max;
    beyond.then(|| {
        Fault::new(
            "surplus",
            format!("像素数据多出{surplus}字节，上限{surplus_max}字节"),
            format!("the pixel data has {surplus} bytes too many, limit {surplus_max} bytes"),
        )
        .with(Evidence::new("surplus_bytes", surplus).limit(surplus_max).unit("bytes"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, set_int, volume};
    use crate::model::outcome::OutcomeKind;
    use crate::model::study::{Instance, Study};

    fn changed(change: impl Fn(&mut Instance)) -> Study {
        let mut study = volume("CT", 4, 5.0);
        change(&mut study.series[0].instances[1]);
        study
    }

    #[test]
    fn hit_bits_and_samples() {
        for (tag, value, name) in [
            (tags::BITS_STORED, 17, "bits_stored"),
            (tags::HIGH_BIT, 15, "high_bit"),
            (tags::PIXEL_REPRESENTATION, 2, "pixel_representation"),
            (tags::SAMPLES_PER_PIXEL, 3, "samples_per_pixel"),
            (tags::BITS_ALLOCATED, 12, "bits_allocated"),
        ] {
            let o = one(&CHECK, &changed(|i| set_int(i, tag, value)), OutcomeKind::Fail);
            assert_eq!(evidence(&o, name), value);
        }
    }

    #[test]
    fn hit_surplus_above_the_limit_and_miss_at_it() {
        // Needed are 32 bytes; the base policy takes 2 more as padding.
        for (bytes, kind) in
            [(33, OutcomeKind::Pass), (34, OutcomeKind::Pass), (35, OutcomeKind::Fail)]
        {
            one(&CHECK, &changed(|i| i.file.pixel_bytes = Some(bytes)), kind);
        }
    }

    #[test]
    fn hit_fewer_fragments_than_frames() {
        let with = |fragments| {
            changed(move |i| {
                i.file.encapsulated = true;
                i.file.fragments = Some(fragments);
                set_int(i, tags::NUMBER_OF_FRAMES, 3);
            })
        };
        one(&CHECK, &with(2), OutcomeKind::Fail);
        one(&CHECK, &with(3), OutcomeKind::Pass);
        one(&CHECK, &with(4), OutcomeKind::Pass);
    }

    #[test]
    fn miss_a_consistent_description() {
        one(&CHECK, &volume("CT", 4, 5.0), OutcomeKind::Pass);
    }
}
