//! IDN001: attributes that the policy asks for and that are absent, empty or malformed.

use std::collections::BTreeMap;

use dicom_core::Tag;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_dictionary_std::{StandardDataDictionary, tags};

use crate::checks::contract::Input;
use crate::checks::view::{InstanceView, StudyView};
use crate::declare_check;
use crate::model::attribute::State;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// Attributes that the policy asks for and that are absent, empty or malformed.
    ///
    /// ## What it does
    /// Looks in every judged instance for the attributes listed for all images and for its modality.
    ///
    /// ## Why it matters
    /// Without them the receiving hospital cannot tell whose the study is, when, where or how it was
    /// made; regions count the share of filled fields.
    ///
    /// ## How it is measured
    /// Completeness = present attributes / (listed attributes x instances), 0 to 1, higher is better.
    /// Fails below `completeness_min`, or where an attribute of `never_missing` is missing anywhere.
    ///
    /// ## Known limits
    /// A value that is present may still be wrong or a filler. An attribute that stands in the functional
    /// groups of an enhanced object counts as present if its first frame has it.
    ///
    /// ## Parameters
    /// `completeness_min`: smallest accepted completeness. `never_missing`: keywords of which every
    /// instance needs every one. `listed_all`, `listed_radiography`, `listed_mammography`, `listed_ct`,
    /// `listed_mr`: keywords counted for completeness.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.1 to C.7.5 (patient, study, series, equipment modules); PS3.5 7.4 (types).
    code: "IDN001",
    name: "missing-required-attribute",
    title: ("缺少必需的DICOM属性", "a required attribute is missing"),
    advice: (
        "在设备或RIS中补全缺失项目后重新发送；检查工作列表（worklist）配置",
        "fill in what is missing on the device or in the RIS and send again; check the worklist settings"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::Header(tags::PATIENT_NAME),
        Input::Header(tags::PATIENT_ID),
        Input::Header(tags::PATIENT_BIRTH_DATE),
        Input::Header(tags::PATIENT_SEX),
        Input::Header(tags::PATIENT_AGE),
        Input::Header(tags::PATIENT_POSITION),
        Input::Header(tags::PATIENT_ORIENTATION),
        Input::Header(tags::STUDY_INSTANCE_UID),
        Input::Header(tags::SERIES_INSTANCE_UID),
        Input::Header(tags::SOP_INSTANCE_UID),
        Input::Header(tags::SOP_CLASS_UID),
        Input::Header(tags::STUDY_DATE),
        Input::Header(tags::STUDY_TIME),
        Input::Header(tags::SERIES_DATE),
        Input::Header(tags::ACQUISITION_DATE),
        Input::Header(tags::STUDY_ID),
        Input::Header(tags::ACCESSION_NUMBER),
        Input::Header(tags::STUDY_DESCRIPTION),
        Input::Header(tags::SERIES_DESCRIPTION),
        Input::Header(tags::PROTOCOL_NAME),
        Input::Header(tags::MODALITY),
        Input::Header(tags::SERIES_NUMBER),
        Input::Header(tags::INSTANCE_NUMBER),
        Input::Header(tags::INSTITUTION_NAME),
        Input::Header(tags::STATION_NAME),
        Input::Header(tags::MANUFACTURER),
        Input::Header(tags::MANUFACTURER_MODEL_NAME),
        Input::Header(tags::DEVICE_SERIAL_NUMBER),
        Input::Header(tags::REFERRING_PHYSICIAN_NAME),
        Input::Header(tags::OPERATORS_NAME),
        Input::Header(tags::BODY_PART_EXAMINED),
        Input::Header(tags::VIEW_POSITION),
        Input::Header(tags::LATERALITY),
        Input::Header(tags::IMAGE_LATERALITY),
        Input::Header(tags::IMAGE_TYPE),
        Input::Header(tags::IMAGE_POSITION_PATIENT),
        Input::Header(tags::IMAGE_ORIENTATION_PATIENT),
        Input::Header(tags::FRAME_OF_REFERENCE_UID),
        Input::Header(tags::SLICE_THICKNESS),
        Input::Header(tags::PIXEL_SPACING),
        Input::Header(tags::IMAGER_PIXEL_SPACING),
        Input::Header(tags::ROWS),
        Input::Header(tags::COLUMNS),
        Input::Header(tags::PHOTOMETRIC_INTERPRETATION),
        Input::Header(tags::KVP),
        Input::Header(tags::EXPOSURE),
        Input::Header(tags::CONVOLUTION_KERNEL),
        Input::Header(tags::COMPRESSION_FORCE),
        Input::Header(tags::BODY_PART_THICKNESS),
        Input::Header(tags::MAGNETIC_FIELD_STRENGTH),
        Input::Header(tags::SCANNING_SEQUENCE),
        Input::Header(tags::REPETITION_TIME),
        Input::Header(tags::ECHO_TIME),
    ],
    params: [
        ("completeness_min", Number, "1", "smallest accepted share of listed attributes that are present"),
        ("never_missing", Texts, "", "keywords of which every instance needs every one"),
        ("listed_all", Texts, "", "keywords counted for every judged image"),
        ("listed_radiography", Texts, "", "keywords counted for radiographs besides"),
        ("listed_mammography", Texts, "", "keywords counted for mammograms besides"),
        ("listed_ct", Texts, "", "keywords counted for CT besides"),
        ("listed_mr", Texts, "", "keywords counted for MR besides"),
    ],
    dicom_code: None,
    run: run,
}

/// The tag of a keyword that a policy may list; `None` where the check does not see it.
pub fn attribute(keyword: &str) -> Option<Tag> {
    let tag = StandardDataDictionary.by_name(keyword)?.tag();
    CHECK.inputs.contains(&Input::Header(tag)).then_some(tag)
}

struct Counts<'p> {
    asked: usize,
    instances: usize,
    /// Keyword → how often absent, empty, malformed.
    missing: BTreeMap<&'p str, [usize; 3]>,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let never = params.texts("never_missing");
    let lists =
        ["listed_all", "listed_radiography", "listed_mammography", "listed_ct", "listed_mr"];
    let listed = || never.iter().chain(lists.iter().flat_map(|key| params.texts(key)));
    if let Some(unknown) = listed().find(|keyword| attribute(keyword).is_none()) {
        let why = Text::new(
            format!("策略中的属性名“{unknown}”不在本检查可见范围内"),
            format!("the policy lists {unknown}, which this check cannot see"),
        );
        return vec![Outcome::could_not_run(Subject::study(), why)];
    }
    let mut counts = Counts { asked: 0, instances: 0, missing: BTreeMap::new() };
    let mut asked: BTreeMap<Family, Vec<(&str, Tag)>> = BTreeMap::new();
    for series in view.series() {
        for instance in series.instances() {
            let Some(family) = instance.family() else { continue };
            let asked = asked.entry(family).or_insert_with(|| listed_for(family, params, never));
            count(&instance, asked, &mut counts);
        }
    }
    vec![judged(&counts, never, params.number("completeness_min"))]
}

fn listed_for<'p>(family: Family, params: &'p Params, never: &'p [String]) -> Vec<(&'p str, Tag)> {
    let own = match family {
        Family::Radiography => "listed_radiography",
        Family::Mammography => "listed_mammography",
        Family::Ct => "listed_ct",
        Family::Mr => "listed_mr",
    };
    let mut keywords: Vec<&str> = never
        .iter()
        .chain(params.texts("listed_all"))
        .chain(params.texts(own))
        .map(String::as_str)
        .collect();
    keywords.sort_unstable();
    keywords.dedup();
    keywords.into_iter().filter_map(|k| attribute(k).map(|tag| (k, tag))).collect()
}

fn count<'p>(instance: &InstanceView<'_>, asked: &[(&'p str, Tag)], counts: &mut Counts<'p>) {
    counts.instances += 1;
    for &(keyword, tag) in asked {
        counts.asked += 1;
        let kind = match instance.state(tag) {
            State::Present(_) => continue,
            State::Absent if in_first_frame(instance, tag) => continue,
            State::Absent => 0,
            State::Empty => 1,
            State::Malformed(_) => 2,
        };
        counts.missing.entry(keyword).or_default()[kind] += 1;
    }
}

fn in_first_frame(instance: &InstanceView<'_>, tag: Tag) -> bool {
    !instance.frame_texts(0, tag).is_empty() || instance.frame_float(0, tag).is_some()
}

#[expect(clippy::cast_precision_loss, reason = "a share of counts")]
fn judged(counts: &Counts<'_>, never: &[String], min: f64) -> Outcome {
    if counts.asked == 0 {
        let why = Text::new("没有可判定的图像", "there is no image to judge");
        return Outcome::not_applicable(Subject::study(), why);
    }
    let lost: usize = counts.missing.values().flatten().sum();
    let rate = (counts.asked - lost) as f64 / counts.asked as f64;
    let essential: Vec<&str> =
        counts.missing.keys().copied().filter(|k| never.iter().any(|n| n == k)).collect();
    let shown = (rate * 10_000.0).floor() / 10_000.0;
    let outcome = if essential.is_empty() && rate >= min {
        let why = Text::new(
            format!("属性完整率{shown}，不低于{min}"),
            format!("completeness is {shown}, limit {min}"),
        );
        Outcome::pass(Subject::study(), why)
    } else if essential.is_empty() {
        let names = counts.missing.keys().copied().collect::<Vec<_>>().join(", ");
        let why = Text::new(
            format!("属性完整率{shown}，应不低于{min}；缺少{names}"),
            format!("completeness is {shown}, limit {min}; missing are {names}"),
        );
        Outcome::fail(Subject::study(), why)
    } else {
        let names = essential.join(", ");
        let why = Text::new(
            format!("缺少必需属性{names}，允许缺少0个"),
            format!("{} required attributes are missing, limit 0: {names}", essential.len()),
        );
        Outcome::fail(Subject::study(), why)
    };
    let outcome = outcome
        .with(Evidence::new("completeness", shown).limit(min).unit("1"))
        .with(
            Evidence::new("never_missing_but_missing", essential.len()).limit(0).unit("attributes"),
        )
        .with(Evidence::new("instances_checked", counts.instances));
    counts.missing.iter().fold(outcome, |outcome, (keyword, [absent, empty, malformed])| {
        let states = format!("absent {absent}, empty {empty}, malformed {malformed}");
        outcome.with(Evidence::new(*keyword, states).unit("instances"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, kinds, one, run_with, volume};
    use crate::model::attribute::Stored;
    use crate::model::outcome::OutcomeKind;
    use crate::policy::params::ParamValue;

    #[test]
    fn hit_one_instance_without_patient_id() {
        let mut study = volume("CT", 50, 5.0);
        study.series[0].instances[7].attributes.set(tags::PATIENT_ID, Stored::Empty);
        let o = one(&CHECK, &study, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "PatientID"), "absent 0, empty 1, malformed 0");
    }

    #[test]
    fn hit_and_miss_around_the_completeness() {
        let mut study = volume("CT", 10, 5.0);
        one(&CHECK, &study, OutcomeKind::Pass);
        study.series[0].instances[0].attributes.remove(tags::KVP);
        let o = one(&CHECK, &study, OutcomeKind::Pass);
        let rate = evidence(&o, "completeness").as_f64().unwrap();
        assert!(rate < 1.0 && rate > 0.95);
        let at =
            |limit| kinds(&run_with(&CHECK, &study, "completeness_min", ParamValue::Number(limit)));
        assert_eq!(at(rate), [OutcomeKind::Pass]);
        assert_eq!(at(rate + 0.0002), [OutcomeKind::Fail]);
    }

    #[test]
    fn a_keyword_it_cannot_see_could_not_run() {
        let lists = ParamValue::Texts(vec!["PatientTelephoneNumbers".into()]);
        let outcomes = run_with(&CHECK, &volume("CT", 4, 5.0), "listed_all", lists);
        assert_eq!(kinds(&outcomes), [OutcomeKind::CouldNotRun]);
    }

    #[test]
    fn miss_each_family_complete() {
        for modality in ["CT", "MR", "DX", "MG", "CR"] {
            one(&CHECK, &volume(modality, 2, 5.0), OutcomeKind::Pass);
        }
    }
}
