//! What one witness claims, and how claims are weighed.

use std::borrow::Cow;

use super::kind::{Facet, Fact, Witness};

/// A value that a witness claims.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim<T> {
    /// What.
    pub value: T,
    /// How sure, 0 to 1.
    pub weight: f64,
    /// Keyword of the attribute, or the rule.
    pub source: &'static str,
    /// Its value as read.
    pub text: String,
}

impl<T> Claim<T> {
    /// A claim from an attribute.
    pub fn new(value: T, weight: f64, source: &'static str, text: impl Into<String>) -> Self {
        Self { value, weight, source, text: text.into() }
    }

    /// The same claim of another value.
    pub fn of<U>(&self, value: U) -> Claim<U> {
        Claim { value, weight: self.weight, source: self.source, text: self.text.clone() }
    }

    /// As it is told.
    pub fn fact<'w>(
        &self,
        facet: Facet,
        witness: Witness,
        word: impl Fn(&T) -> Cow<'w, str>,
    ) -> Fact {
        Fact {
            facet,
            says: word(&self.value).into_owned(),
            witness,
            weight: self.weight,
            source: self.source.to_owned(),
            text: self.text.clone(),
        }
    }
}

/// The claim with the largest weight; the first of equals.
pub fn heaviest<T>(claims: &[Claim<T>]) -> Option<&Claim<T>> {
    claims.iter().reduce(|best, c| if c.weight > best.weight { c } else { best })
}

/// What physics and words together come to: the heavier wins, physics where they weigh the same.
pub struct Weighed<T> {
    /// The value that won.
    pub value: Option<T>,
    /// Whether both spoke and differ.
    pub contradicted: bool,
}

/// Weighs physics against words.
pub fn weigh<T: Copy + PartialEq>(physics: &[Claim<T>], words: &[Claim<T>]) -> Weighed<T> {
    let (p, w) = (heaviest(physics), heaviest(words));
    let value = match (p, w) {
        (Some(p), Some(w)) => Some(if w.weight > p.weight { w.value } else { p.value }),
        (p, w) => p.or(w).map(|c| c.value),
    };
    let contradicted = matches!((p, w), (Some(p), Some(w)) if p.value != w.value);
    Weighed { value, contradicted }
}

/// Two independent witnesses that agree.
pub fn together(a: f64, b: f64) -> f64 {
    1.0 - (1.0 - a) * (1.0 - b)
}
