//! TIM007: a row of the manifest that leaves required fields empty.

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::rows;

declare_check! {
    /// A row of the manifest that leaves required fields empty.
    ///
    /// ## What it does
    /// Counts the fields that the policy asks for and that the row fills.
    ///
    /// ## Why it matters
    /// Who ordered what, when it was done and reported cannot be known elsewhere; regions count the share
    /// of filled fields.
    ///
    /// ## How it is measured
    /// Share of listed fields that are filled, 0 to 1; below `completeness_min` fails. Institution totals
    /// stand in the data-quality table of the run.
    ///
    /// ## Known limits
    /// The texts do not say whether fields or records are counted; fields are.
    ///
    /// ## Parameters
    /// `fields`: columns that must be filled, by our names or the manifest’s own. `completeness_min`:
    /// smallest accepted share.
    ///
    /// ## References
    /// Chongqing-Sichuan draft 2025 7.1.3.
    code: "TIM007",
    name: "incomplete-manifest-row",
    title: ("工作列表字段不完整", "the manifest row is incomplete"),
    advice: (
        "在RIS中补全缺少的字段后重新导入",
        "fill in the missing fields in the RIS and import again"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Manifest],
    params: [
        ("fields", Texts, "", "columns that must be filled"),
        ("completeness_min", Number, "1", "smallest accepted share of filled columns"),
    ],
    dicom_code: None,
    run: run,
}

#[expect(clippy::cast_precision_loss, reason = "a share of counts")]
fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let row = match rows::row(view) {
        Ok(row) => row,
        Err(outcome) => return outcome,
    };
    let (fields, min) = (params.texts("fields"), params.number("completeness_min"));
    let subject = Subject::study();
    if fields.is_empty() {
        let why =
            Text::new("策略未列出须填写的字段", "the policy lists no field that must be filled");
        return vec![Outcome::not_applicable(subject, why)];
    }
    let missing: Vec<&str> =
        fields.iter().map(String::as_str).filter(|f| row.field(f).is_none()).collect();
    let filled = fields.len() - missing.len();
    let share = filled as f64 / fields.len() as f64;
    let outcome = if share < min {
        let why = Text::new(
            format!(
                "工作列表{}个字段中填写{filled}个，完整率{:.0}%，下限{:.0}%",
                fields.len(),
                share * 100.0,
                min * 100.0
            ),
            format!(
                "{filled} of {} manifest fields are filled, {:.0} %, limit {:.0} %",
                fields.len(),
                share * 100.0,
                min * 100.0
            ),
        );
        Outcome::fail(subject, why).with(Evidence::new("missing_fields", missing))
    } else {
        Outcome::pass(subject, Text::new("工作列表字段完整", "the manifest row is complete"))
    };
    vec![
        outcome
            .with(Evidence::new("fields_filled", filled).limit(fields.len()))
            .with(Evidence::new("fields_required", fields.len())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{base_policy, evidence, one, volume};
    use crate::checks::tim::rows::tests::with_row;
    use crate::model::manifest::ManifestRow;
    use crate::model::outcome::OutcomeKind::{Fail, Pass};

    #[test]
    fn hit_an_empty_row_and_miss_a_full_one() {
        let empty = with_row(volume("CT", 3, 5.0), ManifestRow::default());
        assert_eq!(evidence(&one(&CHECK, &empty, Fail), "fields_filled"), 0);
        let policy = base_policy();
        let mut row = ManifestRow::default();
        for field in policy.params(&CHECK).texts("fields") {
            let text = String::from("x");
            match field.as_str() {
                "order_id" => row.order_id = text,
                "patient_key" => row.patient_key = text,
                "accession_number" => row.accession_number = text,
                "item_name" => row.item_name = text,
                "modality" => row.modality = text,
                "report_id" => row.report_id = text,
                "exam_at" => row.exam_at = Some(text),
                "report_at" => row.report_at = Some(text),
                other => {
                    row.other.insert(other.to_owned(), text);
                }
            }
        }
        one(&CHECK, &with_row(volume("CT", 3, 5.0), row), Pass);
    }
}
