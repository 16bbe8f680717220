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

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection};
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
    connection: SqliteConnection,
    shown: String,
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
        Ok(Self { runtime, connection, shown })
    }

    /// The store's path, for messages.
    pub fn shown(&self) -> &str {
        &self.shown
    }
}
