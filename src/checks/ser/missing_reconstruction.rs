//! SER005: the thick, thin or high-resolution CT series that is asked for is not there.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::catalogue::Item;
use crate::policy::params::Params;
use crate::series::{Kernel, Plane};

use super::found::{Offer, offers};
use super::wanted;

declare_check! {
    /// The thick, thin or high-resolution CT series that is asked for is missing.
    ///
    /// ## What it does
    /// Looks for the reconstructions of a CT study that the region asks of every CT item, or that the matched
    /// item prints: thick slices, thin slices, high resolution.
    ///
    /// ## Why it matters
    /// Thick slices are read first and show soft tissue with little noise; nodules, fractures and reformats
    /// need thin ones. What was not sent cannot be made from the other.
    ///
    /// ## How it is measured
    /// Slice Thickness of the first image of each series that is transverse or whose plane nothing tells:
    /// thick from the setting `ct_thick_min` on, thin up to `ct_thin_max`. High resolution is a thin series
    /// with a lung or bone kernel. A series that states no thickness (or kernel) may be the missing one;
    /// then the check could not run.
    ///
    /// ## Known limits
    /// Any series of the study counts for any of its CT items, whatever its phase.
    ///
    /// ## Parameters
    /// `asked_of_all`: what every CT item needs: `thick`, `thin`, both or none.
    ///
    /// ## References
    /// Hebei 2025 2(4), Beijing 2024 3.2(2); catalogue of the region; DICOM PS3.16 CID 6314 (130574 Incomplete study).
    code: "SER005",
    name: "missing-reconstruction",
    title: ("缺少要求的厚层、薄层或高分辨CT图像", "the thick, thin or high-resolution CT series is missing"),
    advice: (
        "从设备补传缺少的厚层或薄层序列；原始数据已清除则无法补做",
        "send the series from the scanner; it can be made only as long as the raw data are kept"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::Kinds,
        Input::Stacks,
        Input::Items,
        Input::Header(tags::SLICE_THICKNESS),
        Input::Setting("ct_thick_min"),
        Input::Setting("ct_thin_max"),
    ],
    params: [
        ("asked_of_all", Texts, "", "what every CT item needs: thick, thin, both or none"),
    ],
    dicom_code: Some(("DCM:130574", "Incomplete study")),
    run: run,
}

/// A transverse series.
struct Axial {
    thickness: Option<f64>,
    kernel: Option<Kernel>,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let limits = (view.setting_number("ct_thick_min"), view.setting_number("ct_thin_max"));
    let transverse = |o: &Offer<'_>| {
        let plane = o.kind.plane;
        (o.acquired() || o.reformatted()) && (plane.is_none() || plane == Some(Plane::Tra))
    };
    let axial = |o: Offer<'_>| Axial {
        thickness: o.series.instance(0).and_then(|i| i.frame_float(0, tags::SLICE_THICKNESS)),
        kernel: o.kind.kernel,
    };
    let all: Vec<Axial> =
        offers(view, Family::Ct).into_iter().filter(transverse).map(axial).collect();
    let of_all = params.texts("asked_of_all");
    let nothing = Text::new(
        "地区和项目均未要求特定的CT重建",
        "neither region nor item asks for a particular CT reconstruction",
    );
    wanted::judge(view, &[Family::Ct], &nothing, |w| of_item(w.item, of_all, limits, &all))
}

fn asked(item: &Item, of_all: &[String]) -> Vec<String> {
    let own = item.postprocessing_required.words().filter_map(|w| match w {
        "thin-slice" => Some("thin"),
        "high-resolution" => Some("high-resolution"),
        _ => None,
    });
    let mut out = of_all.to_vec();
    for word in own {
        if !out.iter().any(|o| o == word) {
            out.push(word.to_owned());
        }
    }
    out
}

/// Whether a series is what a word asks for; `None` where nothing tells.
fn serves(word: &str, a: &Axial, (thick, thin): (f64, f64)) -> Option<bool> {
    let is_thin = a.thickness.map(|t| t <= thin);
    match word {
        "thick" => a.thickness.map(|t| t >= thick),
        "thin" => is_thin,
        "high-resolution" => match (is_thin, a.kernel.map(|k| k != Kernel::Soft)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        _ => None,
    }
}

/// The words in Chinese.
fn zh(words: &[&String]) -> String {
    let word = |w: &&String| match w.as_str() {
        "thick" => "厚层",
        "thin" => "薄层",
        _ => "高分辨",
    };
    words.iter().map(word).collect::<Vec<_>>().join("、")
}

fn of_item(
    item: &Item,
    of_all: &[String],
    (thick, thin): (f64, f64),
    all: &[Axial],
) -> Option<Outcome> {
    let asked = asked(item, of_all);
    if asked.is_empty() {
        return None;
    }
    let serves = |word: &str, a: &Axial| serves(word, a, (thick, thin));
    let lacking: Vec<&String> =
        asked.iter().filter(|w| !all.iter().any(|a| serves(w, a) == Some(true))).collect();
    let certain = lacking.iter().any(|w| !all.iter().any(|a| serves(w, a).is_none()));
    let list = lacking.iter().map(|w| w.as_str()).collect::<Vec<_>>().join(", ");
    let mut found: Vec<f64> = all.iter().filter_map(|a| a.thickness).collect();
    found.sort_by(f64::total_cmp);
    found.dedup();
    let outcome = if lacking.is_empty() {
        let why =
            Text::new("要求的CT重建齐全", "every CT reconstruction that is asked for is there");
        Outcome::pass(Subject::study(), why)
    } else if certain {
        let why = Text::new(
            format!(
                "缺少{}图像：现有层厚{found:?}毫米，厚层≥{thick}毫米，薄层≤{thin}毫米",
                zh(&lacking)
            ),
            format!(
                "{list} series missing: slices of {found:?} mm, thick from {thick} mm, thin up to {thin} mm"
            ),
        );
        Outcome::fail(Subject::study(), why)
    } else {
        let why = Text::new(
            format!("未见{}图像，但有序列未注明层厚或卷积核，不能断定缺失", zh(&lacking)),
            format!(
                "no series is known to be {list}, and one that states no thickness or kernel may be"
            ),
        );
        Outcome::could_not_run(Subject::study(), why)
    };
    let missing: Vec<&str> = lacking.iter().map(|w| w.as_str()).collect();
    Some(
        outcome
            .with(Evidence::new("missing_reconstructions", missing))
            .with(Evidence::new("reconstructions_asked", asked.clone()))
            .with(Evidence::new("slice_thicknesses", found).unit("mm")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::ser::cases::{Case, k};
    use crate::checks::testing::evidence;
    use crate::model::outcome::OutcomeKind;
    use crate::series::{Kind, SeriesKind};

    fn slices(all: &[&'static str]) -> Case {
        let kinds = all.iter().map(|_| k(Kind::Thick)).collect();
        all.iter().enumerate().fold(Case::new("CT", kinds), |case, (at, t)| {
            case.each(at, |i| i.attributes.set_text(tags::SLICE_THICKNESS, *t))
        })
    }

    #[test]
    fn hit_and_miss_thick_and_thin_where_the_region_asks() {
        let both =
            |all: &[&'static str]| slices(all).texts(&CHECK, "asked_of_all", &["thick", "thin"]);
        both(&["5", "1.25"]).one(&CHECK, OutcomeKind::Pass);
        for (have, name) in [("5", "thin"), ("1", "thick")] {
            let o = both(&[have]).one(&CHECK, OutcomeKind::Fail);
            assert_eq!(evidence(&o, "missing_reconstructions"), &serde_json::json!([name]));
        }
        both(&["5", ""]).one(&CHECK, OutcomeKind::CouldNotRun);
        slices(&["5"]).one(&CHECK, OutcomeKind::NotApplicable);
    }

    #[test]
    fn an_item_asks_for_thin_slices_or_high_resolution_by_itself() {
        slices(&["5"]).processing("thin-slice;3D").one(&CHECK, OutcomeKind::Fail);
        slices(&["1"]).processing("thin-slice;3D").one(&CHECK, OutcomeKind::Pass);
        let sharp = |kernel| {
            let kind = SeriesKind { kernel, ..k(Kind::Thin) };
            Case::new("CT", vec![kind])
                .each(0, |i| i.attributes.set_text(tags::SLICE_THICKNESS, "1"))
                .processing("high-resolution")
        };
        sharp(Some(Kernel::Lung)).one(&CHECK, OutcomeKind::Pass);
        sharp(Some(Kernel::Soft)).one(&CHECK, OutcomeKind::Fail);
        sharp(None).one(&CHECK, OutcomeKind::CouldNotRun);
    }
}
