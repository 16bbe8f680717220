//! Which row of a manifest is a study's.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use dicom_dictionary_std::tags;
use rustc_hash::FxHashMap;

use crate::model::manifest::{ManifestFacts, ManifestRow};
use crate::model::study::Study;
use crate::model::text::Text;

use super::read::{ManifestError, Problem, read};

/// A manifest, indexed, that remembers which rows found their study.
#[derive(Debug, Default)]
pub struct Manifest {
    source: String,
    rows: Vec<ManifestRow>,
    problems: Vec<Problem>,
    /// The rows of a study: several orders may end in one. The first is the one that is used.
    by_uid: FxHashMap<String, Vec<usize>>,
    /// The rows of a number. Hospitals number alike, so it tells something with the institution only.
    by_accession: FxHashMap<String, Vec<usize>>,
    found: Vec<AtomicBool>,
}

impl Manifest {
    /// Reads a manifest file.
    ///
    /// # Errors
    /// The file cannot be read, or is no manifest. Bad rows are [`Manifest::problems`].
    pub fn open(path: &Path) -> Result<Self, ManifestError> {
        let (rows, problems) = read(path)?;
        let source = path.file_name().map(|n| n.to_string_lossy().into_owned());
        Ok(Self { source: source.unwrap_or_default(), ..Self::new(rows, problems) })
    }

    /// Name of the file; empty for rows that came from none.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Indexes rows.
    pub fn new(rows: Vec<ManifestRow>, problems: Vec<Problem>) -> Self {
        let found = rows.iter().map(|_| AtomicBool::new(false)).collect();
        let mut manifest = Self { problems, found, ..Self::default() };
        for (at, row) in rows.iter().enumerate() {
            if !row.study_uid.is_empty() {
                let known = manifest.by_uid.entry(row.study_uid.clone()).or_default();
                if let Some(first) = known.first().and_then(|at| rows.get(*at)) {
                    let line = first.line;
                    manifest.problems.push(Problem {
                        line: row.line,
                        text: Text::new(
                            format!("与第{line}行是同一检查，采用第{line}行"),
                            format!("the same study as line {line}, which is used"),
                        ),
                    });
                }
                known.push(at);
            }
            if !row.accession_number.is_empty() {
                manifest.by_accession.entry(row.accession_number.clone()).or_default().push(at);
            }
        }
        manifest.problems.sort_by_key(|p| p.line);
        manifest.rows = rows;
        manifest
    }

    /// Every row, in file order.
    pub fn rows(&self) -> &[ManifestRow] {
        &self.rows
    }

    /// Rows and cells that could not be used.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What the manifest says of a study: by Study Instance UID, else by an Accession Number that one
    /// row of its institution alone has and that names no other study. `is_of` tells whether a row's
    /// institution is the study's.
    pub fn of(&self, study: &Study, is_of: impl Fn(&str) -> bool) -> ManifestFacts {
        let by_uid = self.by_uid.get(&study.uid).filter(|_| !study.uid.is_empty());
        let by_number = || self.by_number(study, is_of).map(|at| vec![at]);
        let Some(rows) = by_uid.cloned().or_else(by_number) else {
            return ManifestFacts::NoRow;
        };
        // Every order of the study found it, though one row is used.
        for found in rows.iter().filter_map(|at| self.found.get(*at)) {
            found.store(true, Ordering::Relaxed);
        }
        let first = rows.first().and_then(|at| self.rows.get(*at));
        first.map_or(ManifestFacts::NoRow, |r| ManifestFacts::Row(Box::new(r.clone())))
    }

    fn by_number(&self, study: &Study, is_of: impl Fn(&str) -> bool) -> Option<usize> {
        let mut numbers =
            study.instances().filter_map(|(_, i)| i.attributes.text(tags::ACCESSION_NUMBER));
        let number = numbers.next()?;
        if numbers.any(|other| other != number) {
            return None;
        }
        let own = |at: &&usize| {
            let named = self.rows.get(**at).map(|row| row.institution.as_str());
            named.is_some_and(|name| name.is_empty() || is_of(name))
        };
        let mut rows = self.by_accession.get(number)?.iter().filter(own);
        let (at, more) = (*rows.next()?, rows.next());
        self.rows.get(at).filter(|row| row.study_uid.is_empty() && more.is_none()).map(|_| at)
    }

    /// Rows that found no study so far, in file order.
    pub fn unmatched(&self) -> impl Iterator<Item = &ManifestRow> {
        let alone = |(_, found): &(&ManifestRow, &AtomicBool)| !found.load(Ordering::Relaxed);
        self.rows.iter().zip(&self.found).filter(alone).map(|(row, _)| row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::study::{Instance, Series};

    fn row(line: u32, uid: &str, number: &str) -> ManifestRow {
        let (study_uid, accession_number) = (uid.to_owned(), number.to_owned());
        ManifestRow { study_uid, accession_number, line, ..ManifestRow::default() }
    }

    fn study(uid: &str, numbers: &[&str]) -> Study {
        let instance = |number: &&str| {
            let mut i = Instance::default();
            i.attributes.set_text(tags::ACCESSION_NUMBER, *number);
            i
        };
        let series =
            Series { instances: numbers.iter().map(instance).collect(), ..Series::default() };
        Study { uid: uid.into(), series: vec![series], ..Study::default() }
    }

    #[test]
    fn a_study_is_found_by_uid_and_else_by_a_number_of_one_row() {
        let rows = vec![row(2, "1.2", "A"), row(3, "", "B"), row(4, "", "C"), row(5, "", "C")];
        let manifest = Manifest::new(rows, Vec::new());
        let line = |s: &Study| manifest.of(s, |_| true).row().map(|r| r.line);
        assert_eq!(line(&study("1.2", &["Z"])), Some(2));
        assert_eq!(line(&study("1.3", &["B", "B"])), Some(3));
        assert_eq!(line(&study("1.4", &["C"])), None, "two rows have the number");
        assert_eq!(line(&study("1.5", &["A"])), None, "the row names another study");
        assert_eq!(line(&study("1.6", &["B", "A"])), None, "the study has two numbers");
        assert_eq!(manifest.unmatched().map(|r| r.line).collect::<Vec<_>>(), [4, 5]);
    }

    #[test]
    fn a_second_row_of_a_study_is_told_and_has_found_its_study_too() {
        let manifest = Manifest::new(vec![row(2, "1.2", ""), row(7, "1.2", "")], Vec::new());
        assert_eq!(manifest.problems()[0].line, 7);
        assert_eq!(manifest.unmatched().count(), 2);
        assert_eq!(manifest.of(&study("1.2", &[]), |_| true).row().map(|r| r.line), Some(2));
        assert_eq!(manifest.unmatched().count(), 0, "both orders have their study");
    }

    #[test]
    fn a_number_is_that_of_its_institution() {
        let of = |line, institution: &str| ManifestRow {
            institution: institution.into(),
            ..row(line, "", "A")
        };
        let manifest = Manifest::new(vec![of(2, "一院"), of(3, "二院")], Vec::new());
        let line = |who: &'static str| {
            manifest.of(&study("1.2", &["A"]), |name| name == who).row().map(|r| r.line)
        };
        assert_eq!((line("一院"), line("二院"), line("三院")), (Some(2), Some(3), None));
        assert_eq!(manifest.unmatched().count(), 0);
        let manifest = Manifest::new(vec![of(2, ""), of(3, "二院")], Vec::new());
        let line = |who: &'static str| {
            manifest.of(&study("1.2", &["A"]), |name| name == who).row().map(|r| r.line)
        };
        assert_eq!((line("三院"), line("二院")), (Some(2), None), "a row without one is anyone's");
    }
}
