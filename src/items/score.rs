//! Compares one examination with one item: vetoes first (modality, side, contrast), then a score.
//! A veto is never outweighed.

use super::catalogue::{Item, ItemSide};
use super::exam::{Class, Exam, Side};
use super::lexicon::{Lexicon, RelationKind, SideModel};

/// One examination as asked of a catalogue: a class, a part and a side fixed.
#[derive(Clone, Debug)]
pub(super) struct Query<'a> {
    pub exam: &'a Exam,
    pub class: Class,
    pub sequence: Option<&'a str>,
    pub anatomy: &'a str,
    pub side: Option<Side>,
    pub infant: bool,
}

/// An item that may be the examination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// Its place in the catalogue.
    pub index: usize,
    /// Nothing about it is left open.
    pub sure: bool,
    /// The higher, the closer.
    pub score: i32,
}

/// How close the part of an item is. The distances only order candidates that all passed the
/// vetoes: the exact part before the part of a definition or another name, before a collective
/// entry.
const EXACT: i32 = 40;
const DEFINED: i32 = 35;
const SAME: i32 = 30;
const SEGMENT: i32 = 20;
const UMBRELLA: i32 = 10;

/// Compares; `None` is a veto.
pub(super) fn compare(
    lexicon: &Lexicon,
    query: &Query<'_>,
    targets: &Targets<'_>,
    index: usize,
    item: &Item,
) -> Option<Candidate> {
    if item.row.modality != query.exam.modality || (item.infant && !query.infant) {
        return None;
    }
    let parts = [
        anatomy(targets, query, item)?,
        side(lexicon.side_model(query.anatomy), query.side, item.side)?,
        class(query, item)?,
        sequence(query, item)?,
        technique(query, item)?,
        (true, if item.infant { 4 } else { 0 }),
    ];
    Some(Candidate {
        index,
        sure: parts.iter().all(|(sure, _)| *sure),
        score: parts.iter().map(|(_, score)| score).sum(),
    })
}

/// Sure or open, and how close.
type Part = (bool, i32);

/// Other parts under which a catalogue may list the part of a query.
pub(super) type Targets<'a> = Vec<(&'a str, Part)>;

/// Looks the relations of a query's part up, once for all items.
pub(super) fn targets<'a>(lexicon: &'a Lexicon, query: &Query<'a>) -> Targets<'a> {
    let named = query.anatomy;
    let base = named.split("_mid_").next().unwrap_or(named);
    let mut out = Targets::new();
    for from in if base == named { vec![named] } else { vec![named, base] } {
        for relation in lexicon.relations(from) {
            let bound = relation.technique.as_str();
            let holds = relation.holds_in(&query.exam.modality)
                && (bound.is_empty() || technique_said(query, bound));
            let part = match relation.kind {
                RelationKind::Same => (true, SAME),
                RelationKind::Maybe => (false, SEGMENT),
                RelationKind::Umbrella => (true, UMBRELLA),
                RelationKind::Parts | RelationKind::Within | RelationKind::Joined => continue,
            };
            if holds {
                out.extend(relation.to.iter().map(|to| (to.as_str(), part)));
            }
        }
    }
    out
}

fn best(a: Option<Part>, b: Option<Part>) -> Option<Part> {
    a.max(b)
}

fn anatomy(targets: &Targets<'_>, query: &Query<'_>, item: &Item) -> Option<Part> {
    let named = query.anatomy;
    let mut out = None;
    for (at, covered) in item.anatomies.iter().enumerate() {
        if covered == named {
            out = best(out, Some((true, if at == 0 { EXACT } else { DEFINED })));
        }
    }
    let printed = item.row.anatomy_base.as_str();
    let base = named.split("_mid_").next().unwrap_or(named);
    // A bone and its segments: which segment, or whether all of it, is not said.
    let segments = printed.split("_mid_").next() == Some(base) && printed != named;
    if segments && (printed == base || named == base) {
        out = best(out, Some((false, SEGMENT)));
    }
    for (to, part) in targets {
        if *to == printed {
            out = best(out, Some(*part));
        }
    }
    out
}

fn technique_said(query: &Query<'_>, word: &str) -> bool {
    query.class.technique() == Some(word)
        || (word == "CTA" && query.class == Class::Cta)
        || (word == "CTV" && query.class == Class::Ctv)
        || query.exam.techniques.iter().any(|t| t == word)
}

/// The side; another side than the item's never passes.
fn side(model: SideModel, exam: Option<Side>, item: ItemSide) -> Option<Part> {
    match (exam, item) {
        (_, ItemSide::Any) => Some((true, if exam.is_some() { 3 } else { 6 })),
        (Some(s), ItemSide::One(i)) => (s == i).then_some((true, 6)),
        (Some(s), ItemSide::Either) => Some((true, if s == Side::B { 1 } else { 5 })),
        (None, ItemSide::One(Side::B)) if model == SideModel::Whole => Some((true, 5)),
        (None, ItemSide::One(_) | ItemSide::Either) => None,
    }
}

fn class(query: &Query<'_>, item: &Item) -> Option<Part> {
    use Class as C;
    let agent = query.exam.contrast.agent;
    let unexplained = agent && !contrast_said(query.exam);
    match (query.class, item.class) {
        (C::Dynamic, C::Dynamic) => Some((true, 2)),
        (C::Dynamic, C::Enhanced) => Some((true, 0)),
        (C::Perfusion, C::PerfusionContrast) if query.exam.modality == "CT" || agent => {
            Some((true, 0))
        }
        // An agent in an angiography that does not say contrast: with or without is open.
        (C::Mra, C::Mra | C::CeMra) | (C::Mrv, C::Mrv | C::CeMrv) if unexplained => {
            Some((false, 0))
        }
        // Veins are the target of both words.
        (C::Cta, C::Ctv) | (C::Ctv, C::Cta) => {
            let veins = item.row.anatomy_base.contains("vein");
            veins.then_some((true, 0))
        }
        // These need no agent; one in the header of a study that says nothing else of contrast
        // contradicts them.
        (C::Sequence | C::PerfusionAsl | C::Mrcp | C::Hydrography, i)
            if unexplained && i == query.class =>
        {
            Some((false, 0))
        }
        // Not said, contradicted, or only a part of what the item is: open.
        (C::Unknown, C::Plain | C::Enhanced | C::Dynamic | C::Barium)
        | (C::Contradicted, C::Plain | C::Enhanced | C::Dynamic)
        | (C::Enhanced, C::Dynamic)
        | (C::Perfusion, C::PerfusionContrast | C::PerfusionAsl)
        | (C::Sequence | C::Hydrography, C::Plain) => Some((false, 0)),
        (a, b) => (a == b).then_some((true, 0)),
    }
}

/// Whether the order names a part with contrast, which accounts for an agent.
fn contrast_said(exam: &Exam) -> bool {
    let needs = |w: &String| {
        matches!(w.as_str(), "enhanced" | "dynamic" | "CE-MRA" | "CE-MRV" | "perfusion-contrast")
    };
    exam.contrast.words.iter().any(needs)
}

fn sequence(query: &Query<'_>, item: &Item) -> Option<Part> {
    let Some(wanted) = item.sequence.as_deref() else {
        return (!matches!(query.class, Class::Sequence)).then_some((true, 0));
    };
    if query.class == Class::Sequence {
        return (query.sequence == Some(wanted)).then_some((true, 2));
    }
    let exam = query.exam;
    let words = [&exam.techniques, &exam.techniques_series, &exam.contrast.words];
    if words.iter().any(|list| list.iter().any(|t| t == wanted)) {
        return Some((true, 2));
    }
    // Series that are described, and none is the sequence: it was not made.
    let absent = exam.series_described && wanted != "hydrography";
    (!absent).then_some((false, 0))
}

fn technique(query: &Query<'_>, item: &Item) -> Option<Part> {
    let said = |word: &str| query.exam.techniques.iter().any(|t| t == word);
    let asks = |word: &str| item.techniques.iter().any(|t| t == word);
    match (said("low-dose"), asks("low-dose")) {
        (false, true) => return None,
        (true, false) => return Some((false, 0)),
        (true, true) => return Some((true, 15)),
        (false, false) => {}
    }
    Some(match (said("high-resolution"), asks("high-resolution")) {
        (true, true) => (true, 15),
        // A lung scan without the word is the ordinary chest scan; for the ear it is the routine.
        (false, true) if item.row.anatomy_base == "lung" => return None,
        _ => (true, 0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_side_is_a_veto_and_no_side_is_no_match() {
        let one = |s| ItemSide::One(s);
        assert_eq!(side(SideModel::Paired, Some(Side::L), one(Side::R)), None);
        assert_eq!(side(SideModel::Paired, Some(Side::L), one(Side::B)), None);
        assert_eq!(side(SideModel::Paired, None, one(Side::L)), None);
        assert!(side(SideModel::Whole, None, one(Side::B)).is_some());
        assert!(side(SideModel::Paired, Some(Side::R), ItemSide::Any).is_some());
    }
}
