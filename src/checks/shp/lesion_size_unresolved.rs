//! SHP003: a CT study without a series that can show a lesion of the size that is asked for.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::slices::{Slice, is_ct_slice, is_of, stacks, unlooked};
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::geometry::median;
use crate::measure::registry as measured;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// A CT study without a series that can show a lesion of the size that is asked for.
    ///
    /// ## What it does
    /// Looks whether one series of the study is thin, fine and sharp enough for the smallest lesion that the region asks to be told.
    ///
    /// ## Why it matters
    /// A slice thicker than the lesion averages it away, and a pixel or an edge wider than it cannot show its border.
    ///
    /// ## How it is measured
    /// Slice Thickness of the header at most the setting `ct_lesion_slice_max`; Pixel Spacing at most `lesion_mm`; and, as the header
    /// promises what the image may not hold, the width of the edge from air to skin (`skin_edge_width`, 10 to 90 %, median over the
    /// sampled slices) at most `edge_width_max_mm` or `edge_width_max_pixels` pixels, whichever is more. One series that meets all is enough.
    ///
    /// ## Known limits
    /// The skin moves with breathing and is smoother than a nodule's border: only a gross loss of sharpness shows. Where no edge
    /// could be measured (the body fills the field) the header decides.
    ///
    /// ## Parameters
    /// `lesion_mm`: smallest lesion that has to be told; 0: none is asked for. `edge_width_max_mm`, `edge_width_max_pixels`: widest edge.
    ///
    /// ## References
    /// Chongqing-Sichuan draft 2025 7.3.2.3 (lesions of 1 mm and more can be told); DICOM PS3.3 C.8.2.1.
    code: "SHP003",
    name: "lesion-size-unresolved",
    title: ("CT分辨力不足以显示所要求的最小病灶", "no CT series resolves the lesion size asked for"),
    advice: (
        "补传薄层序列；没有则用更薄层厚、更小视野和合适算法重建",
        "send the thin series, or reconstruct with thinner slices, a smaller field and a fitting kernel"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01),
        Input::Stacks,
        Input::Header(tags::SLICE_THICKNESS),
        Input::Header(tags::PIXEL_SPACING),
        Input::Measurement(measured::SKIN_EDGE_WIDTH),
        Input::Setting("ct_lesion_slice_max"),
    ],
    params: [
        ("lesion_mm", Number, "mm", "smallest lesion that has to be told; 0: none is asked for"),
        ("edge_width_max_mm", Number, "mm", "widest edge from air to skin"),
        ("edge_width_max_pixels", Number, "pixels", "the same in pixels; the larger counts"),
    ],
    dicom_code: None,
    run: run,
}

/// What a series shows at best; numbers that nothing tells are `None`.
struct Fine {
    thickness: Option<f64>,
    pixel: Option<f64>,
    edge: Option<f64>,
    /// Whether its pixels were looked at.
    looked: bool,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let lesion = params.number("lesion_mm");
    let not =
        |zh: &str, en: &str| vec![Outcome::not_applicable(Subject::study(), Text::new(zh, en))];
    if lesion <= 0.0 {
        return not("地区未要求能分辨的最小病灶", "the region asks for no size of lesion");
    }
    let all: Vec<Fine> =
        view.series().filter(|s| is_of(s, Family::Ct)).filter_map(|s| fine(&s)).collect();
    if all.is_empty() {
        return not("没有可判定的CT序列", "there is no CT series of slices to judge");
    }
    let thickest = view.setting_number("ct_lesion_slice_max");
    let serves = |f: &Fine| {
        let within = |v: Option<f64>, most: f64| v.map(|v| v <= most + 1e-6);
        let widest = widest(params, f.pixel.unwrap_or(0.0));
        let told = [within(f.thickness, thickest), within(f.pixel, lesion)];
        let edge = within(f.edge, widest).unwrap_or(true);
        if !edge || told.contains(&Some(false)) {
            Some(false)
        } else {
            told[0].and(told[1]).filter(|_| f.looked)
        }
    };
    if all.iter().any(|f| serves(f) == Some(true)) {
        let why =
            Text::new("有层厚、像素和锐度均满足的序列", "a series is thin, fine and sharp enough");
        let outcome = Outcome::pass(Subject::study(), why);
        return vec![outcome.with(Evidence::new("series_checked", all.len()))];
    }
    if all.iter().any(|f| serves(f).is_none()) {
        let why = Text::new(
            "序列未注明层厚或像素间距，或像素未能测量",
            "a series states no thickness or pixel spacing, or its pixels could not be measured",
        );
        return vec![Outcome::could_not_run(Subject::study(), why)];
    }
    vec![fail(&all, lesion, thickest, params)]
}

fn fine(s: &SeriesView<'_>) -> Option<Fine> {
    let all = stacks(s, 1, is_ct_slice);
    let slices: Vec<&Slice<'_>> =
        all.iter().flat_map(super::super::slices::StackOf::firsts).collect();
    let first = slices.first()?;
    let frame = usize::try_from(first.frame).ok()?;
    let widths = s.column(measured::SKIN_EDGE_WIDTH);
    let mut edges: Vec<f64> = slices.iter().filter_map(|slice| slice.value(&widths)).collect();
    Some(Fine {
        thickness: first.instance.frame_float(frame, tags::SLICE_THICKNESS),
        pixel: first.instance.frame_float(frame, tags::PIXEL_SPACING),
        edge: median(&mut edges),
        looked: unlooked(s, &all, false).is_none(),
    })
}

/// The widest edge of a series whose pixels are so large, mm.
fn widest(params: &Params, pixel: f64) -> f64 {
    params.number("edge_width_max_mm").max(params.number("edge_width_max_pixels") * pixel)
}

/// Tells of the thinnest series.
fn fail(all: &[Fine], lesion: f64, thickest: f64, params: &Params) -> Outcome {
    let thickness = |f: &&Fine| f.thickness.unwrap_or(f64::INFINITY);
    let best = all.iter().min_by(|a, b| thickness(a).total_cmp(&thickness(b)));
    let shown = |v: Option<f64>| v.map_or(f64::NAN, |v| (v * 100.0).round() / 100.0);
    let pixels = best.and_then(|f| f.pixel).unwrap_or(0.0);
    let widest = widest(params, pixels);
    let (thin, pixel, edge) = best.map_or((f64::NAN, f64::NAN, f64::NAN), |f| {
        (shown(f.thickness), shown(f.pixel), shown(f.edge))
    });
    let told = |zh: &str, en: &str, v: f64, most: f64| {
        (!v.is_nan()).then(|| {
            Text::new(format!("{zh}{v}毫米（限{most}）"), format!("{en} {v} mm (limit {most})"))
        })
    };
    let parts: Vec<Text> = [
        told("层厚", "slices of", thin, thickest),
        told("像素", "pixels of", pixel, lesion),
        told("边缘宽", "edges of", edge, widest),
    ]
    .into_iter()
    .flatten()
    .collect();
    let zh: Vec<&str> = parts.iter().map(|t| t.zh.as_str()).collect();
    let en: Vec<&str> = parts.iter().map(|t| t.en.as_str()).collect();
    let why = Text::new(
        format!("没有序列能分辨{lesion}毫米的病灶；最薄的序列：{}", zh.join("，")),
        format!("no series can tell a lesion of {lesion} mm; the thinnest has {}", en.join(", ")),
    );
    let measured = [
        ("slice_thickness", thin, thickest),
        ("pixel_spacing", pixel, lesion),
        ("skin_edge_width", edge, widest),
    ];
    let known = measured.into_iter().filter(|m| !m.1.is_nan());
    known.fold(Outcome::fail(Subject::study(), why), |outcome, (name, value, limit)| {
        outcome.with(Evidence::new(name, value).limit(limit).unit("mm"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, one_with, set_numbers, take, volume};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};
    use crate::model::study::Study;

    fn scanned(thickness: f64, pixel: f64, edge: f64) -> Study {
        let mut study = volume("CT", 6, 1.0);
        for i in &mut study.series[0].instances {
            set_numbers(i, tags::SLICE_THICKNESS, &[thickness]);
            set_numbers(i, tags::PIXEL_SPACING, &[pixel, pixel]);
            take(i, measured::SKIN_EDGE_WIDTH, edge);
        }
        study
    }

    fn asked(study: &Study, kind: crate::model::outcome::OutcomeKind) -> Outcome {
        one_with(&CHECK, study, &[("lesion_mm", 1.0)], kind)
    }

    #[test]
    fn hit_thick_slices_coarse_pixels_and_soft_edges() {
        let o = asked(&scanned(5.0, 0.7, 2.0), Fail);
        assert_eq!(evidence(&o, "slice_thickness"), 5.0);
        asked(&scanned(1.0, 1.2, 2.0), Fail);
        asked(&scanned(1.0, 0.7, 9.0), Fail);
    }

    #[test]
    fn miss_a_thin_sharp_series_and_regions_that_do_not_ask() {
        asked(&scanned(1.0, 0.7, 2.0), Pass);
        one(&CHECK, &scanned(5.0, 0.7, 2.0), NotApplicable);
        asked(&volume("MR", 6, 5.0), NotApplicable);
        let mut silent = scanned(1.0, 0.7, 2.0);
        silent.series[0]
            .instances
            .iter_mut()
            .for_each(|i| i.attributes.remove(tags::SLICE_THICKNESS));
        asked(&silent, CouldNotRun);
    }
}
