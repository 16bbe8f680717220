//! A forward-moving window over the bytes of a file, so that the header pass reads little, never
//! allocates by a declared length, and can jump over what it does not want.

use std::cell::Cell;
use std::io;

use super::source::{ByteSource, read_full};

/// First read of a file: covers the header of most classic objects and what the fingerprint takes
/// behind it.
const FIRST_READ: usize = 16 << 10;
/// A first read up to this many bytes into the file begins at its first byte.
const SKIPPED: usize = 256;
/// Later reads.
const NEXT_READ: usize = 64 << 10;

thread_local! {
    /// One buffer a thread: opening a file allocates nothing for reading.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The window.
pub(super) struct Window<'a> {
    source: &'a dyn ByteSource,
    len: u64,
    start: u64,
    /// Its first `have` bytes are those of the file from `start` on.
    buf: Vec<u8>,
    have: usize,
    read: u64,
    limit: u64,
    /// The first I/O error met; the bytes behind it count as absent.
    pub error: Option<io::Error>,
}

impl<'a> Window<'a> {
    /// A window that may read at most `limit` bytes in all.
    pub fn new(source: &'a dyn ByteSource, limit: u64) -> Self {
        let buf = BUFFER.take();
        Self { source, len: source.len(), start: 0, buf, have: 0, read: 0, limit, error: None }
    }

    /// Size of the file.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the bound on bytes read was met.
    pub fn exhausted(&self) -> bool {
        self.read >= self.limit
    }

    /// Up to `want` bytes at `at`: fewer only where the file ends (or can no longer be read).
    pub fn bytes(&mut self, at: u64, want: usize) -> &[u8] {
        if let Some(all) = self.source.as_slice() {
            let from = usize::try_from(at).unwrap_or(usize::MAX).min(all.len());
            return &all[from..from.saturating_add(want).min(all.len())];
        }
        let inside = at
            .checked_sub(self.start)
            .and_then(|o| usize::try_from(o).ok())
            .is_some_and(|o| o.saturating_add(want) <= self.have);
        let there = self.len.saturating_sub(at).min(want as u64);
        if !inside && self.missing(at, there) {
            self.fill(at, want);
        }
        let from = at
            .checked_sub(self.start)
            .and_then(|o| usize::try_from(o).ok())
            .unwrap_or(usize::MAX)
            .min(self.have);
        &self.buf[from..from.saturating_add(want).min(self.have)]
    }

    fn missing(&self, at: u64, there: u64) -> bool {
        let end = self.start + self.have as u64;
        there > 0 && (at < self.start || at + there > end)
    }

    fn fill(&mut self, at: u64, want: usize) {
        let first = self.read == 0;
        // The fingerprint wants the file from its first byte: a first read behind the preamble
        // would have to be made again for those 128 bytes.
        let (at, want) = match usize::try_from(at) {
            Ok(skipped) if first && skipped <= SKIPPED => (0, skipped.saturating_add(want)),
            _ => (at, want),
        };
        let chunk = match at {
            _ if first => FIRST_READ,
            // Going back is for the bytes that are wanted; nothing is read on from there.
            at if at < self.start => 0,
            _ => NEXT_READ,
        };
        let left = usize::try_from(self.len.saturating_sub(at)).unwrap_or(usize::MAX);
        let allowed = usize::try_from(self.limit.saturating_sub(self.read)).unwrap_or(usize::MAX);
        let n = want.max(chunk).min(left).min(allowed);
        // It only grows: clearing what the file overwrites costs as much as reading it.
        if self.buf.len() < n {
            self.buf.resize(n, 0);
        }
        self.start = at;
        match read_full(self.source, at, &mut self.buf[..n]) {
            Ok(got) => {
                self.have = got;
                self.read += got as u64;
            }
            Err(e) => {
                self.have = 0;
                self.error.get_or_insert(e);
            }
        }
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        BUFFER.set(std::mem::take(&mut self.buf));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hides the slice, so that the window has to read.
    struct Plain(Vec<u8>);

    impl ByteSource for Plain {
        fn len(&self) -> u64 {
            self.0.len() as u64
        }
        fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
            let all = &self.0[usize::try_from(offset).unwrap().min(self.0.len())..];
            let n = all.len().min(buf.len()).min(1000);
            buf[..n].copy_from_slice(&all[..n]);
            Ok(n)
        }
    }

    #[test]
    fn bytes_are_those_of_the_file_wherever_the_window_stands() {
        let data: Vec<u8> = (0..300_000u32).map(|i| (i % 251) as u8).collect();
        let source = Plain(data.clone());
        let mut window = Window::new(&source, u64::MAX);
        for (at, want) in [(0, 10), (16_380, 20), (200_000, 70_000), (5, 3), (299_990, 50)] {
            let end = (at + want).min(data.len());
            assert_eq!(window.bytes(at as u64, want), &data[at..end], "at {at}");
        }
        assert!(window.bytes(u64::MAX, 10).is_empty());
    }

    #[test]
    fn what_stands_before_the_first_element_is_not_read_again() {
        struct Counted(Plain, std::sync::atomic::AtomicU64);
        impl ByteSource for Counted {
            fn len(&self) -> u64 {
                self.0.len()
            }
            fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
                let got = self.0.read_at(offset, buf)?;
                self.1.fetch_add(got as u64, std::sync::atomic::Ordering::Relaxed);
                Ok(got)
            }
        }
        let source = Counted(Plain(vec![1; 100_000]), 0.into());
        let mut window = Window::new(&source, u64::MAX);
        assert_eq!(window.bytes(128, 4).len(), 4);
        assert_eq!(window.bytes(0, 8_000).len(), 8_000);
        let read = source.1.load(std::sync::atomic::Ordering::Relaxed);
        assert_eq!(read, FIRST_READ as u64);
    }

    #[test]
    fn the_bound_on_bytes_read_holds() {
        let source = Plain(vec![1; 100_000]);
        let mut window = Window::new(&source, 20_000);
        assert_eq!(window.bytes(0, 10).len(), 10);
        assert!(window.bytes(30_000, 50_000).len() <= 4_000);
        assert!(window.bytes(90_000, 100).is_empty());
        assert!(window.exhausted());
    }
}
