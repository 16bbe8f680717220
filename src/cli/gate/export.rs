//! `hrgate gate export`: decisions for a hospital's RIS, each with the region's exact text.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::model::reason::Reason;
use crate::store::{LabelRow, Store};

use super::super::CommandError;
use super::super::exit_code::Exit;

/// Studies read at once.
const PAGE: u32 = 512;

/// Columns of the CSV.
const COLUMNS: [&str; 16] = [
    "study_uid",
    "institution",
    "study_date",
    "profile",
    "item",
    "decision",
    "scope",
    "text",
    "text_en",
    "position",
    "reasons",
    "depth",
    "as_of",
    "decided_at",
    "run_id",
    "sop_uids",
];

pub(super) fn run(
    store: &Path,
    institution: Option<&str>,
    json: bool,
    out: Option<&Path>,
) -> Result<Exit, CommandError> {
    let mut store = Store::open_read_only(store)?;
    match out {
        Some(path) => {
            let fail = |e: std::io::Error| CommandError::Io(format!("{}: {e}", path.display()));
            let mut file = BufWriter::new(File::create(path).map_err(fail)?);
            write(&mut store, institution, json, &mut file, fail)?;
            file.flush().map_err(fail)?;
        }
        None => {
            let fail = |e: std::io::Error| CommandError::from_output(&e);
            write(&mut store, institution, json, &mut std::io::stdout().lock(), fail)?;
        }
    }
    Ok(Exit::Ok)
}

fn write(
    store: &mut Store,
    institution: Option<&str>,
    json: bool,
    out: &mut impl Write,
    fail: impl Fn(std::io::Error) -> CommandError,
) -> Result<(), CommandError> {
    let head = store.ledger_head()?;
    let mut first = true;
    if json {
        let head = serde_json::to_string(&head).unwrap_or_default();
        write!(out, "{{\"schema_version\":1,\"ledger\":{head},\"labels\":[").map_err(&fail)?;
    } else {
        writeln!(out, "{}", COLUMNS.join(",")).map_err(&fail)?;
    }
    let mut after = String::new();
    loop {
        let rows = store.labels_page(institution, &after, PAGE)?;
        let Some(last) = rows.last() else { break };
        after.clone_from(&last.study_key);
        for row in &rows {
            if json {
                let comma = if first { "\n" } else { ",\n" };
                write!(out, "{comma}{}", value(row)).map_err(&fail)?;
                first = false;
            } else {
                out.write_all(&line(row).map_err(&fail)?).map_err(&fail)?;
            }
        }
    }
    if json {
        writeln!(out, "\n]}}").map_err(&fail)
    } else {
        writeln!(out, "# ledger {} {}", head.count, head.hash).map_err(&fail)
    }
}

fn codes(reasons: &[Reason]) -> Vec<&'static str> {
    reasons.iter().map(|r| r.code.word()).collect()
}

fn depth(row: &LabelRow) -> String {
    format!("{:?}", row.depth).to_lowercase()
}

fn value(row: &LabelRow) -> serde_json::Value {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let subject: serde_json::Value = serde_json::from_str(&row.subject).unwrap_or_default();
    serde_json::json!({
        "study_uid": row.study_uid, "institution": row.institution,
        "study_date": row.study_date.map(|d| d.to_string()), "profile": row.profile,
        "item": row.item, "subject": subject, "decision": row.decision.word(),
        "scope": some(&row.scope), "text": some(&row.text), "text_en": some(&row.text_en),
        "position": some(&row.position), "reasons": row.reasons, "depth": depth(row),
        "as_of": row.as_of.to_string(), "decided_at": row.decided_at, "run_id": row.run_id,
    })
}

fn line(row: &LabelRow) -> std::io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let date = row.study_date.map(|d| d.to_string()).unwrap_or_default();
    let reasons = codes(&row.reasons).join("+");
    let subject: serde_json::Value = serde_json::from_str(&row.subject).unwrap_or_default();
    let views: Vec<&str> = subject["sop_uids"]
        .as_array()
        .map(|list| list.iter().filter_map(|v| v.as_str()).collect())
        .unwrap_or_default();
    let views = views.join("+");
    writer.write_record([
        row.study_uid.as_str(),
        &row.institution,
        &date,
        &row.profile,
        row.item.as_deref().unwrap_or_default(),
        row.decision.word(),
        &row.scope,
        &row.text,
        &row.text_en,
        &row.position,
        &reasons,
        &depth(row),
        &row.as_of.to_string(),
        &row.decided_at,
        &row.run_id,
        &views,
    ])?;
    writer.into_inner().map_err(|e| std::io::Error::other(e.to_string()))
}
