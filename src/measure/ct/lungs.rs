//! Lung in a slice, and whether the first or last slice of a chest still shows it.

use super::grid::Grid;
use super::mask::{bounds, count, ones, within};
use super::{Masks, Taken};

/// Area of aerated lung inside the body, mm^2: cells of -960 to -500 HU whose neighbours
/// are all below -400 HU.
pub const LUNG_AREA: &str = "lung_area";
/// Area of gas inside the body, mm^2: cells below -960 HU (airways, bowel, emphysema).
pub const GAS_AREA: &str = "gas_area";
/// [`LUNG_AREA`] of the first slice of a stack, mm^2.
pub const LUNG_AREA_FIRST_SLICE: &str = "lung_area_first_slice";
/// [`LUNG_AREA`] of the last slice of a stack, mm^2.
pub const LUNG_AREA_LAST_SLICE: &str = "lung_area_last_slice";
/// Largest [`LUNG_AREA`] of a stack, mm^2.
pub const LUNG_AREA_LARGEST: &str = "lung_area_largest";

/// Lung holds more tissue than this, HU; gas of the bowel and the airways does not.
const GAS: f32 = -960.0;
/// Lung is below, HU.
const LUNG: f32 = -500.0;
/// Around lung all is below, HU: the rim of a bubble of gas is not, being next to tissue.
const AROUND: f32 = -400.0;
/// What counts as lung in a stack and at its ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// A stack whose largest lung area is less shows no chest, mm^2.
    pub largest_min: f64,
    /// More than this at an end is lung, mm^2: a slice through the tip of an apex or of an angle has less.
    pub end_area_max: f64,
    /// The same as a share of the largest area.
    pub end_share_max: f64,
}

impl Limits {
    /// Nothing is left out: what is measured of a stack, whatever it shows.
    pub const NONE: Self = Self { largest_min: 0.0, end_area_max: 0.0, end_share_max: 0.0 };
}

/// Both areas of one frame; the place of the lung is its box.
pub fn lungs(grid: &Grid, masks: &mut Masks, out: &mut Vec<Taken>) {
    let Masks { body, work: near, spare: lung, .. } = masks;
    near.clear();
    // Three neighbours in a row that are all below the limit.
    near.extend(grid.mean.iter().map(|row| {
        let low = within(row, f32::NEG_INFINITY..AROUND);
        low & (low << 1) & (low >> 1)
    }));
    let inner = ones(1..grid.cols.saturating_sub(1).max(1));
    let mut gas = 0;
    lung.clear();
    lung.resize(grid.rows, 0);
    for y in 1..grid.rows.saturating_sub(1) {
        let inside = body[y] & inner;
        if inside == 0 {
            continue;
        }
        let row = &grid.mean[y];
        let empty = within(row, f32::NEG_INFINITY..GAS);
        gas += (inside & empty).count_ones();
        let around = inside & near[y - 1] & near[y] & near[y + 1];
        if around != 0 {
            lung[y] = around & !empty & within(row, f32::NEG_INFINITY..LUNG);
        }
    }
    let place = bounds(lung).map(|cells| grid.place(cells));
    let area = |cells: u32| f64::from(cells) * grid.cell_area();
    out.push(Taken { name: LUNG_AREA, value: area(count(lung)), place });
    out.push(Taken { name: GAS_AREA, value: area(gas), place: None });
}

/// What the two ends of a chest show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ends {
    /// Lung area of the first slice, mm^2.
    pub first: f64,
    /// Lung area of the last slice, mm^2.
    pub last: f64,
    /// Largest lung area, mm^2.
    pub largest: f64,
    /// Whether lung is cut at the first end.
    pub first_cut: bool,
    /// Whether lung is cut at the last end.
    pub last_cut: bool,
}

/// Whether lung goes on beyond an end of a stack. `areas` is [`LUNG_AREA`] in slice order, one a position,
/// `None` where it is missing. An end is cut where its outermost two measured slices
/// both show more lung than the limits. `None` where the largest area is below that of a chest, or there
/// are fewer than five slices.
pub fn ends(areas: &[Option<f64>], limits: Limits) -> Option<Ends> {
    let seen: Vec<f64> = areas.iter().copied().flatten().filter(|a| a.is_finite()).collect();
    let largest = seen.iter().copied().fold(0.0, f64::max);
    let ([first, second, ..], [.., before, last]) = (&seen[..], &seen[..]) else { return None };
    if seen.len() < 5 || largest < limits.largest_min {
        return None;
    }
    let limit = limits.end_area_max.max(limits.end_share_max * largest);
    Some(Ends {
        first: *first,
        last: *last,
        largest,
        first_cut: first.min(*second) > limit,
        last_cut: last.min(*before) > limit,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{disc, stored, value};
    use super::super::{Scratch, one_touch};
    use super::*;
    use ndarray::s;

    const LIMITS: Limits = Limits { largest_min: 5000.0, end_area_max: 300.0, end_share_max: 0.02 };

    #[test]
    fn lung_counts_and_a_bubble_of_gas_does_not() {
        let mut hu = disc(512, 150.0, 10.0);
        let taken = one_touch(&stored(&hu).frame(), &mut Scratch::default());
        assert_eq!(value(&taken, LUNG_AREA), Some(0.0));
        hu.slice_mut(s![220..280, 180..240]).fill(-1000.0);
        let taken = one_touch(&stored(&hu).frame(), &mut Scratch::default());
        assert_eq!(value(&taken, LUNG_AREA), Some(0.0));
        assert!((value(&taken, GAS_AREA).unwrap() - 3600.0).abs() < 300.0);
        hu.slice_mut(s![220..280, 180..240]).fill(-850.0);
        let taken = one_touch(&stored(&hu).frame(), &mut Scratch::default());
        let area = value(&taken, LUNG_AREA).unwrap();
        assert!(area > 2600.0 && area < 3700.0, "{area}");
        let place = taken.iter().find(|t| t.name == LUNG_AREA).unwrap().place.unwrap();
        assert!(place[0] >= 180 && place[3] <= 280, "{place:?}");
    }

    #[test]
    fn ends_are_told_apart() {
        let whole: Vec<_> =
            [0.0, 10.0, 900.0, 9000.0, 20000.0, 3000.0, 0.0, 0.0].map(Some).to_vec();
        let found = ends(&whole, LIMITS).unwrap();
        assert!(!found.first_cut && !found.last_cut);
        let found = ends(&whole[3..], LIMITS).unwrap();
        assert!(found.first_cut && !found.last_cut);
        assert!(ends(&whole[..5], LIMITS).unwrap().last_cut);
        assert_eq!(ends(&[Some(10.0); 9], LIMITS), None);
        assert_eq!(ends(&[Some(9000.0); 3], LIMITS), None);
        assert_eq!(ends(&[None; 9], LIMITS), None);
    }
}
