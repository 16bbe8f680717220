//! A region's catalogue of items: each row as printed, with its repair and how sure it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::requirement::Requirement;

/// Where a row comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// Printed in the document.
    Printed,
    /// One part of a printed collective entry.
    Expanded,
    /// A damaged repetition in the scan; kept so that nothing printed is lost, never an item.
    OcrGarbage,
}

/// How sure a repair is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Could be otherwise.
    Low,
    /// Likely.
    Medium,
    /// Sure.
    High,
}

/// The side of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// The item names no side.
    #[serde(rename = "none")]
    Unsided,
    /// Left.
    L,
    /// Right.
    R,
    /// Both in one item.
    B,
    /// One side, whichever.
    #[serde(rename = "L|R")]
    Either,
}

/// One row of a catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// `item_uid`, unique in its catalogue, e.g. `BJ-001`.
    pub uid: String,
    /// Number as printed.
    pub seq: String,
    /// Modality as printed.
    pub modality_printed: String,
    /// Body region as printed.
    pub region: String,
    /// Name as printed.
    pub name: String,
    /// Name repaired; empty where the print is right.
    pub name_fixed: String,
    /// Definition as printed.
    pub definition: String,
    /// Code as printed; empty where the region has none.
    pub code: String,
    /// Code repaired; equal to the printed one where that is right.
    pub code_fixed: String,
    /// How sure the repair is; `None` where nothing was repaired.
    pub fix_confidence: Option<Confidence>,
    /// What the code says, part by part.
    pub code_decoded: String,
    /// DX, MG, RF, CT or MR.
    pub modality: String,
    /// Anatomy in full.
    pub anatomy: String,
    /// Anatomy by which rows are grouped.
    pub anatomy_base: String,
    /// Side.
    pub laterality: Side,
    /// Projections, e.g. `AP;LAT`, with posture after a colon (`AP:erect`).
    pub views: Requirement,
    /// Contrast class, e.g. `plain`, `enhanced`, `CTA`.
    pub contrast: String,
    /// Contrast phases.
    pub phases_required: Requirement,
    /// MR sequences.
    pub sequences_required: Requirement,
    /// Planes; `(MPR)` where a reconstructed one serves.
    pub planes_required: Requirement,
    /// Thin slices, reformats, 3D.
    pub postprocessing_required: Requirement,
    /// Where the row comes from.
    pub row_kind: RowKind,
    /// Notes on the reading.
    pub remarks: String,
    /// Line of the document's text.
    pub source_line: u32,
}

impl Item {
    /// The name to show: repaired where it was damaged.
    pub fn shown_name(&self) -> &str {
        if self.name_fixed.is_empty() { &self.name } else { &self.name_fixed }
    }

    /// The code to compare: repaired where it was damaged; `None` where the region has none.
    pub fn effective_code(&self) -> Option<&str> {
        [&self.code_fixed, &self.code].into_iter().find(|c| !c.is_empty()).map(String::as_str)
    }

    /// Whether the print was repaired in name or code.
    pub fn is_repaired(&self) -> bool {
        self.fix_confidence.is_some()
    }
}

/// A region's catalogue.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Catalogue {
    /// Every row, in the order of the file.
    pub rows: Vec<Item>,
}

impl Catalogue {
    /// The rows a study can be: no damaged repetition, and no collective entry that has parts.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.rows.iter().filter(|r| r.row_kind != RowKind::OcrGarbage && !self.is_collective(r))
    }

    /// Whether a row is a collective entry whose parts are rows of their own.
    pub fn is_collective(&self, row: &Item) -> bool {
        row.row_kind == RowKind::Printed
            && self.parts().any(|(parent, _)| parent == row.uid.as_str())
    }

    /// The printed entry a part belongs to.
    pub fn parent(&self, row: &Item) -> Option<&Item> {
        let (parent, _) = row.uid.split_once('#').filter(|_| row.row_kind == RowKind::Expanded)?;
        self.get(parent)
    }

    fn parts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rows
            .iter()
            .filter(|r| r.row_kind == RowKind::Expanded)
            .filter_map(|r| r.uid.split_once('#'))
    }

    /// A row by its uid.
    pub fn get(&self, uid: &str) -> Option<&Item> {
        self.rows.iter().find(|r| r.uid == uid)
    }

    /// How many rows of each kind there are.
    pub fn count(&self, kind: RowKind) -> usize {
        self.rows.iter().filter(|r| r.row_kind == kind).count()
    }

    /// Rows by effective code; a code may stand on several.
    pub fn by_code(&self) -> BTreeMap<&str, Vec<&Item>> {
        let mut out: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
        for row in self.rows.iter().filter(|r| r.row_kind != RowKind::OcrGarbage) {
            if let Some(code) = row.effective_code() {
                out.entry(code).or_default().push(row);
            }
        }
        out
    }
}
