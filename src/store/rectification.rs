//! Rectifications (整改): opened, answered, rechecked, closed.

use jiff::civil::Date;
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::model::gate::{Rectification, Target};

use super::evaluation::{damaged, date, optional_date};
use super::people::{entry, with};
use super::{Store, StoreError, ledger};

/// A rectification as kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRectification {
    /// Its number.
    pub id: i64,
    /// What the gate asks of it.
    pub facts: Rectification,
    /// The evaluation that opened it.
    pub evaluation_id: Option<i64>,
    /// What was found.
    pub finding: String,
    /// Who opened it.
    pub opened_by: String,
    /// By when it has to be done.
    pub due: Date,
    /// The cause, as the hospital answered.
    pub cause: Option<String>,
    /// The measure, as the hospital answered.
    pub measure: Option<String>,
    /// When the hospital answered.
    pub answered: Option<Date>,
    /// `pass` or `fail` of the recheck.
    pub recheck: Option<String>,
    /// When it was rechecked.
    pub rechecked: Option<Date>,
}

/// A new rectification.
#[derive(Clone, Debug)]
pub struct NewRectification {
    /// Institution id.
    pub institution: String,
    /// Policy folder name.
    pub profile: String,
    /// What is to be rectified.
    pub target: Target,
    /// The evaluation that was failed.
    pub evaluation_id: Option<i64>,
    /// What was found.
    pub finding: String,
    /// The day it is opened.
    pub on: Date,
    /// By when it has to be done.
    pub due: Date,
}

/// A step of a rectification.
#[derive(Clone, Debug)]
pub enum RectificationStep {
    /// The hospital names cause and measure.
    Answer {
        /// Why it happened.
        cause: String,
        /// What is done about it.
        measure: String,
    },
    /// The centre looks again.
    Recheck {
        /// Whether it is right now.
        passed: bool,
        /// What was seen.
        note: String,
    },
    /// It is done.
    Close,
}

impl Store {
    /// Opens a rectification and gives back its number.
    ///
    /// # Errors
    /// A statement failed.
    pub fn open_rectification(
        &mut self,
        new: &NewRectification,
        person: &str,
        at: &str,
    ) -> Result<i64, StoreError> {
        let body = json!({
            "step": "open", "profile": new.profile, "target": new.target.to_string(),
            "evaluation": new.evaluation_id, "finding": new.finding, "on": new.on.to_string(),
            "due": new.due.to_string(), "person": person,
        });
        let draft = entry("rectification", &new.institution, at, body);
        self.transact("opening a rectification", async |c| {
            let seq = ledger::append(&mut *c, &draft).await?;
            let done = sqlx::query(
                "INSERT INTO rectification (institution, profile, target, evaluation_id, finding,
                     opened_by, opened_on, due_on, ledger_seq)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )
            .bind(&new.institution)
            .bind(&new.profile)
            .bind(new.target.to_string())
            .bind(new.evaluation_id)
            .bind(&new.finding)
            .bind(person)
            .bind(new.on.to_string())
            .bind(new.due.to_string())
            .bind(seq)
            .execute(c)
            .await?;
            Ok(done.last_insert_rowid())
        })
    }

    /// Writes a step of a rectification. The caller has looked whether the step is due.
    ///
    /// # Errors
    /// A statement failed.
    pub fn step_rectification(
        &mut self,
        of: &KeptRectification,
        step: &RectificationStep,
        on: Date,
        person: &str,
        at: &str,
    ) -> Result<(), StoreError> {
        let (id, on) = (of.id, on.to_string());
        let body = match step {
            RectificationStep::Answer { cause, measure } => {
                json!({"step": "answer", "cause": cause, "measure": measure})
            }
            RectificationStep::Recheck { passed, note } => {
                json!({"step": "recheck", "passed": passed, "note": note})
            }
            RectificationStep::Close => json!({"step": "close"}),
        };
        let body = with(body, &[("id", json!(id)), ("on", json!(on)), ("person", json!(person))]);
        let draft = entry("rectification", &of.facts.institution, at, body);
        self.transact("writing a rectification", async |c| {
            let seq = ledger::append(&mut *c, &draft).await?;
            let query = match step {
                RectificationStep::Answer { cause, measure } => sqlx::query(
                    "UPDATE rectification SET cause = ?4, measure = ?5, answered_by = ?2,
                         answered_on = ?3, ledger_seq = ?6 WHERE id = ?1",
                )
                .bind(id)
                .bind(person)
                .bind(&on)
                .bind(cause)
                .bind(measure)
                .bind(seq),
                RectificationStep::Recheck { passed, note } => sqlx::query(
                    "UPDATE rectification SET recheck_result = ?4, recheck_note = ?5,
                         rechecked_by = ?2, rechecked_on = ?3, ledger_seq = ?6 WHERE id = ?1",
                )
                .bind(id)
                .bind(person)
                .bind(&on)
                .bind(if *passed { "pass" } else { "fail" })
                .bind(note)
                .bind(seq),
                RectificationStep::Close => sqlx::query(
                    "UPDATE rectification SET closed_by = ?2, closed_on = ?3, ledger_seq = ?4
                     WHERE id = ?1",
                )
                .bind(id)
                .bind(person)
                .bind(&on)
                .bind(seq),
            };
            query.execute(c).await.map(|_| ())
        })
    }

    /// Rectifications by number, of one institution where asked.
    ///
    /// # Errors
    /// The statement failed, or a row is damaged.
    pub fn rectifications(
        &mut self,
        institution: Option<&str>,
    ) -> Result<Vec<KeptRectification>, StoreError> {
        let sql = "SELECT * FROM rectification WHERE ?1 IS NULL OR institution = ?1 ORDER BY id";
        self.all("reading rectifications", sql, institution, rectification)
    }
}

fn rectification(row: &SqliteRow) -> sqlx::Result<KeptRectification> {
    let target: String = row.try_get("target")?;
    Ok(KeptRectification {
        id: row.try_get("id")?,
        facts: Rectification {
            institution: row.try_get("institution")?,
            profile: row.try_get("profile")?,
            target: Target::parse(&target).ok_or_else(|| damaged("target", &target))?,
            opened: date(row, "opened_on")?,
            closed: optional_date(row, "closed_on")?,
        },
        evaluation_id: row.try_get("evaluation_id")?,
        finding: row.try_get("finding")?,
        opened_by: row.try_get("opened_by")?,
        due: date(row, "due_on")?,
        cause: row.try_get("cause")?,
        measure: row.try_get("measure")?,
        answered: optional_date(row, "answered_on")?,
        recheck: row.try_get("recheck_result")?,
        rechecked: optional_date(row, "rechecked_on")?,
    })
}
