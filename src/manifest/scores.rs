//! What manifest and studies say of an institution over a run: the five scores of 川渝 2025 7.1
//! (及时 一致 完整 准确 连续), and the reconciliation of rows and studies both ways.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::ledger::Head;
use crate::model::manifest::{ManifestRow, hours_between};
use crate::model::outcome::OutcomeKind;
use crate::model::result::StudyResult;
pub use crate::model::scores::{Continuity, InstitutionScores, Score};

use super::index::Manifest;
use super::read::Problem;

/// Limits of a region's text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Smallest share of studies that match.
    pub consistency: Option<f64>,
    /// Smallest share of fields filled.
    pub completeness: Option<f64>,
    /// Smallest share of fields right.
    pub accuracy: Option<f64>,
    /// Longest gap, in hours.
    pub continuity: Option<f64>,
}

/// What was known of uploads before this manifest, so that a gap across nights is found.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    /// Times of uploads by institution (registry id), from earlier manifests.
    pub uploads: BTreeMap<String, Vec<String>>,
    /// The beginning of the as-of day: silence since the last upload counts up to it.
    pub as_of: Option<String>,
    /// The head of the store's ledger after the run.
    pub ledger: Option<Head>,
}

/// Rows and studies of one institution and day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Day {
    /// Institution.
    pub institution: String,
    /// Day of the exam (YYYY-MM-DD); empty where unknown.
    pub day: String,
    /// Rows of the manifest.
    pub rows: u64,
    /// Lines of rows without a study.
    pub rows_without_study: Vec<u32>,
    /// Studies received.
    pub studies: u64,
    /// Keys of studies without a row.
    pub studies_without_row: Vec<String>,
}

/// Rows and studies against each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reconciliation {
    /// The head of the store's ledger after the run; null where no store was written.
    pub ledger: Option<Head>,
    /// Rows and cells that could not be used.
    pub problems: Vec<Problem>,
    /// By institution, then day.
    pub days: Vec<Day>,
}

#[derive(Default)]
struct Counted {
    in_time: Score,
    consistent: Score,
    filled: Score,
    agreeing: Score,
}

/// Collects what the results say while a run judges.
#[derive(Default)]
pub struct Scores {
    institutions: BTreeMap<String, Counted>,
    days: BTreeMap<(String, String), Day>,
}

fn count(result: &StudyResult, code: &str, met: &str, of: &str, into: &mut Score) {
    let evidence = |name: &str, o: &crate::model::result::OutcomeResult| {
        let found = o.evidence.iter().find(|e| e.name == name);
        found.and_then(|e| e.value.as_u64()).unwrap_or(0)
    };
    for outcome in result.outcomes.iter().filter(|o| o.code == code) {
        into.met += evidence(met, outcome);
        into.of += evidence(of, outcome);
    }
}

impl Scores {
    /// Adds a study's result.
    pub fn add(&mut self, result: &StudyResult) {
        let said = |code: &str, kind: OutcomeKind| {
            result.outcomes.iter().any(|o| o.code == code && o.outcome == kind)
        };
        let counted = self.institutions.entry(result.institution.clone()).or_default();
        for code in ["TIM001", "TIM002"] {
            let (met, late) = (said(code, OutcomeKind::Pass), said(code, OutcomeKind::Fail));
            counted.in_time.of += u64::from(met || late);
            counted.in_time.met += u64::from(met && !late);
        }
        let unlisted = said("TIM006", OutcomeKind::Fail);
        let agrees = said("TIM006", OutcomeKind::Pass)
            && said("TIM004", OutcomeKind::Pass)
            && !said("TIM003", OutcomeKind::Fail);
        counted.consistent.of += 1;
        counted.consistent.met += u64::from(agrees);
        count(result, "TIM007", "fields_filled", "fields_required", &mut counted.filled);
        count(result, "TIM003", "fields_agreeing", "fields_compared", &mut counted.agreeing);
        let day = result.study_date.as_deref().and_then(dashed).unwrap_or_default();
        let day = self.day(&result.institution, &day);
        day.studies += 1;
        if unlisted {
            day.studies_without_row.push(result.study_key.clone());
        }
    }

    fn day(&mut self, institution: &str, day: &str) -> &mut Day {
        let key = (institution.to_owned(), day.to_owned());
        self.days.entry(key).or_insert_with(|| Day {
            institution: institution.to_owned(),
            day: day.to_owned(),
            ..Day::default()
        })
    }

    /// The scores of every institution, and the reconciliation. `id_of` gives the registry id of the
    /// institution that a row names, `limits_of` what its region prints.
    pub fn finish(
        mut self,
        manifest: &Manifest,
        id_of: impl Fn(&str) -> Option<String>,
        limits_of: impl Fn(&str) -> Limits,
        earlier: &Earlier,
    ) -> (Vec<InstitutionScores>, Reconciliation) {
        let id =
            |row: &ManifestRow| id_of(&row.institution).unwrap_or_else(|| row.institution.clone());
        let mut rows: BTreeMap<String, Vec<&ManifestRow>> = BTreeMap::new();
        for row in manifest.rows() {
            rows.entry(id(row)).or_default().push(row);
            let date = row.exam_at.as_deref().and_then(|t| t.get(..10)).unwrap_or_default();
            self.day(&id(row), date).rows += 1;
        }
        for row in manifest.unmatched() {
            let date = row.exam_at.as_deref().and_then(|t| t.get(..10)).unwrap_or_default();
            self.day(&id(row), date).rows_without_study.push(row.line);
            self.institutions.entry(id(row)).or_default().consistent.of += 1;
        }
        let scores = self.institutions.into_iter().map(|(institution, counted)| {
            let rows = rows.get(&institution).map(Vec::as_slice).unwrap_or_default();
            scores_of(&institution, counted, rows, limits_of(&institution), earlier)
        });
        let problems = manifest.problems().to_vec();
        let days = self.days.into_values().collect();
        (scores.collect(), Reconciliation { ledger: earlier.ledger.clone(), problems, days })
    }
}

fn scores_of(
    institution: &str,
    counted: Counted,
    rows: &[&ManifestRow],
    limits: Limits,
    earlier: &Earlier,
) -> InstitutionScores {
    let known = earlier.uploads.get(institution).map(Vec::as_slice).unwrap_or_default();
    let until = earlier.as_of.as_deref();
    let mut days: Vec<&str> =
        rows.iter().filter_map(|r| r.exam_at.as_deref().and_then(|t| t.get(..10))).collect();
    days.sort_unstable();
    InstitutionScores {
        institution: institution.to_owned(),
        first_day: days.first().map(|d| (*d).to_owned()),
        last_day: days.last().map(|d| (*d).to_owned()),
        // The limit of timeliness is each study's own.
        timeliness: share(counted.in_time, None),
        consistency: share(counted.consistent, limits.consistency),
        completeness: share(counted.filled, limits.completeness),
        accuracy: share(counted.agreeing, limits.accuracy),
        continuity: continuity(rows, known, until, limits.continuity),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share of counts")]
fn share(mut score: Score, limit: Option<f64>) -> Score {
    score.share = (score.of > 0).then(|| score.met as f64 / score.of as f64);
    score.limit = limit;
    score.passed = score.share.zip(limit).map(|(share, limit)| share >= limit);
    score
}

/// The longest time without an upload: from the last one before this manifest's own, which earlier
/// manifests tell, to the as-of day.
fn continuity(
    rows: &[&ManifestRow],
    known: &[String],
    until: Option<&str>,
    limit: Option<f64>,
) -> Continuity {
    let mut own: Vec<&str> = rows.iter().filter_map(|r| r.upload_at.as_deref()).collect();
    own.sort_unstable();
    let uploads = own.len() as u64;
    let first = own.first().copied();
    let before = known.iter().map(String::as_str).filter(|t| first.is_none_or(|f| *t < f)).max();
    let since = known.iter().map(String::as_str).filter(|t| first.is_some_and(|f| *t >= f));
    let mut times: Vec<&str> = before.into_iter().chain(own).chain(since).collect();
    times.sort_unstable();
    let last = times.last().copied();
    times.extend(until.filter(|day| last.is_some_and(|last| last < *day)));
    let gaps = times.windows(2).filter_map(|pair| hours_between(pair[0], pair[1]));
    let longest = gaps.fold(None, |most: Option<f64>, gap| Some(most.map_or(gap, |m| m.max(gap))));
    Continuity {
        uploads,
        longest_gap_hours: longest,
        limit_hours: limit,
        passed: longest.zip(limit).map(|(gap, limit)| gap <= limit),
    }
}

/// YYYYMMDD with dashes.
fn dashed(day: &str) -> Option<String> {
    Some(format!("{}-{}-{}", day.get(..4)?, day.get(4..6)?, day.get(6..8)?))
}

/// The scores as a table for a spreadsheet.
///
/// # Errors
/// The words of the writer.
pub fn csv(scores: &[InstitutionScores]) -> Result<String, String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let heading = [
        "institution",
        "first_day",
        "last_day",
        "dimension",
        "维度",
        "met",
        "of",
        "share",
        "limit",
        "passed",
    ];
    writer.write_record(heading).map_err(|e| e.to_string())?;
    let number = |n: Option<f64>| n.map_or(String::new(), |n| format!("{n:.4}"));
    let yes = |b: Option<bool>| b.map_or("", |b| if b { "yes" } else { "no" }).to_owned();
    for s in scores {
        let days =
            [s.first_day.clone().unwrap_or_default(), s.last_day.clone().unwrap_or_default()];
        let [first, last] = days;
        let parts = [
            ("timeliness", "及时", &s.timeliness),
            ("consistency", "一致", &s.consistency),
            ("completeness", "完整", &s.completeness),
            ("accuracy", "准确", &s.accuracy),
        ];
        for (en, zh, score) in parts {
            let record = [
                s.institution.clone(),
                first.clone(),
                last.clone(),
                en.into(),
                zh.into(),
                score.met.to_string(),
                score.of.to_string(),
                number(score.share),
                number(score.limit),
                yes(score.passed),
            ];
            writer.write_record(record).map_err(|e| e.to_string())?;
        }
        let c = &s.continuity;
        let record = [
            s.institution.clone(),
            first,
            last,
            "continuity_hours".into(),
            "连续（小时）".into(),
            c.uploads.to_string(),
            String::new(),
            number(c.longest_gap_hours),
            number(c.limit_hours),
            yes(c.passed),
        ];
        writer.write_record(record).map_err(|e| e.to_string())?;
    }
    let bytes = writer.into_inner().map_err(|e| e.to_string())?;
    String::from_utf8(bytes).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: u32, exam: &str, upload: &str) -> ManifestRow {
        ManifestRow {
            line,
            institution: "第一医院".into(),
            study_uid: format!("1.2.{line}"),
            exam_at: Some(exam.to_owned()),
            upload_at: Some(upload.to_owned()),
            ..ManifestRow::default()
        }
    }

    #[test]
    fn rows_without_a_study_count_and_the_longest_gap_is_found() {
        let rows = vec![
            row(2, "2025-03-12T08:00:00", "2025-03-12T09:00:00"),
            row(3, "2025-03-12T09:00:00", "2025-03-13T10:30:00"),
            row(4, "2025-03-13T09:00:00", "2025-03-12T12:00:00"),
        ];
        let manifest = Manifest::new(rows, Vec::new());
        let limits = Limits { continuity: Some(24.0), consistency: Some(1.0), ..Limits::default() };
        let none = Earlier::default();
        let (scores, reconciled) =
            Scores::default().finish(&manifest, |_| Some("first".into()), |_| limits, &none);
        assert_eq!(scores.len(), 1);
        let s = &scores[0];
        assert_eq!((s.institution.as_str(), s.consistency.met, s.consistency.of), ("first", 0, 3));
        assert_eq!((s.consistency.passed, s.accuracy.share), (Some(false), None));
        assert_eq!((s.continuity.longest_gap_hours, s.continuity.passed), (Some(22.5), Some(true)));
        assert_eq!(s.first_day.as_deref(), Some("2025-03-12"));
        let days: Vec<_> =
            reconciled.days.iter().map(|d| (d.day.as_str(), d.rows_without_study.len())).collect();
        assert_eq!(days, [("2025-03-12", 2), ("2025-03-13", 1)]);
        let table = csv(&scores).unwrap();
        assert!(table.contains("continuity_hours,连续（小时）,3,,22.5000,24.0000,yes"), "{table}");
    }

    #[test]
    fn a_gap_across_nights_and_silence_until_the_day_count() {
        let limits = Limits { continuity: Some(24.0), ..Limits::default() };
        let longest = |known: &[&str], as_of: Option<&str>| {
            let rows = vec![row(2, "2025-03-12T08:00:00", "2025-03-12T09:00:00")];
            let known = known.iter().map(|t| (*t).to_owned()).collect();
            let uploads = BTreeMap::from([("first".to_owned(), known)]);
            let as_of = as_of.map(str::to_owned);
            let earlier = Earlier { uploads, as_of, ..Earlier::default() };
            let manifest = Manifest::new(rows, Vec::new());
            let id = |_: &str| Some("first".into());
            let (scores, _) = Scores::default().finish(&manifest, id, |_| limits, &earlier);
            (scores[0].continuity.longest_gap_hours, scores[0].continuity.passed)
        };
        assert_eq!(longest(&[], None), (None, None), "one upload alone");
        let known = ["2025-01-01T09:00:00", "2025-03-11T03:00:00"];
        assert_eq!(longest(&known, None), (Some(30.0), Some(false)), "the last before, no older");
        let again = ["2025-03-12T09:00:00"];
        assert_eq!(longest(&again, Some("2025-03-13T00:00:00")), (Some(15.0), Some(true)));
        assert_eq!(longest(&[], Some("2025-03-14T00:00:00")), (Some(39.0), Some(false)));
        assert_eq!(longest(&[], Some("2025-03-12T00:00:00")), (None, None), "a day before it");
    }
}
