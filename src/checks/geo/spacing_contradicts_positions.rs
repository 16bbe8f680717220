//! GEO013: Spacing Between Slices that contradicts the positions.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::shared::{Said, count, per_series, rounded};

declare_check! {
    /// Spacing Between Slices that contradicts the positions.
    ///
    /// ## What it does
    /// Compares the attribute with the distance of the slices along the normal.
    ///
    /// ## Why it matters
    /// Software that trusts the attribute draws reformats and measures lengths wrong. The positions are what counts.
    ///
    /// ## How it is measured
    /// |Spacing Between Slices| against the median distance; more than `tolerance_mm`, and more than `tolerance_share` of the distance,
    /// fails. Some makers write the gap between slices (distance less thickness), some a distance along the table of a tilted
    /// gantry: both are known and pass. A stack of which slices are missing is left to the checks of missing slices.
    ///
    /// ## Known limits
    /// Stacks of two spacings match either of them.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged. `tolerance_mm`, `tolerance_share`: how far the attribute may be off.
    ///
    /// ## References
    /// DICOM PS3.3 C.8.3.1 (Spacing Between Slices 0018,0088), C.7.6.2.1.1.
    code: "GEO013",
    name: "spacing-contradicts-positions",
    title: ("层间距属性与层面位置不符", "the spacing attribute contradicts the positions"),
    advice: (
        "报告设备厂商或核对转发软件；以层面位置为准",
        "tell the maker, or see which software changed it; the positions count"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::Kinds,
        Input::Stacks,
        Input::Header(tags::SPACING_BETWEEN_SLICES),
        Input::Header(tags::SLICE_THICKNESS),
    ],
    params: [
        ("slices_min", Number, "slices", "fewest places of a stack that is judged"),
        ("tolerance_mm", Number, "mm", "how far the attribute may be off"),
        ("tolerance_share", Number, "1", "how far the attribute may be off, of the distance"),
    ],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let slices_min = count(params, "slices_min");
    let (mm, share) = (params.number("tolerance_mm"), params.number("tolerance_share"));
    let pass = Text::new("层间距属性与层面位置一致", "the attribute agrees with the positions");
    let skip = Text::new("没有层间距属性", "no stack states Spacing Between Slices");
    per_series(view, &pass, &skip, |s| {
        let volume = s.volume();
        let mut looked = false;
        for (stack, spacing) in volume.large(slices_min) {
            let Some(spacing) = spacing else { continue };
            let first = stack.places.first().and_then(|p| p.members.first()).copied();
            let Some(first) = first else { continue };
            let Some(stated) = volume.float(first, tags::SPACING_BETWEEN_SLICES) else { continue };
            let stated = stated.abs();
            if stated <= 0.0 || !spacing.holes.is_empty() {
                continue;
            }
            looked = true;
            let near = |measured: f64| {
                (stated - measured).abs() <= mm || (stated - measured).abs() <= share * measured
            };
            let thickness = volume.float(first, tags::SLICE_THICKNESS).unwrap_or_default();
            let along_table = along_table(volume, stack);
            let known = [spacing.median, spacing.min, spacing.max, spacing.median - thickness];
            if known.into_iter().chain(along_table).any(near) {
                continue;
            }
            let (stated, measured) = (rounded(stated), rounded(spacing.median));
            let why = Text::new(
                format!("层间距属性为{stated}毫米，按位置为{measured}毫米，允许相差{mm}毫米"),
                format!(
                    "stated {stated} mm where positions are {measured} mm apart, limit {mm} mm off"
                ),
            );
            return Said::Told(
                Outcome::fail(s.subject(), why)
                    .with(Evidence::new("stated_spacing", stated).limit(measured).unit("mm"))
                    .with(Evidence::new("spacing_median", measured).unit("mm")),
            );
        }
        if looked { Said::Pass } else { Said::Skip }
    })
}

/// The mean distance of neighbours in space: of a tilted gantry more than along the normal, mm.
fn along_table(
    volume: &crate::measure::volumes::Volume<'_>,
    stack: &crate::measure::stacks::Stack,
) -> Option<f64> {
    let (first, last) = (stack.places.first()?, stack.places.last()?);
    let (a, b) = (volume.position(first)?, volume.position(last)?);
    let length = a.iter().zip(&b).map(|(x, y)| (y - x).powi(2)).sum::<f64>().sqrt();
    Some(length / super::shared::number(stack.places.len().checked_sub(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, set_numbers, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use crate::model::study::Study;

    fn stating(spacing: f64) -> Study {
        let mut study = volume("MR", 10, 6.0);
        for i in &mut study.series[0].instances {
            set_numbers(i, tags::SPACING_BETWEEN_SLICES, &[spacing]);
            set_numbers(i, tags::SLICE_THICKNESS, &[5.0]);
        }
        study
    }

    #[test]
    fn hit_another_value_and_miss_distance_and_gap() {
        let o = one(&CHECK, &stating(3.0), Fail);
        assert_eq!(evidence(&o, "stated_spacing"), 3.0);
        one(&CHECK, &stating(6.0), Pass);
        one(&CHECK, &stating(-6.0), Pass);
        one(&CHECK, &stating(1.0), Pass);
        one(&CHECK, &volume("MR", 10, 6.0), NotApplicable);
    }
}
