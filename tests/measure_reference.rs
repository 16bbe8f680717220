//! The image quality metrics held against MRIQC's own functions, and the measures of sharpness
//! against SciPy, on real slices with given masks (`tests/data/measure_reference.json`, made by
//! `scripts/reference_measures.py`). Needs the shared data; says so where it is absent.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test may stop at once"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hrgate::decode::{FileSource, Limits, ModalityMap, Opened, Scratch, open};
use hrgate::measure::iqm::{Edges, Region, aes, cjv, cnr, efc, fber, sharpness, snr, snrd};
use ndarray::Array2;
use serde_json::Value;

/// Largest relative difference (the issue's own figure).
const TOLERANCE: f64 = 1e-4;

fn data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let root = std::env::var_os("HRGATE_SHARED").map_or(beside, PathBuf::from).join("data");
    if root.join("mr/sag_anon").is_dir() {
        return Some(root);
    }
    println!("SKIPPED real-data: no data/mr/sag_anon in the shared folder");
    None
}

/// The modality values of the one frame of a file.
fn image(path: &Path) -> Array2<f32> {
    let source = FileSource::open(path).expect("a listed file opens");
    let opened = open(Arc::new(source), &path.display().to_string(), &Limits::default());
    let Opened::Dicom(file) = opened else { panic!("{}: no DICOM", path.display()) };
    let frame = file.decode_frame(0, &mut Scratch::default()).expect("it decodes");
    let map = ModalityMap::of(|_| &file.attributes).expect("slope and intercept");
    let mut values = Vec::new();
    ModalityMap { padding: None, ..map }.apply(&frame.data, &mut values);
    Array2::from_shape_vec((frame.rows as usize, frame.columns as usize), values).unwrap()
}

/// The rules of a slice's masks.
struct Rules {
    body_above: f32,
    border: usize,
    rectangle: [usize; 4],
    bands: [[f32; 2]; 2],
    edges: Edges,
}

impl Rules {
    fn of(json: &Value) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "limits of stored values")]
        let number = |v: &Value| v.as_f64().unwrap() as f32;
        let whole = |v: &Value| usize::try_from(v.as_u64().unwrap()).unwrap();
        let band = |name: &str| [number(&json[name][0]), number(&json[name][1])];
        Self {
            body_above: number(&json["body_above"]),
            border: whole(&json["border"]),
            rectangle: [0, 1, 2, 3].map(|i| whole(&json["rectangle"][i])),
            bands: [band("wm"), band("gm")],
            edges: Edges { at_least: json["edge_at_least"].as_f64().unwrap() },
        }
    }

    fn body(&self, value: f32) -> bool {
        value > self.body_above
    }

    fn is_air(&self, image: &Array2<f32>, (row, column): (usize, usize)) -> bool {
        let (rows, columns) = image.dim();
        let inside = |at: usize, n: usize| at >= self.border && at + self.border < n;
        inside(row, rows) && inside(column, columns) && !self.body(image[[row, column]])
    }

    fn tissue(&self, image: &Array2<f32>, which: usize) -> Vec<f32> {
        let [x0, y0, x1, y1] = self.rectangle;
        let [low, high] = self.bands[which];
        let window = image.slice(ndarray::s![y0..y1, x0..x1]);
        window.iter().copied().filter(|v| (low..=high).contains(v)).collect()
    }
}

/// Every value that our functions give under the names of the reference.
fn ours(image: &Array2<f32>, rules: &Rules) -> Vec<(&'static str, Option<f64>)> {
    let body: Vec<f32> = image.iter().copied().filter(|v| rules.body(*v)).collect();
    let air = image.indexed_iter().filter(|(at, _)| rules.is_air(image, *at));
    let air: Vec<f32> = air.map(|(_, v)| *v).collect();
    let region = |values: &[f32]| Region::of(values.iter().copied()).unwrap();
    let (front, back) = (region(&body), region(&air));
    let (wm, gm) = (region(&rules.tissue(image, 0)), region(&rules.tissue(image, 1)));
    let all = sharpness(image.view(), |_, _| true).unwrap();
    let within = sharpness(image.view(), |r, c| rules.body(image[[r, c]])).unwrap();
    vec![
        ("efc", efc(image.iter().copied())),
        ("fber", fber(body.iter().copied(), air.iter().copied())),
        ("snr_body", snr(&front)),
        ("snr_wm", snr(&wm)),
        ("snr_gm", snr(&gm)),
        ("snrd_body", snrd(&front, &back)),
        ("snrd_wm", snrd(&wm, &back)),
        ("snrd_gm", snrd(&gm, &back)),
        ("cnr", cnr(&wm, &gm, &back)),
        ("cjv", cjv(&wm, &gm)),
        ("mad_air", Some(back.mad)),
        ("sd_air", Some(back.sd)),
        ("mean_body", Some(front.mean)),
        ("tenengrad", Some(all.tenengrad)),
        ("laplacian_variance", Some(all.laplacian_variance)),
        ("gradient_entropy", Some(all.gradient_entropy)),
        ("normalized_gradient_squared", Some(all.normalized_gradient_squared)),
        ("tenengrad_body", Some(within.tenengrad)),
        ("laplacian_variance_body", Some(within.laplacian_variance)),
        ("gradient_entropy_body", Some(within.gradient_entropy)),
        ("aes_sobel", aes(image.view(), rules.edges)),
    ]
}

#[test]
fn metrics_agree_with_mriqc_and_scipy_on_real_slices() {
    let Some(data) = data() else { return };
    let text = include_str!("data/measure_reference.json");
    let reference: Value = serde_json::from_str(text).unwrap();
    let mut compared = 0;
    for slice in reference["slices"].as_array().unwrap() {
        let path = slice["path"].as_str().unwrap();
        let image = image(&data.join(path));
        let rules = Rules::of(&slice["rules"]);
        for (name, value) in ours(&image, &rules) {
            let wanted = slice["values"][name].as_f64();
            // -1 is MRIQC's word for a masked background; ours is no number.
            let wanted = wanted.filter(|w| name == "fber" || (*w + 1.0).abs() > 1e-9);
            match (value, wanted) {
                (None, None) => {}
                (Some(value), Some(wanted)) => {
                    let off = (value - wanted).abs() / wanted.abs().max(1e-12);
                    assert!(off <= TOLERANCE, "{path}: {name} {value}, reference {wanted}");
                    compared += 1;
                }
                other => panic!("{path}: {name} {other:?}"),
            }
        }
    }
    println!("{compared} values on {} slices", reference["slices"].as_array().unwrap().len());
    assert!(compared > 250, "{compared} values compared");
}
