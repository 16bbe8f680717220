//! TIM002: a study that was uploaded later than the policy allows.

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::outcome::{Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::rows;

declare_check! {
    /// A study that was uploaded later than the policy allows.
    ///
    /// ## What it does
    /// Compares the time from the exam to the upload with the limit.
    ///
    /// ## Why it matters
    /// What is not there in time is examined again elsewhere.
    ///
    /// ## How it is measured
    /// Hours from exam_at to upload_at of the manifest; at or above the limit fails.
    ///
    /// ## Known limits
    /// Both times are of the hospital; a clock that is wrong cannot be told from a late upload. A row
    /// without either time could not run.
    ///
    /// ## Parameters
    /// `upload`: limit in hours; 0 sets none.
    ///
    /// ## References
    /// Chongqing-Sichuan draft 2025 7.1.1.
    code: "TIM002",
    name: "late-upload",
    title: ("上传超时", "the study was uploaded late"),
    advice: (
        "检查自动上传任务与网络；时间有误时更正工作列表",
        "look into the automatic upload and the network; where a time is wrong, correct the worklist"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Manifest],
    params: [("upload", Number, "h", "limit for the upload; 0: none")],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let row = match rows::row(view) {
        Ok(row) => row,
        Err(outcome) => return outcome,
    };
    let limit = params.number("upload");
    if limit <= 0.0 {
        let why = Text::new("策略未规定上传时限", "the policy sets no limit for the upload");
        return vec![Outcome::not_applicable(Subject::study(), why)];
    }
    vec![rows::within(
        (row.exam_at.as_deref(), "检查时间", "exam_at"),
        (row.upload_at.as_deref(), "上传时间", "upload_at"),
        limit,
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{one_with, volume};
    use crate::checks::tim::rows::tests::with_row;
    use crate::model::manifest::ManifestRow;
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};

    #[test]
    fn hit_and_miss_around_the_limit() {
        let judge = |upload: &str, limit: f64, want| {
            let row = ManifestRow {
                exam_at: Some("2025-03-12T23:30:00".into()),
                upload_at: (!upload.is_empty()).then(|| upload.to_owned()),
                ..ManifestRow::default()
            };
            one_with(&CHECK, &with_row(volume("CT", 3, 5.0), row), &[("upload", limit)], want)
        };
        judge("2025-03-13T00:29:59", 1.0, Pass);
        judge("2025-03-13T00:30:00", 1.0, Fail);
        judge("2025-03-13T00:30:00", 0.0, NotApplicable);
        judge("", 1.0, CouldNotRun);
    }
}
