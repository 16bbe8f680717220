//! What people do: reviews and waivers. Every act is a row and a ledger entry in one transaction.

use jiff::civil::Date;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::ledger::Draft;
use crate::model::gate::{Review, Waiver};

use super::evaluation::{date, optional, optional_date};
use super::{Store, StoreError, ledger};

/// A review as kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptReview {
    /// Its number.
    pub id: i64,
    /// The review.
    pub review: Review,
}

/// A waiver as kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptWaiver {
    /// Its number.
    pub id: i64,
    /// The waiver.
    pub waiver: Waiver,
    /// Role of who gave it.
    pub role: String,
    /// Why.
    pub reason: String,
}

impl Store {
    /// Signs a review and gives back its number.
    ///
    /// # Errors
    /// A statement failed.
    pub fn put_review(&mut self, review: &Review, at: &str) -> Result<i64, StoreError> {
        let r = review;
        let answer = if r.apply { "apply" } else { "withhold" };
        let body = json!({
            "profile": r.profile, "answer": answer, "person": r.person, "role": r.role,
            "reason": r.reason, "on": r.on.to_string(), "findings": r.result_digest,
        });
        let draft = entry("review", &r.study_key, at, body);
        self.transact("writing a review", async |c| {
            let seq = ledger::append(&mut *c, &draft).await?;
            let done = sqlx::query(
                "INSERT INTO review (study_key, profile, answer, person, role, reason, signed_on,
                     result_digest, recorded_at, ledger_seq)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )
            .bind(&r.study_key)
            .bind(r.profile.as_deref().unwrap_or_default())
            .bind(answer)
            .bind(&r.person)
            .bind(&r.role)
            .bind(&r.reason)
            .bind(r.on.to_string())
            .bind(&r.result_digest)
            .bind(at)
            .bind(seq)
            .execute(c)
            .await?;
            Ok(done.last_insert_rowid())
        })
    }

    /// Reviews by number, of one study where asked.
    ///
    /// # Errors
    /// The statement failed, or a row is damaged.
    pub fn reviews(&mut self, study_key: Option<&str>) -> Result<Vec<KeptReview>, StoreError> {
        let sql = "SELECT * FROM review WHERE ?1 IS NULL OR study_key = ?1 ORDER BY id";
        self.all("reading reviews", sql, study_key, review_row)
    }

    /// Adds a waiver and gives back its number.
    ///
    /// # Errors
    /// A statement failed.
    pub fn put_waiver(
        &mut self,
        waiver: &Waiver,
        role: &str,
        reason: &str,
        at: &str,
    ) -> Result<i64, StoreError> {
        let w = waiver;
        let body = json!({
            "step": "add", "check": w.check, "profile": w.profile, "institution": w.institution,
            "item": w.item, "study": w.study_key, "from": w.from.to_string(),
            "until": w.until.to_string(), "person": w.person, "role": role, "reason": reason,
        });
        let draft = entry("waiver", subject_of(w), at, body);
        self.transact("writing a waiver", async |c| {
            let seq = ledger::append(&mut *c, &draft).await?;
            let done = sqlx::query(
                "INSERT INTO waiver (check_name, profile, institution, item, study_key, reason,
                     person, role, valid_from, valid_until, recorded_at, ledger_seq)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )
            .bind(&w.check)
            .bind(w.profile.as_deref().unwrap_or_default())
            .bind(w.institution.as_deref().unwrap_or_default())
            .bind(w.item.as_deref().unwrap_or_default())
            .bind(w.study_key.as_deref().unwrap_or_default())
            .bind(reason)
            .bind(&w.person)
            .bind(role)
            .bind(w.from.to_string())
            .bind(w.until.to_string())
            .bind(at)
            .bind(seq)
            .execute(c)
            .await?;
            Ok(done.last_insert_rowid())
        })
    }

    /// Revokes a waiver from a day on.
    ///
    /// # Errors
    /// A statement failed.
    pub fn revoke_waiver(
        &mut self,
        kept: &KeptWaiver,
        on: Date,
        person: &str,
        reason: &str,
        at: &str,
    ) -> Result<(), StoreError> {
        let (id, on) = (kept.id, on.to_string());
        let body = json!({
            "step": "revoke", "id": id, "on": on, "person": person, "reason": reason,
        });
        let draft = entry("waiver", subject_of(&kept.waiver), at, body);
        self.transact("revoking a waiver", async |c| {
            let seq = ledger::append(&mut *c, &draft).await?;
            sqlx::query(
                "UPDATE waiver SET revoked_on = ?2, revoked_by = ?3, revoked_reason = ?4,
                     ledger_seq = ?5 WHERE id = ?1",
            )
            .bind(id)
            .bind(&on)
            .bind(person)
            .bind(reason)
            .bind(seq)
            .execute(c)
            .await
            .map(|_| ())
        })
    }

    /// Waivers by number.
    ///
    /// # Errors
    /// The statement failed, or a row is damaged.
    pub fn waivers(&mut self) -> Result<Vec<KeptWaiver>, StoreError> {
        self.all("reading waivers", "SELECT * FROM waiver ORDER BY id", None, waiver)
    }

    /// Every row of a statement.
    pub(super) fn all<T>(
        &mut self,
        doing: &'static str,
        sql: &'static str,
        bound: Option<&str>,
        read: fn(&SqliteRow) -> sqlx::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        self.reading(doing, async |c: &mut SqliteConnection| {
            let query = sqlx::query(sql);
            let query = if sql.contains("?1") { query.bind(bound) } else { query };
            query.fetch_all(c).await?.iter().map(read).collect()
        })
    }
}

/// What a waiver is entered under, when given and when revoked: the history of either tells both.
fn subject_of(w: &Waiver) -> &str {
    w.study_key.as_deref().or(w.institution.as_deref()).unwrap_or("*")
}

pub(super) fn entry(kind: &'static str, subject: &str, at: &str, body: Value) -> Draft {
    Draft { at: at.to_owned(), kind, subject: subject.to_owned(), body }
}

/// A body with more keys.
pub(super) fn with(mut body: Value, more: &[(&str, Value)]) -> Value {
    if let Value::Object(map) = &mut body {
        map.extend(more.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    }
    body
}

fn review_row(row: &SqliteRow) -> sqlx::Result<KeptReview> {
    let review = Review {
        on: date(row, "signed_on")?,
        study_key: row.try_get("study_key")?,
        profile: optional(row, "profile")?,
        apply: row.try_get::<String, _>("answer")? == "apply",
        person: row.try_get("person")?,
        role: row.try_get("role")?,
        reason: row.try_get("reason")?,
        result_digest: row.try_get("result_digest")?,
    };
    Ok(KeptReview { id: row.try_get("id")?, review })
}

fn waiver(row: &SqliteRow) -> sqlx::Result<KeptWaiver> {
    let waiver = Waiver {
        check: row.try_get("check_name")?,
        profile: optional(row, "profile")?,
        institution: optional(row, "institution")?,
        item: optional(row, "item")?,
        study_key: optional(row, "study_key")?,
        from: date(row, "valid_from")?,
        until: date(row, "valid_until")?,
        revoked: optional_date(row, "revoked_on")?,
        person: row.try_get("person")?,
    };
    let (role, reason) = (row.try_get("role")?, row.try_get("reason")?);
    Ok(KeptWaiver { id: row.try_get("id")?, waiver, role, reason })
}
