//! As written → resolved: the base holds every registered check with every parameter; a region
//! changes what it names. All that does not fit the registry is an error with its place.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::checks::contract::{CheckMeta, ParamKind, ParamMeta};
use crate::model::result::Status;

use super::error::{PolicyError, Spot};
use super::params::{ParamValue, Params};
use super::reader::At;
use super::resolved::CheckPolicy;
use super::suggestion::Suggestion;
use super::written::{WrittenCheck, WrittenValue};

/// One value that a region sets otherwise than the base.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The check.
    pub check: String,
    /// `severity`, `required`, `clause`, or a parameter.
    pub key: String,
    /// The base's value, as JSON.
    pub base: serde_json::Value,
    /// The region's value, as JSON.
    pub region: serde_json::Value,
    /// Why.
    pub reason: String,
    /// The clause; `None` for a site setting that no text prints.
    pub clause: Option<String>,
    /// Whether the text says nothing and the site may set it.
    pub site_setting: bool,
}

/// Resolves base tables against the registry.
pub fn base(
    file: &str,
    written: &BTreeMap<String, WrittenCheck>,
    registry: &[&'static CheckMeta],
    errors: &mut Vec<PolicyError>,
) -> BTreeMap<String, CheckPolicy> {
    unknown_checks(written, registry, errors);
    let mut out = BTreeMap::new();
    for meta in registry {
        let Some(check) = written.get(meta.name) else {
            errors.push(PolicyError::new(
                Spot::file(file),
                format!("缺少表 [checks.{}]（{}）", meta.name, meta.code),
                format!("missing table [checks.{}] ({})", meta.name, meta.code),
            ));
            continue;
        };
        refuse_required_preview(meta, check, errors);
        let params = meta
            .params
            .iter()
            .filter_map(|p| {
                let found = check.params.get(p.key);
                if found.is_none() {
                    missing_param(meta, check, p, errors);
                }
                Some((p.key.to_owned(), kind_checked(meta, p, found?, errors)?))
            })
            .collect();
        unknown_params(meta, check, errors);
        // Tables with missing keys were reported when they were read.
        if let (Some(severity), Some(required), Some(source)) =
            (&check.severity, &check.required, &check.why)
        {
            let resolved = CheckPolicy {
                severity: severity.value,
                required: required.value,
                clause: check.clause.as_ref().map(|c| c.value.clone()),
                source: source.value.clone(),
                params: Params(params),
            };
            out.insert(meta.name.to_owned(), resolved);
        }
    }
    out
}

/// Lays a region's differences over the base.
pub fn region(
    base: &BTreeMap<String, CheckPolicy>,
    written: &BTreeMap<String, WrittenCheck>,
    registry: &[&'static CheckMeta],
    errors: &mut Vec<PolicyError>,
) -> (BTreeMap<String, CheckPolicy>, Vec<Difference>) {
    unknown_checks(written, registry, errors);
    let mut checks = base.clone();
    let mut differences = Vec::new();
    for meta in registry {
        let (Some(check), Some(policy)) = (written.get(meta.name), checks.get_mut(meta.name))
        else {
            continue;
        };
        refuse_required_preview(meta, check, errors);
        unknown_params(meta, check, errors);
        apply(meta, check, policy, &mut differences, errors);
    }
    (checks, differences)
}

fn apply(
    meta: &CheckMeta,
    check: &WrittenCheck,
    policy: &mut CheckPolicy,
    differences: &mut Vec<Difference>,
    errors: &mut Vec<PolicyError>,
) {
    let Some(reason) = &check.why else { return };
    let clause = check.clause.as_ref().map(|c| c.value.clone());
    let mut note = |key: &str, base: serde_json::Value, region: serde_json::Value| {
        if base != region {
            differences.push(Difference {
                check: meta.name.to_owned(),
                key: key.to_owned(),
                base,
                region,
                reason: reason.value.clone(),
                clause: clause.clone(),
                site_setting: check.site_setting,
            });
        }
    };
    if let Some(severity) = &check.severity {
        note("severity", json(policy.severity), json(severity.value));
        policy.severity = severity.value;
    }
    if let Some(required) = &check.required {
        note("required", json(policy.required), json(required.value));
        policy.required = required.value;
    }
    for p in meta.params {
        let Some(value) = check.params.get(p.key).and_then(|f| kind_checked(meta, p, f, errors))
        else {
            continue;
        };
        if let Some(was) = policy.params.0.get(p.key) {
            note(p.key, was.to_json(), value.to_json());
        }
        policy.params.0.insert(p.key.to_owned(), value);
    }
    if clause.is_some() {
        note("clause", json(&policy.clause), json(&clause));
        policy.clause = clause.clone();
    }
    policy.source.clone_from(&reason.value);
}

fn json(value: impl Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn unknown_checks(
    written: &BTreeMap<String, WrittenCheck>,
    registry: &[&'static CheckMeta],
    errors: &mut Vec<PolicyError>,
) {
    for (name, check) in written {
        if registry.iter().any(|m| m.name == name) {
            continue;
        }
        let by_code = registry.iter().find(|m| m.code == name).map(|m| m.name);
        let near = match by_code {
            Some(right) => Suggestion::exact(right),
            None => Suggestion::of(name, registry.iter().map(|m| m.name)),
        };
        errors.push(PolicyError::new(
            check.spot.clone(),
            format!("未知的检查 {name}{}", near.zh()),
            format!("unknown check `{name}`{}", near.en()),
        ));
    }
}

fn refuse_required_preview(meta: &CheckMeta, check: &WrittenCheck, errors: &mut Vec<PolicyError>) {
    if meta.status == Status::Preview
        && let Some(At { value: true, spot }) = &check.required
    {
        errors.push(PolicyError::new(
            spot.clone(),
            format!("{} {} 是试行检查，不能设为必需", meta.code, meta.name),
            format!("{} {} is a preview check and cannot be required", meta.code, meta.name),
        ));
    }
}

fn missing_param(
    meta: &CheckMeta,
    check: &WrittenCheck,
    param: &ParamMeta,
    errors: &mut Vec<PolicyError>,
) {
    let (zh, en) = wanted(param.kind);
    errors.push(PolicyError::new(
        check.spot.clone(),
        format!("缺少参数 checks.{}.params.{}（{zh}）", meta.name, param.key),
        format!("missing parameter checks.{}.params.{} ({en})", meta.name, param.key),
    ));
}

fn unknown_params(meta: &CheckMeta, check: &WrittenCheck, errors: &mut Vec<PolicyError>) {
    for (key, found) in &check.params {
        if meta.params.iter().any(|p| p.key == key) {
            continue;
        }
        let near = Suggestion::of(key, meta.params.iter().map(|p| p.key));
        errors.push(PolicyError::new(
            found.spot.clone(),
            format!("检查 {} 没有参数 {key}{}", meta.name, near.zh()),
            format!("check {} has no parameter `{key}`{}", meta.name, near.en()),
        ));
    }
}

fn kind_checked(
    meta: &CheckMeta,
    param: &ParamMeta,
    found: &At<WrittenValue>,
    errors: &mut Vec<PolicyError>,
) -> Option<ParamValue> {
    let (have_zh, have_en) = match &found.value {
        WrittenValue::Value(value) => match (param.kind, value) {
            (ParamKind::Number, ParamValue::Number(_))
            | (ParamKind::Flag, ParamValue::Flag(_))
            | (ParamKind::Texts, ParamValue::Texts(_)) => return Some(value.clone()),
            (_, ParamValue::Number(_)) => ("数值", "a number"),
            (_, ParamValue::Flag(_)) => ("布尔值", "true or false"),
            (_, ParamValue::Texts(_)) => ("列表", "a list"),
        },
        WrittenValue::Other(zh, en) => (*zh, *en),
    };
    let (zh, en) = wanted(param.kind);
    let name = format!("checks.{}.params.{}", meta.name, param.key);
    errors.push(PolicyError::new(
        found.spot.clone(),
        format!("{name} 应为{zh}，实为{have_zh}"),
        format!("{name} must be {en}, found {have_en}"),
    ));
    None
}

fn wanted(kind: ParamKind) -> (&'static str, &'static str) {
    match kind {
        ParamKind::Number => ("有限数值", "a finite number"),
        ParamKind::Flag => ("true 或 false", "true or false"),
        ParamKind::Texts => ("文本列表", "a list of texts"),
    }
}
