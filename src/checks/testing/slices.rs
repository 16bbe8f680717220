//! Studies of slices, and what was measured of them.

use super::{instance, place, study};
use crate::model::measurement::Measurement;
use crate::model::study::{Instance, Study};

/// A slice that was decoded, and sampled for the costlier measures.
pub fn decoded(i: &mut Instance) {
    take(i, "p01", 0.0);
    take(i, "sampled", 1.0);
}

/// Sets a measurement of the first frame.
pub fn take(i: &mut Instance, name: &'static str, value: f64) {
    i.measurements.retain(|m| m.name != name);
    i.measurements.push(Measurement::of_frame(name, 0, value));
}

/// A study of one regular volume of `slices` slices.
pub fn volume(modality: &str, slices: usize, spacing: f64) -> Study {
    let at = |n: usize| f64::from(u32::try_from(n).unwrap()) * spacing;
    stack(modality, &(0..slices).map(at).collect::<Vec<_>>())
}

/// A study of one series with a slice at each of `positions` (mm along z).
pub fn stack(modality: &str, positions: &[f64]) -> Study {
    study(
        positions
            .iter()
            .enumerate()
            .map(|(n, z)| {
                let mut i = instance(modality, n + 1);
                place(&mut i, *z);
                i
            })
            .collect(),
    )
}

/// A study of twelve slices that were decoded and sampled: the first `beyond` have the second value of a
/// measurement, the others the first.
pub fn measured_slices(
    modality: &str,
    name: &'static str,
    [good, bad]: [f64; 2],
    beyond: usize,
) -> Study {
    let mut study = volume(modality, 12, 5.0);
    for (n, i) in study.series[0].instances.iter_mut().enumerate() {
        decoded(i);
        take(i, name, if n < beyond { bad } else { good });
    }
    study
}
