//! SER004: a projection that the item or the order asks for is not there.

use std::collections::BTreeSet;

use crate::checks::contract::Input;
use crate::checks::prepared::{Items, Wanted};
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::items::exam::{Side, View};
use crate::items::shown::{Shown, missing};
use crate::items::views::ordered_and_not_taken;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::catalogue::Side as ItemSide;
use crate::policy::params::Params;

use super::wanted;

declare_check! {
    /// A projection that the item or the order asks for is missing.
    ///
    /// ## What it does
    /// Holds the projections of the matched item (frontal and lateral, CC and MLO …) against those of the
    /// images, for mammography each side by itself, and those that the order's words name against the
    /// images where an item does not tell.
    ///
    /// ## Why it matters
    /// A fracture may show in one projection only, and a mass of the breast is placed by two.
    ///
    /// ## How it is measured
    /// The projection of an image is View Position or its code, else the words of its series. Each image
    /// serves one projection. A frontal one of unknown direction, AP and PA serve AP; a lateral of unknown
    /// side serves the left and the right; a posture counts only where both item and image state one. In
    /// mammography the sides are those of the item, or those that were imaged. An image whose projection
    /// nothing tells may be any: then the check could not run. Where the order names a projection that no
    /// image shows although every image states its own, it is missing whatever the item is.
    ///
    /// ## Known limits
    /// What View Position says is believed. Where neither item nor order names projections, none is asked for.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// Catalogue of the region; DICOM PS3.3 C.8.11.1, C.8.1.1; PS3.16 CID 6314 (130574 Incomplete study).
    code: "SER004",
    name: "missing-view",
    title: ("缺少要求的投照体位", "a projection that is asked for is missing"),
    advice: (
        "补传缺少的投照体位；未摄则项目名称应改为实际体位",
        "send the projection; where it was not taken the study is another item"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Projections, Input::Items],
    params: [],
    dicom_code: Some(("DCM:130574", "Incomplete study")),
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let images: Vec<(Subject, &Shown)> = view
        .series()
        .flat_map(|s| s.shown().iter().map(move |i| (Subject::instance(s.uid(), &i.sop_uid), i)))
        .collect();
    let ordered = of_order(view, &images);
    if ordered.is_some() && *view.items() == Items::Ambiguous {
        return ordered.into_iter().collect();
    }
    let nothing = Text::new("该项目未列明投照体位", "the item prints no projections");
    let families = [Family::Radiography, Family::Mammography];
    let outcomes = wanted::judge(view, &families, &nothing, |w| of_item(w, &images));
    let failed = |o: &Outcome| o.kind == crate::model::outcome::OutcomeKind::Fail;
    match ordered.filter(|_| !outcomes.iter().any(failed)) {
        Some(o) => vec![o],
        None => outcomes,
    }
}

/// What the order names and no image shows, where there is a catalogue that the study belongs to.
fn of_order(view: &StudyView<'_>, images: &[(Subject, &Shown)]) -> Option<Outcome> {
    if !matches!(view.items(), Items::Matched(_) | Items::Ambiguous) {
        return None;
    }
    let lacking = view.films().iter().flat_map(ordered_and_not_taken);
    let names: BTreeSet<String> = lacking.map(View::to_string).collect();
    if names.is_empty() {
        return None;
    }
    let names: Vec<String> = names.into_iter().collect();
    let list = names.join(", ");
    let why = Text::new(
        format!("申请的体位{list}没有图像"),
        format!("the order names {list}, and no image shows it"),
    );
    Some(
        Outcome::fail(Subject::study(), why)
            .with(Evidence::new("missing_views", names))
            .with(Evidence::new("views_found", found(images.iter().map(|i| i.1)))),
    )
}

fn of_item(w: &Wanted<'_>, images: &[(Subject, &Shown)]) -> Option<Outcome> {
    let groups: Vec<Vec<View>> =
        w.item.views.0.iter().map(|group| group.iter().map(|v| View::parse(v)).collect()).collect();
    if groups.is_empty() {
        return None;
    }
    let own = |i: &&(Subject, &Shown)| w.sop_uids.is_empty() || w.sop_uids.contains(&i.1.sop_uid);
    let own: Vec<&(Subject, &Shown)> = images.iter().filter(own).collect();
    let mammography = w.item.modality == "MG";
    let sides: Vec<Option<Side>> =
        if mammography { sides(w.item.laterality, &own) } else { vec![None] };
    let mut names = Vec::new();
    let mut certain = false;
    for side in sides {
        let of_side = |i: &&Shown| side.is_none() || i.side == side || i.side == Some(Side::B);
        let shown: Vec<&Shown> = own.iter().map(|i| i.1).filter(of_side).collect();
        let unsaid = |i: &&(Subject, &Shown)| {
            (i.1.views.is_empty() && of_side(&i.1)) || (side.is_some() && i.1.side.is_none())
        };
        let open = own.iter().filter(|i| unsaid(i)).count();
        let lacking = missing(&groups, &shown, open);
        certain |= lacking.certain;
        names.extend(lacking.groups.iter().map(|g| {
            let words: Vec<String> = g.iter().map(View::to_string).collect();
            match side {
                Some(side) => format!("{side} {}", words.join("|")),
                None => words.join("|"),
            }
        }));
    }
    let subject = match (w.sop_uids.is_empty(), own.first()) {
        (false, Some(first)) => first.0.clone(),
        _ => Subject::study(),
    };
    let (list, asked) = (names.join(", "), w.item.views.to_string());
    let outcome = if names.is_empty() {
        let why = Text::new("要求的投照体位齐全", "every projection that is asked for is there");
        Outcome::pass(subject, why)
    } else if certain {
        let why = Text::new(
            format!("缺少投照体位{list}；项目要求{asked}"),
            format!("{list} missing; the item asks for {asked}"),
        );
        Outcome::fail(subject, why)
    } else {
        let why = Text::new(
            format!("未见投照体位{list}，但有图像未注明体位，不能断定缺失"),
            format!("no image states {list}, and one that states nothing may show it"),
        );
        Outcome::could_not_run(subject, why)
    };
    Some(
        outcome
            .with(Evidence::new("missing_views", names))
            .with(Evidence::new("views_asked", asked))
            .with(Evidence::new("views_found", found(own.iter().map(|i| i.1)))),
    )
}

/// The sides of a mammography item: its own, else those that were imaged.
fn sides(item: ItemSide, images: &[&(Subject, &Shown)]) -> Vec<Option<Side>> {
    let both = || vec![Some(Side::L), Some(Side::R)];
    match item {
        ItemSide::L => vec![Some(Side::L)],
        ItemSide::R => vec![Some(Side::R)],
        ItemSide::B => both(),
        ItemSide::Unsided | ItemSide::Either => {
            let imaged = |side: Side| images.iter().any(|i| i.1.side == Some(side));
            let there: Vec<Option<Side>> =
                both().into_iter().filter(|s| s.is_some_and(imaged)).collect();
            if there.is_empty() { vec![None] } else { there }
        }
    }
}

/// Projections with sides, each once.
fn found<'a>(images: impl Iterator<Item = &'a Shown>) -> Vec<String> {
    let told = |i: &Shown| {
        let views: Vec<String> = i.views.iter().map(View::to_string).collect();
        let views = if views.is_empty() { "?".to_owned() } else { views.join("|") };
        i.side.map_or_else(|| views.clone(), |side| format!("{side} {views}"))
    };
    images.map(told).collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::ser::cases::item;
    use crate::checks::testing::{base_policy, evidence, instance, run_under, study};
    use crate::model::outcome::OutcomeKind;
    use crate::policy::requirement::Requirement;
    use dicom_dictionary_std::tags;

    /// Films `VIEW SIDE`, of a study with these words, as an item with these projections.
    #[track_caller]
    fn one(modality: &str, films: &[&str], order: &str, asked: &str, kind: OutcomeKind) -> Outcome {
        let film = |(n, text): (usize, &&str)| {
            let mut i = instance(modality, n + 1);
            let (view, side) = text.split_once(' ').unwrap_or((text, ""));
            i.attributes.set_text(tags::VIEW_POSITION, view);
            i.attributes.set_text(tags::IMAGE_LATERALITY, side);
            i.attributes.set_text(tags::STUDY_DESCRIPTION, order);
            i
        };
        let study = study(films.iter().enumerate().map(film).collect());
        let mut row = item(modality);
        row.views = Requirement::parse(asked);
        let items =
            Items::Matched(vec![Wanted { item: &row, sop_uids: Vec::new(), regions: Vec::new() }]);
        let mut outcomes = run_under(&CHECK, &study, &base_policy(), items);
        assert_eq!(outcomes.len(), 1);
        assert_eq!(outcomes[0].kind, kind, "{:?}", outcomes[0].why);
        outcomes.remove(0)
    }

    #[test]
    fn hit_and_miss_each_of_a_pair() {
        let pair = |films: &[&str], kind| one("DX", films, "膝关节", "AP;LAT", kind);
        pair(&["AP", "LL"], OutcomeKind::Pass);
        pair(&["PA", "LATERAL"], OutcomeKind::Pass);
        let o = pair(&["AP"], OutcomeKind::Fail);
        assert_eq!(evidence(&o, "missing_views"), &serde_json::json!(["LAT"]));
        let o = pair(&["AP", "AP"], OutcomeKind::Fail);
        assert_eq!(evidence(&o, "missing_views"), &serde_json::json!(["LAT"]));
        pair(&["AP", ""], OutcomeKind::CouldNotRun);
        one("DX", &["AP"], "膝关节", "", OutcomeKind::NotApplicable);
        one("DX", &["PA"], "胸部", "AP:erect", OutcomeKind::Pass);
    }

    #[test]
    fn a_projection_that_is_ordered_is_missing_whatever_the_item_is() {
        let o = one("DX", &["PA"], "胸部正侧位", "", OutcomeKind::Fail);
        assert_eq!(evidence(&o, "missing_views"), &serde_json::json!(["LAT"]));
        one("DX", &["PA", "LL"], "胸部正侧位", "", OutcomeKind::NotApplicable);
        one("DX", &["PA", ""], "胸部正侧位", "", OutcomeKind::NotApplicable);
    }

    #[test]
    fn each_breast_needs_both_projections() {
        let breast = |films: &[&str], kind| one("MG", films, "乳腺", "CC;MLO", kind);
        breast(&["CC L", "MLO L", "CC R", "MLO R"], OutcomeKind::Pass);
        breast(&["CC L", "MLO L"], OutcomeKind::Pass);
        let o = breast(&["CC L", "MLO L", "CC R"], OutcomeKind::Fail);
        assert_eq!(evidence(&o, "missing_views"), &serde_json::json!(["R MLO"]));
        breast(&["CC L", "MLO"], OutcomeKind::CouldNotRun);
    }
}
