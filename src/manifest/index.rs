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
    by_uid: FxHashMap<String, usize>,
    /// `None` where several rows have the number: it then tells nothing.
    by_accession: FxHashMap<String, Option<usize>>,
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
                if let Some(first) = manifest.by_uid.get(&row.study_uid) {
                    let line = rows[*first].line;
                    manifest.problems.push(Problem {
                        line: row.line,
                        text: Text::new(
                            format!("与第{line}行是同一检查，采用第{line}行"),
                            format!("the same study as line {line}, which is used"),
                        ),
                    });
                } else {
                    manifest.by_uid.insert(row.study_uid.clone(), at);
                }
            }
            if !row.accession_number.is_empty() {
                let several = manifest.by_accession.contains_key(&row.accession_number);
                let known = (!several).then_some(at);
                manifest.by_accession.insert(row.accession_number.clone(), known);
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
    /// row alone has and that names no other study.
    pub fn of(&self, study: &Study) -> ManifestFacts {
        let by_uid = self.by_uid.get(&study.uid).copied().filter(|_| !study.uid.is_empty());
        let Some(at) = by_uid.or_else(|| self.by_number(study)) else {
            return ManifestFacts::NoRow;
        };
        if let Some(found) = self.found.get(at) {
            found.store(true, Ordering::Relaxed);
        }
        self.rows.get(at).map_or(ManifestFacts::NoRow, |r| ManifestFacts::Row(Box::new(r.clone())))
    }

    fn by_number(&self, study: &Study) -> Option<usize> {
        let mut numbers =
            study.instances().filter_map(|(_, i)| i.attributes.text(tags::ACCESSION_NUMBER));
        let number = numbers.next()?;
        if numbers.any(|other| other != number) {
            return None;
        }
        let at = (*self.by_accession.get(number)?)?;
        self.rows.get(at).filter(|row| row.study_uid.is_empty()).map(|_| at)
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
        let line = |s: &Study| manifest.of(s).row().map(|r| r.line);
        assert_eq!(line(&study("1.2", &["Z"])), Some(2));
        assert_eq!(line(&study("1.3", &["B", "B"])), Some(3));
        assert_eq!(line(&study("1.4", &["C"])), None, "two rows have the number");
        assert_eq!(line(&study("1.5", &["A"])), None, "the row names another study");
        assert_eq!(line(&study("1.6", &["B", "A"])), None, "the study has two numbers");
        assert_eq!(manifest.unmatched().map(|r| r.line).collect::<Vec<_>>(), [4, 5]);
    }

    #[test]
    fn a_second_row_of_a_study_is_told() {
        let manifest = Manifest::new(vec![row(2, "1.2", ""), row(7, "1.2", "")], Vec::new());
        assert_eq!(manifest.problems()[0].line, 7);
        assert_eq!(manifest.of(&study("1.2", &[])).row().map(|r| r.line), Some(2));
    }
}
