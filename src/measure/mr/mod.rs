//! Image-quality measures of single MR frames and of stacks of them. Pure: arrays in, numbers out.

pub mod body;
pub mod cells;
pub mod energy;
pub mod fourier;
pub mod ghost;
pub mod grid;
pub mod mask;
pub mod motion;
pub mod names;
pub mod noise;
pub mod pixels;
pub mod spikes;
pub mod stack;
pub mod stats;
pub mod uniformity;
pub mod wrap;
pub mod zipper;

use crate::decode::{ModalityMap, Samples};
use body::Body;
use grid::Grid;
use pixels::{Pixels, Stored, each};

/// In-plane Phase Encoding Direction, DICOM (0018,1312).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Phase {
    /// ROW: phase encoding runs along the rows, ghosts are displaced to the left and right.
    Row,
    /// COL or COLUMN: phase encoding runs along the columns, ghosts are displaced up and down.
    Column,
}

/// A magnitude frame as it was stored, with what its header tells about it.
#[derive(Clone, Copy, Debug)]
pub struct MrFrame<'a> {
    /// Stored values, row by row, one a pixel: magnitude, any scale; air near zero or at a constant offset.
    pub samples: &'a Samples,
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// How stored values become modality values.
    pub map: ModalityMap,
    /// Distance between rows and between columns, mm (Pixel Spacing).
    pub spacing_mm: [f64; 2],
    /// Phase-encoding direction where known.
    pub phase: Option<Phase>,
}

pub use super::taken::Taken;

/// A frame as one slice of pixels, row by row.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Pixels, row by row.
    pub pixels: Pixels<'a>,
    /// Slope and intercept from those pixels to modality values.
    pub line: (f32, f32),
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Distance between rows and between columns, mm.
    pub spacing_mm: [f64; 2],
    /// Phase-encoding direction where known.
    pub phase: Option<Phase>,
}

impl Frame<'_> {
    /// The modality value of a stored one.
    #[inline]
    pub fn value(&self, stored: impl Stored) -> f32 {
        stored.number() * self.line.0 + self.line.1
    }

    /// The modality value of a pixel, counted row by row; NaN beyond the last.
    pub fn pixel(&self, at: usize) -> f32 {
        each!(self.pixels, v => v.get(at).map_or(f32::NAN, |v| self.value(*v)))
    }
}

/// Buffers kept between frames, so that a frame costs no allocation by the pixel.
#[derive(Default)]
pub struct Scratch {
    /// Block means.
    pub grid: Grid,
    /// Body and air.
    pub body: Body,
    image: Vec<f32>,
    lines: zipper::LinesOfFrame,
    bulk: ghost::Bulk,
    borders: wrap::Borders,
    surface: uniformity::Surface,
    spectra: spikes::Spectra,
    starts: Vec<usize>,
    work: Vec<f32>,
}

/// The measures taken of every frame; empty where no body stands out, the frame is smaller than
/// 16 x 16 or holds padding or a value that is not finite.
pub fn one_touch(frame: &MrFrame<'_>, scratch: &mut Scratch) -> Vec<Taken> {
    measured(frame, scratch, true, false)
}

/// The measures taken of about one frame in eight; empty in the same cases.
pub fn sampled(frame: &MrFrame<'_>, scratch: &mut Scratch) -> Vec<Taken> {
    measured(frame, scratch, false, true)
}

/// Both, with the body found once.
pub fn all(frame: &MrFrame<'_>, scratch: &mut Scratch) -> Vec<Taken> {
    measured(frame, scratch, true, true)
}

fn every(flat: &Frame<'_>, s: &mut Scratch, out: &mut Vec<Taken>) {
    s.body.taken(flat, &s.grid, out);
    noise::taken(flat, &s.grid, &mut s.body, &mut s.starts, &mut s.work, out);
    wrap::taken(flat, &s.grid, &s.body, &mut s.borders, out);
}

/// `image` holds the modality values of all pixels.
fn some(flat: &Frame<'_>, image: &[f32], s: &mut Scratch, out: &mut Vec<Taken>) {
    ghost::taken(flat, &s.grid, &mut s.body, &mut s.bulk, &mut s.work, out);
    uniformity::taken(flat, &s.grid, &mut s.body, &mut s.surface, out);
    energy::taken(image, &s.grid, &mut s.body, &mut s.work, out);
    motion::taken(image, &s.grid, &mut s.body, &mut s.work, out);
    zipper::taken(flat, image, &s.grid, &s.body, &mut s.lines, out);
    spikes::taken(flat, image, &mut s.spectra, &mut s.body.order, out);
}

fn measured(frame: &MrFrame<'_>, scratch: &mut Scratch, each: bool, rare: bool) -> Vec<Taken> {
    let mut out = Vec::new();
    let (height, width) = (frame.rows, frame.columns);
    let mut image = std::mem::take(&mut scratch.image);
    let stored = match frame.samples {
        Samples::U16(v) => Some(Pixels::U16(v)),
        Samples::I16(v) => Some(Pixels::I16(v)),
        // Rare types cost a pass more.
        _ => None,
    };
    if stored.is_none() || rare {
        frame.map.apply(frame.samples, &mut image);
    }
    let (pixels, line) = match stored {
        Some(pixels) => (pixels, pixels::line_of(&frame.map)),
        None => (Pixels::F32(&image), (1.0, 0.0)),
    };
    let (spacing_mm, phase) = (frame.spacing_mm, frame.phase);
    let flat = Frame { pixels, line, height, width, spacing_mm, phase };
    let padded = frame.map.padding.is_some_and(|range| pixels.holds(range));
    if !padded && scratch.grid.reduce(&flat) && scratch.body.find(&flat, &mut scratch.grid) {
        if each {
            every(&flat, scratch, &mut out);
        }
        if rare {
            some(&flat, &image, scratch, &mut out);
        }
        out.retain(|t| t.value.is_finite());
    }
    scratch.image = image;
    out
}

#[cfg(test)]
mod tests {
    use super::synthetic::{head, taken_of, value};
    use super::*;
    use ndarray::Array2;

    #[test]
    fn odd_frames_give_nothing_and_do_not_panic() {
        for (h, w) in
            [(0, 0), (1, 1), (1, 4096), (16, 16), (17, 250), (250, 17), (31, 33), (64, 64)]
        {
            for fill in [0.0, 1.0, -7.0, f32::NAN, f32::INFINITY, f32::MAX, f32::MIN] {
                for phase in [None, Some(Phase::Row), Some(Phase::Column)] {
                    assert!(
                        taken_of(&Array2::from_elem((h, w), fill), phase).is_empty(),
                        "{h} {w} {fill}"
                    );
                }
            }
        }
        for (h, w) in [(16, 16), (16, 256), (256, 16), (17, 33), (64, 48), (1024, 66), (130, 129)] {
            for kind in 0..6_usize {
                let of = |r: usize, c: usize| match kind {
                    0 => stats::small(r * 7 % 5),
                    1 => f32::from(u8::from(r > h / 2)),
                    2 => stats::small(c) * 1e30,
                    3 => -stats::small(r + c),
                    4 => f32::from(u8::from(r == h / 2 && c == w / 2)),
                    _ => stats::small((r * 31 + c * 17) % 97),
                };
                let frame = Array2::from_shape_fn((h, w), |(r, c)| of(r, c));
                assert!(taken_of(&frame, None).iter().all(|t| t.value.is_finite()));
            }
        }
    }

    #[test]
    fn places_lie_within_the_frame() {
        for t in taken_of(&head(201, 333, 2.0), Some(Phase::Row)) {
            let Some([x0, y0, x1, y1]) = t.place else { continue };
            assert!(x0 < x1 && y0 < y1 && x1 <= 333 && y1 <= 201, "{t:?}");
        }
    }

    #[test]
    fn scale_does_not_change_what_is_free_of_units() {
        let frame = head(256, 256, 2.0);
        let (a, b) = (taken_of(&frame, None), taken_of(&frame.mapv(|v| v * 16.0), None));
        assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(&b).filter(|(a, _)| a.name != body::BODY_SIGNAL) {
            assert!((a.value - b.value).abs() <= 1e-3 * a.value.abs().max(1e-3), "{a:?} {b:?}");
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and whole")]
    fn whole(value: f32) -> u16 {
        value as u16
    }

    #[test]
    fn every_type_and_scale_of_stored_values_gives_the_same() {
        let stored = head(200, 256, 2.0).mapv(|v| (v * 8.0).round());
        let whole: Vec<u16> = stored.iter().map(|v| whole(*v)).collect();
        let signed = whole.iter().map(|v| v.cast_signed()).collect();
        let types = [
            Samples::F32(stored.iter().copied().collect()),
            Samples::I32(whole.iter().map(|v| i32::from(*v)).collect()),
            Samples::I16(signed),
            Samples::U16(whole),
        ];
        let map = ModalityMap { slope: 0.5, intercept: 3.0, padding: None };
        let mut scratch = Scratch::default();
        let mut of = |samples: &Samples, map| {
            let (rows, columns, spacing_mm, phase) = (200, 256, [1.0, 1.0], None);
            let frame = MrFrame { samples, rows, columns, map, spacing_mm, phase };
            let taken = all(&frame, &mut scratch);
            assert_eq!(taken, all(&frame, &mut Scratch::default()), "scratch leaves no trace");
            taken
        };
        let wanted = of(&types[0], map);
        assert!(wanted.len() > 25);
        for samples in &types[1..] {
            let taken = of(samples, map);
            assert_eq!(taken.len(), wanted.len());
            for (a, b) in taken.iter().zip(&wanted) {
                assert_eq!((a.name, a.place), (b.name, b.place));
                assert!((a.value - b.value).abs() <= 1e-4 * a.value.abs().max(0.01), "{a:?} {b:?}");
            }
        }
        let padded = ModalityMap { padding: Some((0, 2)), ..map };
        assert!(types[1..].iter().all(|samples| of(samples, padded).is_empty()));
        let elsewhere = ModalityMap { padding: Some((-9, -9)), ..map };
        assert_eq!(of(&types[3], elsewhere), of(&types[3], map));
    }

    #[test]
    fn a_clean_head_passes_the_limits_of_the_results_page() {
        for phase in [Phase::Row, Phase::Column] {
            let taken = taken_of(&head(256, 256, 2.0), Some(phase));
            let of = |name| value(&taken, name).unwrap();
            assert!(of(ghost::GHOST_RATIO).abs() < 0.005 && of(ghost::GSR).abs() < 0.01);
            assert!(of(zipper::ZIPPER_Z) < 8.0 && of(spikes::SPIKE_Z) < 5.0);
            assert!(
                of(wrap::WRAP_CONTINUITY).abs() < 1e-9 && of(body::BODY_CUT_SHARE).abs() < 1e-9
            );
            assert!(of(noise::SNR) > 20.0 && of(noise::SNRD) > 20.0);
        }
    }
}

#[cfg(test)]
pub(crate) mod synthetic {
    use super::*;
    use ndarray::Array2;

    /// Evenly spread numbers from 0 to 1 by a linear congruence.
    pub fn random(seed: u64) -> impl FnMut() -> f32 {
        let mut state = seed;
        move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            f32::from(u16::try_from(state >> 48).unwrap()) / 65_536.0
        }
    }

    /// Magnitude with Rician noise.
    pub fn rician(mut clean: Array2<f32>, sigma: f32, seed: u64) -> Array2<f32> {
        let mut next = random(seed);
        let mut normal = move || (0..12).map(|_| next()).sum::<f32>() - 6.0;
        clean.mapv_inplace(|v| (v + sigma * normal()).hypot(sigma * normal()));
        clean
    }

    /// An ellipse of signal 100 with darker folds over the middle half of the frame, without noise.
    pub fn clean_head(h: usize, w: usize) -> Array2<f32> {
        Array2::from_shape_fn((h, w), |(r, c)| {
            let y = (stats::small(r) + 0.5) / stats::small(h) * 2.0 - 1.0;
            let x = (stats::small(c) + 0.5) / stats::small(w) * 2.0 - 1.0;
            let out = (x / 0.5).hypot(y / 0.6);
            if out > 1.0 { 0.0 } else { 100.0 + 15.0 * (9.0 * x).sin() * (7.0 * y).cos() }
        })
    }

    /// The same with noise.
    pub fn head(h: usize, w: usize, sigma: f32) -> Array2<f32> {
        rician(clean_head(h, w), sigma, 11)
    }

    /// All measures of a frame.
    pub fn taken_of(frame: &Array2<f32>, phase: Option<Phase>) -> Vec<Taken> {
        let (rows, columns) = frame.dim();
        let samples = &Samples::F32(frame.iter().copied().collect());
        let (map, spacing_mm) = (ModalityMap::STORED, [1.0, 1.0]);
        let frame = MrFrame { samples, rows, columns, map, spacing_mm, phase };
        let mut scratch = Scratch::default();
        let mut all = one_touch(&frame, &mut scratch);
        all.extend(sampled(&frame, &mut scratch));
        all
    }

    /// The value of that name.
    pub fn value(taken: &[Taken], name: &str) -> Option<f64> {
        taken.iter().find(|t| t.name == name).map(|t| t.value)
    }

    /// The place of that name.
    pub fn place(taken: &[Taken], name: &str) -> Option<[u32; 4]> {
        taken.iter().find(|t| t.name == name).and_then(|t| t.place)
    }
}
