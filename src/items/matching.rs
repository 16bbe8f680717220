//! Study → catalogue items of a profile: by code where one is stated, else by the scored match.
//! Ambiguous is an outcome with its candidates; nothing here ever picks one of two.

use serde::Serialize;

use crate::model::result::ItemMatch;
use crate::model::study::Study;

use super::catalogue::{Catalogue, Item};
use super::classes::classes;
use super::codes::{self, ByCode};
use super::describe::describe;
use super::exam::{Class, Exam, ExamDescription, Side, SideFact};
use super::film;
use super::lexicon::{Lexicon, RelationKind, SideModel};
use super::normalise::compact;
use super::reason::Reason;
use super::score::{Candidate, Query, compare, targets};

/// How an outcome was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// By a code.
    Code,
    /// By the scored match.
    Scored,
    /// Several items, or contradicting evidence.
    Ambiguous,
    /// No item.
    None,
}

impl Kind {
    /// The word of the result.
    pub fn word(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Scored => "scored",
            Self::Ambiguous => "ambiguous",
            Self::None => "none",
        }
    }
}

/// One outcome of the match with why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// How.
    pub kind: Kind,
    /// The item (`item_uid`), where there is one.
    pub item: Option<String>,
    /// The candidates of an ambiguous outcome.
    pub candidates: Vec<String>,
    /// Index of the examination in the description; `None` for a code.
    pub exam: Option<usize>,
    /// Why.
    pub reason: Reason,
}

/// Matches a study to the catalogue of one profile.
pub fn match_study(
    study: &Study,
    manifest_item_code: Option<&str>,
    catalogue: &Catalogue,
    lexicon: &Lexicon,
) -> Vec<ItemMatch> {
    let description = describe(study, lexicon);
    let outcomes = match_described(&description, manifest_item_code, catalogue, lexicon);
    to_results(&outcomes, catalogue)
}

/// The outcomes in the words of the result object.
pub fn to_results(outcomes: &[Outcome], catalogue: &Catalogue) -> Vec<ItemMatch> {
    let name = |uid: &str| catalogue.item(uid).map(|i| i.row.name.clone());
    outcomes
        .iter()
        .map(|o| ItemMatch {
            profile: catalogue.profile.clone(),
            item: o.item.clone(),
            name: o.item.as_deref().and_then(name),
            matched: o.kind.word().to_owned(),
            candidates: o.candidates.clone(),
            sop_uids: Vec::new(),
        })
        .collect()
}

/// Matches what was read of a study; the description serves every profile.
pub fn match_described(
    description: &ExamDescription,
    manifest_item_code: Option<&str>,
    catalogue: &Catalogue,
    lexicon: &Lexicon,
) -> Vec<Outcome> {
    let scored = scored(description, catalogue, lexicon);
    let mut out = match codes::by_code(description, manifest_item_code, catalogue, &scored) {
        ByCode::Items(outcomes) => outcomes,
        ByCode::Nothing => scored,
    };
    if out.is_empty() {
        out.push(Outcome {
            kind: Kind::None,
            item: None,
            candidates: Vec::new(),
            exam: None,
            reason: Reason::NoItem,
        });
    }
    out
}

/// Items of one examination: those that are it, and those between which it is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decision {
    /// Certain.
    pub definite: Vec<usize>,
    /// Open.
    pub open: Vec<usize>,
    /// Why it is open.
    pub reason: Reason,
}

impl Decision {
    pub fn is_empty(&self) -> bool {
        self.definite.is_empty() && self.open.is_empty()
    }

    fn absorb(&mut self, other: Self) {
        for i in other.definite {
            push(&mut self.definite, i);
        }
        for i in other.open {
            push(&mut self.open, i);
        }
        if self.reason == Reason::Fits {
            self.reason = other.reason;
        }
    }

    pub fn all(&self) -> Vec<usize> {
        let mut out = self.definite.clone();
        self.open.iter().for_each(|i| push(&mut out, *i));
        out
    }

    /// Everything becomes open.
    fn opened(self, reason: Reason) -> Self {
        Self { open: self.all(), definite: Vec::new(), reason }
    }
}

fn push(list: &mut Vec<usize>, i: usize) {
    if !list.contains(&i) {
        list.push(i);
    }
}

fn scored(d: &ExamDescription, catalogue: &Catalogue, lexicon: &Lexicon) -> Vec<Outcome> {
    let mut out: Vec<Outcome> = Vec::new();
    for (at, exam) in &joined(d, catalogue, lexicon) {
        let at = *at;
        let mut decision = exam_items(d, exam, catalogue, lexicon);
        by_name(d, exam, catalogue, &mut decision);
        let uid = |i: &usize| catalogue.items.get(*i).map(|x| x.row.uid.clone());
        for item in decision.definite.iter().filter_map(uid) {
            if !out.iter().any(|o| o.item.as_ref() == Some(&item)) {
                out.push(Outcome {
                    kind: Kind::Scored,
                    item: Some(item),
                    candidates: Vec::new(),
                    exam: Some(at),
                    reason: Reason::Fits,
                });
            }
        }
        let mut candidates: Vec<String> = decision.open.iter().filter_map(uid).collect();
        candidates.sort();
        let known = out.iter().any(|o| o.candidates == candidates);
        if !candidates.is_empty() && !known {
            let kind = Kind::Ambiguous;
            let reason = decision.reason;
            out.push(Outcome { kind, item: None, candidates, exam: Some(at), reason });
        }
    }
    out.sort_by(|a, b| (a.kind, &a.item).cmp(&(b.kind, &b.item)));
    out
}

/// The examinations as this catalogue cuts them: where it lists one item for several parts that
/// were examined alike, they are one examination.
fn joined(d: &ExamDescription, catalogue: &Catalogue, lexicon: &Lexicon) -> Vec<(usize, Exam)> {
    let mut exams: Vec<(usize, Exam)> = d.exams.iter().cloned().enumerate().collect();
    for relation in lexicon.relations_of(RelationKind::Joined) {
        let place = |part: &String, exams: &[(usize, Exam)]| {
            exams.iter().position(|(_, e)| e.anatomy.len() == 1 && e.anatomy.contains(part))
        };
        let places: Option<Vec<usize>> = relation.to.iter().map(|p| place(p, &exams)).collect();
        let Some(places) = places else { continue };
        let Some(first) = places.first().and_then(|p| exams.get(*p)).cloned() else { continue };
        let alike = places.iter().filter_map(|p| exams.get(*p)).all(|(_, e)| {
            e.modality == first.1.modality
                && e.contrast == first.1.contrast
                && e.views_ordered == first.1.views_ordered
        });
        let listed = catalogue
            .items
            .iter()
            .any(|i| i.row.anatomy_base == relation.from && i.row.modality == first.1.modality);
        if !alike || !listed || !relation.holds_in(&first.1.modality) {
            continue;
        }
        let whole = Exam { anatomy: vec![relation.from.clone()], ..first.1.clone() };
        // The parts stay where the whole is not listed in this contrast class.
        if exam_items(d, &whole, catalogue, lexicon).definite.is_empty() {
            continue;
        }
        let mut at = 0_usize;
        exams.retain(|_| {
            at += 1;
            !places.contains(&(at - 1))
        });
        exams.push((first.0, whole));
    }
    exams
}

/// An order that is named exactly as one of the candidates is that candidate, unless statements
/// contradict each other.
fn by_name(d: &ExamDescription, exam: &Exam, catalogue: &Catalogue, decision: &mut Decision) {
    let torn = matches!(super::views::projections(exam), super::views::Projections::Torn { .. });
    let contradicted = exam.side == SideFact::Conflict
        || exam.conflict.is_some()
        || super::classes::base_class(exam) == Class::Contradicted
        || torn;
    if contradicted || decision.open.is_empty() {
        return;
    }
    let names: Vec<String> = d.names.iter().map(|n| compact(n)).collect();
    let named: Vec<usize> = decision
        .open
        .iter()
        .copied()
        .filter(|i| catalogue.items.get(*i).is_some_and(|x| names.contains(&x.compact)))
        .collect();
    if let [one] = named.as_slice() {
        push(&mut decision.definite, *one);
        decision.open.clear();
    }
}

fn exam_items(
    d: &ExamDescription,
    exam: &Exam,
    catalogue: &Catalogue,
    lexicon: &Lexicon,
) -> Decision {
    let infant =
        d.infant_word || d.age_days.is_some_and(|days| days <= lexicon.limit("infant_max_days"));
    let mut out = Decision::default();
    let mut open = exam.anatomy.len() > 1 || exam.part_guessed;
    let classes = classes(exam);
    let many = classes.len() > 1;
    for (class, sequence) in classes {
        for anatomy in &exam.anatomy {
            let query =
                Query { exam, class, sequence: sequence.as_deref(), anatomy, side: None, infant };
            let mut one = sided(&query, catalogue, lexicon);
            if one.is_empty() {
                one = composed(&query, catalogue, lexicon);
            }
            // Beside a plain scan, a sequence or hydrography counts where it is an item of its own.
            if many && matches!(class, Class::Sequence | Class::Hydrography) {
                one.open.clear();
            }
            out.absorb(one);
        }
    }
    if let Some(words) = &exam.conflict {
        let modality = exam.modality.clone();
        out = out.opened(Reason::ModalityContradicted { modality, words: words.clone() });
        open = false;
    }
    if open {
        out = out.opened(Reason::PartOpen);
    }
    out
}

/// A part that the catalogue lists as several.
fn composed(query: &Query<'_>, catalogue: &Catalogue, lexicon: &Lexicon) -> Decision {
    let mut out = Decision::default();
    for relation in lexicon.relations(query.anatomy) {
        if relation.kind != RelationKind::Parts || !relation.holds_in(&query.exam.modality) {
            continue;
        }
        let parts: Vec<Decision> = relation
            .to
            .iter()
            .map(|part| sided(&Query { anatomy: part, ..query.clone() }, catalogue, lexicon))
            .collect();
        if parts.iter().all(|p| !p.is_empty()) {
            for part in parts {
                out.absorb(part);
            }
        }
    }
    out
}

/// Judges with the side that is known; where none is, with each that may be, and says so.
fn sided(query: &Query<'_>, catalogue: &Catalogue, lexicon: &Lexicon) -> Decision {
    let with = |side| decide(&Query { side, ..query.clone() }, catalogue, lexicon);
    let each = |sides: &[Side]| {
        let mut out = Decision::default();
        for side in sides {
            out.absorb(with(Some(*side)));
        }
        out
    };
    match &query.exam.side {
        SideFact::Conflict => each(&[Side::L, Side::R]).opened(Reason::SideContradicted),
        SideFact::Known(Side::B) => both(with(Some(Side::B)), each(&[Side::L, Side::R])),
        SideFact::Known(side) => with(Some(*side)),
        SideFact::Unknown => {
            let unsided = with(None);
            let sideless = lexicon.side_model(query.anatomy) == SideModel::Midline;
            if !unsided.is_empty() || sideless {
                return unsided;
            }
            each(&[Side::L, Side::R, Side::B]).opened(Reason::SideUnsaid)
        }
    }
}

/// Both sides: the item of both where there is one, else the two one-sided items, never all three.
fn both(as_one: Decision, as_two: Decision) -> Decision {
    if as_one.is_empty() {
        return as_two;
    }
    let posture_open = as_one.reason == Reason::PostureUnsaid && !as_two.definite.is_empty();
    if posture_open {
        let mut out = as_one;
        out.absorb(as_two);
        return out.opened(Reason::PostureUnsaid);
    }
    as_one
}

fn candidates(query: &Query<'_>, catalogue: &Catalogue, lexicon: &Lexicon) -> Vec<Candidate> {
    let all = |q: &Query<'_>| -> Vec<Candidate> {
        let targets = targets(lexicon, q);
        let compared = |(i, item): (usize, &Item)| compare(lexicon, q, &targets, i, item);
        catalogue.items.iter().enumerate().filter_map(compared).collect()
    };
    let found = all(query);
    if query.class == Class::Unknown {
        let class = |c: &Candidate| catalogue.items.get(c.index).map(|i| i.class);
        // Contrast is not said, and the catalogue knows the part without contrast only.
        if found.iter().all(|c| class(c) == Some(Class::Plain)) {
            return all(&Query { class: Class::Plain, ..query.clone() });
        }
    }
    found
}

fn decide(query: &Query<'_>, catalogue: &Catalogue, lexicon: &Lexicon) -> Decision {
    let found = candidates(query, catalogue, lexicon);
    if query.class == Class::Film {
        return film::decide(query, catalogue, &found);
    }
    let top = found.iter().filter(|c| c.sure).map(|c| c.score).max();
    let best: Vec<usize> =
        found.iter().filter(|c| c.sure && Some(c.score) == top).map(|c| c.index).collect();
    match best.as_slice() {
        [] => Decision {
            definite: Vec::new(),
            open: found.iter().map(|c| c.index).collect(),
            reason: open_reason(query),
        },
        [_] => Decision { definite: best, ..Decision::default() },
        _ => Decision { definite: Vec::new(), open: best, reason: Reason::Equal },
    }
}

fn open_reason(query: &Query<'_>) -> Reason {
    match query.class {
        Class::Unknown => Reason::ContrastUnsaid,
        Class::Contradicted => Reason::ContrastContradicted,
        Class::Perfusion => Reason::PerfusionUnsaid,
        _ => Reason::Near,
    }
}
