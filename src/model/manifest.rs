//! What a worklist says of a study and DICOM does not: order, item, times, report. All times are
//! civil times of the hospital, as its systems write them.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kind of an order; time limits differ by it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum OrderKind {
    /// Emergency.
    Emergency,
    /// Neither emergency nor special.
    #[default]
    Routine,
    /// A special examination or a difficult case.
    Special,
}

impl OrderKind {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Routine => "routine",
            Self::Special => "special",
        }
    }
}

/// One row of a manifest. An absent value is null or an empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ManifestRow {
    /// The order's number.
    pub order_id: String,
    /// Institution: id, name, alias or code of the registry.
    pub institution: String,
    /// Study Instance UID.
    pub study_uid: String,
    /// Accession Number.
    pub accession_number: String,
    /// The patient's key in the hospital's system; compared with Patient ID.
    pub patient_key: String,
    /// Code of the item in the region's catalogue.
    pub item_code: String,
    /// The hospital's own name of the item.
    pub item_name: String,
    /// Modality, DICOM's word or the hospital's.
    pub modality: String,
    /// Emergency, routine or special.
    pub order_kind: OrderKind,
    /// When it was ordered (YYYY-MM-DDTHH:MM:SS).
    pub ordered_at: Option<String>,
    /// When the exam was done.
    pub exam_at: Option<String>,
    /// When the report was issued.
    pub report_at: Option<String>,
    /// When the images were uploaded.
    pub upload_at: Option<String>,
    /// The report's number.
    pub report_id: String,
    /// How many instances the study has.
    pub expected_instances: Option<u32>,
    /// The label that the report or the images already carry.
    pub label_printed: String,
    /// Further columns by their own names: fields whose completeness is counted.
    pub other: BTreeMap<String, String>,
    /// The line of the file, from 1.
    pub line: u32,
}

impl ManifestRow {
    /// A value by the name of its column; `None` where it is absent or empty.
    pub fn field(&self, name: &str) -> Option<&str> {
        let text = match name {
            "order_id" => &self.order_id,
            "institution" => &self.institution,
            "study_uid" => &self.study_uid,
            "accession_number" => &self.accession_number,
            "patient_key" => &self.patient_key,
            "item_code" => &self.item_code,
            "item_name" => &self.item_name,
            "modality" => &self.modality,
            "report_id" => &self.report_id,
            "label_printed" => &self.label_printed,
            "ordered_at" => self.ordered_at.as_deref().unwrap_or_default(),
            "exam_at" => self.exam_at.as_deref().unwrap_or_default(),
            "report_at" => self.report_at.as_deref().unwrap_or_default(),
            "upload_at" => self.upload_at.as_deref().unwrap_or_default(),
            other => self.other.get(other).map(String::as_str).unwrap_or_default(),
        };
        Some(text).filter(|t| !t.trim().is_empty())
    }
}

/// What a manifest says of a study.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ManifestFacts {
    /// No manifest was given.
    #[default]
    NotGiven,
    /// A manifest was given, and no row of it is this study's.
    NoRow,
    /// Its row.
    Row(Box<ManifestRow>),
}

impl ManifestFacts {
    /// The row, where there is one.
    pub fn row(&self) -> Option<&ManifestRow> {
        match self {
            Self::Row(row) => Some(row),
            _ => None,
        }
    }
}

/// Hours from one civil time to another; negative where the second is earlier.
pub fn hours_between(from: &str, to: &str) -> Option<f64> {
    let read = |text: &str| text.parse::<DateTime>().ok();
    let span = read(to)?.duration_since(read(from)?);
    Some(span.as_secs_f64() / 3600.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_cross_midnight_and_may_be_negative() {
        let hours = hours_between("2025-03-12T23:30:00", "2025-03-13T00:15:00");
        assert!((hours.unwrap() - 0.75).abs() < 1e-9);
        assert!(hours_between("2025-03-12T10:00:00", "2025-03-12T09:00:00").unwrap() < 0.0);
        assert_eq!(hours_between("yesterday", "2025-03-12T09:00:00"), None);
    }

    #[test]
    fn fields_are_found_by_column_and_blank_is_absent() {
        let mut row =
            ManifestRow { order_id: "7".into(), report_id: "  ".into(), ..ManifestRow::default() };
        row.other.insert("阳性标记".into(), "阴性".into());
        assert_eq!(row.field("order_id"), Some("7"));
        assert_eq!(row.field("report_id"), None);
        assert_eq!(row.field("阳性标记"), Some("阴性"));
        assert_eq!(row.field("no such column"), None);
    }
}
