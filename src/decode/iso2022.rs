//! Escape sequences of ISO 2022 as DICOM uses them (PS3.5, 6.1.2.5): which set G0 and G1 mean
//! from here on, and where they fall back to the first declared one.

use encoding_rs::{
    EUC_JP, EUC_KR, GBK, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6, ISO_8859_7,
    ISO_8859_8, ISO_8859_15, WINDOWS_874, WINDOWS_1254,
};

use super::charset::{Set, decode_set};

/// What the lower half of the code table means.
#[derive(Clone, Copy, PartialEq)]
enum G0 {
    Ascii,
    /// JIS X 0208, two bytes a character.
    Jis208,
    /// JIS X 0212, two bytes a character.
    Jis212,
}

const ESC: u8 = 0x1B;

/// Decodes a value with escape sequences; `None` where one is unknown or bytes do not fit.
pub(super) fn decode(bytes: &[u8], first: Set, name: bool) -> Option<String> {
    let mut out = String::with_capacity(bytes.len());
    let (mut g0, mut g1) = (G0::Ascii, first);
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == ESC {
            at += escape(&bytes[at + 1..], &mut g0, &mut g1)? + 1;
            continue;
        }
        let rest = &bytes[at..];
        if g0 != G0::Ascii && rest[0] > 0x20 && rest[0] < 0x7F {
            let n = double(rest, g0, &mut out)?;
            at += n;
            continue;
        }
        let n = rest.iter().position(|b| *b == ESC || resets(*b, name)).unwrap_or(rest.len());
        if n == 0 {
            out.push(char::from(rest[0]));
            (g0, g1) = (G0::Ascii, first);
            at += 1;
            continue;
        }
        // A space inside a two-byte run is a character of its own.
        let n = if g0 == G0::Ascii { n } else { 1 };
        out.push_str(&decode_set(&rest[..n], g1)?);
        at += n;
    }
    Some(out)
}

/// Control characters and delimiters after which the first set is in force again.
fn resets(b: u8, name: bool) -> bool {
    matches!(b, b'\\' | b'\r' | b'\n' | b'\t' | 0x0C) || (name && matches!(b, b'^' | b'='))
}

/// Reads an escape sequence after ESC; returns its length.
fn escape(b: &[u8], g0: &mut G0, g1: &mut Set) -> Option<usize> {
    let single = |e| Set::Other(e);
    let (n, zero, one) = match b {
        [b'(', b'B' | b'J', ..] => (2, Some(G0::Ascii), None),
        [b')', b'I', ..] => (2, None, Some(Set::Jis201)),
        [b'-', b'A', ..] => (2, None, Some(Set::Latin1)),
        [b'-', b'B', ..] => (2, None, Some(single(ISO_8859_2))),
        [b'-', b'C', ..] => (2, None, Some(single(ISO_8859_3))),
        [b'-', b'D', ..] => (2, None, Some(single(ISO_8859_4))),
        [b'-', b'L', ..] => (2, None, Some(single(ISO_8859_5))),
        [b'-', b'G', ..] => (2, None, Some(single(ISO_8859_6))),
        [b'-', b'F', ..] => (2, None, Some(single(ISO_8859_7))),
        [b'-', b'H', ..] => (2, None, Some(single(ISO_8859_8))),
        [b'-', b'M', ..] => (2, None, Some(single(WINDOWS_1254))),
        [b'-', b'T', ..] => (2, None, Some(single(WINDOWS_874))),
        [b'-', b'b', ..] => (2, None, Some(single(ISO_8859_15))),
        [b'$', b'B', ..] => (2, Some(G0::Jis208), None),
        [b'$', b'(', b'D', ..] => (3, Some(G0::Jis212), None),
        [b'$', b')', b'C', ..] => (3, None, Some(single(EUC_KR))),
        [b'$', b')', b'A', ..] => (3, None, Some(single(GBK))),
        _ => return None,
    };
    *g0 = zero.unwrap_or(*g0);
    *g1 = one.unwrap_or(*g1);
    Some(n)
}

/// Decodes one two-byte character of G0 by its EUC-JP form; returns its length.
fn double(b: &[u8], g0: G0, out: &mut String) -> Option<usize> {
    let (&hi, &lo) = (b.first()?, b.get(1)?);
    let euc = [0x8F, hi | 0x80, lo | 0x80];
    let code = if g0 == G0::Jis212 { &euc[..] } else { &euc[1..] };
    out.push_str(&decode_set(code, Set::Other(EUC_JP))?);
    Some(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standard_decode() {
        // PS3.5 annexes H.3.1, I.2, K.2.
        let h31 =
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B";
        assert_eq!(decode(h31, Set::Ascii, true).unwrap(), "Yamada^Tarou=山田^太郎=やまだ^たろう");
        let i2 = b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf";
        assert_eq!(decode(i2, Set::Ascii, true).unwrap(), "Hong^Gildong=洪^吉洞=홍^길동");
        let k2 = b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=";
        assert_eq!(decode(k2, Set::Ascii, true).unwrap(), "Zhang^XiaoDong=张^小东=");
    }

    #[test]
    fn delimiters_fall_back_to_the_first_set() {
        let bytes = b"\x1b-L\xBB\\\xE9";
        assert_eq!(decode(bytes, Set::Latin1, false).unwrap(), "Л\\é");
    }

    #[test]
    fn an_unknown_escape_is_refused() {
        assert_eq!(decode(b"\x1b%G\xe5", Set::Ascii, false), None);
        assert_eq!(decode(b"\x1b", Set::Ascii, false), None);
        assert_eq!(decode(b"\x1b$B;", Set::Ascii, false), None);
    }
}
