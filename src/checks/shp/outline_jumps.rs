//! SHP001: slices of a CT stack whose body lies aside of its neighbours.

use crate::checks::contract::Input;
use crate::checks::per_series::{Said, count, no_volume, per_series};
use crate::checks::slices::{Column, Slice, StackOf, is_ct_slice, is_of, stacks, unlooked};
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::ct::motion::{Jumps, jumps};
use crate::measure::registry as measured;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// Slices of a CT stack whose body lies aside of its neighbours.
    ///
    /// ## What it does
    /// Follows the left, right, front and back of the body from slice to slice and looks for a slice where both
    /// opposite sides jump the same way.
    ///
    /// ## Why it matters
    /// The patient moved or breathed between two slices: contours are jagged, reformats are stepped, lesions are
    /// doubled or lost.
    ///
    /// ## How it is measured
    /// The jump of a slice is the place of a side less the mean of its places on both neighbours, mm; of two
    /// opposite sides the lesser jump counts, so that an arm that comes in at one side does not. A slice fails whose
    /// jump is above `shift_max_mm` and above `shift_ratio_max` times the roughness of the whole stack
    /// (1.4826 times the median jump, at least 0.3 mm).
    ///
    /// ## Known limits
    /// Motion that leaves the outline where it is (heart, bowel) is not told. Stacks of fewer than five slices in
    /// which the sides lie inside the field are not judged.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged. `shift_max_mm`: largest jump. `shift_ratio_max`: largest
    /// jump in multiples of the roughness of the stack.
    ///
    /// ## References
    /// Chongqing-Sichuan draft 2025 7.3.2.3 (no motion artifact); DICOM PS3.16 CID 7011 (111210 Motion blur).
    code: "SHP001",
    name: "outline-jumps",
    title: ("CT层间错动（运动）", "the body jumps from slice to slice"),
    advice: (
        "核对受检者是否移动或未屏气；影响诊断时重扫",
        "see whether the patient moved or breathed; repeat where it hinders reading"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01),
        Input::Stacks,
        Input::Measurement(measured::OUTLINE_LEFT),
        Input::Measurement(measured::OUTLINE_RIGHT),
        Input::Measurement(measured::OUTLINE_TOP),
        Input::Measurement(measured::OUTLINE_BOTTOM),
    ],
    params: [
        ("slices_min", Number, "slices", "fewest places of a stack that is judged"),
        ("shift_max_mm", Number, "mm", "largest jump of both opposite sides"),
        ("shift_ratio_max", Number, "1", "largest jump in multiples of the roughness of the stack"),
    ],
    dicom_code: Some(("DCM:111210", "Motion blur")),
    run: run,
}

/// Left, right, top, bottom.
const SIDES: [&str; 4] = [
    measured::OUTLINE_LEFT,
    measured::OUTLINE_RIGHT,
    measured::OUTLINE_TOP,
    measured::OUTLINE_BOTTOM,
];

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let pass = Text::new("层间轮廓连续", "the outline of the body runs on from slice to slice");
    per_series(view, &pass, &no_volume(), |s| of_series(s, params))
}

fn of_series(s: &SeriesView<'_>, params: &Params) -> Said {
    if !is_of(s, Family::Ct) {
        return Said::Skip;
    }
    let least = count(params, "slices_min");
    let (most, ratio) = (params.number("shift_max_mm"), params.number("shift_ratio_max"));
    let sides = SIDES.map(|name| s.column(name));
    let mut looked = false;
    let mut worst: Option<(Jumps, Slice<'_>)> = None;
    let all = stacks(s, least, is_ct_slice);
    if let Some(outcome) = unlooked(s, &all, false) {
        return Said::Told(outcome);
    }
    for stack in all {
        let Some((found, slice)) = of_stack(&stack, &sides) else { continue };
        looked = true;
        let beyond = found.shift > most && found.shift_ratio > ratio;
        if beyond && worst.as_ref().is_none_or(|(w, _)| found.shift > w.shift) {
            worst = Some((found, slice));
        }
    }
    match worst {
        Some((found, slice)) => Said::Told(fail(&found, &slice, most, ratio)),
        None if looked => Said::Pass,
        None => Said::Skip,
    }
}

fn of_stack<'a>(stack: &StackOf<'a>, sides: &[Column; 4]) -> Option<(Jumps, Slice<'a>)> {
    let slices: Vec<&Slice<'a>> = stack.firsts().collect();
    let outline = |slice: &&Slice<'a>| [0, 1, 2, 3].map(|n| slice.value(&sides[n]));
    let outlines: Vec<[Option<f64>; 4]> = slices.iter().map(outline).collect();
    let found = jumps(&outlines)?;
    Some((found, **slices.get(found.slice)?))
}

fn fail(found: &Jumps, slice: &Slice<'_>, most: f64, ratio: f64) -> Outcome {
    let shown = |v: f64| (v * 10.0).round() / 10.0;
    let (shift, times) = (shown(found.shift), shown(found.shift_ratio));
    let at = found.slice + 1;
    let why = Text::new(
        format!("第{at}层的体轮廓较相邻层错动{shift}毫米，限值{most}毫米"),
        format!("the body on slice {at} lies {shift} mm aside of its neighbours, limit {most} mm"),
    );
    Outcome::fail(slice.subject(None), why)
        .with(Evidence::new("outline_shift", shift).limit(most).unit("mm"))
        .with(Evidence::new("outline_shift_ratio", times).limit(ratio))
        .with(Evidence::new("slice_number", at))
        .with(Evidence::new("slices_measured", found.judged).unit("slices"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{decoded, evidence, one, take, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use crate::model::study::Study;

    /// A body of 300 mm that drifts, shifted on one slice.
    fn shifted(by: f64, right_only: bool) -> Study {
        let mut study = volume("CT", 20, 5.0);
        for (n, i) in (0_u8..).zip(&mut study.series[0].instances) {
            let drift = f64::from(n);
            let shift = if n == 9 { by } else { 0.0 };
            decoded(i);
            take(i, measured::OUTLINE_LEFT, 50.0 + drift + if right_only { 0.0 } else { shift });
            take(i, measured::OUTLINE_RIGHT, 350.0 + drift + shift);
            take(i, measured::OUTLINE_TOP, 80.0 + drift);
            take(i, measured::OUTLINE_BOTTOM, 280.0 + drift);
        }
        study
    }

    #[test]
    fn hit_a_slice_that_lies_aside_and_miss_one_that_hardly_does() {
        let o = one(&CHECK, &shifted(12.0, false), Fail);
        assert_eq!(evidence(&o, "slice_number"), 10);
        assert_eq!(evidence(&o, "outline_shift"), 12.0);
        one(&CHECK, &shifted(1.0, false), Pass);
    }

    #[test]
    fn miss_an_arm_that_comes_in_at_one_side_and_what_was_not_measured() {
        one(&CHECK, &shifted(60.0, true), Pass);
        one(&CHECK, &volume("CT", 20, 5.0), NotApplicable);
        one(&CHECK, &volume("MR", 20, 5.0), NotApplicable);
    }
}
