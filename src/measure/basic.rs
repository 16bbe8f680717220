//! Sum, extremes, mean, spread, percentiles and number of levels of the stored values of a frame.

use multiversion::multiversion;

use crate::model::measurement::Measurement;

use super::registry as names;

/// Histograms have at most this many bins: every 16-bit image is counted exactly.
const BINS: usize = 1 << 16;

/// A frame of up to this many samples enters spread, percentiles and levels whole; of a larger one
/// every k-th sample does. 8,192 samples tell the first percentile to a tenth of a percent of the
/// samples (binomial: sqrt(0.01 x 0.99 / 8192) = 0.0011), finer than any limit that is put on it.
const SAMPLED: usize = 1 << 13;

/// Steps between samples that enter; primes, so that a step rarely walks along one column.
const STEPS: [usize; 12] = [1, 2, 3, 5, 7, 13, 31, 61, 127, 251, 509, 1021];

/// Samples of one block: its passes find it in the innermost cache.
const BLOCK: usize = 4096;

/// A number type in which stored values come.
pub trait Stored: Copy + Ord {
    /// The value, widened.
    fn wide(self) -> i64;

    /// Sum, smallest and largest value of a block of at most [`BLOCK`] samples; zeros for none.
    fn block(values: &[Self]) -> (i64, Self, Self);
}

macro_rules! stored {
    ($($t:ty => $sum:ty),*) => { $(impl Stored for $t {
        fn wide(self) -> i64 { i64::from(self) }

        fn block(values: &[Self]) -> (i64, Self, Self) {
            // Three plain loops: each turns into vector instructions, and 4,096 samples of 16 bits
            // cannot overflow a sum of 32.
            #[multiversion(targets("x86_64+avx2"))]
            fn loops(values: &[$t]) -> ($sum, $t, $t) {
                let sum: $sum = values.iter().map(|v| <$sum>::from(*v)).sum();
                let min = values.iter().copied().fold(<$t>::MAX, <$t>::min);
                let max = values.iter().copied().fold(<$t>::MIN, <$t>::max);
                (sum, min, max)
            }
            let (sum, min, max) = loops(values);
            (i64::from(sum), min, max)
        }
    })* };
}
stored!(u8 => i32, i8 => i32, u16 => i32, i16 => i32, u32 => i64, i32 => i64);

/// Numbers of one frame, in stored values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Basic {
    /// Sum of all samples.
    pub sum: i64,
    /// Smallest sample.
    pub min: i64,
    /// Largest sample.
    pub max: i64,
    /// Mean.
    pub mean: f64,
    /// Population standard deviation, of every k-th sample of a large frame.
    pub sd: f64,
    /// 1st percentile, nearest rank, of every k-th sample of a large frame.
    pub p01: f64,
    /// 99th percentile, nearest rank, of every k-th sample of a large frame.
    pub p99: f64,
    /// Number of distinct values; of a large frame, or where the values span more than 65,536, a
    /// lower bound.
    pub distinct_levels: u32,
}

/// Counts kept between frames, so that a frame costs no allocation.
#[derive(Debug, Default)]
pub struct Scratch(Vec<u32>);

/// Measures the samples of one frame; `None` where there are none (or more than 2^32 - 1).
///
/// One pass over the frame gives sum and extremes, exact. A histogram of at most 65,536 bins over
/// the whole frame, or over every k-th sample of a large one, gives all else. Where the values span
/// more than 65,536, a bin holds several values: percentiles are then exact to one bin.
pub fn basic<T: Stored>(samples: &[T], scratch: &mut Scratch) -> Option<Basic> {
    let total = u32::try_from(samples.len()).ok()?;
    let first = *samples.first()?;
    let (mut sum, mut low, mut high) = (0i64, first, first);
    for block in samples.chunks(BLOCK) {
        let (block_sum, block_low, block_high) = T::block(block);
        sum += block_sum;
        low = low.min(block_low);
        high = high.max(block_high);
    }
    let (min, max) = (low.wide(), high.wide());
    let width = (max - min) / (BINS as i64) + 1;
    let last = usize::try_from((max - min) / width).ok()?;
    let bins = &mut scratch.0;
    bins.clear();
    bins.resize(last + 1, 0);
    let step = step(samples.len());
    let mut counted = 0;
    for sample in samples.iter().step_by(step) {
        let at = usize::try_from((sample.wide() - min) / width).unwrap_or(0);
        if let Some(bin) = bins.get_mut(at) {
            *bin += 1;
            counted += 1;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a mean in f64 is meant")]
    let mean = sum as f64 / f64::from(total);
    let value = |bin: usize| offset(min, bin, width);
    Some(Basic {
        sum,
        min,
        max,
        mean,
        sd: spread(samples, step, bins, min, width),
        p01: value(rank(bins, counted, 1)),
        p99: value(rank(bins, counted, 99)),
        distinct_levels: u32::try_from(bins.iter().filter(|n| **n > 0).count()).unwrap_or(u32::MAX),
    })
}

/// The step between samples that enter the histogram.
fn step(samples: usize) -> usize {
    let wanted = samples / SAMPLED;
    STEPS.iter().copied().rev().find(|s| *s <= wanted).unwrap_or(1)
}

#[expect(clippy::cast_precision_loss, reason = "stored values of at most 32 bits fit f64")]
fn offset(min: i64, bin: usize, width: i64) -> f64 {
    (min + bin as i64 * width) as f64
}

/// Population standard deviation of the samples that entered, about their own mean.
#[expect(clippy::cast_precision_loss, reason = "stored values of at most 32 bits fit f64")]
fn spread<T: Stored>(samples: &[T], step: usize, bins: &[u32], min: i64, width: i64) -> f64 {
    if width > 1 {
        let values = || samples.iter().step_by(step).map(|s| s.wide() as f64);
        let n = samples.len().div_ceil(step) as f64;
        let mean = values().sum::<f64>() / n;
        return (values().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    }
    let filled = || bins.iter().enumerate().filter(|(_, n)| **n > 0);
    let n: f64 = filled().map(|(_, n)| f64::from(*n)).sum();
    let mean = filled().map(|(bin, n)| f64::from(*n) * offset(min, bin, 1)).sum::<f64>() / n;
    let squares: f64 =
        filled().map(|(bin, n)| f64::from(*n) * (offset(min, bin, 1) - mean).powi(2)).sum();
    (squares / n).sqrt()
}

/// The bin that holds the `percent`-th percentile by nearest rank.
fn rank(bins: &[u32], total: u32, percent: u64) -> usize {
    let wanted = (u64::from(total) * percent).div_ceil(100).max(1);
    let mut seen = 0;
    bins.iter()
        .position(|n| {
            seen += u64::from(*n);
            seen >= wanted
        })
        .unwrap_or(0)
}

impl Basic {
    /// The numbers as measurements of `frame`, in the order of the registry.
    pub fn measurements(&self, frame: u32) -> [Measurement; 8] {
        #[expect(clippy::cast_precision_loss, reason = "sums of real frames stay below 2^53")]
        let exact = |v: i64| v as f64;
        [
            (names::STORED_SUM, exact(self.sum)),
            (names::STORED_MIN, exact(self.min)),
            (names::STORED_MAX, exact(self.max)),
            (names::MEAN, self.mean),
            (names::SD, self.sd),
            (names::P01, self.p01),
            (names::P99, self.p99),
            (names::DISTINCT_LEVELS, f64::from(self.distinct_levels)),
        ]
        .map(|(name, value)| Measurement::of_frame(name, frame, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::registry::OF_FRAME;

    #[test]
    fn a_ramp_has_known_numbers() {
        let samples: Vec<u16> = (0..1000).collect();
        let b = basic(&samples, &mut Scratch::default()).unwrap();
        assert_eq!((b.sum, b.min, b.max), (499_500, 0, 999));
        assert_eq!((b.mean, b.p01, b.p99, b.distinct_levels), (499.5, 9.0, 989.0, 1000));
        assert!((b.sd - ((1_000_000.0_f64 - 1.0) / 12.0).sqrt()).abs() < 1e-9);
    }

    #[test]
    fn a_large_frame_is_sampled_and_its_sum_and_extremes_stay_exact() {
        let mut samples: Vec<i16> = (0..512 * 512).map(|n| (n % 1000) as i16).collect();
        samples[12_345] = -2000;
        samples[200_001] = 3000;
        let whole: i64 = samples.iter().map(|s| i64::from(*s)).sum();
        let b = basic(&samples, &mut Scratch::default()).unwrap();
        assert_eq!((b.sum, b.min, b.max), (whole, -2000, 3000));
        assert!((b.p01 - 10.0).abs() <= 2.0 && (b.p99 - 990.0).abs() <= 2.0, "{b:?}");
        assert!((b.sd - 288.7).abs() < 2.0 && b.distinct_levels >= 990, "{b:?}");
    }

    #[test]
    fn negative_constant_and_empty_frames() {
        let mut scratch = Scratch::default();
        let b = basic(&[-1024_i16; 7], &mut scratch).unwrap();
        assert_eq!((b.sum, b.min, b.max, b.sd), (-7168, -1024, -1024, 0.0));
        assert_eq!((b.p01, b.p99, b.distinct_levels), (-1024.0, -1024.0, 1));
        assert_eq!(basic::<u8>(&[], &mut scratch), None);
    }

    #[test]
    fn scratch_does_not_leak_between_frames() {
        let mut scratch = Scratch::default();
        basic(&(0..=u16::MAX).collect::<Vec<_>>(), &mut scratch).unwrap();
        assert_eq!(basic(&[5_u8, 6], &mut scratch).unwrap().distinct_levels, 2);
    }

    #[test]
    fn values_of_32_bits_stay_exact_where_it_is_promised() {
        let b = basic(&[i32::MIN, 0, i32::MAX], &mut Scratch::default()).unwrap();
        assert_eq!((b.sum, b.min, b.max), (-1, i64::from(i32::MIN), i64::from(i32::MAX)));
        assert_eq!(b.distinct_levels, 3);
        assert!((b.sd - 1_753_413_056.0).abs() < 1e6, "{}", b.sd);
        let u = basic(&[u32::MAX, u32::MAX], &mut Scratch::default()).unwrap();
        assert_eq!((u.p01, u.sd), (f64::from(u32::MAX), 0.0));
    }

    #[test]
    fn measurements_are_those_of_the_registry_in_order() {
        let b = basic(&[1_u8, 2], &mut Scratch::default()).unwrap();
        let taken: Vec<_> = b.measurements(3).iter().map(|m| m.name.to_string()).collect();
        let listed: Vec<_> = OF_FRAME.iter().map(|m| m.name).collect();
        assert_eq!(taken, listed);
        assert!(b.measurements(3).iter().all(|m| m.frame == Some(3)));
    }
}
