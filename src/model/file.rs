//! What became of one file, and what is known of its bytes.

use super::text::Text;
use serde::{Deserialize, Serialize};

/// A tolerant reading that made an ill-formed file readable. Each one is a minor finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Recovery {
    /// Stable kebab-case name, e.g. `uid-padded-with-space`, `preamble-absent`.
    pub name: String,
    /// What was wrong and what was assumed.
    pub text: Text,
}

/// Why a file could not be judged at all.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RejectReason {
    /// The file cannot be opened or read (permission, I/O).
    Unreadable,
    /// The file has zero bytes.
    Empty,
    /// It says it is DICOM, and its header cannot be read.
    HeaderUndecodable,
    /// A bound on declared lengths, nesting or unpacked size was exceeded.
    LimitExceeded,
    /// A zip archive, or a member of one, cannot be read.
    ArchiveUndecodable,
}

/// Why a file is none of our business.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum IgnoreReason {
    /// Not DICOM.
    NotDicom,
    /// A media directory (DICOMDIR).
    Dicomdir,
}

/// The reason a frame or a whole pixel data element could not be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecodeFailure {
    /// Fewer bytes than Rows, Columns, Samples, Bits and Frames need.
    Truncated,
    /// A pixel attribute that decoding needs is absent, empty, malformed or contradicts another.
    Description,
    /// No decoder for the transfer syntax.
    UnsupportedSyntax,
    /// The codec refused the bytes.
    Corrupt,
    /// A bound on frame size or count was exceeded.
    LimitExceeded,
    /// The file could no longer be read.
    Unreadable,
    /// The time that a study may take was used up before.
    TimeLimit,
}

/// How far the pixels of an instance were brought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PixelState {
    /// The object has no pixel data element (SR, presentation state, RT plan …).
    #[default]
    NoPixelData,
    /// Pixel data is there, and the depth of the run did not ask for it.
    NotRead,
    /// Every frame was decoded.
    Decoded,
    /// Some or all frames could not be decoded.
    Failed {
        /// The kind of failure, of the first frame that failed.
        failure: DecodeFailure,
        /// 0-based index of the first frame that failed.
        frame: u32,
        /// How many frames failed.
        failed: u32,
        /// The codec's or reader's own words.
        why: String,
    },
}

/// What is known of an instance's bytes beyond its attributes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Where it was read, relative to the source given on the command line; `archive.zip!member`.
    pub path: String,
    /// The source's position on the command line.
    pub source: u32,
    /// Size in bytes (unpacked, for a zip member).
    pub size: u64,
    /// Transfer Syntax UID that was used to read it; empty where none was stated or guessed.
    pub transfer_syntax: String,
    /// Whether the header ended before its declared lengths did.
    pub header_truncated: bool,
    /// Bytes of the pixel data value present in the file (all fragments, for encapsulated).
    pub pixel_bytes: Option<u64>,
    /// Bytes the pixel data element declares (`None` where undefined length or no pixel data).
    pub pixel_bytes_declared: Option<u64>,
    /// Bytes that Rows x Columns x Samples x Bits Allocated x Frames needs (native only).
    pub pixel_bytes_expected: Option<u64>,
    /// Whether the pixel data is encapsulated.
    pub encapsulated: bool,
    /// For encapsulated pixel data: fragments found, whether the sequence delimiter was met.
    pub fragments: Option<u32>,
    /// For encapsulated pixel data of undefined length: the closing delimiter is missing.
    pub pixel_sequence_unclosed: bool,
    /// How far decoding came.
    pub pixels: PixelState,
    /// XXH3 (hex) over the digests of the decoded frames; does not depend on the encoding. Taken
    /// only at a depth that reads pixels, where every frame could be decoded.
    pub pixel_digest: Option<String>,
    /// Fingerprint (hex) of header and first pixel bytes as read; equal content, equal value.
    pub content_fingerprint: String,
    /// Text that could not be decoded with the declared or guessed character set: attribute names.
    pub undecodable_text: Vec<String>,
    /// The character set that decoding used where it differs from the declared one.
    pub charset_assumed: Option<String>,
    /// Tolerant readings that were needed.
    pub recoveries: Vec<Recovery>,
}

/// What one file came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FileOutcome {
    /// It is an instance of a study.
    Evaluated(Box<super::study::Instance>),
    /// Not ours.
    Ignored(IgnoreReason),
    /// Ours, and unreadable; the words name file, attribute and reason.
    Rejected(RejectReason, Text),
}
