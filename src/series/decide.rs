//! Physics against words about the kind of a series.

use crate::items::lexicon::Lexicon;
use crate::items::series_words::{Grade, Place};

use super::claim::{Claim, heaviest, together};
use super::kind::Kind;
use super::words::PURPOSE;

/// The rank of words for maps.
const MAP: u32 = 3;

/// What a series, or a stack of it, was found to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decided {
    /// What it is.
    pub kind: Option<Kind>,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// Whether physics and words contradict each other.
    pub contradicted: bool,
}

impl Decided {
    fn of(kind: &Kind, confidence: f64) -> Self {
        Self { kind: Some(kind.clone()), confidence, contradicted: false }
    }
}

/// Weighs what physics and words claim. A word that says what a series is for wins; one that makes
/// a more definite kind of what physics says wins; else physics, unless it is less sure.
pub fn kind(physics: &[Claim<Kind>], words: &[(Claim<Kind>, u32)], lexicon: &Lexicon) -> Decided {
    let p = heaviest(physics);
    if let Some((word, rank)) = words.first()
        && *rank >= PURPOSE
    {
        return Decided::of(&word.value, word.weight);
    }
    let highest = words.first().map(|(_, rank)| *rank);
    let (top, rest) = words.split_at(words.partition_point(|(_, rank)| Some(*rank) == highest));
    let Some(p) = p else { return by_words(top) };
    if top.is_empty() {
        return Decided::of(&p.value, p.weight);
    }
    let same = |words: &[(Claim<Kind>, u32)]| {
        words.iter().find(|(w, _)| w.value == p.value).map(|(w, _)| w.weight)
    };
    if let Some(weight) = same(top) {
        return Decided::of(&p.value, together(p.weight, weight));
    }
    let related = |place: Place, a: &Kind, b: &Kind| {
        lexicon.series.code(place, &format!("{a}>{b}"), "MR").is_some()
    };
    let map = |(w, rank): &&(Claim<Kind>, u32)| *rank >= MAP && w.weight >= p.weight;
    let refined = top.iter().find(|(w, _)| related(Place::Refines, &p.value, &w.value));
    if let Some((word, _)) = refined.or_else(|| top.iter().find(map)) {
        return Decided::of(
            &word.value,
            word.weight.max(p.weight.min(lexicon.series.weight(Grade::Fair))),
        );
    }
    if top.iter().any(|(w, _)| related(Place::Covers, &w.value, &p.value)) {
        return Decided::of(&p.value, p.weight);
    }
    if let Some(weight) = same(rest) {
        // Another word of the same text agrees with physics: the higher one meant something else.
        return Decided::of(&p.value, together(p.weight, weight));
    }
    torn(p, top)
}

fn by_words(words: &[(Claim<Kind>, u32)]) -> Decided {
    match words {
        [(one, _)] => Decided::of(&one.value, one.weight),
        _ => Decided::default(),
    }
}

fn torn(p: &Claim<Kind>, words: &[(Claim<Kind>, u32)]) -> Decided {
    let Some((w, _)) = words.first() else { return Decided::of(&p.value, p.weight) };
    let won = if w.weight > p.weight && words.len() == 1 { w } else { p };
    let lost = if std::ptr::eq(won, p) { w } else { p };
    Decided {
        kind: Some(won.value.clone()),
        confidence: won.weight * (1.0 - lost.weight / 2.0),
        contradicted: true,
    }
}
