//! Every MR and CT item of Hechi's list: a complete set of series passes family SER, and each single
//! removal of a series that the item needs is told, by name. Six makers, their words and headers.

#[path = "hechi_sets/scanner.rs"]
#[allow(missing_docs, reason = "named after what they are")]
mod scanner;

use std::collections::BTreeSet;

use hrgate::checks::contract::Depth;
use hrgate::items::catalogue::Catalogue;
use hrgate::items::lexicon::Lexicon;
use hrgate::model::outcome::OutcomeKind;
use hrgate::model::result::{OutcomeResult, StudyResult};
use hrgate::pipeline::judge::{Judge, Rules};
use scanner::{MAKERS, Make, P, Scan, What, study};

/// An item with the words of an order and a complete set.
struct Set {
    item: &'static str,
    order: &'static str,
    part: &'static str,
    series: Vec<Make>,
}

const fn need(what: What, plane: P, lacking: &'static str) -> Make {
    Make { what, plane, lacking }
}

const fn extra(what: What, plane: P) -> Make {
    Make { what, plane, lacking: "" }
}

/// The thick and thin series of a plain scan: none is missed alone.
fn plain_pair() -> Vec<Make> {
    vec![extra(What::Ct(500, Scan::Plain), P::Tra), extra(What::Ct(100, Scan::Plain), P::Tra)]
}

fn plain_only() -> Vec<Make> {
    vec![need(What::Ct(500, Scan::Plain), P::Tra, "plain")]
}

fn plain_and_enhanced() -> Vec<Make> {
    vec![
        need(What::Ct(500, Scan::Plain), P::Tra, "plain"),
        need(What::Ct(500, Scan::Contrast), P::Tra, "enhanced"),
    ]
}

fn angiography() -> Vec<Make> {
    vec![
        need(What::Ct(75, Scan::Contrast), P::Tra, "enhanced"),
        extra(What::CtMip, P::Cor),
        extra(What::CtVr, P::Cor),
    ]
}

fn ct(item: &'static str, order: &'static str, part: &'static str, mut series: Vec<Make>) -> Set {
    series.insert(0, extra(What::Topogram, P::Cor));
    Set { item, order, part, series }
}

fn mr(item: &'static str, order: &'static str, part: &'static str, mut series: Vec<Make>) -> Set {
    series.insert(0, extra(What::MrLocalizer, P::Tra));
    Set { item, order, part, series }
}

fn ct_sets() -> Vec<Set> {
    use Scan::{Arterial, Delayed, Plain, Portal};
    use What::{Ct, CtMpr, CtVr};
    vec![
        ct("HC-2-(1)", "头颅CT平扫", "HEAD", plain_only()),
        ct(
            "HC-2-(2)",
            "副鼻窦CT平扫",
            "HEAD",
            vec![need(Ct(100, Plain), P::Tra, "Tra"), need(CtMpr, P::Cor, "Cor(MPR)")],
        ),
        ct("HC-2-(3)", "鼻咽部CT平扫+增强", "NECK", plain_and_enhanced()),
        ct("HC-2-(4)", "颈部CT平扫+增强", "NECK", plain_and_enhanced()),
        ct(
            "HC-2-(5)",
            "胸部CT平扫",
            "CHEST",
            vec![
                extra(Ct(500, Plain), P::Tra),
                need(Ct(100, Plain), P::Tra, "thin"),
                extra(CtMpr, P::Cor),
            ],
        ),
        ct("HC-2-(6)", "胸部CT平扫+增强", "CHEST", plain_and_enhanced()),
        ct(
            "HC-2-(7)",
            "上腹部CT平扫+增强（三期）",
            "ABDOMEN",
            vec![
                need(Ct(500, Plain), P::Tra, "plain"),
                need(Ct(500, Arterial), P::Tra, "ARTERIAL"),
                need(Ct(500, Portal), P::Tra, "PORTAL"),
                need(Ct(500, Delayed), P::Tra, "LATER"),
            ],
        ),
        ct("HC-2-(8)", "中腹部CT平扫+增强", "ABDOMEN", plain_and_enhanced()),
        ct("HC-2-(9)", "下腹部CT平扫+增强", "ABDOMEN", plain_and_enhanced()),
        ct("HC-2-(10)", "头颈CTA", "NECK", angiography()),
        ct("HC-2-(11)", "冠脉CTA", "HEART", angiography()),
        ct("HC-2-(12)", "肺动脉CTA", "CHEST", angiography()),
        ct("HC-2-(13)", "胸腹主动脉CTA", "CHEST", angiography()),
        ct("HC-2-(14)", "左房肺静脉CTA", "CHEST", angiography()),
        ct(
            "HC-2-(15)",
            "CTU",
            "ABDOMEN",
            vec![need(Ct(125, Delayed), P::Tra, "enhanced"), extra(CtVr, P::Cor)],
        ),
        ct("HC-2-(16)", "颈椎间盘CT平扫", "CSPINE", plain_only()),
        ct("HC-2-(17)", "胸椎CT平扫", "TSPINE", plain_pair()),
        ct("HC-2-(18)", "腰椎间盘CT平扫", "LSPINE", plain_only()),
        ct("HC-2-(19)", "下肢动脉CTA", "LEG", angiography()),
        ct("HC-2-(20)", "内听道CT平扫", "HEAD", vec![need(Ct(75, Plain), P::Tra, "plain")]),
        ct(
            "HC-2-(21)",
            "左踝关节CT平扫+三维重建",
            "ANKLE",
            vec![
                need(Ct(100, Plain), P::Tra, "plain"),
                need(CtMpr, P::Cor, "MPR"),
                need(CtVr, P::Cor, "3D"),
            ],
        ),
    ]
}

/// A dynamic series, or three time points as series of their own.
fn dynamic(plane: P, apart: bool) -> Vec<Make> {
    if apart {
        [20, 60, 180].map(|s| need(What::Point(s), plane, "dynamic")).to_vec()
    } else {
        vec![need(What::Dynamic, plane, "dynamic")]
    }
}

fn abdomen(dynamic: Vec<Make>) -> Vec<Make> {
    let plain = vec![
        need(What::T1, P::Tra, "T1WI"),
        need(What::T2Fs, P::Cor, "T2WI|FS-T2WI"),
        need(What::Dwi, P::Tra, "DWI"),
        need(What::Adc, P::Tra, "ADC"),
    ];
    [plain, dynamic].concat()
}

fn breast(dynamic: Vec<Make>) -> Vec<Make> {
    let plain = vec![
        need(What::T1, P::Tra, "T1WI"),
        need(What::T2Fs, P::Sag, "FS-T2WI"),
        need(What::Dwi, P::Tra, "DWI"),
        need(What::Adc, P::Tra, "ADC"),
    ];
    [plain, dynamic].concat()
}

fn joint() -> Vec<Make> {
    vec![
        need(What::T1, P::Cor, "T1WI"),
        need(What::T2, P::Sag, "T2WI"),
        need(What::PdFs, P::Tra, "Tra"),
        extra(What::PdFs, P::Sag),
    ]
}

fn head() -> Vec<Make> {
    vec![
        need(What::T1, P::Tra, "T1WI"),
        need(What::T2, P::Tra, "T2WI"),
        need(What::Flair, P::Tra, "FLAIR"),
        need(What::Dwi, P::Tra, "DWI"),
        need(What::Adc, P::Tra, "ADC"),
    ]
}

fn mr_sets(maker: usize) -> Vec<Set> {
    use What::{CeMra, CeMrv, Hydro, MrMip, Mrv, T1, T1C, T2, T2Fs, Tof};
    // Some scanners send a dynamic examination phase by phase.
    let apart = maker == 1 || maker == 3;
    let t1_t2 = |one: P, other: P| vec![need(T1, one, "T1WI"), need(T2, other, "T2WI")];
    let with = |mut list: Vec<Make>, more: Make| {
        list.push(more);
        list
    };
    vec![
        mr("HC-3-(1)", "颅脑MRI平扫", "BRAIN", head()),
        mr("HC-3-(2)", "颅脑MRI平扫+增强", "BRAIN", with(head(), need(T1C, P::Tra, "enhanced"))),
        mr(
            "HC-3-(3)",
            "垂体MRI平扫+动态增强",
            "BRAIN",
            [t1_t2(P::Sag, P::Cor), dynamic(P::Cor, apart)].concat(),
        ),
        mr(
            "HC-3-(4)",
            "颈部MRI平扫",
            "NECK",
            vec![need(T1, P::Tra, "T1WI"), need(T2, P::Cor, "Cor"), extra(T2Fs, P::Tra)],
        ),
        mr(
            "HC-3-(5)",
            "颈部MRI平扫+增强",
            "NECK",
            with(t1_t2(P::Sag, P::Cor), need(T1C, P::Tra, "enhanced")),
        ),
        mr(
            "HC-3-(6)",
            "腰椎MRI平扫",
            "LSPINE",
            vec![need(T1, P::Sag, "T1WI"), need(T2, P::Tra, "Tra"), extra(T2Fs, P::Sag)],
        ),
        mr(
            "HC-3-(7)",
            "颈椎MRI平扫+增强",
            "CSPINE",
            with(t1_t2(P::Sag, P::Tra), need(T1C, P::Cor, "enhanced")),
        ),
        mr("HC-3-(8)", "上腹部MRI平扫", "ABDOMEN", abdomen(Vec::new())),
        mr("HC-3-(9)", "上腹部MRI平扫+动态增强", "ABDOMEN", abdomen(dynamic(P::Tra, apart))),
        mr("HC-3-(10)", "下腹部MRI平扫", "ABDOMEN", abdomen(Vec::new())),
        mr("HC-3-(11)", "下腹部MRI平扫+动态增强", "ABDOMEN", abdomen(dynamic(P::Tra, apart))),
        mr(
            "HC-3-(12)",
            "双髋关节MRI平扫",
            "HIP",
            with(t1_t2(P::Tra, P::Cor), need(T2Fs, P::Cor, "FS-T2WI")),
        ),
        mr("HC-3-(13)", "右膝关节MRI平扫", "KNEE", joint()),
        mr("HC-3-(14)", "双侧乳腺MRI平扫", "BREAST", breast(Vec::new())),
        mr("HC-3-(15)", "双侧乳腺MRI平扫+动态增强", "BREAST", breast(dynamic(P::Tra, apart))),
        mr("HC-3-(16)", "颅脑MRA", "BRAIN", vec![need(Tof, P::Tra, "MRA"), extra(MrMip, P::Cor)]),
        mr(
            "HC-3-(17)",
            "颅脑MRA(增强)",
            "BRAIN",
            vec![need(CeMra, P::Cor, "CE-MRA"), extra(MrMip, P::Cor)],
        ),
        mr("HC-3-(18)", "颅脑MRV", "BRAIN", vec![need(Mrv, P::Sag, "MRV"), extra(MrMip, P::Cor)]),
        mr(
            "HC-3-(19)",
            "颅脑MRV(增强)",
            "BRAIN",
            vec![need(CeMrv, P::Sag, "CE-MRV"), extra(MrMip, P::Cor)],
        ),
        mr("HC-3-(20)", "颈部MRA", "NECK", vec![need(Tof, P::Tra, "MRA"), extra(MrMip, P::Cor)]),
        mr(
            "HC-3-(21)",
            "颈部MRA(增强)",
            "NECK",
            vec![need(CeMra, P::Cor, "CE-MRA"), extra(MrMip, P::Cor)],
        ),
        mr("HC-3-(22)", "内耳MRI平扫", "HEAD", t1_t2(P::Tra, P::Cor)),
        mr(
            "HC-3-(23)",
            "内耳水成像",
            "HEAD",
            vec![need(Hydro, P::Tra, "heavily-T2-hydrography"), extra(MrMip, P::Cor)],
        ),
        mr("HC-3-(24)", "左肩关节MRI平扫", "SHOULDER", joint()),
    ]
}

fn ser(result: &StudyResult) -> impl Iterator<Item = &OutcomeResult> {
    result.outcomes.iter().filter(|o| o.code.starts_with("SER"))
}

/// What is not in order, as `code kind why`.
fn told(result: &StudyResult) -> Vec<String> {
    let fine =
        |o: &&OutcomeResult| !matches!(o.outcome, OutcomeKind::Pass | OutcomeKind::NotApplicable);
    ser(result).filter(fine).map(|o| format!("{} {:?} {}", o.code, o.outcome, o.why)).collect()
}

/// Whether a removal is told: a failure that names what is missing; for phases, which only pixels
/// may tell, a check that could not run serves too.
fn names(result: &StudyResult, lacking: &str) -> bool {
    let phase = matches!(lacking, "ARTERIAL" | "PORTAL" | "LATER");
    ser(result).any(|o| {
        let said = || {
            let evidence = o.evidence.iter().filter(|e| e.name.starts_with("missing_"));
            let words: String = evidence.map(|e| e.value.to_string()).collect();
            words.contains(lacking) || o.why.contains(lacking)
        };
        match o.outcome {
            OutcomeKind::Fail => said(),
            OutcomeKind::CouldNotRun => phase && o.code == "SER007",
            _ => false,
        }
    })
}

#[test]
fn complete_sets_pass_and_every_removal_is_named() {
    let policies = hrgate::policy::load::load(None).unwrap_or_else(|e| panic!("{e}"));
    let lexicon = Lexicon::embedded().unwrap_or_else(|e| panic!("{e}"));
    let hechi = "hechi-2024";
    let profile = &policies.profiles[hechi];
    let catalogue = Catalogue::new(hechi, &profile.catalogue, &lexicon);
    let rules = Rules {
        policies: policies.policy(hechi).into_iter().collect(),
        catalogues: vec![&catalogue],
        lexicon: &lexicon,
    };
    let judge = Judge { rules: &rules, depth: Depth::Pixels, as_of: "20260301" };
    let mut wrong = Vec::new();
    let mut items = BTreeSet::new();
    let (mut sets, mut whole, mut removals, mut named, mut extras, mut quiet) = (0, 0, 0, 0, 0, 0);
    for (maker, name) in MAKERS.iter().enumerate() {
        for set in ct_sets().into_iter().chain(mr_sets(maker)) {
            items.insert(set.item);
            sets += 1;
            let run = |series: &[Make]| judge.judge(&study(maker, set.order, set.part, series));
            let result = run(&set.series);
            let place = format!("{name} {}", set.item);
            let matched: Vec<_> = result.items.iter().filter_map(|i| i.item.as_deref()).collect();
            if matched != [set.item] {
                wrong.push(format!("{place}: matched to {matched:?} ({})", set.order));
            }
            let complaints = told(&result);
            whole += usize::from(complaints.is_empty());
            if !complaints.is_empty() {
                wrong.push(format!("{place}: complete, and {complaints:?}"));
            }
            for (at, make) in set.series.iter().enumerate() {
                let mut rest = set.series.clone();
                rest.remove(at);
                let result = run(&rest);
                if make.lacking.is_empty() {
                    extras += 1;
                    let complaints = told(&result);
                    quiet += usize::from(complaints.is_empty());
                    if !complaints.is_empty() {
                        wrong.push(format!(
                            "{place} without {:?}, which nothing needs: {complaints:?}",
                            make.what
                        ));
                    }
                    continue;
                }
                removals += 1;
                let right = names(&result, make.lacking);
                named += usize::from(right);
                if !right {
                    let said = told(&result);
                    wrong.push(format!(
                        "{place} without {:?} {:?}: {said:?}",
                        make.what, make.plane
                    ));
                }
            }
        }
    }
    println!(
        "hechi sets: {} items, {sets} complete sets of {} makers, {whole} pass; {removals} removals, \
         {named} named; {extras} removals of what nothing needs, {quiet} quiet",
        items.len(),
        MAKERS.len()
    );
    assert_eq!(items.len(), 45, "24 MR and 21 CT items");
    assert!(wrong.is_empty(), "{} wrong:\n  {}", wrong.len(), wrong.join("\n  "));
}
