//! The judge of measures that each slice of CT or MR has by itself. A defect shows on some slices of a
//! series: it is one finding, on the slice that shows it most, with how many show it.

use crate::measure::column::Placed;
use crate::measure::registry;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::{StaticText, Text};
use crate::policy::params::Params;
use crate::series::Kind;

use super::per_instance::EXAMPLES;
use super::per_series::{Said, no_volume, per_series};
use super::slices::{Column, Slice, StackOf, is_ct_slice, is_mr_signal, is_of, stacks, unlooked};
use super::view::{SeriesView, StudyView};

/// Which side of the limit is the defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Values above it.
    Above,
    /// Values below it.
    Below,
}

/// A second measurement of what a rule judges.
#[derive(Clone, Copy, Debug)]
pub struct Second {
    /// Its name.
    pub name: &'static str,
    /// The limit of the first where the second cannot be had.
    pub limit_without: f64,
}

/// When slices of a stack show a defect.
pub struct Rule<'a> {
    /// The measurement.
    pub name: &'static str,
    /// The value up to which (or down to which) a slice is good.
    pub limit: f64,
    /// Which side is the defect.
    pub side: Side,
    /// A second measurement of the same, where it can be had: the better of the two counts.
    pub or: Option<Second>,
    /// Whether only sampled slices have the measurement.
    pub sampled: bool,
    /// So many slices beyond the limit make a finding.
    pub slices_min: f64,
    /// So large a share of the measured slices of a stack beyond the limit makes a finding.
    pub share_min: f64,
    /// Whether a kind of stack is concerned.
    pub wanted: fn(Option<&Kind>) -> bool,
    /// The family of the series that are concerned.
    pub family: Family,
    /// Whether a series of that family is concerned.
    pub concerned: &'a dyn Fn(&SeriesView<'_>) -> bool,
    /// The values of the slices of a series; the measurement itself unless it is worked out of others.
    pub column: &'a dyn Fn(&SeriesView<'_>, &'static str) -> Column,
    /// What people are told.
    pub words: &'a Words,
}

impl<'a> Rule<'a> {
    /// A rule on slices of CT whose limit is the parameter `limit`; `slices_min` and `share_min` too
    /// are parameters.
    pub fn ct(name: &'static str, limit: f64, params: &Params, words: &'a Words) -> Self {
        Self {
            name,
            limit,
            side: Side::Above,
            or: None,
            sampled: false,
            slices_min: params.number("slices_min"),
            share_min: params.number("share_min"),
            wanted: is_ct_slice,
            family: Family::Ct,
            concerned: &|_| true,
            column: &|series, name| series.column(name),
            words,
        }
    }

    /// The same for a measurement that only sampled slices have.
    #[must_use]
    pub fn of_sampled(self) -> Self {
        Self { sampled: true, ..self }
    }

    /// The same on images of MR whose values are signal.
    pub fn mr(name: &'static str, limit: f64, params: &Params, words: &'a Words) -> Self {
        Self { wanted: is_mr_signal, family: Family::Mr, ..Self::ct(name, limit, params, words) }
    }

    fn concerns(&self, series: &SeriesView<'_>) -> bool {
        is_of(series, self.family) && (self.concerned)(series)
    }

    fn is_worse(&self, value: f64, than: f64) -> bool {
        match self.side {
            Side::Above => value > than,
            Side::Below => value < than,
        }
    }
}

/// What people are told of a measure by slices.
pub struct Words {
    /// No slice shows the defect.
    pub pass: StaticText,
    /// What the slices beyond the limit show: "show rings".
    pub beyond: StaticText,
    /// Why slices may have no number.
    pub without: StaticText,
}

/// Judges every series of the rule's family, slice by slice.
pub fn judge(view: &StudyView<'_>, rule: &Rule<'_>) -> Vec<Outcome> {
    let pass = Text::from(rule.words.pass);
    let skip = skip(view, rule);
    per_series(view, &pass, &skip, |s| of_series(s, rule))
}

/// Why no series could be judged: there is none of the family, or none that is concerned has a number.
fn skip(view: &StudyView<'_>, rule: &Rule<'_>) -> Text {
    let has = |s: &SeriesView<'_>| is_of(s, rule.family) && !stacks(s, 1, |_| true).is_empty();
    if view.series().any(|s| has(&s)) { Text::from(rule.words.without) } else { no_volume() }
}

/// The slices of one stack beyond the limit.
struct Beyond<'a> {
    worst: Slice<'a>,
    /// The measurement that decided, its value and its limit.
    name: &'static str,
    value: f64,
    limit: f64,
    /// So many slices beyond the limit are let pass.
    allowed: usize,
    place: Option<[u32; 4]>,
    count: usize,
    measured: usize,
    uids: Vec<&'a str>,
}

fn of_series(series: &SeriesView<'_>, rule: &Rule<'_>) -> Said {
    if !rule.concerns(series) {
        return Said::Skip;
    }
    let column = (rule.column)(series, rule.name);
    let other = rule.or.map(|second| series.column(second.name));
    let mut looked = false;
    let mut worst: Option<Beyond<'_>> = None;
    let all = stacks(series, 1, rule.wanted);
    if let Some(outcome) = unlooked(series, &all, rule.sampled) {
        return Said::Told(outcome);
    }
    for stack in all {
        let (beyond, measured) = of_stack(&stack, [Some(&column), other.as_ref()], rule);
        looked |= measured > 0;
        let Some(beyond) = beyond else { continue };
        if worst.as_ref().is_none_or(|w| rule.is_worse(beyond.value, w.value)) {
            worst = Some(beyond);
        }
    }
    match worst {
        Some(beyond) => Said::Told(fail(rule, &beyond)),
        None if looked => Said::Pass,
        None => Said::Skip,
    }
}

fn of_stack<'a>(
    stack: &StackOf<'a>,
    columns: [Option<&Column>; 2],
    rule: &Rule<'_>,
) -> (Option<Beyond<'a>>, usize) {
    let mut found: Option<Beyond<'a>> = None;
    let mut measured = 0;
    for slice in stack.places.iter().flatten() {
        let Some((name, (value, place), limit)) = of_slice(slice, columns, rule) else { continue };
        measured += 1;
        if !rule.is_worse(value, limit) {
            continue;
        }
        let beyond = found.get_or_insert_with(|| Beyond {
            worst: *slice,
            name,
            value,
            limit,
            allowed: 0,
            place,
            count: 0,
            measured: 0,
            uids: Vec::new(),
        });
        beyond.count += 1;
        beyond.uids.push(slice.instance.sop_uid());
        if rule.is_worse(value, beyond.value) {
            (beyond.worst, beyond.place) = (*slice, place);
            (beyond.name, beyond.value, beyond.limit) = (name, value, limit);
        }
    }
    let allowed = allowed(rule, measured);
    let found = found.filter(|b| b.count > allowed).map(|b| Beyond { allowed, measured, ..b });
    (found, measured)
}

/// How many of the measured slices may lie beyond the limit: fewer than both the number and the share
/// ask for. A stack of fewer slices than that fails where all of them lie beyond.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of slices"
)]
fn allowed(rule: &Rule<'_>, measured: usize) -> usize {
    let needed = rule.slices_min.max(rule.share_min * measured as f64).min(measured as f64);
    (needed.ceil().max(1.0) as usize) - 1
}

/// The measurement that decides on a slice, its value, and the limit it is held against.
fn of_slice(
    slice: &Slice<'_>,
    columns: [Option<&Column>; 2],
    rule: &Rule<'_>,
) -> Option<(&'static str, Placed, f64)> {
    let [first, second] = columns.map(|column| column.and_then(|c| slice.placed(c)));
    let other = rule.or.zip(second);
    match (first, other) {
        (Some(own), None) => {
            let alone = rule.or.map_or(rule.limit, |second| second.limit_without);
            Some((rule.name, own, alone))
        }
        (Some(own), Some((_, other))) if !rule.is_worse(own.0, other.0) => {
            Some((rule.name, own, rule.limit))
        }
        (_, Some((second, other))) => Some((second.name, other, rule.limit)),
        (None, None) => None,
    }
}

fn fail(rule: &Rule<'_>, beyond: &Beyond<'_>) -> Outcome {
    let unit = registry::find(beyond.name).map_or("1", |m| m.unit);
    let shown = |value: f64| (value * 1000.0).round() / 1000.0;
    let (value, limit) = (shown(beyond.value), shown(beyond.limit));
    let (n, of) = (beyond.count, beyond.measured);
    let words = rule.words.beyond;
    let told = if unit == "1" { String::new() } else { format!(" {unit}") };
    let why = Text::new(
        format!("{of}层中{n}层{}：最重{value}{told}，限值{limit}{told}", words.zh),
        format!("{n} of {of} slices {}: {value}{told} at worst, limit {limit}{told}", words.en),
    );
    let mut uids = beyond.uids.clone();
    uids.dedup();
    uids.truncate(EXAMPLES);
    let measured = Evidence::new(beyond.name, value).limit(limit);
    // The unit "1" is a share; a multiple of a standard error is none.
    let measured = if unit == "1" { measured } else { measured.unit(unit) };
    Outcome::fail(beyond.worst.subject(beyond.place), why)
        .with(measured)
        .with(Evidence::new("slices_beyond", n).limit(beyond.allowed).unit("slices"))
        .with(Evidence::new("slices_measured", of).unit("slices"))
        .with(Evidence::new("first_sop_instance_uids", uids))
}
