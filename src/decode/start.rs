//! Where DICOM begins in a file: preamble, prefix and file meta group, or a bare data set; and
//! whether the bytes are DICOM at all.

use dicom_core::dictionary::DataDictionary;
use dicom_dictionary_std::StandardDataDictionary;

use super::element::{HEADER_BYTES, Header, Syntax, detect, parse};
use super::recovery::{self, Notes};
use super::value::tag_of;
use super::window::Window;

/// What stands before the data set.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Start {
    /// Where the data set begins.
    pub dataset: u64,
    /// Transfer Syntax UID (0002,0010) as stated, without padding; empty where absent.
    pub transfer_syntax: String,
    /// Media Storage SOP Class UID (0002,0002).
    pub sop_class: String,
    /// The file says that it is DICOM (prefix or file meta group).
    pub certain: bool,
}

/// Preamble bytes before the prefix.
const PREAMBLE: u64 = 128;
/// Longest UID taken from the file meta group (64 by the standard, and some junk).
const UID_BYTES: usize = 256;
/// Elements of the file meta group that are looked at.
const META_ELEMENTS: u32 = 100;

/// Finds the start, or `None` where the bytes are not DICOM.
pub(super) fn find(win: &mut Window<'_>, notes: &mut Notes) -> Option<Start> {
    let (at, prefixed) = locate(win, notes)?;
    let mut start = Start { dataset: at, certain: prefixed, ..Start::default() };
    meta(win, &mut start, notes);
    if start.dataset == at {
        notes.recover(recovery::META_ABSENT);
    } else {
        start.certain = true;
    }
    Some(start)
}

/// Offset of the first element, and whether the prefix stands before it.
fn locate(win: &mut Window<'_>, notes: &mut Notes) -> Option<(u64, bool)> {
    if win.bytes(PREAMBLE, 4) == b"DICM" {
        return Some((PREAMBLE + 4, true));
    }
    if win.bytes(0, 4) == b"DICM" {
        notes.recover(recovery::PREAMBLE_ABSENT);
        return Some((4, true));
    }
    if plausible(win, 0) {
        notes.recover(recovery::PREAMBLE_ABSENT);
        return Some((0, false));
    }
    if plausible(win, PREAMBLE) {
        notes.recover(recovery::PREFIX_ABSENT);
        return Some((PREAMBLE, false));
    }
    None
}

/// Whether a run of elements that can begin a file stands at `at`: ascending tags that the
/// standard knows, lengths within the file, the first of group 0002 or 0008. Text, pictures,
/// archives and programs do not pass.
fn plausible(win: &mut Window<'_>, at: u64) -> bool {
    let end = win.len();
    let left = end.saturating_sub(at);
    let Some(syntax) = detect(win.bytes(at, HEADER_BYTES), left) else { return false };
    let (mut pos, mut last, mut known, mut seen) = (at, 0, 0, 0);
    while seen < 4 && pos < end {
        let Some(h) = parse(win.bytes(pos, HEADER_BYTES), syntax, end - pos) else { break };
        let group = h.tag >> 16;
        let first_fits = matches!(group, 0x0002 | 0x0008) && h.tag & 0xFFFF <= 0x0100;
        if h.tag <= last || h.quirk.is_some() || (seen == 0 && !first_fits) || group > 0x7FE0 {
            return false;
        }
        let in_dictionary = StandardDataDictionary.by_tag(tag_of(h.tag)).is_some();
        known += u32::from(in_dictionary || h.tag & 0xFFFF == 0);
        (last, seen) = (h.tag, seen + 1);
        match h.len {
            Some(len) if u64::from(len) <= end - pos - u64::from(h.size) => {
                pos += u64::from(h.size) + u64::from(len);
            }
            Some(_) => return false,
            None => break,
        }
    }
    seen >= 2 && known * 4 >= seen * 3
}

/// Walks the file meta group by tag; its stated length only tells whether it is right.
fn meta(win: &mut Window<'_>, start: &mut Start, notes: &mut Notes) {
    let first = start.dataset;
    let mut stated_end = None;
    for _ in 0..META_ELEMENTS {
        let left = win.len().saturating_sub(start.dataset);
        let Some(h) = meta_header(win, start.dataset, left, notes) else { break };
        let value_at = start.dataset + u64::from(h.size);
        let Some(len) = h.len.map(u64::from).filter(|l| *l <= win.len() - value_at) else {
            notes.truncated = true;
            break;
        };
        let next = value_at + len;
        match h.tag {
            0x0002_0000 => {
                let stated = win.bytes(value_at, 4).try_into().map_or(0, u32::from_le_bytes);
                stated_end = Some(next + u64::from(stated));
            }
            0x0002_0002 => start.sop_class = uid(win, value_at, len, notes),
            0x0002_0010 => start.transfer_syntax = uid(win, value_at, len, notes),
            _ => {}
        }
        start.dataset = next;
    }
    if start.dataset > first {
        match stated_end {
            None => notes.recover(recovery::META_LENGTH_ABSENT),
            Some(end) if end != start.dataset => notes.recover(recovery::META_LENGTH_WRONG),
            Some(_) => {}
        }
    }
}

/// The next header, where it is of group 0002.
fn meta_header(win: &mut Window<'_>, at: u64, left: u64, notes: &mut Notes) -> Option<Header> {
    let bytes = win.bytes(at, HEADER_BYTES);
    if bytes.get(..2) != Some(&[2, 0]) {
        return None;
    }
    let h = parse(bytes, Syntax::EXPLICIT_LE, left)?;
    if h.quirk == Some(recovery::VR_ABSENT) {
        notes.recover(recovery::META_IMPLICIT);
    } else if let Some(quirk) = h.quirk {
        notes.recover(quirk);
    }
    Some(h)
}

fn uid(win: &mut Window<'_>, at: u64, len: u64, notes: &mut Notes) -> String {
    let want = usize::try_from(len).unwrap_or(UID_BYTES).min(UID_BYTES);
    let bytes = win.bytes(at, want);
    if bytes.contains(&b' ') {
        notes.recover(recovery::UID_PADDED);
    }
    // Whatever follows the UID (spaces, NULs, junk) is no part of it.
    bytes
        .iter()
        .skip_while(|b| b.is_ascii_whitespace())
        .take_while(|b| b.is_ascii_digit() || **b == b'.')
        .map(|b| char::from(*b))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::source::MemorySource;
    use super::*;

    fn start(bytes: &[u8]) -> (Option<Start>, Notes) {
        let source = MemorySource(bytes.to_vec());
        let mut notes = Notes::default();
        let mut win = Window::new(&source, u64::MAX);
        (find(&mut win, &mut notes), notes)
    }

    fn bare() -> Vec<u8> {
        let mut b = b"\x08\x00\x05\x00CS\x0A\x00ISO_IR 100".to_vec();
        b.extend_from_slice(b"\x08\x00\x08\x00CS\x08\x00ORIGINAL");
        b.extend_from_slice(b"\x08\x00\x60\x00CS\x02\x00CT");
        b
    }

    #[test]
    fn other_formats_are_not_dicom() {
        let long_text = "病人姓名 patient name, modality CT; ".repeat(40);
        let others: [&[u8]; 7] = [
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x02",
            b"PK\x03\x04\x14\0\0\0\x08\0",
            b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0",
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
            long_text.as_bytes(),
            &[0; 1000],
            b"\x08\x00\x05\x00",
        ];
        for bytes in others {
            assert_eq!(start(bytes).0, None, "{:?}", &bytes[..4]);
        }
    }

    #[test]
    fn a_bare_data_set_is_found_and_noted() {
        let (found, notes) = start(&bare());
        assert_eq!(found.map(|s| (s.dataset, s.certain)), Some((0, false)));
        assert!(notes.has(recovery::PREAMBLE_ABSENT) && notes.has(recovery::META_ABSENT));
    }

    #[test]
    fn a_space_padded_transfer_syntax_and_a_wrong_group_length_are_tolerated() {
        let mut b = vec![0; 128];
        b.extend_from_slice(b"DICM\x02\x00\x00\x00UL\x04\x00\x63\x00\x00\x00");
        b.extend_from_slice(b"\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1 ");
        let at = b.len() as u64;
        b.extend_from_slice(&bare());
        let (found, notes) = start(&b);
        let found = found.unwrap();
        assert_eq!((found.dataset, found.transfer_syntax.as_str()), (at, "1.2.840.10008.1.2.1"));
        assert!(notes.has(recovery::META_LENGTH_WRONG) && notes.has(recovery::UID_PADDED));
    }
}
