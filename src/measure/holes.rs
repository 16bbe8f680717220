//! The spacing of a stack and the holes in it: gaps that are a whole multiple of the spacing around
//! them, told apart from gaps that were meant (a second spacing, the space between two slabs).

use super::geometry::{Place, median};

/// What counts as a hole; the numbers come from policy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HoleRules {
    /// How far a gap may be from a whole multiple of the spacing, as a share of the spacing.
    pub multiple_tolerance: f64,
    /// So many equal wide gaps in a row are a second spacing, not holes.
    pub second_spacing_run: usize,
    /// From so many missing slices on, a hole across which numbering runs on separates two slabs.
    pub slab_gap_slices: f64,
    /// Up to so many slices on both sides, two missing slices suffice for that.
    pub slab_slices_max: usize,
    /// A gap this near to a whole multiple, as a share of the spacing, separates no slabs: those are
    /// placed freely.
    pub exact_tolerance: f64,
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
        if (ratio - multiple).abs() > tolerance_of(multiple, rules.multiple_tolerance) {
            // At the junction of two spacings the gaps of the other one surround a regular gap.
            let near = |g: Option<&f64>| {
                g.is_some_and(|g| (g - gap).abs() <= rules.multiple_tolerance * gap)
            };
            let before = at.checked_sub(1).and_then(|i| gaps.get(i));
            found.regular += usize::from(near(before) || near(gaps.get(at + 1)));
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
        if gaps.len() < 3 && numbering != Numbering::Jumps {
            // Of two gaps neither can be called the usual one.
            continue;
        }
        let hole = Hole { before: at, gap: *gap, spacing, missing, numbering };
        if is_planned(&gaps, &hole, rules) {
            found.planned.push(hole);
        } else {
            found.holes.push(hole);
        }
    }
    Some(found)
}

/// How precisely the spacing is known, as a share of it: rounding adds up over a wide gap.
const SPACING_PRECISION: f64 = 0.02;

fn tolerance_of(multiple: f64, tolerance: f64) -> f64 {
    tolerance.max(SPACING_PRECISION * multiple)
}

/// Whether a wide gap is meant: a second spacing, or the space between two slabs.
fn is_planned(gaps: &[f64], hole: &Hole, rules: &HoleRules) -> bool {
    if hole.numbering == Numbering::Jumps {
        return false;
    }
    if is_second_spacing(gaps, hole, rules) {
        return true;
    }
    let like = |g: &&f64| (**g - hole.spacing).abs() <= rules.multiple_tolerance * hole.spacing;
    let before = gaps[..hole.before].iter().rev().take_while(like).count();
    let after = gaps[hole.before + 1..].iter().take_while(like).count();
    let small = before < rules.slab_slices_max && after < rules.slab_slices_max;
    let ratio = hole.gap / hole.spacing;
    let freely_placed = (ratio - ratio.round()).abs() > rules.exact_tolerance;
    hole.numbering == Numbering::RunsOn
        && freely_placed
        && (f64::from(hole.missing) >= rules.slab_gap_slices || (small && hole.missing >= 2))
}

/// Whether the gap belongs to a run of equal gaps that goes on to an end of the stack, holes of its
/// own left aside. A run that ends before it is slices lost one by one.
fn is_second_spacing(gaps: &[f64], hole: &Hole, rules: &HoleRules) -> bool {
    let (equal, multiple) = (
        |g: f64| (g - hole.gap).abs() <= rules.multiple_tolerance * hole.gap,
        |g: f64| {
            let ratio = g / hole.gap;
            ratio > 1.5
                && (ratio - ratio.round()).abs()
                    <= tolerance_of(ratio.round(), rules.multiple_tolerance)
        },
    );
    let run = |side: &mut dyn Iterator<Item = &f64>| {
        let (mut equals, mut whole) = (0, true);
        for gap in side {
            if equal(*gap) {
                equals += 1;
            } else if !multiple(*gap) {
                whole = false;
                break;
            }
        }
        (equals, whole)
    };
    let (before, from_start) = run(&mut gaps[..hole.before].iter().rev());
    let (after, to_end) = run(&mut gaps[hole.before + 1..].iter());
    (from_start || to_end) && before + 1 + after >= rules.second_spacing_run
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
    let near = (steps - multiple).abs() <= SPACING_PRECISION * multiple;
    if near { Numbering::Jumps } else { Numbering::Silent }
}

/// The two spacings of a stack that has one below and another above: the gaps of either part within
/// `tolerance_mm` of its usual one, each part `run` gaps or more, a gap or two at the junction left
/// aside. Smaller one first.
pub fn two_levels(places: &[Place], tolerance_mm: f64, run: usize) -> Option<(f64, f64)> {
    let gaps: Vec<f64> = places.windows(2).map(|w| w[1].at - w[0].at).collect();
    let alike = |gap: f64, level: f64| (gap - level).abs() <= tolerance_mm;
    let below = median(&mut gaps.get(..run)?.to_vec())?;
    let to = gaps.iter().position(|g| !alike(*g, below)).filter(|to| *to >= run)?;
    (0..=JUNCTION).find_map(|skip| {
        let part = gaps.get(to + skip..).filter(|p| p.len() >= run)?;
        let above = median(&mut part.to_vec())?;
        let even = part.iter().all(|g| alike(*g, above)) && !alike(above, below);
        even.then_some((below.min(above), below.max(above)))
    })
}

/// Gaps at the junction of two spacings that belong to neither.
const JUNCTION: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::geometry::places;

    const RULES: HoleRules = HoleRules {
        multiple_tolerance: 0.15,
        second_spacing_run: 3,
        slab_gap_slices: 6.0,
        slab_slices_max: 8,
        exact_tolerance: 0.01,
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
    fn one_and_three_missing_slices_are_counted() {
        assert_eq!(missing(&[0.0, 5.0, 15.0, 20.0]), [1]);
        assert_eq!(missing(&[0.0, 1.0, 2.0, 6.0, 7.0, 8.0]), [3]);
        assert_eq!(missing(&[0.0, 1.0, 2.0, 3.0]), [0; 0]);
    }

    #[test]
    fn the_tolerance_holds_on_both_sides() {
        assert_eq!(missing(&[0.0, 1.0, 2.0, 3.86, 4.86]), [1]);
        assert_eq!(missing(&[0.0, 1.0, 2.0, 3.84, 4.84]), [0; 0]);
        assert_eq!(missing(&[0.0, 1.0, 2.0, 4.14, 5.14]), [1]);
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
    fn two_levels_have_one_junction() {
        let of = |at: &[f64]| {
            let indexed: Vec<_> = at.iter().copied().enumerate().collect();
            two_levels(&places(&indexed, 0.05), 0.1, 3)
        };
        assert_eq!(of(&[0.0, 4.0, 8.0, 12.0, 13.0, 20.0, 27.0, 34.0]), Some((4.0, 7.0)));
        assert_eq!(of(&[0.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0, 28.0]), None);
        assert_eq!(of(&[0.0, 4.0, 8.0, 12.0, 19.0, 23.0, 27.0, 31.0]), None);
    }

    #[test]
    fn numbers_that_jump_make_a_wide_run_a_loss() {
        let at = [0.0, 1.0, 2.0, 3.0, 5.0, 7.0, 9.0, 10.0, 11.0, 12.0];
        let inside = judged(&at, Some(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
        assert_eq!(inside.holes.len(), 3, "a second spacing reaches an end");
        let meant = [0.0, 1.0, 2.0, 3.0, 5.0, 7.0, 9.0];
        assert!(judged(&meant, Some(&[1, 2, 3, 4, 5, 6, 7])).holes.is_empty());
        assert_eq!(judged(&meant, Some(&[1, 2, 3, 4, 6, 8, 10])).holes.len(), 3);
        let lost = judged(&at, Some(&[1, 2, 3, 4, 6, 8, 10, 11, 12, 13]));
        assert_eq!(lost.holes.len(), 3);
        assert_eq!(lost.holes[0].numbering, Numbering::Jumps);
    }

    #[test]
    fn slabs_are_told_from_losses_by_their_numbers() {
        let free = [0.0, 4.0, 8.0, 20.3, 24.3, 28.3];
        assert!(judged(&free, Some(&[1, 2, 3, 4, 5, 6])).holes.is_empty());
        let at = [0.0, 4.0, 8.0, 20.0, 24.0, 28.0];
        assert_eq!(judged(&at, Some(&[1, 2, 3, 4, 5, 6])).holes.len(), 1, "an exact multiple");
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
