//! Tests of the terminal page.

use super::*;
use crate::model::outcome::{Evidence, Subject};
use crate::report::aggregate::CheckWords;
use crate::report::aggregate::tests::{outcome, study};

fn lookup(code: &str) -> Option<CheckWords> {
    (code == "T1").then_some(CheckWords {
        title: StaticText { zh: "中间缺层", en: "slice missing" },
        advice: StaticText { zh: "请重新传输该序列", en: "send the series again" },
    })
}

fn example() -> StudyResult {
    let mut s = study("1.2.3", "bj", Verdict::Fail);
    let mut missing = outcome("T1", OutcomeKind::Fail, Severity::Critical);
    missing.subject = Subject::instance("1.2.3.1", "1.2.3.1.7");
    missing.evidence = vec![Evidence::new("gap", 6.25).limit(2.5).unit("mm")];
    missing.why = "gap of 6.25 mm, limit 2.5 mm".into();
    missing.why_zh = "间隔 6.25 mm，限值 2.5 mm".into();
    missing.clause = Some("附件2 第3条".into());
    s.outcomes = vec![
        outcome("T9", OutcomeKind::Pass, Severity::Minor),
        outcome("T3", OutcomeKind::CouldNotRun, Severity::Major),
        outcome("T4", OutcomeKind::NotApplicable, Severity::Major),
        outcome("T2", OutcomeKind::Fail, Severity::Major),
        missing,
    ];
    s
}

#[test]
fn groups_come_worst_first_with_values_limits_and_advice() {
    let options = TerminalOptions { lookup, ..TerminalOptions::default() };
    let text = render(&example(), &options);
    let order: Vec<usize> =
        ["\n不合格 (1)", "\n需复核 (1)", "\n无法判断 (1)", "\n不适用 (1)", "\n通过 (1)"]
            .iter()
            .map(|g| text.find(g).unwrap_or_else(|| panic!("{g} in\n{text}")))
            .collect();
    assert!(order.is_sorted(), "{text}");
    for part in [
        "中间缺层",
        "相邻层间隔 6.25 毫米（限值 2.5 毫米）",
        "依据：附件2 第3条",
        "现在怎么做：请重新传输该序列",
        "序列 1 图像 1.2.3.1.7",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}

#[test]
fn english_has_no_chinese_words() {
    let options = TerminalOptions { lookup, language: Language::En, ..TerminalOptions::default() };
    let mut s = example();
    s.institution_name = "Hospital".into();
    s.outcomes.iter_mut().for_each(|o| o.clause = None);
    let text = render(&s, &options);
    assert!(!text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{text}");
    assert!(text.contains("what to do now: send the series again"), "{text}");
}

#[test]
fn colour_only_where_asked_for() {
    let plain = render(&example(), &TerminalOptions { lookup, ..TerminalOptions::default() });
    let colour = TerminalOptions { lookup, colour: true, ..TerminalOptions::default() };
    assert!(!plain.contains('\u{1b}'));
    assert!(render(&example(), &colour).contains("\u{1b}[31m"));
}

#[test]
fn hostile_values_cannot_move_the_cursor() {
    let mut s = example();
    s.institution_name = "\u{1b}[2J\nevil".into();
    s.outcomes[4].evidence = vec![Evidence::new("x\u{7}", "\u{1b}]0;t\u{7}")];
    let text = render(&s, &TerminalOptions::default());
    assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'), "{text:?}");
}

#[test]
fn many_places_are_cut_unless_all_are_asked_for() {
    let mut s = example();
    s.outcomes = vec![s.outcomes[4].clone(); 30];
    let few = render(&s, &TerminalOptions::default());
    assert!(few.contains("另有 25 处"), "{few}");
    let all = render(&s, &TerminalOptions { all_places: true, ..TerminalOptions::default() });
    assert_eq!(all.matches("1.2.3.1.7").count(), 30);
}
