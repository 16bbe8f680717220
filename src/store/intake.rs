//! What came in beside the images: the rows of manifests.

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Store, StoreError};

/// A row of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManifestRow {
    /// Institution id.
    pub institution: String,
    /// Order number.
    pub order_id: String,
    /// Study Instance UID, or empty.
    pub study_uid: String,
    /// Accession Number, or empty.
    pub accession: String,
    /// Item code, or empty.
    pub item_code: String,
    /// Key of the patient, never a name.
    pub patient_key: String,
    /// Report number, or empty.
    pub report_id: String,
    /// `emergency`, `routine`, `special`.
    pub order_kind: String,
    /// Time of the exam (RFC 3339).
    pub exam_at: Option<String>,
    /// Time of the report.
    pub report_at: Option<String>,
    /// Time of the upload.
    pub upload_at: Option<String>,
    /// Instances that should come.
    pub expected_instances: Option<u32>,
    /// The label that stands already, or empty.
    pub label_printed: String,
    /// The whole row, JSON.
    pub fields: String,
    /// The file it came from.
    pub source: String,
    /// Its line there.
    pub line: u32,
}

impl Store {
    /// Keeps manifest rows; a later row of the same order and study replaces the earlier.
    ///
    /// # Errors
    /// A statement failed.
    pub fn put_manifest(&mut self, rows: &[ManifestRow], at: &str) -> Result<(), StoreError> {
        self.transact("writing the manifest", async |c| {
            for row in rows {
                put_row(&mut *c, row, at).await?;
            }
            Ok(())
        })
    }

    /// Manifest rows of a study, by Study Instance UID; of all, where `None`.
    ///
    /// # Errors
    /// The statement failed.
    pub fn manifest(&mut self, study_uid: Option<&str>) -> Result<Vec<ManifestRow>, StoreError> {
        let sql = "SELECT * FROM manifest_row WHERE ?1 IS NULL OR study_uid = ?1 ORDER BY id";
        self.all("reading the manifest", sql, study_uid, manifest_row)
    }
}

impl Store {
    /// Times of uploads that manifests told, by institution.
    ///
    /// # Errors
    /// The statement failed.
    pub fn uploads(&mut self) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
        self.reading("reading the manifest", async |c| {
            let rows: Vec<(String, String)> = sqlx::query_as(
                "SELECT DISTINCT institution, upload_at FROM manifest_row
                 WHERE upload_at IS NOT NULL ORDER BY institution, upload_at",
            )
            .fetch_all(c)
            .await?;
            let mut uploads: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (institution, at) in rows {
                uploads.entry(institution).or_default().push(at);
            }
            Ok(uploads)
        })
    }
}

async fn put_row(c: &mut SqliteConnection, r: &ManifestRow, at: &str) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT OR REPLACE INTO manifest_row (institution, order_id, study_uid, accession,
             item_code, patient_key, report_id, order_kind, exam_at, report_at, upload_at,
             expected_instances, label_printed, fields, source, line, read_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    )
    .bind(&r.institution)
    .bind(&r.order_id)
    .bind(&r.study_uid)
    .bind(&r.accession)
    .bind(&r.item_code)
    .bind(&r.patient_key)
    .bind(&r.report_id)
    .bind(&r.order_kind)
    .bind(&r.exam_at)
    .bind(&r.report_at)
    .bind(&r.upload_at)
    .bind(r.expected_instances.map(i64::from))
    .bind(&r.label_printed)
    .bind(&r.fields)
    .bind(&r.source)
    .bind(i64::from(r.line))
    .bind(at)
    .execute(c)
    .await
    .map(|_| ())
}

fn manifest_row(row: &SqliteRow) -> sqlx::Result<ManifestRow> {
    let count: Option<i64> = row.try_get("expected_instances")?;
    Ok(ManifestRow {
        institution: row.try_get("institution")?,
        order_id: row.try_get("order_id")?,
        study_uid: row.try_get("study_uid")?,
        accession: row.try_get("accession")?,
        item_code: row.try_get("item_code")?,
        patient_key: row.try_get("patient_key")?,
        report_id: row.try_get("report_id")?,
        order_kind: row.try_get("order_kind")?,
        exam_at: row.try_get("exam_at")?,
        report_at: row.try_get("report_at")?,
        upload_at: row.try_get("upload_at")?,
        expected_instances: count.and_then(|n| u32::try_from(n).ok()),
        label_printed: row.try_get("label_printed")?,
        fields: row.try_get("fields")?,
        source: row.try_get("source")?,
        line: u32::try_from(row.try_get::<i64, _>("line")?).unwrap_or(0),
    })
}
