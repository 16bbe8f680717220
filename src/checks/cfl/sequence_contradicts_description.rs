//! CFL001: series whose description names another sequence or contrast state than was acquired.

use crate::checks::contract::Input;
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;
use crate::series::{Facet, Fact, SeriesKind, Witness};

declare_check! {
    /// Series whose description names another sequence, or another contrast state, than was acquired.
    ///
    /// ## What it does
    /// Holds what the scanner set (timing, flags, b-value, contrast agent) against what people wrote into
    /// Series Description and Protocol Name: a series called T1 with the echo of a T2, a FLAIR whose
    /// inversion nulls fat, a plain series with an agent.
    ///
    /// ## Why it matters
    /// Viewers arrange series by their description, and whoever compares with an older examination trusts
    /// it. Behind it stand a protocol copied and changed without its name, or a description edited by hand.
    ///
    /// ## How it is measured
    /// Physics and words each say what the series is, with a weight from 0 to 1. They contradict each other
    /// where neither is a more definite word for the other (T2 is no contradiction to MRCP) and physics
    /// weighs at least `physics_weight_min`, words at least `words_weight_min`. Localizers and maps are
    /// what their words say.
    ///
    /// ## Known limits
    /// Where the scanner left timing out there is nothing to hold words against. Contrast is known only
    /// where an agent, its route or its start is stated; an agent given and not stated is not found here.
    ///
    /// ## Parameters
    /// `physics_weight_min`: weight of physics from which it may accuse. `words_weight_min`: weight of
    /// words from which they are taken at their word.
    ///
    /// ## References
    /// DICOM PS3.3 C.8.3.1 (MR Image), C.7.6.4 (Contrast/Bolus); words and limits with their sources in
    /// `policies/synonyms/series_words.csv` and `series_limits.csv`.
    code: "CFL001",
    name: "sequence-contradicts-description",
    title: (
        "序列描述与采集参数不符",
        "the description of a series contradicts how it was acquired"
    ),
    advice: (
        "核对扫描参数后更正序列描述，并检查扫描方案的命名",
        "compare the acquisition with the description, correct the description and the name of the protocol"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Kinds],
    params: [
        ("physics_weight_min", Number, "1", "weight of physics from which it may accuse"),
        ("words_weight_min", Number, "1", "weight of words from which they are taken at their word"),
    ],
    dicom_code: None,
    run: run,
}

/// What physics and words may be held against each other about.
const FACETS: &[Facet] = &[Facet::Kind, Facet::Contrast];

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let least = (params.number("physics_weight_min"), params.number("words_weight_min"));
    let mut judged = 0_usize;
    let mut outcomes = Vec::new();
    for series in view.series().filter(|s| matches!(s.modality(), "MR" | "CT")) {
        let is = series.kind();
        for facet in FACETS {
            let physics = heaviest(is, *facet, Witness::Physics);
            let words = heaviest(is, *facet, Witness::Words);
            let (Some(physics), Some(words)) = (physics, words) else { continue };
            judged += 1;
            let sure = physics.weight >= least.0 && words.weight >= least.1;
            if sure && is.contradicted.contains(facet) {
                outcomes.push(fail(&series, physics, words));
            }
        }
    }
    if !outcomes.is_empty() {
        return outcomes;
    }
    if judged == 0 {
        let why = Text::new(
            "没有同时具备采集参数与描述的序列",
            "no series has both acquisition parameters and a description that say what it is",
        );
        return vec![Outcome::not_applicable(Subject::study(), why)];
    }
    let why =
        Text::new("序列描述与采集参数一致", "descriptions agree with how the series were acquired");
    vec![Outcome::pass(Subject::study(), why).with(Evidence::new("statements_compared", judged))]
}

fn heaviest(is: &SeriesKind, facet: Facet, witness: Witness) -> Option<&Fact> {
    let said = is.facts.iter().filter(|f| f.facet == facet && f.witness == witness);
    said.reduce(|best, f| if f.weight > best.weight { f } else { best })
}

/// A fact in words.
fn told(fact: &Fact) -> Text {
    match (fact.facet, fact.says.as_str()) {
        (Facet::Contrast, "yes") => Text::new("增强", "with contrast"),
        (Facet::Contrast, _) => Text::new("平扫", "without contrast"),
        (_, kind) => Text::new(kind, kind),
    }
}

fn fail(series: &SeriesView<'_>, physics: &Fact, words: &Fact) -> Outcome {
    let (acquired, described) = (told(physics), told(words));
    let why = Text::new(
        format!("采集为{}（{}），描述为{}", acquired.zh, physics.text, described.zh),
        format!("acquired as {} ({}), described as {}", acquired.en, physics.text, described.en),
    );
    Outcome::fail(series.subject(), why)
        .with(Evidence::new("acquired_as", acquired.en).limit(described.en))
        .with(Evidence::new("acquired_by", format!("{} {}", physics.source, physics.text)))
        .with(Evidence::new("described_by", format!("{} {}", words.source, words.text)))
        .with(Evidence::new("weight_of_physics", physics.weight).unit("1"))
        .with(Evidence::new("weight_of_words", words.weight).unit("1"))
}

#[cfg(test)]
mod tests {
    use dicom_dictionary_std::tags;

    use super::*;
    use crate::checks::testing::{evidence, one, one_with, volume};
    use crate::model::outcome::OutcomeKind;
    use crate::model::study::Study;

    fn mr(description: &str, tr: &str, te: &str) -> Study {
        let mut study = volume("MR", 12, 6.0);
        for i in &mut study.series[0].instances {
            i.attributes.set_text(tags::SERIES_DESCRIPTION, description);
            i.attributes.set_text(tags::REPETITION_TIME, tr);
            i.attributes.set_text(tags::ECHO_TIME, te);
        }
        study
    }

    fn ct(description: &str, agent: &str) -> Study {
        let mut study = volume("CT", 12, 5.0);
        for i in &mut study.series[0].instances {
            i.attributes.set_text(tags::SERIES_DESCRIPTION, description);
            i.attributes.set_text(tags::CONTRAST_BOLUS_AGENT, agent);
        }
        study
    }

    #[test]
    fn hit_a_t1_with_the_echo_of_a_t2_and_miss_a_t2() {
        let o = one(&CHECK, &mr("Ax T1", "4000", "100"), OutcomeKind::Fail);
        assert_eq!(evidence(&o, "acquired_as"), "T2WI");
        one(&CHECK, &mr("Ax T2", "4000", "100"), OutcomeKind::Pass);
        one(&CHECK, &mr("横断位 T1加权", "4000", "100"), OutcomeKind::Fail);
    }

    #[test]
    fn miss_a_localizer_and_a_more_definite_word() {
        one(&CHECK, &mr("3-plane loc", "1000", "90"), OutcomeKind::Pass);
        one(&CHECK, &mr("MRCP thick slab", "4000", "100"), OutcomeKind::Pass);
    }

    #[test]
    fn hit_a_plain_series_with_an_agent_and_miss_without() {
        let o = one(&CHECK, &ct("胸部平扫 5mm", "IOHEXOL"), OutcomeKind::Fail);
        assert_eq!(evidence(&o, "acquired_as"), "with contrast");
        one(&CHECK, &ct("胸部平扫 5mm", "NONE"), OutcomeKind::Pass);
        one(&CHECK, &ct("胸部增强 5mm", "IOHEXOL"), OutcomeKind::Pass);
    }

    #[test]
    fn not_applicable_without_words_or_timing() {
        one(&CHECK, &mr("", "4000", "100"), OutcomeKind::NotApplicable);
        one(&CHECK, &mr("T1", "", ""), OutcomeKind::NotApplicable);
    }

    #[test]
    fn weights_decide_from_the_limit_on() {
        let study = mr("Ax T1", "4000", "100");
        one_with(&CHECK, &study, &[("words_weight_min", 0.75)], OutcomeKind::Fail);
        one_with(&CHECK, &study, &[("words_weight_min", 0.76)], OutcomeKind::Pass);
        one_with(&CHECK, &study, &[("physics_weight_min", 0.9)], OutcomeKind::Fail);
        one_with(&CHECK, &study, &[("physics_weight_min", 0.91)], OutcomeKind::Pass);
    }
}
