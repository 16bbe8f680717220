//! The slices of CT and MR stacks, which of them show anatomy of their own, and why a series could not
//! be looked at.

pub use crate::measure::column::Column;
use crate::measure::column::Placed;
use crate::measure::geometry::{Place, Vector};
use crate::measure::registry;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::series::Kind;

use super::view::{InstanceView, SeriesView};

/// One image of a stack.
#[derive(Clone, Copy)]
pub struct Slice<'a> {
    /// Its instance.
    pub instance: InstanceView<'a>,
    /// Index of the instance in the series.
    pub index: usize,
    /// 0-based frame of the instance.
    pub frame: u32,
}

impl Slice<'_> {
    /// Its value in a column, and the place that was taken on.
    pub fn placed(&self, column: &Column) -> Option<Placed> {
        column.get(self.index, self.frame)
    }

    /// Its value in a column.
    pub fn value(&self, column: &Column) -> Option<f64> {
        self.placed(column).map(|v| v.0)
    }

    /// The slice as a subject, with a box where there is one.
    pub fn subject(&self, place: Option<[u32; 4]>) -> Subject {
        let subject = if self.instance.frame_count() > 1 {
            self.instance.frame_subject(self.frame)
        } else {
            self.instance.subject()
        };
        Subject { bbox: place, ..subject }
    }
}

/// A stack: its images in the order of their places, along the normal.
pub struct StackOf<'a> {
    /// Its number among the stacks of the series.
    pub number: usize,
    /// What it is; `None` where unknown.
    pub kind: Option<&'a Kind>,
    /// Unit normal (LPS); places follow it.
    pub normal: Vector,
    /// At each place its images: one, or several that nothing tells apart.
    pub places: Vec<Vec<Slice<'a>>>,
}

impl<'a> StackOf<'a> {
    /// The first image of each place.
    pub fn firsts(&self) -> impl Iterator<Item = &Slice<'a>> {
        self.places.iter().filter_map(|p| p.first())
    }
}

/// Least part of a normal along the patient for a stack of CT to count as transverse: 45 degrees.
const TRANSVERSE: f64 = 0.7;

/// The stacks of a series with at least `least` places, but those of kinds that show no anatomy of
/// their own (`wanted` decides). Needs `Input::Stacks` and `Input::Kinds`.
pub fn stacks<'a>(
    series: &SeriesView<'a>,
    least: usize,
    wanted: impl Fn(Option<&Kind>) -> bool,
) -> Vec<StackOf<'a>> {
    let (volume, kinds) = (series.volume(), series.kind());
    let mut found = Vec::new();
    for (number, stack) in volume.stacks.iter().enumerate() {
        let own = kinds.stacks.get(number).and_then(|s| s.kind.as_ref());
        let kind = own.or(kinds.kind.as_ref());
        // A reformat of CT across the body shows no closed outline: its measures mean nothing.
        let across = is_of(series, Family::Ct) && stack.normal[2].abs() < TRANSVERSE;
        if stack.places.len() < least || across || !wanted(kind) {
            continue;
        }
        let slice = |member: &usize| {
            let image = volume.images.get(*member)?;
            let instance = series.instance(image.instance)?;
            Some(Slice { instance, index: image.instance, frame: image.frame })
        };
        let place = |p: &Place| p.members.iter().filter_map(slice).collect();
        found.push(StackOf {
            number,
            kind,
            normal: stack.normal,
            places: stack.places.iter().map(place).collect(),
        });
    }
    found
}

/// Whether a series holds images of a family. The SOP class decides, as everywhere.
pub fn is_of(series: &SeriesView<'_>, family: Family) -> bool {
    series.instances().next().and_then(|i| i.family()) == Some(family)
}

/// Kinds of CT whose slices show a body as it was reconstructed: no projections, renderings or
/// captures. An unknown kind is judged.
pub fn is_ct_slice(kind: Option<&Kind>) -> bool {
    !matches!(kind, Some(Kind::Localizer | Kind::Dose | Kind::Derived | Kind::Mip))
}

/// Kinds of MR whose values are signal: no maps, fields, differences or projections. An unknown
/// kind is judged.
pub fn is_mr_signal(kind: Option<&Kind>) -> bool {
    let other = matches!(
        kind,
        Some(
            Kind::Localizer
                | Kind::Derived
                | Kind::Fieldmap
                | Kind::Adc
                | Kind::Fa
                | Kind::Asl
                | Kind::Mrs
                | Kind::Mip
                | Kind::MraPc
        )
    );
    !other
}

/// Kinds that are read in one or a few echo trains.
pub fn is_epi(kind: Option<&Kind>) -> bool {
    matches!(kind, Some(Kind::Bold | Kind::PerfDsc | Kind::Asl))
        || kind.is_some_and(Kind::is_diffusion)
}

/// Why a series whose stacks are concerned could not be looked at: most of its slices were not decoded,
/// or none was sampled for a measure that only sampled slices have. Needs the measurements `p01` and, for
/// the latter, `sampled`.
pub fn unlooked(series: &SeriesView<'_>, all: &[StackOf<'_>], sampled: bool) -> Option<Outcome> {
    let slices = || all.iter().flat_map(|stack| stack.places.iter().flatten());
    let with = |name| {
        let column = series.column(name);
        slices().filter(|slice| slice.value(&column).is_some()).count()
    };
    let (of, decoded) = (slices().count(), with(registry::P01));
    let why = if of > 0 && decoded * 2 < of {
        Text::new(
            format!("{of}层中{}层的像素未能测量", of - decoded),
            format!("the pixels of {} of {of} slices could not be measured", of - decoded),
        )
    } else if of > 0 && sampled && with(registry::SAMPLED) == 0 {
        Text::new("该序列没有被抽测的层面", "no slice of the series was sampled")
    } else {
        return None;
    };
    let outcome = Outcome::could_not_run(series.subject(), why);
    Some(outcome.with(Evidence::new("slices_measured", decoded).unit("slices")))
}
