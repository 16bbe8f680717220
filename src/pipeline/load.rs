//! The engine behind `run` and `inspect`, second half: studies are put together from what their files said
//! and judged in a fixed order.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::checks::contract::Depth;
use crate::model::file::{FileOutcome, RejectReason};
use crate::model::institution::InstitutionSource;
use crate::model::result::StudyResult;
use crate::model::study::{Instance, RejectedFile, Study};
use crate::registry::{self, Registry};

use super::examine::{self, Examined};
use super::group::{self, StudyFiles};
use super::held::InstanceRef;
use super::judge::{Judge, Rules};
use super::known::{KnownFile, KnownReader};
use super::run::{Collected, Request, RunError};
use super::spool::SpoolError;
use super::tally::line_of;

/// How many studies are judged between two writes.
pub(super) const CHUNK: usize = 64;

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
            .with_max_len(1)
            .map(|files| {
                let study = load(collected, files, request)?;
                let rules = rules_of(&study);
                let depth = files.depth.unwrap_or(request.depth);
                let judge = Judge { rules, depth, as_of: &request.as_of };
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

/// Puts a study together from its instances; where nothing is read again, once.
///
/// # Errors
/// The spool cannot be read.
pub fn load(
    collected: &Collected,
    files: &StudyFiles,
    request: &Request,
) -> Result<Study, RunError> {
    Ok(load_whole(collected, files, request)?.0)
}

/// The same, and whether it is the whole of what its files hold: a file that the store said it knew may be
/// out of reach.
pub(super) fn load_whole(
    collected: &Collected,
    files: &StudyFiles,
    request: &Request,
) -> Result<(Study, bool), RunError> {
    let depth = files.depth.unwrap_or(request.depth);
    let read = |at: &InstanceRef| collected.reader_of(files).take(*at);
    let instances = if files.files.len() < PARALLEL_LOAD {
        files.files.iter().map(read).collect::<Result<Vec<_>, SpoolError>>()?
    } else {
        // In place twice: collecting results of known number, then taking the instances out of
        // them; rayon's own collecting into a `Result` copies every instance once more.
        let read: Vec<Result<Instance, SpoolError>> = files.files.par_iter().map(read).collect();
        read.into_iter().collect::<Result<Vec<_>, SpoolError>>()?
    };
    let (mut instances, mut rejected, mut whole) = (instances, files.rejected.clone(), true);
    if let Some(reader) = request.known.as_ref().filter(|_| !files.known.is_empty()) {
        for known in known_instances(collected, files, reader)? {
            match known {
                Ok(instance) => instances.push(instance),
                Err(file) => {
                    whole = false;
                    rejected.push(file);
                }
            }
        }
    }
    let mut study = group::assemble(files.key.clone(), instances, rejected);
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
    if let Some(readers) = request.readers.as_ref().filter(|_| depth >= Depth::Models) {
        study.models = readers.facts(&study);
    }
    if let Some(past) = &request.past {
        study.past = past.of(&study)?;
    }
    Ok((study, whole))
}

/// The instances of the files that were not read, from the facts of the study; what the facts lack is
/// read after all. What cannot be read, or is not what it was, is rejected.
fn known_instances(
    collected: &Collected,
    files: &StudyFiles,
    reader: &KnownReader,
) -> Result<Vec<Result<Instance, RejectedFile>>, RunError> {
    let reader_of = collected.reader_of(files);
    let known = files.known.iter().map(|at| reader_of.spool.get::<KnownFile>(*at));
    let known: Vec<KnownFile> = known.collect::<Result<_, SpoolError>>()?;
    let facts = reader.facts(&files.key)?.unwrap_or_default();
    let mut kept: FxHashMap<(u32, String), Instance> = FxHashMap::default();
    for instance in facts.series.into_iter().flat_map(|s| s.instances) {
        kept.insert((instance.file.source, instance.file.path.clone()), instance);
    }
    let of_file = |file: KnownFile| {
        let kept = kept.remove(&(file.source, file.display.clone()));
        // Facts that are not of this very content do not count.
        let kept = kept.filter(|instance| is_of(instance, &file));
        kept.map_or_else(|| read_after_all(&file, collected, files.depth), Ok)
    };
    Ok(known.into_iter().map(of_file).collect())
}

fn is_of(instance: &Instance, file: &KnownFile) -> bool {
    line_of(file.source, &file.display, file.size, instance) == file.line
}

/// Reads a file that the store said it knew.
fn read_after_all(
    file: &KnownFile,
    collected: &Collected,
    depth: Option<Depth>,
) -> Result<Instance, RejectedFile> {
    let mut settings = collected.settings.clone();
    settings.depth = depth.unwrap_or(settings.depth);
    let read = Mutex::new(None);
    let sink = |examined: Examined<'_>| {
        *read.lock().unwrap_or_else(PoisonError::into_inner) = Some(examined.outcome);
    };
    examine::examine(&file.found(), &settings, &collected.budget, &sink);
    let reject = |reason, text| RejectedFile { path: file.display.clone(), reason, text };
    match read.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(FileOutcome::Evaluated(instance)) if is_of(&instance, file) => Ok(*instance),
        Some(FileOutcome::Rejected(reason, text)) => Err(reject(reason, text)),
        _ => Err(reject(RejectReason::Unreadable, examine::changed(&file.display))),
    }
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
