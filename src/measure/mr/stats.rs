//! Order statistics and sums on slices.

use multiversion::multiversion;

/// Scales a median absolute deviation to the standard deviation of a normal distribution,
/// 1 / Phi^-1(0.75).
pub const MAD_TO_SD: f32 = 1.482_602_2;

/// Sums run in this many lanes, so that they are the same on every processor.
pub const LANES: usize = 8;

/// Bins of the histogram of [`Order`], as a power of two.
const BITS: u32 = 9;

/// Fewer values are ordered without a histogram.
const FEW: usize = 192;

/// Ranks of many values by one histogram: a load costs a pass or two, a rank the part of the values that
/// lie in its bin. The values stay as they are; ranks are exact.
#[derive(Clone, Debug)]
pub struct Order {
    keys: Vec<i32>,
    bins: Vec<u16>,
    near: Vec<i32>,
    lowest: i32,
    // Four tables, added up at the end: values that follow each other are often equal, and a count waits for the last one.
    counts: [[u32; 1 << BITS]; 4],
}

impl Default for Order {
    fn default() -> Self {
        let counts = [[0; 1 << BITS]; 4];
        Self { keys: Vec::new(), bins: Vec::new(), near: Vec::new(), lowest: 0, counts }
    }
}

/// A whole number that is ordered as `f32::total_cmp` orders; its own inverse.
#[inline]
fn key(bits: i32) -> i32 {
    bits ^ ((bits >> 31).cast_unsigned() >> 1).cast_signed()
}

/// Keys of values, and the bin of each: the highest bits of its distance from the lowest.
#[multiversion(targets("x86_64+avx2"))]
fn keys_of(values: &[f32], keys: &mut [i32], bins: &mut [u16]) -> i32 {
    for (k, v) in keys.iter_mut().zip(values) {
        *k = key(v.to_bits().cast_signed());
    }
    let low = keys.iter().copied().fold(i32::MAX, i32::min);
    let high = keys.iter().copied().fold(i32::MIN, i32::max);
    let lowest = low;
    if low < 0 {
        // Keys are as dense as exponents about zero; numbers of both signs spread better by value.
        let [low, high] = [low, high].map(|k| f32::from_bits(key(k).cast_unsigned()));
        let scale = f32::from((1_u16 << BITS) - 1) / (high - low);
        for (bin, v) in bins.iter_mut().zip(values) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "saturates"
            )]
            let place = ((v - low) * scale) as i32 as u16;
            *bin = place;
        }
        return lowest;
    }
    let span = high.wrapping_sub(low).cast_unsigned();
    let shift = (u32::BITS - span.leading_zeros()).saturating_sub(BITS);
    for (bin, k) in bins.iter_mut().zip(keys) {
        #[expect(clippy::cast_possible_truncation, reason = "the shift leaves BITS bits")]
        let highest = (k.wrapping_sub(low).cast_unsigned() >> shift) as u16;
        *bin = highest;
    }
    lowest
}

/// The key of a bin of `count` keys that are all the same.
#[multiversion(targets("x86_64+avx2"))]
fn one_value(keys: &[i32], bins: &[u16], bin: u16, count: usize) -> Option<i32> {
    let at = bins.iter().position(|b| *b == bin)?;
    let first = keys[at];
    let mut same = 0_u32;
    for k in keys {
        same += u32::from(*k == first);
    }
    (same as usize == count).then_some(first)
}

/// The keys of one bin.
#[multiversion(targets("x86_64+avx2"))]
fn in_bin(keys: &[i32], bins: &[u16], bin: u16, out: &mut Vec<i32>) {
    for (keys, bins) in keys.chunks(64).zip(bins.chunks(64)) {
        if bins.iter().map(|b| u16::from(*b == bin)).sum::<u16>() > 0 {
            // No branch: which of them it is cannot be foretold.
            let (mut found, mut count) = ([0; 64], 0);
            for (k, b) in keys.iter().zip(bins) {
                found[count & 63] = *k;
                count += usize::from(*b == bin);
            }
            out.extend_from_slice(&found[..count]);
        }
    }
}

/// How many values are at most `ceiling`.
#[multiversion(targets("x86_64+avx2"))]
pub fn up_to(values: &[f32], ceiling: f32) -> usize {
    let mut count = 0_u32;
    for v in values {
        count += u32::from(*v <= ceiling);
    }
    count as usize
}

/// Replaces values by their distance from `middle`, those above `ceiling` by `far`.
#[multiversion(targets("x86_64+avx2"))]
fn deviate(values: &mut [f32], middle: f32, ceiling: f32, far: f32) {
    for v in values {
        *v = if *v <= ceiling { (*v - middle).abs() } else { far };
    }
}

impl Order {
    /// Takes the values.
    pub fn load(&mut self, values: &[f32]) {
        self.keys.resize(values.len(), 0);
        self.bins.resize(values.len(), 0);
        self.lowest = keys_of(values, &mut self.keys, &mut self.bins);
        if values.len() < FEW {
            return;
        }
        self.counts.as_flattened_mut().fill(0);
        let place = |bin: u16| usize::from(bin) & ((1 << BITS) - 1);
        let [first, second, third, fourth] = &mut self.counts;
        let (fours, rest) = self.bins.as_chunks::<4>();
        for [a, b, c, d] in fours {
            first[place(*a)] += 1;
            second[place(*b)] += 1;
            third[place(*c)] += 1;
            fourth[place(*d)] += 1;
        }
        for bin in rest {
            first[place(*bin)] += 1;
        }
        for (at, count) in first.iter_mut().enumerate() {
            *count += second[at] + third[at] + fourth[at];
        }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The value of a rank from 0; `None` beyond the last.
    pub fn nth(&mut self, rank: usize) -> Option<f32> {
        if rank >= self.keys.len() {
            return None;
        }
        self.near.clear();
        let mut before = 0;
        if self.keys.len() < FEW {
            self.near.extend_from_slice(&self.keys);
        } else {
            let counts = &self.counts[0];
            let bin = counts.iter().position(|count| {
                before += *count as usize;
                before > rank
            })?;
            before -= counts[bin] as usize;
            let count = counts[bin] as usize;
            let bin = u16::try_from(bin).ok()?;
            // Whole numbers fill a bin with one value.
            if let Some(same) = one_value(&self.keys, &self.bins, bin, count) {
                return Some(f32::from_bits(key(same).cast_unsigned()));
            }
            in_bin(&self.keys, &self.bins, bin, &mut self.near);
        }
        let at = rank.checked_sub(before).filter(|at| *at < self.near.len())?;
        let found = *self.near.select_nth_unstable(at).1;
        Some(f32::from_bits(key(found).cast_unsigned()))
    }

    /// The value below which `share` (0 to 1) of the values lie, nearest rank; `None` for none.
    pub fn quantile(&mut self, share: f32) -> Option<f32> {
        self.nth(rank(self.len(), share))
    }

    /// Median and normal-scaled median absolute deviation of the values up to `ceiling`. Overwrites the
    /// values; takes the order of the deviations.
    pub fn middle_and_spread(&mut self, values: &mut [f32], ceiling: f32) -> Option<(f32, f32)> {
        let count = up_to(values, ceiling);
        let middle = self.nth(rank(count, 0.5))?;
        let lowest = f32::from_bits(key(self.lowest).cast_unsigned());
        // Values above the ceiling go behind all others, as none of those is farther from the middle.
        let far = ceiling - lowest;
        deviate(values, middle, ceiling, far);
        self.load(values);
        Some((middle, MAD_TO_SD * self.nth(rank(count, 0.5))?))
    }
}

/// The rank below which `share` (0 to 1) of `count` values lie.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a rank within the slice"
)]
fn rank(count: usize, share: f32) -> usize {
    (share * count.saturating_sub(1) as f32).round() as usize
}

/// The value below which `share` (0 to 1) of a few values lie, nearest rank; reorders them.
pub fn quantile(values: &mut [f32], share: f32) -> Option<f32> {
    let rank = rank(values.len(), share);
    if rank >= values.len() {
        return None;
    }
    Some(*values.select_nth_unstable_by(rank, f32::total_cmp).1)
}

/// The median of a few values, upper of two middles; reorders them; `None` for no values.
pub fn median(values: &mut [f32]) -> Option<f32> {
    quantile(values, 0.5)
}

/// Sum in [`LANES`] lanes.
#[inline]
pub fn sum(values: &[f32]) -> f32 {
    sum_of(values, |v| v)
}

/// Sum of `of` each value, in [`LANES`] lanes.
#[inline]
pub fn sum_of(values: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (parts, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for part in parts {
        for (lane, v) in lanes.iter_mut().zip(part) {
            *lane += of(*v);
        }
    }
    let tail: f32 = rest.iter().map(|v| of(*v)).sum();
    lanes.iter().sum::<f32>() + tail
}

/// Natural logarithm of a positive normal number, to 2 units of the last place, in plain operations that turn
/// into vector instructions and give the same on every processor: x = 2^e m, ln m by the series of
/// 2 artanh((m - 1) / (m + 1)), m from sqrt(1/2) to sqrt(2).
#[inline]
pub fn ln(x: f32) -> f32 {
    // Bits of sqrt(1/2): subtracting them carries into the exponent where m would be above sqrt(2).
    const ROOT: i32 = 0x3f35_04f3;
    let bits = x.to_bits().cast_signed();
    let exponent = (bits - ROOT) >> 23;
    let m = f32::from_bits((bits - (exponent << 23)).cast_unsigned());
    let t = (m - 1.0) / (m + 1.0);
    let s = t * t;
    let series = 2.0 * t * (1.0 + s * (1.0 / 3.0 + s * (0.2 + s * (1.0 / 7.0 + s / 9.0))));
    #[expect(clippy::cast_precision_loss, reason = "an exponent of 8 bits")]
    let exponent = exponent as f32;
    exponent * std::f32::consts::LN_2 + series
}

/// A count as a number.
#[expect(clippy::cast_precision_loss, reason = "counts of samples of a frame stay below 2^53")]
pub fn real(count: usize) -> f64 {
    count as f64
}

/// A number as the `f32` that frames hold.
#[expect(clippy::cast_possible_truncation, reason = "frames hold f32")]
pub fn single(value: f64) -> f32 {
    value as f32
}

/// A count as an `f32`, for sums over blocks of a frame.
#[expect(clippy::cast_precision_loss, reason = "sizes of blocks and frames")]
pub fn small(count: usize) -> f32 {
    count as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_quantiles_by_nearest_rank() {
        let mut v = [5.0, 1.0, 3.0, 2.0, 4.0];
        assert_eq!(median(&mut v), Some(3.0));
        assert_eq!(quantile(&mut v, 1.0), Some(5.0));
        assert_eq!(quantile(&mut v, 0.0), Some(1.0));
        assert_eq!(median(&mut []), None);
        let mut order = Order::default();
        order.load(&v);
        let (middle, spread) = order.middle_and_spread(&mut v, 9.0).unwrap();
        assert!((middle - 3.0).abs() < 1e-6 && (spread - MAD_TO_SD).abs() < 1e-6);
    }

    #[test]
    fn ranks_are_those_of_the_sorted_values_also_up_to_a_ceiling() {
        let mut order = Order::default();
        for n in [1, 100, 191, 192, 193, 5000] {
            let mut next = super::super::synthetic::random(3);
            let of =
                |i: usize, x: f32| if i.is_multiple_of(3) { 0.0 } else { (x - 0.3) * 1000.0 * x };
            let mut values: Vec<f32> = (0..n).map(|i| of(i, next())).collect();
            order.load(&values);
            let mut sorted = values.clone();
            sorted.sort_unstable_by(f32::total_cmp);
            for rank in [0, n / 50, n / 2, n * 49 / 50, n - 1] {
                assert_eq!(order.nth(rank), Some(sorted[rank]), "{n} {rank}");
            }
            assert_eq!(order.nth(n), None);
            let ceiling = sorted[n * 2 / 3];
            sorted.retain(|v| *v <= ceiling);
            let middle = median(&mut sorted).unwrap();
            let mut off: Vec<f32> = sorted.iter().map(|v| (v - middle).abs()).collect();
            let wanted = (middle, MAD_TO_SD * median(&mut off).unwrap());
            assert_eq!(order.middle_and_spread(&mut values, ceiling), Some(wanted), "{n}");
        }
    }

    #[test]
    fn values_that_are_no_numbers_do_no_harm() {
        assert!(median(&mut [f32::NAN, 1.0, 2.0]).is_some());
        assert!(quantile(&mut [1.0, 2.0], f32::NAN).is_some());
        let mut order = Order::default();
        order.load(&[f32::NAN; 300]);
        assert!(order.quantile(0.5).is_some());
        order.load(&[]);
        assert_eq!(order.quantile(0.5), None);
    }

    #[test]
    fn the_logarithm_is_that_of_the_library() {
        for x in [
            1e-30_f32,
            0.1,
            std::f32::consts::FRAC_1_SQRT_2,
            0.9,
            1.0,
            1.1,
            std::f32::consts::SQRT_2,
            2.0,
            4095.0,
            1e30,
        ] {
            assert!((ln(x) - x.ln()).abs() <= 2e-7 * x.ln().abs().max(1.0), "{x}");
        }
    }
}
