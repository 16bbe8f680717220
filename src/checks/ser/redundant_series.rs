//! SER009: a series that was sent twice.

use std::collections::BTreeMap;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// A series that the study holds twice.
    ///
    /// ## What it does
    /// Looks for series whose every image stands in another series pixel by pixel, and for reconstructions
    /// that do not differ from another series in anything the header says.
    ///
    /// ## Why it matters
    /// It fills archives and makes a reader compare two series to find that they are one. The regions ask to
    /// send nothing useless.
    ///
    /// ## How it is measured
    /// Pixels: the digest of the decoded frames. Header: same description, Image Type, kernel, thickness,
    /// pixel spacing, echo and inversion time, b-value, position, orientation and Acquisition Time of every image.
    /// The later series is the redundant one.
    ///
    /// ## Known limits
    /// Series whose images are all blank are EXP001's. Reconstructions that differ in a way no compared attribute
    /// states (strength of an iterative method) may be told as one. Copies under one SOP Instance UID are FIL006's.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// Hebei 2025 2(4), Beijing 2024 3.2(2).
    code: "SER009",
    name: "redundant-series",
    title: ("重复发送的序列", "a series that the study holds twice"),
    advice: (
        "核对后删除或停止上传重复的序列",
        "compare the two series and stop sending the second one"
    ),
    status: Stable,
    depth: Pixels,
    inputs: [
        Input::File,
        Input::Header(tags::SERIES_DESCRIPTION),
        Input::Header(tags::IMAGE_TYPE),
        Input::Header(tags::CONVOLUTION_KERNEL),
        Input::Header(tags::SLICE_THICKNESS),
        Input::Header(tags::PIXEL_SPACING),
        Input::Header(tags::ECHO_TIME),
        Input::Header(tags::INVERSION_TIME),
        Input::Header(tags::DIFFUSION_B_VALUE),
        Input::Header(tags::IMAGE_POSITION_PATIENT),
        Input::Header(tags::IMAGE_ORIENTATION_PATIENT),
        Input::Header(tags::ACQUISITION_TIME),
        Input::Header(tags::ACQUISITION_NUMBER),
    ],
    params: [],
    dicom_code: None,
    run: run,
}

const ALIKE: &[Tag] = &[
    tags::SERIES_DESCRIPTION,
    tags::IMAGE_TYPE,
    tags::CONVOLUTION_KERNEL,
    tags::SLICE_THICKNESS,
    tags::PIXEL_SPACING,
    tags::ECHO_TIME,
    tags::INVERSION_TIME,
    tags::DIFFUSION_B_VALUE,
    tags::IMAGE_POSITION_PATIENT,
    tags::IMAGE_ORIENTATION_PATIENT,
    tags::ACQUISITION_TIME,
    tags::ACQUISITION_NUMBER,
];

/// A fewest number of images that can be told apart by place and time.
const FEWEST: usize = 3;

/// A series as it is compared; sorted lists.
struct Compared<'a> {
    series: SeriesView<'a>,
    pixels: Option<Vec<&'a str>>,
    headers: Option<Vec<String>>,
}

fn compared(series: SeriesView<'_>) -> Compared<'_> {
    let pixels: Option<Vec<&str>> =
        series.instances().map(|i| i.file().pixel_digest.as_deref()).collect();
    let sorted = |mut list: Vec<String>| {
        list.sort();
        list
    };
    // Single-frame slices only: place and time of each stand in its own header.
    let placed = |i: &crate::checks::view::InstanceView<'_>| {
        i.frame_count() == 1
            && i.array::<3>(tags::IMAGE_POSITION_PATIENT).is_some()
            && i.text(tags::ACQUISITION_TIME).is_some()
    };
    let told = |i: &crate::checks::view::InstanceView<'_>| {
        let one = |tag: &Tag| match i.texts(*tag) {
            [] => i.float(*tag).map(|v| v.to_string()).unwrap_or_default(),
            texts => texts.join("\\"),
        };
        ALIKE.iter().map(one).collect::<Vec<_>>().join("|")
    };
    let concerned = series.len() >= FEWEST && series.instances().all(|i| placed(&i));
    let headers = concerned.then(|| sorted(series.instances().map(|i| told(&i)).collect()));
    let pixels = pixels.map(|mut p| {
        p.sort_unstable();
        p
    });
    Compared { series, pixels, headers }
}

/// Whether every entry of a sorted list stands in another, as often as it is there.
fn within(small: &[&str], large: &[&str]) -> bool {
    let mut rest = large.iter();
    small.iter().all(|s| rest.any(|l| l == s))
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let all: Vec<Compared<'_>> = view
        .series()
        .filter(|s| !s.is_empty() && s.instances().all(|i| i.has_pixel_data()))
        .map(compared)
        .collect();
    if all.len() < 2 {
        let why = Text::new("检查只有一个图像序列", "the study has one series of images");
        return vec![Outcome::not_applicable(crate::model::outcome::Subject::study(), why)];
    }
    let mut outcomes: Vec<Outcome> = Vec::new();
    // Most series share no image with another: the first digest finds those that may.
    let mut by_pixel: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut by_header: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, c) in all.iter().enumerate() {
        for digest in c.pixels.iter().flatten() {
            let holders = by_pixel.entry(digest).or_default();
            if holders.last() != Some(&at) {
                holders.push(at);
            }
        }
        if let Some(first) = c.headers.as_ref().and_then(|h| h.first()) {
            by_header.entry(first).or_default().push(at);
        }
    }
    let mut redundant = vec![false; all.len()];
    for (at, c) in all.iter().enumerate().rev() {
        let own = c.pixels.as_ref().and_then(|p| Some((p, by_pixel.get(p.first()?)?)));
        let holder = own.and_then(|(p, holders)| {
            let holds = |h: &&usize| {
                let other = all.get(**h).and_then(|o| o.pixels.as_ref());
                **h != at
                    && redundant.get(**h) == Some(&false)
                    && other.is_some_and(|o| within(p, o) && (o.len() > p.len() || **h < at))
            };
            holders.iter().find(holds)
        });
        let (holder, by) = match holder {
            Some(h) => (Some(*h), "pixels"),
            None => (alike(at, c, &all, &by_header), "header"),
        };
        let Some(other) = holder.and_then(|h| all.get(h)) else { continue };
        if let Some(slot) = redundant.get_mut(at) {
            *slot = true;
        }
        outcomes.push(fail(c, other, by));
    }
    if !outcomes.is_empty() {
        outcomes.reverse();
        return outcomes;
    }
    let subject = crate::model::outcome::Subject::study();
    let unread = all.iter().filter(|c| c.pixels.is_none()).count();
    let checked = Evidence::new("series_checked", all.len());
    if unread == all.len() {
        let why = Text::new("像素均未能解码，无法比较", "no pixels could be decoded to compare");
        return vec![Outcome::could_not_run(subject, why).with(checked)];
    }
    let why = Text::new("没有重复的序列", "no series stands twice");
    vec![Outcome::pass(subject, why).with(checked)]
}

/// An earlier series of which the header says the same in every image.
fn alike(
    at: usize,
    c: &Compared<'_>,
    all: &[Compared<'_>],
    by_header: &BTreeMap<&str, Vec<usize>>,
) -> Option<usize> {
    let own = c.headers.as_ref()?;
    let near = by_header.get(own.first()?.as_str())?;
    let same =
        |h: &&usize| **h < at && all.get(**h).is_some_and(|o| o.headers.as_ref() == Some(own));
    near.iter().find(same).copied()
}

fn fail(c: &Compared<'_>, other: &Compared<'_>, by: &str) -> Outcome {
    let n = c.series.len();
    let why = if by == "pixels" {
        Text::new(
            format!("该序列{n}幅图像的像素在另一序列中全部存在，允许0幅"),
            format!("{n} images whose pixels all stand in another series, limit 0 images"),
        )
    } else {
        Text::new(
            format!("该序列{n}幅图像与另一序列的位置、时间和重建参数完全相同，允许0幅"),
            format!(
                "{n} images with place, time and reconstruction of another series, limit 0 images"
            ),
        )
    };
    Outcome::fail(c.series.subject(), why)
        .with(Evidence::new("instances_affected", n).limit(0).unit("instances"))
        .with(Evidence::new("same_as_series_uid", other.series.uid()))
        .with(Evidence::new("compared_by", by))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::ser::cases::{Case, k};
    use crate::checks::testing::{evidence, one};
    use crate::model::outcome::OutcomeKind;
    use crate::model::study::Study;
    use crate::series::Kind;

    /// Two series at the same places; different pixels, descriptions and times.
    fn two() -> Study {
        Case::new("CT", vec![k(Kind::Thin), k(Kind::Thin)])
            .each(0, |i| i.attributes.set_text(tags::ACQUISITION_TIME, "100000"))
            .each(1, |i| i.attributes.set_text(tags::ACQUISITION_TIME, "100500"))
            .study
    }

    #[test]
    fn hit_a_series_whose_pixels_all_stand_in_another() {
        let mut study = two();
        for n in 0..3 {
            let digest = study.series[0].instances[n].file.pixel_digest.clone();
            study.series[1].instances[n].file.pixel_digest = digest;
        }
        let o = one(&CHECK, &study, OutcomeKind::Fail);
        assert_eq!(o.subject.series_uid.as_deref(), Some(study.series[1].uid.as_str()));
        assert_eq!(evidence(&o, "compared_by"), "pixels");
        // A part of the first is redundant too; a whole of which the first is a part is not.
        study.series[1].instances.pop();
        one(&CHECK, &study, OutcomeKind::Fail);
        study.series[0].instances.truncate(1);
        let o = one(&CHECK, &study, OutcomeKind::Fail);
        assert_eq!(o.subject.series_uid.as_deref(), Some(study.series[0].uid.as_str()));
    }

    #[test]
    fn hit_a_reconstruction_that_the_header_cannot_tell_from_another() {
        let mut study = two();
        for i in &mut study.series[1].instances {
            i.attributes.set_text(tags::ACQUISITION_TIME, "100000");
        }
        let o = one(&CHECK, &study, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "compared_by"), "header");
        for i in &mut study.series[1].instances {
            i.attributes.set_text(tags::CONVOLUTION_KERNEL, "B70");
        }
        one(&CHECK, &study, OutcomeKind::Pass);
    }

    #[test]
    fn miss_series_that_differ_and_single_ones() {
        let mut study = two();
        one(&CHECK, &study, OutcomeKind::Pass);
        let digest = study.series[0].instances[0].file.pixel_digest.clone();
        study.series[1].instances[0].file.pixel_digest = digest;
        one(&CHECK, &study, OutcomeKind::Pass);
        study.series.pop();
        one(&CHECK, &study, OutcomeKind::NotApplicable);
    }
}
