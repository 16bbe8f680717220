//! MRK004: a side marker that covers the patient.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::per_film::Said;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::infer::side_marker::MODEL;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::reading::shown as told;
use crate::model::text::Text;
use crate::policy::params::Params;

use super::film::{Film, judge};

declare_check! {
    /// A side marker that lies over the patient.
    ///
    /// ## What it does
    /// Tells markers that are surrounded by tissue instead of air or the edge of the field.
    ///
    /// ## Why it matters
    /// What lies behind the letter cannot be seen.
    ///
    /// ## How it is measured
    /// In a ring about the marker, from half to one and a fifth of its longer side away, the share of
    /// pixels that are brighter than 15 % of the film's range (its 0.5 % to 99.5 % values).
    ///
    /// ## Known limits
    /// Preview: against 1,185 markers that one reader described, this share tells those he noted as over
    /// anatomy with an AUC of 0.82. Scattered light, bright plates and soft tissue beside the field count as
    /// tissue, dark lungs as air.
    ///
    /// ## Parameters
    /// `tissue_share_max`: share of the ring up to which the marker stands free.
    ///
    /// ## References
    /// DB50/T draft (川渝) 7.3.1.3 (标识完整、准确，不遮挡图像).
    code: "MRK004",
    name: "marker-over-anatomy",
    title: ("左右标识遮挡人体", "a side marker lies over the patient"),
    advice: (
        "将标识放在照射野边缘、人体之外",
        "place the marker at the edge of the field, beside the patient"
    ),
    status: Preview,
    depth: Models,
    inputs: [
        Input::Model(MODEL),
        Input::Projections,
        Input::Parts,
        Input::Header(tags::ROWS),
        Input::Header(tags::COLUMNS),
    ],
    params: [
        ("tissue_share_max", Number, "1", "share of the ring up to which the marker stands free"),
    ],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let pass = Text::new("标识未遮挡人体", "no marker lies over the patient");
    let nothing = Text::new("没有左右标识", "there is no side marker");
    judge(view, &pass, &nothing, |film| of_film(film, params.number("tissue_share_max")))
}

fn of_film(film: &Film<'_>, limit: f64) -> Said {
    if film.markers.is_empty() {
        return Ok(None);
    }
    let over =
        film.markers.iter().zip(film.tissue()?).filter(|(_, share)| f64::from(*share) > limit);
    let outcome = |(marker, share): (&&crate::model::reading::Marker, f32)| {
        let share = told(share);
        let why = Text::new(
            format!("标识周围{share}为人体组织，限值{limit}"),
            format!("{share} of the marker's surroundings is tissue, limit {limit}"),
        );
        Outcome::fail(film.subject(marker), why)
            .with(Evidence::new("tissue_share", share).limit(limit).unit("1"))
    };
    Ok(Some(over.map(outcome).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{film, mark, mark_in_tissue, one_at_models};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};
    use crate::model::reading::MarkerClass;

    #[test]
    fn a_marker_whose_surroundings_were_not_measured_could_not_run() {
        let mut study = film("CHEST", "PA", None);
        mark(&mut study, MarkerClass::L, [60, 80, 140, 180]);
        one_at_models(&CHECK, &study, &[], CouldNotRun);
    }

    #[test]
    fn hit_and_miss_around_the_share() {
        one_at_models(&CHECK, &film("CHEST", "PA", None), &[], NotApplicable);
        for (share, kind) in [(0.95, Fail), (0.90, Pass), (0.2, Pass)] {
            let mut study = film("CHEST", "PA", None);
            mark_in_tissue(&mut study, share);
            one_at_models(&CHECK, &study, &[], kind);
        }
    }
}
