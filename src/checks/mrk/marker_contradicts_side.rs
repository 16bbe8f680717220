//! MRK002: the marker on the film says another side than the header, the item, or its own place.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::prepared::Items;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::infer::side_marker::MODEL;
use crate::items::exam::Side;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::catalogue::Side as ItemSide;
use crate::policy::params::Params;

use super::film::{Film, Half, evidence, is_mirrored, judge, named};

declare_check! {
    /// The marker on the film says another side than header, item, or its own place.
    ///
    /// ## What it does
    /// On a film of a paired part (a hand, a knee, a breast) it holds the letter against Image Laterality,
    /// Laterality, the words of the series, and the side of the catalogue item. On a frontal film of what
    /// has both sides (a chest, a pelvis) it looks whether the letter stands in the half that it names.
    ///
    /// ## Why it matters
    /// The wrong side is read, reported, and in the worst case operated on.
    ///
    /// ## How it is measured
    /// Markers of the model `side_marker` from `confidence_min` on. On a paired part the side of the header
    /// and that of the item each need one letter that says it; other letters beside it are MRK003. Films hang with the patient's right on the viewer's left; a
    /// Patient Orientation that says otherwise is believed. The middle of the film (`midline_share` of the
    /// width to each side) says nothing. A mirrored letter in the wrong half is MRK007.
    ///
    /// ## Known limits
    /// Which of the two is wrong, marker or header, only a person who knows the patient can say. Lateral
    /// films of the trunk and films of which nothing tells the projection are not judged. A marker that the
    /// model is less sure of accuses nobody, and the film could not be judged: of hospitals that it never
    /// saw it told a side on 75 % of films (`docs/accuracy/xray.md`).
    ///
    /// ## Parameters
    /// `confidence_min`: confidence from which a marker may accuse. `midline_share`: share of the width on
    /// either side of the middle that says nothing.
    ///
    /// ## References
    /// DB50/T draft (川渝) 7.3.1.1; DICOM PS3.3 C.7.6.1.1.1 (Patient Orientation), C.8.11.2; PS3.16 CID 7011
    /// (111183 View and Laterality Marker is incorrect).
    code: "MRK002",
    name: "marker-contradicts-side",
    title: ("图像上的左右标识与侧别不符", "the side marker contradicts the side"),
    advice: (
        "立即与患者、申请单核对侧别，更正错误的一方后重新发送",
        "confirm the side with patient and order at once, correct whichever is wrong, and send again"
    ),
    status: Stable,
    depth: Models,
    inputs: [
        Input::Model(MODEL),
        Input::Projections,
        Input::Parts,
        Input::Items,
        Input::Header(tags::ROWS),
        Input::Header(tags::COLUMNS),
        Input::Header(tags::PATIENT_ORIENTATION),
    ],
    params: [
        ("confidence_min", Number, "1", "confidence from which a marker may accuse"),
        ("midline_share", Number, "1", "share of the width beside the middle that says nothing"),
    ],
    dicom_code: Some(("DCM:111183", "View and Laterality Marker is incorrect")),
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let pass = Text::new("标识与侧别一致", "markers agree with the sides");
    let nothing = Text::new(
        "没有可比较的标识与侧别",
        "there is no marker beside a statement of side to compare it with",
    );
    let items = sides_of_items(view);
    judge(view, &pass, &nothing, |film| {
        let least = params.number("confidence_min");
        if film.paired {
            let said = [film.side(), item_side(&items, film.instance.sop_uid())];
            if said.iter().any(Option::is_some) {
                film.unsure(least)?;
            }
            return Ok(paired(film, said, least));
        }
        if !film.is_frontal() {
            return Ok(None);
        }
        film.unsure(least)?;
        Ok(frontal(film, least, params))
    })
}

/// Sides of the matched items, with the images of each; none where it is for the whole study.
fn sides_of_items(view: &StudyView<'_>) -> Vec<(Side, Vec<String>)> {
    let Items::Matched(rows) = view.items() else { return Vec::new() };
    let side = |s: ItemSide| match s {
        ItemSide::L => Some(Side::L),
        ItemSide::R => Some(Side::R),
        _ => None,
    };
    rows.iter().filter_map(|w| Some((side(w.item.laterality)?, w.sop_uids.clone()))).collect()
}

/// The side that all items of an image agree on.
fn item_side(items: &[(Side, Vec<String>)], sop: &str) -> Option<Side> {
    let own = |i: &&(Side, Vec<String>)| i.1.is_empty() || i.1.iter().any(|u| u == sop);
    let mut sides = items.iter().filter(own).map(|i| i.0);
    let first = sides.next()?;
    sides.all(|s| s == first).then_some(first)
}

/// `said` are the sides of the header and of the item.
fn paired(film: &Film<'_>, said: [Option<Side>; 2], least: f64) -> Option<Vec<Outcome>> {
    let letters: Vec<_> = film.sided(least).collect();
    let mut said = said.into_iter().flatten().peekable();
    if letters.is_empty() || said.peek().is_none() {
        return None;
    }
    let unmarked = said.find(|side| !letters.iter().any(|(letter, _)| letter == side));
    let Some(side) = unmarked else { return Some(Vec::new()) };
    let (letter, marker) = letters.first()?;
    let (said, header) = (named(*letter), named(side));
    let why = Text::new(
        format!("标识为{}，检查侧别为{}", said.zh, header.zh),
        format!("the marker says {}, the study says {}", said.en, header.en),
    );
    let outcome = Outcome::fail(film.subject(marker), why)
        .with(Evidence::new("marker_side", letter.to_string()).limit(side.to_string()));
    Some(vec![evidence(marker).into_iter().fold(outcome, Outcome::with)])
}

fn frontal(film: &Film<'_>, least: f64, params: &Params) -> Option<Vec<Outcome>> {
    let margin = params.number("midline_share");
    let mut judged = false;
    let mut outcomes = Vec::new();
    for (letter, marker) in film.sided(least) {
        let half = film.half(letter, marker, margin);
        judged |= half != Half::Unsure;
        if half != Half::Other || is_mirrored(marker) {
            continue;
        }
        let said = named(letter);
        let why = Text::new(
            format!("标识{}位于图像的另一侧", said.zh),
            format!("the marker {} stands in the other half of the film", said.en),
        );
        let outcome = Outcome::fail(film.subject(marker), why)
            .with(Evidence::new("marker_side", letter.to_string()));
        outcomes.push(evidence(marker).into_iter().fold(outcome, Outcome::with));
    }
    judged.then_some(outcomes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::prepared::Wanted;
    use crate::checks::ser::cases::item;
    use crate::checks::testing::{film, mark, one_at_models, one_of_items};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};
    use crate::model::reading::MarkerClass;
    use crate::policy::params::ParamValue;

    const UPPER_LEFT: [u32; 4] = [60, 80, 140, 180];
    const UPPER_RIGHT: [u32; 4] = [2300, 80, 2380, 180];

    #[test]
    fn hit_and_miss_on_a_hand() {
        let mut study = film("HAND", "PA", Some("L"));
        mark(&mut study, MarkerClass::R, UPPER_LEFT);
        let o = one_at_models(&CHECK, &study, &[], Fail);
        assert_eq!(o.subject.bbox, Some(UPPER_LEFT));
        // One letter that agrees silences the other: a ruler with both.
        mark(&mut study, MarkerClass::MirroredL, UPPER_RIGHT);
        one_at_models(&CHECK, &study, &[], Pass);
    }

    #[test]
    fn miss_a_letter_that_is_not_sure_enough_to_accuse_which_could_not_run() {
        let surer = [("confidence_min", ParamValue::Number(0.995))];
        for (part, header, kind) in [
            ("HAND", Some("L"), CouldNotRun),
            ("HAND", None, NotApplicable),
            ("CHEST", None, CouldNotRun),
        ] {
            let mut study = film(part, "PA", header);
            mark(&mut study, MarkerClass::R, UPPER_LEFT);
            one_at_models(&CHECK, &study, &surer, kind);
        }
        one_at_models(&CHECK, &film("CHEST", "PA", None), &surer, NotApplicable);
    }

    #[test]
    fn hit_an_item_of_the_other_side_where_the_header_agrees_or_is_silent() {
        for (header, item_side, kind) in [
            (Some("L"), ItemSide::R, Fail),
            (None, ItemSide::R, Fail),
            (Some("L"), ItemSide::L, Pass),
            (None, ItemSide::Unsided, NotApplicable),
        ] {
            let mut study = film("HAND", "PA", header);
            mark(&mut study, MarkerClass::L, UPPER_LEFT);
            let mut item = item("DX");
            item.laterality = item_side;
            let wanted = Wanted { item: &item, sop_uids: Vec::new(), regions: Vec::new() };
            one_of_items(&CHECK, &study, &[], Items::Matched(vec![wanted]), kind);
        }
    }

    #[test]
    fn hit_and_miss_by_place_on_a_chest() {
        for (class, place, kind) in [
            (MarkerClass::L, UPPER_RIGHT, Pass),
            (MarkerClass::MirroredL, UPPER_RIGHT, Pass),
            (MarkerClass::R, UPPER_LEFT, Pass),
            (MarkerClass::L, UPPER_LEFT, Fail),
            (MarkerClass::R, UPPER_RIGHT, Fail),
            (MarkerClass::L, [1200, 80, 1260, 180], NotApplicable),
        ] {
            let mut study = film("CHEST", "AP", None);
            mark(&mut study, class, place);
            one_at_models(&CHECK, &study, &[], kind);
        }
    }

    #[test]
    fn miss_a_chest_hung_from_behind_and_a_lateral() {
        let mut study = film("CHEST", "PA", None);
        study.series[0].instances[0].attributes.set_text(tags::PATIENT_ORIENTATION, "R\\F");
        mark(&mut study, MarkerClass::L, UPPER_LEFT);
        one_at_models(&CHECK, &study, &[], Pass);
        let mut study = film("CHEST", "LL", None);
        mark(&mut study, MarkerClass::L, UPPER_LEFT);
        one_at_models(&CHECK, &study, &[], NotApplicable);
    }
}
