//! Tables of devices and of staff, as CSV files that a centre keeps beside its registry. Headings
//! may be ours or those of hospitals; GB18030 is read as well as UTF-8.

use std::path::Path;

use rustc_hash::FxHashMap;

use crate::model::registry::{DeviceRow, StaffRow, name_forms, plain};

use super::written::RegistryError;

/// Columns of the table of devices, and the headings they go by.
const DEVICE: &[(&str, &[&str])] = &[
    ("institution", &["机构", "机构名称", "机构代码", "医疗机构"]),
    ("manufacturer", &["厂家", "制造商", "生产厂家", "maker"]),
    ("model", &["型号", "设备型号"]),
    ("serial", &["序列号", "设备序列号", "serial_number"]),
    ("station", &["工作站", "站点名", "station_name"]),
    ("verified_on", &["检定日期", "检测日期"]),
    ("valid_until", &["有效期至", "有效期"]),
    ("result", &["结论", "检定结论", "检测结论"]),
];

/// Columns of the table of staff.
const STAFF: &[(&str, &[&str])] = &[
    ("institution", &["机构", "机构名称", "机构代码", "医疗机构"]),
    ("name", &["姓名"]),
    ("other_names", &["其他姓名", "拼音", "别名"]),
    ("role", &["岗位", "职务", "角色"]),
    ("valid_until", &["资质有效期至", "有效期至", "有效期"]),
];

/// Rows by institution id.
pub(super) type Table<R> = FxHashMap<String, Vec<R>>;

/// Reads the table of devices; `id_of` gives the id of an institution as a row names it.
pub(super) fn devices(
    path: &Path,
    id_of: impl Fn(&str) -> Option<String>,
) -> Result<Table<DeviceRow>, RegistryError> {
    read(path, DEVICE, id_of, |cell, line, problems| {
        let row = DeviceRow {
            manufacturer: cell("manufacturer"),
            model: cell("model"),
            serial: cell("serial"),
            station: cell("station"),
            verified_on: day(&cell("verified_on"), line, problems),
            valid_until: day(&cell("valid_until"), line, problems),
            passed: passed(&cell("result"), line, problems),
            line,
        };
        if plain(&row.serial).is_empty() && plain(&row.station).is_empty() {
            problems.push(format!("line {line}: neither serial nor station"));
        }
        row
    })
}

/// Reads the table of staff.
pub(super) fn staff(
    path: &Path,
    id_of: impl Fn(&str) -> Option<String>,
) -> Result<Table<StaffRow>, RegistryError> {
    read(path, STAFF, id_of, |cell, line, problems| {
        let others = cell("other_names");
        let names = others.split([';', '；', '、', '|']).map(|n| n.trim().to_owned());
        let names: Vec<String> =
            std::iter::once(cell("name")).chain(names).filter(|n| !n.is_empty()).collect();
        if names.iter().all(|n| name_forms(n).is_empty()) {
            problems.push(format!("line {line}: no name"));
        }
        let valid_until = day(&cell("valid_until"), line, problems);
        StaffRow { names, role: cell("role"), valid_until, line }
    })
}

/// A row from a reader of its cells.
type RowOf<R> = fn(&dyn Fn(&str) -> String, u32, &mut Vec<String>) -> R;

fn read<R>(
    path: &Path,
    columns: &[(&str, &[&str])],
    id_of: impl Fn(&str) -> Option<String>,
    row_of: RowOf<R>,
) -> Result<Table<R>, RegistryError> {
    let shown = path.display().to_string();
    let bytes =
        std::fs::read(path).map_err(|source| RegistryError::Io { path: shown.clone(), source })?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::GB18030.decode(bytes).0.into_owned(),
    };
    let syntax =
        |e: csv::Error| RegistryError::Syntax { path: shown.clone(), message: e.to_string() };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut problems = Vec::new();
    let at = headings(reader.headers().map_err(syntax)?, columns, &mut problems);
    let mut table: Table<R> = Table::default();
    for record in reader.records() {
        let record = record.map_err(syntax)?;
        let line = record.position().map_or(0, csv::Position::line);
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let cell = |column: &str| {
            at.get(column).and_then(|n| record.get(*n)).unwrap_or_default().to_owned()
        };
        let row = row_of(&cell, line, &mut problems);
        let named = cell("institution");
        match id_of(&named) {
            Some(id) => table.entry(id).or_default().push(row),
            None => problems.push(format!("line {line}: no institution {named:?} is registered")),
        }
    }
    if problems.is_empty() {
        Ok(table)
    } else {
        Err(RegistryError::Entries { path: shown, problems })
    }
}

fn headings(
    header: &csv::StringRecord,
    columns: &[(&str, &[&str])],
    problems: &mut Vec<String>,
) -> FxHashMap<String, usize> {
    let mut at = FxHashMap::default();
    for (n, heading) in header.iter().enumerate() {
        let heading = heading.to_lowercase();
        let known = columns
            .iter()
            .find(|(name, others)| *name == heading || others.contains(&heading.as_str()));
        // A heading of the centre's own is no mistake; one of ours twice is.
        if let Some((name, _)) = known
            && at.insert((*name).to_owned(), n).is_some()
        {
            problems.push(format!("line 1: two columns are {name}"));
        }
    }
    if !at.contains_key("institution") {
        problems.push("line 1: no column institution".to_owned());
    }
    at
}

fn day(text: &str, line: u32, problems: &mut Vec<String>) -> String {
    if text.is_empty() {
        return String::new();
    }
    let plain = text.replace(['/', '.'], "-").replace(['年', '月'], "-").replace('日', "");
    match crate::model::gate::day(&plain) {
        Some(day) => day.strftime("%Y%m%d").to_string(),
        None => {
            problems.push(format!("line {line}: {text:?} is not a day such as 2025-01-31"));
            String::new()
        }
    }
}

fn passed(text: &str, line: u32, problems: &mut Vec<String>) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "" => None,
        "pass" | "passed" | "合格" | "通过" => Some(true),
        "fail" | "failed" | "不合格" | "未通过" => Some(false),
        _ => {
            problems.push(format!("line {line}: result {text:?} is neither pass nor fail"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(named: &str) -> Option<String> {
        (named == "第一医院").then(|| "first".to_owned())
    }

    fn file(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    #[test]
    fn a_table_of_devices_is_read_in_the_words_and_the_encoding_of_a_hospital() {
        let text = "机构,厂家,型号,序列号,检定日期,有效期至,结论,备注\n第一医院,ACME,X-1,SN 7,2025/3/1,2026年2月28日,合格,\n";
        let (_folder, path) = file(&encoding_rs::GB18030.encode(text).0);
        let table = devices(&path, id_of).unwrap();
        let row = &table["first"][0];
        assert_eq!((row.serial.as_str(), row.valid_until.as_str()), ("SN 7", "20260228"));
        assert_eq!((row.verified_on.as_str(), row.passed, row.line), ("20250301", Some(true), 2));
    }

    #[test]
    fn every_mistake_of_a_table_is_told_with_its_line() {
        let text = "institution,serial,valid_until,result\n第一医院,7,soon,pass\n别的医院,8,2026-01-01,maybe\n第一医院,,2026-01-01,pass\n";
        let (_folder, path) = file(text.as_bytes());
        let error = devices(&path, id_of).unwrap_err().to_string();
        for part in [
            "line 2: \"soon\"",
            "line 3: result \"maybe\"",
            "line 3: no institution",
            "line 4: neither",
        ] {
            assert!(error.contains(part), "{part}: {error}");
        }
        let (_folder, path) = file("serial\n7\n".as_bytes());
        assert!(devices(&path, id_of).unwrap_err().to_string().contains("no column institution"));
    }

    #[test]
    fn staff_have_several_names() {
        let text =
            "机构,姓名,拼音,岗位,有效期至\n第一医院,张伟,Zhang Wei；Zhang W,技师,2027-12-31\n";
        let (_folder, path) = file(text.as_bytes());
        let row = &staff(&path, id_of).unwrap()["first"][0];
        assert_eq!(row.names, ["张伟", "Zhang Wei", "Zhang W"]);
        assert_eq!((row.role.as_str(), row.valid_until.as_str()), ("技师", "20271231"));
    }
}
