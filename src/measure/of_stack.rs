//! Measures of whole stacks, from what was measured of their slices: what `hrgate measure` prints
//! beside the frames. The checks take the same functions.

use crate::model::family::{self, Family};

use super::column::Column;
use super::geometry::Place;
use super::registry as names;
use super::stacks::Stack;
use super::volumes::{Image, Volume};
use super::{ct, mr};

/// One number of a stack.
#[derive(Clone, Debug, PartialEq)]
pub struct OfStack {
    /// Registered name.
    pub name: &'static str,
    /// The value in the registered unit.
    pub value: f64,
    /// The image that it speaks of; `None` for a number of the whole stack.
    pub image: Option<Image>,
}

/// The measures of each stack of a series, in their order. Stacks too short to be measured have none.
pub fn of_volume(volume: &Volume<'_>) -> Vec<Vec<OfStack>> {
    let family = volume.series.instances.first().and_then(family::family);
    let columns = |names: &[&str]| -> Vec<Column> {
        names.iter().map(|name| Column::of(volume.series, name)).collect()
    };
    let (wanted, of): (Vec<Column>, Measure) = match family {
        Some(Family::Ct) => (columns(&OF_CT), of_ct),
        Some(Family::Mr) => (columns(&[names::BODY_SIGNAL]), of_mr),
        _ => return volume.stacks.iter().map(|_| Vec::new()).collect(),
    };
    let of_stack = |stack: &Stack| {
        if stack.places.len() < SHORTEST { Vec::new() } else { of(volume, stack, &wanted) }
    };
    volume.stacks.iter().map(of_stack).collect()
}

/// What measures a stack, given the columns it is worked out of.
type Measure = fn(&Volume<'_>, &Stack, &[Column]) -> Vec<OfStack>;

/// Places that a stack needs for any of the measures.
const SHORTEST: usize = 5;

/// What the measures of a CT stack are worked out of.
const OF_CT: [&str; 5] = [
    names::OUTLINE_LEFT,
    names::OUTLINE_RIGHT,
    names::OUTLINE_TOP,
    names::OUTLINE_BOTTOM,
    names::LUNG_AREA,
];

/// The first image of each place of a stack.
fn images(volume: &Volume<'_>, stack: &Stack) -> Vec<Option<Image>> {
    let image = |member: &usize| volume.images.get(*member).copied();
    stack.places.iter().map(|place| place.members.first().and_then(image)).collect()
}

/// A measurement of each slice, in the order of the places.
fn along(column: &Column, images: &[Option<Image>]) -> Vec<Option<f64>> {
    images.iter().map(|i| i.and_then(|i| column.get(i.instance, i.frame)).map(|v| v.0)).collect()
}

fn of_ct(volume: &Volume<'_>, stack: &Stack, columns: &[Column]) -> Vec<OfStack> {
    let images = images(volume, stack);
    let values: Vec<Vec<Option<f64>>> = columns.iter().map(|c| along(c, &images)).collect();
    let [left, right, top, bottom, lung] = values.as_slice() else { return Vec::new() };
    let sides = [left, right, top, bottom];
    let slices = (0..images.len()).map(|n| [0, 1, 2, 3].map(|side: usize| sides[side][n]));
    let outlines: Vec<[Option<f64>; 4]> = slices.collect();
    let whole = |name, value| OfStack { name, value, image: None };
    let mut found = Vec::new();
    if let Some(jumps) = ct::motion::jumps(&outlines) {
        let image = images.get(jumps.slice).copied().flatten();
        found.push(whole(names::OUTLINE_ROUGHNESS, jumps.roughness));
        found.push(OfStack { name: names::OUTLINE_SHIFT, value: jumps.shift, image });
        found.push(OfStack { name: names::OUTLINE_SHIFT_RATIO, value: jumps.shift_ratio, image });
    }
    if let Some(ends) = ct::lungs::ends(lung, ct::lungs::Limits::NONE) {
        found.push(whole(names::LUNG_AREA_FIRST_SLICE, ends.first));
        found.push(whole(names::LUNG_AREA_LAST_SLICE, ends.last));
        found.push(whole(names::LUNG_AREA_LARGEST, ends.largest));
    }
    found
}

fn of_mr(volume: &Volume<'_>, stack: &Stack, columns: &[Column]) -> Vec<OfStack> {
    let images = images(volume, stack);
    let signal = columns.first().map(|c| along(c, &images)).unwrap_or_default();
    let jumps = mr::stack::slice_jumps(&signal).into_iter().map(|f| {
        let image = f.slice.and_then(|at| images.get(at).copied().flatten());
        OfStack { name: f.name, value: f.value, image }
    });
    let drops = columns.first().map(|c| drops(volume, stack, c)).unwrap_or_default();
    jumps.chain(drops).collect()
}

/// Slices that lost signal against the other volumes of a stack: images that nothing tells apart lie on one
/// place, in the order of their numbers.
fn drops(volume: &Volume<'_>, stack: &Stack, column: &Column) -> Vec<OfStack> {
    let repeats = stack.places.iter().map(|p| p.members.len()).min().unwrap_or(0);
    let of_volume = |n: usize| -> Vec<Option<Image>> {
        let image = |place: &Place| volume.images.get(*place.members.get(n)?).copied();
        stack.places.iter().map(image).collect()
    };
    let volumes: Vec<Vec<Option<Image>>> = (0..repeats).map(of_volume).collect();
    let signals: Vec<Vec<Option<f64>>> = volumes.iter().map(|v| along(column, v)).collect();
    let own = |f: mr::stack::OfStack| OfStack {
        name: f.name,
        value: f.value,
        image: f.slice.and_then(|at| volumes.get(f.volume)?.get(at).copied().flatten()),
    };
    mr::stack::slice_drops(&signals).into_iter().map(own).collect()
}
