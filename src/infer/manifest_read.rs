//! Reads `manifest.toml` strictly: unknown keys, missing ones and contradictions are errors, all
//! reported together with their place.

use std::collections::BTreeMap;

use toml::de::DeValue;

use crate::model::text::Text;
use crate::policy::error::PolicyErrors;
use crate::policy::reader::{Doc, Table, number};

use super::manifest::{Accuracy, Calibration, Dim, Entry, Golden, Manifest, Port, Training};

/// The version of the manifest's form.
const SCHEMA: f64 = 1.0;
/// How far off a golden value may be where the manifest does not say.
const TOLERANCE: f64 = 1e-3;

pub(super) fn parse(shown: &str, text: &str) -> Result<Manifest, PolicyErrors> {
    let doc = Doc::new(shown, text);
    let models = doc.read(|root| {
        if let Some(schema) = root.number("schema")
            && (schema.value - SCHEMA).abs() > f64::EPSILON
        {
            root.error_at(
                &schema.spot,
                format!("schema 应为 {SCHEMA}"),
                format!("schema must be {SCHEMA}"),
            );
        }
        let models = root.tables("model", entry);
        for (at, model) in models.iter().enumerate() {
            if models.iter().take(at).any(|m| m.name == model.name) {
                let name = &model.name;
                root.error(format!("模型 {name} 写了两次"), format!("model {name} stands twice"));
            }
        }
        models
    });
    PolicyErrors::check(doc.into_errors())?;
    Ok(Manifest { models })
}

fn entry(t: &Table<'_, '_>) -> Option<Entry> {
    // Everything is read before anything is given up, so that every error is told.
    let (name, version) = (plain(t, "name"), t.text("version"));
    let (file, card) = (plain(t, "file"), plain(t, "card"));
    let (sha256, bytes) = (sha256(t), count(t, "bytes"));
    let (task, intended_use) = (both(t, "task"), both(t, "intended_use"));
    let inputs = ports(t, "input", "preprocessing");
    let outputs = ports(t, "output", "meaning");
    let sizes = sizes(t, &inputs);
    let classes = t.opt_texts("classes").map(|c| c.value).unwrap_or_default();
    let calibration = t.opt_table("calibration", calibration);
    let thresholds = t.opt_table("thresholds", |t| Some(numbers(t, &[]))).unwrap_or_default();
    let training = t.tables("training", training);
    let limits = t.tables("limit", |t| both_of(t, "zh", "en"));
    let accuracy = t.tables("accuracy", accuracy);
    let golden = t.tables("golden", |t| golden(t, &outputs));
    if training.is_empty() {
        t.error("缺少 [[model.training]]", "missing [[model.training]]");
    }
    Some(Entry {
        name: name?,
        version: version?.value,
        file: file?,
        sha256: sha256?,
        bytes: bytes?,
        task: task?,
        intended_use: intended_use?,
        card: card?,
        inputs,
        outputs,
        sizes,
        classes,
        calibration,
        thresholds,
        training,
        limits,
        accuracy,
        golden,
    })
}

/// A plain name: a model's files lie beside the manifest, nowhere else.
fn plain(t: &Table<'_, '_>, key: &str) -> Option<String> {
    let found = t.text(key)?;
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if !found.value.chars().all(fine) || found.value.starts_with('.') {
        t.error_at(
            &found.spot,
            format!("{key} 只能含字母、数字、_、- 和 .，不能含路径"),
            format!("{key} may hold letters, digits, _, - and . only, and no path"),
        );
        return None;
    }
    Some(found.value)
}

fn sha256(t: &Table<'_, '_>) -> Option<String> {
    let found = t.text("sha256")?;
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if found.value.len() != 64 || !found.value.bytes().all(hex) {
        t.error_at(
            &found.spot,
            "sha256 应为 64 位小写十六进制数",
            "sha256 must be 64 lower-case hex digits",
        );
        return None;
    }
    Some(found.value)
}

/// A whole number from 0 on.
fn count(t: &Table<'_, '_>, key: &str) -> Option<u64> {
    let found = t.number(key)?;
    let whole = found.value.fract() == 0.0 && (0.0..9e15).contains(&found.value);
    if !whole {
        t.error_at(
            &found.spot,
            format!("{key} 应为非负整数"),
            format!("{key} must be a whole number, not negative"),
        );
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
    Some(found.value as u64)
}

fn size(t: &Table<'_, '_>, key: &str) -> Option<usize> {
    count(t, key).and_then(|n| usize::try_from(n).ok())
}

fn both(t: &Table<'_, '_>, key: &str) -> Option<Text> {
    both_of(t, &format!("{key}_zh"), &format!("{key}_en"))
}

fn both_of(t: &Table<'_, '_>, zh: &str, en: &str) -> Option<Text> {
    let (zh, en) = (t.text(zh), t.text(en));
    Some(Text::new(zh?.value, en?.value))
}

fn ports(t: &Table<'_, '_>, key: &str, about: &str) -> Vec<Port> {
    let ports = t.tables(key, |t| {
        let (name, unit, about) = (t.text("name"), t.text("unit"), t.text(about));
        let shape = shape(t);
        Some(Port { name: name?.value, shape: shape?, unit: unit?.value, about: about?.value })
    });
    if ports.is_empty() && t.raw(key).is_none() {
        t.error(format!("缺少 [[model.{key}]]"), format!("missing [[model.{key}]]"));
    }
    ports
}

fn shape(t: &Table<'_, '_>) -> Option<Vec<Dim>> {
    let found = t.raw_required("shape")?;
    let dim = |value: &DeValue<'_>| match value {
        DeValue::String(name) if !name.trim().is_empty() => Some(Dim::Named(name.to_string())),
        DeValue::Integer(i) => i.as_str().parse().ok().filter(|n: &usize| *n > 0).map(Dim::Fixed),
        _ => None,
    };
    let dims = match found.value {
        DeValue::Array(items) => items.iter().map(|i| dim(i.get_ref())).collect::<Option<Vec<_>>>(),
        _ => None,
    };
    if dims.is_none() {
        t.error_at(
            &found.spot,
            "shape 应为列表，每项是正整数或可变维的名称",
            "shape must be a list of positive numbers and names of dimensions that vary",
        );
    }
    dims
}

/// A size for every named dimension of the inputs, and for no other.
fn sizes(t: &Table<'_, '_>, inputs: &[Port]) -> BTreeMap<String, usize> {
    let mut named: Vec<&String> = Vec::new();
    for dim in inputs.iter().flat_map(|p| &p.shape) {
        if let Dim::Named(name) = dim
            && !named.contains(&name)
        {
            named.push(name);
        }
    }
    if named.is_empty() {
        return BTreeMap::new();
    }
    let read = |t: &Table<'_, '_>| {
        let size = |name: &&String| Some(((*name).clone(), size(t, name).filter(|n| *n > 0)?));
        Some(named.iter().filter_map(size).collect())
    };
    t.table("sizes", read).unwrap_or_default()
}

/// Every key of a table as a number, but for those read otherwise.
fn numbers(t: &Table<'_, '_>, but: &[&str]) -> BTreeMap<String, f64> {
    let keys: Vec<String> = t.keys().map(|k| k.value).collect();
    let number = |key: String| t.number(&key).map(|n| (key, n.value));
    keys.into_iter().filter(|k| !but.contains(&k.as_str())).filter_map(number).collect()
}

fn calibration(t: &Table<'_, '_>) -> Option<Calibration> {
    let (method, values) = (t.text("method"), numbers(t, &["method"]));
    Some(Calibration { method: method?.value, values })
}

fn training(t: &Table<'_, '_>) -> Option<Training> {
    let (source, licence, images) = (t.text("source"), t.text("licence"), count(t, "images"));
    Some(Training { source: source?.value, licence: licence?.value, images: images? })
}

fn accuracy(t: &Table<'_, '_>) -> Option<Accuracy> {
    let (figure, value, n) = (t.text("figure"), t.number("value"), count(t, "n"));
    let data = t.text("data");
    let interval = t.raw("interval").and_then(|found| {
        let ends: Option<Vec<f64>> = match found.value {
            DeValue::Array(items) => items.iter().map(|i| number(i.get_ref())).collect(),
            _ => None,
        };
        match ends.as_deref() {
            Some([low, high]) if low <= high => Some((*low, *high)),
            _ => {
                t.error_at(
                    &found.spot,
                    "interval 应为 [下限, 上限]",
                    "interval must be [low, high]",
                );
                None
            }
        }
    });
    let (figure, data) = (figure?.value, data?.value);
    Some(Accuracy { figure, value: value?.value, interval, n: n?, data })
}

fn golden(t: &Table<'_, '_>, outputs: &[Port]) -> Option<Golden> {
    let (output, at, value) = (t.text("output"), size(t, "at"), t.number("value"));
    let tolerance = t.opt_number("tolerance").map_or(TOLERANCE, |n| n.value);
    let output = output?;
    if !outputs.iter().any(|p| p.name == output.value) {
        let name = &output.value;
        t.error_at(
            &output.spot,
            format!("没有名为 {name} 的输出"),
            format!("there is no output {name}"),
        );
        return None;
    }
    Some(Golden { output: output.value, at: at?, value: value?.value, tolerance })
}
