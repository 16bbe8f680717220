//! The checks of CT and MR slices on real pixels: each fails at a strength that a reader sees and does
//! not at the one below. Series of the shared data are degraded and read by the program itself; skips,
//! and says so, where the data are absent. (`scripts/image_accuracy` degrades in another way, apart
//! from this.)

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test may stop at once; sizes of images"
)]

use std::collections::BTreeMap;
use std::path::Path;

use dicom_core::VR;
use dicom_dictionary_std::tags;
use serde_json::Value;

mod degrade;
use degrade::{Image, series, shared};

/// CT of a body and of a head; a head in T2 with air about it; echo-planar volumes.
const CT: &str = "dicom_numpy/lymphoma/dupe_positions";
const CT_HEAD: &str = "dcm_qa_ct/ge_head/two_spacings_tilt";
const HEAD: &str = "fnndsc_adi_brain/brain/ax_t2_fse";
const LONG_HEAD: &str = "fnndsc_adi_brain/brain/sag_mprage";
const EPI: &str = "dcm_qa_stc/ge/fmri";
/// Diffusion volumes of several directions; a CT from the liver to the neck.
const DIFFUSION: &str = "dcm_qa_canon/galan/dti_ortho";
const CHEST: &str = "volumes/lidc_0001_enhanced";

/// Changes an image, given its number in the series and how many there are; false leaves it out.
type Change = dyn Fn(usize, usize, &mut Image) -> bool;

/// One defect at one strength.
struct Case {
    code: &'static str,
    series: &'static str,
    fails: bool,
    make: Box<Change>,
}

/// A defect made by `make(strength, slice, slices, image)`: it fails at the second strength and not
/// at the first.
fn pair(
    code: &'static str,
    series: &'static str,
    strengths: [f64; 2],
    make: fn(f64, usize, usize, &mut Image),
) -> [Case; 2] {
    kept_pair(code, series, strengths, move |s, at, of, i| {
        make(s, at, of, i);
        true
    })
}

/// The same where images may be left out.
fn kept_pair(
    code: &'static str,
    series: &'static str,
    strengths: [f64; 2],
    make: impl Fn(f64, usize, usize, &mut Image) -> bool + Copy + 'static,
) -> [Case; 2] {
    [false, true].map(|fails| {
        let strength = strengths[usize::from(fails)];
        let make = Box::new(move |at, of, image: &mut Image| make(strength, at, of, image));
        Case { code, series, fails, make }
    })
}

fn cases() -> Vec<Case> {
    let all = [
        pair("EXP003", CT, [15.0, 100.0], |s, _, _, i| i.map(|_, _, v| v + s)),
        pair("EXP004", CT, [0.0, 1.0], |s, at, of, i| {
            if s > 0.5 && at == of / 2 {
                i.fill_hu(-1000.0);
            }
        }),
        pair("NOI001", CT, [5.0, 80.0], |s, at, _, i| i.noise(s, at as u64)),
        pair("ART001", CT, [3.0, 45.0], |s, at, _, i| i.row_noise(s, at as u64)),
        pair("ART002", CT_HEAD, [2.0, 60.0], |s, _, _, i| i.rings(s)),
        pair("SHP001", CT_HEAD, [0.0, 14.0], |s, at, of, i| {
            if at == of / 2 {
                i.shift(s as isize, 0);
            }
        }),
        pair("POS001", CT_HEAD, [0.0, 0.35], |s, _, _, i| {
            let by = (s * i.columns as f64) as isize;
            i.shift(by, by);
        }),
        pair("NOI002", HEAD, [0.02, 0.5], |s, at, _, i| {
            let level = i.level();
            i.noise(s * level, at as u64);
        }),
        pair("ART003", HEAD, [0.01, 0.08], |s, _, _, i| i.ghost(s, 0.45)),
        pair("ART004", HEAD, [0.0, 0.45], |s, _, _, i| {
            let by = (s * i.columns as f64) as usize;
            i.roll(by);
        }),
        pair("ART005", HEAD, [0.002, 0.3], |s, _, _, i| i.wave(s)),
        pair("ART006", HEAD, [0.01, 0.6], |s, at, _, i| i.zipper(s, at as u64)),
        pair("ART007", HEAD, [1.5, 40.0], |s, _, _, i| i.ramp(s)),
        pair("ART008", LONG_HEAD, [0.97, 0.5], |s, at, of, i| {
            if at == of / 2 {
                i.map(|_, _, v| v * s);
            }
        }),
        pair("ART010", EPI, [0.02, 0.4], |s, _, _, i| i.half_ghost(s)),
        pair("SHP002", HEAD, [0.0, 4.0], |s, _, _, i| i.blur(s as usize)),
        pair("ART009", DIFFUSION, [0.97, 0.4], |s, at, of, i| {
            if at == of / 2 {
                i.map(|_, _, v| v * s);
            }
        }),
        pair("ART011", CT, [2.0, 20.0], |s, _, _, i| i.block(s as usize, 3000.0)),
        pair("SHP003", CT_HEAD, [1.0, 12.0], |s, _, _, i| {
            i.set(tags::SLICE_THICKNESS, VR::DS, "1.0");
            if s > 1.0 {
                i.blur(s as usize);
            }
        }),
        pair("EXP005", CT, [10.0, 90.0], |s, _, _, i| {
            i.set(tags::BODY_PART_EXAMINED, VR::CS, "CHEST");
            i.set(tags::PATIENT_AGE, VR::AS, "060Y");
            i.set_numbers(tags::CTD_IVOL, &[s]);
        }),
        pair("POS004", CT, [30.0, 110.0], |s, _, _, i| i.isocentre_above(s)),
        pair("POS005", HEAD, [0.0, 0.4], |s, _, _, i| {
            i.set(tags::BODY_PART_EXAMINED, VR::CS, "HEAD");
            i.shift((s * i.columns as f64) as isize, 0);
        }),
        pair("POS007", CT_HEAD, [1.0, 0.0], |s, at, of, i| {
            i.set(tags::BODY_PART_EXAMINED, VR::CS, "HEAD");
            let depth = at as f64 / of as f64;
            if s > 0.5 {
                i.shrink((1.0 - depth * depth).sqrt());
            }
        }),
        kept_pair("POS002", CHEST, [0.0, 20.0], |s, at, of, i| {
            i.set(tags::BODY_PART_EXAMINED, VR::CS, "CHEST");
            i.set(tags::PROTOCOL_NAME, VR::LO, "CHEST");
            at + (s as usize) < of
        }),
        kept_pair("POS006", CHEST, [60.0, 38.0], |s, at, _, i| {
            i.set(tags::BODY_PART_EXAMINED, VR::CS, "");
            i.set(tags::PROTOCOL_NAME, VR::LO, "UPPER ABDOMEN");
            at < s as usize
        }),
        pair("POS003", HEAD, [0.02, 0.5], |s, _, _, i| {
            let by = (s * i.columns as f64) as isize;
            i.shift(by, 0);
        }),
    ];
    all.into_iter().flatten().collect()
}

/// The outcomes of each study, by Study Instance UID.
fn judged(studies: &Path) -> BTreeMap<String, Value> {
    let reports = tempfile::tempdir().unwrap();
    // This region asks for a size of lesion; its numbers are else those of the base policy.
    std::process::Command::new(env!("CARGO_BIN_EXE_hrgate"))
        .args(["run", "--depth", "pixels", "--policy", "chuanyu-2025-draft"])
        .args(["--run-id", "r", "--reports"])
        .arg(reports.path())
        .arg(studies)
        .output()
        .expect("hrgate runs");
    let lines = std::fs::read_to_string(reports.path().join("r/studies.jsonl")).unwrap();
    let results = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    results.map(|r| (r["study_uid"].as_str().unwrap().to_owned(), r)).collect()
}

#[test]
fn each_check_fails_at_a_strength_that_a_reader_sees_and_not_below() {
    let Some(data) = shared() else {
        println!("SKIPPED real-data: no data/studies in the shared folder");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let cases = cases();
    for (n, case) in cases.iter().enumerate() {
        let to = folder.path().join(n.to_string());
        series(&data, case.series, CT, &to, &uid(n), &case.make);
    }
    let results = judged(folder.path());
    let mut wrong = Vec::new();
    for (n, case) in cases.iter().enumerate() {
        let outcomes = results[&uid(n)]["outcomes"].as_array().unwrap();
        let own: Vec<&Value> = outcomes.iter().filter(|o| o["code"] == case.code).collect();
        let failed = own.iter().any(|o| o["outcome"] == "fail");
        if failed != case.fails {
            let told: Vec<String> =
                own.iter().map(|o| format!("{} {}", o["outcome"], o["why"])).collect();
            wrong.push(format!("{} should fail: {}; {told:?}", case.code, case.fails));
        }
        if failed {
            let shown = own.iter().find(|o| o["outcome"] == "fail").unwrap();
            assert!(!shown["evidence"].as_array().unwrap().is_empty(), "{}", case.code);
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn uid(n: usize) -> String {
    format!("2.25.77.{}", n + 1)
}
