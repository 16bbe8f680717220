//! `hrgate store check | backup | prune`.

use std::path::Path;

use sqlx::Row;

use super::read::StudyFilter;
use super::{Store, StoreError};

/// What a check of the store found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Studies looked at.
    pub studies: u64,
    /// What is wrong; empty where nothing is.
    pub problems: Vec<String>,
}

/// What pruning removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// Studies removed.
    pub studies: u64,
}

impl Store {
    /// Looks the whole store over: the database's own check, foreign keys, every record.
    ///
    /// # Errors
    /// A statement failed.
    pub fn check(&mut self) -> Result<Checked, StoreError> {
        let mut checked = Checked::default();
        for (pragma, sound) in [("PRAGMA integrity_check", "ok"), ("PRAGMA foreign_key_check", "")]
        {
            let rows = self
                .runtime
                .block_on(sqlx::query(pragma).fetch_all(&mut *self.connection))
                .map_err(|source| self.statement("checking", source))?;
            for row in rows {
                let text: String = row.try_get(0).unwrap_or_default();
                if text != sound {
                    checked.problems.push(format!("{pragma}: {text}"));
                }
            }
        }
        let (filter, mut after) = (StudyFilter::default(), String::new());
        loop {
            let page = self.page(&filter, &after, 256)?;
            let Some(last) = page.last() else { return Ok(checked) };
            after.clone_from(&last.key);
            for stored in &page {
                checked.studies += 1;
                if let Err(why) = stored.study().map(|_| ()).and_then(|()| json_of(stored)) {
                    checked.problems.push(format!("study {}: {why}", stored.key));
                }
            }
        }
    }

    /// Writes a consistent copy while others may be writing.
    ///
    /// # Errors
    /// The target exists, or the copy fails.
    pub fn backup(&mut self, target: &Path) -> Result<(), StoreError> {
        if target.exists() {
            return Err(StoreError::BackupExists { path: target.display().to_string() });
        }
        let query = sqlx::query("VACUUM INTO ?1").bind(target.display().to_string());
        self.runtime
            .block_on(query.execute(&mut *self.connection))
            .map(|_| ())
            .map_err(|source| self.statement("backing up", source))
    }

    /// Removes studies judged before `before` (RFC 3339 or a prefix of it).
    ///
    /// # Errors
    /// A statement failed.
    pub fn prune(&mut self, before: &str) -> Result<Pruned, StoreError> {
        let query = sqlx::query("DELETE FROM study WHERE judged_at < ?1").bind(before);
        let done = self
            .runtime
            .block_on(query.execute(&mut *self.connection))
            .map_err(|source| self.statement("pruning", source))?;
        Ok(Pruned { studies: done.rows_affected() })
    }

    fn statement(&self, doing: &'static str, source: sqlx::Error) -> StoreError {
        StoreError::Statement { path: self.shown.clone(), doing, source }
    }
}

fn json_of(stored: &super::StoredStudy) -> Result<(), String> {
    let json = stored.result_json()?;
    serde_json::from_slice::<crate::model::result::StudyResult>(&json)
        .map(|_| ())
        .map_err(|e| e.to_string())
}
