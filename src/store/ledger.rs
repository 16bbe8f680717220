//! The ledger's rows, and the one way in: every entry goes into the transaction of what it tells.

use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row, SqliteConnection};

use crate::ledger::{Draft, Entry, Head};

use super::{Store, StoreError};

impl Store {
    /// Runs `work` in one transaction that excludes other writers from its start, so that the
    /// place of a ledger entry is never given twice.
    pub(super) fn transact<T>(
        &mut self,
        doing: &'static str,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> sqlx::Result<T>,
    ) -> Result<T, StoreError> {
        let connection = &mut *self.connection;
        let done = self.runtime.block_on(async {
            let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
            let out = work(&mut transaction).await?;
            transaction.commit().await?;
            Ok(out)
        });
        done.map_err(|source| StoreError::Statement { path: self.shown.clone(), doing, source })
    }

    /// Runs a read.
    pub(super) fn reading<T>(
        &mut self,
        doing: &'static str,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> sqlx::Result<T>,
    ) -> Result<T, StoreError> {
        let done = self.runtime.block_on(work(&mut *self.connection));
        done.map_err(|source| StoreError::Statement { path: self.shown.clone(), doing, source })
    }

    /// The end of the chain.
    ///
    /// # Errors
    /// The statement failed.
    pub fn ledger_head(&mut self) -> Result<Head, StoreError> {
        self.reading("reading the ledger", async |c| head(c).await)
    }

    /// Entries after `after`, at most `limit`, in order.
    ///
    /// # Errors
    /// The statement failed.
    pub fn ledger_page(&mut self, after: u64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.reading("reading the ledger", async |c| {
            let rows = sqlx::query("SELECT * FROM ledger WHERE seq > ?1 ORDER BY seq LIMIT ?2")
                .bind(whole(after))
                .bind(i64::from(limit))
                .fetch_all(c)
                .await?;
            rows.iter().map(entry).collect()
        })
    }

    /// Every entry about a subject, or about what begins with it and a space.
    ///
    /// # Errors
    /// The statement failed.
    pub fn ledger_of(&mut self, subject: &str) -> Result<Vec<Entry>, StoreError> {
        self.reading("reading the ledger", async |c| {
            let rows = sqlx::query(
                "SELECT * FROM ledger WHERE subject = ?1
                     OR (subject > ?1 || ' ' AND subject < ?1 || '!') ORDER BY seq",
            )
            .bind(subject)
            .fetch_all(c)
            .await?;
            rows.iter().map(entry).collect()
        })
    }

    /// Whether the triggers that keep the ledger append-only are there.
    ///
    /// # Errors
    /// The statement failed.
    pub fn ledger_is_guarded(&mut self) -> Result<bool, StoreError> {
        self.reading("reading the ledger", async |c| {
            let n: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'
                     AND name IN ('ledger_no_update', 'ledger_no_delete')",
            )
            .fetch_one(c)
            .await?;
            Ok(n == 2)
        })
    }

    /// Enters something that has no table of its own.
    ///
    /// # Errors
    /// The statement failed.
    pub fn enter(&mut self, draft: &Draft) -> Result<Head, StoreError> {
        self.transact("writing the ledger", async |c| {
            append(c, draft).await?;
            head(c).await
        })
    }
}

/// The end of the chain.
pub(super) async fn head(connection: &mut SqliteConnection) -> sqlx::Result<Head> {
    let row = sqlx::query("SELECT * FROM ledger ORDER BY seq DESC LIMIT 1")
        .fetch_optional(connection)
        .await?;
    Ok(row.as_ref().map(entry).transpose()?.map_or_else(Head::default, |e| e.head()))
}

/// Appends an entry inside a transaction and gives back its place.
pub(super) async fn append(connection: &mut SqliteConnection, draft: &Draft) -> sqlx::Result<i64> {
    let entry = Entry::after(&head(connection).await?, draft);
    sqlx::query(
        "INSERT INTO ledger (seq, prev, hash, at, kind, subject, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )
    .bind(whole(entry.seq))
    .bind(&entry.prev)
    .bind(&entry.hash)
    .bind(&entry.at)
    .bind(&entry.kind)
    .bind(&entry.subject)
    .bind(&entry.body)
    .execute(connection)
    .await?;
    Ok(whole(entry.seq))
}

fn entry(row: &SqliteRow) -> sqlx::Result<Entry> {
    Ok(Entry {
        seq: u64::try_from(row.try_get::<i64, _>("seq")?).unwrap_or(0),
        prev: row.try_get("prev")?,
        hash: row.try_get("hash")?,
        at: row.try_get("at")?,
        kind: row.try_get("kind")?,
        subject: row.try_get("subject")?,
        body: row.try_get("body")?,
    })
}

pub(super) fn whole(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
