//! Invariances of the measures of slices, over phantoms drawn by chance: rescale, gain, flips, and how a
//! file says its grey levels are shown.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test may stop at once; sizes of phantoms"
)]

use hrgate::decode::{ModalityMap, Samples};
use hrgate::measure::Taken;
use hrgate::measure::{ct, mr};
use proptest::prelude::*;

/// Side of a phantom: a multiple of every block the measures reduce by, so that a flip moves no block.
const SIDE: usize = 240;

/// An ellipse with two inserts and noise, values about 0 (outside) to 1 (inside).
#[derive(Clone, Copy, Debug)]
struct Phantom {
    centre: [f64; 2],
    axes: [f64; 2],
    insert: f64,
    noise: f64,
    seed: u64,
}

fn phantoms() -> impl Strategy<Value = Phantom> {
    let numbers = (-20.0..20.0, -20.0..20.0, 50.0..85.0, 50.0..85.0, -0.3..0.4);
    (numbers, 0.01..0.06, any::<u64>()).prop_map(|((x, y, a, b, insert), noise, seed)| Phantom {
        centre: [x, y],
        axes: [a, b],
        insert,
        noise,
        seed,
    })
}

/// Splitmix64, the sum of twelve even numbers: about normal.
fn normal(state: &mut u64) -> f64 {
    let mut uniform = || {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from((z >> 40) as u32) / f64::from(1_u32 << 24)
    };
    (0..12).map(|_| uniform()).sum::<f64>() - 6.0
}

impl Phantom {
    /// The signal of each pixel without noise, and its noise.
    fn pixels(self) -> Vec<(f64, f64)> {
        let mut state = self.seed;
        let mut all = Vec::with_capacity(SIDE * SIDE);
        for row in 0..SIDE {
            for column in 0..SIDE {
                let at =
                    |n: usize, c: f64| f64::from(n as u32) - f64::from(SIDE as u32) / 2.0 + 0.5 - c;
                let (x, y) = (at(column, self.centre[0]), at(row, self.centre[1]));
                let inside = (x / self.axes[0]).hypot(y / self.axes[1]) < 1.0;
                let insert = (x - 20.0).hypot(y) < 12.0 || (x + 15.0).hypot(y - 12.0) < 9.0;
                let clean = f64::from(u8::from(inside)) + if insert { self.insert } else { 0.0 };
                all.push((clean, self.noise * normal(&mut state)));
            }
        }
        all
    }

    /// Whole HU: air, and soft tissue.
    fn hu(self) -> Vec<i16> {
        let hu = |(clean, noise): (f64, f64)| -1000.0 + 1050.0 * clean + 400.0 * noise;
        self.pixels().into_iter().map(|p| hu(p).round() as i16).collect()
    }

    /// Whole magnitudes with Rician noise.
    fn signal(self) -> Vec<u16> {
        let mut state = self.seed ^ 1;
        let mut of = |(clean, noise): (f64, f64)| {
            let other = self.noise * normal(&mut state);
            (1000.0 * (clean + noise).hypot(other)).round() as u16
        };
        self.pixels().into_iter().map(&mut of).collect()
    }
}

fn of_ct(stored: Vec<i16>, map: ModalityMap) -> Vec<Taken> {
    let samples = &Samples::I16(stored);
    let (rows, columns, spacing_mm) = (SIDE, SIDE, [1.4, 1.4]);
    let frame = ct::CtFrame { samples, rows, columns, map, spacing_mm, isocentre: None };
    ct::all(&frame, &mut ct::Scratch::default())
}

fn of_mr(samples: &Samples, map: ModalityMap, phase: Option<mr::Phase>) -> Vec<Taken> {
    let (rows, columns, spacing_mm) = (SIDE, SIDE, [0.9, 0.9]);
    let frame = mr::MrFrame { samples, rows, columns, map, spacing_mm, phase };
    mr::all(&frame, &mut mr::Scratch::default())
}

fn map(slope: f64, intercept: f64) -> ModalityMap {
    ModalityMap { slope, intercept, padding: None }
}

/// Names and values, those of `but` left out.
fn numbers(taken: &[Taken], but: &[&str]) -> Vec<(&'static str, f64)> {
    let kept = taken.iter().filter(|t| !but.iter().any(|b| t.name.starts_with(b)));
    kept.map(|t| (t.name, t.value)).collect()
}

/// Names and values of these alone.
fn only(taken: &[Taken], names: &[&str]) -> Vec<(&'static str, f64)> {
    let kept = taken.iter().filter(|t| names.contains(&t.name));
    kept.map(|t| (t.name, t.value)).collect()
}

/// Fails where two lists differ by more than a share of the value.
fn close(
    a: &[(&'static str, f64)],
    b: &[(&'static str, f64)],
    share: f64,
) -> Result<(), TestCaseError> {
    let names = |of: &[(&'static str, f64)]| of.iter().map(|n| n.0).collect::<Vec<_>>();
    prop_assert_eq!(names(a), names(b));
    for ((name, a), (_, b)) in a.iter().zip(b) {
        let off = (a - b).abs();
        prop_assert!(off <= share * a.abs().max(b.abs()).max(0.02), "{}: {} {}", name, a, b);
    }
    Ok(())
}

/// Turned over: columns from right to left, or rows from below.
fn flipped<T: Copy>(pixels: &[T], columns: bool) -> Vec<T> {
    let rows = pixels.chunks(SIDE);
    if columns {
        rows.flat_map(|r| r.iter().rev().copied().collect::<Vec<T>>()).collect()
    } else {
        rows.rev().flatten().copied().collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// The same HU under any slope and intercept that hold them exactly.
    #[test]
    fn ct_does_not_see_how_hu_are_stored(phantom in phantoms(), intercept in -1024_i16..1024, double in any::<bool>()) {
        let hu = phantom.hu();
        let plain = of_ct(hu.clone(), ModalityMap::STORED);
        prop_assert!(plain.len() > 15);
        let slope = if double { 0.5 } else { 1.0 };
        let factor = if double { 2 } else { 1 };
        let stored = hu.iter().map(|v| (v - intercept) * factor).collect();
        let other = of_ct(stored, map(slope, f64::from(intercept)));
        close(&numbers(&plain, &[]), &numbers(&other, &[]), 1e-4)?;
    }

    /// What is left in CT is right, but for centroids and sides.
    #[test]
    fn ct_does_not_see_a_flip(phantom in phantoms(), columns in any::<bool>()) {
        let hu = phantom.hu();
        // Noise is estimated from differences of pixels, each with its neighbour to the right or below.
        let sampled = ["ring_", "gni", "quietest_roi_sd", "streak_", "skin_edge_width", "laplacian_"];
        let but = [&["body_centroid", "outline_"][..], &sampled].concat();
        let plain = of_ct(hu.clone(), ModalityMap::STORED);
        let other = of_ct(flipped(&hu, columns), ModalityMap::STORED);
        close(&numbers(&plain, &but), &numbers(&other, &but), 1e-4)?;
        close(&only(&plain, &sampled[1..3]), &only(&other, &sampled[1..3]), 0.1)?;
    }

    /// Types and rescale do not matter for MR, nor does a gain for what is free of units.
    #[test]
    fn mr_does_not_see_scale_and_gain(phantom in phantoms(), gain in 0.02_f64..50.0) {
        let signal = phantom.signal();
        let phase = Some(mr::Phase::Row);
        let plain = of_mr(&Samples::U16(signal.clone()), ModalityMap::STORED, phase);
        prop_assert!(plain.len() > 20);
        let wide = Samples::I32(signal.iter().map(|v| i32::from(*v) * 3).collect());
        let other = of_mr(&wide, map(1.0 / 3.0, 0.0), phase);
        close(&numbers(&plain, &[]), &numbers(&other, &[]), 1e-3)?;
        let loud = of_mr(&Samples::U16(signal), map(gain, 0.0), phase);
        let units = ["body_signal", "tenengrad", "aes", "laplacian_variance"];
        // MRIQC's SNRd takes another estimate of the air's spread where that is 1 or less: here below a gain of 0.2.
        let but = if gain < 0.2 { [&units[..], &["snrd"]].concat() } else { units.to_vec() };
        close(&numbers(&plain, &but), &numbers(&loud, &but), 1e-3)?;
    }

    /// What is left in MR is right, but for the sides of the field.
    #[test]
    fn mr_does_not_see_a_flip(phantom in phantoms(), columns in any::<bool>(), row in any::<bool>()) {
        let signal = phantom.signal();
        let phase = Some(if row { mr::Phase::Row } else { mr::Phase::Column });
        // Signal and noise are those of blocks of pixels drawn evenly from the first on.
        let sampled = ["snr", "ghost_", "gsr", "fber", "inu_range", "piu", "spike_", "zipper_", "air_structure"];
        let but = [&["body_cut_"][..], &sampled].concat();
        let plain = of_mr(&Samples::U16(signal.clone()), ModalityMap::STORED, phase);
        let other = of_mr(&Samples::U16(flipped(&signal, columns)), ModalityMap::STORED, phase);
        close(&numbers(&plain, &but), &numbers(&other, &but), 1e-3)?;
        close(&only(&plain, &["snr", "spike_z"]), &only(&other, &["snr", "spike_z"]), 0.15)?;
    }
}
