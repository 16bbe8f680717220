//! What every file came to when it was last read: a file that did not change since is not read again.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::checks::contract::Depth;
use crate::model::file::RejectReason;
use crate::model::text::Text;
use crate::source::Stamp;

use super::write::{depth_number, numbers};
use super::{Store, StoreError};

/// What a file came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CameTo {
    /// An instance of the study of that key.
    Instance(String),
    /// Not DICOM.
    NotDicom,
    /// A DICOMDIR.
    Dicomdir,
    /// Ours, and unreadable.
    Rejected(RejectReason, Text),
}

/// A file as it was last read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRow {
    /// Absolute path of its folder, as shown.
    pub folder: String,
    /// Its name.
    pub name: String,
    /// Position of its source on the command line.
    pub source: u32,
    /// Bytes of the source's path in the file's.
    pub root: u32,
    /// Size, times and number.
    pub stamp: Stamp,
    /// What it came to.
    pub came_to: CameTo,
    /// Digest of path, size, content fingerprint and decoded pixels.
    pub line: [u8; 32],
    /// How it was read; `None` of an instance, whose study has it.
    pub read_under: Option<String>,
}

/// How the facts of a study were read, or have to be read to be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadUnder {
    /// The tool and how it samples.
    pub read: String,
    /// The models; `None` where none is asked, or one cannot be had.
    pub models: Option<String>,
    /// How deep.
    pub depth: Depth,
}

impl ReadUnder {
    /// The models as they are kept; nobody's where there is none.
    pub(super) fn models_kept(&self) -> &str {
        self.models.as_deref().unwrap_or("")
    }
}

/// The rows of a folder.
#[derive(Clone, Debug, Default)]
pub struct FolderRows {
    /// The folder's number; `None` where it was never met.
    pub id: Option<i64>,
    /// Its files, and whether the facts of their studies may be used.
    pub files: Vec<(FileRow, bool)>,
}

/// A file that is not there any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Number of its folder.
    pub folder: i64,
    /// Its name.
    pub name: String,
}

/// Rows written in one transaction.
const BATCH: usize = 4096;
/// Rows in one statement.
const FILES: usize = 256;

impl Store {
    /// What is kept of the files of a folder. Facts may be used that were read in the same way and at least as
    /// deep; where models are asked, with the same ones.
    ///
    /// # Errors
    /// The statement failed.
    pub fn files_of(&mut self, folder: &str, under: &ReadUnder) -> Result<FolderRows, StoreError> {
        self.reading("reading files", async |c| {
            let id: Option<i64> = sqlx::query_scalar("SELECT id FROM folder WHERE path = ?1")
                .bind(folder)
                .fetch_optional(&mut *c)
                .await?;
            let Some(id) = id else { return Ok(FolderRows::default()) };
            let rows = sqlx::query(
                "SELECT f.*, k.study_key FROM file f LEFT JOIN file_study k ON k.id = f.study_id
                 WHERE f.folder_id = ?1",
            )
            .bind(id)
            .fetch_all(&mut *c)
            .await?;
            // Once a study: what is asked lies behind its facts, which are long.
            let mut studies: BTreeMap<String, bool> = BTreeMap::new();
            let mut files = Vec::with_capacity(rows.len());
            for row in &rows {
                let row = file(row, folder)?;
                let usable = match &row.came_to {
                    CameTo::Instance(key) => match studies.get(key) {
                        Some(usable) => *usable,
                        None => {
                            let usable = are_usable(&mut *c, key, under).await?;
                            studies.insert(key.clone(), usable);
                            usable
                        }
                    },
                    _ => row.read_under.as_deref() == Some(&under.read),
                };
                files.push((row, usable));
            }
            Ok(FolderRows { id: Some(id), files })
        })
    }

    /// Whether the facts of a study were read in the way of `under` and at least as deep.
    ///
    /// # Errors
    /// The statement failed.
    pub fn is_usable(&mut self, key: &str, under: &ReadUnder) -> Result<bool, StoreError> {
        self.reading("reading a study", async |c| are_usable(c, key, under).await)
    }

    /// The folders at and below a path, with their numbers.
    ///
    /// # Errors
    /// The statement failed.
    pub fn folders_below(&mut self, root: &str) -> Result<Vec<i64>, StoreError> {
        self.reading("reading folders", async |c| {
            // Below: '/' up to the next character.
            sqlx::query_scalar(
                "SELECT id FROM folder WHERE path = ?1 OR (path >= ?1 || '/' AND path < ?1 || '0')",
            )
            .bind(root)
            .fetch_all(c)
            .await
        })
    }

    /// Every file that is kept of some folders, as gone.
    ///
    /// # Errors
    /// The statement failed.
    pub fn gone_with(&mut self, folders: &[i64]) -> Result<Vec<Gone>, StoreError> {
        self.reading("reading files", async |c| {
            let mut gone = Vec::new();
            for folder in folders {
                let names: Vec<String> =
                    sqlx::query_scalar("SELECT name FROM file WHERE folder_id = ?1")
                        .bind(folder)
                        .fetch_all(&mut *c)
                        .await?;
                gone.extend(names.into_iter().map(|name| Gone { folder: *folder, name }));
            }
            Ok(gone)
        })
    }

    /// The keys of the studies that files are of.
    ///
    /// # Errors
    /// The statement failed.
    pub fn studies_of(&mut self, files: &[Gone]) -> Result<Vec<String>, StoreError> {
        self.reading("reading files", async |c| {
            let mut keys = BTreeSet::new();
            for file in files {
                let key: Option<String> = sqlx::query_scalar(
                    "SELECT k.study_key FROM file f JOIN file_study k ON k.id = f.study_id
                     WHERE f.folder_id = ?1 AND f.name = ?2",
                )
                .bind(file.folder)
                .bind(&file.name)
                .fetch_optional(&mut *c)
                .await?;
                keys.extend(key);
            }
            Ok(keys.into_iter().collect())
        })
    }

    /// Forgets files that are gone.
    ///
    /// # Errors
    /// A statement failed.
    pub fn forget_files(&mut self, gone: &[Gone]) -> Result<(), StoreError> {
        for part in gone.chunks(BATCH) {
            self.transact("forgetting files", async |c| {
                for file in part {
                    sqlx::query("DELETE FROM file WHERE folder_id = ?1 AND name = ?2")
                        .bind(file.folder)
                        .bind(&file.name)
                        .execute(&mut *c)
                        .await?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Keeps what files came to that are no instances, or whose study keeps its result.
    ///
    /// # Errors
    /// A statement failed.
    pub fn put_files(&mut self, rows: &[FileRow]) -> Result<(), StoreError> {
        for part in rows.chunks(BATCH) {
            self.transact("writing files", async |c| put_rows(c, part).await)?;
        }
        Ok(())
    }
}

/// Keeps what files came to, within a transaction.
pub(super) async fn put_rows(c: &mut SqliteConnection, rows: &[FileRow]) -> sqlx::Result<()> {
    let folders = rows.iter().map(|row| row.folder.as_str());
    let folders = numbers(&mut *c, ("folder", "path"), folders).await?;
    let studies = rows.iter().filter_map(|row| match &row.came_to {
        CameTo::Instance(key) => Some(key.as_str()),
        _ => None,
    });
    let studies = numbers(&mut *c, ("file_study", "study_key"), studies).await?;
    for chunk in rows.chunks(FILES) {
        put_chunk(&mut *c, chunk, &folders, &studies).await?;
    }
    Ok(())
}

/// Whether the facts of a study may be used.
async fn are_usable(c: &mut SqliteConnection, key: &str, under: &ReadUnder) -> sqlx::Result<bool> {
    let usable: Option<bool> = sqlx::query_scalar(
        "SELECT read_under = ?2 AND depth >= ?3 AND (?3 < 2 OR (?4 <> '' AND models_under = ?4))
         FROM study WHERE study_key = ?1",
    )
    .bind(key)
    .bind(&under.read)
    .bind(depth_number(under.depth))
    .bind(under.models_kept())
    .fetch_optional(c)
    .await?;
    Ok(usable.unwrap_or(false))
}

async fn put_chunk(
    c: &mut SqliteConnection,
    rows: &[FileRow],
    folders: &FxHashMap<&str, i64>,
    studies: &FxHashMap<&str, i64>,
) -> sqlx::Result<()> {
    let rejections: Vec<Option<String>> =
        rows.iter().map(|row| rejection(&row.came_to)).collect::<sqlx::Result<_>>()?;
    let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let mut insert = QueryBuilder::<Sqlite>::new(
        "INSERT INTO file (folder_id, name, source, root, size, modified, changed, inode, came_to,
             study_id, line, rejection, read_under) ",
    );
    insert.push_values(rows.iter().zip(&rejections), |mut values, (row, rejection)| {
        let (number, study) = match &row.came_to {
            CameTo::Instance(key) => (0, studies.get(key.as_str()).copied()),
            CameTo::NotDicom => (1, None),
            CameTo::Dicomdir => (2, None),
            CameTo::Rejected(..) => (3, None),
        };
        values
            .push_bind(folders.get(row.folder.as_str()).copied())
            .push_bind(&row.name)
            .push_bind(i64::from(row.source))
            .push_bind(i64::from(row.root))
            .push_bind(whole(row.stamp.size))
            .push_bind(row.stamp.modified)
            .push_bind(row.stamp.changed)
            .push_bind(row.stamp.inode.cast_signed())
            .push_bind(number)
            .push_bind(study)
            .push_bind(row.line.as_slice())
            .push_bind(rejection)
            .push_bind(&row.read_under);
    });
    insert.push(
        " ON CONFLICT (folder_id, name) DO UPDATE SET source = excluded.source,
             root = excluded.root, size = excluded.size, modified = excluded.modified,
             changed = excluded.changed, inode = excluded.inode, came_to = excluded.came_to,
             study_id = excluded.study_id, line = excluded.line, rejection = excluded.rejection,
             read_under = excluded.read_under",
    );
    insert.build().execute(c).await.map(|_| ())
}

fn rejection(came_to: &CameTo) -> sqlx::Result<Option<String>> {
    let CameTo::Rejected(reason, text) = came_to else { return Ok(None) };
    serde_json::to_string(&(reason, text)).map(Some).map_err(|e| sqlx::Error::Encode(e.into()))
}

fn file(row: &SqliteRow, folder: &str) -> sqlx::Result<FileRow> {
    let damaged = |what: &str| sqlx::Error::Decode(format!("a file's {what} is damaged").into());
    let whole = |name: &str| -> sqlx::Result<u64> {
        Ok(u64::try_from(row.try_get::<i64, _>(name)?).unwrap_or(0))
    };
    let small = |name: &str| -> sqlx::Result<u32> {
        u32::try_from(row.try_get::<i64, _>(name)?).map_err(|_| damaged(name))
    };
    let came_to = match row.try_get::<i64, _>("came_to")? {
        0 => CameTo::Instance(row.try_get("study_key")?),
        1 => CameTo::NotDicom,
        2 => CameTo::Dicomdir,
        _ => {
            let json: String = row.try_get("rejection")?;
            let read = serde_json::from_str(&json).map_err(|_| damaged("rejection"))?;
            let (reason, text): (RejectReason, Text) = read;
            CameTo::Rejected(reason, text)
        }
    };
    Ok(FileRow {
        folder: folder.to_owned(),
        name: row.try_get("name")?,
        source: small("source")?,
        root: small("root")?,
        stamp: Stamp {
            size: whole("size")?,
            modified: row.try_get("modified")?,
            changed: row.try_get("changed")?,
            inode: row.try_get::<i64, _>("inode")?.cast_unsigned(),
        },
        came_to,
        read_under: row.try_get("read_under")?,
        line: row.try_get::<Vec<u8>, _>("line")?.try_into().map_err(|_| damaged("line"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(folder: &str, name: &str, came_to: CameTo) -> FileRow {
        let stamp = Stamp { size: 7, modified: 9, changed: 11, inode: u64::MAX };
        let read_under = (!matches!(came_to, CameTo::Instance(_))).then(|| "way".to_owned());
        let (folder, name, line) = (folder.to_owned(), name.to_owned(), [5; 32]);
        FileRow { folder, name, source: 0, root: 3, stamp, came_to, line, read_under }
    }

    #[test]
    fn files_come_back_as_they_were_kept_and_gone_ones_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(&dir.path().join("s.db")).unwrap();
        let why = Text::new("空", "empty");
        let rows = [
            row("/in/a", "1.dcm", CameTo::Instance("1.2".into())),
            row("/in/a", "2", CameTo::Rejected(RejectReason::Empty, why)),
            row("/in/b!", "1", CameTo::NotDicom),
            row("/in2", "1", CameTo::Dicomdir),
        ];
        store.put_files(&rows).unwrap();
        store.put_files(&rows[..1]).unwrap();
        let under = ReadUnder { read: "way".into(), models: None, depth: Depth::Header };
        let of = store.files_of("/in/a", &under).unwrap();
        let mut files = of.files.clone();
        files.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        // There is no study whose facts could be used; what is no instance was read in this way.
        assert_eq!(files, [(rows[0].clone(), false), (rows[1].clone(), true)]);
        let newer = ReadUnder { read: "other".into(), ..under.clone() };
        assert!(!store.files_of("/in/a", &newer).unwrap().files.iter().any(|f| f.1));
        assert_eq!(store.folders_below("/in").unwrap().len(), 2);
        let gone = store.gone_with(&[of.id.unwrap()]).unwrap();
        assert_eq!(gone.len(), 2);
        assert_eq!(store.studies_of(&gone).unwrap(), ["1.2"]);
        store.forget_files(&gone).unwrap();
        assert!(store.files_of("/in/a", &under).unwrap().files.is_empty());
    }
}
