//! ART008: an MR slice whose intensity jumps against its neighbours.

use crate::checks::contract::Input;
use crate::checks::per_series::{Said, count, no_volume, per_series};
use crate::checks::slices::{Column, Slice, StackOf, is_mr_signal, is_of, stacks, unlooked};
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::mr::stack::{INTERLEAVE_SHARE, SLICE_JUMP, SLICE_JUMP_Z, slice_jumps};
use crate::measure::registry as measured;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// An MR slice whose intensity jumps against its neighbours.
    ///
    /// ## What it does
    /// Follows the signal of the body from slice to slice and looks for a slice that is brighter or darker than both neighbours.
    ///
    /// ## Why it matters
    /// A slice lost its excitation, was saturated by another or scaled by itself: lesions seem to enhance or vanish on it.
    ///
    /// ## How it is measured
    /// `slice_jump`: largest step of the signal of a slice against the mean of its two neighbours (in logarithms), as a share
    /// of the signal; `slice_jump_z`: the same in robust standard deviations of all steps of the stack (at least 1 % each). A
    /// slice fails that is above both limits. `interleave_share`: difference of even and odd slices; a stack fails that is above its
    /// limit. The two outermost slices of each end are not judged.
    ///
    /// ## Known limits
    /// Slabs of angiography step where they meet; angiography is not judged. Fewer than seven slices are not judged.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged. `slice_jump_max`: largest step. `slice_jump_z_max`: largest step in
    /// robust standard deviations. `interleave_share_max`: largest difference of even and odd slices.
    ///
    /// ## References
    /// DICOM PS3.16 CID 6316 (RID11408 Non-uniform signal intensity artifact).
    code: "ART008",
    name: "slice-intensity-jump",
    title: ("MR层间信号跳变", "the intensity of an MR slice jumps"),
    advice: (
        "核对层间交叉饱和、隔层采集与重建缩放，必要时重扫",
        "check cross-talk, interleaving and scaling of the reconstruction; repeat where it hinders reading"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01), Input::Stacks, Input::Measurement(measured::BODY_SIGNAL)],
    params: [
        ("slices_min", Number, "slices", "fewest places of a stack that is judged"),
        ("slice_jump_max", Number, "1", "largest step, as a share of the signal"),
        ("slice_jump_z_max", Number, "1", "largest step in robust standard deviations"),
        ("interleave_share_max", Number, "1", "largest difference of even and odd slices"),
    ],
    dicom_code: Some(("RADLEX:RID11408", "Non-uniform signal intensity artifact")),
    run: run,
}

/// The largest step of a stack.
struct Jump<'a> {
    share: f64,
    z: f64,
    interleave: f64,
    at: usize,
    slice: Slice<'a>,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let pass = Text::new("层间信号连续", "intensity runs on from slice to slice");
    per_series(view, &pass, &no_volume(), |s| of_series(s, params))
}

fn of_series(s: &SeriesView<'_>, params: &Params) -> Said {
    if !is_of(s, Family::Mr) {
        return Said::Skip;
    }
    let least = count(params, "slices_min");
    let (most, z_most) = (params.number("slice_jump_max"), params.number("slice_jump_z_max"));
    let column = s.column(measured::BODY_SIGNAL);
    let mut looked = false;
    let mut worst: Option<Jump<'_>> = None;
    let all = stacks(s, least, runs_on);
    if let Some(outcome) = unlooked(s, &all, false) {
        return Said::Told(outcome);
    }
    for stack in all {
        let Some(jump) = of_stack(&stack, &column) else { continue };
        looked = true;
        let alternates = jump.interleave > params.number("interleave_share_max");
        let beyond = alternates || (jump.share > most && jump.z > z_most);
        if beyond && worst.as_ref().is_none_or(|w| jump.share > w.share) {
            worst = Some(jump);
        }
    }
    match worst {
        Some(jump) if jump.interleave > params.number("interleave_share_max") => {
            Said::Told(fail_alternating(&jump, params.number("interleave_share_max")))
        }
        Some(jump) => Said::Told(fail(&jump, most, z_most)),
        None if looked => Said::Pass,
        None => Said::Skip,
    }
}

/// Kinds whose intensity runs on from slice to slice: slabs of angiography do not.
fn runs_on(kind: Option<&crate::series::Kind>) -> bool {
    use crate::series::Kind::{MraCe, MraTof, Mrcp, Mrv};
    is_mr_signal(kind) && !matches!(kind, Some(MraTof | MraCe | Mrv | Mrcp))
}

fn of_stack<'a>(stack: &StackOf<'a>, column: &Column) -> Option<Jump<'a>> {
    let slices: Vec<&Slice<'a>> = stack.firsts().collect();
    let signal: Vec<Option<f64>> = slices.iter().map(|s| s.value(column)).collect();
    let found = slice_jumps(&signal);
    let of = |name: &str| found.iter().find(|f| f.name == name);
    let (jump, z) = (of(SLICE_JUMP)?, of(SLICE_JUMP_Z)?);
    let interleave = of(INTERLEAVE_SHARE).map_or(0.0, |i| i.value);
    let at = jump.slice?;
    Some(Jump { share: jump.value, z: z.value, interleave, at, slice: **slices.get(at)? })
}

fn fail(jump: &Jump<'_>, most: f64, z_most: f64) -> Outcome {
    let percent = |v: f64| (v * 100.0).round();
    let (share, limit, at) = (percent(jump.share), percent(most), jump.at + 1);
    let why = Text::new(
        format!("第{at}层的信号较相邻层跳变{share}%，限值{limit}%"),
        format!(
            "the signal of slice {at} differs by {share} % from its neighbours, limit {limit} %"
        ),
    );
    let rounded = |v: f64| (v * 1000.0).round() / 1000.0;
    Outcome::fail(jump.slice.subject(None), why)
        .with(Evidence::new(SLICE_JUMP, rounded(jump.share)).limit(most).unit("1"))
        .with(Evidence::new(SLICE_JUMP_Z, rounded(jump.z)).limit(z_most))
        .with(Evidence::new("slice_number", at))
}

fn fail_alternating(jump: &Jump<'_>, most: f64) -> Outcome {
    let percent = |v: f64| (v * 100.0).round();
    let (share, limit) = (percent(jump.interleave), percent(most));
    let why = Text::new(
        format!("奇偶层信号相差{share}%，限值{limit}%"),
        format!("even and odd slices differ by {share} % of the signal, limit {limit} %"),
    );
    let value = (jump.interleave * 1000.0).round() / 1000.0;
    Outcome::fail(jump.slice.subject(None), why)
        .with(Evidence::new(INTERLEAVE_SHARE, value).limit(most).unit("1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{decoded, evidence, one, take, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use crate::model::study::Study;

    fn stack(factor: f64) -> Study {
        let mut study = volume("MR", 20, 5.0);
        for (n, i) in (0_u8..).zip(&mut study.series[0].instances) {
            let signal = 100.0 + 3.0 * f64::from(n);
            decoded(i);
            take(i, measured::BODY_SIGNAL, if n == 8 { signal * factor } else { signal });
        }
        study
    }

    #[test]
    fn hit_a_slice_that_is_dark_and_miss_one_that_hardly_is() {
        let o = one(&CHECK, &stack(0.4), Fail);
        assert_eq!(evidence(&o, "slice_number"), 9);
        one(&CHECK, &stack(0.97), Pass);
    }

    #[test]
    fn hit_even_slices_that_are_darker_than_odd_ones() {
        let mut study = stack(1.0);
        for i in study.series[0].instances.iter_mut().step_by(2) {
            take(i, measured::BODY_SIGNAL, 70.0);
        }
        let o = one(&CHECK, &study, Fail);
        assert!(o.why.en.starts_with("even and odd slices differ"), "{}", o.why.en);
    }

    #[test]
    fn miss_what_was_not_measured() {
        one(&CHECK, &volume("MR", 20, 5.0), NotApplicable);
        one(&CHECK, &volume("CT", 20, 5.0), NotApplicable);
    }
}
