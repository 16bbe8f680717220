//! Results as the gate reads them, and decisions with the results that carry them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::ledger::Entry;
use crate::model::result::StudyResult;

use super::gate_rows::{LabelRow, put_label};
use super::ledger;
use super::people::entry;
use super::{Store, StoreError, encode};

/// A result as stored, without the facts behind it.
#[derive(Clone, Debug)]
pub struct StoredResult {
    /// The study's key.
    pub key: String,
    /// Its result.
    pub result: StudyResult,
}

/// What is decided of one study.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The decisions that are new.
    pub rows: Vec<LabelRow>,
    /// Decisions on items that the study no longer matches; the ledger keeps their history.
    pub obsolete: Vec<LabelRow>,
    /// The result with the labels in it, where they differ from those stored.
    pub result: Option<StudyResult>,
}

impl Store {
    /// The next results in key order after `after`.
    ///
    /// # Errors
    /// The statement failed, or a record is damaged.
    pub fn results_page(
        &mut self,
        institution: Option<&str>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<StoredResult>, StoreError> {
        let rows = self.reading("reading results", async |c| {
            sqlx::query(
                "SELECT study_key, result FROM study
                 WHERE study_key > ?1 AND (?2 IS NULL OR institution = ?2)
                 ORDER BY study_key LIMIT ?3",
            )
            .bind(after)
            .bind(institution)
            .bind(i64::from(limit))
            .fetch_all(c)
            .await?
            .iter()
            .map(raw)
            .collect::<sqlx::Result<Vec<_>>>()
        })?;
        rows.into_iter().map(|row| self.decoded(row)).collect()
    }

    /// The next results in key order after `after` that wait for a person: those in review, and those
    /// of which a view is.
    ///
    /// # Errors
    /// The statement failed, or a record is damaged.
    pub fn review_page(
        &mut self,
        institution: Option<&str>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<StoredResult>, StoreError> {
        let rows = self.reading("reading studies in review", async |c| {
            sqlx::query(
                "SELECT study_key, result FROM study
                 WHERE study_key > ?1 AND (?2 IS NULL OR institution = ?2)
                   AND (verdict = 1 OR EXISTS (
                       SELECT 1 FROM label WHERE label.study_key = study.study_key
                         AND label.reasons LIKE '%verdict-review%'))
                 ORDER BY study_key LIMIT ?3",
            )
            .bind(after)
            .bind(institution)
            .bind(i64::from(limit))
            .fetch_all(c)
            .await?
            .iter()
            .map(raw)
            .collect::<sqlx::Result<Vec<_>>>()
        })?;
        rows.into_iter().map(|row| self.decoded(row)).collect()
    }

    /// How many studies each check failed, by the check's code.
    ///
    /// # Errors
    /// The statement failed.
    pub fn studies_failed_by_check(&mut self) -> Result<BTreeMap<String, u64>, StoreError> {
        self.reading("counting findings", async |c| {
            let rows: Vec<(String, i64)> = sqlx::query_as(
                "SELECT code, count(DISTINCT study_id) FROM outcome WHERE outcome = 1 GROUP BY code",
            )
            .fetch_all(c)
            .await?;
            Ok(rows.into_iter().map(|(code, n)| (code, n.unsigned_abs())).collect())
        })
    }

    /// The result of one study, by key or by Study Instance UID.
    ///
    /// # Errors
    /// The statement failed, or the record is damaged.
    pub fn result_of(&mut self, study: &str) -> Result<Option<StoredResult>, StoreError> {
        let row = self.reading("reading a result", async |c| {
            let found = sqlx::query(
                "SELECT study_key, result FROM study WHERE study_key = ?1 OR study_uid = ?1
                 ORDER BY study_key LIMIT 1",
            )
            .bind(study)
            .fetch_optional(c)
            .await?;
            found.as_ref().map(raw).transpose()
        })?;
        row.map(|row| self.decoded(row)).transpose()
    }

    /// The result of one study by its key.
    ///
    /// # Errors
    /// The statement failed, or the record is damaged.
    pub fn result_of_key(&mut self, key: &str) -> Result<Option<StoredResult>, StoreError> {
        let row = self.reading("reading a result", async |c| {
            let found = sqlx::query("SELECT study_key, result FROM study WHERE study_key = ?1")
                .bind(key)
                .fetch_optional(c)
                .await?;
            found.as_ref().map(raw).transpose()
        })?;
        row.map(|row| self.decoded(row)).transpose()
    }

    /// Writes what was decided of studies: decisions, ledger entries and results in one
    /// transaction, all or none.
    ///
    /// # Errors
    /// A statement failed, or a result cannot be encoded.
    pub fn put_decided(&mut self, studies: &[Decided]) -> Result<(), StoreError> {
        let mut results = Vec::new();
        for result in studies.iter().filter_map(|d| d.result.as_ref()) {
            let fault = |why| StoreError::Record {
                path: self.shown.clone(),
                study: result.study_key.clone(),
                why,
            };
            let bytes = encode::encode_result(result).map_err(fault)?;
            results.push((result.study_key.clone(), bytes));
        }
        let idle = |d: &Decided| d.rows.is_empty() && d.obsolete.is_empty();
        if results.is_empty() && studies.iter().all(idle) {
            return Ok(());
        }
        self.transact("writing decisions", async |c| {
            for row in studies.iter().flat_map(|d| &d.rows) {
                put_label(&mut *c, row).await?;
            }
            for row in studies.iter().flat_map(|d| &d.obsolete) {
                // The ledger tells it, or the row would seem to have been deleted by hand.
                let body = json!({
                    "profile": row.profile, "item": row.item, "view": row.subject,
                    "run": row.run_id,
                });
                let draft = entry("label-obsolete", &row.study_key, &row.decided_at, body);
                ledger::append(&mut *c, &draft).await?;
                sqlx::query(
                    "DELETE FROM label WHERE study_key = ?1 AND profile = ?2 AND item = ?3
                         AND subject = ?4",
                )
                .bind(&row.study_key)
                .bind(&row.profile)
                .bind(row.item.as_deref().unwrap_or_default())
                .bind(&row.subject)
                .execute(&mut *c)
                .await?;
            }
            for (key, bytes) in &results {
                sqlx::query("UPDATE study SET result = ?2 WHERE study_key = ?1")
                    .bind(key)
                    .bind(bytes)
                    .execute(&mut *c)
                    .await?;
            }
            Ok(())
        })
    }

    /// Studies of which an instance came again with other content than at first.
    ///
    /// # Errors
    /// The statement failed.
    pub fn changed_studies(&mut self) -> Result<BTreeSet<String>, StoreError> {
        self.reading("reading the ledger", async |c| {
            let keys: Vec<String> = sqlx::query_scalar(
                "SELECT subject FROM (
                     SELECT subject, kind, max(seq) FROM ledger
                     WHERE kind IN ('content-changed', 'content-restored') GROUP BY subject)
                 WHERE kind = 'content-changed'",
            )
            .fetch_all(c)
            .await?;
            Ok(keys.into_iter().collect())
        })
    }

    /// The whole chain, oldest first.
    ///
    /// # Errors
    /// The statement failed.
    pub fn ledger(&mut self) -> Result<Vec<Entry>, StoreError> {
        let mut out: Vec<Entry> = Vec::new();
        loop {
            let after = out.last().map_or(0, |e| e.seq);
            let page = self.ledger_page(after, 4096)?;
            if page.is_empty() {
                return Ok(out);
            }
            out.extend(page);
        }
    }

    fn decoded(&self, (key, bytes): (String, Vec<u8>)) -> Result<StoredResult, StoreError> {
        let result = encode::decode_result(&bytes)
            .and_then(|json| serde_json::from_slice(&json).map_err(|e| e.to_string()));
        let fault = |why| StoreError::Record { path: self.shown.clone(), study: key.clone(), why };
        let result = result.map_err(fault)?;
        Ok(StoredResult { key, result })
    }
}

fn raw(row: &SqliteRow) -> sqlx::Result<(String, Vec<u8>)> {
    Ok((row.try_get("study_key")?, row.try_get("result")?))
}
