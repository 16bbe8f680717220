//! CFL005: a film sent as a mammogram that shows a chest.

use crate::checks::contract::Input;
use crate::checks::per_film::{Said, judge};
use crate::checks::view::{InstanceView, StudyView};
use crate::declare_check;
use crate::infer::chest_view::{CHEST, MODEL};
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::reading::shown as told;
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// A film sent as a mammogram that shows a chest.
    ///
    /// ## What it does
    /// Holds the modality of mammograms against whether the image is a frontal chest.
    ///
    /// ## Why it matters
    /// The item, the rules that judge it and the label follow from the modality.
    ///
    /// ## How it is measured
    /// On films of mammography: the score `chest` of the model `chest_view` is at least `chest_min`.
    ///
    /// ## Known limits
    /// Preview: 17 mammograms could be learnt from (see the card). Other contradictions of modality and
    /// image are not told: of few other parts and of no other modality were there films to learn from.
    ///
    /// ## Parameters
    /// `chest_min`: score from which a film is a frontal chest.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.3.1.1.1 (Modality), A.27 (Digital Mammography X-Ray Image IOD).
    code: "CFL005",
    name: "modality-contradicts-image",
    title: ("设备类型与图像不符", "the modality contradicts the image"),
    advice: (
        "核对设备类型属性与图像，更正后重新发送",
        "compare Modality with the image, correct it and send again"
    ),
    status: Preview,
    depth: Models,
    inputs: [Input::Model(MODEL)],
    params: [("chest_min", Number, "1", "score from which a film is a frontal chest")],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let pass = Text::new("乳腺图像均不是胸片", "no mammogram is a chest");
    let nothing = Text::new("没有乳腺X线图像", "there is no mammogram");
    judge(view, &pass, &nothing, |_, instance| of_instance(&instance, params.number("chest_min")))
}

/// Nothing where the film is no mammogram, else what contradicts.
fn of_instance(instance: &InstanceView<'_>, least: f64) -> Said {
    if instance.family() != Some(Family::Mammography) {
        return Ok(None);
    }
    let score = instance.score(MODEL, CHEST)?;
    if f64::from(score) < least {
        return Ok(Some(Vec::new()));
    }
    let value = told(score);
    let why = Text::new(
        format!("文件头为乳腺X线图像，图像为胸部正位（评分{value}）"),
        format!("the header says mammography, the image is a frontal chest (score {value})"),
    );
    let outcome = Outcome::fail(instance.subject(), why)
        .with(Evidence::new("chest_score", value).limit(least).unit("1"));
    Ok(Some(vec![outcome]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{film, one_at_models, read_by_models, view_scores, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    #[test]
    fn hit_and_miss_around_the_score() {
        for (chest, kind) in [(0.999, Fail), (0.98, Pass), (0.01, Pass)] {
            let mut study = volume("MG", 1, 5.0);
            read_by_models(&mut study);
            view_scores(&mut study, [chest, 0.5, 0.01, 0.5]);
            one_at_models(&CHECK, &study, &[], kind);
        }
        one_at_models(&CHECK, &film("CHEST", "PA", None), &[], NotApplicable);
    }
}
