//! Text in two languages inside a page, escaped. Both wordings are in the page; the style sheet
//! shows one.

use std::borrow::Cow;
use std::fmt;

use askama::filters::{Html, HtmlSafe, escape};

use crate::model::text::{StaticText, Text};

/// A text in both languages, ready for a page.
#[derive(Clone, Debug)]
pub struct Bi<'a> {
    zh: Cow<'a, str>,
    en: Cow<'a, str>,
}

impl fmt::Display for Bi<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let en = escaped(&self.en);
        if self.zh.is_empty() || self.zh == self.en {
            return f.write_str(&en);
        }
        write!(f, "<span lang=\"zh\">{}</span><span lang=\"en\">{en}</span>", escaped(&self.zh))
    }
}

// Display escapes both wordings itself.
impl HtmlSafe for Bi<'_> {}

/// A text with its five special characters as entities.
pub fn escaped(text: &str) -> String {
    escape(text, Html).map_or_else(|_| String::new(), |e| e.to_string())
}

/// A text in both languages.
pub fn t<'a>(zh: impl Into<Cow<'a, str>>, en: impl Into<Cow<'a, str>>) -> Bi<'a> {
    Bi { zh: zh.into(), en: en.into() }
}

/// A fixed text.
pub fn st(text: StaticText) -> Bi<'static> {
    t(text.zh, text.en)
}

/// A text of a result.
pub fn tx(text: &Text) -> Bi<'_> {
    t(text.zh.as_str(), text.en.as_str())
}

/// Both wordings for an attribute that can hold only one (`title`).
pub fn both(text: StaticText) -> String {
    format!("{} / {}", text.zh, text.en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_escaped_in_both_languages() {
        let html = t("<script>x</script>", "\"'&<").to_string();
        assert!(!html.contains("<script>") && !html.contains("&<"), "{html}");
        assert!(html.contains("&#60;script&#62;") || html.contains("&lt;script&gt;"), "{html}");
    }

    #[test]
    fn one_wording_stands_alone() {
        assert_eq!(t("CT", "CT").to_string(), "CT");
        assert_eq!(t("", "only english").to_string(), "only english");
    }
}
