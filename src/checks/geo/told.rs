//! The stacks of a series as a result tells them: how many slices, how far apart, what is wrong.

use dicom_dictionary_std::tags;

use crate::checks::view::SeriesView;
use crate::measure::geometry::spacing;
use crate::measure::stacks::Stack;
use crate::model::result::StackResult;
use crate::policy::params::Params;

use super::missing_slice::{Limits, limits, rounded, steady};
use super::volumes::{Volume, volume};

/// The stacks of a series, under the limits of GEO001. Needs what GEO001 declares.
pub fn stacks(series: &SeriesView<'_>, params: &Params) -> Vec<StackResult> {
    let limits = limits(params);
    let volume = volume(series, params.texts("not_volume_image_types"));
    let stacks = volume.stacks(&limits.tolerance);
    stacks.into_iter().map(|stack| told(stack, &volume, &limits)).collect()
}

fn told(stack: Stack, volume: &Volume<'_>, limits: &Limits) -> StackResult {
    let mut told = StackResult {
        slices: u32::try_from(stack.places.len()).unwrap_or(u32::MAX),
        thickness: thickness(&stack, volume),
        ..StackResult::default()
    };
    let numbers = stack.numbers(&volume.slices);
    let Some(spacing) = spacing(&stack.places, &numbers, &limits.rules) else { return told };
    told.spacing = Some(rounded(spacing.median));
    let repeats = stack.repeats();
    let missing: u32 = spacing.holes.iter().map(|h| h.missing).sum();
    let judged = (stack, spacing);
    if steady(&judged) && judged.0.places.len() >= limits.slices_min {
        told.geometry = Some(match (missing, repeats) {
            (0, 0) => "regular".to_owned(),
            (0, k) => format!("duplicate:{k}"),
            (k, _) => format!("missing_middle:{k}"),
        });
    }
    told
}

/// Slice Thickness, where every image of the stack states the same.
fn thickness(stack: &Stack, volume: &Volume<'_>) -> Option<f64> {
    let of = |index: &usize| {
        let image = volume.images.get(*index)?;
        let frame = usize::try_from(image.frame).ok()?;
        image.instance.frame_float(frame, tags::SLICE_THICKNESS)
    };
    let mut stated = stack.places.iter().flat_map(|p| &p.members).map(of);
    let first = stated.next()??;
    stated.all(|t| t == Some(first)).then_some(first)
}
