//! Tests of the reduced grid.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels of a test"
)]

use ndarray::Array2;

use super::super::tests::{disc, stored};
use super::*;
use crate::decode::ModalityMap;

#[test]
fn means_leave_padding_out() {
    let mut hu = Array2::from_elem((512, 512), 40.0_f32);
    hu[[0, 0]] = f32::NAN;
    hu[[0, 1]] = -3024.0;
    let mut grid = Grid::default();
    grid.reduce(&stored(&hu).frame()).unwrap();
    assert_eq!((grid.rows, grid.cols, grid.step), (128, 128, 4));
    assert!((grid.mean[0][0] - 40.0).abs() < 1e-3 && (grid.count[0][0] - 14.0).abs() < 1e-3);
    assert!(grid.valid.iter().all(|v| *v == u128::MAX));
    assert!(grid.square.iter().flatten().all(|v| *v < 1.0));
}

#[test]
fn a_constant_outside_the_circle_is_padding_and_noisy_air_is_not() {
    let mut grid = Grid::default();
    let mut hu = disc(512, 60.0, 5.0);
    grid.reduce(&stored(&hu).frame()).unwrap();
    assert_eq!(grid.valid[0] & 1, 1);
    for ((y, x), v) in hu.indexed_iter_mut() {
        if (y as f64 - 255.5).hypot(x as f64 - 255.5) > 256.0 {
            *v = -1024.0;
        }
    }
    grid.reduce(&stored(&hu).frame()).unwrap();
    assert!(grid.valid[0] & 1 == 0 && grid.valid[64] >> 3 & 1 == 1);
}

#[test]
fn odd_frames_do_not_panic() {
    let mut grid = Grid::default();
    for shape in [(1, 1), (1, 5000), (3, 2), (129, 127), (700, 2)] {
        let hu = Array2::from_elem(shape, f32::NAN);
        grid.reduce(&stored(&hu).frame()).unwrap();
        assert_eq!(grid.valid.len(), grid.rows);
        assert!(grid.valid.iter().all(|v| *v == 0));
    }
    assert_eq!(grid.reduce(&stored(&Array2::zeros((0, 4))).frame()), None);
    let image = stored(&Array2::zeros((4, 4)));
    assert_eq!(grid.reduce(&CtFrame { spacing_mm: [f64::NAN, 1.0], ..image.frame() }), None);
    assert_eq!(grid.reduce(&CtFrame { rows: 5, ..image.frame() }), None);
}

/// Cells of a frame as plain sums over its pixels give them: mean, square, count.
fn plainly(frame: &CtFrame, grid: &Grid, y: usize, x: usize) -> [f64; 3] {
    let (mut n, mut sum, mut square) = (0.0, 0.0, 0.0);
    for row in y * grid.step..(y + 1) * grid.step {
        for column in x * grid.step..(x + 1) * grid.step {
            let v = frame.at(row, column);
            if v > PADDING_BELOW {
                let v = f64::from(v.min(HELD));
                n += 1.0;
                sum += v;
                square += v * v;
            }
        }
    }
    [sum / n, square - sum * sum / n, n]
}

#[test]
fn every_kind_of_sample_gives_the_plain_sums() {
    let noisy = disc(200, 60.0, 20.0).mapv(|v| (v + 1024.0).round());
    let values = || noisy.iter().copied();
    let ints = |f: fn(f32) -> i16| values().map(f).collect::<Vec<_>>();
    let map = ModalityMap { slope: 1.0, intercept: -1024.0, padding: Some((1050, 1200)) };
    let halves = ModalityMap { slope: 2.0, intercept: -1024.0, padding: None };
    let falling = ModalityMap { slope: -1.0, intercept: 1024.0, padding: None };
    let plus = ints(|v| v as i16);
    let cases = [
        (Samples::I16(plus.clone()), map),
        (Samples::U16(plus.iter().map(|v| (*v).max(0) as u16).collect()), map),
        (Samples::I32(plus.iter().map(|v| i32::from(*v)).collect()), map),
        (Samples::F32(plus.iter().map(|v| f32::from(*v)).collect()), map),
        (Samples::I16(ints(|v| (v / 2.0) as i16)), halves),
        (Samples::I16(plus.iter().map(|v| 2048 - v).collect()), falling),
        (Samples::U8(ints(|v| (v / 8.0) as i16).iter().map(|v| *v as u8).collect()), halves),
    ];
    for (samples, map) in &cases {
        let spacing_mm = [1.0, 1.0];
        let frame =
            CtFrame { samples, rows: 200, columns: 200, map: *map, spacing_mm, isocentre: None };
        let mut grid = Grid::default();
        grid.reduce(&frame).unwrap();
        for (y, x) in [(0, 0), (50, 50), (49, 51), (50, 20), (99, 99)] {
            let [mean, square, count] = plainly(&frame, &grid, y, x);
            assert!((f64::from(grid.mean[y][x]) - mean).abs() < 1e-3, "{map:?} {y} {x}");
            assert!((f64::from(grid.square[y][x]) - square).abs() < 0.01, "{map:?} {y} {x}");
            assert!((f64::from(grid.count[y][x]) - count).abs() < 0.01, "{map:?} {y} {x}");
        }
    }
}

#[test]
fn odd_scales_do_not_panic() {
    let samples =
        [Samples::I16(vec![i16::MIN, -1, 0, i16::MAX]), Samples::U16(vec![0, 1, 9, 65_535])];
    let odd = [f64::NAN, f64::INFINITY, -1e300, 1e30, -1.0, 1e-9, 0.0, 1.0, 1e5];
    for (slope, intercept) in odd.iter().flat_map(|a| odd.map(|b| (*a, b))) {
        for samples in &samples {
            for padding in [None, Some((i64::MIN, i64::MAX)), Some((-1, 9))] {
                let map = ModalityMap { slope, intercept, padding };
                let frame = CtFrame {
                    samples,
                    rows: 2,
                    columns: 2,
                    map,
                    spacing_mm: [1.0; 2],
                    isocentre: None,
                };
                let mut grid = Grid::default();
                grid.reduce(&frame).unwrap();
                assert!(grid.mean.iter().flatten().all(|v| v.is_finite()), "{map:?}");
            }
        }
    }
}
