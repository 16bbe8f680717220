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

/// The columns that an entry sets.
fn columns_of(table: &str, subject: &str, body: &Value) -> Map<String, Value> {
    let step = body["step"].as_str().unwrap_or_default();
    let (own, pairs): (&[(&str, &str)], &[(&str, &str)]) = match (table, step) {
        ("evaluation", _) => (&[("institution", "")], EVALUATION),
        ("review", _) => (&[("study_key", "")], REVIEW),
        ("waiver", "add") => (&[], WAIVER),
        ("waiver", _) => {
            (&[], &[("revoked_on", "on"), ("revoked_by", "person"), ("revoked_reason", "reason")])
        }
        ("rectification", "open") => (&[("institution", "")], RECTIFICATION),
        ("appeal", "open") => (&[("study_key", "")], APPEAL),
        ("rectification", "recheck") => {
            (&[], &[("recheck_note", "note"), ("rechecked_by", "person"), ("rechecked_on", "on")])
        }
        ("rectification", "answer") => (
            &[],
            &[
                ("cause", "cause"),
                ("measure", "measure"),
                ("answered_by", "person"),
                ("answered_on", "on"),
            ],
        ),
        ("appeal", "answer") => (
            &[],
            &[
                ("outcome", "outcome"),
                ("answer", "answer"),
                ("answered_by", "person"),
                ("answered_on", "on"),
            ],
        ),
        ("rectification" | "appeal", _) => (&[], &[("closed_by", "person"), ("closed_on", "on")]),
        (_, "release") => (&[], &[("released_by", "person"), ("reason", "reason")]),
        _ => (&[], &[("versions", "versions"), ("affected", "affected"), ("labels", "labels")]),
    };
    let mut columns = Map::new();
    for (column, _) in own {
        columns.insert((*column).to_owned(), json!(subject));
    }
    for (column, key) in pairs {
        // "Any" is an empty text in a table and null in an entry, but for numbers that are absent.
        let value = match &body[*key] {
            Value::Null if *column != "evaluation_id" => json!(""),
            value => value.clone(),
        };
        columns.insert((*column).to_owned(), value);
    }
    if (table, step) == ("rectification", "recheck") {
        let word = if body["passed"] == json!(true) { "pass" } else { "fail" };
        columns.insert("recheck_result".to_owned(), json!(word));
    }
    if (table, step) == ("release_hold", "hold") {
        let (institution, profile) = subject.rsplit_once(' ').unwrap_or((subject, ""));
        columns.insert("institution".to_owned(), json!(institution));
        columns.insert("profile".to_owned(), json!(profile));
        columns.insert("causes".to_owned(), json!(body["causes"].to_string()));
    }
    columns
}

const EVALUATION: &[(&str, &str)] = &[
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

const REVIEW: &[(&str, &str)] = &[
    ("profile", "profile"),
    ("answer", "answer"),
    ("person", "person"),
    ("role", "role"),
    ("reason", "reason"),
    ("signed_on", "on"),
    ("result_digest", "findings"),
];

const WAIVER: &[(&str, &str)] = &[
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

const RECTIFICATION: &[(&str, &str)] = &[
    ("profile", "profile"),
    ("target", "target"),
    ("evaluation_id", "evaluation"),
    ("finding", "finding"),
    ("opened_on", "on"),
    ("due_on", "due"),
    ("opened_by", "person"),
];

const APPEAL: &[(&str, &str)] = &[
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
