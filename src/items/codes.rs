//! Codes: an item that the manifest or a procedure code sequence names, held against what the rest
//! of the header says. A code is believed unless side, modality or contrast contradict it.

use super::catalogue::{Catalogue, Item, ItemSide, normal_code};
use super::classes::base_class;
use super::exam::{Class, Exam, ExamDescription, Side, SideFact};
use super::matching::{Kind, Outcome};
use super::reason::{Contradiction, Reason};

/// What the codes of a study come to.
pub(super) enum ByCode {
    /// Some code names an item.
    Items(Vec<Outcome>),
    /// None does: the words decide.
    Nothing,
}

/// Looks the stated codes up. `scored` is what the words say, for codes that two rows share and for
/// contradictions.
pub(super) fn by_code(
    d: &ExamDescription,
    manifest: Option<&str>,
    catalogue: &Catalogue,
    scored: &[Outcome],
) -> ByCode {
    let manifest = manifest.map(|m| (m, "manifest item code"));
    let stated = d.codes.iter().map(|c| (c.value.as_str(), c.source.as_str()));
    let mut out: Vec<Outcome> = Vec::new();
    for (value, source) in manifest.into_iter().chain(stated) {
        let named = named(value, catalogue);
        if named.is_empty() {
            continue;
        }
        let outcome = judge(d, &named, scored, &format!("{source} {value}"));
        let known =
            out.iter().any(|o| o.item == outcome.item && o.candidates == outcome.candidates);
        if !known {
            out.push(outcome);
        }
    }
    if out.is_empty() { ByCode::Nothing } else { ByCode::Items(out) }
}

fn named<'a>(value: &str, catalogue: &'a Catalogue) -> Vec<&'a Item> {
    let trimmed = value.trim();
    if let Some(item) = catalogue.items.iter().find(|i| i.row.uid.eq_ignore_ascii_case(trimmed)) {
        return vec![item];
    }
    let code = normal_code(trimmed);
    catalogue.items.iter().filter(|i| !code.is_empty() && i.codes.contains(&code)).collect()
}

fn judge(d: &ExamDescription, named: &[&Item], scored: &[Outcome], source: &str) -> Outcome {
    let of_words: Vec<&String> =
        scored.iter().flat_map(|o| o.item.iter().chain(&o.candidates)).collect();
    let contradiction = |item: &Item| {
        let reasons: Vec<Option<Contradiction>> =
            d.exams.iter().map(|e| contradicts(e, item)).collect();
        // With several examinations in a study the code need only fit one of them.
        if reasons.iter().any(Option::is_none) {
            None
        } else {
            reasons.into_iter().flatten().next()
        }
    };
    let standing: Vec<&Item> =
        named.iter().copied().filter(|i| contradiction(i).is_none()).collect();
    let worded: Vec<&Item> =
        standing.iter().copied().filter(|i| of_words.contains(&&i.row.uid)).collect();
    let chosen = match (standing.as_slice(), worded.as_slice()) {
        ([one], _) | (_, [one]) => Some(*one),
        _ => None,
    };
    if let Some(item) = chosen {
        return Outcome {
            kind: Kind::Code,
            item: Some(item.row.uid.clone()),
            candidates: Vec::new(),
            exam: None,
            reason: Reason::Code(source.to_owned()),
        };
    }
    let reason = match named.iter().find_map(|i| contradiction(i)) {
        Some(by) => Reason::CodeContradicted(source.to_owned(), by),
        None => Reason::CodeShared(source.to_owned()),
    };
    let mut candidates: Vec<String> = named.iter().map(|i| i.row.uid.clone()).collect();
    candidates.extend(of_words.into_iter().cloned());
    candidates.sort();
    candidates.dedup();
    Outcome { kind: Kind::Ambiguous, item: None, candidates, exam: None, reason }
}

/// Why an examination cannot be the item that a code names.
fn contradicts(exam: &Exam, item: &Item) -> Option<Contradiction> {
    if exam.modality != item.row.modality {
        return Some(Contradiction::Modality);
    }
    let side = match (&exam.side, item.side) {
        (SideFact::Conflict, ItemSide::One(_) | ItemSide::Either) => true,
        (SideFact::Known(s), ItemSide::One(i)) => *s != i,
        (SideFact::Known(s), ItemSide::Either) => *s == Side::B,
        _ => false,
    };
    if side {
        return Some(Contradiction::Side);
    }
    let class = base_class(exam);
    let enhanced = |c: Class| matches!(c, Class::Enhanced | Class::Dynamic);
    let angio = exam.contrast.words.iter().any(|w| w.starts_with("CT"));
    let contrast = match (class, item.class) {
        (Class::Plain, i) => enhanced(i),
        (e, Class::Plain) => enhanced(e) || e == Class::Contradicted || angio,
        (Class::Contradicted, i) => enhanced(i),
        _ => false,
    };
    contrast.then_some(Contradiction::Contrast)
}
