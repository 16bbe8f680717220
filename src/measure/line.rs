//! How straight a stack runs: the line through the in-plane places of its slices. A tilted gantry
//! moves them evenly and stays on the line; a slice off the line was shifted.

use super::geometry::{Vector, along, median};

/// Distances from the line, mm.
#[derive(Clone, Debug, PartialEq)]
pub struct Straightness {
    /// Of each place, in order.
    pub off_mm: Vec<f64>,
}

impl Straightness {
    /// The largest distance.
    pub fn largest(&self) -> f64 {
        self.off_mm.iter().copied().fold(0.0, f64::max)
    }
}

/// Fits a line through positions (mm, LPS) in the order along `normal`, each axis by itself. The slope is
/// the median over neighbours, which a jump does not move, or over slices half a stack apart, which
/// rounding does not move: whichever leaves the smaller median distance. `None` for fewer than
/// three positions.
pub fn straightness(positions: &[Vector], normal: &Vector) -> Option<Straightness> {
    if positions.len() < 3 {
        return None;
    }
    let at: Vec<f64> = positions.iter().map(|p| along(p, normal)).collect();
    let mut off_squared = vec![0.0; positions.len()];
    for axis in 0..3 {
        let plane: Vec<f64> =
            positions.iter().zip(&at).map(|(p, a)| p[axis] - a * normal[axis]).collect();
        let near = distances(&at, &plane, 1)?;
        let far = distances(&at, &plane, positions.len() / 2)?;
        let middle = |off: &[f64]| median(&mut off.to_vec());
        let off = if middle(&near)? <= middle(&far)? { near } else { far };
        for (sum, off) in off_squared.iter_mut().zip(&off) {
            *sum += off * off;
        }
    }
    Some(Straightness { off_mm: off_squared.into_iter().map(f64::sqrt).collect() })
}

/// Distances from the line whose slope is the median over places `apart` places from each other.
fn distances(at: &[f64], plane: &[f64], apart: usize) -> Option<Vec<f64>> {
    let slope = |i: usize| {
        let run = at[i] - at[i - apart];
        (run > f64::EPSILON).then(|| (plane[i] - plane[i - apart]) / run)
    };
    let mut slopes: Vec<f64> = (apart..plane.len()).filter_map(slope).collect();
    let slope = median(&mut slopes)?;
    let level: Vec<f64> = plane.iter().zip(at).map(|(p, a)| p - slope * a).collect();
    let offset = median(&mut level.clone())?;
    Some(level.into_iter().map(|l| (l - offset).abs()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const Z: Vector = [0.0, 0.0, 1.0];

    fn column(n: u8, tilt: f64) -> Vec<Vector> {
        (0..n).map(|i| [-100.0, -120.0 + tilt * f64::from(i), 5.0 * f64::from(i)]).collect()
    }

    #[test]
    fn straight_and_tilted_stacks_lie_on_their_line() {
        for tilt in [0.0, 1.8, -3.0] {
            assert!(straightness(&column(9, tilt), &Z).unwrap().largest() < 1e-9);
        }
        assert_eq!(straightness(&column(2, 0.0), &Z), None);
    }

    #[test]
    fn shifted_slices_lie_off_it_by_their_shift() {
        let mut one = column(9, 1.8);
        one[4][0] += 12.0;
        let off = straightness(&one, &Z).unwrap().off_mm;
        assert!((off[4] - 12.0).abs() < 1e-9 && off[3] < 1e-9 && off[5] < 1e-9);
        let mut rest = column(9, 0.0);
        rest[6..].iter_mut().for_each(|p| p[1] -= 7.0);
        let off = straightness(&rest, &Z).unwrap().off_mm;
        assert!((off[7] - 7.0).abs() < 1e-9 && off[5] < 1e-9);
    }
}
