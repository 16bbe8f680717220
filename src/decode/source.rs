//! Where the bytes of one file come from: a file on disk, or memory (a zip member, a test).

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::OnceLock;

use crate::source::Stamp;

/// Random access to the bytes of one file. Nothing here ever writes.
pub trait ByteSource: Send + Sync {
    /// Size in bytes.
    fn len(&self) -> u64;

    /// Reads up to `buf.len()` bytes at `offset`; fewer only at the end. Zero means the end.
    ///
    /// # Errors
    /// The I/O error of the operating system.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;

    /// All bytes, where they are in memory already.
    fn as_slice(&self) -> Option<&[u8]> {
        None
    }

    /// Whether the file is still the one that was opened: not written to, not cut, since then.
    fn is_unchanged(&self) -> bool {
        true
    }

    /// Whether it has no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Reads as much as there is, up to `buf.len()` bytes, over short reads and interruptions.
pub(crate) fn read_full(source: &dyn ByteSource, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while done < buf.len() {
        match source.read_at(offset + done as u64, &mut buf[done..]) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(done)
}

/// A file on disk, read by offset.
pub struct FileSource {
    file: File,
    opened: Stamp,
    /// Its first bytes, once they were read.
    head: OnceLock<[u8; 4]>,
}

impl FileSource {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// The I/O error of the operating system.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::new(File::open(path)?)
    }

    /// Takes a file that is open for reading.
    ///
    /// # Errors
    /// The I/O error of the operating system.
    pub fn new(file: File) -> io::Result<Self> {
        let opened = Stamp::of(&file.metadata()?);
        Ok(Self { file, opened, head: OnceLock::new() })
    }

    /// Whether its first bytes were read, and are these.
    pub fn begins_with(&self, bytes: &[u8; 4]) -> bool {
        self.head.get() == Some(bytes)
    }

    /// The file, open once more.
    ///
    /// # Errors
    /// The I/O error of the operating system.
    pub fn again(&self) -> io::Result<File> {
        self.file.try_clone()
    }
}

impl ByteSource for FileSource {
    fn len(&self) -> u64 {
        self.opened.size
    }

    fn is_unchanged(&self) -> bool {
        self.file.metadata().is_ok_and(|now| Stamp::of(&now) == self.opened)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(buf, offset)?;
        if offset == 0
            && let Some(head) = buf[..n].first_chunk()
        {
            self.head.get_or_init(|| *head);
        }
        Ok(n)
    }
}

/// A file on disk that is opened anew for every read, so that a large study holds no file handles.
pub struct PathSource {
    path: std::path::PathBuf,
    len: u64,
}

impl PathSource {
    /// Notes a file and its size.
    ///
    /// # Errors
    /// The I/O error of the operating system.
    pub fn new(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_path_buf(), len: std::fs::metadata(path)?.len() })
    }
}

impl ByteSource for PathSource {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        File::open(&self.path)?.read_at(buf, offset)
    }
}

/// Bytes in memory.
pub struct MemorySource(pub Vec<u8>);

impl ByteSource for MemorySource {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
        let n = buf.len().min(self.0.len() - from);
        buf[..n].copy_from_slice(&self.0[from..from + n]);
        Ok(n)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        Some(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_what_was_read_of_its_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, b"PK\x03\x04 and more").unwrap();
        let source = FileSource::open(&path).unwrap();
        source.read_at(2, &mut [0; 8]).unwrap();
        assert!(!source.begins_with(b"PK\x03\x04"), "its beginning was not read");
        source.read_at(0, &mut [0; 8]).unwrap();
        assert!(source.begins_with(b"PK\x03\x04") && !source.begins_with(b"PK\x05\x06"));
        std::fs::write(&path, b"PK\x03").unwrap();
        let short = FileSource::open(&path).unwrap();
        short.read_at(0, &mut [0; 8]).unwrap();
        assert!(!short.begins_with(b"PK\x03\x04"));
    }

    #[test]
    fn memory_reads_stop_at_the_end() {
        let source = MemorySource(vec![1, 2, 3, 4]);
        let mut buf = [0; 8];
        assert_eq!(read_full(&source, 2, &mut buf).unwrap(), 2);
        assert_eq!(&buf[..2], &[3, 4]);
        assert_eq!(read_full(&source, 99, &mut buf).unwrap(), 0);
    }

    #[test]
    fn a_file_reads_by_offset() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bytes");
        std::fs::write(&path, [9, 8, 7]).unwrap();
        for source in [
            Box::new(FileSource::open(&path).unwrap()) as Box<dyn ByteSource>,
            Box::new(PathSource::new(&path).unwrap()),
        ] {
            let mut buf = [0; 2];
            assert_eq!(source.len(), 3);
            assert_eq!(read_full(source.as_ref(), 1, &mut buf).unwrap(), 2);
            assert_eq!(buf, [8, 7]);
        }
    }
}
