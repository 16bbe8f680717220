//! Files into studies by UID. The index holds a few bytes a file; the facts lie in the spool.

use std::collections::BTreeMap;

use dicom_dictionary_std::tags;
use rustc_hash::FxHashMap;

use crate::checks::contract::Depth;
use crate::model::attribute::Attributes;
use crate::model::study::{Instance, RejectedFile, Series, Study};

use super::held::InstanceRef;
use super::spool::SpoolRef;

/// The key files are grouped by: Study Instance UID, else the folder they lie in.
pub fn study_key(attributes: &Attributes, source: u32, folder: &str) -> String {
    match attributes.text(tags::STUDY_INSTANCE_UID) {
        Some(uid) => uid.to_owned(),
        None => format!("folder:{source}:{folder}"),
    }
}

/// The studies that have files in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    One(u32),
    Several,
}

/// Which files belong to which study.
#[derive(Debug, Default)]
pub struct Index {
    studies: BTreeMap<String, u32>,
    files: Vec<StudyFiles>,
    folders: FxHashMap<(u32, String), Owner>,
    rejected: Vec<(u32, RejectedFile, Line)>,
}

/// Digest of a file's path, size, content fingerprint and decoded pixels.
pub type Line = [u8; 32];

/// What was learned of a file.
#[derive(Clone, Copy, Debug)]
pub enum MemberRef {
    /// It was read: its instance.
    Read(InstanceRef),
    /// It was not read, as the store has what it came to (`known::KnownFile`).
    Known(SpoolRef),
}

/// A file of a study.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Where what was learned of it lies.
    pub at: MemberRef,
    /// What is to be kept of it (`FileRow`), where it was read and may be known to the next run.
    pub row: Option<SpoolRef>,
    /// Where it lies (`known::KnownFile`), where it was read and may be read again.
    pub place: Option<SpoolRef>,
    /// Its digest.
    pub line: Line,
    /// Whether the digest tells any change of its content.
    pub sure: bool,
    /// Nanoseconds since 1970 when it came to lie where it is (the last change of its entry); 0 where nobody knows.
    pub arrived: i64,
}

/// A study's files, ready to be loaded.
#[derive(Debug, Default)]
pub struct StudyFiles {
    /// The key of the study.
    pub key: String,
    /// Its instances.
    pub files: Vec<InstanceRef>,
    /// What is known of those that were not read (`known::KnownFile`).
    pub known: Vec<SpoolRef>,
    /// What is to be kept of those that were read (`FileRow`).
    pub rows: Vec<SpoolRef>,
    /// Where those lie that were read and may be read again (`known::KnownFile`).
    pub places: Vec<SpoolRef>,
    /// How deep they were read where that is not what the run asks for.
    pub depth: Option<Depth>,
    /// Whether they were read again: their records lie in the second spool.
    pub again: bool,
    /// Sum of the first 16 bytes of the digests of its files and rejected files: the same for the same
    /// files, whatever their order.
    pub input: u128,
    /// Whether a file was read whose digest may hide a change.
    pub unsure: bool,
    /// Nanoseconds since 1970 when the last of its files came.
    pub newest: i64,
    /// Rejected files that lie among its files and nobody else's.
    pub rejected: Vec<RejectedFile>,
}

fn first_half(line: &Line) -> u128 {
    u128::from_le_bytes(line.first_chunk::<16>().copied().unwrap_or_default())
}

impl StudyFiles {
    pub(super) fn count(&mut self, line: &Line) {
        self.input = self.input.wrapping_add(first_half(line));
    }

    /// A file's digest is now another.
    pub(super) fn count_instead(&mut self, before: &Line, line: &Line) {
        self.input = self.input.wrapping_sub(first_half(before));
        self.count(line);
    }
}

impl Index {
    /// Adds an instance.
    pub fn add(&mut self, key: &str, source: u32, folder: &str, member: Member) {
        let study = match self.studies.get(key) {
            Some(study) => *study,
            None => {
                let study = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
                self.studies.insert(key.to_owned(), study);
                self.files.push(StudyFiles::default());
                study
            }
        };
        let files = &mut self.files[study as usize];
        match member.at {
            MemberRef::Read(at) => files.files.push(at),
            MemberRef::Known(at) => files.known.push(at),
        }
        files.rows.extend(member.row);
        files.places.extend(member.place);
        files.count(&member.line);
        files.unsure |= !member.sure;
        files.newest = files.newest.max(member.arrived);
        let owner = self.folders.entry((source, folder.to_owned())).or_insert(Owner::One(study));
        if *owner != Owner::One(study) {
            *owner = Owner::Several;
        }
    }

    /// Adds a rejected file.
    pub fn reject(&mut self, source: u32, file: RejectedFile, line: Line) {
        self.rejected.push((source, file, line));
    }

    /// The studies in key order, and every rejected file with its source, by source then path.
    pub fn finish(self) -> (Vec<StudyFiles>, Vec<(u32, RejectedFile)>) {
        let mut files = self.files;
        let mut all = self.rejected;
        all.sort_by(|a, b| (a.0, &a.1.path).cmp(&(b.0, &b.1.path)));
        for (source, file, line) in &all {
            let folder = crate::source::folder_of(&file.path).to_owned();
            if let Some(Owner::One(study)) = self.folders.get(&(*source, folder)) {
                files[*study as usize].rejected.push(file.clone());
                files[*study as usize].count(line);
            }
        }
        let of = |(key, study): (String, u32)| StudyFiles {
            key,
            ..std::mem::take(&mut files[study as usize])
        };
        let studies = self.studies.into_iter().map(of).collect();
        (studies, all.into_iter().map(|(source, file, _)| (source, file)).collect())
    }
}

/// Puts a study together from its instances, in an order that does not depend on arrival.
pub fn assemble(key: String, mut instances: Vec<Instance>, rejected: Vec<RejectedFile>) -> Study {
    instances.sort_by_cached_key(|i| {
        let number = i.attributes.int(tags::INSTANCE_NUMBER).unwrap_or(i64::MAX);
        (number, i.sop_uid().to_owned(), i.file.source, i.file.path.clone())
    });
    // Series UID to the lowest series number of its instances, and how many they are.
    let mut seen: FxHashMap<&str, (i64, usize)> = FxHashMap::default();
    for instance in &instances {
        let number = instance.attributes.int(tags::SERIES_NUMBER).unwrap_or(i64::MAX);
        let (lowest, count) = seen.entry(series_uid(instance)).or_insert((number, 0));
        *lowest = number.min(*lowest);
        *count += 1;
    }
    let uid = instances
        .iter()
        .find_map(|i| i.attributes.text(tags::STUDY_INSTANCE_UID))
        .unwrap_or_default()
        .to_owned();
    let mut order: Vec<(i64, String, usize)> =
        seen.into_iter().map(|(uid, (number, count))| (number, uid.to_owned(), count)).collect();
    order.sort_unstable();
    let series = if order.len() == 1 {
        // The sorted list is the series: nothing of it is moved.
        order
            .into_iter()
            .map(|(_, uid, _)| series_of(uid, std::mem::take(&mut instances)))
            .collect()
    } else {
        split(order, instances)
    };
    Study { key, uid, series, rejected, ..Study::default() }
}

/// The instances of several series, each list as long as its series; `order` is number, UID and
/// count of each series, in the order of the study.
fn split(order: Vec<(i64, String, usize)>, instances: Vec<Instance>) -> Vec<Series> {
    let place: FxHashMap<&str, usize> =
        order.iter().enumerate().map(|(at, (_, uid, _))| (uid.as_str(), at)).collect();
    let mut lists: Vec<Vec<Instance>> =
        order.iter().map(|(_, _, count)| Vec::with_capacity(*count)).collect();
    for instance in instances {
        if let Some(list) = place.get(series_uid(&instance)).and_then(|at| lists.get_mut(*at)) {
            list.push(instance);
        }
    }
    drop(place);
    order.into_iter().zip(lists).map(|((_, uid, _), list)| series_of(uid, list)).collect()
}

/// A series of sorted instances; its modality is the first that one of them states.
fn series_of(uid: String, instances: Vec<Instance>) -> Series {
    let stated = instances.iter().find_map(|i| i.attributes.text(tags::MODALITY));
    let modality = stated.unwrap_or_default().to_owned();
    Series { uid, modality, instances }
}

fn series_uid(instance: &Instance) -> &str {
    instance.attributes.text(tags::SERIES_INSTANCE_UID).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::file::RejectReason;
    use crate::model::text::Text;
    use crate::pipeline::spool::Spool;

    fn instance(series: &str, series_number: i64, number: i64) -> Instance {
        let mut i = Instance::default();
        i.attributes.set_text(tags::SERIES_INSTANCE_UID, series);
        i.attributes.set_text(tags::SERIES_NUMBER, series_number.to_string());
        i.attributes.set_text(tags::INSTANCE_NUMBER, number.to_string());
        i.attributes.set_text(tags::SOP_INSTANCE_UID, format!("{series}.{number}"));
        i
    }

    #[test]
    fn order_of_arrival_does_not_matter() {
        let a = [instance("1.2", 5, 1), instance("1.2", 5, 10), instance("1.1", 7, 2)];
        let mut b = a.clone();
        b.reverse();
        let (a, b) =
            (assemble("k".into(), a.into(), vec![]), assemble("k".into(), b.into(), vec![]));
        assert_eq!(a, b);
        assert_eq!(a.series[0].uid, "1.2");
        assert_eq!(a.series[0].instances[1].attributes.int(tags::INSTANCE_NUMBER), Some(10));
    }

    #[test]
    fn a_rejected_file_goes_to_the_only_study_of_its_folder() {
        let spool = Spool::default();
        let at = spool.put(&1u8).unwrap();
        let mut index = Index::default();
        let member = Member {
            at: MemberRef::Read(InstanceRef::Spooled(at)),
            row: None,
            place: None,
            sure: true,
            line: [1; 32],
            arrived: 5,
        };
        index.add("s1", 0, "a", member);
        index.add("s1", 0, "b", member);
        index.add("s2", 0, "b", Member { at: MemberRef::Known(at), ..member });
        let rejected = |path: &str| RejectedFile {
            path: path.into(),
            reason: RejectReason::Empty,
            text: Text::default(),
        };
        index.reject(0, rejected("a/x"), [2; 32]);
        index.reject(0, rejected("b/y"), [2; 32]);
        index.reject(1, rejected("a/z"), [2; 32]);
        let (studies, all) = index.finish();
        assert_eq!(studies[0].rejected.len(), 1);
        assert_eq!(studies[1].rejected.len(), 0);
        let sum = |bytes: [u8; 3]| {
            bytes.iter().fold(0_u128, |s, b| s.wrapping_add(u128::from_le_bytes([*b; 16])))
        };
        assert_eq!((studies[0].input, studies[1].input), (sum([1, 1, 2]), sum([1, 0, 0])));
        assert_eq!((studies[1].files.len(), studies[1].known.len(), studies[1].newest), (0, 1, 5));
        assert_eq!(
            all.iter().map(|(_, r)| r.path.as_str()).collect::<Vec<_>>(),
            ["a/x", "b/y", "a/z"]
        );
    }
}
