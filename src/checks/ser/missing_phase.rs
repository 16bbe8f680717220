//! SER007: a contrast phase that a CT item asks for is not there.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::catalogue::Item;
use crate::policy::params::Params;
use crate::series::Phase;

use super::found::{Acquisition, State, acquisitions, offers};
use super::wanted;

declare_check! {
    /// A contrast phase that a CT item asks for is missing.
    ///
    /// ## What it does
    /// Counts the scans of a CT study and holds their phases against those that the item prints: three
    /// phases, or the delayed one.
    ///
    /// ## Why it matters
    /// A liver tumour shows in one phase and vanishes in the next; the delayed phase fills the ureters.
    ///
    /// ## How it is measured
    /// Reconstructions of one scan are put together by phase, Acquisition Time and Acquisition Number. Three
    /// phases are three scans after contrast, of arterial, portal and later phase; where the setting
    /// `three_phases_include_plain` says so, the plain scan is one of the three. Fewer scans than phases
    /// fail. As many scans whose phase headers do not tell: the check could not run, as the pixels have to say.
    ///
    /// ## Known limits
    /// Names and times of phases are believed; whether the vessels are bright is for the pixels to tell.
    ///
    /// ## Parameters
    /// `apart_s`: time between two scans from which they are not one.
    ///
    /// ## References
    /// Hechi 2024 annex 1 2(7); DICOM PS3.16 CID 6314 (130574 Incomplete study).
    code: "SER007",
    name: "missing-phase",
    title: ("缺少要求的增强期相", "a contrast phase that is asked for is missing"),
    advice: (
        "补传缺少的期相；未扫描则不应标注互认标识",
        "send the missing phase; where it was not scanned the study bears no label"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::Kinds,
        Input::Stacks,
        Input::Items,
        Input::Header(tags::ACQUISITION_TIME),
        Input::Header(tags::ACQUISITION_DATE_TIME),
        Input::Header(tags::ACQUISITION_NUMBER),
        Input::Setting("three_phases_include_plain"),
    ],
    params: [
        ("apart_s", Number, "s", "time between two scans from which they are not one"),
    ],
    dicom_code: Some(("DCM:130574", "Incomplete study")),
    run: run,
}

/// Phases that an item can ask for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Three,
    Delayed,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let scans = acquisitions(&offers(view, Family::Ct), params.number("apart_s"));
    let plain_counts = view.setting_flag("three_phases_include_plain");
    let nothing = Text::new("该项目未列明期相", "the item prints no phases");
    wanted::judge(view, &[Family::Ct], &nothing, |w| {
        let asked = asked(w.item)?;
        Some(judged(asked, &scans, plain_counts))
    })
}

fn asked(item: &Item) -> Option<Asked> {
    let said = |word: &str| item.phases_required.words().any(|w| w.contains(word));
    if said("三期") || said("three phases") {
        Some(Asked::Three)
    } else {
        (said("延迟") || said("delayed")).then_some(Asked::Delayed)
    }
}

fn judged(asked: Asked, scans: &[Acquisition], plain_counts: bool) -> Outcome {
    let has = |phase: Phase| scans.iter().any(|s| s.phase == Some(phase));
    let enhanced = scans.iter().filter(|s| s.state == State::Post).count();
    let open = scans.iter().filter(|s| s.state == State::Open).count();
    let unnamed = |s: &&Acquisition| s.state != State::Pre && s.phase.is_none();
    let unnamed = scans.iter().filter(unnamed).count();
    let (wanted, needed) = match (asked, plain_counts) {
        (Asked::Three, false) => (vec![Phase::Arterial, Phase::Portal, Phase::Later], 3),
        // Which two the plain scan is counted with, the text does not say.
        (Asked::Three, true) => (Vec::new(), 2),
        (Asked::Delayed, _) => (vec![Phase::Later], 1),
    };
    let missing: Vec<&str> = wanted.iter().filter(|p| !has(**p)).map(|p| p.word()).collect();
    // Three scans that are named, two of them alike or a fourth one: later is what comes last.
    let named = missing.is_empty();
    let enough = enhanced >= needed;
    let possible = enhanced + open >= needed && missing.len() <= unnamed;
    let outcome = if enough && named {
        let why = Text::new("要求的期相齐全", "every phase that is asked for is there");
        Outcome::pass(Subject::study(), why)
    } else if possible {
        let why = Text::new(
            format!("有{}次增强扫描，期相未全部注明，需由像素判断", enhanced + open),
            format!(
                "{} scans with contrast, not all of a named phase; the pixels have to tell",
                enhanced + open
            ),
        );
        Outcome::could_not_run(Subject::study(), why)
    } else {
        let list =
            if missing.is_empty() { String::new() } else { format!(" ({})", missing.join(", ")) };
        let why = Text::new(
            format!("增强扫描{enhanced}次，应有{needed}个期相；未见期相{list}"),
            format!(
                "{enhanced} scans with contrast, {needed} phases are asked for; not found{list}"
            ),
        );
        Outcome::fail(Subject::study(), why)
    };
    let phases: Vec<&str> = scans
        .iter()
        .map(|s| match (s.phase, s.state) {
            (Some(phase), _) => phase.word(),
            (None, State::Pre) => Phase::Plain.word(),
            (None, State::Post) => Phase::Enhanced.word(),
            (None, State::Open) => "?",
        })
        .collect();
    outcome
        .with(Evidence::new("missing_phases", missing))
        .with(Evidence::new("phases_found", phases))
        .with(Evidence::new("scans_with_contrast", enhanced).limit(needed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::ser::cases::{Case, k};
    use crate::checks::testing::evidence;
    use crate::model::outcome::OutcomeKind;
    use crate::series::{Kind, SeriesKind};

    const TIMES: [&str; 4] = ["100000", "100300", "100335", "100600"];

    /// A plain scan and others of these phases, each at its time.
    fn scans(phases: &[Option<Phase>]) -> Case {
        let plain = SeriesKind { post_contrast: Some(false), ..k(Kind::Thick) };
        let with = |p: &Option<Phase>| SeriesKind {
            post_contrast: Some(true),
            phase: *p,
            ..k(Kind::Thick)
        };
        let kinds: Vec<SeriesKind> = [plain].into_iter().chain(phases.iter().map(with)).collect();
        let case = Case::new("CT", kinds).contrast("plain+enhanced").phases("三期 (three phases)");
        (0..=phases.len()).fold(case, |case, at| {
            case.each(at, |i| i.attributes.set_text(tags::ACQUISITION_TIME, TIMES[at]))
        })
    }

    const ALL: [Option<Phase>; 3] =
        [Some(Phase::Arterial), Some(Phase::Portal), Some(Phase::Later)];

    #[test]
    fn hit_and_miss_three_phases() {
        scans(&ALL).one(&CHECK, OutcomeKind::Pass);
        for at in 0..3 {
            let mut two = ALL.to_vec();
            let name = two.remove(at).unwrap().word();
            let o = scans(&two).one(&CHECK, OutcomeKind::Fail);
            assert_eq!(evidence(&o, "missing_phases"), &serde_json::json!([name]));
        }
    }

    #[test]
    fn scans_without_a_named_phase_are_for_the_pixels() {
        scans(&[None, None, None]).one(&CHECK, OutcomeKind::CouldNotRun);
        scans(&[Some(Phase::Enhanced), Some(Phase::Portal), None])
            .one(&CHECK, OutcomeKind::CouldNotRun);
        scans(&[None, None]).one(&CHECK, OutcomeKind::Fail);
        // Two reconstructions of one scan are one.
        let thrice = scans(&[None, None, None]);
        thrice
            .each(3, |i| i.attributes.set_text(tags::ACQUISITION_TIME, TIMES[2]))
            .one(&CHECK, OutcomeKind::Fail);
    }

    #[test]
    fn the_plain_scan_counts_where_the_setting_says_so() {
        let include = |c: Case| c.flag(&CHECK, "three_phases_include_plain", true);
        include(scans(&ALL[..2])).one(&CHECK, OutcomeKind::Pass);
        include(scans(&ALL[..1])).one(&CHECK, OutcomeKind::Fail);
    }

    #[test]
    fn the_delayed_phase_of_a_urography() {
        let delayed = |phases: &[Option<Phase>]| scans(phases).phases("延迟 (delayed/excretory)");
        delayed(&[Some(Phase::Later)]).one(&CHECK, OutcomeKind::Pass);
        delayed(&[Some(Phase::Portal)]).one(&CHECK, OutcomeKind::Fail);
        delayed(&[None]).one(&CHECK, OutcomeKind::CouldNotRun);
        scans(&ALL).phases("").one(&CHECK, OutcomeKind::NotApplicable);
    }
}
