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
        for stack in &all {
            match ends_of(&series, stack, rule) {
                Ends::Measured(numbers) => looked.extend(look(&series, stack, &numbers, rule)),
                Ends::Lost => not_looked.push(lost(&series)),
                Ends::None => {}
            }
        }
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

/// What is known of the two ends of a stack.
enum Ends {
    /// The numbers of all places; those of both ends are there.
    Measured(Vec<Option<f64>>),
    /// Other places have numbers, an end has none: nothing can be said of the range.
    Lost,
    /// No place has a number.
    None,
}

fn ends_of(series: &SeriesView<'_>, stack: &StackOf<'_>, rule: &Rule<'_>) -> Ends {
    let column = series.column(rule.name);
    let numbers: Vec<Option<f64>> = stack.firsts().map(|s| s.value(&column)).collect();
    let ends = [numbers.first(), numbers.last()].map(|end| end.copied().flatten());
    match ends {
        [Some(_), Some(_)] => Ends::Measured(numbers),
        _ if numbers.iter().any(Option::is_some) => Ends::Lost,
        _ => Ends::None,
    }
}

fn lost(series: &SeriesView<'_>) -> Outcome {
    let why = Text::new(
        "端部层面未能测量，无法判断扫描范围",
        "a slice at an end could not be measured: nothing can be said of the range",
    );
    Outcome::could_not_run(series.subject(), why)
}

fn look<'a>(
    series: &SeriesView<'a>,
    stack: &StackOf<'a>,
    numbers: &[Option<f64>],
    rule: &Rule<'_>,
) -> Option<Looked<'a>> {
    let seen = (rule.look)(numbers, stack.normal[2] > 0.0)?;
    let slice = *if seen.at_last { stack.firsts().last() } else { stack.firsts().next() }?;
    let place = slice.placed(&series.column(rule.name)).and_then(|v| v.1);
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
