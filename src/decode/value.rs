//! The bytes of one kept attribute to a stored value, by VR.

use std::sync::LazyLock;

use dicom_core::Tag;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry, VirtualVr};
use dicom_dictionary_std::{StandardDataDictionary, tags};

use crate::model::attribute::{Stored, Value};
use crate::model::kept;
use crate::model::values::{ValueText, Values};

use super::charset::{self, Charset};
use super::element::{Syntax, Vr, known};
use super::recovery::{self, Notes};

/// A kept attribute: what the dictionary says of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub tag: u32,
    pub vr: [u8; 2],
    /// US or SS, as Pixel Representation says.
    pub ambiguous: bool,
}

/// The kept attributes, sorted by tag.
pub(super) struct Table(Vec<Kept>);

/// Kept at the top level, with what the header pass itself needs.
pub(super) static TOP: LazyLock<Table> = LazyLock::new(|| {
    Table::of(kept::KEPT.iter().copied().chain([
        tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE,
        tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE,
    ]))
});

/// Kept inside sequences.
pub(super) static NESTED: LazyLock<Table> = LazyLock::new(|| {
    Table::of(kept::KEPT_NESTED.iter().copied().chain([tags::SPECIFIC_CHARACTER_SET]))
});

impl Table {
    fn of(list: impl Iterator<Item = Tag>) -> Self {
        let mut all: Vec<Kept> = list.map(describe).collect();
        all.sort_by_key(|k| k.tag);
        all.dedup_by_key(|k| k.tag);
        Self(all)
    }

    /// The kept attribute of a tag.
    pub fn get(&self, tag: u32) -> Option<Kept> {
        self.0.binary_search_by_key(&tag, |k| k.tag).ok().map(|at| self.0[at])
    }
}

fn describe(tag: Tag) -> Kept {
    if let Some((_, vr)) = kept::PRIVATE.iter().find(|(private, _)| *private == tag) {
        return Kept { tag: key(tag), vr: vr.to_bytes(), ambiguous: false };
    }
    let virtual_vr = StandardDataDictionary
        .by_tag(tag)
        .map_or(VirtualVr::Exact(dicom_core::VR::UN), DataDictionaryEntry::vr);
    let vr = virtual_vr.relaxed().to_bytes();
    Kept { tag: key(tag), vr, ambiguous: virtual_vr == VirtualVr::Xs }
}

/// A tag as one number.
pub(super) fn key(tag: Tag) -> u32 {
    (u32::from(tag.0) << 16) | u32::from(tag.1)
}

/// A number as a tag.
#[expect(clippy::cast_possible_truncation, reason = "splits a 32-bit key into halves")]
pub(super) fn tag_of(key: u32) -> Tag {
    Tag((key >> 16) as u16, key as u16)
}

/// The keyword of a tag, or its number.
pub(super) fn keyword(tag: u32) -> String {
    let tag = tag_of(tag);
    StandardDataDictionary.by_tag(tag).map_or_else(|| tag.to_string(), |e| e.alias().to_owned())
}

/// All that reading a value depends on.
pub(super) struct Context<'a> {
    pub syntax: Syntax,
    pub charset: &'a Charset,
    /// Pixel Representation is 1.
    pub signed: bool,
}

/// The VR to read an attribute with: the file's, unless it is none or one that says nothing.
pub(super) fn effective_vr(kept: Kept, vr: Vr, signed: bool) -> [u8; 2] {
    match vr {
        Some(vr) if known(vr) && !matches!(&vr, b"UN" | b"OB" | b"OW") => vr,
        _ if kept.ambiguous && signed => *b"SS",
        _ => kept.vr,
    }
}

/// Reads the whole value of a kept attribute that is not a sequence.
pub(super) fn read(
    kept: Kept,
    vr: Vr,
    bytes: &[u8],
    cx: &Context<'_>,
    notes: &mut Notes,
) -> Stored {
    if bytes.is_empty() {
        return Stored::Empty;
    }
    if bytes.len() % 2 == 1 {
        notes.recover_with(recovery::ODD_LENGTH, &keyword(kept.tag));
    }
    let s = cx.syntax;
    match &effective_vr(kept, vr, cx.signed) {
        b"US" => ints::<2>(bytes, |b| i64::from(s.u16(b))),
        b"SS" => ints::<2>(bytes, |b| i64::from(s.u16(b).cast_signed())),
        b"UL" => ints::<4>(bytes, |b| i64::from(s.u32(b))),
        b"SL" => ints::<4>(bytes, |b| i64::from(s.u32(b).cast_signed())),
        b"AT" => ints::<4>(bytes, |[a, b, c, d]| {
            (i64::from(s.u16([a, b])) << 16) | i64::from(s.u16([c, d]))
        }),
        b"SV" | b"UV" => {
            ints::<8>(bytes, |b| if s.big { i64::from_be_bytes(b) } else { i64::from_le_bytes(b) })
        }
        b"FL" => floats::<4>(bytes, |b| f64::from(f32::from_bits(s.u32(b)))),
        b"FD" => {
            floats::<8>(
                bytes,
                |b| if s.big { f64::from_be_bytes(b) } else { f64::from_le_bytes(b) },
            )
        }
        vr => text(kept.tag, *vr, bytes, cx, notes),
    }
}

fn numbers<const N: usize, T>(
    bytes: &[u8],
    read: impl Fn([u8; N]) -> T,
) -> Result<Values<T>, Stored> {
    let (chunks, rest) = bytes.as_chunks::<N>();
    if rest.is_empty() {
        Ok(chunks.iter().map(|b| read(*b)).collect())
    } else {
        Err(Stored::Malformed(format!("{} bytes are no multiple of {N}", bytes.len()).into()))
    }
}

fn ints<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> i64) -> Stored {
    numbers(bytes, read).map_or_else(|e| e, |v| Stored::Present(Value::Int(v)))
}

fn floats<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> f64) -> Stored {
    numbers(bytes, read).map_or_else(|e| e, |v| Stored::Present(Value::Float(v)))
}

fn text(tag: u32, vr: [u8; 2], bytes: &[u8], cx: &Context<'_>, notes: &mut Notes) -> Stored {
    if &vr == b"UI" {
        return uid(bytes, notes);
    }
    if let Some(plain) = charset::plain(bytes) {
        return present(values(vr, plain));
    }
    let decoded = cx.charset.decode(bytes, &vr == b"PN");
    if let Some(set) = decoded.assumed {
        notes.charset_assumed.get_or_insert_with(|| set.to_owned());
    }
    if decoded.undecodable {
        let name = keyword(tag);
        if !notes.undecodable.contains(&name) {
            notes.undecodable.push(name);
        }
    }
    present(values(vr, &decoded.text))
}

/// The values of a text, without padding.
fn values(vr: [u8; 2], text: &str) -> Values<ValueText> {
    match &vr {
        b"LT" | b"ST" | b"UT" | b"UR" => Values::one(text.trim_end_matches(PADDING).into()),
        _ => split(text),
    }
}

const PADDING: [char; 2] = [' ', '\0'];

fn split(text: &str) -> Values<ValueText> {
    if text.as_bytes().contains(&b'\\') {
        text.split('\\').map(unpadded).collect()
    } else {
        Values::one(unpadded(text).into())
    }
}

/// Few values are padded, so the ends are looked at first.
fn unpadded(text: &str) -> &str {
    let plain = |byte: Option<&u8>| byte.is_some_and(|b| !matches!(b, b' ' | b'\0'));
    let bytes = text.as_bytes();
    if plain(bytes.first()) && plain(bytes.last()) { text } else { text.trim_matches(PADDING) }
}

fn present(values: Values<ValueText>) -> Stored {
    if values.iter().all(ValueText::is_empty) {
        Stored::Empty
    } else {
        Stored::Present(Value::Text(values))
    }
}

/// A UID, tolerating space padding.
pub(super) fn uid(bytes: &[u8], notes: &mut Notes) -> Stored {
    if bytes.contains(&b' ') {
        notes.recover(recovery::UID_PADDED);
    }
    present(split(&String::from_utf8_lossy(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(tag: Tag, vr: &[u8; 2], bytes: &[u8], syntax: Syntax) -> (Stored, Notes) {
        let mut notes = Notes::default();
        let charset = Charset::default();
        let cx = Context { syntax, charset: &charset, signed: true };
        let kept = TOP.get(key(tag)).expect("a kept tag");
        (read(kept, Some(*vr), bytes, &cx, &mut notes), notes)
    }

    fn texts(values: &[&str]) -> Stored {
        Stored::Present(Value::Text(values.iter().copied().collect()))
    }

    #[test]
    fn numbers_follow_the_byte_order() {
        let le = one(tags::ROWS, b"US", &[0, 2], Syntax::EXPLICIT_LE).0;
        let be = one(tags::ROWS, b"US", &[2, 0], Syntax::EXPLICIT_BE).0;
        assert_eq!(le, Stored::Present(Value::Int(vec![512].into())));
        assert_eq!(le, be);
    }

    #[test]
    fn a_number_of_wrong_length_is_malformed() {
        let (stored, notes) = one(tags::ROWS, b"US", &[1, 2, 3], Syntax::EXPLICIT_LE);
        assert!(matches!(stored, Stored::Malformed(_)));
        assert!(notes.has(recovery::ODD_LENGTH));
    }

    #[test]
    fn an_ambiguous_vr_follows_pixel_representation() {
        let (stored, _) =
            one(tags::SMALLEST_IMAGE_PIXEL_VALUE, b"UN", &[0xFF, 0xFF], Syntax::EXPLICIT_LE);
        assert_eq!(stored, Stored::Present(Value::Int(vec![-1].into())));
    }

    #[test]
    fn private_places_have_a_vr_where_the_file_states_none() {
        let b = 1000.0_f32.to_le_bytes();
        let (philips, _) = one(kept::PHILIPS_B_VALUE, b"UN", &b, Syntax::EXPLICIT_LE);
        assert_eq!(philips, Stored::Present(Value::Float(vec![1000.0].into())));
        let (ge, _) = one(kept::GE_B_VALUE, b"UN", b"1000000800\\8", Syntax::EXPLICIT_LE);
        assert_eq!(ge, texts(&["1000000800", "8"]));
        let table = TOP.get(key(kept::UIH_B_VALUE)).unwrap();
        assert_eq!(&effective_vr(table, None, false), b"FD", "implicit VR");
    }

    #[test]
    fn a_space_padded_uid_is_read_and_noted() {
        let (stored, notes) = one(tags::SOP_INSTANCE_UID, b"UI", b"1.2.3 ", Syntax::EXPLICIT_LE);
        assert_eq!(stored, texts(&["1.2.3"]));
        assert!(notes.has(recovery::UID_PADDED));
        let (_, clean) = one(tags::SOP_INSTANCE_UID, b"UI", b"1.2.3\0", Syntax::EXPLICIT_LE);
        assert!(clean.recoveries.is_empty());
    }

    #[test]
    fn values_split_and_padding_goes() {
        let (stored, _) = one(tags::PIXEL_SPACING, b"DS", b"0.5\\0.25 ", Syntax::EXPLICIT_LE);
        assert_eq!(stored, texts(&["0.5", "0.25"]));
        assert_eq!(one(tags::PATIENT_ID, b"LO", b"  ", Syntax::EXPLICIT_LE).0, Stored::Empty);
        assert_eq!(one(tags::PATIENT_ID, b"LO", b"", Syntax::EXPLICIT_LE).0, Stored::Empty);
    }
}
