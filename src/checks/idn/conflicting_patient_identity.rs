//! IDN002: patient identity that differs inside one study.

use std::collections::{BTreeMap, BTreeSet};

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// Patient identity that differs inside one study.
    ///
    /// ## What it does
    /// Compares Patient ID, Patient's Name, Birth Date and Sex over all instances of the study.
    ///
    /// ## Why it matters
    /// Images of two patients in one study are the most dangerous mistake that a header can show.
    ///
    /// ## How it is measured
    /// Number of distinct values of each attribute; more than one fails. Empty values are left out.
    /// Case, spaces and trailing separators do not count; names agree if any of their component groups
    /// (alphabetic, ideographic, phonetic) agrees, and names of which one is written in ASCII alone and
    /// the other has no ASCII letter are not compared. Values are never printed.
    ///
    /// ## Known limits
    /// A corrected identity in part of a study (a merge in the PACS) is reported until all instances are
    /// corrected. Names in two scripts without a common group cannot be compared. Where no instance has
    /// a Study Instance UID, nothing says that the files belong together, and the check could not run.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.1.1 (Patient Module); PS3.5 6.2.1 (person names).
    code: "IDN002",
    name: "conflicting-patient-identity",
    title: ("同一检查内患者身份不一致", "patient identity differs inside the study"),
    advice: (
        "立即核对患者身份；在设备或PACS更正后重新发送，误入的图像移出该检查",
        "verify the patient at once; correct on the device or PACS and send again, and move foreign images out"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::Header(tags::STUDY_INSTANCE_UID),
        Input::Header(tags::PATIENT_ID),
        Input::Header(tags::PATIENT_NAME),
        Input::Header(tags::PATIENT_BIRTH_DATE),
        Input::Header(tags::PATIENT_SEX),
    ],
    params: [],
    dicom_code: None,
    run: run,
}

const COMPARED: &[(Tag, &str, &str)] = &[
    (tags::PATIENT_ID, "PatientID", "患者编号"),
    (tags::PATIENT_NAME, "PatientName", "姓名"),
    (tags::PATIENT_BIRTH_DATE, "PatientBirthDate", "出生日期"),
    (tags::PATIENT_SEX, "PatientSex", "性别"),
];

/// A value without case, spaces and trailing separators.
fn plain(value: &str) -> String {
    value.trim_end_matches(['^', ' ', '=']).split_whitespace().collect::<String>().to_uppercase()
}

/// Whether two names can be of one person.
fn names_agree(a: &str, b: &str) -> bool {
    let groups = |name: &str| -> BTreeSet<String> {
        name.split('=').map(|g| plain(g).replace('^', "")).filter(|g| !g.is_empty()).collect()
    };
    let (ga, gb) = (groups(a), groups(b));
    let shared = !ga.is_disjoint(&gb);
    let latin = |g: &BTreeSet<String>| g.iter().all(|n| n.is_ascii());
    let foreign =
        |g: &BTreeSet<String>| g.iter().all(|n| !n.chars().any(|c| c.is_ascii_alphanumeric()));
    shared || (latin(&ga) && foreign(&gb)) || (foreign(&ga) && latin(&gb))
}

/// Distinct values: a value that agrees with one already seen is not counted again.
fn distinct(values: &BTreeSet<&str>, names: bool) -> usize {
    let mut kept: Vec<&str> = Vec::new();
    for value in values {
        let same = |k: &&str| if names { names_agree(k, value) } else { plain(k) == plain(value) };
        if !kept.iter().any(same) {
            kept.push(value);
        }
    }
    kept.len()
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let (mut has_uid, mut instances) = (false, 0_usize);
    for series in view.series() {
        for instance in series.instances() {
            instances += 1;
            has_uid |= instance.text(tags::STUDY_INSTANCE_UID).is_some();
            for (tag, keyword, _) in COMPARED {
                if let Some(text) = instance.text(*tag).filter(|t| !plain(t).is_empty()) {
                    values.entry(keyword).or_default().insert(text);
                }
            }
        }
    }
    let counts: Vec<(&str, &str, usize)> = COMPARED
        .iter()
        .filter_map(|(tag, keyword, zh)| {
            let n = distinct(values.get(keyword)?, *tag == tags::PATIENT_NAME);
            Some((*keyword, *zh, n))
        })
        .collect();
    vec![judged(&counts, has_uid, instances)]
}

fn judged(counts: &[(&str, &str, usize)], has_uid: bool, instances: usize) -> Outcome {
    let subject = Subject::study();
    let differing: Vec<_> = counts.iter().filter(|c| c.2 > 1).collect();
    let outcome = if instances == 0 || counts.is_empty() {
        let why = Text::new("没有任何患者身份信息", "no instance states any patient identity");
        Outcome::could_not_run(subject, why)
    } else if differing.is_empty() {
        let why = Text::new("患者身份一致", "patient identity is the same in every instance");
        Outcome::pass(subject, why)
    } else if has_uid {
        let list = |words: fn(&(&str, &str, usize)) -> String| {
            differing.iter().map(|c| words(c)).collect::<Vec<_>>().join(", ")
        };
        let zh = list(|(_, zh, n)| format!("{zh}有{n}种不同值"));
        let en = list(|(en, _, n)| format!("{en} has {n} distinct values"));
        let why = Text::new(format!("{zh}，应为1种"), format!("{en}, limit 1 value"));
        Outcome::fail(subject, why)
    } else {
        let why = Text::new(
            "文件没有检查实例UID，无法确定属于同一检查",
            "no Study Instance UID says that these files belong together",
        );
        Outcome::could_not_run(subject, why)
    };
    counts.iter().fold(outcome, |outcome, (keyword, _, n)| {
        let name = format!("distinct_{keyword}");
        outcome.with(Evidence::new(name, *n).limit(1).unit("values"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, volume};
    use crate::model::outcome::OutcomeKind;
    use crate::model::study::Study;

    fn with(tag: Tag, value: &str) -> Study {
        let mut study = volume("CT", 4, 5.0);
        study.series[0].instances[2].attributes.set_text(tag, value);
        study
    }

    #[test]
    fn hit_each_attribute_without_printing_a_value() {
        for (tag, value) in [
            (tags::PATIENT_ID, "P2SECRET"),
            (tags::PATIENT_NAME, "Other^SECRET"),
            (tags::PATIENT_BIRTH_DATE, "19991231"),
            (tags::PATIENT_SEX, "M"),
        ] {
            let o = one(&CHECK, &with(tag, value), OutcomeKind::Fail);
            let told = format!("{o:?}");
            assert!(!told.contains("SECRET") && !told.contains("1999"), "{told}");
        }
        let o = one(&CHECK, &with(tags::PATIENT_ID, "P2"), OutcomeKind::Fail);
        assert_eq!(evidence(&o, "distinct_PatientID"), 2);
    }

    #[test]
    fn miss_case_spaces_padding_and_empty_values() {
        for (tag, value) in [
            (tags::PATIENT_NAME, "PROBE^EINS^^"),
            (tags::PATIENT_NAME, "Probe Eins"),
            (tags::PATIENT_NAME, "Probe^Eins=试^一"),
            (tags::PATIENT_NAME, "试^一"),
            (tags::PATIENT_SEX, ""),
            (tags::PATIENT_ID, "p1 "),
        ] {
            one(&CHECK, &with(tag, value), OutcomeKind::Pass);
        }
    }

    #[test]
    fn files_grouped_by_folder_alone_could_not_run() {
        let mut study = with(tags::PATIENT_ID, "P2");
        for i in &mut study.series[0].instances {
            i.attributes.remove(tags::STUDY_INSTANCE_UID);
        }
        one(&CHECK, &study, OutcomeKind::CouldNotRun);
    }
}
