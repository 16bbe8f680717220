//! GEO014: distances of slices that change or jitter.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::holes::{Spacing, two_levels};
use crate::measure::stacks::Stack;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::shared::{Said, count, no_volume, per_series, rounded};

declare_check! {
    /// Distances of slices that change or jitter.
    ///
    /// ## What it does
    /// Looks at how far the distances of neighbouring slices are from the usual one, holes left aside, and for a second spacing.
    ///
    /// ## Why it matters
    /// Reformats and volumes assume even slices. In head CT two spacings are usual (`two_spacings_allowed`), as long as the slices
    /// cover what lies between them.
    ///
    /// ## How it is measured
    /// |Distance - median distance|, mm, along the normal; more than `jitter_max_mm`, and more than `jitter_share_max` of the distance,
    /// fails. Of a stack of two spacings: fails where they are not allowed, or the wider one exceeds the thickness by more
    /// than `gap_share_max`.
    ///
    /// ## Known limits
    /// Gaps between slabs are no jitter.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged. `slab_gap`: spacings from which a gap separates slabs. `jitter_max_mm`, `jitter_share_max`: how far a distance may be off.
    /// `second_spacing_run`: equal gaps in a row that make a spacing. `two_spacings_allowed`: whether a second spacing is accepted. `gap_share_max`: uncovered share of the thickness that the wider spacing may leave.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.6.2.1.1; the limits are judgement.
    code: "GEO014",
    name: "irregular-slice-spacing",
    title: ("层间距不均匀", "slices are unevenly spaced"),
    advice: (
        "核对扫描与重建方案；如有漏传请补传",
        "see protocol and reconstruction; send slices that were left out"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Kinds, Input::Stacks, Input::Header(tags::SLICE_THICKNESS)],
    params: [
        ("slices_min", Number, "slices", "fewest places of a stack that is judged"),
        ("slab_gap", Number, "1", "spacings from which a gap separates slabs"),
        ("jitter_max_mm", Number, "mm", "how far a distance may be off"),
        ("jitter_share_max", Number, "1", "how far a distance may be off, of the distance"),
        ("second_spacing_run", Number, "gaps", "equal gaps in a row that make a spacing"),
        ("two_spacings_allowed", Flag, "", "whether a second spacing is accepted"),
        ("gap_share_max", Number, "1", "uncovered share of the thickness of the wider spacing"),
    ],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let slices_min = count(params, "slices_min");
    let pass = Text::new("层间距均匀", "slices are evenly spaced");
    per_series(view, &pass, &no_volume(), |s| {
        let mut looked = false;
        for (stack, spacing) in s.volume().large(slices_min) {
            let Some(spacing) = spacing else { continue };
            looked = true;
            let said = match wider(stack, spacing, params) {
                None => jitter(s, stack, spacing, params),
                Some((fine, wide)) => two_spacings(s, stack, fine, wide, params),
            };
            if let Some(outcome) = said {
                return Said::Told(outcome);
            }
        }
        if looked { Said::Pass } else { Said::Skip }
    })
}

fn jitter(
    s: &SeriesView<'_>,
    stack: &Stack,
    spacing: &Spacing,
    params: &Params,
) -> Option<Outcome> {
    let limit =
        params.number("jitter_max_mm").max(params.number("jitter_share_max") * spacing.median);
    let gaps = stack.places.windows(2).map(|w| w[1].at - w[0].at).enumerate();
    let off = gaps
        .filter(|(_, gap)| *gap < params.number("slab_gap") * spacing.median)
        .filter(|(at, _)| !spacing.holes.iter().chain(&spacing.planned).any(|h| h.before == *at))
        .map(|(_, gap)| (gap - spacing.median).abs())
        .fold(0.0, f64::max);
    if off <= limit {
        return None;
    }
    let (off, limit, usual) = (rounded(off), rounded(limit), rounded(spacing.median));
    let why = Text::new(
        format!("层间距与常见值{usual}毫米最多相差{off}毫米，允许{limit}毫米"),
        format!("distances differ from the usual {usual} mm by up to {off} mm, limit {limit} mm"),
    );
    Some(
        Outcome::fail(s.subject(), why)
            .with(Evidence::new("spacing_deviation", off).limit(limit).unit("mm"))
            .with(Evidence::new("spacing_median", usual).unit("mm"))
            .with(Evidence::new("spacing_min", rounded(spacing.min)).unit("mm"))
            .with(Evidence::new("spacing_max", rounded(spacing.max)).unit("mm")),
    )
}

/// The finer and the wider of two spacings. A single wide gap lies between slabs and is none.
fn wider(stack: &Stack, spacing: &Spacing, params: &Params) -> Option<(f64, f64)> {
    let run = count(params, "second_spacing_run");
    let tolerance =
        params.number("jitter_max_mm").max(params.number("jitter_share_max") * spacing.median);
    two_levels(&stack.places, tolerance, run)
}

fn two_spacings(
    s: &SeriesView<'_>,
    stack: &Stack,
    fine: f64,
    wide: f64,
    params: &Params,
) -> Option<Outcome> {
    let volume = s.volume();
    let gap_at =
        stack.places.windows(2).position(|w| w[1].at - w[0].at > f64::midpoint(fine, wide))?;
    let members = stack.places.get(gap_at..gap_at + 2)?.iter().flat_map(|p| &p.members);
    let thickness = members
        .filter_map(|i| volume.float(*i, tags::SLICE_THICKNESS))
        .filter(|t| *t > 0.0)
        .max_by(f64::total_cmp);
    let gap = thickness.map_or(0.0, |t| (wide - t) / t);
    let limit = params.number("gap_share_max");
    let allowed = params.flag("two_spacings_allowed");
    if allowed && gap <= limit {
        return None;
    }
    let (fine, wide, gap) = (rounded(fine), rounded(wide), rounded(gap));
    let why = Text::new(
        format!("同一容积有两种层间距（{fine}和{wide}毫米），较大者超出层厚{gap}倍，允许{limit}倍"),
        format!(
            "two spacings in one volume, {fine} and {wide} mm; the wider one leaves {gap} of the thickness, limit {limit}"
        ),
    );
    Some(
        Outcome::fail(s.subject(), why)
            .with(Evidence::new("gap_share", gap).limit(limit).unit("1"))
            .with(Evidence::new("spacing_min", fine).unit("mm"))
            .with(Evidence::new("spacing_max", wide).unit("mm")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, run_with, set_numbers, stack, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use crate::policy::params::ParamValue;

    fn jittered(by: f64) -> crate::model::study::Study {
        let at: Vec<f64> =
            (0_u8..20).map(|n| f64::from(n) * 2.0 + if n % 3 == 1 { by } else { 0.0 }).collect();
        stack("CT", &at)
    }

    #[test]
    fn hit_jitter_above_a_tenth_and_miss_below() {
        let o = one(&CHECK, &jittered(0.15), Fail);
        assert_eq!(evidence(&o, "spacing_deviation"), 0.15);
        one(&CHECK, &jittered(0.04), Pass);
        one(&CHECK, &volume("DX", 8, 5.0), NotApplicable);
    }

    #[test]
    fn two_spacings_pass_where_slices_cover_them_and_are_allowed() {
        let at = [0.0, 4.0, 8.0, 12.0, 16.0, 24.0, 32.0, 40.0, 48.0];
        let mut study = stack("CT", &at);
        for (n, i) in study.series[0].instances.iter_mut().enumerate() {
            set_numbers(i, tags::SLICE_THICKNESS, &[if n < 5 { 4.0 } else { 8.0 }]);
        }
        one(&CHECK, &study, Pass);
        let refused = run_with(&CHECK, &study, "two_spacings_allowed", ParamValue::Flag(false));
        assert_eq!(refused[0].kind, Fail);
        for i in &mut study.series[0].instances {
            set_numbers(i, tags::SLICE_THICKNESS, &[4.0]);
        }
        one(&CHECK, &study, Fail);
    }
}
