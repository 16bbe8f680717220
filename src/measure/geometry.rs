//! Slice geometry from Image Position and Image Orientation (Patient): planes and places along the
//! normal. All lengths in mm, all vectors in the patient coordinate frame of
//! PS3.3 C.7.6.2 (LPS: x to the patient's left, y to the back, z to the head). Slice Location is
//! never used: its zero and its direction are the maker's own.

/// A vector or point in the patient coordinate frame, mm.
pub type Vector = [f64; 3];

/// Row direction, then column direction, as Image Orientation (Patient) gives them.
pub type Orientation = [f64; 6];

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn length(v: &[f64]) -> f64 {
    dot(v, v).sqrt()
}

/// The unit normal of a plane (row x column); `None` where the directions do not span one.
pub fn normal(orientation: &Orientation) -> Option<Vector> {
    let [a, b, c, d, e, f] = *orientation;
    let cross = [b * f - c * e, c * d - a * f, a * e - b * d];
    let size = length(&cross);
    // Directions are unit vectors; half the length of a proper normal is no plane anyone scans.
    (size > 0.5 && size.is_finite()).then(|| cross.map(|x| x / size))
}

/// Position along a unit normal, mm.
pub fn along(position: &Vector, normal: &Vector) -> f64 {
    dot(position, normal)
}

/// The largest angle between the row directions and between the column directions, degrees.
pub fn turn_deg(a: &Orientation, b: &Orientation) -> f64 {
    let angle = |x: &[f64], y: &[f64]| {
        let sizes = length(x) * length(y);
        if sizes > 0.0 { (dot(x, y) / sizes).clamp(-1.0, 1.0).acos().to_degrees() } else { 180.0 }
    };
    angle(&a[..3], &b[..3]).max(angle(&a[3..], &b[3..]))
}

/// Angle between the line from `first` to `last` and the normal, degrees: gantry tilt or shear.
/// `None` where the positions coincide.
pub fn tilt_deg(first: &Vector, last: &Vector, normal: &Vector) -> Option<f64> {
    let line = [last[0] - first[0], last[1] - first[1], last[2] - first[2]];
    let size = length(&line);
    (size > 0.0).then(|| (dot(&line, normal).abs() / size).clamp(0.0, 1.0).acos().to_degrees())
}

/// A position along the normal where at least one image lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Position along the normal, mm.
    pub at: f64,
    /// Which images, as indices into the caller's list.
    pub members: Vec<usize>,
}

/// Sorts images by position along the normal; those within `same_mm` of the first of a place
/// share it.
pub fn places(along_normal: &[(usize, f64)], same_mm: f64) -> Vec<Place> {
    let mut sorted = along_normal.to_vec();
    sorted.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let mut places: Vec<Place> = Vec::new();
    for (index, at) in sorted {
        match places.last_mut() {
            Some(place) if at - place.at <= same_mm => place.members.push(index),
            _ => places.push(Place { at, members: vec![index] }),
        }
    }
    places
}

/// The middle value; of an even count the lower of the two.
pub fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the expected values are exact")]
mod tests {
    use super::*;

    #[test]
    fn normals_tilt_and_turn() {
        assert_eq!(normal(&[1.0, 0.0, 0.0, 0.0, 1.0, 0.0]), Some([0.0, 0.0, 1.0]));
        assert_eq!(normal(&[1.0, 0.0, 0.0, 1.0, 0.0, 0.0]), None);
        let tilt = tilt_deg(&[0.0; 3], &[0.0, 1.0, 1.0], &[0.0, 0.0, 1.0]).unwrap();
        assert!((tilt - 45.0).abs() < 1e-9);
        let (axial, sagittal) = ([1.0, 0.0, 0.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0, -1.0]);
        assert!((turn_deg(&axial, &sagittal) - 90.0).abs() < 1e-9);
        assert_eq!(turn_deg(&axial, &axial), 0.0);
    }
}
