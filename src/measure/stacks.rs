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
    /// Instance Number, or the number of the position in its stack.
    pub number: Option<i64>,
}

/// How alike images of one stack are.
#[derive(Clone, Copy, Debug, PartialEq)]
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

    /// The parts of the stack between gaps wider than `gap` mm: slabs are placed by themselves.
    pub fn slabs(&self, gap: f64) -> Vec<&[Place]> {
        self.places.chunk_by(|a, b| b.at - a.at <= gap).collect()
    }

    /// How many images lie on a place that another has, and nothing tells them apart.
    pub fn repeats(&self) -> usize {
        self.places.iter().map(|p| p.members.len().saturating_sub(1)).sum()
    }
}

/// What may tell images on one place apart (image type, echo, b-value …), the likeliest first. Asked
/// only where images share a place: for most series never.
pub trait Labels {
    /// How many there are.
    fn count(&self) -> usize;
    /// The label with that number of the slice with that index; empty where it has none.
    fn label(&self, slice: usize, label: usize) -> String;
}

/// A group smaller than this is no evidence that an attribute separates stacks.
const SMALLEST_GROUP: usize = 4;

/// Splits slices into stacks: by plane and matrix always, by a label only where images share a
/// place and the label separates them. (A label that differs from slice to slice of one volume, as
/// Acquisition Number does for some makers, must not tear it apart.)
pub fn split(slices: &[Slice], labels: &impl Labels, tolerance: &Tolerance) -> Vec<Stack> {
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
        let same_mm = tolerance.same_position_mm;
        separate(&Split { slices, labels, normal, same_mm }, &members, &mut stacks);
    }
    stacks
}

struct Split<'a, L> {
    slices: &'a [Slice],
    labels: &'a L,
    normal: Vector,
    same_mm: f64,
}

impl<L: Labels> Split<'_, L> {
    fn lay(&self, members: &[usize]) -> Vec<Place> {
        let along: Vec<(usize, f64)> = members
            .iter()
            .filter_map(|i| {
                Some((*i, geometry::along(&self.slices.get(*i)?.position, &self.normal)))
            })
            .collect();
        geometry::places(&along, self.same_mm)
    }

    fn by_label(&self, members: &[usize], label: usize) -> BTreeMap<String, Vec<usize>> {
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for index in members {
            groups.entry(self.labels.label(*index, label)).or_default().push(*index);
        }
        groups
    }
}

fn separate<L: Labels>(split: &Split<'_, L>, members: &[usize], stacks: &mut Vec<Stack>) {
    let places = split.lay(members);
    let most = places.iter().map(|p| p.members.len()).max().unwrap_or(0);
    let repeats = members.len() - places.len();
    for label in 0..if most > 1 { split.labels.count() } else { 0 } {
        let groups = split.by_label(members, label);
        let worthy = groups.len() <= most || groups.values().all(|g| g.len() >= SMALLEST_GROUP);
        if groups.len() < 2 || !worthy {
            continue;
        }
        let left: usize = groups.values().map(|g| g.len() - split.lay(g).len()).sum();
        if left < repeats {
            for group in groups.values() {
                separate(split, group, stacks);
            }
            return;
        }
    }
    stacks.push(Stack { normal: split.normal, places });
}

#[cfg(test)]
mod tests {
    use super::*;

    const AXIAL: Orientation = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    const SAGITTAL: Orientation = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0];
    const TOLERANCE: Tolerance = Tolerance { orientation_deg: 0.5, same_position_mm: 0.05 };

    /// The labels of each slice.
    struct Given(Vec<Vec<&'static str>>);

    impl Labels for Given {
        fn count(&self) -> usize {
            self.0.first().map_or(0, Vec::len)
        }

        fn label(&self, slice: usize, label: usize) -> String {
            self.0[slice][label].to_owned()
        }
    }

    fn slice(orientation: Orientation, at: f64) -> Slice {
        let normal = geometry::normal(&orientation).unwrap();
        let position = normal.map(|x| x * at);
        Slice { position, orientation, matrix: (64, 64), number: None }
    }

    fn row(n: u8) -> Vec<Slice> {
        (0..n).map(|n| slice(AXIAL, f64::from(n))).collect()
    }

    fn stacks(slices: &[Slice], labels: Vec<Vec<&'static str>>) -> Vec<Stack> {
        split(slices, &Given(labels), &TOLERANCE)
    }

    fn sizes(stacks: &[Stack]) -> Vec<usize> {
        stacks.iter().map(|s| s.places.len()).collect()
    }

    #[test]
    fn planes_and_matrices_are_separate() {
        let mut slices = row(3);
        slices.extend((0..2).map(|n| slice(SAGITTAL, f64::from(n))));
        slices.push(Slice { matrix: (32, 32), ..slice(AXIAL, 9.0) });
        assert_eq!(sizes(&stacks(&slices, Vec::new())), [3, 2, 1]);
    }

    #[test]
    fn two_labels_separate_a_time_series_of_two_echoes() {
        let (mut slices, mut labels) = (Vec::new(), Vec::new());
        for (echo, time) in [("1", "a"), ("2", "a"), ("1", "b"), ("2", "b")] {
            slices.extend(row(5));
            labels.extend((0..5).map(|_| vec![echo, time]));
        }
        assert_eq!(sizes(&stacks(&slices, labels)), [5, 5, 5, 5]);
    }

    #[test]
    fn a_label_of_each_slice_does_not_tear_a_volume_apart() {
        let names = ["0", "1", "2", "3", "4"].map(|n| vec![n]).to_vec();
        assert_eq!(sizes(&stacks(&row(5), names.clone())), [5]);
        let stacks = stacks(&[row(5), row(5)].concat(), [names.clone(), names].concat());
        assert_eq!(stacks.len(), 1);
        assert_eq!(stacks[0].repeats(), 5);
    }
}
