//! Noise against signal: of the body by itself, and of the body against the air.

use super::body::sample_air;
use super::grid::Grid;
use super::pixels::{BLOCK, Stored, each};
use super::stats::{Order, real, single, sum_of};
use super::{Body, Frame, Taken};

/// Signal of the body over the noise inside it (ratio, higher is better): mean of the body
/// over `sigma` of [`sigma`]. Works where the maker masked the air.
pub const SNR: &str = "snr";
/// SNR by Dietrich (2007, 10.1002/jmri.20969) as MRIQC codes it: 0.6551364 times the mean of the body
/// over the normal-scaled median absolute deviation of the air (over its standard deviation where that
/// is 1 or less). Absent where the air is masked or out of view.
pub const SNRD: &str = "snrd";

/// 1 / sqrt(2 / (4 - pi)): standard deviation of Rayleigh noise over that of its normal components.
const DIETRICH: f64 = 0.655_136_377_562_033_5;

/// About this many blocks are looked at.
const BLOCKS: usize = 300;

/// The share of blocks taken as free of structure.
const QUIET: f32 = 0.1;

/// The 10th percentile of the estimates of 8 x 8 blocks of white normal noise is this part of its
/// standard deviation (simulated, 10^5 blocks).
const QUIET_BIAS: f64 = 0.832;

/// The noise measures.
pub fn taken(
    frame: &Frame<'_>,
    grid: &Grid,
    body: &mut Body,
    starts: &mut Vec<usize>,
    work: &mut Vec<f32>,
    out: &mut Vec<Taken>,
) {
    if body.signal <= 0.0 {
        return;
    }
    if let Some(sigma) = sigma(frame, grid, body, starts, work).filter(|s| *s > 0.0) {
        out.push(Taken { name: SNR, value: body.signal / sigma, place: None });
    }
    if body.air_is_whole() {
        sample_air(frame, grid, body, 4096, work);
        let spread = air_spread(work, &mut body.order).filter(|s| *s > 0.0);
        if let Some(spread) = spread {
            out.push(Taken { name: SNRD, value: DIETRICH * body.signal / spread, place: None });
        }
    }
}

fn air_spread(values: &mut [f32], order: &mut Order) -> Option<f64> {
    let middle = sum_of(values, |v| v) / single(real(values.len()));
    let squares = sum_of(values, |v| (v - middle) * (v - middle));
    let sd = (f64::from(squares) / real(values.len())).sqrt();
    order.load(values);
    let (_, mad) = order.middle_and_spread(values, f32::INFINITY)?;
    Some(if mad > 1.0 { f64::from(mad) } else { sd })
}

/// Standard deviation of the noise of the two channels, in the unit of the frame, from inside the body.
///
/// In blocks of 8 x 8 pixels the mean absolute response to the mask of Immerkaer (1996,
/// 10.1006/cviu.1996.0060), which cancels planes, times sqrt(pi / 2) / 6; the 10th percentile of the
/// blocks, over its bias. In frames of 192 lines and more the mask takes every other pixel, as most such
/// frames are interpolated and neighbours share their noise. Where the signal is near the noise, the
/// correction of Koay and Basser (2006, 10.1016/j.jmr.2006.01.016) turns it from Rician to normal.
pub fn sigma(
    frame: &Frame<'_>,
    grid: &Grid,
    body: &mut Body,
    starts: &mut Vec<usize>,
    work: &mut Vec<f32>,
) -> Option<f64> {
    let reach = if frame.height.min(frame.width) >= 192 { 2 } else { 1 };
    let inner = (frame.height.checked_sub(2 * reach)?, frame.width.checked_sub(2 * reach)?);
    let area = body.cells * grid.block * grid.block;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small step")]
    let step = ((real(area) / real(BLOCKS)).sqrt() as usize).clamp(3, 64);
    let deep = body.mask.inner(2);
    starts.clear();
    let mut level = 0.0;
    for y in (reach..inner.0.saturating_sub(BLOCK)).step_by(step) {
        let r = (y + BLOCK / 2) / grid.block;
        if deep.lines()[r] == 0 {
            continue;
        }
        for x in (reach..inner.1.saturating_sub(BLOCK)).step_by(step) {
            let c = (x + BLOCK / 2) / grid.block;
            if deep.at(r, c) {
                starts.push(y * frame.width + x);
                level += f64::from(grid.values.at(r, c));
            }
        }
    }
    if starts.len() < 20 {
        return None;
    }
    work.clear();
    each!(frame.pixels, v => match reach {
        2 => Stored::responses::<2>(v, frame.width, starts, work),
        _ => Stored::responses::<1>(v, frame.width, starts, work),
    });
    // Mean absolute response over that of normal noise of deviation 1, 6 sqrt(2 / pi).
    let unit = (std::f64::consts::FRAC_PI_2).sqrt() / 6.0 / real(BLOCK * BLOCK);
    let scale = unit * f64::from(frame.line.0.abs());
    body.order.load(work);
    let quiet = f64::from(body.order.quantile(QUIET)?) * scale / QUIET_BIAS;
    Some(quiet * normal_from_rician(level / real(starts.len()), quiet))
}

/// The factor from the spread of a magnitude with mean `level` and standard deviation `spread` to that
/// of its channels: 1 / sqrt(xi(theta)) at the fixed point theta of Koay and Basser.
fn normal_from_rician(level: f64, spread: f64) -> f64 {
    let ratio = level / spread;
    if !ratio.is_finite() || ratio > 8.0 {
        return 1.0;
    }
    let floor = (std::f64::consts::PI / (4.0 - std::f64::consts::PI)).sqrt();
    let mut theta = (ratio - floor).max(0.0);
    for _ in 0..30 {
        theta = (xi(theta) * (1.0 + ratio * ratio) - 2.0).max(0.0).sqrt();
    }
    1.0 / xi(theta).sqrt()
}

/// Variance of a Rician magnitude over that of its channels at signal-to-noise `theta`.
fn xi(theta: f64) -> f64 {
    let half = theta * theta / 4.0;
    let (i0, i1) = scaled_bessel(half);
    let curve = (2.0 + theta * theta) * i0 + theta * theta * i1;
    2.0 + theta * theta - std::f64::consts::PI / 8.0 * curve * curve
}

/// exp(-x) I0(x) and exp(-x) I1(x) for x >= 0, by numbers 9.8.1 to 9.8.4 of Abramowitz and Stegun.
fn scaled_bessel(x: f64) -> (f64, f64) {
    let series = |c: &[f64], t: f64| c.iter().rev().fold(0.0, |sum, c| sum * t + c);
    if x < 3.75 {
        let t = (x / 3.75).powi(2);
        let i0 = series(
            &[1.0, 3.515_622_9, 3.089_942_4, 1.206_749_2, 0.265_973_2, 0.036_076_8, 0.004_581_3],
            t,
        );
        let i1 = x * series(
            &[
                0.5,
                0.878_905_94,
                0.514_988_69,
                0.150_849_34,
                0.026_587_33,
                0.003_015_32,
                0.000_324_11,
            ],
            t,
        );
        return (i0 * (-x).exp(), i1 * (-x).exp());
    }
    let t = 3.75 / x;
    let i0 = [
        0.398_942_28,
        0.013_285_92,
        0.002_253_19,
        -0.001_575_65,
        0.009_162_81,
        -0.020_577_06,
        0.026_355_37,
        -0.016_476_33,
        0.003_923_77,
    ];
    let i1 = [
        0.398_942_28,
        -0.039_880_24,
        -0.003_620_18,
        0.001_638_01,
        -0.010_315_55,
        0.022_829_67,
        -0.028_953_12,
        0.017_876_54,
        -0.004_200_59,
    ];
    (series(&i0, t) / x.sqrt(), series(&i1, t) / x.sqrt())
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{clean_head, rician, taken_of, value};
    use super::*;

    #[test]
    fn both_tell_the_noise_that_was_added() {
        for (size, sigma) in [(256, 2.0_f32), (256, 10.0), (256, 25.0), (128, 4.0)] {
            let taken = taken_of(&rician(clean_head(size, size), sigma, 5), None);
            let truth = 100.0 / f64::from(sigma);
            for name in [SNR, SNRD] {
                let ratio = value(&taken, name).unwrap() / truth;
                assert!((0.75..1.3).contains(&ratio), "{name} {size} {sigma} {ratio}");
            }
        }
    }

    #[test]
    fn the_correction_is_one_far_above_the_noise_and_rayleigh_at_its_floor() {
        assert!((normal_from_rician(50.0, 1.0) - 1.0).abs() < 0.01);
        let floor = (std::f64::consts::PI / (4.0 - std::f64::consts::PI)).sqrt();
        assert!((normal_from_rician(floor, 1.0) - 1.0 / xi(0.0).sqrt()).abs() < 0.05);
        assert!((xi(0.0) - (2.0 - std::f64::consts::FRAC_PI_2)).abs() < 1e-9);
        assert!(
            normal_from_rician(0.0, 0.0).is_finite()
                && normal_from_rician(1.0, f64::NAN).is_finite()
        );
    }

    #[test]
    fn scaled_bessel_functions_have_known_values() {
        let (i0, i1) = scaled_bessel(1.0);
        assert!(
            (i0 - 1.266_065_9 / 1.0_f64.exp()).abs() < 1e-6
                && (i1 - 0.565_159_1 / 1.0_f64.exp()).abs() < 1e-6
        );
        let (i0, i1) = scaled_bessel(10.0);
        assert!((i0 - 0.127_833_34).abs() < 1e-6 && (i1 - 0.121_262_68).abs() < 1e-6);
    }
}
