//! Which values become black and which white: the header's window, else CT by content, else the
//! middle 98 % of the values.

/// A linear window (PS3.3 C.11.2.1.2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Window Center.
    pub centre: f32,
    /// Window Width.
    pub width: f32,
}

/// CT soft tissue, HU.
const SOFT_TISSUE: Window = Window { centre: 40.0, width: 400.0 };

/// CT lung, HU.
const LUNG: Window = Window { centre: -600.0, width: 1500.0 };

/// CT bone, HU.
const BONE: Window = Window { centre: 400.0, width: 1800.0 };

/// Values looked at for statistics.
const SAMPLE: usize = 65_536;

/// A header's window that turns more than this share of the values all black or all white shows
/// nothing, and is not used.
const SATURATED: f64 = 0.995;

/// Share of lung among body and lung from which a slice is shown as lung.
const LUNG_SHARE: f64 = 0.3;

/// Share of dense bone among the body from which a slice is shown as bone.
const BONE_SHARE: f64 = 0.25;

/// Black and white as modality values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ends {
    low: f32,
    high: f32,
}

impl Window {
    fn ends(self) -> Ends {
        Ends {
            low: self.centre - 0.5 - (self.width - 1.0) / 2.0,
            high: self.centre - 0.5 + (self.width - 1.0) / 2.0,
        }
    }

    fn is_usable(self) -> bool {
        self.centre.is_finite() && self.width.is_finite() && self.width >= 1.0
    }
}

impl Ends {
    /// Grey levels; MONOCHROME1 is turned round here and nowhere else.
    pub fn apply(self, values: &[f32], monochrome1: bool) -> Vec<u8> {
        let span = (self.high - self.low).max(f32::MIN_POSITIVE);
        values
            .iter()
            .map(|v| {
                let share = ((v - self.low) / span).clamp(0.0, 1.0);
                if share.is_nan() {
                    return 0;
                }
                let share = if monochrome1 { 1.0 - share } else { share };
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "between 0 and 255"
                )]
                let level = (share * 255.0).round() as u8;
                level
            })
            .collect()
    }
}

/// The window to show `values` with.
pub(super) fn choose(
    values: &[f32],
    header: Option<Window>,
    padding: Option<f32>,
    modality: &str,
) -> Ends {
    let sample = sample(values, padding);
    if let Some(window) = header.filter(|w| w.is_usable())
        && !is_blind(window.ends(), &sample)
    {
        return window.ends();
    }
    if modality == "CT"
        && let Some(window) = ct_by_content(&sample)
        && !is_blind(window.ends(), &sample)
    {
        return window.ends();
    }
    percentiles(sample)
}

/// Finite values, at most [`SAMPLE`] of them, evenly spread, without padding.
fn sample(values: &[f32], padding: Option<f32>) -> Vec<f32> {
    let step = values.len().div_ceil(SAMPLE).max(1);
    // An odd step walks over all columns of a matrix whose width is a power of two.
    let step = if step > 1 { step | 1 } else { step };
    values
        .iter()
        .step_by(step)
        .copied()
        .filter(|v| v.is_finite() && padding.is_none_or(|p| (v - p).abs() > f32::EPSILON))
        .collect()
}

/// Whether a window leaves (nearly) everything black, or everything white.
fn is_blind(ends: Ends, sample: &[f32]) -> bool {
    let black = share(sample, |v| v <= ends.low);
    let white = share(sample, |v| v >= ends.high);
    black > SATURATED || white > SATURATED
}

#[expect(clippy::cast_precision_loss, reason = "at most SAMPLE values")]
fn share(values: &[f32], is: impl Fn(f32) -> bool) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.iter().filter(|v| is(**v)).count() as f64 / values.len() as f64
}

/// Lung, bone or soft tissue by the tissues in the slice; `None` where it holds no tissue.
fn ct_by_content(sample: &[f32]) -> Option<Window> {
    let lung = share(sample, |v| (-950.0..-500.0).contains(&v));
    let body = share(sample, |v| (-200.0..3000.0).contains(&v));
    let bone = share(sample, |v| (250.0..3000.0).contains(&v));
    if body < 0.01 {
        None
    } else if lung / (lung + body) > LUNG_SHARE {
        Some(LUNG)
    } else if bone / body > BONE_SHARE {
        Some(BONE)
    } else {
        Some(SOFT_TISSUE)
    }
}

/// The values of which 1 % are below and 1 % above; the extremes where those are one value.
fn percentiles(sample: Vec<f32>) -> Ends {
    let mut sorted = sample;
    sorted.sort_unstable_by(f32::total_cmp);
    let at = |percent: usize| sorted.get((sorted.len().saturating_sub(1)) * percent / 100);
    match (at(1), at(99), sorted.first(), sorted.last()) {
        (Some(low), Some(high), _, _) if high > low => Ends { low: *low, high: *high },
        (_, _, Some(low), Some(high)) if high > low => Ends { low: *low, high: *high },
        // A constant image is shown grey.
        (_, _, Some(v), _) => Ends { low: v - 1.0, high: v + 1.0 },
        _ => Ends { low: 0.0, high: 1.0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(low: f32, high: f32) -> Vec<f32> {
        (0..1000_u16).map(|i| low + (high - low) * f32::from(i) / 999.0).collect()
    }

    #[test]
    fn the_header_rules_unless_it_shows_nothing() {
        let header = Window { centre: 100.0, width: 51.0 };
        assert_eq!(choose(&ramp(0.0, 200.0), Some(header), None, "MR"), header.ends());
        let blind = choose(&ramp(1000.0, 2000.0), Some(header), None, "MR");
        assert!(blind.low > 1000.0 && blind.high < 2000.0, "{blind:?}");
        let zero = Window { centre: 100.0, width: 0.0 };
        assert_ne!(choose(&ramp(0.0, 200.0), Some(zero), None, "MR"), zero.ends());
    }

    #[test]
    fn ct_is_windowed_by_what_it_shows() {
        let mut slice = ramp(0.0, 80.0);
        assert_eq!(choose(&slice, None, None, "CT"), SOFT_TISSUE.ends());
        slice.extend(ramp(-900.0, -600.0));
        assert_eq!(choose(&slice, None, None, "CT"), LUNG.ends());
        let bone = [ramp(300.0, 1200.0), ramp(0.0, 80.0)].concat();
        assert_eq!(choose(&bone, None, None, "CT"), BONE.ends());
    }

    #[test]
    fn padding_does_not_move_the_percentiles() {
        let mut values = ramp(100.0, 200.0);
        values.extend([-2000.0; 500]);
        let ends = choose(&values, None, Some(-2000.0), "MR");
        assert!(ends.low >= 100.0, "{ends:?}");
    }

    #[test]
    fn monochrome1_is_turned_round_once() {
        let ends = Ends { low: 0.0, high: 255.0 };
        assert_eq!(ends.apply(&[0.0, 255.0, f32::NAN], false), [0, 255, 0]);
        assert_eq!(ends.apply(&[0.0, 255.0, f32::NAN], true), [255, 0, 0]);
    }

    #[test]
    fn a_constant_image_is_grey() {
        let ends = choose(&[7.0; 100], None, None, "DX");
        assert_eq!(ends.apply(&[7.0], false), [128]);
        assert_eq!(choose(&[], None, None, "DX"), Ends { low: 0.0, high: 1.0 });
    }
}
