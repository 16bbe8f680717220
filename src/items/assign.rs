//! Which projections of a study belong to which of its items, so that a finding on one view need
//! not weigh on the label of another.

use std::collections::BTreeMap;

use dicom_dictionary_std::tags;

use crate::model::result::ItemMatch;
use crate::model::study::{Instance, Series, Study};

use super::catalogue::Catalogue;
use super::lexicon::Lexicon;
use super::matching::match_study;

/// Modalities whose items may be single projections.
const PROJECTIONS: [&str; 2] = ["DX", "MG"];

/// Names the instances of each item, where a study has several and they are projections. An
/// instance that alone is none of them, or could be more than one, belongs to all.
pub fn assign(study: &Study, matched: &mut [ItemMatch], catalogue: &Catalogue, lexicon: &Lexicon) {
    let is_view = |m: &&ItemMatch| {
        let item = m.item.as_deref().and_then(|uid| catalogue.item(uid));
        item.is_some_and(|i| PROJECTIONS.contains(&i.row.modality.as_str()) && !i.views.is_empty())
    };
    if matched.iter().filter(is_view).count() < 2 || !matched.iter().all(|m| is_view(&m)) {
        return;
    }
    let mut groups: BTreeMap<String, Vec<Place<'_>>> = BTreeMap::new();
    for (series, instance) in study.instances().filter(|(_, i)| !i.sop_uid().is_empty()) {
        groups.entry(view_of(instance)).or_default().push((series, instance));
    }
    for group in groups.values() {
        // Both sides of one projection may be one item, or an item each.
        let whole = item_of(study, group, matched, catalogue, lexicon);
        for place in group {
            let one = std::slice::from_ref(place);
            let own = whole.clone().or_else(|| item_of(study, one, matched, catalogue, lexicon));
            for m in matched.iter_mut().filter(|m| own.is_none() || m.item == own) {
                m.sop_uids.push(place.1.sop_uid().to_owned());
            }
        }
    }
    for m in matched.iter_mut() {
        m.sop_uids.sort();
        m.sop_uids.dedup();
    }
    // An item to which nothing was given is judged by the whole study.
}

/// An instance with its series.
type Place<'a> = (&'a Series, &'a Instance);

/// The projection as the header names it; empty where it does not.
fn view_of(instance: &Instance) -> String {
    let a = &instance.attributes;
    let coded = a.items(tags::VIEW_CODE_SEQUENCE).iter().find_map(|i| i.text(tags::CODE_VALUE));
    a.text(tags::VIEW_POSITION).or(coded).unwrap_or_default().to_uppercase()
}

/// The one item of the study that some of its instances are by themselves.
fn item_of(
    study: &Study,
    places: &[Place<'_>],
    matched: &[ItemMatch],
    catalogue: &Catalogue,
    lexicon: &Lexicon,
) -> Option<String> {
    let alone = match_study(&only(study, places), None, catalogue, lexicon);
    let mut own = alone.into_iter().filter_map(|m| m.item);
    let (first, more) = (own.next()?, own.next());
    let known = matched.iter().any(|m| m.item.as_ref() == Some(&first));
    (more.is_none() && known).then_some(first)
}

/// The study as if it had some of its instances only.
fn only(study: &Study, places: &[Place<'_>]) -> Study {
    let series = places.iter().map(|(series, instance)| Series {
        uid: series.uid.clone(),
        modality: series.modality.clone(),
        instances: vec![(*instance).clone()],
    });
    Study {
        key: study.key.clone(),
        uid: study.uid.clone(),
        institution: study.institution.clone(),
        series: series.collect(),
        ..Study::default()
    }
}
