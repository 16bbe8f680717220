//! ART009: a slice of a diffusion volume that lost its signal.

use std::collections::BTreeMap;

use crate::checks::contract::Input;
use crate::checks::per_series::{Said, per_series};
use crate::checks::slices::{Slice, is_of, stacks, unlooked};
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::mr::stack::{SLICE_DROP_SHARE, SLICE_DROP_Z, slice_drops};
use crate::measure::registry as measured;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;
use crate::series::Kind;

declare_check! {
    /// A slice of a diffusion volume that lost its signal.
    ///
    /// ## What it does
    /// Holds each slice of each diffusion volume against the same slice of the other volumes of the same weighting.
    ///
    /// ## Why it matters
    /// The patient moved while the gradient was on: the slice is dark, its diffusion coefficient falsely high, tensors
    /// are wrong.
    ///
    /// ## How it is measured
    /// `slice_drop_share`: share of its signal that a slice lost against the median of the same slice over the volumes of one
    /// b-value, after the level of its own volume is taken off; `slice_drop_z`: the same in robust standard deviations of
    /// all slices (at least 1 % each). A slice fails that is above both limits.
    ///
    /// ## Known limits
    /// Needs three volumes of one b-value: a trace image alone is not judged (ART008 looks along its slices).
    ///
    /// ## Parameters
    /// `slice_drop_share_max`: largest loss. `slice_drop_z_max`: largest loss in robust standard deviations.
    ///
    /// ## References
    /// Andersson 2016, 10.1016/j.neuroimage.2016.06.058 (outlier slices of diffusion); DICOM PS3.16 CID 6315 (RID11423
    /// Motion related artifact).
    code: "ART009",
    name: "dropped-diffusion-slice",
    title: ("弥散图像层面信号丢失", "a diffusion slice lost its signal"),
    advice: (
        "固定受检者后重扫弥散序列，或剔除该方向后重新计算",
        "immobilise the patient and repeat the diffusion series, or leave that volume out of the maps"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01), Input::Stacks, Input::Measurement(measured::BODY_SIGNAL)],
    params: [
        ("slice_drop_share_max", Number, "1", "largest share of the signal that a slice may lose"),
        ("slice_drop_z_max", Number, "1", "largest loss in robust standard deviations"),
    ],
    dicom_code: Some(("RADLEX:RID11423", "Motion related artifact")),
    run: run,
}

/// Volumes of one b-value and number of slices.
type Shells<'a> = BTreeMap<(i64, usize), Vec<Vec<Slice<'a>>>>;

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let pass = Text::new("弥散各层信号完整", "no slice of a diffusion volume lost its signal");
    let skip = Text::new(
        "没有同一b值三个以上容积的弥散序列",
        "there is no diffusion series with three volumes of one b-value",
    );
    per_series(view, &pass, &skip, |s| of_series(s, params))
}

fn of_series(s: &SeriesView<'_>, params: &Params) -> Said {
    if !is_of(s, Family::Mr) {
        return Said::Skip;
    }
    if let Some(outcome) = unlooked(s, &stacks(s, 1, is_diffusion), false) {
        return Said::Told(outcome);
    }
    let column = s.column(measured::BODY_SIGNAL);
    let mut looked = false;
    let mut worst: Option<Outcome> = None;
    let mut lost = 0.0;
    for volumes in shells(s).into_values() {
        let signal = |volume: &Vec<Slice<'_>>| volume.iter().map(|s| s.value(&column)).collect();
        let signals: Vec<Vec<Option<f64>>> = volumes.iter().map(signal).collect();
        let found = slice_drops(&signals);
        let of = |name: &str| found.iter().find(|f| f.name == name);
        let (Some(share), Some(z)) = (of(SLICE_DROP_SHARE), of(SLICE_DROP_Z)) else { continue };
        looked = true;
        let limits = (params.number("slice_drop_share_max"), params.number("slice_drop_z_max"));
        let slice = share.slice.and_then(|at| volumes.get(share.volume)?.get(at));
        if share.value > limits.0.max(lost)
            && z.value > limits.1
            && let Some(slice) = slice
        {
            lost = share.value;
            worst = Some(fail(slice, [share.value, z.value], limits, share.slice.unwrap_or(0)));
        }
    }
    match worst {
        Some(outcome) => Said::Told(outcome),
        None if looked => Said::Pass,
        None => Said::Skip,
    }
}

/// The diffusion volumes of a series. Volumes that nothing tells apart lie as several images on each
/// place of one stack, in the order of their numbers.
fn shells<'a>(s: &SeriesView<'a>) -> Shells<'a> {
    let kinds = s.kind();
    let mut shells = Shells::new();
    for stack in stacks(s, 1, is_diffusion) {
        let b = kinds.stacks.get(stack.number).and_then(|k| k.b_value).unwrap_or(-1.0);
        let repeats = stack.places.iter().map(Vec::len).min().unwrap_or(0);
        #[expect(clippy::cast_possible_truncation, reason = "s/mm2 of at most some ten thousand")]
        let key = (b.round() as i64, stack.places.len());
        for n in 0..repeats {
            let volume = stack.places.iter().filter_map(|place| place.get(n).copied()).collect();
            shells.entry(key).or_default().push(volume);
        }
    }
    shells
}

fn is_diffusion(kind: Option<&Kind>) -> bool {
    kind.is_some_and(Kind::is_diffusion)
}

fn fail(slice: &Slice<'_>, found: [f64; 2], limits: (f64, f64), at: usize) -> Outcome {
    let percent = |v: f64| (v * 100.0).round();
    let (share, limit) = (percent(found[0]), percent(limits.0));
    let why = Text::new(
        format!("第{}层信号较同b值其他容积丢失{share}%，限值{limit}%", at + 1),
        format!(
            "slice {} lost {share} % of its signal against the other volumes of its b-value, limit {limit} %",
            at + 1
        ),
    );
    let rounded = |v: f64| (v * 1000.0).round() / 1000.0;
    Outcome::fail(slice.subject(None), why)
        .with(Evidence::new(SLICE_DROP_SHARE, rounded(found[0])).limit(limits.0).unit("1"))
        .with(Evidence::new(SLICE_DROP_Z, rounded(found[1])).limit(limits.1))
        .with(Evidence::new("slice_number", at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, set_numbers, take, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use crate::model::study::Study;
    use dicom_dictionary_std::tags;

    /// Six volumes of eight slices of b 1000; one slice of the fourth keeps `factor` of its signal.
    fn diffusion(factor: f64) -> Study {
        let mut study = volume("MR", 48, 5.0);
        for (n, i) in (0_u8..).zip(&mut study.series[0].instances) {
            let (v, slice) = (n / 8, n % 8);
            crate::checks::testing::place(i, 5.0 * f64::from(slice));
            i.attributes.set_text(tags::SERIES_DESCRIPTION, "ep2d_diff_tra");
            set_numbers(i, tags::DIFFUSION_B_VALUE, &[1000.0]);
            let angle = f64::from(v);
            let direction = [angle.cos(), angle.sin(), 0.0];
            set_numbers(i, tags::DIFFUSION_GRADIENT_ORIENTATION, &direction);
            let lost = if (v, slice) == (3, 5) { factor } else { 1.0 };
            take(i, measured::BODY_SIGNAL, (100.0 + f64::from(slice)) * lost);
        }
        study
    }

    #[test]
    fn hit_a_dropped_slice_and_miss_a_slightly_dark_one() {
        let o = one(&CHECK, &diffusion(0.4), Fail);
        assert_eq!(evidence(&o, "slice_number"), 6);
        one(&CHECK, &diffusion(0.98), Pass);
    }

    #[test]
    fn miss_what_is_no_diffusion() {
        one(&CHECK, &volume("MR", 20, 5.0), NotApplicable);
        one(&CHECK, &volume("CT", 20, 5.0), NotApplicable);
    }
}
