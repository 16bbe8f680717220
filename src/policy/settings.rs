//! Values that the rules need and most texts do not print. `settings.toml` gives each an honest
//! default with its source; a region that prints one overrides it and names the clause. Whatever
//! no clause covers is shown as a site setting.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::de::DeValue;

use crate::model::text::StaticText;

use super::error::{PolicyError, Spot};
use super::reader::{Table, kind_of, number};
use super::suggestion::Suggestion;

pub use super::settings_list::SETTINGS;
use SettingKind::{Flag, Number, Word};

/// What a setting holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SettingKind {
    /// A number between two bounds, both allowed.
    Number(f64, f64),
    /// True or false.
    Flag,
    /// One of a few words.
    Word(&'static [&'static str]),
}

/// A setting the program knows.
#[derive(Debug)]
pub struct SettingMeta {
    /// The key in policy files.
    pub key: &'static str,
    /// What it holds.
    pub kind: SettingKind,
    /// Unit, or an empty string.
    pub unit: &'static str,
    /// What it means.
    pub doc: StaticText,
}

/// A setting's value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SettingValue {
    /// True or false.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A word.
    Word(String),
}

impl std::fmt::Display for SettingValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(b) => write!(f, "{b}"),
            Self::Number(n) => write!(f, "{n}"),
            Self::Word(w) => f.write_str(w),
        }
    }
}

/// A setting with where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// The value.
    pub value: SettingValue,
    /// Where it comes from.
    pub source: String,
    /// The clause that prints it.
    pub clause: Option<String>,
    /// Whether no clause prints it, so that the site may set it.
    pub site_setting: bool,
}

/// The settings of a profile; every key of [`SETTINGS`] is there with its kind, so the getters
/// panic only on a key that is not declared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings(pub BTreeMap<String, Setting>);

impl Settings {
    fn get(&self, key: &str) -> &SettingValue {
        self.0.get(key).map_or_else(|| panic!("setting {key} is not declared"), |s| &s.value)
    }

    /// A number.
    pub fn number(&self, key: &str) -> f64 {
        match self.get(key) {
            SettingValue::Number(n) => *n,
            other => panic!("setting {key} is not a number but {other:?}"),
        }
    }

    /// A flag.
    pub fn flag(&self, key: &str) -> bool {
        match self.get(key) {
            SettingValue::Flag(b) => *b,
            other => panic!("setting {key} is not a flag but {other:?}"),
        }
    }

    /// A word.
    pub fn word(&self, key: &str) -> &str {
        match self.get(key) {
            SettingValue::Word(w) => w,
            other => panic!("setting {key} is not a word but {other:?}"),
        }
    }
}

/// Reads `[settings]`: of the defaults, where `source` is asked for, or of a region, where
/// `reason` is, and a clause unless it says `site_setting = true`.
pub fn read(root: &Table<'_, '_>, defaults: bool) -> BTreeMap<String, (Setting, Spot)> {
    root.named("settings", |key, t| {
        let Some(known) = SETTINGS.iter().find(|s| s.key == key) else {
            let near = Suggestion::of(key, SETTINGS.iter().map(|s| s.key));
            t.error(
                format!("未知的设置 {key}{}", near.zh()),
                format!("unknown setting `{key}`{}", near.en()),
            );
            t.ask(&["value", "source", "reason", "clause", "site_setting"]);
            return None;
        };
        let value = value(known, t);
        let source = t.text(if defaults { "source" } else { "reason" })?.value;
        let site_setting = defaults || t.opt_flag("site_setting").is_some_and(|f| f.value);
        let clause = if site_setting { t.opt_text("clause") } else { t.text("clause") };
        let clause = clause.map(|c| c.value);
        Some((Setting { value: value?, source, clause, site_setting }, t.spot()))
    })
}

fn value(known: &SettingMeta, t: &Table<'_, '_>) -> Option<SettingValue> {
    let key = known.key;
    let found = t.raw_required("value")?;
    let read = match known.kind {
        Flag => found.value.as_bool().map(SettingValue::Flag),
        Number(low, high) => {
            number(found.value).filter(|n| (low..=high).contains(n)).map(SettingValue::Number)
        }
        Word(words) => found
            .value
            .as_str()
            .filter(|w| words.contains(w))
            .map(|w| SettingValue::Word(w.to_owned())),
    };
    if read.is_none() {
        let (want_zh, want_en) = wanted(known.kind);
        let (zh, en) = shown(found.value);
        t.error_at(
            &found.spot,
            format!("设置 {key} 应为{want_zh}，实为{zh}"),
            format!("setting {key} must be {want_en}, found {en}"),
        );
    }
    read
}

fn shown(value: &DeValue<'_>) -> (String, String) {
    if let Some(n) = number(value) {
        return (n.to_string(), n.to_string());
    }
    if let Some(text) = value.as_str() {
        return (format!("“{text}”"), format!("`{text}`"));
    }
    let (zh, en) = kind_of(value);
    (zh.to_owned(), en.to_owned())
}

fn wanted(kind: SettingKind) -> (String, String) {
    match kind {
        Flag => (" true 或 false".to_owned(), "true or false".to_owned()),
        Number(low, high) => {
            (format!(" {low} 至 {high} 之间的数值"), format!("a number from {low} to {high}"))
        }
        Word(words) => {
            let list = words.join(", ");
            (format!("其中之一：{list}"), format!("one of {list}"))
        }
    }
}

/// Reports the settings that the defaults lack.
pub fn complete(
    file: &str,
    read: &BTreeMap<String, (Setting, Spot)>,
    errors: &mut Vec<PolicyError>,
) {
    for known in SETTINGS.iter().filter(|s| !read.contains_key(s.key)) {
        let key = known.key;
        errors.push(PolicyError::new(
            Spot::file(file),
            format!("缺少或有误的设置 [settings.{key}]"),
            format!("missing or faulty setting [settings.{key}]"),
        ));
    }
}

/// The defaults with a region's settings over them.
pub fn over(
    defaults: &BTreeMap<String, (Setting, Spot)>,
    region: BTreeMap<String, (Setting, Spot)>,
) -> Settings {
    let mut out: BTreeMap<String, Setting> =
        defaults.iter().map(|(k, (s, _))| (k.clone(), s.clone())).collect();
    out.extend(region.into_iter().map(|(k, (s, _))| (k, s)));
    Settings(out)
}
