//! TIM004: a study without a report.

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::rows;

declare_check! {
    /// A study without a report.
    ///
    /// ## What it does
    /// Looks for the report's number in the study's row of the manifest.
    ///
    /// ## Why it matters
    /// A recognised result is the images with their report; regions ask that the two match in every case.
    ///
    /// ## How it is measured
    /// Number of reports listed; 0 fails.
    ///
    /// ## Known limits
    /// A report that is not written yet is listed later; import the manifest again then.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// Chongqing-Sichuan draft 2025 3.1, 7.1.2.
    code: "TIM004",
    name: "missing-report",
    title: ("缺少诊断报告", "the study has no report"),
    advice: (
        "报告发布后重新导入工作列表",
        "import the worklist again when the report is issued"
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
    vec![if row.field("report_id").is_some() {
        let why = Text::new("有对应的诊断报告", "the study has its report");
        Outcome::pass(subject, why).with(Evidence::new("reports", 1).limit(1))
    } else {
        let why = Text::new("没有诊断报告，应有1份", "no report is listed, limit 1 report");
        Outcome::fail(subject, why).with(Evidence::new("reports", 0).limit(1))
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{one, volume};
    use crate::checks::tim::rows::tests::with_row;
    use crate::model::manifest::{ManifestFacts, ManifestRow};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};

    #[test]
    fn hit_a_row_without_report_and_miss_one_with() {
        let with = |report: &str| {
            let row = ManifestRow { report_id: report.into(), ..ManifestRow::default() };
            with_row(volume("CT", 3, 5.0), row)
        };
        one(&CHECK, &with(" "), Fail);
        one(&CHECK, &with("R1"), Pass);
    }

    #[test]
    fn without_a_manifest_it_does_not_apply_and_without_a_row_it_could_not_run() {
        let mut study = volume("CT", 3, 5.0);
        one(&CHECK, &study, NotApplicable);
        study.manifest = ManifestFacts::NoRow;
        one(&CHECK, &study, CouldNotRun);
    }
}
