//! Time points: how often the same stack was taken.

use dicom_dictionary_std::tags;

use crate::items::lexicon::Lexicon;
use crate::measure::geometry::Vector;
use crate::measure::volumes::Volume;
use crate::model::values::ValueText;

use super::diffusion::b_value;
use super::image::{Image, Images};

/// What images of one time series have in common.
#[derive(PartialEq)]
struct Same<'a> {
    normal: Option<Vector>,
    places: usize,
    types: &'a [ValueText],
    echo: Option<f64>,
    inversion: Option<f64>,
    kernel: Option<&'a str>,
}

/// How many time points a series has: 1 without repetition, and for diffusion, whose repetitions
/// are averages or directions.
pub fn points(images: &Images<'_>, volume: &Volume<'_>, lexicon: &Lexicon) -> u32 {
    let diffusion = |i: &Image<'_>| {
        b_value(i, lexicon).is_some_and(|b| b.value >= lexicon.series.limit("b_min"))
    };
    if images.all().any(diffusion) {
        return 1;
    }
    let mut groups: Vec<(Same<'_>, usize)> = Vec::new();
    let stacks = images.stacks.iter().zip(&volume.stacks).map(|(image, stack)| {
        let most = stack.places.iter().map(|p| distinct(volume, &p.members)).max();
        (same(image, Some(stack.normal), stack.places.len()), most.unwrap_or(1))
    });
    let mosaic = |i: &&Image<'_>| i.has(tags::IMAGE_TYPE, "MOSAIC");
    let loose = images.loose.iter().filter(mosaic).map(|i| (same(i, None, 0), 1));
    for (key, count) in stacks.chain(loose) {
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, n)) => *n += count,
            None => groups.push((key, count)),
        }
    }
    let most = groups.iter().map(|(_, n)| *n).max().unwrap_or(1);
    u32::try_from(most.max(1)).unwrap_or(u32::MAX)
}

/// Images on one place that nothing told apart; the same image stored twice counts once.
fn distinct(volume: &Volume<'_>, members: &[usize]) -> usize {
    if members.len() < 2 {
        return members.len();
    }
    let mut uids: Vec<(&str, u32)> = members
        .iter()
        .filter_map(|m| Some((volume.instance(*m)?.sop_uid(), volume.images.get(*m)?.frame)))
        .collect();
    uids.sort_unstable();
    uids.dedup();
    uids.len()
}

fn same<'a>(image: &Image<'a>, normal: Option<Vector>, places: usize) -> Same<'a> {
    Same {
        normal,
        places,
        types: image.types(),
        echo: image.echo_time(),
        inversion: image.float(tags::INVERSION_TIME),
        kernel: image.text(tags::CONVOLUTION_KERNEL),
    }
}
