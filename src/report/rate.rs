//! Rates with their uncertainty.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The 97.5 % point of the normal distribution: bounds a two-sided 95 % interval.
const Z_95: f64 = 1.959_963_984_540_054;

/// A share of a number of studies with its Wilson 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rate {
    /// Studies that count.
    pub hits: u64,
    /// Studies looked at.
    pub of: u64,
    /// `hits / of`, rounded to 4 digits.
    pub value: f64,
    /// Lower end of the Wilson 95 % interval, rounded to 4 digits.
    pub low: f64,
    /// Upper end of the Wilson 95 % interval, rounded to 4 digits.
    pub high: f64,
}

impl Rate {
    /// The rate of `hits` in `of`; `None` where there is nothing to divide by.
    pub fn new(hits: u64, of: u64) -> Option<Self> {
        if of == 0 || hits > of {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of studies are far below 2^52")]
        let (h, n) = (hits as f64, of as f64);
        let p = h / n;
        let z2 = Z_95 * Z_95;
        let centre = p + z2 / (2.0 * n);
        let spread = Z_95 * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        let scale = 1.0 + z2 / n;
        Some(Self {
            hits,
            of,
            value: round4(p),
            low: round4(((centre - spread) / scale).max(0.0)),
            high: round4(((centre + spread) / scale).min(1.0)),
        })
    }
}

fn round4(x: f64) -> f64 {
    (x * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        // R: prop.test(8, 10, correct = FALSE)$conf.int is 0.4901625 0.9433178.
        let rate = Rate::new(8, 10).unwrap();
        assert!((rate.value - 0.8).abs() < 1e-9);
        assert!((rate.low - 0.4902).abs() < 1e-9, "{}", rate.low);
        assert!((rate.high - 0.9433).abs() < 1e-9, "{}", rate.high);
    }

    #[test]
    fn the_ends_stay_between_zero_and_one() {
        let all = Rate::new(5, 5).unwrap();
        assert!((all.high - 1.0).abs() < 1e-9 && all.low > 0.5);
        let none = Rate::new(0, 5).unwrap();
        assert!(none.low.abs() < 1e-9 && none.high < 0.5);
    }

    #[test]
    fn nothing_has_no_rate() {
        assert_eq!(Rate::new(0, 0), None);
        assert_eq!(Rate::new(2, 1), None);
    }
}
