//! MRK001: a radiograph without a side marker where the policy asks for one.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::infer::side_marker::MODEL;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::reading::shown as told;
use crate::model::text::Text;
use crate::policy::params::Params;

use super::film::{Film, judge, side};

declare_check! {
    /// A radiograph without a side marker where the policy asks for one.
    ///
    /// ## What it does
    /// Looks for a letter (L, R, LT, RT, 左, 右), of lead or written by the workstation, on every
    /// radiograph and mammogram.
    ///
    /// ## Why it matters
    /// The header can be edited after the exposure and is not seen by every viewer; a marker in the beam
    /// is the one statement of side that was made at the patient.
    ///
    /// ## How it is measured
    /// By the model `side_marker`. A marker counts from its operating point on. Where there is none, but
    /// a place is likelier than `doubt_max` to be one of any kind, or where a marker's side cannot be read,
    /// nobody can tell, and the check could not run.
    ///
    /// ## Known limits
    /// Of 1,193 films with a marker, of hospitals that the model never saw, 2 fail and of 24 nobody can
    /// tell; of 144 without one 59 fail, 5 pass, and of 80 nobody can tell (`docs/accuracy/xray.md`).
    /// See the model's card: letters below 0.5 % of the width, and scripts it never saw. A letter drawn by
    /// the viewer from the header (an overlay, a presentation state) is not in the pixels and is not seen.
    ///
    /// ## Parameters
    /// `asked`: whether a marker is asked for at all. `doubt_max`: probability up to which a place that
    /// might be a marker counts as none.
    ///
    /// ## References
    /// DB50/T draft (川渝) 7.3.1.1; DICOM PS3.16 CID 7011 (111177 View and Laterality Marker is missing).
    code: "MRK001",
    name: "marker-missing",
    title: ("图像缺少左右标识", "a side marker is missing"),
    advice: (
        "核对患者侧别后补加左右标识；摄片时应放置铅标识",
        "confirm the side and add the marker; place a lead marker at exposure"
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
        ("asked", Flag, "", "whether a marker is asked for at all"),
        ("doubt_max", Number, "1", "probability up to which a place that might be a marker is none"),
    ],
    dicom_code: Some(("DCM:111177", "View and Laterality Marker is missing")),
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let asked = params.flag("asked");
    let pass = Text::new("每幅图像都有左右标识", "every film has a side marker");
    let nothing = if asked {
        Text::new("没有X线图像", "there is no radiograph")
    } else {
        Text::new("所用策略未要求左右标识", "the policy asks for no side marker")
    };
    judge(view, &pass, &nothing, |film| Ok(asked.then(|| film_outcomes(film, params))))
}

fn film_outcomes(film: &Film<'_>, params: &Params) -> Vec<Outcome> {
    let limit = params.number("doubt_max");
    if film.markers.iter().any(|m| side(m.class).is_some()) {
        return Vec::new();
    }
    let doubt = told(film.doubt);
    let subject = film.instance.subject();
    let unread = film.markers.len();
    let outcome = if unread > 0 {
        let why = Text::new(
            format!("有{unread}个标识，但读不出左右"),
            format!("{unread} markers, and none whose side can be read"),
        );
        Outcome::could_not_run(subject, why)
    } else if doubt > limit {
        let why = Text::new(
            format!("有一处可能是标识（概率{doubt}，高于{limit}），不能断定缺失"),
            format!("one place may be a marker (probability {doubt}, above {limit})"),
        );
        Outcome::could_not_run(subject, why)
    } else {
        let why = Text::new("图像上没有左右标识", "no side marker on the film");
        Outcome::fail(subject, why)
    };
    let best = Evidence::new("best_candidate", doubt).limit(limit).unit("1");
    vec![outcome.with(Evidence::new("markers_found", unread).unit("markers")).with(best)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{film, mark, one_at_models};
    use crate::model::outcome::OutcomeKind;
    use crate::model::reading::MarkerClass;
    use crate::policy::params::ParamValue;

    fn asked() -> Vec<(&'static str, ParamValue)> {
        vec![("asked", ParamValue::Flag(true))]
    }

    #[test]
    fn hit_a_film_without_and_miss_one_with() {
        let mut study = film("CHEST", "PA", None);
        one_at_models(&CHECK, &study, &asked(), OutcomeKind::Fail);
        mark(&mut study, MarkerClass::MirroredL, [2900, 80, 2960, 160]);
        one_at_models(&CHECK, &study, &asked(), OutcomeKind::Pass);
    }

    #[test]
    fn a_marker_without_a_side_and_a_doubtful_one_could_not_run() {
        let mut study = film("CHEST", "PA", None);
        mark(&mut study, MarkerClass::Other, [20, 80, 60, 160]);
        one_at_models(&CHECK, &study, &asked(), OutcomeKind::CouldNotRun);
        let mut study = film("CHEST", "PA", None);
        crate::checks::testing::doubt(&mut study, 0.99);
        one_at_models(&CHECK, &study, &asked(), OutcomeKind::CouldNotRun);
    }

    #[test]
    fn miss_where_no_policy_asks() {
        one_at_models(&CHECK, &film("CHEST", "PA", None), &[], OutcomeKind::NotApplicable);
    }
}
