//! What is wrong with policy files: every error with its place, all reported together.

use std::fmt;

use serde::Serialize;

use crate::model::text::{Language, Text};

/// A place in a policy file. Lines and columns count from 1; columns count characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Spot {
    /// The file, relative to the policy folder.
    pub file: String,
    /// The line; 0 where the file as a whole is meant.
    pub line: usize,
    /// The column; 0 where the file as a whole is meant.
    pub column: usize,
}

impl Spot {
    /// A file as a whole.
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), line: 0, column: 0 }
    }
}

/// A text whose places are asked for: every key of every policy is placed at each start.
#[derive(Clone, Debug)]
pub struct Places<'t> {
    text: &'t str,
    /// Byte offsets at which lines begin; the first is 0.
    lines: Vec<usize>,
}

impl<'t> Places<'t> {
    /// The places of a text.
    pub fn of(text: &'t str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        Self { text, lines: std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect() }
    }

    /// The text.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// The place of a byte offset.
    pub fn at(&self, file: &str, offset: usize) -> Spot {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let line = self.lines.partition_point(|start| *start <= end);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let column = self.text.get(start..end).map_or(0, |l| l.chars().count()) + 1;
        Spot { file: file.to_owned(), line, column }
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file),
            line => write!(f, "{}:{line}:{}", self.file, self.column),
        }
    }
}

/// One error.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, thiserror::Error)]
#[error("{spot}: {}", message.en)]
pub struct PolicyError {
    /// Where.
    pub spot: Spot,
    /// What is wrong and what was expected.
    pub message: Text,
}

impl PolicyError {
    /// An error at a place.
    pub fn new(spot: Spot, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { spot, message: Text::new(zh, en) }
    }
}

/// All errors of a policy folder, by file and line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PolicyErrors(pub Vec<PolicyError>);

impl PolicyErrors {
    /// The list as a person reads it, a line each.
    pub fn lines(&self, language: Language) -> Vec<String> {
        self.0.iter().map(|e| format!("{}: {}", e.spot, e.message.get(language))).collect()
    }

    /// `Err` of all errors in order, or `Ok`.
    pub fn check(mut errors: Vec<PolicyError>) -> Result<(), Self> {
        if errors.is_empty() {
            return Ok(());
        }
        errors.sort();
        errors.dedup();
        Err(Self(errors))
    }
}

impl fmt::Display for PolicyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines(Language::En).join("\n"))
    }
}

impl std::error::Error for PolicyErrors {}

/// The candidate that `word` was most likely meant to be, where one is near.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|c| (strsim::damerau_levenshtein(word, c), c))
        .filter(|(distance, c)| *distance <= 2.max(c.chars().count() / 3))
        .min()
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let text = "a = 1\n名 = \"乙\" x";
        let at = text.find('x').unwrap_or_default();
        assert_eq!(Places::of(text).at("f", at).to_string(), "f:2:9");
        assert_eq!(Places::of(text).at("f", usize::MAX).line, 2);
    }

    #[test]
    fn only_near_words_are_suggested() {
        let known = ["severity", "required", "source"];
        assert_eq!(nearest("severty", known.into_iter()), Some("severity"));
        assert_eq!(nearest("banana", known.into_iter()), None);
    }
}
