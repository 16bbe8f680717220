//! The gate's promises, held by random cases over the real profiles, and every clause on labels of
//! the five documents, row by row.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hrgate::checks::contract::Depth;
use hrgate::gate::{Case, Decision, Previous, Records, Subject, decide, standing, timeline};
use hrgate::model::gate::{
    Act, DecisionKind, Evaluation, EvaluationKind, InstitutionFacts, Rectification, Review, State,
    Target,
};
use hrgate::model::outcome::{OutcomeKind, Severity};
use hrgate::model::reason::ReasonCode;
use hrgate::model::result::{
    Coverage, ItemMatch, OutcomeResult, Provenance, SCHEMA_VERSION, Status, StudyResult, Verdict,
};
use hrgate::policy::load::{PolicySet, load};
use hrgate::policy::profile::Profile;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

fn policies() -> &'static PolicySet {
    static SET: std::sync::OnceLock<PolicySet> = std::sync::OnceLock::new();
    SET.get_or_init(|| load(None).unwrap())
}

fn profile(id: &str) -> &'static Profile {
    &policies().profiles[id]
}

/// A policy that counts: where a label is to be had.
const LABELLED: [&str; 3] = ["hebei-2025", "beijing-2024", "chuanyu-2025-draft"];

fn facts(level: &str, memberships: &[&str]) -> InstitutionFacts {
    InstitutionFacts {
        id: "h".into(),
        name: "医院".into(),
        level: Some(level.into()).filter(|l: &String| !l.is_empty()),
        ownership: Some("public".into()),
        region: None,
        memberships: memberships.iter().map(|m| (*m).to_owned()).collect(),
    }
}

fn evaluation(profile: &str, on: Date, passed: bool, by: &str) -> Evaluation {
    Evaluation {
        on,
        institution: "h".into(),
        profile: profile.into(),
        target: Target::All,
        scope: None,
        kind: EvaluationKind::Evaluation,
        passed,
        evaluator: by.into(),
        evidence: "e".into(),
    }
}

fn spot(profile: &str, on: Date, passed: bool, by: &str) -> Evaluation {
    Evaluation { kind: EvaluationKind::SpotCheck, ..evaluation(profile, on, passed, by) }
}

/// The evaluator whose pass opens the narrowest scope to a hospital of grade 3A.
fn evaluator(profile: &str) -> &'static str {
    match profile {
        "hebei-2025" => "provincial-centre",
        "beijing-2024" => "city-centre",
        _ => "responsible-centre",
    }
}

fn outcome(name: &str, kind: OutcomeKind, severity: Severity, sop: Option<&str>) -> OutcomeResult {
    OutcomeResult {
        code: "TST001".into(),
        name: name.into(),
        outcome: kind,
        status: Status::Stable,
        severity,
        required: true,
        subject: hrgate::model::outcome::Subject {
            sop_uid: sop.map(str::to_owned),
            ..hrgate::model::outcome::Subject::study()
        },
        evidence: Vec::new(),
        why: String::new(),
        why_zh: String::new(),
        clause: None,
        dicom_code: None,
    }
}

/// What is wrong with a study, worst last.
const FINDINGS: [&str; 4] = ["pass", "could-not-run", "major", "critical"];

fn result(finding: usize, depth: &str, study_date: &str) -> StudyResult {
    let (verdict, kind, severity) = match FINDINGS[finding] {
        "pass" => (Verdict::Pass, OutcomeKind::Pass, Severity::Critical),
        "could-not-run" => (Verdict::Review, OutcomeKind::CouldNotRun, Severity::Critical),
        "major" => (Verdict::Review, OutcomeKind::Fail, Severity::Major),
        _ => (Verdict::Fail, OutcomeKind::Fail, Severity::Critical),
    };
    let reasons = if verdict == Verdict::Pass { vec![] } else { vec!["made-up".to_owned()] };
    StudyResult {
        schema_version: SCHEMA_VERSION,
        study_uid: Some("1.2".into()),
        study_key: "1.2".into(),
        institution: "h".into(),
        institution_name: "医院".into(),
        study_date: Some(study_date.replace('-', "")).filter(|d| !d.is_empty()),
        modalities: vec!["CT".into()],
        items: Vec::new(),
        verdict,
        verdict_reasons: reasons,
        grade: None,
        coverage: Coverage::default(),
        files: 1,
        series: Vec::new(),
        markers: Vec::new(),
        outcomes: vec![outcome("made-up", kind, severity, None)],
        labels: Vec::new(),
        provenance: Provenance { depth: depth.into(), ..Provenance::default() },
    }
}

fn item(profile: &Profile, matched: &str) -> ItemMatch {
    let first = profile.catalogue.items().find(|i| i.modality == "CT").unwrap();
    let item = ["code", "scored"].contains(&matched).then(|| first.uid.clone());
    ItemMatch {
        profile: profile.id.clone(),
        item,
        name: None,
        matched: matched.into(),
        candidates: Vec::new(),
        sop_uids: Vec::new(),
    }
}

/// A whole situation, made of small numbers so that it can be varied.
#[derive(Clone, Debug)]
struct Situation {
    profile: &'static str,
    finding: usize,
    depth: usize,
    matched: &'static str,
    known: bool,
    member: bool,
    as_of: Date,
    study_date: Option<Date>,
    evaluations: Vec<Evaluation>,
    rectifications: Vec<Rectification>,
    reviews: Vec<Review>,
}

const DEPTHS: [(Depth, &str); 3] =
    [(Depth::Header, "header"), (Depth::Pixels, "pixels"), (Depth::Models, "models")];

impl Situation {
    fn decide(&self, previous: Option<&Previous>) -> Decision {
        let profile = profile(self.profile);
        let facts = facts("三级甲等", if self.member { &["jjj"] } else { &[] });
        let date = self.study_date.map(|d| d.to_string()).unwrap_or_default();
        let (depth, word) = DEPTHS[self.depth];
        let result = result(self.finding, word, &date);
        let case = Case {
            profile,
            result: &result,
            depth,
            study_date: self.study_date,
            records: Records {
                facts: self.known.then_some(&facts),
                evaluations: &self.evaluations,
                rectifications: &self.rectifications,
            },
            reviews: &self.reviews,
            waivers: &[],
            content_changed: false,
            as_of: self.as_of,
        };
        let item = item(profile, self.matched);
        decide(&case, Subject { item: &item, sop_uids: &[] }, previous)
    }

    fn rank(&self, previous: Option<&Previous>) -> DecisionKind {
        self.decide(previous).kind
    }
}

fn before(decision: &Decision) -> Previous {
    Previous {
        kind: decision.kind,
        label: decision.label.clone(),
        reasons: decision.reasons.clone(),
        depth: decision.depth,
        as_of: decision.as_of,
    }
}

const START: Date = date(2025, 1, 1);

fn some_day() -> impl Strategy<Value = Date> {
    (0..260i64).prop_map(|n| START.saturating_add(n.days()))
}

fn some_evaluation(profile: &'static str) -> impl Strategy<Value = Evaluation> {
    let by =
        prop::sample::select(vec![evaluator(profile), "region-centre", "district-centre", "eqa"]);
    let labels = &policies().profiles[profile].rules.labels;
    let mut scopes: Vec<Option<String>> = labels.iter().map(|l| Some(l.scope.clone())).collect();
    scopes.push(None);
    (some_day(), any::<bool>(), any::<bool>(), by, prop::sample::select(scopes), 0..3usize)
        .prop_map(move |(on, passed, is_spot, by, scope, target)| Evaluation {
            kind: if is_spot { EvaluationKind::SpotCheck } else { EvaluationKind::Evaluation },
            scope,
            target: [Target::All, Target::Modality("CT".into()), Target::Modality("MR".into())]
                [target]
                .clone(),
            ..evaluation(profile, on, passed, by)
        })
}

fn some_rectification(profile: &'static str) -> impl Strategy<Value = Rectification> {
    (some_day(), prop::option::of(0..90i64)).prop_map(move |(opened, after)| Rectification {
        institution: "h".into(),
        profile: profile.into(),
        target: Target::All,
        opened,
        closed: after.map(|n| opened.saturating_add(n.days())),
    })
}

fn situation() -> impl Strategy<Value = Situation> {
    prop::sample::select(LABELLED.to_vec()).prop_flat_map(|profile| {
        let things = (
            0..FINDINGS.len(),
            0..DEPTHS.len(),
            prop::sample::select(vec!["scored", "scored", "scored", "ambiguous", "none"]),
            prop::bool::weighted(0.9),
            any::<bool>(),
            some_day(),
            prop::option::weighted(0.9, some_day()),
        );
        let records = (
            prop::collection::vec(some_evaluation(profile), 0..4),
            prop::collection::vec(some_rectification(profile), 0..3),
        );
        let first = prop::bool::weighted(0.8);
        (things, records, first).prop_map(move |(t, (mut evaluations, rectifications), first)| {
            if first {
                evaluations.push(evaluation(profile, START, true, evaluator(profile)));
            }
            Situation {
                profile,
                finding: t.0,
                depth: t.1,
                matched: t.2,
                known: t.3,
                member: t.4,
                as_of: t.5,
                study_date: t.6,
                evaluations,
                rectifications,
                reviews: Vec::new(),
            }
        })
    })
}

/// Runs a property over random situations with a fixed seed.
fn holds(property: impl Fn(Situation) -> Result<(), TestCaseError>) {
    let rng =
        prop::test_runner::TestRng::deterministic_rng(prop::test_runner::RngAlgorithm::ChaCha);
    let config = Config { cases: 4000, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, rng).run(&situation(), property).unwrap();
}

#[test]
fn a_worse_finding_never_improves_a_decision() {
    holds(|s| {
        for worse in s.finding..FINDINGS.len() {
            let other = Situation { finding: worse, ..s.clone() };
            prop_assert!(other.rank(None) >= s.rank(None));
            let first = before(&Situation { finding: 0, ..s.clone() }.decide(None));
            prop_assert!(other.rank(Some(&first)) >= s.rank(Some(&first)));
        }
        for n in 0..s.evaluations.len() {
            let mut other = s.clone();
            other.evaluations[n].passed = false;
            prop_assert!(other.rank(None) >= s.rank(None), "evaluation {n} failed");
        }
        Ok(())
    });
}

#[test]
fn missing_evidence_never_applies_and_never_withdraws() {
    let counter = std::cell::Cell::new(0u32);
    holds(|s| {
        let lacking = [
            Situation { evaluations: Vec::new(), ..s.clone() },
            Situation { study_date: None, ..s.clone() },
            Situation { known: false, ..s.clone() },
            Situation { matched: "ambiguous", ..s.clone() },
            Situation { depth: 0, ..s.clone() },
            Situation { finding: 1, ..s.clone() },
        ];
        for lack in &lacking {
            prop_assert_eq!(lack.rank(None), DecisionKind::Withhold);
        }
        // The label stood: what is missing now takes it back in no case but that of evidence.
        let label = Situation { finding: 0, ..s.clone() }.decide(None);
        if label.kind == DecisionKind::Apply {
            counter.set(counter.get() + 1);
            let stood = before(&label);
            for lack in &lacking {
                let lack = Situation { finding: lack.finding.min(1), ..lack.clone() };
                prop_assert_eq!(lack.rank(Some(&stood)), DecisionKind::Apply);
            }
        }
        Ok(())
    });
    let applied = counter.get();
    assert!(applied > 200, "only {applied} situations had a label to lose");
}

#[test]
fn a_lapsed_evaluation_takes_no_label_back_and_gives_none() {
    for id in LABELLED {
        let s = passing(id);
        let label = s.decide(None);
        assert_eq!(label.kind, DecisionKind::Apply, "{id}: {:?}", label.reasons);
        let later = Situation { as_of: date(2027, 6, 1), ..s.clone() };
        assert_eq!(later.rank(Some(&before(&label))), DecisionKind::Apply);
        let new = Situation { study_date: Some(date(2027, 5, 1)), ..later };
        assert_eq!(new.rank(None), DecisionKind::Withhold);
        assert!(new.decide(None).reasons.iter().any(|r| r.code == ReasonCode::EvaluationLapsed));
    }
}

fn passing(id: &'static str) -> Situation {
    Situation {
        profile: id,
        finding: 0,
        depth: 1,
        matched: "scored",
        known: true,
        member: false,
        as_of: date(2025, 4, 1),
        study_date: Some(date(2025, 3, 1)),
        evaluations: vec![evaluation(id, date(2025, 1, 10), true, evaluator(id))],
        rectifications: Vec::new(),
        reviews: Vec::new(),
    }
}

#[test]
fn only_the_widest_scope_is_printed() {
    holds(|s| {
        let labels = &profile(s.profile).rules.labels;
        let decision = s.decide(None);
        let Some(label) = &decision.label else { return Ok(()) };
        let at = labels.iter().position(|l| l.scope == label.scope).unwrap();
        let facts = facts("三级甲等", if s.member { &["jjj"] } else { &[] });
        let records = Records {
            facts: Some(&facts),
            evaluations: &s.evaluations,
            rectifications: &s.rectifications,
        };
        let uid = item(profile(s.profile), "scored").item.unwrap();
        for wider in &labels[at + 1..] {
            let on = |day| {
                let target = Target::Item(uid.clone());
                standing(profile(s.profile), &records, &target, Some("CT"), wider, day).state
            };
            let both = [on(s.as_of), on(s.study_date.unwrap().min(s.as_of))];
            prop_assert!(both != [State::Granted; 2], "{} would be wider", wider.scope);
        }
        Ok(())
    });
}

#[test]
fn replay_and_order_of_arrival_change_nothing() {
    holds(|s| {
        let first = s.decide(None);
        let again = s.decide(Some(&before(&first)));
        prop_assert_eq!((again.kind, &again.label), (first.kind, &first.label));
        prop_assert_eq!(s.decide(None), first.clone());
        let mut turned = s.clone();
        turned.evaluations.reverse();
        turned.rectifications.reverse();
        prop_assert_eq!(turned.decide(None), first.clone());
        // A header-only look before or after changes nothing of what the deeper look says.
        let header = Situation { depth: 0, ..s.clone() };
        let deep = Situation { depth: 2, ..s.clone() };
        let (a, b) = (header.decide(None), deep.decide(None));
        let after = deep.decide(Some(&before(&a)));
        let kept = header.decide(Some(&before(&b)));
        prop_assert_eq!(after.kind, b.kind);
        let fresh_failure = kept.kind == DecisionKind::Withdraw;
        prop_assert!(kept.kind == b.kind || fresh_failure);
        Ok(())
    });
}

#[test]
fn withdrawal_needs_fresh_failing_evidence_of_enough_depth() {
    let s = Situation { depth: 2, ..passing("hebei-2025") };
    let label = before(&s.decide(None));
    let shallow = Situation { finding: 3, depth: 1, ..s.clone() };
    assert_eq!(shallow.rank(Some(&label)), DecisionKind::Apply, "a shallower run replaces nothing");
    let failed = Situation { finding: 3, ..s.clone() };
    assert_eq!(failed.rank(Some(&label)), DecisionKind::Withdraw);
    let doubtful = Situation { finding: 2, ..s.clone() };
    assert_eq!(doubtful.rank(Some(&label)), DecisionKind::Withhold, "a person has to look");
    let taken = before(&failed.decide(Some(&label)));
    assert_eq!(s.rank(Some(&taken)), DecisionKind::Apply, "fresh passing evidence brings it back");
    let earlier = Situation { finding: 3, as_of: date(2025, 3, 20), ..s };
    assert_eq!(earlier.rank(Some(&label)), DecisionKind::Apply, "an earlier day changes nothing");
}

#[test]
fn a_signature_turns_review_into_apply_and_nothing_else() {
    let s = Situation { finding: 2, ..passing("hebei-2025") };
    let signed = |finding: usize, apply| Review {
        on: date(2025, 3, 10),
        study_key: "1.2".into(),
        profile: None,
        apply,
        person: "Wang".into(),
        role: "radiologist".into(),
        reason: "seen".into(),
        result_digest: hrgate::gate::findings_digest(&result(finding, "pixels", "2025-03-01")),
    };
    assert_eq!(s.rank(None), DecisionKind::Withhold);
    let with = |s: &Situation, r| Situation { reviews: vec![r], ..s.clone() };
    assert_eq!(with(&s, signed(2, true)).rank(None), DecisionKind::Apply);
    assert_eq!(with(&s, signed(2, false)).rank(None), DecisionKind::Withhold);
    let old = with(&s, signed(1, true)).decide(None);
    assert_eq!(old.kind, DecisionKind::Withhold);
    assert!(old.reasons.iter().any(|r| r.code == ReasonCode::ReviewOutdated));
    let critical = Situation { finding: 3, ..s.clone() };
    assert_eq!(with(&critical, signed(3, true)).rank(None), DecisionKind::Withhold);
    let header = Situation { depth: 0, ..s };
    assert_eq!(with(&header, signed(2, true)).rank(None), DecisionKind::Withhold);
}

/// Acts of `h` for the narrowest label of a profile up to the end of 2026.
fn acts(id: &str, facts: &InstitutionFacts, e: &[Evaluation], r: &[Rectification]) -> Vec<Act> {
    let p = profile(id);
    let records = Records { facts: Some(facts), evaluations: e, rectifications: r };
    let (label, end) = (&p.rules.labels[0], date(2026, 12, 31));
    timeline(p, &records, &Target::All, None, label, end).iter().map(|t| t.act).collect()
}

fn kind(id: &'static str, change: impl Fn(&mut Situation)) -> (DecisionKind, Option<String>) {
    let mut s = passing(id);
    change(&mut s);
    let d = s.decide(None);
    (d.kind, d.label.map(|l| l.zh))
}

/// What every clause on labels comes to; each rule of `rules.csv` that speaks of labels has a row.
fn clauses() -> BTreeMap<&'static str, fn()> {
    use DecisionKind::{Apply, Withhold};
    let mut t: BTreeMap<&'static str, fn()> = BTreeMap::new();
    t.insert("HB-20", || {
        let d = passing("hebei-2025").decide(None);
        let label = d.label.unwrap();
        assert_eq!((label.zh.as_str(), label.en.as_deref()), ("——河北互认", Some("——HBHR")));
        assert_eq!(kind("hebei-2025", |s| s.evaluations.clear()).0, Withhold);
        let by = |s: &mut Situation| s.evaluations[0].evaluator = "city-centre".into();
        assert_eq!(kind("hebei-2025", by).0, Withhold, "only the provincial centre");
    });
    t.insert("HB-21", || {
        let member = |s: &mut Situation| s.member = true;
        assert_eq!(kind("hebei-2025", member), (Apply, Some("——京津冀互认".into())));
    });
    t.insert("HB-22", || {
        let day = date(2025, 2, 1);
        let failed = |s: &mut Situation| {
            s.evaluations.push(spot("hebei-2025", day, false, "provincial-centre"));
        };
        assert_eq!(kind("hebei-2025", failed).0, Withhold);
    });
    t.insert("HB-23", || {
        let s = passing("hebei-2025");
        let label = before(&s.decide(None));
        let mut failed = s.clone();
        let by = "provincial-centre";
        failed.evaluations.push(spot("hebei-2025", date(2025, 2, 20), false, by));
        assert_eq!(failed.rank(Some(&label)), DecisionKind::Withdraw, "made after the spot check");
        failed.evaluations[1].on = date(2025, 3, 20);
        assert_eq!(failed.rank(Some(&label)), Apply, "made before it");
    });
    t.insert("HB-24", || {
        let (id, by) = ("hebei-2025", "provincial-centre");
        let mut e = vec![evaluation(id, date(2025, 1, 10), true, by)];
        e.push(spot(id, date(2025, 2, 1), false, by));
        e.push(spot(id, date(2025, 4, 1), true, by));
        let hospital = facts("三级甲等", &[]);
        let rectification = |closed| Rectification {
            institution: "h".into(),
            profile: id.into(),
            target: Target::All,
            opened: date(2025, 2, 2),
            closed,
        };
        let lapse = [Act::Grant, Act::Suspend];
        assert_eq!(acts(id, &hospital, &e, &[]), lapse, "no rectification, no return");
        assert_eq!(acts(id, &hospital, &e, &[rectification(None)]), lapse);
        let late = rectification(Some(date(2025, 4, 2)));
        assert_eq!(acts(id, &hospital, &e, &[late]), lapse, "the pass must come after");
        let done = rectification(Some(date(2025, 3, 1)));
        let all = [Act::Grant, Act::Suspend, Act::Restore, Act::Lapse];
        assert_eq!(acts(id, &hospital, &e, std::slice::from_ref(&done)), all);
        e.pop();
        assert_eq!(acts(id, &hospital, &e, &[done]), lapse, "no new pass, no return");
    });
    t.insert("CY-12", || {
        assert_eq!(kind("chuanyu-2025-draft", |_| ()), (Apply, Some("川渝 HR".into())));
    });
    t.insert("CY-13", || {
        let d = passing("chuanyu-2025-draft").decide(None);
        assert_eq!(d.label.unwrap().position.as_deref(), Some("top-right:image|report"));
        assert!(d.reasons.iter().any(|r| r.code == ReasonCode::ProfileNotInForce), "a draft");
    });
    t.insert("CY-14", || {
        let id = "chuanyu-2025-draft";
        assert_eq!(kind(id, |s| s.evaluations.clear()).0, Withhold);
        assert_eq!(kind(id, |s| s.evaluations[0].passed = false).0, Withhold);
    });
    t.insert("BJ-25", || assert!(kind("beijing-2024", |_| ()).1.unwrap().ends_with("HR")));
    t.insert("BJ-26", || {
        assert_eq!(kind("beijing-2024", |_| ()), (Apply, Some("北京HR".into())));
    });
    t.insert("BJ-27", || {
        let text = |s: Situation| s.decide(None).label.unwrap().en.unwrap();
        let mut wide = passing("beijing-2024");
        assert_eq!(text(wide.clone()), "BJHR");
        wide.evaluations[0].evaluator = "region-centre".into();
        assert_eq!(text(wide), "JJHR");
    });
    t.insert("BJ-28", || {
        let both = |s: &mut Situation| {
            let wide = evaluation("beijing-2024", date(2025, 1, 20), true, "region-centre");
            s.evaluations.push(wide);
        };
        assert_eq!(kind("beijing-2024", both), (Apply, Some("京津冀HR".into())));
    });
    t.insert("BJ-29", || {
        assert_eq!(kind("beijing-2024", |s| s.evaluations.clear()).0, Withhold);
        assert_eq!(kind("beijing-2024", |s| s.evaluations[0].passed = false).0, Withhold);
    });
    t.insert("BJ-44", || {
        let hospital = facts("三级甲等", &[]);
        let p = profile("beijing-2024");
        let e = [evaluation("beijing-2024", date(2025, 8, 31), true, "city-centre")];
        let records = Records { facts: Some(&hospital), evaluations: &e, rectifications: &[] };
        let on = |day| standing(p, &records, &Target::All, None, &p.rules.labels[0], day).state;
        assert_eq!(on(date(2026, 2, 28)), State::Granted, "half a year in calendar months");
        assert_eq!(on(date(2026, 3, 1)), State::Lapsed);
    });
    t
}

#[test]
fn every_clause_on_labels_holds() {
    for (rule, holds) in clauses() {
        let caught = std::panic::catch_unwind(holds);
        assert!(caught.is_ok(), "rule {rule} does not hold");
    }
}

#[test]
fn the_table_has_every_rule_that_speaks_of_labels() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/rules.csv");
    let mut reader = csv::Reader::from_path(file).unwrap();
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|h| h == name).unwrap();
    let (id, data) = (column("id"), column("data"));
    let mut speak: BTreeSet<String> = BTreeSet::new();
    for row in reader.records() {
        let row = row.unwrap();
        if row[data].split_whitespace().any(|letter| letter == "L") {
            speak.insert(row[id].to_owned());
        }
    }
    let table: BTreeSet<String> = clauses().keys().map(|k| (*k).to_owned()).collect();
    // On the receiver's side, or about whom the centre may evaluate; each has its own test below.
    let elsewhere = ["BJ-08", "BJ-10", "BJ-11", "BJ-46"];
    let missing: Vec<&String> = speak
        .iter()
        .filter(|rule| !table.contains(*rule) && !elsewhere.contains(&rule.as_str()))
        .collect();
    assert!(missing.is_empty(), "no row for {missing:?}");
}

#[test]
fn beijing_routes_open_their_scope_and_no_other() {
    let p = profile("beijing-2024");
    let state = |level: &str, lists: &[&str], by: &str, scope: &str| {
        let hospital = facts(level, lists);
        let e = [evaluation("beijing-2024", date(2025, 1, 10), true, by)];
        let records = Records { facts: Some(&hospital), evaluations: &e, rectifications: &[] };
        let label = p.rules.labels.iter().find(|l| l.scope == scope).unwrap();
        standing(p, &records, &Target::All, None, label, date(2025, 3, 1)).state
    };
    assert_eq!(state("三级甲等", &[], "city-centre", "beijing"), State::Granted);
    assert_eq!(state("三级甲等", &[], "city-centre", "jjj"), State::NotGranted);
    assert_eq!(state("三级甲等", &[], "district-centre", "beijing"), State::NotGranted);
    assert_eq!(state("二级甲等", &[], "district-centre", "beijing"), State::Granted);
    assert_eq!(state("三级甲等", &["tcm"], "tcm-centre", "beijing"), State::Granted);
    assert_eq!(state("三级甲等", &[], "tcm-centre", "beijing"), State::NotGranted);
    assert_eq!(state("三级甲等", &[], "region-centre", "jjj"), State::Granted);
    assert_eq!(state("", &[], "district-centre", "beijing"), State::NotGranted, "grade unknown");
}

#[test]
fn chuanyu_admits_by_level_owner_and_evaluation() {
    let p = profile("chuanyu-2025-draft");
    let state = |level: &str, by: &str| {
        let hospital = facts(level, &[]);
        let e = [evaluation("chuanyu-2025-draft", date(2025, 1, 10), true, by)];
        let records = Records { facts: Some(&hospital), evaluations: &e, rectifications: &[] };
        standing(p, &records, &Target::All, None, &p.rules.labels[0], date(2025, 3, 1)).state
    };
    assert_eq!(state("二级乙等", "district-centre"), State::Granted);
    assert_eq!(state("一级甲等", "district-centre"), State::NotGranted);
    assert_eq!(state("一级甲等", "city-centre"), State::Granted);
    assert_eq!(state("", "city-centre"), State::NotGranted, "grade unknown");
}

#[test]
fn regions_without_a_label_say_so() {
    for id in ["zhejiang-2021", "hechi-2024"] {
        let mut s = passing("hebei-2025");
        s.profile = id;
        s.evaluations[0].profile = id.into();
        let d = s.decide(None);
        assert_eq!(d.kind, DecisionKind::Withhold);
        assert!(d.reasons.iter().any(|r| r.code == ReasonCode::NoLabelDefined), "{id}");
    }
}

#[test]
fn a_finding_on_another_view_does_not_weigh_on_this_one() {
    let mut r = result(0, "pixels", "2025-03-01");
    r.verdict = Verdict::Fail;
    r.verdict_reasons = vec!["blank-image".into()];
    let bad = outcome("blank-image", OutcomeKind::Fail, Severity::Critical, Some("1.2.9"));
    r.outcomes.push(bad);
    let of = |sops: &[&str]| {
        let sops: Vec<String> = sops.iter().map(|s| (*s).to_owned()).collect();
        hrgate::gate::effective(&r, &sops, |_| false).verdict
    };
    assert_eq!(of(&["1.2.8"]), Verdict::Pass);
    assert_eq!(of(&["1.2.9"]), Verdict::Fail);
    assert_eq!(of(&[]), Verdict::Fail);
    assert_eq!(hrgate::gate::effective(&r, &[], |_| true).verdict, Verdict::Fail, "critical");
}
