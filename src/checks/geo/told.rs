//! The stacks of a series as a result tells them: how many slices, how far apart, what is wrong.

use dicom_dictionary_std::tags;

use crate::measure::geometry::spacing;
use crate::measure::stacks::Stack;
use crate::measure::volumes::Volume;
use crate::model::result::{SeriesResult, StackResult};
use crate::policy::params::Params;
use crate::series::{Kind, Phase, Plane, SeriesKind, StackKind};

use super::missing_slice::{Limits, limits, rounded, steady};

/// What a result tells of a series, under the limits of GEO001.
pub fn series(
    plain: SeriesResult,
    volume: &Volume<'_>,
    is: &SeriesKind,
    params: &Params,
) -> SeriesResult {
    let limits = limits(params);
    let stacks = volume.stacks.iter().zip(&is.stacks).map(|(stack, kind)| {
        let StackKind { kind, phase, .. } = kind;
        StackResult {
            kind: kind.as_ref().map(Kind::to_string),
            phase: phase.map(|p| Phase::word(p).to_owned()),
            ..told(stack.clone(), volume, &limits)
        }
    });
    SeriesResult {
        kind: is.kind.as_ref().map(Kind::to_string),
        plane: is.plane.map(|p| Plane::word(p).to_owned()),
        fat_suppressed: is.fat_suppressed,
        post_contrast: is.post_contrast,
        phase: is.phase.map(|p| Phase::word(p).to_owned()),
        confidence: (is.kind.is_some() || is.plane.is_some()).then_some(is.confidence),
        stacks: stacks.collect(),
        ..plain
    }
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
    let of = |index: &usize| volume.float(*index, tags::SLICE_THICKNESS);
    let mut stated = stack.places.iter().flat_map(|p| &p.members).map(of);
    let first = stated.next()??;
    stated.all(|t| t == Some(first)).then_some(first)
}
