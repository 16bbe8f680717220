//! CFL002: a film whose header says bright where its pixels are dark.

use crate::checks::contract::Input;
use crate::checks::per_film::{Said, judge};
use crate::checks::view::{InstanceView, StudyView};
use crate::declare_check;
use crate::infer::chest_view::{CHEST, INVERTED, MODEL};
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::reading::shown as told;
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// A radiograph or mammogram that its header shows as a negative.
    ///
    /// ## What it does
    /// Holds Photometric Interpretation, Presentation LUT Shape and the sign of Rescale Slope against what
    /// the pixels show: bone and breast bright, air dark.
    ///
    /// ## Why it matters
    /// The next viewer shows white for black, and every measurement of density is turned round.
    ///
    /// ## How it is measured
    /// The frame is taken as its header says and shown to the model `chest_view`; its score `inverted` is the
    /// probability that dark and bright are exchanged. From `inverted_min` on it fails; between
    /// `inverted_doubt` and that nobody can tell, and the check could not run. Nor could it on films that are
    /// neither a mammogram nor, by the score `chest` of at least `chest_min`, a frontal chest: on limbs and
    /// pelves that it did not learn from the model tells negatives poorly (`docs/accuracy/xray.md`).
    ///
    /// ## Known limits
    /// A film that was exported as a negative on purpose fails too.
    ///
    /// ## Parameters
    /// `chest_min`: score from which a film is a frontal chest. `inverted_min`: score from which the film is a
    /// negative. `inverted_doubt`: score from which nobody can tell.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.6.3.1.2 (Photometric Interpretation), C.11.6.1.2 (Presentation LUT Shape).
    code: "CFL002",
    name: "polarity-inverted",
    title: ("图像黑白颠倒", "the image is a negative"),
    advice: (
        "核对光度解释（MONOCHROME1/2）与显示查找表，更正后重新发送",
        "check Photometric Interpretation (MONOCHROME1/2) and the lookup table, correct them, send again"
    ),
    status: Stable,
    depth: Models,
    inputs: [Input::Model(MODEL)],
    params: [
        ("chest_min", Number, "1", "score from which a film is a frontal chest"),
        ("inverted_min", Number, "1", "score from which the film is a negative"),
        ("inverted_doubt", Number, "1", "score from which nobody can tell"),
    ],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let pass = Text::new("没有黑白颠倒的图像", "no film is a negative");
    let nothing = Text::new("没有X线图像", "there is no radiograph");
    judge(view, &pass, &nothing, |_, instance| of_instance(&instance, params))
}

fn of_instance(instance: &InstanceView<'_>, params: &Params) -> Said {
    let inverted = instance.score(MODEL, INVERTED)?;
    let chest = f64::from(instance.score(MODEL, CHEST)?) >= params.number("chest_min");
    let limit = params.number("inverted_min");
    let value = told(inverted);
    let evidence = Evidence::new("inverted_score", value).limit(limit).unit("1");
    let could_not_run = |why| {
        let outcome = Outcome::could_not_run(instance.subject(), why);
        Err(Box::new(outcome.with(evidence.clone())))
    };
    if !chest && instance.family() != Some(Family::Mammography) {
        return could_not_run(Text::new(
            "模型只能判断胸部正位与乳腺图像是否黑白颠倒",
            "the model tells negatives of frontal chests and breasts only",
        ));
    }
    if f64::from(inverted) >= limit {
        let why = Text::new(
            format!("按文件头显示为负片（评分{value}，限值{limit}）"),
            format!("shown as its header says it is a negative (score {value}, limit {limit})"),
        );
        return Ok(Some(vec![Outcome::fail(instance.subject(), why).with(evidence)]));
    }
    if f64::from(inverted) >= params.number("inverted_doubt") {
        return could_not_run(Text::new(
            format!("不能断定是否黑白颠倒（评分{value}，限值{limit}）"),
            format!("may be a negative (score {value}, limit {limit})"),
        ));
    }
    Ok(Some(Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{film, one_at_models, view_scores};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, Pass};

    #[test]
    fn hit_doubt_and_miss_around_the_scores() {
        for (chest, score, kind) in [
            (0.95, 0.99, Fail),
            (0.95, 0.98, Fail),
            (0.95, 0.95, CouldNotRun),
            (0.95, 0.5, Pass),
            // A limb: neither accused nor passed.
            (0.1, 0.99, CouldNotRun),
            (0.1, 0.01, CouldNotRun),
        ] {
            let mut study = film("CHEST", "PA", None);
            view_scores(&mut study, [chest, 0.5, score, 0.5]);
            one_at_models(&CHECK, &study, &[], kind);
        }
    }
}
