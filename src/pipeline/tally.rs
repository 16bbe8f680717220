//! What threads add up while files are found, read or known.

use std::sync::{Mutex, PoisonError};

use crate::model::file::{FileOutcome, IgnoreReason, PixelState, RejectReason};
use crate::model::study::{Instance, RejectedFile};
use crate::source::{FoundFile, folder_of};
use crate::store::{CameTo, FileRow};

use super::examine::{Examined, is_passing};
use super::group::{self, Index, Line, Member, MemberRef};
use super::held::Holding;
use super::known::{KnownFile, Place};
use super::spool::{Spool, SpoolError, SpoolRef};

/// Counts of files. `files == evaluated + ignored + rejected`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files met, members of archives among them, archives themselves not.
    pub files: u64,
    /// Files that became instances of studies.
    pub evaluated: u64,
    /// Not DICOM.
    pub not_dicom: u64,
    /// DICOMDIR.
    pub dicomdir: u64,
    /// Ours, and unreadable.
    pub rejected: u64,
    /// Files that were not read, as they are what they were when they were read.
    pub known: u64,
    /// Bytes of all files.
    pub bytes: u64,
}

/// What threads add to while files are examined.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) index: Index,
    pub(super) counts: Counts,
    lines: Vec<Line>,
    pub(super) rows: Vec<SpoolRef>,
}

/// How what files came to is kept.
pub(super) struct Keeping<'a> {
    /// The sources that are folders.
    pub roots: &'a [Option<String>],
    /// How files are read.
    pub under: &'a str,
    /// Nanoseconds since 1970 when the walk began.
    pub now: i64,
}

/// A file that was written so shortly before it was found may be written again with the same times, as those of
/// some file systems count in whole seconds: it is read again by the next run.
const SETTLED: i64 = 2_000_000_000;

/// Counts a file that was read; `places` where it may be read again.
pub(super) fn add(
    examined: Examined<'_>,
    (spool, holding): (&Spool, &Holding),
    tally: &Mutex<Tally>,
    keeps: Option<&Keeping<'_>>,
    places: bool,
) -> Result<(), SpoolError> {
    let source = examined.found.source;
    let line = file_line(source, &examined.display, examined.bytes, &examined.outcome);
    let row = keeps.and_then(|keeping| row_of(&examined, line, keeping));
    let row = row.map(|row| spool.put(&row)).transpose()?;
    let is_instance = matches!(examined.outcome, FileOutcome::Evaluated(_));
    let place = (places && is_instance).then(|| KnownFile::read(&examined, line));
    let place = place.map(|place| spool.put(&place)).transpose()?;
    let Examined { found, display, bytes, outcome, .. } = examined;
    let lock = || tally.lock().unwrap_or_else(PoisonError::into_inner);
    match outcome {
        FileOutcome::Ignored(reason) => {
            let mut tally = lock();
            tally.count(bytes, line);
            tally.rows.extend(row);
            match reason {
                IgnoreReason::NotDicom => tally.counts.not_dicom += 1,
                IgnoreReason::Dicomdir => tally.counts.dicomdir += 1,
            }
        }
        FileOutcome::Rejected(reason, text) => {
            let mut tally = lock();
            tally.count(bytes, line);
            tally.rows.extend(row);
            tally.counts.rejected += 1;
            tally.index.reject(source, RejectedFile { path: display, reason, text }, line);
        }
        FileOutcome::Evaluated(instance) => {
            let key = group::study_key(&instance.attributes, source, folder_of(&display));
            let sure = is_sure(&instance);
            let at = MemberRef::Read(holding.put(instance, spool)?);
            let arrived = found.stamp.map_or(0, |s| s.changed);
            let member = Member { at, row, place, line, sure, arrived };
            let mut tally = lock();
            tally.count(bytes, line);
            tally.counts.evaluated += 1;
            // The row of an instance is kept with its study.
            tally.index.add(&key, source, folder_of(&display), member);
        }
    }
    Ok(())
}

/// Whether the digest of an instance tells any change of it: the content fingerprint alone covers the header and the
/// ends of the pixels.
pub(super) fn is_sure(instance: &Instance) -> bool {
    !instance.has_pixel_data() || instance.file.pixel_digest.is_some()
}

/// What is kept of a file that was read; nothing of a member of an archive, nor of one that the system would not
/// give or that may still change unseen.
pub(super) fn row_of(
    examined: &Examined<'_>,
    line: Line,
    keeping: &Keeping<'_>,
) -> Option<FileRow> {
    let Examined { found: FoundFile { source, stamp, .. }, display, archive, outcome, .. } =
        examined;
    let stamp = stamp.filter(|s| s.changed.max(s.modified) < keeping.now - SETTLED)?;
    let came_to = match outcome {
        FileOutcome::Evaluated(instance) if could_not_read(instance) => return None,
        FileOutcome::Evaluated(instance) => {
            let folder = folder_of(display);
            CameTo::Instance(group::study_key(&instance.attributes, *source, folder))
        }
        FileOutcome::Ignored(IgnoreReason::NotDicom) => CameTo::NotDicom,
        FileOutcome::Ignored(IgnoreReason::Dicomdir) => CameTo::Dicomdir,
        FileOutcome::Rejected(RejectReason::Unreadable, _) => return None,
        FileOutcome::Rejected(reason, text) => CameTo::Rejected(*reason, text.clone()),
    };
    let place = archive.is_none().then(|| Place::of(*source, display, keeping.roots))?;
    let Place { folder, name, root } = place?;
    let is_instance = matches!(came_to, CameTo::Instance(_));
    let read_under = (!is_instance).then(|| keeping.under.to_owned());
    Some(FileRow { folder, name, source: *source, root, stamp, came_to, line, read_under })
}

/// Whether the pixels of an instance were not read for a reason that may not be there another time: the system failed,
/// or the time was used up.
pub(super) fn could_not_read(instance: &Instance) -> bool {
    matches!(&instance.file.pixels, PixelState::Failed { failure, .. } if is_passing(*failure))
}

/// Counts a file that is what it was.
pub(super) fn add_known(
    found: &FoundFile,
    row: FileRow,
    spool: &Spool,
    tally: &Mutex<Tally>,
) -> Result<(), SpoolError> {
    let at = match &row.came_to {
        CameTo::Instance(_) => Some(spool.put(&KnownFile::of(found, &row))?),
        _ => None,
    };
    let (source, display) = (found.source, &found.display);
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    tally.count(found.size, row.line);
    tally.counts.known += 1;
    match (row.came_to, at) {
        (CameTo::Instance(key), Some(at)) => {
            tally.counts.evaluated += 1;
            let (line, arrived) = (row.line, row.stamp.changed);
            let at = MemberRef::Known(at);
            let member = Member { at, row: None, place: None, sure: true, line, arrived };
            tally.index.add(&key, source, folder_of(display), member);
        }
        (CameTo::Rejected(reason, text), _) => {
            tally.counts.rejected += 1;
            let file = RejectedFile { path: display.clone(), reason, text };
            tally.index.reject(source, file, row.line);
        }
        (CameTo::NotDicom, _) => tally.counts.not_dicom += 1,
        (CameTo::Dicomdir | CameTo::Instance(_), _) => tally.counts.dicomdir += 1,
    }
    Ok(())
}

/// One file's share of the input fingerprint.
pub(super) fn file_line(source: u32, display: &str, bytes: u64, outcome: &FileOutcome) -> Line {
    match outcome {
        FileOutcome::Evaluated(instance) => line_of(source, display, bytes, instance),
        FileOutcome::Ignored(_) => digest(source, display, bytes, [b"ignored", b""]),
        FileOutcome::Rejected(..) => digest(source, display, bytes, [b"rejected", b""]),
    }
}

/// That of an instance.
pub(super) fn line_of(source: u32, display: &str, bytes: u64, instance: &Instance) -> Line {
    let pixels = instance.file.pixel_digest.as_deref().unwrap_or_default();
    let content = &instance.file.content_fingerprint;
    digest(source, display, bytes, [content.as_bytes(), pixels.as_bytes()])
}

fn digest(source: u32, display: &str, bytes: u64, content: [&[u8]; 2]) -> Line {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&source.to_le_bytes()).update(display.as_bytes()).update(&bytes.to_le_bytes());
    hasher.update(content[0]).update(content[1]);
    *hasher.finalize().as_bytes()
}

impl Tally {
    fn count(&mut self, bytes: u64, line: Line) {
        self.lines.push(line);
        self.counts.files += 1;
        self.counts.bytes += bytes;
    }

    /// Sorted before hashing, so that the order of arrival does not matter.
    pub(super) fn fingerprint(&self) -> String {
        let mut lines = self.lines.clone();
        lines.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        for line in &lines {
            hasher.update(line);
        }
        hasher.finalize().to_hex().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::file::DecodeFailure;
    use crate::model::text::Text;
    use crate::source::Stamp;

    const NOW: i64 = 1_000 * SETTLED;

    fn found(changed: i64) -> FoundFile {
        let stamp = Some(Stamp { size: 3, modified: 1, changed, inode: 9 });
        FoundFile {
            source: 0,
            path: "/in/a/1.dcm".into(),
            display: "a/1.dcm".into(),
            size: 3,
            stamp,
        }
    }

    fn rejected(reason: RejectReason) -> FileOutcome {
        FileOutcome::Rejected(reason, Text::default())
    }

    fn row_in(found: &FoundFile, archive: Option<usize>, outcome: FileOutcome) -> Option<FileRow> {
        let roots = [Some("/in".to_owned())];
        let examined =
            Examined { found, display: found.display.clone(), archive, bytes: 3, outcome };
        row_of(&examined, [0; 32], &Keeping { roots: &roots, under: "way", now: NOW })
    }

    fn row(changed: i64, outcome: FileOutcome) -> Option<FileRow> {
        row_in(&found(changed), None, outcome)
    }

    #[test]
    fn what_the_system_would_not_give_is_asked_for_again() {
        let empty = row(2, rejected(RejectReason::Empty)).unwrap();
        assert_eq!((empty.folder.as_str(), empty.name.as_str()), ("/in/a", "1.dcm"));
        assert_eq!(empty.read_under.as_deref(), Some("way"));
        assert_eq!(row(2, rejected(RejectReason::Unreadable)), None);
        let unseen = FoundFile { stamp: None, ..found(2) };
        assert_eq!(row_in(&unseen, None, rejected(RejectReason::Empty)), None);
        for failure in [DecodeFailure::Unreadable, DecodeFailure::TimeLimit] {
            let mut failed = Instance::default();
            let why = "EIO".to_owned();
            failed.file.pixels = PixelState::Failed { failure, frame: 0, failed: 1, why };
            assert_eq!(row(2, FileOutcome::Evaluated(Box::new(failed))), None);
        }
    }

    #[test]
    fn what_may_change_unseen_is_read_again() {
        assert_eq!(row(NOW - SETTLED / 2, rejected(RejectReason::Empty)), None);
        assert_eq!(row(NOW + SETTLED, rejected(RejectReason::Empty)), None);
        assert_eq!(row_in(&found(2), Some(1), rejected(RejectReason::Empty)), None);
    }

    #[test]
    fn pixels_that_were_decoded_are_part_of_the_digest() {
        let mut instance = Instance::default();
        let before = line_of(0, "1", 3, &instance);
        instance.file.pixel_digest = Some("ab".into());
        assert_ne!(line_of(0, "1", 3, &instance), before);
    }
}
