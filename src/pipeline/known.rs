//! What a store keeps of files and studies from earlier runs: which files need no reading, and which
//! results still hold.

use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use crate::checks::contract::Depth;
use crate::model::past::PastLabel;
use crate::model::study::Study;
use crate::source::{FoundFile, Stamp, folder_of, walk};
use crate::store::{FileRow, FolderRows, Gone, KeptStudy, ReadUnder, Store, StoreError};

use super::examine::Examined;
use super::group::Line;
use super::past;

/// Reads what a store keeps of files and studies.
#[derive(Clone)]
pub struct KnownReader {
    store: Arc<Mutex<Store>>,
    under: ReadUnder,
    labels: bool,
    fresh: bool,
}

impl fmt::Debug for KnownReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownReader").finish_non_exhaustive()
    }
}

impl KnownReader {
    /// Opens a store that is there and up to date. Facts are used that were read as `under` says; none where
    /// everything is to be read afresh, and the store tells only what was there.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn open(path: &Path, under: ReadUnder, fresh: bool) -> Result<Self, StoreError> {
        let mut store = Store::open_read_only(path)?;
        let labels = store.has_labels()?;
        Ok(Self { store: Arc::new(Mutex::new(store)), under, labels, fresh })
    }

    fn store(&self) -> std::sync::MutexGuard<'_, Store> {
        // A panic of another thread leaves no half-read state: every read is whole.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, for files that are read as deep as `depth`.
    #[must_use]
    pub fn at_depth(&self, depth: Depth) -> Self {
        let models = self.under.models.clone().filter(|_| depth >= Depth::Models);
        let under = ReadUnder { read: self.under.read.clone(), models, depth };
        Self { under, ..self.clone() }
    }

    /// Whether the facts of a study were read in the way that is asked for.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn is_usable(&self, key: &str) -> Result<bool, StoreError> {
        Ok(!self.fresh && self.store().is_usable(key, &self.under)?)
    }

    /// Whether everything is to be read and judged.
    pub fn is_fresh(&self) -> bool {
        self.fresh
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
    /// Its path as shown.
    pub display: String,
    /// Where it is, as the system has it.
    pub path: Vec<u8>,
    /// Its size.
    pub size: u64,
    /// Size and times when it was found; `None` where they do not matter any more.
    pub stamp: Option<Stamp>,
    /// Where the path of its archive ends in `display`; `path`, `size` and `stamp` are then the archive's.
    pub archive: Option<usize>,
    /// Digest of its path, size, content fingerprint and decoded pixels.
    pub line: Line,
}

impl KnownFile {
    /// A found file that is as its row says.
    pub fn of(found: &FoundFile, row: &FileRow) -> Self {
        let path = found.path.as_os_str().as_encoded_bytes().to_vec();
        let (source, size, stamp) = (found.source, found.size, found.stamp);
        let display = found.display.clone();
        Self { source, display, path, size, stamp, archive: None, line: row.line }
    }

    /// A file that was read and may be read again.
    pub fn read(examined: &Examined<'_>, line: Line) -> Self {
        let Examined { found, display, archive, .. } = examined;
        let path = found.path.as_os_str().as_encoded_bytes().to_vec();
        let (source, size, stamp) = (found.source, found.size, found.stamp);
        Self { source, display: display.clone(), path, size, stamp, archive: *archive, line }
    }

    /// The file, or the archive that it is a member of, to be read after all.
    pub fn found(&self) -> FoundFile {
        let path = std::path::PathBuf::from(std::ffi::OsStr::from_bytes(&self.path));
        let (source, size, stamp) = (self.source, self.size, self.stamp);
        let shown = self.archive.and_then(|end| self.display.get(..end));
        let display = shown.unwrap_or(&self.display).to_owned();
        FoundFile { source, path, display, size, stamp }
    }
}

/// Where a file stands in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Absolute path of its folder as shown.
    pub folder: String,
    /// Its name.
    pub name: String,
    /// Bytes of the source's path in the file's.
    pub root: u32,
}

impl Place {
    /// Of a path as shown, below one of the sources. `None` below a source that is no folder: its neighbours
    /// are not met, so that nothing can be told of them.
    pub fn of(source: u32, display: &str, roots: &[Option<String>]) -> Option<Self> {
        let root = roots.get(source as usize)?.as_ref()?;
        let file = format!("{root}/{display}");
        let folder = folder_of(&file).to_owned();
        let name = file.get(folder.len() + 1..)?.to_owned();
        Some(Self { folder, name, root: u32::try_from(root.len()).ok()? })
    }
}

/// The sources that are folders, as the store names them.
pub fn shown_roots(roots: &[std::path::PathBuf]) -> Vec<Option<String>> {
    let shown = |root: &std::path::PathBuf| walk::shown(root).trim_end_matches('/').to_owned();
    roots.iter().map(|root| root.is_dir().then(|| shown(root))).collect()
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
    roots: &'a [Option<String>],
    open: Vec<OpenFolder>,
    visited: FxHashSet<i64>,
    gone: Vec<Gone>,
}

impl<'a> Sorter<'a> {
    /// Knows nothing without a reader.
    pub fn new(reader: Option<&'a KnownReader>, roots: &'a [Option<String>]) -> Self {
        let visited = FxHashSet::default();
        Self { reader, roots, open: Vec::new(), visited, gone: Vec::new() }
    }

    /// What is kept of a found file, where it is what it was. Archives are read every time: what is kept of
    /// some members must not stand for all.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn known(&mut self, found: &FoundFile) -> Result<Option<FileRow>, StoreError> {
        let Some(reader) = self.reader else { return Ok(None) };
        let place = Place::of(found.source, &found.display, self.roots);
        let Some(Place { folder, name, root }) = place else { return Ok(None) };
        self.enter(reader, &folder)?;
        let kept = self.open.last_mut().and_then(|open| open.files.remove(&name));
        let same = |(row, usable): &(FileRow, bool)| {
            let place = (row.source, row.root) == (found.source, root);
            *usable && place && Some(row.stamp) == found.stamp
        };
        Ok(kept.filter(|kept| !reader.fresh && same(kept)).map(|kept| kept.0))
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
        for root in self.roots.iter().flatten() {
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
    fn files_below_folders_have_their_place_and_single_files_none() {
        let roots = [Some("/in/a".to_owned()), None, Some(String::new())];
        let of = |source, display: &str| {
            Place::of(source, display, &roots).map(|p| (p.folder, p.name, p.root))
        };
        let told =
            |folder: &str, name: &str, root| Some((folder.to_owned(), name.to_owned(), root));
        assert_eq!(of(0, "x!/1"), told("/in/a/x!", "1", 5));
        assert_eq!(of(0, "1"), told("/in/a", "1", 5));
        assert_eq!(of(1, "one.dcm"), None);
        assert_eq!(of(2, "tmp/1"), told("/tmp", "1", 0));
        assert_eq!(of(3, "1"), None);
    }
}
