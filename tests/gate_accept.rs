//! The receiver's side: every clause on who must, may or need not recognise whose results, by the
//! shipped policies.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::sync::LazyLock;

use hrgate::gate::{Acceptance, Answer, Exam, Side, accept};
use hrgate::model::gate::InstitutionFacts;
use hrgate::model::result::Verdict;
use hrgate::policy::load::{PolicySet, load};
use jiff::ToSpan;
use jiff::civil::{Date, date};

static POLICIES: LazyLock<PolicySet> = LazyLock::new(|| load(None).unwrap());

const DAY: Date = date(2025, 3, 12);

fn hospital(level: &str, lists: &[&str]) -> InstitutionFacts {
    InstitutionFacts {
        id: level.into(),
        level: Some(level.into()),
        ownership: Some("public".into()),
        memberships: lists.iter().map(|l| (*l).to_owned()).collect(),
        ..InstitutionFacts::default()
    }
}

fn good<'a>() -> Exam<'a> {
    Exam {
        date: Some(DAY),
        labelled: Some(true),
        verdict: Verdict::Pass,
        issuer_eqa: true,
        reasons: &[],
    }
}

fn asked(
    profile: &str,
    issuer: &InstitutionFacts,
    receiver: &InstitutionFacts,
    exam: Exam<'_>,
    days: i64,
) -> Acceptance {
    let side = Side { receiver, issuer: Some(issuer) };
    accept(&POLICIES.profiles[profile], side, exam, DAY.saturating_add(days.days()))
}

/// What a receiver of a level is told of a good exam of the day before by an issuer of a level.
fn told(profile: &str, issuer: &str, receiver: &str) -> Answer {
    asked(profile, &hospital(issuer, &[]), &hospital(receiver, &[]), good(), 1).answer
}

#[test]
fn beijing_binds_by_grade() {
    let id = "beijing-2024";
    assert_eq!(told(id, "二级乙等", "一级甲等"), Answer::Must, "BJ-21: among 2B and below");
    assert_eq!(told(id, "二级甲等", "三级甲等"), Answer::Must, "BJ-21: among 2A and above");
    assert_eq!(told(id, "三级甲等", "二级乙等"), Answer::Must, "BJ-22");
    assert_eq!(told(id, "二级乙等", "三级甲等"), Answer::May, "BJ-24");
    assert_eq!(told(id, "二级乙等", "二级甲等"), Answer::NotBound, "no clause says so");
}

#[test]
fn an_alliance_binds_whatever_the_grades() {
    for (id, lower, higher) in [
        ("beijing-2024", "二级乙等", "二级甲等"),
        ("chuanyu-2025-draft", "二级甲等", "三级甲等"),
        ("zhejiang-2021", "二级乙等", "三级甲等"),
    ] {
        let within = |a: &str, b: &str| {
            let (issuer, receiver) = (hospital(lower, &[a]), hospital(higher, &[b]));
            asked(id, &issuer, &receiver, good(), 1).answer
        };
        assert_eq!(
            within("alliance:east", "alliance:east"),
            Answer::Must,
            "{id}: BJ-23 CY-10 ZJ-10"
        );
        assert_ne!(within("alliance:east", "alliance:west"), Answer::Must, "{id}");
    }
}

#[test]
fn chuanyu_binds_level_with_level_and_lower_to_higher() {
    let id = "chuanyu-2025-draft";
    assert_eq!(told(id, "三级乙等", "三级甲等"), Answer::Must, "CY-09: same level");
    assert_eq!(told(id, "三级甲等", "二级甲等"), Answer::Must, "CY-09: from a higher one");
    assert_eq!(told(id, "二级甲等", "三级甲等"), Answer::NotBound, "not from a lower one");
}

#[test]
fn zhejiang_asks_for_external_assessment_of_issuers_of_2a_and_above() {
    let id = "zhejiang-2021";
    assert_eq!(told(id, "二级甲等", "三级甲等"), Answer::Must, "ZJ-08");
    assert_eq!(told(id, "二级乙等", "一级甲等"), Answer::Must, "ZJ-09");
    assert_eq!(told(id, "三级甲等", "二级乙等"), Answer::Must, "ZJ-09");
    let (issuer, receiver) = (hospital("三级甲等", &[]), hospital("二级甲等", &[]));
    let without = Exam { issuer_eqa: false, ..good() };
    assert_eq!(asked(id, &issuer, &receiver, without, 1).answer, Answer::NotBound, "ZJ-08");
}

#[test]
fn the_window_ends_on_its_last_day() {
    let (a, b) = (hospital("三级甲等", &[]), hospital("三级乙等", &[]));
    let on = |id: &str, days| asked(id, &a, &b, good(), days).answer;
    // 2025-03-12 and a month is 2025-04-12, 31 days on.
    assert_eq!(on("chuanyu-2025-draft", 31), Answer::Must, "CY-15");
    assert_eq!(on("chuanyu-2025-draft", 32), Answer::NotBound, "CY-15");
    assert_eq!(on("zhejiang-2021", 30), Answer::Must, "ZJ-15: 30 days");
    assert_eq!(on("zhejiang-2021", 31), Answer::May, "ZJ-15: a soft limit");
    assert_eq!(on("hebei-2025", 1), Answer::May, "HB-18: a reference, no duty");
    assert_eq!(on("hebei-2025", 40), Answer::May, "HB-17, HB-18: a reference time");
    let told = asked("hebei-2025", &a, &b, good(), 40);
    assert_eq!((told.age_days, told.window_until), (Some(40), Some(date(2025, 4, 12))));
    assert_eq!(on("beijing-2024", 400), Answer::Must, "no window is printed");
    assert_eq!(on("chuanyu-2025-draft", -1), Answer::NotBound, "an exam of tomorrow");
}

#[test]
fn must_needs_the_label_and_a_failed_study_binds_nobody() {
    let (a, b) = (hospital("三级甲等", &[]), hospital("三级甲等", &[]));
    for id in ["beijing-2024", "chuanyu-2025-draft", "zhejiang-2021"] {
        let with = |exam| asked(id, &a, &b, exam, 1).answer;
        assert_eq!(with(good()), Answer::Must, "{id}: BJ-30 BJ-46 CY-16 ZJ-05 ZJ-16");
        let bare = Exam { labelled: Some(false), ..good() };
        assert_eq!(with(bare), Answer::May, "{id}: BJ-48, without a label it may");
        let failed = Exam { verdict: Verdict::Fail, ..good() };
        assert_eq!(with(failed), Answer::NotBound, "{id}: images that fail");
        let undated = Exam { date: None, ..good() };
        assert_ne!(with(undated), Answer::Must, "{id}: nobody knows how old it is");
    }
}

#[test]
fn the_exceptions_are_offered_and_never_chosen() {
    let (a, b) = (hospital("三级甲等", &[]), hospital("三级甲等", &[]));
    for (id, profile) in &POLICIES.profiles {
        let told = asked(id, &a, &b, good(), 1);
        assert_eq!(told.exceptions.len(), profile.rules.exceptions.len(), "{id}");
        assert!(told.exceptions.iter().all(|e| !e.suggested), "{id}: nothing speaks for one");
        assert!(!told.clause.is_empty(), "{id}");
    }
}

#[test]
fn hechi_recognises_issuers_of_2a_and_above_and_binds_nobody() {
    let id = "hechi-2024";
    assert_eq!(told(id, "二级甲等", "一级甲等"), Answer::May, "HC-01");
    assert_eq!(told(id, "二级乙等", "一级甲等"), Answer::NotBound, "HC-01");
}
