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

const fn meta(
    key: &'static str,
    kind: SettingKind,
    unit: &'static str,
    zh: &'static str,
    en: &'static str,
) -> SettingMeta {
    SettingMeta { key, kind, unit, doc: StaticText { zh, en } }
}

use SettingKind::{Flag, Number, Word};

/// Every setting.
pub static SETTINGS: &[SettingMeta] = &[
    meta(
        "appeal_deadline",
        Number(1.0, 365.0),
        "d",
        "机构申诉答复期限",
        "time to answer an appeal",
    ),
    meta(
        "artifact_adverse_from",
        Number(1.0, 3.0),
        "",
        "图像伪影率：达到几级即为不良伪影",
        "artifact rate: the grade (1 to 3) from which an artifact is adverse",
    ),
    meta(
        "artifact_grade_critical",
        Number(0.0, 3.0),
        "",
        "图像伪影率：严重（critical）伪影记为几级",
        "artifact rate: grade of a study whose worst artifact is critical",
    ),
    meta(
        "artifact_grade_major",
        Number(0.0, 3.0),
        "",
        "图像伪影率：较重（major）伪影记为几级",
        "artifact rate: grade of a study whose worst artifact is major",
    ),
    meta(
        "artifact_grade_minor",
        Number(0.0, 3.0),
        "",
        "图像伪影率：轻微（minor）伪影记为几级",
        "artifact rate: grade of a study whose worst artifact is minor",
    ),
    meta(
        "brake_share",
        Number(0.0, 1.0),
        "",
        "一次变更可撤下的标识占比，超过即待人工放行",
        "share of an institution's labels that one change may take away before a person must release it",
    ),
    meta(
        "completeness_unit",
        Word(&["field", "record"]),
        "",
        "完整率按字段或按记录计",
        "whether completeness counts fields or records",
    ),
    meta(
        "ct_lesion_slice_max",
        Number(0.1, 10.0),
        "mm",
        "能分辨所要求最小病灶的最大层厚",
        "largest slice thickness that can show the smallest lesion asked for",
    ),
    meta(
        "ct_portal_from",
        Number(10.0, 600.0),
        "s",
        "注射开始后多久起算门脉期（此前为动脉期）",
        "time after the start of injection from which a phase is portal; before it, arterial",
    ),
    meta(
        "ct_later_from",
        Number(10.0, 3600.0),
        "s",
        "注射开始后多久起算更晚期相",
        "time after the start of injection from which a phase is later than portal",
    ),
    meta(
        "ct_thick_min",
        Number(0.1, 20.0),
        "mm",
        "厚层图像的最小层厚",
        "smallest slice thickness of a thick series",
    ),
    meta(
        "ct_thin_max",
        Number(0.1, 20.0),
        "mm",
        "薄层图像的最大层厚",
        "largest slice thickness of a thin series",
    ),
    meta(
        "device_check_max_age",
        Number(1.0, 120.0),
        "month",
        "设备检定、校准记录的最长有效时间",
        "how long a device's verification or calibration holds where the record names no end",
    ),
    meta(
        "enhanced_includes_plain",
        Flag,
        "",
        "“增强”项目是否须含平扫",
        "whether an enhanced item needs the plain series too",
    ),
    meta(
        "evaluation_max_age",
        Number(1.0, 120.0),
        "month",
        "质量评价最长间隔，超过即失效",
        "age at which an evaluation lapses",
    ),
    meta(
        "mr_dynamic_min_points",
        Number(2.0, 100.0),
        "",
        "动态增强最少时间点数",
        "fewest time points of a dynamic series",
    ),
    meta(
        "mr_gap_max_ratio",
        Number(0.0, 5.0),
        "",
        "层间距与层厚之比的上限",
        "largest gap between slices as a part of their thickness",
    ),
    meta(
        "mr_min_planes",
        Number(1.0, 3.0),
        "",
        "“多方位”要求的最少方位数",
        "fewest planes that show a target from several sides",
    ),
    meta(
        "mr_plane_max_tilt",
        Number(1.0, 45.0),
        "deg",
        "仍归入某一标准方位的最大倾角",
        "largest tilt at which a series still belongs to a plane",
    ),
    meta(
        "qc_period",
        Number(1.0, 60.0),
        "month",
        "常规质控监测的周期",
        "period in which routine quality control must have run",
    ),
    meta(
        "rectification_deadline",
        Number(1.0, 365.0),
        "d",
        "整改期限",
        "time to answer a demand for rectification",
    ),
    meta(
        "removal_deadline",
        Number(0.0, 8760.0),
        "h",
        "抽查不合格后撤下标识的期限（“及时”）",
        "time to take labels off after a failed spot check (\"promptly\")",
    ),
    meta(
        "sampled_slice_step",
        Number(0.0, 1000.0),
        "",
        "每隔多少层取一层做频域等较费时的测量（0为不做）",
        "every how manieth slice is given the costlier measures (Fourier transform, resampling); 0: none",
    ),
    meta(
        "three_phases_include_plain",
        Flag,
        "",
        "“三期扫描”是否把平扫算作一期",
        "whether \"three phases\" counts the plain scan",
    ),
    meta(
        "turnaround_from",
        Word(&["first-acquisition", "last-acquisition", "registration"]),
        "",
        "报告时限从何时起算",
        "when the time to the report starts",
    ),
    meta(
        "uncompressed_is_lossless",
        Flag,
        "",
        "未压缩是否视为满足“无损压缩”",
        "whether uncompressed files meet \"lossless compression\"",
    ),
];

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
