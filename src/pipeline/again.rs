//! Judging what changed: a study whose files, policies, models and labels are what they were keeps its result.

use std::time::Duration;

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use rayon::prelude::*;

use crate::checks::contract::Depth;
use crate::model::change::Change;
use crate::model::file::RejectReason;
use crate::model::manifest::ManifestFacts;
use crate::model::past::PastLabel;
use crate::model::reading::{ModelReadings, ReadState};
use crate::model::result::StudyResult;
use crate::model::study::{Instance, RejectedFile, Study};
use crate::store::{FileRow, KeptStudy, Rests};

use super::group::StudyFiles;
use super::hand_over::hand_over;
use super::judge::{Judge, Rules};
use super::load::{CHUNK, load_whole};
use super::run::{Collected, Request, RunError};
use super::spool::SpoolError;
use super::tally::could_not_read;

/// One study as it is told.
pub enum Told<'a> {
    /// It was judged.
    Judged {
        /// What it is.
        study: &'a Study,
        /// What was said.
        result: StudyResult,
        /// What both rest on.
        rests: Rests,
        /// Why it was judged.
        change: Change,
        /// What is to be kept of its files that were read.
        rows: Vec<FileRow>,
        /// How deep it was read.
        depth: Depth,
    },
    /// Its result of an earlier run holds.
    Same {
        /// What was said.
        result: StudyResult,
        /// What is to be kept of its files that were read.
        rows: Vec<FileRow>,
        /// How deep this run reads it.
        depth: Depth,
    },
    /// It was not judged, as its files are still arriving.
    Waiting,
}

/// What is the same for all studies of a run.
pub struct Ground<'a> {
    request: &'a Request,
    /// Digest of the registry and of how institutions are told.
    registry: String,
    now: i64,
}

impl<'a> Ground<'a> {
    /// Of a request and what was collected for it.
    pub fn of(request: &'a Request, collected: &Collected) -> Self {
        let told = format!("{:?} {:?}", request.registry, request.institution_from_path);
        let registry = blake3::hash(told.as_bytes()).to_hex().to_string();
        Self { request, registry, now: collected.began }
    }

    /// Digest of all that judges a study beside its files.
    fn judged_under(
        &self,
        rules: &Rules<'_>,
        labels: &[PastLabel],
        manifest: &ManifestFacts,
    ) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut tell = |text: &str| {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        };
        rules.policies.iter().for_each(|p| [&p.id, &p.digest].into_iter().for_each(|t| tell(t)));
        tell(&rules.lexicon.digest);
        tell(&self.registry);
        tell(&format!("{labels:?}"));
        tell(&format!("{manifest:?}"));
        hasher.finalize().to_hex().to_string()
    }

    /// What a judged study rests on.
    fn rests(&self, files: &StudyFiles, study: &Study, rules: &Rules<'_>) -> Rests {
        let Some(under) = self.request.keeps_files.then_some(&self.request.under) else {
            return Rests::default();
        };
        let labels = study.past.known().map_or(&[][..], |past| &past.labels);
        let could_not = |r: &ModelReadings| matches!(r.state, ReadState::CouldNotRun(_));
        let mut instances = study.instances().map(|(_, i)| i);
        let refused = |f: &RejectedFile| f.reason == RejectReason::Unreadable;
        if instances.any(could_not_read) || study.rejected.iter().any(refused) {
            // What the system would not give tonight it may give tomorrow.
            return Rests::default();
        }
        let models = if study.instances().any(|(_, i)| i.readings.iter().any(could_not)) {
            String::new()
        } else {
            under.models.clone().unwrap_or_default()
        };
        // What lies in the future is looked at again.
        let judged_under = if is_of_the_future(study, &self.request.as_of) {
            String::new()
        } else {
            self.judged_under(rules, labels, &study.manifest)
        };
        Rests {
            input: Some(files.input.to_le_bytes().to_vec()),
            read_under: under.read.clone(),
            models_under: models,
            judged_under,
            region: study.institution.region.clone(),
        }
    }

    /// Whether the files of a study are too new to be all.
    fn is_arriving(&self, files: &StudyFiles, study: &Study) -> bool {
        let settle = i64::try_from(self.request.settle.as_nanos()).unwrap_or(i64::MAX);
        let clock_is_wrong = files.newest > self.now.saturating_add(HOUR);
        if settle == 0 || clock_is_wrong || files.newest <= self.now.saturating_sub(settle) {
            return false;
        }
        let expected = study.manifest.row().and_then(|row| row.expected_instances);
        let here = study.instances().count();
        expected.is_none_or(|expected| u32::try_from(here).unwrap_or(u32::MAX) < expected)
    }

    /// The kept result, where all that it rests on is what it was. With a manifest every study is held
    /// against its row.
    fn holds(
        &self,
        files: &StudyFiles,
        kept: &KeptStudy,
        rules: &Rules<'_>,
    ) -> Option<StudyResult> {
        let Request { known, manifest, .. } = self.request;
        let depth = &files.depth.unwrap_or(self.request.depth);
        let reader = known.as_ref().filter(|reader| manifest.is_none() && !reader.is_fresh())?;
        let rests = &kept.rests;
        let same = !files.unsure
            && kept.as_of <= self.request.as_of
            && rests.input.as_deref() == Some(&files.input.to_le_bytes())
            && rests.read_under == reader.under().read
            && kept.depth >= *depth
            && (*depth < Depth::Models
                || reader.under().models.as_ref().is_some_and(|m| *m == rests.models_under));
        if !same {
            return None;
        }
        let labels = reader.labels(&files.key).ok()?;
        let under = self.judged_under(rules, &labels, &ManifestFacts::default());
        if rests.judged_under != under {
            return None;
        }
        let mut result: StudyResult = serde_json::from_slice(&kept.result_json).ok()?;
        // The gate puts the labels of this run in.
        result.labels.clear();
        Some(result)
    }
}

/// An hour in nanoseconds.
const HOUR: i64 = 3_600_000_000_000;

/// Whether any image of a study is dated after the day of the run.
fn is_of_the_future(study: &Study, as_of: &str) -> bool {
    const DATES: [Tag; 4] =
        [tags::STUDY_DATE, tags::SERIES_DATE, tags::ACQUISITION_DATE, tags::CONTENT_DATE];
    let is_later = |i: &Instance| {
        DATES.iter().any(|tag| i.attributes.text(*tag).is_some_and(|date| date.trim() > as_of))
    };
    study.instances().any(|(_, i)| is_later(i))
}

/// Files that end a part before it has [`CHUNK`] studies: what waits is bounded however large studies are.
const FILES: usize = 2048;

/// The studies in parts, none of them empty.
fn parts(mut studies: &[StudyFiles]) -> impl Iterator<Item = &[StudyFiles]> {
    std::iter::from_fn(move || {
        let mut files = 0;
        let mut is_room = |study: &StudyFiles| {
            files += study.files.len() + study.known.len();
            files <= FILES
        };
        let fits = studies.iter().take(CHUNK).take_while(|study| is_room(study)).count();
        let (part, rest) = studies.split_at_checked(fits.max(1))?;
        studies = rest;
        Some(part)
    })
}

/// Judges every study that is not what it was; `map` turns what is told into what `each` gets, in key order, one at a time, on a
/// thread of its own while the next ones are judged. Gives how long judging waited for it ([`hand_over`]).
///
/// # Errors
/// Spool or store cannot be read, or `each` fails.
pub fn judge_changed<'r, T: Send, E: From<RunError> + Send>(
    collected: &Collected,
    request: &Request,
    rules_of: &(impl Fn(Option<&str>) -> &'r Rules<'r> + Sync),
    map: &(impl Fn(Told<'_>) -> T + Sync),
    each: impl FnMut(T) -> Result<(), E> + Send,
) -> Result<Duration, E> {
    let ground = Ground::of(request, collected);
    let one = |files: &StudyFiles| one(collected, files, &ground, rules_of, map);
    // Neighbours are often of one size: two that are large are not left to one thread.
    let judge = |part: &[StudyFiles]| part.par_iter().with_max_len(1).map(&one).collect();
    hand_over(parts(&collected.studies), judge, each)
}

fn one<'r, T>(
    collected: &Collected,
    files: &StudyFiles,
    ground: &Ground<'_>,
    rules_of: &(impl Fn(Option<&str>) -> &'r Rules<'r> + Sync),
    map: &(impl Fn(Told<'_>) -> T + Sync),
) -> Result<T, RunError> {
    let request = ground.request;
    let depth = files.depth.unwrap_or(request.depth);
    let rows = files.rows.iter().map(|at| collected.reader_of(files).spool.get::<FileRow>(*at));
    let rows: Vec<FileRow> = rows.collect::<Result<_, SpoolError>>()?;
    let kept = request.known.as_ref().map(|reader| reader.study(&files.key)).transpose()?.flatten();
    if let Some(kept) = &kept
        && let Some(result) = ground.holds(files, kept, rules_of(kept.rests.region.as_deref()))
    {
        return Ok(map(Told::Same { result, rows, depth }));
    }
    let (study, whole) = load_whole(collected, files, request)?;
    if ground.is_arriving(files, &study) {
        return Ok(map(Told::Waiting));
    }
    let rules = rules_of(study.institution.region.as_deref());
    let result = Judge { rules, depth, as_of: &request.as_of }.judge(&study);
    let input = files.input.to_le_bytes();
    let change = match &kept {
        None => Change::New,
        Some(kept) if kept.rests.input.as_deref() == Some(&input) => Change::JudgedAgain,
        // A greater depth tells more of the same files.
        Some(kept) if kept.depth < depth => Change::JudgedAgain,
        Some(_) => Change::Changed,
    };
    let rests = if whole { ground.rests(files, &study, rules) } else { Rests::default() };
    Ok(map(Told::Judged { study: &study, result, rests, change, rows, depth }))
}

#[cfg(test)]
mod tests {
    use super::super::spool::Spool;
    use super::*;

    #[test]
    fn parts_hold_so_many_studies_and_files_and_every_study_once() {
        let at = Spool::default().put(&1u8).unwrap();
        let study = |files: usize| StudyFiles { known: vec![at; files], ..StudyFiles::default() };
        let of = |sizes: &[usize]| -> Vec<usize> {
            let studies: Vec<StudyFiles> = sizes.iter().map(|n| study(*n)).collect();
            parts(&studies).map(<[StudyFiles]>::len).collect()
        };
        assert_eq!(of(&[]), [0; 0]);
        assert_eq!(of(&[1; CHUNK + 3]), [CHUNK, 3]);
        assert_eq!(of(&[FILES / 2, FILES / 2, 1]), [2, 1]);
        assert_eq!(of(&[FILES * 3, 1, FILES]), [1, 1, 1]);
    }
}
