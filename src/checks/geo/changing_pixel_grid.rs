//! GEO012: matrix or pixel spacing that changes within a volume.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::geometry::turn_deg;
use crate::measure::stacks::Stack;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::shared::{Said, count, no_volume, number, per_series, rounded};

declare_check! {
    /// Matrix or pixel spacing that changes within a volume.
    ///
    /// ## What it does
    /// Looks for slices of a series whose rows and columns, or whose pixel spacing, are others than those of the rest, on places
    /// that the rest does not fill.
    ///
    /// ## Why it matters
    /// The slices do not fit each other: a measurement or a reformat across them is wrong, and often they belong to another series.
    ///
    /// ## How it is measured
    /// Rows, Columns and Pixel Spacing of the slices of one plane. A few slices (less than `odd_share_max` of the series) of another
    /// matrix on places of their own fail; two whole volumes of different matrix in one series do not. Pixel spacings that differ
    /// within a stack by more than `spacing_tolerance` fail.
    ///
    /// ## Known limits
    /// A reference image with another matrix at the beginning of a series is usually marked as localizer, and is left aside.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged. `odd_share_max`: share of the series up to which slices of another matrix are
    /// odd ones. `spacing_tolerance`: share by which pixel spacings of one stack may differ.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.6.3 (Rows, Columns), 10.7 (Pixel Spacing).
    code: "GEO012",
    name: "changing-pixel-grid",
    title: ("同一容积内矩阵或像素间距不一致", "matrix or pixel spacing changes within a volume"),
    advice: (
        "核对这些图像是否属于其他序列，并从设备重新发送",
        "see whether those images belong to another series, and send it again from the device"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Kinds, Input::Stacks, Input::Header(tags::PIXEL_SPACING)],
    params: [
        ("slices_min", Number, "slices", "fewest places of a stack that is judged"),
        ("odd_share_max", Number, "1", "share of a series up to which another matrix is odd"),
        ("spacing_tolerance", Number, "1", "share by which pixel spacings may differ"),
    ],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let slices_min = count(params, "slices_min");
    let odd_share = params.number("odd_share_max");
    let tolerance = params.number("spacing_tolerance");
    let pass = Text::new("矩阵和像素间距一致", "matrix and pixel spacing are the same throughout");
    per_series(view, &pass, &no_volume(), |s| {
        let volume = s.volume();
        let Some((main, _)) = volume.large(slices_min).max_by_key(|(s, _)| s.places.len()) else {
            return Said::Skip;
        };
        if let Some(outcome) = other_matrix(s, main, odd_share) {
            return Said::Told(outcome);
        }
        for (stack, _) in volume.large(slices_min) {
            if let Some((low, high)) = spacings(s, stack).filter(|(l, h)| h - l > tolerance * l) {
                return Said::Told(spacing_changes(s, low, high, tolerance));
            }
        }
        Said::Pass
    })
}

/// Slices of the main stack's plane with another matrix, where they are few and lie on places of
/// their own.
fn other_matrix(s: &SeriesView<'_>, main: &Stack, odd_share: f64) -> Option<Outcome> {
    let volume = s.volume();
    let first = volume.slices.get(*main.places.first()?.members.first()?)?;
    let tolerance = s.layout().tolerance;
    let filled =
        |at: f64| main.places.iter().any(|p| (p.at - at).abs() <= tolerance.same_position_mm);
    let odd: Vec<&crate::measure::stacks::Slice> = volume
        .slices
        .iter()
        .filter(|o| o.matrix != first.matrix)
        .filter(|o| turn_deg(&o.orientation, &first.orientation) <= tolerance.orientation_deg)
        .filter(|o| !filled(crate::measure::geometry::along(&o.position, &main.normal)))
        .collect();
    let few = number(odd.len()) <= odd_share * number(volume.slices.len());
    let example = odd.first().filter(|_| few)?;
    let (n, all) = (odd.len(), volume.slices.len());
    let words = |m: (i64, i64)| format!("{} x {}", m.0, m.1);
    let why = Text::new(
        format!("{all}层中有{n}层矩阵为{}，其余为{}", words(example.matrix), words(first.matrix)),
        format!(
            "{n} of {all} slices have a matrix of {}, the others {}, limit 0",
            words(example.matrix),
            words(first.matrix)
        ),
    );
    Some(
        Outcome::fail(s.subject(), why)
            .with(Evidence::new("slices_of_another_matrix", n).limit(0).unit("slices"))
            .with(Evidence::new("matrix", words(example.matrix)).limit(words(first.matrix))),
    )
}

/// Smallest and largest pixel spacing of a stack, mm.
fn spacings(s: &SeriesView<'_>, stack: &Stack) -> Option<(f64, f64)> {
    let volume = s.volume();
    let of = stack.places.iter().flat_map(|p| &p.members);
    let all: Vec<f64> = of.filter_map(|i| volume.float(*i, tags::PIXEL_SPACING)).collect();
    let low = all.iter().copied().min_by(f64::total_cmp)?;
    Some((low, all.iter().copied().fold(low, f64::max)))
}

fn spacing_changes(s: &SeriesView<'_>, low: f64, high: f64, tolerance: f64) -> Outcome {
    let (low, high) = (rounded(low), rounded(high));
    let why = Text::new(
        format!("像素间距在{low}至{high}毫米之间变化，允许相差{tolerance}"),
        format!("pixel spacing changes from {low} to {high} mm, limit {tolerance} of it"),
    );
    Outcome::fail(s.subject(), why)
        .with(Evidence::new("pixel_spacing_min", low).unit("mm"))
        .with(Evidence::new("pixel_spacing_max", high).unit("mm"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, set_int, set_numbers, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    #[test]
    fn hit_slices_of_another_matrix_and_miss_two_whole_volumes() {
        let mut study = volume("CT", 20, 5.0);
        one(&CHECK, &study, Pass);
        for i in &mut study.series[0].instances[9..11] {
            set_int(i, tags::ROWS, 8);
        }
        let o = one(&CHECK, &study, Fail);
        assert_eq!(evidence(&o, "slices_of_another_matrix"), 2);
        for i in &mut study.series[0].instances[..11] {
            set_int(i, tags::ROWS, 8);
        }
        one(&CHECK, &study, Pass);
    }

    #[test]
    fn hit_a_changing_pixel_spacing() {
        let mut study = volume("CT", 20, 5.0);
        for i in &mut study.series[0].instances[12..] {
            set_numbers(i, tags::PIXEL_SPACING, &[0.7, 0.7]);
        }
        let o = one(&CHECK, &study, Fail);
        assert_eq!(evidence(&o, "pixel_spacing_max"), 0.7);
        one(&CHECK, &volume("DX", 8, 5.0), NotApplicable);
    }
}
