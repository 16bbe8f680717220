//! A hospital's own item names: which of 类别, 部位, 方案, 体位 a name lacks (川渝 2025 7.2), and
//! whether its body-part code stands in the value set that the centre supplies (WS/T 364.8).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::text::{StaticText, Text};

use super::lexicon::Lexicon;
use super::text::{self, Modifiers};

/// What a name has to contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NameElement {
    /// 检查类别: the kind of examination.
    Category,
    /// 检查部位: the part of the body.
    Part,
    /// 检查方案: plain, enhanced, angiography …
    Scheme,
    /// 体位设计: projection or posture.
    Positioning,
}

impl NameElement {
    /// All of them, in the order of the clause.
    pub const ALL: [Self; 4] = [Self::Category, Self::Part, Self::Scheme, Self::Positioning];

    /// The word of the clause.
    pub fn text(self) -> StaticText {
        match self {
            Self::Category => StaticText { zh: "检查类别", en: "category" },
            Self::Part => StaticText { zh: "检查部位", en: "body part" },
            Self::Scheme => StaticText { zh: "检查方案", en: "scheme" },
            Self::Positioning => StaticText { zh: "体位设计", en: "positioning" },
        }
    }

    /// The word of `naming.csv`.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "category" => Self::Category,
            "part" => Self::Part,
            "scheme" => Self::Scheme,
            "positioning" => Self::Positioning,
            _ => return None,
        })
    }
}

/// What a name contains and lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameReport {
    /// Elements that are there.
    pub present: Vec<NameElement>,
    /// Elements that the clause asks for and that are not there.
    pub lacking: Vec<NameElement>,
    /// Elements that names of this modality are not asked for.
    pub not_asked: Vec<NameElement>,
}

/// The modality that a name says, where it says exactly one.
pub fn modality_of(lexicon: &Lexicon, name: &str) -> Option<String> {
    let mut said = text::read(lexicon, &lexicon.normalise(name), "").modalities;
    said.sort();
    said.dedup();
    if said.len() == 1 { said.pop() } else { None }
}

/// Reads a hospital's own item name. `modality` is our word (CT, MR, DX, MG, RF).
pub fn read_name(lexicon: &Lexicon, name: &str, modality: &str) -> NameReport {
    let reading = text::read(lexicon, &lexicon.normalise(name), modality);
    let mut said = reading.loose.clone();
    reading.parts.iter().for_each(|p| said.merge(&p.modifiers));
    let mut report = NameReport::default();
    for element in NameElement::ALL {
        let there = match element {
            NameElement::Category => !reading.modalities.is_empty(),
            NameElement::Part => !reading.parts.is_empty(),
            NameElement::Scheme => scheme(&said),
            NameElement::Positioning => !said.views.is_empty() || !said.postures.is_empty(),
        };
        let list = if there {
            &mut report.present
        } else if lexicon.name_asks(modality, element) {
            &mut report.lacking
        } else {
            &mut report.not_asked
        };
        list.push(element);
    }
    report
}

fn scheme(said: &Modifiers) -> bool {
    let method = |t: &String| !t.starts_with("mid_") && t != "infant";
    !said.contrasts.is_empty() || said.techniques.iter().any(method)
}

/// A body-part code held against the centre's value set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyPartCode {
    /// The code is in the set.
    Listed,
    /// The code is not in the set.
    NotListed(String),
    /// The item has no body-part code.
    Missing,
    /// It could not be checked; why.
    CouldNotRun(Text),
}

/// Checks a body-part code. The value set of WS/T 364.8 is not published with the policy, so
/// without the centre's copy nothing can be said.
pub fn body_part_code(code: Option<&str>, value_set: Option<&BTreeSet<String>>) -> BodyPartCode {
    let Some(set) = value_set else {
        return BodyPartCode::CouldNotRun(Text::new(
            "未提供 WS/T 364.8 部位编码值域",
            "the body-part codes of WS/T 364.8 were not supplied",
        ));
    };
    match code.map(str::trim).filter(|c| !c.is_empty()) {
        None => BodyPartCode::Missing,
        Some(code) if set.contains(code) => BodyPartCode::Listed,
        Some(code) => BodyPartCode::NotListed(code.to_owned()),
    }
}

/// Reads a value set: one code a line, or the first column of a CSV; a `#` starts a comment.
pub fn value_set(text: &str) -> BTreeSet<String> {
    text.lines()
        .map(|l| l.split('#').next().unwrap_or_default())
        .filter_map(|l| l.split([',', ';', '\t']).next())
        .map(|c| c.trim().trim_matches('"').trim_start_matches('\u{feff}').to_owned())
        .filter(|c| !c.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lacking(name: &str, modality: &str) -> Vec<NameElement> {
        read_name(&Lexicon::embedded().unwrap(), name, modality).lacking
    }

    #[test]
    fn a_full_name_lacks_nothing() {
        assert_eq!(lacking("左侧膝关节正侧位DR摄影", "DX"), []);
        assert_eq!(lacking("头部 CT 增强扫描", "CT"), []);
    }

    #[test]
    fn each_missing_element_is_named() {
        assert_eq!(lacking("左侧膝关节DR", "DX"), [NameElement::Positioning]);
        assert_eq!(lacking("左侧膝关节正侧位", "DX"), [NameElement::Category]);
        assert_eq!(lacking("CT平扫", "CT"), [NameElement::Part]);
        assert_eq!(lacking("胸部CT", "CT"), [NameElement::Scheme]);
    }

    #[test]
    fn without_the_value_set_the_code_cannot_be_checked() {
        assert!(matches!(body_part_code(Some("01"), None), BodyPartCode::CouldNotRun(_)));
        let set = value_set("\u{feff}01,头部\n02 # 颈部\n\n# end\n");
        assert_eq!(body_part_code(Some(" 02"), Some(&set)), BodyPartCode::Listed);
        assert_eq!(body_part_code(Some("99"), Some(&set)), BodyPartCode::NotListed("99".into()));
        assert_eq!(body_part_code(Some(" "), Some(&set)), BodyPartCode::Missing);
        assert_eq!(set.len(), 2);
    }
}
