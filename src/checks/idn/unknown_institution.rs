//! IDN007: a study that no institution of the registry can be given.

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::institution::InstitutionSource;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// A study that no institution of the registry can be given.
    ///
    /// ## What it does
    /// Reports studies whose Institution Name or Code, folder or manifest row matches no entry of the
    /// registry.
    ///
    /// ## Why it matters
    /// The label belongs to an institution that passed its evaluation; without one it cannot stand, and
    /// the study is missing from the report of the hospital that made it.
    ///
    /// ## How it is measured
    /// Number of institutions matched; 0 fails.
    ///
    /// ## Known limits
    /// Without a registry the check does not apply; the label gate still needs one.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.5.1 (General Equipment Module).
    code: "IDN007",
    name: "unknown-institution",
    title: ("机构未登记", "the institution is not in the registry"),
    advice: (
        "在机构登记表中加入该机构名称或别名，或在设备上更正机构名称",
        "add the name or alias to the registry, or correct Institution Name on the device"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Institution],
    params: [],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let institution = view.institution();
    let subject = Subject::study();
    let outcome = match institution.source {
        InstitutionSource::Unregistered => Outcome::not_applicable(
            subject,
            Text::new("未提供机构登记表", "no registry of institutions was given"),
        ),
        InstitutionSource::Unknown => Outcome::fail(
            subject,
            Text::new(
                "匹配到0个登记机构，应为1个",
                "0 institutions of the registry match, limit 1 institution",
            ),
        )
        .with(Evidence::new("institutions_matched", 0).limit(1).unit("institutions")),
        InstitutionSource::Header | InstitutionSource::Path | InstitutionSource::Manifest => {
            Outcome::pass(subject, Text::new("机构已登记", "the institution is in the registry"))
        }
    };
    vec![match &institution.stated {
        Some(stated) => outcome.with(Evidence::new("stated_institution", stated.clone())),
        None => outcome,
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, volume};
    use crate::model::outcome::OutcomeKind;

    #[test]
    fn hit_a_name_that_matches_nothing() {
        let mut study = volume("CT", 1, 5.0);
        study.institution.source = InstitutionSource::Unknown;
        study.institution.stated = Some("Nowhere Clinic".into());
        let o = one(&CHECK, &study, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "stated_institution"), "Nowhere Clinic");
    }

    #[test]
    fn miss_known_institutions_and_runs_without_registry() {
        let mut study = volume("CT", 1, 5.0);
        one(&CHECK, &study, OutcomeKind::Pass);
        study.institution.source = InstitutionSource::Unregistered;
        one(&CHECK, &study, OutcomeKind::NotApplicable);
    }
}
