//! Image-quality measures of single MR frames and of stacks of them. Pure: arrays in, numbers out.

pub mod body;
pub mod energy;
pub mod ghost;
pub mod grid;
pub mod motion;
pub mod names;
pub mod noise;
pub mod spikes;
pub mod stack;
pub mod stats;
pub mod uniformity;
pub mod wrap;
pub mod zipper;

use body::Body;
use grid::Grid;
use ndarray::ArrayView2;

/// In-plane Phase Encoding Direction, DICOM (0018,1312).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Phase {
    /// ROW: phase encoding runs along the rows, ghosts are displaced to the left and right.
    Row,
    /// COL or COLUMN: phase encoding runs along the columns, ghosts are displaced up and down.
    Column,
}

/// A magnitude frame with what its header tells about it.
#[derive(Clone, Copy, Debug)]
pub struct MrFrame<'a> {
    /// Magnitude, rows x columns, any scale; air near zero or at a constant offset.
    pub values: ArrayView2<'a, f32>,
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
    pub pixels: &'a [f32],
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Distance between rows and between columns, mm.
    pub spacing_mm: [f64; 2],
    /// Phase-encoding direction where known.
    pub phase: Option<Phase>,
}

/// Buffers kept between frames, so that a frame costs no allocation by the pixel.
#[derive(Default)]
pub struct Scratch {
    /// Block means.
    pub grid: Grid,
    /// Body and air.
    pub body: Body,
    lines: zipper::LinesOfFrame,
    bulk: ghost::Bulk,
    spectra: spikes::Spectra,
    work: Vec<f32>,
}

/// The measures taken of every frame; empty where no body stands out, the frame is smaller than
/// 16 x 16 or holds a value that is not finite.
pub fn one_touch(frame: &MrFrame<'_>, scratch: &mut Scratch) -> Vec<Taken> {
    measured(frame, scratch, every)
}

/// The measures taken of about one frame in eight; empty in the same cases.
pub fn sampled(frame: &MrFrame<'_>, scratch: &mut Scratch) -> Vec<Taken> {
    measured(frame, scratch, some)
}

/// Both, with the body found once.
pub fn all(frame: &MrFrame<'_>, scratch: &mut Scratch) -> Vec<Taken> {
    measured(frame, scratch, |flat, s, out| {
        every(flat, s, out);
        some(flat, s, out);
    })
}

fn every(flat: &Frame<'_>, s: &mut Scratch, out: &mut Vec<Taken>) {
    s.body.taken(flat, &s.grid, out);
    noise::taken(flat, &s.grid, &s.body, &mut s.work, out);
    ghost::taken(flat, &s.grid, &s.body, &mut s.bulk, &mut s.work, out);
    wrap::taken(flat, &s.grid, &s.body, out);
}

fn some(flat: &Frame<'_>, s: &mut Scratch, out: &mut Vec<Taken>) {
    uniformity::taken(flat, &s.grid, &s.body, &mut s.work, out);
    energy::taken(flat, &s.grid, &s.body, out);
    motion::taken(flat, &s.grid, &s.body, &mut s.work, out);
    zipper::taken(flat, &s.grid, &s.body, &mut s.lines, &mut s.work, out);
    spikes::taken(flat, &mut s.spectra, &mut s.work, out);
}

fn measured(
    frame: &MrFrame<'_>,
    scratch: &mut Scratch,
    with: impl Fn(&Frame<'_>, &mut Scratch, &mut Vec<Taken>),
) -> Vec<Taken> {
    let mut out = Vec::new();
    let values = frame.values.as_standard_layout();
    let (height, width) = values.dim();
    let Some(pixels) = values.as_slice() else { return out };
    let flat = Frame { pixels, height, width, spacing_mm: frame.spacing_mm, phase: frame.phase };
    if scratch.grid.reduce(pixels, height, width) && scratch.body.find(&flat, &mut scratch.grid) {
        with(&flat, scratch, &mut out);
        out.retain(|t| t.value.is_finite());
    }
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

    #[test]
    fn a_frame_in_another_memory_order_gives_the_same() {
        let frame = head(128, 200, 2.0);
        let turned = frame.t().as_standard_layout().into_owned();
        let spacing_mm = [1.0, 1.0];
        let phase = Some(Phase::Row);
        let mut scratch = Scratch::default();
        let a = one_touch(&MrFrame { values: frame.view(), spacing_mm, phase }, &mut scratch);
        let b = one_touch(&MrFrame { values: turned.t(), spacing_mm, phase }, &mut scratch);
        assert!(!a.is_empty());
        assert_eq!(a, b);
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
        let frame = MrFrame { values: frame.view(), spacing_mm: [1.0, 1.0], phase };
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
