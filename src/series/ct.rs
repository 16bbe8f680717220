//! A CT series: role, kernel, rendering, phase.

use dicom_dictionary_std::tags;

use crate::items::lexicon::Lexicon;
use crate::items::series_words::{Grade, Place};
use crate::measure::volumes::Volume;
use crate::model::values::ValueText;

use super::agent::{self, PhaseTimes};
use super::claim::{Claim, heaviest, weigh};
use super::image::{Image, Images};
use super::kernel;
use super::kind::{Facet, Kind, Phase, Plane, Rendering, SeriesKind, StackKind, Witness};
use super::mr::{contrast, lay};
use super::plane::{self, Lie};
use super::time;
use super::words::{PURPOSE, Words};

/// Says what a CT series is.
pub fn describe(
    images: &Images<'_>,
    volume: &Volume<'_>,
    words: &Words<'_>,
    lexicon: &Lexicon,
    times: PhaseTimes,
) -> SeriesKind {
    let Some(first) = images.all().next() else { return SeriesKind::default() };
    let lie = plane::lie(images, volume, lexicon);
    let mut out =
        SeriesKind { time_points: time::points(images, volume, lexicon), ..SeriesKind::default() };
    out.rendering = rendering(first, words, lexicon, &mut out);
    let said = words.kinds();
    let role = |image: &Image<'_>, rendering| role(image, lie, rendering, &said, lexicon);
    let decided = role(first, out.rendering);
    if let Some(claim) = &decided {
        out.kind = Some(claim.value.clone());
        out.confidence = claim.weight;
        let fact = claim.fact(Facet::Kind, witness(claim), |k| k.word().to_owned().into());
        out.facts.push(fact);
    }
    for (claim, _) in &said {
        out.facts.push(claim.fact(Facet::Kind, Witness::Words, |k| k.word().to_owned().into()));
    }
    lay(lie, lexicon, &mut out);
    out.kernel = kernel::of(first, words, lexicon, &mut out.facts);
    let is_image = !matches!(out.kind, Some(Kind::Localizer | Kind::Dose));
    if is_image {
        contrast(agent::contrast(first, lexicon), words, &mut out);
    }
    let phases: Vec<Option<Phase>> = images
        .stacks
        .iter()
        .map(|i| if is_image { phase(i, words, lexicon, times, None) } else { None })
        .collect();
    if is_image {
        out.phase = phase(first, words, lexicon, times, Some(&mut out.facts));
        if let Some(phase) = out.phase {
            out.post_contrast = Some(phase != Phase::Plain);
        }
    }
    let stack = |(image, phase): (&Image<'_>, Option<Phase>)| StackKind {
        kind: role(image, out.rendering).map(|c| c.value),
        phase,
        ..StackKind::default()
    };
    out.stacks = images.stacks.iter().zip(phases).map(stack).collect();
    out
}

fn witness(claim: &Claim<Kind>) -> Witness {
    let words = ["SeriesDescription", "ProtocolName"].contains(&claim.source);
    if words { Witness::Words } else { Witness::Physics }
}

fn rendering(
    image: &Image<'_>,
    words: &Words<'_>,
    lexicon: &Lexicon,
    out: &mut SeriesKind,
) -> Option<Rendering> {
    let says = |t: &ValueText| {
        let say = lexicon.series.code(Place::ImageRendering, t, "CT")?;
        Some(Claim::new(Rendering::parse(&say.value)?, say.weight, "ImageType", t.trim()))
    };
    let physics: Vec<Claim<Rendering>> = image.types().iter().filter_map(says).collect();
    // A word for a rendering counts in a series that says it was made from another.
    let derived =
        image.has(tags::IMAGE_TYPE, "DERIVED") || image.has(tags::IMAGE_TYPE, "SECONDARY");
    let mut said = words.claims(Place::Rendering, Rendering::parse);
    for (claims, who) in [(&physics, Witness::Physics), (&said, Witness::Words)] {
        let fact = |c: &Claim<Rendering>| c.fact(Facet::Rendering, who, |r| r.word().into());
        out.facts.extend(claims.iter().map(fact));
    }
    if !derived {
        said.clear();
    }
    weigh(&physics, &said).value
}

/// What a CT image is for.
fn role(
    image: &Image<'_>,
    lie: Option<Lie>,
    rendering: Option<Rendering>,
    said: &[(Claim<Kind>, u32)],
    lexicon: &Lexicon,
) -> Option<Claim<Kind>> {
    if let Some(coded) = coded(image, lexicon) {
        return Some(coded);
    }
    if let Some((purpose, _)) = said.iter().find(|(_, rank)| *rank >= PURPOSE) {
        // Words alone make no dose page of images that lie in a volume.
        let lies = lie.is_some() && purpose.value == Kind::Dose;
        if !lies {
            return Some(purpose.clone());
        }
    }
    let made = |kind, r: Rendering| {
        Some(Claim::new(kind, lexicon.series.weight(Grade::Firm), "ImageType", r.word()))
    };
    let across = lie.is_some_and(|l| l.nearest.is_none_or(|n| n != Plane::Tra));
    match rendering {
        Some(r @ (Rendering::Mip | Rendering::MinIp | Rendering::Vr)) => return made(Kind::Mip, r),
        Some(r @ Rendering::Cpr) => return made(Kind::Mpr, r),
        Some(r @ Rendering::Mpr) if across || lie.is_none() => return made(Kind::Mpr, r),
        _ => {}
    }
    if across {
        // CT is acquired across the body: another plane was made from a volume.
        return Some(Claim::new(
            Kind::Mpr,
            lexicon.series.weight(Grade::Likely),
            "ImageOrientationPatient",
            "",
        ));
    }
    by_thickness(image, said, lexicon)
}

fn coded(image: &Image<'_>, lexicon: &Lexicon) -> Option<Claim<Kind>> {
    let by_type = image.types().iter().find_map(|t| {
        let say = lexicon.series.code(Place::ImageKind, t, "CT")?;
        Some(Claim::new(Kind::parse(&say.value)?, say.weight, "ImageType", t.trim()))
    });
    by_type.or_else(|| {
        image.texts(tags::SCAN_OPTIONS).iter().find_map(|t| {
            let say = lexicon.series.code(Place::ScanKind, t, "CT")?;
            Some(Claim::new(Kind::parse(&say.value)?, say.weight, "ScanOptions", t.trim()))
        })
    })
}

fn by_thickness(
    image: &Image<'_>,
    said: &[(Claim<Kind>, u32)],
    lexicon: &Lexicon,
) -> Option<Claim<Kind>> {
    let Some(mm) = image.float(tags::SLICE_THICKNESS).filter(|t| *t > 0.0) else {
        let words: Vec<Claim<Kind>> = said.iter().map(|(c, _)| c.clone()).collect();
        return heaviest(&words).cloned();
    };
    let limit = lexicon.series.limit("ct_thick_min");
    let near = (mm - limit).abs() <= lexicon.series.limit("ct_thickness_grey");
    let kind = if mm >= limit { Kind::Thick } else { Kind::Thin };
    Some(Claim::new(
        kind,
        lexicon.series.weight(if near { Grade::Fair } else { Grade::Sure }),
        "SliceThickness",
        mm.to_string(),
    ))
}

fn phase(
    image: &Image<'_>,
    words: &Words<'_>,
    lexicon: &Lexicon,
    times: PhaseTimes,
    facts: Option<&mut Vec<super::kind::Fact>>,
) -> Option<Phase> {
    let agent = agent::contrast(image, lexicon);
    let physics = agent::phase(image, agent.as_ref(), lexicon, times);
    let said = words.phases();
    if let Some(facts) = facts {
        let told = |c: &Claim<Phase>, who| c.fact(Facet::Phase, who, |p| p.word().into());
        facts.extend(physics.iter().map(|c| told(c, Witness::Physics)));
        facts.extend(said.iter().map(|c| told(c, Witness::Words)));
    }
    agent::settle(physics.as_ref(), &said)
}
