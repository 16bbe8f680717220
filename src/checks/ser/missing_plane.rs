//! SER002: a plane that the item or the region asks for is not there.

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::catalogue::Item;
use crate::policy::params::Params;
use crate::series::Plane;

use super::found::{Offer, offers, told};
use super::wanted;

declare_check! {
    /// A plane that the item or the region asks for is missing.
    ///
    /// ## What it does
    /// Holds the planes that the matched item prints (Tra, Cor or Sag, a reformatted Tra …) against those
    /// of the series, and where the region asks for several planes counts them.
    ///
    /// ## Why it matters
    /// What lies along a slice is hardly seen in it: a meniscus or a pituitary gland is read in the plane
    /// that shows it.
    ///
    /// ## How it is measured
    /// The plane of a series is the standard plane nearest to its Image Orientation (Patient), up to a tilt of
    /// the setting `mr_plane_max_tilt`. In MR only
    /// series of anatomy count (T1WI, T2WI, PDWI, FLAIR, STIR, gradient echo, hydrography), no diffusion and
    /// no maps. `(MPR)` in the catalogue accepts a reformat as well as an acquired series. For several planes
    /// (`several_planes`), their number is held against the setting `mr_min_planes`; a series acquired in
    /// three dimensions can be read in any plane. Where a series whose plane nothing tells may be the
    /// missing one, the check could not run.
    ///
    /// ## Known limits
    /// Any series of the study counts for any of its items. Which sequence is due in which plane is not
    /// asked for, as the catalogues do not say.
    ///
    /// ## Parameters
    /// `several_planes`: whether MR has to show its target in several planes, whatever the item prints.
    ///
    /// ## References
    /// Catalogue of the region; Chongqing-Sichuan draft 2025 7.3.3.3; DICOM PS3.16 CID 6314 (130574 Incomplete study).
    code: "SER002",
    name: "missing-plane",
    title: ("缺少要求的扫描方位", "a plane that is asked for is missing"),
    advice: (
        "查看设备上是否有该方位的图像或可作重建，有则补传",
        "look for the plane on the scanner, or reformat it where that is allowed, and send it"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::Kinds,
        Input::Stacks,
        Input::Items,
        Input::Setting("mr_min_planes"),
        Input::Setting("mr_plane_max_tilt"),
    ],
    params: [
        ("several_planes", Flag, "", "whether MR has to show its target in several planes"),
    ],
    dicom_code: Some(("DCM:130574", "Incomplete study")),
    run: run,
}

/// Planes of one family's series.
struct Planes<'a> {
    offers: Vec<Offer<'a>>,
    acquired: Vec<Plane>,
    reformatted: Vec<Plane>,
    /// An acquired series, and a reformat, whose plane nothing tells.
    open: (bool, bool),
    volumetric: bool,
}

fn planes<'a>(view: &'a StudyView<'a>, family: Family) -> Planes<'a> {
    let tilt = view.setting_number("mr_plane_max_tilt");
    let offers = offers(view, family);
    let shows = |o: &&Offer<'_>| match family {
        Family::Mr => o.structural(),
        _ => o.acquired(),
    };
    let all = |keep: &dyn Fn(&&Offer<'_>) -> bool| -> Vec<Plane> {
        let mut planes: Vec<Plane> =
            offers.iter().filter(|o| keep(o)).flat_map(|o| o.planes(tilt)).collect();
        planes.sort();
        planes.dedup();
        planes
    };
    let (acquired, reformatted) = (all(&shows), all(&|o| o.reformatted()));
    let unknown = |o: &&Offer<'_>| family == Family::Mr && o.unknown();
    let open = (
        offers.iter().any(|o| unknown(&o) || (shows(&o) && o.planes(tilt).is_empty())),
        offers.iter().any(|o| o.reformatted() && o.planes(tilt).is_empty()),
    );
    let volumetric = offers.iter().any(|o| shows(&o) && o.kind.three_d == Some(true));
    Planes { offers, acquired, reformatted, open, volumetric }
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let (ct, mr) = (planes(view, Family::Ct), planes(view, Family::Mr));
    let least = params.flag("several_planes").then(|| view.setting_number("mr_min_planes"));
    let nothing = Text::new("该项目未列明方位", "the item prints no planes");
    wanted::judge(view, &[Family::Ct, Family::Mr], &nothing, |w| {
        let (own, least) = if w.item.modality == "MR" { (&mr, least) } else { (&ct, None) };
        of_item(w.item, own, least)
    })
}

fn of_item(item: &Item, own: &Planes<'_>, least: Option<f64>) -> Option<Outcome> {
    let several = least.filter(|_| wanted::special(item).is_none());
    if item.planes_required.is_empty() && several.is_none() {
        return None;
    }
    let word = |word: &str| {
        let (plane, made) = match word.strip_suffix("(MPR)") {
            Some(plane) => (plane, true),
            None => (word, false),
        };
        ([Plane::Tra, Plane::Sag, Plane::Cor].into_iter().find(|p| p.word() == plane), made)
    };
    let there = |w: &str| {
        let (plane, made) = word(w);
        plane.is_some_and(|p| own.acquired.contains(&p) || (made && own.reformatted.contains(&p)))
    };
    let perhaps = |w: &str| own.open.0 || (word(w).1 && own.open.1);
    let missing = item.planes_required.missing(there);
    let certain = item.planes_required.missing(|w| there(w) || perhaps(w));
    let mut names: Vec<String> = missing.iter().map(|g| g.join("|")).collect();
    let mut failed = !certain.is_empty();
    let shown = own.acquired.len().max(own.reformatted.len());
    #[expect(clippy::cast_precision_loss, reason = "a handful of planes")]
    let few = several.filter(|least| !own.volumetric && (shown as f64) < *least);
    if let (Some(least), true) = (few, names.is_empty()) {
        names.push(format!("{shown}/{least}"));
        failed = !own.open.0;
    }
    let asked = item.planes_required.to_string();
    let lacking = match (names.is_empty(), failed) {
        (true, _) => Lacking::Nothing,
        (_, false) => Lacking::Perhaps,
        _ if missing.is_empty() => Lacking::Several { shown, least: few.unwrap_or_default() },
        _ => Lacking::Named,
    };
    let outcome = said(&lacking, &names.join(", "), &asked);
    let words = |planes: &[Plane]| planes.iter().map(|p| p.word()).collect::<Vec<_>>();
    let outcome = outcome
        .with(Evidence::new("missing_planes", names))
        .with(Evidence::new("planes_asked", asked))
        .with(Evidence::new("planes_acquired", words(&own.acquired)))
        .with(Evidence::new("planes_reformatted", words(&own.reformatted)))
        .with(Evidence::new("series_found", told(&own.offers)));
    Some(match several {
        Some(least) => outcome.with(Evidence::new("planes_shown", shown).limit(least)),
        None => outcome,
    })
}

/// What a study lacks.
enum Lacking {
    Nothing,
    /// A series that could not be recognised may show it.
    Perhaps,
    /// Fewer planes than are asked for, whichever they are.
    Several {
        shown: usize,
        least: f64,
    },
    /// Planes that the item names.
    Named,
}

fn said(lacking: &Lacking, list: &str, asked: &str) -> Outcome {
    let of = Subject::study();
    match lacking {
        Lacking::Nothing => {
            Outcome::pass(of, Text::new("要求的方位齐全", "every plane that is asked for is there"))
        }
        Lacking::Perhaps => {
            let why = Text::new(
                format!("未见方位{list}，但有序列无法识别，不能断定缺失"),
                format!("no series shows {list}, and one that could not be recognised may do so"),
            );
            Outcome::could_not_run(of, why)
        }
        Lacking::Several { shown, least } => {
            let why = Text::new(
                format!("仅有{shown}个方位，至少应有{least}个"),
                format!("{shown} planes, at least {least} are asked for"),
            );
            Outcome::fail(of, why)
        }
        Lacking::Named => {
            let why = Text::new(
                format!("缺少方位{list}；项目要求{asked}"),
                format!("{list} missing; the item asks for {asked}"),
            );
            Outcome::fail(of, why)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::ser::cases::{Case, k};
    use crate::checks::testing::evidence;
    use crate::model::outcome::OutcomeKind;
    use crate::series::{Kind, Rendering, SeriesKind};
    use dicom_dictionary_std::tags;

    fn t(kind: Kind, plane: Plane) -> SeriesKind {
        SeriesKind { plane: Some(plane), ..k(kind) }
    }

    #[test]
    fn hit_and_miss_each_plane_and_its_alternatives() {
        let case = |planes: &[Plane]| {
            let kinds = planes.iter().map(|p| t(Kind::T2wi, *p)).collect();
            Case::new("MR", kinds).planes("Tra;Cor|Sag")
        };
        case(&[Plane::Tra, Plane::Cor]).one(&CHECK, OutcomeKind::Pass);
        case(&[Plane::Tra, Plane::Sag]).one(&CHECK, OutcomeKind::Pass);
        let o = case(&[Plane::Tra]).one(&CHECK, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "missing_planes"), &serde_json::json!(["Cor|Sag"]));
        case(&[Plane::Sag]).one(&CHECK, OutcomeKind::Fail);
        // An oblique series counts for the plane it is nearest to: these slices are transverse.
        case(&[Plane::Sag, Plane::Obl]).one(&CHECK, OutcomeKind::Pass);
        case(&[Plane::Tra, Plane::Obl]).one(&CHECK, OutcomeKind::Fail);
        let unknown = vec![t(Kind::T2wi, Plane::Tra), SeriesKind::default()];
        Case::new("MR", unknown).planes("Tra;Cor").one(&CHECK, OutcomeKind::CouldNotRun);
    }

    #[test]
    fn diffusion_shows_no_anatomy() {
        let kinds = vec![t(Kind::T2wi, Plane::Cor), t(Kind::Dwi, Plane::Tra)];
        Case::new("MR", kinds).planes("Tra;Cor").one(&CHECK, OutcomeKind::Fail);
    }

    #[test]
    fn a_reformat_serves_where_the_item_says_so() {
        let mpr = || SeriesKind { rendering: Some(Rendering::Mpr), ..t(Kind::Mpr, Plane::Cor) };
        let case = |kinds| Case::new("CT", kinds).planes("Tra;Cor(MPR)");
        case(vec![t(Kind::Thin, Plane::Tra), mpr()]).one(&CHECK, OutcomeKind::Pass);
        case(vec![t(Kind::Thin, Plane::Tra), t(Kind::Thick, Plane::Cor)])
            .one(&CHECK, OutcomeKind::Pass);
        case(vec![t(Kind::Thin, Plane::Tra)]).one(&CHECK, OutcomeKind::Fail);
        let unplaced = SeriesKind { plane: None, ..mpr() };
        case(vec![t(Kind::Thin, Plane::Tra), unplaced])
            .each(1, |i| i.attributes.set_text(tags::IMAGE_POSITION_PATIENT, ""))
            .one(&CHECK, OutcomeKind::CouldNotRun);
        let tra = |made: SeriesKind| {
            Case::new("MR", vec![t(Kind::Pdwi, Plane::Cor), made]).planes("Cor;Tra")
        };
        tra(SeriesKind { plane: Some(Plane::Tra), ..mpr() }).one(&CHECK, OutcomeKind::Fail);
    }

    #[test]
    fn several_planes_are_counted_where_the_region_asks() {
        let case = |kinds| Case::new("MR", kinds).flag(&CHECK, "several_planes", true);
        let o = case(vec![t(Kind::T1wi, Plane::Tra)]).one(&CHECK, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "planes_shown"), 1);
        case(vec![t(Kind::T1wi, Plane::Tra), t(Kind::T2wi, Plane::Sag)])
            .one(&CHECK, OutcomeKind::Pass);
        let volume = SeriesKind { three_d: Some(true), ..t(Kind::T1wi, Plane::Sag) };
        case(vec![volume]).one(&CHECK, OutcomeKind::Pass);
        case(vec![t(Kind::MraTof, Plane::Tra)])
            .contrast("MRA")
            .one(&CHECK, OutcomeKind::NotApplicable);
        Case::new("MR", vec![t(Kind::T1wi, Plane::Tra)]).one(&CHECK, OutcomeKind::NotApplicable);
    }
}
