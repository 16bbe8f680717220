//! Counts over a set of studies. Sums, maxima and ordered maps only, so that the order of adding
//! cannot show.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::outcome::{OutcomeKind, Severity};
use crate::model::result::{OutcomeResult, Status, StudyResult};
use crate::model::text::Text;
use crate::report::rate::Rate;

use super::Lookup;
use super::not_judged;
use super::types::{
    CheckCount, CoverageSum, DayCount, ModalityCount, Period, ReasonCount, Summary, Used,
    VerdictCounts,
};

/// Counts of one check for one kind of outcome.
struct CheckTally {
    name: String,
    severity: Severity,
    status: Status,
    studies: u64,
    outcomes: u64,
}

/// Counts over a set of studies.
#[derive(Default)]
pub(super) struct Tally {
    counts: VerdictCounts,
    files: u64,
    coverage: CoverageSum,
    modalities: BTreeMap<String, VerdictCounts>,
    fails: BTreeMap<String, CheckTally>,
    could_not_run: BTreeMap<String, CheckTally>,
    reasons: BTreeMap<String, u64>,
    days: BTreeMap<String, VerdictCounts>,
    undated: u64,
    policies: BTreeMap<(String, String), u64>,
    models: BTreeMap<(String, String), u64>,
}

impl Tally {
    /// Counts one study.
    pub fn add(&mut self, result: &StudyResult) {
        let apart = not_judged(result);
        self.counts.add(result.verdict, apart);
        self.files += u64::from(result.files);
        self.coverage.add(result.coverage);
        let modalities = result.modalities.join("+");
        self.modalities.entry(modalities).or_default().add(result.verdict, apart);
        match result.study_date.as_deref().filter(|d| is_day(d)) {
            Some(day) => {
                self.days.entry(day.to_owned()).or_default().add(result.verdict, apart);
            }
            None => self.undated += 1,
        }
        for reason in result.verdict_reasons.iter().collect::<BTreeSet<_>>() {
            *self.reasons.entry(reason.clone()).or_default() += 1;
        }
        count_checks(&mut self.fails, result, OutcomeKind::Fail);
        count_checks(&mut self.could_not_run, result, OutcomeKind::CouldNotRun);
        for (used, by) in [
            (&mut self.policies, &result.provenance.policies),
            (&mut self.models, &result.provenance.models),
        ] {
            for (id, digest) in by {
                *used.entry((id.clone(), digest.clone())).or_default() += 1;
            }
        }
    }

    /// The summary.
    pub fn finish(self, lookup: Lookup) -> Summary {
        let studies = self.counts.studies;
        let mut modalities: Vec<ModalityCount> = self
            .modalities
            .into_iter()
            .map(|(modalities, counts)| ModalityCount { modalities, counts })
            .collect();
        modalities.sort_by_key(|m| std::cmp::Reverse(m.counts.studies));
        let mut reasons: Vec<ReasonCount> = self
            .reasons
            .into_iter()
            .map(|(reason, studies)| ReasonCount { reason, studies })
            .collect();
        reasons.sort_by_key(|r| std::cmp::Reverse(r.studies));
        let period = match (self.days.keys().next(), self.days.keys().next_back()) {
            (Some(first), Some(last)) => Some(Period { first: first.clone(), last: last.clone() }),
            _ => None,
        };
        Summary {
            period,
            counts: self.counts,
            pass_rate: self.counts.pass_rate(),
            files: self.files,
            coverage: self.coverage,
            modalities,
            failing: check_counts(self.fails, studies, lookup),
            could_not_run: check_counts(self.could_not_run, studies, lookup),
            reasons,
            days: self.days.into_iter().map(|(date, counts)| DayCount { date, counts }).collect(),
            undated: self.undated,
            policies: used(self.policies),
            models: used(self.models),
        }
    }
}

fn count_checks(into: &mut BTreeMap<String, CheckTally>, result: &StudyResult, kind: OutcomeKind) {
    let mut hit: BTreeSet<&str> = BTreeSet::new();
    for o in result.outcomes.iter().filter(|o| o.outcome == kind) {
        let tally = entry(into, o);
        tally.outcomes += 1;
        tally.severity = tally.severity.max(o.severity);
        tally.status = tally.status.min(o.status);
        if hit.insert(&o.code) {
            tally.studies += 1;
        }
    }
}

fn entry<'a>(into: &'a mut BTreeMap<String, CheckTally>, o: &OutcomeResult) -> &'a mut CheckTally {
    into.entry(o.code.clone()).or_insert_with(|| CheckTally {
        name: o.name.clone(),
        severity: o.severity,
        status: o.status,
        studies: 0,
        outcomes: 0,
    })
}

fn check_counts(
    from: BTreeMap<String, CheckTally>,
    studies: u64,
    lookup: Lookup,
) -> Vec<CheckCount> {
    let mut counts: Vec<CheckCount> = from
        .into_iter()
        .map(|(code, t)| {
            let (title, advice) = words(&code, &t.name, lookup);
            CheckCount {
                code,
                name: t.name,
                title,
                advice,
                status: t.status,
                severity: t.severity,
                studies: t.studies,
                outcomes: t.outcomes,
                share: Rate::new(t.studies, studies),
            }
        })
        .collect();
    // The sort is stable and the map was ordered: equal counts stay in code order.
    counts.sort_by_key(|c| std::cmp::Reverse((c.studies, c.outcomes)));
    counts
}

/// Title and advice of a check; its name where the registry does not know it.
pub(super) fn words(code: &str, name: &str, lookup: Lookup) -> (Text, Option<Text>) {
    match lookup(code) {
        Some(w) => (
            Text::new(w.title.zh, w.title.en),
            Some(Text::new(w.advice.zh, w.advice.en)).filter(|a| !a.zh.is_empty()),
        ),
        None => (Text::new(name, name), None),
    }
}

fn used(from: BTreeMap<(String, String), u64>) -> Vec<Used> {
    from.into_iter().map(|((id, digest), studies)| Used { id, digest, studies }).collect()
}

/// Whether `text` is a day of the calendar as YYYYMMDD.
pub(super) fn is_day(text: &str) -> bool {
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let (Ok(year), Ok(month), Ok(day)) = (text[..4].parse(), text[4..6].parse(), text[6..].parse())
    else {
        return false;
    };
    year > 0 && jiff::civil::Date::new(year, month, day).is_ok()
}
