//! SER006: the post-processed series that the item or the region asks for is not there.

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::catalogue::Item;
use crate::policy::params::Params;
use crate::series::{Kind, Rendering};

use super::found::{Offer, offers, told};
use super::wanted::{self, Special};

declare_check! {
    /// The post-processed series that the item or the region asks for is missing.
    ///
    /// ## What it does
    /// Looks for the reformats and renderings that the matched item prints (MPR, 3D), and, where the region
    /// asks for it, for source images and post-processed ones of angiographies, functional imaging and
    /// hydrography.
    ///
    /// ## Why it matters
    /// A clinician who receives a CT angiography of 1,000 slices reads its renderings. A receiver who has
    /// only renderings cannot look behind them.
    ///
    /// ## How it is measured
    /// MPR is any multiplanar or curved reformat; 3D is what `three_d_by` lists; an angiography or hydrography
    /// is post-processed by any reformat, projection, rendering or subtraction; functional imaging by a map
    /// (ADC, FA, any derived series). The source is any series as acquired. A derived series that does not say
    /// how it was made may be the missing one; then the check could not run. `MPR(lesion)` is asked for only
    /// where the report names a lesion, which nothing here tells: it is noted and never counted.
    ///
    /// ## Known limits
    /// Renderings sent as captures without words are not recognised. Any series of the study counts for any of its items.
    ///
    /// ## Parameters
    /// `source_and_processed`: classes that need both: `angio`, `functional`, `hydrography`. `three_d_by`: what
    /// counts as 3D: `VR`, `MIP`, `MPR`.
    ///
    /// ## References
    /// Hebei 2025 2(4), Beijing 2024 3.2(2), Chongqing-Sichuan draft 2025 7.3.3.3; DICOM PS3.16 CID 6314 (130574 Incomplete study).
    code: "SER006",
    name: "missing-post-processing",
    title: ("缺少要求的后处理图像或其原始图像", "post-processed images, or their source, are missing"),
    advice: (
        "在工作站完成并上传要求的重建（MPR、MIP、VR等），原始薄层一并上传",
        "make the reformats and renderings that are asked for and send them with their source"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Kinds, Input::Stacks, Input::Items],
    params: [
        ("source_and_processed", Texts, "", "classes that need source and post-processed images"),
        ("three_d_by", Texts, "", "what counts as 3D: VR, MIP, MPR"),
    ],
    dicom_code: Some(("DCM:130574", "Incomplete study")),
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let (ct, mr) = (offers(view, Family::Ct), offers(view, Family::Mr));
    let both = params.texts("source_and_processed");
    let three_d = params.texts("three_d_by");
    let nothing = Text::new(
        "地区和项目均未要求后处理图像",
        "neither region nor item asks for post-processed images",
    );
    wanted::judge(view, &[Family::Ct, Family::Mr], &nothing, |w| {
        let own = if w.item.modality == "MR" { &mr } else { &ct };
        of_item(w.item, both, three_d, own)
    })
}

fn made(o: &Offer<'_>, how: &[Rendering]) -> bool {
    o.kind.rendering.is_some_and(|r| how.contains(&r))
}

/// Whether a series is a reformat, `MPR`; `None` where it is derived and does not say how.
fn serves(word: &str, o: &Offer<'_>, three_d: &[String]) -> Option<bool> {
    use Rendering::{Cpr, MinIp, Mip, Mpr, Subtraction, Vr};
    let kind = o.kind.kind.as_ref();
    let unsaid = o.kind.rendering.is_none()
        && (matches!(kind, Some(Kind::Derived | Kind::Mip)) || (kind.is_none() && !o.acquired()));
    let yes = match word {
        "source" => return Some(o.acquired() && kind.is_some() || o.unknown()),
        "MPR" => o.reformatted(),
        "3D" => three_d.iter().any(|t| match t.as_str() {
            "VR" => made(o, &[Vr]),
            "MIP" => made(o, &[Mip, MinIp]),
            _ => o.reformatted(),
        }),
        "angio" | "hydrography" => {
            o.reformatted()
                || kind == Some(&Kind::Mip)
                || made(o, &[Mpr, Cpr, Mip, MinIp, Vr, Subtraction])
        }
        "functional" => {
            matches!(kind, Some(Kind::Adc | Kind::Fa | Kind::Derived)) || o.kind.rendering.is_some()
        }
        _ => false,
    };
    if yes {
        Some(true)
    } else if unsaid {
        None
    } else {
        Some(false)
    }
}

/// What an item asks for, as words of [`serves`] and as told.
fn asked(item: &Item, both: &[String]) -> (Vec<(&'static str, String)>, bool) {
    let mut out: Vec<(&'static str, String)> = Vec::new();
    let mut lesion = false;
    for word in item.postprocessing_required.words() {
        match word {
            "MPR" => out.push(("MPR", "MPR".to_owned())),
            "3D" => out.push(("3D", "3D".to_owned())),
            "MPR(lesion)" => lesion = true,
            _ => {}
        }
    }
    let class = wanted::special(item).filter(|s| both.iter().any(|b| b == s.word()));
    if let Some(class) = class {
        out.push(("source", "source images".to_owned()));
        let told = match class {
            Special::Angio => "MIP, VR or MPR",
            Special::Functional => "parameter maps",
            Special::Hydrography => "MIP",
        };
        out.push((class.word(), told.to_owned()));
    }
    (out, lesion)
}

fn zh(word: &str) -> &'static str {
    match word {
        "source" => "原始图像",
        "MPR" => "多平面重建",
        "3D" => "三维重建",
        "functional" => "参数图",
        "hydrography" => "最大密度投影",
        _ => "最大密度投影、容积再现或多平面重建",
    }
}

fn of_item(item: &Item, both: &[String], three_d: &[String], all: &[Offer<'_>]) -> Option<Outcome> {
    let (asked, lesion) = asked(item, both);
    if asked.is_empty() {
        return lesion.then(|| {
            let has = all.iter().any(Offer::reformatted);
            let why = Text::new(
                "病灶区多平面重建仅在报告有病灶时要求，影像文件无从得知报告内容",
                "MPR of a lesion is asked for only where the report names one, which no image tells",
            );
            Outcome::not_applicable(Subject::study(), why).with(Evidence::new("has_mpr", has))
        });
    }
    let with = |want: Option<bool>, w: &str| all.iter().any(|o| serves(w, o, three_d) == want);
    let lacking: Vec<&(&str, String)> = asked.iter().filter(|a| !with(Some(true), a.0)).collect();
    let certain = lacking.iter().any(|a| !with(None, a.0));
    let chinese = lacking.iter().map(|a| zh(a.0)).collect::<Vec<_>>().join("、");
    let names: Vec<String> = lacking.iter().map(|a| a.1.clone()).collect();
    let list = names.join("; ");
    let outcome = if lacking.is_empty() {
        let why = Text::new(
            "要求的后处理图像及原始图像齐全",
            "post-processed images and their source are there",
        );
        Outcome::pass(Subject::study(), why)
    } else if certain {
        let why = Text::new(format!("缺少{chinese}"), format!("{list} missing"));
        Outcome::fail(Subject::study(), why)
    } else {
        let why = Text::new(
            format!("未见{chinese}，但有后处理序列未注明生成方式，不能断定缺失"),
            format!(
                "no series is known to be {list}, and a derived one that does not say how it was made may be"
            ),
        );
        Outcome::could_not_run(Subject::study(), why)
    };
    let asked: Vec<String> = asked.into_iter().map(|a| a.1).collect();
    Some(
        outcome
            .with(Evidence::new("missing_post_processing", names))
            .with(Evidence::new("post_processing_asked", asked))
            .with(Evidence::new("series_found", told(all))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::ser::cases::{Case, k};
    use crate::checks::testing::evidence;
    use crate::model::outcome::OutcomeKind;
    use crate::series::SeriesKind;

    fn r(kind: Kind, rendering: Rendering) -> SeriesKind {
        SeriesKind { rendering: Some(rendering), ..k(kind) }
    }

    #[test]
    fn hit_and_miss_what_the_item_prints() {
        let case = |kinds| Case::new("CT", kinds).processing("3D;MPR");
        let (mpr, vr) = (|| r(Kind::Mpr, Rendering::Mpr), || r(Kind::Mip, Rendering::Vr));
        case(vec![k(Kind::Thin), mpr(), vr()]).one(&CHECK, OutcomeKind::Pass);
        let o = case(vec![k(Kind::Thin), mpr()]).one(&CHECK, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "missing_post_processing"), &serde_json::json!(["3D"]));
        let o = case(vec![k(Kind::Thin), vr()]).one(&CHECK, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "missing_post_processing"), &serde_json::json!(["MPR"]));
        case(vec![k(Kind::Thin), mpr(), k(Kind::Derived)]).one(&CHECK, OutcomeKind::CouldNotRun);
        Case::new("CT", vec![k(Kind::Thin), mpr()])
            .processing("3D")
            .texts(&CHECK, "three_d_by", &["MPR"])
            .one(&CHECK, OutcomeKind::Pass);
    }

    #[test]
    fn hit_and_miss_source_and_renderings_where_the_region_asks() {
        let case = |kinds, class| {
            Case::new("MR", kinds).contrast(class).texts(
                &CHECK,
                "source_and_processed",
                &["angio", "functional"],
            )
        };
        let mip = || r(Kind::Mip, Rendering::Mip);
        case(vec![k(Kind::MraTof), mip()], "MRA").one(&CHECK, OutcomeKind::Pass);
        case(vec![k(Kind::MraTof)], "MRA").one(&CHECK, OutcomeKind::Fail);
        let o = case(vec![mip()], "MRA").one(&CHECK, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "missing_post_processing"), &serde_json::json!(["source images"]));
        case(vec![k(Kind::Asl), k(Kind::Derived)], "perfusion-ASL").one(&CHECK, OutcomeKind::Pass);
        case(vec![k(Kind::Asl)], "perfusion-ASL").one(&CHECK, OutcomeKind::Fail);
        case(vec![k(Kind::T1wi)], "plain").one(&CHECK, OutcomeKind::NotApplicable);
        Case::new("MR", vec![k(Kind::MraTof)])
            .contrast("MRA")
            .one(&CHECK, OutcomeKind::NotApplicable);
    }

    #[test]
    fn a_reformat_of_a_lesion_is_noted_and_not_counted() {
        Case::new("CT", vec![k(Kind::Thin)])
            .processing("thin-slice;MPR(lesion)")
            .one(&CHECK, OutcomeKind::NotApplicable);
    }
}
