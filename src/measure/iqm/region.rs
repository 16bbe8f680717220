//! First-order statistics of the values of a region.

/// Turns the median absolute deviation into the standard deviation of a normal distribution: its
/// 75th percentile (as `statsmodels.robust.mad`, which MRIQC uses).
const NORMAL_MAD: f64 = 0.674_489_750_196_081_7;

/// Statistics of the values of a region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// How many values there are; at least 1.
    pub n: usize,
    /// Mean.
    pub mean: f64,
    /// Population standard deviation (divisor n).
    pub sd: f64,
    /// Median; the mean of the middle two of an even number.
    pub median: f64,
    /// Median absolute deviation from the median, divided by 0.6745.
    pub mad: f64,
}

impl Region {
    /// The statistics of some values; `None` where there is no value, or one that is no number.
    pub fn of(values: impl IntoIterator<Item = f32>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().map(f64::from).collect();
        if values.is_empty() || values.iter().any(|v| !v.is_finite()) {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "a count of pixels")]
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        let median = middle(&mut values);
        for v in &mut values {
            *v = (*v - median).abs();
        }
        let mad = middle(&mut values) / NORMAL_MAD;
        Some(Self { n: values.len(), mean, sd, median, mad })
    }
}

/// The median of finite values, which are reordered; 0 for none.
pub(super) fn middle(values: &mut [f64]) -> f64 {
    let n = values.len();
    if n == 0 {
        return 0.0;
    }
    let (below, upper, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
    let upper = *upper;
    if n % 2 == 1 {
        return upper;
    }
    f64::midpoint(below.iter().copied().fold(f64::NEG_INFINITY, f64::max), upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers() {
        let r = Region::of([1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!((r.n, r.mean, r.median), (4, 2.5, 2.5));
        assert!((r.sd - 1.25_f64.sqrt()).abs() < 1e-12);
        assert!((r.mad - 1.0 / NORMAL_MAD).abs() < 1e-12);
        assert!(Region::of([7.0]).unwrap().mad < 1e-12);
        assert_eq!(Region::of([]), None);
        assert_eq!(Region::of([1.0, f32::NAN]), None);
    }
}
