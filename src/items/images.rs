//! What the image series of one modality say: projections and sides of each image, contrast agent
//! and phase words, sequences, and the parts their words or Body Part Examined name.

use dicom_dictionary_std::tags;

use crate::model::study::{Instance, Series};

use super::agent::{Agent, agent};
use super::describe::{Source, series_lines};
use super::exam::{Evidence, Side, View};
use super::lexicon::{Lexicon, SideModel};
use super::text::{self, Part};

/// One image as far as projection and side go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Image {
    anatomy: Vec<String>,
    pub views: Vec<String>,
    pub postures: Vec<String>,
    from_attribute: bool,
    pub side: Option<Side>,
    /// Attribute and words of the series name different sides.
    side_contradicted: bool,
}

/// The image series of one modality.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ImageFacts {
    /// How many image series there are.
    pub series: usize,
    /// Parts the series name, with the attribute.
    pub parts: Vec<(&'static str, Part)>,
    /// Contrast words of the series.
    pub contrasts: Vec<String>,
    /// Technique words of the series.
    pub techniques: Vec<String>,
    /// Whether any series has words at all.
    pub described: bool,
    /// The contrast agent of a series.
    pub agent: Option<String>,
    /// Images that say the same, and how many they are.
    images: Vec<(Image, usize)>,
}

/// The images of one part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PartImages {
    images: Vec<Image>,
    /// Images whose projection nothing tells.
    pub without_view: usize,
    /// Images whose side nothing tells.
    pub without_side: usize,
    /// An image's attribute and the words of its series name different sides.
    pub side_contradicted: bool,
    /// What the images' attributes say.
    pub evidence: Vec<Evidence>,
}

/// Reads the image series of one modality.
pub(super) fn collect(lexicon: &Lexicon, modality: &str, all: &[&Series]) -> ImageFacts {
    let mut facts = ImageFacts::default();
    let mut by_body_part = Vec::new();
    for series in all {
        let Some(first) = series.instances.first() else { continue };
        let lines = series_lines(first);
        let mut reading = text::Reading::default();
        for Source { name, text } in &lines {
            let mut one = text::read(lexicon, &lexicon.normalise(text), modality);
            reading.localizer |= one.localizer;
            reading.loose.merge(&one.loose);
            for part in one.parts.drain(..) {
                push_part(&mut reading.parts, part.clone());
                push_named(&mut facts.parts, name, part);
            }
        }
        if reading.localizer || is_localizer(first) {
            facts.parts.retain(|(_, p)| !reading.parts.contains(p));
            continue;
        }
        facts.series += 1;
        facts.described |= !lines.is_empty();
        let mut said = reading.loose.clone();
        reading.parts.iter().for_each(|p| said.merge(&p.modifiers));
        push_all(&mut facts.contrasts, &said.contrasts);
        push_all(&mut facts.techniques, &said.techniques);
        if facts.agent.is_none() {
            facts.agent = match agent(&first.attributes, lexicon) {
                Agent::Given(text) => Some(text.to_owned()),
                _ => None,
            };
        }
        let body = body_part(lexicon, first, modality);
        if let Some(part) = &body {
            push_named(&mut by_body_part, "Body Part Examined", part.clone());
        }
        let anatomy = reading.parts.first().or(body.as_ref()).map(|p| p.anatomy.clone());
        for instance in &series.instances {
            if !is_localizer(instance) {
                let base =
                    Image { anatomy: anatomy.clone().unwrap_or_default(), ..Image::default() };
                let image = image(lexicon, modality, instance, &said, base);
                match facts.images.last_mut() {
                    Some((last, count)) if *last == image => *count += 1,
                    _ => facts.images.push((image, 1)),
                }
            }
        }
    }
    if facts.parts.is_empty() {
        facts.parts = by_body_part;
    }
    facts
}

fn push_part(parts: &mut Vec<Part>, part: Part) {
    match parts.iter_mut().find(|p| p.anatomy == part.anatomy) {
        Some(same) => same.modifiers.merge(&part.modifiers),
        None => parts.push(part),
    }
}

fn push_named(parts: &mut Vec<(&'static str, Part)>, name: &'static str, mut part: Part) {
    // Sides and projections of a series stand with its images, not with the part as a whole.
    part.modifiers.sides.clear();
    part.modifiers.views.clear();
    part.modifiers.postures.clear();
    part.modifiers.said.clear();
    match parts.iter_mut().find(|(_, p)| p.anatomy == part.anatomy) {
        Some((_, same)) => same.modifiers.merge(&part.modifiers),
        None => parts.push((name, part)),
    }
}

fn push_all(into: &mut Vec<String>, from: &[String]) {
    for x in from {
        if !into.contains(x) {
            into.push(x.clone());
        }
    }
}

fn is_localizer(instance: &Instance) -> bool {
    instance.attributes.texts(tags::IMAGE_TYPE).iter().any(|t| t.trim() == "LOCALIZER")
}

pub(super) fn body_part(lexicon: &Lexicon, instance: &Instance, modality: &str) -> Option<Part> {
    let text = instance.attributes.text(tags::BODY_PART_EXAMINED)?;
    if let Some(value) = lexicon.body_part(text, modality) {
        let anatomy = value.split('|').map(str::to_owned).collect();
        return Some(Part { anatomy, text: text.to_owned(), ..Part::default() });
    }
    let reading = text::read(lexicon, &lexicon.normalise(text), modality);
    let part = reading.parts.into_iter().next()?;
    Some(Part { modifiers: text::Modifiers::default(), ..part })
}

pub(super) fn image(
    lexicon: &Lexicon,
    modality: &str,
    instance: &Instance,
    said: &text::Modifiers,
    mut image: Image,
) -> Image {
    let a = &instance.attributes;
    let code = a.items(tags::VIEW_CODE_SEQUENCE).first().and_then(|i| i.text(tags::CODE_VALUE));
    let stated = [a.text(tags::VIEW_POSITION), code]
        .into_iter()
        .flatten()
        .find_map(|v| lexicon.view_position(v, modality));
    image.postures.clone_from(&said.postures);
    match stated {
        Some(view) => {
            image.views = vec![refine(view, &said.views)];
            image.from_attribute = true;
        }
        None => image.views.clone_from(&said.views),
    }
    let frame_side = || {
        let groups = a.items(tags::FRAME_ANATOMY_SEQUENCE);
        groups.first().and_then(|g| g.text(tags::FRAME_LATERALITY))
    };
    let stated = a
        .text(tags::IMAGE_LATERALITY)
        .or_else(|| a.text(tags::LATERALITY))
        .or_else(frame_side)
        .and_then(Side::parse);
    let words = said.side();
    image.side_contradicted =
        matches!((stated, words), (Some(s), Some(w)) if s != w && w != Side::B);
    image.side = stated.or(words);
    image
}

/// The words of the series say more than View Position where it only says the direction: an open
/// mouth film is AP, a flexion film lateral.
fn refine(stated: &str, words: &[String]) -> String {
    let finer = |w: &&String| match stated {
        "AP" | "PA" => w.as_str() == "OPEN_MOUTH" || w.as_str() == "AXIAL",
        "LAT" | "LAT_L" | "LAT_R" => w.starts_with("LAT:"),
        _ => false,
    };
    match words {
        [_] => words.iter().find(finer).map_or(stated, |w| w.as_str()).to_owned(),
        _ => stated.to_owned(),
    }
}

impl ImageFacts {
    /// The images of a part: all of them where the study has one part.
    pub fn of_part(&self, anatomy: &[String], many: bool) -> PartImages {
        let of_part = |i: &Image| !many || i.anatomy.as_slice() == anatomy;
        let chosen: Vec<&(Image, usize)> = self.images.iter().filter(|(i, _)| of_part(i)).collect();
        let count = |f: fn(&Image) -> bool| -> usize {
            chosen.iter().filter(|(i, _)| f(i)).map(|(_, n)| *n).sum()
        };
        let mut out = PartImages {
            without_view: count(|i| i.views.is_empty()),
            without_side: count(|i| i.side.is_none()),
            side_contradicted: chosen.iter().any(|(i, _)| i.side_contradicted),
            images: chosen.iter().map(|(i, _)| i.clone()).collect(),
            evidence: Vec::new(),
        };
        for (image, _) in chosen {
            if image.from_attribute {
                out.note("view", &image.views.join(";"), "View Position");
            }
            if let Some(side) = image.side {
                out.note("side", &side.to_string(), "Image Laterality or Laterality");
            }
        }
        out
    }
}

impl PartImages {
    fn note(&mut self, facet: &str, value: &str, source: &str) {
        let e = Evidence {
            facet: facet.to_owned(),
            value: value.to_owned(),
            source: source.to_owned(),
            text: value.to_owned(),
        };
        if !self.evidence.contains(&e) {
            self.evidence.push(e);
        }
    }

    /// The side the images show: left and right images together are both.
    pub fn side(&self) -> Option<Side> {
        let sides: Vec<Side> = self.images.iter().filter_map(|i| i.side).collect();
        let first = *sides.first()?;
        Some(if sides.iter().all(|s| *s == first) { first } else { Side::B })
    }

    /// The projections of all images.
    pub fn views(&self, anatomy: &[String], lexicon: &Lexicon) -> Vec<View> {
        views(self.images.iter(), anatomy, lexicon)
    }

    /// The projections of the images of one side.
    pub fn views_of(&self, side: Side, anatomy: &[String], lexicon: &Lexicon) -> Vec<View> {
        views(self.images.iter().filter(|i| i.side == Some(side)), anatomy, lexicon)
    }
}

/// LL and RL name the side of a lateral of the trunk; of a paired part they are just laterals.
fn views<'a>(
    images: impl Iterator<Item = &'a Image>,
    anatomy: &[String],
    lexicon: &Lexicon,
) -> Vec<View> {
    let paired = anatomy.iter().all(|a| lexicon.side_model(a) == SideModel::Paired);
    let mut out: Vec<View> = Vec::new();
    for image in images {
        for view in &image.views {
            let lateral = paired && matches!(view.as_str(), "LAT_L" | "LAT_R");
            let projection = if lateral { "LAT".to_owned() } else { view.clone() };
            let posture = match image.postures.as_slice() {
                [one] => Some(one.clone()),
                _ => None,
            };
            let view = View { projection, posture };
            if !out.contains(&view) {
                out.push(view);
            }
        }
    }
    out.sort();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::attribute::{Attributes, Stored, Value};

    fn instance(set: &[(dicom_core::Tag, &str)]) -> Instance {
        let mut attributes = Attributes::default();
        for (tag, text) in set {
            attributes.set_text(*tag, *text);
        }
        Instance { attributes, ..Instance::default() }
    }

    fn series(modality: &str, instances: Vec<Instance>) -> Series {
        Series { uid: "1".into(), modality: modality.into(), instances }
    }

    #[test]
    fn localizers_say_nothing_about_the_examination() {
        let lexicon = Lexicon::embedded().unwrap();
        let mut scout = instance(&[(tags::SERIES_DESCRIPTION, "Topogram HEAD")]);
        let kind = ["ORIGINAL", "PRIMARY", "LOCALIZER"].map(str::to_owned).to_vec();
        scout.attributes.set(tags::IMAGE_TYPE, Stored::Present(Value::Text(kind.into())));
        let chest = instance(&[(tags::SERIES_DESCRIPTION, "Chest 5.0")]);
        let (a, b) = (series("CT", vec![scout]), series("CT", vec![chest]));
        let facts = collect(&lexicon, "CT", &[&a, &b]);
        let parts: Vec<&str> =
            facts.parts.iter().flat_map(|(_, p)| &p.anatomy).map(String::as_str).collect();
        assert_eq!((facts.series, parts), (1, vec!["chest"]));
    }

    #[test]
    fn laterals_of_a_paired_part_have_no_side_of_their_own() {
        let lexicon = Lexicon::embedded().unwrap();
        let view = |part: &str| {
            let film = instance(&[(tags::VIEW_POSITION, "LL"), (tags::BODY_PART_EXAMINED, part)]);
            let s = series("DX", vec![film]);
            let facts = collect(&lexicon, "DX", &[&s]);
            let anatomy = facts.parts.first().map(|(_, p)| p.anatomy.clone()).unwrap_or_default();
            let own = facts.of_part(&anatomy, false);
            own.views(&anatomy, &lexicon).iter().map(View::to_string).collect::<Vec<_>>()
        };
        assert_eq!(view("KNEE"), ["LAT"]);
        assert_eq!(view("CHEST"), ["LAT_L"]);
    }

    #[test]
    fn attribute_and_words_of_a_series_that_differ_are_a_contradiction() {
        let lexicon = Lexicon::embedded().unwrap();
        let film = instance(&[(tags::SERIES_DESCRIPTION, "左膝正位"), (tags::LATERALITY, "R")]);
        let s = series("DX", vec![film]);
        let facts = collect(&lexicon, "DX", &[&s]);
        assert!(facts.of_part(&["knee".to_owned()], false).side_contradicted);
    }
}
