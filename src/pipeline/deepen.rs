//! The second look: files of chosen studies, of which the headers were read, are read as deep as the run asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::file::{FileOutcome, RejectReason};
use crate::model::study::RejectedFile;
use crate::source::{FoundFile, folder_of};

use super::examine::{self, Examined};
use super::group::{self, Line, StudyFiles};
use super::held::{InstanceReader, InstanceRef};
use super::known::{KnownFile, shown_roots};
use super::run::{Collected, Request, RunError};
use super::spool::{Spool, SpoolError, SpoolRef};
use super::tally::{Keeping, file_line, is_sure, row_of};

/// A file that is read again.
struct Again {
    study: usize,
    line: Line,
}

/// What the second look gives.
struct Look<'a> {
    spool: Spool,
    keeps: Option<Keeping<'a>>,
    /// Source and path as shown → the study, and the digest of the first look.
    /// Of two files that are shown by one name each has its own; what is left at the end was not met again.
    files: Mutex<FxHashMap<(u32, String), Vec<Again>>>,
    studies: Mutex<BTreeMap<usize, StudyFiles>>,
    rejected: Mutex<Vec<(u32, RejectedFile)>>,
    broken: OnceLock<RunError>,
    /// Files that the first look took for known and this one reads.
    known_again: u64,
}

/// Reads the files of the studies at these positions again, as deep as the request asks.
///
/// # Errors
/// Spool or store fail.
pub(super) fn deepen(
    collected: &mut Collected,
    request: &Request,
    chosen: &[usize],
) -> Result<(), RunError> {
    let roots = shown_roots(&request.roots);
    let under = request.under.read.as_str();
    let keeping = Keeping { roots: &roots, under, now: collected.began };
    let mut look = Look {
        spool: Spool::default(),
        keeps: request.keeps_files.then_some(keeping),
        files: Mutex::default(),
        studies: Mutex::default(),
        rejected: Mutex::default(),
        broken: OnceLock::new(),
        known_again: 0,
    };
    let (plain, archives) = look.prepare(collected, request, chosen)?;
    let mut settings = collected.settings.clone();
    let sink = |examined: Examined<'_>| look.take(examined);
    plain.par_iter().for_each(|found| look.examine(found, &settings, collected, &sink));
    let members = archives.iter().flat_map(|(_, members)| members.iter().cloned());
    settings.members = Some(Arc::new(members.collect()));
    archives.par_iter().for_each(|(found, _)| look.examine(found, &settings, collected, &sink));
    if let Some(readers) = &request.readers {
        readers.models().rest();
    }
    look.finish(collected, request)
}

/// An archive, and those of its members that are read again.
type OfArchive = (FoundFile, FxHashSet<(u32, String)>);

impl Look<'_> {
    /// What is to be read: files, and archives. What the store knows as deep as is asked stays known.
    fn prepare(
        &mut self,
        collected: &Collected,
        request: &Request,
        chosen: &[usize],
    ) -> Result<(Vec<FoundFile>, Vec<OfArchive>), RunError> {
        let mut plain = Vec::new();
        let mut archives: FxHashMap<(u32, Vec<u8>), OfArchive> = FxHashMap::default();
        for at in chosen {
            let files = &collected.studies[*at];
            let usable = match request.known.as_ref().filter(|_| !files.known.is_empty()) {
                Some(known) => known.is_usable(&files.key)?,
                None => false,
            };
            let mut study = StudyFiles {
                key: files.key.clone(),
                input: files.input,
                newest: files.newest,
                rejected: files.rejected.clone(),
                again: true,
                ..StudyFiles::default()
            };
            let get = |at: &SpoolRef| collected.reader.spool.get::<KnownFile>(*at);
            for known in files.known.iter().map(get) {
                let known = known?;
                if usable {
                    study.known.push(self.spool.put(&known)?);
                } else {
                    self.known_again += 1;
                    self.wants(*at, known, &mut plain, &mut archives);
                }
            }
            for place in files.places.iter().map(get) {
                self.wants(*at, place?, &mut plain, &mut archives);
            }
            self.studies.get_mut().unwrap_or_else(PoisonError::into_inner).insert(*at, study);
        }
        let mut archives: Vec<OfArchive> = archives.into_values().collect();
        archives.sort_by(|a, b| a.0.path.cmp(&b.0.path));
        Ok((plain, archives))
    }

    fn wants(
        &mut self,
        study: usize,
        place: KnownFile,
        plain: &mut Vec<FoundFile>,
        archives: &mut FxHashMap<(u32, Vec<u8>), OfArchive>,
    ) {
        let name = (place.source, place.display.clone());
        let files = self.files.get_mut().unwrap_or_else(PoisonError::into_inner);
        files.entry(name.clone()).or_default().push(Again { study, line: place.line });
        if place.archive.is_some() {
            let archive = archives.entry((place.source, place.path.clone()));
            archive.or_insert_with(|| (place.found(), FxHashSet::default())).1.insert(name);
        } else {
            plain.push(place.found());
        }
    }

    fn examine(
        &self,
        found: &FoundFile,
        settings: &examine::Settings,
        collected: &Collected,
        sink: &(impl Fn(Examined<'_>) + Sync),
    ) {
        if self.broken.get().is_none() {
            examine::examine(found, settings, &collected.budget, sink);
        }
    }

    fn take(&self, examined: Examined<'_>) {
        if let Err(error) = self.try_take(examined) {
            let _ = self.broken.set(error.into());
        }
    }

    fn try_take(&self, examined: Examined<'_>) -> Result<(), SpoolError> {
        let (source, display) = (examined.found.source, examined.display.clone());
        let line = file_line(source, &display, examined.bytes, &examined.outcome);
        let row = self.keeps.as_ref().and_then(|keeping| row_of(&examined, line, keeping));
        let row = row.map(|row| self.spool.put(&row)).transpose()?;
        let key = match &examined.outcome {
            FileOutcome::Evaluated(i) => {
                Some(group::study_key(&i.attributes, source, folder_of(&display)))
            }
            _ => None,
        };
        let at = match &examined.outcome {
            FileOutcome::Evaluated(instance) => {
                Some((InstanceRef::Spooled(self.spool.put(instance)?), is_sure(instance)))
            }
            _ => None,
        };
        let mut studies = self.studies.lock().unwrap_or_else(PoisonError::into_inner);
        // An archive that cannot be opened any more rejects no member; they are missed at the end.
        let Some(Again { study, line: before }) =
            self.met(source, &display, key.as_deref(), &studies)
        else {
            return Ok(());
        };
        let Some(files) = studies.get_mut(&study) else { return Ok(()) };
        files.count_instead(&before, &line);
        match (at, key) {
            (Some((at, sure)), Some(key)) if key == files.key => {
                files.files.push(at);
                files.rows.extend(row);
                files.unsure |= !sure;
            }
            _ => {
                let rejected = match examined.outcome {
                    FileOutcome::Rejected(reason, text) => {
                        RejectedFile { path: display, reason, text }
                    }
                    _ => went(display),
                };
                self.lose(source, files, rejected);
            }
        }
        Ok(())
    }

    /// What the first look knows of a file: of several of one name, the one of the study that it is of.
    fn met(
        &self,
        source: u32,
        display: &str,
        key: Option<&str>,
        studies: &BTreeMap<usize, StudyFiles>,
    ) -> Option<Again> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let all = files.get_mut(&(source, display.to_owned()))?;
        let is_of = |again: &Again| studies.get(&again.study).map(|s| s.key.as_str()) == key;
        let at = all.iter().position(is_of).unwrap_or(0);
        (at < all.len()).then(|| all.swap_remove(at))
    }

    /// What was not met again: an archive that is away or broken, a file that became one.
    fn miss(&self) {
        let left = std::mem::take(&mut *self.files.lock().unwrap_or_else(PoisonError::into_inner));
        let mut left: Vec<((u32, String), Vec<Again>)> = left.into_iter().collect();
        left.sort_by(|a, b| a.0.cmp(&b.0));
        let mut studies = self.studies.lock().unwrap_or_else(PoisonError::into_inner);
        for ((source, display), all) in left {
            for Again { study, .. } in all {
                if let Some(files) = studies.get_mut(&study) {
                    self.lose(source, files, went(display.clone()));
                }
            }
        }
    }

    /// A file that was there at the first look and is not, or is another, at the second.
    fn lose(&self, source: u32, files: &mut StudyFiles, file: RejectedFile) {
        files.rejected.push(file.clone());
        files.unsure = true;
        self.rejected.lock().unwrap_or_else(PoisonError::into_inner).push((source, file));
    }

    /// Puts what was read in the place of the first look.
    fn finish(self, collected: &mut Collected, request: &Request) -> Result<(), RunError> {
        self.miss();
        if let Some(error) = self.broken.into_inner() {
            return Err(error);
        }
        let mut rejected = self.rejected.into_inner().unwrap_or_else(PoisonError::into_inner);
        let lost = rejected.len() as u64;
        collected.counts.evaluated = collected.counts.evaluated.saturating_sub(lost);
        collected.counts.rejected += rejected.len() as u64;
        collected.rejected_files.append(&mut rejected);
        collected.rejected_files.sort_by(|a, b| (a.0, &a.1.path).cmp(&(b.0, &b.1.path)));
        for (at, mut files) in self.studies.into_inner().unwrap_or_else(PoisonError::into_inner) {
            files.rejected.sort_by(|a, b| a.path.cmp(&b.path));
            files.depth = Some(request.depth);
            collected.studies[at] = files;
        }
        collected.counts.known = collected.counts.known.saturating_sub(self.known_again);
        collected.again = Some(InstanceReader::from(self.spool.finish()?));
        Ok(())
    }
}

fn went(path: String) -> RejectedFile {
    let text = examine::changed(&path);
    RejectedFile { path, reason: RejectReason::Unreadable, text }
}

impl Collected {
    /// Where the records of a study lie.
    pub(super) fn reader_of(&self, files: &StudyFiles) -> &InstanceReader {
        self.again.as_ref().filter(|_| files.again).unwrap_or(&self.reader)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::load::load;
    use super::super::run::look;
    use super::*;
    use crate::checks::contract::Depth;

    fn request(root: &Path, depth: Depth) -> Request {
        let roots = vec![root.to_path_buf()];
        Request { roots, depth, memory: 1 << 30, ..Request::default() }
    }

    #[test]
    fn what_went_between_the_looks_is_not_lost() {
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_studies");
        for (from, name) in [("14-zip-archive", "study.zip"), ("01-chest-dr", "")] {
            let folder = tempfile::tempdir().unwrap();
            for entry in walkdir::WalkDir::new(samples.join(from)).into_iter().flatten() {
                if entry.file_type().is_file() {
                    std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
                }
            }
            let mut collected = look(&request(folder.path(), Depth::Header), true).unwrap();
            let (files, had) = (collected.counts.files, collected.counts.evaluated);
            let gone = std::fs::read_dir(folder.path()).unwrap().flatten().map(|e| e.path());
            let gone: Vec<_> =
                gone.filter(|path| path.ends_with(name) || name.is_empty()).collect();
            for path in &gone {
                std::fs::remove_file(path).unwrap();
            }
            let deep = request(folder.path(), Depth::Pixels);
            deepen(&mut collected, &deep, &[0]).unwrap();
            let study = load(&collected, &collected.studies[0], &deep).unwrap();
            assert_eq!((study.instances().count(), study.rejected.len() as u64), (0, had));
            assert!(study.rejected.iter().all(|f| f.reason == RejectReason::Unreadable));
            let counts = collected.counts;
            assert_eq!((counts.files, counts.evaluated, counts.rejected), (files, 0, had));
            assert_eq!(collected.rejected_files.len() as u64, had);
            assert!(collected.studies[0].unsure, "the next run looks again");
        }
    }
}
