//! MRK006: a side marker that reads as in a mirror.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::infer::side_marker::MODEL;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::film::{Film, evidence, is_mirrored, judge};

declare_check! {
    /// A side marker that reads as in a mirror.
    ///
    /// ## What it does
    /// Tells mirrored letters on films whose projection does not explain them.
    ///
    /// ## Why it matters
    /// By itself it is a fact, no fault: on a PA chest the marker lies face down on the detector and the
    /// film is turned for reading. On other films it is the first sign that the image was flipped (MRK007).
    ///
    /// ## How it is measured
    /// The class that the model `side_marker` gives, from `confidence_min` on. A film all of whose
    /// projections are in `views_explained` passes.
    ///
    /// ## Known limits
    /// A bare L that is also turned by a quarter has no certain handedness.
    ///
    /// ## Parameters
    /// `confidence_min`: confidence from which a marker is told. `views_explained`: projections in which a
    /// mirrored letter is ordinary.
    ///
    /// ## References
    /// Observed in 287 of 344 decidable L markers of PA chests, and in 4 of 454 of AP chests, of NIH
    /// ChestX-ray14 (`docs/accuracy/xray.md`).
    code: "MRK006",
    name: "marker-mirrored",
    title: ("左右标识为镜像", "a side marker is mirrored"),
    advice: (
        "确认图像未被翻转；铅标识应正面朝向球管",
        "make sure the image was not flipped; the marker should face the tube"
    ),
    status: Stable,
    depth: Models,
    inputs: [
        Input::Model(MODEL),
        Input::Projections,
        Input::Parts,
        Input::Header(tags::ROWS),
        Input::Header(tags::COLUMNS),
    ],
    params: [
        ("confidence_min", Number, "1", "confidence from which a marker is told"),
        ("views_explained", Texts, "", "projections in which a mirrored letter is ordinary"),
    ],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let pass = Text::new("没有需说明的镜像标识", "no mirrored marker that needs a word");
    let nothing = Text::new("没有左右标识", "there is no side marker");
    judge(view, &pass, &nothing, |film| Ok(of_film(film, params)))
}

fn of_film(film: &Film<'_>, params: &Params) -> Option<Vec<Outcome>> {
    let least = params.number("confidence_min");
    let letters: Vec<_> = film.sided(least).map(|s| s.1).collect();
    if letters.is_empty() {
        return None;
    }
    let explained = params.texts("views_explained");
    let views = film.shown.map(|s| s.views.as_slice()).unwrap_or_default();
    if !views.is_empty() && views.iter().all(|v| explained.contains(&v.projection)) {
        return Some(Vec::new());
    }
    let told = |marker: &&crate::model::reading::Marker| {
        let projections: Vec<String> = views.iter().map(ToString::to_string).collect();
        let why = Text::new("标识为镜像字母", "the letter reads as in a mirror");
        let outcome = Outcome::fail(film.subject(marker), why)
            .with(Evidence::new("views_found", projections));
        evidence(marker).into_iter().fold(outcome, Outcome::with)
    };
    Some(letters.iter().filter(|m| is_mirrored(m)).map(told).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{film, mark, one_at_models};
    use crate::model::outcome::OutcomeKind::{Fail, Pass};
    use crate::model::reading::MarkerClass;

    #[test]
    fn hit_on_an_ap_film_and_miss_on_a_pa_film_or_an_upright_letter() {
        for (view, class, kind) in [
            ("AP", MarkerClass::MirroredL, Fail),
            ("PA", MarkerClass::MirroredL, Pass),
            ("AP", MarkerClass::L, Pass),
        ] {
            let mut study = film("CHEST", view, None);
            mark(&mut study, class, [2300, 80, 2380, 180]);
            one_at_models(&CHECK, &study, &[], kind);
        }
    }
}
