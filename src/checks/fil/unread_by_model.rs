//! FIL012: a film that a model should have read and could not.

use crate::checks::contract::Input;
use crate::checks::per_film::judge;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::infer::{chest_view, side_marker};
use crate::model::outcome::Outcome;
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// A film that a model should have read and could not.
    ///
    /// ## What it does
    /// Asks of every radiograph and mammogram whether each model that concerns it has read it.
    ///
    /// ## Why it matters
    /// What was not looked at cannot pass: without it, a station whose models are missing or altered
    /// would pass films that nobody and nothing has read.
    ///
    /// ## How it is measured
    /// Per film, from what the models kept: a model that is missing, altered, without its runtime, or that gave
    /// no number leaves its reason, and the reason says what to install.
    ///
    /// ## Known limits
    /// It says nothing of runs at a lower depth (`--depth header`, `--depth pixels`), which ask no model.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// docs/models.md.
    code: "FIL012",
    name: "unread-by-model",
    title: ("模型未能读取图像", "a model could not read the image"),
    advice: (
        "按提示安装模型或运行库后重新检查",
        "install the model or the runtime as told and check again"
    ),
    status: Stable,
    depth: Models,
    inputs: [Input::Model(side_marker::MODEL), Input::Model(chest_view::MODEL)],
    params: [],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let pass = Text::new("所有X线图像均经模型读取", "models read every radiograph");
    let nothing = Text::new("没有需要模型读取的图像", "no image that a model reads");
    judge(view, &pass, &nothing, |_, instance| {
        for model in [side_marker::MODEL, chest_view::MODEL] {
            instance.readings(model)?;
        }
        Ok(Some(Vec::new()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{film, one_at_models, read_by_models, volume};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, NotApplicable, Pass};
    use crate::model::reading::ReadState;

    #[test]
    fn miss_where_both_models_read() {
        one_at_models(&CHECK, &film("CHEST", "PA", None), &[], Pass);
    }

    #[test]
    fn hit_where_one_could_not_or_was_not_asked() {
        let mut broken = film("CHEST", "PA", None);
        let why = Text::new("模型文件被改动", "the model file was altered");
        broken.series[0].instances[0].readings[1].state = ReadState::CouldNotRun(why);
        let told = one_at_models(&CHECK, &broken, &[], CouldNotRun);
        assert_eq!(told.why.en, "the model file was altered");
        let mut old = film("CHEST", "PA", None);
        old.models.asked.pop();
        old.series[0].instances[0].readings.pop();
        one_at_models(&CHECK, &old, &[], CouldNotRun);
    }

    #[test]
    fn miss_where_no_model_is_concerned() {
        let mut ct = volume("CT", 3, 5.0);
        read_by_models(&mut ct);
        one_at_models(&CHECK, &ct, &[], NotApplicable);
    }
}
