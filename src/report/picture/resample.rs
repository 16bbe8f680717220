//! Area-averaging to a given size: no slice of a thin structure falls between two samples.

/// Source range of one target position: at least one pixel.
fn range(at: usize, to: usize, from: usize) -> std::ops::Range<usize> {
    let start = (at * from / to).min(from - 1);
    let end = ((at + 1) * from).div_ceil(to).clamp(start + 1, from);
    // Exactly tiled ranges would leave out pixels at fractional borders; shared borders do not.
    start..end
}

/// Grey values averaged; values that are no number count as absent.
pub(super) fn grey(values: &[f32], columns: usize, rows: usize, w: usize, h: usize) -> Vec<f32> {
    if (w, h) == (columns, rows) {
        // Each mean is of one value; adding zero turns -0 into 0, as a sum does.
        let mean = |v: &f32| if v.is_finite() { *v + 0.0 } else { f32::NAN };
        return values.iter().map(mean).collect();
    }
    let across: Vec<_> = (0..w).map(|x| range(x, w, columns)).collect();
    let mut out = Vec::with_capacity(w * h);
    for y in 0..h {
        let ys = range(y, h, rows);
        for xs in &across {
            let (mut sum, mut n) = (0.0_f64, 0_u32);
            for row in ys.clone() {
                for v in &values[row * columns + xs.start..row * columns + xs.end] {
                    if v.is_finite() {
                        sum += f64::from(*v);
                        n += 1;
                    }
                }
            }
            #[expect(clippy::cast_possible_truncation, reason = "a mean of f32 values")]
            out.push(if n == 0 { f32::NAN } else { (sum / f64::from(n)) as f32 });
        }
    }
    out
}

/// Colours averaged.
pub(super) fn rgb(values: &[u8], columns: usize, rows: usize, w: usize, h: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(w * h * 3);
    for y in 0..h {
        let ys = range(y, h, rows);
        for x in 0..w {
            let xs = range(x, w, columns);
            let (mut sum, mut n) = ([0_u64; 3], 0_u64);
            for row in ys.clone() {
                let line = &values[(row * columns + xs.start) * 3..(row * columns + xs.end) * 3];
                for pixel in line.chunks_exact(3) {
                    for (s, v) in sum.iter_mut().zip(pixel) {
                        *s += u64::from(*v);
                    }
                    n += 1;
                }
            }
            out.extend(sum.iter().map(|s| u8::try_from(s / n.max(1)).unwrap_or(u8::MAX)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_averages_and_the_same_size_changes_nothing() {
        let v = [0.0, 2.0, 4.0, 6.0, 0.0, 2.0, 4.0, f32::NAN];
        assert_eq!(grey(&v, 4, 2, 2, 1), [1.0, 14.0 / 3.0]);
        assert_eq!(grey(&v[..4], 2, 2, 2, 2), v[..4]);
        assert_eq!(rgb(&[0, 0, 0, 10, 20, 30], 2, 1, 1, 1), [5, 10, 15]);
    }

    #[test]
    fn enlarging_repeats() {
        assert_eq!(grey(&[1.0, 3.0], 2, 1, 4, 2), [1.0, 1.0, 3.0, 3.0, 1.0, 1.0, 3.0, 3.0]);
    }
}
