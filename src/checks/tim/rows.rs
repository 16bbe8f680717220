//! What the checks of this family say alike: no manifest, no row, no time.

use crate::checks::view::StudyView;
use crate::model::manifest::{ManifestFacts, ManifestRow, hours_between};
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;

/// The study's row, or what is to be said without one.
pub fn row<'a>(view: &StudyView<'a>) -> Result<&'a ManifestRow, Vec<Outcome>> {
    match view.manifest() {
        ManifestFacts::Row(row) => Ok(row),
        ManifestFacts::NotGiven => Err(vec![not_given()]),
        ManifestFacts::NoRow => {
            let why = Text::new("工作列表中没有该检查", "the manifest does not list the study");
            Err(vec![Outcome::could_not_run(Subject::study(), why)])
        }
    }
}

/// Without a manifest nothing of this family applies.
pub fn not_given() -> Outcome {
    let why = Text::new("未提供工作列表", "no manifest was given");
    Outcome::not_applicable(Subject::study(), why)
}

/// A time of the manifest with its names.
type Time<'a> = (Option<&'a str>, &'static str, &'static str);

/// Whether less than `limit` hours lie between two times.
pub fn within(from: Time<'_>, to: Time<'_>, limit: f64) -> Outcome {
    let subject = Subject::study();
    for (time, zh, en) in [from, to] {
        if time.is_none() {
            let why =
                Text::new(format!("工作列表未给出{zh}"), format!("the manifest does not say {en}"));
            return Outcome::could_not_run(subject, why);
        }
    }
    let hours = from.0.zip(to.0).and_then(|(a, b)| hours_between(a, b));
    let Some(hours) = hours.filter(|h| *h >= 0.0) else {
        let why = Text::new(
            format!("{}早于{}，时间有误", to.1, from.1),
            format!("{} is before {}, so one of them is wrong", to.2, from.2),
        );
        return Outcome::could_not_run(subject, why);
    };
    let shown = (hours * 100.0).round() / 100.0;
    let evidence = Evidence::new("hours_taken", shown).limit(limit).unit("h");
    if hours < limit {
        let why = Text::new(
            format!("{}至{}{shown}小时", from.1, to.1),
            format!("{shown} h from {} to {}", from.2, to.2),
        );
        return Outcome::pass(subject, why).with(evidence);
    }
    let why = Text::new(
        format!("{}至{}{shown}小时，应小于{limit}小时", from.1, to.1),
        format!("{shown} h from {} to {}, limit below {limit} h", from.2, to.2),
    );
    Outcome::fail(subject, why).with(evidence)
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::model::study::Study;

    /// A study with a row.
    pub fn with_row(mut study: Study, row: ManifestRow) -> Study {
        study.manifest = ManifestFacts::Row(Box::new(row));
        study
    }
}
