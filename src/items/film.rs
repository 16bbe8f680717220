//! Films: covers the projections of an examination with items, pairs before single projections.
//! A region that counts projections gets one item each, another the pair.

use super::catalogue::{Catalogue, Item, ItemSide};
use super::exam::{Side, View};
use super::matching::Decision;
use super::reason::Reason;
use super::score::{Candidate, Query};
use super::views::{Fit, Projections, cover, posture_twins, projections};

/// Chooses the items of a film.
pub(super) fn decide(query: &Query<'_>, catalogue: &Catalogue, found: &[Candidate]) -> Decision {
    let found: Vec<(&Candidate, &Item)> =
        found.iter().filter_map(|c| Some((c, catalogue.items.get(c.index)?))).collect();
    match projections(query.exam) {
        Projections::Agreed(views) => with_views(query, &found, &views),
        Projections::Torn { ordered, taken } => {
            let (a, b) = (with_views(query, &found, &ordered), with_views(query, &found, &taken));
            let definite: Vec<usize> =
                a.definite.iter().copied().filter(|i| b.definite.contains(i)).collect();
            let mut open: Vec<usize> = Vec::new();
            for i in a.all().into_iter().chain(b.all()) {
                if !definite.contains(&i) && !open.contains(&i) {
                    open.push(i);
                }
            }
            Decision { definite, open, reason: Reason::ViewsDiffer }
        }
    }
}

struct Covered<'a> {
    index: usize,
    item: &'a Item,
    score: i32,
    sure: bool,
    fit: Fit,
    views: Vec<usize>,
}

fn with_views(query: &Query<'_>, found: &[(&Candidate, &Item)], taken: &[View]) -> Decision {
    let unlimited: Vec<&(&Candidate, &Item)> =
        found.iter().filter(|(_, i)| i.views.is_empty()).collect();
    if !unlimited.is_empty() {
        return best_of(&unlimited);
    }
    if taken.is_empty() {
        let open = found.iter().map(|(c, _)| c.index).collect();
        return Decision { open, reason: Reason::ViewUnsaid, ..Decision::default() };
    }
    let mut fitting: Vec<Covered<'_>> = found
        .iter()
        .filter_map(|(c, item)| {
            let (fit, views) = cover(&item.views, taken)?;
            Some(Covered { index: c.index, item, score: c.score, sure: c.sure, fit, views })
        })
        .collect();
    fitting.sort_by_key(|c| (!c.sure, c.fit, -c.score, std::cmp::Reverse(c.views.len()), c.index));
    fitting.sort_by_key(|c| (!c.sure, c.fit == Fit::Open));
    pick(query, &fitting, taken.len())
}

/// An entry that prints no projection covers them all.
fn best_of(found: &[&(&Candidate, &Item)]) -> Decision {
    let top = found.iter().filter(|(c, _)| c.sure).map(|(c, _)| c.score).max();
    let best: Vec<usize> = found
        .iter()
        .filter(|(c, _)| c.sure && Some(c.score) == top)
        .map(|(c, _)| c.index)
        .collect();
    match best.as_slice() {
        [_] => Decision { definite: best, ..Decision::default() },
        _ => Decision {
            open: found.iter().map(|(c, _)| c.index).collect(),
            reason: Reason::Equal,
            ..Decision::default()
        },
    }
}

fn pick(query: &Query<'_>, fitting: &[Covered<'_>], views: usize) -> Decision {
    let mut out = Decision::default();
    let mut covered = vec![false; views];
    let free = |covered: &[bool], c: &Covered<'_>| {
        c.views.iter().all(|v| covered.get(*v).is_some_and(|taken| !taken))
    };
    for (at, c) in fitting.iter().enumerate() {
        if !free(&covered, c) {
            continue;
        }
        let rivals: Vec<usize> = fitting
            .iter()
            .enumerate()
            .filter(|(i, r)| *i != at && rivals(c, r))
            .map(|(_, r)| r.index)
            .collect();
        let certain = c.sure && c.fit != Fit::Open && rivals.is_empty();
        if certain {
            out.definite.push(c.index);
        } else {
            for i in std::iter::once(c.index).chain(rivals) {
                if !out.open.contains(&i) {
                    out.open.push(i);
                }
            }
            out.reason = reason(c);
        }
        let of_both = query.side == Some(Side::B) && c.item.side == ItemSide::One(Side::B);
        if certain && c.fit == Fit::Soft && of_both {
            out.reason = Reason::PostureUnsaid;
        }
        for v in &c.views {
            if let Some(slot) = covered.get_mut(*v) {
                *slot = true;
            }
        }
    }
    out
}

/// Two items between which the same projections leave it open.
fn rivals(c: &Covered<'_>, r: &Covered<'_>) -> bool {
    if c.views != r.views || c.sure != r.sure {
        return false;
    }
    let twins =
        c.fit == Fit::Soft && r.fit == Fit::Soft && posture_twins(&c.item.views, &r.item.views);
    let open = c.fit == Fit::Open && r.fit == Fit::Open;
    let equal = c.fit == r.fit && c.score == r.score;
    twins && c.score == r.score || open || equal || !c.sure
}

fn reason(c: &Covered<'_>) -> Reason {
    match c.fit {
        Fit::Open => Reason::ViewIndefinite,
        Fit::Soft => Reason::PostureUnsaid,
        Fit::Full if c.sure => Reason::Equal,
        Fit::Full => Reason::Near,
    }
}
