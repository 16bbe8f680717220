//! EXP001: projection images, or whole series, that show nothing.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::per_instance::EXAMPLES;
use crate::checks::view::{InstanceView, SeriesView, StudyView};
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::blank::{Frame, Frames, Rules, frames};

declare_check! {
    /// Projection images, or whole CT and MR series, that show nothing.
    ///
    /// ## What it does
    /// Finds radiographs and mammograms that are blank or nearly constant, and CT and MR series of
    /// which every frame is.
    ///
    /// ## Why it matters
    /// There is nothing to read. Behind it stand a failed exposure, a failed export or an emptied file.
    ///
    /// ## How it is measured
    /// On the stored values of the whole frame, before any window: the range from the 1st to the 99th
    /// percentile and the number of distinct values. Blank is a frame with at most `levels_max` values or
    /// a range of at most `range_max`; for a projection image also one whose range is at most
    /// `projection_range_share_max` of the scale that Bits Stored gives. Polarity does not matter.
    ///
    /// ## Known limits
    /// An image that holds only a marker or text on less than 1 % of its area counts as blank. Image
    /// types in `exempt_image_types` (localizers, masks, fused or derived maps) are not judged. Single
    /// blank slices of a series are EXP002.
    ///
    /// ## Parameters
    /// `levels_max`: distinct stored values up to which a frame is blank. `range_max`: range up to which
    /// a frame is blank. `projection_range_share_max`: the same for a projection image, as a share of the
    /// scale. `exempt_image_types`: values of Image Type that are not judged.
    ///
    /// ## References
    /// DICOM PS3.16 CID 7011 (111213 No image); PS3.3 C.7.6.3.1 (Bits Stored).
    code: "EXP001",
    name: "blank-image",
    title: ("图像为空白", "an image shows nothing"),
    advice: (
        "查看原始工作站上的图像；工作站上正常则重新发送，否则需重拍",
        "look at the image on its workstation; if it is fine there send it again, else repeat it"
    ),
    status: Stable,
    depth: Pixels,
    inputs: [
        Input::Header(tags::IMAGE_TYPE),
        Input::Header(tags::BITS_STORED),
        Input::Measurement(measured::P01),
        Input::Measurement(measured::P99),
        Input::Measurement(measured::DISTINCT_LEVELS),
    ],
    params: [
        ("levels_max", Number, "levels", "distinct stored values up to which a frame is blank"),
        ("range_max", Number, "stored value", "range up to which a frame is blank"),
        ("projection_range_share_max", Number, "1", "the same for a projection, share of the scale"),
        ("exempt_image_types", Texts, "", "values of Image Type that are not judged"),
    ],
    dicom_code: Some(("DCM:111213", "No image")),
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let rules = Rules::of(params);
    let mut judged = 0;
    let mut outcomes = Vec::new();
    for series in view.series() {
        judged += of_series(&series, &rules, &mut outcomes);
    }
    if !outcomes.is_empty() {
        return outcomes;
    }
    if judged == 0 {
        let why = Text::new("没有可判定的图像", "there is no image to judge");
        return vec![Outcome::not_applicable(Subject::study(), why)];
    }
    let why = Text::new("没有空白图像", "no image is blank");
    vec![Outcome::pass(Subject::study(), why).with(Evidence::new("frames_checked", judged))]
}

fn of_series(series: &SeriesView<'_>, rules: &Rules<'_>, outcomes: &mut Vec<Outcome>) -> usize {
    let mut blank: Vec<(InstanceView<'_>, Frame)> = Vec::new();
    let (mut judged, mut shown, mut unmeasured) = (0, 0, 0);
    let mut projection = false;
    for instance in series.instances() {
        match frames(&instance, rules) {
            Frames::NotConcerned => {}
            Frames::NotMeasured => unmeasured += 1,
            Frames::Measured(all) => {
                projection |= instance.family().is_some_and(Family::is_projection);
                judged += all.len();
                shown += all.iter().filter(|f| !f.blank).count();
                blank.extend(all.into_iter().filter(|f| f.blank).map(|f| (instance, f)));
            }
        }
    }
    if !blank.is_empty() && (projection || (shown == 0 && unmeasured == 0)) {
        outcomes.push(fail(series, &blank, judged));
    } else if unmeasured > 0 {
        let why = Text::new(
            format!("{unmeasured}幅图像的像素未能测量"),
            format!("the pixels of {unmeasured} instances could not be measured"),
        );
        let outcome = Outcome::could_not_run(series.subject(), why);
        outcomes.push(outcome.with(Evidence::new("instances_not_measured", unmeasured)));
    }
    judged
}

fn fail(series: &SeriesView<'_>, blank: &[(InstanceView<'_>, Frame)], judged: usize) -> Outcome {
    let Some((first, frame)) = blank.first() else {
        return Outcome::pass(series.subject(), Text::new("没有空白图像", "no image is blank"));
    };
    let n = blank.len();
    let subject = if n == 1 { first.subject() } else { series.subject() };
    let (range, limit, levels) = (frame.range, frame.limit, frame.levels);
    let why = Text::new(
        format!("{judged}帧中{n}帧空白：灰度范围{range}，应大于{limit}（灰度级数{levels}）"),
        format!(
            "{n} of {judged} frames are blank: range {range}, limit above {limit} stored values \
             ({levels} distinct)"
        ),
    );
    let mut uids: Vec<&str> = blank.iter().map(|(i, _)| i.sop_uid()).collect();
    uids.dedup();
    uids.truncate(EXAMPLES);
    Outcome::fail(subject, why)
        .with(Evidence::new("range_p01_p99", range).limit(limit).unit("stored value"))
        .with(Evidence::new("distinct_levels", levels).unit("levels"))
        .with(Evidence::new("blank_frames", n).limit(0).unit("frames"))
        .with(Evidence::new("first_sop_instance_uids", uids))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, measure, one, set_texts, volume};
    use crate::model::outcome::OutcomeKind;
    use crate::model::study::Study;

    fn measured_as(modality: &str, slices: usize, range: f64, levels: f64) -> Study {
        let mut study = volume(modality, slices, 5.0);
        for i in &mut study.series[0].instances {
            measure(i, 100.0, 100.0 + range, levels);
        }
        study
    }

    #[test]
    fn hit_and_miss_around_the_range_of_a_radiograph() {
        // 12 bits: 0.005 x 4096 = 20.48, and stored values are whole.
        one(&CHECK, &measured_as("DX", 1, 20.0, 50.0), OutcomeKind::Fail);
        one(&CHECK, &measured_as("DX", 1, 21.0, 50.0), OutcomeKind::Pass);
    }

    #[test]
    fn hit_and_miss_around_the_number_of_levels() {
        one(&CHECK, &measured_as("MG", 1, 4095.0, 2.0), OutcomeKind::Fail);
        one(&CHECK, &measured_as("MG", 1, 4095.0, 3.0), OutcomeKind::Pass);
    }

    #[test]
    fn hit_a_blank_series_once_and_miss_a_series_with_one_image() {
        let mut study = measured_as("CT", 9, 0.0, 1.0);
        let o = one(&CHECK, &study, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "blank_frames"), 9);
        measure(&mut study.series[0].instances[4], 0.0, 900.0, 500.0);
        one(&CHECK, &study, OutcomeKind::Pass);
    }

    #[test]
    fn miss_a_dim_slice_and_a_localizer() {
        one(&CHECK, &measured_as("MR", 4, 2.0, 9.0), OutcomeKind::Pass);
        let mut localizer = measured_as("CT", 2, 0.0, 1.0);
        for i in &mut localizer.series[0].instances {
            set_texts(i, tags::IMAGE_TYPE, &["ORIGINAL", "PRIMARY", "LOCALIZER"]);
        }
        one(&CHECK, &localizer, OutcomeKind::NotApplicable);
    }

    #[test]
    fn unmeasured_pixels_could_not_run() {
        let mut study = volume("CT", 4, 5.0);
        study.series[0].instances[0].measurements.clear();
        one(&CHECK, &study, OutcomeKind::CouldNotRun);
    }
}
