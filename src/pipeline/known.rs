//! What a store keeps of files and studies from earlier runs: which files need no reading, and which
//! results still hold.

use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use crate::model::past::PastLabel;
use crate::model::study::Study;
use crate::source::{FoundFile, folder_of, walk};
use crate::store::{CameTo, FileRow, FolderRows, Gone, KeptStudy, ReadUnder, Store, StoreError};

use super::group::Line;
use super::past;

/// Reads what a store keeps of files and studies.
#[derive(Clone)]
pub struct KnownReader {
    store: Arc<Mutex<Store>>,
    under: ReadUnder,
    labels: bool,
}

impl fmt::Debug for KnownReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownReader").finish_non_exhaustive()
    }
}

impl KnownReader {
    /// Opens a store that is there and up to date. Facts are used that were read as `under` says.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn open(path: &Path, under: ReadUnder) -> Result<Self, StoreError> {
        let mut store = Store::open_read_only(path)?;
        let labels = store.has_labels()?;
        Ok(Self { store: Arc::new(Mutex::new(store)), under, labels })
    }

    fn store(&self) -> std::sync::MutexGuard<'_, Store> {
        // A panic of another thread leaves no half-read state: every read is whole.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How facts have to be read to be used.
    pub fn under(&self) -> &ReadUnder {
        &self.under
    }

    /// What is kept of a study, without its facts.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn study(&self, key: &str) -> Result<Option<KeptStudy>, StoreError> {
        self.store().kept(key)
    }

    /// The facts of a study.
    ///
    /// # Errors
    /// The store cannot be read, or the record is damaged.
    pub fn facts(&self, key: &str) -> Result<Option<Study>, StoreError> {
        self.store().facts_of(key)
    }

    /// The label decisions that stand on a study.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn labels(&self, key: &str) -> Result<Vec<PastLabel>, StoreError> {
        if !self.labels {
            return Ok(Vec::new());
        }
        Ok(self.store().labels_of_key(key)?.into_iter().map(past::label).collect())
    }

    fn files_of(&self, folder: &str) -> Result<FolderRows, StoreError> {
        self.store().files_of(folder, &self.under)
    }
}

/// A file that is what it was when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownFile {
    /// Position of its source on the command line.
    pub source: u32,
    /// Its path as shown; `archive.zip!member`.
    pub display: String,
    /// Where the path of its archive ends in `display`.
    pub archive: Option<usize>,
    /// Where it is, as the system has it; of a member its archive.
    pub path: Vec<u8>,
    /// Size of the file or archive.
    pub size: u64,
    /// Bytes of the file or member.
    pub bytes: u64,
    /// Digest of its path, size and content fingerprint.
    pub line: Line,
}

impl KnownFile {
    /// A found file, or a member of a found archive as it is shown.
    pub fn of(found: &FoundFile, display: String, row: &FileRow) -> Self {
        let (bytes, line) = (row.bytes, row.line);
        let path = found.path.as_os_str().as_encoded_bytes().to_vec();
        let archive = (display != found.display).then_some(found.display.len());
        Self { source: found.source, display, archive, path, size: found.size, bytes, line }
    }

    /// The file or archive, to be read after all.
    pub fn found(&self) -> FoundFile {
        let path = std::path::PathBuf::from(std::ffi::OsStr::from_bytes(&self.path));
        let end = self.archive.unwrap_or(self.display.len());
        let display = self.display.get(..end).unwrap_or_default().to_owned();
        FoundFile { source: self.source, path, display, size: self.size, stamp: None }
    }
}

/// Where a file stands in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Absolute path of its folder as shown; `archive.zip!` for a member.
    pub folder: String,
    /// Its name; of a member its path in the archive.
    pub name: String,
    /// Bytes of the source's path in the file's.
    pub root: u32,
}

impl Place {
    /// Of a path as shown, below one of the sources; `archive` is where its archive's path ends. `None` where
    /// there is no such source.
    pub fn of(
        source: u32,
        display: &str,
        archive: Option<usize>,
        roots: &[String],
    ) -> Option<Self> {
        let root = roots.get(source as usize)?;
        let own = &display[..archive.unwrap_or(display.len())];
        // A source that is a file is shown by its name.
        let is_file = root.strip_suffix(own).is_some_and(|folder| folder.ends_with('/'));
        let file = if is_file { root.clone() } else { format!("{root}/{own}") };
        let (folder, name) = match archive {
            Some(end) => (format!("{file}!"), display.get(end + 1..)?.to_owned()),
            None => {
                let folder = folder_of(&file).to_owned();
                let name = file.get(folder.len() + 1..)?.to_owned();
                (folder, name)
            }
        };
        Some(Self { folder, name, root: u32::try_from(root.len()).ok()? })
    }
}

/// The sources as the store names them.
pub fn shown_roots(roots: &[std::path::PathBuf]) -> Vec<String> {
    let shown = |root: &std::path::PathBuf| walk::shown(root).trim_end_matches('/').to_owned();
    roots.iter().map(shown).collect()
}

/// A folder whose files the walk is meeting.
struct OpenFolder {
    path: String,
    id: Option<i64>,
    files: FxHashMap<String, (FileRow, bool)>,
}

/// Tells known files from others while the walk meets them, folder by folder.
pub struct Sorter<'a> {
    reader: Option<&'a KnownReader>,
    roots: &'a [String],
    /// Folders of archives that are kept: they are few, and asking for each file would cost a night.
    archives: FxHashSet<String>,
    open: Vec<OpenFolder>,
    visited: FxHashSet<i64>,
    gone: Vec<Gone>,
}

impl<'a> Sorter<'a> {
    /// Knows nothing without a reader.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn new(reader: Option<&'a KnownReader>, roots: &'a [String]) -> Result<Self, StoreError> {
        let archives = reader.map(|r| r.store().archives()).transpose()?.unwrap_or_default();
        let archives = archives.into_iter().collect();
        let (open, visited, gone) = (Vec::new(), FxHashSet::default(), Vec::new());
        Ok(Self { reader, roots, archives, open, visited, gone })
    }

    /// What is kept of a found file, or of the members of a found archive, where it is what it was.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn known(&mut self, found: &FoundFile) -> Result<Option<Vec<FileRow>>, StoreError> {
        let Some(reader) = self.reader else { return Ok(None) };
        let place = Place::of(found.source, &found.display, None, self.roots);
        let Some(Place { folder, name, root }) = place else { return Ok(None) };
        self.enter(reader, &folder)?;
        let same = |row: &FileRow| {
            (row.source, row.root) == (found.source, root) && Some(row.stamp) == found.stamp
        };
        let usable = |(row, facts): &(FileRow, bool)| {
            same(row) && (*facts || !matches!(row.came_to, CameTo::Instance(_)))
        };
        let kept = self.open.last_mut().and_then(|open| open.files.remove(&name));
        if let Some(kept) = kept {
            return Ok(usable(&kept).then(|| vec![kept.0]));
        }
        let archive = format!("{folder}/{name}!");
        if !self.archives.contains(&archive) {
            return Ok(None);
        }
        let members = reader.files_of(&archive)?;
        self.visited.extend(members.id);
        let known = !members.files.is_empty() && members.files.iter().all(usable);
        Ok(known.then(|| members.files.into_iter().map(|m| m.0).collect()))
    }

    /// Makes a folder the last one; those that the walk left are done.
    fn enter(&mut self, reader: &KnownReader, folder: &str) -> Result<(), StoreError> {
        let above = |open: &OpenFolder| {
            folder.strip_prefix(&open.path).is_some_and(|r| r.is_empty() || r.starts_with('/'))
        };
        while self.open.last().is_some_and(|open| !above(open)) {
            self.leave();
        }
        if self.open.last().is_none_or(|open| open.path != folder) {
            let rows = reader.files_of(folder)?;
            self.visited.extend(rows.id);
            let files = rows.files.into_iter().map(|f| (f.0.name.clone(), f)).collect();
            self.open.push(OpenFolder { path: folder.to_owned(), id: rows.id, files });
        }
        Ok(())
    }

    /// What is left of the last folder was not met.
    fn leave(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let Some(folder) = open.id else { return };
        self.gone.extend(open.files.into_keys().map(|name| Gone { folder, name }));
    }

    /// Every file that is kept below the sources and was not met.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn finish(mut self) -> Result<Vec<Gone>, StoreError> {
        while !self.open.is_empty() {
            self.leave();
        }
        let Some(reader) = self.reader else { return Ok(Vec::new()) };
        let mut store = reader.store();
        for root in self.roots {
            let mut folders = store.folders_below(root)?;
            folders.retain(|id| !self.visited.contains(id));
            self.gone.extend(store.gone_with(&folders)?);
        }
        Ok(self.gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_members_and_single_sources_have_their_place() {
        let roots = ["/in/a".to_owned(), "/in/one.dcm".to_owned(), String::new()];
        let of = |source, display: &str, archive| {
            let place = Place::of(source, display, archive, &roots).unwrap();
            (place.folder, place.name, place.root)
        };
        let told = |folder: &str, name: &str, root| (folder.to_owned(), name.to_owned(), root);
        assert_eq!(of(0, "x/1", None), told("/in/a/x", "1", 5));
        assert_eq!(of(0, "1", None), told("/in/a", "1", 5));
        assert_eq!(of(0, "x/b.zip!m/1", Some(7)), told("/in/a/x/b.zip!", "m/1", 5));
        assert_eq!(of(1, "one.dcm", None), told("/in", "one.dcm", 11));
        assert_eq!(of(2, "tmp/1", None), told("/tmp", "1", 0));
        assert_eq!(Place::of(3, "1", None, &roots), None);
    }
}
