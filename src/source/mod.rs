//! Where files come from: folders walked in a fixed order, and zip archives read in place. Input is
//! never changed. Every regular file is handed on exactly once.

pub mod archive;
pub mod walk;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A file found by the walk, not opened yet.
#[derive(Clone, Debug)]
pub struct FoundFile {
    /// Position of its source on the command line.
    pub source: u32,
    /// Where it is.
    pub path: PathBuf,
    /// Where it is relative to its source, with `/`; the file's own name for a source that is a file.
    pub display: String,
    /// Size in bytes when it was looked at.
    pub size: u64,
    /// Size and times when it was looked at; `None` where it was not, or could not be.
    pub stamp: Option<Stamp>,
}

impl FoundFile {
    /// With size and times.
    #[must_use]
    pub fn looked_at(self) -> Self {
        if self.stamp.is_some() {
            return self;
        }
        let stamp = std::fs::metadata(&self.path).ok().as_ref().map(Stamp::of);
        Self { size: stamp.map_or(0, |s| s.size), stamp, ..self }
    }
}

/// What a file system says of a file; a file whose stamp is what it was has not been written since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// Nanoseconds since 1970 of the last change of its content.
    pub modified: i64,
    /// Nanoseconds since 1970 of the last change of its entry: what puts the other time back changes this.
    pub changed: i64,
    /// Its number in the file system: another file of the same name has another.
    pub inode: u64,
}

impl Stamp {
    /// Of a file's metadata.
    pub fn of(metadata: &std::fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let nanos = |s: i64, ns: i64| s.saturating_mul(1_000_000_000).saturating_add(ns);
        Self {
            size: metadata.len(),
            modified: nanos(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanos(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
        }
    }
}

/// Something that the walk met and could not follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A folder or file that cannot be listed or looked at; the words of the system.
    Unreadable(String),
    /// A symbolic link that leads back to a folder above it. Not a loss: its files are met there.
    Loop,
    /// A link to nothing.
    BrokenLink,
}

/// What the walk yields.
#[derive(Clone, Debug)]
pub enum Found {
    /// A file.
    File(FoundFile),
    /// An obstacle at a path (relative to the source).
    Obstacle(u32, String, Obstacle),
}

impl Found {
    /// A file with its size and times.
    #[must_use]
    pub fn looked_at(self) -> Self {
        match self {
            Self::File(file) => Self::File(file.looked_at()),
            obstacle @ Self::Obstacle(..) => obstacle,
        }
    }
}

/// The folder part of a display path, without the file's name; empty at the top.
pub fn folder_of(display: &str) -> &str {
    display.rsplit_once('/').map_or("", |(folder, _)| folder)
}
