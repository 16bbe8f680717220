//! GEO006: slices overlap so far that thickness or positions cannot be right.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::shared::{Said, count, no_thickness, no_volume, per_series, rounded};

declare_check! {
    /// Slices overlap so far that thickness or positions cannot be right.
    ///
    /// ## What it does
    /// Compares the spacing of a stack with the thickness of its slices, from below.
    ///
    /// ## Why it matters
    /// Measurements and reformats rest on both; one of them is wrong where nobody would reconstruct so.
    ///
    /// ## How it is measured
    /// Overlap = 1 - spacing / Slice Thickness; above `overlap_share_max` fails. Overlapping reconstructions (50 % and
    /// more) and interpolated 3D scans are usual and pass.
    ///
    /// ## Known limits
    /// Thick slabs of projections step finely; those whose Image Type says so are left aside.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged. `overlap_share_max`: largest overlap as a share of the thickness.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.6.2 (Slice Thickness); the limit is judgement.
    code: "GEO006",
    name: "overlapping-slices",
    title: ("层面重叠异常", "slices overlap beyond what is usual"),
    advice: ("核对层厚与层面位置是否正确", "see whether slice thickness and positions are right"),
    status: Stable,
    depth: Header,
    inputs: [Input::Kinds, Input::Stacks, Input::Header(tags::SLICE_THICKNESS)],
    params: [
        ("slices_min", Number, "slices", "fewest places of a stack that is judged"),
        ("overlap_share_max", Number, "1", "largest overlap as a share of the thickness"),
    ],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let slices_min = count(params, "slices_min");
    let limit = params.number("overlap_share_max");
    let pass = Text::new("层面重叠在允许范围内", "slices overlap no more than is usual");
    per_series(view, &pass, &no_volume(), |s| {
        let volume = s.volume();
        let of = volume.large(slices_min).filter_map(|(stack, spacing)| {
            let first = *stack.places.first()?.members.first()?;
            let thickness = volume.float(first, tags::SLICE_THICKNESS).filter(|t| *t > 0.0)?;
            let spacing = spacing.as_ref()?.median;
            Some((1.0 - spacing / thickness, spacing, thickness))
        });
        let Some((overlap, spacing, thickness)) = of.max_by(|a, b| a.0.total_cmp(&b.0)) else {
            return no_thickness(s, slices_min);
        };
        if overlap <= limit {
            return Said::Pass;
        }
        let (share, spacing, thickness) = (rounded(overlap), rounded(spacing), rounded(thickness));
        let why = Text::new(
            format!("层厚{thickness}毫米而层间距仅{spacing}毫米，重叠{share}，允许{limit}"),
            format!(
                "slices of {thickness} mm every {spacing} mm overlap by {share} of the thickness, limit {limit}"
            ),
        );
        Said::Told(
            Outcome::fail(s.subject(), why)
                .with(Evidence::new("overlap_share", share).limit(limit).unit("1"))
                .with(Evidence::new("spacing_median", spacing).unit("mm"))
                .with(Evidence::new("slice_thickness", thickness).unit("mm")),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, set_numbers, volume};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};
    use crate::model::study::Study;

    fn with(spacing: f64, thickness: f64) -> Study {
        let mut study = volume("CT", 10, spacing);
        for i in &mut study.series[0].instances {
            set_numbers(i, tags::SLICE_THICKNESS, &[thickness]);
        }
        study
    }

    #[test]
    fn hit_an_overlap_nobody_reconstructs_and_miss_usual_ones() {
        let o = one(&CHECK, &with(0.2, 5.0), Fail);
        assert_eq!(evidence(&o, "overlap_share"), 0.96);
        one(&CHECK, &with(1.0, 2.0), Pass);
        one(&CHECK, &with(1.0, 5.0), Pass);
        one(&CHECK, &volume("DX", 10, 0.2), NotApplicable);
        let mut silent = with(0.2, 5.0);
        for i in &mut silent.series[0].instances {
            i.attributes.remove(tags::SLICE_THICKNESS);
        }
        one(&CHECK, &silent, CouldNotRun);
    }
}
