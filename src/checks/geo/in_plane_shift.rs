//! GEO011: slices that lie beside the line of their stack.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::geometry::{Place, Vector};
use crate::measure::line::straightness;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::shared::{Said, count, no_volume, per_series, rounded};

declare_check! {
    /// Slices that lie beside the line of their stack.
    ///
    /// ## What it does
    /// Puts a line through the corners of the slices of a stack and looks for slices that lie beside it.
    ///
    /// ## Why it matters
    /// Such a slice was reconstructed elsewhere, belongs to another series, or has a wrong position: anatomy jumps sideways,
    /// and reformats are broken.
    ///
    /// ## How it is measured
    /// Distance of Image Position (Patient) from the line, across the normal, mm; slope and offset of the line are medians. The
    /// limit is `shift_max_mm`, or `shift_max_pixels` pixels where that is more. A tilted gantry moves slices along the line and passes.
    ///
    /// ## Known limits
    /// Where the pixel spacing changes, the corner moves with it: GEO012 tells that.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged. `slab_gap`: spacings from which a gap separates slabs, which are
    /// judged each by itself. `shift_max_mm`, `shift_max_pixels`: largest distance from the line.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.6.2.1.1 (Image Position (Patient)); Chongqing-Sichuan draft 2025 7.3.2.3 (no slice displaced).
    code: "GEO011",
    name: "in-plane-shift",
    title: ("层面错位", "slices are shifted sideways"),
    advice: (
        "核对这些层面的重建中心或所属序列，并从设备重新发送",
        "see whether those slices have another reconstruction centre or series, and send it again"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Kinds, Input::Stacks, Input::Header(tags::PIXEL_SPACING)],
    params: [
        ("slices_min", Number, "slices", "fewest places of a stack that is judged"),
        ("slab_gap", Number, "1", "spacings from which a gap separates slabs"),
        ("shift_max_mm", Number, "mm", "largest distance from the line"),
        ("shift_max_pixels", Number, "pixels", "largest distance from the line"),
    ],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let slices_min = count(params, "slices_min");
    let slab_gap = params.number("slab_gap");
    let pass = Text::new("层面对齐", "the slices of each stack lie on one line");
    per_series(view, &pass, &no_volume(), |s| {
        let volume = s.volume();
        let mut worst: Option<(f64, usize, f64)> = None;
        let mut looked = false;
        for (stack, spacing) in volume.large(slices_min) {
            let apart = spacing.as_ref().map_or(f64::INFINITY, |s| slab_gap * s.median);
            for slab in stack.slabs(apart).into_iter().filter(|s| s.len() >= slices_min) {
                let Some(found) = shifted(s, slab, &stack.normal, params) else { continue };
                looked = true;
                if found.1 > 0 && worst.is_none_or(|w| found.0 > w.0) {
                    worst = Some(found);
                }
            }
        }
        match worst {
            None if looked => Said::Pass,
            None => Said::Skip,
            Some((largest, beside, limit)) => Said::Told(fail(s, largest, beside, limit)),
        }
    })
}

/// The largest distance, how many places lie beyond the limit, and the limit. `None` where the pixel
/// spacing changes within it.
fn shifted(
    s: &SeriesView<'_>,
    places: &[Place],
    normal: &Vector,
    params: &Params,
) -> Option<(f64, usize, f64)> {
    let volume = s.volume();
    let of = |place: &Place| volume.float(*place.members.first()?, tags::PIXEL_SPACING);
    let pixel = places.first().and_then(of).unwrap_or_default();
    let changes = |p: &Place| (of(p).unwrap_or_default() - pixel).abs() > 0.01 * pixel;
    if places.iter().any(changes) {
        return None;
    }
    let positions: Option<Vec<_>> = places.iter().map(|p| volume.position(p)).collect();
    let line = straightness(&positions?, normal)?;
    let limit = params.number("shift_max_mm").max(params.number("shift_max_pixels") * pixel);
    let beside = line.off_mm.iter().filter(|off| **off > limit).count();
    Some((line.largest(), beside, limit))
}

fn fail(s: &SeriesView<'_>, largest: f64, beside: usize, limit: f64) -> Outcome {
    let (largest, limit) = (rounded(largest), rounded(limit));
    let why = Text::new(
        format!("{beside}层偏离容积轴线，最大{largest}毫米，允许{limit}毫米"),
        format!(
            "{beside} slices lie up to {largest} mm beside the line of the others, limit {limit} mm"
        ),
    );
    Outcome::fail(s.subject(), why)
        .with(Evidence::new("in_plane_shift", largest).limit(limit).unit("mm"))
        .with(Evidence::new("slices_shifted", beside).limit(0).unit("slices"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, set_numbers, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use crate::model::study::Study;

    fn bent(off: impl Fn(f64) -> f64) -> Study {
        let mut study = volume("CT", 12, 5.0);
        for (n, i) in (0_u8..).zip(&mut study.series[0].instances) {
            let n = f64::from(n);
            set_numbers(i, tags::IMAGE_POSITION_PATIENT, &[-100.0, -120.0 + off(n), 5.0 * n]);
        }
        study
    }

    #[test]
    fn hit_slices_that_jump_sideways() {
        let o = one(&CHECK, &bent(|n| if n > 7.5 { 15.0 } else { 0.0 }), Fail);
        assert_eq!(evidence(&o, "slices_shifted"), 4);
        assert_eq!(evidence(&o, "in_plane_shift"), 15.0);
    }

    #[test]
    fn miss_a_tilted_gantry_and_rounding() {
        one(&CHECK, &bent(|n| 1.8 * n), Pass);
        one(&CHECK, &bent(|n| 0.3 * (n % 2.0)), Pass);
        one(&CHECK, &volume("DX", 8, 5.0), NotApplicable);
    }
}
