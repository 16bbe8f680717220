//! The contrast agent as the header states it: given, written to be none, or of no use.

use dicom_dictionary_std::tags;

use crate::model::attribute::Attributes;

use super::lexicon::Lexicon;
use super::series_words::Place;

/// What Contrast/Bolus Agent comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Agent<'a> {
    /// It was given into the vessels.
    Given(&'a str),
    /// Words that say there was none, and how sure they are.
    No(&'a str, f64),
    /// Nothing is stated, or nothing that tells of the vessels.
    Silent,
}

/// Reads Contrast/Bolus Agent, its coded form and its route. An agent in the bowel enhances no tissue.
pub fn agent<'a>(attributes: &'a Attributes, lexicon: &Lexicon) -> Agent<'a> {
    let coded = attributes.items(tags::CONTRAST_BOLUS_AGENT_SEQUENCE).first();
    let meaning = coded.and_then(|i| i.text(tags::CODE_MEANING));
    let Some(text) = attributes.text(tags::CONTRAST_BOLUS_AGENT).or(meaning) else {
        return Agent::Silent;
    };
    match lexicon.series.code(Place::NoAgent, text, "") {
        Some(none) if none.value == "none" => Agent::No(text, none.weight),
        Some(_) => Agent::Silent,
        None if by(attributes, lexicon, "oral") && !by(attributes, lexicon, "vessel") => {
            Agent::Silent
        }
        None => Agent::Given(text),
    }
}

/// Whether the route names a way: `oral` or `vessel`.
pub fn by(attributes: &Attributes, lexicon: &Lexicon, way: &str) -> bool {
    let route = attributes.text(tags::CONTRAST_BOLUS_ROUTE).unwrap_or_default();
    let parts = route.split(|c: char| !c.is_alphanumeric() && c != '.');
    parts.filter_map(|p| lexicon.series.code(Place::Route, p, "")).any(|s| s.value == way)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(agent_text: &str, route: &str) -> &'static str {
        let lexicon = Lexicon::embedded().unwrap();
        let mut attributes = Attributes::default();
        attributes.set_text(tags::CONTRAST_BOLUS_AGENT, agent_text);
        attributes.set_text(tags::CONTRAST_BOLUS_ROUTE, route);
        match agent(&attributes, &lexicon) {
            Agent::Given(_) => "given",
            Agent::No(..) => "no",
            Agent::Silent => "silent",
        }
    }

    #[test]
    fn a_written_no_agent_is_none_and_an_oral_or_unknown_one_says_nothing() {
        assert_eq!(of("IOHEXOL", ""), "given");
        assert_eq!(of("IOHEXOL", "IV"), "given");
        assert_eq!(of("none", ""), "no");
        assert_eq!(of("平扫", ""), "no");
        assert_eq!(of("IOHEXOL", "Oral"), "silent");
        assert_eq!(of("UNKNOWN", ""), "silent");
        assert_eq!(of("", ""), "silent");
    }
}
