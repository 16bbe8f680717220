//! GEO004: every second (third …) slice of a volume is missing.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::numbers::step;
use crate::measure::stacks::Stack;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::shared::{Said, count, no_volume, per_series, rounded};

declare_check! {
    /// Every second (third …) slice of a volume is missing.
    ///
    /// ## What it does
    /// Looks for a stack whose Instance Numbers go in steps of two or more, evenly, while the numbers between are in no
    /// series of the study.
    ///
    /// ## Why it matters
    /// A volume thinned out evenly shows no gap and an even spacing; half of the tissue may never have been sent.
    ///
    /// ## How it is measured
    /// The step that nearly all neighbouring slices are apart in number; limit 1. Numbers that stand in the series
    /// itself (other echoes, phases) or in another one of the study explain a step. In MR, where makers number the parts of
    /// Dixon and multi-echo scans in turn, the slices must also lie apart: spacing above thickness by more than
    /// `gap_share_min` of it.
    ///
    /// ## Known limits
    /// A series renumbered after the loss shows only as a wide gap (GEO005).
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged. `gap_share_min`: uncovered share of the thickness from which an MR
    /// stack with such numbers is accused.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.6.1 (Instance Number), C.7.6.2.1.1.
    code: "GEO004",
    name: "every-other-slice-missing",
    title: ("层面被等间隔抽除", "every second or third slice is missing"),
    advice: (
        "从设备重新发送全部层面，勿在传输时抽层",
        "send all slices from the device; do not thin the series when sending"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::Kinds,
        Input::Stacks,
        Input::Header(tags::INSTANCE_NUMBER),
        Input::Header(tags::SLICE_THICKNESS),
    ],
    params: [
        ("slices_min", Number, "slices", "fewest places of a stack that is judged"),
        ("gap_share_min", Number, "1", "uncovered share of the thickness from which MR is accused"),
    ],
    dicom_code: Some(("DCM:130574", "Incomplete study")),
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let slices_min = count(params, "slices_min");
    let gap_share_min = params.number("gap_share_min");
    let pass = Text::new("层面编号逐一递增", "numbers go from slice to slice by one");
    per_series(view, &pass, &no_volume(), |s| {
        let volume = s.volume();
        let (mut looked, mut silent) = (false, false);
        for (stack, spacing) in volume.large(slices_min) {
            looked = true;
            let numbers = stack.numbers(&volume.slices);
            silent |= numbers.contains(&None);
            let Some(step) = step(&numbers).filter(|step| *step > 1) else { continue };
            if explained(view, s, stack) {
                continue;
            }
            let spacing = spacing.as_ref().map_or(0.0, |s| s.median);
            let thickness = thickness(s, stack);
            let apart = thickness.is_some_and(|t| spacing - t > gap_share_min * t);
            let ct = s.instances().next().and_then(|i| i.family()) == Some(Family::Ct);
            if ct || apart {
                return Said::Told(fail(s, stack.places.len(), step, spacing, thickness));
            }
        }
        if silent {
            let why = Text::new("部分层面没有编号", "some slices have no number");
            return Said::Told(Outcome::could_not_run(s.subject(), why));
        }
        if looked { Said::Pass } else { Said::Skip }
    })
}

fn thickness(s: &SeriesView<'_>, stack: &Stack) -> Option<f64> {
    let first = *stack.places.first()?.members.first()?;
    s.volume().float(first, tags::SLICE_THICKNESS).filter(|t| *t > 0.0)
}

/// Whether a number between two neighbours of the stack stands anywhere in the study, without that
/// series having numbers of the stack too.
fn explained(view: &StudyView<'_>, own: &SeriesView<'_>, stack: &Stack) -> bool {
    let volume = own.volume();
    let mut numbers: Vec<i64> = stack.numbers(&volume.slices).into_iter().flatten().collect();
    numbers.sort_unstable();
    let (Some(first), Some(last)) = (numbers.first().copied(), numbers.last().copied()) else {
        return true;
    };
    view.series().any(|other| {
        let of: Vec<i64> = other.instances().filter_map(|i| i.int(tags::INSTANCE_NUMBER)).collect();
        let between = |n: &&i64| **n > first && **n < last && numbers.binary_search(n).is_err();
        let fills = of.iter().filter(between).count() * 2 >= numbers.len();
        let same = other.uid() == own.uid();
        fills && (same || !of.iter().any(|n| numbers.binary_search(n).is_ok()))
    })
}

fn fail(
    s: &SeriesView<'_>,
    places: usize,
    step: u64,
    spacing: f64,
    thickness: Option<f64>,
) -> Outcome {
    let missing = (step - 1) * u64::try_from(places.saturating_sub(1)).unwrap_or(u64::MAX);
    let why = Text::new(
        format!("层面编号每次相差{step}，应为1；约缺{missing}层"),
        format!("numbers go in steps of {step}, limit 1; about {missing} slices are missing"),
    );
    let outcome = Outcome::fail(s.subject(), why)
        .with(Evidence::new("number_step", step).limit(1))
        .with(Evidence::new("missing_slices", missing).limit(0).unit("slices"))
        .with(Evidence::new("spacing_median", rounded(spacing)).unit("mm"));
    match thickness {
        Some(t) => outcome.with(Evidence::new("slice_thickness", rounded(t)).unit("mm")),
        None => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, set_numbers, volume};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};
    use crate::model::study::Study;

    fn thinned(modality: &str, spacing: f64, thickness: f64) -> Study {
        let mut study = volume(modality, 10, spacing);
        for (n, i) in (0..).zip(&mut study.series[0].instances) {
            i.attributes.set_text(tags::INSTANCE_NUMBER, (1 + 2 * n).to_string());
            set_numbers(i, tags::SLICE_THICKNESS, &[thickness]);
        }
        study
    }

    #[test]
    fn hit_every_second_slice_of_ct_and_of_mr_with_a_gap() {
        let o = one(&CHECK, &thinned("CT", 2.0, 1.0), Fail);
        assert_eq!(evidence(&o, "number_step"), 2);
        one(&CHECK, &thinned("MR", 8.8, 4.0), Fail);
    }

    #[test]
    fn without_numbers_it_could_not_run() {
        let mut study = thinned("CT", 2.0, 1.0);
        for i in &mut study.series[0].instances {
            i.attributes.remove(tags::INSTANCE_NUMBER);
        }
        one(&CHECK, &study, CouldNotRun);
    }

    #[test]
    fn miss_one_part_of_a_dixon_scan_and_plain_numbers() {
        one(&CHECK, &thinned("MR", 3.3, 3.0), Pass);
        one(&CHECK, &volume("CT", 10, 5.0), Pass);
        one(&CHECK, &volume("DX", 10, 5.0), NotApplicable);
    }

    #[test]
    fn miss_numbers_that_another_series_has() {
        let mut study = thinned("CT", 2.0, 1.0);
        let mut other = study.series[0].clone();
        other.uid = "2.25.1.9".into();
        for (n, i) in (0..).zip(&mut other.instances) {
            i.attributes.set_text(tags::INSTANCE_NUMBER, (2 + 2 * n).to_string());
        }
        study.series.push(other);
        one(&CHECK, &study, Pass);
    }
}
