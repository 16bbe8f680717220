//! The matrix of faults that peers were tried on (missing, doubled, shifted, thinned slices and their
//! legitimate look-alikes), for CT and MR, single-frame and enhanced, with the numbering habits of
//! five makers: what a gate has to say of each.

#![expect(clippy::float_cmp, reason = "places are whole numbers, made by rounding")]
#![expect(clippy::expect_used, reason = "a test that cannot write its studies has to stop")]

mod recipes;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use recipes::volume::{AXIAL, Habit, MAKERS, SAGITTAL, Slice, Volume, stack};

/// What has to be said.
#[derive(Clone, Copy, Debug)]
enum Want {
    /// One of these checks fails, with a severity that counts.
    Fail(&'static [&'static str]),
    /// One of these fails as advice, and nothing that counts does.
    Warn(&'static [&'static str]),
    /// Nothing fails.
    Pass,
    /// This check is not applicable, and nothing fails.
    NotApplicable(&'static str),
}

struct Case {
    name: &'static str,
    enhanced_too: bool,
    make: fn(&mut Volume),
    want: fn(Habit, bool) -> Want,
}

const fn case(
    name: &'static str,
    enhanced_too: bool,
    make: fn(&mut Volume),
    want: fn(Habit, bool) -> Want,
) -> Case {
    Case { name, enhanced_too, make, want }
}

/// Slices on the places `gone` are not there.
fn lose(volume: &mut Volume, gone: impl Fn(f64) -> bool) {
    let spacing = spacing(volume.main());
    volume.main().retain(|s| !gone(place(s, spacing)));
}

fn spacing(slices: &[Slice]) -> f64 {
    let first = slices[0].position[2];
    slices.iter().map(|s| s.position[2] - first).find(|d| *d > 0.01).unwrap_or(1.0)
}

/// The place of a slice, from 0.
fn place(s: &Slice, spacing: f64) -> f64 {
    ((s.position[2] + 90.0) / spacing).round()
}

fn renumber(volume: &mut Volume) {
    let first = volume.main().iter().map(|s| s.number).min().unwrap_or(1);
    let mut order: Vec<i64> = volume.main().iter().map(|s| s.number).collect();
    order.sort_unstable();
    for s in volume.main() {
        let at = order.iter().position(|n| *n == s.number).unwrap_or_default();
        s.number = first + i64::try_from(at).unwrap_or_default();
    }
}

fn each(volume: &mut Volume, change: impl Fn(f64, &mut Slice)) {
    let spacing = spacing(volume.main());
    for s in volume.main() {
        change(place(s, spacing), s);
    }
}

fn missing_end(habit: Habit, enhanced: bool) -> Want {
    match habit {
        Habit::Declared if !enhanced => Want::Fail(&["GEO003"]),
        // Numbers that run on show the hole between two series.
        Habit::StudyWide if !enhanced => Want::Fail(&["GEO002"]),
        _ => Want::NotApplicable("GEO003"),
    }
}

const CASES: &[Case] = &[
    case("00_ok", true, |_| {}, |_, _| Want::Pass),
    case("01_missing_mid", true, |v| lose(v, |z| z == 9.0), |_, _| Want::Fail(&["GEO001"])),
    case(
        "02_missing_mid_renumbered",
        true,
        |v| {
            lose(v, |z| z == 9.0);
            renumber(v);
        },
        |_, _| Want::Fail(&["GEO001"]),
    ),
    case("03_missing_end", true, |v| lose(v, |z| z > 16.0), missing_end),
    case("04_missing_start", true, |v| lose(v, |z| z < 3.0), |_, _| Want::Fail(&["GEO002"])),
    case(
        "05_every_second_missing",
        true,
        |v| lose(v, |z| z % 2.0 == 1.0),
        |_, _| Want::Fail(&["GEO004", "GEO005"]),
    ),
    case(
        "06_duplicate_position",
        true,
        |v| {
            let step = spacing(v.main());
            each(v, |z, s| {
                if z == 9.0 {
                    s.position[2] -= step;
                }
            });
        },
        |_, _| Want::Fail(&["GEO007"]),
    ),
    case(
        "07_two_spacings",
        true,
        |v| {
            let step = spacing(v.main());
            each(v, |z, s| {
                if z > 10.0 {
                    s.position[2] += (z - 10.0) * 0.6 * step;
                    s.thickness *= 1.6;
                }
            });
        },
        |_, _| Want::Pass,
    ),
    case(
        "08_jitter_0.15mm",
        true,
        |v| each(v, |z, s| s.position[2] += if z % 3.0 == 1.0 { 0.15 } else { 0.0 }),
        |_, _| Want::Warn(&["GEO014"]),
    ),
    case(
        "09_jitter_0.04mm",
        true,
        |v| each(v, |z, s| s.position[2] += if z % 3.0 == 1.0 { 0.04 } else { 0.0 }),
        |_, _| Want::Pass,
    ),
    case(
        "10_uniform_gap_5mm_thk1",
        true,
        |v| {
            each(v, |z, s| {
                s.position[2] = -90.0 + 5.0 * z;
                s.thickness = 1.0;
            });
        },
        |_, _| Want::Fail(&["GEO005"]),
    ),
    case(
        "11_sbs_tag_contradicts",
        true,
        |v| each(v, |_, s| s.stated_spacing = Some(12.5)),
        |_, _| Want::Warn(&["GEO013"]),
    ),
    case(
        "12_mixed_orientation",
        true,
        |v| {
            each(v, |z, s| {
                if z == 9.0 {
                    s.orientation = SAGITTAL;
                }
            });
        },
        |_, _| Want::Fail(&["GEO010"]),
    ),
    case(
        "15_gantry_tilt_20",
        true,
        |v| {
            let shear = 20_f64.to_radians().tan();
            let step = spacing(v.main());
            each(v, |z, s| s.position[1] += z * step * shear);
        },
        |_, _| Want::Pass,
    ),
    case(
        "16_duplicate_instance_number",
        false,
        |v| {
            let other = v.main()[10].number;
            let s = &mut v.main()[12];
            (s.number, s.copy) = (other, 1);
        },
        |_, _| Want::Warn(&["GEO008"]),
    ),
    case("17_shuffled_files", true, |v| shuffle(v.main()), |_, _| Want::Pass),
    case(
        "18_in_plane_shift",
        true,
        |v| {
            each(v, |z, s| {
                if z > 12.0 {
                    s.position[0] += 14.0;
                }
            });
        },
        |_, _| Want::Fail(&["GEO011"]),
    ),
    case(
        "19_matrix_change",
        false,
        |v| {
            each(v, |z, s| {
                if z == 9.0 || z == 10.0 {
                    s.rows = 8;
                }
            });
        },
        |_, _| Want::Fail(&["GEO012"]),
    ),
    case("20_overlap", true, |v| each(v, |_, s| s.thickness *= 2.0), |_, _| Want::Pass),
    case(
        "21_missing_three_mid",
        true,
        |v| lose(v, |z| (8.0..11.0).contains(&z)),
        |_, _| Want::Fail(&["GEO001"]),
    ),
    case(
        "22_reversed",
        true,
        |v| {
            let (low, high) = ends(v.main());
            each(v, |_, s| s.number = low + high - s.number);
        },
        |_, _| Want::Pass,
    ),
];

fn ends(slices: &[Slice]) -> (i64, i64) {
    let numbers = || slices.iter().map(|s| s.number);
    (numbers().min().unwrap_or(1), numbers().max().unwrap_or(1))
}

fn shuffle(slices: &mut Vec<Slice>) {
    let n = slices.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|i| (i * 7919 + 13) % 101);
    *slices = order.into_iter().map(|i| slices[i].clone()).collect();
}

/// What the program says of one study.
#[derive(Default)]
struct Said {
    failed: BTreeMap<String, String>,
    not_applicable: BTreeSet<String>,
    tilt: Option<f64>,
}

fn run(studies: &Path) -> BTreeMap<String, Said> {
    let reports = tempfile::tempdir().expect("a folder for reports");
    // The exit code tells the worst verdict; only the report matters here.
    std::process::Command::new(env!("CARGO_BIN_EXE_hrgate"))
        .args(["run", "--run-id", "r", "--reports"])
        .arg(reports.path())
        .arg(studies)
        .output()
        .expect("hrgate runs");
    let lines = std::fs::read_to_string(reports.path().join("r/studies.jsonl")).expect("results");
    let mut all = BTreeMap::new();
    for line in lines.lines() {
        let study: serde_json::Value = serde_json::from_str(line).expect("a JSON object");
        let mut said = Said::default();
        for o in study["outcomes"].as_array().into_iter().flatten() {
            let code = o["code"].as_str().unwrap_or_default().to_owned();
            match o["outcome"].as_str() {
                // Previews count for nothing, and these small volumes show no body.
                Some("fail")
                    if o["status"] == "stable"
                        && !["IDN", "TIM", "SER", "CFL"].contains(&&code[..3]) =>
                {
                    let severity = o["severity"].as_str().unwrap_or_default().to_owned();
                    said.failed.insert(code.clone(), severity);
                }
                Some("not_applicable") => {
                    said.not_applicable.insert(code.clone());
                }
                _ => {}
            }
            if code == "GEO001" {
                let evidence = o["evidence"].as_array().into_iter().flatten();
                let mut tilt = evidence.filter(|e| e["name"] == "tilt");
                said.tilt = tilt.find_map(|e| e["value"].as_f64()).or(said.tilt);
            }
        }
        all.insert(study["study_uid"].as_str().unwrap_or_default().to_owned(), said);
    }
    all
}

fn holds(want: Want, said: &Said) -> bool {
    let counts = |code: &&str| said.failed.get(*code).is_some_and(|s| s != "minor");
    let advice = |code: &&str| said.failed.get(*code).is_some_and(|s| s == "minor");
    let none_counts = said.failed.values().all(|s| s == "minor");
    match want {
        Want::Fail(codes) => codes.iter().any(counts),
        Want::Warn(codes) => none_counts && codes.iter().any(advice),
        Want::Pass => said.failed.is_empty(),
        Want::NotApplicable(code) => said.failed.is_empty() && said.not_applicable.contains(code),
    }
}

fn volumes() -> Vec<(Volume, Want, String)> {
    let mut all = Vec::new();
    for case in CASES {
        for modality in ["CT", "MR"] {
            for maker in MAKERS {
                for enhanced in [false, true] {
                    if enhanced && !case.enhanced_too {
                        continue;
                    }
                    let (spacing, thickness) =
                        if modality == "CT" { (1.0, 1.0) } else { (4.4, 4.0) };
                    let name = format!("{} {modality} {} enhanced={enhanced}", case.name, maker.0);
                    let slices = stack(20, spacing, thickness, AXIAL, 0.0);
                    let mut volume = Volume::new(&name, modality, maker, enhanced, slices);
                    (case.make)(&mut volume);
                    all.push((volume, (case.want)(maker.1, enhanced), name));
                }
            }
        }
    }
    all
}

fn write(folder: &Path, volume: &Volume, at: usize, spoil: impl Fn(usize, &mut Vec<u8>)) {
    for (n, (name, mut bytes)) in volume.files().into_iter().enumerate() {
        let path = folder.join(format!("{at:04}")).join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        spoil(n, &mut bytes);
        std::fs::write(path, bytes).expect("a file");
    }
}

#[test]
fn every_want_of_the_matrix_is_met() {
    let folder = tempfile::tempdir().expect("a folder for studies");
    let volumes = volumes();
    for (at, (volume, _, _)) in volumes.iter().enumerate() {
        write(folder.path(), volume, at, |_, _| {});
    }
    let said = run(folder.path());
    let mut wrong = Vec::new();
    for (volume, want, name) in &volumes {
        let said = said.get(&recipes::rng::uid(&volume.key)).expect("a result");
        let tilted = !name.starts_with("15_") || said.tilt.is_some_and(|t| (t - 20.0).abs() < 0.2);
        if !holds(*want, said) || !tilted {
            wrong.push(format!(
                "{name}: wanted {want:?}, got {:?}, tilt {:?}",
                said.failed, said.tilt
            ));
        }
    }
    println!("{} of {} studies as wanted", volumes.len() - wrong.len(), volumes.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// 13_truncated_pixels and 14_zero_byte_file: the file is told, not the geometry.
#[test]
fn spoilt_files_are_told() {
    let folder = tempfile::tempdir().expect("a folder for studies");
    let make = |name: &str| {
        let slices = stack(20, 1.0, 1.0, AXIAL, 0.0);
        Volume::new(name, "CT", MAKERS[0], false, slices)
    };
    let (short, empty) = (make("13_truncated"), make("14_zero_byte"));
    write(folder.path(), &short, 0, |n, bytes| {
        if n == 9 {
            bytes.truncate(bytes.len() - 100);
        }
    });
    write(folder.path(), &empty, 1, |n, bytes| {
        if n == 9 {
            bytes.clear();
        }
    });
    let said = run(folder.path());
    let of = |v: &Volume| said.get(&recipes::rng::uid(&v.key)).expect("a result").failed.clone();
    assert_eq!(of(&short).get("FIL003").map(String::as_str), Some("critical"));
    assert!(of(&empty).contains_key("FIL002"), "{:?}", of(&empty));
    assert!(of(&empty).contains_key("GEO001"), "the slice is missing: {:?}", of(&empty));
}
