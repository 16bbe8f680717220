//! Judging film by film what models read: films that could not be read for one reason are told once.

use crate::model::outcome::{Evidence, Outcome, OutcomeKind, Subject};
use crate::model::text::Text;

use super::view::{InstanceView, SeriesView, StudyView};

/// What was said of one film: nothing where it is not concerned, else what is wrong with it; an error
/// is the outcome of a film that was not read.
pub type Said = Result<Option<Vec<Outcome>>, Box<Outcome>>;

/// Asks `judge` about every instance. Where nothing is found, one outcome of the whole study says
/// `pass` or, if no film was concerned, `nothing`.
pub fn judge(
    view: &StudyView<'_>,
    pass: &Text,
    nothing: &Text,
    judge: impl Fn(&SeriesView<'_>, InstanceView<'_>) -> Said,
) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    let (mut judged, mut unread) = (0_usize, Vec::new());
    for series in view.series() {
        for instance in series.instances() {
            match judge(&series, instance) {
                Ok(Some(found)) => {
                    judged += 1;
                    outcomes.extend(found);
                }
                Err(why) if why.kind == OutcomeKind::CouldNotRun => unread.push(*why),
                Ok(None) | Err(_) => {}
            }
        }
    }
    outcomes.extend(grouped(unread));
    if !outcomes.is_empty() {
        return outcomes;
    }
    if judged == 0 {
        return vec![Outcome::not_applicable(Subject::study(), nothing.clone())];
    }
    vec![Outcome::pass(Subject::study(), pass.clone()).with(Evidence::new("films_checked", judged))]
}

/// Films that could not be read for one reason are one outcome.
fn grouped(unread: Vec<Outcome>) -> Vec<Outcome> {
    let mut out: Vec<(Outcome, usize)> = Vec::new();
    for outcome in unread {
        match out.iter_mut().find(|(o, _)| o.why == outcome.why) {
            Some((_, count)) => *count += 1,
            None => out.push((outcome, 1)),
        }
    }
    let told = |(mut outcome, count): (Outcome, usize)| {
        if count > 1 {
            outcome.subject = Subject::study();
            return outcome.with(Evidence::new("instances_affected", count));
        }
        outcome
    };
    out.into_iter().map(told).collect()
}
