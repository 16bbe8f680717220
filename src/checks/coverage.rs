//! Whether a scan reaches beyond the part it was made for, told at the two ends of transverse CT stacks. One
//! stack that reaches far enough is enough for the study: others may be reconstructions of a part.

use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::{StaticText, Text};
use crate::series::kind::Plane;

use super::per_series::no_volume;
use super::slices::{Slice, StackOf, is_ct_slice, is_of, stacks, unlooked};
use super::view::{SeriesView, StudyView};

/// What the two ends of a stack tell.
pub struct Seen {
    /// Whether the range ends too early.
    pub cut: bool,
    /// How far too early at the worse end; only to compare stacks.
    pub badness: f64,
    /// Whether the worse end is the last place of the stack.
    pub at_last: bool,
    /// The finding.
    pub why: Text,
    /// Its numbers.
    pub evidence: Vec<Evidence>,
}

/// Looks at the numbers of a stack in the order of its places, and whether that is from the feet to the head; `None`
/// where the stack does not show the part.
pub type Look<'r> = dyn Fn(&[Option<f64>], bool) -> Option<Seen> + 'r;

/// How ends are looked at.
pub struct Rule<'r> {
    /// The measurement of each slice.
    pub name: &'static str,
    /// Fewest places of a stack that is judged.
    pub least: usize,
    /// Whether a series was made for the part.
    pub concerned: fn(&SeriesView<'_>) -> bool,
    /// Looks at the ends.
    pub look: &'r Look<'r>,
    /// What is said of a range that is long enough.
    pub pass: StaticText,
}

/// One stack that was looked at.
struct Looked<'a> {
    seen: Seen,
    slice: Slice<'a>,
    place: Option<[u32; 4]>,
}

/// Judges a study: one outcome, but for series that could not be looked at.
pub fn judge(view: &StudyView<'_>, rule: &Rule<'_>) -> Vec<Outcome> {
    let mut looked: Vec<Looked<'_>> = Vec::new();
    let mut not_looked: Vec<Outcome> = Vec::new();
    for series in view.series().filter(|s| is_of(s, Family::Ct) && is_meant(s, rule)) {
        let all = stacks(&series, rule.least, is_ct_slice);
        not_looked.extend(unlooked(&series, &all, false));
        looked.extend(all.iter().filter_map(|stack| look(&series, stack, rule)));
    }
    let judged = looked.len();
    if looked.is_empty() && not_looked.is_empty() {
        return vec![Outcome::not_applicable(Subject::study(), no_volume())];
    }
    if looked.iter().any(|l| !l.seen.cut) {
        let outcome = Outcome::pass(Subject::study(), Text::from(rule.pass));
        return vec![outcome.with(Evidence::new("stacks_checked", judged))];
    }
    // What was not looked at may be the stack that reaches far enough.
    if !not_looked.is_empty() {
        return not_looked;
    }
    let best = looked.into_iter().min_by(|a, b| a.seen.badness.total_cmp(&b.seen.badness));
    best.map(fail).into_iter().collect()
}

fn is_meant(series: &SeriesView<'_>, rule: &Rule<'_>) -> bool {
    series.kind().plane.is_none_or(|p| p == Plane::Tra) && (rule.concerned)(series)
}

fn look<'a>(series: &SeriesView<'a>, stack: &StackOf<'a>, rule: &Rule<'_>) -> Option<Looked<'a>> {
    let column = series.column(rule.name);
    let slices: Vec<Slice<'a>> = stack.firsts().copied().collect();
    let numbers: Vec<Option<f64>> = slices.iter().map(|s| s.value(&column)).collect();
    // An end that was not measured says nothing of the range.
    numbers.first().copied().flatten().zip(numbers.last().copied().flatten())?;
    let seen = (rule.look)(&numbers, stack.normal[2] > 0.0)?;
    let slice = *if seen.at_last { slices.last() } else { slices.first() }?;
    let place = slice.placed(&column).and_then(|v| v.1);
    Some(Looked { seen, slice, place })
}

fn fail(looked: Looked<'_>) -> Outcome {
    let outcome = Outcome::fail(looked.slice.subject(looked.place), looked.seen.why);
    looked.seen.evidence.into_iter().fold(outcome, Outcome::with)
}

/// Whether attribute and words of a series name this part and no other.
pub fn names_only(series: &SeriesView<'_>, parts: &[&str]) -> bool {
    let named = &series.parts().anatomy;
    !named.is_empty() && named.iter().all(|part| parts.contains(&part.as_str()))
}
