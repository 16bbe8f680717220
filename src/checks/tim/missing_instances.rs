//! TIM005: fewer instances than the hospital says the study has.

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

use std::collections::BTreeSet;

use super::rows;

declare_check! {
    /// Fewer instances than the hospital says the study has.
    ///
    /// ## What it does
    /// Counts the study's SOP Instance UIDs and compares with the expected number of the manifest.
    ///
    /// ## Why it matters
    /// The one thing that no image can show is an image that was never sent: a missing end of a volume, a
    /// missing view, a missing series.
    ///
    /// ## How it is measured
    /// Distinct SOP Instance UIDs; fewer than expected_instances fails. More is no finding: post-processed
    /// images are often added later.
    ///
    /// ## Known limits
    /// As right as the number in the manifest.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// Hebei 2025 2(4); Beijing 2024 3.2(2): all images are uploaded.
    code: "TIM005",
    name: "missing-instances",
    title: ("图像数少于应有数", "fewer instances than expected"),
    advice: (
        "从设备或PACS补传缺少的图像",
        "send the missing images from the device or PACS"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Manifest],
    params: [],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let row = match rows::row(view) {
        Ok(row) => row,
        Err(outcome) => return outcome,
    };
    let subject = Subject::study();
    let Some(expected) = row.expected_instances else {
        let why = Text::new(
            "工作列表未给出应有图像数",
            "the manifest does not say how many instances there are",
        );
        return vec![Outcome::could_not_run(subject, why)];
    };
    let uids: BTreeSet<&str> = view.instances().map(|i| i.sop_uid()).collect();
    let received = uids.len();
    let wanted = usize::try_from(expected).unwrap_or(usize::MAX);
    let outcome = if received < wanted {
        let missing = wanted - received;
        let why = Text::new(
            format!("收到{received}幅，应有{expected}幅，缺{missing}幅"),
            format!(
                "{received} instances received, {missing} fewer than the limit {expected} instances"
            ),
        );
        Outcome::fail(subject, why)
    } else {
        let why = Text::new("图像数不少于应有数", "no fewer instances than expected");
        Outcome::pass(subject, why)
    };
    vec![
        outcome
            .with(Evidence::new("instances_received", received).limit(expected).unit("instances")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, volume};
    use crate::checks::tim::rows::tests::with_row;
    use crate::model::manifest::ManifestRow;
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, Pass};

    #[test]
    fn hit_one_fewer_and_miss_all_of_them_and_more() {
        let with = |expected: Option<u32>| {
            let row = ManifestRow { expected_instances: expected, ..ManifestRow::default() };
            with_row(volume("CT", 6, 5.0), row)
        };
        assert_eq!(evidence(&one(&CHECK, &with(Some(7)), Fail), "instances_received"), 6);
        one(&CHECK, &with(Some(6)), Pass);
        one(&CHECK, &with(Some(5)), Pass);
        one(&CHECK, &with(None), CouldNotRun);
    }

    #[test]
    fn hit_a_study_whose_copies_make_up_the_number() {
        let mut study = volume("CT", 6, 5.0);
        let copy = study.series[0].instances[0].clone();
        study.series[0].instances.push(copy);
        let row = ManifestRow { expected_instances: Some(7), ..ManifestRow::default() };
        one(&CHECK, &with_row(study, row), Fail);
    }
}
