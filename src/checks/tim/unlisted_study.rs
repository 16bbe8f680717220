//! TIM006: a study that the manifest does not list.

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::rows;
use crate::model::manifest::ManifestFacts;

declare_check! {
    /// A study that the manifest does not list.
    ///
    /// ## What it does
    /// Looks for the study's row by Study Instance UID, else by an Accession Number that one row alone has.
    ///
    /// ## Why it matters
    /// Images that no order explains may be of a test, of another hospital, or of another patient.
    ///
    /// ## How it is measured
    /// Number of rows; 0 fails.
    ///
    /// ## Known limits
    /// A manifest of another day lists nothing of this one; give the manifest of the days that are judged.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// Chongqing-Sichuan draft 2025 7.1.2.
    code: "TIM006",
    name: "unlisted-study",
    title: ("工作列表中没有该检查", "the manifest does not list the study"),
    advice: (
        "核对检查是否有申请；补全工作列表后重新导入",
        "verify that the study was ordered; complete the worklist and import it again"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Manifest],
    params: [],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let subject = Subject::study();
    vec![match view.manifest() {
        ManifestFacts::NotGiven => rows::not_given(),
        ManifestFacts::Row(_) => {
            let why = Text::new("工作列表中有该检查", "the manifest lists the study");
            Outcome::pass(subject, why).with(Evidence::new("manifest_rows", 1).limit(1))
        }
        ManifestFacts::NoRow => {
            let why = Text::new(
                "工作列表中没有该检查，应有1行",
                "0 rows of the manifest are this study's, limit 1 row",
            );
            Outcome::fail(subject, why).with(Evidence::new("manifest_rows", 0).limit(1))
        }
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{one, volume};
    use crate::checks::tim::rows::tests::with_row;
    use crate::model::manifest::ManifestRow;
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    #[test]
    fn hit_a_study_without_a_row_and_miss_the_others() {
        let mut study = volume("CT", 3, 5.0);
        one(&CHECK, &study, NotApplicable);
        study.manifest = ManifestFacts::NoRow;
        one(&CHECK, &study, Fail);
        one(&CHECK, &with_row(study, ManifestRow::default()), Pass);
    }
}
