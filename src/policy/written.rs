//! What policy files say of checks, as written: every value with its place, nothing decided yet.

use std::collections::BTreeMap;

use toml::de::DeValue;

use crate::model::outcome::Severity;

use super::error::Spot;
use super::params::ParamValue;
use super::reader::{At, Table, kind_of, number, texts};

/// The version of the format of policy files.
pub const SCHEMA: f64 = 1.0;

/// A parameter's value as written; what the check wants decides whether it is right.
#[derive(Clone, Debug, PartialEq)]
pub enum WrittenValue {
    /// A value that a parameter can have.
    Value(ParamValue),
    /// A value that none can have: its kind in Chinese and English.
    Other(&'static str, &'static str),
}

/// One `[checks.<name>]` table, of the base or of a region.
#[derive(Clone, Debug)]
pub struct WrittenCheck {
    /// Where it stands.
    pub spot: Spot,
    /// How much a Fail weighs.
    pub severity: Option<At<Severity>>,
    /// Whether it must have run.
    pub required: Option<At<bool>>,
    /// Base: where the values come from. Region: why they differ.
    pub why: Option<At<String>>,
    /// The clause.
    pub clause: Option<At<String>>,
    /// Region: the text says nothing, the value is for the site to set.
    pub site_setting: bool,
    /// `[checks.<name>.params]`.
    pub params: BTreeMap<String, At<WrittenValue>>,
}

const SEVERITIES: &[(&str, Severity)] =
    &[("critical", Severity::Critical), ("major", Severity::Major), ("minor", Severity::Minor)];

/// Reads and holds `schema` against the version this program knows.
pub fn schema(root: &Table<'_, '_>) {
    if let Some(found) = root.number("schema")
        && (found.value - SCHEMA).abs() > f64::EPSILON
    {
        let version = found.value;
        root.error_at(
            &found.spot,
            format!("本程序只认 schema = {SCHEMA}，文件为 {version}"),
            format!("schema is {version}, this program reads {SCHEMA}"),
        );
    }
}

/// Reads the `[checks]` of `base.toml`, where every value must be given.
pub fn base_checks(root: &Table<'_, '_>) -> BTreeMap<String, WrittenCheck> {
    root.named("checks", |_, t| {
        Some(WrittenCheck {
            spot: t.spot(),
            severity: t.choice("severity", SEVERITIES),
            required: t.flag("required"),
            why: t.text("source"),
            clause: t.opt_text("clause"),
            site_setting: false,
            params: params(t),
        })
    })
}

/// Reads the `[checks]` of a region: differences, each with its reason and its clause.
pub fn differences(root: &Table<'_, '_>) -> BTreeMap<String, WrittenCheck> {
    root.named("checks", |_, t| {
        let site_setting = t.opt_flag("site_setting").is_some_and(|f| f.value);
        Some(WrittenCheck {
            spot: t.spot(),
            severity: t.opt_choice("severity", SEVERITIES),
            required: t.opt_flag("required"),
            why: t.text("reason"),
            clause: if site_setting { t.opt_text("clause") } else { t.text("clause") },
            site_setting,
            params: params(t),
        })
    })
}

fn params(check: &Table<'_, '_>) -> BTreeMap<String, At<WrittenValue>> {
    check
        .opt_table("params", |t| {
            let keys: Vec<At<String>> = t.keys().collect();
            Some(
                keys.into_iter()
                    .filter_map(|key| {
                        let raw = t.raw(&key.value)?;
                        Some((key.value, At { value: written(raw.value), spot: raw.spot }))
                    })
                    .collect(),
            )
        })
        .unwrap_or_default()
}

fn written(value: &DeValue<'_>) -> WrittenValue {
    let read = number(value)
        .map(ParamValue::Number)
        .or_else(|| value.as_bool().map(ParamValue::Flag))
        .or_else(|| texts(value).map(ParamValue::Texts));
    let (zh, en) = kind_of(value);
    read.map_or(WrittenValue::Other(zh, en), WrittenValue::Value)
}
