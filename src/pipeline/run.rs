//! The engine behind `run` and `inspect`: collect what the files say, then judge study by study in
//! a fixed order.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::checks::contract::Depth;
use crate::infer::readers::Readers;
use crate::manifest::Manifest;
use crate::model::file::{FileOutcome, RejectReason};
use crate::model::institution::InstitutionSource;
use crate::model::result::StudyResult;
use crate::model::study::{Instance, RejectedFile, Study};
use crate::model::text::Text;
use crate::registry::{self, Registry};
use crate::source::{Found, Obstacle, folder_of, walk};
use crate::store::StoreError;

use super::budget::Budget;
use super::examine::{self, Examined, Settings};
use super::group::{self, Index, StudyFiles};
use super::judge::{Judge, Rules};
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
    reader: SpoolReader,
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
    lines: Vec<[u8; 32]>,
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
    let broken: OnceLock<SpoolError> = OnceLock::new();
    let obstacles = Mutex::new(Vec::new());
    let progress = Progress::start(&request.roots, request.progress);
    let sink = |examined: Examined| {
        let bytes = examined.bytes;
        if let Err(error) = add(examined, &spool, &tally) {
            let _ = broken.set(error);
        }
        progress.file_done(bytes);
    };
    walk::walk_all(&request.roots).par_bridge().for_each(|found| {
        if broken.get().is_some() {
            return;
        }
        match found {
            Found::File(file) => examine::examine(&file, &settings, &budget, &sink),
            Found::Obstacle(source, display, obstacle) => {
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
        return Err(error.into());
    }
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
        reader: spool.finish()?,
    })
}

fn unreadable(source: u32, display: &str, why: &str) -> Examined {
    let text = Text::new(format!("{display} 无法读取：{why}"), format!("{display}: {why}"));
    Examined {
        source,
        display: display.to_owned(),
        bytes: 0,
        outcome: FileOutcome::Rejected(RejectReason::Unreadable, text),
    }
}

fn add(examined: Examined, spool: &Spool, tally: &Mutex<Tally>) -> Result<(), SpoolError> {
    let Examined { source, display, bytes, outcome } = examined;
    let line = file_line(source, &display, bytes, &outcome);
    let spooled = match &outcome {
        FileOutcome::Evaluated(instance) => Some((
            group::study_key(&instance.attributes, source, folder_of(&display)),
            spool.put(instance)?,
        )),
        _ => None,
    };
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    tally.lines.push(line);
    tally.counts.files += 1;
    tally.counts.bytes += bytes;
    match (outcome, spooled) {
        (FileOutcome::Ignored(reason), _) => match reason {
            crate::model::file::IgnoreReason::NotDicom => tally.counts.not_dicom += 1,
            crate::model::file::IgnoreReason::Dicomdir => tally.counts.dicomdir += 1,
        },
        (FileOutcome::Rejected(reason, text), _) => {
            tally.counts.rejected += 1;
            tally.index.reject(source, RejectedFile { path: display, reason, text });
        }
        (FileOutcome::Evaluated(_), spooled) => {
            tally.counts.evaluated += 1;
            if let Some((key, at)) = spooled {
                tally.index.add(&key, source, folder_of(&display), at);
            }
        }
    }
    Ok(())
}

/// One file's share of the input fingerprint.
fn file_line(source: u32, display: &str, bytes: u64, outcome: &FileOutcome) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&source.to_le_bytes()).update(display.as_bytes()).update(&bytes.to_le_bytes());
    match outcome {
        FileOutcome::Evaluated(i) => hasher.update(i.file.content_fingerprint.as_bytes()),
        FileOutcome::Ignored(_) => hasher.update(b"ignored"),
        FileOutcome::Rejected(..) => hasher.update(b"rejected"),
    };
    *hasher.finalize().as_bytes()
}

impl Tally {
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

/// How many studies are judged between two writes.
const CHUNK: usize = 64;

/// Judges every study; `map` turns study and result into what `each` gets, in key order on the
/// calling thread.
///
/// # Errors
/// The spool cannot be read, or `each` fails.
pub fn judge_all<'r, T: Send, E: From<RunError>>(
    collected: &Collected,
    request: &Request,
    rules_of: &(impl Fn(&Study) -> &'r Rules<'r> + Sync),
    map: &(impl Fn(&Study, StudyResult) -> T + Sync),
    mut each: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    for chunk in collected.studies.chunks(CHUNK) {
        let judged: Vec<Result<T, RunError>> = chunk
            .par_iter()
            .map(|files| {
                let study = load(collected, files, request)?;
                let rules = rules_of(&study);
                let judge = Judge { rules, depth: request.depth, as_of: &request.as_of };
                Ok(map(&study, judge.judge(&study)))
            })
            .collect();
        for item in judged {
            each(item?)?;
        }
    }
    Ok(())
}

/// Instances from which on a study is loaded by several threads.
const PARALLEL_LOAD: usize = 64;

/// Puts a study together from the spool.
///
/// # Errors
/// The spool cannot be read.
pub fn load(
    collected: &Collected,
    files: &StudyFiles,
    request: &Request,
) -> Result<Study, RunError> {
    let read = |at: &SpoolRef| collected.reader.get::<Instance>(*at);
    let instances = if files.files.len() < PARALLEL_LOAD {
        files.files.iter().map(read).collect::<Result<Vec<_>, SpoolError>>()?
    } else {
        // In place twice: collecting results of known number, then taking the instances out of
        // them; rayon's own collecting into a `Result` copies every instance once more.
        let read: Vec<Result<Instance, SpoolError>> = files.files.par_iter().map(read).collect();
        read.into_iter().collect::<Result<Vec<_>, SpoolError>>()?
    };
    let mut study = group::assemble(files.key.clone(), instances, files.rejected.clone());
    let institution = study.instances().next().map(|(_, first)| {
        registry::resolve(
            request.registry.as_ref(),
            request.institution_from_path,
            &first.attributes,
            &first.file.path,
        )
    });
    study.institution = institution.unwrap_or_default();
    if let Some(manifest) = &request.manifest {
        let own = |name: &str| is_institution(&study, request.registry.as_ref(), name);
        study.manifest = manifest.of(&study, own);
        institution_by_manifest(&mut study, request.registry.as_ref());
    }
    if let Some(registry) = &request.registry {
        study.registry = registry.facts(&study);
    }
    if let Some(readers) = request.readers.as_ref().filter(|_| request.depth >= Depth::Models) {
        study.models = readers.facts(&study);
    }
    if let Some(past) = &request.past {
        study.past = past.of(&study)?;
    }
    Ok(study)
}

/// Whether a row that names an institution may be of a study: not where both are registered and
/// differ. A name that nobody registered tells nothing.
fn is_institution(study: &Study, registry: Option<&Registry>, name: &str) -> bool {
    let unknown = study.institution.source == InstitutionSource::Unknown;
    let named = registry.and_then(|registry| registry.named(name));
    unknown || named.is_none_or(|named| named.id == study.institution.id)
}

/// A study that neither header nor folder gives to an institution goes to the one of its row.
fn institution_by_manifest(study: &mut Study, registry: Option<&Registry>) {
    if study.institution.source != InstitutionSource::Unknown {
        return;
    }
    let named = study.manifest.row().and_then(|row| row.field("institution"));
    if let Some(found) = registry.zip(named).and_then(|(registry, name)| registry.named(name)) {
        study.institution = found;
    }
}
