//! What the templates of both pages call.

use serde_json::Value;

use crate::model::outcome::{Evidence, Severity};
use crate::model::result::Status;
use crate::model::text::Text;
use crate::report::aggregate::types::{CheckCount, Summary};
use crate::report::notices::ItemRow;
use crate::report::{evidence_words, format, words};

use super::bi::{Bi, both, escaped, st, t};

/// Style class of a severity.
pub fn severity_class(s: Severity) -> &'static str {
    match s {
        Severity::Critical => "f",
        Severity::Major => "r",
        Severity::Minor => "k",
    }
}

/// Modalities joined by `+`, each explained on hover; escaped HTML.
pub fn modality_abbr(joined: &str) -> String {
    joined
        .split('+')
        .take(8)
        .map(|code| match words::modality(code) {
            Some(meaning) => {
                format!("<abbr title=\"{}\">{}</abbr>", escaped(&both(meaning)), escaped(code))
            }
            None => escaped(&format::cut(code, 16)),
        })
        .collect::<Vec<_>>()
        .join("+")
}

/// Studies of the check that hits most: the longest bar.
pub fn longest(list: &[CheckCount]) -> u64 {
    list.iter().map(|c| c.studies).max().unwrap_or(0)
}

/// Style class of a bar in a ranking: by severity for fails, neutral for what could not run.
pub fn bar_class(check: &CheckCount, fails: &bool) -> &'static str {
    if *fails { severity_class(check.severity) } else { "n" }
}

/// A text made here.
fn own(text: Text) -> Bi<'static> {
    t(text.zh, text.en)
}

/// The name of a piece of evidence.
pub fn evidence_name(e: &Evidence) -> Bi<'static> {
    own(evidence_words::name(e))
}

/// A value or limit of evidence.
pub fn evidence_value(v: &Value) -> Bi<'static> {
    own(evidence_words::value(v))
}

/// A unit.
pub fn unit_words(unit: &str) -> Bi<'static> {
    own(evidence_words::unit(unit))
}

/// A catalogue row in one line.
pub fn item_line(row: &ItemRow) -> Bi<'static> {
    own(row.line())
}

/// How an item was matched.
pub fn match_words(matched: &str) -> Bi<'_> {
    match words::item_match(matched) {
        Some(known) => st(known),
        None => t(matched, matched),
    }
}

/// A label decision.
pub fn decision(name: &str) -> Bi<'_> {
    match words::label_decision(name) {
        Some(known) => st(known),
        None => t(name, name),
    }
}

/// A path for people.
pub fn path_text(path: &str) -> String {
    format::cut(&format::clean(path), 300)
}

/// How deep a run looked, by its stable name.
pub fn depth_words(name: &str) -> Bi<'_> {
    serde_json::from_value(Value::String(name.to_owned()))
        .map_or_else(|_| t(name, name), |depth| st(words::depth(depth)))
}

/// That only a sample was read so deep.
pub fn sample_words(drawn: &u64, of: &u64) -> Bi<'static> {
    let (drawn, of) = (format::count(*drawn), format::count(*of));
    t(
        format!("（抽样 {drawn}/{of} 次检查，其余只读文件头）"),
        format!(" ({drawn} of {of} studies, drawn by lot; the others by header)"),
    )
}

/// One sentence that says how it stands: share of passes, and what fails most.
pub fn lead(s: &Summary) -> Text {
    let c = &s.counts;
    let Some(rate) = s.pass_rate else {
        return Text::new(
            format!("共 {} 次检查，没有可判定的检查。", format::count(c.studies)),
            format!("{} studies, none of which could be judged.", format::count(c.studies)),
        );
    };
    let (judged, pass) = (format::count(rate.of), format::count(rate.hits));
    let share = format::percent(rate.value);
    let mut zh = format!("{judged} 次可判定的检查中，{pass} 次合格（{share}）");
    let mut en = format!("{pass} of {judged} judged studies pass ({share})");
    if c.fail > 0 {
        zh += &format!("，{} 次不合格、不得加注互认标识", format::count(c.fail));
        en += &format!(", {} fail and may not carry the label", format::count(c.fail));
    }
    if c.review > 0 {
        zh += &format!("，{} 次需人工复核", format::count(c.review));
        en += &format!(", {} wait for a person", format::count(c.review));
    }
    zh.push('。');
    en.push('.');
    // What is on trial decides nothing, so it is no problem of the institution's.
    let counts = |f: &&CheckCount| f.status == Status::Stable && f.severity > Severity::Minor;
    let top: Vec<_> = s.failing.iter().filter(counts).take(3).collect();
    if !top.is_empty() {
        let list = |get: fn(&Text) -> &str, by: &str| {
            top.iter().map(|f| get(&f.title)).collect::<Vec<_>>().join(by)
        };
        zh += &format!("主要问题：{}。", list(|t| &t.zh, "、"));
        en += &format!(" Main problems: {}.", list(|t| &t.en, ", "));
    }
    Text { zh, en }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rate::Rate;

    fn failing(title: &str, status: Status) -> CheckCount {
        CheckCount {
            code: "POS002".into(),
            name: "lungs-cut".into(),
            title: Text::new(title, title),
            advice: None,
            status,
            severity: Severity::Major,
            studies: 3,
            outcomes: 3,
            share: None,
        }
    }

    #[test]
    fn the_head_of_a_page_names_no_finding_that_is_on_trial() {
        let tried = failing("tried", Status::Preview);
        let summary =
            |failing| Summary { pass_rate: Rate::new(1, 2), failing, ..Summary::default() };
        let told = lead(&summary(vec![tried.clone(), failing("found", Status::Stable)])).en;
        assert!(told.contains("found") && !told.contains("tried"), "{told}");
        assert!(!lead(&summary(vec![tried])).en.contains("Main problems"));
    }
}
