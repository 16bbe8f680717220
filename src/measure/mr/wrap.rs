//! Wrap-around: what leaves the field of view at one border comes in at the opposite one.

use super::grid::Grid;
use super::pixels::Steps;
use super::stats::{LANES, median, single, small};
use super::{Body, Frame, Phase, Taken};

/// How well the two opposite borders along phase encoding continue each other (1: like two neighbouring
/// lines, 0: like lines that have nothing to do with each other; may exceed both): (F - A) / (F - I), of mean absolute
/// differences A of the two border lines, I of each with the line inside it, and F of the
/// two with one turned round (median of 13 turns). An aliased image is periodic, so its opposite borders are
/// neighbours. 0 where tissue does not lie at both. Place: the strip at the border with less tissue.
pub const WRAP_CONTINUITY: &str = "wrap_continuity";
/// The larger of both axes where the header does not tell the direction.
pub const WRAP_CONTINUITY_ANY_AXIS: &str = "wrap_continuity_any_axis";

/// Tissue is brighter than this share of the body's signal: below lie ghosts, noise and dim edges of a
/// wrap that the eye sees in a stretched window only.
const OF_SIGNAL: f64 = 0.3;

/// Fewer pixels of tissue at both borders are no sample.
const LEAST: usize = 6;

/// Lines along the borders, kept between frames.
#[derive(Clone, Debug, Default)]
pub struct Borders {
    raw: Vec<f32>,
    low: Vec<f32>,
    high: Vec<f32>,
    inside: Vec<f32>,
}

/// The wrap measure.
pub fn taken(
    frame: &Frame<'_>,
    grid: &Grid,
    body: &Body,
    borders: &mut Borders,
    out: &mut Vec<Taken>,
) {
    let mut along = |phase| continuity(frame, grid, body, borders, phase);
    let (name, (value, place)) = match frame.phase {
        Some(phase) => (WRAP_CONTINUITY, along(phase)),
        None => {
            let (row, column) = (along(Phase::Row), along(Phase::Column));
            (WRAP_CONTINUITY_ANY_AXIS, if row.0 >= column.0 { row } else { column })
        }
    };
    out.push(Taken { name, value, place });
}

fn continuity(
    frame: &Frame<'_>,
    grid: &Grid,
    body: &Body,
    borders: &mut Borders,
    phase: Phase,
) -> (f64, Option<[u32; 4]>) {
    let [x0, y0, x1, y1] = grid.pixels(body.view).map(|v| v as usize);
    let (low, high, from, to) = match phase {
        Phase::Row => (x0, x1.saturating_sub(1), y0, y1),
        Phase::Column => (y0, y1.saturating_sub(1), x0, x1),
    };
    if high < low + 8 || to < from + 16 {
        return (0.0, None);
    }
    let Borders { raw, low: a, high: b, inside } = borders;
    let mut line = |border: usize, out: &mut Vec<f32>| {
        let at = |along: usize| match phase {
            Phase::Row => along * frame.width + border,
            Phase::Column => border * frame.width + along,
        };
        let step = if phase == Phase::Row { frame.width } else { 1 };
        frame.pixels.line(frame.line, Steps { range: at(from)..at(to - 1) + 1, step }, raw);
        running_mean(raw, out);
    };
    line(low, a);
    line(high, b);
    let least = body.threshold.max(single(OF_SIGNAL * body.signal));
    let tissue = |v: &f32| *v > least;
    let both = |at: &usize| tissue(&a[*at]) && tissue(&b[*at]);
    let cells = 0..to - from;
    if cells.clone().filter(both).count() < LEAST.max((to - from) / 16) {
        return (0.0, None);
    }
    let across = off(a, b, 0);
    line(low + 1, inside);
    let at_low = off(a, inside, 0);
    line(high - 1, inside);
    let within = 0.5 * (at_low + off(b, inside, 0));
    let mut far: [f32; 13] = std::array::from_fn(|s| off(a, b, (to - from) * (s + 2) / 16));
    let far = median(&mut far).unwrap_or(0.0);
    if far <= 1.5 * within {
        return (0.0, None);
    }
    let less_at_low =
        a.iter().filter(|v| tissue(v)).count() <= b.iter().filter(|v| tissue(v)).count();
    let first = from + cells.clone().find(both).unwrap_or(0);
    let last = from + cells.rev().find(both).unwrap_or(0) + 1;
    let value = f64::from((far - across) / (far - within));
    (value, Some(strip([low, high], less_at_low, [first, last], phase)))
}

/// The strip at the border with less tissue, over the part where both have some.
fn strip(
    [low, high]: [usize; 2],
    at_low: bool,
    [first, last]: [usize; 2],
    phase: Phase,
) -> [u32; 4] {
    let deep = ((high - low) / 16).max(2);
    let (from, to) = if at_low { (low, low + deep) } else { (high + 1 - deep, high + 1) };
    let place = match phase {
        Phase::Row => [from, first, to, last],
        Phase::Column => [first, from, last, to],
    };
    place.map(|v| u32::try_from(v).unwrap_or(u32::MAX))
}

/// Mean absolute difference of `a` and `b` turned round by `shift`, which is at most their length.
fn off(a: &[f32], b: &[f32], shift: usize) -> f32 {
    let (head, tail) = b.split_at(shift.min(b.len()));
    let (first, second) = a.split_at(tail.len().min(a.len()));
    (difference(first, tail) + difference(second, head)) / small(a.len())
}

/// Sum of the absolute differences.
fn difference(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += (a - b).abs();
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| (a - b).abs()).sum();
    lanes.iter().sum::<f32>() + rest
}

/// Mean of each value and its two neighbours; at the ends of two.
fn running_mean(values: &[f32], out: &mut Vec<f32>) {
    out.clear();
    let [first, second, .., before, last] = values else { return };
    out.push((first + second) / 2.0);
    out.extend(values.array_windows().map(|[a, b, c]| (a + b + c) / 3.0));
    out.push((before + last) / 2.0);
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{clean_head, head, place, rician, taken_of, value};
    use super::*;
    use ndarray::{Array2, s};

    #[test]
    fn a_folded_head_continues_over_the_border() {
        let clean = clean_head(256, 256);
        let mut folded = Array2::zeros((256, 116));
        for c in 0..256 {
            let mut line = folded.column_mut((c + 256 - 70) % 116);
            line += &clean.column(c);
        }
        let taken = taken_of(&rician(folded, 2.0, 9), Some(Phase::Row));
        assert!(value(&taken, WRAP_CONTINUITY).unwrap() > 0.8);
        let [x0, _, x1, _] = place(&taken, WRAP_CONTINUITY).unwrap();
        assert!(x0 == 0 || x1 == 116);
    }

    #[test]
    fn a_head_cut_at_both_sides_does_not() {
        let mut tilted = head(256, 256, 2.0);
        for r in 0..256 {
            for c in 0..256 {
                tilted[[r, c]] *= 0.6 + 0.4 * (small(r) / 20.0 + small(c) / 60.0).sin();
            }
        }
        let cut = tilted.slice(s![.., 75..175]).to_owned();
        let got = value(&taken_of(&cut, Some(Phase::Row)), WRAP_CONTINUITY).unwrap();
        assert!(got < 0.8, "{got}");
        assert!(
            value(&taken_of(&head(256, 256, 2.0), Some(Phase::Row)), WRAP_CONTINUITY)
                .unwrap()
                .abs()
                < 1e-9
        );
    }
}
