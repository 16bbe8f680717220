//! What a frame becomes before a model sees it is what the training made of it, to 1e-5.
//! `tests/data/preprocess/expected.json` is written by `models/train/common/fixture.py`.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use hrgate::decode::{Frame, Samples};
use hrgate::infer::prep::Prep;
use hrgate::infer::preprocess::{self, LONG_SIDE, Plane, Taps};
use ndarray::Array2;
use serde_json::Value;

fn value(r: u64, c: u64) -> u16 {
    u16::try_from((r * 131 + c * 71 + r * c * 13 + (r / 7) * (c / 5) * 29) % 4093).unwrap()
}

fn frame(rows: u32, columns: u32) -> Frame {
    let row = |r: u32| (0..columns).map(move |c| value(u64::from(r), u64::from(c)));
    Frame {
        rows,
        columns,
        samples: 1,
        photometric: "MONOCHROME2".into(),
        data: Samples::U16((0..rows).flat_map(row).collect()),
        recoveries: Vec::new(),
    }
}

fn number(v: &Value) -> f64 {
    v.as_f64().unwrap()
}

fn size(v: &Value) -> usize {
    usize::try_from(v.as_u64().unwrap()).unwrap()
}

fn hold(what: &str, image: &Array2<f32>, expected: &Value) {
    assert_eq!(image.dim(), (size(&expected["rows"]), size(&expected["columns"])), "{what}");
    let flat = image.as_slice().unwrap();
    let (at, values) = (expected["at"].as_array().unwrap(), expected["values"].as_array().unwrap());
    assert!(at.len() > 20 && at.len() == values.len(), "{what}: {} values", at.len());
    for (at, want) in at.iter().zip(values) {
        let (is, want) = (f64::from(flat[size(at)]), number(want));
        assert!((is - want).abs() <= 1e-5, "{what} at {at}: {is} instead of {want}");
    }
}

#[test]
fn frames_and_crops_are_those_of_the_training() {
    let expected: Value =
        serde_json::from_str(include_str!("data/preprocess/expected.json")).unwrap();
    let cases = expected["cases"].as_array().unwrap();
    assert!(cases.len() >= 6);
    for case in cases {
        let (rows, columns) = (size(&case["rows"]), size(&case["columns"]));
        let frame = frame(u32::try_from(rows).unwrap(), u32::try_from(columns).unwrap());
        let inverted = case["inverted"].as_bool().unwrap();
        let what = format!("{rows} x {columns}");
        let plane = Plane::new(&frame, inverted).unwrap();
        let long_side = size(&case["long_side"]);
        let (r, c) = preprocess::long_side_shape(rows, columns, long_side);
        let mut image = plane.resample(&Taps::area(rows, r), &Taps::area(columns, c));
        let (low, high) = preprocess::limits(&image);
        let range = number(&case["high"]) - number(&case["low"]);
        assert!((f64::from(low) - number(&case["low"])).abs() <= 1e-5 * range, "{what}: {low}");
        assert!((f64::from(high) - number(&case["high"])).abs() <= 1e-5 * range, "{what}: {high}");
        preprocess::unit(&mut image, low, high);
        hold(&what, &image, &case["unit"]);
        for crop in case["crops"].as_array().unwrap() {
            let at = &crop["crop"];
            let (row, column, side) = (number(&at[0]), number(&at[1]), number(&at[2]));
            let out = size(&at[3]);
            let mut made = plane.resample(
                &Taps::window(rows, row - side / 2.0, side, out),
                &Taps::window(columns, column - side / 2.0, side, out),
            );
            preprocess::unit(&mut made, low, high);
            hold(&format!("{what} crop {at}"), &made, crop);
            if long_side == LONG_SIDE {
                let prep = Prep::new(&frame, 0, inverted);
                assert_eq!(prep.crop(row, column, side, out).unwrap(), made);
                assert_eq!(prep.small().unwrap().image, image);
            }
        }
    }
}

#[test]
fn every_kind_of_sample_gives_the_same_image() {
    let grey = frame(90, 70);
    let Samples::U16(values) = &grey.data else { unreachable!() };
    let scaled = |data: Samples, samples: u32, photometric: &str| {
        let photometric = photometric.to_owned();
        let frame = Frame { data, samples, photometric, ..grey.clone() };
        Prep::new(&frame, 0, false).small().unwrap().image.clone()
    };
    let expected = scaled(grey.data.clone(), 1, "MONOCHROME2");
    let wide: Vec<i32> = values.iter().map(|v| i32::from(*v)).collect();
    assert_eq!(scaled(Samples::I32(wide), 1, "MONOCHROME2"), expected);
    let signed: Vec<i16> = values.iter().map(|v| i16::try_from(*v).unwrap()).collect();
    assert_eq!(scaled(Samples::I16(signed), 1, "MONOCHROME2"), expected);
    let rgb: Vec<u16> = values.iter().flat_map(|v| [*v; 3]).collect();
    let colour = scaled(Samples::U16(rgb), 3, "RGB");
    let ybr: Vec<u16> = values.iter().flat_map(|v| [*v, 7, 9]).collect();
    let luma = scaled(Samples::U16(ybr), 3, "YBR_FULL");
    for image in [colour, luma] {
        let off = (&image - &expected).mapv(f32::abs).iter().copied().fold(0.0, f32::max);
        assert!(off < 1e-5, "{off}");
    }
}

#[test]
fn what_is_no_intensity_is_an_error_and_a_flat_frame_is_not() {
    let of = |data, samples, photometric: &str| {
        let photometric = photometric.to_owned();
        Frame { rows: 8, columns: 8, samples, photometric, data, recoveries: Vec::new() }
    };
    for frame in [
        of(Samples::F32(vec![0.5; 64]), 1, "MONOCHROME2"),
        of(Samples::U8(vec![1; 64]), 1, "PALETTE COLOR"),
        of(Samples::U8(vec![1; 63]), 1, "MONOCHROME2"),
        of(Samples::U8(vec![1; 128]), 2, "MONOCHROME2"),
    ] {
        let why = Prep::new(&frame, 0, false).small().unwrap_err();
        assert!(!why.zh.is_empty() && !why.en.is_empty());
    }
    let flat = of(Samples::U8(vec![9; 64]), 1, "MONOCHROME2");
    let prep = Prep::new(&flat, 0, false);
    let small = prep.small().unwrap();
    // Shares of an eighth are exact, so the flat frame stays flat.
    assert_eq!((small.low.to_bits(), small.high.to_bits()), (9f32.to_bits(), 10f32.to_bits()));
    assert!(small.image.iter().all(|v| v.to_bits() == 0));
    assert!(prep.crop(f64::NAN, 0.0, 1.0, 4).is_err() && prep.crop(4.0, 4.0, 0.0, 4).is_err());
}
