//! Wrap-around: what leaves the field of view at one border comes in at the opposite one.

use super::grid::Grid;
use super::stats::small;
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

/// The wrap measure.
pub fn taken(frame: &Frame<'_>, grid: &Grid, body: &Body, out: &mut Vec<Taken>) {
    let row = continuity(frame, grid, body, Phase::Row);
    let column = continuity(frame, grid, body, Phase::Column);
    let (name, (value, place)) = match frame.phase {
        Some(Phase::Row) => (WRAP_CONTINUITY, row),
        Some(Phase::Column) => (WRAP_CONTINUITY, column),
        None => (WRAP_CONTINUITY_ANY_AXIS, if row.0 >= column.0 { row } else { column }),
    };
    out.push(Taken { name, value, place });
}

fn continuity(
    frame: &Frame<'_>,
    grid: &Grid,
    body: &Body,
    phase: Phase,
) -> (f64, Option<[u32; 4]>) {
    let [x0, y0, x1, y1] = grid.pixels(body.view).map(|v| v as usize);
    let (low, high, from, to) = match phase {
        Phase::Row => (x0, x1 - 1, y0, y1),
        Phase::Column => (y0, y1 - 1, x0, x1),
    };
    if high < low + 8 || to < from + 16 {
        return (0.0, None);
    }
    let line = |border: usize| -> Vec<f32> {
        let raw: Vec<f32> = (from..to)
            .map(|at| match phase {
                Phase::Row => frame.pixels[at * frame.width + border],
                Phase::Column => frame.pixels[border * frame.width + at],
            })
            .collect();
        running_mean(&raw, 1)
    };
    let (a, b) = (line(low), line(high));
    let least = body.threshold.max(super::stats::single(OF_SIGNAL * body.signal));
    let tissue = |v: &f32| *v > least;
    let both: Vec<bool> = a.iter().zip(&b).map(|(a, b)| tissue(a) && tissue(b)).collect();
    let count = both.iter().filter(|b| **b).count();
    if count < LEAST.max((to - from) / 16) {
        return (0.0, None);
    }
    let across = off(&a, &b, 0);
    let inside = 0.5 * (off(&a, &line(low + 1), 0) + off(&b, &line(high - 1), 0));
    let mut far: Vec<f32> = (2..=14).map(|s| off(&a, &b, (to - from) * s / 16)).collect();
    let Some(far) = super::stats::median(&mut far) else { return (0.0, None) };
    if far <= 1.5 * inside {
        return (0.0, None);
    }
    let less_at_low =
        a.iter().filter(|v| tissue(v)).count() <= b.iter().filter(|v| tissue(v)).count();
    let deep = ((high - low) / 16).max(2);
    let strip = if less_at_low { (low, low + deep) } else { (high + 1 - deep, high + 1) };
    let first = from + both.iter().position(|b| *b).unwrap_or(0);
    let last = from + both.iter().rposition(|b| *b).unwrap_or(0) + 1;
    let place = match phase {
        Phase::Row => [strip.0, first, strip.1, last],
        Phase::Column => [first, strip.0, last, strip.1],
    };
    let value = f64::from((far - across) / (far - inside));
    (value, Some(place.map(|v| u32::try_from(v).unwrap_or(u32::MAX))))
}

/// Mean absolute difference of `a` and `b` turned round by `shift`.
fn off(a: &[f32], b: &[f32], shift: usize) -> f32 {
    let turned = b.iter().cycle().skip(shift);
    a.iter().zip(turned).map(|(a, b)| (a - b).abs()).sum::<f32>() / small(a.len())
}

fn running_mean(values: &[f32], reach: usize) -> Vec<f32> {
    (0..values.len())
        .map(|i| {
            let part = &values[i.saturating_sub(reach)..(i + reach + 1).min(values.len())];
            part.iter().sum::<f32>() / small(part.len())
        })
        .collect()
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
