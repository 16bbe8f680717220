//! Measures of whole stacks, from what was measured of their slices: what `hrgate measure` prints
//! beside the frames. The checks take the same functions.

use crate::model::family::{self, Family};

use super::column::Column;
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
    volume
        .stacks
        .iter()
        .map(|stack| match family {
            Some(Family::Ct) => of_ct(volume, stack),
            Some(Family::Mr) => of_mr(volume, stack),
            _ => Vec::new(),
        })
        .collect()
}

/// The first image of each place of a stack.
fn images(volume: &Volume<'_>, stack: &Stack) -> Vec<Option<Image>> {
    let image = |member: &usize| volume.images.get(*member).copied();
    stack.places.iter().map(|place| place.members.first().and_then(image)).collect()
}

/// A measurement of each slice, in the order of the places.
fn along(volume: &Volume<'_>, images: &[Option<Image>], name: &str) -> Vec<Option<f64>> {
    let column = Column::of(volume.series, name);
    images.iter().map(|i| i.and_then(|i| column.get(i.instance, i.frame)).map(|v| v.0)).collect()
}

fn of_ct(volume: &Volume<'_>, stack: &Stack) -> Vec<OfStack> {
    let images = images(volume, stack);
    let sides =
        [names::OUTLINE_LEFT, names::OUTLINE_RIGHT, names::OUTLINE_TOP, names::OUTLINE_BOTTOM]
            .map(|name| along(volume, &images, name));
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
    if let Some(ends) = ct::lungs::ends(&along(volume, &images, names::LUNG_AREA)) {
        found.push(whole(names::LUNG_AREA_FIRST_SLICE, ends.first));
        found.push(whole(names::LUNG_AREA_LAST_SLICE, ends.last));
        found.push(whole(names::LUNG_AREA_LARGEST, ends.largest));
    }
    found
}

fn of_mr(volume: &Volume<'_>, stack: &Stack) -> Vec<OfStack> {
    let images = images(volume, stack);
    let found = mr::stack::slice_jumps(&along(volume, &images, names::BODY_SIGNAL));
    let own = |f: mr::stack::OfStack| OfStack {
        name: f.name,
        value: f.value,
        image: f.slice.and_then(|at| images.get(at).copied().flatten()),
    };
    found.into_iter().map(own).collect()
}
