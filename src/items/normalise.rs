//! Brings the words of a header or a catalogue into one form: NFKC, simplified characters, upper
//! case, one kind of separator. It knows no meaning; that is the lexicon's.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

/// Whether a character is a Chinese ideograph.
pub fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')
}

/// Characters that only separate words.
fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '_' | '^' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>')
        || matches!(c, ':' | '"' | '\'' | '|' | '=' | '*' | '~' | '。' | '【' | '】' | '《' | '》')
        || c.is_control()
}

/// The normal form of a text. `traditional` maps traditional characters to simplified ones.
///
/// White space next to an ideograph carries no meaning (`左 膝`, `鼻窦 CT 平扫`) and is dropped.
pub fn normalise(text: &str, traditional: &BTreeMap<char, char>) -> String {
    if text.is_ascii() {
        // Its own normal form but for the case.
        return separated(text.chars().map(|c| c.to_ascii_uppercase()), text.len());
    }
    let upper = text.nfkc().flat_map(char::to_uppercase);
    separated(upper.map(|c| traditional.get(&c).copied().unwrap_or(c)), text.len())
}

/// One kind of separator, and none where it carries no meaning.
fn separated(text: impl Iterator<Item = char>, len: usize) -> String {
    let mut out: Vec<char> = Vec::with_capacity(len);
    for c in text {
        let c = match c {
            '–' | '—' | '−' | '‐' | '‑' => '-',
            '；' | '，' => ',',
            c if is_separator(c) => ' ',
            c => c,
        };
        if c == ' ' && out.last().is_none_or(|last| *last == ' ' || is_ideograph(*last)) {
            continue;
        }
        if is_ideograph(c) && out.last() == Some(&' ') {
            out.pop();
        }
        out.push(c);
    }
    while out.last() == Some(&' ') {
        out.pop();
    }
    out.into_iter().collect()
}

/// A name without white space, punctuation and words that only repeat the modality: two names that
/// differ in these alone are one name.
pub fn compact(normal: &str) -> String {
    let mut s: String = normal.chars().filter(|c| c.is_alphanumeric() || *c == '+').collect();
    for word in ["MRI", "CT", "DR", "摄影", "检查", "扫描"] {
        // CTA, CTV, CTU keep their meaning.
        if word == "CT" {
            s = strip_ct(&s);
        } else {
            s = s.replace(word, "");
        }
    }
    s
}

fn strip_ct(s: &str) -> String {
    let chars: Vec<char> = s.chars().collect();
    let mut out = String::with_capacity(s.len());
    let mut i = 0;
    while let Some(c) = chars.get(i) {
        let ct = *c == 'C' && chars.get(i + 1) == Some(&'T');
        let angio = matches!(chars.get(i + 2), Some('A' | 'V' | 'U' | 'P'));
        if ct && !angio {
            i += 2;
        } else {
            out.push(*c);
            i += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_case_and_spaces_become_one_form() {
        let none = BTreeMap::new();
        assert_eq!(normalise("ｃｔ　胸部（平扫）", &none), "CT胸部平扫");
        assert_eq!(normalise("  Chest_PA^Lat ", &none), "CHEST PA LAT");
        assert_eq!(normalise("左 膝 关节 MRI 平扫", &none), "左膝关节MRI平扫");
    }

    #[test]
    fn traditional_characters_become_simplified() {
        let map = BTreeMap::from([('頸', '颈'), ('關', '关')]);
        assert_eq!(normalise("頸部 關", &map), "颈部关");
    }

    #[test]
    fn compact_names_drop_the_modality_only() {
        assert_eq!(compact("鼻窦CT平扫"), compact("鼻窦平扫"));
        assert_eq!(compact("冠脉CTA"), "冠脉CTA");
        assert_ne!(compact("冠脉CTA"), compact("冠脉CT"));
    }
}
