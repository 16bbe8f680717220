//! IDN003: study and series attributes that differ where the standard allows one value.

use std::collections::{BTreeMap, BTreeSet};

use dicom_core::Tag;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_dictionary_std::{StandardDataDictionary, tags};

use crate::checks::contract::Input;
use crate::checks::view::{InstanceView, StudyView};
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// Study and series attributes that differ where the standard allows one value.
    ///
    /// ## What it does
    /// Compares the listed study attributes over all instances, and the listed series attributes
    /// inside each series.
    ///
    /// ## Why it matters
    /// A study with two dates or two accession numbers cannot be matched to its order; a series with two
    /// modalities or frames of reference holds images that do not belong together.
    ///
    /// ## How it is measured
    /// Number of distinct values, spaces trimmed; more than one fails. Empty values are left out.
    ///
    /// ## Known limits
    /// An examination past midnight may carry two study dates from careless equipment. Where no instance
    /// has a Study Instance UID the study attributes are not compared, and without a Series Instance UID
    /// those of the series are not.
    ///
    /// ## Parameters
    /// `same_in_study`: keywords that have one value in a study. `same_in_series`: keywords that have one
    /// value in a series.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.2.1 (General Study), C.7.3.1 (General Series), C.7.4.1 (Frame of Reference).
    code: "IDN003",
    name: "conflicting-study-identity",
    title: ("同一检查或序列内标识不一致", "study or series identity differs inside it"),
    advice: (
        "核对检查号与日期，在PACS更正后重新发送",
        "verify accession number and date, correct in the PACS and send again"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::Header(tags::STUDY_INSTANCE_UID),
        Input::Header(tags::SERIES_INSTANCE_UID),
        Input::Header(tags::STUDY_DATE),
        Input::Header(tags::ACCESSION_NUMBER),
        Input::Header(tags::STUDY_ID),
        Input::Header(tags::INSTITUTION_NAME),
        Input::Header(tags::MODALITY),
        Input::Header(tags::SERIES_NUMBER),
        Input::Header(tags::SERIES_DATE),
        Input::Header(tags::FRAME_OF_REFERENCE_UID),
        Input::Header(tags::LATERALITY),
        Input::Header(tags::BODY_PART_EXAMINED),
        Input::Header(tags::MANUFACTURER),
    ],
    params: [
        ("same_in_study", Texts, "", "keywords that have one value in a study"),
        ("same_in_series", Texts, "", "keywords that have one value in a series"),
    ],
    dicom_code: None,
    run: run,
}

fn attribute(keyword: &str) -> Option<Tag> {
    let tag = StandardDataDictionary.by_name(keyword)?.tag();
    CHECK.inputs.contains(&Input::Header(tag)).then_some(tag)
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let (in_study, in_series) = (params.texts("same_in_study"), params.texts("same_in_series"));
    if let Some(unknown) = in_study.iter().chain(in_series).find(|k| attribute(k).is_none()) {
        let why = Text::new(
            format!("策略中的属性名“{unknown}”不在本检查可见范围内"),
            format!("the policy lists {unknown}, which this check cannot see"),
        );
        return vec![Outcome::could_not_run(Subject::study(), why)];
    }
    let all: Vec<InstanceView<'_>> = view.series().flat_map(|s| s.instances()).collect();
    let mut outcomes = Vec::new();
    if all.iter().any(|i| i.text(tags::STUDY_INSTANCE_UID).is_some()) {
        outcomes.extend(compare(&all, in_study, Subject::study()));
    }
    for series in view.series() {
        let instances: Vec<InstanceView<'_>> = series.instances().collect();
        if !series.uid().is_empty() {
            outcomes.extend(compare(&instances, in_series, series.subject()));
        }
    }
    if outcomes.is_empty() {
        let why =
            Text::new("检查与序列标识一致", "study and series identity are the same throughout");
        return vec![Outcome::pass(Subject::study(), why)];
    }
    outcomes
}

fn compare(
    instances: &[InstanceView<'_>],
    keywords: &[String],
    subject: Subject,
) -> Option<Outcome> {
    let mut differing: BTreeMap<&str, usize> = BTreeMap::new();
    for keyword in keywords {
        let Some(tag) = attribute(keyword) else { continue };
        let values: BTreeSet<String> = instances.iter().filter_map(|i| value(i, tag)).collect();
        if values.len() > 1 {
            differing.insert(keyword, values.len());
        }
    }
    if differing.is_empty() {
        return None;
    }
    let list = |words: fn(&str, usize) -> String| {
        differing.iter().map(|(k, n)| words(k, *n)).collect::<Vec<_>>().join(", ")
    };
    let zh = list(|k, n| format!("{k}有{n}种不同值"));
    let en = list(|k, n| format!("{k} has {n} distinct values"));
    let why = Text::new(format!("{zh}，应为1种"), format!("{en}, limit 1 value"));
    Some(differing.iter().fold(Outcome::fail(subject, why), |outcome, (keyword, n)| {
        let name = format!("distinct_{keyword}");
        outcome.with(Evidence::new(name, *n).limit(1).unit("values"))
    }))
}

fn value(instance: &InstanceView<'_>, tag: Tag) -> Option<String> {
    let text = instance.text(tag).map(|t| t.trim().to_owned());
    text.or_else(|| instance.int(tag).map(|n| n.to_string()))
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
    fn hit_two_dates_and_two_modalities() {
        let o = one(&CHECK, &with(tags::STUDY_DATE, "20260221"), OutcomeKind::Fail);
        assert_eq!(evidence(&o, "distinct_StudyDate"), 2);
        assert!(o.subject.series_uid.is_none());
        let o = one(&CHECK, &with(tags::MODALITY, "PT"), OutcomeKind::Fail);
        assert!(o.subject.series_uid.is_some());
    }

    #[test]
    fn miss_padding_and_empty_values() {
        one(&CHECK, &with(tags::ACCESSION_NUMBER, "A1 "), OutcomeKind::Pass);
        one(&CHECK, &with(tags::ACCESSION_NUMBER, ""), OutcomeKind::Pass);
    }

    #[test]
    fn miss_two_modalities_in_two_series() {
        let mut study = with(tags::MODALITY, "MR");
        let mut other = study.series[0].clone();
        other.instances = vec![study.series[0].instances.remove(2)];
        other.uid = "2.25.1.9".into();
        study.series.push(other);
        one(&CHECK, &study, OutcomeKind::Pass);
    }
}
