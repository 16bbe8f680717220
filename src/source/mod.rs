//! Where files come from: folders walked in a fixed order, and zip archives read in place. Input is
//! never changed. Every regular file is handed on exactly once.

pub mod archive;
pub mod walk;

use std::path::PathBuf;

/// A file found by the walk, not opened yet.
#[derive(Clone, Debug)]
pub struct FoundFile {
    /// Position of its source on the command line.
    pub source: u32,
    /// Where it is.
    pub path: PathBuf,
    /// Where it is relative to its source, with `/`; the file's own name for a source that is a file.
    pub display: String,
    /// Size in bytes when it was found.
    pub size: u64,
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

/// The folder part of a display path, without the file's name; empty at the top.
pub fn folder_of(display: &str) -> &str {
    display.rsplit_once('/').map_or("", |(folder, _)| folder)
}
