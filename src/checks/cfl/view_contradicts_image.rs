//! CFL003: a chest whose View Position says PA where the image looks AP, or the other way round.

use crate::checks::contract::Input;
use crate::checks::per_film::{Said, judge};
use crate::checks::view::{InstanceView, SeriesView, StudyView};
use crate::declare_check;
use crate::infer::chest_view::{CHEST, MODEL, PA};
use crate::model::outcome::{Evidence, Outcome};
use crate::model::reading::shown as told;
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// A chest whose header says PA where the image looks AP, or the other way round.
    ///
    /// ## What it does
    /// Holds View Position, its code, or the words of the series against what a frontal chest shows.
    ///
    /// ## Why it matters
    /// An AP film magnifies the heart; read as PA it shows a heart failure that is none. The PA film is the
    /// recognised item.
    ///
    /// ## How it is measured
    /// On films that the model `chest_view` holds for a frontal chest (score `chest` of at least `chest_min`)
    /// and whose header names one direction. The score `pa` has to be at least `sure_min` for PA, or at most
    /// 1 - `sure_min` for AP, to contradict; in between it says nothing.
    ///
    /// ## Known limits
    /// Learnt from two hospitals (see the card); advice, never a reason to withhold a label.
    ///
    /// ## Parameters
    /// `chest_min`: score from which a film is a frontal chest. `sure_min`: score from which the direction
    /// is sure.
    ///
    /// ## References
    /// DICOM PS3.3 C.8.11.5 (View Position); PS3.16 CID 7011.
    code: "CFL003",
    name: "view-contradicts-image",
    title: ("投照方向与图像不符", "the projection contradicts the image"),
    advice: (
        "核对胸片的投照方向（后前位/前后位）并更正",
        "check whether the chest was taken PA or AP and correct the header"
    ),
    status: Stable,
    depth: Models,
    inputs: [Input::Model(MODEL), Input::Projections],
    params: [
        ("chest_min", Number, "1", "score from which a film is a frontal chest"),
        ("sure_min", Number, "1", "score from which the direction is sure"),
    ],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let pass = Text::new("投照方向与图像一致", "projections agree with the images");
    let nothing = Text::new(
        "没有注明投照方向的胸部正位片",
        "there is no frontal chest whose header names PA or AP",
    );
    judge(view, &pass, &nothing, |series, instance| of_instance(series, &instance, params))
}

/// Nothing where the film is not concerned, else what contradicts.
fn of_instance(series: &SeriesView<'_>, instance: &InstanceView<'_>, params: &Params) -> Said {
    let shown = series.shown().iter().find(|s| s.sop_uid == instance.sop_uid());
    let Some([view]) = shown.map(|s| s.views.as_slice()) else { return Ok(None) };
    let says_pa = match view.projection.as_str() {
        "PA" => true,
        "AP" => false,
        _ => return Ok(None),
    };
    if f64::from(instance.score(MODEL, CHEST)?) < params.number("chest_min") {
        return Ok(None);
    }
    let (pa, sure) = (instance.score(MODEL, PA)?, params.number("sure_min"));
    let looks_pa = f64::from(pa) >= sure;
    let looks_ap = f64::from(pa) <= 1.0 - sure;
    if !(if says_pa { looks_ap } else { looks_pa }) {
        return Ok(Some(Vec::new()));
    }
    let (header, image) = if says_pa { ("PA", "AP") } else { ("AP", "PA") };
    let value = told(pa);
    let why = Text::new(
        format!("文件头为{header}，图像更像{image}（PA评分{value}）"),
        format!("the header says {header}, the image looks {image} (PA score {value})"),
    );
    let outcome = Outcome::fail(instance.subject(), why)
        .with(Evidence::new("view_position", header).limit(image))
        .with(Evidence::new("pa_score", value).unit("1"));
    Ok(Some(vec![outcome]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{film, one_at_models, view_scores};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    #[test]
    fn hit_and_miss_around_the_scores() {
        for (view, chest, pa, kind) in [
            ("PA", 0.99, 0.005, Fail),
            ("PA", 0.99, 0.1, Pass),
            ("AP", 0.99, 0.995, Fail),
            ("AP", 0.99, 0.9, Pass),
            ("LL", 0.99, 0.99, NotApplicable),
            ("PA", 0.5, 0.01, NotApplicable),
        ] {
            let mut study = film("CHEST", view, None);
            view_scores(&mut study, [chest, pa, 0.01, 0.01]);
            one_at_models(&CHECK, &study, &[], kind);
        }
    }
}
