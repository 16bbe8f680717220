//! A file of gigabytes that nobody reads while it is written.

use std::fs::File;
use std::io::{self, Write};

/// Bytes after which the system is told that what is written so far will not be read soon.
const STEP: u64 = 8 << 20;
/// Bytes behind the end that are told of each time: by then the first of them are on the disk, and can leave memory.
const BEHIND: u64 = 4 * STEP;

/// Writes a file so that it does not fill the system's cache: a night's results are longer than the headers they are
/// about, and would take memory from the studies that are still to be read.
pub struct LongFile {
    file: File,
    is_read_next: bool,
    written: u64,
    told: u64,
}

impl LongFile {
    /// Onto a file that is empty; one that is read again once it is written stays in the cache.
    pub fn new(file: File, is_read_next: bool) -> Self {
        Self { file, is_read_next, written: 0, told: 0 }
    }

    /// Has the system begin to write what is in its cache, and let go of what is written. Does not wait until it is.
    fn let_go(&mut self) {
        self.told = self.written;
        // Advice only: a system that does not take it writes the same file.
        #[cfg(target_os = "linux")]
        let _ = rustix::fs::fadvise(
            &self.file,
            self.written.saturating_sub(BEHIND),
            std::num::NonZeroU64::new(BEHIND),
            rustix::fs::Advice::DontNeed,
        );
    }
}

impl Write for LongFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.written += n as u64;
        if !self.is_read_next && self.written - self.told >= STEP {
            self.let_go();
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_what_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("long");
        let part: Vec<u8> = (0..=u8::MAX).cycle().take(3 << 20).collect();
        for is_read_next in [false, true] {
            let mut file = LongFile::new(File::create(&path).unwrap(), is_read_next);
            for _ in 0..15 {
                file.write_all(&part).unwrap();
            }
            file.flush().unwrap();
            assert_eq!(file.told > 4 * STEP, !is_read_next);
            let read = std::fs::read(&path).unwrap();
            assert!(read.len() == 15 * part.len() && read.chunks(part.len()).all(|p| p == part));
        }
    }
}
