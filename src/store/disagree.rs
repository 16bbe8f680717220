//! Rows that are not what the ledger says of them: changed, forged, put under another entry, deleted.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::ledger::Entry;
use crate::model::text::Text;

use super::gate_rows::{LabelRow, label, label_body};
use super::replay::{Rows, open_columns, replay};
use super::{Store, StoreError};

/// A row that is not what the ledger says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    /// The table.
    pub table: &'static str,
    /// Which row: its number, or study, profile and item of a label.
    pub of: String,
    /// The entry of the ledger that tells otherwise; `None` where none tells of it.
    pub row: Option<u64>,
    /// The words for people.
    pub text: Text,
}

/// What a label is decided for: study key, profile, item, view.
type Place = (String, String, String, String);

impl Store {
    /// Every row that is not what the ledger (`entries`, whole) says of it.
    ///
    /// # Errors
    /// A statement failed.
    pub fn disagreements(&mut self, entries: &[Entry]) -> Result<Vec<Disagreement>, StoreError> {
        let told = replay(entries);
        self.reading("comparing with the ledger", async |c| {
            let mut out = labels(&mut *c, entries).await?;
            for (table, rows) in &told {
                out.extend(table_disagrees(&mut *c, table, rows).await?);
            }
            Ok(out)
        })
    }
}

async fn labels(c: &mut SqliteConnection, entries: &[Entry]) -> sqlx::Result<Vec<Disagreement>> {
    let by_seq: BTreeMap<u64, &Entry> = entries.iter().map(|e| (e.seq, e)).collect();
    let last = last_of_labels(entries);
    let rows = sqlx::query("SELECT * FROM label ORDER BY study_key, profile, item, subject");
    let (mut out, mut seen) = (Vec::new(), BTreeSet::new());
    for row in &rows.fetch_all(c).await? {
        let seq = row.try_get::<i64, _>("ledger_seq")?.unsigned_abs();
        let text = |column: &str| row.try_get::<String, _>(column);
        let place = (text("study_key")?, text("profile")?, text("item")?, text("subject")?);
        let named = shown(&place);
        seen.insert(place.clone());
        // A row that cannot be read was not written by this program.
        let Ok(read) = label(row) else {
            out.push(differs("label", named, Some(seq), "?"));
            continue;
        };
        let entry = by_seq.get(&seq).filter(|e| e.kind == "label" && e.subject == place.0);
        match entry {
            None => out.push(differs("label", named, Some(seq), "study_key")),
            Some(entry) => match label_differs(entry, &read) {
                Some(what) => out.push(differs("label", named, Some(seq), &what)),
                None if last.get(&place).is_some_and(|l| l.seq != seq) => {
                    out.push(outdated(named, seq, last.get(&place).map_or(0, |l| l.seq)));
                }
                None => {}
            },
        }
    }
    let gone = last.iter().filter(|(place, l)| l.stands && !seen.contains(*place));
    out.extend(gone.map(|(place, l)| missing("label", shown(place), l.seq)));
    Ok(out)
}

fn shown((study, profile, item, view): &Place) -> String {
    let parts = [study, profile, item, view];
    parts.iter().filter(|p| !p.is_empty()).map(|p| p.as_str()).collect::<Vec<_>>().join(" ")
}

struct Last {
    seq: u64,
    /// Whether a row has to be there.
    stands: bool,
}

/// The last entry of everything that a label was decided for.
fn last_of_labels(entries: &[Entry]) -> BTreeMap<Place, Last> {
    let mut last = BTreeMap::new();
    for entry in entries.iter().filter(|e| ["label", "label-obsolete"].contains(&e.kind.as_str())) {
        let Ok(body) = serde_json::from_str::<Value>(&entry.body) else { continue };
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        let place = (entry.subject.clone(), text("profile"), text("item"), text("view"));
        // Before entries told the study, rows that said nothing any more went without an entry.
        let kept = body.get("study_key").is_some() || body["decision"] == "apply";
        let stands = entry.kind == "label" && kept;
        last.insert(place, Last { seq: entry.seq, stands });
    }
    last
}

/// The first part of a label that is not what its entry says.
fn label_differs(entry: &Entry, row: &LabelRow) -> Option<String> {
    let says = label_body(row);
    let told: Value = serde_json::from_str(&entry.body).unwrap_or_default();
    let (Value::Object(told), Value::Object(says)) = (told, says) else {
        return Some("?".to_owned());
    };
    if entry.at != row.decided_at {
        return Some("decided_at".to_owned());
    }
    // Older entries tell less; whose label it is is told by their subject, compared above.
    let older = !told.contains_key("study_key");
    let since = ["study_key", "study_uid", "study_date", "text_en", "position"];
    let differs = |(key, value): &(&String, &Value)| {
        let told = told.get(*key);
        told != Some(*value) && !(older && told.is_none() && since.contains(&key.as_str()))
    };
    let more = told.keys().find(|key| !says.contains_key(*key)).cloned();
    says.iter().find(differs).map(|(key, _)| key.clone()).or(more)
}

async fn table_disagrees(
    c: &mut SqliteConnection,
    table: &'static str,
    told: &Rows,
) -> sqlx::Result<Vec<Disagreement>> {
    let sql = match table {
        "evaluation" => "SELECT * FROM evaluation ORDER BY id",
        "review" => "SELECT * FROM review ORDER BY id",
        "waiver" => "SELECT * FROM waiver ORDER BY id",
        "rectification" => "SELECT * FROM rectification ORDER BY id",
        "appeal" => "SELECT * FROM appeal ORDER BY id",
        _ => "SELECT * FROM release_hold ORDER BY id",
    };
    let (mut out, mut seen) = (Vec::new(), BTreeSet::new());
    for row in &sqlx::query(sql).fetch_all(c).await? {
        let id: i64 = row.try_get("id")?;
        seen.insert(id);
        let Some(told) = told.get(&id) else {
            out.push(forged(table, id));
            continue;
        };
        let differ = |(column, value): &(&String, &Value)| value_of(row, column) != **value;
        let unset = |column: &&&str| !told.columns.contains_key(**column) && !is_empty(row, column);
        let changed = told.columns.iter().find(differ).map(|(column, _)| column.as_str());
        let changed = changed.or_else(|| open_columns(table).iter().find(unset).copied());
        let seq = row.try_get::<i64, _>("ledger_seq")?.unsigned_abs();
        let changed = changed.or((seq != told.seq).then_some("ledger_seq"));
        if let Some(column) = changed {
            out.push(differs(table, id.to_string(), Some(told.seq), column));
        }
    }
    let gone = told.iter().filter(|(id, _)| !seen.contains(*id));
    out.extend(gone.map(|(id, told)| missing(table, id.to_string(), told.seq)));
    Ok(out)
}

fn value_of(row: &SqliteRow, column: &str) -> Value {
    if let Ok(text) = row.try_get::<Option<String>, _>(column) {
        return text.map_or(Value::Null, Value::from);
    }
    row.try_get::<Option<i64>, _>(column).ok().flatten().map_or(Value::Null, Value::from)
}

fn is_empty(row: &SqliteRow, column: &str) -> bool {
    matches!(value_of(row, column), Value::Null)
}

fn differs(table: &'static str, of: String, row: Option<u64>, column: &str) -> Disagreement {
    let n = row.unwrap_or(0);
    let text = Text::new(
        format!("{table} 表 {of} 的 {column} 与第 {n} 行不符"),
        format!("{column} of {table} {of} is not what row {n} says"),
    );
    Disagreement { table, of, row, text }
}

fn outdated(of: String, seq: u64, last: u64) -> Disagreement {
    let text = Text::new(
        format!("label 表 {of} 停在第 {seq} 行，第 {last} 行另有决定"),
        format!("label {of} stands as of row {seq}, row {last} decided otherwise since"),
    );
    Disagreement { table: "label", of, row: Some(last), text }
}

fn missing(table: &'static str, of: String, seq: u64) -> Disagreement {
    let text = Text::new(
        format!("第 {seq} 行所记的 {table} {of} 已被删除"),
        format!("{table} {of}, of which row {seq} tells, was deleted"),
    );
    Disagreement { table, of, row: Some(seq), text }
}

fn forged(table: &'static str, id: i64) -> Disagreement {
    let text = Text::new(
        format!("{table} 表 {id} 在账本中没有记录"),
        format!("no row of the ledger tells of {table} {id}"),
    );
    Disagreement { table, of: id.to_string(), row: None, text }
}
