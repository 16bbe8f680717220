//! What came in beside the images: manifest rows, and what every instance looked like first.

use serde_json::json;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::ledger::Draft;

use super::{Store, StoreError, ledger};

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

/// What an instance looked like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// SOP Instance UID.
    pub sop_uid: String,
    /// The study's key.
    pub study_key: String,
    /// Institution id.
    pub institution: String,
    /// Digest of the header.
    pub header_digest: String,
    /// Digest of the pixels; empty where they were not read.
    pub pixel_digest: String,
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

    /// Keeps first receipts and gives back, beside each that came with other content than at first,
    /// what it was then. A digest that was not taken is no difference, and is filled in later.
    ///
    /// # Errors
    /// A statement failed.
    pub fn receive(
        &mut self,
        receipts: &[Receipt],
        run_id: &str,
        at: &str,
    ) -> Result<Vec<(Receipt, Receipt)>, StoreError> {
        self.transact("writing receipts", async |c| {
            let mut changed = Vec::new();
            for receipt in receipts {
                let Some(first) = first_receipt(&mut *c, &receipt.sop_uid).await? else {
                    put_receipt(&mut *c, receipt, run_id, at).await?;
                    continue;
                };
                if first.pixel_digest.is_empty() && !receipt.pixel_digest.is_empty() {
                    sqlx::query("UPDATE receipt SET pixel_digest = ?2 WHERE sop_uid = ?1")
                        .bind(&receipt.sop_uid)
                        .bind(&receipt.pixel_digest)
                        .execute(&mut *c)
                        .await?;
                }
                let both = |a: &str, b: &str| !a.is_empty() && !b.is_empty() && a != b;
                if both(&first.header_digest, &receipt.header_digest)
                    || both(&first.pixel_digest, &receipt.pixel_digest)
                {
                    enter_change(&mut *c, &first, receipt, run_id, at).await?;
                    changed.push((receipt.clone(), first));
                }
            }
            Ok(changed)
        })
    }
}

async fn enter_change(
    c: &mut SqliteConnection,
    first: &Receipt,
    now: &Receipt,
    run_id: &str,
    at: &str,
) -> sqlx::Result<()> {
    let body = json!({
        "sop": now.sop_uid, "run": run_id, "institution": now.institution,
        "first": { "header": first.header_digest, "pixels": first.pixel_digest },
        "now": { "header": now.header_digest, "pixels": now.pixel_digest },
    });
    let subject = now.study_key.clone();
    let draft = Draft { at: at.to_owned(), kind: "content-changed", subject, body };
    ledger::append(c, &draft).await.map(|_| ())
}

async fn first_receipt(c: &mut SqliteConnection, sop_uid: &str) -> sqlx::Result<Option<Receipt>> {
    let row =
        sqlx::query("SELECT * FROM receipt WHERE sop_uid = ?1").bind(sop_uid).fetch_optional(c);
    row.await?
        .map(|row| {
            Ok(Receipt {
                sop_uid: row.try_get("sop_uid")?,
                study_key: row.try_get("study_key")?,
                institution: row.try_get("institution")?,
                header_digest: row.try_get("header_digest")?,
                pixel_digest: row.try_get("pixel_digest")?,
            })
        })
        .transpose()
}

async fn put_receipt(
    c: &mut SqliteConnection,
    receipt: &Receipt,
    run_id: &str,
    at: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO receipt (sop_uid, study_key, institution, header_digest, pixel_digest,
             first_seen_at, run_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )
    .bind(&receipt.sop_uid)
    .bind(&receipt.study_key)
    .bind(&receipt.institution)
    .bind(&receipt.header_digest)
    .bind(&receipt.pixel_digest)
    .bind(at)
    .bind(run_id)
    .execute(c)
    .await
    .map(|_| ())
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
