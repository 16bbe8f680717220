//! The engine behind `run` and `inspect`, first half: collect what the files say. (`load` judges study by
//! study in a fixed order.)

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rayon::prelude::*;

use crate::checks::contract::Depth;
use crate::infer::readers::Readers;
use crate::manifest::Manifest;
use crate::model::file::{FileOutcome, RejectReason};
use crate::model::study::RejectedFile;
use crate::model::text::Text;
use crate::registry::Registry;
use crate::source::{Found, FoundFile, Obstacle, walk};
use crate::store::{FileRow, Gone, ReadUnder, StoreError};

use super::budget::Budget;
use super::choice::{self, Choice, Chosen};
use super::clock::StudyClock;
use super::examine::{self, Examined, Settings};
use super::group::StudyFiles;
use super::held::{Holding, InstanceReader};
use super::known::{KnownReader, Sorter, shown_roots};
use super::past::PastReader;
use super::progress::Progress;
use super::spool::{Spool, SpoolError, SpoolRef};
use super::tally::{Keeping, Tally, add, add_known};

pub use super::tally::Counts;

/// What a run is asked to do.
#[derive(Clone, Debug, Default)]
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
    /// Which studies the run is about; `None` for all.
    pub choice: Option<Choice>,
    /// How long the frames of a study may take, all threads together; `None` for as long as they take.
    pub study_time: Option<Duration>,
    /// What reads frames by models; asked at depth `models` only.
    pub readers: Option<Arc<Readers>>,
    /// Whether a progress bar is shown.
    pub progress: bool,
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
    /// Nanoseconds since 1970 when the walk began.
    pub began: i64,
    /// Files that the store keeps and that are not there any more.
    pub gone: Vec<Gone>,
    /// What the files that were read and are no instances came to (`FileRow`), where a store is to keep it.
    pub(super) rows: Vec<SpoolRef>,
    pub(super) reader: InstanceReader,
    /// What was chosen of all that lies there.
    pub chosen: Chosen,
    /// Records of studies that were read a second time.
    pub(super) again: Option<InstanceReader>,
    pub(super) settings: Settings,
    pub(super) budget: Budget,
}

impl Collected {
    /// What the files that were read and are no instances came to, to be kept in a store; in parts.
    ///
    /// # Errors
    /// The spool cannot be read, or `each` fails.
    pub fn each_row<E: From<RunError>>(
        &self,
        mut each: impl FnMut(Vec<FileRow>) -> Result<(), E>,
    ) -> Result<(), E> {
        const PART: usize = 16_384;
        for part in self.rows.chunks(PART) {
            let rows = part.iter().map(|at| self.reader.spool.get::<FileRow>(*at));
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
    match &request.choice {
        Some(choice) if !choice.is_everything() => choice::collect(request, choice),
        _ => look(request, false),
    }
}

/// The same, of every study; `again` where files may be read a second time.
///
/// # Errors
/// As [`collect`].
pub(super) fn look(request: &Request, again: bool) -> Result<Collected, RunError> {
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
        clock: request.study_time.map(|limit| Arc::new(StudyClock::new(limit))),
        members: None,
    };
    let budget = Budget::new(request.memory);
    let (spool, tally) = (Spool::default(), Mutex::new(Tally::default()));
    let holding = Holding::at(request.depth, !again);
    let broken: OnceLock<RunError> = OnceLock::new();
    let obstacles = Mutex::new(Vec::new());
    let progress = Progress::start(&request.roots, request.progress);
    let roots = shown_roots(&request.roots);
    let now = nanos_now();
    let under = request.under.read.as_str();
    let keeps = request.keeps_files.then_some(Keeping { roots: &roots, under, now });
    let sink = |examined: Examined<'_>| {
        let bytes = examined.bytes;
        if let Err(error) = add(examined, (&spool, &holding), &tally, keeps.as_ref(), again) {
            let _ = broken.set(error.into());
        }
        progress.file_done(bytes);
    };
    let mut sorter = Sorter::new(request.known.as_ref(), &roots);
    let knows = request.known.is_some();
    // Nobody else asks when a file was written.
    let asks = knows || request.keeps_files || again || !request.settle.is_zero();
    let sorted = walk::names_all(&request.roots).map(|found| {
        // One thread at a time is here: what only reading needs waits until then.
        let found = if knows { found.looked_at() } else { found };
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
            (Found::File(file), Ok(Some(row))) => {
                if let Err(error) = add_known(&file, row, &spool, &tally) {
                    let _ = broken.set(error.into());
                }
                progress.file_done(file.size);
            }
            (Found::File(file), Ok(None)) => {
                let file = if asks { file.looked_at() } else { file };
                examine::examine(&file, &settings, &budget, &sink);
            }
            (Found::Obstacle(source, display, obstacle), _) => {
                if let Obstacle::Unreadable(why) = &obstacle {
                    refuse(source, &display, why, &sink);
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
    let mut gone = sorter.finish()?;
    let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut obstacles = obstacles.into_inner().unwrap_or_else(PoisonError::into_inner);
    obstacles.sort_by(|a, b| a.0.cmp(&b.0));
    if obstacles.iter().any(|(_, o)| matches!(o, Obstacle::Unreadable(_))) {
        // What lies behind a folder that cannot be listed is not gone.
        gone.clear();
    }
    let fingerprint = tally.fingerprint();
    let (studies, rejected_files) = tally.index.finish();
    Ok(Collected {
        studies,
        rejected_files,
        counts: tally.counts,
        obstacles,
        fingerprint,
        took: started.elapsed(),
        began: now,
        gone,
        rows: tally.rows,
        reader: holding.finish(spool)?,
        chosen: Chosen::default(),
        again: None,
        settings,
        budget,
    })
}

/// Nanoseconds since 1970.
fn nanos_now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(now.as_nanos()).unwrap_or(i64::MAX)
}

/// What cannot be listed or looked at is told like a file that cannot be read.
fn refuse(source: u32, display: &str, why: &str, sink: &impl Fn(Examined<'_>)) {
    let text = Text::new(format!("{display} 无法读取：{why}"), format!("{display}: {why}"));
    let (path, display) = (PathBuf::new(), display.to_owned());
    let found = FoundFile { source, path, display: display.clone(), size: 0, stamp: None };
    let outcome = FileOutcome::Rejected(RejectReason::Unreadable, text);
    sink(Examined { found: &found, display, archive: None, bytes: 0, outcome });
}
