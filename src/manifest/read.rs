//! Reading a manifest file: CSV with a heading, a JSON array of objects, or JSON Lines.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::model::manifest::{ManifestRow, OrderKind};
use crate::model::text::Text;

use super::columns::Column;
use super::elements::elements;
use super::value;

/// A row, or a part of it, that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong and what became of it. Never a patient's value.
    pub text: Text,
}

/// A manifest that cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// The system's words.
        source: std::io::Error,
    },
    /// The file is neither CSV with a heading nor JSON.
    #[error("{path}: {why}")]
    Format {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
}

/// The rows of a manifest, and what is wrong with it. GB18030 is read as well as UTF-8.
///
/// # Errors
/// The file cannot be read, or no row of it can.
pub fn read(path: &Path) -> Result<(Vec<ManifestRow>, Vec<Problem>), ManifestError> {
    let shown = path.display().to_string();
    let bytes =
        std::fs::read(path).map_err(|source| ManifestError::Io { path: shown.clone(), source })?;
    parse(&shown, &bytes)
}

/// The same from the bytes of a file; `shown` is what messages call it.
///
/// # Errors
/// No row can be read.
pub fn parse(shown: &str, bytes: &[u8]) -> Result<(Vec<ManifestRow>, Vec<Problem>), ManifestError> {
    let text = decoded(bytes);
    let cells = match text.trim_start().chars().next() {
        Some('[' | '{') => json(&text),
        _ => csv(&text),
    };
    let format = |why| ManifestError::Format { path: shown.to_owned(), why };
    let (cells, mut problems) = cells.map_err(format)?;
    let rows = cells.into_iter().filter_map(|(line, cells)| row(line, &cells, &mut problems));
    let rows = rows.collect();
    problems.sort_by_key(|p| p.line);
    Ok((rows, problems))
}

fn decoded(bytes: &[u8]) -> String {
    let plain = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(plain) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::GB18030.decode(plain).0.into_owned(),
    }
}

type Cells = Vec<(String, String)>;
type Lines = (Vec<(u32, Cells)>, Vec<Problem>);

fn csv(text: &str) -> Result<Lines, String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let headings: Vec<String> =
        reader.headers().map_err(|e| e.to_string())?.iter().map(|h| h.trim().to_owned()).collect();
    if !headings.iter().any(|h| Column::of(h).is_some()) {
        return Err(
            "the first line names no column of a manifest (study_uid, accession_number …)".into()
        );
    }
    let (mut lines, mut problems) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(e) => {
                let line = e.position().map_or(0, csv::Position::line);
                problems.push(problem(
                    line,
                    "无法读取该行，已跳过",
                    "the line cannot be read and is left out",
                ));
                continue;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != headings.len() {
            let (have, want) = (record.len(), headings.len());
            problems.push(problem(
                line,
                format!("有{have}列，应为{want}列，该行已跳过"),
                format!("{have} fields, expected {want}; the row is left out"),
            ));
            continue;
        }
        let cells = headings.iter().cloned().zip(record.iter().map(str::to_owned)).collect();
        lines.push((line_number(line), cells));
    }
    Ok((lines, problems))
}

const NO_OBJECT: (&str, &str) = ("不是JSON对象，已跳过", "no JSON object; left out");

fn json(text: &str) -> Result<Lines, String> {
    let mut problems = Vec::new();
    let objects: Vec<(u32, Value)> = if text.trim_start().starts_with('[') {
        let found = elements(text);
        if found.values.is_empty() && (found.unclosed.is_some() || !found.broken.is_empty()) {
            return Err("no element of the array is JSON".into());
        }
        let broken = |line: u32| problem(line.into(), NO_OBJECT.0, NO_OBJECT.1);
        problems.extend(found.broken.into_iter().map(broken));
        problems.extend(found.unclosed.map(|line| {
            let zh = "文件在数组结束前中断，其后的行可能缺失";
            problem(line.into(), zh, "the file ends before its array does; rows may be missing")
        }));
        found.values
    } else {
        let mut objects = Vec::new();
        for (n, line) in (1_u32..).zip(text.lines()).filter(|(_, l)| !l.trim().is_empty()) {
            match serde_json::from_str(line) {
                Ok(value) => objects.push((n, value)),
                Err(_) => problems.push(problem(n.into(), NO_OBJECT.0, NO_OBJECT.1)),
            }
        }
        objects
    };
    let mut lines = Vec::new();
    for (n, value) in objects {
        let Value::Object(map) = value else {
            problems.push(problem(n.into(), NO_OBJECT.0, NO_OBJECT.1));
            continue;
        };
        let mut cells = Cells::new();
        for (key, value) in map {
            match value {
                Value::Null | Value::Array(_) => {}
                Value::String(text) => cells.push((key, text)),
                // Further columns, as the schema of a row has them.
                Value::Object(other) => {
                    cells.extend(other.into_iter().map(|(k, v)| (k, plain(&v))));
                }
                other => cells.push((key, other.to_string())),
            }
        }
        lines.push((n, cells));
    }
    Ok((lines, problems))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn line_number(line: u64) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

fn problem(line: u64, zh: impl Into<String>, en: impl Into<String>) -> Problem {
    Problem { line: line_number(line), text: Text::new(zh, en) }
}

/// A row from its cells. A cell that cannot be read counts as absent and is told; a row that names
/// neither a study nor an accession number can be given to nothing and is left out.
fn row(line: u32, cells: &[(String, String)], problems: &mut Vec<Problem>) -> Option<ManifestRow> {
    let mut row = ManifestRow { line, ..ManifestRow::default() };
    for (heading, cell) in cells {
        let cell = cell.trim();
        let Some(column) = Column::of(heading) else {
            if !cell.is_empty() && heading != "line" {
                row.other.insert(heading.clone(), cell.to_owned());
            }
            continue;
        };
        if !cell.is_empty() && !set(&mut row, column, cell) {
            let name = column.name();
            problems.push(problem(
                line.into(),
                format!("{name} 的内容无法识别，按空值处理"),
                format!("{name} cannot be read and counts as empty"),
            ));
        }
    }
    if row.study_uid.is_empty() && row.accession_number.is_empty() {
        problems.push(problem(
            line.into(),
            "既无 study_uid 也无 accession_number，该行已跳过",
            "neither study_uid nor accession_number; the row is left out",
        ));
        return None;
    }
    Some(row)
}

/// Puts a cell into its place; `false` where it cannot be read.
fn set(row: &mut ManifestRow, column: Column, cell: &str) -> bool {
    use Column as C;
    let text = match column {
        C::OrderId => &mut row.order_id,
        C::Institution => &mut row.institution,
        C::StudyUid => {
            if !value::is_uid(cell) {
                return false;
            }
            &mut row.study_uid
        }
        C::AccessionNumber => &mut row.accession_number,
        C::PatientKey => &mut row.patient_key,
        C::ItemCode => &mut row.item_code,
        C::ItemName => &mut row.item_name,
        C::Modality => &mut row.modality,
        C::ReportId => &mut row.report_id,
        C::LabelPrinted => &mut row.label_printed,
        C::OrderedAt | C::ExamAt | C::ReportAt | C::UploadAt => return set_time(row, column, cell),
        C::Emergency | C::Special | C::OrderKind => return set_kind(row, column, cell),
        C::ExpectedInstances => {
            row.expected_instances = value::count(cell);
            return row.expected_instances.is_some();
        }
    };
    cell.clone_into(text);
    true
}

fn set_time(row: &mut ManifestRow, column: Column, cell: &str) -> bool {
    let time = value::time(cell);
    let read = time.is_some();
    match column {
        Column::OrderedAt => row.ordered_at = time,
        Column::ExamAt => row.exam_at = time,
        Column::ReportAt => row.report_at = time,
        _ => row.upload_at = time,
    }
    read
}

fn set_kind(row: &mut ManifestRow, column: Column, cell: &str) -> bool {
    let kind = match column {
        Column::OrderKind => match cell.to_lowercase().as_str() {
            "emergency" | "急诊" => Some(OrderKind::Emergency),
            "special" | "特殊" | "疑难" => Some(OrderKind::Special),
            "routine" | "常规" => Some(OrderKind::Routine),
            _ => return false,
        },
        Column::Emergency => match value::flag(cell) {
            Some(yes) => yes.then_some(OrderKind::Emergency),
            None => return false,
        },
        _ => match value::flag(cell) {
            Some(yes) => yes.then_some(OrderKind::Special),
            None => return false,
        },
    };
    // An emergency is the stricter of two flags, and stands whichever comes first.
    if let Some(kind) = kind.filter(|_| row.order_kind != OrderKind::Emergency) {
        row.order_kind = kind;
    }
    true
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
