//! Tests of attributes.

use super::*;
use dicom_dictionary_std::tags;

#[test]
fn four_states_are_told_apart() {
    let mut a = Attributes::default();
    a.set_text(tags::MODALITY, "CT");
    a.set_text(tags::PATIENT_ID, "");
    a.set(tags::ROWS, Stored::Malformed("odd length".into()));
    assert!(matches!(a.state(tags::MODALITY), State::Present(_)));
    assert_eq!(a.state(tags::PATIENT_ID), State::Empty);
    assert_eq!(a.state(tags::ROWS), State::Malformed("odd length"));
    assert_eq!(a.state(tags::COLUMNS), State::Absent);
}

#[test]
fn numbers_come_from_text_and_binary() {
    let mut a = Attributes::default();
    a.set(tags::PIXEL_SPACING, Stored::Present(Value::Text(vec!["0.5", " 0.25 "].into())));
    a.set(tags::ROWS, Stored::Present(Value::Int(vec![512].into())));
    a.set_text(tags::INSTANCE_NUMBER, "12");
    assert_eq!(a.array::<2>(tags::PIXEL_SPACING), Some([0.5, 0.25]));
    assert_eq!(a.float(tags::ROWS), Some(512.0));
    assert_eq!(a.int(tags::INSTANCE_NUMBER), Some(12));
    assert_eq!(a.array::<3>(tags::PIXEL_SPACING), None);
}

#[test]
fn what_instances_have_in_common_is_held_once_and_reads_the_same() {
    let mut sets = Vec::new();
    for n in 1..=3 {
        let mut a = Attributes::default();
        a.set_text(tags::MODALITY, "CT");
        a.set_text(tags::PATIENT_ID, "");
        a.set_text(tags::INSTANCE_NUMBER, n.to_string());
        sets.push(a);
    }
    sets[2].remove(tags::PATIENT_ID);
    let common = Attributes::in_common(sets.iter());
    assert_eq!(common.len(), 1);
    let parts: Vec<_> = sets.iter().map(|s| s.without(&common)).collect();
    assert_eq!(parts[2].len(), 1);
    let shared = SharedAttributes::from(common);
    for (part, whole) in parts.into_iter().zip(&sets) {
        let mut joined = part;
        joined.share(&shared);
        assert_eq!(&joined, whole);
        assert_eq!(joined.len(), whole.len());
        assert_eq!(joined.text(tags::MODALITY), Some("CT"));
        let bytes = rmp_serde::to_vec_named(&joined).unwrap();
        assert_eq!(bytes, rmp_serde::to_vec_named(whole).unwrap());
        assert_eq!(&rmp_serde::from_slice::<Attributes>(&bytes).unwrap(), whole);
        joined.set_text(tags::MODALITY, "MR");
        assert_eq!(joined.text(tags::MODALITY), Some("MR"));
        joined.remove(tags::MODALITY);
        assert_eq!(joined.state(tags::MODALITY), State::Absent);
    }
}
