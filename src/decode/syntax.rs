//! Transfer syntaxes: which encoding of the data set and which codec each one means.

use super::element::Syntax;

/// How the pixel data of a transfer syntax is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Native,
    Jpeg,
    JpegLs,
    Jpeg2000,
    JpegXl,
    Rle,
    DeflatedFrame,
    /// Known, and no decoder is built in (MPEG, HEVC, JPIP, SMPTE).
    Unsupported,
    /// Not a transfer syntax that the standard knows.
    Unknown,
}

/// The family of a transfer syntax.
pub(super) fn family(uid: &str) -> Family {
    let Some(rest) = uid.strip_prefix("1.2.840.10008.1.2") else {
        return if uid.is_empty() || big_pixels(uid) { Family::Native } else { Family::Unknown };
    };
    match rest {
        "" | ".1" | ".2" | ".1.99" | ".1.98" => Family::Native,
        ".5" => Family::Rle,
        ".8.1" => Family::DeflatedFrame,
        ".4.50" | ".4.51" | ".4.52" | ".4.53" | ".4.54" | ".4.55" | ".4.56" | ".4.57" | ".4.58"
        | ".4.59" | ".4.60" | ".4.61" | ".4.62" | ".4.63" | ".4.64" | ".4.65" | ".4.66"
        | ".4.70" => Family::Jpeg,
        ".4.80" | ".4.81" => Family::JpegLs,
        ".4.90" | ".4.91" | ".4.92" | ".4.93" | ".4.201" | ".4.202" | ".4.203" => Family::Jpeg2000,
        ".4.110" | ".4.111" | ".4.112" => Family::JpegXl,
        _ if rest.starts_with(".4.1") || rest.starts_with(".4.9") || rest.starts_with(".4.20") => {
            Family::Unsupported
        }
        _ if rest.starts_with(".7.") => Family::Unsupported,
        _ => Family::Unknown,
    }
}

/// How the data set of a transfer syntax is encoded, and whether it is deflated; `None` where the
/// transfer syntax is not known.
pub(super) fn encoding(uid: &str) -> Option<(Syntax, bool)> {
    match uid {
        "1.2.840.10008.1.2" => Some((Syntax::IMPLICIT_LE, false)),
        "1.2.840.10008.1.2.2" => Some((Syntax::EXPLICIT_BE, false)),
        "1.2.840.10008.1.2.1.99" | "1.2.840.10008.1.2.4.95" | "1.2.840.10008.1.2.4.205" => {
            Some((Syntax::EXPLICIT_LE, true))
        }
        _ if big_pixels(uid) => Some((Syntax::IMPLICIT_LE, false)),
        _ if family(uid) != Family::Unknown => Some((Syntax::EXPLICIT_LE, false)),
        _ => None,
    }
}

/// GE's private syntax: an implicit little-endian data set with big-endian pixels.
pub(super) fn big_pixels(uid: &str) -> bool {
    uid == "1.2.840.113619.5.2"
}

/// The codec that a frame's first bytes show.
pub(super) fn sniff(bytes: &[u8]) -> Option<Family> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => {
            let ls = super::codec::jpeg_markers::frame_header(bytes)?.process == 0xF7;
            Some(if ls { Family::JpegLs } else { Family::Jpeg })
        }
        [0xFF, 0x4F, 0xFF, 0x51, ..] => Some(Family::Jpeg2000),
        [0, 0, 0, 0x0C, b'j', b'P', ..] => Some(Family::Jpeg2000),
        [0xFF, 0x0A, ..] | [0, 0, 0, 0x0C, b'J', b'X', ..] => Some(Family::JpegXl),
        _ => None,
    }
}

/// The transfer syntax that stands for an encoding found by content.
pub(super) fn uid_of(syntax: Syntax) -> &'static str {
    match (syntax.explicit, syntax.big) {
        (true, true) => "1.2.840.10008.1.2.2",
        (true, false) => "1.2.840.10008.1.2.1",
        (false, _) => "1.2.840.10008.1.2",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_syntax_has_its_family_and_encoding() {
        assert_eq!(family("1.2.840.10008.1.2"), Family::Native);
        assert_eq!(family("1.2.840.10008.1.2.4.70"), Family::Jpeg);
        assert_eq!(family("1.2.840.10008.1.2.4.102"), Family::Unsupported);
        assert_eq!(family("1.2.840.10008.88.8.88"), Family::Unknown);
        assert_eq!(encoding("1.2.840.10008.88.8.88"), None);
        assert_eq!(encoding("1.2.840.10008.1.2.1.99"), Some((Syntax::EXPLICIT_LE, true)));
        assert_eq!(encoding("1.2.840.10008.1.2.4.203"), Some((Syntax::EXPLICIT_LE, false)));
    }
}
