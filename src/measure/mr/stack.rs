//! Frames of a stack against each other: jumps between neighbours, dropped slices of diffusion volumes.

/// One number of a stack, with the slice it belongs to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OfStack {
    /// Name, one of the constants of this file.
    pub name: &'static str,
    /// Value in the unit that the constant states.
    pub value: f64,
    /// Index of the volume, 0 where there is one.
    pub volume: usize,
    /// Index of the slice in slice order, from 0; `None` for a number of the whole stack.
    pub slice: Option<usize>,
}

/// Largest |log step| of a slice's body signal against the mean of its two neighbours, as a share of the signal (0
/// up): max |exp(d) - 1|, d = ln v(i) - (ln v(i-1) + ln v(i+1)) / 2.
pub const SLICE_JUMP: &str = "slice_jump";
/// That step in robust standard deviations of all steps of the stack (at least 1 % of the signal each).
pub const SLICE_JUMP_Z: &str = "slice_jump_z";
/// Difference of even and odd slices as a share of the signal (0 up): |exp(median of (-1)^i d) - 1|; cross-talk of
/// interleaved slices.
pub const INTERLEAVE_SHARE: &str = "interleave_share";
/// Share of its signal that a slice of one volume lost against the same slice of the other volumes and
/// against the rest of its own volume (0 to 1, the worst slice).
pub const SLICE_DROP_SHARE: &str = "slice_drop_share";
/// That loss in robust standard deviations of all slices of all volumes (at least 1 % of the signal each).
pub const SLICE_DROP_Z: &str = "slice_drop_z";

/// Spread of slices that is always granted: 1 % of the signal.
const FLOOR: f64 = 0.01;

/// Jumps of one number a slice (mean signal of the body) in slice order; `None` where a slice has no
/// body. The two outermost slices at each end, where the body ends, are not judged. Empty for fewer than 7 slices with numbers.
pub fn slice_jumps(signal: &[Option<f64>]) -> Vec<OfStack> {
    let logs: Vec<Option<f64>> =
        signal.iter().map(|v| v.filter(|v| *v > 0.0).map(f64::ln)).collect();
    let step = |i: usize| Some(logs[i]? - f64::midpoint(logs[i - 1]?, logs[i + 1]?));
    let steps: Vec<(usize, f64)> =
        (2..signal.len().saturating_sub(2)).filter_map(|i| step(i).map(|d| (i, d))).collect();
    if steps.len() < 3 {
        return Vec::new();
    }
    let Some(worst) = steps.iter().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())) else {
        return Vec::new();
    };
    let middle = median(steps.iter().map(|s| s.1));
    let spread = (1.4826 * median(steps.iter().map(|s| (s.1 - middle).abs()))).max(FLOOR);
    let alternating = median(steps.iter().map(|(i, d)| if i % 2 == 0 { *d } else { -d }));
    let of = |name, value, slice| OfStack { name, value, volume: 0, slice };
    vec![
        of(SLICE_JUMP, worst.1.exp_m1().abs(), Some(worst.0)),
        of(SLICE_JUMP_Z, (worst.1 - middle).abs() / spread, Some(worst.0)),
        of(INTERLEAVE_SHARE, alternating.exp_m1().abs(), None),
    ]
}

/// The worst dropped slice of volumes of one weighting (same b-value), each one number a slice in slice
/// order. Empty for fewer than 3 volumes or 3 slices.
pub fn slice_drops(volumes: &[Vec<Option<f64>>]) -> Vec<OfStack> {
    let slices = volumes.iter().map(Vec::len).min().unwrap_or(0);
    if volumes.len() < 3 || slices < 3 {
        return Vec::new();
    }
    let log = |v: usize, s: usize| volumes[v][s].filter(|x| *x > 0.0).map(f64::ln);
    // The level of each volume goes first: a dropped slice must not move the order of the others.
    let levels: Vec<f64> =
        (0..volumes.len()).map(|v| median((0..slices).filter_map(|s| log(v, s)))).collect();
    let flat = |v: usize, s: usize| log(v, s).map(|l| l - levels[v]);
    let mut off = Vec::new();
    for s in 0..slices {
        let usual = median((0..volumes.len()).filter_map(|v| flat(v, s)));
        off.extend((0..volumes.len()).filter_map(|v| flat(v, s).map(|l| (v, s, l - usual))));
    }
    let spread = (1.4826 * median(off.iter().map(|o| o.2.abs()))).max(FLOOR);
    let Some(worst) = off.iter().min_by(|a, b| a.2.total_cmp(&b.2)) else { return Vec::new() };
    let of = |name, value| OfStack { name, value, volume: worst.0, slice: Some(worst.1) };
    vec![of(SLICE_DROP_SHARE, -worst.2.exp_m1()), of(SLICE_DROP_Z, -worst.2 / spread)]
}

/// Median, lower of two middles; 0 for none.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = values.collect();
    all.sort_unstable_by(f64::total_cmp);
    all.get(all.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(of: &[OfStack], name: &str) -> (f64, Option<usize>) {
        of.iter().find(|o| o.name == name).map(|o| (o.value, o.slice)).unwrap()
    }

    #[test]
    fn a_smooth_stack_has_no_jump_and_a_bright_slice_is_found() {
        let mut signal: Vec<_> = (0..20).map(|i| Some(100.0 + 3.0 * f64::from(i))).collect();
        assert!(value(&slice_jumps(&signal), SLICE_JUMP_Z).0 < 1.0);
        signal[8] = signal[8].map(|v| v * 1.3);
        let jumps = slice_jumps(&signal);
        assert_eq!(value(&jumps, SLICE_JUMP).1, Some(8));
        assert!((value(&jumps, SLICE_JUMP).0 - 0.3).abs() < 0.01);
        assert!(value(&jumps, SLICE_JUMP_Z).0 > 20.0);
        assert!(value(&jumps, INTERLEAVE_SHARE).0 < 0.01);
    }

    #[test]
    fn even_and_odd_slices_that_differ_are_told() {
        let signal: Vec<_> =
            (0..20).map(|i| Some(if i % 2 == 0 { 110.0 } else { 100.0 })).collect();
        assert!((value(&slice_jumps(&signal), INTERLEAVE_SHARE).0 - 0.1).abs() < 0.01);
    }

    #[test]
    fn a_dropped_slice_of_one_volume_is_found_whatever_the_volume_scale() {
        let mut volumes: Vec<Vec<Option<f64>>> = (0..6)
            .map(|v| {
                (0..12)
                    .map(|s| Some((100.0 + f64::from(s)) * (1.0 + 0.05 * f64::from(v))))
                    .collect()
            })
            .collect();
        assert!(value(&slice_drops(&volumes), SLICE_DROP_SHARE).0 < 0.01);
        volumes[4][7] = volumes[4][7].map(|v| v * 0.6);
        let drops = slice_drops(&volumes);
        assert!((value(&drops, SLICE_DROP_SHARE).0 - 0.4).abs() < 0.02);
        assert_eq!((drops[0].volume, drops[0].slice), (4, Some(7)));
    }

    #[test]
    fn short_and_empty_stacks_give_nothing() {
        assert!(slice_jumps(&[]).is_empty());
        assert!(slice_jumps(&[Some(1.0), None, Some(2.0), None, Some(0.0), None, None]).is_empty());
        assert!(slice_drops(&[vec![Some(1.0)], Vec::new(), Vec::new()]).is_empty());
        assert!(slice_drops(&vec![vec![None; 5]; 4]).len() < 3);
    }
}
