//! What an item asks for, in the catalogue's notation: `;` joins what is all needed, `|` joins
//! what serves alike (`T1WI;T2WI|FS-T2WI;DWI`).

use std::fmt;

use serde::{Deserialize, Serialize};

/// All of the groups, of each group any one word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement(pub Vec<Vec<String>>);

impl Requirement {
    /// Reads the notation; empty text asks for nothing.
    pub fn parse(text: &str) -> Self {
        let words = |group: &str| -> Vec<String> {
            group.split('|').map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect()
        };
        Self(text.split(';').map(words).filter(|group| !group.is_empty()).collect())
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every word, in order.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flatten().map(String::as_str)
    }

    /// The groups that none of what is there serves; `serves(wanted)` says what is there.
    pub fn missing(&self, serves: impl Fn(&str) -> bool) -> Vec<&[String]> {
        self.0.iter().filter(|group| !group.iter().any(|w| serves(w))).map(Vec::as_slice).collect()
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups: Vec<String> = self.0.iter().map(|group| group.join("|")).collect();
        f.write_str(&groups.join(";"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_all_needed_and_words_of_a_group_serve_alike() {
        let r = Requirement::parse("T1WI;T2WI|FS-T2WI;DWI");
        assert_eq!(r.to_string(), "T1WI;T2WI|FS-T2WI;DWI");
        assert!(r.missing(|w| ["T1WI", "FS-T2WI", "DWI"].contains(&w)).is_empty());
        assert_eq!(r.missing(|w| w == "DWI"), [&["T1WI"][..], &["T2WI", "FS-T2WI"][..]]);
        assert!(Requirement::parse(" ").is_empty());
    }
}
