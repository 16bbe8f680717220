//! Signal, noise and contrast of given regions, as MRIQC 24 codes them.

use super::region::Region;

/// `1 / sqrt(2 / (4 - pi))`: the spread of a Rayleigh distribution against that of the normal one
/// behind it (Dietrich 2007, 10.1002/jmri.20969).
const DIETRICH: f64 = 0.655_136_371_560_6;

/// Signal-to-noise ratio within a region: `mean / (sd sqrt(n / (n - 1)))`. Higher is better. `None` for
/// fewer than two values or no spread.
pub fn snr(region: &Region) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a count of pixels")]
    let n = region.n as f64;
    (n > 1.0 && region.sd > 0.0).then(|| region.mean / (region.sd * (n / (n - 1.0)).sqrt()))
}

/// Dietrich's signal-to-noise ratio: 0.6551 times the mean of the region over the MAD of the air (over
/// its standard deviation where the MAD is at most 1). Higher is better. `None` where the air has no
/// spread: a maker masked it.
pub fn snrd(region: &Region, air: &Region) -> Option<f64> {
    let spread = if air.mad > 1.0 { air.mad } else { air.sd };
    (spread > 1e-3).then(|| DIETRICH * region.mean / spread)
}

/// Contrast-to-noise ratio (Magnotta 2006, 10.1016/j.neuroimage.2006.03.013):
/// `|mean wm - mean gm| / sqrt(sd air^2 + sd wm^2 + sd gm^2)`. Higher is better. `None` without any spread.
pub fn cnr(wm: &Region, gm: &Region, air: &Region) -> Option<f64> {
    let noise = (air.sd.powi(2) + wm.sd.powi(2) + gm.sd.powi(2)).sqrt();
    (noise > 0.0).then(|| (wm.mean - gm.mean).abs() / noise)
}

/// Coefficient of joint variation (Ganzetti 2016, 10.3389/fninf.2016.00010):
/// `(sd wm + sd gm) / |mean wm - mean gm|`. Lower is better. `None` where the means are equal.
pub fn cjv(wm: &Region, gm: &Region) -> Option<f64> {
    let apart = (wm.mean - gm.mean).abs();
    (apart > 0.0).then(|| (wm.sd + gm.sd) / apart)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(values: &[f32]) -> Region {
        Region::of(values.iter().copied()).unwrap()
    }

    #[test]
    fn known_numbers() {
        let (wm, gm) = (region(&[110.0, 130.0]), region(&[70.0, 90.0]));
        assert!((snr(&wm).unwrap() - 120.0 / (10.0 * 2.0_f64.sqrt())).abs() < 1e-9);
        assert_eq!(cjv(&wm, &gm), Some(0.5));
        let air = region(&[0.0, 0.0]);
        assert!((cnr(&wm, &gm, &air).unwrap() - 40.0 / 200.0_f64.sqrt()).abs() < 1e-9);
        assert_eq!(snrd(&wm, &air), None, "masked air");
        let air = region(&[0.0, 0.5]);
        assert!((snrd(&wm, &air).unwrap() - DIETRICH * 120.0 / 0.25).abs() < 1e-9);
    }

    #[test]
    fn regions_without_spread_or_contrast_give_no_number() {
        let flat = region(&[5.0, 5.0]);
        assert_eq!((snr(&flat), cnr(&flat, &flat, &flat), cjv(&flat, &flat)), (None, None, None));
        assert_eq!(snr(&region(&[5.0])), None);
    }
}
