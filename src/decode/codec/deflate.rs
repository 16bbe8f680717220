//! Bounded inflation: deflated data sets and Deflated Image Frame compression.

use std::io::{self, Read};

use flate2::read::DeflateDecoder;

/// What came out, and whether the stream reached its end.
pub(in crate::decode) struct Inflated {
    pub bytes: Vec<u8>,
    pub complete: bool,
    /// The bound was met before the stream's end.
    pub exceeded: bool,
}

/// Inflates raw deflate data, at most `limit` bytes.
pub(in crate::decode) fn inflate(input: impl Read, limit: u64) -> Inflated {
    let mut out = Vec::new();
    let mut reader = DeflateDecoder::new(input).take(limit.saturating_add(1));
    let ended: io::Result<usize> = reader.read_to_end(&mut out);
    let exceeded = out.len() as u64 > limit;
    if exceeded {
        out.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    Inflated { bytes: out, complete: ended.is_ok() && !exceeded, exceeded }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut e = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        e.write_all(bytes).unwrap();
        e.finish().unwrap()
    }

    #[test]
    fn a_stream_inflates_and_a_bomb_does_not() {
        let packed = deflated(&vec![7; 100_000]);
        let whole = inflate(&packed[..], 1 << 20);
        assert!(whole.complete && whole.bytes == vec![7; 100_000]);
        let bomb = inflate(&packed[..], 1000);
        assert!(bomb.exceeded && bomb.bytes.len() == 1000);
        let cut = inflate(&packed[..packed.len() / 2], 1 << 20);
        assert!(!cut.complete && !cut.bytes.is_empty());
    }
}
