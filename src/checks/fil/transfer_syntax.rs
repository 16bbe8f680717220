//! What the standard says of each Transfer Syntax (PS3.5 Annex A, retired ones included), and how
//! many bytes uncompressed pixel data needs.

use dicom_dictionary_std::tags;

use crate::checks::view::InstanceView;

/// Whether a transfer syntax loses information.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// It cannot.
    Lossless,
    /// It always does.
    Lossy,
    /// It may; only the header (or the bitstream) tells.
    Either,
    /// It is not known here.
    Unknown,
}

/// UIDs below `1.2.840.10008.1.2.` whose encoding is reversible.
const LOSSLESS: &[&str] = &[
    "1", "1.98", "1.99", "2", "5", "8.1",
    // JPEG processes 14 and 15, hierarchical 28 and 29; first-order prediction.
    "4.57", "4.58", "4.65", "4.66", "4.70",
    // JPEG-LS, JPEG 2000 (parts 1 and 2), JPEG XL, High-Throughput JPEG 2000 (also RPCL).
    "4.80", "4.90", "4.92", "4.110", "4.201", "4.202",
];

/// UIDs below `1.2.840.10008.1.2.` whose encoding is never reversible.
const LOSSY: &[&str] = &[
    // DCT-based JPEG; all but the first two are retired.
    "4.50", "4.51", "4.52", "4.53", "4.54", "4.55", "4.56", "4.59", "4.60", "4.61", "4.62", "4.63",
    "4.64", // MPEG-2, MPEG-4 AVC/H.264, HEVC/H.265, also as fragments.
    "4.100", "4.100.1", "4.101", "4.101.1", "4.102", "4.102.1", "4.103", "4.103.1", "4.104",
    "4.104.1", "4.105", "4.105.1", "4.106", "4.106.1", "4.107", "4.108",
    // JPEG XL recompression: reversible to a JPEG file, which was lossy already.
    "4.111",
];

/// UIDs below `1.2.840.10008.1.2.` that may be either.
const EITHER: &[&str] = &["4.81", "4.91", "4.93", "4.112", "4.203"];

const IMPLICIT_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2";

/// Implicit VR with big-endian pixels, as old GE archives wrote it.
const GE_PRIVATE: &str = "1.2.840.113619.5.2";

/// What the standard says of a transfer syntax.
pub fn loss(uid: &str) -> Loss {
    if uid == IMPLICIT_LITTLE_ENDIAN || uid == GE_PRIVATE {
        return Loss::Lossless;
    }
    let Some(leaf) =
        uid.strip_prefix(IMPLICIT_LITTLE_ENDIAN).and_then(|rest| rest.strip_prefix('.'))
    else {
        return Loss::Unknown;
    };
    if LOSSLESS.contains(&leaf) {
        Loss::Lossless
    } else if LOSSY.contains(&leaf) {
        Loss::Lossy
    } else if EITHER.contains(&leaf) {
        Loss::Either
    } else {
        Loss::Unknown
    }
}

/// Whether a transfer syntax holds video: one stream, however many frames.
pub fn is_video(uid: &str) -> bool {
    uid.strip_prefix("1.2.840.10008.1.2.4.10").is_some_and(|rest| !rest.is_empty())
}

/// Bytes that the image needs where it is uncompressed. Needs `Input::File` and Photometric
/// Interpretation, as 4:2:2 subsampling stores two samples a pixel instead of three.
pub fn native_bytes_needed(instance: &InstanceView<'_>) -> Option<u64> {
    let file = instance.file();
    if file.encapsulated {
        return None;
    }
    let full = file.pixel_bytes_expected?;
    let subsampled = matches!(
        instance.text(tags::PHOTOMETRIC_INTERPRETATION),
        Some("YBR_FULL_422" | "YBR_PARTIAL_422")
    );
    // Some writers name 4:2:2 and store full samples: both lengths are possible there.
    if subsampled && file.pixel_bytes.is_some_and(|n| n < full) {
        return Some(full / 3 * 2);
    }
    Some(full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_do_not_overlap() {
        for uid in LOSSLESS {
            assert!(!LOSSY.contains(uid) && !EITHER.contains(uid), "{uid}");
        }
        for uid in LOSSY {
            assert!(!EITHER.contains(uid), "{uid}");
        }
    }

    #[test]
    fn every_registered_syntax_has_its_kind() {
        for (uid, kind) in [
            ("1.2.840.10008.1.2", Loss::Lossless),
            ("1.2.840.10008.1.2.1", Loss::Lossless),
            ("1.2.840.10008.1.2.4.50", Loss::Lossy),
            ("1.2.840.10008.1.2.4.51", Loss::Lossy),
            ("1.2.840.10008.1.2.4.70", Loss::Lossless),
            ("1.2.840.10008.1.2.4.81", Loss::Either),
            ("1.2.840.10008.1.2.4.90", Loss::Lossless),
            ("1.2.840.10008.1.2.4.91", Loss::Either),
            ("1.2.840.10008.1.2.4.110", Loss::Lossless),
            ("1.2.840.10008.1.2.4.203", Loss::Either),
            ("1.2.840.10008.88.8.88", Loss::Unknown),
            ("", Loss::Unknown),
        ] {
            assert_eq!(loss(uid), kind, "{uid}");
        }
    }

    #[test]
    fn video_is_told_from_jpeg_xl() {
        assert!(is_video("1.2.840.10008.1.2.4.100"));
        assert!(is_video("1.2.840.10008.1.2.4.107"));
        assert!(!is_video("1.2.840.10008.1.2.4.110"));
        assert!(!is_video("1.2.840.10008.1.2.4.50"));
    }
}
