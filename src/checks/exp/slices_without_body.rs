//! EXP004: CT slices inside a stack that show the table and no body.

use crate::checks::contract::Input;
use crate::checks::per_series::{Said, count, no_volume, per_series};
use crate::checks::slices::{Slice, is_ct_slice, is_of, stacks, unlooked};
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// CT slices inside a stack that show the table and no body.
    ///
    /// ## What it does
    /// Counts slices without a body between slices with one, and looks for stacks that are mostly without.
    ///
    /// ## Why it matters
    /// Between slices of a body a slice of table alone belongs to another scan or holds the wrong pixels; many at the ends
    /// were exposed for nothing.
    ///
    /// ## How it is measured
    /// `body_area` of each slice in the order of the stack; a slice without a body has 0. Slices before the first and
    /// after the last body are the ends: they may be at most `end_share_max` of the stack. Between them there may be none.
    ///
    /// ## Known limits
    /// A body smaller than 10 cm² (a finger, the tip of the nose) counts as none. Stacks without any body (phantoms of another
    /// kind, exposures of the empty table) fail as a whole.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged. `end_share_max`: largest share of slices without a body at the ends.
    ///
    /// ## References
    /// DICOM PS3.16 CID 7011 (111213 No image).
    code: "EXP004",
    name: "slices-without-body",
    title: ("CT层面中没有人体（仅见检查床）", "CT slices show no body"),
    advice: (
        "核对这些层面是否属于本次检查；扫描范围过长则请缩短",
        "see whether those slices belong to the study; shorten the range where it is too long"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01), Input::Stacks, Input::Measurement(measured::BODY_AREA)],
    params: [
        ("slices_min", Number, "slices", "fewest places of a stack that is judged"),
        ("end_share_max", Number, "1", "largest share of slices without a body at the ends"),
    ],
    dicom_code: Some(("DCM:111213", "No image")),
    run: run,
}

/// A stack that fails.
struct Empty<'a> {
    between: usize,
    ends: usize,
    of: usize,
    first: Slice<'a>,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let pass = Text::new("各层面均有人体", "every slice between the ends shows a body");
    per_series(view, &pass, &no_volume(), |s| of_series(s, params))
}

fn of_series(s: &SeriesView<'_>, params: &Params) -> Said {
    if !is_of(s, Family::Ct) {
        return Said::Skip;
    }
    let least = count(params, "slices_min");
    let share = params.number("end_share_max");
    let column = s.column(measured::BODY_AREA);
    let mut looked = false;
    let all = stacks(s, least, is_ct_slice);
    if let Some(outcome) = unlooked(s, &all, false) {
        return Said::Told(outcome);
    }
    for stack in all {
        let slices: Vec<(Slice<'_>, bool)> = stack
            .firsts()
            .filter_map(|slice| Some((*slice, slice.value(&column)? <= 0.0)))
            .collect();
        if slices.len() < least {
            continue;
        }
        looked = true;
        if let Some(empty) = of_stack(&slices, share) {
            return Said::Told(fail(&empty, share));
        }
    }
    if looked { Said::Pass } else { Said::Skip }
}

/// What is wrong with a stack, given each slice and whether it is empty.
fn of_stack<'a>(slices: &[(Slice<'a>, bool)], share: f64) -> Option<Empty<'a>> {
    let of = slices.len();
    let leading = slices.iter().take_while(|s| s.1).count();
    let trailing = slices.iter().rev().take_while(|s| s.1).count().min(of - leading);
    let middle = slices.get(leading..of - trailing).unwrap_or_default();
    let between = middle.iter().filter(|s| s.1).count();
    let ends = leading + trailing;
    #[expect(clippy::cast_precision_loss, reason = "counts of slices")]
    let too_many = ends as f64 > share * of as f64;
    let first = if between > 0 { middle.iter().find(|s| s.1) } else { slices.iter().find(|s| s.1) };
    (between > 0 || too_many).then_some(())?;
    Some(Empty { between, ends, of, first: first?.0 })
}

fn fail(empty: &Empty<'_>, share: f64) -> Outcome {
    let Empty { between, ends, of, first } = empty;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count of slices"
    )]
    let ends_max = (share * *of as f64).floor() as usize;
    let why = if *between > 0 {
        Text::new(
            format!("{of}层中有{between}层（两端除外）没有人体，允许0层"),
            format!("{between} of {of} slices, the ends left out, show no body, limit 0"),
        )
    } else {
        let percent = (share * 100.0).round();
        Text::new(
            format!("{of}层中两端有{ends}层没有人体，最多允许{percent}%"),
            format!("{ends} of {of} slices at the ends show no body, limit {percent} %"),
        )
    };
    Outcome::fail(first.subject(None), why)
        .with(Evidence::new("slices_without_body", *between).limit(0).unit("slices"))
        .with(Evidence::new("slices_without_body_at_ends", *ends).limit(ends_max).unit("slices"))
        .with(Evidence::new("slices_measured", *of).unit("slices"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, take, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use crate::model::study::Study;

    fn stack(empty: &[usize]) -> Study {
        let mut study = volume("CT", 12, 5.0);
        for (n, i) in study.series[0].instances.iter_mut().enumerate() {
            take(i, measured::BODY_AREA, if empty.contains(&n) { 0.0 } else { 4e4 });
        }
        study
    }

    #[test]
    fn hit_an_empty_slice_in_the_middle_and_a_stack_that_is_mostly_empty() {
        let o = one(&CHECK, &stack(&[5]), Fail);
        assert_eq!(evidence(&o, "slices_without_body"), 1);
        one(&CHECK, &stack(&[0, 1, 2, 3, 4, 5, 6, 7, 8]), Fail);
        one(&CHECK, &stack(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), Fail);
    }

    #[test]
    fn miss_empty_ends_and_what_was_not_measured() {
        one(&CHECK, &stack(&[0, 11]), Pass);
        one(&CHECK, &stack(&[]), Pass);
        one(&CHECK, &volume("CT", 12, 5.0), NotApplicable);
        one(&CHECK, &volume("MR", 12, 5.0), NotApplicable);
    }
}
