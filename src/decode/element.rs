//! Element headers: tag, VR and length in the four encodings, without trusting any of them.

use super::recovery::{self, Kind};

/// How a data set is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Syntax {
    pub explicit: bool,
    pub big: bool,
}

impl Syntax {
    pub const IMPLICIT_LE: Self = Self { explicit: false, big: false };
    pub const EXPLICIT_LE: Self = Self { explicit: true, big: false };
    pub const EXPLICIT_BE: Self = Self { explicit: true, big: true };

    pub fn u16(self, b: [u8; 2]) -> u16 {
        if self.big { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) }
    }

    pub fn u32(self, b: [u8; 4]) -> u32 {
        if self.big { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) }
    }
}

/// Declared length "undefined".
const UNDEFINED: u32 = 0xFFFF_FFFF;

pub(super) const ITEM: u32 = 0xFFFE_E000;
pub(super) const ITEM_END: u32 = 0xFFFE_E00D;
pub(super) const SEQUENCE_END: u32 = 0xFFFE_E0DD;

/// A VR as its two letters; `None` where the encoding states none.
pub(super) type Vr = Option<[u8; 2]>;

/// One element header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub tag: u32,
    pub vr: Vr,
    /// Declared length; `None` where undefined.
    pub len: Option<u32>,
    /// Bytes of the header itself.
    pub size: u8,
    /// What had to be tolerated.
    pub quirk: Option<Kind>,
}

/// Bytes that any element header fits in.
pub(super) const HEADER_BYTES: usize = 12;

/// Whether the standard knows the VR.
pub(super) fn known(vr: [u8; 2]) -> bool {
    short(vr) || long(vr)
}

fn short(vr: [u8; 2]) -> bool {
    matches!(
        &vr,
        b"AE"
            | b"AS"
            | b"AT"
            | b"CS"
            | b"DA"
            | b"DS"
            | b"DT"
            | b"FD"
            | b"FL"
            | b"IS"
            | b"LO"
            | b"LT"
            | b"PN"
            | b"SH"
            | b"SL"
            | b"SS"
            | b"ST"
            | b"TM"
            | b"UI"
            | b"UL"
            | b"US"
    )
}

/// VRs with a 32-bit length field.
fn long(vr: [u8; 2]) -> bool {
    matches!(
        &vr,
        b"OB"
            | b"OD"
            | b"OF"
            | b"OL"
            | b"OV"
            | b"OW"
            | b"SQ"
            | b"SV"
            | b"UC"
            | b"UN"
            | b"UR"
            | b"UT"
            | b"UV"
    )
}

fn arr<const N: usize>(b: &[u8], at: usize) -> Option<[u8; N]> {
    b.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn defined(len: u32) -> Option<u32> {
    (len != UNDEFINED).then_some(len)
}

/// Reads the header at the start of `b`; `left` is how many bytes the file has from there.
/// `None` where fewer bytes are there than a header needs.
pub(super) fn parse(b: &[u8], syntax: Syntax, left: u64) -> Option<Header> {
    let group = syntax.u16(arr(b, 0)?);
    let element = syntax.u16(arr(b, 2)?);
    let tag = (u32::from(group) << 16) | u32::from(element);
    let implicit = |quirk| {
        let len = defined(syntax.u32(arr(b, 4)?));
        Some(Header { tag, vr: None, len, size: 8, quirk })
    };
    if group == 0xFFFE || !syntax.explicit {
        return implicit(None);
    }
    let vr: [u8; 2] = arr(b, 4)?;
    if long(vr) {
        return long_header(b, syntax, tag, vr, left);
    }
    if !short(vr) && !vr.iter().all(u8::is_ascii_uppercase) {
        return implicit(Some(recovery::VR_ABSENT));
    }
    let narrow = u32::from(syntax.u16(arr(b, 6)?));
    let quirk = (!short(vr)).then_some(recovery::VR_UNKNOWN);
    let header = Header { tag, vr: Some(vr), len: Some(narrow), size: 8, quirk };
    // VRs added to the standard have a 32-bit length after two reserved zero bytes.
    if quirk.is_some()
        && narrow == 0
        && let Some(len) = arr(b, 8).map(|l| syntax.u32(l))
        && len > 0
        && (len == UNDEFINED || u64::from(len) <= left.saturating_sub(12))
    {
        return Some(Header { len: defined(len), size: 12, ..header });
    }
    Some(header)
}

/// A VR with a 32-bit length; some writers give it the 16-bit field nonetheless.
fn long_header(b: &[u8], syntax: Syntax, tag: u32, vr: [u8; 2], left: u64) -> Option<Header> {
    let reserved = syntax.u16(arr(b, 6)?);
    let narrow = Header {
        tag,
        vr: Some(vr),
        len: Some(u32::from(reserved)),
        size: 8,
        quirk: Some(recovery::LENGTH_WIDTH),
    };
    let Some(wide) = arr(b, 8).map(|l| syntax.u32(l)) else {
        return (left >= 8).then_some(narrow);
    };
    let fits = wide == UNDEFINED || u64::from(wide) <= left.saturating_sub(12);
    if reserved != 0 && !fits && u64::from(reserved) <= left.saturating_sub(8) {
        return Some(narrow);
    }
    Some(Header { tag, vr: Some(vr), len: defined(wide), size: 12, quirk: None })
}

/// The encoding that the first element of a data set suggests, or `None` where it is not one.
pub(super) fn detect(b: &[u8], left: u64) -> Option<Syntax> {
    let group = arr(b, 0)?;
    let little = u16::from_le_bytes(group);
    let big = u16::from_be_bytes(group);
    let is_big = big < little;
    let vr: [u8; 2] = arr(b, 4)?;
    if known(vr) && little != 0xFFFE {
        return Some(Syntax { explicit: true, big: is_big });
    }
    let syntax = Syntax { explicit: false, big: is_big };
    let len = syntax.u32(arr(b, 4)?);
    (len == UNDEFINED || u64::from(len) <= left.saturating_sub(8)).then_some(syntax)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encoding_reads_its_own_header() {
        let le = parse(b"\x28\x00\x10\x00US\x02\x00\x00\x02", Syntax::EXPLICIT_LE, 10).unwrap();
        assert_eq!((le.tag, le.vr, le.len, le.size), (0x0028_0010, Some(*b"US"), Some(2), 8));
        let be = parse(b"\x00\x28\x00\x10US\x00\x02\x02\x00", Syntax::EXPLICIT_BE, 10).unwrap();
        assert_eq!((be.tag, be.len), (0x0028_0010, Some(2)));
        let im = parse(b"\x28\x00\x10\x00\x02\x00\x00\x00", Syntax::IMPLICIT_LE, 10).unwrap();
        assert_eq!((im.tag, im.vr, im.len), (0x0028_0010, None, Some(2)));
        let ow = parse(b"\xE0\x7F\x10\x00OW\x00\x00\xFF\xFF\xFF\xFF", Syntax::EXPLICIT_LE, 99);
        assert_eq!(ow.map(|h| (h.len, h.size)), Some((None, 12)));
    }

    #[test]
    fn a_narrow_length_of_a_long_vr_is_tolerated() {
        let h = parse(b"\x08\x00\x10\x00UN\x04\x00abcd", Syntax::EXPLICIT_LE, 12).unwrap();
        assert_eq!((h.len, h.size, h.quirk), (Some(4), 8, Some(recovery::LENGTH_WIDTH)));
    }

    #[test]
    fn the_first_element_tells_the_encoding() {
        assert_eq!(detect(b"\x08\x00\x05\x00CS\x0A\x00", 99), Some(Syntax::EXPLICIT_LE));
        assert_eq!(detect(b"\x00\x08\x00\x05CS\x00\x0A", 99), Some(Syntax::EXPLICIT_BE));
        assert_eq!(detect(b"\x08\x00\x00\x00\x04\x00\x00\x00", 99), Some(Syntax::IMPLICIT_LE));
        assert_eq!(detect(b"Hello, world", 12), None);
    }

    #[test]
    fn short_input_is_no_header() {
        for n in 0..8 {
            assert_eq!(parse(&b"\x28\x00\x10\x00US\x02\x00"[..n], Syntax::EXPLICIT_LE, 8), None);
        }
    }
}
