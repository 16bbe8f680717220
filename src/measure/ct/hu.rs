//! CT numbers of air, fat and soft tissue: whether the scale of the scanner holds.

use multiversion::multiversion;

use super::grid::{Grid, PADDING_BELOW, Row, WIDTH};
use super::mask::{below_share, morph, places, runs, within};
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
const LEAST_CELLS: u32 = 320;
/// Bins of the means of air, one HU each, from the least that is no padding.
const AIR_BINS: usize = 801;
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
    let Masks { body, work, values, .. } = masks;
    work.clear();
    work.extend_from_slice(body);
    morph(work, grid.cols, 2, true);
    let (mut total, mut constant) = (0, 0);
    let mut lots = [[0_u16; AIR_BINS]; 2];
    for (y, near) in work.iter_mut().enumerate() {
        let mean = &grid.mean[y];
        let air = grid.valid[y] & !*near & within(mean, f32::MIN..MAY_BE_AIR);
        *near = air;
        if air != 0 {
            // A constant cell has the rounding of f32 only.
            let still = below_share(&grid.square[y], &grid.count[y], 0.25);
            constant += (air & still).count_ones();
            total += air.count_ones();
            tally(mean, air, [PADDING_BELOW, 1.0], &mut lots);
        }
    }
    if total < LEAST_CELLS || 10 * constant > 9 * total {
        return;
    }
    let (mut before, quarter) = (0, total / 4);
    for (bin, (a, b)) in (0_u16..).zip(lots[0].iter().zip(&lots[1])) {
        let n = u32::from(*a) + u32::from(*b);
        if before + n > quarter {
            // The bin that holds the quartile: only its values have to be ordered.
            let low = PADDING_BELOW + f32::from(bin);
            values.clear();
            for (mean, air) in grid.mean.iter().zip(work.iter()).filter(|(_, air)| **air != 0) {
                values.extend(places(air & within(mean, low..low + 1.0)).map(|x| mean[x]));
            }
            values.sort_unstable_by(f32::total_cmp);
            let quartile = values.get((quarter - before) as usize).copied();
            out.extend(quartile.map(|v| Taken::of(AIR_HU, f64::from(v))));
            return;
        }
        before += n;
    }
}

/// Counts the cells of a row by value, in bins from `start` on; what lies beyond the last bin, or
/// below the first, counts in the last. Neighbours are counted in two lots, as equal values in a row
/// wait for each other.
fn tally<const N: usize>(
    mean: &Row,
    cells: u128,
    [start, wide]: [f32; 2],
    lots: &mut [[u16; N]; 2],
) {
    #[multiversion(targets("x86_64+avx2"))]
    fn bins(mean: &Row, start: f32, each: f32, last: f32, out: &mut [u16; WIDTH]) {
        for (o, v) in out.iter_mut().zip(mean) {
            let at = (v - start) * each;
            let at = if at >= 0.0 && at < last { at } else { last };
            // From 8192 on a float has ten bits behind the point: the whole part stands above.
            *o = ((at + 8192.0).to_bits() >> 10 & 0x1FFF) as u16;
        }
    }
    let mut at = [0; WIDTH];
    #[expect(clippy::cast_precision_loss, reason = "few bins")]
    bins(mean, start, 1.0 / wide, (N - 1) as f32, &mut at);
    let mut count = |lot: usize, at: u16| {
        if let Some(bin) = lots[lot].get_mut(usize::from(at)) {
            *bin += 1;
        }
    };
    for run in runs(cells) {
        let (pairs, rest) = at[run].as_chunks::<2>();
        for [a, b] in pairs {
            count(0, *a);
            count(1, *b);
        }
        for at in rest {
            count(0, *at);
        }
    }
}

/// The two peaks of the histogram of the block means of the body, each with the area behind it.
pub fn peaks(grid: &Grid, masks: &Masks, out: &mut Vec<Taken>) {
    let bins = histogram(grid, &masks.body);
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

/// Counts of the cells of the body.
fn histogram(grid: &Grid, body: &[u128]) -> [f64; BINS] {
    let mut lots = [[0_u16; BINS + 1]; 2];
    for (mean, body) in grid.mean.iter().zip(body).filter(|(_, body)| **body != 0) {
        tally(mean, *body, [START, BIN], &mut lots);
    }
    std::array::from_fn(|i| f64::from(lots[0][i]) + f64::from(lots[1][i]))
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
    use super::super::tests::{disc, stored, value};
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
            let taken =
                one_touch(&stored(&hu.mapv(|v| v + shift)).frame(), &mut Scratch::default());
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
        assert_eq!(
            value(&one_touch(&stored(&masked).frame(), &mut Scratch::default()), AIR_HU),
            None
        );
        let inside = Array2::from_elem((256, 256), 40.0);
        let taken = one_touch(&stored(&inside).frame(), &mut Scratch::default());
        assert_eq!((value(&taken, AIR_HU), value(&taken, FAT_HU)), (None, None));
    }
}
