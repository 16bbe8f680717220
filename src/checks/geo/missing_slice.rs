//! GEO001: slices missing in the middle of a volume.

use crate::checks::contract::Input;
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::geometry::tilt_deg;
use crate::measure::holes::{HoleRules, Numbering, Spacing};
use crate::measure::stacks::Stack;
use crate::measure::volumes::Volume;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::study::Instance;
use crate::model::text::Text;
use crate::policy::params::Params;

use super::shared::{concerned, count, rounded};

declare_check! {
    /// Slices missing in the middle of a volume.
    ///
    /// ## What it does
    /// Splits each CT and MR series into stacks of parallel slices and looks for gaps that are a whole
    /// multiple, two or more, of the spacing around them.
    ///
    /// ## Why it matters
    /// A lesion may lie in the missing slice. A viewer scrolls over the gap without a word.
    ///
    /// ## How it is measured
    /// Position = Image Position (Patient) projected on the normal of Image Orientation (Patient), in
    /// mm; Slice Location is never read. The spacing around a gap is the mean of up to four neighbours
    /// on each side, those far from their median left out. A gap within `multiple_tolerance` of k times
    /// that spacing, k of 2 or more, lacks k - 1 slices. Number of missing slices; more than none fails.
    /// Images on one place are told apart by image type, echo, b-value, direction, time, cardiac
    /// phase, kernel, thickness, energy or acquisition, and each stack is judged by itself.
    ///
    /// ## Known limits
    /// Equal wide gaps in a row (`second_spacing_run`) that go on to an end of the stack are taken as a
    /// second spacing, as in head CT, and a large gap that is no exact multiple as one between slabs,
    /// unless the Instance Numbers jump with them. Slices missing at the start or end (GEO002, GEO003),
    /// and every second slice missing (GEO004, GEO005), leave no gap to see. Stacks of fewer than
    /// `slices_min` places, localizers, projections and mosaics are not judged. Where most gaps are
    /// irregular no spacing can be told, and the check could not run.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged. `orientation_tolerance_deg`: largest angle
    /// between slices of a stack. `same_position_mm`: distance at which two slices share a place.
    /// `multiple_tolerance`: share of the spacing by which a gap may miss a whole multiple.
    /// `second_spacing_run`: equal wide gaps in a row that make a second spacing. `slab_gap_slices`:
    /// missing slices from which a gap with running numbers separates slabs. `slab_slices_max`: slices of
    /// a slab for which two missing slices suffice. `exact_tolerance`: share of the spacing within which a
    /// gap is an exact multiple, which slabs, being placed freely, are not. `not_volume_image_types`: values of Image Type that
    /// put an image in no volume.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.6.2.1.1 (Image Position and Orientation), C.7.6.16 (multi-frame functional groups).
    code: "GEO001",
    name: "missing-slice",
    title: ("容积中间缺少层面", "slices are missing in the middle of a volume"),
    advice: (
        "从设备重新发送该序列并核对图像数量；设备上也缺失则需重扫",
        "send the series again from the device and compare the number of images; if they are missing there too, rescan"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Kinds, Input::Stacks],
    params: [
        ("slices_min", Number, "slices", "fewest places of a stack that is judged"),
        ("orientation_tolerance_deg", Number, "deg", "largest angle between slices of a stack"),
        ("same_position_mm", Number, "mm", "distance at which two slices share a place"),
        ("multiple_tolerance", Number, "1", "share of the spacing by which a gap may miss a multiple"),
        ("second_spacing_run", Number, "gaps", "equal wide gaps in a row that make a second spacing"),
        ("slab_gap_slices", Number, "slices", "missing slices from which a gap separates slabs"),
        ("slab_slices_max", Number, "slices", "slices of a slab for which two missing suffice"),
        ("exact_tolerance", Number, "1", "share of the spacing within which a gap is an exact multiple"),
        ("not_volume_image_types", Texts, "", "values of Image Type that put an image in no volume"),
    ],
    dicom_code: Some(("DCM:130574", "Incomplete study")),
    run: run,
}

/// What counts as a hole under the parameters of GEO001.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts from policy; casts saturate"
)]
pub fn rules(params: &Params) -> HoleRules {
    HoleRules {
        multiple_tolerance: params.number("multiple_tolerance"),
        second_spacing_run: params.number("second_spacing_run") as usize,
        slab_gap_slices: params.number("slab_gap_slices"),
        slab_slices_max: params.number("slab_slices_max") as usize,
        exact_tolerance: params.number("exact_tolerance"),
    }
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let slices_min = count(params, "slices_min");
    let outcomes: Vec<Outcome> = view
        .series()
        .filter(concerned)
        .filter_map(|s| of_series(&s, s.volume(), slices_min))
        .collect();
    if outcomes.is_empty() {
        let why = Text::new("没有可判定的断层容积", "there is no volume of slices to judge");
        return vec![Outcome::not_applicable(Subject::study(), why)];
    }
    outcomes
}

/// A stack with its spacing.
type Judged<'a> = (&'a Stack, &'a Spacing);

fn of_series(series: &SeriesView<'_>, v: &Volume<'_>, slices_min: usize) -> Option<Outcome> {
    let spaced = |(stack, spacing)| Some((stack, Option::as_ref(spacing)?));
    // Of three slices a hole can be told only where their numbers jump with it.
    let judged: Vec<Judged<'_>> = v
        .large(slices_min.min(3))
        .filter_map(spaced)
        .filter(|j| j.0.places.len() >= slices_min || !j.1.holes.is_empty())
        .collect();
    let failed: Vec<&Judged<'_>> =
        judged.iter().filter(|j| steady(j.0, j.1) && !j.1.holes.is_empty()).collect();
    if !failed.is_empty() {
        return Some(fail(series, v, &failed));
    }
    if v.unplaced >= slices_min {
        let n = v.unplaced;
        let why = Text::new(
            format!("{n}幅图像没有可用的位置或方向信息"),
            format!("{n} images state no usable Image Position or Orientation (Patient)"),
        );
        return Some(Outcome::could_not_run(series.subject(), why));
    }
    if let Some((_, s)) = judged.iter().find(|j| !steady(j.0, j.1)) {
        let why = Text::new(
            "多数层间距不规则，无法确定正常间距",
            "most gaps are irregular, so no spacing can be told",
        );
        return Some(with_spacing(Outcome::could_not_run(series.subject(), why), s));
    }
    let (stack, widest) = judged.iter().max_by_key(|j| j.0.places.len())?;
    let why =
        Text::new("层面连续，无中间缺失", "no slice is missing between the first and the last");
    let outcome = with_spacing(Outcome::pass(series.subject(), why), widest)
        .with(Evidence::new("missing_slices", 0).limit(0).unit("slices"))
        .with(Evidence::new("stacks", judged.len()))
        .with(Evidence::new("slices", stack.places.len()).unit("slices"));
    let planned: usize = judged.iter().map(|j| j.1.planned.len()).sum();
    let outcome = match planned {
        0 => outcome,
        n => outcome.with(Evidence::new("planned_wide_gaps", n).unit("gaps")),
    };
    Some(match tilt(v, stack) {
        Some(deg) => outcome.with(Evidence::new("tilt", rounded(deg)).unit("deg")),
        None => outcome,
    })
}

/// Whether most gaps equal the spacing around them, so that a hole is an exception.
pub(super) fn steady(stack: &Stack, spacing: &Spacing) -> bool {
    let gaps = stack.places.len().saturating_sub(1);
    spacing.regular * 2 >= gaps.saturating_sub(spacing.planned.len() + spacing.holes.len())
}

/// Degrees from which a stack is called tilted: below, positions are just rounded.
const TILT_TOLD: f64 = 0.5;

/// The tilt of a stack, where it has one.
pub(super) fn tilt(v: &Volume<'_>, stack: &Stack) -> Option<f64> {
    let (first, last) = (stack.places.first()?, stack.places.last()?);
    tilt_deg(&v.position(first)?, &v.position(last)?, &stack.normal).filter(|deg| *deg >= TILT_TOLD)
}

fn with_spacing(outcome: Outcome, s: &Spacing) -> Outcome {
    outcome
        .with(Evidence::new("spacing_median", rounded(s.median)).unit("mm"))
        .with(Evidence::new("spacing_min", rounded(s.min)).unit("mm"))
        .with(Evidence::new("spacing_max", rounded(s.max)).unit("mm"))
}

/// How many missing positions are listed.
const LISTED: usize = 20;

fn fail(series: &SeriesView<'_>, v: &Volume<'_>, failed: &[&Judged<'_>]) -> Outcome {
    let holes = failed.iter().flat_map(|j| j.1.holes.iter().map(move |h| (j.0, h)));
    let missing: u64 = holes.clone().map(|(_, h)| u64::from(h.missing)).sum();
    let mut positions = Vec::new();
    let mut neighbours = Vec::new();
    for (stack, hole) in holes.clone() {
        let sides = stack.places.get(hole.before).zip(stack.places.get(hole.before + 1));
        let Some((before, after)) = sides else { continue };
        let image = |p: &crate::measure::geometry::Place| p.members.first().copied();
        let (Some(a), Some(b)) = (image(before), image(after)) else { continue };
        for k in 1..=hole.missing {
            if positions.len() >= LISTED {
                break;
            }
            let share = f64::from(k) / f64::from(hole.missing + 1);
            let point = |axis: usize| {
                let (from, to) = (v.slices[a].position[axis], v.slices[b].position[axis]);
                rounded(from + share * (to - from))
            };
            positions.push([point(0), point(1), point(2)]);
        }
        if neighbours.len() < LISTED {
            let uid =
                |i: usize| v.instance(i).map(Instance::sop_uid).unwrap_or_default().to_owned();
            neighbours.push([uid(a), uid(b)]);
        }
    }
    let Some((_, first)) = holes.clone().next() else {
        return Outcome::could_not_run(series.subject(), Text::new("无缺口", "no hole"));
    };
    let (gap, usual) = (rounded(first.gap), rounded(first.spacing));
    let why = Text::new(
        format!("缺少{missing}层，允许0层；层间距{gap}毫米，正常{usual}毫米"),
        format!(
            "{missing} slices are missing, limit 0 slices; a gap of {gap} mm where {usual} mm is usual"
        ),
    );
    let stacks = failed.len();
    let jumps = holes.clone().filter(|(_, h)| h.numbering == Numbering::Jumps).count();
    Outcome::fail(series.subject(), why)
        .with(Evidence::new("missing_slices", missing).limit(0).unit("slices"))
        .with(Evidence::new("gap", gap).limit(usual).unit("mm"))
        .with(Evidence::new("holes", holes.count()))
        .with(Evidence::new("holes_where_instance_numbers_jump", jumps))
        .with(Evidence::new("stacks_affected", stacks))
        .with(Evidence::new("missing_positions_lps", serde_json::json!(positions)).unit("mm"))
        .with(Evidence::new("neighbour_sop_instance_uids", serde_json::json!(neighbours)))
}

#[cfg(test)]
#[path = "missing_slice_tests.rs"]
mod tests;
