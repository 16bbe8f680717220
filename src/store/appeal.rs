//! Appeals: a hospital contests a finding.

use jiff::civil::Date;
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::evaluation::{date, optional_date};
use super::people::{entry, with};
use super::{Store, StoreError, ledger};

/// An appeal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appeal {
    /// Its number; 0 for one that is new.
    pub id: i64,
    /// Who contests.
    pub institution: String,
    /// The study.
    pub study_key: String,
    /// The profile, or empty.
    pub profile: String,
    /// Code of the check.
    pub check_code: String,
    /// JSON of the finding's subject, or empty.
    pub subject: String,
    /// Why.
    pub reason: String,
    /// Who opened it.
    pub opened_by: String,
    /// When.
    pub opened: Date,
    /// By when it has to be answered.
    pub due: Date,
    /// `upheld` (the finding was wrong) or `rejected`.
    pub outcome: Option<String>,
    /// The answer.
    pub answer: Option<String>,
    /// When it was closed.
    pub closed: Option<Date>,
}

impl Store {
    /// Opens an appeal and gives back its number.
    ///
    /// # Errors
    /// A statement failed.
    pub fn open_appeal(&mut self, appeal: &Appeal, at: &str) -> Result<i64, StoreError> {
        let a = appeal;
        let body = json!({
            "step": "open", "institution": a.institution, "profile": a.profile,
            "check": a.check_code, "subject": a.subject, "reason": a.reason,
            "person": a.opened_by, "on": a.opened.to_string(), "due": a.due.to_string(),
        });
        let draft = entry("appeal", &a.study_key, at, body);
        self.transact("opening an appeal", async |c| {
            let seq = ledger::append(&mut *c, &draft).await?;
            let done = sqlx::query(
                "INSERT INTO appeal (institution, study_key, profile, check_code, subject, reason,
                     opened_by, opened_on, due_on, ledger_seq)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )
            .bind(&a.institution)
            .bind(&a.study_key)
            .bind(&a.profile)
            .bind(&a.check_code)
            .bind(&a.subject)
            .bind(&a.reason)
            .bind(&a.opened_by)
            .bind(a.opened.to_string())
            .bind(a.due.to_string())
            .bind(seq)
            .execute(c)
            .await?;
            Ok(done.last_insert_rowid())
        })
    }

    /// Answers an appeal (`outcome` upheld or rejected), or closes it (`outcome` none).
    ///
    /// # Errors
    /// A statement failed.
    pub fn step_appeal(
        &mut self,
        appeal: &Appeal,
        answer: Option<(&str, &str)>,
        on: Date,
        person: &str,
        at: &str,
    ) -> Result<(), StoreError> {
        let (id, on) = (appeal.id, on.to_string());
        let body = match answer {
            Some((outcome, text)) => json!({"step": "answer", "outcome": outcome, "answer": text}),
            None => json!({"step": "close"}),
        };
        let body = with(body, &[("id", json!(id)), ("on", json!(on)), ("person", json!(person))]);
        let draft = entry("appeal", &appeal.study_key, at, body);
        self.transact("writing an appeal", async |c| {
            let seq = ledger::append(&mut *c, &draft).await?;
            let query = match answer {
                Some((outcome, text)) => sqlx::query(
                    "UPDATE appeal SET answered_by = ?2, answered_on = ?3, ledger_seq = ?4,
                         outcome = ?5, answer = ?6 WHERE id = ?1",
                )
                .bind(id)
                .bind(person)
                .bind(&on)
                .bind(seq)
                .bind(outcome)
                .bind(text),
                None => sqlx::query(
                    "UPDATE appeal SET closed_by = ?2, closed_on = ?3, ledger_seq = ?4
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

    /// Appeals by number.
    ///
    /// # Errors
    /// The statement failed, or a row is damaged.
    pub fn appeals(&mut self) -> Result<Vec<Appeal>, StoreError> {
        self.all("reading appeals", "SELECT * FROM appeal ORDER BY id", None, appeal_row)
    }
}

fn appeal_row(row: &SqliteRow) -> sqlx::Result<Appeal> {
    Ok(Appeal {
        id: row.try_get("id")?,
        institution: row.try_get("institution")?,
        study_key: row.try_get("study_key")?,
        profile: row.try_get("profile")?,
        check_code: row.try_get("check_code")?,
        subject: row.try_get("subject")?,
        reason: row.try_get("reason")?,
        opened_by: row.try_get("opened_by")?,
        opened: date(row, "opened_on")?,
        due: date(row, "due_on")?,
        outcome: row.try_get("outcome")?,
        answer: row.try_get("answer")?,
        closed: optional_date(row, "closed_on")?,
    })
}
