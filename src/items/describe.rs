//! From the header of a study to [`ExamDescription`]: which parts of the body were examined how,
//! by the order's words first, then the series', then Body Part Examined. It knows no catalogue.

use std::collections::BTreeMap;

use dicom_dictionary_std::tags;

use crate::model::attribute::Attributes;
use crate::model::study::{Instance, Series, Study};

use super::exam::{Evidence, Exam, ExamDescription, SideFact, StatedCode, View};
use super::images::{self, ImageFacts};
use super::lexicon::{Facet, Lexicon, SideModel};
use super::text::{self, Modifiers, Part, Reading};

/// A line of words and the attribute it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub name: &'static str,
    pub text: String,
}

/// The attribute that names a part where no words do.
const BODY_PART: &str = "Body Part Examined";

/// Reads the header of a study.
pub fn describe(study: &Study, lexicon: &Lexicon) -> ExamDescription {
    let orders = orders(study);
    let mut out = ExamDescription {
        codes: codes(study),
        names: orders.iter().map(|o| lexicon.normalise(&o.text)).collect(),
        age_days: study.instances().find_map(|(_, i)| age_days(&i.attributes)),
        ..ExamDescription::default()
    };
    let mut groups: BTreeMap<String, Vec<&Series>> = BTreeMap::new();
    for series in &study.series {
        if let Some(modality) = lexicon.modality(&series.modality) {
            groups.entry(modality.to_owned()).or_default().push(series);
        }
    }
    for (modality, series) in &groups {
        describe_modality(lexicon, modality, series, &orders, &mut out);
    }
    let words = out.exams.iter().any(|e| e.techniques.iter().any(|t| t == "infant"));
    out.infant_word = words;
    explained_agents(&mut out);
    out
}

fn describe_modality(
    lexicon: &Lexicon,
    modality: &str,
    series: &[&Series],
    orders: &[Source],
    out: &mut ExamDescription,
) {
    // Where only localizers were sent the order still tells what should have been there.
    let images = images::collect(lexicon, modality, series);
    let readings: Vec<(&Source, Reading)> = orders
        .iter()
        .map(|o| (o, text::read(lexicon, &lexicon.normalise(&o.text), modality)))
        .collect();
    let (parts, loose, source) = choose(&readings, &images);
    let unclear = readings.iter().any(|(_, r)| r.side_unclear) || sides_differ(&readings);
    // The order's words are not understood, and only a coarse attribute names a part.
    let guessed = source == BODY_PART && readings.iter().any(|(_, r)| r.residue);
    let conflict = modality_conflict(modality, &readings);
    let many = parts.len() > 1;
    for (source_of_part, part) in parts {
        let mut said = part.modifiers.clone();
        said.merge(&loose);
        let mut exam = Exam {
            modality: modality.to_owned(),
            anatomy: with_segment(&part.anatomy, &said),
            techniques: said.techniques.clone(),
            techniques_series: images.techniques.clone(),
            series_described: images.described,
            conflict: conflict.clone(),
            part_guessed: guessed,
            ..Exam::default()
        };
        exam.contrast.words.clone_from(&said.contrasts);
        exam.contrast.series.clone_from(&images.contrasts);
        exam.contrast.agent = images.agent.is_some();
        let own = images.of_part(&part.anatomy, many);
        exam.views_ordered = said.views(frontal_implied(&part.anatomy));
        exam.views_taken = own.views(&exam.anatomy, lexicon);
        if let (true, [posture]) = (exam.views_ordered.is_empty(), said.postures.as_slice()) {
            for view in &mut exam.views_taken {
                view.posture.get_or_insert_with(|| posture.clone());
            }
        }
        exam.views_unknown = own.without_view;
        exam.side = side(lexicon, &exam.anatomy, &said, &own, unclear);
        exam.evidence = evidence(&part, &said, source_of_part.unwrap_or(source), &own, &images);
        for exam in by_side(lexicon, exam, &own) {
            out.exams.push(exam);
        }
    }
}

/// The parts to judge: of the first order line that names any; else of the series' words; else of
/// Body Part Examined. Lines that name no part, or the same parts, add what they say.
fn choose<'a>(
    readings: &'a [(&'a Source, Reading)],
    images: &'a ImageFacts,
) -> (Vec<(Option<&'static str>, Part)>, Modifiers, &'static str) {
    let mut loose = Modifiers::default();
    for (_, reading) in readings {
        loose.merge(&reading.loose);
    }
    let Some((source, first)) = readings.iter().find(|(_, r)| !r.parts.is_empty()) else {
        let parts = images.parts.iter().map(|(s, p)| (Some(*s), p.clone())).collect();
        let source = images.parts.first().map_or(BODY_PART, |(s, _)| *s);
        return (parts, loose, source);
    };
    let mut parts: Vec<(Option<&'static str>, Part)> =
        first.parts.iter().map(|p| (Some(source.name), p.clone())).collect();
    for (_, other) in readings {
        for (_, part) in &mut parts {
            if let Some(same) = other.parts.iter().find(|p| p.anatomy == part.anatomy) {
                part.modifiers.merge(&same.modifiers);
            }
        }
    }
    (parts, loose, source.name)
}

/// Two lines of the order name different sides of one part.
fn sides_differ(readings: &[(&Source, Reading)]) -> bool {
    let said = || readings.iter().flat_map(|(_, r)| &r.parts);
    said().any(|a| {
        said().any(|b| {
            let sides = (a.modifiers.side(), b.modifiers.side());
            a.anatomy == b.anatomy && matches!(sides, (Some(x), Some(y)) if x != y)
        })
    })
}

fn with_segment(anatomy: &[String], said: &Modifiers) -> Vec<String> {
    let segment = said.techniques.iter().find(|t| t.starts_with("mid_"));
    match (segment, anatomy) {
        (Some(segment), [one]) => vec![format!("{one}_{segment}")],
        _ => anatomy.to_vec(),
    }
}

/// A posture of the abdomen without a projection means the frontal film.
fn frontal_implied(anatomy: &[String]) -> bool {
    anatomy.iter().any(|a| a == "abdomen")
}

fn modality_conflict(modality: &str, readings: &[(&Source, Reading)]) -> Option<String> {
    let named: Vec<&String> = readings.iter().flat_map(|(_, r)| &r.modalities).collect();
    let contradicts = !named.is_empty() && !named.iter().any(|m| *m == modality);
    // A mammogram is called a film too.
    let mammogram = modality == "MG" && named.iter().all(|m| *m == "DX" || *m == "MG");
    (contradicts && !mammogram).then(|| {
        let words: Vec<&str> = named.iter().map(|m| m.as_str()).collect();
        words.join(", ")
    })
}

/// The side: words of the order, then attributes and words of the images; two that exclude each
/// other are a conflict, never a choice.
fn side(
    lexicon: &Lexicon,
    anatomy: &[String],
    said: &Modifiers,
    own: &images::PartImages,
    unclear: bool,
) -> SideFact {
    use super::exam::Side;
    let model = |m: SideModel| anatomy.iter().any(|a| lexicon.side_model(a) == m);
    if !model(SideModel::Paired) && !model(SideModel::Whole) {
        return SideFact::Unknown;
    }
    if unclear || said.side_contradicted() {
        return SideFact::Conflict;
    }
    let words = said.side();
    if own.side_contradicted {
        return SideFact::Conflict;
    }
    let images = own.side();
    match (words, images) {
        (None, None) => SideFact::Unknown,
        (Some(w), None) => SideFact::Known(w),
        (None, Some(i)) => SideFact::Known(i),
        (Some(w), Some(i)) if w == i => SideFact::Known(w),
        // Both ordered, and only some images carry a side: the bare ones may be the other side.
        (Some(Side::B), Some(_)) if own.without_side > 0 => SideFact::Known(Side::B),
        (Some(_), Some(_)) => SideFact::Conflict,
    }
}

/// Where images of left and right show different projections, each side is an examination.
fn by_side(lexicon: &Lexicon, exam: Exam, own: &images::PartImages) -> Vec<Exam> {
    use super::exam::Side;
    if exam.side != SideFact::Known(Side::B) || !exam.views_ordered.is_empty() {
        return vec![exam];
    }
    let views = |side| own.views_of(side, &exam.anatomy, lexicon);
    let (left, right): (Vec<View>, Vec<View>) = (views(Side::L), views(Side::R));
    if left.is_empty() || right.is_empty() || left == right {
        return vec![exam];
    }
    [(Side::L, left), (Side::R, right)]
        .into_iter()
        .map(|(side, views_taken)| Exam {
            side: SideFact::Known(side),
            views_taken,
            ..exam.clone()
        })
        .collect()
}

fn evidence(
    part: &Part,
    said: &Modifiers,
    source: &str,
    own: &images::PartImages,
    images: &ImageFacts,
) -> Vec<Evidence> {
    let fact = |facet: &str, value: &str, source: &str, text: &str| Evidence {
        facet: facet.to_owned(),
        value: value.to_owned(),
        source: source.to_owned(),
        text: text.to_owned(),
    };
    let mut out = vec![fact("anatomy", &part.anatomy.join("|"), source, &part.text)];
    for (facet, value, text) in &said.said {
        let facet = match facet {
            Facet::Side => "side",
            Facet::View => "view",
            Facet::Posture => "posture",
            Facet::Contrast => "contrast",
            _ => "technique",
        };
        out.push(fact(facet, value, source, text));
    }
    if let Some(agent) = &images.agent {
        out.push(fact("contrast", "agent", "Contrast/Bolus Agent", agent));
    }
    for word in &images.contrasts {
        out.push(fact("contrast", word, "Series Description", word));
    }
    out.extend(own.evidence.iter().cloned());
    out
}

/// A contrast agent that an enhanced or angiographic part of the study accounts for does not
/// contradict a plain part of the same study.
fn explained_agents(out: &mut ExamDescription) {
    let accounts = |e: &Exam| e.contrast.words.iter().any(|w| w != "plain");
    let explained = out.exams.len() > 1 && out.exams.iter().any(accounts);
    if explained {
        for exam in &mut out.exams {
            if exam.contrast.words == ["plain"] {
                exam.contrast.agent = false;
                exam.contrast.series.clear();
            }
        }
    }
}

/// The lines that name the order, strongest first.
fn orders(study: &Study) -> Vec<Source> {
    let mut out: Vec<Source> = Vec::new();
    let mut add = |name: &'static str, text: Option<&str>| {
        if let Some(text) = text
            && !out.iter().any(|o| o.text == text)
        {
            out.push(Source { name, text: text.to_owned() });
        }
    };
    let firsts: Vec<&Attributes> =
        study.series.iter().filter_map(|s| s.instances.first()).map(|i| &i.attributes).collect();
    for a in &firsts {
        add("Requested Procedure Description", a.text(tags::REQUESTED_PROCEDURE_DESCRIPTION));
        for item in a.items(tags::REQUEST_ATTRIBUTES_SEQUENCE) {
            add(
                "Requested Procedure Description",
                item.text(tags::REQUESTED_PROCEDURE_DESCRIPTION),
            );
            add(
                "Scheduled Procedure Step Description",
                item.text(tags::SCHEDULED_PROCEDURE_STEP_DESCRIPTION),
            );
        }
    }
    for a in &firsts {
        add("Study Description", a.text(tags::STUDY_DESCRIPTION));
    }
    for a in &firsts {
        add(
            "Performed Procedure Step Description",
            a.text(tags::PERFORMED_PROCEDURE_STEP_DESCRIPTION),
        );
        for tag in [tags::REQUESTED_PROCEDURE_CODE_SEQUENCE, tags::PROCEDURE_CODE_SEQUENCE] {
            for item in a.items(tag) {
                add("Code Meaning", item.text(tags::CODE_MEANING));
            }
        }
    }
    out
}

/// Every procedure code the header states.
fn codes(study: &Study) -> Vec<StatedCode> {
    let mut out: Vec<StatedCode> = Vec::new();
    let mut add = |source: &str, items: &[Attributes]| {
        for item in items {
            let value = item.text(tags::CODE_VALUE).or_else(|| item.text(tags::LONG_CODE_VALUE));
            if let Some(value) = value {
                let code = StatedCode { value: value.to_owned(), source: source.to_owned() };
                if !out.contains(&code) {
                    out.push(code);
                }
            }
        }
    };
    for series in &study.series {
        let Some(first) = series.instances.first() else { continue };
        let a = &first.attributes;
        let requested = tags::REQUESTED_PROCEDURE_CODE_SEQUENCE;
        add("Requested Procedure Code Sequence", a.items(requested));
        add("Procedure Code Sequence", a.items(tags::PROCEDURE_CODE_SEQUENCE));
        add("Performed Protocol Code Sequence", a.items(tags::PERFORMED_PROTOCOL_CODE_SEQUENCE));
        for item in a.items(tags::REQUEST_ATTRIBUTES_SEQUENCE) {
            add("Request Attributes Sequence", item.items(requested));
            let scheduled = tags::SCHEDULED_PROTOCOL_CODE_SEQUENCE;
            add("Request Attributes Sequence", item.items(scheduled));
        }
    }
    out
}

/// Patient's Age in days; DICOM's AS has D, W, M or Y behind three digits.
fn age_days(a: &Attributes) -> Option<u32> {
    let text = a.text(tags::PATIENT_AGE)?;
    let unit = text.chars().last()?;
    let number: u32 = text.strip_suffix(unit)?.trim().parse().ok()?;
    let days = match unit.to_ascii_uppercase() {
        'D' => 1,
        'W' => 7,
        'M' => 30,
        'Y' => 365,
        _ => return None,
    };
    number.checked_mul(days)
}

/// The first instance's words of a series, for the series' own reading.
pub(super) fn series_lines(first: &Instance) -> Vec<Source> {
    let a = &first.attributes;
    let lines = [
        ("Series Description", a.text(tags::SERIES_DESCRIPTION)),
        ("Protocol Name", a.text(tags::PROTOCOL_NAME)),
        ("Acquisition Protocol Name", a.text(tags::ACQUISITION_PROTOCOL_NAME)),
    ];
    lines
        .into_iter()
        .filter_map(|(name, text)| Some(Source { name, text: text?.to_owned() }))
        .collect()
}
