//! Encapsulated pixel data: where its fragments are, and which of them make a frame.

use std::io;
use std::ops::Range;

use super::limits::Limits;
use super::recovery::{self, Kind};
use super::source::{ByteSource, read_full};

/// One fragment: offset of its value, and the bytes of it that are in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fragment {
    pub at: u64,
    pub len: u32,
}

/// The fragments of a pixel data element.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fragments {
    pub list: Vec<Fragment>,
    /// The Basic Offset Table's value, where it has one.
    pub table: Option<Fragment>,
    /// The sequence delimiter was met.
    pub closed: bool,
    /// Bytes of all fragments together.
    pub bytes: u64,
    /// Where the element ends.
    pub end: u64,
    /// There are more fragments than the bound.
    pub exceeded: bool,
    /// The last fragment declares more bytes than the file has.
    pub cut: bool,
}

impl Fragments {
    /// Walks the items of an encapsulated value that begins at `at`.
    pub fn index(source: &dyn ByteSource, at: u64, limits: &Limits) -> io::Result<Self> {
        let (mut out, mut pos, len) = (Self::default(), at, source.len());
        out.end = at;
        let mut first = true;
        while pos < len {
            let mut head = [0; 8];
            if read_full(source, pos, &mut head)? < 8 {
                break;
            }
            let [t0, t1, t2, t3, l0, l1, l2, l3] = head;
            let declared = u32::from_le_bytes([l0, l1, l2, l3]);
            match [t0, t1, t2, t3] {
                [0xFE, 0xFF, 0x00, 0xE0] if declared != u32::MAX => {}
                [0xFE, 0xFF, 0xDD, 0xE0] => {
                    out.closed = true;
                    out.end = pos + 8;
                    break;
                }
                _ => break,
            }
            let value = pos + 8;
            let there = u64::from(declared).min(len.saturating_sub(value));
            out.cut |= there < u64::from(declared);
            let fragment = Fragment { at: value, len: u32::try_from(there).unwrap_or(u32::MAX) };
            if first && is_offset_table(source, fragment)? {
                out.table = (declared > 0).then_some(fragment);
            } else {
                out.bytes += there;
                out.list.push(fragment);
            }
            first = false;
            pos = value + u64::from(declared);
            out.end = pos.min(len);
            if out.list.len() > limits.fragments as usize {
                out.exceeded = true;
                break;
            }
        }
        Ok(out)
    }
}

/// The first item is the offset table, unless it holds the start of an image.
fn is_offset_table(source: &dyn ByteSource, item: Fragment) -> io::Result<bool> {
    let mut head = [0; 4];
    let got = read_full(source, item.at, &mut head)?.min(item.len as usize);
    Ok(item.len.is_multiple_of(4) && !starts_image(&head[..got]))
}

/// Signatures of the codecs that mark their first byte: JPEG family, JPEG 2000, JPEG XL.
fn starts_image(head: &[u8]) -> bool {
    matches!(head, [0xFF, 0xD8, 0xFF, _] | [0xFF, 0x4F, 0xFF, 0x51] | [0xFF, 0x0A, ..])
        || matches!(head, [0, 0, 0, 0x0C])
}

/// Which fragments make each frame, and whether a table had to be ignored.
pub(super) fn frames(
    source: &dyn ByteSource,
    found: &Fragments,
    extended: &[u64],
    count: u32,
) -> io::Result<(Vec<Range<usize>>, Option<Kind>)> {
    let fragments = found.list.len();
    let count = count as usize;
    if fragments == 0 {
        return Ok((Vec::new(), None));
    }
    if count == 1 {
        return Ok((single(0..fragments), None));
    }
    if fragments == count {
        return Ok(((0..count).map(|i| i..i + 1).collect(), None));
    }
    let basic = basic_table(source, found)?;
    let mut wrong = None;
    for table in [extended, &basic] {
        match by_table(found, table, count) {
            Some(map) => return Ok((map, None)),
            None if !table.is_empty() => wrong = Some(recovery::OFFSET_TABLE_WRONG),
            None => {}
        }
    }
    Ok((by_signature(source, found, count)?, wrong))
}

fn single(range: Range<usize>) -> Vec<Range<usize>> {
    vec![range]
}

fn basic_table(source: &dyn ByteSource, found: &Fragments) -> io::Result<Vec<u64>> {
    let Some(table) = found.table else { return Ok(Vec::new()) };
    let mut bytes = vec![0; table.len as usize];
    let got = read_full(source, table.at, &mut bytes)?;
    Ok(bytes[..got].as_chunks::<4>().0.iter().map(|b| u64::from(u32::from_le_bytes(*b))).collect())
}

/// Frames by offsets, where every offset is the start of a fragment's item.
fn by_table(found: &Fragments, table: &[u64], count: usize) -> Option<Vec<Range<usize>>> {
    if table.len() < count {
        return None;
    }
    let base = found.list.first()?.at;
    let mut starts = Vec::with_capacity(count + 1);
    for offset in &table[..count] {
        let at = base.checked_add(*offset)?;
        starts.push(found.list.binary_search_by_key(&at, |f| f.at).ok()?);
    }
    if starts.windows(2).any(|w| w[0] >= w[1]) {
        return None;
    }
    starts.push(found.list.len());
    Some(starts.windows(2).map(|w| w[0]..w[1]).collect())
}

/// Frames by the signature that begins each, where there are as many as frames; otherwise one
/// fragment a frame as far as they reach.
fn by_signature(
    source: &dyn ByteSource,
    found: &Fragments,
    count: usize,
) -> io::Result<Vec<Range<usize>>> {
    let mut starts = Vec::new();
    for (i, fragment) in found.list.iter().enumerate() {
        let mut head = [0; 4];
        let got = read_full(source, fragment.at, &mut head)?.min(fragment.len as usize);
        if starts_image(&head[..got]) {
            starts.push(i);
        }
    }
    if starts.len() == count {
        starts.push(found.list.len());
        return Ok(starts.windows(2).map(|w| w[0]..w[1]).collect());
    }
    if found.list.len().is_multiple_of(count) {
        let each = found.list.len() / count;
        return Ok((0..count).map(|i| i * each..(i + 1) * each).collect());
    }
    Ok((0..found.list.len().min(count)).map(|i| i..i + 1).collect())
}

#[cfg(test)]
mod tests {
    use super::super::source::MemorySource;
    use super::*;

    fn value(items: &[&[u8]], closed: bool) -> MemorySource {
        let mut b = Vec::new();
        for item in items {
            b.extend_from_slice(&[0xFE, 0xFF, 0x00, 0xE0]);
            b.extend_from_slice(&u32::try_from(item.len()).unwrap().to_le_bytes());
            b.extend_from_slice(item);
        }
        if closed {
            b.extend_from_slice(&[0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
        }
        MemorySource(b)
    }

    fn map(source: &MemorySource, count: u32) -> (Vec<Range<usize>>, Option<Kind>) {
        let found = Fragments::index(source, 0, &Limits::default()).unwrap();
        frames(source, &found, &[], count).unwrap()
    }

    const SOI: &[u8] = &[0xFF, 0xD8, 0xFF, 0xC0];

    #[test]
    fn a_missing_delimiter_is_told() {
        let closed = Fragments::index(&value(&[b"", SOI], true), 0, &Limits::default()).unwrap();
        let open = Fragments::index(&value(&[b"", SOI], false), 0, &Limits::default()).unwrap();
        assert!(closed.closed && !open.closed);
        assert_eq!((open.list.len(), open.bytes), (1, 4));
    }

    #[test]
    fn frames_follow_the_offset_table_and_a_wrong_one_is_ignored() {
        let table = [0u32, 24].map(u32::to_le_bytes).concat();
        let good = value(&[&table, SOI, b"tail", SOI], true);
        assert_eq!(map(&good, 2), (vec![0..2, 2..3], None));
        let wrong = [0u32, 25].map(u32::to_le_bytes).concat();
        let bad = value(&[&wrong, SOI, b"tail", SOI], true);
        assert_eq!(map(&bad, 2), (vec![0..2, 2..3], Some(recovery::OFFSET_TABLE_WRONG)));
    }

    #[test]
    fn without_a_table_the_signature_tells() {
        let source = value(&[b"", SOI, b"tail", b"more", SOI], true);
        assert_eq!(map(&source, 2).0, vec![0..3, 3..4]);
        assert_eq!(map(&source, 1).0, vec![0..4]);
    }

    #[test]
    fn an_absent_offset_table_loses_no_frame() {
        let source = value(&[SOI, SOI], true);
        assert_eq!(map(&source, 2).0, vec![0..1, 1..2]);
    }
}
