//! MRK007: a frontal film that was flipped, as letter, place and anatomy agree.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::per_film::Said;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::infer::{chest_view, side_marker};
use crate::items::exam::Side;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::reading::{Marker, shown as told};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::film::{Film, Half, is_mirrored, judge};

declare_check! {
    /// A frontal film that shows the patient as in a mirror.
    ///
    /// ## What it does
    /// Brings three witnesses together: the letter reads mirrored; it stands in the half of the other side;
    /// heart and aorta lie as in a mirror. Two that agree accuse.
    ///
    /// ## Why it matters
    /// A flipped chest puts the finding on the wrong side and passes for a dextrocardia.
    ///
    /// ## How it is measured
    /// Letter and place as MRK002 and MRK006 read them. The anatomy is the score `flipped` of the model
    /// `chest_view`, asked only of films that are a frontal chest with a score of at least `chest_min`.
    ///
    /// ## Known limits
    /// A marker laid face down and on the wrong side is told here too. A dextrocardia with a marker in the
    /// wrong half is; one with rightly placed markers is not. Limbs are not judged: nothing in a hand says
    /// from which side it is seen. Of 1,226 chests of hospitals that the models never saw 2 were
    /// accused wrongly, and 64 % of their mirror images were told (`docs/accuracy/xray.md`): a person decides.
    ///
    /// ## Parameters
    /// `confidence_min`: confidence from which a marker is a witness. `midline_share`: share of the width
    /// beside the middle in which a place says nothing. `chest_min`: score from which a film is a chest.
    /// `flipped_min`: score from which the anatomy is a witness.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.6.1.1.1 (Patient Orientation); PS3.16 CID 7011 (111183).
    code: "MRK007",
    name: "image-flipped",
    title: ("图像左右翻转", "the image is flipped"),
    advice: (
        "与原始图像核对，恢复正确的左右方向后重新发送",
        "compare with the original, restore left and right, and send again"
    ),
    status: Stable,
    depth: Models,
    inputs: [
        Input::Model(side_marker::MODEL),
        Input::Model(chest_view::MODEL),
        Input::Projections,
        Input::Parts,
        Input::Header(tags::ROWS),
        Input::Header(tags::COLUMNS),
        Input::Header(tags::PATIENT_ORIENTATION),
    ],
    params: [
        ("confidence_min", Number, "1", "confidence from which a marker is a witness"),
        ("midline_share", Number, "1", "share of the width beside the middle that says nothing"),
        ("chest_min", Number, "1", "score from which a film is a frontal chest"),
        ("flipped_min", Number, "1", "score from which the anatomy is a witness"),
    ],
    dicom_code: Some(("DCM:111183", "View and Laterality Marker is incorrect")),
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let pass = Text::new("没有翻转的迹象", "nothing says that a film is flipped");
    let nothing =
        Text::new("没有带标识的正位图像", "there is no frontal film of both sides with a marker");
    judge(view, &pass, &nothing, |film| of_film(film, params))
}

fn of_film(film: &Film<'_>, params: &Params) -> Said {
    if !film.is_frontal() {
        return Ok(None);
    }
    let least = params.number("confidence_min");
    film.unsure(least)?;
    let letters: Vec<(Side, &Marker)> = film.sided(least).collect();
    if letters.is_empty() {
        return Ok(None);
    }
    let score = |name| film.instance.score(chest_view::MODEL, name);
    let anatomy = [score(chest_view::CHEST)?, score(chest_view::FLIPPED)?];
    let chest = f64::from(anatomy[0]) >= params.number("chest_min");
    let turned = chest && f64::from(anatomy[1]) >= params.number("flipped_min");
    // Anatomy that lies as it should silences letter and place: then the marker is wrong.
    let upright = chest && f64::from(anatomy[1]) <= 1.0 - params.number("flipped_min");
    let margin = params.number("midline_share");
    let accused = letters.iter().find(|(letter, marker)| {
        let misplaced = film.half(*letter, marker, margin) == Half::Other;
        let witnesses = [is_mirrored(marker), misplaced, turned];
        !upright && witnesses.iter().filter(|w| **w).count() >= 2
    });
    let Some((letter, marker)) = accused else { return Ok(Some(Vec::new())) };
    let misplaced = film.half(*letter, marker, margin) == Half::Other;
    let flipped = told(anatomy[1]);
    let why = Text::new(
        format!(
            "字母{}，位置{}，解剖结构翻转评分{flipped}",
            if is_mirrored(marker) { "为镜像" } else { "正常" },
            if misplaced { "在另一侧" } else { "正常" },
        ),
        format!(
            "letter {}, place {}, score of flipped anatomy {flipped}",
            if is_mirrored(marker) { "mirrored" } else { "upright" },
            if misplaced { "in the other half" } else { "right" },
        ),
    );
    let outcome = Outcome::fail(film.subject(marker), why)
        .with(Evidence::new("marker_class", marker.class.word()))
        .with(Evidence::new("marker_in_other_half", misplaced))
        .with(Evidence::new("flipped_score", flipped).limit(params.number("flipped_min")).unit("1"))
        .with(Evidence::new("chest_score", told(anatomy[0])).unit("1"));
    Ok(Some(vec![outcome]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{film, mark, one_at_models, view_scores};
    use crate::model::outcome::OutcomeKind::{Fail, Pass};
    use crate::model::reading::MarkerClass;

    const LEFT: [u32; 4] = [60, 80, 140, 180];
    const RIGHT: [u32; 4] = [2300, 80, 2380, 180];

    #[test]
    fn hit_and_miss_by_two_of_three_witnesses() {
        let turned = [0.99, 0.5, 0.01, 0.99];
        let upright = [0.99, 0.5, 0.01, 0.01];
        let unsure = [0.99, 0.5, 0.01, 0.5];
        let no_chest = [0.1, 0.5, 0.01, 0.99];
        for (class, place, scores, kind) in [
            // An ordinary PA chest, and the same flipped.
            (MarkerClass::MirroredL, RIGHT, upright, Pass),
            (MarkerClass::L, LEFT, turned, Fail),
            // An ordinary AP chest, and the same flipped.
            (MarkerClass::L, RIGHT, upright, Pass),
            (MarkerClass::MirroredL, LEFT, turned, Fail),
            (MarkerClass::MirroredL, LEFT, unsure, Fail),
            // A dextrocardia with its marker where it belongs.
            (MarkerClass::L, RIGHT, turned, Pass),
            // The marker is wrong, not the film: MRK002.
            (MarkerClass::MirroredL, LEFT, upright, Pass),
            // A pelvis has no heart to ask.
            (MarkerClass::L, LEFT, no_chest, Pass),
            (MarkerClass::MirroredL, LEFT, no_chest, Fail),
        ] {
            let mut study = film("CHEST", "AP", None);
            mark(&mut study, class, place);
            view_scores(&mut study, scores);
            one_at_models(&CHECK, &study, &[], kind);
        }
    }
}
