//! The engine behind `run` and `inspect`, first half: collect what the files say. (`load` judges study by
//! study in a fixed order.)

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::checks::contract::Depth;
use crate::infer::readers::Readers;
use crate::manifest::Manifest;
use crate::model::file::{FileOutcome, IgnoreReason, RejectReason};
use crate::model::study::RejectedFile;
use crate::model::text::Text;
use crate::registry::Registry;
use crate::source::{Found, FoundFile, Obstacle, folder_of, walk};
use crate::store::{CameTo, FileRow, Gone, ReadUnder, StoreError};

use super::budget::Budget;
use super::examine::{self, Examined, Settings};
use super::group::{self, Index, Line, Member, StudyFiles};
use super::known::{KnownFile, KnownReader, Place, Sorter, shown_roots};
use super::past::PastReader;
use super::progress::Progress;
use super::spool::{Spool, SpoolError, SpoolReader, SpoolRef};

/// What a run is asked to do.
#[derive(Clone, Debug)]
pub struct Request {
    /// Folders, files, archives.
    pub roots: Vec<PathBuf>,
    /// How deep.
    pub depth: Depth,
    /// Threads; 0 for one a core.
    pub threads: usize,
    /// Bytes of files and frames in flight.
    pub memory: u64,
    /// The registry of institutions.
    pub registry: Option<Registry>,
    /// The manifest (worklist).
    pub manifest: Option<Arc<Manifest>>,
    /// The folder level that names the institution, from 1.
    pub institution_from_path: Option<usize>,
    /// The day of the run, YYYYMMDD.
    pub as_of: String,
    /// What a store knew before; `None` without a store.
    pub past: Option<PastReader>,
    /// What a store keeps of files; `None` where every file is to be read.
    pub known: Option<KnownReader>,
    /// How files are read, as a store keeps it.
    pub under: ReadUnder,
    /// Whether what files came to is told, to be kept in a store.
    pub keeps_files: bool,
    /// How long the files of a study have to lie unchanged before it is judged; none where the manifest says that
    /// all its images are there.
    pub settle: Duration,
    /// Every how manieth slice is given the costlier measures; 0 for none.
    pub sampled_step: u32,
    /// What reads frames by models; asked at depth `models` only.
    pub readers: Option<Arc<Readers>>,
    /// Whether a progress bar is shown.
    pub progress: bool,
}

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

/// What the files said, ready to be judged.
pub struct Collected {
    /// Studies in key order.
    pub studies: Vec<StudyFiles>,
    /// Every rejected file with its source, by source then path.
    pub rejected_files: Vec<(u32, RejectedFile)>,
    /// Counts.
    pub counts: Counts,
    /// What the walk could not follow: path, what.
    pub obstacles: Vec<(String, Obstacle)>,
    /// A digest of every file's path, size and content fingerprint, in path order.
    pub fingerprint: String,
    /// How long it took.
    pub took: Duration,
    /// Files that the store keeps and that are not there any more.
    pub gone: Vec<Gone>,
    /// What the files that were read came to (`FileRow`), where a store is to keep it.
    pub(super) rows: Vec<SpoolRef>,
    pub(super) reader: SpoolReader,
    pub(super) settings: Settings,
}

impl Collected {
    /// What the files that were read came to, to be kept in a store; in parts.
    ///
    /// # Errors
    /// The spool cannot be read, or `each` fails.
    pub fn each_row<E: From<RunError>>(
        &self,
        mut each: impl FnMut(Vec<FileRow>) -> Result<(), E>,
    ) -> Result<(), E> {
        const PART: usize = 16_384;
        for part in self.rows.chunks(PART) {
            let rows = part.iter().map(|at| self.reader.get::<FileRow>(*at));
            let rows: Result<Vec<FileRow>, SpoolError> = rows.collect();
            each(rows.map_err(RunError::from)?)?;
        }
        Ok(())
    }
}

/// A failure of the engine itself.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The spool failed.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A source given on the command line is not there.
    #[error("{path}: {source}")]
    Source {
        /// The source.
        path: String,
        /// The system's words.
        source: std::io::Error,
    },
    /// The thread pool cannot be made.
    #[error("threads cannot be started: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// What threads add to while files are examined.
#[derive(Default)]
struct Tally {
    index: Index,
    counts: Counts,
    lines: Vec<Line>,
    rows: Vec<SpoolRef>,
}

/// Runs `work` in a pool of the request's size.
///
/// # Errors
/// The pool cannot be made.
pub fn in_pool<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Result<T, RunError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|n| format!("hrgate-{n}"))
        .stack_size(8 << 20)
        .build()?;
    Ok(pool.install(work))
}

/// Looks at every file of the request once.
///
/// # Errors
/// A source does not exist, or the spool fails (a full disk). Faults of single files are no errors.
pub fn collect(request: &Request) -> Result<Collected, RunError> {
    let started = Instant::now();
    for root in &request.roots {
        std::fs::metadata(root)
            .map_err(|source| RunError::Source { path: root.display().to_string(), source })?;
    }
    let settings = Settings {
        depth: request.depth,
        limits: crate::decode::Limits::default(),
        archive: crate::source::archive::ArchiveLimits::default(),
        readers: request.readers.clone(),
        sampled_step: request.sampled_step,
    };
    let budget = Budget::new(request.memory);
    let (spool, tally) = (Spool::default(), Mutex::new(Tally::default()));
    let broken: OnceLock<RunError> = OnceLock::new();
    let obstacles = Mutex::new(Vec::new());
    let progress = Progress::start(&request.roots, request.progress);
    let roots = shown_roots(&request.roots);
    let keeps = request.keeps_files.then_some(roots.as_slice());
    let sink = |examined: Examined| {
        let bytes = examined.bytes;
        if let Err(error) = add(examined, &spool, &tally, keeps) {
            let _ = broken.set(error.into());
        }
        progress.file_done(bytes);
    };
    let mut sorter = Sorter::new(request.known.as_ref(), &roots);
    let sorted = walk::walk_all(&request.roots).map(|found| {
        let known = match &found {
            Found::File(file) => sorter.known(file),
            Found::Obstacle(..) => Ok(None),
        };
        (found, known)
    });
    sorted.par_bridge().for_each(|(found, known)| {
        if broken.get().is_some() {
            return;
        }
        match (found, known) {
            (_, Err(error)) => drop(broken.set(error.into())),
            (Found::File(file), Ok(Some(rows))) => {
                if let Err(error) = add_known(&file, rows, &spool, &tally) {
                    let _ = broken.set(error.into());
                }
                progress.file_done(file.size);
            }
            (Found::File(file), Ok(None)) => examine::examine(&file, &settings, &budget, &sink),
            (Found::Obstacle(source, display, obstacle), _) => {
                if let Obstacle::Unreadable(why) = &obstacle {
                    sink(unreadable(source, &display, why));
                }
                obstacles.lock().unwrap_or_else(PoisonError::into_inner).push((display, obstacle));
            }
        }
    });
    progress.finish();
    // Judging needs no model, and a province's night is judged for long.
    if let Some(readers) = &request.readers {
        readers.models().rest();
    }
    if let Some(error) = broken.into_inner() {
        return Err(error);
    }
    let gone = sorter.finish()?;
    let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut obstacles = obstacles.into_inner().unwrap_or_else(PoisonError::into_inner);
    obstacles.sort_by(|a, b| a.0.cmp(&b.0));
    let fingerprint = tally.fingerprint();
    let (studies, rejected_files) = tally.index.finish();
    Ok(Collected {
        studies,
        rejected_files,
        counts: tally.counts,
        obstacles,
        fingerprint,
        took: started.elapsed(),
        gone,
        rows: tally.rows,
        reader: spool.finish()?,
        settings,
    })
}

fn unreadable(source: u32, display: &str, why: &str) -> Examined {
    let text = Text::new(format!("{display} 无法读取：{why}"), format!("{display}: {why}"));
    Examined {
        source,
        display: display.to_owned(),
        archive: None,
        stamp: None,
        bytes: 0,
        outcome: FileOutcome::Rejected(RejectReason::Unreadable, text),
    }
}

fn add(
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
fn add_known(
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
    fn fingerprint(&self) -> String {
        let mut lines = self.lines.clone();
        lines.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        for line in &lines {
            hasher.update(line);
        }
        hasher.finalize().to_hex().to_string()
    }
}
