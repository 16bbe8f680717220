//! Text of a data set to UTF-8: the declared Specific Character Set, and a careful guess where the
//! bytes cannot be (or hardly are) what is declared. GBK, GB18030 and UTF-8 without a declaration
//! are everyday business of Chinese hospitals.

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5,
    ISO_8859_6, ISO_8859_7, ISO_8859_8, ISO_8859_15, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1254,
};

use super::iso2022;

/// One character set, as declared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Set {
    /// The default repertoire: ASCII.
    Ascii,
    /// ISO 8859-1, byte for code point.
    Latin1,
    /// JIS X 0201: romaji and half-width katakana.
    Jis201,
    /// Anything that `encoding_rs` decodes byte for byte or as a stream.
    Other(&'static Encoding),
}

/// The character sets of a data set or item.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Charset {
    first: Set,
    /// Whether escape sequences may switch sets.
    extended: bool,
    /// Whether a value named a set that nobody knows.
    pub unknown: bool,
}

impl Default for Charset {
    fn default() -> Self {
        Self { first: Set::Ascii, extended: false, unknown: false }
    }
}

/// Text, and how sure it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Decoded {
    pub text: String,
    /// The character set used against the declaration.
    pub assumed: Option<&'static str>,
    /// Some bytes could not be read in any set.
    pub undecodable: bool,
}

/// The text of bytes that are the same in every character set.
pub(super) fn plain(bytes: &[u8]) -> Option<&str> {
    let is_plain = bytes.is_ascii() && !bytes.contains(&0x1B);
    is_plain.then(|| str::from_utf8(bytes).ok()).flatten()
}

impl Charset {
    /// The sets that the values of (0008,0005) declare.
    pub fn declared(values: &[&str]) -> Self {
        let mut unknown = false;
        let mut first = Set::Ascii;
        for (i, value) in values.iter().enumerate() {
            let set = named(value);
            unknown |= set.is_none();
            if i == 0 {
                first = set.unwrap_or(Set::Ascii);
            }
        }
        Self { first, extended: values.len() > 1, unknown }
    }

    /// Decodes one whole value. `name` says that `^` and `=` delimit (VR PN).
    pub fn decode(&self, bytes: &[u8], name: bool) -> Decoded {
        if let Some(plain) = plain(bytes) {
            return sure(plain.to_owned());
        }
        let escapes = bytes.contains(&0x1B);
        if escapes && let Some(text) = iso2022::decode(bytes, self.first, name) {
            return sure(text);
        }
        let declared = decode_set(bytes, self.first);
        if let Some(better) = self.contradiction(bytes) {
            return better;
        }
        if let Some(text) = declared {
            return sure(text);
        }
        self.guess(bytes).unwrap_or_else(|| Decoded {
            text: lossy(bytes, self.first),
            assumed: None,
            undecodable: true,
        })
    }

    /// The set that bytes most probably are in where they are not of the declared one.
    fn guess(&self, bytes: &[u8]) -> Option<Decoded> {
        // Writers that declare JIS X 0201 often mean the Shift JIS that extends it.
        if self.first == Set::Jis201 {
            let text = decode_set(bytes, Set::Other(SHIFT_JIS))?;
            return Some(Decoded { text, assumed: Some("Shift_JIS"), undecodable: false });
        }
        utf8(bytes).or_else(|| gbk(bytes, false))
    }

    /// A single-byte set reads anything; multi-byte text under it is told by its shape.
    fn contradiction(&self, bytes: &[u8]) -> Option<Decoded> {
        let single = match self.first {
            Set::Latin1 | Set::Jis201 => true,
            Set::Other(e) => e.is_single_byte(),
            Set::Ascii => return None,
        };
        if single
            && self.first != Set::Jis201
            && let Some(found) = utf8(bytes)
        {
            return Some(found);
        }
        // Other alphabets fill whole words with high bytes; only Latin-1 text never does.
        if self.first == Set::Latin1 && !self.extended {
            return gbk(bytes, true);
        }
        None
    }
}

fn sure(text: String) -> Decoded {
    Decoded { text, assumed: None, undecodable: false }
}

/// The set a value of (0008,0005) names; tolerant of spacing, case and common misspellings.
fn named(value: &str) -> Option<Set> {
    let plain: String =
        value.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    let ir = plain.strip_prefix("ISO2022IR").or_else(|| plain.strip_prefix("ISOIR"));
    Some(match (ir, plain.as_str()) {
        (_, "" | "ISO646" | "ASCII") | (Some("6" | "87" | "159"), _) => Set::Ascii,
        (Some("100"), _) | (_, "ISO88591" | "LATIN1") => Set::Latin1,
        (Some("13"), _) => Set::Jis201,
        (Some("101"), _) | (_, "ISO88592") => Set::Other(ISO_8859_2),
        (Some("109"), _) => Set::Other(ISO_8859_3),
        (Some("110"), _) => Set::Other(ISO_8859_4),
        (Some("144"), _) => Set::Other(ISO_8859_5),
        (Some("127"), _) => Set::Other(ISO_8859_6),
        (Some("126"), _) => Set::Other(ISO_8859_7),
        (Some("138"), _) => Set::Other(ISO_8859_8),
        (Some("148"), _) => Set::Other(WINDOWS_1254),
        (Some("203"), _) => Set::Other(ISO_8859_15),
        (Some("166"), _) => Set::Other(WINDOWS_874),
        (Some("149"), _) => Set::Other(EUC_KR),
        (Some("192"), _) | (_, "UTF8") => Set::Other(UTF_8),
        (Some("58"), _) | (_, "GB18030" | "GBK" | "GB2312" | "ISO2022GBK") => Set::Other(GB18030),
        (_, "SHIFTJIS" | "SJIS") => Set::Other(SHIFT_JIS),
        (_, "EUCJP") => Set::Other(EUC_JP),
        (_, "BIG5") => Set::Other(BIG5),
        _ => return None,
    })
}

/// Decodes bytes in one set; `None` where they are not of that set.
pub(super) fn decode_set(bytes: &[u8], set: Set) -> Option<String> {
    match set {
        Set::Ascii => bytes.is_ascii().then(|| String::from_utf8_lossy(bytes).into_owned()),
        Set::Latin1 => Some(bytes.iter().map(|b| char::from(*b)).collect()),
        Set::Jis201 => bytes.iter().map(|b| jis201(*b)).collect(),
        Set::Other(e) => e
            .decode_without_bom_handling_and_without_replacement(bytes)
            .map(std::borrow::Cow::into_owned),
    }
}

fn jis201(b: u8) -> Option<char> {
    match b {
        0..0x80 => Some(char::from(b)),
        0xA1..=0xDF => char::from_u32(0xFF61 + u32::from(b) - 0xA1),
        _ => None,
    }
}

fn lossy(bytes: &[u8], set: Set) -> String {
    match set {
        Set::Other(e) => e.decode_without_bom_handling(bytes).0.into_owned(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn utf8(bytes: &[u8]) -> Option<Decoded> {
    let text = std::str::from_utf8(bytes).ok()?;
    Some(Decoded { text: text.into(), assumed: Some("ISO_IR 192"), undecodable: false })
}

/// GBK or GB18030, where the bytes look like Chinese: every pair outside ASCII is a Hanzi or East
/// Asian punctuation, and at least half of them are of the frequent level 1 of GB 2312. `strict`
/// wants two Hanzi, all of GB 2312, because the declared set could also be true.
fn gbk(bytes: &[u8], strict: bool) -> Option<Decoded> {
    let (mut frequent, mut hanzi, mut rare, mut at) = (0usize, 0usize, 0usize, 0);
    while let Some(&lead) = bytes.get(at) {
        if lead < 0x80 {
            at += 1;
            continue;
        }
        let trail = *bytes.get(at + 1)?;
        let common = (0xA1..=0xFE).contains(&trail);
        match lead {
            0xB0..=0xD7 if common => (frequent, hanzi) = (frequent + 1, hanzi + 1),
            0xD8..=0xF7 if common => hanzi += 1,
            0xA1..=0xA9 if common => {}
            _ => rare += 1,
        }
        at += if trail.is_ascii_digit() { 4 } else { 2 };
    }
    let likely = if strict {
        rare == 0 && hanzi >= 2 && frequent * 2 >= hanzi
    } else {
        frequent > 0 && frequent * 2 >= hanzi + rare
    };
    if !likely {
        return None;
    }
    let text = decode_set(bytes, Set::Other(GB18030))?;
    let chinese = text.chars().filter(|c| !c.is_ascii()).all(|c| {
        matches!(u32::from(c), 0x2010..=0x206F | 0x3000..=0x303F | 0x3400..=0x9FFF | 0xF900..=0xFAFF
            | 0xFF00..=0xFF65 | 0x2_0000..=0x3_FFFF | 0xB7 | 0xB0 | 0xD7)
    });
    chinese.then_some(Decoded { text, assumed: Some("GB18030"), undecodable: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gb(text: &str) -> Vec<u8> {
        GB18030.encode(text).0.into_owned()
    }

    #[test]
    fn declared_gb18030_is_read_without_an_assumption() {
        let set = Charset::declared(&["GB18030"]);
        assert_eq!(set.decode(&gb("张^三=李四㐀"), true), sure("张^三=李四㐀".into()));
    }

    #[test]
    fn gbk_without_a_declaration_is_assumed() {
        for text in ["张三", "北京协和医院", "朱镕基", "胸部正位 (DR)", "王^小明"]
        {
            let d = Charset::default().decode(&gb(text), true);
            assert_eq!((d.text.as_str(), d.assumed), (text, Some("GB18030")));
        }
    }

    #[test]
    fn utf8_without_a_declaration_is_assumed() {
        let d = Charset::declared(&["ISO_IR 100"]).decode("河北省人民医院".as_bytes(), false);
        assert_eq!((d.text.as_str(), d.assumed), ("河北省人民医院", Some("ISO_IR 192")));
    }

    #[test]
    fn gbk_declared_as_latin1_is_told_from_latin1() {
        let latin = Charset::declared(&["ISO_IR 100"]);
        assert_eq!(latin.decode(&gb("石家庄市第一医院"), false).assumed, Some("GB18030"));
        let french = b"Buc^J\xE9r\xF4me \xE0 No\xEBl";
        assert_eq!(latin.decode(french, true), sure("Buc^Jérôme à Noël".into()));
        assert_eq!(latin.decode(b"\xC4neas R\xFCdiger Gr\xFC\xDFe", true).assumed, None);
    }

    #[test]
    fn latin1_without_a_declaration_is_undecodable_not_chinese() {
        let d = Charset::default().decode(b"M\xFCller^J\xF6rg", true);
        assert!(d.undecodable, "{d:?}");
        assert!(d.text.starts_with('M'));
    }

    #[test]
    fn a_backslash_as_second_byte_does_not_split_a_character() {
        // 0x9E 0x5C is one character of GBK.
        let set = Charset::declared(&["GBK"]);
        assert!(!set.decode(&[0x9E, 0x5C], false).text.contains('\\'));
    }

    #[test]
    fn single_byte_sets_read_their_alphabets() {
        let cases: [(&str, &[u8], &str); 4] = [
            ("ISO_IR 144", b"\xBB\xEE\xDA", "Люк"),
            ("ISO_IR 126", b"\xC4\xE9", "Δι"),
            ("ISO_IR 13", b"\xD4\xCF\xC0\xDE^\xC0\xDB\xB3", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
            ("ISO 2022 IR 101", b"\xA3", "Ł"),
        ];
        for (name, bytes, text) in cases {
            assert_eq!(Charset::declared(&[name]).decode(bytes, true).text, text, "{name}");
        }
    }

    #[test]
    fn shift_jis_under_jis_x_0201_is_assumed() {
        let d = Charset::declared(&["ISO_IR 13"]).decode(b"\x83\x47\x83\x93", true);
        assert_eq!((d.text.as_str(), d.assumed), ("エン", Some("Shift_JIS")));
    }

    #[test]
    fn an_unknown_name_is_told() {
        assert!(Charset::declared(&["KLINGON"]).unknown);
        assert!(!Charset::declared(&["", "ISO 2022 IR 58"]).unknown);
    }
}
