//! Zip archives read in place: members are unpacked one at a time, bounded, never to their own
//! names on disk (so a path trick in an archive has nothing to act on).

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use zip::ZipArchive;
use zip::result::ZipError;

use super::Stamp;
use super::walk::name_from_bytes;

/// The first bytes of a zip archive.
pub const MAGIC: &[u8; 4] = b"PK\x03\x04";

/// Bounds on what an archive may unpack to.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveLimits {
    /// Most members that are looked at.
    pub members: usize,
    /// Most bytes a member may unpack to.
    pub member_bytes: u64,
    /// Most times its packed size a member may unpack to, above one mebibyte.
    pub ratio: u64,
    /// A member up to this size is held in memory, a larger one in an unnamed temporary file.
    pub memory_bytes: u64,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { members: 2_000_000, member_bytes: 8 << 30, ratio: 2_000, memory_bytes: 64 << 20 }
    }
}

/// Why a member (or a whole archive) was not read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The archive's structure is broken or uses what is not supported.
    #[error("zip archive cannot be read: {0}")]
    Broken(#[from] ZipError),
    /// The member is encrypted.
    #[error("zip member is encrypted")]
    Encrypted,
    /// A bound of [`ArchiveLimits`] was exceeded.
    #[error("zip member exceeds the limit: {0}")]
    Limit(String),
    /// Unpacking failed.
    #[error("zip member cannot be unpacked: {0}")]
    Io(#[from] io::Error),
}

impl ArchiveError {
    /// Whether the system would not read or write, rather than the archive being at fault.
    pub fn is_of_the_system(&self) -> bool {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        match self {
            Self::Io(error) | Self::Broken(ZipError::Io(error)) => !matches!(
                error.kind(),
                InvalidData | InvalidInput | UnexpectedEof | io::ErrorKind::Other
            ),
            _ => false,
        }
    }
}

/// A reader with its own position over a shared file, so that members unpack side by side.
#[derive(Clone)]
pub struct SharedFile {
    file: Arc<File>,
    len: u64,
    at: u64,
}

impl Read for SharedFile {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(buf, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for SharedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::End(d) => self.len.checked_add_signed(d),
            SeekFrom::Current(d) => self.at.checked_add_signed(d),
        };
        self.at = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

/// An opened archive. Cloning is cheap; each clone unpacks on its own.
#[derive(Clone)]
pub struct Archive {
    zip: ZipArchive<SharedFile>,
    limits: ArchiveLimits,
    file: Arc<File>,
    opened: Stamp,
}

/// Unpacked content of a member.
pub enum Unpacked {
    /// In memory.
    Memory(Vec<u8>),
    /// In an unnamed temporary file.
    File(File),
}

impl Archive {
    /// Opens an archive and reads its directory.
    pub fn open(file: File, limits: ArchiveLimits) -> Result<Self, ArchiveError> {
        let opened = Stamp::of(&file.metadata()?);
        let file = Arc::new(file);
        let shared = SharedFile { file: Arc::clone(&file), len: opened.size, at: 0 };
        let zip = ZipArchive::new(shared)?;
        if zip.len() > limits.members {
            return Err(ArchiveError::Limit(format!(
                "{} members, limit {}",
                zip.len(),
                limits.members
            )));
        }
        Ok(Self { zip, limits, file, opened })
    }

    /// Whether the archive is still the one that was opened.
    pub fn is_unchanged(&self) -> bool {
        self.file.metadata().is_ok_and(|now| Stamp::of(&now) == self.opened)
    }

    /// How many entries it has, folders among them.
    pub fn len(&self) -> usize {
        self.zip.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of an entry for people; `None` for a folder.
    pub fn member_name(&mut self, index: usize) -> Result<Option<String>, ArchiveError> {
        let entry = self.zip.by_index_raw(index)?;
        Ok((!entry.is_dir()).then(|| {
            let raw = entry.name_raw();
            name_from_bytes(raw).replace('\\', "/")
        }))
    }

    /// How much memory unpacking and decoding an entry may take at once.
    pub fn memory_of(&mut self, index: usize) -> u64 {
        let size = self.zip.by_index_raw(index).map_or(0, |e| e.size());
        size.min(self.limits.memory_bytes).saturating_mul(2)
    }

    /// Unpacks an entry within the limits.
    pub fn unpack(&mut self, index: usize) -> Result<Unpacked, ArchiveError> {
        let limits = self.limits;
        let (declared, packed) = {
            let raw = self.zip.by_index_raw(index)?;
            if raw.encrypted() {
                return Err(ArchiveError::Encrypted);
            }
            (raw.size(), raw.compressed_size())
        };
        let bound =
            limits.member_bytes.min(packed.saturating_mul(limits.ratio).saturating_add(1 << 20));
        if declared > bound {
            return Err(ArchiveError::Limit(format!("{declared} bytes, limit {bound}")));
        }
        let entry = self.zip.by_index(index)?;
        // The declared size can lie: what is read is bounded, not what is declared.
        let mut bounded = entry.take(bound + 1);
        let mut head = Vec::new();
        (&mut bounded).take(limits.memory_bytes).read_to_end(&mut head)?;
        let mut rest = [0u8; 1];
        let more = bounded.read(&mut rest)?;
        if more == 0 {
            return Ok(Unpacked::Memory(head));
        }
        let mut file = tempfile::tempfile()?;
        io::Write::write_all(&mut file, &head)?;
        drop(head);
        io::Write::write_all(&mut file, &rest)?;
        io::copy(&mut bounded, &mut file)?;
        let len = file.metadata()?.len();
        if len > bound {
            return Err(ArchiveError::Limit(format!("more than {bound} bytes")));
        }
        Ok(Unpacked::File(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::write::SimpleFileOptions;

    fn archive(content: &[(&str, &[u8])], limits: ArchiveLimits) -> Archive {
        let mut file = tempfile::tempfile().unwrap();
        let mut zip = zip::ZipWriter::new(&mut file);
        for (name, bytes) in content {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap();
        Archive::open(file, limits).unwrap()
    }

    #[test]
    fn members_are_read_in_memory_or_spilled() {
        let limits = ArchiveLimits { memory_bytes: 8, ..ArchiveLimits::default() };
        let mut a = archive(&[("a", b"12345"), ("dir/b", b"1234567890")], limits);
        assert!(matches!(a.unpack(0).unwrap(), Unpacked::Memory(m) if m == b"12345"));
        assert!(matches!(a.unpack(1).unwrap(), Unpacked::File(_)));
        assert_eq!(a.member_name(1).unwrap().as_deref(), Some("dir/b"));
    }

    #[test]
    fn a_bomb_is_refused() {
        let limits = ArchiveLimits { ratio: 10, ..ArchiveLimits::default() };
        let mut a = archive(&[("zeros", &vec![0u8; 8 << 20])], limits);
        assert!(matches!(a.unpack(0), Err(ArchiveError::Limit(_))));
    }
}
