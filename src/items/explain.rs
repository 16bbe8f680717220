//! Why a study came to its items, line by line, for `hrgate item PATH`: what the header says with
//! the words it was read from, then each outcome with its reason.

use std::fmt::Write as _;

use serde::Serialize;

use crate::model::text::Language;

use super::catalogue::Catalogue;
use super::exam::{Exam, ExamDescription, SideFact, View};
use super::matching::{Kind, Outcome};

/// Everything the explanation of one study and profile holds; the JSON of `hrgate item --json`.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation<'a> {
    /// Policy folder name.
    pub profile: &'a str,
    /// What the header says.
    pub description: &'a ExamDescription,
    /// What it came to.
    pub outcomes: &'a [Outcome],
}

fn pick<'a>(language: Language, zh: &'a str, en: &'a str) -> &'a str {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}

/// The lines of an explanation.
pub fn explain(
    description: &ExamDescription,
    outcomes: &[Outcome],
    catalogue: &Catalogue,
    language: Language,
) -> Vec<String> {
    let mut out = vec![format!("{}: {}", pick(language, "方案", "profile"), catalogue.profile)];
    for code in &description.codes {
        let label = pick(language, "编码", "code");
        out.push(format!("  {label} {} ({})", code.value, code.source));
    }
    for (at, exam) in description.exams.iter().enumerate() {
        out.extend(exam_lines(at, exam, language));
    }
    for outcome in outcomes {
        out.extend(outcome_lines(outcome, catalogue, language));
    }
    out
}

fn exam_lines(at: usize, exam: &Exam, language: Language) -> Vec<String> {
    let side = match &exam.side {
        SideFact::Unknown => pick(language, "未注明", "not said").to_owned(),
        SideFact::Known(side) => side.to_string(),
        SideFact::Conflict => pick(language, "互相矛盾", "contradicted").to_owned(),
    };
    let views = |list: &[View]| list.iter().map(View::to_string).collect::<Vec<_>>().join(";");
    let mut head = format!(
        "  {} {}: {} {}, {} {side}",
        pick(language, "检查", "examination"),
        at + 1,
        exam.modality,
        exam.anatomy.join("|"),
        pick(language, "侧别", "side"),
    );
    for (zh, en, list) in
        [("申请体位", "ordered", &exam.views_ordered), ("图像体位", "taken", &exam.views_taken)]
    {
        if !list.is_empty() {
            let _ = write!(head, ", {} {}", pick(language, zh, en), views(list));
        }
    }
    let mut out = vec![head];
    for e in &exam.evidence {
        out.push(format!("    {} = {}  <- {} \"{}\"", e.facet, e.value, e.source, e.text));
    }
    out
}

fn outcome_lines(outcome: &Outcome, catalogue: &Catalogue, language: Language) -> Vec<String> {
    let name = |uid: &String| {
        let name = catalogue.item(uid).map(|i| i.row.shown_name()).unwrap_or_default();
        format!("{uid} {name}")
    };
    let word = match outcome.kind {
        Kind::Code => pick(language, "按编码匹配", "code"),
        Kind::Scored => pick(language, "按描述匹配", "scored"),
        Kind::Ambiguous => pick(language, "不能确定", "ambiguous"),
        Kind::None => pick(language, "无匹配", "none"),
    };
    let item = outcome.item.as_ref().map(name).unwrap_or_default();
    let why = outcome.reason.text();
    let mut out = vec![format!("  => {word} {item}").trim_end().to_owned()];
    out.push(format!("     {}", why.get(language)));
    for candidate in &outcome.candidates {
        out.push(format!("     ? {}", name(candidate)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::items::exam::{Evidence, Side};
    use crate::items::reason::Reason;

    #[test]
    fn the_words_an_outcome_rests_on_are_shown() {
        let exam = Exam {
            modality: "DX".into(),
            anatomy: vec!["knee".into()],
            side: SideFact::Known(Side::L),
            views_ordered: vec![View::parse("F")],
            evidence: vec![Evidence {
                facet: "side".into(),
                value: "L".into(),
                source: "Study Description".into(),
                text: "左".into(),
            }],
            ..Exam::default()
        };
        let description = ExamDescription { exams: vec![exam], ..ExamDescription::default() };
        let outcomes = [Outcome {
            kind: Kind::Ambiguous,
            item: None,
            candidates: vec!["X-1".into(), "X-2".into()],
            exam: Some(0),
            reason: Reason::SideContradicted,
        }];
        let catalogue = Catalogue { profile: "x".into(), items: Vec::new() };
        let zh = explain(&description, &outcomes, &catalogue, Language::Zh).join("\n");
        assert!(zh.contains("side = L  <- Study Description \"左\""), "{zh}");
        assert!(zh.contains("不能确定") && zh.contains("侧别说法互相矛盾"), "{zh}");
        let en = explain(&description, &outcomes, &catalogue, Language::En).join("\n");
        assert!(en.contains("? X-2") && en.contains("statements name different sides"), "{en}");
    }
}
