//! Writing: studies in batches, one transaction a batch, all or nothing.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use crate::checks::contract::Depth;
use crate::model::outcome::{OutcomeKind, Severity};
use crate::model::result::{StudyResult, Verdict};
use crate::model::study::Study;

use super::{Store, StoreError, StoredStudy, encode};

/// A study as it is written: encoded outside of the writing thread.
#[derive(Clone, Debug)]
pub struct StudyRecord {
    result: Arc<StudyResult>,
    facts: Vec<u8>,
    json: Vec<u8>,
    depth: Depth,
    as_of: String,
    rests: Rests,
}

/// What a study's facts and result rest on: where all of it is what it was, they still hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rests {
    /// Digest over its files; `None` where it was not told.
    pub input: Option<Vec<u8>>,
    /// The tool and how it samples.
    pub read_under: String,
    /// The models that read its frames; empty where none was asked or one could not be had.
    pub models_under: String,
    /// Policies, registry, manifest and label decisions.
    pub judged_under: String,
    /// The region of its institution.
    pub region: Option<String>,
}

impl StudyRecord {
    /// Encodes a study and its result.
    ///
    /// # Errors
    /// The words of the encoder; a fault of this program.
    pub fn new(
        study: &Study,
        result: StudyResult,
        depth: Depth,
        as_of: &str,
    ) -> Result<Self, String> {
        let json = serde_json::to_vec(&result).map_err(|e| e.to_string())?;
        Self::of_json(study, Arc::new(result), &json, (depth, as_of))
    }

    /// The same, of a result whose JSON is made already.
    ///
    /// # Errors
    /// As [`StudyRecord::new`].
    pub fn of_json(
        study: &Study,
        result: Arc<StudyResult>,
        json: &[u8],
        (depth, as_of): (Depth, &str),
    ) -> Result<Self, String> {
        let facts = encode::encode_facts(study)?;
        let json = encode::pack(json)?;
        let (as_of, rests) = (as_of.to_owned(), Rests::default());
        Ok(Self { result, facts, json, depth, as_of, rests })
    }

    /// With what it rests on; without, the next run reads and judges it again.
    #[must_use]
    pub fn resting_on(self, rests: Rests) -> Self {
        Self { rests, ..self }
    }

    /// A stored study with a new result, whose JSON is made already; its facts stay the bytes they are.
    ///
    /// # Errors
    /// The words of the encoder; a fault of this program.
    pub fn judged_again(
        stored: &StoredStudy,
        result: StudyResult,
        json: &[u8],
    ) -> Result<Self, String> {
        let json = encode::pack(json)?;
        let (facts, as_of) = (stored.facts().to_vec(), stored.as_of.clone());
        // The next run judges by its own policies.
        let rests = Rests { judged_under: String::new(), ..stored.rests().clone() };
        Ok(Self { result: Arc::new(result), facts, json, depth: stored.depth, as_of, rests })
    }
}

/// What is kept of a run.
#[derive(Clone, Debug)]
pub struct RunRecord {
    /// Its id.
    pub run_id: String,
    /// When it began (RFC 3339).
    pub started_at: String,
    /// The tool and its version.
    pub tool: String,
    /// How deep it looked.
    pub depth: Depth,
    /// Fingerprint of its input.
    pub input_fingerprint: String,
    /// How many studies it judged.
    pub studies: u64,
}

/// Rows a multi-row INSERT takes at most; SQLite binds 32,766 values.
const ROWS: usize = 2000;
/// Studies in one, with their facts and results.
const STUDIES: usize = 128;
/// Names in one.
const NAMES: usize = 256;

impl Store {
    /// Writes studies; one that is there under the same key is replaced whole.
    ///
    /// # Errors
    /// A statement failed; then nothing of the batch is written.
    pub fn put(
        &mut self,
        run_id: &str,
        judged_at: &str,
        records: &[StudyRecord],
    ) -> Result<(), StoreError> {
        self.transact("writing studies", async |c| put_all(c, run_id, judged_at, records).await)
    }

    /// Writes what is kept of a run.
    ///
    /// # Errors
    /// The statement failed.
    pub fn put_run(&mut self, run: &RunRecord) -> Result<(), StoreError> {
        let shown = self.shown.clone();
        let statement = sqlx::query(
            "INSERT INTO run (run_id, started_at, tool, depth, input_fingerprint, studies)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (run_id) DO UPDATE SET studies = excluded.studies",
        )
        .bind(&run.run_id)
        .bind(&run.started_at)
        .bind(&run.tool)
        .bind(depth_number(run.depth))
        .bind(&run.input_fingerprint)
        .bind(i64::try_from(run.studies).unwrap_or(i64::MAX));
        self.runtime.block_on(statement.execute(&mut *self.connection)).map(|_| ()).map_err(
            |source| StoreError::Statement { path: shown, doing: "writing the run", source },
        )
    }
}

/// Writes studies within a transaction.
pub(super) async fn put_all(
    connection: &mut SqliteConnection,
    run_id: &str,
    judged_at: &str,
    records: &[StudyRecord],
) -> sqlx::Result<()> {
    // Every statement is a way to the database's thread and back: many rows go in one.
    let mut ids = Vec::with_capacity(records.len());
    for chunk in records.chunks(STUDIES) {
        ids.extend(put_studies(connection, run_id, judged_at, chunk).await?);
    }
    put_series(connection, &ids, records).await?;
    put_stacks(connection, &ids, records).await?;
    put_outcomes(connection, &ids, records).await
}

async fn put_studies(
    connection: &mut SqliteConnection,
    run_id: &str,
    judged_at: &str,
    records: &[StudyRecord],
) -> sqlx::Result<std::ops::RangeInclusive<i64>> {
    // Deleting first lets the foreign keys clear the rows of an earlier judgement.
    let mut delete = QueryBuilder::<Sqlite>::new("DELETE FROM study WHERE study_key IN ");
    delete.push_tuples(records, |mut keys, r| {
        keys.push_bind(&r.result.study_key);
    });
    delete.build().execute(&mut *connection).await?;
    let mut insert = QueryBuilder::<Sqlite>::new(
        "INSERT INTO study (study_key, study_uid, institution, institution_name, study_date,
             modalities, depth, as_of, run_id, judged_at, policy, policy_digest, tool, verdict,
             facts, result, input, read_under, models_under, judged_under, region) ",
    );
    insert.push_values(records, |mut row, record| {
        let r = &record.result;
        let of_policy = r.provenance.policies.iter().next();
        let (policy, digest) = of_policy.map_or(("", ""), |(p, d)| (p, d));
        row.push_bind(&r.study_key)
            .push_bind(&r.study_uid)
            .push_bind(&r.institution)
            .push_bind(&r.institution_name)
            .push_bind(&r.study_date)
            .push_bind(r.modalities.join("\\"))
            .push_bind(depth_number(record.depth))
            .push_bind(&record.as_of)
            .push_bind(run_id)
            .push_bind(judged_at)
            .push_bind(policy)
            .push_bind(digest)
            .push_bind(&r.provenance.tool)
            .push_bind(verdict_number(r.verdict))
            .push_bind(&record.facts)
            .push_bind(&record.json)
            .push_bind(&record.rests.input)
            .push_bind(&record.rests.read_under)
            .push_bind(&record.rests.models_under)
            .push_bind(&record.rests.judged_under)
            .push_bind(&record.rests.region);
    });
    let done = insert.build().execute(&mut *connection).await?;
    // One statement numbers its rows one after the other, and nobody else writes within a transaction.
    let last = done.last_insert_rowid();
    let n = i64::try_from(done.rows_affected()).unwrap_or(i64::MAX);
    Ok(last - n + 1..=last)
}

/// The numbers of names in a table of `id` and a unique name, which are entered where they are new. `table` and `column` are of this
/// program.
pub(super) async fn numbers<'k>(
    connection: &mut SqliteConnection,
    (table, column): (&str, &str),
    names: impl IntoIterator<Item = &'k str>,
) -> sqlx::Result<FxHashMap<&'k str, i64>> {
    let mut numbers: FxHashMap<&str, i64> = names.into_iter().map(|name| (name, 0)).collect();
    let mut all: Vec<&str> = numbers.keys().copied().collect();
    // In this order they are numbered, whatever the order in a map.
    all.sort_unstable();
    for chunk in all.chunks(NAMES) {
        let mut insert =
            QueryBuilder::<Sqlite>::new(format!("INSERT OR IGNORE INTO {table} ({column}) "));
        insert.push_values(chunk, |mut row, name| {
            row.push_bind(name);
        });
        insert.build().execute(&mut *connection).await?;
        let mut select = QueryBuilder::<Sqlite>::new(format!(
            "SELECT id, {column} FROM {table} WHERE {column} IN "
        ));
        select.push_tuples(chunk, |mut keys, name| {
            keys.push_bind(name);
        });
        let rows: Vec<(i64, String)> = select.build_query_as().fetch_all(&mut *connection).await?;
        for (id, name) in rows {
            if let Some(number) = numbers.get_mut(name.as_str()) {
                *number = id;
            }
        }
    }
    Ok(numbers)
}

async fn put_series(
    connection: &mut SqliteConnection,
    ids: &[i64],
    records: &[StudyRecord],
) -> sqlx::Result<()> {
    let rows: Vec<_> = ids
        .iter()
        .zip(records)
        .flat_map(|(id, r)| r.result.series.iter().zip(0i64..).map(move |(s, n)| (*id, n, s)))
        .collect();
    for chunk in rows.chunks(ROWS) {
        let mut insert = QueryBuilder::<Sqlite>::new(
            "INSERT INTO series (study_id, n, series_uid, modality, kind, plane, phase, instances) ",
        );
        insert.push_values(chunk, |mut row, (id, n, s)| {
            row.push_bind(id)
                .push_bind(n)
                .push_bind(&s.series_uid)
                .push_bind(&s.modality)
                .push_bind(&s.kind)
                .push_bind(&s.plane)
                .push_bind(&s.phase)
                .push_bind(i64::from(s.instances));
        });
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

async fn put_stacks(
    connection: &mut SqliteConnection,
    ids: &[i64],
    records: &[StudyRecord],
) -> sqlx::Result<()> {
    let rows: Vec<_> = ids
        .iter()
        .zip(records)
        .flat_map(|(id, r)| r.result.series.iter().zip(0i64..).map(move |(s, n)| (*id, n, s)))
        .flat_map(|(id, series_n, s)| {
            s.stacks.iter().zip(0i64..).map(move |(stack, n)| (id, series_n, n, stack))
        })
        .collect();
    for chunk in rows.chunks(ROWS) {
        let mut insert = QueryBuilder::<Sqlite>::new(
            "INSERT INTO stack (study_id, series_n, n, kind, phase, slices, spacing, thickness,
                 geometry) ",
        );
        insert.push_values(chunk, |mut row, (id, series_n, n, stack)| {
            row.push_bind(id)
                .push_bind(series_n)
                .push_bind(n)
                .push_bind(&stack.kind)
                .push_bind(&stack.phase)
                .push_bind(i64::from(stack.slices))
                .push_bind(stack.spacing)
                .push_bind(stack.thickness)
                .push_bind(&stack.geometry);
        });
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

async fn put_outcomes(
    connection: &mut SqliteConnection,
    ids: &[i64],
    records: &[StudyRecord],
) -> sqlx::Result<()> {
    let rows: Vec<_> = ids
        .iter()
        .zip(records)
        .flat_map(|(id, r)| r.result.outcomes.iter().zip(0i64..).map(move |(o, n)| (*id, n, o)))
        .collect();
    for chunk in rows.chunks(ROWS) {
        let mut insert = QueryBuilder::<Sqlite>::new(
            "INSERT INTO outcome (study_id, n, code, outcome, severity, series_uid, sop_uid, frame) ",
        );
        insert.push_values(chunk, |mut row, (id, n, o)| {
            row.push_bind(id)
                .push_bind(n)
                .push_bind(&o.code)
                .push_bind(outcome_number(o.outcome))
                .push_bind(severity_number(o.severity))
                .push_bind(&o.subject.series_uid)
                .push_bind(&o.subject.sop_uid)
                .push_bind(o.subject.frame.map(i64::from));
        });
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

pub(super) fn depth_number(depth: Depth) -> i64 {
    match depth {
        Depth::Header => 0,
        Depth::Pixels => 1,
        Depth::Models => 2,
    }
}

fn verdict_number(verdict: Verdict) -> i64 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Review => 1,
        Verdict::Fail => 2,
    }
}

fn outcome_number(kind: OutcomeKind) -> i64 {
    match kind {
        OutcomeKind::Pass => 0,
        OutcomeKind::Fail => 1,
        OutcomeKind::NotApplicable => 2,
        OutcomeKind::CouldNotRun => 3,
    }
}

fn severity_number(severity: Severity) -> i64 {
    match severity {
        Severity::Minor => 0,
        Severity::Major => 1,
        Severity::Critical => 2,
    }
}
