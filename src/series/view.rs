//! The projection of radiographs and mammograms.

use dicom_dictionary_std::tags;

use crate::items::lexicon::{Facet as Words, Lexicon};
use crate::items::series_words::Grade;
use crate::model::family::Family;
use crate::model::study::{Instance, Series};

use super::claim::{Claim, heaviest};
use super::kind::{Facet, Kind, SeriesKind, Witness};

/// Texts that may name the projection, with how far to trust them.
const TEXTS: &[(dicom_core::Tag, &str, Grade)] = &[
    (tags::SERIES_DESCRIPTION, "SeriesDescription", Grade::Likely),
    (tags::ACQUISITION_PROTOCOL_NAME, "AcquisitionProtocolName", Grade::Fair),
    (tags::PROTOCOL_NAME, "ProtocolName", Grade::Weak),
];

/// Says which projection a series shows: that of its first image; facts tell those of all.
pub fn describe(series: &Series, family: Family, lexicon: &Lexicon) -> SeriesKind {
    let modality = if family == Family::Mammography { "MG" } else { "DX" };
    let mut out = SeriesKind { time_points: 1, ..SeriesKind::default() };
    for instance in &series.instances {
        let physics = stated(instance, modality, lexicon);
        let words = named(instance, modality, lexicon);
        if let Some(best) = physics.as_ref().or_else(|| heaviest(&words)) {
            out.kind.get_or_insert_with(|| {
                out.confidence = best.weight;
                Kind::View(best.value.clone())
            });
        }
        let told = physics.iter().map(|c| (c, Witness::Physics));
        for (claim, who) in told.chain(words.iter().map(|c| (c, Witness::Words))) {
            let fact = claim.fact(Facet::Kind, who, |v| v.clone().into());
            if !out.facts.contains(&fact) {
                out.facts.push(fact);
            }
        }
    }
    out
}

/// View Position, else View Code Sequence.
fn stated(instance: &Instance, modality: &str, lexicon: &Lexicon) -> Option<Claim<String>> {
    let a = &instance.attributes;
    let code = a.items(tags::VIEW_CODE_SEQUENCE).first().and_then(|i| i.text(tags::CODE_VALUE));
    let both = [(a.text(tags::VIEW_POSITION), "ViewPosition"), (code, "ViewCodeSequence")];
    both.into_iter().find_map(|(text, source)| {
        let text = text?;
        let view = lexicon.view_position(text, modality)?;
        Some(Claim::new(view.to_owned(), 0.9, source, text))
    })
}

fn named(instance: &Instance, modality: &str, lexicon: &Lexicon) -> Vec<Claim<String>> {
    let mut out = Vec::new();
    for (tag, source, grade) in TEXTS {
        let weight = lexicon.series.weight(*grade);
        let Some(text) = instance.attributes.text(*tag) else { continue };
        let normal = lexicon.normalise(text);
        let hits = lexicon.scan(&normal, modality);
        let views = hits.iter().flat_map(|h| h.senses.iter().map(move |s| (s, &h.text)));
        // A word for several projections (正侧位) names none of an image.
        let views = views.filter(|(s, _)| s.facet == Words::View && !s.value.contains(';'));
        out.extend(views.map(|(s, t)| Claim::new(s.value.clone(), weight, source, t.as_str())));
    }
    let one = out.iter().all(|c| out.first().is_some_and(|f| f.value == c.value));
    if one { out } else { Vec::new() }
}
