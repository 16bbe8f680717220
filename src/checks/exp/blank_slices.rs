//! EXP002: blank slices inside a series that otherwise shows something.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::per_instance::EXAMPLES;
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::blank::{Frames, Rules, frames};

declare_check! {
    /// Blank slices inside a CT or MR series that otherwise shows something.
    ///
    /// ## What it does
    /// Counts blank frames of a series, apart from those at its start and end.
    ///
    /// ## Why it matters
    /// A blank slice between others hides anatomy as a missing slice does, and no gap shows it.
    ///
    /// ## How it is measured
    /// Blank as in EXP001, on stored values. In the order of the series, leading and trailing blank
    /// frames are let off up to `end_share_max` of the frames at each end. Number of blank frames that
    /// are not let off; more than none fails.
    ///
    /// ## Known limits
    /// Volumes often begin and end outside the body; those slices are let off. A derived series may
    /// rightly hold empty frames: list its Image Type in `exempt_image_types`. The order is that of
    /// Instance Number, so the ends of a time series are those of its first and last volume.
    ///
    /// ## Parameters
    /// `levels_max`, `range_max`, `exempt_image_types`: as in EXP001. `end_share_max`: share of the frames that may be blank at each end.
    ///
    /// ## References
    /// DICOM PS3.16 CID 7011 (111213 No image).
    code: "EXP002",
    name: "blank-slices",
    title: ("序列中存在空白层面", "a series holds blank slices"),
    advice: (
        "在原始工作站上核对该序列；工作站上正常则重新发送",
        "compare the series on its workstation; if it is fine there, send it again"
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
        ("exempt_image_types", Texts, "", "values of Image Type that are not judged"),
        ("end_share_max", Number, "1", "share of the frames that may be blank at each end"),
    ],
    dicom_code: Some(("DCM:111213", "No image")),
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let rules = Rules::of_slices(params);
    let share = params.number("end_share_max");
    let outcomes: Vec<Outcome> =
        view.series().filter_map(|s| of_series(&s, &rules, share)).collect();
    if outcomes.iter().any(|o| o.kind != crate::model::outcome::OutcomeKind::Pass) {
        let not_passed = |o: &Outcome| o.kind != crate::model::outcome::OutcomeKind::Pass;
        return outcomes.into_iter().filter(not_passed).collect();
    }
    if outcomes.is_empty() {
        let why = Text::new("没有可判定的断层序列", "there is no series of slices to judge");
        return vec![Outcome::not_applicable(Subject::study(), why)];
    }
    let why = Text::new("序列中没有空白层面", "no slice between the ends of a series is blank");
    let outcome = Outcome::pass(Subject::study(), why);
    vec![outcome.with(Evidence::new("series_checked", outcomes.len()))]
}

fn of_series(series: &SeriesView<'_>, rules: &Rules<'_>, share: f64) -> Option<Outcome> {
    let mut slices: Vec<(&str, bool)> = Vec::new();
    let mut unmeasured = 0;
    for instance in series.instances() {
        if instance.family().is_none_or(Family::is_projection) {
            continue;
        }
        match frames(&instance, rules) {
            Frames::NotConcerned => {}
            Frames::NotMeasured => unmeasured += 1,
            Frames::Measured(all) => {
                slices.extend(all.iter().map(|f| (instance.sop_uid(), f.blank)));
            }
        }
    }
    if unmeasured > 0 {
        let why = Text::new(
            format!("{unmeasured}幅图像的像素未能测量"),
            format!("the pixels of {unmeasured} instances could not be measured"),
        );
        return Some(Outcome::could_not_run(series.subject(), why));
    }
    // A series that is blank throughout is EXP001; one or two images have no middle.
    if slices.len() < 3 || slices.iter().all(|s| s.1) {
        return None;
    }
    Some(judged(series, &slices, share))
}

fn judged(series: &SeriesView<'_>, slices: &[(&str, bool)], share: f64) -> Outcome {
    let total = slices.len();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count of frames"
    )]
    let allowed = (total as f64 * share.clamp(0.0, 1.0)).floor() as usize;
    let leading = slices.iter().take_while(|s| s.1).count().min(allowed);
    let trailing = slices.iter().rev().take_while(|s| s.1).count().min(allowed);
    let middle = slices.get(leading..total.saturating_sub(trailing)).unwrap_or_default();
    let blank: Vec<&str> = middle.iter().filter(|s| s.1).map(|s| s.0).collect();
    let n = blank.len();
    let outcome = if n == 0 {
        let why = Text::new("序列中间没有空白层面", "no slice between the ends is blank");
        Outcome::pass(series.subject(), why)
    } else {
        let why = Text::new(
            format!("{total}帧中{n}帧空白（两端除外），允许0帧"),
            format!("{n} of {total} frames are blank, the ends left out, limit 0 frames"),
        );
        let uids: Vec<&str> = blank.into_iter().take(EXAMPLES).collect();
        Outcome::fail(series.subject(), why).with(Evidence::new("first_sop_instance_uids", uids))
    };
    outcome.with(Evidence::new("blank_frames", n).limit(0).unit("frames")).with(
        Evidence::new("blank_frames_at_ends", leading + trailing).limit(2 * allowed).unit("frames"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, measure, one, volume};
    use crate::model::outcome::OutcomeKind;
    use crate::model::study::Study;

    fn with_blank(at: &[usize]) -> Study {
        let mut study = volume("CT", 10, 5.0);
        for n in at {
            measure(&mut study.series[0].instances[*n], -1000.0, -1000.0, 1.0);
        }
        study
    }

    #[test]
    fn hit_a_blank_slice_in_the_middle() {
        let o = one(&CHECK, &with_blank(&[4]), OutcomeKind::Fail);
        assert_eq!(evidence(&o, "blank_frames"), 1);
    }

    #[test]
    fn hit_and_miss_around_the_share_at_an_end() {
        // A quarter of ten frames: two.
        one(&CHECK, &with_blank(&[0, 1]), OutcomeKind::Pass);
        one(&CHECK, &with_blank(&[8, 9]), OutcomeKind::Pass);
        one(&CHECK, &with_blank(&[0, 1, 2]), OutcomeKind::Fail);
    }

    #[test]
    fn miss_what_is_not_a_series_of_slices() {
        one(&CHECK, &with_blank(&[]), OutcomeKind::Pass);
        one(&CHECK, &with_blank(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), OutcomeKind::NotApplicable);
        one(&CHECK, &volume("DX", 3, 1.0), OutcomeKind::NotApplicable);
    }
}
