//! The nouns of the label gate: what is known of institutions and people's acts, and what is
//! decided. Days are civil dates; no clock is read here.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::reason::Reason;

/// What an evaluation or a rectification is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// One item of the catalogue, by `item_uid`.
    Item(String),
    /// Every item of a modality: DX, MG, RF, CT, MR.
    Modality(String),
    /// Every item.
    All,
}

/// Modalities by which evaluations may be grouped, as catalogues write them.
pub const MODALITIES: [&str; 5] = ["DX", "MG", "RF", "CT", "MR"];

impl Target {
    /// Reads `*`, a modality or an item.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "" => None,
            "*" => Some(Self::All),
            m if MODALITIES.contains(&m) => Some(Self::Modality(m.to_owned())),
            item => Some(Self::Item(item.to_owned())),
        }
    }

    /// Whether what is said of this is said of an item of a modality.
    pub fn covers(&self, item: &str, modality: &str) -> bool {
        match self {
            Self::Item(own) => own == item,
            Self::Modality(own) => own == modality,
            Self::All => true,
        }
    }

    /// Whether what is said of this is said of all of `other`, whose items have `modality`.
    pub fn covers_target(&self, other: &Self, modality: Option<&str>) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (a, b) if a == b => true,
            (Self::Modality(own), Self::Item(_)) => modality == Some(own.as_str()),
            _ => false,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Item(text) | Self::Modality(text) => text,
            Self::All => "*",
        })
    }
}

/// The kind of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvaluationKind {
    /// The evaluation that opens a scope.
    Evaluation,
    /// A spot check (质量抽查).
    SpotCheck,
}

impl EvaluationKind {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Evaluation => "evaluation",
            Self::SpotCheck => "spot-check",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Evaluation, Self::SpotCheck].into_iter().find(|k| k.word() == text)
    }
}

/// A dated result for institution × item or group × scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evaluation {
    /// The day it was held.
    pub on: Date,
    /// Institution id.
    pub institution: String,
    /// Policy folder name.
    pub profile: String,
    /// What was evaluated.
    pub target: Target,
    /// The scope; `None`: every scope.
    pub scope: Option<String>,
    /// Its kind.
    pub kind: EvaluationKind,
    /// Whether it was passed.
    pub passed: bool,
    /// Who evaluated, in the words of policies (`provincial-centre` …).
    pub evaluator: String,
    /// Run or audit id, or a document.
    pub evidence: String,
}

/// A rectification (整改) as far as the gate asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rectification {
    /// Institution id.
    pub institution: String,
    /// Policy folder name.
    pub profile: String,
    /// What is rectified.
    pub target: Target,
    /// The day it was opened.
    pub opened: Date,
    /// The day it was closed as done; `None` while it is open.
    pub closed: Option<Date>,
}

/// A named person's answer to a `review` verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Review {
    /// The day it was signed.
    pub on: Date,
    /// The study.
    pub study_key: String,
    /// Policy folder name; `None`: every profile.
    pub profile: Option<String>,
    /// Whether the label may stand.
    pub apply: bool,
    /// Who.
    pub person: String,
    /// In which role.
    pub role: String,
    /// Why.
    pub reason: String,
    /// Digest of the findings that were signed.
    pub result_digest: String,
}

/// A check that does not count, for a while and a reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waiver {
    /// Name of the check.
    pub check: String,
    /// Only under this profile.
    pub profile: Option<String>,
    /// Only for this institution.
    pub institution: Option<String>,
    /// Only for this item.
    pub item: Option<String>,
    /// Only for this study.
    pub study_key: Option<String>,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// The day it was revoked.
    pub revoked: Option<Date>,
    /// Who gave it.
    pub person: String,
}

/// What the registry says of an institution, as far as the gate asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstitutionFacts {
    /// Registry id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Level and grade as registered, e.g. 三级甲等.
    pub level: Option<String>,
    /// `public` or `private`.
    pub ownership: Option<String>,
    /// Region whose profiles judge it.
    pub region: Option<String>,
    /// Lists it stands on; `alliance:ID` names its alliance, `tcm` an institution of Chinese
    /// medicine.
    pub memberships: Vec<String>,
}

impl InstitutionFacts {
    /// Whether it stands on a list.
    pub fn is_member(&self, list: &str) -> bool {
        self.memberships.iter().any(|m| m == list)
    }

    /// The alliances it belongs to.
    pub fn alliances(&self) -> impl Iterator<Item = &str> {
        self.memberships.iter().filter_map(|m| m.strip_prefix("alliance:"))
    }
}

/// What is decided for a study or a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecisionKind {
    /// The label stands.
    Apply,
    /// No label.
    Withhold,
    /// The label that stood is taken back.
    Withdraw,
}

impl DecisionKind {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Withhold => "withhold",
            Self::Withdraw => "withdraw",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Apply, Self::Withhold, Self::Withdraw].into_iter().find(|k| k.word() == text)
    }
}

/// The label that is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelText {
    /// Its scope.
    pub scope: String,
    /// Exactly as the region prints it.
    pub zh: String,
    /// The Latin form, where the region prints one.
    pub en: Option<String>,
    /// Where it has to stand, e.g. `top-right:image|report`; `None` where nothing is printed.
    pub position: Option<String>,
}

/// The state of institution × item × scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Labels may be printed.
    Granted,
    /// Never granted.
    NotGranted,
    /// The evaluation is older than the interval.
    Lapsed,
    /// Taken back after a failed spot check.
    Suspended,
}

impl State {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::NotGranted => "not-granted",
            Self::Lapsed => "lapsed",
            Self::Suspended => "suspended",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Granted, Self::NotGranted, Self::Lapsed, Self::Suspended]
            .into_iter()
            .find(|s| s.word() == text)
    }
}

/// The act by which a state changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// 授予.
    Grant,
    /// 暂停.
    Suspend,
    /// 恢复.
    Restore,
    /// 失效.
    Lapse,
    /// 不予授予.
    Refuse,
}

impl Act {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Suspend => "suspend",
            Self::Restore => "restore",
            Self::Lapse => "lapse",
            Self::Refuse => "refuse",
        }
    }
}

/// How institution × item × scope stands on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The state.
    pub state: State,
    /// Since when; `None` where nothing ever happened.
    pub since: Option<Date>,
    /// The last day it holds without a new evaluation; only where granted.
    pub until: Option<Date>,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// The day of `YYYYMMDD` or `YYYY-MM-DD`.
pub fn day(text: &str) -> Option<Date> {
    let format = if text.contains('-') { "%Y-%m-%d" } else { "%Y%m%d" };
    Date::strptime(format, text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_read_and_cover() {
        assert_eq!(Target::parse("CT"), Some(Target::Modality("CT".into())));
        assert_eq!(Target::parse("*"), Some(Target::All));
        assert_eq!(Target::parse(" "), None);
        let item = Target::Item("HB-001".into());
        assert!(Target::All.covers("HB-001", "DX") && item.covers("HB-001", "DX"));
        assert!(!Target::Modality("CT".into()).covers("HB-001", "DX"));
        assert!(Target::Modality("DX".into()).covers_target(&item, Some("DX")));
        assert!(!item.covers_target(&Target::Modality("DX".into()), None));
    }

    #[test]
    fn days_are_read_in_both_forms() {
        assert_eq!(day("20260131"), day("2026-01-31"));
        assert_eq!(day("2026-02-30"), None);
    }
}
