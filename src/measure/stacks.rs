//! Series → stacks: images of one plane that lie beside each other, told apart from those that lie
//! on the same place because time, echo, b-value or another attribute differs.

use std::collections::BTreeMap;

use super::geometry::{self, Orientation, Place, Vector};

/// One image of a series, as far as stacking needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// Image Position (Patient), mm, LPS.
    pub position: Vector,
    /// Image Orientation (Patient).
    pub orientation: Orientation,
    /// Rows and Columns.
    pub matrix: (i64, i64),
    /// What may tell images on one place apart (image type, echo, b-value …), the likeliest first.
    pub labels: Vec<String>,
    /// Instance Number, or the number of the position in its stack.
    pub number: Option<i64>,
}

/// How alike images of one stack are.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    /// Largest angle between planes of one stack, degrees.
    pub orientation_deg: f64,
    /// Largest distance along the normal at which two images lie on the same place, mm.
    pub same_position_mm: f64,
}

/// Images of one plane and kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// Unit normal.
    pub normal: Vector,
    /// Where its images lie, along the normal; members are indices into the given slices.
    pub places: Vec<Place>,
}

impl Stack {
    /// The number of the first image of each place.
    pub fn numbers(&self, slices: &[Slice]) -> Vec<Option<i64>> {
        let number = |i: &usize| slices.get(*i).and_then(|s| s.number);
        self.places.iter().map(|p| p.members.iter().filter_map(number).min()).collect()
    }

    /// Whether several images lie on one place and nothing tells them apart.
    pub fn has_repeats(&self) -> bool {
        self.places.iter().any(|p| p.members.len() > 1)
    }
}

/// A group smaller than this is no evidence that an attribute separates stacks.
const SMALLEST_GROUP: usize = 4;

/// Splits slices into stacks: by plane and matrix always, by a label only where images share a
/// place and the label separates them. (A label that differs from slice to slice of one volume, as
/// Acquisition Number does for some makers, must not tear it apart.)
pub fn split(slices: &[Slice], tolerance: &Tolerance) -> Vec<Stack> {
    let mut planes: Vec<(Orientation, (i64, i64), Vec<usize>)> = Vec::new();
    for (index, slice) in slices.iter().enumerate() {
        let known = planes.iter_mut().find(|(orientation, matrix, _)| {
            *matrix == slice.matrix
                && geometry::turn_deg(orientation, &slice.orientation) <= tolerance.orientation_deg
        });
        match known {
            Some((_, _, members)) => members.push(index),
            None => planes.push((slice.orientation, slice.matrix, vec![index])),
        }
    }
    let mut stacks = Vec::new();
    for (orientation, _, members) in planes {
        let Some(normal) = geometry::normal(&orientation) else { continue };
        separate(slices, &members, &normal, tolerance.same_position_mm, &mut stacks);
    }
    stacks
}

fn lay(slices: &[Slice], members: &[usize], normal: &Vector, same_mm: f64) -> Vec<Place> {
    let along: Vec<(usize, f64)> = members
        .iter()
        .filter_map(|i| Some((*i, geometry::along(&slices.get(*i)?.position, normal))))
        .collect();
    geometry::places(&along, same_mm)
}

fn separate(
    slices: &[Slice],
    members: &[usize],
    normal: &Vector,
    same_mm: f64,
    stacks: &mut Vec<Stack>,
) {
    let places = lay(slices, members, normal, same_mm);
    let most = places.iter().map(|p| p.members.len()).max().unwrap_or(0);
    let repeats = members.len() - places.len();
    let labels = members.first().and_then(|i| slices.get(*i)).map_or(0, |s| s.labels.len());
    for label in 0..if most > 1 { labels } else { 0 } {
        let groups = by_label(slices, members, label);
        let worthy = groups.len() <= most || groups.values().all(|g| g.len() >= SMALLEST_GROUP);
        if groups.len() < 2 || !worthy {
            continue;
        }
        let left: usize =
            groups.values().map(|g| g.len() - lay(slices, g, normal, same_mm).len()).sum();
        if left < repeats {
            for group in groups.values() {
                separate(slices, group, normal, same_mm, stacks);
            }
            return;
        }
    }
    stacks.push(Stack { normal: *normal, places });
}

fn by_label<'a>(
    slices: &'a [Slice],
    members: &[usize],
    label: usize,
) -> BTreeMap<&'a str, Vec<usize>> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for index in members {
        let value = slices.get(*index).and_then(|s| s.labels.get(label)).map_or("", String::as_str);
        groups.entry(value).or_default().push(*index);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    const AXIAL: Orientation = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    const SAGITTAL: Orientation = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0];
    const TOLERANCE: Tolerance = Tolerance { orientation_deg: 0.5, same_position_mm: 0.05 };

    fn slice(orientation: Orientation, at: f64, labels: &[&str]) -> Slice {
        let normal = geometry::normal(&orientation).unwrap();
        Slice {
            position: normal.map(|x| x * at),
            orientation,
            matrix: (64, 64),
            labels: labels.iter().map(|l| (*l).to_owned()).collect(),
            number: None,
        }
    }

    fn sizes(slices: &[Slice]) -> Vec<usize> {
        split(slices, &TOLERANCE).iter().map(|s| s.places.len()).collect()
    }

    #[test]
    fn planes_and_matrices_are_separate() {
        let mut slices: Vec<_> = (0..3).map(|n| slice(AXIAL, f64::from(n), &[])).collect();
        slices.extend((0..2).map(|n| slice(SAGITTAL, f64::from(n), &[])));
        slices.push(Slice { matrix: (32, 32), ..slice(AXIAL, 9.0, &[]) });
        assert_eq!(sizes(&slices), [3, 2, 1]);
    }

    #[test]
    fn two_labels_separate_a_time_series_of_two_echoes() {
        let mut slices = Vec::new();
        for (echo, time) in [("1", "a"), ("2", "a"), ("1", "b"), ("2", "b")] {
            slices.extend((0..5).map(|n| slice(AXIAL, f64::from(n), &[echo, time])));
        }
        assert_eq!(sizes(&slices), [5, 5, 5, 5]);
    }

    #[test]
    fn a_label_of_each_slice_does_not_tear_a_volume_apart() {
        let names: Vec<String> = (0..5).map(|n| n.to_string()).collect();
        let alone: Vec<_> =
            names.iter().zip(0..).map(|(l, n)| slice(AXIAL, f64::from(n), &[l])).collect();
        assert_eq!(sizes(&alone), [5]);
        let mut twice = alone.clone();
        twice.extend(alone);
        let stacks = split(&twice, &TOLERANCE);
        assert_eq!(stacks.len(), 1);
        assert!(stacks[0].has_repeats());
    }
}
