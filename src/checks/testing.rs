//! Studies in memory and the shipped base policy, for the checks' own tests.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::items::lexicon::Lexicon;
use crate::model::attribute::{Stored, Value};
use crate::model::file::PixelState;
use crate::model::institution::{InstitutionRef, InstitutionSource};
use crate::model::measurement::Measurement;
use crate::model::outcome::{Outcome, OutcomeKind, Severity};
use crate::model::registry::{DeviceRow, RegistryFacts, StaffRow};
use crate::model::study::{Instance, Series, Study};
use crate::policy::params::{ParamValue, Params};
use crate::policy::resolved::{CheckPolicy, Policy};
use crate::policy::settings::{Setting, SettingValue, Settings};
use crate::series::SeriesKind;

use super::contract::{CheckMeta, Depth};
use super::prepared::{Common, Items, Prepared};
use super::runner::{self, Ran};

mod films;
mod slices;
pub use films::*;
pub use slices::*;

/// The day on which the tests judge.
pub const AS_OF: &str = "20260301";

/// Root of the invented UIDs (PS3.5 B.2: derived from a UUID).
pub const ROOT: &str = "2.25.1";

fn param(value: &toml::Value) -> ParamValue {
    match value {
        toml::Value::Integer(i) => ParamValue::Number(f64::from(i32::try_from(*i).unwrap())),
        toml::Value::Float(f) => ParamValue::Number(*f),
        toml::Value::Boolean(b) => ParamValue::Flag(*b),
        toml::Value::Array(a) => {
            ParamValue::Texts(a.iter().map(|t| t.as_str().unwrap().to_owned()).collect())
        }
        other => panic!("no parameter of this kind: {other:?}"),
    }
}

/// `policies/base.toml`, read without the loader's validation.
pub fn base_policy() -> Policy {
    let base: toml::Table = include_str!("../../policies/base.toml").parse().unwrap();
    let checks = base["checks"].as_table().unwrap();
    let check = |t: &toml::Value| CheckPolicy {
        severity: match t["severity"].as_str().unwrap() {
            "critical" => Severity::Critical,
            "major" => Severity::Major,
            "minor" => Severity::Minor,
            other => panic!("no severity {other}"),
        },
        required: t["required"].as_bool().unwrap(),
        clause: t.get("clause").map(|c| c.as_str().unwrap().to_owned()),
        source: t["source"].as_str().unwrap().to_owned(),
        params: Params(
            t.get("params")
                .and_then(toml::Value::as_table)
                .map(|p| p.iter().map(|(k, v)| (k.clone(), param(v))).collect::<BTreeMap<_, _>>())
                .unwrap_or_default(),
        ),
    };
    Policy {
        id: "base".into(),
        digest: String::new(),
        checks: checks.iter().map(|(name, t)| (name.clone(), check(t))).collect(),
        settings: settings(),
    }
}

/// `policies/settings.toml`, read likewise.
fn settings() -> Settings {
    let written: toml::Table = include_str!("../../policies/settings.toml").parse().unwrap();
    let setting = |t: &toml::Value| Setting {
        value: match &t["value"] {
            toml::Value::Boolean(b) => SettingValue::Flag(*b),
            toml::Value::String(w) => SettingValue::Word(w.clone()),
            number => match param(number) {
                ParamValue::Number(n) => SettingValue::Number(n),
                other => panic!("no setting: {other:?}"),
            },
        },
        source: t["source"].as_str().unwrap().to_owned(),
        clause: None,
        site_setting: true,
    };
    let all = written["settings"].as_table().unwrap();
    Settings(all.iter().map(|(key, t)| (key.clone(), setting(t))).collect())
}

/// The shipped words.
pub fn lexicon() -> &'static Lexicon {
    static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::embedded().unwrap());
    &LEXICON
}

/// Runs every check under the base policy.
pub fn run_all(study: &Study) -> Vec<Ran> {
    let policy = base_policy();
    let common = Common::of(study, &policy, lexicon());
    let prepared = Prepared { policy: &policy, common: &common, items: Items::NoCatalogue };
    runner::run_all(study, &prepared, Depth::Models, AS_OF)
}

/// Runs one check under a policy and catalogue items.
pub fn run_under(
    meta: &'static CheckMeta,
    study: &Study,
    policy: &Policy,
    items: Items<'_>,
) -> Vec<Outcome> {
    let common = Common::of(study, policy, lexicon());
    let prepared = Prepared { policy, common: &common, items };
    runner::run_one(meta, study, &prepared, Depth::Pixels, AS_OF)
}

/// Runs one check under a policy over series of given kinds, in the order of the study's series.
pub fn run_kinds(
    meta: &'static CheckMeta,
    study: &Study,
    kinds: Vec<SeriesKind>,
    policy: &Policy,
    items: Items<'_>,
) -> Vec<Outcome> {
    let mut common = Common::of(study, policy, lexicon());
    assert_eq!(common.kinds.len(), kinds.len(), "a kind for each series");
    common.kinds = kinds;
    let prepared = Prepared { policy, common: &common, items };
    runner::run_one(meta, study, &prepared, Depth::Pixels, AS_OF)
}

/// Runs one check under the base policy.
pub fn run(meta: &'static CheckMeta, study: &Study) -> Vec<Outcome> {
    run_under(meta, study, &base_policy(), Items::NoCatalogue)
}

/// Runs one check under the base policy with one parameter replaced.
pub fn run_with(
    meta: &'static CheckMeta,
    study: &Study,
    key: &str,
    value: ParamValue,
) -> Vec<Outcome> {
    let mut policy = base_policy();
    policy.checks.get_mut(meta.name).unwrap().params.0.insert(key.to_owned(), value);
    run_under(meta, study, &policy, Items::NoCatalogue)
}

/// Runs one check under the base policy with numbers replaced and expects one outcome of `kind`.
#[track_caller]
pub fn one_with(
    meta: &'static CheckMeta,
    study: &Study,
    numbers: &[(&str, f64)],
    kind: OutcomeKind,
) -> Outcome {
    let mut policy = base_policy();
    let params = &mut policy.checks.get_mut(meta.name).unwrap().params.0;
    for (key, number) in numbers {
        params.insert((*key).to_owned(), ParamValue::Number(*number));
    }
    let mut outcomes = run_under(meta, study, &policy, Items::NoCatalogue);
    let told: Vec<_> = outcomes.iter().map(|o| (o.kind, o.why.en.clone())).collect();
    assert_eq!(outcomes.len(), 1, "{told:?}");
    assert_eq!(outcomes[0].kind, kind, "{told:?}");
    outcomes.remove(0)
}

/// The kinds of the outcomes, in order.
pub fn kinds(outcomes: &[Outcome]) -> Vec<OutcomeKind> {
    outcomes.iter().map(|o| o.kind).collect()
}

/// Runs one check and expects one outcome of `kind`, which it returns.
#[track_caller]
pub fn one(meta: &'static CheckMeta, study: &Study, kind: OutcomeKind) -> Outcome {
    let mut outcomes = run(meta, study);
    let told: Vec<_> = outcomes.iter().map(|o| (o.kind, o.why.en.clone())).collect();
    assert_eq!(outcomes.len(), 1, "{told:?}");
    assert_eq!(outcomes[0].kind, kind, "{told:?}");
    outcomes.remove(0)
}

/// The value of a named piece of evidence.
#[track_caller]
pub fn evidence<'a>(outcome: &'a Outcome, name: &str) -> &'a serde_json::Value {
    let found = outcome.evidence.iter().find(|e| e.name == name);
    &found.unwrap_or_else(|| panic!("no evidence {name} in {:?}", outcome.evidence)).value
}

/// Sets numbers as decimal strings.
pub fn set_numbers(instance: &mut Instance, tag: Tag, numbers: &[f64]) {
    let texts = numbers.iter().map(f64::to_string).collect();
    instance.attributes.set(tag, Stored::Present(Value::Text(texts)));
}

/// Sets a binary integer.
pub fn set_int(instance: &mut Instance, tag: Tag, number: i64) {
    instance.attributes.set(tag, Stored::Present(Value::Int(vec![number].into())));
}

/// Sets several texts.
pub fn set_texts(instance: &mut Instance, tag: Tag, texts: &[&str]) {
    let texts = texts.iter().copied().collect();
    instance.attributes.set(tag, Stored::Present(Value::Text(texts)));
}

fn class(modality: &str) -> &'static str {
    match modality {
        "CT" => "1.2.840.10008.5.1.4.1.1.2",
        "MR" => "1.2.840.10008.5.1.4.1.1.4",
        "DX" => "1.2.840.10008.5.1.4.1.1.1.1",
        "MG" => "1.2.840.10008.5.1.4.1.1.1.2",
        "CR" => "1.2.840.10008.5.1.4.1.1.1",
        _ => "1.2.840.10008.5.1.4.1.1.7",
    }
}

/// Gives a study a device and an operator, and tables that list both.
pub fn register(study: &mut Study) {
    for i in study.series.iter_mut().flat_map(|s| &mut s.instances) {
        i.attributes.set_text(tags::DEVICE_SERIAL_NUMBER, "SN-1");
        i.attributes.set_text(tags::OPERATORS_NAME, "Probe^Zwei");
    }
    let device =
        DeviceRow { serial: "sn1".into(), valid_until: "20261231".into(), ..DeviceRow::default() };
    let person = StaffRow { names: vec!["Probe Zwei".into()], ..StaffRow::default() };
    study.registry = RegistryFacts { devices: Some(vec![device]), staff: Some(vec![person]) };
}

/// A clean instance of the one series of a clean study: 4 x 4 pixels of 16 bits, uncompressed,
/// decoded and measured. `number` makes its SOP Instance UID and its Instance Number.
pub fn instance(modality: &str, number: usize) -> Instance {
    let mut i = Instance::default();
    let texts = [
        (tags::SOP_CLASS_UID, class(modality).to_owned()),
        (tags::SOP_INSTANCE_UID, format!("{ROOT}.3.{number}")),
        (tags::STUDY_INSTANCE_UID, format!("{ROOT}.1")),
        (tags::SERIES_INSTANCE_UID, format!("{ROOT}.2")),
        (tags::FRAME_OF_REFERENCE_UID, format!("{ROOT}.4")),
        (tags::MODALITY, modality.to_owned()),
        (tags::INSTANCE_NUMBER, number.to_string()),
        (tags::SERIES_NUMBER, "1".into()),
        (tags::STUDY_ID, "S1".into()),
        (tags::ACCESSION_NUMBER, "A1".into()),
        (tags::PATIENT_NAME, "Probe^Eins".into()),
        (tags::PATIENT_ID, "P1".into()),
        (tags::PATIENT_SEX, "F".into()),
        (tags::PATIENT_BIRTH_DATE, "19800215".into()),
        (tags::PATIENT_AGE, "046Y".into()),
        (tags::STUDY_DATE, "20260220".into()),
        (tags::SERIES_DATE, "20260220".into()),
        (tags::ACQUISITION_DATE, "20260220".into()),
        (tags::CONTENT_DATE, "20260220".into()),
        (tags::STUDY_TIME, "101500".into()),
        (tags::INSTITUTION_NAME, "Probe Hospital".into()),
        (tags::MANUFACTURER, "Probe".into()),
        (tags::MANUFACTURER_MODEL_NAME, "One".into()),
        (tags::BODY_PART_EXAMINED, "CHEST".into()),
        (tags::VIEW_POSITION, "PA".into()),
        (tags::IMAGE_LATERALITY, "L".into()),
        (tags::PATIENT_ORIENTATION, "L\\F".into()),
        (tags::PHOTOMETRIC_INTERPRETATION, "MONOCHROME2".into()),
        (tags::KVP, "120".into()),
        (tags::CONVOLUTION_KERNEL, "B30".into()),
        (tags::SLICE_THICKNESS, "5".into()),
        (tags::REPETITION_TIME, "500".into()),
        (tags::ECHO_TIME, "10".into()),
        (tags::SCANNING_SEQUENCE, "SE".into()),
        (tags::MAGNETIC_FIELD_STRENGTH, "1.5".into()),
        (tags::PATIENT_POSITION, "HFS".into()),
    ];
    for (tag, text) in texts {
        i.attributes.set_text(tag, text);
    }
    set_texts(&mut i, tags::IMAGE_TYPE, &["ORIGINAL", "PRIMARY", "AXIAL"]);
    set_numbers(&mut i, tags::PIXEL_SPACING, &[0.5, 0.5]);
    set_numbers(&mut i, tags::IMAGER_PIXEL_SPACING, &[0.1, 0.1]);
    describe_pixels(&mut i);
    i.file.content_fingerprint = format!("fingerprint-{number}");
    i.file.pixel_digest = Some(format!("digest-{number}"));
    measure(&mut i, 0.0, 1000.0, 800.0);
    i
}

fn describe_pixels(i: &mut Instance) {
    for (tag, number) in [
        (tags::ROWS, 4),
        (tags::COLUMNS, 4),
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::BITS_ALLOCATED, 16),
        (tags::BITS_STORED, 12),
        (tags::HIGH_BIT, 11),
        (tags::PIXEL_REPRESENTATION, 0),
    ] {
        set_int(i, tag, number);
    }
    i.file.transfer_syntax = "1.2.840.10008.1.2.1".into();
    i.file.pixels = PixelState::Decoded;
    i.file.pixel_bytes = Some(32);
    i.file.pixel_bytes_declared = Some(32);
    i.file.pixel_bytes_expected = Some(32);
}

/// Replaces the measurements of frame 0: 1st and 99th percentile, count of distinct levels.
pub fn measure(i: &mut Instance, p01: f64, p99: f64, levels: f64) {
    i.measurements.clear();
    measure_frame(i, 0, p01, p99, levels);
}

/// Adds the measurements of one frame.
pub fn measure_frame(i: &mut Instance, frame: u32, p01: f64, p99: f64, levels: f64) {
    let middle = f64::midpoint(p01, p99);
    i.measurements.extend([
        Measurement::of_frame("stored_sum", frame, middle * 16.0),
        Measurement::of_frame("stored_min", frame, p01),
        Measurement::of_frame("stored_max", frame, p99),
        Measurement::of_frame("mean", frame, middle),
        Measurement::of_frame("sd", frame, (p99 - p01) / 4.0),
        Measurement::of_frame("p01", frame, p01),
        Measurement::of_frame("p99", frame, p99),
        Measurement::of_frame("distinct_levels", frame, levels),
        Measurement::of_frame("sampled", frame, 1.0),
    ]);
}

/// Puts an axial slice at `z` mm.
pub fn place(i: &mut Instance, z: f64) {
    set_numbers(i, tags::IMAGE_POSITION_PATIENT, &[-100.0, -120.0, z]);
    set_numbers(i, tags::IMAGE_ORIENTATION_PATIENT, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
}

/// A study of the given instances, in series by Series Instance UID, with a known institution.
pub fn study(instances: Vec<Instance>) -> Study {
    let mut study = Study {
        key: format!("{ROOT}.1"),
        uid: format!("{ROOT}.1"),
        institution: InstitutionRef {
            id: "probe".into(),
            name: "Probe Hospital".into(),
            source: InstitutionSource::Header,
            stated: None,
            region: None,
        },
        ..Study::default()
    };
    for i in instances {
        let uid = i.attributes.text(tags::SERIES_INSTANCE_UID).unwrap_or_default().to_owned();
        let modality = i.attributes.text(tags::MODALITY).unwrap_or_default().to_owned();
        match study.series.iter_mut().find(|s| s.uid == uid) {
            Some(series) => series.instances.push(i),
            None => study.series.push(Series { uid, modality, instances: vec![i] }),
        }
    }
    study
}
