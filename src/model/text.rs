//! Words a person reads, in Chinese and English.

use serde::{Deserialize, Serialize};

/// The language of a report or a terminal page. Chinese is the default everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Chinese, as the customer's regions print it.
    #[default]
    Zh,
    /// English.
    En,
}

/// One sentence in both languages. English is a lowercase fragment without a final period.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
pub struct Text {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// Joins the two wordings of one sentence.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// The wording in `language`.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        }
    }
}

/// The same as [`Text`], for words fixed at compile time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaticText {
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

impl From<StaticText> for Text {
    fn from(fixed: StaticText) -> Self {
        Self::new(fixed.zh, fixed.en)
    }
}

impl StaticText {
    /// The wording in `language`.
    pub fn get(&self, language: Language) -> &'static str {
        match language {
            Language::Zh => self.zh,
            Language::En => self.en,
        }
    }
}
