//! An MR series: its stacks by physics, and both against the words.

use crate::items::lexicon::Lexicon;
use crate::items::series_words::{Grade, Place};
use crate::measure::volumes::Volume;
use crate::model::study::Series;
use crate::model::values::ValueText;

use super::agent;
use super::claim::{Claim, weigh};
use super::decide::{self, Decided};
use super::diffusion;
use super::fat;
use super::image::{Image, Images};
use super::kind::{Facet, Kind, Phase, Rendering, SeriesKind, StackKind, Witness};
use super::physics_mr::{self, Context};
use super::plane::{self, Lie};
use super::sequence::Sequence;
use super::time;
use super::words::{Words, told, yes_no};

/// Says what an MR series is.
pub fn describe(
    series: &Series,
    images: &Images<'_>,
    volume: &Volume<'_>,
    words: &Words<'_>,
    lexicon: &Lexicon,
) -> SeriesKind {
    let Some(first) = images.all().next() else { return SeriesKind::default() };
    let lie = plane::lie(images, volume, lexicon);
    let agent = agent::contrast(first, lexicon);
    let cx = Context {
        lexicon,
        time_points: time::points(images, volume, lexicon),
        images: volume.slices.len().max(series.instances.len()),
        planes: lie.map_or(0, |l| l.planes),
        contrast: agent.as_ref().map(|a| a.value),
        diffusion: diffusion::of(images.all(), lexicon),
    };
    let said = words.kinds();
    let mut out = SeriesKind { time_points: cx.time_points, ..SeriesKind::default() };
    let decided = stacks(images, &cx, &said, &mut out);
    out.kind.clone_from(&decided.kind);
    if decided.contradicted {
        out.contradicted.push(Facet::Kind);
    }
    for (claim, _) in &said {
        out.facts.push(claim.fact(Facet::Kind, Witness::Words, |k| k.word().to_owned().into()));
    }
    out.confidence = decided.confidence;
    lay(lie, lexicon, &mut out);
    dimension(first, words, lexicon, &mut out);
    fat(first, words, lexicon, &mut out);
    contrast(agent, words, &mut out);
    phase(words, &mut out);
    rendering(first, words, lexicon, &mut out);
    out
}

/// Decides about each stack; returns what the series is, by its first.
fn stacks(
    images: &Images<'_>,
    cx: &Context<'_>,
    said: &[(Claim<Kind>, u32)],
    out: &mut SeriesKind,
) -> Decided {
    let mut series: Option<Decided> = None;
    let mut last: Option<(Vec<Claim<Kind>>, Decided)> = None;
    for image in images.all() {
        let physics = physics_mr::kinds(image, cx);
        let decided = match last.take() {
            Some((before, decided)) if before == physics => decided,
            _ => {
                tell(&physics, out);
                decide::kind(&physics, said, cx.lexicon)
            }
        };
        out.stacks.push(StackKind {
            kind: decided.kind.clone(),
            phase: None,
            b_value: diffusion::b_value(image, cx.lexicon).map(|b| b.value),
            echo_time: image.echo_time(),
        });
        series.get_or_insert_with(|| decided.clone());
        last = Some((physics, decided));
    }
    out.stacks.truncate(images.stacks.len());
    series.unwrap_or_default()
}

fn tell(physics: &[Claim<Kind>], out: &mut SeriesKind) {
    for claim in physics {
        let fact = claim.fact(Facet::Kind, Witness::Physics, |k| k.word().to_owned().into());
        if !out.facts.contains(&fact) {
            out.facts.push(fact);
        }
    }
}

/// The plane and its fact.
pub fn lay(lie: Option<Lie>, lexicon: &Lexicon, out: &mut SeriesKind) {
    let Some(lie) = lie else { return };
    let claim = plane::claim(&lie, lexicon);
    out.facts.push(claim.fact(Facet::Plane, Witness::Physics, |p| p.word().into()));
    out.plane = Some(lie.plane);
    out.confidence = match out.kind {
        Some(_) => out.confidence.min(claim.weight),
        None => claim.weight,
    };
}

fn dimension(image: &Image<'_>, words: &Words<'_>, lexicon: &Lexicon, out: &mut SeriesKind) {
    let word = |d: &bool| if *d { "3D" } else { "2D" }.into();
    let physics: Vec<Claim<bool>> = Sequence::of(image, lexicon)
        .three_d
        .map(|d| Claim::new(d, lexicon.series.weight(Grade::Coded), "MRAcquisitionType", word(&d)))
        .into_iter()
        .collect();
    let said = words.claims(Place::Dimension, |d| Some(d == "3D"));
    record(&physics, Witness::Physics, Facet::Dimension, word, out);
    record(&said, Witness::Words, Facet::Dimension, word, out);
    out.three_d = weigh(&physics, &said).value;
}

fn record<T>(
    claims: &[Claim<T>],
    witness: Witness,
    facet: Facet,
    word: impl Fn(&T) -> std::borrow::Cow<'static, str>,
    out: &mut SeriesKind,
) {
    out.facts.extend(claims.iter().map(|c| c.fact(facet, witness, &word)));
}

fn fat(image: &Image<'_>, words: &Words<'_>, lexicon: &Lexicon, out: &mut SeriesKind) {
    let physics = fat::claims(image, out.kind.as_ref(), lexicon);
    let said = words.claims(Place::Fat, yes_no);
    record(&physics, Witness::Physics, Facet::FatSuppression, told, out);
    record(&said, Witness::Words, Facet::FatSuppression, told, out);
    out.fat_suppressed = weigh(&physics, &said).value;
}

/// Contrast by agent and words, with their facts.
pub fn contrast(agent: Option<Claim<bool>>, words: &Words<'_>, out: &mut SeriesKind) {
    let physics: Vec<Claim<bool>> = agent.into_iter().collect();
    let said = words.contrast();
    record(&physics, Witness::Physics, Facet::Contrast, told, out);
    record(&said, Witness::Words, Facet::Contrast, told, out);
    let both = said.iter().any(|a| said.iter().any(|b| a.value != b.value));
    let weighed = weigh(&physics, &said);
    out.post_contrast = if both && physics.is_empty() { None } else { weighed.value };
    if weighed.contradicted && !both {
        out.contradicted.push(Facet::Contrast);
    }
}

/// A phase that words name; MR protocols set no delays that physics could read.
fn phase(words: &Words<'_>, out: &mut SeriesKind) {
    let said = words.phases();
    record(&said, Witness::Words, Facet::Phase, |p: &Phase| p.word().into(), out);
    if out.post_contrast == Some(false) {
        out.phase = Some(Phase::Plain);
        return;
    }
    let named = agent::settle(None, &said).filter(|p| *p != Phase::Plain);
    out.phase = named.or_else(|| (out.post_contrast == Some(true)).then_some(Phase::Enhanced));
}

/// Rendering by Image Type and words, with their facts.
pub fn rendering(image: &Image<'_>, words: &Words<'_>, lexicon: &Lexicon, out: &mut SeriesKind) {
    let says = |t: &ValueText| {
        let say = lexicon.series.code(Place::ImageRendering, t, "MR")?;
        Some(Claim::new(Rendering::parse(&say.value)?, say.weight, "ImageType", t.trim()))
    };
    let physics: Vec<Claim<Rendering>> = image.types().iter().filter_map(says).collect();
    let said = words.claims(Place::Rendering, Rendering::parse);
    let word = |r: &Rendering| r.word().into();
    record(&physics, Witness::Physics, Facet::Rendering, word, out);
    record(&said, Witness::Words, Facet::Rendering, word, out);
    out.rendering = weigh(&physics, &said).value;
}
