//! A cheap content fingerprint for the header pass: equal content gives equal values. It is a wide
//! non-cryptographic hash over the size, the header (its first and last part where it is very
//! long), and the first and last few KiB of what follows; the exact digest of the pixels is
//! `pixel_digest`.

use super::window::Window;

/// Header bytes hashed whole; beyond it, this much from either end.
const HEADER: u64 = 64 << 10;
/// Bytes hashed at the start of the pixel data and at the end of the file.
const EDGE: u64 = 4 << 10;

/// The fingerprint, 32 hex digits. `header_end` is where the pixel data value begins.
pub(super) fn of(win: &mut Window<'_>, header_end: u64) -> String {
    let len = win.len();
    let mut hash = Wide::new(len);
    let header_end = header_end.min(len);
    if header_end <= HEADER {
        hash.add(win.bytes(0, as_len(header_end + EDGE)));
    } else {
        hash.add(win.bytes(0, as_len(HEADER)));
        let from = (header_end - HEADER / 2).max(HEADER);
        hash.add(win.bytes(from, as_len(header_end + EDGE - from)));
    }
    let tail = len.saturating_sub(EDGE);
    if tail > header_end + EDGE {
        hash.add(win.bytes(tail, as_len(EDGE)));
    }
    hash.finish()
}

fn as_len(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// Two independent lanes of 64-bit folded multiplication.
struct Wide(u64, u64);

const K: [u64; 4] =
    [0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x27D4_EB2F_1656_67C5];

#[expect(clippy::cast_possible_truncation, reason = "the two halves of the product are folded")]
fn fold(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b);
    wide as u64 ^ (wide >> 64) as u64
}

impl Wide {
    fn new(seed: u64) -> Self {
        Self(seed ^ K[0], seed.wrapping_mul(K[1]) ^ K[2])
    }

    fn word(&mut self, a: u64, b: u64) {
        self.0 = fold(self.0 ^ a, b ^ K[1]).wrapping_add(self.0.rotate_left(23));
        self.1 = fold(self.1 ^ b, a ^ K[3]).wrapping_add(self.1.rotate_left(29));
    }

    fn add(&mut self, bytes: &[u8]) {
        let (chunks, rest) = bytes.as_chunks::<16>();
        for chunk in chunks {
            let (a, b) = chunk.split_at(8);
            self.word(little(a), little(b));
        }
        let (a, b) = rest.split_at(rest.len().min(8));
        self.word(little(a), little(b));
        self.word(bytes.len() as u64, K[0]);
    }

    fn finish(mut self) -> String {
        self.word(K[2], K[3]);
        self.word(self.1, self.0);
        format!("{:016x}{:016x}", self.0, self.1)
    }
}

fn little(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::super::source::MemorySource;
    use super::*;

    fn fingerprint(bytes: &[u8], header_end: u64) -> String {
        of(&mut Window::new(&MemorySource(bytes.to_vec()), u64::MAX), header_end)
    }

    #[test]
    fn header_first_and_last_pixels_and_size_all_count() {
        let base = vec![7u8; 100_000];
        let expected = fingerprint(&base, 1000);
        assert_eq!(expected.len(), 32);
        assert_eq!(fingerprint(&base.clone(), 1000), expected);
        for at in [0, 17, 999, 1001, 99_999] {
            let mut other = base.clone();
            other[at] ^= 1;
            assert_ne!(fingerprint(&other, 1000), expected, "byte {at}");
        }
        assert_ne!(fingerprint(&base[1..], 1000), expected);
    }
}
