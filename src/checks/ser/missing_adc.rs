//! SER008: diffusion was sent without its ADC map.

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;
use crate::series::Kind;

use super::found::{Offer, offers, told};

declare_check! {
    /// Diffusion without an ADC map.
    ///
    /// ## What it does
    /// Looks for an ADC map in a study that holds diffusion-weighted series.
    ///
    /// ## Why it matters
    /// What is bright on DWI is restricted diffusion or a long T2; only the ADC map tells which.
    ///
    /// ## How it is measured
    /// Kind of each series, from Image Type, b-value and words. A diffusion tensor series is served by its
    /// FA map as well. A derived series that does not say what it is may be the map; then the check could not run.
    ///
    /// ## Known limits
    /// One map serves all diffusion series of a study, of several parts of the body too.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// DICOM PS3.16 CID 6315 (130585 Expected ADC map is missing); Chongqing-Sichuan draft 2025 7.3.3.3.
    code: "SER008",
    name: "missing-adc",
    title: ("弥散加权序列缺少ADC图", "diffusion-weighted images without an ADC map"),
    advice: (
        "在设备上生成并补传ADC图",
        "make the ADC map on the scanner and send it"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Kinds, Input::Stacks],
    params: [],
    dicom_code: Some(("DCM:130585", "Expected ADC map is missing")),
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let all = offers(view, Family::Mr);
    let any = |kind: &Kind| all.iter().any(|o| o.kind.is(kind));
    let plain = any(&Kind::Dwi) || any(&Kind::Trace);
    if !plain && !any(&Kind::Dti) {
        let why = Text::new("检查中没有弥散加权序列", "the study has no diffusion-weighted series");
        return vec![Outcome::not_applicable(Subject::study(), why)];
    }
    let unsaid = |o: &Offer<'_>| o.kind.kind == Some(Kind::Derived) || o.unknown();
    let outcome = if any(&Kind::Adc) || (!plain && any(&Kind::Fa)) {
        let why = Text::new("弥散加权序列有ADC图", "the diffusion-weighted images have an ADC map");
        Outcome::pass(Subject::study(), why)
    } else if all.iter().any(unsaid) {
        let why = Text::new(
            "未见ADC图，但有序列无法识别，不能断定缺失",
            "no series is an ADC map, and one that could not be recognised may be it",
        );
        Outcome::could_not_run(Subject::study(), why)
    } else {
        let why =
            Text::new("有弥散加权序列而没有ADC图", "diffusion-weighted images, and no ADC map");
        Outcome::fail(Subject::study(), why)
    };
    vec![outcome.with(Evidence::new("series_found", told(&all)))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::ser::cases::{Case, k};
    use crate::model::outcome::OutcomeKind;
    use crate::series::{SeriesKind, StackKind};

    fn one(kinds: Vec<SeriesKind>, kind: OutcomeKind) {
        Case::new("MR", kinds).one(&CHECK, kind);
    }

    #[test]
    fn hit_diffusion_without_a_map_and_miss_it_with_one() {
        one(vec![k(Kind::T2wi), k(Kind::Dwi)], OutcomeKind::Fail);
        one(vec![k(Kind::T2wi), k(Kind::Dwi), k(Kind::Adc)], OutcomeKind::Pass);
        one(vec![k(Kind::Trace)], OutcomeKind::Fail);
        one(vec![k(Kind::Dti), k(Kind::Fa)], OutcomeKind::Pass);
        one(vec![k(Kind::Dwi), k(Kind::Derived)], OutcomeKind::CouldNotRun);
        one(vec![k(Kind::T2wi)], OutcomeKind::NotApplicable);
    }

    #[test]
    fn miss_a_map_that_lies_in_the_same_series() {
        let adc = StackKind { kind: Some(Kind::Adc), ..StackKind::default() };
        one(vec![SeriesKind { stacks: vec![adc], ..k(Kind::Dwi) }], OutcomeKind::Pass);
    }
}
