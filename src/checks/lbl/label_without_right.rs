//! LBL001: a label that stands though none was granted.

use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::gate::DecisionKind;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::standing::{INPUTS, Standing, decision, decision_of, found, past, texts};

declare_check! {
    /// A label that stands though none was granted.
    ///
    /// ## What it does
    /// Looks for labels in the worklist, in text annotations and overlay texts of the images and in the
    /// text of the report, and holds them against the gate's decision on the study.
    ///
    /// ## Why it matters
    /// Other hospitals rely on the label and do not examine again. A label that nobody granted makes them
    /// rely on images that nobody judged good.
    ///
    /// ## How it is measured
    /// Labels that stand while the decision is to withhold, or while nothing is decided; more than 0
    /// fail.
    ///
    /// ## Known limits
    /// Labels burned into the pixels are not read. What is decided is taken as it stood before the run.
    /// Without a store the check does not apply.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// Hebei 2025 5, Beijing 2024 3.5, Chongqing-Sichuan draft 2025 6.4; DICOM PS3.3 C.10.5, C.9.2.
    code: "LBL001",
    name: "label-without-right",
    title: ("未获准而标注了互认标识", "a label stands though none was granted"),
    advice: (
        "撤下该标识；标注前先以 hrgate gate check 查询",
        "take the label off; ask `hrgate gate check` before one is printed"
    ),
    status: Stable,
    depth: Header,
    inputs: INPUTS,
    params: [],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let past = match past(view) {
        Ok(past) => past,
        Err(none) => return none,
    };
    let subject = Subject::study();
    let labels = found(view).labels;
    let n = labels.len();
    let decision = decision(past);
    let told = decision.map_or("none", DecisionKind::word);
    // Where views are decided one by one a label on one of them needs the right of that view.
    let lacks = |l: &&Standing| {
        !matches!(decision_of(past, l), Some(DecisionKind::Apply | DecisionKind::Withdraw))
    };
    let labels: Vec<Standing> = labels.iter().filter(lacks).cloned().collect();
    let outcome = match decision {
        Some(DecisionKind::Withdraw) => {
            let why = Text::new("标识已撤销", "the label was withdrawn");
            return vec![Outcome::not_applicable(subject, why)];
        }
        _ if n == 0 => Outcome::pass(subject, Text::new("没有标识", "no label stands")),
        _ if labels.is_empty() => {
            Outcome::pass(subject, Text::new("标识已获准", "the label was granted"))
        }
        _ => {
            let n = labels.len();
            let why = Text::new(
                format!("标注了{n}个未获准的标识，允许0个"),
                format!("{n} labels stand without a right, limit 0 labels"),
            );
            Outcome::fail(subject, why).with(Evidence::new("label_standing", texts(&labels)))
        }
    };
    vec![
        outcome
            .with(Evidence::new("labels_standing", n).unit("labels"))
            .with(Evidence::new("label_decision", told)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::lbl::standing::tests::{annotate, study, views};
    use crate::checks::testing::{evidence, one, volume};
    use crate::model::gate::DecisionKind::{Apply, Withdraw, Withhold};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    #[test]
    fn hit_a_label_that_was_withheld_or_never_decided() {
        let o = one(&CHECK, &study(Some(Withhold), "川渝 HR"), Fail);
        assert_eq!(evidence(&o, "label_decision"), "withhold");
        one(&CHECK, &study(None, "是"), Fail);
        let mut on_image = study(Some(Withhold), "");
        annotate(&mut on_image, "川渝HR", [0.9, 0.1]);
        one(&CHECK, &on_image, Fail);
    }

    #[test]
    fn miss_what_was_granted_and_studies_without_a_label() {
        one(&CHECK, &study(Some(Apply), "川渝 HR"), Pass);
        one(&CHECK, &study(Some(Withhold), "否"), Pass);
        one(&CHECK, &study(Some(Withdraw), "川渝 HR"), NotApplicable);
        one(&CHECK, &volume("DX", 1, 1.0), NotApplicable);
        let mut side = study(Some(Withhold), "");
        annotate(&mut side, "L", [0.1, 0.1]);
        one(&CHECK, &side, Pass);
    }

    #[test]
    fn a_label_needs_the_right_of_its_own_view() {
        one(&CHECK, &views(Withhold, Apply), Fail);
        one(&CHECK, &views(Apply, Withhold), Pass);
    }
}
