//! JPEG lossless (process 14, selection value 1): differences to the left neighbour, Huffman coded.

use super::dicom::{Layout, Pixels};

/// How many codes of each length (1 to 16 bits) the table has; its symbols are 0 to 16, the
/// likely categories of a noisy picture first.
const COUNTS: [u8; 16] = [0, 1, 4, 2, 2, 2, 2, 2, 1, 1, 0, 0, 0, 0, 0, 0];
const SYMBOLS: [u8; 17] = [4, 3, 5, 2, 6, 1, 7, 0, 8, 9, 10, 11, 12, 13, 14, 15, 16];

/// Encodes one single-sample frame.
pub fn encode(pixels: &Pixels, layout: Layout) -> Vec<u8> {
    assert_eq!(layout.samples, 1, "only grey pictures are written so");
    let (values, precision): (Vec<u16>, u8) = match pixels {
        Pixels::U16(v, stored) => (v.clone(), *stored as u8),
        Pixels::I16(v) => (v.iter().map(|p| *p as u16).collect(), 16),
        Pixels::U8(v) => (v.iter().map(|p| u16::from(*p)).collect(), 8),
    };
    let [rh, rl] = (layout.rows as u16).to_be_bytes();
    let [ch, cl] = (layout.columns as u16).to_be_bytes();
    let mut out = vec![0xFF, 0xD8];
    out.extend_from_slice(&[0xFF, 0xC3, 0, 11, precision, rh, rl, ch, cl, 1, 1, 0x11, 0]);
    out.extend_from_slice(&[0xFF, 0xC4, 0, 2 + 17 + 17, 0]);
    out.extend_from_slice(&COUNTS);
    out.extend_from_slice(&SYMBOLS);
    out.extend_from_slice(&[0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 0, 0]);

    let codes = codes();
    let mut bits = Bits { out, held: 0, count: 0 };
    for (i, value) in values.iter().enumerate() {
        let (row, column) = (i / layout.columns, i % layout.columns);
        let predicted = match (row, column) {
            (0, 0) => 1_u16 << (precision - 1),
            (_, 0) => values[i - layout.columns],
            _ => values[i - 1],
        };
        let difference = value.wrapping_sub(predicted) as i16;
        let size = 16 - difference.unsigned_abs().leading_zeros();
        let (code, length) = codes[size as usize];
        bits.push(code, length);
        if size > 0 && size < 16 {
            let low = if difference < 0 { difference.wrapping_sub(1) } else { difference };
            bits.push(u32::from(low as u16) & ((1 << size) - 1), size);
        }
    }
    bits.finish()
}

/// Code and length of each symbol, by the canonical rule of the standard (Annex C).
fn codes() -> [(u32, u32); 17] {
    let mut table = [(0, 0); 17];
    let (mut code, mut next) = (0, 0);
    for (length, count) in COUNTS.iter().enumerate() {
        for _ in 0..*count {
            table[usize::from(SYMBOLS[next])] = (code, length as u32 + 1);
            code += 1;
            next += 1;
        }
        code <<= 1;
    }
    table
}

struct Bits {
    out: Vec<u8>,
    held: u64,
    count: u32,
}

impl Bits {
    fn push(&mut self, code: u32, length: u32) {
        self.held = self.held << length | u64::from(code);
        self.count += length;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.held >> self.count) as u8;
            self.out.push(byte);
            // A byte of ones would read as a marker.
            if byte == 0xFF {
                self.out.push(0);
            }
        }
    }

    fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            let fill = 8 - self.count;
            self.push((1 << fill) - 1, fill);
        }
        self.out.extend_from_slice(&[0xFF, 0xD9]);
        self.out
    }
}
