//! SER003: the plain, the enhanced or the dynamic series that the item asks for is not there.

use std::collections::BTreeMap;

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::catalogue::Item;
use crate::policy::params::Params;
use crate::series::Kind;

use super::found::{Acquisition, Offer, State, acquisitions, offers, told};
use super::wanted::{self, Contrast};

declare_check! {
    /// The plain, the enhanced or the dynamic series that the item asks for is missing.
    ///
    /// ## What it does
    /// Looks whether a CT or MR study of an item with contrast holds a series after contrast, one before
    /// contrast where the item is "plain and enhanced", and enough time points where it is dynamic.
    ///
    /// ## Why it matters
    /// Enhancement is read by comparison. Without the plain series calcium and blood look like it, without
    /// the enhanced one the question of the order stays open.
    ///
    /// ## How it is measured
    /// A series is after contrast where Contrast/Bolus Agent, its phase or its words say so, or its kind
    /// needs an agent; MR series after contrast count if they are T1-weighted or angiographies (perfusion
    /// for an item of perfusion). A series of which nothing says contrast counts as plain where another is
    /// known to be enhanced. Time points are those of a dynamic series, or of single series of one plane,
    /// repetition time, echo time and flip angle; their number is held against the setting `mr_dynamic_min_points`.
    /// Where a series of which nothing tells whether contrast was given may be the missing one, the check
    /// could not run, unless there are fewer scans than the item has states.
    ///
    /// ## Known limits
    /// Whether contrast arrived is for the pixels to tell. Any series of the study counts for any of its items.
    ///
    /// ## Parameters
    /// `apart_s`: time between two CT scans from which they are not one.
    ///
    /// ## References
    /// Catalogue of the region; DICOM PS3.16 CID 6314 (130574 Incomplete study), PS3.3 C.7.6.4.
    code: "SER003",
    name: "missing-contrast-state",
    title: ("缺少平扫、增强或动态增强序列", "the plain, enhanced or dynamic series is missing"),
    advice: (
        "核对是否已注射对比剂并补传相应序列；未做增强则项目名称不符",
        "see whether contrast was given and send the series; where it was not, the study is another item"
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
        Input::Header(tags::REPETITION_TIME),
        Input::Header(tags::ECHO_TIME),
        Input::Header(tags::FLIP_ANGLE),
        Input::Setting("enhanced_includes_plain"),
        Input::Setting("mr_dynamic_min_points"),
    ],
    params: [
        ("apart_s", Number, "s", "time between two CT scans from which they are not one"),
    ],
    dicom_code: Some(("DCM:130574", "Incomplete study")),
    run: run,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let includes_plain = view.setting_flag("enhanced_includes_plain");
    let least = view.setting_number("mr_dynamic_min_points");
    let (ct, mr) = (offers(view, Family::Ct), offers(view, Family::Mr));
    let scans = acquisitions(&ct, params.number("apart_s"));
    let nothing = Text::new(
        "该项目不要求增强前后的序列",
        "the item asks for no series before or after contrast",
    );
    wanted::judge(view, &[Family::Ct, Family::Mr], &nothing, |w| {
        let needs = wanted::contrast(w.item, includes_plain);
        if needs == Contrast::default() {
            return None;
        }
        Some(if w.item.modality == "MR" {
            of_mr(w.item, needs, &mr, least)
        } else {
            of_ct(needs, &scans, &ct)
        })
    })
}

/// How a state is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Met {
    Yes,
    Perhaps,
    No,
}

fn of_ct(needs: Contrast, scans: &[Acquisition], ct: &[Offer<'_>]) -> Outcome {
    let count = |state: State| scans.iter().filter(|s| s.state == state).count();
    let (pre, post, open) = (count(State::Pre), count(State::Post), count(State::Open));
    let asked = usize::from(needs.pre) + usize::from(needs.post);
    let enough = scans.len() >= asked;
    let met = |there: bool| match (there, open > 0 && enough) {
        (true, _) => Met::Yes,
        (false, true) => Met::Perhaps,
        (false, false) => Met::No,
    };
    let plain = pre > 0 || (open > 0 && (post > 0 || !needs.post));
    let mut states = Vec::new();
    if needs.pre {
        states.push(("plain", met(plain)));
    }
    if needs.post {
        states.push(("enhanced", met(post > 0)));
    }
    outcome(&states, ct).with(Evidence::new("scans", scans.len()))
}

fn of_mr(item: &Item, needs: Contrast, mr: &[Offer<'_>], least: f64) -> Outcome {
    let perfusion = item.contrast.starts_with("perfusion");
    let venous = item.contrast == "CE-MRV";
    let shows = |o: &&Offer<'_>| match o.kind.kind {
        Some(Kind::PerfDsc) => perfusion,
        Some(Kind::Mrv | Kind::MraTof | Kind::MraPc) => venous || item.contrast == "CE-MRA",
        None => o.unknown(),
        Some(_) => o.t1_like(),
    };
    let showing: Vec<&Offer<'_>> = mr.iter().filter(shows).collect();
    let count = |state: State| showing.iter().filter(|o| o.state() == state).count();
    let known_post = showing.iter().filter(|o| !o.unknown() && o.state() == State::Post).count();
    let unknown = showing.iter().filter(|o| o.unknown()).count();
    // Where a plain T1WI is due besides, a single series cannot be both.
    let plain_t1 = wanted::sequences(item).iter().any(|s| s.plain);
    let spare = count(State::Open) + unknown > usize::from(plain_t1 && count(State::Pre) == 0);
    let plain = mr.iter().any(|o| {
        o.acquired() && !o.unknown() && (o.state() == State::Pre || (o.state() == State::Open))
    });
    let mut states = Vec::new();
    if needs.pre {
        let any_open = mr.iter().any(|o| o.unknown() && o.state() != State::Post);
        states.push((
            "plain",
            if plain {
                Met::Yes
            } else if any_open {
                Met::Perhaps
            } else {
                Met::No
            },
        ));
    }
    if needs.post {
        let met = match (known_post > 0, spare) {
            (true, _) => Met::Yes,
            (false, true) => Met::Perhaps,
            (false, false) => Met::No,
        };
        states.push(("enhanced", met));
    }
    let points = time_points(&showing);
    if needs.dynamic {
        let met = match (f64::from(points) >= least, unknown > 0) {
            (true, _) => Met::Yes,
            (false, true) => Met::Perhaps,
            (false, false) => Met::No,
        };
        states.push(("dynamic", met));
    }
    let outcome = outcome(&states, mr);
    if needs.dynamic {
        outcome.with(Evidence::new("time_points", points).limit(least))
    } else {
        outcome
    }
}

/// The most time points of one way of acquisition among series that can show enhancement.
fn time_points(showing: &[&Offer<'_>]) -> u32 {
    let mut groups: BTreeMap<String, u32> = BTreeMap::new();
    let mut most = 0;
    for o in showing.iter().filter(|o| !o.unknown()) {
        let points = o.kind.time_points.max(1);
        most = most.max(points);
        let Some(first) = o.series.instance(0) else { continue };
        let number = |tag| first.frame_float(0, tag).map(|v| format!("{v:.1}")).unwrap_or_default();
        let key = format!(
            "{:?} {} {} {} {}",
            o.kind.plane,
            number(tags::REPETITION_TIME),
            number(tags::ECHO_TIME),
            number(tags::FLIP_ANGLE),
            o.series.len() / usize::try_from(points).unwrap_or(1).max(1),
        );
        let sum = groups.entry(key).or_default();
        *sum = sum.saturating_add(points);
    }
    groups.into_values().max().unwrap_or(0).max(most)
}

fn outcome(states: &[(&str, Met)], all: &[Offer<'_>]) -> Outcome {
    let zh = |word: &str| match word {
        "plain" => "平扫",
        "enhanced" => "增强",
        _ => "动态增强",
    };
    let not = |met: Met| states.iter().filter(move |s| s.1 == met).map(|s| s.0);
    let lacking: Vec<&str> = states.iter().filter(|s| s.1 != Met::Yes).map(|s| s.0).collect();
    let list = |words: &[&str]| {
        let chinese: Vec<&str> = words.iter().map(|w| zh(w)).collect();
        (chinese.join("、"), words.join(", "))
    };
    let asked: Vec<&str> = states.iter().map(|s| s.0).collect();
    let ((missing_zh, missing_en), (asked_zh, asked_en)) = (list(&lacking), list(&asked));
    let outcome = if lacking.is_empty() {
        let why = Text::new(
            format!("要求的{asked_zh}序列齐全"),
            format!("the series that are asked for are there: {asked_en}"),
        );
        Outcome::pass(Subject::study(), why)
    } else if not(Met::No).count() > 0 {
        let why = Text::new(
            format!("缺少{missing_zh}序列；项目要求{asked_zh}"),
            format!("{missing_en} series missing; the item asks for {asked_en}"),
        );
        Outcome::fail(Subject::study(), why)
    } else {
        let why = Text::new(
            format!("未见{missing_zh}序列，但有序列未注明是否增强，不能断定缺失"),
            format!(
                "no series is known to be {missing_en}, and one that does not say whether contrast was given may be it"
            ),
        );
        Outcome::could_not_run(Subject::study(), why)
    };
    outcome
        .with(Evidence::new("missing_contrast_states", lacking))
        .with(Evidence::new("contrast_states_asked", asked))
        .with(Evidence::new("series_found", told(all)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::ser::cases::{Case, k};
    use crate::checks::testing::evidence;
    use crate::model::outcome::OutcomeKind;
    use crate::series::SeriesKind;

    fn c(kind: Kind, post: Option<bool>) -> SeriesKind {
        SeriesKind { post_contrast: post, ..k(kind) }
    }

    fn at(case: Case, series: usize, time: &'static str) -> Case {
        case.each(series, |i| i.attributes.set_text(tags::ACQUISITION_TIME, time))
    }

    fn missing(o: &Outcome) -> String {
        evidence(o, "missing_contrast_states").to_string()
    }

    #[test]
    fn hit_and_miss_the_enhanced_and_the_plain_series_of_mr() {
        let case = |kinds| Case::new("MR", kinds).contrast("plain+enhanced");
        let (pre, post) = (|| c(Kind::T1wi, Some(false)), || c(Kind::T1wi, Some(true)));
        case(vec![pre(), post()]).one(&CHECK, OutcomeKind::Pass);
        case(vec![c(Kind::T1wi, None), post()]).one(&CHECK, OutcomeKind::Pass);
        let o = case(vec![pre()]).one(&CHECK, OutcomeKind::Fail);
        assert_eq!(missing(&o), r#"["enhanced"]"#);
        let o = case(vec![post()]).one(&CHECK, OutcomeKind::Fail);
        assert_eq!(missing(&o), r#"["plain"]"#);
        // T2WI after contrast shows no enhancement.
        case(vec![pre(), c(Kind::T2wi, Some(true))]).one(&CHECK, OutcomeKind::Fail);
        case(vec![pre(), c(Kind::T1wi, None)]).one(&CHECK, OutcomeKind::CouldNotRun);
        // One T1WI cannot be both the plain and the enhanced one.
        let one = vec![c(Kind::T1wi, None), c(Kind::T2wi, None)];
        case(one).sequences("T1WI;T2WI").one(&CHECK, OutcomeKind::Fail);
    }

    #[test]
    fn enhanced_alone_needs_the_plain_series_where_the_region_says_so() {
        let case = || Case::new("MR", vec![c(Kind::T1wi, Some(true))]).contrast("enhanced");
        case().one(&CHECK, OutcomeKind::Pass);
        case().flag(&CHECK, "enhanced_includes_plain", true).one(&CHECK, OutcomeKind::Fail);
    }

    #[test]
    fn dynamic_needs_time_points_of_one_acquisition() {
        let case = |kinds| Case::new("MR", kinds).contrast("plain+dynamic-enhanced");
        let pre = || c(Kind::T1wi, Some(false));
        let dynamic = |n| SeriesKind { time_points: n, ..c(Kind::PerfDce, Some(true)) };
        case(vec![k(Kind::T2wi), dynamic(5)]).one(&CHECK, OutcomeKind::Pass);
        let o = case(vec![k(Kind::T2wi), dynamic(2)]).one(&CHECK, OutcomeKind::Fail);
        assert_eq!(missing(&o), r#"["dynamic"]"#);
        let post = || c(Kind::T1wi, Some(true));
        case(vec![pre(), post(), post()]).one(&CHECK, OutcomeKind::Pass);
        // Another echo time is another sequence.
        case(vec![pre(), post(), post()])
            .each(0, |i| i.attributes.set_text(tags::ECHO_TIME, "2.3"))
            .one(&CHECK, OutcomeKind::Fail);
    }

    #[test]
    fn angiographies_with_contrast_need_an_agent() {
        let case = |kinds| Case::new("MR", kinds).contrast("CE-MRA");
        case(vec![k(Kind::MraCe)]).one(&CHECK, OutcomeKind::Pass);
        case(vec![c(Kind::MraTof, Some(false))]).one(&CHECK, OutcomeKind::Fail);
        let cta = |post| Case::new("CT", vec![c(Kind::Thin, post)]).contrast("CTA");
        cta(Some(true)).one(&CHECK, OutcomeKind::Pass);
        cta(Some(false)).one(&CHECK, OutcomeKind::Fail);
        cta(None).one(&CHECK, OutcomeKind::CouldNotRun);
    }

    #[test]
    fn two_states_of_ct_need_two_scans() {
        let case = |kinds| Case::new("CT", kinds).contrast("plain+enhanced");
        let both = case(vec![c(Kind::Thick, Some(false)), c(Kind::Thick, Some(true))]);
        at(at(both, 0, "100000"), 1, "100200").one(&CHECK, OutcomeKind::Pass);
        // Two reconstructions of one scan that says nothing.
        let one = case(vec![c(Kind::Thick, None), c(Kind::Thin, None)]);
        at(at(one, 0, "100000"), 1, "100001").one(&CHECK, OutcomeKind::Fail);
        let two = case(vec![c(Kind::Thick, None), c(Kind::Thick, None)]);
        at(at(two, 0, "100000"), 1, "100200").one(&CHECK, OutcomeKind::CouldNotRun);
    }

    #[test]
    fn an_item_without_contrast_is_not_concerned() {
        Case::new("MR", vec![k(Kind::MraTof)])
            .contrast("MRA")
            .one(&CHECK, OutcomeKind::NotApplicable);
        Case::new("MR", vec![k(Kind::T1wi)]).one(&CHECK, OutcomeKind::Pass);
    }
}
