//! What can go wrong with the store.

/// A failure of the store; each names its file and what was being done.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The async runtime that sqlx needs cannot start.
    #[error("store runtime cannot start: {source}")]
    Runtime {
        /// The system's words.
        source: std::io::Error,
    },
    /// The file cannot be opened as a store.
    #[error("store {path} cannot be opened: {source}")]
    Open {
        /// The file.
        path: String,
        /// The database's words.
        source: sqlx::Error,
    },
    /// The store was made by a newer version, or its history was altered.
    #[error("store {path} cannot be brought to this version: {source}")]
    Migrate {
        /// The file.
        path: String,
        /// The database's words.
        source: sqlx::migrate::MigrateError,
    },
    /// The store is of another version than this program reads.
    #[error("store {path} has version {found}, this program reads {known}; run a matching version")]
    Version {
        /// The file.
        path: String,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// A statement failed.
    #[error("store {path}: {doing}: {source}")]
    Statement {
        /// The file.
        path: String,
        /// What was being done.
        doing: &'static str,
        /// The database's words.
        source: sqlx::Error,
    },
    /// A stored record cannot be encoded or decoded.
    #[error("store {path}: record of study {study}: {why}")]
    Record {
        /// The file.
        path: String,
        /// The study's key.
        study: String,
        /// What is wrong.
        why: String,
    },
    /// The target of a backup exists already.
    #[error("backup target {path} exists; a backup never overwrites")]
    BackupExists {
        /// The target.
        path: String,
    },
}
