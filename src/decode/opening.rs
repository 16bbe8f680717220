//! The header pass over one file: what it is, how it is encoded, what it says, what its pixel data
//! element amounts to.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use dicom_dictionary_std::tags;

use crate::model::file::{FileFacts, IgnoreReason, PixelState, RejectReason};
use crate::model::text::Text;

use super::codec::deflate;
use super::dicom_file::{DicomFile, Reader};
use super::element::{HEADER_BYTES, Syntax, detect};
use super::fragments::Fragments;
use super::limits::Limits;
use super::recovery::{self, Notes};
use super::scan::{self, Scan};
use super::source::{ByteSource, MemorySource};
use super::start::{self, Start};
use super::syntax::{self, Family};
use super::window::Window;
use super::{fingerprint, functional_groups};

/// What a file turned out to be.
pub enum Opened {
    /// An instance whose header was read.
    Dicom(Box<DicomFile>),
    /// None of our business.
    Ignored(IgnoreReason),
    /// Ours (or unreadable), and it cannot be judged.
    Rejected(RejectReason, Text),
}

/// SOP Class UID of a media directory.
const MEDIA_DIRECTORY: &str = "1.2.840.10008.1.3.10";

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// Reads the header of one file. Pixel bytes are not read, apart from the few KiB that the
/// content fingerprint takes; a deflated data set is inflated for the time of the call.
pub fn open(source: Arc<dyn ByteSource>, path_display: &str, limits: &Limits) -> Opened {
    if source.is_empty() {
        let text = Text::new("文件为空（0字节）", "the file is empty, 0 bytes");
        return Opened::Rejected(RejectReason::Empty, text);
    }
    let mut notes = Notes::default();
    let mut win = Window::new(source.as_ref(), limits.header_bytes);
    let found = start::find(&mut win, &mut notes);
    if let Some(error) = win.error.take() {
        return unreadable(&error);
    }
    let Some(start) = found else { return Opened::Ignored(IgnoreReason::NotDicom) };
    if start.sop_class == MEDIA_DIRECTORY {
        return Opened::Ignored(IgnoreReason::Dicomdir);
    }
    let header = read_header(&mut win, source.as_ref(), &start, limits, &mut notes);
    let error = win.error.take();
    drop(win);
    if let Some(error) = error {
        return unreadable(&error);
    }
    finish(source, path_display, limits, header, notes, &start)
}

fn unreadable(error: &io::Error) -> Opened {
    let text =
        Text::new(format!("文件无法读取：{error}"), format!("the file cannot be read: {error}"));
    Opened::Rejected(RejectReason::Unreadable, text)
}

/// A data set that was walked.
struct HeaderRead {
    scan: Scan,
    syntax: Syntax,
    transfer_syntax: String,
    fingerprint: String,
    /// The inflated data set, where it was deflated.
    inflated: Option<MemorySource>,
}

fn read_header(
    win: &mut Window<'_>,
    source: &dyn ByteSource,
    start: &Start,
    limits: &Limits,
    notes: &mut Notes,
) -> HeaderRead {
    let stated = syntax::encoding(&start.transfer_syntax);
    if let Some((encoding, true)) = stated
        && let Some(inflated) = inflate(win, source, start, limits, notes)
    {
        let scan = {
            let mut inner = Window::new(&inflated, limits.header_bytes);
            scan::dataset(&mut inner, 0, encoding, limits, notes)
        };
        let fingerprint = fingerprint::of(win, start.dataset);
        return HeaderRead {
            scan,
            syntax: encoding,
            transfer_syntax: start.transfer_syntax.clone(),
            fingerprint,
            inflated: Some(inflated),
        };
    }
    let (encoding, transfer_syntax) = choose(win, start, stated.map(|s| s.0), notes);
    let scan = scan::dataset(win, start.dataset, encoding, limits, notes);
    let fingerprint = fingerprint::of(win, scan.end);
    HeaderRead { scan, syntax: encoding, transfer_syntax, fingerprint, inflated: None }
}

/// The encoding by statement and by content; content wins.
fn choose(
    win: &mut Window<'_>,
    start: &Start,
    stated: Option<Syntax>,
    notes: &mut Notes,
) -> (Syntax, String) {
    let left = win.len().saturating_sub(start.dataset);
    let seen = detect(win.bytes(start.dataset, HEADER_BYTES), left);
    if start.transfer_syntax.is_empty() {
        notes.recover(recovery::SYNTAX_ABSENT);
        let encoding = seen.unwrap_or(Syntax::IMPLICIT_LE);
        return (encoding, syntax::uid_of(encoding).to_owned());
    }
    let uid = start.transfer_syntax.clone();
    match (stated, seen) {
        (None, seen) => {
            notes.recover_with(recovery::SYNTAX_UNKNOWN, &uid);
            (seen.unwrap_or(Syntax::EXPLICIT_LE), uid)
        }
        (Some(stated), Some(seen)) if seen != stated => {
            notes.recover(recovery::ENCODING_DIFFERS);
            let native = syntax::family(&uid) == Family::Native;
            (seen, if native { syntax::uid_of(seen).to_owned() } else { uid })
        }
        (Some(stated), _) => (stated, uid),
    }
}

/// Inflates a deflated data set; `None` where it is not deflated after all.
fn inflate(
    win: &mut Window<'_>,
    source: &dyn ByteSource,
    start: &Start,
    limits: &Limits,
    notes: &mut Notes,
) -> Option<MemorySource> {
    let reader = io::BufReader::with_capacity(1 << 16, Reader { source, at: start.dataset });
    let out = deflate::inflate(reader, limits.inflated_bytes);
    let plausible = detect(&out.bytes, out.bytes.len() as u64).is_some();
    if !plausible {
        let left = win.len().saturating_sub(start.dataset);
        if detect(win.bytes(start.dataset, HEADER_BYTES), left).is_some_and(|s| s.explicit) {
            notes.recover(recovery::NOT_DEFLATED);
            return None;
        }
    }
    if out.exceeded {
        notes.limit.get_or_insert_with(|| {
            let n = limits.inflated_bytes;
            Text::new(
                format!("解压后的数据集超过上限{n}字节"),
                format!("the inflated data set is larger than the limit of {n} bytes"),
            )
        });
    } else if !out.complete {
        notes.recover(recovery::DEFLATE_UNFINISHED);
        notes.truncated = true;
    }
    Some(MemorySource(out.bytes))
}

fn finish(
    source: Arc<dyn ByteSource>,
    path_display: &str,
    limits: &Limits,
    header: HeaderRead,
    mut notes: Notes,
    start: &Start,
) -> Opened {
    let HeaderRead { mut scan, syntax, transfer_syntax, fingerprint, inflated } = header;
    if let Some(text) = notes.limit.take() {
        return Opened::Rejected(RejectReason::LimitExceeded, text);
    }
    if scan.attributes.text(tags::SOP_CLASS_UID) == Some(MEDIA_DIRECTORY) {
        return Opened::Ignored(IgnoreReason::Dicomdir);
    }
    if let Some(outcome) = nothing_read(&scan, start, &source, &notes) {
        return outcome;
    }
    let frames = functional_groups::take(&mut scan.attributes);
    let deflated_at = inflated.is_some().then_some(start.dataset);
    let mut file = DicomFile {
        attributes: scan.attributes,
        frames,
        file: FileFacts {
            path: path_display.to_owned(),
            size: source.len(),
            transfer_syntax,
            content_fingerprint: fingerprint,
            ..FileFacts::default()
        },
        source,
        limits: limits.clone(),
        syntax,
        pixel: scan.pixel,
        offsets: scan.offsets,
        found: None,
        map: OnceLock::new(),
        deflated_at,
        id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
    };
    if let Err(error) = pixel_facts(&mut file, inflated.as_ref(), &mut notes) {
        return unreadable(&error);
    }
    file.file.header_truncated = notes.truncated;
    file.file.undecodable_text = notes.undecodable;
    file.file.charset_assumed = notes.charset_assumed;
    file.file.recoveries = notes.recoveries;
    Opened::Dicom(Box::new(file))
}

/// What a data set without one readable attribute comes to. Private elements alone are a data set;
/// bytes that stop making sense are not.
fn nothing_read(
    scan: &Scan,
    start: &Start,
    source: &Arc<dyn ByteSource>,
    notes: &Notes,
) -> Option<Opened> {
    let sound = scan.elements > 0 && !notes.truncated;
    if !scan.attributes.is_empty() || scan.pixel.is_some() || (sound && start.certain) {
        return None;
    }
    if !start.certain {
        return Some(Opened::Ignored(IgnoreReason::NotDicom));
    }
    let at = start.dataset;
    let text = if at >= source.len() {
        Text::new(
            "文件元信息之后没有数据集",
            "the file ends after its file meta group, there is no data set",
        )
    } else {
        Text::new(
            format!("数据集不可读：在字节{at}处没有可识别的数据元素"),
            format!("the data set cannot be read: no known element at byte {at}"),
        )
    };
    Some(Opened::Rejected(RejectReason::HeaderUndecodable, text))
}

/// Fills in what is known of the pixel data element without reading it.
fn pixel_facts(
    file: &mut DicomFile,
    inflated: Option<&MemorySource>,
    notes: &mut Notes,
) -> io::Result<()> {
    let Some(pixel) = file.pixel else { return Ok(()) };
    file.file.pixels = PixelState::NotRead;
    file.file.pixel_bytes_declared = pixel.len;
    let size = inflated.map_or(file.source.len(), ByteSource::len);
    let left = size.saturating_sub(pixel.at);
    let native = syntax::family(&file.file.transfer_syntax) == Family::Native;
    let Some(declared) = pixel.len else {
        let found = Fragments::index(file.source.as_ref(), pixel.at, &file.limits)?;
        file.file.encapsulated = true;
        file.file.pixel_bytes = Some(found.bytes);
        file.file.fragments = Some(u32::try_from(found.list.len()).unwrap_or(u32::MAX));
        file.file.pixel_sequence_unclosed = !found.closed;
        file.found = Some(found);
        if native && file.file.transfer_syntax != "1.2.840.10008.1.2.1.98" {
            notes.recover(recovery::PIXELS_ENCAPSULATED);
        }
        return Ok(());
    };
    file.file.pixel_bytes = Some(declared.min(left));
    if let Ok(d) = file.description() {
        let bits = d.native_bits().checked_mul(u64::from(file.frame_count()));
        file.file.pixel_bytes_expected = bits.map(|b| b.div_ceil(8));
    }
    if !native {
        notes.recover(recovery::PIXELS_NATIVE);
    }
    Ok(())
}
