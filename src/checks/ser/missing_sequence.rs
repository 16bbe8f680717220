//! SER001: an MR sequence that the item asks for is not there.

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::measure::assign::unserved;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::catalogue::Item;
use crate::policy::params::Params;
use crate::series::{Kind, SeriesKind};

use super::found::{Offer, State, offers, told};
use super::wanted::{self, Sequence};

declare_check! {
    /// An MR sequence that the item asks for is missing.
    ///
    /// ## What it does
    /// Holds the sequences that the matched item prints (T1WI, T2WI, FLAIR, DWI …), or that its class
    /// implies (an MRA needs an angiography), against what each series is, and names those that no
    /// series is.
    ///
    /// ## Why it matters
    /// A sequence that was never sent looks like one that was never needed. What it alone would have
    /// shown (a fresh infarct on DWI) is missed without a trace.
    ///
    /// ## How it is measured
    /// Each series serves one sequence per kind it holds; needs and series are matched so that as many
    /// needs as possible are served. `|` in the catalogue means either, `;` means both. Fat-suppressed
    /// T2WI and STIR serve T2WI, unless the item asks for T2WI and fat-suppressed T2WI both; diffusion of
    /// any sort serves DWI; hydrography is MRCP or a three-dimensional T2WI; an item of plain and enhanced
    /// series needs a T1WI that was not taken after contrast. Fails where a need is left over that series
    /// of unknown kind cannot account for either; where they can, the check could not run.
    ///
    /// ## Known limits
    /// Any series of the study serves any of its MR items: in a study of two parts of the body the
    /// sequence of one hides that the other lacks it. The plane of each sequence is not asked for.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// Catalogue of the region; DICOM PS3.16 CID 6314 (130574 Incomplete study).
    code: "SER001",
    name: "missing-sequence",
    title: ("缺少项目要求的磁共振序列", "an MR sequence that the item asks for is missing"),
    advice: (
        "查看设备上该检查是否有缺少的序列，有则补传；未扫描则不应标注互认标识",
        "look for the sequence on the scanner and send it; where it was not acquired the study bears no label"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Kinds, Input::Stacks, Input::Items],
    params: [],
    dicom_code: Some(("DCM:130574", "Incomplete study")),
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let all: Vec<Offer<'_>> =
        offers(view, Family::Mr).into_iter().filter(Offer::acquired).collect();
    let nothing = Text::new("该项目未列明序列", "the item prints no sequences");
    wanted::judge(view, &[Family::Mr], &nothing, |w| of_item(w.item, &all))
}

/// What one series offers: a kind of it, or an unknown one.
struct Unit<'a> {
    kind: Option<&'a Kind>,
    of: &'a SeriesKind,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Serves {
    Yes,
    Perhaps,
    No,
}

fn of_item(item: &Item, all: &[Offer<'_>]) -> Option<Outcome> {
    let needs = wanted::sequences(item);
    if needs.is_empty() {
        return None;
    }
    let mut units = Vec::new();
    for offer in all {
        let kinds = offer.kind.kinds();
        let unit = |kind| Unit { kind, of: offer.kind, state: offer.state() };
        if kinds.is_empty() {
            units.push(unit(None));
        }
        units.extend(kinds.into_iter().map(|k| unit(Some(k))));
    }
    let both = needs.iter().any(|n| n.words == ["FS-T2WI"]);
    let edges = |accept: fn(Serves) -> bool| -> Vec<Vec<usize>> {
        let served =
            |n: &Sequence, u: &Unit<'_>| n.words.iter().any(|w| accept(serves(w, n, u, both)));
        let mut out = Vec::new();
        for n in &needs {
            let own = units.iter().enumerate().filter(|(_, u)| served(n, u));
            out.push(own.map(|(at, _)| at).collect());
        }
        out
    };
    let missing = unserved(&edges(|s| s == Serves::Yes), units.len());
    let certain = unserved(&edges(|s| s != Serves::No), units.len());
    let names: Vec<String> = missing.iter().filter_map(|n| Some(needs.get(*n)?.told())).collect();
    let asked: Vec<String> = needs.iter().map(Sequence::told).collect();
    let list = names.join(", ");
    let outcome = if missing.is_empty() {
        let why = Text::new("项目要求的序列齐全", "every sequence that the item asks for is there");
        Outcome::pass(Subject::study(), why)
    } else if certain.is_empty() {
        let why = Text::new(
            format!("未见序列{list}，但有序列无法识别，不能断定缺失"),
            format!("no series is {list}, and a series that could not be recognised may be it"),
        );
        Outcome::could_not_run(Subject::study(), why)
    } else {
        let why = Text::new(
            format!("缺少序列{list}；项目要求{}", asked.join(", ")),
            format!("{list} missing; the item asks for {}", asked.join(", ")),
        );
        Outcome::fail(Subject::study(), why)
    };
    Some(
        outcome
            .with(Evidence::new("missing_sequences", names))
            .with(Evidence::new("sequences_asked", asked))
            .with(Evidence::new("series_found", told(all))),
    )
}

/// Whether a unit serves a word of a need; `both`: fat-suppressed T2WI is asked for besides T2WI.
fn serves(word: &str, need: &Sequence, unit: &Unit<'_>, both: bool) -> Serves {
    use Serves::{No, Perhaps, Yes};
    let sure = |yes: bool| if yes { Yes } else { No };
    if need.plain && unit.state == State::Post {
        return No;
    }
    let Some(kind) = unit.kind else { return Perhaps };
    let fat = unit.of.fat_suppressed;
    match word {
        "T1WI" => sure(*kind == Kind::T1wi),
        "T2WI" if both => sure(*kind == Kind::T2wi && fat != Some(true)),
        "T2WI" => sure(matches!(kind, Kind::T2wi | Kind::Stir)),
        "FS-T2WI" => match (kind, fat) {
            (Kind::Stir, _) | (Kind::T2wi, Some(true)) => Yes,
            (Kind::T2wi, None) => Perhaps,
            _ => No,
        },
        "PDWI" => sure(*kind == Kind::Pdwi),
        "FLAIR" => sure(*kind == Kind::Flair),
        "DWI" => sure(kind.is_diffusion()),
        "DTI" => sure(*kind == Kind::Dti),
        "SWI" => sure(*kind == Kind::Swi),
        "MRS" => sure(*kind == Kind::Mrs),
        "ASL" => sure(*kind == Kind::Asl),
        "perfusion" => sure(matches!(kind, Kind::PerfDsc | Kind::PerfDce)),
        "TOF-MRA" => sure(*kind == Kind::MraTof),
        "MRA" => sure(matches!(kind, Kind::MraTof | Kind::MraPc | Kind::MraCe)),
        "CE-MRA" => match kind {
            Kind::MraCe => Yes,
            Kind::MraTof | Kind::MraPc if unit.state == State::Post => Yes,
            _ => No,
        },
        "MRV" => match kind {
            Kind::Mrv | Kind::MraPc => Yes,
            Kind::MraTof | Kind::MraCe => Perhaps,
            _ => No,
        },
        "CE-MRV" => match kind {
            Kind::Mrv | Kind::MraCe => Yes,
            Kind::MraTof | Kind::MraPc if unit.state == State::Post => Perhaps,
            _ => No,
        },
        "heavily-T2-hydrography" => match (kind, unit.of.three_d) {
            (Kind::Mrcp, _) | (Kind::T2wi, Some(true)) => Yes,
            (Kind::T2wi, None) => Perhaps,
            _ => No,
        },
        // A word that nobody taught this check.
        _ => Perhaps,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::ser::cases::{Case, k};
    use crate::checks::testing::evidence;
    use crate::model::outcome::OutcomeKind;

    const HEAD: &str = "T1WI;T2WI;FLAIR;DWI";

    fn head(kinds: Vec<SeriesKind>) -> Case {
        Case::new("MR", kinds).sequences(HEAD)
    }

    fn full() -> Vec<SeriesKind> {
        vec![k(Kind::T1wi), k(Kind::T2wi), k(Kind::Flair), k(Kind::Dwi)]
    }

    #[test]
    fn hit_each_sequence_by_name_and_miss_the_whole_set() {
        head(full()).one(&CHECK, OutcomeKind::Pass);
        for (at, name) in HEAD.split(';').enumerate() {
            let mut kinds = full();
            kinds.remove(at);
            let o = head(kinds).one(&CHECK, OutcomeKind::Fail);
            assert_eq!(evidence(&o, "missing_sequences"), &serde_json::json!([name]));
            assert!(o.why.en.starts_with(name), "{}", o.why.en);
        }
    }

    #[test]
    fn a_series_of_unknown_kind_may_be_the_one() {
        let mut kinds = full();
        kinds[3] = SeriesKind::default();
        head(kinds.clone()).one(&CHECK, OutcomeKind::CouldNotRun);
        // It cannot be two.
        kinds.remove(0);
        head(kinds).one(&CHECK, OutcomeKind::Fail);
    }

    #[test]
    fn fat_suppressed_t2_serves_t2_unless_both_are_asked_for() {
        let fs = || SeriesKind { fat_suppressed: Some(true), ..k(Kind::T2wi) };
        let plain = || SeriesKind { fat_suppressed: Some(false), ..k(Kind::T2wi) };
        let case = |needs: &str, t2: Vec<SeriesKind>| {
            let mut kinds = vec![k(Kind::T1wi)];
            kinds.extend(t2);
            Case::new("MR", kinds).sequences(needs)
        };
        case("T1WI;T2WI", vec![fs()]).one(&CHECK, OutcomeKind::Pass);
        case("T1WI;T2WI|FS-T2WI", vec![k(Kind::Stir)]).one(&CHECK, OutcomeKind::Pass);
        let hips = "T1WI;T2WI;FS-T2WI";
        case(hips, vec![plain(), k(Kind::Stir)]).one(&CHECK, OutcomeKind::Pass);
        for (t2, name) in [(vec![fs(), fs()], "T2WI"), (vec![plain(), plain()], "FS-T2WI")] {
            let o = case(hips, t2).one(&CHECK, OutcomeKind::Fail);
            assert_eq!(evidence(&o, "missing_sequences"), &serde_json::json!([name]));
        }
        // Whether fat is suppressed is not told: the second T2WI may be it.
        case(hips, vec![plain(), k(Kind::T2wi)]).one(&CHECK, OutcomeKind::CouldNotRun);
        // One series is not two sequences.
        case("T1WI;T2WI;PDWI|FS-T2WI", vec![fs()]).one(&CHECK, OutcomeKind::Fail);
        case("T1WI;T2WI;PDWI|FS-T2WI", vec![fs(), k(Kind::Pdwi)]).one(&CHECK, OutcomeKind::Pass);
    }

    #[test]
    fn the_plain_t1_of_a_plain_and_enhanced_item_is_not_the_enhanced_one() {
        let post = || SeriesKind { post_contrast: Some(true), ..k(Kind::T1wi) };
        let case = |kinds| Case::new("MR", kinds).sequences("T1WI;T2WI").contrast("plain+enhanced");
        case(vec![k(Kind::T1wi), k(Kind::T2wi), post()]).one(&CHECK, OutcomeKind::Pass);
        let o = case(vec![k(Kind::T2wi), post()]).one(&CHECK, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "missing_sequences"), &serde_json::json!(["T1WI (plain)"]));
    }

    #[test]
    fn angiographies_are_implied_by_the_class() {
        let case = |class, kinds| Case::new("MR", kinds).contrast(class);
        case("MRA", vec![k(Kind::MraTof)]).one(&CHECK, OutcomeKind::Pass);
        case("MRA", vec![k(Kind::T2wi)]).one(&CHECK, OutcomeKind::Fail);
        case("CE-MRA", vec![k(Kind::MraTof)]).one(&CHECK, OutcomeKind::Fail);
        case("MRV", vec![k(Kind::MraTof)]).one(&CHECK, OutcomeKind::CouldNotRun);
        let thin = SeriesKind { three_d: Some(true), ..k(Kind::T2wi) };
        case("hydrography", vec![thin]).one(&CHECK, OutcomeKind::Pass);
        case("hydrography", vec![k(Kind::T1wi)]).one(&CHECK, OutcomeKind::Fail);
    }

    #[test]
    fn what_no_item_asks_for_is_not_missed() {
        Case::new("MR", full()).one(&CHECK, OutcomeKind::NotApplicable);
        Case::new("CT", vec![k(Kind::Thin)]).one(&CHECK, OutcomeKind::NotApplicable);
        head(full()).ambiguous(&CHECK, OutcomeKind::CouldNotRun);
    }
}
