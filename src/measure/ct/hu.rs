//! CT numbers of air, fat and soft tissue: whether the scale of the scanner holds.

use super::grid::{Grid, morph};
use super::{Masks, Taken};

/// HU of the air outside the body: lower quartile of the block means, since whatever else lies there (mattress,
/// blanket) is denser. Missing where the field holds no air, or
/// where a maker has filled the air with a constant.
pub const AIR_HU: &str = "air_hu";
/// HU of the peak of soft tissue: mode of block means of the body from -20 to 180 HU.
pub const SOFT_TISSUE_HU: &str = "soft_tissue_hu";
/// Area of the body within 20 HU of the peak of soft tissue, mm^2.
pub const SOFT_TISSUE_AREA: &str = "soft_tissue_area";
/// HU of the peak of fat: mode of block means of the body from -180 to -20 HU.
pub const FAT_HU: &str = "fat_hu";
/// Area of the body within 20 HU of the peak of fat, mm^2.
pub const FAT_AREA: &str = "fat_area";

/// Below this, HU, a cell may be air: blankets and clothes (-900 to -500) stay above.
const MAY_BE_AIR: f32 = -700.0;
/// Fewer cells of air than this tell nothing: 2 % of a grid of 128 x 128. Where the body fills the field, what
/// is left is mattress and the blur of the skin.
const LEAST_CELLS: usize = 320;
/// A peak with less behind it is none, mm^2.
const LEAST_AREA: f64 = 500.0;
/// Width of a bin of the histogram, HU, and its start.
const BIN: f32 = 4.0;
const START: f32 = -180.0;
const BINS: usize = 90;
/// A peak is at least this many times the valley to the other.
const VALLEY: f64 = 1.3;
/// The bin between fat and soft tissue: -20 HU.
const BETWEEN: usize = 40;

/// Lower quartile of the air at least two cells from the body; nothing where nine tenths of its cells are
/// constant (masked).
pub fn air(grid: &Grid, masks: &mut Masks, out: &mut Vec<Taken>) {
    let Masks { body, spare, work, values, .. } = masks;
    work.clear();
    work.extend_from_slice(body);
    morph(work, grid.cols, 2, true, spare);
    values.clear();
    let mut constant = 0;
    for at in (0..grid.len()).filter(|at| grid.valid[*at] && !work[*at]) {
        if grid.mean[at] < MAY_BE_AIR {
            values.push(grid.mean[at]);
            // A constant cell has the rounding of f32 only.
            constant += usize::from(grid.square[at] < 0.25 * grid.count[at]);
        }
    }
    if values.len() < LEAST_CELLS || 10 * constant > 9 * values.len() {
        return;
    }
    let quarter = values.len() / 4;
    let (_, quartile, _) = values.select_nth_unstable_by(quarter, f32::total_cmp);
    out.push(Taken { name: AIR_HU, value: f64::from(*quartile), place: None });
}

/// The two peaks of the histogram of the block means of the body, each with the area behind it.
pub fn peaks(grid: &Grid, masks: &Masks, out: &mut Vec<Taken>) {
    let mut bins = [0.0_f64; BINS];
    for (mean, _) in grid.mean.iter().zip(&masks.body).filter(|(_, b)| **b) {
        let at = (mean - START) / BIN;
        if at >= 0.0 {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "not negative, and a bin beyond the last is not found"
            )]
            if let Some(bin) = bins.get_mut(at as usize) {
                *bin += 1.0;
            }
        }
    }
    let halves =
        [(FAT_HU, FAT_AREA, 0, BETWEEN), (SOFT_TISSUE_HU, SOFT_TISSUE_AREA, BETWEEN, BINS)];
    for (name, area_name, from, to) in halves {
        let Some(peak) = peak(&bins, from, to) else { continue };
        let within: f64 =
            (0..BINS).filter(|i| (middle(*i) - peak).abs() <= 20.0).map(|i| bins[i]).sum();
        let area = within * grid.cell_area();
        if area >= LEAST_AREA {
            out.push(Taken { name, value: peak, place: None });
            out.push(Taken { name: area_name, value: area, place: None });
        }
    }
}

/// HU in the middle of a bin.
#[expect(clippy::cast_precision_loss, reason = "few bins")]
fn middle(bin: usize) -> f64 {
    f64::from(START) + f64::from(BIN) * (bin as f64 + 0.5)
}

/// Mode of the bins smoothed over 20 HU, as the mean of the bins about it; `None` where it lies at
/// an end of the band, or no valley parts it from the other band, being the flank of something else.
fn peak(bins: &[f64; BINS], from: usize, to: usize) -> Option<f64> {
    let smooth = |at: usize| -> f64 {
        let weights = [1.0, 2.0, 3.0, 2.0, 1.0];
        (0..5)
            .map(|k| weights[k] * (at + k).checked_sub(2).and_then(|i| bins.get(i)).unwrap_or(&0.0))
            .sum()
    };
    let best = (from..to).max_by(|a, b| smooth(*a).total_cmp(&smooth(*b)))?;
    if smooth(best) <= 0.0 || best < from + 1 || best + 2 > to {
        return None;
    }
    // The flank of the other peak is no peak: between both there must be a valley.
    let toward = if from == 0 { best..BETWEEN + 2 } else { BETWEEN - 2..best };
    let valley = toward.map(smooth).fold(f64::MAX, f64::min);
    if smooth(best) < VALLEY * valley {
        return None;
    }
    let around = best.saturating_sub(3)..(best + 4).min(BINS);
    let (mut sum, mut weighted) = (0.0, 0.0);
    for at in around {
        sum += bins[at];
        weighted += bins[at] * middle(at);
    }
    (sum > 0.0).then(|| weighted / sum)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{disc, frame, value};
    use super::super::{Scratch, one_touch};
    use super::*;
    use ndarray::Array2;

    /// Muscle within fat within air.
    fn patient() -> Array2<f32> {
        let (outer, inner) = (disc(512, 150.0, 12.0), disc(512, 110.0, 0.0));
        let mut hu = outer;
        hu.zip_mut_with(&inner, |v, i| {
            if *v > -500.0 {
                *v += -105.0 + 160.0 * (i + 1000.0) / 1000.0;
            }
        });
        hu
    }

    #[test]
    fn peaks_and_air_are_found_and_follow_a_shift_of_the_scale() {
        let hu = patient();
        for shift in [0.0_f32, 25.0, -25.0] {
            let taken = one_touch(&frame(&hu.mapv(|v| v + shift)), &mut Scratch::default());
            for (name, hu) in [(AIR_HU, -1000.0), (SOFT_TISSUE_HU, 55.0), (FAT_HU, -105.0)] {
                let found = value(&taken, name).unwrap();
                assert!((found - hu - f64::from(shift)).abs() < 3.0, "{name} {found}");
            }
            let area = value(&taken, SOFT_TISSUE_AREA).unwrap();
            assert!((area / (std::f64::consts::PI * 110.0_f64.powi(2)) - 1.0).abs() < 0.06);
        }
    }

    #[test]
    fn masked_air_and_no_air_give_no_number() {
        let masked = patient().mapv(|v| if v < -500.0 { -1000.0 } else { v });
        assert_eq!(value(&one_touch(&frame(&masked), &mut Scratch::default()), AIR_HU), None);
        let inside = Array2::from_elem((256, 256), 40.0);
        let taken = one_touch(&frame(&inside), &mut Scratch::default());
        assert_eq!((value(&taken, AIR_HU), value(&taken, FAT_HU)), (None, None));
    }
}
