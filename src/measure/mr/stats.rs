//! Order statistics on slices; all reorder what they are given.

/// Scales a median absolute deviation to the standard deviation of a normal distribution,
/// 1 / Phi^-1(0.75).
pub const MAD_TO_SD: f32 = 1.482_602_2;

/// The value below which `share` (0 to 1) of the values lie, nearest rank; `None` for none.
pub fn quantile(values: &mut [f32], share: f32) -> Option<f32> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rank within the slice"
    )]
    let rank = (share * values.len().saturating_sub(1) as f32).round() as usize;
    if rank >= values.len() {
        return None;
    }
    Some(*values.select_nth_unstable_by(rank, f32::total_cmp).1)
}

/// The median, lower of two middles; `None` for no values.
pub fn median(values: &mut [f32]) -> Option<f32> {
    quantile(values, 0.5)
}

/// Median and normal-scaled median absolute deviation; overwrites the values with deviations.
pub fn median_and_spread(values: &mut [f32]) -> Option<(f32, f32)> {
    let middle = median(values)?;
    for v in values.iter_mut() {
        *v = (*v - middle).abs();
    }
    Some((middle, MAD_TO_SD * median(values)?))
}

/// The mean; `None` for no values.
pub fn mean(values: &[f32]) -> Option<f64> {
    let sum: f64 = values.iter().map(|v| f64::from(*v)).sum();
    (!values.is_empty()).then(|| sum / real(values.len()))
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
        let (middle, spread) = median_and_spread(&mut v).unwrap();
        assert!((middle - 3.0).abs() < 1e-6 && (spread - MAD_TO_SD).abs() < 1e-6);
    }

    #[test]
    fn values_that_are_no_numbers_do_no_harm() {
        assert!(median(&mut [f32::NAN, 1.0, 2.0]).is_some());
        assert!(quantile(&mut [1.0, 2.0], f32::NAN).is_some());
        assert_eq!(mean(&[]), None);
    }
}
