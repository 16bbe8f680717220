//! What threads add up while files are found, read or known.

use std::sync::{Mutex, PoisonError};

use crate::model::file::{FileOutcome, IgnoreReason, RejectReason};
use crate::model::study::RejectedFile;
use crate::source::{FoundFile, folder_of};
use crate::store::{CameTo, FileRow};

use super::examine::Examined;
use super::group::{self, Index, Line, Member};
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

/// Counts a file that was read.
pub(super) fn add(
    examined: Examined,
    spool: &Spool,
    tally: &Mutex<Tally>,
    keeps: Option<&[String]>,
) -> Result<(), SpoolError> {
    let line = file_line(examined.source, &examined.display, examined.bytes, &examined.outcome);
    let row = keeps.and_then(|roots| row_of(&examined, line, roots));
    let row = row.map(|row| spool.put(&row)).transpose()?;
    let Examined { source, display, bytes, outcome, stamp, .. } = examined;
    let spooled = match &outcome {
        FileOutcome::Evaluated(instance) => Some((
            group::study_key(&instance.attributes, source, folder_of(&display)),
            spool.put(instance)?,
        )),
        _ => None,
    };
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    tally.rows.extend(row);
    tally.count(bytes, line);
    match (outcome, spooled) {
        (FileOutcome::Ignored(reason), _) => match reason {
            IgnoreReason::NotDicom => tally.counts.not_dicom += 1,
            IgnoreReason::Dicomdir => tally.counts.dicomdir += 1,
        },
        (FileOutcome::Rejected(reason, text), _) => {
            tally.counts.rejected += 1;
            tally.index.reject(source, RejectedFile { path: display, reason, text }, line);
        }
        (FileOutcome::Evaluated(_), spooled) => {
            tally.counts.evaluated += 1;
            if let Some((key, at)) = spooled {
                let modified = stamp.map_or(0, |s| s.modified);
                let member = Member { at, known: false, line, modified };
                tally.index.add(&key, source, folder_of(&display), member);
            }
        }
    }
    Ok(())
}

/// What is kept of a file that was read; nothing of one that the system would not give.
fn row_of(examined: &Examined, line: Line, roots: &[String]) -> Option<FileRow> {
    let Examined { source, display, archive, stamp, bytes, outcome } = examined;
    let came_to = match outcome {
        FileOutcome::Evaluated(instance) => {
            let folder = folder_of(display);
            CameTo::Instance(group::study_key(&instance.attributes, *source, folder))
        }
        FileOutcome::Ignored(IgnoreReason::NotDicom) => CameTo::NotDicom,
        FileOutcome::Ignored(IgnoreReason::Dicomdir) => CameTo::Dicomdir,
        FileOutcome::Rejected(RejectReason::Unreadable, _) => return None,
        FileOutcome::Rejected(reason, text) => CameTo::Rejected(*reason, text.clone()),
    };
    let Place { folder, name, root } = Place::of(*source, display, *archive, roots)?;
    let (source, stamp, bytes) = (*source, (*stamp)?, *bytes);
    Some(FileRow { folder, name, source, root, stamp, bytes, came_to, line })
}

/// Counts a file, or the members of an archive, that are what they were.
pub(super) fn add_known(
    found: &FoundFile,
    rows: Vec<FileRow>,
    spool: &Spool,
    tally: &Mutex<Tally>,
) -> Result<(), SpoolError> {
    for row in rows {
        let display = if row.folder.ends_with('!') {
            format!("{}!{}", found.display, row.name)
        } else {
            found.display.clone()
        };
        let known = KnownFile::of(found, display, &row);
        let at = match &row.came_to {
            CameTo::Instance(_) => Some(spool.put(&known)?),
            _ => None,
        };
        let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.count(row.bytes, row.line);
        tally.counts.known += 1;
        let KnownFile { source, display, .. } = known;
        match (row.came_to, at) {
            (CameTo::Instance(key), Some(at)) => {
                tally.counts.evaluated += 1;
                let (line, modified) = (row.line, row.stamp.modified);
                let member = Member { at, known: true, line, modified };
                tally.index.add(&key, source, folder_of(&display), member);
            }
            (CameTo::Rejected(reason, text), _) => {
                tally.counts.rejected += 1;
                tally.index.reject(source, RejectedFile { path: display, reason, text }, row.line);
            }
            (CameTo::NotDicom, _) => tally.counts.not_dicom += 1,
            (CameTo::Dicomdir | CameTo::Instance(_), _) => tally.counts.dicomdir += 1,
        }
    }
    Ok(())
}

/// One file's share of the input fingerprint.
fn file_line(source: u32, display: &str, bytes: u64, outcome: &FileOutcome) -> Line {
    let content = match outcome {
        FileOutcome::Evaluated(i) => i.file.content_fingerprint.as_bytes(),
        FileOutcome::Ignored(_) => b"ignored",
        FileOutcome::Rejected(..) => b"rejected",
    };
    line_of(source, display, bytes, content)
}

/// The same, given the fingerprint of the content.
pub(super) fn line_of(source: u32, display: &str, bytes: u64, content: &[u8]) -> Line {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&source.to_le_bytes()).update(display.as_bytes()).update(&bytes.to_le_bytes());
    hasher.update(content);
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
    use crate::model::text::Text;
    use crate::source::Stamp;

    #[test]
    fn what_the_system_would_not_give_is_asked_for_again() {
        let examined = |reason, stamp| Examined {
            source: 0,
            display: "a/1.dcm".into(),
            archive: None,
            stamp,
            bytes: 3,
            outcome: FileOutcome::Rejected(reason, Text::default()),
        };
        let row = |examined: &Examined| row_of(examined, [0; 32], &["/in".to_owned()]);
        let stamp = Some(Stamp { size: 3, modified: 1, changed: 2 });
        let empty = row(&examined(RejectReason::Empty, stamp)).unwrap();
        assert_eq!((empty.folder.as_str(), empty.name.as_str()), ("/in/a", "1.dcm"));
        assert_eq!(row(&examined(RejectReason::Unreadable, stamp)), None);
        assert_eq!(row(&examined(RejectReason::Empty, None)), None);
    }
}
