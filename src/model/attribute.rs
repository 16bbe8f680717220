//! Header content as checks see it: attributes in four states (present, empty, absent, malformed),
//! values decoded to UTF-8 text, integers, floats or nested items.

use dicom_core::Tag;
use serde::{Deserialize, Serialize};

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

/// The kept attributes of a data set or an item, sorted by tag.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Attributes(Vec<(u32, Stored)>);

fn key(tag: Tag) -> u32 {
    (u32::from(tag.0) << 16) | u32::from(tag.1)
}

impl Attributes {
    /// Sets an attribute; a second value for a tag replaces the first.
    pub fn set(&mut self, tag: Tag, stored: Stored) {
        let k = key(tag);
        match self.0.binary_search_by_key(&k, |(t, _)| *t) {
            Ok(at) => self.0[at].1 = stored,
            Err(at) => self.0.insert(at, (k, stored)),
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
        self.0.retain(|(t, _)| *t != k);
    }

    /// The state of an attribute.
    pub fn state(&self, tag: Tag) -> State<'_> {
        match self.0.binary_search_by_key(&key(tag), |(t, _)| *t) {
            Err(_) => State::Absent,
            Ok(at) => match &self.0[at].1 {
                Stored::Present(value) => State::Present(value),
                Stored::Empty => State::Empty,
                Stored::Malformed(why) => State::Malformed(why),
            },
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
        #[expect(clippy::cast_possible_truncation, reason = "splits a 32-bit key into halves")]
        self.0.iter().map(|(k, s)| (Tag((k >> 16) as u16, *k as u16), s))
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many attributes are stored.
    pub fn len(&self) -> usize {
        self.0.len()
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
}
