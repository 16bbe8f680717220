//! GEO005: slices lie farther apart than their thickness allows.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::volumes::Volume;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::shared::{Said, count, no_thickness, no_volume, per_series, rounded};

declare_check! {
    /// Slices lie farther apart than their thickness allows.
    ///
    /// ## What it does
    /// Compares the even spacing of a stack with the thickness of its slices.
    ///
    /// ## Why it matters
    /// What lies between two slices was not imaged. A uniform gap looks regular to every tool that only
    /// compares distances, also where every second slice was lost and the rest renumbered.
    ///
    /// ## How it is measured
    /// (Spacing - Slice Thickness) / Slice Thickness, the spacing being the smaller of the stack's median and
    /// what most of its slices have, along the normal. Above `ct_gap_share_max` (CT) or the setting
    /// `mr_gap_max_ratio` (MR) fails. MR is scanned with gaps; above one thickness more is unseen than seen.
    ///
    /// ## Known limits
    /// High-resolution CT of the lung was once scanned with gaps on purpose. Slice Thickness is as stated.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged. `ct_gap_share_max`: largest gap of CT as a share of the
    /// thickness. `tolerance_mm`: rounding of written positions and thicknesses.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.6.2.1.1, C.7.6.2 (Slice Thickness); the limits are judgement.
    code: "GEO005",
    name: "wide-slice-gap",
    title: ("层间隙过大", "wide gaps between slices"),
    advice: (
        "核对是否漏传层面；如为扫描方案所致，请改用连续扫描",
        "see whether slices were not sent; if the protocol leaves gaps, scan contiguously"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::Kinds,
        Input::Stacks,
        Input::Header(tags::SLICE_THICKNESS),
        Input::Setting("mr_gap_max_ratio"),
    ],
    params: [
        ("slices_min", Number, "slices", "fewest places of a stack that is judged"),
        ("ct_gap_share_max", Number, "1", "largest gap of CT as a share of the thickness"),
        ("tolerance_mm", Number, "mm", "rounding of written positions and thicknesses"),
    ],
    dicom_code: Some(("DCM:130576", "Anatomy coverage incomplete")),
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let slices_min = count(params, "slices_min");
    let tolerance = params.number("tolerance_mm");
    let pass = Text::new("层间隙在允许范围内", "gaps between slices are within the limit");
    per_series(view, &pass, &no_volume(), |s| {
        let limit = match s.instances().next().and_then(|i| i.family()) {
            Some(Family::Ct) => params.number("ct_gap_share_max"),
            _ => view.setting_number("mr_gap_max_ratio"),
        };
        let Some((spacing, thickness)) = widest(s.volume(), slices_min) else {
            return no_thickness(s, slices_min);
        };
        let gap = spacing - thickness;
        if gap <= limit * thickness + tolerance {
            return Said::Pass;
        }
        Said::Told(fail(s, spacing, thickness, limit))
    })
}

/// Spacing and thickness of the stack with the largest gap, as a share of the thickness.
fn widest(volume: &Volume<'_>, slices_min: usize) -> Option<(f64, f64)> {
    let of = volume.large(slices_min).filter_map(|(stack, spacing)| {
        let spacing = spacing.as_ref()?;
        let thickness = stack.places.iter().flat_map(|p| &p.members);
        let thickness = thickness
            .filter_map(|i| volume.float(*i, tags::SLICE_THICKNESS))
            .filter(|t| *t > 0.0)
            .max_by(f64::total_cmp)?;
        // A stack of two spacings is told by GEO014, and holes by GEO001: here the finer spacing counts.
        let even = if spacing.planned.is_empty() { spacing.median } else { spacing.min };
        Some((even, thickness))
    });
    of.max_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)))
}

fn fail(s: &SeriesView<'_>, spacing: f64, thickness: f64, limit: f64) -> Outcome {
    let (gap, share) = (rounded(spacing - thickness), rounded((spacing - thickness) / thickness));
    let (spacing, thickness) = (rounded(spacing), rounded(thickness));
    let why = Text::new(
        format!(
            "层厚{thickness}毫米、层间距{spacing}毫米，间隙{gap}毫米，为层厚的{share}倍，允许{limit}倍"
        ),
        format!(
            "a gap of {gap} mm between slices of {thickness} mm, {share} of the thickness, limit {limit}"
        ),
    );
    Outcome::fail(s.subject(), why)
        .with(Evidence::new("gap_share", share).limit(limit).unit("1"))
        .with(Evidence::new("gap_between_slices", gap).unit("mm"))
        .with(Evidence::new("spacing_median", spacing).unit("mm"))
        .with(Evidence::new("slice_thickness", thickness).unit("mm"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, set_numbers, stack, volume};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};
    use crate::model::study::Study;

    fn with(modality: &str, spacing: f64, thickness: f64) -> Study {
        let mut study = volume(modality, 10, spacing);
        for i in &mut study.series[0].instances {
            set_numbers(i, tags::SLICE_THICKNESS, &[thickness]);
        }
        study
    }

    #[test]
    fn hit_a_gap_of_ct_and_miss_contiguous_and_overlapping_slices() {
        let o = one(&CHECK, &with("CT", 5.0, 1.0), Fail);
        assert_eq!(evidence(&o, "gap_between_slices"), 4.0);
        one(&CHECK, &with("CT", 1.0, 1.0), Pass);
        one(&CHECK, &with("CT", 1.0, 2.0), Pass);
        one(&CHECK, &with("CT", 6.0, 5.0), Pass);
    }

    #[test]
    fn without_a_thickness_it_could_not_run() {
        let mut study = with("CT", 5.0, 1.0);
        for i in &mut study.series[0].instances {
            i.attributes.remove(tags::SLICE_THICKNESS);
        }
        one(&CHECK, &study, CouldNotRun);
    }

    #[test]
    fn miss_the_gaps_of_mr_up_to_one_thickness() {
        one(&CHECK, &with("MR", 6.5, 5.0), Pass);
        one(&CHECK, &with("MR", 10.0, 5.0), Pass);
        one(&CHECK, &with("MR", 13.0, 5.0), Fail);
    }

    #[test]
    fn miss_two_spacings_and_what_is_no_volume() {
        let mut study = stack("CT", &[0.0, 4.0, 8.0, 12.0, 16.0, 24.0, 32.0, 40.0, 48.0]);
        for i in &mut study.series[0].instances {
            set_numbers(i, tags::SLICE_THICKNESS, &[4.0]);
        }
        one(&CHECK, &study, Pass);
        one(&CHECK, &with("DX", 13.0, 5.0), NotApplicable);
    }
}
