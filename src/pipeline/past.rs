//! What the store knew of studies before they are judged, read study by study from several threads.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use dicom_dictionary_std::tags as t;
use sha2::{Digest, Sha256};

use crate::model::attribute::{Attributes, Value};
use crate::model::past::{ChangedInstance, Past, PastFacts, PastLabel, TOLD};
use crate::model::result::LabelSubject;
use crate::model::study::{Instance, Study};
use crate::store::{Digest16, First, LabelRow, Seen, Store, StoreError};

/// Reads what a store knew. A snapshot in effect: receipts of a run count from its end on.
#[derive(Clone)]
pub struct PastReader {
    store: Arc<Mutex<Store>>,
    receipts: bool,
    labels: bool,
    disputed: Arc<BTreeSet<String>>,
}

impl fmt::Debug for PastReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PastReader").finish_non_exhaustive()
    }
}

impl PastReader {
    /// Opens a store that is there and up to date.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut store = Store::open_read_only(path)?;
        let (receipts, labels) = (store.has_receipts()?, store.has_labels()?);
        let disputed = Arc::new(store.changed_studies()?);
        Ok(Self { store: Arc::new(Mutex::new(store)), receipts, labels, disputed })
    }

    /// What was known of a study.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn of(&self, study: &Study) -> Result<PastFacts, StoreError> {
        let mut past = Past::default();
        let seen = if self.receipts { seen(study) } else { Vec::new() };
        let sops: Vec<Digest16> = seen.iter().map(|s| s.sop).collect();
        // A panic of another thread leaves no half-read state: every read is whole.
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let first = store.first_seen(&sops)?;
        if self.labels {
            past.labels = store.labels_of_key(&study.key)?.into_iter().map(label).collect();
        }
        past.disputed = self.disputed.contains(&study.key);
        let own = first.iter().flatten().filter(|f| f.study_key == study.key).count();
        for (now, first) in seen.into_iter().zip(first) {
            hold(&mut past, now, first, &study.key);
        }
        if past.disputed {
            let own = u32::try_from(own).unwrap_or(u32::MAX);
            past.missing = store.receipts_of(&study.key)?.saturating_sub(own);
        } else if !past.changed.is_empty() {
            past.was_labelled = store.was_labelled(&study.key)?;
        }
        drop(store);
        Ok(PastFacts::Known(Box::new(past)))
    }
}

/// Holds an instance against what it looked like first.
fn hold(past: &mut Past, now: Seen, first: Option<First>, study_key: &str) {
    let Some(first) = first else {
        past.unseen.push(now.sop_uid);
        return;
    };
    past.received += 1;
    let both = first.pixels.zip(now.pixels);
    let nothing_to_read = first.pixels.is_none() && !now.has_pixels;
    past.compared += u32::from(both.is_some() || nothing_to_read);
    let pixels = both.is_some_and(|(a, b)| a != b);
    if first.pixels.is_none() && now.pixels.is_some() {
        // Pixels that were not read before are first seen now.
        past.unseen.push(now.sop_uid.clone());
    }
    let header = first.header != now.header;
    // A study without a UID goes by its folder, which is no part of its content.
    let by_uid = |key: &str| !key.starts_with("folder:");
    let other = first.study_key != study_key && by_uid(&first.study_key) && by_uid(study_key);
    if pixels || header {
        past.changed.push(ChangedInstance {
            sop_uid: now.sop_uid,
            pixels,
            header,
            first_study: other.then_some(first.study_key),
            first_seen: first.seen_at,
        });
    }
}

/// A decision as checks see it.
pub(super) fn label(row: LabelRow) -> PastLabel {
    PastLabel {
        profile: row.profile,
        item: row.item,
        decision: row.decision,
        scope: row.scope,
        text: row.text,
        text_en: row.text_en,
        position: row.position,
        sop_uids: serde_json::from_str::<LabelSubject>(&row.subject).unwrap_or_default().sop_uids,
    }
}

/// What the instances of a study look like. Those without a SOP Instance UID, and copies of one that
/// came before in the study, are left out.
pub fn seen(study: &Study) -> Vec<Seen> {
    let mut told = rustc_hash::FxHashSet::default();
    let own = |i: &Instance| {
        let sop_uid = i.attributes.text(t::SOP_INSTANCE_UID)?;
        told.insert(sop_uid.to_owned()).then(|| Seen {
            sop_uid: sop_uid.to_owned(),
            sop: short(Sha256::digest(sop_uid.as_bytes()).as_slice()),
            header: header_digest(&i.attributes),
            pixels: i.file.pixel_digest.as_ref().map(|d| short(&Sha256::digest(d.as_bytes()))),
            has_pixels: i.has_pixel_data(),
        })
    };
    let mut instances: Vec<&Instance> = study.instances().map(|(_, i)| i).collect();
    // Of copies that differ the same one is taken whatever the order of reading.
    instances.sort_by(|a, b| a.file.path.cmp(&b.file.path));
    instances.into_iter().filter_map(own).collect()
}

/// Digest of what an image is of. Empty and absent are the same; texts are taken as decoded, so that
/// neither character set nor transfer syntax counts.
fn header_digest(attributes: &Attributes) -> Digest16 {
    let mut hash = Sha256::new();
    hash.update(b"header 1");
    for tag in TOLD {
        let mut value = String::new();
        match attributes.value(tag) {
            Some(Value::Text(texts)) => {
                for text in texts {
                    value.push_str(text.trim_matches([' ', '\0']));
                    value.push('\\');
                }
            }
            Some(Value::Int(numbers)) => {
                for n in numbers {
                    let _ = write!(value, "{n}\\");
                }
            }
            Some(Value::Float(numbers)) => {
                for n in numbers {
                    let _ = write!(value, "{n:e}\\");
                }
            }
            Some(Value::Items(_)) | None => {}
        }
        let value = value.trim_end_matches('\\');
        hash.update((value.len() as u64).to_le_bytes());
        hash.update(value.as_bytes());
    }
    short(hash.finalize().as_slice())
}

/// The first 16 bytes of a digest of 32.
fn short(digest: &[u8]) -> Digest16 {
    let mut out = [0; 16];
    out.iter_mut().zip(digest).for_each(|(to, from)| *to = *from);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::volume;
    use crate::store::Arrival;

    fn arrival(study: &Study, past: &PastFacts) -> Arrival {
        Arrival {
            study_key: study.key.clone(),
            institution: "first".into(),
            seen: seen(study),
            past: past.known().cloned().unwrap_or_default(),
        }
    }

    struct Place {
        _folder: tempfile::TempDir,
        path: std::path::PathBuf,
    }

    impl Place {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("s.db");
            Store::open(&path).unwrap();
            Self { _folder: folder, path }
        }

        /// A run over one study: what was known of it, then it is received.
        fn run(&self, study: &Study) -> Past {
            let past = PastReader::open(&self.path).unwrap().of(study).unwrap();
            let mut store = Store::open(&self.path).unwrap();
            let when = ("run", "2025-01-01T00:00:00Z");
            store.keep(&[], &[arrival(study, &past)], &[], when).unwrap();
            store.merge_receipts().unwrap();
            past.known().cloned().unwrap()
        }

        fn kinds(&self) -> Vec<String> {
            let mut store = Store::open_read_only(&self.path).unwrap();
            store.ledger().unwrap().into_iter().map(|e| e.kind).collect()
        }
    }

    #[test]
    fn the_same_content_again_is_no_change() {
        let place = Place::new();
        let study = volume("CT", 3, 5.0);
        assert_eq!(place.run(&study).received, 0);
        let mut other_encoding = study.clone();
        other_encoding.series[0].instances[0].file.transfer_syntax =
            "1.2.840.10008.1.2.4.90".into();
        other_encoding.series[0].instances[0].file.content_fingerprint = "other".into();
        let again = place.run(&other_encoding);
        assert_eq!((again.received, again.changed.len()), (3, 0));
        assert!(place.kinds().is_empty());
    }

    #[test]
    fn other_pixels_are_a_change_until_the_first_come_back() {
        let place = Place::new();
        let study = volume("CT", 3, 5.0);
        place.run(&study);
        let mut changed = study.clone();
        changed.series[0].instances[1].file.pixel_digest = Some("other".into());
        for _ in 0..2 {
            let past = place.run(&changed);
            assert!(
                past.changed.len() == 1
                    && past.changed[0].pixels
                    && past.counts_against(&past.changed[0])
            );
        }
        assert_eq!(place.kinds(), ["content-changed"], "told once");
        assert_eq!(Store::open(&place.path).unwrap().changed_studies().unwrap().len(), 1);
        assert!(place.run(&study).changed.is_empty());
        assert_eq!(place.kinds(), ["content-changed", "content-restored"]);
        assert!(Store::open(&place.path).unwrap().changed_studies().unwrap().is_empty());
    }

    #[test]
    fn a_header_that_is_corrected_before_any_label_is_the_new_first() {
        let place = Place::new();
        let study = volume("CT", 2, 5.0);
        place.run(&study);
        let mut corrected = study.clone();
        for i in &mut corrected.series[0].instances {
            i.attributes.set_text(t::PATIENT_SEX, "M");
        }
        let past = place.run(&corrected);
        assert!(past.changed.iter().all(|c| c.header && !c.pixels && !past.counts_against(c)));
        assert_eq!(place.kinds(), ["header-corrected"]);
        assert!(place.run(&corrected).changed.is_empty(), "it is the one to hold against now");
        assert_eq!(place.run(&study).changed.len(), 2);
    }

    #[test]
    fn a_disputed_study_is_restored_by_all_of_its_first_images_and_nothing_else() {
        let place = Place::new();
        let study = volume("CT", 3, 5.0);
        place.run(&study);
        let mut changed = study.clone();
        changed.series[0].instances[1].file.pixel_digest = Some("other".into());
        // A header beside an exchanged image is no correction, and an image beside it no first one.
        changed.series[0].instances[0].attributes.set_text(t::PATIENT_SEX, "M");
        let mut more = changed.clone();
        let mut added = changed.series[0].instances[2].clone();
        added.attributes.set_text(t::SOP_INSTANCE_UID, "1.2.3.99");
        more.series[0].instances.push(added);
        place.run(&more);
        let mut header = study.clone();
        header.series[0].instances[0].attributes.set_text(t::PATIENT_SEX, "M");
        let past = place.run(&header);
        assert!(past.disputed && past.counts_against(&past.changed[0]), "{past:?}");
        let mut without = study.clone();
        without.series[0].instances.remove(1);
        let past = place.run(&without);
        assert_eq!((past.missing, past.changed.len()), (1, 0));
        assert_eq!(
            place.kinds(),
            ["content-changed", "content-changed"],
            "two ways of being other"
        );
        assert!(place.run(&study).is_whole());
        assert_eq!(place.kinds().last().unwrap(), "content-restored");
    }

    #[test]
    fn a_study_that_began_with_a_foreign_image_is_restored_by_its_own() {
        let place = Place::new();
        let study = volume("CT", 3, 5.0);
        place.run(&study);
        let mut moved = study.clone();
        moved.key = "1.2.999".into();
        for i in &mut moved.series[0].instances {
            i.attributes.set_text(t::STUDY_INSTANCE_UID, "1.2.999");
        }
        place.run(&moved);
        for (n, i) in (0..).zip(&mut moved.series[0].instances) {
            i.attributes.set_text(t::SOP_INSTANCE_UID, format!("1.2.999.{n}"));
        }
        let past = place.run(&moved);
        assert_eq!((past.received, past.disputed, past.is_whole()), (0, true, true));
        assert_eq!(place.kinds(), ["content-changed", "content-restored"]);
        assert_eq!(place.run(&moved).received, 3);
    }

    #[test]
    fn objects_without_pixels_count_as_compared() {
        let place = Place::new();
        let mut study = volume("CT", 2, 5.0);
        study.series[0].instances[1].file.pixel_digest = None;
        study.series[0].instances[1].file.pixels = crate::model::file::PixelState::NoPixelData;
        place.run(&study);
        let past = place.run(&study);
        assert_eq!((past.received, past.compared), (2, 2));
    }

    #[test]
    fn an_image_that_came_in_another_study_counts() {
        let place = Place::new();
        let study = volume("CT", 2, 5.0);
        place.run(&study);
        let mut moved = study.clone();
        moved.key = "1.2.999".into();
        moved.series[0].instances[0].attributes.set_text(t::STUDY_INSTANCE_UID, "1.2.999");
        moved.series[0].instances.truncate(1);
        let past = place.run(&moved);
        assert_eq!(past.changed[0].first_study.as_deref(), Some(study.key.as_str()));
        assert!(past.counts_against(&past.changed[0]));
    }

    #[test]
    fn pixels_that_are_read_later_are_filled_in() {
        let place = Place::new();
        let study = volume("CT", 1, 5.0);
        let mut header_only = study.clone();
        header_only.series[0].instances[0].file.pixel_digest = None;
        place.run(&header_only);
        assert!(place.run(&study).changed.is_empty());
        let mut changed = study.clone();
        changed.series[0].instances[0].file.pixel_digest = Some("other".into());
        assert!(place.run(&changed).changed[0].pixels);
    }
}
