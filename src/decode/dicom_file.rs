//! A file whose header was read: its attributes, facts about its bytes, and the way to its frames.

use std::io;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use dicom_dictionary_std::tags;
use sha2::{Digest, Sha256};

use crate::model::attribute::Attributes;
use crate::model::file::{DecodeFailure, FileFacts};
use crate::model::study::Instance;

use super::codec::deflate;
use super::element::Syntax;
use super::fragments::{self, Fragments};
use super::limits::Limits;
use super::samples::FrameError;
use super::scan::Located;
use super::source::{ByteSource, MemorySource, read_full};

/// A DICOM file after the header pass. It holds no pixel bytes.
pub struct DicomFile {
    /// Kept attributes, with the shared functional groups merged in.
    pub attributes: Attributes,
    /// Flattened functional groups of each frame; empty for classic objects.
    pub frames: Vec<Attributes>,
    /// Facts about the bytes.
    pub file: FileFacts,
    pub(super) source: Arc<dyn ByteSource>,
    pub(super) limits: Limits,
    pub(super) syntax: Syntax,
    pub(super) pixel: Option<Located>,
    /// Extended Offset Table, located.
    pub(super) offsets: Option<Located>,
    pub(super) found: Option<Fragments>,
    pub(super) map: OnceLock<Vec<Range<usize>>>,
    /// Where the deflated data set begins; offsets then refer to the inflated bytes.
    pub(super) deflated_at: Option<u64>,
    /// Tells one file from another in a `Scratch`.
    pub(super) id: u64,
}

static NO_FRAGMENTS: Fragments = Fragments {
    list: Vec::new(),
    table: None,
    closed: false,
    bytes: 0,
    end: 0,
    exceeded: false,
    cut: false,
};

/// Pixel bytes read at once for the digest.
const DIGEST_CHUNK: usize = 1 << 20;

impl DicomFile {
    /// Number of Frames; 1 where not stated.
    #[must_use]
    pub fn frame_count(&self) -> u32 {
        self.attributes
            .int(tags::NUMBER_OF_FRAMES)
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| *n > 0)
            .unwrap_or(1)
    }

    /// Whether a pixel data element (of any kind) is present.
    #[must_use]
    pub fn has_pixel_data(&self) -> bool {
        self.pixel.is_some()
    }

    /// Bytes of memory that decoding one frame takes, for the memory budget: the decoded values,
    /// its compressed bytes, and the whole data set where that is deflated.
    #[must_use]
    pub fn frame_bytes(&self) -> u64 {
        let decoded = self.description().map_or(0, |d| d.decoded_bytes());
        let compressed = match &self.found {
            Some(found) => found.bytes / u64::from(self.frame_count()),
            None => decoded,
        };
        let inflated = if self.deflated_at.is_some() { decoded + self.inflated_bytes() } else { 0 };
        decoded.saturating_add(compressed).saturating_add(inflated)
    }

    fn inflated_bytes(&self) -> u64 {
        let pixel = self.pixel.map_or(0, |p| p.at);
        pixel.saturating_add(self.file.pixel_bytes.unwrap_or(0))
    }

    /// SHA-256 (hex) of the pixel data value as stored: the native value, or every fragment's
    /// value in order. Reads in pieces; a file without pixel data gives the digest of nothing.
    ///
    /// # Errors
    /// The I/O error of the source.
    pub fn pixel_digest(&self) -> io::Result<String> {
        let source = match self.deflated_at {
            Some(at) => self.inflate(at),
            None => Arc::clone(&self.source),
        };
        let mut hash = Sha256::new();
        match (&self.found, self.pixel) {
            (Some(found), _) => {
                for f in &found.list {
                    digest_range(source.as_ref(), f.at, u64::from(f.len), &mut hash)?;
                }
            }
            (None, Some(p)) => {
                let len = self.file.pixel_bytes.unwrap_or(0);
                digest_range(source.as_ref(), p.at, len, &mut hash)?;
            }
            (None, None) => {}
        }
        Ok(hash.finalize().iter().fold(String::with_capacity(64), |mut s, b| {
            use std::fmt::Write;
            let _ = write!(s, "{b:02x}");
            s
        }))
    }

    /// The instance as the model holds it; the way to the pixels ends here.
    #[must_use]
    pub fn into_instance(self) -> Instance {
        Instance {
            file: self.file,
            attributes: self.attributes,
            frames: self.frames,
            measurements: Vec::new(),
            readings: Vec::new(),
        }
    }

    pub(super) fn fragments(&self) -> &Fragments {
        self.found.as_ref().unwrap_or(&NO_FRAGMENTS)
    }

    /// Which fragments make each frame; found once.
    pub(super) fn frame_map(&self) -> Result<&[Range<usize>], FrameError> {
        if self.fragments().exceeded {
            let why = format!("more fragments than the limit of {}", self.limits.fragments);
            return Err(FrameError::limit(why));
        }
        if let Some(map) = self.map.get() {
            return Ok(map);
        }
        let unreadable = |e: io::Error| FrameError::new(DecodeFailure::Unreadable, e.to_string());
        let extended = self.extended_offsets().map_err(unreadable)?;
        let (map, _) = fragments::frames(
            self.source.as_ref(),
            self.fragments(),
            &extended,
            self.frame_count(),
        )
        .map_err(unreadable)?;
        Ok(self.map.get_or_init(|| map))
    }

    fn extended_offsets(&self) -> io::Result<Vec<u64>> {
        let Some(table) = self.offsets else { return Ok(Vec::new()) };
        let most = u64::from(self.limits.frames) * 8;
        let len = table.len.unwrap_or(0).min(most).min(self.source.len());
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
        let got = read_full(self.source.as_ref(), table.at, &mut bytes)?;
        Ok(bytes[..got].as_chunks::<8>().0.iter().map(|b| u64::from_le_bytes(*b)).collect())
    }

    /// The inflated data set of a deflated file.
    pub(super) fn inflate(&self, at: u64) -> Arc<dyn ByteSource> {
        let reader = Reader { source: self.source.as_ref(), at };
        let reader = io::BufReader::with_capacity(DIGEST_CHUNK, reader);
        Arc::new(MemorySource(deflate::inflate(reader, self.limits.inflated_bytes).bytes))
    }
}

fn digest_range(source: &dyn ByteSource, at: u64, len: u64, hash: &mut Sha256) -> io::Result<()> {
    let mut buf = vec![0; usize::try_from(len).unwrap_or(DIGEST_CHUNK).min(DIGEST_CHUNK)];
    let mut done = 0;
    while done < len {
        let want = usize::try_from(len - done).unwrap_or(DIGEST_CHUNK).min(buf.len());
        let got = read_full(source, at + done, &mut buf[..want])?;
        if got == 0 {
            break;
        }
        hash.update(&buf[..got]);
        done += got as u64;
    }
    Ok(())
}

/// A source as a stream.
pub(super) struct Reader<'a> {
    pub source: &'a dyn ByteSource,
    pub at: u64,
}

impl io::Read for Reader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.source.read_at(self.at, buf)?;
        self.at += n as u64;
        Ok(n)
    }
}
