//! CT roles, projections and enhanced frames, by typical headers.

use dicom_dictionary_std::tags;

use super::kind::{Kernel, Kind, Phase, Plane, Rendering};
use super::maker_tests::{header, is, of, of_times, stacked};
use super::{PhaseTimes, StackKind};
use crate::checks::testing::{set_numbers, study};
use crate::model::attribute::{Stored, Value};

/// Seventy seconds after the injection, where policies differ on when the portal phase begins.
#[test]
fn the_policy_says_when_a_phase_begins() {
    let line = "maker=GE MEDICAL SYSTEMS; d=; kernel=STANDARD; mm=5; agent=OMNIPAQUE; start=101000; time=101110";
    let study = study(stacked("CT", line, 20));
    let phase = |portal, later| of_times(&study, PhaseTimes { portal, later }).phase;
    assert_eq!(phase(50.0, 120.0), Some(Phase::Portal));
    assert_eq!(phase(80.0, 120.0), Some(Phase::Arterial));
    assert_eq!(phase(50.0, 60.0), Some(Phase::Later));
}

/// An agent that is written to be unknown says neither that there was one nor that there was none.
#[test]
fn an_unknown_agent_says_nothing() {
    let of =
        |agent: &str| is("CT", &format!("maker=SIEMENS; d=; kernel=B31f; mm=5; agent={agent}"));
    assert_eq!(of("UNKNOWN").post_contrast, None);
    assert_eq!(of("NONE").post_contrast, Some(false));
    assert_eq!(of("IOHEXOL").post_contrast, Some(true));
}

/// Lines `KIND phase kernel rendering | header`.
#[test]
fn ct_roles() {
    let lines = "
    THICK PLAIN    soft ? | maker=SIEMENS; d=平扫 5.0 B31f; type=ORIGINAL,PRIMARY,AXIAL,CT_SOM5 SPI; kernel=B31f; mm=5
    THIN  ?        lung ? | maker=SIEMENS; d=Thorax 1.0 B70f 肺窗; type=ORIGINAL,PRIMARY,AXIAL; kernel=B70f; mm=1
    THIN  ?        bone ? | maker=SIEMENS; d=Head; type=ORIGINAL,PRIMARY,AXIAL; kernel=Hr68,3; mm=0.75
    THIN  ?        lung ? | maker=SIEMENS; d=; type=ORIGINAL,PRIMARY,AXIAL; kernel=Bl57,3; mm=1
    THICK ARTERIAL soft ? | maker=SIEMENS; d=动脉期 5mm; type=ORIGINAL,PRIMARY,AXIAL; kernel=Br40; mm=5; agent=Iopamidol
    THICK PORTAL   soft ? | maker=GE MEDICAL SYSTEMS; d=; type=ORIGINAL,PRIMARY,AXIAL; kernel=STANDARD; mm=5; agent=OMNIPAQUE; start=101000; time=101110
    THICK ARTERIAL soft ? | maker=GE MEDICAL SYSTEMS; d=; type=ORIGINAL,PRIMARY,AXIAL; kernel=STANDARD; mm=5; agent=OMNIPAQUE; start=101000; time=101030
    THICK LATER    soft ? | maker=GE MEDICAL SYSTEMS; d=; type=ORIGINAL,PRIMARY,AXIAL; kernel=STANDARD; mm=5; agent=OMNIPAQUE; start=101000; time=101500
    THICK PLAIN    soft ? | maker=GE MEDICAL SYSTEMS; d=; type=ORIGINAL,PRIMARY,AXIAL; kernel=STANDARD; mm=5; agent=OMNIPAQUE; start=101000; time=100930
    THICK PORTAL   soft ? | maker=GE MEDICAL SYSTEMS; d=门脉期; kernel=SOFT; mm=5; agent=A
    THICK LATER    soft ? | maker=GE MEDICAL SYSTEMS; d=ABD DELAY; kernel=SOFT; mm=5; agent=A
    THICK ENHANCED soft ? | maker=GE MEDICAL SYSTEMS; d=胸部增强; kernel=DETAIL; mm=5
    THICK ?        soft ? | maker=GE MEDICAL SYSTEMS; d=ABD; kernel=STANDARD; mm=5; agent=WATER; route=Oral
    THIN  ARTERIAL soft ? | maker=GE MEDICAL SYSTEMS; d=头颈CTA 0.625mm; kernel=STANDARD; mm=0.625; agent=A
    THIN  ?        bone ? | maker=GE MEDICAL SYSTEMS; d=; kernel=BONEPLUS; mm=0.625
    THICK ?        lung ? | maker=Philips; d=Lung; kernel=L; mm=5
    THICK ?        bone ? | maker=Philips; d=; kernel=YD; mm=3
    THIN  ?        lung ? | maker=TOSHIBA; d=; kernel=FC51; mm=1
    THICK ?        bone ? | maker=CANON_MEC; d=; kernel=FC30; mm=5
    THICK ?        soft ? | maker=CANON_MEC; d=; kernel=FC18; mm=5
    THICK ?        soft ? | maker=UIH; d=; kernel=B_SOFT_B; mm=5
    THIN  ?        lung ? | maker=UIH; d=肺窗 薄层; kernel=B_SHARP_C; mm=1
    LOCALIZER ?    * ?    | maker=SIEMENS; d=Topogram 0.6 T20f; type=ORIGINAL,PRIMARY,LOCALIZER,CT_SOM5 TOP; mm=0.6
    LOCALIZER ?    * ?    | maker=UIH; d=定位像; type=ORIGINAL,PRIMARY,AXIAL; mm=1
    MIP   *        * MIP  | maker=SIEMENS; d=MIP 血管; type=DERIVED,SECONDARY,MIP; mm=10
    MIP   *        * VR   | maker=GE MEDICAL SYSTEMS; d=三维重建 VR; type=DERIVED,SECONDARY; mm=1
    MPR   *        * CPR  | maker=UIH; d=曲面重建; type=DERIVED,SECONDARY; mm=1
    THICK *        * MPR  | maker=SIEMENS; d=MPR tra 5mm; type=DERIVED,SECONDARY,MPR; mm=5
    ";
    let mut wrong = Vec::new();
    for line in lines.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let (wanted, header) = line.split_once('|').unwrap();
        let found = is("CT", header);
        let got = [
            found.kind.as_ref().map_or("?", Kind::word),
            found.phase.map_or("?", Phase::word),
            found.kernel.map_or("?", Kernel::word),
            found.rendering.map_or("?", Rendering::word),
        ];
        if !wanted.split_whitespace().zip(got).all(|(w, g)| w == "*" || w == g) {
            wrong.push(format!("{line}\n  is {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_coronal_ct_is_a_reformat_and_a_dose_page_has_no_place() {
    let mut images = stacked("CT", "d=Cor 3mm; mm=3; type=DERIVED,SECONDARY,AXIAL", 10);
    for i in &mut images {
        set_numbers(i, tags::IMAGE_ORIENTATION_PATIENT, &[1.0, 0.0, 0.0, 0.0, 0.0, -1.0]);
    }
    let is = of(&study(images));
    assert_eq!((is.kind, is.plane), (Some(Kind::Mpr), Some(Plane::Cor)));
    let page = header("CT", "d=Dose Report; type=DERIVED,SECONDARY,SCREEN SAVE");
    let is = of(&study(vec![page]));
    assert_eq!((is.kind, is.plane, is.stacks), (Some(Kind::Dose), None, Vec::<StackKind>::new()));
}

#[test]
fn projections() {
    let view = |modality: &str, line: &str| {
        of(&study(vec![header(modality, line)])).kind.map(|k| k.word().to_owned())
    };
    assert_eq!(view("DX", "view=PA").as_deref(), Some("PA"));
    assert_eq!(view("DX", "d=胸部侧位").as_deref(), Some("LAT"));
    assert_eq!(view("CR", "d=KNEE AP").as_deref(), Some("AP"));
    assert_eq!(view("MG", "view=MLO").as_deref(), Some("MLO"));
    assert_eq!(view("MG", "d=R CC").as_deref(), Some("CC"));
    assert_eq!(view("DX", "d=胸部正侧位"), None, "two projections name none of an image");
    assert_eq!(view("DX", "d=胸部"), None);
}

#[test]
fn an_enhanced_frame_tells_by_its_macros() {
    let mut i = header("MR", "d=; dim=3D; type=ORIGINAL,PRIMARY,T1,NONE");
    i.attributes.set_text(tags::NUMBER_OF_FRAMES, "3");
    for (tag, v) in [
        (tags::REPETITION_TIME, 6.8),
        (tags::FLIP_ANGLE, 9.0),
        (tags::EFFECTIVE_ECHO_TIME, 3.1),
        (tags::RF_ECHO_TRAIN_LENGTH, 0.0),
        (tags::GRADIENT_ECHO_TRAIN_LENGTH, 240.0),
    ] {
        i.attributes.set(tag, Stored::Present(Value::Float(vec![v].into())));
    }
    assert_eq!(of(&study(vec![i.clone()])).kind, Some(Kind::T1wi));
    for (tag, v) in [
        (tags::REPETITION_TIME, 3000.0),
        (tags::EFFECTIVE_ECHO_TIME, 30.0),
        (tags::GRADIENT_ECHO_TRAIN_LENGTH, 63.0),
    ] {
        i.attributes.set(tag, Stored::Present(Value::Float(vec![v].into())));
    }
    assert_eq!(of(&study(vec![i])).kind, Some(Kind::Bold));
}
