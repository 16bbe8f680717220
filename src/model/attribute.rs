//! Header content as checks see it: attributes in four states (present, empty, absent, malformed),
//! values decoded to UTF-8 text, integers, floats or nested items.

use std::cmp::Ordering;
use std::sync::Arc;

use dicom_core::Tag;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The value of one attribute. Multi-valued attributes keep every value, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Text, trimmed of padding; DS and IS stay text here and are parsed by the accessors.
    Text(Vec<String>),
    /// Binary integers (US, SS, UL, SL, UV, SV, AT as group << 16 | element).
    Int(Vec<i64>),
    /// Binary floats (FL, FD).
    Float(Vec<f64>),
    /// Items of a sequence; only attributes of `model::kept` are held inside.
    Items(Vec<Attributes>),
}

/// What is known of one attribute that occurs in the file. An absent one is not stored at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Stored {
    /// It has a value.
    Present(Value),
    /// It occurs with zero length (or only padding).
    Empty,
    /// It occurs, and its bytes cannot be read as its VR says. The reason is for people.
    Malformed(String),
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

type Pairs = Vec<(u32, Stored)>;

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

fn find(pairs: &[(u32, Stored)], key: u32) -> Result<usize, usize> {
    pairs.binary_search_by_key(&key, |(k, _)| *k)
}

impl Attributes {
    /// From tags as `group << 16 | element` with what is stored; of one tag the last counts.
    pub fn from_pairs(pairs: Vec<(u32, Stored)>) -> Self {
        if pairs.is_sorted_by(|a, b| a.0 < b.0) {
            return Self { own: pairs, common: None };
        }
        let mut attributes = Self::default();
        for (key, stored) in pairs {
            attributes.set(tag_of(key), stored);
        }
        attributes
    }

    /// Sets an attribute; a second value for a tag replaces the first.
    pub fn set(&mut self, tag: Tag, stored: Stored) {
        let k = key(tag);
        match find(&self.own, k) {
            Ok(at) => self.own[at].1 = stored,
            Err(at) => self.own.insert(at, (k, stored)),
        }
    }

    /// Sets a text attribute of one value; an empty string is the state `Empty`.
    pub fn set_text(&mut self, tag: Tag, text: impl Into<String>) {
        let text = text.into();
        let stored =
            if text.is_empty() { Stored::Empty } else { Stored::Present(Value::Text(vec![text])) };
        self.set(tag, stored);
    }

    /// Removes an attribute.
    pub fn remove(&mut self, tag: Tag) {
        let k = key(tag);
        if self.common.as_ref().is_some_and(|c| find(c, k).is_ok()) {
            self.own = self.pairs().cloned().collect();
            self.common = None;
        }
        self.own.retain(|(t, _)| *t != k);
    }

    /// A copy with the attributes that `wanted` names.
    #[must_use]
    pub fn only(&self, wanted: impl Fn(Tag) -> bool) -> Self {
        let named = |pair: &&(u32, Stored)| wanted(tag_of(pair.0));
        Self { own: self.pairs().filter(named).cloned().collect(), common: None }
    }

    /// The attributes that all of `sets` have with the same content.
    pub fn in_common<'a>(mut sets: impl Iterator<Item = &'a Self>) -> Self {
        let mut own: Pairs = sets.next().map(|s| s.pairs().cloned().collect()).unwrap_or_default();
        for set in sets {
            own.retain(|(k, stored)| set.stored(*k) == Some(stored));
        }
        Self { own, common: None }
    }

    /// A copy without what `common` has.
    #[must_use]
    pub fn without(&self, common: &Self) -> Self {
        let differs = |pair: &&(u32, Stored)| common.stored(pair.0) != Some(&pair.1);
        Self { own: self.pairs().filter(differs).cloned().collect(), common: None }
    }

    /// What [`Attributes::without`] took away, held once for all that share it.
    pub fn share(&mut self, common: &SharedAttributes) {
        self.common = Some(Arc::clone(&common.0));
    }

    fn stored(&self, key: u32) -> Option<&Stored> {
        let within = |pairs: &[(u32, Stored)]| find(pairs, key).ok();
        if let Some(at) = within(&self.own) {
            return Some(&self.own[at].1);
        }
        let common = self.common.as_deref()?;
        within(common).map(|at| &common[at].1)
    }

    /// Both parts in tag order; an own attribute hides a common one of its tag.
    fn pairs(&self) -> impl Iterator<Item = &(u32, Stored)> {
        let mut own = self.own.iter().peekable();
        let mut common = self.common.as_deref().map_or(&[][..], Vec::as_slice).iter().peekable();
        std::iter::from_fn(move || {
            let order = match (own.peek(), common.peek()) {
                (Some(o), Some(c)) => o.0.cmp(&c.0),
                (Some(_), None) => Ordering::Less,
                (None, _) => Ordering::Greater,
            };
            if order == Ordering::Equal {
                common.next();
            }
            if order == Ordering::Greater { common.next() } else { own.next() }
        })
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
        self.texts(tag).iter().map(|t| t.trim()).find(|t| !t.is_empty())
    }

    /// All text values (an empty slice where there are none).
    pub fn texts(&self, tag: Tag) -> &[String] {
        match self.value(tag) {
            Some(Value::Text(texts)) => texts,
            _ => &[],
        }
    }

    /// All numbers, from binary or from decimal/integer strings; `None` where any cannot be read.
    pub fn floats(&self, tag: Tag) -> Option<Vec<f64>> {
        match self.value(tag)? {
            Value::Float(v) => Some(v.clone()),
            #[expect(clippy::cast_precision_loss, reason = "DICOM integers here are small")]
            Value::Int(v) => Some(v.iter().map(|i| *i as f64).collect()),
            Value::Text(v) => v.iter().map(|t| t.trim().parse().ok()).collect(),
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
        self.floats(tag)?.try_into().ok()
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
        self.pairs().map(|(k, s)| (tag_of(*k), s))
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.common.as_ref().is_none_or(|c| c.is_empty())
    }

    /// How many attributes are stored.
    pub fn len(&self) -> usize {
        self.pairs().count()
    }
}

/// Attributes that several instances hold together.
#[derive(Clone, Debug)]
pub struct SharedAttributes(Arc<Pairs>);

impl From<Attributes> for SharedAttributes {
    fn from(attributes: Attributes) -> Self {
        match attributes.common {
            None => Self(Arc::new(attributes.own)),
            Some(_) => Self(Arc::new(attributes.pairs().cloned().collect())),
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
        let pairs: Vec<&(u32, Stored)> = self.pairs().collect();
        pairs.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { own: Pairs::deserialize(deserializer)?, common: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_dictionary_std::tags;

    #[test]
    fn four_states_are_told_apart() {
        let mut a = Attributes::default();
        a.set_text(tags::MODALITY, "CT");
        a.set_text(tags::PATIENT_ID, "");
        a.set(tags::ROWS, Stored::Malformed("odd length".into()));
        assert!(matches!(a.state(tags::MODALITY), State::Present(_)));
        assert_eq!(a.state(tags::PATIENT_ID), State::Empty);
        assert_eq!(a.state(tags::ROWS), State::Malformed("odd length"));
        assert_eq!(a.state(tags::COLUMNS), State::Absent);
    }

    #[test]
    fn numbers_come_from_text_and_binary() {
        let mut a = Attributes::default();
        a.set(
            tags::PIXEL_SPACING,
            Stored::Present(Value::Text(vec!["0.5".into(), " 0.25 ".into()])),
        );
        a.set(tags::ROWS, Stored::Present(Value::Int(vec![512])));
        a.set_text(tags::INSTANCE_NUMBER, "12");
        assert_eq!(a.array::<2>(tags::PIXEL_SPACING), Some([0.5, 0.25]));
        assert_eq!(a.float(tags::ROWS), Some(512.0));
        assert_eq!(a.int(tags::INSTANCE_NUMBER), Some(12));
        assert_eq!(a.array::<3>(tags::PIXEL_SPACING), None);
    }

    #[test]
    fn what_instances_have_in_common_is_held_once_and_reads_the_same() {
        let mut sets = Vec::new();
        for n in 1..=3 {
            let mut a = Attributes::default();
            a.set_text(tags::MODALITY, "CT");
            a.set_text(tags::PATIENT_ID, "");
            a.set_text(tags::INSTANCE_NUMBER, n.to_string());
            sets.push(a);
        }
        sets[2].remove(tags::PATIENT_ID);
        let common = Attributes::in_common(sets.iter());
        assert_eq!(common.len(), 1);
        let parts: Vec<_> = sets.iter().map(|s| s.without(&common)).collect();
        assert_eq!(parts[2].len(), 1);
        let shared = SharedAttributes::from(common);
        for (part, whole) in parts.into_iter().zip(&sets) {
            let mut joined = part;
            joined.share(&shared);
            assert_eq!(&joined, whole);
            assert_eq!(joined.len(), whole.len());
            assert_eq!(joined.text(tags::MODALITY), Some("CT"));
            let bytes = rmp_serde::to_vec_named(&joined).unwrap();
            assert_eq!(bytes, rmp_serde::to_vec_named(whole).unwrap());
            assert_eq!(&rmp_serde::from_slice::<Attributes>(&bytes).unwrap(), whole);
            joined.set_text(tags::MODALITY, "MR");
            assert_eq!(joined.text(tags::MODALITY), Some("MR"));
            joined.remove(tags::MODALITY);
            assert_eq!(joined.state(tags::MODALITY), State::Absent);
        }
    }
}
