//! Why a match came out as it did, in both languages.

use serde::{Deserialize, Serialize};

use crate::model::text::{StaticText, Text};

/// The reason of one outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// Modality, part, side, projections and contrast fit this item alone.
    #[default]
    Fits,
    /// A code names the item and nothing contradicts it; which code, and where it stands.
    Code(String),
    /// No item is this examination.
    NoItem,
    /// The side is not said.
    SideUnsaid,
    /// Statements name different sides.
    SideContradicted,
    /// The modality and the words contradict each other; how.
    ModalityContradicted {
        /// Modality of the images.
        modality: String,
        /// Modalities the words name.
        words: String,
    },
    /// No projection is said.
    ViewUnsaid,
    /// The projection is less definite than the items.
    ViewIndefinite,
    /// The projections ordered and those of the images differ.
    ViewsDiffer,
    /// The posture is not said.
    PostureUnsaid,
    /// Contrast is not said.
    ContrastUnsaid,
    /// The words say plain, an agent or a phase says enhanced.
    ContrastContradicted,
    /// The method of perfusion is not said.
    PerfusionUnsaid,
    /// The item is near, not the same.
    Near,
    /// Two items fit equally.
    Equal,
    /// The words name more than one part of the catalogue.
    PartOpen,
    /// A code names an item, and something contradicts it.
    CodeContradicted(String, Contradiction),
    /// Two rows print the same code and the words do not tell them apart.
    CodeShared(String),
}

/// What contradicts a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Contradiction {
    /// Another modality.
    Modality,
    /// Another side.
    Side,
    /// Another contrast class.
    Contrast,
}

impl Contradiction {
    fn text(self) -> StaticText {
        match self {
            Self::Modality => {
                StaticText { zh: "检查设备类型不符", en: "the modality is another one" }
            }
            Self::Side => StaticText { zh: "侧别不符", en: "the side is another one" },
            Self::Contrast => {
                StaticText { zh: "增强方式不符", en: "contrast is another one" }
            }
        }
    }
}

impl Reason {
    /// The sentence.
    pub fn text(&self) -> Text {
        let (zh, en) = match self {
            Self::Fits => (
                "类型、部位、侧别、体位与增强方式均相符",
                "modality, part, side, projections and contrast agree",
            ),
            Self::NoItem => {
                ("目录中没有与之相符的项目", "no item of the catalogue is this examination")
            }
            Self::SideUnsaid => ("未注明侧别", "the side is not said"),
            Self::SideContradicted => ("侧别说法互相矛盾", "statements name different sides"),
            Self::ViewUnsaid => ("未注明体位", "no projection is said"),
            Self::ViewIndefinite => {
                ("体位不如目录项目具体", "the projection is less definite than the items")
            }
            Self::ViewsDiffer => (
                "申请的体位与图像的体位不一致",
                "projections ordered and projections of the images differ",
            ),
            Self::PostureUnsaid => ("未注明立位或卧位", "the posture is not said"),
            Self::ContrastUnsaid => ("未注明平扫或增强", "contrast is not said"),
            Self::ContrastContradicted => (
                "文字为平扫，但有对比剂或增强期相",
                "the words say plain, an agent or a phase says enhanced",
            ),
            Self::PerfusionUnsaid => ("未注明灌注方法", "the method of perfusion is not said"),
            Self::Near => ("目录项目相近但不相同", "the catalogue's item is near, not the same"),
            Self::Equal => ("两个项目同样相符", "two items fit equally"),
            Self::PartOpen => {
                ("部位说法对应多个目录部位", "the words name more than one part of the catalogue")
            }
            Self::Code(code) => {
                return Text::new(format!("按编码：{code}"), format!("by code: {code}"));
            }
            Self::CodeShared(code) => {
                return Text::new(
                    format!("{code}：两个项目印有同一编码"),
                    format!("{code}: two items print this code"),
                );
            }
            Self::CodeContradicted(code, by) => {
                let by = by.text();
                return Text::new(format!("{code}：{}", by.zh), format!("{code}: {}", by.en));
            }
            Self::ModalityContradicted { modality, words } => {
                return Text::new(
                    format!("设备类型为 {modality}，文字为 {words}"),
                    format!("modality is {modality}, the words say {words}"),
                );
            }
        };
        Text::new(zh, en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_is_a_fragment_in_two_languages() {
        let reasons = [
            Reason::Fits,
            Reason::NoItem,
            Reason::PostureUnsaid,
            Reason::Code("X".into()),
            Reason::CodeContradicted("X".into(), Contradiction::Side),
        ];
        for reason in reasons {
            let text = reason.text();
            assert!(
                !text.en.ends_with('.')
                    && text.en.starts_with(|c: char| !c.is_uppercase() || c == 'X')
            );
            assert!(text.zh.chars().any(super::super::normalise::is_ideograph), "{}", text.zh);
        }
    }
}
