//! What was learned of each file, kept outside of memory once it is much: an append-only spool of
//! postcard records in memory up to a bound, then in an unnamed temporary file.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError};

/// Where a record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpoolRef {
    offset: u64,
    len: u32,
}

/// Bytes the spool keeps in memory before it moves to disk; as much again may be held as it is (`held`).
const IN_MEMORY: usize = 16 << 20;

thread_local! {
    /// One buffer a thread: a record grows none of its own.
    static RECORD: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Keeps a buffer for the thread's next record; what one of many frames took is not held on to.
fn keep(buffer: Vec<u8>) {
    if buffer.capacity() <= PIECE {
        RECORD.set(buffer);
    }
}

/// Bytes of one piece of the memory: whole pieces, so that growing copies nothing and leaves no
/// used memory behind.
const PIECE: usize = 1 << 20;

/// Records one behind the other, none of them in two pieces.
#[derive(Default)]
pub struct Held {
    /// Offset at which a piece begins, and its bytes.
    pieces: Vec<(u64, Vec<u8>)>,
    len: u64,
}

impl Held {
    /// Appends a record and tells where it begins.
    fn push(&mut self, bytes: &[u8]) -> u64 {
        let room = |piece: &Vec<u8>| piece.capacity() - piece.len();
        if self.pieces.last().is_none_or(|(_, piece)| room(piece) < bytes.len()) {
            self.pieces.push((self.len, Vec::with_capacity(bytes.len().max(PIECE))));
        }
        if let Some((_, piece)) = self.pieces.last_mut() {
            piece.extend_from_slice(bytes);
        }
        let offset = self.len;
        self.len += bytes.len() as u64;
        offset
    }

    fn get(&self, at: SpoolRef) -> Option<&[u8]> {
        let piece = self.pieces.partition_point(|(begins, _)| *begins <= at.offset);
        let (begins, piece) = self.pieces.get(piece.checked_sub(1)?)?;
        let from = usize::try_from(at.offset - begins).ok()?;
        piece.get(from..from.checked_add(at.len as usize)?)
    }
}

enum Back {
    Memory(Held),
    File { file: File, pending: Vec<u8>, written: u64 },
}

/// An append-only store of records, shared by threads.
pub struct Spool {
    back: Mutex<Back>,
    in_memory: usize,
}

/// A failure of the spool's temporary file, or of a record in it.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The temporary file cannot be made, written or read (a full disk, say).
    #[error("temporary spool file: {0}")]
    Io(#[from] io::Error),
    /// A record does not read back; a fault of this program.
    #[error("spool record: {0}")]
    Record(#[from] postcard::Error),
    /// An instance that is held in memory was asked for twice; a fault of this program.
    #[error("an instance was taken twice")]
    Taken,
}

impl Default for Spool {
    fn default() -> Self {
        Self::with_bound(IN_MEMORY)
    }
}

impl Spool {
    /// A spool that keeps `in_memory` bytes before it moves to disk.
    pub fn with_bound(in_memory: usize) -> Self {
        Self { back: Mutex::new(Back::Memory(Held::default())), in_memory }
    }

    /// Appends a record.
    ///
    /// # Errors
    /// The record cannot be encoded, or the temporary file not be written.
    pub fn put<T: serde::Serialize>(&self, record: &T) -> Result<SpoolRef, SpoolError> {
        let mut buffer = RECORD.take();
        buffer.clear();
        let bytes = postcard::to_extend(record, buffer)?;
        let at = self.append(&bytes);
        keep(bytes);
        at
    }

    fn append(&self, bytes: &[u8]) -> Result<SpoolRef, SpoolError> {
        let len = u32::try_from(bytes.len())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "record above 4 GiB"))?;
        let mut back = self.back.lock().unwrap_or_else(PoisonError::into_inner);
        if let Back::Memory(held) = &mut *back
            && held.len + bytes.len() as u64 > self.in_memory as u64
        {
            let mut file = tempfile::tempfile()?;
            for (_, piece) in &held.pieces {
                file.write_all(piece)?;
            }
            let written = held.len;
            *back = Back::File { file, pending: Vec::with_capacity(1 << 20), written };
        }
        let offset = match &mut *back {
            Back::Memory(held) => held.push(bytes),
            Back::File { file, pending, written } => {
                let offset = *written + pending.len() as u64;
                pending.extend_from_slice(bytes);
                if pending.len() >= 1 << 20 {
                    file.write_all_at(pending, *written)?;
                    *written += pending.len() as u64;
                    pending.clear();
                }
                offset
            }
        };
        Ok(SpoolRef { offset, len })
    }

    /// Ends writing; what comes back reads without locks.
    ///
    /// # Errors
    /// The temporary file cannot be written.
    pub fn finish(self) -> Result<SpoolReader, SpoolError> {
        match self.back.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Back::Memory(held) => Ok(SpoolReader::Memory(held)),
            Back::File { file, pending, written } => {
                file.write_all_at(&pending, written)?;
                Ok(SpoolReader::File(file))
            }
        }
    }
}

/// A finished spool.
pub enum SpoolReader {
    /// It stayed small.
    Memory(Held),
    /// It lies in a temporary file.
    File(File),
}

impl SpoolReader {
    /// Reads a record back.
    ///
    /// # Errors
    /// The temporary file cannot be read, or the record is not of that type.
    pub fn get<T: serde::de::DeserializeOwned>(&self, at: SpoolRef) -> Result<T, SpoolError> {
        match self {
            Self::Memory(held) => {
                let bytes =
                    held.get(at).ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
                Ok(postcard::from_bytes(bytes)?)
            }
            Self::File(file) => {
                let mut bytes = RECORD.take();
                bytes.resize(at.len as usize, 0);
                file.read_exact_at(&mut bytes, at.offset)?;
                let record = postcard::from_bytes(&bytes);
                keep(bytes);
                Ok(record?)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_read_back_from_memory_and_from_disk() {
        for bound in [usize::MAX, 100] {
            let spool = Spool::with_bound(bound);
            // The longest fill more than one piece; one is longer than a piece.
            let text = |n: u32| match n {
                250 => "y".repeat(PIECE + 1),
                n if n % 100 == 0 => "z".repeat(PIECE / 2),
                n => "x".repeat(n as usize % 50),
            };
            let refs: Vec<SpoolRef> =
                (0..500u32).map(|n| spool.put(&(n, text(n))).unwrap()).collect();
            let reader = spool.finish().unwrap();
            assert_eq!(matches!(reader, SpoolReader::File(_)), bound == 100);
            for (n, at) in refs.into_iter().enumerate() {
                let n = u32::try_from(n).unwrap();
                let (k, read): (u32, String) = reader.get(at).unwrap();
                assert!(k == n && read == text(n), "{n}");
            }
        }
    }
}
