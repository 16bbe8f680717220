//! Slice geometry from Image Position and Image Orientation (Patient): planes, places along the
//! normal, spacing and holes. All lengths in mm, all vectors in the patient coordinate frame of
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

/// What counts as a hole; the numbers come from policy.
#[derive(Clone, Copy, Debug)]
pub struct HoleRules {
    /// How far a gap may be from a whole multiple of the spacing, as a share of the spacing.
    pub multiple_tolerance: f64,
    /// So many equal wide gaps in a row are a second spacing, not holes.
    pub second_spacing_run: usize,
    /// From so many missing slices on, a hole across which numbering runs on separates two slabs.
    pub slab_gap_slices: f64,
    /// Up to so many slices on both sides, two missing slices suffice for that.
    pub slab_slices_max: usize,
}

/// What the numbering of the images says about a wide gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// Numbers jump as far as slices are missing.
    Jumps,
    /// Numbers run on as if nothing were missing.
    RunsOn,
    /// Numbers say nothing.
    Silent,
}

/// A gap of two or more times the spacing around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hole {
    /// The place before it.
    pub before: usize,
    /// Its width, mm.
    pub gap: f64,
    /// The spacing around it, mm.
    pub spacing: f64,
    /// How many slices fit into it.
    pub missing: u32,
    /// What the numbering says.
    pub numbering: Numbering,
}

/// The spacing of a stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Spacing {
    /// Median distance of neighbours, mm.
    pub median: f64,
    /// Smallest distance, mm.
    pub min: f64,
    /// Largest distance, mm.
    pub max: f64,
    /// How many gaps equal the spacing around them.
    pub regular: usize,
    /// Slices missing.
    pub holes: Vec<Hole>,
    /// Wide gaps that are a second spacing or the space between two slabs.
    pub planned: Vec<Hole>,
}

/// How many gaps on either side make the spacing around a gap: local, as a head CT may have two.
const NEIGHBOURS: usize = 4;

/// Gaps within this share of the local median are averaged, so that positions rounded to 0.1 mm
/// still give the true spacing.
const NEAR_MEDIAN: f64 = 0.25;

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().checked_sub(1)? / 2).copied()
}

/// The spacing around gap `at`, itself left out.
fn local_spacing(gaps: &[f64], at: usize) -> Option<f64> {
    let from = at.saturating_sub(NEIGHBOURS);
    let to = (at + NEIGHBOURS + 1).min(gaps.len());
    let mut around: Vec<f64> =
        (from..to).filter(|i| *i != at).filter_map(|i| gaps.get(i).copied()).collect();
    let middle = median(&mut around)?;
    let near: Vec<f64> =
        around.into_iter().filter(|g| (g - middle).abs() <= NEAR_MEDIAN * middle).collect();
    let count = u32::try_from(near.len()).ok().filter(|n| *n > 0)?;
    Some(near.iter().sum::<f64>() / f64::from(count)).filter(|s| *s > 0.0)
}

/// Spacing and holes of a stack. `numbers` holds, for each place, the Instance Number (or position
/// number) of its first image; `None` where there are fewer than three places.
pub fn spacing(places: &[Place], numbers: &[Option<i64>], rules: &HoleRules) -> Option<Spacing> {
    let gaps: Vec<f64> = places.windows(2).map(|w| w[1].at - w[0].at).collect();
    if gaps.len() < 2 {
        return None;
    }
    let mut found = Spacing {
        median: median(&mut gaps.clone())?,
        min: gaps.iter().copied().fold(f64::INFINITY, f64::min),
        max: gaps.iter().copied().fold(0.0, f64::max),
        regular: 0,
        holes: Vec::new(),
        planned: Vec::new(),
    };
    let step = number_step(numbers);
    for (at, gap) in gaps.iter().enumerate() {
        let Some(spacing) = local_spacing(&gaps, at) else { continue };
        let ratio = gap / spacing;
        let multiple = ratio.round();
        if (ratio - multiple).abs() > rules.multiple_tolerance {
            continue;
        }
        if multiple < 1.5 {
            found.regular += usize::from(multiple > 0.5);
            continue;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a positive whole number; beyond u32 it saturates"
        )]
        let missing = (multiple - 1.0) as u32;
        let numbering = numbering(numbers, at, step, multiple);
        let hole = Hole { before: at, gap: *gap, spacing, missing, numbering };
        if is_planned(&gaps, &hole, rules) {
            found.planned.push(hole);
        } else {
            found.holes.push(hole);
        }
    }
    Some(found)
}

/// Whether a wide gap is meant: a second spacing, or the space between two slabs.
fn is_planned(gaps: &[f64], hole: &Hole, rules: &HoleRules) -> bool {
    if hole.numbering == Numbering::Jumps {
        return false;
    }
    let like = |value: f64| move |g: &&f64| (**g - value).abs() <= rules.multiple_tolerance * value;
    let (left, right) = (&gaps[..hole.before], &gaps[hole.before + 1..]);
    let count = |value: f64| {
        let before = left.iter().rev().take_while(like(value)).count();
        (before, right.iter().take_while(like(value)).count())
    };
    let (before, after) = count(hole.gap);
    if before + 1 + after >= rules.second_spacing_run {
        return true;
    }
    let (before, after) = count(hole.spacing);
    let small = before < rules.slab_slices_max && after < rules.slab_slices_max;
    hole.numbering == Numbering::RunsOn
        && (f64::from(hole.missing) >= rules.slab_gap_slices || (small && hole.missing >= 2))
}

/// The usual distance of numbers of neighbouring places, where there is one.
fn number_step(numbers: &[Option<i64>]) -> Option<u64> {
    let mut steps: Vec<u64> = numbers
        .windows(2)
        .filter_map(|w| Some(w[0]?.abs_diff(w[1]?)))
        .filter(|step| *step > 0)
        .collect();
    if steps.len() + 1 < numbers.len() {
        return None;
    }
    steps.sort_unstable();
    steps.get(steps.len().checked_sub(1)? / 2).copied()
}

fn numbering(numbers: &[Option<i64>], at: usize, step: Option<u64>, multiple: f64) -> Numbering {
    let pair = (numbers.get(at).copied().flatten(), numbers.get(at + 1).copied().flatten());
    let ((Some(a), Some(b)), Some(step)) = (pair, step) else { return Numbering::Silent };
    let jump = a.abs_diff(b);
    if jump == step {
        return Numbering::RunsOn;
    }
    #[expect(clippy::cast_precision_loss, reason = "instance numbers are small")]
    let steps = jump as f64 / step as f64;
    if (steps - multiple).abs() < f64::EPSILON { Numbering::Jumps } else { Numbering::Silent }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the expected values are exact")]
mod tests {
    use super::*;

    const RULES: HoleRules = HoleRules {
        multiple_tolerance: 0.15,
        second_spacing_run: 3,
        slab_gap_slices: 6.0,
        slab_slices_max: 8,
    };

    fn judged(at: &[f64], numbers: Option<&[i64]>) -> Spacing {
        let indexed: Vec<_> = at.iter().copied().enumerate().collect();
        let numbers =
            numbers.map_or_else(|| vec![None; at.len()], |n| n.iter().copied().map(Some).collect());
        spacing(&places(&indexed, 0.05), &numbers, &RULES).unwrap()
    }

    fn missing(at: &[f64]) -> Vec<u32> {
        judged(at, None).holes.iter().map(|h| h.missing).collect()
    }

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

    #[test]
    fn one_and_three_missing_slices_are_counted() {
        assert_eq!(missing(&[0.0, 5.0, 15.0, 20.0]), [1]);
        assert_eq!(missing(&[0.0, 1.0, 2.0, 6.0, 7.0, 8.0]), [3]);
        assert_eq!(missing(&[0.0, 1.0, 2.0, 3.0]), [0; 0]);
    }

    #[test]
    fn the_tolerance_holds_on_both_sides() {
        assert_eq!(missing(&[0.0, 1.0, 2.0, 3.85, 4.85]), [1]);
        assert_eq!(missing(&[0.0, 1.0, 2.0, 3.84, 4.84]), [0; 0]);
        assert_eq!(missing(&[0.0, 1.0, 2.0, 4.15, 5.15]), [1]);
        assert_eq!(missing(&[0.0, 1.0, 2.0, 4.16, 5.16]), [0; 0]);
    }

    #[test]
    fn two_spacings_are_planned_and_a_hole_in_either_is_not() {
        let two = [0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0];
        assert_eq!(missing(&two), [0; 0]);
        assert!(!judged(&two, None).planned.is_empty());
        let hole = [0.0, 5.0, 10.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0, 70.0];
        assert_eq!(missing(&hole), [1]);
    }

    #[test]
    fn numbers_that_jump_make_a_wide_run_a_loss() {
        let at = [0.0, 1.0, 2.0, 3.0, 5.0, 7.0, 9.0, 10.0, 11.0, 12.0];
        assert!(judged(&at, Some(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).holes.is_empty());
        let lost = judged(&at, Some(&[1, 2, 3, 4, 6, 8, 10, 11, 12, 13]));
        assert_eq!(lost.holes.len(), 3);
        assert_eq!(lost.holes[0].numbering, Numbering::Jumps);
    }

    #[test]
    fn slabs_are_told_from_losses_by_their_numbers() {
        let at = [0.0, 4.0, 8.0, 20.0, 24.0, 28.0];
        assert!(judged(&at, Some(&[1, 2, 3, 4, 5, 6])).holes.is_empty());
        assert_eq!(judged(&at, Some(&[1, 2, 3, 6, 7, 8])).holes[0].missing, 2);
        assert_eq!(judged(&at, None).holes[0].missing, 2, "silent numbers excuse nothing");
    }

    #[test]
    fn rounded_positions_still_give_whole_multiples() {
        // 0.625 mm written with one decimal; ten slices missing.
        let at: Vec<f64> = (0..40)
            .filter(|n| !(15..25).contains(n))
            .map(|n| (f64::from(n) * 6.25).round() / 10.0)
            .collect();
        assert_eq!(missing(&at), [10]);
    }
}
