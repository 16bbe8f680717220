//! The results store: what was said of every study, and exactly what its checks could see, so that
//! checks and verdict replay without opening a file. Embedded SQLite in WAL mode through sqlx; the
//! queries are plain enough for PostgreSQL to serve them later.

mod appeal;
mod disagree;
mod encode;
mod error;
mod evaluation;
mod files;
mod gate_rows;
mod intake;
mod ledger;
mod maintain;
mod packed;
mod people;
mod read;
mod receipts;
mod rectification;
mod replay;
mod results;
mod standing;
mod write;

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::runtime::Runtime;

pub use appeal::Appeal;
pub use disagree::Disagreement;
pub use encode::{decode_facts, encode_facts};
pub use error::StoreError;
pub use evaluation::KeptEvaluation;
pub use files::{CameTo, FileRow, FolderRows, Gone, ReadUnder};
pub use gate_rows::LabelRow;
pub use intake::ManifestRow;
pub use maintain::{Checked, Pruned};
pub use people::{KeptReview, KeptWaiver};
pub use read::{KeptStudy, StoredStudy, StudyFilter};
pub use receipts::{Arrival, Digest16, First, Seen};
pub use rectification::{KeptRectification, NewRectification, RectificationStep};
pub use results::{Decided, StoredResult};
pub use standing::{Hold, StandingRow};
pub use write::{Rests, RunRecord, StudyRecord};

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("src/store/migrations");

/// Milliseconds a statement waits for another writer before it gives up.
const BUSY: Duration = Duration::from_secs(30);

/// An open store. One connection, used from one thread at a time.
pub struct Store {
    runtime: Runtime,
    connection: Open,
    shown: String,
    read_only: bool,
}

/// A connection until its store is let go of.
struct Open(Option<SqliteConnection>);

impl Deref for Open {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        self.0.as_ref().unwrap_or_else(|| unreachable!("taken only when its store is dropped"))
    }
}

impl DerefMut for Open {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.0.as_mut().unwrap_or_else(|| unreachable!("taken only when its store is dropped"))
    }
}

impl Drop for Store {
    /// Waits until the database is closed, and after writing brings what its log holds into the file: who copies the file alone
    /// copies the store. Whoever reads at the time leaves that to the next one; nothing is lost by it.
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.0.take() else { return };
        let writes = !self.read_only;
        let _ = self.runtime.block_on(async {
            if writes {
                sqlx::query("PRAGMA busy_timeout = 0").execute(&mut connection).await?;
                sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await?;
            }
            connection.close().await
        });
    }
}

impl Store {
    /// Opens a store, making it where there is none, and brings it to the present version.
    ///
    /// # Errors
    /// The file cannot be opened, is no store, or was made by a newer version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, true, false)
    }

    /// Opens an existing store for reading.
    ///
    /// # Errors
    /// As [`Store::open`]; also where there is no store yet.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, false, true)
    }

    fn open_with(path: &Path, create: bool, read_only: bool) -> Result<Self, StoreError> {
        let shown = path.display().to_string();
        let fault = |source| StoreError::Open { path: shown.clone(), source };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|source| StoreError::Runtime { source })?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(create)
            .read_only(read_only)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .statement_cache_capacity(64);
        // A reader takes the file as it is: a backup is not in WAL mode, and must not be changed.
        let options = if read_only {
            options
        } else {
            options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full)
        };
        let mut connection = runtime.block_on(options.connect()).map_err(fault)?;
        if read_only {
            // A reader must not migrate; it refuses what it does not know.
            runtime.block_on(read::refuse_unknown_version(&mut connection, &MIGRATOR, &shown))?;
        } else {
            runtime
                .block_on(MIGRATOR.run(&mut connection))
                .map_err(|source| StoreError::Migrate { path: shown.clone(), source })?;
        }
        Ok(Self { runtime, connection: Open(Some(connection)), shown, read_only })
    }

    /// The store's path, for messages.
    pub fn shown(&self) -> &str {
        &self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::contract::Depth;

    #[test]
    fn the_file_alone_is_the_store_once_it_is_let_go_of() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.db");
        let run = RunRecord {
            run_id: "r".into(),
            started_at: "2026-01-01T00:00:00Z".into(),
            tool: "t".into(),
            depth: Depth::Header,
            input_fingerprint: String::new(),
            studies: 7,
        };
        drop(Store::open(&path).unwrap());
        // One that reads keeps the log from being removed, not from being brought in.
        let reader = Store::open_read_only(&path).unwrap();
        Store::open(&path).unwrap().put_run(&run).unwrap();
        let copy = dir.path().join("copy.db");
        std::fs::copy(&path, &copy).unwrap();
        drop(reader);
        let mut store = Store::open_read_only(&copy).unwrap();
        let count = sqlx::query_scalar::<_, i64>("SELECT studies FROM run");
        let studies = store.runtime.block_on(count.fetch_one(&mut *store.connection)).unwrap();
        assert_eq!(studies, 7);
    }
}
