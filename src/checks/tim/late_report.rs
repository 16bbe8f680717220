//! TIM001: a report that came later than the policy allows.

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::outcome::{Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::rows;
use crate::model::family::Family;
use crate::model::manifest::{ManifestRow, OrderKind};

declare_check! {
    /// A report that came later than the policy allows.
    ///
    /// ## What it does
    /// Compares the time from the exam to the report with the limit for the order: emergency, routine or
    /// special, radiography or CT and MR.
    ///
    /// ## Why it matters
    /// A region that recognises results asks for them in time; the share of reports in time is its
    /// timeliness score.
    ///
    /// ## How it is measured
    /// Hours from exam_at to report_at of the manifest; at or above the limit fails (the texts write < 0.5
    /// h, < 2 h, < 24 h, < 48 h).
    ///
    /// ## Known limits
    /// The texts do not say when the clock starts; it starts at the exam time that the hospital reports. A
    /// row without either time, or with a report before its exam, could not run.
    ///
    /// ## Parameters
    /// `emergency_radiography`, `emergency_ct_mr`, `routine_radiography`, `routine_ct_mr`, `special`:
    /// limits in hours; 0 sets none.
    ///
    /// ## References
    /// Chongqing-Sichuan draft 2025 7.1.1.
    code: "TIM001",
    name: "late-report",
    title: ("诊断报告超时", "the report came late"),
    advice: (
        "核对急诊与常规报告流程；时间有误时更正工作列表后重新导入",
        "look into the reporting of such orders; where a time is wrong, correct the worklist and import it again"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Manifest],
    params: [
        ("emergency_radiography", Number, "h", "limit for emergency radiography; 0: none"),
        ("emergency_ct_mr", Number, "h", "limit for emergency CT and MR; 0: none"),
        ("routine_radiography", Number, "h", "limit for routine radiography; 0: none"),
        ("routine_ct_mr", Number, "h", "limit for routine CT and MR; 0: none"),
        ("special", Number, "h", "limit for special exams and difficult cases; 0: none"),
    ],
    dicom_code: None,
    run: run,
}

/// The limit for a study in hours; `None` where the policy sets none.
fn limit(row: &ManifestRow, projection: bool, params: &Params) -> Option<f64> {
    let key = match (row.order_kind, projection) {
        (OrderKind::Emergency, true) => "emergency_radiography",
        (OrderKind::Emergency, false) => "emergency_ct_mr",
        (OrderKind::Routine, true) => "routine_radiography",
        (OrderKind::Routine, false) => "routine_ct_mr",
        (OrderKind::Special, _) => "special",
    };
    Some(params.number(key)).filter(|hours| *hours > 0.0)
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let row = match rows::row(view) {
        Ok(row) => row,
        Err(outcome) => return outcome,
    };
    let projection = view.instances().all(|i| i.family().is_none_or(Family::is_projection));
    let Some(limit) = limit(row, projection, params) else {
        let why =
            Text::new("策略未规定该类检查的报告时限", "the policy sets no limit for such a report");
        return vec![Outcome::not_applicable(Subject::study(), why)];
    };
    vec![rows::within(
        (row.exam_at.as_deref(), "检查时间", "exam_at"),
        (row.report_at.as_deref(), "报告时间", "report_at"),
        limit,
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{one_with, volume};
    use crate::checks::tim::rows::tests::with_row;
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};

    const HOURS: &[(&str, f64)] = &[
        ("emergency_radiography", 0.5),
        ("emergency_ct_mr", 2.0),
        ("routine_radiography", 0.0),
        ("routine_ct_mr", 24.0),
        ("special", 48.0),
    ];

    fn row(kind: OrderKind, exam: &str, report: &str) -> ManifestRow {
        let time = |t: &str| (!t.is_empty()).then(|| format!("2025-03-12T{t}:00"));
        ManifestRow {
            order_kind: kind,
            exam_at: time(exam),
            report_at: time(report),
            ..ManifestRow::default()
        }
    }

    #[test]
    fn hit_and_miss_around_each_limit() {
        use OrderKind::{Emergency, Routine, Special};
        let judge = |modality: &str, kind, exam: &str, report: &str, want| {
            one_with(
                &CHECK,
                &with_row(volume(modality, 3, 5.0), row(kind, exam, report)),
                HOURS,
                want,
            )
        };
        judge("DX", Emergency, "08:00", "08:29", Pass);
        judge("DX", Emergency, "08:00", "08:30", Fail);
        judge("CT", Emergency, "08:00", "09:59", Pass);
        judge("CT", Emergency, "08:00", "10:00", Fail);
        judge("MR", Routine, "08:00", "23:00", Pass);
        judge("MR", Special, "08:00", "23:00", Pass);
        judge("DX", Routine, "08:00", "23:00", NotApplicable);
        judge("CT", Routine, "", "23:00", CouldNotRun);
        judge("CT", Routine, "08:00", "", CouldNotRun);
        judge("CT", Routine, "08:00", "07:00", CouldNotRun);
    }
}
