//! What the gate decided for every study or view. Decisions and their ledger entries go in one
//! transaction.

use jiff::civil::Date;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::checks::contract::Depth;
use crate::ledger::Draft;
use crate::model::gate::DecisionKind;
use crate::model::reason::Reason;

use super::evaluation::{damaged, date, optional, optional_date};
use super::write::depth_number;
use super::{Store, StoreError, ledger};

/// The decision that stands for a study or a view under a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelRow {
    /// The study's key.
    pub study_key: String,
    /// Policy folder name.
    pub profile: String,
    /// The item; `None` where none was matched.
    pub item: Option<String>,
    /// JSON of the view's subject; empty for the study.
    pub subject: String,
    /// Study Instance UID, or the key.
    pub study_uid: String,
    /// Institution id.
    pub institution: String,
    /// Study Date; `None` where absent.
    pub study_date: Option<Date>,
    /// The decision.
    pub decision: DecisionKind,
    /// Scope of the label; empty where none is applied.
    pub scope: String,
    /// Its exact text; empty where none is applied.
    pub text: String,
    /// Its Latin form, where there is one.
    pub text_en: String,
    /// Where it has to stand; empty where nothing is printed.
    pub position: String,
    /// Why.
    pub reasons: Vec<Reason>,
    /// Depth of the evidence.
    pub depth: Depth,
    /// The day it was made as of.
    pub as_of: Date,
    /// When it was made (RFC 3339).
    pub decided_at: String,
    /// The run.
    pub run_id: String,
    /// Digest of policy, tool and models.
    pub versions: String,
}

impl Store {
    /// Writes decisions of one study, each with its ledger entry, all or none.
    ///
    /// # Errors
    /// A statement failed.
    pub fn put_labels(&mut self, rows: &[LabelRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        self.transact("writing label decisions", async |c| {
            for row in rows {
                put_label(&mut *c, row).await?;
            }
            Ok(())
        })
    }

    /// The decisions of a study, by key or by Study Instance UID.
    ///
    /// # Errors
    /// The statement failed, or a row is damaged.
    pub fn labels_of(&mut self, study: &str) -> Result<Vec<LabelRow>, StoreError> {
        self.reading("reading label decisions", async |c| {
            let rows = sqlx::query(
                "SELECT * FROM label WHERE study_uid = ?1
                 UNION SELECT * FROM label WHERE study_key = ?1
                 ORDER BY study_key, profile, item, subject",
            )
            .bind(study)
            .fetch_all(c)
            .await?;
            rows.iter().map(label).collect()
        })
    }

    /// The decisions of a study by its key.
    ///
    /// # Errors
    /// The statement failed, or a row is damaged.
    pub fn labels_of_key(&mut self, key: &str) -> Result<Vec<LabelRow>, StoreError> {
        self.reading("reading label decisions", async |c| {
            let rows = sqlx::query(
                "SELECT * FROM label WHERE study_key = ?1 ORDER BY profile, item, subject",
            )
            .bind(key)
            .fetch_all(c)
            .await?;
            rows.iter().map(label).collect()
        })
    }

    /// The next decisions in key order after a study, whole studies at a time.
    ///
    /// # Errors
    /// The statement failed, or a row is damaged.
    pub fn labels_page(
        &mut self,
        institution: Option<&str>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<LabelRow>, StoreError> {
        self.reading("reading label decisions", async |c| {
            let rows = sqlx::query(
                "SELECT * FROM label WHERE study_key IN (
                     SELECT DISTINCT study_key FROM label
                     WHERE study_key > ?1 AND (?2 IS NULL OR institution = ?2)
                     ORDER BY study_key LIMIT ?3)
                 ORDER BY study_key, profile, item, subject",
            )
            .bind(after)
            .bind(institution)
            .bind(i64::from(limit))
            .fetch_all(c)
            .await?;
            rows.iter().map(label).collect()
        })
    }

    /// How many labels stand (`apply`) for an institution under a profile.
    ///
    /// # Errors
    /// The statement failed.
    pub fn labels_standing(&mut self, institution: &str, profile: &str) -> Result<u64, StoreError> {
        self.reading("counting labels", async |c| {
            let n: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM label
                 WHERE institution = ?1 AND profile = ?2 AND decision = 'apply'",
            )
            .bind(institution)
            .bind(profile)
            .fetch_one(c)
            .await?;
            Ok(u64::try_from(n).unwrap_or(0))
        })
    }
}

impl Store {
    /// The labels that one change of versions took away so far: decided under `versions`, and applied
    /// by the last decision under others.
    ///
    /// # Errors
    /// The statement failed, or a row is damaged.
    pub fn taken_by(
        &mut self,
        institution: &str,
        profile: &str,
        versions: &str,
    ) -> Result<Vec<LabelRow>, StoreError> {
        self.reading("counting labels taken away", async |c| {
            let rows = sqlx::query(
                "SELECT l.* FROM label l
                 WHERE l.institution = ?1 AND l.profile = ?2 AND l.versions = ?3
                   AND l.decision <> 'apply' AND 'apply' = (
                     SELECT json_extract(e.body, '$.decision') FROM ledger e
                     WHERE e.subject = l.study_key AND e.kind = 'label' AND e.seq < l.ledger_seq
                       AND json_extract(e.body, '$.profile') = l.profile
                       AND coalesce(json_extract(e.body, '$.item'), '') = l.item
                       AND json_extract(e.body, '$.view') = l.subject
                       AND json_extract(e.body, '$.versions') <> ?3
                     ORDER BY e.seq DESC LIMIT 1)",
            )
            .bind(institution)
            .bind(profile)
            .bind(versions)
            .fetch_all(c)
            .await?;
            rows.iter().map(label).collect()
        })
    }
}

/// What the ledger says of a label decision. [`Store::disagreements`] compares by it.
pub(super) fn label_body(row: &LabelRow) -> Value {
    json!({
        "study_key": row.study_key, "study_uid": row.study_uid,
        "study_date": row.study_date.map(|d| d.to_string()),
        "profile": row.profile, "item": row.item, "view": row.subject,
        "institution": row.institution, "decision": row.decision.word(), "scope": row.scope,
        "text": row.text, "text_en": row.text_en, "position": row.position, "reasons": row.reasons, "depth": depth_number(row.depth),
        "as_of": row.as_of.to_string(), "run": row.run_id, "versions": row.versions,
    })
}

pub(super) async fn put_label(c: &mut SqliteConnection, row: &LabelRow) -> sqlx::Result<()> {
    let draft = Draft {
        at: row.decided_at.clone(),
        kind: "label",
        subject: row.study_key.clone(),
        body: label_body(row),
    };
    let seq = ledger::append(&mut *c, &draft).await?;
    sqlx::query(
        "INSERT OR REPLACE INTO label (study_key, profile, item, subject, study_uid, institution,
             study_date, decision, scope, text, text_en, position, reasons, depth, as_of,
             decided_at, run_id, versions, ledger_seq)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
             ?19)",
    )
    .bind(&row.study_key)
    .bind(&row.profile)
    .bind(row.item.as_deref().unwrap_or_default())
    .bind(&row.subject)
    .bind(&row.study_uid)
    .bind(&row.institution)
    .bind(row.study_date.map(|d| d.to_string()).unwrap_or_default())
    .bind(row.decision.word())
    .bind(&row.scope)
    .bind(&row.text)
    .bind(&row.text_en)
    .bind(&row.position)
    .bind(json!(row.reasons).to_string())
    .bind(depth_number(row.depth))
    .bind(row.as_of.to_string())
    .bind(&row.decided_at)
    .bind(&row.run_id)
    .bind(&row.versions)
    .bind(seq)
    .execute(c)
    .await
    .map(|_| ())
}

pub(super) fn reasons(row: &SqliteRow) -> sqlx::Result<Vec<Reason>> {
    let text: String = row.try_get("reasons")?;
    serde_json::from_str(&text).map_err(|_| damaged("reasons", &text))
}

pub(super) fn label(row: &SqliteRow) -> sqlx::Result<LabelRow> {
    let decision: String = row.try_get("decision")?;
    Ok(LabelRow {
        study_key: row.try_get("study_key")?,
        profile: row.try_get("profile")?,
        item: optional(row, "item")?,
        subject: row.try_get("subject")?,
        study_uid: row.try_get("study_uid")?,
        institution: row.try_get("institution")?,
        study_date: optional_date(row, "study_date")?,
        decision: DecisionKind::parse(&decision).ok_or_else(|| damaged("decision", &decision))?,
        scope: row.try_get("scope")?,
        text: row.try_get("text")?,
        text_en: row.try_get("text_en")?,
        position: row.try_get("position")?,
        reasons: reasons(row)?,
        depth: match row.try_get::<i64, _>("depth")? {
            0 => Depth::Header,
            1 => Depth::Pixels,
            _ => Depth::Models,
        },
        as_of: date(row, "as_of")?,
        decided_at: row.try_get("decided_at")?,
        run_id: row.try_get("run_id")?,
        versions: row.try_get("versions")?,
    })
}
