//! Decoded stored values held against `pixels.csv` of the development studies (made with pydicom
//! and cross-checked), file by file. Needs the shared data; says so where it is absent.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test may stop at once"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hrgate::decode::{DicomFile, FileSource, Limits, Opened, Scratch, open};

fn studies() -> Option<PathBuf> {
    let root = std::env::var_os("HRGATE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let data = root.join("data");
    if data.join("pixels.csv").is_file() {
        return Some(data);
    }
    println!("SKIPPED real-data: no data/pixels.csv in the shared folder");
    None
}

fn opened(path: &Path) -> Opened {
    let source = FileSource::open(path).expect("a listed file opens");
    open(Arc::new(source), &path.display().to_string(), &Limits::default())
}

/// Frames, rows, columns, sum, min, max over all frames.
type Truth = (u32, u32, u32, f64, f64, f64);

fn measured(file: &DicomFile) -> Result<(Truth, u64), String> {
    let mut scratch = Scratch::default();
    let (mut shape, mut sum, mut exact) = ((0, 0), 0.0, 0i128);
    let (mut min, mut max, mut count, mut integer) = (f64::INFINITY, f64::NEG_INFINITY, 0, true);
    for index in 0..file.frame_count() {
        let frame = file
            .decode_frame(index, &mut scratch)
            .map_err(|e| format!("frame {index}: {:?}: {}", e.failure, e.why))?;
        let s = frame.data.summary().ok_or("no samples")?;
        count += frame.data.len() as u64;
        shape = (frame.rows, frame.columns);
        sum += s.sum;
        integer &= s.integer_sum.is_some();
        exact += s.integer_sum.unwrap_or(0);
        (min, max) = (min.min(s.min), max.max(s.max));
        frame.recycle(&mut scratch);
    }
    #[expect(clippy::cast_precision_loss, reason = "sums of the files stay far below 2^53")]
    let sum = if integer { exact as f64 } else { sum };
    Ok(((file.frame_count(), shape.0, shape.1, sum, min, max), count))
}

/// Syntaxes whose decoders may legally differ by rounding: DCT JPEG, and its JPEG XL recompression.
fn lossy_dct(syntax: &str) -> bool {
    ["50", "51", "53", "55", "111"].iter().any(|s| syntax == format!("1.2.840.10008.1.2.4.{s}"))
}

fn compare(path: &Path, row: &BTreeMap<String, String>) -> Result<(), String> {
    let file = match opened(path) {
        Opened::Dicom(file) => file,
        Opened::Ignored(reason) => return Err(format!("ignored: {reason:?}")),
        Opened::Rejected(reason, text) => return Err(format!("rejected: {reason:?} {}", text.en)),
    };
    let number = |key: &str| row[key].parse::<f64>().map_err(|e| format!("{key}: {e}"));
    let (got, count) = measured(&file)?;
    let shape = (f64::from(got.0), f64::from(got.1), f64::from(got.2));
    // One fixture states "1A" frames.
    let frames = row["frames"].trim_end_matches('A').parse::<f64>().map_err(|e| e.to_string())?;
    let wanted = (frames, number("rows")?, number("columns")?);
    if shape != wanted {
        return Err(format!("shape {shape:?}, truth {wanted:?}"));
    }
    let (sum, min, max) = (number("sum")?, number("min")?, number("max")?);
    #[expect(clippy::cast_precision_loss, reason = "a tolerance")]
    let (by_sum, by_value) = if lossy_dct(&row["transfer_syntax"]) {
        (0.5 * count as f64, 2.0)
    } else if sum.fract() != 0.0 {
        (sum.abs() * 1e-6, max.abs() * 1e-6)
    } else {
        (0.0, 0.0)
    };
    let near = |a: f64, b: f64, by: f64| (a - b).abs() <= by;
    if near(got.3, sum, by_sum) && near(got.4, min, by_value) && near(got.5, max, by_value) {
        return Ok(());
    }
    Err(format!("sum {} min {} max {}, truth {sum} {min} {max}", got.3, got.4, got.5))
}

#[test]
fn stored_values_equal_the_truth_of_every_listed_file() {
    let Some(data) = studies() else { return };
    let mut reader = csv::Reader::from_path(data.join("pixels.csv")).expect("pixels.csv opens");
    let (mut decodable, mut right, mut exact_wrong) = (0, 0, 0);
    for row in reader.deserialize::<BTreeMap<String, String>>() {
        let row = row.expect("a row of pixels.csv");
        if row["kind"] != "image" || row["sum"].is_empty() {
            continue;
        }
        decodable += 1;
        match compare(&data.join("studies").join(&row["path"]), &row) {
            Ok(()) => right += 1,
            Err(why) => {
                exact_wrong +=
                    u32::from(why.starts_with("sum") && !lossy_dct(&row["transfer_syntax"]));
                println!(
                    "{} [{} {}]: {why}",
                    row["path"], row["transfer_syntax"], row["photometric"]
                );
            }
        }
    }
    println!("{right} of {decodable} decodable files equal the truth");
    assert!(decodable > 500, "only {decodable} rows with a sum");
    assert_eq!(exact_wrong, 0, "a lossless file decoded to other values");
    assert!(right * 100 >= decodable * 99, "{right} of {decodable}");
}

fn no_data_set(outcome: &Opened) -> bool {
    matches!(outcome, Opened::Rejected(_, text) if text.en.contains("there is no data set"))
}

fn unclosed(outcome: &Opened) -> bool {
    matches!(outcome, Opened::Dicom(file) if file.file.pixel_sequence_unclosed)
}

#[test]
fn every_other_file_is_told_apart_without_a_crash() {
    let Some(data) = studies() else { return };
    let mut reader = csv::Reader::from_path(data.join("pixels.csv")).expect("pixels.csv opens");
    let mut wrong = 0;
    for row in reader.deserialize::<BTreeMap<String, String>>() {
        let row = row.expect("a row of pixels.csv");
        let path = data.join("studies").join(&row["path"]);
        let outcome = opened(&path);
        let what = match &outcome {
            Opened::Dicom(f) if f.has_pixel_data() => match measured(f) {
                Ok(_) => "image",
                Err(why) => {
                    println!("{} ({}): {why}", row["path"], row["kind"]);
                    "pixels"
                }
            },
            Opened::Dicom(_) => "dicom_no_pixels",
            Opened::Ignored(hrgate::model::file::IgnoreReason::Dicomdir) => "dicomdir",
            Opened::Ignored(_) => "not_dicom",
            Opened::Rejected(_, text) => {
                println!("{} ({}): rejected, {}", row["path"], row["kind"], text.en);
                "rejected"
            }
        };
        let fits = match row["kind"].as_str() {
            "image" => matches!(what, "image" | "pixels"),
            // A file that ends after its file meta group; one that lacks the closing delimiter of
            // its pixel data, which the reference reader drops and we read.
            "dicom_no_pixels" if what == "rejected" => no_data_set(&outcome),
            "dicom_no_pixels" if what == "image" => unclosed(&outcome),
            "pixel_element_without_image_description" => matches!(what, "pixels" | "rejected"),
            kind => what == kind,
        };
        if !fits {
            wrong += 1;
            println!("{}: {what}, listed as {}", row["path"], row["kind"]);
        }
    }
    assert_eq!(wrong, 0, "{wrong} files are not what they are listed as");
}
