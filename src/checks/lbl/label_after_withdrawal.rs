//! LBL004: a label that still stands after it was withdrawn.

use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::gate::DecisionKind;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::standing::{INPUTS, Standing, decision_of, found, past, texts};

declare_check! {
    /// A label that still stands after it was withdrawn.
    ///
    /// ## What it does
    /// Where the gate withdrew the label of a study, looks whether one still stands.
    ///
    /// ## Why it matters
    /// A label is withdrawn because the images, or the hospital's quality, were found wanting after it
    /// was granted; whoever reads it still relies on it.
    ///
    /// ## How it is measured
    /// Labels that stand in the worklist, in text annotations and overlay texts or in the report; more
    /// than 0 fail.
    ///
    /// ## Known limits
    /// Labels burned into the pixels are not read: none seen is no proof that none stands there.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// Hebei 2025 5, Beijing 2024 3.5.
    code: "LBL004",
    name: "label-after-withdrawal",
    title: ("已撤销的互认标识仍在", "a label still stands after it was withdrawn"),
    advice: (
        "在图像和报告上撤下该标识，并通知调阅过的机构",
        "take the label off images and reports, and tell the hospitals that received them"
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
    if !past.labels.iter().any(|l| l.decision == DecisionKind::Withdraw) {
        let why = Text::new("没有撤销的标识", "no label was withdrawn");
        return vec![Outcome::not_applicable(subject, why)];
    }
    // What is told of the study counts where no view of it carries a label any more.
    let withdrawn = |l: &Standing| decision_of(past, l) == Some(DecisionKind::Withdraw);
    let labels: Vec<Standing> = found(view).labels.into_iter().filter(withdrawn).collect();
    let n = labels.len();
    let outcome = if n == 0 {
        Outcome::pass(subject, Text::new("没有标识", "no label stands"))
    } else {
        let why = Text::new(
            format!("撤销后仍有{n}个标识，允许0个"),
            format!("{n} labels stand after the withdrawal, limit 0 labels"),
        );
        Outcome::fail(subject, why).with(Evidence::new("label_standing", texts(&labels)))
    };
    vec![outcome.with(Evidence::new("labels_standing", n).limit(0).unit("labels"))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::lbl::standing::tests::{study, views};
    use crate::checks::testing::one;
    use crate::model::gate::DecisionKind::{Apply, Withdraw};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    #[test]
    fn hit_a_label_that_outlives_its_withdrawal() {
        one(&CHECK, &study(Some(Withdraw), "川渝 HR"), Fail);
        one(&CHECK, &study(Some(Withdraw), "是"), Fail);
    }

    #[test]
    fn miss_what_was_taken_off_or_stands_by_right() {
        one(&CHECK, &study(Some(Withdraw), "否"), Pass);
        one(&CHECK, &study(Some(Apply), "川渝 HR"), NotApplicable);
    }

    #[test]
    fn a_view_whose_label_was_withdrawn_is_found_beside_one_that_has_it() {
        one(&CHECK, &views(Withdraw, Apply), Fail);
        one(&CHECK, &views(Apply, Withdraw), Pass);
    }
}
