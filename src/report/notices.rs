//! What a reader must know of the policies behind a report: what a document is worth, which values
//! the site set itself, and how a catalogue row was printed where it had to be repaired.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::result::{ItemMatch, StudyResult};
use crate::model::text::Text;
use crate::policy::catalogue::Item;
use crate::policy::load::PolicySet;
use crate::policy::profile::Profile;
use crate::policy::settings::{SETTINGS, SettingValue};

use super::aggregate::Aggregate;
use super::aggregate::types::StudyDetail;
use super::{evidence_words, format};

/// Candidates named of one ambiguous match.
const CANDIDATES: usize = 6;

/// A value that no clause prints, as the site set it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SiteSetting {
    /// The key in policy files.
    pub key: String,
    /// What it means.
    pub meaning: Text,
    /// Its value.
    pub value: Text,
    /// Unit, or an empty text.
    pub unit: Text,
    /// Where the value comes from.
    pub source: String,
}

/// A region's policy that judged studies of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileNote {
    /// Folder name.
    pub id: String,
    /// The region for people.
    pub region: Text,
    /// Title of its document as printed.
    pub title: String,
    /// What to know where the document is not simply in force; null where it is.
    pub notice: Option<Text>,
    /// Values that no clause prints.
    pub settings: Vec<SiteSetting>,
}

/// A catalogue row for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ItemRow {
    /// `item_uid`.
    pub item: String,
    /// The code as the region writes it (repaired); null where the region has none.
    pub code: Option<String>,
    /// The code as printed, where that differs.
    pub code_printed: Option<String>,
    /// The name (repaired); null where the row is not known.
    pub name: Option<String>,
    /// The name as printed, where that differs.
    pub name_printed: Option<String>,
}

/// How a study was matched to a region's catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ItemNote {
    /// Policy folder name.
    pub profile: String,
    /// `code`, `scored`, `ambiguous` or `none`.
    #[serde(rename = "match")]
    pub matched: String,
    /// The row; null where none or ambiguous.
    pub row: Option<ItemRow>,
    /// The rows an ambiguous match stands between.
    pub candidates: Vec<ItemRow>,
    /// Candidates that are not listed here.
    pub candidates_left_out: u32,
}

/// The notes of the profiles named, in their order; `base` and unknown ids have none.
pub fn profile_notes<'a>(
    set: &PolicySet,
    ids: impl IntoIterator<Item = &'a str>,
) -> Vec<ProfileNote> {
    ids.into_iter().filter_map(|id| set.profiles.get(id)).map(profile_note).collect()
}

fn profile_note(profile: &Profile) -> ProfileNote {
    let settings = profile.site_settings().map(|(key, setting)| {
        let meta = SETTINGS.iter().find(|s| s.key == key);
        let value = match &setting.value {
            SettingValue::Number(n) => serde_json::json!(n),
            SettingValue::Flag(b) => serde_json::json!(b),
            SettingValue::Word(w) => serde_json::json!(w),
        };
        SiteSetting {
            key: key.to_owned(),
            meaning: meta.map_or_else(|| Text::new(key, key), |m| Text::new(m.doc.zh, m.doc.en)),
            value: evidence_words::value(&value),
            unit: evidence_words::unit(meta.map_or("", |m| m.unit)),
            source: setting.source.clone(),
        }
    });
    ProfileNote {
        id: profile.id.clone(),
        region: profile.rules.name.clone(),
        title: profile.rules.document.title.clone(),
        notice: profile.notice().cloned(),
        settings: settings.collect(),
    }
}

/// How a match stands in its catalogue.
pub fn item_note(set: &PolicySet, found: &ItemMatch) -> ItemNote {
    let row = |uid: &String| {
        let items = set.profiles.get(&found.profile).map(|p| &p.catalogue.rows);
        items.and_then(|i| i.iter().find(|i| i.uid == *uid)).map_or_else(
            || ItemRow {
                item: uid.clone(),
                code: None,
                code_printed: None,
                name: found.name.clone().filter(|_| found.item.as_ref() == Some(uid)),
                name_printed: None,
            },
            item_row,
        )
    };
    let left_out = found.candidates.len().saturating_sub(CANDIDATES);
    ItemNote {
        profile: found.profile.clone(),
        matched: found.matched.clone(),
        row: found.item.as_ref().map(row),
        candidates: found.candidates.iter().take(CANDIDATES).map(row).collect(),
        candidates_left_out: u32::try_from(left_out).unwrap_or(u32::MAX),
    }
}

fn item_row(item: &Item) -> ItemRow {
    let (code, code_printed) = repaired(&item.code_fixed, &item.code);
    let (name, name_printed) = repaired(&item.name_fixed, &item.name);
    ItemRow { item: item.uid.clone(), code, code_printed, name, name_printed }
}

/// What to show, and what was printed where that differs.
fn repaired(fixed: &str, printed: &str) -> (Option<String>, Option<String>) {
    let some = |s: &str| (!s.is_empty()).then(|| s.to_owned());
    if fixed.is_empty() || fixed == printed {
        (some(printed), None)
    } else {
        (some(fixed), some(printed))
    }
}

impl ItemRow {
    /// The row in one line: code, name, and how they were printed where that differs.
    pub fn line(&self) -> Text {
        let code = self.code.as_deref().unwrap_or(&self.item);
        let name = self.name.as_deref().unwrap_or("");
        let printed: Vec<&str> =
            [&self.code_printed, &self.name_printed].into_iter().flatten().map(|s| &**s).collect();
        let line = format::clean(format!("{code} {name}").trim_end());
        if printed.is_empty() {
            return Text::new(line.clone(), line);
        }
        let printed = format::clean(&printed.join(" "));
        Text::new(format!("{line}（原文印作“{printed}”）"), format!("{line} (printed: {printed})"))
    }
}

impl Aggregate {
    /// Adds what the policies say beside the checks: their notes to every report, and the
    /// catalogue rows to every study shown.
    pub fn annotate(&mut self, set: &PolicySet) {
        self.profiles = profile_notes(set, self.total.policies.iter().map(|p| p.id.as_str()));
        for report in &mut self.institutions {
            let ids = report.summary.policies.iter().map(|p| p.id.as_str());
            report.profiles = profile_notes(set, ids);
            for detail in &mut report.worst {
                annotate_detail(detail, set);
            }
        }
    }
}

fn annotate_detail(detail: &mut StudyDetail, set: &PolicySet) {
    detail.item_notes = detail.items.iter().map(|i| item_note(set, i)).collect();
}

/// The notes of the profiles that judged one study.
pub fn of_study(set: &PolicySet, result: &StudyResult) -> Vec<ProfileNote> {
    profile_notes(set, result.provenance.policies.keys().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::load::load;

    #[test]
    fn a_draft_says_so_and_its_site_settings_have_value_and_source() {
        let set = load(None).unwrap();
        let notes = profile_notes(&set, ["base", "chuanyu-2025-draft"]);
        assert_eq!(notes.len(), 1);
        assert!(notes[0].notice.is_some());
        assert!(!notes[0].settings.is_empty());
        for s in &notes[0].settings {
            assert!(!s.source.is_empty() && !s.value.zh.is_empty(), "{}", s.key);
            assert!(s.meaning.zh != s.key, "{} has no words", s.key);
        }
    }

    #[test]
    fn a_repaired_row_names_what_was_printed() {
        let set = load(None).unwrap();
        let (profile, item) = set
            .profiles
            .iter()
            .find_map(|(id, p)| {
                let row = p.catalogue.rows.iter().find(|i| {
                    !i.name_fixed.is_empty() && i.name_fixed != i.name && !i.name.is_empty()
                })?;
                Some((id.clone(), row.clone()))
            })
            .expect("some catalogue has a repaired name");
        let found = ItemMatch {
            profile,
            item: Some(item.uid.clone()),
            name: Some(item.name.clone()),
            matched: "scored".into(),
            candidates: Vec::new(),
            sop_uids: Vec::new(),
        };
        let line = item_note(&set, &found).row.unwrap().line();
        assert!(line.zh.contains(&item.name_fixed) && line.zh.contains("原文印作"), "{}", line.zh);
        assert!(
            line.en.contains(&format!("printed: {}", format::clean(&item.name)))
                || line.en.contains("printed:"),
            "{}",
            line.en
        );
    }
}
