//! Four descriptions of a catalogue row, from its structured columns and the phrasing tables of
//! `tests/item_phrases/`: Chinese, English, shorthand, and one with a wrong fact in the header.
//! The tables are independent of `policies/synonyms/` and are not fitted to the matcher.

use std::collections::BTreeMap;

use hrgate::policy::catalogue::{Item, Side};

use super::items::{Facts, Image, root};

/// The four kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Chinese,
    English,
    Shorthand,
    WrongSide,
    WrongModality,
    WrongContrast,
}

pub struct Phrases(BTreeMap<String, [String; 3]>);

impl Phrases {
    pub fn load() -> Self {
        let path = root().join("tests/item_phrases/anatomy.csv");
        let mut reader =
            csv::Reader::from_path(path).unwrap_or_else(|e| panic!("phrasing table: {e}"));
        let mut map = BTreeMap::new();
        for record in reader.records() {
            let r = record.unwrap_or_else(|e| panic!("phrasing table: {e}"));
            let cell = |i: usize| r.get(i).unwrap_or_default().to_owned();
            map.insert(cell(0), [cell(1), cell(2), cell(3)]);
        }
        Self(map)
    }

    fn anatomy(&self, row: &Item, language: usize) -> &str {
        let words = self.0.get(&row.anatomy_base);
        let words = words.unwrap_or_else(|| panic!("no phrase for {}", row.anatomy_base));
        &words[language]
    }
}

/// Contrast words: Chinese, English, shorthand; behind the part.
fn contrast(row: &Item) -> [&'static str; 3] {
    match row.contrast.as_str() {
        "plain" => ["平扫", "without contrast", "C-"],
        "enhanced" => ["增强扫描", "with contrast", "C+"],
        "plain+enhanced" => ["平扫+增强", "without and with contrast", "C-/C+"],
        "dynamic-enhanced" => ["动态增强", "dynamic with contrast", "DCE C+"],
        "plain+dynamic-enhanced" => {
            ["平扫+动态增强", "without and with contrast, dynamic", "DCE C-/C+"]
        }
        "CTA" => ["CTA", "CT angiography", "CTA"],
        "CTV" => ["CTV", "CT venography", "CTV"],
        "CTU" => ["CTU", "CT urography", "CTU"],
        "MRA" => ["MRA", "MR angiography", "MRA"],
        "MRA-TOF" => ["TOF-MRA", "time-of-flight MRA", "3D TOF MRA"],
        "CE-MRA" => ["MRA（增强）", "contrast-enhanced MRA", "CE-MRA"],
        "MRV" => ["MRV", "MR venography", "MRV"],
        "CE-MRV" => ["MRV（增强）", "contrast-enhanced MRV", "CE-MRV"],
        "MRCP" => ["MRCP", "MRCP", "MRCP"],
        "hydrography" => ["水成像", "MR hydrography", "HYDROGRAPHY"],
        "perfusion-contrast" if row.modality == "CT" => ["灌注成像", "perfusion", "CTP"],
        "perfusion-contrast" => ["灌注成像（DSC）", "DSC perfusion", "PWI DSC"],
        "perfusion-ASL" => ["ASL灌注", "ASL perfusion", "ASL"],
        "barium" => ["钡餐检查", "barium study", "BARIUM"],
        "none" => ["", "", ""],
        other => panic!("no phrase for contrast {other}"),
    }
}

/// Projection words: Chinese, English; and what View Position says in the shorthand kind.
fn views(row: &Item) -> (String, String, Vec<&'static str>, &'static str) {
    let groups: Vec<&str> =
        row.views.0.iter().filter_map(|g| g.first().map(String::as_str)).collect();
    let posture = groups.iter().find_map(|g| {
        g.split_once(':').map(|(_, p)| p).filter(|p| !matches!(*p, "flexion" | "extension"))
    });
    let bare: Vec<&str> = groups
        .iter()
        .map(|g| match g.split_once(':') {
            Some((v, p)) if !matches!(p, "flexion" | "extension") => v,
            _ => g,
        })
        .collect();
    let (zh, en, header, short): (&str, &str, Vec<&'static str>, &str) =
        match bare.join(";").as_str() {
            "" => ("", "", vec![], ""),
            "AP" => ("正位", "AP view", vec!["AP"], ""),
            "PA" => ("后前位", "PA view", vec!["PA"], ""),
            "LAT" => ("侧位", "lateral view", vec!["LL"], ""),
            "AP;LAT" => ("正侧位", "AP and lateral views", vec!["AP", "LL"], ""),
            "PA;LAT" => ("后前位及侧位", "PA and lateral views", vec!["PA", "LL"], ""),
            "OBL" => ("斜位", "oblique view", vec!["LLO"], ""),
            "AP;OBL" => ("正斜位", "AP and oblique views", vec!["AP", "LLO"], ""),
            "OBL_L;OBL_R" => ("双斜位", "both oblique views", vec!["LPO", "RPO"], ""),
            "AXIAL" => ("轴位", "axial view", vec![], "SKYLINE"),
            "AXIAL;LAT" => ("轴位+侧位", "axial and lateral views", vec![], "AXIAL LAT"),
            "LAT:extension;LAT:flexion" => {
                ("过屈过伸位", "flexion and extension views", vec![], "FLEX/EXT")
            }
            "OPEN_MOUTH" => ("张口位", "open-mouth odontoid view", vec![], "ODONTOID"),
            "LAT_L" => ("左侧位", "left lateral view", vec!["LL"], ""),
            "LAT_R" => ("右侧位", "right lateral view", vec!["RL"], ""),
            "LAO" => ("左前斜位", "left anterior oblique view", vec!["LAO"], ""),
            "RAO" => ("右前斜位", "right anterior oblique view", vec!["RAO"], ""),
            "AP;LAO;RAO" => {
                ("正位、左前斜位、右前斜位", "AP, LAO and RAO views", vec!["AP", "LAO", "RAO"], "")
            }
            "CC" => ("CC位", "CC view", vec!["CC"], ""),
            "MLO" => ("MLO位", "MLO view", vec!["MLO"], ""),
            "CC;MLO" => ("CC+MLO位", "CC and MLO views", vec!["CC", "MLO"], ""),
            other => panic!("no phrase for views {other}"),
        };
    let (pzh, pen, psh) = match posture {
        Some("erect") => ("立位", "erect ", "ERECT"),
        Some("supine") => ("仰卧", "supine ", "SUPINE"),
        Some("inverted") => ("倒立", "inverted ", "INVERTED"),
        _ => ("", "", ""),
    };
    let short = match (short, psh) {
        ("", p) => p,
        (s, _) => s,
    };
    (format!("{pzh}{zh}"), format!("{pen}{en}"), header, short)
}

fn side(row: &Item) -> [&'static str; 3] {
    // A collective entry's phrase carries its own side.
    match row.laterality {
        Side::L | Side::Either => ["左侧", "Left ", "LT "],
        Side::R => ["右侧", "Right ", "RT "],
        Side::B => ["双侧", "Bilateral ", "BIL "],
        Side::Unsided => ["", "", ""],
    }
}

/// Sequences that the order names, and those that are seen among the series.
fn sequences(row: &Item) -> (Option<String>, Vec<String>) {
    let words: Vec<String> = row.sequences_required.words().map(str::to_owned).collect();
    match words.as_slice() {
        [one] if matches!(one.as_str(), "DWI" | "SWI" | "MRS" | "DTI") => {
            (Some(one.clone()), Vec::new())
        }
        [_, _, ..] => (None, words),
        _ => (None, Vec::new()),
    }
}

fn technique(row: &Item) -> [&'static str; 3] {
    let has = |w: &str| row.postprocessing_required.words().any(|x| x == w);
    if has("low-dose") {
        ["低剂量", "low-dose ", "LOW DOSE "]
    } else if has("high-resolution") {
        ["高分辨率", "high-resolution ", "HR "]
    } else {
        ["", "", ""]
    }
}

fn modality_words(row: &Item) -> [&'static str; 3] {
    match (row.modality.as_str(), row.contrast.as_str()) {
        (_, "CTA" | "CTV" | "CTU" | "MRA" | "MRA-TOF" | "CE-MRA" | "MRV" | "CE-MRV" | "MRCP") => {
            ["", "", ""]
        }
        ("CT", _) => ["CT", "CT ", "CT "],
        ("MR", _) => ["MRI", "MRI ", "MR "],
        ("MG", _) => ["钼靶", "Mammography ", "MAMMO "],
        ("DX", _) => ["DR", "XR ", "XR "],
        _ => ["", "", ""],
    }
}

/// The order's words in one language.
fn order(row: &Item, phrases: &Phrases, language: usize) -> String {
    let part = phrases.anatomy(row, language);
    let (s, m, c, t) = (side(row), modality_words(row), contrast(row), technique(row));
    let (zh, en, _, short) = views(row);
    let (sequence, _) = sequences(row);
    let hydro = row.contrast == "plain"
        && row.sequences_required.words().any(|w| w == "heavily-T2-hydrography");
    let alone = sequence.is_some() && !row.code_decoded.contains("plain + DWI");
    let [c_zh, c_en, c_sh] = if alone { ["", "", ""] } else { c };
    let add = sequence.or(hydro.then(|| "水成像".to_owned()));
    let plus = |plain: &str| match &add {
        Some(s) if plain.is_empty() => s.clone(),
        Some(s) if language == 0 => format!("{plain}+{s}"),
        Some(s) => format!("{plain}, {}", if hydro { "hydrography" } else { s }),
        None => plain.to_owned(),
    };
    let infant =
        if row.remarks.contains("infant") { ["婴儿", "Infant ", "INFANT "] } else { [""; 3] };
    match language {
        0 => format!("{}{}{}{part}{}{}{zh}", infant[0], s[0], t[0], m[0], plus(c_zh)),
        1 => format!("{}{}{}{}{part} {} {en}", infant[1], m[1], t[1], s[1], plus(c_en))
            .trim()
            .to_owned(),
        _ => format!("{}{}{}{}{part} {} {short}", infant[2], m[2], t[2], s[2], plus(c_sh))
            .trim()
            .to_owned(),
    }
}

fn series(row: &Item) -> Vec<Facts> {
    let (_, seen) = sequences(row);
    let one = |s: String| Facts { series_description: Some(s), ..Facts::default() };
    seen.into_iter().map(one).collect()
}

/// The wrong fact that a row can have, turn by turn where it can have several.
fn wrong_kind(row: &Item, turn: usize) -> Kind {
    let sided = !matches!(row.laterality, Side::Unsided);
    let plain = row.contrast == "plain";
    match (sided, plain) {
        (true, _) if turn % 3 != 2 => Kind::WrongSide,
        (_, true) if turn.is_multiple_of(2) => Kind::WrongContrast,
        _ => Kind::WrongModality,
    }
}

/// The four descriptions of a row.
pub fn describe(row: &Item, phrases: &Phrases, turn: usize) -> Vec<(Kind, Facts)> {
    let base = |language: usize| Facts {
        modality: Some(row.modality.clone()),
        study_description: Some(order(row, phrases, language)),
        series: series(row),
        ..Facts::default()
    };
    let mut short = base(2);
    let (_, _, header, _) = views(row);
    short.images = header
        .into_iter()
        .map(|v| Image { view_position: Some(v.to_owned()), image_laterality: None })
        .collect();
    let mut wrong = base(0);
    let kind = wrong_kind(row, turn);
    match kind {
        Kind::WrongSide => {
            let other = if row.laterality == Side::R { "L" } else { "R" };
            wrong.laterality = Some(other.to_owned());
        }
        Kind::WrongContrast => wrong.contrast_bolus_agent = Some("IOHEXOL".to_owned()),
        _ => {
            let other = if row.modality == "MR" { "CT" } else { "MR" };
            wrong.modality = Some(other.to_owned());
        }
    }
    vec![
        (Kind::Chinese, base(0)),
        (Kind::English, base(1)),
        (Kind::Shorthand, short),
        (kind, wrong),
    ]
}
