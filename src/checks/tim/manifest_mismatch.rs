//! TIM003: images that the manifest says something else of.

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::rows;
use crate::model::manifest::ManifestRow;

declare_check! {
    /// Images that the manifest says something else of.
    ///
    /// ## What it does
    /// Compares Patient ID, Accession Number, Modality and Study Date with the study's row of the manifest.
    ///
    /// ## Why it matters
    /// Images under another patient’s order reach the wrong patient; regions ask that images and report
    /// match in every case.
    ///
    /// ## How it is measured
    /// Number of fields that agree; fewer than are stated by both fails. Case and spaces at the ends do not
    /// count; modality words for one kind of image (DR, DX, CR) are the same. Values are never printed.
    ///
    /// ## Known limits
    /// A study over midnight may have another Study Date than its exam. Names are not compared: worklists
    /// write them in other scripts.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// Chongqing-Sichuan draft 2025 7.1.2; DICOM PS3.3 C.7.1.1, C.7.2.1.
    code: "TIM003",
    name: "manifest-mismatch",
    title: ("影像与工作列表不一致", "images and manifest differ"),
    advice: (
        "核对患者与申请；更正工作列表或影像后重新发送",
        "verify patient and order; correct the worklist or the images and send again"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::Manifest,
        Input::Header(tags::PATIENT_ID),
        Input::Header(tags::ACCESSION_NUMBER),
        Input::Header(tags::STUDY_DATE),
    ],
    params: [],
    dicom_code: None,
    run: run,
}

/// Modalities that a worklist may write for one another.
const ALIKE: &[&[&str]] =
    &[&["CR", "DX", "DR", "RG", "X线", "普放"], &["MG", "钼靶", "乳腺"], &["MR", "MRI", "磁共振"]];

fn alike(a: &str, b: &str) -> bool {
    let plain = |text: &str| text.trim().to_uppercase();
    let (a, b) = (plain(a), plain(b));
    a == b || ALIKE.iter().any(|group| group.contains(&a.as_str()) && group.contains(&b.as_str()))
}

/// The first value of an attribute in the study.
fn stated(view: &StudyView<'_>, tag: Tag) -> Option<String> {
    view.instances().find_map(|i| i.text(tag).map(|t| t.trim().to_owned()))
}

/// Field, and whether header and row agree; fields that either leaves empty are not compared.
fn compared(view: &StudyView<'_>, row: &ManifestRow) -> Vec<(&'static str, &'static str, bool)> {
    let same = |a: &str, b: &str| a.trim().eq_ignore_ascii_case(b.trim());
    let mut fields = Vec::new();
    if let (Some(key), Some(id)) = (row.field("patient_key"), stated(view, tags::PATIENT_ID)) {
        fields.push(("PatientID", "患者编号", same(key, &id)));
    }
    let number = stated(view, tags::ACCESSION_NUMBER);
    if let (Some(row), Some(header)) = (row.field("accession_number"), number) {
        fields.push(("AccessionNumber", "检查号", same(row, &header)));
    }
    if let Some(modality) = row.field("modality") {
        let all = view.modalities();
        if !all.is_empty() {
            fields.push(("Modality", "检查类别", all.iter().any(|m| alike(m, modality))));
        }
    }
    let day = row.exam_at.as_deref().and_then(|t| t.get(..10)).map(|d| d.replace('-', ""));
    if let (Some(day), Some(date)) = (day, stated(view, tags::STUDY_DATE)) {
        fields.push(("StudyDate", "检查日期", day == date));
    }
    fields
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let row = match rows::row(view) {
        Ok(row) => row,
        Err(outcome) => return outcome,
    };
    let fields = compared(view, row);
    let subject = Subject::study();
    if fields.is_empty() {
        let why = Text::new(
            "工作列表与影像没有可比较的字段",
            "no field is stated by both the manifest and the images",
        );
        return vec![Outcome::could_not_run(subject, why)];
    }
    let differing: Vec<_> = fields.iter().filter(|f| !f.2).collect();
    let agreeing = fields.len() - differing.len();
    let outcome = if differing.is_empty() {
        let why = Text::new("影像与工作列表一致", "images and manifest agree");
        Outcome::pass(subject, why)
    } else {
        let (zh, en): (Vec<_>, Vec<_>) = differing.iter().map(|f| (f.1, f.0)).unzip();
        let why = Text::new(
            format!("影像与工作列表不一致：{}", zh.join("、")),
            format!("images and manifest differ in {}", en.join(", ")),
        );
        Outcome::fail(subject, why).with(Evidence::new("differing_fields", en))
    };
    vec![
        outcome
            .with(Evidence::new("fields_agreeing", agreeing).limit(fields.len()))
            .with(Evidence::new("fields_compared", fields.len())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, volume};
    use crate::checks::tim::rows::tests::with_row;
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, Pass};
    use crate::model::study::Study;

    fn study(modality: &str) -> Study {
        let mut study = volume(modality, 3, 5.0);
        for instance in &mut study.series[0].instances {
            instance.attributes.set_text(tags::PATIENT_ID, "P 7");
            instance.attributes.set_text(tags::ACCESSION_NUMBER, "A1");
            instance.attributes.set_text(tags::STUDY_DATE, "20250312");
        }
        study
    }

    fn row() -> ManifestRow {
        ManifestRow {
            patient_key: "p 7".into(),
            accession_number: "A1".into(),
            modality: "CT".into(),
            exam_at: Some("2025-03-12T08:00:00".into()),
            ..ManifestRow::default()
        }
    }

    #[test]
    fn miss_what_agrees_and_what_is_not_stated() {
        let outcome = one(&CHECK, &with_row(study("CT"), row()), Pass);
        assert_eq!(evidence(&outcome, "fields_compared"), 4);
        one(&CHECK, &with_row(study("DX"), ManifestRow { modality: "DR".into(), ..row() }), Pass);
        one(&CHECK, &with_row(study("CT"), ManifestRow::default()), CouldNotRun);
    }

    #[test]
    fn hit_each_field_without_printing_a_value() {
        let rows = [
            (ManifestRow { patient_key: "P 8".into(), ..row() }, "PatientID"),
            (ManifestRow { accession_number: "A2".into(), ..row() }, "AccessionNumber"),
            (ManifestRow { modality: "MR".into(), ..row() }, "Modality"),
            (ManifestRow { exam_at: Some("2025-03-13T08:00:00".into()), ..row() }, "StudyDate"),
        ];
        for (row, field) in rows {
            let outcome = one(&CHECK, &with_row(study("CT"), row), Fail);
            assert_eq!(*evidence(&outcome, "differing_fields"), serde_json::json!([field]));
            assert!(!format!("{outcome:?}").contains("P 8"), "no value of a patient");
        }
    }
}
