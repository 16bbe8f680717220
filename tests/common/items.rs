//! Shared by the tests of item matching: catalogues, and studies made of header facts.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::path::PathBuf;

use dicom_dictionary_std::tags;
use hrgate::items::catalogue::Catalogue;
use hrgate::items::lexicon::Lexicon;
use hrgate::model::attribute::{Attributes, Stored, Value};
use hrgate::model::study::{Instance, Series, Study};
use serde::Deserialize;

/// Profile folder and the region word of its catalogue file.
pub const REGIONS: &[(&str, &str)] = &[
    ("hebei-2025", "hebei"),
    ("hechi-2024", "hechi"),
    ("chuanyu-2025-draft", "chuanyu"),
    ("zhejiang-2021", "zhejiang"),
    ("beijing-2024", "beijing"),
];

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a region's catalogue: its `items.csv`, or the source table it is copied from.
pub fn catalogue_text(profile: &str, region: &str) -> Option<String> {
    let own = root().join("policies").join(profile).join("items.csv");
    let shared = std::env::var_os("HRGATE_SHARED")
        .map_or_else(|| root().join("../shared"), PathBuf::from)
        .join(format!("policy/catalog_{region}.csv"));
    [own, shared].iter().find_map(|p| std::fs::read_to_string(p).ok())
}

pub fn catalogue(profile: &str, region: &str, lexicon: &Lexicon) -> Option<Catalogue> {
    let Some(text) = catalogue_text(profile, region) else {
        eprintln!("SKIPPED real-data: no catalogue of {profile}");
        return None;
    };
    let mut errors = Vec::new();
    let rows = hrgate::policy::catalogue_read::read(region, &text, &mut errors);
    assert!(errors.is_empty(), "{errors:?}");
    Some(Catalogue::new(profile, &rows, lexicon))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    pub value: String,
    pub scheme: Option<String>,
    pub meaning: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    pub view_position: Option<String>,
    pub image_laterality: Option<String>,
}

/// Header facts of a study, or of a series that overrides some of them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    pub modality: Option<String>,
    pub study_description: Option<String>,
    pub requested_procedure_description: Option<String>,
    pub series_description: Option<String>,
    pub protocol_name: Option<String>,
    pub body_part_examined: Option<String>,
    pub view_position: Option<String>,
    pub laterality: Option<String>,
    pub image_laterality: Option<String>,
    pub contrast_bolus_agent: Option<String>,
    pub image_type: Option<Vec<String>>,
    pub patient_age: Option<String>,
    pub procedure_code: Option<Code>,
    pub requested_procedure_code: Option<Code>,
    pub request_attributes_code: Option<Code>,
    pub manifest_item_code: Option<String>,
    #[serde(default)]
    pub images: Vec<Image>,
    #[serde(default)]
    pub series: Vec<Facts>,
}

fn sequence(items: Vec<Attributes>) -> Stored {
    Stored::Present(Value::Items(items.into()))
}

fn code(c: &Code) -> Attributes {
    let mut a = Attributes::default();
    a.set_text(tags::CODE_VALUE, c.value.as_str());
    a.set_text(tags::CODING_SCHEME_DESIGNATOR, c.scheme.as_deref().unwrap_or("99HIS"));
    if let Some(meaning) = &c.meaning {
        a.set_text(tags::CODE_MEANING, meaning.as_str());
    }
    a
}

fn attributes(of: &[&Facts], image: &Image) -> Attributes {
    let mut a = Attributes::default();
    let mut set = |tag, get: &dyn Fn(&Facts) -> Option<String>| {
        if let Some(text) = of.iter().find_map(|f| get(f)) {
            a.set_text(tag, text);
        }
    };
    set(tags::MODALITY, &|f| f.modality.clone());
    set(tags::STUDY_DESCRIPTION, &|f| f.study_description.clone());
    set(tags::REQUESTED_PROCEDURE_DESCRIPTION, &|f| f.requested_procedure_description.clone());
    set(tags::SERIES_DESCRIPTION, &|f| f.series_description.clone());
    set(tags::PROTOCOL_NAME, &|f| f.protocol_name.clone());
    set(tags::BODY_PART_EXAMINED, &|f| f.body_part_examined.clone());
    set(tags::VIEW_POSITION, &|f| image.view_position.clone().or(f.view_position.clone()));
    set(tags::LATERALITY, &|f| f.laterality.clone());
    set(tags::IMAGE_LATERALITY, &|f| image.image_laterality.clone().or(f.image_laterality.clone()));
    set(tags::CONTRAST_BOLUS_AGENT, &|f| f.contrast_bolus_agent.clone());
    set(tags::PATIENT_AGE, &|f| f.patient_age.clone());
    if let Some(t) = of.iter().find_map(|f| f.image_type.clone()) {
        a.set(tags::IMAGE_TYPE, Stored::Present(Value::Text(t.into())));
    }
    if let Some(c) = of.iter().find_map(|f| f.procedure_code.as_ref()) {
        a.set(tags::PROCEDURE_CODE_SEQUENCE, sequence(vec![code(c)]));
    }
    if let Some(c) = of.iter().find_map(|f| f.requested_procedure_code.as_ref()) {
        a.set(tags::REQUESTED_PROCEDURE_CODE_SEQUENCE, sequence(vec![code(c)]));
    }
    if let Some(c) = of.iter().find_map(|f| f.request_attributes_code.as_ref()) {
        let mut item = Attributes::default();
        item.set(tags::SCHEDULED_PROTOCOL_CODE_SEQUENCE, sequence(vec![code(c)]));
        a.set(tags::REQUEST_ATTRIBUTES_SEQUENCE, sequence(vec![item]));
    }
    a
}

fn one_series(of: &[&Facts], at: usize) -> Series {
    let bare = vec![Image::default()];
    let images = of.iter().map(|f| &f.images).find(|i| !i.is_empty()).unwrap_or(&bare);
    let instances: Vec<Instance> = images
        .iter()
        .map(|i| Instance { attributes: attributes(of, i), ..Instance::default() })
        .collect();
    let modality = of.iter().find_map(|f| f.modality.clone()).unwrap_or_default();
    Series { uid: format!("1.2.{at}"), modality, instances }
}

/// The study that the facts describe.
pub fn study(facts: &Facts) -> Study {
    let series = if facts.series.is_empty() {
        vec![one_series(&[facts], 1)]
    } else {
        facts.series.iter().enumerate().map(|(i, s)| one_series(&[s, facts], i + 1)).collect()
    };
    Study { key: "1.2".to_owned(), uid: "1.2".to_owned(), series, ..Study::default() }
}
