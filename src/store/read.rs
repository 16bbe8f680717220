//! Reading studies back, in pages by key, so that memory does not grow with the store.

use sqlx::{Row, SqliteConnection};

use crate::checks::contract::Depth;
use crate::model::study::Study;

use super::write::Rests;
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
    rests: Rests,
}

/// What is kept of a study without its facts, to see whether its result still holds.
#[derive(Clone, Debug)]
pub struct KeptStudy {
    /// How deep it was read.
    pub depth: Depth,
    /// The day it was judged as of.
    pub as_of: String,
    /// What it rests on.
    pub rests: Rests,
    /// Its result as the JSON line that was written.
    pub result_json: Vec<u8>,
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

    pub(super) fn rests(&self) -> &Rests {
        &self.rests
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
            "SELECT study_key, depth, as_of, facts, result, input, read_under, models_under, judged_under,
                 region FROM study
             WHERE study_key > ?1
               AND (?2 IS NULL OR institution = ?2)
               AND (?3 IS NULL OR study_date >= ?3)
             ORDER BY study_key LIMIT ?4",
        )
        .bind(after)
        .bind(&filter.institution)
        .bind(&filter.since)
        .bind(i64::from(limit));
        let rows = self.runtime.block_on(query.fetch_all(&mut *self.connection));
        rows.and_then(|rows| rows.iter().map(stored).collect()).map_err(|source| {
            StoreError::Statement { path: shown, doing: "reading studies", source }
        })
    }

    /// What is kept of a study, without its facts.
    ///
    /// # Errors
    /// The statement failed, or the record is damaged.
    pub fn kept(&mut self, key: &str) -> Result<Option<KeptStudy>, StoreError> {
        self.reading("reading a study", async |c| {
            let row = sqlx::query(
                "SELECT depth, as_of, result, input, read_under, models_under, judged_under, region
                 FROM study WHERE study_key = ?1",
            )
            .bind(key)
            .fetch_optional(c)
            .await?;
            let damaged = |why: String| sqlx::Error::Decode(why.into());
            let kept = |row: sqlx::sqlite::SqliteRow| {
                let result: Vec<u8> = row.try_get("result")?;
                Ok(KeptStudy {
                    depth: depth_of(&row)?,
                    as_of: row.try_get("as_of")?,
                    rests: rests(&row)?,
                    result_json: encode::decode_result(&result).map_err(damaged)?,
                })
            };
            row.map(kept).transpose()
        })
    }

    /// The facts of a study.
    ///
    /// # Errors
    /// The statement failed, or the record is damaged.
    pub fn facts_of(&mut self, key: &str) -> Result<Option<Study>, StoreError> {
        self.reading("reading a study", async |c| {
            let facts: Option<Vec<u8>> =
                sqlx::query_scalar("SELECT facts FROM study WHERE study_key = ?1")
                    .bind(key)
                    .fetch_optional(c)
                    .await?;
            let damaged = |why: String| sqlx::Error::Decode(why.into());
            facts.map(|facts| encode::decode_facts(&facts).map_err(damaged)).transpose()
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
            .block_on(query.fetch_one(&mut *self.connection))
            .map(|n| u64::try_from(n).unwrap_or(0))
            .map_err(|source| StoreError::Statement {
                path: shown,
                doing: "counting studies",
                source,
            })
    }
}

fn depth_of(row: &sqlx::sqlite::SqliteRow) -> sqlx::Result<Depth> {
    Ok(match row.try_get::<i64, _>("depth")? {
        0 => Depth::Header,
        1 => Depth::Pixels,
        _ => Depth::Models,
    })
}

fn rests(row: &sqlx::sqlite::SqliteRow) -> sqlx::Result<Rests> {
    Ok(Rests {
        input: row.try_get("input")?,
        read_under: row.try_get("read_under")?,
        models_under: row.try_get("models_under")?,
        judged_under: row.try_get("judged_under")?,
        region: row.try_get("region")?,
    })
}

fn stored(row: &sqlx::sqlite::SqliteRow) -> sqlx::Result<StoredStudy> {
    Ok(StoredStudy {
        key: row.try_get("study_key")?,
        depth: depth_of(row)?,
        rests: rests(row)?,
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
