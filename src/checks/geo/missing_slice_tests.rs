//! Cases of GEO001: what must fire, and what is legitimate and must not.

use dicom_dictionary_std::tags;

use super::*;
use crate::checks::testing::{
    evidence, instance, kinds, one, place, run, set_numbers, set_texts, stack, study, volume,
};
use crate::model::attribute::Attributes;
use crate::model::outcome::OutcomeKind;
use crate::model::study::Study;

#[test]
fn hit_one_slice_with_its_position_and_neighbours() {
    let o = one(&CHECK, &stack("CT", &[0.0, 5.0, 15.0, 20.0]), OutcomeKind::Fail);
    assert_eq!(evidence(&o, "missing_slices"), 1);
    assert_eq!(evidence(&o, "missing_positions_lps"), &serde_json::json!([[-100.0, -120.0, 10.0]]));
    let neighbours = &evidence(&o, "neighbour_sop_instance_uids")[0];
    assert_eq!(neighbours, &serde_json::json!(["2.25.1.3.2", "2.25.1.3.3"]));
}

#[test]
fn hit_three_slices_in_any_order_of_files() {
    let at: Vec<f64> = (0..21).filter(|z| !(9..12).contains(z)).map(f64::from).collect();
    let mut s = stack("MR", &at);
    s.series[0].instances.reverse();
    let o = one(&CHECK, &s, OutcomeKind::Fail);
    assert_eq!(evidence(&o, "missing_slices"), 3);
}

#[test]
fn miss_regular_overlapping_and_jittered_volumes() {
    one(&CHECK, &volume("CT", 8, 5.0), OutcomeKind::Pass);
    one(&CHECK, &volume("CT", 8, 1.0), OutcomeKind::Pass);
    one(&CHECK, &stack("CT", &[0.0, 1.15, 2.0, 2.9, 4.1, 5.0]), OutcomeKind::Pass);
}

#[test]
fn miss_two_spacings() {
    let at = [0.0, 4.0, 8.0, 12.0, 13.08, 20.08, 27.08, 34.08];
    one(&CHECK, &stack("CT", &at), OutcomeKind::Pass);
}

#[test]
fn miss_groups_of_slices_and_hit_them_where_the_numbers_jump() {
    let at = [0.0, 4.0, 8.0, 20.3, 24.3, 28.3];
    let o = one(&CHECK, &stack("MR", &at), OutcomeKind::Pass);
    assert_eq!(evidence(&o, "planned_wide_gaps"), 1);
    let mut lost = stack("MR", &at);
    for (i, number) in lost.series[0].instances.iter_mut().zip(["1", "2", "3", "6", "7", "8"]) {
        i.attributes.set_text(tags::INSTANCE_NUMBER, number);
    }
    one(&CHECK, &lost, OutcomeKind::Fail);
}

#[test]
fn miss_a_tilted_gantry() {
    let mut s = volume("CT", 6, 5.0);
    for (n, i) in s.series[0].instances.iter_mut().enumerate() {
        let z = f64::from(u32::try_from(n).unwrap()) * 5.0;
        set_numbers(i, tags::IMAGE_POSITION_PATIENT, &[0.0, z * 0.36, z]);
    }
    let o = one(&CHECK, &s, OutcomeKind::Pass);
    assert!((evidence(&o, "tilt").as_f64().unwrap() - 19.8).abs() < 0.1);
}

#[test]
fn miss_what_is_no_volume() {
    one(&CHECK, &stack("DX", &[0.0, 5.0, 15.0, 20.0]), OutcomeKind::NotApplicable);
    one(&CHECK, &stack("CT", &[0.0, 5.0, 15.0]), OutcomeKind::NotApplicable);
    let mut localizer = stack("MR", &[0.0, 5.0, 15.0, 20.0]);
    for i in &mut localizer.series[0].instances {
        set_texts(i, tags::IMAGE_TYPE, &["ORIGINAL", "PRIMARY", "LOCALIZER"]);
    }
    one(&CHECK, &localizer, OutcomeKind::NotApplicable);
}

/// Two echoes on the same places, the second with a hole.
fn two_echoes(hole: bool) -> Study {
    let mut instances = Vec::new();
    for echo in 0..2_usize {
        for n in 0..6_usize {
            if hole && echo == 1 && n == 3 {
                continue;
            }
            let mut i = instance("MR", instances.len() + 1);
            place(&mut i, f64::from(u32::try_from(n).unwrap()) * 4.0);
            i.attributes.set_text(tags::ECHO_TIME, ["11", "92"][echo]);
            instances.push(i);
        }
    }
    study(instances)
}

#[test]
fn hit_a_hole_in_one_of_two_echoes() {
    let o = one(&CHECK, &two_echoes(true), OutcomeKind::Fail);
    assert_eq!(evidence(&o, "stacks_affected"), 1);
}

#[test]
fn miss_two_complete_echoes() {
    let o = one(&CHECK, &two_echoes(false), OutcomeKind::Pass);
    assert_eq!(evidence(&o, "stacks"), 2);
}

fn enhanced(at: &[f64]) -> Study {
    let mut i = instance("MR", 1);
    i.attributes.set_text(tags::SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.4.1");
    crate::checks::testing::set_int(
        &mut i,
        tags::NUMBER_OF_FRAMES,
        i64::try_from(at.len()).unwrap(),
    );
    set_numbers(&mut i, tags::IMAGE_ORIENTATION_PATIENT, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    i.frames = at
        .iter()
        .map(|z| {
            let mut frame = Instance::default();
            set_numbers(&mut frame, tags::IMAGE_POSITION_PATIENT, &[0.0, 0.0, *z]);
            let mut attributes = Attributes::default();
            for (tag, stored) in frame.attributes.iter() {
                attributes.set(tag, stored.clone());
            }
            attributes
        })
        .collect();
    study(vec![i])
}

#[test]
fn hit_and_miss_in_an_enhanced_object() {
    one(&CHECK, &enhanced(&[0.0, 3.0, 6.0, 12.0, 15.0]), OutcomeKind::Fail);
    one(&CHECK, &enhanced(&[0.0, 3.0, 6.0, 9.0, 12.0]), OutcomeKind::Pass);
}

#[test]
fn without_positions_it_could_not_run() {
    let mut s = volume("CT", 4, 5.0);
    for i in &mut s.series[0].instances {
        i.attributes.remove(tags::IMAGE_POSITION_PATIENT);
    }
    one(&CHECK, &s, OutcomeKind::CouldNotRun);
    s.series[0].instances.pop();
    one(&CHECK, &s, OutcomeKind::NotApplicable);
}

#[test]
fn without_a_usual_spacing_it_could_not_run() {
    let s = stack("CT", &[0.0, 7.5, 20.0, 37.5, 70.0, 117.5, 225.0]);
    assert_eq!(kinds(&run(&CHECK, &s)), [OutcomeKind::CouldNotRun]);
}
