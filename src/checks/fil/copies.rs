//! Instances of a study that share a SOP Instance UID, and whether they hold the same content.

use std::collections::BTreeMap;

use dicom_dictionary_std::tags;

use crate::checks::per_instance::EXAMPLES;
use crate::checks::view::{InstanceView, StudyView};
use crate::measure::registry as measured;
use crate::model::outcome::{Evidence, Outcome, Subject};

/// How two files of one SOP Instance UID compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// The same content, byte by byte or after decoding.
    Same,
    /// Encoded differently and not decoded: cannot be told at this depth.
    NotCompared,
    /// The pixels agree and the headers do not.
    OtherHeader,
    /// The pixels differ.
    OtherPixels,
}

/// All files of one SOP Instance UID that occurs more than once.
pub struct Copies {
    /// The SOP Instance UID.
    pub sop_uid: String,
    /// Where the first of them is.
    pub subject: Subject,
    /// How many files there are.
    pub files: usize,
    /// The worst likeness of any of them with the first.
    pub likeness: Likeness,
}

/// Measurements that agree where two encodings decode to the same pixels.
pub const COMPARED: &[&str] = &[
    measured::STORED_SUM,
    measured::STORED_MIN,
    measured::STORED_MAX,
    measured::SD,
    measured::DISTINCT_LEVELS,
];

/// Every SOP Instance UID that occurs in more than one file, by UID. The calling check declares
/// `Input::File`, Rows, Columns, Instance Number, Image Position (Patient) and [`COMPARED`].
pub fn copies(view: &StudyView<'_>) -> Vec<Copies> {
    let mut by_uid: BTreeMap<&str, Vec<InstanceView<'_>>> = BTreeMap::new();
    for series in view.series() {
        for instance in series.instances() {
            if !instance.sop_uid().is_empty() {
                by_uid.entry(instance.sop_uid()).or_default().push(instance);
            }
        }
    }
    by_uid
        .into_iter()
        .filter_map(|(uid, instances)| {
            let (first, others) = instances.split_first()?;
            let likeness = others.iter().map(|other| compare(first, other)).max()?;
            Some(Copies {
                sop_uid: uid.to_owned(),
                subject: first.subject(),
                files: instances.len(),
                likeness,
            })
        })
        .collect()
}

fn compare(a: &InstanceView<'_>, b: &InstanceView<'_>) -> Likeness {
    let (fa, fb) = (a.file(), b.file());
    let same_bytes = match (&fa.pixel_digest, &fb.pixel_digest) {
        (Some(x), Some(y)) => Some(x == y),
        _ => None,
    };
    let same_print =
        !fa.content_fingerprint.is_empty() && fa.content_fingerprint == fb.content_fingerprint;
    if same_print && same_bytes != Some(false) {
        return Likeness::Same;
    }
    if fa.transfer_syntax == fb.transfer_syntax {
        let pixels_agree = same_bytes.unwrap_or(fa.pixel_bytes == fb.pixel_bytes);
        return if pixels_agree { Likeness::OtherHeader } else { Likeness::OtherPixels };
    }
    if !same_place(a, b) {
        return Likeness::OtherHeader;
    }
    let values = |i: &InstanceView<'_>| -> Vec<Vec<(Option<u32>, f64)>> {
        COMPARED.iter().map(|name| i.measured(name).collect()).collect()
    };
    let (va, vb) = (values(a), values(b));
    if va.iter().chain(&vb).any(Vec::is_empty) {
        Likeness::NotCompared
    } else if va == vb {
        Likeness::Same
    } else {
        Likeness::OtherPixels
    }
}

fn same_place(a: &InstanceView<'_>, b: &InstanceView<'_>) -> bool {
    let ints = [tags::ROWS, tags::COLUMNS, tags::INSTANCE_NUMBER];
    ints.iter().all(|tag| a.int(*tag) == b.int(*tag))
        && a.array::<3>(tags::IMAGE_POSITION_PATIENT) == b.array::<3>(tags::IMAGE_POSITION_PATIENT)
}

/// Adds how many UIDs are concerned, which, and in how many files.
pub fn with_counts(outcome: Outcome, found: &[&Copies]) -> Outcome {
    let files: usize = found.iter().map(|c| c.files).sum();
    let uids: Vec<String> = found.iter().take(EXAMPLES).map(|c| c.sop_uid.clone()).collect();
    outcome
        .with(Evidence::new("repeated_sop_instance_uids", found.len()).limit(0).unit("UIDs"))
        .with(Evidence::new("files_with_them", files).unit("files"))
        .with(Evidence::new("first_sop_instance_uids", uids))
}

/// The one instance, or the study where several UIDs are concerned.
pub fn subject(found: &[&Copies]) -> Subject {
    match found {
        [only] => only.subject.clone(),
        _ => Subject::study(),
    }
}
