//! Reading studies back, in pages by key, so that memory does not grow with the store.

use sqlx::{Row, SqliteConnection};

use crate::checks::contract::Depth;
use crate::model::study::Study;

use super::{Store, StoreError, encode};

/// Which studies are read.
#[derive(Clone, Debug, Default)]
pub struct StudyFilter {
    /// Only this institution.
    pub institution: Option<String>,
    /// Only studies dated on or after this day (YYYYMMDD).
    pub since: Option<String>,
}

/// A study as stored.
#[derive(Clone, Debug)]
pub struct StoredStudy {
    /// The key files were grouped by.
    pub key: String,
    /// How deep it was read.
    pub depth: Depth,
    /// The day it was judged as of.
    pub as_of: String,
    facts: Vec<u8>,
    result: Vec<u8>,
}

impl StoredStudy {
    /// What its checks could see.
    ///
    /// # Errors
    /// The record is damaged.
    pub fn study(&self) -> Result<Study, String> {
        encode::decode_facts(&self.facts)
    }

    pub(super) fn facts(&self) -> &[u8] {
        &self.facts
    }

    /// Its result as the JSON line that was written.
    ///
    /// # Errors
    /// The record is damaged.
    pub fn result_json(&self) -> Result<Vec<u8>, String> {
        encode::decode_result(&self.result)
    }
}

impl Store {
    /// The next `limit` studies in key order after `after` (an empty text for the first).
    ///
    /// # Errors
    /// The statement failed.
    pub fn page(
        &mut self,
        filter: &StudyFilter,
        after: &str,
        limit: u32,
    ) -> Result<Vec<StoredStudy>, StoreError> {
        let shown = self.shown.clone();
        let query = sqlx::query(
            "SELECT study_key, depth, as_of, facts, result FROM study
             WHERE study_key > ?1
               AND (?2 IS NULL OR institution = ?2)
               AND (?3 IS NULL OR study_date >= ?3)
             ORDER BY study_key LIMIT ?4",
        )
        .bind(after)
        .bind(&filter.institution)
        .bind(&filter.since)
        .bind(i64::from(limit));
        let rows = self.runtime.block_on(query.fetch_all(&mut self.connection));
        rows.and_then(|rows| rows.iter().map(stored).collect()).map_err(|source| {
            StoreError::Statement { path: shown, doing: "reading studies", source }
        })
    }

    /// How many studies it holds.
    ///
    /// # Errors
    /// The statement failed.
    pub fn count(&mut self) -> Result<u64, StoreError> {
        let shown = self.shown.clone();
        let query = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM study");
        self.runtime
            .block_on(query.fetch_one(&mut self.connection))
            .map(|n| u64::try_from(n).unwrap_or(0))
            .map_err(|source| StoreError::Statement {
                path: shown,
                doing: "counting studies",
                source,
            })
    }
}

fn stored(row: &sqlx::sqlite::SqliteRow) -> sqlx::Result<StoredStudy> {
    let depth = match row.try_get::<i64, _>("depth")? {
        0 => Depth::Header,
        1 => Depth::Pixels,
        _ => Depth::Models,
    };
    Ok(StoredStudy {
        key: row.try_get("study_key")?,
        depth,
        as_of: row.try_get("as_of")?,
        facts: row.try_get("facts")?,
        result: row.try_get("result")?,
    })
}

/// A reader refuses a store whose newest migration is not its own.
pub(super) async fn refuse_unknown_version(
    connection: &mut SqliteConnection,
    migrator: &sqlx::migrate::Migrator,
    shown: &str,
) -> Result<(), StoreError> {
    let known = migrator.iter().map(|m| m.version).max().unwrap_or(0);
    let found = sqlx::query_scalar::<_, Option<i64>>("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(connection)
        .await
        .map_err(|source| StoreError::Open { path: shown.to_owned(), source })?
        .unwrap_or(0);
    if found == known {
        Ok(())
    } else {
        Err(StoreError::Version { path: shown.to_owned(), found, known })
    }
}
