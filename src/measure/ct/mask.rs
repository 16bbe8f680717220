//! Masks on the reduced grid: one bit a cell, one word a row (a grid has at most 128 columns).

use std::ops::Range;

use multiversion::multiversion;

use super::grid::WIDTH;

/// The bits `from` to `to`, half-open.
pub fn ones(range: Range<usize>) -> u128 {
    let below = |n: usize| if n >= WIDTH { u128::MAX } else { (1 << n) - 1 };
    below(range.end) & !below(range.start)
}

/// The run of ones that holds bit `at`, which must be one.
fn run(bits: u128, at: usize) -> Range<usize> {
    let from = WIDTH - (!bits & ones(0..at)).leading_zeros() as usize;
    let to = at + (!bits >> at).trailing_zeros() as usize;
    from..to.min(WIDTH)
}

/// The runs of ones of a row, from the left.
pub fn runs(mut bits: u128) -> impl Iterator<Item = Range<usize>> {
    std::iter::from_fn(move || {
        let run = (bits != 0).then(|| run(bits, bits.trailing_zeros() as usize))?;
        bits &= !ones(run.clone());
        Some(run)
    })
}

/// The places of the ones of a row, from the left.
pub fn places(mut bits: u128) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
        bits &= bits - 1;
        Some(at)
    })
}

/// How many ones there are.
pub fn count(mask: &[u128]) -> u32 {
    mask.iter().map(|row| row.count_ones()).sum()
}

/// Bits of the values of a row that lie in `range`, the start included and the end not.
pub fn within(values: &[f32; WIDTH], range: Range<f32>) -> u128 {
    #[multiversion(targets("x86_64+avx2"))]
    fn bytes(values: &[f32; WIDTH], low: f32, high: f32, out: &mut [u8; WIDTH]) {
        for (o, v) in out.iter_mut().zip(values) {
            *o = u8::from(*v >= low) & u8::from(*v < high);
        }
    }
    let mut marks = [0; WIDTH];
    bytes(values, range.start, range.end, &mut marks);
    bits(&marks)
}

/// Bits of the cells whose first value is below `share` of the second.
pub fn below_share(values: &[f32; WIDTH], of: &[f32; WIDTH], share: f32) -> u128 {
    #[multiversion(targets("x86_64+avx2"))]
    fn bytes(values: &[f32; WIDTH], of: &[f32; WIDTH], share: f32, out: &mut [u8; WIDTH]) {
        for ((o, v), w) in out.iter_mut().zip(values).zip(of) {
            *o = u8::from(*v < share * *w);
        }
    }
    let mut marks = [0; WIDTH];
    bytes(values, of, share, &mut marks);
    bits(&marks)
}

/// Bytes of 0 and 1 as bits.
pub fn bits(marks: &[u8; WIDTH]) -> u128 {
    let mut out = [0_u8; WIDTH / 8];
    for (o, eight) in out.iter_mut().zip(marks.as_chunks::<8>().0) {
        // Each byte is moved to its own bit of the uppermost one; no two meet below it.
        let gathered = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080);
        *o = gathered.to_be_bytes()[0];
    }
    u128::from_le_bytes(out)
}

/// Erodes (`grow` false) or dilates (`grow` true) a mask by `radius` cells with a square. Outside
/// the grid of `cols` columns counts as inside for an erosion, so that a body cut by the frame
/// keeps its edge.
pub fn morph(mask: &mut [u128], cols: usize, radius: usize, grow: bool) {
    let full = ones(0..cols);
    let last = 1 << (WIDTH - 1);
    for row in mask.iter_mut() {
        let mut bits = if grow { *row } else { *row | !full };
        for _ in 0..radius {
            bits = if grow {
                bits | (bits << 1) | (bits >> 1)
            } else {
                bits & ((bits << 1) | 1) & ((bits >> 1) | last)
            };
        }
        *row = bits & full;
    }
    let neutral = if grow { 0 } else { full };
    for _ in 0..radius {
        let mut above = neutral;
        for y in 0..mask.len() {
            let (here, below) = (mask[y], mask.get(y + 1).copied().unwrap_or(neutral));
            mask[y] = if grow { above | here | below } else { above & here & below };
            above = here;
        }
    }
}

/// Takes off what is thinner than `radius` cells to both sides.
pub fn open(mask: &mut [u128], cols: usize, radius: usize) {
    morph(mask, cols, radius, false);
    morph(mask, cols, radius, true);
}

/// Clears the parts of `open` that the cells `seeds` of row `y` belong to, run by run (cells
/// touch by their sides). Returns the number of cells.
pub fn flood(open: &mut [u128], y: usize, seeds: u128, stack: &mut Vec<(usize, u128)>) -> usize {
    let mut size = 0;
    stack.clear();
    stack.push((y, seeds));
    while let Some((y, bits)) = stack.pop() {
        let mut hit = bits & open[y];
        while hit != 0 {
            let found = run(open[y], hit.trailing_zeros() as usize);
            size += found.len();
            let found = ones(found);
            hit &= !found;
            open[y] &= !found;
            for next in [y.checked_sub(1), Some(y + 1)].into_iter().flatten() {
                if open.get(next).is_some_and(|row| row & found != 0) {
                    stack.push((next, found));
                }
            }
        }
    }
    size
}

/// The box `[x0, y0, x1, y1]` around the ones, in cells, half-open; `None` where there are none.
pub fn bounds(mask: &[u128]) -> Option<[usize; 4]> {
    let y0 = mask.iter().position(|row| *row != 0)?;
    let y1 = mask.iter().rposition(|row| *row != 0)? + 1;
    let any = mask.iter().fold(0, |a, row| a | row);
    Some([any.trailing_zeros() as usize, y0, WIDTH - any.leading_zeros() as usize, y1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_runs_and_places_agree() {
        let mut values = [f32::NAN; WIDTH];
        for at in [0, 1, 2, 63, 64, 65, 127] {
            values[at] = 5.0;
        }
        values[7] = 6.0;
        let bits = within(&values, 5.0..6.0);
        assert_eq!(places(bits).collect::<Vec<_>>(), [0, 1, 2, 63, 64, 65, 127]);
        assert_eq!(runs(bits).collect::<Vec<_>>(), [0..3, 63..66, 127..128]);
        assert!(runs(u128::MAX).eq(std::iter::once(0..128)));
        assert_eq!(bounds(&[0, bits, 0]), Some([0, 1, 128, 2]));
        assert_eq!(bounds(&[0, 0]), None);
    }

    #[test]
    fn opening_removes_thin_things_only() {
        let mut mask = vec![0_u128; 10];
        for row in &mut mask[1..4] {
            *row = 0b1110;
        }
        mask[5] = 1 << 6;
        mask[6] = 1 << 6;
        open(&mut mask, 10, 1);
        assert_eq!(count(&mask), 9);
        let mut whole = vec![ones(0..10); 4];
        morph(&mut whole, 10, 3, false);
        assert_eq!(count(&whole), 40);
    }

    #[test]
    fn a_flood_takes_one_part() {
        // A spiral of one part, and a cell that touches it by a corner only.
        let mut open = vec![0b11111, 0b10001, 0b11101, 0b00001, 0b11110];
        let mut stack = Vec::new();
        assert_eq!(flood(&mut open, 2, 0b100, &mut stack), 12);
        assert_eq!(open, [0, 0, 0, 0, 0b11110]);
    }
}
