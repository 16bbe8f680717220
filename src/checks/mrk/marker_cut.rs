//! MRK005: a side marker that the border of the film cuts.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::per_film::Said;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::infer::side_marker::MODEL;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::film::{Film, evidence, judge};

declare_check! {
    /// A side marker that the border of the film cuts.
    ///
    /// ## What it does
    /// Tells markers whose box reaches the border of the image.
    ///
    /// ## Why it matters
    /// Half a letter can be taken for another, and the next crop removes it.
    ///
    /// ## How it is measured
    /// The distance between the box that the model `side_marker` gives and the nearest border, as a share of
    /// the box's longer side, is below `gap_min`.
    ///
    /// ## Known limits
    /// Preview: of 27 markers that one reader noted as cut by the border it tells 19, of 1,156 others 74, most
    /// of which touch the border and are whole. A marker cut by the collimator inside the film is not told. A
    /// letter of which less than half is left may not be found at all.
    ///
    /// ## Parameters
    /// `gap_min`: least distance from the border, as a share of the marker's longer side.
    ///
    /// ## References
    /// DB50/T draft (川渝) 7.3.1.3 (标识完整).
    code: "MRK005",
    name: "marker-cut",
    title: ("左右标识被图像边缘截断", "a side marker is cut by the border"),
    advice: (
        "重新裁剪图像或补加完整的标识",
        "crop the image again, or add a whole marker"
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
        ("gap_min", Number, "1", "least distance from the border, share of the marker's longer side"),
    ],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let pass = Text::new("标识完整", "every marker is whole");
    let nothing = Text::new("没有左右标识", "there is no side marker");
    judge(view, &pass, &nothing, |film| of_film(film, params.number("gap_min")))
}

fn of_film(film: &Film<'_>, limit: f64) -> Said {
    if film.markers.is_empty() {
        return Ok(None);
    }
    let [columns, rows] = film.size()?;
    let mut outcomes = Vec::new();
    for marker in &film.markers {
        let [x0, y0, x1, y1] = marker.bounds;
        let gap = x0.min(y0).min(columns.saturating_sub(x1)).min(rows.saturating_sub(y1));
        let side = x1.saturating_sub(x0).max(y1.saturating_sub(y0)).max(1);
        let share = f64::from(gap) / f64::from(side);
        if share >= limit {
            continue;
        }
        let why = Text::new(
            format!("标识距图像边缘{gap}像素"),
            format!("the marker ends {gap} px from the border"),
        );
        let outcome = Outcome::fail(film.subject(marker), why)
            .with(Evidence::new("gap_share", (share * 1e4).round() / 1e4).limit(limit).unit("1"));
        outcomes.push(evidence(marker).into_iter().fold(outcome, Outcome::with));
    }
    Ok(Some(outcomes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{film, mark, one_at_models};
    use crate::model::outcome::OutcomeKind::{Fail, Pass};
    use crate::model::reading::MarkerClass;

    #[test]
    fn hit_at_each_border_and_miss_beside_it() {
        for (bounds, kind) in [
            ([0, 200, 60, 300], Fail),
            ([200, 0, 260, 100], Fail),
            ([2440, 200, 2500, 300], Fail),
            ([200, 2900, 260, 3000], Fail),
            ([12, 200, 72, 300], Pass),
        ] {
            let mut study = film("CHEST", "PA", None);
            mark(&mut study, MarkerClass::R, bounds);
            one_at_models(&CHECK, &study, &[], kind);
        }
    }
}
