//! The stacks of a series as a result tells them: how many slices, how far apart, what is wrong.

use dicom_dictionary_std::tags;

use crate::measure::holes::Spacing;
use crate::measure::stacks::Stack;
use crate::measure::volumes::Volume;
use crate::model::result::{SeriesResult, StackResult};
use crate::policy::params::Params;
use crate::series::{Kind, Phase, Plane, SeriesKind, StackKind};

use super::missing_slice::{steady, tilt};
use super::shared::{count, rounded};

/// What a result tells of a series, under the limits of GEO001.
pub fn series(
    plain: SeriesResult,
    volume: &Volume<'_>,
    is: &SeriesKind,
    params: &Params,
) -> SeriesResult {
    let slices_min = count(params, "slices_min");
    let laid = volume.stacks.iter().zip(&volume.spacings);
    let stacks = laid.zip(&is.stacks).map(|((stack, spacing), kind)| {
        let StackKind { kind, phase, .. } = kind;
        StackResult {
            kind: kind.as_ref().map(Kind::to_string),
            phase: phase.map(|p| Phase::word(p).to_owned()),
            ..told(stack, spacing.as_ref(), volume, slices_min)
        }
    });
    SeriesResult {
        kind: is.kind.as_ref().map(Kind::to_string),
        plane: is.plane.map(|p| Plane::word(p).to_owned()),
        fat_suppressed: is.fat_suppressed,
        post_contrast: is.post_contrast,
        phase: is.phase.map(|p| Phase::word(p).to_owned()),
        confidence: (is.kind.is_some() || is.plane.is_some()).then_some(is.confidence),
        stacks: stacks.chain(mosaics(volume, is)).collect(),
        ..plain
    }
}

/// A mosaic is a stack in one image; its slices are even by construction.
fn mosaics<'a>(
    volume: &'a Volume<'_>,
    is: &'a SeriesKind,
) -> impl Iterator<Item = StackResult> + 'a {
    volume.mosaics().map(|(instance, slices)| StackResult {
        kind: is.kind.as_ref().map(Kind::to_string),
        phase: is.phase.map(|p| Phase::word(p).to_owned()),
        slices,
        spacing: instance.attributes.float(tags::SPACING_BETWEEN_SLICES).map(rounded),
        thickness: instance.attributes.float(tags::SLICE_THICKNESS),
        geometry: None,
    })
}

fn told(
    stack: &Stack,
    spacing: Option<&Spacing>,
    volume: &Volume<'_>,
    slices_min: usize,
) -> StackResult {
    let mut told = StackResult {
        slices: u32::try_from(stack.places.len()).unwrap_or(u32::MAX),
        thickness: thickness(stack, volume),
        ..StackResult::default()
    };
    let Some(spacing) = spacing else { return told };
    told.spacing = Some(rounded(spacing.median));
    if steady(stack, spacing) && stack.places.len() >= slices_min {
        told.geometry = Some(geometry(stack, spacing, volume));
    }
    told
}

/// What is to be said of the places: `regular`, or every other word that holds, joined by `;`.
fn geometry(stack: &Stack, spacing: &Spacing, volume: &Volume<'_>) -> String {
    let missing: u32 = spacing.holes.iter().map(|h| h.missing).sum();
    let mut words = Vec::new();
    if missing > 0 {
        words.push(format!("missing_middle:{missing}"));
    }
    if stack.repeats() > 0 {
        words.push(format!("duplicate:{}", stack.repeats()));
    }
    if !spacing.planned.is_empty() {
        words.push("two_spacings".to_owned());
    }
    if words.is_empty() {
        words.push("regular".to_owned());
    }
    if let Some(deg) = tilt(volume, stack) {
        words.push(format!("tilt_deg:{deg:.1}"));
    }
    words.join(";")
}

/// Slice Thickness, where every image of the stack states the same.
fn thickness(stack: &Stack, volume: &Volume<'_>) -> Option<f64> {
    let of = |index: &usize| volume.float(*index, tags::SLICE_THICKNESS);
    let mut stated = stack.places.iter().flat_map(|p| &p.members).map(of);
    let first = stated.next()??;
    stated.all(|t| t == Some(first)).then_some(first)
}
