//! The words of hospitals as data: which term means what, in which modality, and how parts of the
//! body relate. Read by `lexicon_read` from `policies/synonyms/`; nothing here knows a single
//! medical word.

use std::collections::BTreeMap;

use super::naming::NameElement;
use super::normalise::{is_ideograph, normalise};
use super::series_words::SeriesLexicon;

/// What a term says something about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Facet {
    /// CT, MR, DX …
    Modality,
    /// Part of the body.
    Anatomy,
    /// L, R, B.
    Side,
    /// X-ray projection.
    View,
    /// Erect, supine …
    Posture,
    /// Contrast class, angiography, perfusion …
    Contrast,
    /// Sequence, dose, segment, population.
    Technique,
    /// A word that only protects its characters from being read as something else.
    Ignore,
}

/// One meaning of a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sense {
    /// What it is about.
    pub facet: Facet,
    /// The value, as the data file prints it.
    pub value: String,
    pub(super) modalities: Vec<String>,
}

impl Sense {
    fn holds_in(&self, modality: &str) -> bool {
        self.modalities.is_empty() || self.modalities.iter().any(|m| m == modality)
    }
}

/// A term found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit<'a> {
    /// The characters that matched.
    pub text: String,
    /// Position of its first character.
    pub start: usize,
    /// Position behind its last character.
    pub end: usize,
    /// Its meanings in the modality asked for.
    pub senses: Vec<&'a Sense>,
}

/// How the two sides of a part of the body are imaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SideModel {
    /// It has no sides, or none that an item tells apart.
    #[default]
    Midline,
    /// An examination is of one side unless it says both.
    Paired,
    /// It has two sides, and an examination that names none is of both.
    Whole,
}

/// How two parts of the body relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RelationKind {
    /// The same examination under another name.
    Same,
    /// Perhaps the same; a person decides.
    Maybe,
    /// The first is examined by the second ones together.
    Parts,
    /// The second is a collective entry that covers the first.
    Umbrella,
    /// The first only says where the second lies, when both are named.
    Within,
    /// The first covers the second ones where all of them are examined.
    Joined,
}

/// One row of `relations.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// How.
    pub kind: RelationKind,
    /// The part that is named.
    pub from: String,
    /// The part or parts of the catalogue.
    pub to: Vec<String>,
    pub(super) modalities: Vec<String>,
    /// Technique word it is bound to; empty for any.
    pub technique: String,
}

impl Relation {
    /// Whether it holds in a modality.
    pub fn holds_in(&self, modality: &str) -> bool {
        self.modalities.is_empty() || self.modalities.iter().any(|m| m == modality)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) chars: Vec<char>,
    pub(super) senses: Vec<Sense>,
}

/// All synonyms.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    /// SHA-256 (hex) of the files it was read from; a part of every result that rests on them.
    pub digest: String,
    pub(super) terms: BTreeMap<char, Vec<Term>>,
    pub(super) lookups: BTreeMap<(&'static str, String), Vec<Sense>>,
    pub(super) traditional: BTreeMap<char, char>,
    pub(super) sides: BTreeMap<String, SideModel>,
    pub(super) regions: BTreeMap<String, Vec<String>>,
    pub(super) relations: Vec<Relation>,
    pub(super) limits: BTreeMap<String, u32>,
    pub(super) names: BTreeMap<(String, NameElement), bool>,
    /// Words and limits that tell what a series is.
    pub series: SeriesLexicon,
}

impl Lexicon {
    /// The normal form of a text.
    pub fn normalise(&self, text: &str) -> String {
        normalise(text, &self.traditional)
    }

    /// The value of a defined term (View Position, Body Part Examined, Modality).
    fn lookup(&self, file: &'static str, value: &str, modality: &str) -> Option<&str> {
        let senses = self.lookups.get(&(file, self.normalise(value)))?;
        senses.iter().find(|s| s.holds_in(modality)).map(|s| s.value.as_str())
    }

    /// Our word for a value of Modality; `None` for a modality that no catalogue knows.
    pub fn modality(&self, value: &str) -> Option<&str> {
        self.lookup("modality_value", value, "")
    }

    /// Our word for a value of View Position or a view code.
    pub fn view_position(&self, value: &str, modality: &str) -> Option<&str> {
        self.lookup("view_position", value, modality)
    }

    /// Our word for a defined term of Body Part Examined.
    pub fn body_part(&self, value: &str, modality: &str) -> Option<&str> {
        self.lookup("body_part", value, modality)
    }

    /// How the sides of a part are imaged.
    pub fn side_model(&self, anatomy: &str) -> SideModel {
        self.sides.get(anatomy).copied().unwrap_or_default()
    }

    /// The regions of the body that images of a part may be labelled with; none for a part that
    /// `regions.csv` does not place.
    pub fn regions(&self, anatomy: &str) -> &[String] {
        let base = anatomy.split("_mid_").next().unwrap_or(anatomy);
        self.regions.get(base).map(Vec::as_slice).unwrap_or_default()
    }

    /// A number of `limits.csv`; 0 where it is not there.
    pub fn limit(&self, name: &str) -> u32 {
        self.limits.get(name).copied().unwrap_or_default()
    }

    /// Whether the names of a modality's items are asked for an element.
    pub fn name_asks(&self, modality: &str, element: NameElement) -> bool {
        self.names.get(&(modality.to_owned(), element)).copied().unwrap_or(true)
    }

    /// The relations that start from a part.
    pub fn relations<'a>(&'a self, from: &'a str) -> impl Iterator<Item = &'a Relation> + 'a {
        self.relations.iter().filter(move |r| r.from == from)
    }

    /// The relations of a kind, in the order of the file.
    pub fn relations_of(&self, kind: RelationKind) -> impl Iterator<Item = &Relation> {
        self.relations.iter().filter(move |r| r.kind == kind)
    }

    /// The terms of a normal text, from left to right, the longest at each place.
    pub fn scan(&self, normal: &str, modality: &str) -> Vec<Hit<'_>> {
        let text: Vec<char> = normal.chars().collect();
        let mut hits = Vec::new();
        let mut at = 0;
        let mut glued = None;
        while let Some(first) = text.get(at) {
            if glued != Some(at) && text.get(at..at + MRI.len()).is_some_and(|t| t == MRI) {
                // `颅脑MRIDWI`: the word for the modality is written without a gap.
                let behind = at + MRI.len();
                let word_before = at > 0 && text.get(at - 1).copied().is_some_and(word);
                if !word_before && self.starts_term(&text, behind) {
                    glued = Some(behind);
                }
            }
            match self.longest(&text, at, *first, modality, glued == Some(at), glued) {
                Some(hit) => {
                    at = hit.end;
                    hits.push(hit);
                }
                None => at += 1,
            }
        }
        drop_fragments(&text, &mut hits);
        hits
    }

    /// Whether a term of three letters or more, of any modality, starts where a word is glued on.
    fn starts_term(&self, text: &[char], at: usize) -> bool {
        let Some(first) = text.get(at).filter(|c| word(**c)) else { return false };
        let terms = self.terms.get(first).map(Vec::as_slice).unwrap_or_default();
        let long = |t: &&Term| t.chars.len() > 2;
        terms.iter().filter(long).any(|t| matches_at(&t.chars, text, at, true, None).is_some())
    }

    fn longest(
        &self,
        text: &[char],
        at: usize,
        first: char,
        modality: &str,
        after_glue: bool,
        glue: Option<usize>,
    ) -> Option<Hit<'_>> {
        let mut best: Option<Hit<'_>> = None;
        for term in self.terms.get(&first)? {
            let Some(end) = matches_at(&term.chars, text, at, after_glue, glue) else { continue };
            if best.as_ref().is_some_and(|b| b.end >= end) {
                continue;
            }
            let senses: Vec<&Sense> = term.senses.iter().filter(|s| s.holds_in(modality)).collect();
            if !senses.is_empty() {
                let matched = text.get(at..end).unwrap_or_default().iter().collect();
                best = Some(Hit { text: matched, start: at, end, senses });
            }
        }
        best
    }
}

/// Which characters of a text no hit covers.
fn uncovered(text: &[char], hits: &[Hit<'_>]) -> Vec<bool> {
    let mut open = vec![true; text.len()];
    for hit in hits {
        for slot in open.get_mut(hit.start..hit.end).unwrap_or_default() {
            *slot = false;
        }
    }
    open
}

/// A part of one ideograph (`胸`) counts only where its neighbours are understood: in `胸腺` it is a
/// fragment of a word that nobody taught us.
fn drop_fragments(text: &[char], hits: &mut Vec<Hit<'_>>) {
    loop {
        let open = uncovered(text, hits);
        let unknown = |at: Option<usize>| {
            at.is_some_and(|a| {
                open.get(a) == Some(&true) && text.get(a).copied().is_some_and(is_ideograph)
            })
        };
        let before = hits.len();
        hits.retain(|h| {
            let part = h.end == h.start + 1
                && text.get(h.start).copied().is_some_and(is_ideograph)
                && h.senses.iter().any(|s| s.facet == Facet::Anatomy);
            !(part && (unknown(h.start.checked_sub(1)) || unknown(Some(h.end))))
        });
        if hits.len() == before {
            return;
        }
    }
}

/// Whether a text has an ideograph or a word of three letters that no hit covers.
pub(super) fn has_residue(normal: &str, hits: &[Hit<'_>]) -> bool {
    let text: Vec<char> = normal.chars().collect();
    let open = uncovered(&text, hits);
    let mut letters = 0_usize;
    for (c, open) in text.iter().zip(open) {
        if open && is_ideograph(*c) {
            return true;
        }
        letters = if open && c.is_ascii_alphabetic() { letters + 1 } else { 0 };
        if letters > 2 {
            return true;
        }
    }
    false
}

/// The one modality word that is written together with what follows it.
const MRI: &[char] = &['M', 'R', 'I'];

/// A space of a term stands for any run of these, or for nothing (`L SPINE` is L-SPINE, LSPINE).
pub(super) fn is_gap(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '/' | ',' | '&' | '、')
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

/// The end of the characters of `term` at `at`, where they stand there.
pub(super) fn run(term: &[char], text: &[char], at: usize) -> Option<usize> {
    let mut pos = at;
    for c in term {
        if *c == ' ' {
            while text.get(pos).copied().is_some_and(is_gap) {
                pos += 1;
            }
        } else if text.get(pos) == Some(c) {
            pos += 1;
        } else {
            return None;
        }
    }
    Some(pos)
}

/// The end of `term` at `at`, where it stands there as a word of its own.
fn matches_at(
    term: &[char],
    text: &[char],
    at: usize,
    after_glue: bool,
    glue: Option<usize>,
) -> Option<usize> {
    let first = *term.first()?;
    if !after_glue && word(first) && at > 0 && text.get(at - 1).copied().is_some_and(word) {
        return None;
    }
    let pos = run(term, text, at)?;
    let last = *term.last()?;
    let next = text.get(pos).copied();
    let symbol = matches!(first, '+' | '-') || matches!(last, '+' | '-');
    let blocked = next.is_some_and(|n| {
        (word(last) && word(n)) || (symbol && (word(n) || matches!(n, '+' | '-')))
    });
    (!blocked || glue == Some(pos)).then_some(pos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, modality: &str) -> Vec<(Facet, String)> {
        let lexicon = Lexicon::embedded().unwrap();
        let normal = lexicon.normalise(text);
        let hits = lexicon.scan(&normal, modality);
        hits.iter().flat_map(|h| h.senses.iter().map(|s| (s.facet, s.value.clone()))).collect()
    }

    fn has(text: &str, modality: &str, facet: Facet, value: &str) -> bool {
        found(text, modality).contains(&(facet, value.to_owned()))
    }

    #[test]
    fn the_longest_term_wins() {
        assert!(has("骶髂关节CT", "CT", Facet::Anatomy, "sacroiliac_joints"));
        assert!(!has("胸腰段脊柱", "CT", Facet::Anatomy, "chest"));
        assert!(!has("肾上腺CT", "CT", Facet::Anatomy, "kidneys"));
        assert!(!has("锁骨正位", "DX", Facet::Anatomy, "chest"));
    }

    #[test]
    fn projections_are_not_sides() {
        for text in ["胸部左侧位", "左前斜位", "颈椎双斜"] {
            assert!(found(text, "DX").iter().all(|(f, _)| *f != Facet::Side), "{text}");
        }
        assert!(has("左侧膝关节侧位", "DX", Facet::Side, "L"));
    }

    #[test]
    fn shorthand_with_and_without_contrast_is_told_apart() {
        assert_eq!(found("W/O", "CT"), [(Facet::Contrast, "plain".to_owned())]);
        assert_eq!(found("w/wo", "CT"), [(Facet::Contrast, "plain;enhanced".to_owned())]);
        assert_eq!(found("C-", "CT"), [(Facet::Contrast, "plain".to_owned())]);
        assert!(!has("C-SPINE", "CT", Facet::Contrast, "plain"));
        assert!(!has("头颅+C-SPINE", "CT", Facet::Contrast, "enhanced"));
        assert!(has("T1+C", "MR", Facet::Contrast, "enhanced"));
        assert!(has("不增强", "CT", Facet::Contrast, "plain"));
    }
}
