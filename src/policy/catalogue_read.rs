//! Reads `items.csv`: every field is held against the words the catalogue knows, every error has
//! its line.

use std::collections::BTreeMap;

use csv::StringRecord;

use super::catalogue::{Catalogue, Confidence, Item, RowKind, Side};
use super::error::{PolicyError, Spot};
use super::requirement::Requirement;
use super::suggestion::Suggestion;

/// The columns, as the parsed catalogues have them.
pub const COLUMNS: &[&str] = &[
    "seq",
    "modality",
    "region",
    "name",
    "code",
    "definition",
    "modality_norm",
    "anatomy_en",
    "laterality",
    "views",
    "contrast",
    "phases_required",
    "sequences_required",
    "planes_required",
    "postprocessing_required",
    "name_fixed",
    "code_fixed",
    "fix_confidence",
    "remarks",
    "anatomy_base",
    "row_kind",
    "code_decoded",
    "item_uid",
    "source_line",
];

/// Modalities of items.
pub const MODALITIES: &[&str] = &["DX", "MG", "RF", "CT", "MR"];

/// Projections; a posture or a movement may follow after a colon.
const VIEWS: &[&str] = &[
    "AP",
    "PA",
    "LAT",
    "LAT_L",
    "LAT_R",
    "OBL",
    "OBL_L",
    "OBL_R",
    "LAO",
    "RAO",
    "AXIAL",
    "OPEN_MOUTH",
    "CC",
    "MLO",
];
const POSTURES: &[&str] = &["erect", "supine", "decubitus", "inverted", "extension", "flexion"];

/// Contrast classes of items.
pub const CONTRASTS: &[&str] = &[
    "none",
    "plain",
    "enhanced",
    "plain+enhanced",
    "dynamic-enhanced",
    "plain+dynamic-enhanced",
    "barium",
    "CTA",
    "CTV",
    "CTU",
    "MRA",
    "MRA-TOF",
    "CE-MRA",
    "MRV",
    "CE-MRV",
    "MRCP",
    "hydrography",
    "perfusion-contrast",
    "perfusion-ASL",
];
const PHASES: &[&str] = &["动态 (dynamic)", "三期 (three phases)", "延迟 (delayed/excretory)"];
const SEQUENCES: &[&str] = &[
    "T1WI",
    "T2WI",
    "FS-T2WI",
    "PDWI",
    "FLAIR",
    "DWI",
    "SWI",
    "DTI",
    "MRS",
    "ASL",
    "TOF-MRA",
    "heavily-T2-hydrography",
];
const PLANES: &[&str] = &["Tra", "Cor", "Sag", "Tra(MPR)", "Cor(MPR)", "Sag(MPR)"];
const POSTPROCESSING: &[&str] =
    &["thin-slice", "MPR", "MPR(lesion)", "3D", "high-resolution", "low-dose"];

/// Reads a catalogue.
pub fn read(file: &str, text: &str, errors: &mut Vec<PolicyError>) -> Catalogue {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(e) => {
            errors.push(csv_error(file, 1, &e));
            return Catalogue::default();
        }
    };
    if !columns_right(file, &header, errors) {
        return Catalogue::default();
    }
    let at: BTreeMap<String, usize> =
        header.iter().enumerate().map(|(n, name)| (name.to_owned(), n)).collect();
    let mut rows = Vec::new();
    let mut lines = BTreeMap::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                let row = Row { file, at: &at, record: &record, line };
                if let Some(item) = row.item(errors) {
                    if let Some(first) = lines.insert(item.uid.clone(), line) {
                        row.error(
                            "item_uid",
                            &format!("与第 {first} 行重复"),
                            &format!("is the same as on line {first}"),
                            errors,
                        );
                    }
                    rows.push(item);
                }
            }
            Err(e) => errors.push(csv_error(file, e.position().map_or(0, csv::Position::line), &e)),
        }
    }
    Catalogue { rows }
}

fn csv_error(file: &str, line: u64, error: &csv::Error) -> PolicyError {
    PolicyError::new(spot(file, line), format!("CSV 错误：{error}"), format!("CSV: {error}"))
}

fn spot(file: &str, line: u64) -> Spot {
    Spot { file: file.to_owned(), line: usize::try_from(line).unwrap_or(0), column: 1 }
}

fn columns_right(file: &str, header: &StringRecord, errors: &mut Vec<PolicyError>) -> bool {
    let before = errors.len();
    for want in COLUMNS {
        if !header.iter().any(|have| have == *want) {
            let (zh, en) = (format!("缺少列 {want}"), format!("missing column {want}"));
            errors.push(PolicyError::new(spot(file, 1), zh, en));
        }
    }
    for have in header.iter().filter(|have| !COLUMNS.contains(have)) {
        let near = Suggestion::of(have, COLUMNS.iter().copied());
        let zh = format!("未知的列 {have}{}", near.zh());
        let en = format!("unknown column `{have}`{}", near.en());
        errors.push(PolicyError::new(spot(file, 1), zh, en));
    }
    errors.len() == before
}

struct Row<'a> {
    file: &'a str,
    at: &'a BTreeMap<String, usize>,
    record: &'a StringRecord,
    line: u64,
}

impl Row<'_> {
    fn get(&self, column: &str) -> &str {
        self.at.get(column).and_then(|n| self.record.get(*n)).unwrap_or_default().trim()
    }

    fn error(&self, column: &str, zh: &str, en: &str, errors: &mut Vec<PolicyError>) {
        let value = self.get(column);
        errors.push(PolicyError::new(
            spot(self.file, self.line),
            format!("{column} “{value}”{zh}"),
            format!("{column} `{value}` {en}"),
        ));
    }

    fn item(&self, errors: &mut Vec<PolicyError>) -> Option<Item> {
        let before = errors.len();
        if self.record.len() != self.at.len() {
            let (have, want) = (self.record.len(), self.at.len());
            errors.push(PolicyError::new(
                spot(self.file, self.line),
                format!("有 {have} 个字段，应为 {want} 个"),
                format!("{have} fields, expected {want}"),
            ));
            return None;
        }
        for column in ["seq", "name", "item_uid", "anatomy_en", "anatomy_base"] {
            if self.get(column).is_empty() {
                self.error(column, "不能为空", "must not be empty", errors);
            }
        }
        let row_kind = self.row_kind(errors);
        let laterality = self.laterality(errors);
        let fix_confidence = self.confidence(errors);
        let source_line = self.get("source_line").parse().unwrap_or(0);
        let text = |column: &str| self.get(column).to_owned();
        let mut wanted = |column: &str, known: &[&str]| self.requirement(column, known, errors);
        let (modality, contrast) =
            (wanted("modality_norm", MODALITIES), wanted("contrast", CONTRASTS));
        let views = wanted("views", VIEWS);
        let phases_required = wanted("phases_required", PHASES);
        let sequences_required = wanted("sequences_required", SEQUENCES);
        let planes_required = wanted("planes_required", PLANES);
        let postprocessing_required = wanted("postprocessing_required", POSTPROCESSING);
        for (column, read) in [("modality_norm", &modality), ("contrast", &contrast)] {
            if read.0.len() != 1 {
                self.error(column, "应恰为一个词", "must be exactly one word", errors);
            }
        }
        (errors.len() == before).then(|| Item {
            uid: text("item_uid"),
            seq: text("seq"),
            modality_printed: text("modality"),
            region: text("region"),
            name: text("name"),
            name_fixed: text("name_fixed"),
            definition: text("definition"),
            code: text("code"),
            code_fixed: text("code_fixed"),
            fix_confidence,
            code_decoded: text("code_decoded"),
            modality: modality.to_string(),
            anatomy: text("anatomy_en"),
            anatomy_base: text("anatomy_base"),
            laterality,
            views,
            contrast: contrast.to_string(),
            phases_required,
            sequences_required,
            planes_required,
            postprocessing_required,
            row_kind,
            remarks: text("remarks"),
            source_line,
        })
    }

    fn requirement(
        &self,
        column: &str,
        known: &[&str],
        errors: &mut Vec<PolicyError>,
    ) -> Requirement {
        let read = Requirement::parse(self.get(column));
        for word in read.words() {
            let (head, posture) = match word.split_once(':') {
                Some((head, posture)) if column == "views" => (head, Some(posture)),
                _ => (word, None),
            };
            let fits = known.contains(&head) && posture.is_none_or(|p| POSTURES.contains(&p));
            if !fits {
                let near = Suggestion::of(head, known.iter().copied());
                let zh = format!("含未知词 {word}{}", near.zh());
                let en = format!("has the unknown word `{word}`{}", near.en());
                self.error(column, &zh, &en, errors);
            }
        }
        read
    }

    fn row_kind(&self, errors: &mut Vec<PolicyError>) -> RowKind {
        match self.get("row_kind") {
            "printed" => RowKind::Printed,
            "expanded" => RowKind::Expanded,
            "ocr_garbage" => RowKind::OcrGarbage,
            _ => {
                let en = "must be printed, expanded or ocr_garbage";
                self.error("row_kind", "应为 printed、expanded 或 ocr_garbage", en, errors);
                RowKind::OcrGarbage
            }
        }
    }

    fn laterality(&self, errors: &mut Vec<PolicyError>) -> Side {
        match self.get("laterality") {
            "none" => Side::Unsided,
            "L" => Side::L,
            "R" => Side::R,
            "B" => Side::B,
            "L|R" => Side::Either,
            _ => {
                let en = "must be none, L, R, B or L|R";
                self.error("laterality", "应为 none、L、R、B 或 L|R", en, errors);
                Side::Unsided
            }
        }
    }

    fn confidence(&self, errors: &mut Vec<PolicyError>) -> Option<Confidence> {
        match self.get("fix_confidence") {
            "" => None,
            "high" => Some(Confidence::High),
            "medium" => Some(Confidence::Medium),
            "low" => Some(Confidence::Low),
            _ => {
                let en = "must be empty, high, medium or low";
                self.error("fix_confidence", "应为空、high、medium 或 low", en, errors);
                None
            }
        }
    }
}
