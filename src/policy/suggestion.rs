//! "Did you mean …" at the end of a message.

use super::error::nearest;

/// A near word, as the end of a message.
pub struct Suggestion<'a>(Option<&'a str>);

impl<'a> Suggestion<'a> {
    /// The nearest of the candidates.
    pub fn of(word: &str, candidates: impl Iterator<Item = &'a str>) -> Self {
        Self(nearest(word, candidates))
    }

    /// A word that is surely meant.
    pub fn exact(word: &'a str) -> Self {
        Self(Some(word))
    }

    /// In Chinese.
    pub fn zh(&self) -> String {
        self.0.map_or_else(String::new, |n| format!("；是否想写 {n}？"))
    }

    /// In English.
    pub fn en(&self) -> String {
        self.0.map_or_else(String::new, |n| format!("; did you mean `{n}`?"))
    }
}
