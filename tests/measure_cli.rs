//! `hrgate measure` and `hrgate indicator` as a person runs them, over the sample studies.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at once")]

use std::collections::BTreeSet;

use assert_cmd::Command;
use dicom_core::value::PrimitiveValue;
use dicom_core::{DataElement, VR};
use dicom_dictionary_std::tags;
use hrgate::measure::registry;

fn hrgate(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hrgate"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(args);
    command
}

/// The rows of `hrgate measure` over the sample studies.
fn measured(args: &[&str]) -> (Vec<u8>, Vec<[String; 6]>) {
    let all = [&["measure", "sample_studies"], args].concat();
    let output = hrgate(&all).assert().success().get_output().stdout.clone();
    let mut reader = csv::Reader::from_reader(output.as_slice());
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(header, ["path", "frame", "name", "value", "unit", "region"]);
    let rows = reader.records().map(|r| {
        let r = r.unwrap();
        [0, 1, 2, 3, 4, 5].map(|i| r[i].to_owned())
    });
    let rows = rows.collect();
    (output, rows)
}

#[test]
fn every_row_is_of_a_registered_measurement_and_finite() {
    let (_, rows) = measured(&[]);
    let mut names = BTreeSet::new();
    for [path, frame, name, value, unit, region] in &rows {
        let meta = registry::find(name).unwrap_or_else(|| panic!("{name} is not registered"));
        assert_eq!(unit, meta.unit, "{path} {name}");
        assert!(region.starts_with(meta.region), "{path} {name}: {region}");
        assert!(frame.is_empty() || frame.parse::<u32>().unwrap() >= 1, "{path} {name}");
        assert!(value.parse::<f64>().unwrap().is_finite(), "{path} {name} {value}");
        names.insert(name.as_str());
    }
    for name in ["stored_sum", "body_area", "gni", "body_share", "snr", "efc"] {
        assert!(names.contains(name), "nothing under {name}");
    }
}

#[test]
fn the_rows_are_the_same_bytes_at_any_thread_count_and_the_costlier_can_be_left_out() {
    let (one, all) = measured(&["--threads", "1"]);
    let (two, _) = measured(&["--threads", "3"]);
    assert!(one == two, "threads changed a measurement");
    let (_, few) = measured(&["--every", "0"]);
    let has = |rows: &[[String; 6]], name: &str| rows.iter().any(|r| r[2] == name);
    assert!(has(&all, "efc") && !has(&few, "efc") && has(&few, "body_area"));
}

#[test]
fn a_path_that_is_not_there_is_told() {
    hrgate(&["measure", "no/such/folder"]).assert().code(74);
}

#[test]
fn the_indicator_of_a_period_is_read_from_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("s.db");
    let (store, reports) = (store.to_str().unwrap(), folder.path().to_str().unwrap());
    let run = ["run", "sample_studies", "--depth", "pixels", "--as-of", "20260301"];
    let more = ["--reports", reports, "--run-id", "r", "--store", store];
    let registry = ["--registry", "sample_studies/institutions.toml"];
    hrgate(&[&run[..], &more[..], &registry[..]].concat()).assert().code(11);
    let told = |args: &[&str]| -> serde_json::Value {
        let all = [&["indicator", store, "--json"], args].concat();
        let output = hrgate(&all).assert().success().get_output().stdout.clone();
        serde_json::from_slice(&output).unwrap()
    };
    let all = told(&[]);
    let institutions = all["institutions"].as_object().unwrap();
    let rates: Vec<&serde_json::Value> =
        institutions.values().flat_map(|rates| rates.as_array().unwrap()).collect();
    assert!(rates.iter().any(|r| r["modality"] == "CT"));
    assert!(rates.iter().any(|r| r["modality"] == "MR"));
    for rate in rates {
        let listed = rate["studies"].as_array().unwrap().len() as u64;
        assert_eq!(rate["rate"]["hits"].as_u64().unwrap_or(0), listed, "{rate}");
    }
    let none = told(&["--from", "19000101", "--to", "19000102"]);
    assert!(none["institutions"].as_object().unwrap().is_empty());
    let lines = hrgate(&["indicator", store]).assert().success().get_output().stdout.clone();
    assert!(String::from_utf8(lines).unwrap().contains("图像伪影率"));
}

#[test]
fn how_grey_levels_are_shown_changes_no_measurement() {
    let folder = tempfile::tempdir().unwrap();
    let mut slices = 0;
    for file in walkdir::WalkDir::new("sample_studies").into_iter().flatten() {
        let Ok(mut object) = dicom_object::open_file(file.path()) else { continue };
        let text = |tag| object.element(tag).ok()?.to_str().ok().map(|t| t.trim().to_owned());
        let modality = text(tags::MODALITY).unwrap_or_default();
        if !["CT", "MR"].contains(&modality.as_str()) || slices > 20 {
            continue;
        }
        slices += 1;
        let series = text(tags::SERIES_INSTANCE_UID).unwrap();
        for shown in ["MONOCHROME2", "MONOCHROME1"] {
            let to = folder.path().join(shown).join(&series);
            std::fs::create_dir_all(&to).unwrap();
            let value = PrimitiveValue::from(shown);
            object.put(DataElement::new(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, value));
            object.write_to_file(to.join(file.file_name())).unwrap();
        }
    }
    assert!(slices > 4);
    let of = |shown: &str| {
        let path = folder.path().join(shown);
        let output = hrgate(&["measure", path.to_str().unwrap()]).assert().success();
        String::from_utf8(output.get_output().stdout.clone()).unwrap()
    };
    assert!(of("MONOCHROME2").contains(",body_"), "CT or MR was measured");
    assert_eq!(of("MONOCHROME1"), of("MONOCHROME2"));
}
