//! GEO002: slices missing at the beginning of a volume.

use std::collections::BTreeMap;

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::numbers::{SeriesNumbers, Start, start};
use crate::measure::volumes::Image;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::shared::{Said, count, no_volume, per_series};

declare_check! {
    /// Slices missing at the beginning of a volume.
    ///
    /// ## What it does
    /// Looks at where the Instance Numbers of a CT or MR series begin, or, in multi-frame objects, the In-Stack
    /// Position Numbers of a stack. A series that begins later than 1, where no habit of a maker explains it, lost its
    /// first images.
    ///
    /// ## Why it matters
    /// A volume that was cut at its end looks whole in every viewer: no gap shows. The apex of a lung, or the
    /// top of a head, may be in the slices that never came.
    ///
    /// ## How it is measured
    /// The lowest Instance Number of all images of the series; limit 1. Not accused are numbers from 0, numbers
    /// that run on over the series of a study (no number twice in it), numbers that another series interleaves
    /// (echoes, phases of Dixon), and blocks that begin at 101, 1001 and the like. Position Numbers of frames
    /// always begin at 1.
    ///
    /// ## Known limits
    /// A series renumbered after the loss, and one numbered against the habit of its study, are not seen here.
    /// A technologist may have discarded the first images for a reason.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a volume that is judged.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.6.1 (Instance Number), C.7.6.16.2.2 (In-Stack Position Number begins at 1).
    code: "GEO002",
    name: "missing-first-slices",
    title: ("容积起始处缺少层面", "slices are missing at the beginning of a volume"),
    advice: (
        "从设备重新发送该序列，核对第一幅图像的编号",
        "send the series again from the device and compare the number of its first image"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Kinds, Input::Stacks, Input::Header(tags::INSTANCE_NUMBER), Input::Header(tags::STACK_ID)],
    params: [("slices_min", Number, "slices", "fewest places of a volume that is judged")],
    dicom_code: Some(("DCM:130574", "Incomplete study")),
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let slices_min = count(params, "slices_min");
    let numbers: Vec<SeriesNumbers> = view.series().map(|s| numbers(&s)).collect();
    let pass = Text::new("序列编号从头开始", "series begin with their first number");
    per_series(view, &pass, &no_volume(), |s| judge(s, s.index(), &numbers, slices_min))
}

fn numbers(series: &SeriesView<'_>) -> SeriesNumbers {
    let single = series.instances().filter(|i| i.frame_count() == 1);
    let numbers = single.filter_map(|i| i.int(tags::INSTANCE_NUMBER)).collect();
    SeriesNumbers { numbers, images: series.len() }
}

fn judge(s: &SeriesView<'_>, own: usize, study: &[SeriesNumbers], slices_min: usize) -> Said {
    let volume = s.volume();
    if volume.large(slices_min).next().is_none() {
        return Said::Skip;
    }
    if volume.images.iter().all(|i| i.frame > 0 || frames(s, i.instance) > 1) {
        return of_frames(s, slices_min);
    }
    match start(own, study) {
        Start::First => Said::Pass,
        Start::Late(missing) => Said::Told(fail(s, missing, missing + 1)),
        Start::Silent => Said::Told(Outcome::could_not_run(
            s.subject(),
            Text::new("图像没有编号", "no image has an Instance Number"),
        )),
        Start::RunsOn => Said::Told(Outcome::not_applicable(
            s.subject(),
            Text::new("图像编号跨序列连续", "numbers run on over the series of the study"),
        )),
        Start::Block => Said::Told(Outcome::not_applicable(
            s.subject(),
            Text::new("图像编号按百分段", "numbers begin a block of a hundred"),
        )),
    }
}

fn frames(s: &SeriesView<'_>, instance: usize) -> u32 {
    s.instance(instance).map_or(1, |i| i.frame_count())
}

/// Multi-frame objects: the position numbers of each stack begin at 1.
fn of_frames(s: &SeriesView<'_>, slices_min: usize) -> Said {
    let volume = s.volume();
    let mut firsts: BTreeMap<&str, i64> = BTreeMap::new();
    for (stack, _) in volume.large(slices_min) {
        let numbers: Option<Vec<i64>> = stack.numbers(&volume.slices).into_iter().collect();
        let first = numbers.and_then(|n| n.into_iter().min());
        let slice = stack.places.first().and_then(|p| p.members.first());
        let (Some(first), Some(slice)) = (first, slice) else { continue };
        // Stacks of one Stack ID (echoes, b-values) share their position numbers.
        let id = stack_id(s, volume.images[*slice]).unwrap_or_default();
        firsts.entry(id).and_modify(|f| *f = first.min(*f)).or_insert(first);
    }
    match firsts.values().max().copied() {
        None => Said::Told(Outcome::not_applicable(
            s.subject(),
            Text::new("各帧没有位置编号", "frames have no position numbers"),
        )),
        Some(first) if first > 1 => Said::Told(fail(s, first - 1, first)),
        Some(_) => Said::Pass,
    }
}

fn stack_id<'a>(s: &SeriesView<'a>, image: Image) -> Option<&'a str> {
    let frame = usize::try_from(image.frame).ok()?;
    s.instance(image.instance)?.frame_text(frame, tags::STACK_ID)
}

fn fail(s: &SeriesView<'_>, missing: i64, first: i64) -> Outcome {
    let why = Text::new(
        format!("首幅图像编号为{first}，应为1；起始处缺{missing}个编号"),
        format!(
            "the first image has number {first}, limit 1; {missing} numbers before it are not there"
        ),
    );
    Outcome::fail(s.subject(), why)
        .with(Evidence::new("first_instance_number", first).limit(1))
        .with(Evidence::new("missing_numbers", missing).limit(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, run as all, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use crate::model::study::Study;

    fn numbered(from: i64, step: i64) -> Study {
        let mut study = volume("CT", 8, 5.0);
        for (n, i) in (0..).zip(&mut study.series[0].instances) {
            i.attributes.set_text(tags::INSTANCE_NUMBER, (from + n * step).to_string());
        }
        study
    }

    #[test]
    fn hit_a_series_from_four_and_miss_those_from_nought_and_one() {
        let o = one(&CHECK, &numbered(4, 1), Fail);
        assert_eq!(evidence(&o, "missing_numbers"), 3);
        one(&CHECK, &numbered(0, 1), Pass);
        one(&CHECK, &numbered(1, 1), Pass);
        one(&CHECK, &numbered(1001, 1), NotApplicable);
    }

    #[test]
    fn miss_numbers_that_run_on_over_the_study() {
        let mut study = numbered(1, 1);
        for (from, uid) in [(9, "2.25.1.8"), (17, "2.25.1.9")] {
            let mut other = numbered(from, 1).series.remove(0);
            uid.clone_into(&mut other.uid);
            study.series.push(other);
        }
        assert!(all(&CHECK, &study).iter().all(|o| o.kind == NotApplicable));
        study.series.remove(1);
        one(&CHECK, &study, Fail);
    }

    #[test]
    fn miss_what_is_no_volume() {
        one(&CHECK, &volume("DX", 2, 5.0), NotApplicable);
    }
}
