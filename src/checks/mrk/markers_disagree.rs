//! MRK003: two markers of one film that cannot both be right.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::infer::side_marker::MODEL;
use crate::items::exam::Side;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::reading::Marker;
use crate::model::text::Text;
use crate::policy::params::Params;

use super::film::{Film, Half, evidence, judge};

declare_check! {
    /// Two side markers of one film that cannot both be right.
    ///
    /// ## What it does
    /// Finds an L and an R on the film of one limb or breast, and on a frontal film of both sides an L and
    /// an R in the same half.
    ///
    /// ## Why it matters
    /// A marker of lead and one written afterwards that disagree leave the reader to guess.
    ///
    /// ## How it is measured
    /// Markers of the model `side_marker` from `confidence_min` on, mirrored letters by what they say. A
    /// film of which nothing tells one side or a frontal projection is not judged: both knees on one film
    /// carry both letters rightly.
    ///
    /// ## Known limits
    /// A ruler that is printed with both letters fails here.
    ///
    /// ## Parameters
    /// `confidence_min`: confidence from which a marker may accuse. `midline_share`: share of the width on
    /// either side of the middle that says nothing.
    ///
    /// ## References
    /// DICOM PS3.16 CID 7011 (111183 View and Laterality Marker is incorrect).
    code: "MRK003",
    name: "markers-disagree",
    title: ("同一图像上的左右标识互相矛盾", "side markers of one film disagree"),
    advice: (
        "核对侧别，去掉错误的标识后重新发送",
        "confirm the side, remove the wrong marker and send the film again"
    ),
    status: Stable,
    depth: Models,
    inputs: [
        Input::Model(MODEL),
        Input::Projections,
        Input::Parts,
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
    let pass = Text::new("标识互不矛盾", "no two markers disagree");
    let nothing = Text::new("没有带多个标识的图像", "no film has markers that could disagree");
    judge(view, &pass, &nothing, |film| Ok(of_film(film, params)))
}

fn of_film(film: &Film<'_>, params: &Params) -> Option<Vec<Outcome>> {
    let (least, margin) = (params.number("confidence_min"), params.number("midline_share"));
    let letters: Vec<(Side, &Marker)> = film.sided(least).collect();
    let one_side = film.paired && film.side().is_some();
    if letters.len() < 2 || !(one_side || film.is_frontal()) {
        return None;
    }
    let disagree = |a: &(Side, &Marker), b: &(Side, &Marker)| {
        let halves = [film.half(a.0, a.1, margin), film.half(b.0, b.1, margin)];
        let apart = halves[0] == halves[1] || halves.contains(&Half::Unsure);
        a.0 != b.0 && (one_side || !apart)
    };
    let pair = letters
        .iter()
        .enumerate()
        .find_map(|(at, a)| letters.iter().skip(at + 1).find(|b| disagree(a, b)).map(|b| (a, b)));
    let Some((a, b)) = pair else { return Some(Vec::new()) };
    let why = Text::new(
        format!("同时有标识{}与{}", a.1.class.word(), b.1.class.word()),
        format!("markers {} and {} on one film", a.1.class.word(), b.1.class.word()),
    );
    let outcome = Outcome::fail(film.subject(b.1), why)
        .with(Evidence::new("other_marker", a.1.class.word()))
        .with(Evidence::new("other_marker_box", a.1.bounds.to_vec()).unit("px"));
    Some(vec![evidence(b.1).into_iter().fold(outcome, Outcome::with)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{film, mark, one_at_models};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use crate::model::reading::MarkerClass;

    const LEFT: [u32; 4] = [60, 80, 140, 180];
    const LOWER_LEFT: [u32; 4] = [60, 2800, 140, 2900];
    const RIGHT: [u32; 4] = [2300, 80, 2380, 180];

    #[test]
    fn hit_both_letters_on_one_hand_and_miss_two_of_the_same() {
        let mut study = film("HAND", "PA", Some("L"));
        mark(&mut study, MarkerClass::L, LEFT);
        one_at_models(&CHECK, &study, &[], NotApplicable);
        mark(&mut study, MarkerClass::MirroredL, RIGHT);
        one_at_models(&CHECK, &study, &[], Pass);
        mark(&mut study, MarkerClass::R, LOWER_LEFT);
        one_at_models(&CHECK, &study, &[], Fail);
    }

    #[test]
    fn hit_both_letters_in_one_half_of_a_chest_and_miss_each_in_its_own() {
        let mut study = film("CHEST", "AP", None);
        mark(&mut study, MarkerClass::R, LEFT);
        mark(&mut study, MarkerClass::L, RIGHT);
        one_at_models(&CHECK, &study, &[], Pass);
        mark(&mut study, MarkerClass::L, LOWER_LEFT);
        one_at_models(&CHECK, &study, &[], Fail);
    }
}
