//! IDN013: a person who made the study and stands in no row of the centre's table of staff.

use std::collections::BTreeSet;

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::registry::{StaffRow, name_forms};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// A person who made the study and stands in no row of the centre's table of staff.
    ///
    /// ## What it does
    /// Looks for everybody named in Operators' Name and Performing Physician's Name in the institution's
    /// rows of the table of staff that the registry names.
    ///
    /// ## Why it matters
    /// The text makes qualified staff one of the preconditions of recognition.
    ///
    /// ## How it is measured
    /// People named by the study without a row that held on the Study Date; more than 0 fail. Names
    /// compare by each of their component groups (alphabetic, ideographic, phonetic), in either order of
    /// family and given name.
    ///
    /// ## Known limits
    /// Initials and login names match nobody unless the table gives them as other names. Namesakes are
    /// taken for each other. Without a table, or with nobody named, the check could not run. Names of
    /// staff are not written into the evidence.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// Chongqing-Sichuan draft 2025 3.2; DICOM PS3.3 C.7.3.1, PS3.5 6.2.1.
    code: "IDN013",
    name: "unlisted-staff",
    title: ("操作人员未登记", "a person who made the study is not in the table of staff"),
    advice: (
        "在人员登记表中补登，或在设备上使用本人姓名",
        "add the person to the table of staff, or use the person's own name on the device"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::Registry,
        Input::Header(tags::STUDY_DATE),
        Input::Header(tags::OPERATORS_NAME),
        Input::Header(tags::PERFORMING_PHYSICIAN_NAME),
    ],
    params: [],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let subject = Subject::study();
    let Some(table) = &view.registry().staff else {
        let why =
            Text::new("中心没有该机构的人员登记表", "no table of the institution's staff is kept");
        return vec![Outcome::could_not_run(subject, why)];
    };
    let mut people: BTreeSet<Vec<String>> = BTreeSet::new();
    let mut day = "";
    for instance in view.instances() {
        day = day.max(instance.text(tags::STUDY_DATE).unwrap_or_default());
        for tag in [tags::OPERATORS_NAME, tags::PERFORMING_PHYSICIAN_NAME] {
            people.extend(instance.texts(tag).iter().map(|name| name_forms(name)));
        }
    }
    people.remove(&Vec::new());
    if people.is_empty() {
        let why = Text::new("文件没有写明操作人员", "the files name nobody who made the study");
        return vec![Outcome::could_not_run(subject, why)];
    }
    let unlisted = people.iter().filter(|forms| !is_listed(forms, table, day)).count();
    let outcome = if unlisted == 0 {
        Outcome::pass(subject, Text::new("操作人员均已登记", "everybody named is in the table"))
    } else {
        let why = Text::new(
            format!("{unlisted}名操作人员未登记或资质过期，允许0名"),
            format!(
                "{unlisted} people named have no valid row in the table of staff, limit 0 people"
            ),
        );
        Outcome::fail(subject, why)
    };
    vec![
        outcome
            .with(Evidence::new("people_unlisted", unlisted).limit(0).unit("people"))
            .with(Evidence::new("people_named", people.len()).unit("people")),
    ]
}

fn is_listed(forms: &[String], table: &[StaffRow], day: &str) -> bool {
    table
        .iter()
        .filter(|r| r.valid_until.is_empty() || r.valid_until.as_str() >= day)
        .flat_map(|r| &r.names)
        .any(|name| name_forms(name).iter().any(|f| forms.contains(f)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, set_texts, volume};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, Pass};
    use crate::model::study::Study;

    fn study(operators: &[&str]) -> Study {
        let mut study = volume("CT", 2, 5.0);
        for i in &mut study.series[0].instances {
            set_texts(i, tags::OPERATORS_NAME, operators);
            i.attributes.set_text(tags::STUDY_DATE, "20250312");
        }
        let row = |name: &str, until: &str| StaffRow {
            names: vec![name.into()],
            valid_until: until.into(),
            ..StaffRow::default()
        };
        study.registry.staff = Some(vec![row("张伟", "20250312"), row("李娜", "20240101")]);
        study
    }

    #[test]
    fn hit_people_without_a_row_or_with_one_that_ended() {
        let o = one(&CHECK, &study(&["Zhang^Wei=张^伟", "Wang^Fang=王^芳"]), Fail);
        assert_eq!(evidence(&o, "people_unlisted"), 1);
        one(&CHECK, &study(&["Li^Na=李^娜"]), Fail);
    }

    #[test]
    fn miss_people_who_are_listed() {
        one(&CHECK, &study(&["Zhang^Wei=张^伟"]), Pass);
        one(&CHECK, &study(&["张伟"]), Pass);
    }

    #[test]
    fn without_table_or_names_it_could_not_run() {
        one(&CHECK, &study(&[]), CouldNotRun);
        let mut bare = study(&["张伟"]);
        bare.registry.staff = None;
        one(&CHECK, &bare, CouldNotRun);
    }
}
