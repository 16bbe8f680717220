//! The national indicator 图像伪影率 (NHC 国卫办医政函〔2024〕150号, annex 4): CT and MR studies with adverse
//! artifacts of all of them, by institution, with the studies behind the number.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::outcome::{OutcomeKind, Severity};
use crate::model::result::{OutcomeResult, Status, StudyResult};
use crate::policy::settings::Settings;

use super::rate::Rate;

/// The modalities that the indicator counts, each by itself.
const MODALITIES: [&str; 2] = ["CT", "MR"];

/// The checks of each modality whose findings are artifacts: artifacts, blur and motion.
const CHECKS: [&[&str]; 2] = [
    &["ART001", "ART002", "SHP001"],
    &["ART003", "ART004", "ART005", "ART006", "ART007", "ART008", "ART009", "ART010", "SHP002"],
];

/// How a profile turns severities into the grades 0 to 3 of image quality control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grades {
    minor: u8,
    major: u8,
    critical: u8,
    adverse_from: u8,
}

impl Grades {
    /// As the settings of a profile say.
    pub fn of(settings: &Settings) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 3")]
        let grade = |key: &str| settings.number(key) as u8;
        Self {
            minor: grade("artifact_grade_minor"),
            major: grade("artifact_grade_major"),
            critical: grade("artifact_grade_critical"),
            adverse_from: grade("artifact_adverse_from"),
        }
    }

    fn grade(&self, worst: Option<Severity>) -> u8 {
        let grade = match worst {
            None => 0,
            Some(Severity::Minor) => self.minor,
            Some(Severity::Major) => self.major,
            Some(Severity::Critical) => self.critical,
        };
        grade.min(3)
    }
}

/// A study with an adverse artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AdverseStudy {
    /// Key of the study.
    pub study_key: String,
    /// Study Date; null where absent.
    pub study_date: Option<String>,
    /// 1 to 3.
    pub grade: u8,
    /// Codes of the checks that found artifacts.
    pub checks: Vec<String>,
}

/// The artifact rate of one modality at one institution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArtifactRate {
    /// `CT` or `MR`.
    pub modality: String,
    /// Studies whose artifacts could be judged, by grade 0 to 3.
    pub grades: [u64; 4],
    /// Studies in which no check of artifacts could run (header depth, undecodable pixels, no check
    /// is out of preview): they are in no count above.
    pub not_judged: u64,
    /// Studies with adverse artifacts of all that could be judged; null where none could.
    pub rate: Option<Rate>,
    /// Codes of the checks that judged any of these studies: what the rate can see.
    pub counted: Vec<String>,
    /// Further studies that would be adverse if checks in preview counted.
    pub preview: u64,
    /// The studies behind the number.
    pub studies: Vec<AdverseStudy>,
}

/// What is kept of one study.
struct Seen {
    key: String,
    date: Option<String>,
    /// Codes of the stable checks that ran.
    ran: Vec<String>,
    counted: Option<Severity>,
    with_preview: Option<Severity>,
    checks: Vec<String>,
}

/// Collects results, in any order.
#[derive(Default)]
pub struct Indicator {
    institutions: BTreeMap<String, BTreeMap<&'static str, Vec<Seen>>>,
}

impl Indicator {
    /// Adds a study's result; it counts under each of CT and MR that it holds.
    pub fn add(&mut self, result: &StudyResult) {
        for (modality, checks) in MODALITIES.into_iter().zip(CHECKS) {
            if result.modalities.iter().any(|m| m == modality) {
                let own = self.institutions.entry(result.institution.clone()).or_default();
                own.entry(modality).or_default().push(seen(result, checks));
            }
        }
    }

    /// The rates of each institution, CT before MR.
    pub fn finish(self, grades_of: impl Fn(&str) -> Grades) -> BTreeMap<String, Vec<ArtifactRate>> {
        let of = |(institution, modalities): (String, BTreeMap<&'static str, Vec<Seen>>)| {
            let grades = grades_of(&institution);
            let rates = modalities.into_iter().map(|(m, seen)| rate(m, seen, grades)).collect();
            (institution, rates)
        };
        self.institutions.into_iter().map(of).collect()
    }
}

fn seen(result: &StudyResult, counted: &[&str]) -> Seen {
    let own = |o: &&OutcomeResult| counted.contains(&o.code.as_str());
    let outcomes: Vec<&OutcomeResult> = result.outcomes.iter().filter(own).collect();
    let ran = |o: &&&OutcomeResult| matches!(o.outcome, OutcomeKind::Pass | OutcomeKind::Fail);
    let stable = |o: &&&OutcomeResult| o.status == Status::Stable;
    let fails = || outcomes.iter().filter(|o| o.outcome == OutcomeKind::Fail);
    let mut checks: Vec<String> = fails().filter(stable).map(|o| o.code.clone()).collect();
    checks.dedup();
    Seen {
        key: result.study_key.clone(),
        date: result.study_date.clone(),
        ran: outcomes.iter().filter(stable).filter(ran).map(|o| o.code.clone()).collect(),
        counted: fails().filter(stable).map(|o| o.severity).max(),
        with_preview: fails().map(|o| o.severity).max(),
        checks,
    }
}

fn rate(modality: &str, mut seen: Vec<Seen>, grades: Grades) -> ArtifactRate {
    seen.sort_by(|a, b| (&a.date, &a.key).cmp(&(&b.date, &b.key)));
    let mut counts = [0_u64; 4];
    let (mut not_judged, mut preview) = (0, 0);
    let counted: BTreeSet<String> = seen.iter().flat_map(|s| s.ran.clone()).collect();
    let mut studies = Vec::new();
    for s in seen {
        let grade = grades.grade(s.counted);
        let judged = !s.ran.is_empty();
        let adverse = judged && grade >= grades.adverse_from.max(1);
        if !adverse && grades.grade(s.with_preview) >= grades.adverse_from.max(1) {
            preview += 1;
        }
        if !judged {
            not_judged += 1;
            continue;
        }
        if let Some(count) = counts.get_mut(usize::from(grade)) {
            *count += 1;
        }
        if adverse {
            let (study_key, study_date, checks) = (s.key, s.date, s.checks);
            studies.push(AdverseStudy { study_key, study_date, grade, checks });
        }
    }
    ArtifactRate {
        modality: modality.to_owned(),
        rate: Rate::new(studies.len() as u64, counts.iter().sum()),
        grades: counts,
        not_judged,
        counted: counted.into_iter().collect(),
        preview,
        studies,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::result::Verdict;
    use crate::report::aggregate::tests::{outcome, study as of_key};

    const GRADES: Grades = Grades { minor: 1, major: 2, critical: 3, adverse_from: 2 };

    fn study(key: &str, outcomes: Vec<OutcomeResult>) -> StudyResult {
        StudyResult { outcomes, ..of_key(key, "a", Verdict::Review) }
    }

    fn art(kind: OutcomeKind, severity: Severity, status: Status) -> OutcomeResult {
        OutcomeResult { status, ..outcome("ART001", kind, severity) }
    }

    #[test]
    fn adverse_studies_are_counted_and_listed_and_preview_stands_apart() {
        use OutcomeKind::{CouldNotRun, Fail, Pass};
        let mut indicator = Indicator::default();
        for (key, kind, severity, status) in [
            ("a", Pass, Severity::Major, Status::Stable),
            ("b", Fail, Severity::Minor, Status::Stable),
            ("c", Fail, Severity::Major, Status::Stable),
            ("d", Fail, Severity::Critical, Status::Preview),
            ("e", CouldNotRun, Severity::Major, Status::Stable),
        ] {
            indicator.add(&study(key, vec![art(kind, severity, status)]));
        }
        let mut rates = indicator.finish(|_| GRADES);
        let rate = rates.pop_first().unwrap().1.remove(0);
        assert_eq!((rate.modality.as_str(), rate.grades), ("CT", [1, 1, 1, 0]));
        assert_eq!((rate.not_judged, rate.preview), (2, 1));
        assert_eq!(rate.counted, ["ART001"]);
        assert_eq!(rate.rate.map(|r| (r.hits, r.of)), Some((1, 3)));
        assert_eq!(rate.studies[0].study_key, "c");
        assert_eq!(
            (rate.studies[0].grade, rate.studies[0].checks.as_slice()),
            (2, &["ART001".to_owned()][..])
        );
    }

    #[test]
    fn other_modalities_and_other_families_do_not_count() {
        let mut indicator = Indicator::default();
        let of_mr = outcome("ART005", OutcomeKind::Pass, Severity::Major);
        indicator.add(&study("c", vec![of_mr]));
        let geometry = outcome("GEO001", OutcomeKind::Fail, Severity::Major);
        indicator.add(&study("a", vec![geometry]));
        let mut film = study("b", Vec::new());
        film.modalities = vec!["DX".into()];
        indicator.add(&film);
        let rates = indicator.finish(|_| GRADES);
        let rate = &rates.values().next().unwrap()[0];
        assert_eq!((rate.not_judged, rate.rate), (2, None), "a check of MR judges no CT");
    }
}
