//! What every instance looked like when it came first, and what became of it since.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use serde_json::{Value, json};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::ledger::Draft;
use crate::model::past::Past;

use super::files::{FileRow, put_rows};
use super::people::entry;
use super::write::{StudyRecord, put_all};
use super::{Store, StoreError, ledger};

/// 16 bytes of a digest.
pub type Digest16 = [u8; 16];

/// What an instance looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// SOP Instance UID.
    pub sop_uid: String,
    /// Digest of that UID.
    pub sop: Digest16,
    /// Digest of the attributes that tell what the image is of.
    pub header: Digest16,
    /// Digest of the decoded pixels; `None` where they were not read.
    pub pixels: Option<Digest16>,
    /// Whether there are pixels to read.
    pub has_pixels: bool,
}

/// What an instance looked like when it came first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct First {
    /// As [`Seen`].
    pub header: Digest16,
    /// As [`Seen`].
    pub pixels: Option<Digest16>,
    /// The study it came in.
    pub study_key: String,
    /// When that study came first (RFC 3339).
    pub seen_at: String,
}

/// A study that came.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Its key.
    pub study_key: String,
    /// Institution id.
    pub institution: String,
    /// Its instances.
    pub seen: Vec<Seen>,
    /// What the store knew of it.
    pub past: Past,
}

/// SOP Instance UIDs told in a ledger entry; the digest is over all.
const TOLD: usize = 10;

/// Rows of one INSERT.
const ROWS: usize = 512;
/// Studies in one.
const STUDIES: usize = 128;

impl Store {
    /// Whether any instance was ever received.
    ///
    /// # Errors
    /// The statement failed.
    pub fn has_receipts(&mut self) -> Result<bool, StoreError> {
        self.reading("reading receipts", async |c| {
            sqlx::query_scalar::<_, bool>("SELECT EXISTS (SELECT 1 FROM receipt)")
                .fetch_one(c)
                .await
        })
    }

    /// Whether any label was ever decided.
    ///
    /// # Errors
    /// The statement failed.
    pub fn has_labels(&mut self) -> Result<bool, StoreError> {
        self.reading("reading label decisions", async |c| {
            sqlx::query_scalar::<_, bool>("SELECT EXISTS (SELECT 1 FROM label)").fetch_one(c).await
        })
    }

    /// How many instances of a study came first. Without an index, which would cost more than the
    /// few disputed studies for which it is asked.
    ///
    /// # Errors
    /// The statement failed.
    pub fn receipts_of(&mut self, study_key: &str) -> Result<u32, StoreError> {
        self.reading("reading receipts", async |c| {
            let n: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM receipt
                 WHERE study_id = (SELECT id FROM received_study WHERE study_key = ?1)",
            )
            .bind(study_key)
            .fetch_one(c)
            .await?;
            Ok(u32::try_from(n).unwrap_or(u32::MAX))
        })
    }

    /// Whether a label was ever applied to a study, whatever became of it.
    ///
    /// # Errors
    /// The statement failed.
    pub fn was_labelled(&mut self, study_key: &str) -> Result<bool, StoreError> {
        self.reading("reading the ledger", async |c| {
            sqlx::query_scalar::<_, bool>(
                "SELECT EXISTS (SELECT 1 FROM ledger WHERE subject = ?1 AND kind = 'label'
                     AND json_extract(body, '$.decision') = 'apply')",
            )
            .bind(study_key)
            .fetch_one(c)
            .await
        })
    }

    /// What instances looked like when they came first, in the order asked for.
    ///
    /// # Errors
    /// The statement failed.
    pub fn first_seen(&mut self, sops: &[Digest16]) -> Result<Vec<Option<First>>, StoreError> {
        self.reading("reading receipts", async |c| {
            let mut known: FxHashMap<Vec<u8>, First> = FxHashMap::default();
            for chunk in sops.chunks(ROWS) {
                let mut select = QueryBuilder::<Sqlite>::new(
                    "SELECT r.sop, r.header, r.pixels, s.study_key, s.first_seen_at FROM receipt r
                     JOIN received_study s ON s.id = r.study_id WHERE r.sop IN ",
                );
                select.push_tuples(chunk, |mut keys, sop| {
                    keys.push_bind(sop.as_slice());
                });
                for row in select.build().fetch_all(&mut *c).await? {
                    let first = First {
                        header: digest(row.try_get("header")?)?,
                        pixels: row.try_get::<Option<_>, _>("pixels")?.map(digest).transpose()?,
                        study_key: row.try_get("study_key")?,
                        seen_at: row.try_get("first_seen_at")?,
                    };
                    known.insert(row.try_get("sop")?, first);
                }
            }
            let out = sops.iter().map(|sop| known.get(sop.as_slice()).cloned()).collect();
            Ok(out)
        })
    }

    /// Writes studies and enters what came with them: new instances, corrections of headers before any label,
    /// and, in the ledger, every change; and what their files came to. All or nothing: a run that is cut off and begun again finds a study
    /// judged and received, or as if it had never come. Instances count from [`Store::merge_receipts`] on.
    ///
    /// # Errors
    /// A statement failed; then nothing is written.
    pub fn keep(
        &mut self,
        records: &[StudyRecord],
        arrivals: &[Arrival],
        rows: &[FileRow],
        (run_id, at): (&str, &str),
    ) -> Result<(), StoreError> {
        let disputed = self.changed_studies()?;
        self.transact("writing studies", async |c| {
            put_all(&mut *c, run_id, at, records).await?;
            put_rows(&mut *c, rows).await?;
            let mut staged = Vec::with_capacity(arrivals.len());
            for arrival in arrivals {
                staged.push((arrival, enter(&mut *c, arrival, (run_id, at), &disputed).await?));
            }
            staged.retain(|(_, rows)| !rows.is_empty());
            stage(c, &staged, (run_id, at)).await
        })
    }

    /// Makes what runs staged count.
    ///
    /// # Errors
    /// A statement failed.
    pub fn merge_receipts(&mut self) -> Result<(), StoreError> {
        self.transact("writing receipts", async |c| {
            // In key order: neighbours in the tree are written together, and of two that came in one
            // run the same one is first whatever the order of arrival.
            sqlx::query(
                "INSERT INTO receipt (sop, study_id, header, pixels)
                 SELECT sop, study_id, header, pixels FROM
                     (SELECT * FROM receipt_staged WHERE corrected = 0
                      ORDER BY sop, header, pixels, study_id)
                 WHERE true
                 ON CONFLICT (sop) DO UPDATE SET pixels = coalesce(pixels, excluded.pixels)",
            )
            .execute(&mut *c)
            .await?;
            sqlx::query(
                "INSERT INTO receipt (sop, study_id, header, pixels)
                 SELECT sop, study_id, header, pixels FROM
                     (SELECT * FROM receipt_staged WHERE corrected = 1
                      ORDER BY sop, header, pixels, study_id)
                 WHERE true
                 ON CONFLICT (sop) DO UPDATE SET header = excluded.header",
            )
            .execute(&mut *c)
            .await?;
            sqlx::query("DELETE FROM receipt_staged").execute(&mut *c).await.map(|_| ())
        })
    }
}

/// Instances of a study to be staged, and whether the header of each is a correction.
type Rows<'a> = Vec<(&'a Seen, bool)>;

/// Enters in the ledger what changed, and gives what is to be staged.
async fn enter<'a>(
    c: &mut SqliteConnection,
    arrival: &'a Arrival,
    (run_id, at): (&str, &str),
    disputed: &BTreeSet<String>,
) -> sqlx::Result<Rows<'a>> {
    let past = &arrival.past;
    let counts = |i: &&crate::model::past::ChangedInstance| past.counts_against(i);
    let against: BTreeSet<&str> =
        past.changed.iter().filter(counts).map(|i| i.sop_uid.as_str()).collect();
    // Beside an exchanged image no header is taken for a correction.
    let is_correction = |_: &&crate::model::past::ChangedInstance| against.is_empty();
    let corrected: BTreeSet<&str> =
        past.changed.iter().filter(is_correction).map(|i| i.sop_uid.as_str()).collect();
    let mut is_disputed = disputed.contains(&arrival.study_key);
    if !against.is_empty() {
        is_disputed = true;
        let entry = told(arrival, &against, "content-changed", run_id, at);
        if !is_told(&mut *c, &entry).await? {
            ledger::append(&mut *c, &entry).await?;
        }
    } else if is_disputed && past.disputed && past.is_whole() {
        is_disputed = false;
        let none = BTreeSet::new();
        let entry = told(arrival, &none, "content-restored", run_id, at);
        ledger::append(&mut *c, &entry).await?;
    }
    if !corrected.is_empty() {
        let entry = told(arrival, &corrected, "header-corrected", run_id, at);
        ledger::append(&mut *c, &entry).await?;
    }
    let is_new = past.is_new();
    Ok(arrival
        .seen
        .iter()
        // What comes beside changed content is no part of the first receipt, which has to come back.
        .filter(|_| !(is_disputed && (past.disputed || past.has_own())))
        .map(|s| (s, corrected.contains(s.sop_uid.as_str())))
        .filter(|(s, corrected)| *corrected || is_new || past.unseen.contains(&s.sop_uid))
        .collect())
}

async fn stage(
    c: &mut SqliteConnection,
    staged: &[(&Arrival, Rows<'_>)],
    (run_id, at): (&str, &str),
) -> sqlx::Result<()> {
    let mut ids: FxHashMap<String, i64> = FxHashMap::default();
    for chunk in staged.chunks(STUDIES) {
        let mut insert = QueryBuilder::<Sqlite>::new(
            "INSERT OR IGNORE INTO received_study (study_key, institution, first_seen_at, run_id) ",
        );
        insert.push_values(chunk, |mut row, (arrival, _)| {
            row.push_bind(&arrival.study_key)
                .push_bind(&arrival.institution)
                .push_bind(at)
                .push_bind(run_id);
        });
        insert.build().execute(&mut *c).await?;
        let mut select = QueryBuilder::<Sqlite>::new(
            "SELECT study_key, id FROM received_study WHERE study_key IN ",
        );
        select.push_tuples(chunk, |mut keys, (arrival, _)| {
            keys.push_bind(&arrival.study_key);
        });
        let rows: Vec<(String, i64)> = select.build_query_as().fetch_all(&mut *c).await?;
        ids.extend(rows);
    }
    let of = |(arrival, rows): &'_ (&Arrival, Rows<'_>)| {
        (ids.get(&arrival.study_key).copied(), rows.len())
    };
    let numbers = staged.iter().map(of).flat_map(|(id, n)| std::iter::repeat_n(id, n));
    let rows: Vec<_> = staged.iter().flat_map(|(_, rows)| rows).zip(numbers).collect();
    for chunk in rows.chunks(ROWS) {
        let mut query = QueryBuilder::<Sqlite>::new(
            "INSERT INTO receipt_staged (sop, study_id, header, pixels, corrected) ",
        );
        query.push_values(chunk, |mut row, ((seen, corrected), id)| {
            row.push_bind(seen.sop.to_vec())
                .push_bind(*id)
                .push_bind(seen.header.to_vec())
                .push_bind(seen.pixels.map(|p| p.to_vec()))
                .push_bind(i64::from(*corrected));
        });
        query.build().execute(&mut *c).await?;
    }
    Ok(())
}

/// A ledger entry on some instances of a study.
fn told(
    arrival: &Arrival,
    sops: &BTreeSet<&str>,
    kind: &'static str,
    run_id: &str,
    at: &str,
) -> Draft {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for seen in arrival.seen.iter().filter(|s| sops.contains(s.sop_uid.as_str())) {
        hash.update(seen.sop);
        hash.update(seen.header);
        hash.update(seen.pixels.unwrap_or_default());
    }
    let digest: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    let shown: Vec<&&str> = sops.iter().take(TOLD).collect();
    let body = json!({
        "institution": arrival.institution, "run": run_id, "instances": sops.len(),
        "sop_uids": shown, "digest": digest, "labelled": arrival.past.is_bound(),
    });
    entry(kind, &arrival.study_key, at, body)
}

/// Whether the last entry on the study's content says the same already.
async fn is_told(c: &mut SqliteConnection, entry: &Draft) -> sqlx::Result<bool> {
    let body: Option<String> = sqlx::query_scalar(
        "SELECT body FROM ledger WHERE subject = ?1 AND kind LIKE 'content-%'
         ORDER BY seq DESC LIMIT 1",
    )
    .bind(&entry.subject)
    .fetch_optional(c)
    .await?;
    let digest = |body: &Value| body["digest"].as_str().map(str::to_owned);
    let last = body.and_then(|b| serde_json::from_str::<Value>(&b).ok());
    Ok(last.is_some_and(|last| digest(&last) == digest(&entry.body)))
}

fn digest(bytes: Vec<u8>) -> sqlx::Result<Digest16> {
    let damaged = |bytes: Vec<u8>| {
        sqlx::Error::Decode(format!("a digest of {} bytes, expected 16", bytes.len()).into())
    };
    bytes.try_into().map_err(damaged)
}
