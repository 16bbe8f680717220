//! The values of one attribute. Nearly always there is one, and it is short: it lies where it belongs, without memory
//! of its own.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::slice;

use compact_str::CompactString;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text value; up to 24 bytes need no memory of their own.
pub type ValueText = CompactString;

/// Values in the order of the file; read as a slice.
#[derive(Clone, Debug)]
pub struct Values<T>(Held<T>);

#[derive(Clone, Debug)]
enum Held<T> {
    One(T),
    /// None, two or more.
    Many(Box<[T]>),
}

impl<T> Values<T> {
    /// A single value.
    pub fn one(value: T) -> Self {
        Self(Held::One(value))
    }
}

impl<T> Deref for Values<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.0 {
            Held::One(value) => slice::from_ref(value),
            Held::Many(values) => values,
        }
    }
}

impl<T: PartialEq> PartialEq for Values<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<'a, T> IntoIterator for &'a Values<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T, U: Into<T>> FromIterator<U> for Values<T> {
    fn from_iter<I: IntoIterator<Item = U>>(values: I) -> Self {
        let mut values = values.into_iter().map(Into::into);
        let Some(first) = values.next() else { return Self(Held::Many(Box::default())) };
        let Some(second) = values.next() else { return Self::one(first) };
        Self(Held::Many([first, second].into_iter().chain(values).collect()))
    }
}

impl<T, U: Into<T>> From<Vec<U>> for Values<T> {
    fn from(values: Vec<U>) -> Self {
        values.into_iter().collect()
    }
}

impl<T: Serialize> Serialize for Values<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Values<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ReadValues(PhantomData))
    }
}

struct ReadValues<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ReadValues<T> {
    type Value = Values<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Values<T>, A::Error> {
        std::iter::from_fn(|| list.next_element::<T>().transpose()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::attribute::Stored;
    use super::*;

    #[test]
    fn any_number_of_values_is_read_back_as_it_was() {
        for count in 0..5_u8 {
            let texts: Values<ValueText> = vec!["é".repeat(count.into()); count.into()].into();
            assert_eq!(texts.len(), usize::from(count));
            let bytes = postcard::to_stdvec(&texts).unwrap();
            assert_eq!(bytes, postcard::to_stdvec(&texts.to_vec()).unwrap(), "a plain list");
            assert_eq!(postcard::from_bytes::<Values<ValueText>>(&bytes).unwrap(), texts);
        }
        assert_ne!(Values::<i64>::from(vec![1]), vec![1, 1].into());
    }

    #[test]
    fn an_attribute_takes_no_more_room_than_its_text() {
        assert_eq!(size_of::<Stored>(), size_of::<ValueText>());
    }
}
