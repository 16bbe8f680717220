//! Tests of the accumulators; `study` is shared with the other tests of reports.

use super::types::VerdictCounts;
use super::*;
use crate::model::outcome::{Severity, Subject};
use crate::model::result::{
    Coverage, OutcomeResult, Provenance, SCHEMA_VERSION, SeriesResult, Status,
};

/// A study without outcomes.
pub(crate) fn study(key: &str, institution: &str, verdict: Verdict) -> StudyResult {
    StudyResult {
        schema_version: SCHEMA_VERSION,
        study_uid: Some(key.to_owned()),
        study_key: key.to_owned(),
        institution: institution.to_owned(),
        institution_name: format!("{institution}医院"),
        study_date: Some("20260105".to_owned()),
        modalities: vec!["CT".to_owned()],
        items: Vec::new(),
        verdict,
        verdict_reasons: Vec::new(),
        grade: None,
        coverage: Coverage { ran: 3, not_applicable: 1, could_not_run: 0 },
        files: 10,
        series: vec![SeriesResult {
            series_uid: Some(format!("{key}.1")),
            modality: Some("CT".to_owned()),
            instances: 10,
            ..SeriesResult::default()
        }],
        markers: Vec::new(),
        outcomes: Vec::new(),
        labels: Vec::new(),
        provenance: Provenance { tool: "hrgate 0".into(), ..Provenance::default() },
    }
}

/// An outcome of a made-up check.
pub(crate) fn outcome(code: &str, kind: OutcomeKind, severity: Severity) -> OutcomeResult {
    OutcomeResult {
        code: code.to_owned(),
        name: format!("defect-{}", code.to_lowercase()),
        outcome: kind,
        status: Status::Stable,
        severity,
        required: true,
        subject: Subject::study(),
        evidence: Vec::new(),
        why: "found".to_owned(),
        why_zh: "已发现".to_owned(),
        clause: None,
        dicom_code: None,
    }
}

fn fail(key: &str, severities: &[Severity]) -> StudyResult {
    let mut s = study(key, "a", Verdict::Fail);
    s.outcomes = severities
        .iter()
        .enumerate()
        .map(|(i, sev)| outcome(&format!("T{i:03}"), OutcomeKind::Fail, *sev))
        .collect();
    s
}

fn report(studies: &[StudyResult], limits: Limits) -> InstitutionReport {
    let mut a = Aggregator::new(registry_words, limits);
    for study in studies {
        a.add(study);
    }
    a.finish(&RunBrief::default()).institutions.remove(0)
}

#[test]
fn not_judged_studies_are_counted_apart_and_leave_the_rate_alone() {
    let mut ultrasound = study("3", "a", Verdict::Review);
    ultrasound.outcomes = vec![outcome("T1", OutcomeKind::NotApplicable, Severity::Minor)];
    let mut named = study("4", "a", Verdict::Review);
    named.verdict_reasons = vec!["not-judged".into()];
    let all = [
        study("1", "a", Verdict::Pass),
        study("2", "a", Verdict::Fail),
        ultrasound,
        named,
        study("5", "a", Verdict::Review),
    ];
    let r = report(&all, Limits::default());
    assert_eq!(
        r.summary.counts,
        VerdictCounts { studies: 5, pass: 1, review: 1, fail: 1, not_judged: 2 }
    );
    assert!((r.summary.pass_rate.unwrap().value - 0.3333).abs() < 1e-9);
    // Not judged ones have nothing to show; they stand in the table.
    assert_eq!(r.worst.len(), 2);
    assert_eq!(r.rows.iter().filter(|r| r.not_judged).count(), 2);
}

#[test]
fn failing_checks_rank_by_studies_then_outcomes() {
    use OutcomeKind::Fail;
    let mut one = study("1", "a", Verdict::Review);
    one.outcomes = vec![
        outcome("T1", Fail, Severity::Minor),
        outcome("T2", Fail, Severity::Minor),
        outcome("T2", Fail, Severity::Major),
        outcome("T3", OutcomeKind::CouldNotRun, Severity::Minor),
    ];
    let mut two = study("2", "a", Verdict::Review);
    two.outcomes = vec![outcome("T1", Fail, Severity::Minor)];
    let r = report(&[one, two], Limits::default()).summary;
    let ranked: Vec<_> =
        r.failing.iter().map(|c| (c.code.as_str(), c.studies, c.outcomes)).collect();
    assert_eq!(ranked, [("T1", 2, 2), ("T2", 1, 2)]);
    assert_eq!(r.failing[1].severity, Severity::Major);
    assert_eq!(r.could_not_run[0].code, "T3");
    assert_eq!(r.failing[0].title.en, "defect-t1");
}

#[test]
fn the_worst_come_first_and_the_rest_become_rows() {
    use Severity::{Critical, Major, Minor};
    let all = [
        study("0", "a", Verdict::Pass),
        fail("1", &[Major]),
        fail("2", &[Critical]),
        fail("3", &[Critical, Minor]),
        study("4", "a", Verdict::Review),
    ];
    let r = report(&all, Limits { worst: 2, rows: 2 });
    let keys: Vec<_> = r.worst.iter().map(|s| s.study_key.as_str()).collect();
    assert_eq!(keys, ["3", "2"]);
    let rows: Vec<_> = r.rows.iter().map(|s| s.study_key.as_str()).collect();
    assert_eq!(rows, ["1", "4"]);
    assert_eq!(r.rows_left_out, 1);
    assert_eq!(&*r.rows[0].reasons, ["T000".to_owned()]);
}

#[test]
fn the_order_of_adding_does_not_show() {
    use Severity::{Critical, Major, Minor};
    let all: Vec<StudyResult> = (0..60_u32)
        .map(|i| match i % 4 {
            0 => study(&i.to_string(), "a", Verdict::Pass),
            1 => fail(&i.to_string(), &[Critical, Minor]),
            2 => fail(&i.to_string(), &[Major]),
            _ => study(&i.to_string(), "b", Verdict::Review),
        })
        .collect();
    let limits = Limits { worst: 7, rows: 11 };
    let run = |order: &mut dyn Iterator<Item = &StudyResult>| {
        let mut a = Aggregator::new(registry_words, limits);
        order.for_each(|s| a.add(s));
        let a = a.finish(&RunBrief::default());
        serde_json::to_string(&(a.total, a.institutions)).unwrap()
    };
    let forward = run(&mut all.iter());
    assert_eq!(forward, run(&mut all.iter().rev()));
    let (odd, even): (Vec<_>, Vec<_>) = all.iter().enumerate().partition(|(i, _)| i % 2 == 1);
    assert_eq!(forward, run(&mut odd.into_iter().chain(even).map(|(_, s)| s)));
}

#[test]
fn a_study_with_thousands_of_findings_keeps_few() {
    let mut s = fail("1", &[]);
    for i in 0..5000_u32 {
        let mut o = outcome(&format!("T{:03}", i % 40), OutcomeKind::Fail, Severity::Critical);
        o.subject = Subject::frame("1.1", &format!("1.1.{i:05}"), 0);
        s.outcomes.push(o);
    }
    let r = report(&[s], Limits::default());
    let detail = &r.worst[0];
    assert_eq!((detail.findings.len(), detail.findings_left_out), (16, 24));
    assert_eq!((detail.findings[0].count, detail.findings[0].shown.len()), (125, 3));
    assert_eq!(detail.picture.as_ref().unwrap().sop_uid.as_deref(), Some("1.1.00000"));
    assert_eq!(detail.findings[0].shown[0].series_number, Some(1));
}

#[test]
fn impossible_dates_count_as_undated() {
    let mut odd = study("1", "a", Verdict::Pass);
    odd.study_date = Some("20260231".into());
    let r = report(&[odd, study("2", "a", Verdict::Pass)], Limits::default()).summary;
    assert_eq!((r.undated, r.days.len()), (1, 1));
    assert_eq!(r.period.unwrap().first, "20260105");
}
