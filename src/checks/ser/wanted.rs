//! What the rows that a study was matched to ask for, in terms of series: contrast states, sequences,
//! classes of examination. One place reads the catalogue's words.

use crate::checks::prepared::{Items, Wanted};
use crate::checks::view::StudyView;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::catalogue::Item;

/// The family that judges an item's images.
fn family(item: &Item) -> Option<Family> {
    match item.modality.as_str() {
        "DX" => Some(Family::Radiography),
        "MG" => Some(Family::Mammography),
        "CT" => Some(Family::Ct),
        "MR" => Some(Family::Mr),
        _ => None,
    }
}

/// Asks `judge` about every row of the families and names the row in each outcome; `None` where a row
/// asks for nothing of the sort. Where no row does, the study is not concerned, as `nothing` says.
pub fn judge(
    view: &StudyView<'_>,
    families: &[Family],
    nothing: &Text,
    judge: impl Fn(&Wanted<'_>) -> Option<Outcome>,
) -> Vec<Outcome> {
    let not_applicable = |why: Text| vec![Outcome::not_applicable(Subject::study(), why)];
    if !view.instances().any(|i| i.family().is_some_and(|f| families.contains(&f))) {
        return not_applicable(Text::new(
            "检查中没有该检查项所针对的图像类型",
            "the study has no images of the kind that this check is about",
        ));
    }
    let rows = match view.items() {
        Items::Matched(rows) => rows,
        other => return unmatched(other).into_iter().collect(),
    };
    let own = rows.iter().filter(|w| family(w.item).is_some_and(|f| families.contains(&f)));
    let outcomes: Vec<Outcome> =
        own.filter_map(|w| Some(judge(w)?.with(Evidence::new("item", named(w.item))))).collect();
    if outcomes.is_empty() { not_applicable(nothing.clone()) } else { outcomes }
}

/// What a check of an item says where no row was matched; `None` where one was.
pub fn unmatched(items: &Items<'_>) -> Option<Outcome> {
    let not_applicable = |zh, en| Outcome::not_applicable(Subject::study(), Text::new(zh, en));
    match items {
        Items::NoCatalogue => {
            Some(not_applicable("所用策略没有互认项目清单", "the policy has no catalogue of items"))
        }
        Items::NoItem => Some(not_applicable(
            "检查不属于清单中的任何项目",
            "the study is no item of the catalogue",
        )),
        Items::Ambiguous => {
            let why = Text::new(
                "匹配到的项目不唯一，无法确定应有的内容",
                "the item is ambiguous, so what it needs cannot be told",
            );
            Some(Outcome::could_not_run(Subject::study(), why))
        }
        Items::Matched(_) => None,
    }
}

/// An item for people: its identity and name.
fn named(item: &Item) -> String {
    format!("{} {}", item.uid, item.shown_name())
}

/// Contrast states that an item asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contrast {
    /// Before contrast.
    pub pre: bool,
    /// After contrast.
    pub post: bool,
    /// Time points during the arrival of contrast.
    pub dynamic: bool,
}

/// The states that the contrast class of an item stands for.
pub fn contrast(item: &Item, enhanced_includes_plain: bool) -> Contrast {
    let of = |pre, post, dynamic| Contrast { pre, post, dynamic };
    match item.contrast.as_str() {
        "plain" => of(true, false, false),
        "enhanced" => of(enhanced_includes_plain, true, false),
        "plain+enhanced" => of(true, true, false),
        "dynamic-enhanced" => of(enhanced_includes_plain, true, true),
        "plain+dynamic-enhanced" => of(true, true, true),
        "CTA" | "CTV" | "CTU" | "CE-MRA" | "CE-MRV" | "perfusion-contrast" => {
            of(false, true, false)
        }
        _ => Contrast::default(),
    }
}

/// A sequence that an item asks for: any of the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// The words, in the catalogue's notation or as the contrast class implies.
    pub words: Vec<String>,
    /// Whether it has to be one before contrast: the plain series of an item "plain and enhanced".
    pub plain: bool,
}

impl Sequence {
    /// In words, alternatives joined.
    pub fn told(&self) -> String {
        let words = self.words.join("|");
        if self.plain { format!("{words} (plain)") } else { words }
    }
}

/// The sequences an MR item prints, and the one its class implies where it prints none.
pub fn sequences(item: &Item) -> Vec<Sequence> {
    let with_plain = item.contrast.starts_with("plain+");
    let printed = item.sequences_required.0.iter().map(|group| Sequence {
        words: group.clone(),
        plain: with_plain && group.iter().all(|w| w == "T1WI"),
    });
    let mut out: Vec<Sequence> = printed.collect();
    let implied = match item.contrast.as_str() {
        "MRA" => "MRA",
        "MRA-TOF" => "TOF-MRA",
        "CE-MRA" => "CE-MRA",
        "MRV" => "MRV",
        "CE-MRV" => "CE-MRV",
        "MRCP" | "hydrography" => "heavily-T2-hydrography",
        "perfusion-ASL" => "ASL",
        "perfusion-contrast" => "perfusion",
        _ => return out,
    };
    if out.is_empty() {
        out.push(Sequence { words: vec![implied.to_owned()], plain: false });
    }
    out
}

/// Classes of examination that clauses about post-processing name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// Vessels, and the urinary tract with contrast.
    Angio,
    /// Perfusion, diffusion tensor, spectroscopy.
    Functional,
    /// Hydrography.
    Hydrography,
}

impl Special {
    /// The word of the policy's parameter.
    pub fn word(self) -> &'static str {
        match self {
            Self::Angio => "angio",
            Self::Functional => "functional",
            Self::Hydrography => "hydrography",
        }
    }
}

/// The class of an item; `None` for the ordinary ones.
pub fn special(item: &Item) -> Option<Special> {
    let functional = |w: &str| matches!(w, "DTI" | "MRS" | "ASL");
    match item.contrast.as_str() {
        "CTA" | "CTV" | "CTU" | "MRA" | "MRA-TOF" | "CE-MRA" | "MRV" | "CE-MRV" => {
            Some(Special::Angio)
        }
        "MRCP" | "hydrography" => Some(Special::Hydrography),
        "perfusion-contrast" | "perfusion-ASL" => Some(Special::Functional),
        _ if item.sequences_required.words().any(functional) => Some(Special::Functional),
        _ if item.sequences_required.words().any(|w| w == "heavily-T2-hydrography") => {
            Some(Special::Hydrography)
        }
        _ => None,
    }
}
