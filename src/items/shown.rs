//! What each image of a film or mammogram shows by its attributes and the words of its series, and
//! which of the projections that are asked for none of the images shows.

use crate::measure::assign::unserved as unserved_needs;
use crate::model::study::Series;

use super::describe::{Source, series_lines};
use super::exam::{Side, View};
use super::images;
use super::lexicon::Lexicon;
use super::text;
use super::views::fits;

/// One image of a film or mammogram.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// SOP Instance UID.
    pub sop_uid: String,
    /// The projection; several where words leave it open, none where nothing tells.
    pub views: Vec<View>,
    /// The side, where one is told.
    pub side: Option<Side>,
}

impl Shown {
    /// Whether it states a projection, and only frontal ones.
    pub fn is_frontal(&self) -> bool {
        let frontal = |v: &View| matches!(v.projection.as_str(), "F" | "AP" | "PA");
        !self.views.is_empty() && self.views.iter().all(frontal)
    }
}

/// What the images of a series show; nothing for a modality that has no projections.
pub fn shown(lexicon: &Lexicon, series: &Series) -> Vec<Shown> {
    let Some(modality) = lexicon.modality(&series.modality) else { return Vec::new() };
    let Some(first) = series.instances.first().filter(|_| matches!(modality, "DX" | "MG")) else {
        return Vec::new();
    };
    let mut said = text::Modifiers::default();
    for Source { text, .. } in series_lines(first) {
        let reading = text::read(lexicon, &lexicon.normalise(&text), modality);
        said.merge(&reading.loose);
        reading.parts.iter().for_each(|p| said.merge(&p.modifiers));
    }
    let one = |instance| {
        let image = images::image(lexicon, modality, instance, &said, images::Image::default());
        let posture = match image.postures.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        };
        let view =
            |projection: &String| View { projection: projection.clone(), posture: posture.clone() };
        Shown {
            sop_uid: instance.sop_uid().to_owned(),
            views: image.views.iter().map(view).collect(),
            side: image.side,
        }
    };
    series.instances.iter().map(one).collect()
}

/// Which groups of alternatives no image shows, each image serving one of them; `open` are images
/// whose projection nothing tells, each of which may be any.
pub fn missing<'w>(wanted: &'w [Vec<View>], shown: &[&Shown], open: usize) -> Missing<'w> {
    let serves = |group: &[View], image: &Shown| {
        group.iter().any(|w| image.views.iter().any(|v| fits(w, v)))
    };
    let edges: Vec<Vec<usize>> = wanted
        .iter()
        .map(|g| shown.iter().enumerate().filter(|(_, i)| serves(g, i)).map(|(at, _)| at).collect())
        .collect();
    let unserved = unserved_needs(&edges, shown.len());
    let groups: Vec<&[View]> =
        unserved.iter().filter_map(|g| wanted.get(*g)).map(Vec::as_slice).collect();
    Missing { certain: groups.len() > open, groups }
}

/// What no image shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing<'w> {
    /// The groups of alternatives.
    pub groups: Vec<&'w [View]>,
    /// Whether images of unknown projection cannot account for all of them.
    pub certain: bool,
}
