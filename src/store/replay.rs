//! What the ledger says the records of people and centres hold: every entry replayed, in order. Rows
//! of a table are numbered as they came, and none is ever removed, so the n-th opening entry is row n.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::ledger::Entry;

/// A row as the ledger tells it.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// The last entry about it.
    pub seq: u64,
    /// Columns and what they hold.
    pub columns: Map<String, Value>,
}

/// Rows of one table by their number.
pub(super) type Rows = BTreeMap<i64, Told>;

/// Tables that are told by the ledger alone.
pub(super) const TABLES: [&str; 6] =
    ["evaluation", "review", "waiver", "rectification", "appeal", "release_hold"];

/// Every table as the chain tells it.
pub(super) fn replay(entries: &[Entry]) -> BTreeMap<&'static str, Rows> {
    let mut tables: BTreeMap<&'static str, Rows> =
        TABLES.into_iter().map(|t| (t, Rows::new())).collect();
    for entry in entries {
        let Some(table) = table_of(&entry.kind) else { continue };
        // A body that is no JSON was changed, which the chain tells.
        let Ok(body) = serde_json::from_str::<Value>(&entry.body) else { continue };
        let rows = tables.entry(table).or_default();
        let columns = columns_of(table, &entry.subject, &body);
        let id = row_of(table, rows, &columns, &body);
        let told = rows.entry(id).or_default();
        told.seq = entry.seq;
        told.columns.extend(columns);
    }
    tables
}

fn table_of(kind: &str) -> Option<&'static str> {
    let table = if kind == "hold" { "release_hold" } else { kind };
    TABLES.into_iter().find(|t| *t == table)
}

/// The row that an entry is about: the one it names, or a new one.
fn row_of(table: &str, rows: &Rows, columns: &Map<String, Value>, body: &Value) -> i64 {
    if let Some(id) = body["id"].as_i64() {
        return id;
    }
    let same = |told: &Told| {
        let keys = ["institution", "profile", "versions"];
        keys.iter().all(|k| told.columns.get(*k) == columns.get(*k))
    };
    let held = rows.iter().find(|(_, told)| table == "release_hold" && same(told));
    let next = rows.keys().next_back().copied().unwrap_or(0).saturating_add(1);
    held.map_or(next, |(id, _)| *id)
}

/// A column of a table and the key of an entry that tells it.
type Pair = (&'static str, &'static str);

/// The columns that an entry sets.
fn columns_of(table: &str, subject: &str, body: &Value) -> Map<String, Value> {
    let step = body["step"].as_str().unwrap_or_default();
    let mut columns = Map::new();
    for (column, key) in pairs(table, step) {
        // "Any" is an empty text in a table and null in an entry, but for numbers that are absent.
        let value = match &body[*key] {
            Value::Null if *column != "evaluation_id" => json!(""),
            value => value.clone(),
        };
        columns.insert((*column).to_owned(), value);
    }
    let mut set = |column: &str, value: Value| columns.insert(column.to_owned(), value);
    match (table, step) {
        ("evaluation", _) | ("rectification", "open") => {
            set("institution", json!(subject));
        }
        ("review", _) | ("appeal", "open") => {
            set("study_key", json!(subject));
        }
        ("rectification", "recheck") => {
            let passed = body["passed"] == json!(true);
            set("recheck_result", json!(if passed { "pass" } else { "fail" }));
        }
        ("release_hold", "hold") => {
            let (institution, profile) = subject.rsplit_once(' ').unwrap_or((subject, ""));
            set("institution", json!(institution));
            set("profile", json!(profile));
            set("causes", json!(body["causes"].to_string()));
        }
        _ => {}
    }
    columns
}

/// The columns that a step tells as they stand.
fn pairs(table: &str, step: &str) -> &'static [Pair] {
    match (table, step) {
        ("evaluation", _) => EVALUATION,
        ("review", _) => REVIEW,
        ("waiver", "add") => WAIVER,
        ("waiver", _) => REVOKED,
        ("rectification", "open") => RECTIFICATION,
        ("rectification", "answer") => REMEDY,
        ("rectification", "recheck") => RECHECK,
        ("appeal", "open") => APPEAL,
        ("appeal", "answer") => ANSWER,
        ("rectification" | "appeal", _) => CLOSED,
        (_, "release") => &[("released_by", "person"), ("reason", "reason")],
        _ => &[("versions", "versions"), ("affected", "affected"), ("labels", "labels")],
    }
}

const REVOKED: &[Pair] =
    &[("revoked_on", "on"), ("revoked_by", "person"), ("revoked_reason", "reason")];

const CLOSED: &[Pair] = &[("closed_by", "person"), ("closed_on", "on")];

const RECHECK: &[Pair] =
    &[("recheck_note", "note"), ("rechecked_by", "person"), ("rechecked_on", "on")];

const REMEDY: &[Pair] =
    &[("cause", "cause"), ("measure", "measure"), ("answered_by", "person"), ("answered_on", "on")];

const ANSWER: &[Pair] = &[
    ("outcome", "outcome"),
    ("answer", "answer"),
    ("answered_by", "person"),
    ("answered_on", "on"),
];

const EVALUATION: &[Pair] = &[
    ("profile", "profile"),
    ("target", "target"),
    ("scope", "scope"),
    ("held_on", "held_on"),
    ("kind", "kind"),
    ("result", "result"),
    ("evaluator", "evaluator"),
    ("evidence", "evidence"),
    ("person", "person"),
];

const REVIEW: &[Pair] = &[
    ("profile", "profile"),
    ("answer", "answer"),
    ("person", "person"),
    ("role", "role"),
    ("reason", "reason"),
    ("signed_on", "on"),
    ("result_digest", "findings"),
];

const WAIVER: &[Pair] = &[
    ("check_name", "check"),
    ("profile", "profile"),
    ("institution", "institution"),
    ("item", "item"),
    ("study_key", "study"),
    ("valid_from", "from"),
    ("valid_until", "until"),
    ("person", "person"),
    ("role", "role"),
    ("reason", "reason"),
];

const RECTIFICATION: &[Pair] = &[
    ("profile", "profile"),
    ("target", "target"),
    ("evaluation_id", "evaluation"),
    ("finding", "finding"),
    ("opened_on", "on"),
    ("due_on", "due"),
    ("opened_by", "person"),
];

const APPEAL: &[Pair] = &[
    ("institution", "institution"),
    ("profile", "profile"),
    ("check_code", "check"),
    ("subject", "subject"),
    ("reason", "reason"),
    ("opened_by", "person"),
    ("opened_on", "on"),
    ("due_on", "due"),
];

/// Columns that later entries set; empty until then.
pub(super) fn open_columns(table: &str) -> &'static [&'static str] {
    match table {
        "waiver" => &["revoked_on", "revoked_by", "revoked_reason"],
        "rectification" => &[
            "cause",
            "measure",
            "answered_by",
            "answered_on",
            "recheck_result",
            "recheck_note",
            "rechecked_by",
            "rechecked_on",
            "closed_by",
            "closed_on",
        ],
        "appeal" => &["outcome", "answer", "answered_by", "answered_on", "closed_by", "closed_on"],
        "release_hold" => &["released_by", "reason"],
        _ => &[],
    }
}
