//! LBL002: a label that was granted and does not stand.

use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::gate::DecisionKind;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::past::{Past, PastLabel};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::standing::{INPUTS, Standing, decision, found, past};

declare_check! {
    /// A label that was granted and does not stand.
    ///
    /// ## What it does
    /// Where the gate granted a label, looks whether one stands.
    ///
    /// ## Why it matters
    /// Without the label other hospitals examine the patient again, though the images are good.
    ///
    /// ## How it is measured
    /// Labels that stand in the worklist, in text annotations and overlay texts or in the report; 0 fail
    /// where the worklist says that none was printed. Where views are decided one by one and labels are seen
    /// on images, every granted view has to carry one.
    ///
    /// ## Known limits
    /// Where the worklist says nothing and no label is seen, one may still be burned into the pixels or
    /// stand in a report that was not given: the check could not run.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// Hebei 2025 5, Beijing 2024 3.5, Chongqing-Sichuan draft 2025 6.4.
    code: "LBL002",
    name: "label-not-printed",
    title: ("已获准而未标注互认标识", "a label was granted and does not stand"),
    advice: (
        "按本省要求在图像或报告上标注互认标识",
        "print the label on image or report as the region asks"
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
    if decision(past) != Some(DecisionKind::Apply) {
        let why = Text::new("没有获准的标识", "no label was granted");
        return vec![Outcome::not_applicable(subject, why)];
    }
    let found = found(view);
    let n = found.labels.len();
    let bare = bare_views(past, &found.labels);
    let outcome = if bare > 0 {
        let why = Text::new(
            format!("{bare}个获准的体位没有标识，允许0个"),
            format!("{bare} views carry no label though one was granted, limit 0 views"),
        );
        Outcome::fail(subject, why)
    } else if n > 0 {
        Outcome::pass(subject, Text::new("标识已标注", "the label stands"))
    } else if found.denied {
        let why = Text::new(
            "标注了0个标识，应至少1个",
            "0 labels stand though one was granted, limit 1 label",
        );
        Outcome::fail(subject, why)
    } else {
        let why = Text::new(
            "工作列表没有写明是否已标注",
            "the worklist does not say whether a label was printed",
        );
        return vec![Outcome::could_not_run(subject, why)];
    };
    vec![outcome.with(Evidence::new("labels_standing", n).limit(1).unit("labels"))]
}

/// Granted views without a label where labels are told image by image: a label that is told of the
/// study may stand on any of them.
fn bare_views(past: &Past, labels: &[Standing]) -> usize {
    if labels.is_empty() || labels.iter().any(|l| l.sop_uid.is_none()) {
        return 0;
    }
    let granted = |l: &&PastLabel| l.decision == DecisionKind::Apply && !l.sop_uids.is_empty();
    let bare = |l: &&PastLabel| !labels.iter().any(|s| l.concerns(s.sop_uid.as_deref()));
    past.labels.iter().filter(granted).filter(bare).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::lbl::standing::tests::{annotate, study, views};
    use crate::checks::testing::one;
    use crate::model::gate::DecisionKind::{Apply, Withhold};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};

    #[test]
    fn hit_a_granted_label_that_was_not_printed() {
        one(&CHECK, &study(Some(Apply), "否"), Fail);
    }

    #[test]
    fn miss_one_that_stands_anywhere_and_what_was_not_granted() {
        one(&CHECK, &study(Some(Apply), "川渝 HR"), Pass);
        let mut on_image = study(Some(Apply), "");
        annotate(&mut on_image, "川渝 HR", [0.9, 0.1]);
        one(&CHECK, &on_image, Pass);
        one(&CHECK, &study(Some(Withhold), "否"), NotApplicable);
    }

    #[test]
    fn where_nobody_says_so_it_could_not_run() {
        one(&CHECK, &study(Some(Apply), ""), CouldNotRun);
    }

    #[test]
    fn every_granted_view_has_to_carry_its_label() {
        one(&CHECK, &views(Apply, Apply), Fail);
        one(&CHECK, &views(Apply, Withhold), Pass);
    }
}
