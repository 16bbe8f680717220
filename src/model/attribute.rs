//! Header content as checks see it: attributes in four states (present, empty, absent, malformed),
//! values decoded to UTF-8 text, integers, floats or nested items.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use dicom_core::Tag;
use rayon::iter::Either;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::values::{ValueText, Values};

/// The value of one attribute. Multi-valued attributes keep every value, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Text, trimmed of padding; DS and IS stay text here and are parsed by the accessors.
    Text(Values<ValueText>),
    /// Binary integers (US, SS, UL, SL, UV, SV, AT as group << 16 | element).
    Int(Values<i64>),
    /// Binary floats (FL, FD).
    Float(Values<f64>),
    /// Items of a sequence; only attributes of `model::kept` are held inside.
    Items(Box<[Attributes]>),
}

/// What is known of one attribute that occurs in the file. An absent one is not stored at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Stored {
    /// It has a value.
    Present(Value),
    /// It occurs with zero length (or only padding).
    Empty,
    /// It occurs, and its bytes cannot be read as its VR says. The reason is for people.
    Malformed(Box<str>),
}

/// The four states of an attribute, borrowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State<'a> {
    /// It has a value.
    Present(&'a Value),
    /// It occurs with zero length.
    Empty,
    /// It does not occur.
    Absent,
    /// It occurs and cannot be read; the reason.
    Malformed(&'a str),
}

/// Keys beside what they stand for, sorted by key: a search touches only the keys.
#[derive(Clone, Debug, Default)]
struct Pairs {
    keys: Vec<u32>,
    stored: Vec<Stored>,
}

impl Pairs {
    fn with_capacity(pairs: usize) -> Self {
        Self { keys: Vec::with_capacity(pairs), stored: Vec::with_capacity(pairs) }
    }

    fn get(&self, key: u32) -> Option<&Stored> {
        self.keys.binary_search(&key).ok().and_then(|at| self.stored.get(at))
    }

    fn set(&mut self, key: u32, stored: Stored) {
        // Data sets are in the order of their tags.
        if self.keys.last().is_none_or(|last| *last < key) {
            self.keys.push(key);
            self.stored.push(stored);
            return;
        }
        match self.keys.binary_search(&key) {
            Ok(at) => self.stored[at] = stored,
            Err(at) => {
                self.keys.insert(at, key);
                self.stored.insert(at, stored);
            }
        }
    }

    fn remove(&mut self, key: u32) {
        if let Ok(at) = self.keys.binary_search(&key) {
            self.keys.remove(at);
            self.stored.remove(at);
        }
    }

    fn iter(&self) -> impl Iterator<Item = (u32, &Stored)> {
        self.keys.iter().copied().zip(&self.stored)
    }
}

impl FromIterator<(u32, Stored)> for Pairs {
    /// From pairs in key order.
    fn from_iter<I: IntoIterator<Item = (u32, Stored)>>(pairs: I) -> Self {
        let (keys, stored) = pairs.into_iter().unzip();
        Self { keys, stored }
    }
}

/// The kept attributes of a data set or an item, sorted by tag. What all instances of a series have
/// in common may be held once for all of them; nobody who reads sees the difference.
#[derive(Clone, Debug, Default)]
pub struct Attributes {
    own: Pairs,
    /// Seen where `own` has no attribute of the same tag.
    common: Option<Arc<Pairs>>,
}

fn key(tag: Tag) -> u32 {
    (u32::from(tag.0) << 16) | u32::from(tag.1)
}

#[expect(clippy::cast_possible_truncation, reason = "splits a 32-bit key into halves")]
fn tag_of(key: u32) -> Tag {
    Tag((key >> 16) as u16, key as u16)
}

/// Without white space at the ends; values are seldom padded, so the ends are looked at first.
fn trimmed(text: &str) -> &str {
    let plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if plain(bytes.first()) && plain(bytes.last()) { text } else { text.trim() }
}

fn owned((key, stored): (u32, &Stored)) -> (u32, Stored) {
    (key, stored.clone())
}

impl Attributes {
    /// With room for so many attributes.
    pub fn with_capacity(attributes: usize) -> Self {
        Self { own: Pairs::with_capacity(attributes), common: None }
    }

    /// From tags as `group << 16 | element` with what is stored; of one tag the last counts.
    pub fn from_pairs(pairs: Vec<(u32, Stored)>) -> Self {
        if pairs.is_sorted_by(|a, b| a.0 < b.0) {
            return Self { own: pairs.into_iter().collect(), common: None };
        }
        let mut attributes = Self::default();
        for (key, stored) in pairs {
            attributes.set(tag_of(key), stored);
        }
        attributes
    }

    /// Sets an attribute; a second value for a tag replaces the first.
    pub fn set(&mut self, tag: Tag, stored: Stored) {
        self.own.set(key(tag), stored);
    }

    /// Sets a text attribute of one value; an empty string is the state `Empty`.
    pub fn set_text(&mut self, tag: Tag, text: impl Into<ValueText>) {
        let text = text.into();
        let stored = if text.is_empty() {
            Stored::Empty
        } else {
            Stored::Present(Value::Text(Values::one(text)))
        };
        self.set(tag, stored);
    }

    /// Removes an attribute.
    pub fn remove(&mut self, tag: Tag) {
        let k = key(tag);
        if self.common.as_ref().is_some_and(|c| c.get(k).is_some()) {
            self.own = self.copied();
            self.common = None;
        }
        self.own.remove(k);
    }

    /// A copy with the attributes that `wanted` names.
    #[must_use]
    pub fn only(&self, wanted: impl Fn(Tag) -> bool) -> Self {
        let named = self.pairs().filter(|(key, _)| wanted(tag_of(*key)));
        Self { own: named.map(owned).collect(), common: None }
    }

    /// The attributes that all of `sets` have with the same content.
    pub fn in_common<'a>(mut sets: impl Iterator<Item = &'a Self>) -> Self {
        let Some(first) = sets.next() else { return Self::default() };
        let mut common: Vec<(u32, &Stored)> = first.pairs().collect();
        for set in sets {
            common.retain(|(key, stored)| set.stored(*key) == Some(stored));
        }
        Self { own: common.into_iter().map(owned).collect(), common: None }
    }

    /// A copy without what `common` has.
    #[must_use]
    pub fn without(&self, common: &Self) -> Self {
        let differs = self.pairs().filter(|(key, stored)| common.stored(*key) != Some(stored));
        Self { own: differs.map(owned).collect(), common: None }
    }

    /// What [`Attributes::without`] took away, held once for all that share it.
    pub fn share(&mut self, common: &SharedAttributes) {
        self.common = Some(Arc::clone(&common.0));
    }

    fn stored(&self, key: u32) -> Option<&Stored> {
        self.own.get(key).or_else(|| self.common.as_ref()?.get(key))
    }

    fn copied(&self) -> Pairs {
        self.pairs().map(owned).collect()
    }

    /// Both parts in tag order; an own attribute hides a common one of its tag.
    fn pairs(&self) -> impl Iterator<Item = (u32, &Stored)> {
        let Some(common) = &self.common else { return Either::Left(self.own.iter()) };
        let (mut own, mut common) = (self.own.iter().peekable(), common.iter().peekable());
        Either::Right(std::iter::from_fn(move || {
            let order = match (own.peek(), common.peek()) {
                (Some(o), Some(c)) => o.0.cmp(&c.0),
                (Some(_), None) => Ordering::Less,
                (None, _) => Ordering::Greater,
            };
            if order == Ordering::Equal {
                common.next();
            }
            if order == Ordering::Greater { common.next() } else { own.next() }
        }))
    }

    /// The state of an attribute.
    pub fn state(&self, tag: Tag) -> State<'_> {
        match self.stored(key(tag)) {
            None => State::Absent,
            Some(Stored::Present(value)) => State::Present(value),
            Some(Stored::Empty) => State::Empty,
            Some(Stored::Malformed(why)) => State::Malformed(why),
        }
    }

    /// The value, where present.
    pub fn value(&self, tag: Tag) -> Option<&Value> {
        match self.state(tag) {
            State::Present(value) => Some(value),
            _ => None,
        }
    }

    /// The first text value, where present and not blank.
    pub fn text(&self, tag: Tag) -> Option<&str> {
        self.texts(tag).iter().map(|t| trimmed(t)).find(|t| !t.is_empty())
    }

    /// All text values (an empty slice where there are none).
    pub fn texts(&self, tag: Tag) -> &[ValueText] {
        match self.value(tag) {
            Some(Value::Text(texts)) => texts,
            _ => &[],
        }
    }

    /// All numbers, from binary or from decimal/integer strings; `None` where any cannot be read.
    pub fn floats(&self, tag: Tag) -> Option<Vec<f64>> {
        match self.value(tag)? {
            Value::Float(v) => Some(v.to_vec()),
            #[expect(clippy::cast_precision_loss, reason = "DICOM integers here are small")]
            Value::Int(v) => Some(v.iter().map(|i| *i as f64).collect()),
            Value::Text(v) => v.iter().map(|t| trimmed(t).parse().ok()).collect(),
            Value::Items(_) => None,
        }
        .filter(|v: &Vec<f64>| !v.is_empty() && v.iter().all(|x| x.is_finite()))
    }

    /// The first number.
    pub fn float(&self, tag: Tag) -> Option<f64> {
        self.floats(tag).and_then(|v| v.first().copied())
    }

    /// The first integer, from binary or from an integer string.
    pub fn int(&self, tag: Tag) -> Option<i64> {
        match self.value(tag)? {
            Value::Int(v) => v.first().copied(),
            #[expect(clippy::cast_possible_truncation, reason = "only whole values in range")]
            Value::Float(v) => v.first().filter(|f| f.fract() == 0.0).map(|f| *f as i64),
            Value::Text(v) => {
                let t = v.first()?.trim();
                #[expect(clippy::cast_possible_truncation, reason = "only whole values in range")]
                t.parse().ok().or_else(|| {
                    t.parse::<f64>().ok().filter(|f| f.fract() == 0.0).map(|f| f as i64)
                })
            }
            Value::Items(_) => None,
        }
    }

    /// Exactly `N` numbers.
    pub fn array<const N: usize>(&self, tag: Tag) -> Option<[f64; N]> {
        let Some(Value::Text(texts)) = self.value(tag) else {
            return self.floats(tag)?.try_into().ok();
        };
        let texts: &[ValueText; N] = (**texts).try_into().ok()?;
        let mut numbers = [0.0; N];
        for (number, text) in numbers.iter_mut().zip(texts) {
            *number = trimmed(text).parse().ok().filter(|n: &f64| n.is_finite())?;
        }
        Some(numbers)
    }

    /// The items of a sequence (an empty slice where there are none).
    pub fn items(&self, tag: Tag) -> &[Attributes] {
        match self.value(tag) {
            Some(Value::Items(items)) => items,
            _ => &[],
        }
    }

    /// Every stored attribute with its tag, in tag order.
    pub fn iter(&self) -> impl Iterator<Item = (Tag, &Stored)> {
        self.pairs().map(|(k, s)| (tag_of(k), s))
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.pairs().next().is_none()
    }

    /// How many attributes are stored.
    pub fn len(&self) -> usize {
        if self.common.is_none() { self.own.keys.len() } else { self.pairs().count() }
    }
}

/// Attributes that several instances hold together.
#[derive(Clone, Debug)]
pub struct SharedAttributes(Arc<Pairs>);

impl From<Attributes> for SharedAttributes {
    fn from(attributes: Attributes) -> Self {
        match attributes.common {
            None => Self(Arc::new(attributes.own)),
            Some(_) => Self(Arc::new(attributes.copied())),
        }
    }
}

impl PartialEq for Attributes {
    fn eq(&self, other: &Self) -> bool {
        self.pairs().eq(other.pairs())
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The exact length first: MessagePack writes it before the pairs.
        let pairs: Vec<(u32, &Stored)> = self.pairs().collect();
        pairs.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ReadPairs)
    }
}

/// Reads pairs straight to where they stay: a study is thousands of data sets.
struct ReadPairs;

/// Most pairs that memory is kept ready for because the data say so.
const READY: usize = 1 << 10;

impl<'de> Visitor<'de> for ReadPairs {
    type Value = Attributes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pairs of tag and what is stored")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pairs: A) -> Result<Attributes, A::Error> {
        let ready = pairs.size_hint().unwrap_or(0).min(READY);
        let mut own = Pairs::with_capacity(ready);
        while let Some((key, stored)) = pairs.next_element::<(u32, Stored)>()? {
            own.set(key, stored);
        }
        Ok(Attributes { own, common: None })
    }
}

#[cfg(test)]
#[path = "attribute_tests.rs"]
mod tests;
