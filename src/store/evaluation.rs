//! Evaluations and institutions, as the gate reads them.

use jiff::civil::Date;
use serde_json::json;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::ledger::Draft;
use crate::model::gate::{Evaluation, EvaluationKind, InstitutionFacts, Target, day};

use super::{Store, StoreError, ledger};

/// An evaluation as kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEvaluation {
    /// Its number.
    pub id: i64,
    /// The evaluation.
    pub evaluation: Evaluation,
    /// Who entered it.
    pub person: String,
    /// When (RFC 3339).
    pub recorded_at: String,
}

impl Store {
    /// Keeps evaluations, all or none, each with its ledger entry; one that is there already is
    /// left as it is. Gives back how many were new.
    ///
    /// # Errors
    /// A statement failed.
    pub fn put_evaluations(
        &mut self,
        evaluations: &[Evaluation],
        person: &str,
        at: &str,
    ) -> Result<u64, StoreError> {
        self.transact("writing evaluations", async |c| {
            let mut new = 0;
            for evaluation in evaluations {
                if !is_kept(c, evaluation).await? {
                    insert(c, evaluation, person, at).await?;
                    new += 1;
                }
            }
            Ok(new)
        })
    }

    /// Evaluations in the order of their day, of one institution where asked.
    ///
    /// # Errors
    /// The statement failed, or a row is damaged.
    pub fn evaluations(
        &mut self,
        institution: Option<&str>,
    ) -> Result<Vec<KeptEvaluation>, StoreError> {
        self.reading("reading evaluations", async |c| {
            let rows = sqlx::query(
                "SELECT * FROM evaluation WHERE ?1 IS NULL OR institution = ?1
                 ORDER BY held_on, id",
            )
            .bind(institution)
            .fetch_all(c)
            .await?;
            rows.iter().map(kept).collect()
        })
    }

    /// Whether any evaluation is on record.
    ///
    /// # Errors
    /// The statement failed.
    pub fn has_evaluations(&mut self) -> Result<bool, StoreError> {
        self.reading("reading evaluations", async |c| {
            let sql = "SELECT EXISTS (SELECT 1 FROM evaluation)";
            Ok(sqlx::query_scalar::<_, i64>(sql).fetch_one(c).await? != 0)
        })
    }

    /// Keeps what the registry says of institutions.
    ///
    /// # Errors
    /// A statement failed.
    pub fn put_institutions(
        &mut self,
        institutions: &[InstitutionFacts],
        at: &str,
    ) -> Result<(), StoreError> {
        self.transact("writing institutions", async |c| {
            for i in institutions {
                sqlx::query(
                    "INSERT INTO institution (id, name, level, ownership, region, memberships,
                         told_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                     ON CONFLICT (id) DO UPDATE SET name = excluded.name, level = excluded.level,
                         ownership = excluded.ownership, region = excluded.region,
                         memberships = excluded.memberships, told_at = excluded.told_at",
                )
                .bind(&i.id)
                .bind(&i.name)
                .bind(&i.level)
                .bind(&i.ownership)
                .bind(&i.region)
                .bind(json!(i.memberships).to_string())
                .bind(at)
                .execute(&mut *c)
                .await?;
            }
            Ok(())
        })
    }

    /// Every institution that the registry told, by id.
    ///
    /// # Errors
    /// The statement failed, or a row is damaged.
    pub fn institutions(&mut self) -> Result<Vec<InstitutionFacts>, StoreError> {
        self.reading("reading institutions", async |c| {
            let rows = sqlx::query("SELECT * FROM institution ORDER BY id").fetch_all(c).await?;
            rows.iter().map(institution).collect()
        })
    }
}

async fn is_kept(c: &mut SqliteConnection, e: &Evaluation) -> sqlx::Result<bool> {
    let n: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM evaluation WHERE institution = ?1 AND profile = ?2 AND target = ?3
             AND scope = ?4 AND held_on = ?5 AND kind = ?6 AND result = ?7 AND evaluator = ?8
             AND evidence = ?9",
    )
    .bind(&e.institution)
    .bind(&e.profile)
    .bind(e.target.to_string())
    .bind(e.scope.as_deref().unwrap_or_default())
    .bind(e.on.to_string())
    .bind(e.kind.word())
    .bind(result_word(e.passed))
    .bind(&e.evaluator)
    .bind(&e.evidence)
    .fetch_one(c)
    .await?;
    Ok(n > 0)
}

async fn insert(
    c: &mut SqliteConnection,
    e: &Evaluation,
    person: &str,
    at: &str,
) -> sqlx::Result<()> {
    let (target, result) = (e.target.to_string(), result_word(e.passed));
    let scope = e.scope.as_deref().unwrap_or_default();
    let draft = Draft {
        at: at.to_owned(),
        kind: "evaluation",
        subject: e.institution.clone(),
        body: json!({
            "profile": e.profile, "target": target, "scope": scope, "held_on": e.on.to_string(),
            "kind": e.kind.word(), "result": result, "evaluator": e.evaluator,
            "evidence": e.evidence, "person": person,
        }),
    };
    let seq = ledger::append(&mut *c, &draft).await?;
    sqlx::query(
        "INSERT INTO evaluation (institution, profile, target, scope, held_on, kind, result,
             evaluator, evidence, person, recorded_at, ledger_seq)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )
    .bind(&e.institution)
    .bind(&e.profile)
    .bind(target)
    .bind(scope)
    .bind(e.on.to_string())
    .bind(e.kind.word())
    .bind(result)
    .bind(&e.evaluator)
    .bind(&e.evidence)
    .bind(person)
    .bind(at)
    .bind(seq)
    .execute(c)
    .await?;
    Ok(())
}

fn result_word(passed: bool) -> &'static str {
    if passed { "pass" } else { "fail" }
}

fn kept(row: &SqliteRow) -> sqlx::Result<KeptEvaluation> {
    let kind: String = row.try_get("kind")?;
    let target: String = row.try_get("target")?;
    let evaluation = Evaluation {
        on: date(row, "held_on")?,
        institution: row.try_get("institution")?,
        profile: row.try_get("profile")?,
        target: Target::parse(&target).ok_or_else(|| damaged("target", &target))?,
        scope: optional(row, "scope")?,
        kind: EvaluationKind::parse(&kind).ok_or_else(|| damaged("kind", &kind))?,
        passed: row.try_get::<String, _>("result")? == "pass",
        evaluator: row.try_get("evaluator")?,
        evidence: row.try_get("evidence")?,
    };
    Ok(KeptEvaluation {
        id: row.try_get("id")?,
        evaluation,
        person: row.try_get("person")?,
        recorded_at: row.try_get("recorded_at")?,
    })
}

fn institution(row: &SqliteRow) -> sqlx::Result<InstitutionFacts> {
    let memberships: String = row.try_get("memberships")?;
    Ok(InstitutionFacts {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        level: row.try_get("level")?,
        ownership: row.try_get("ownership")?,
        region: row.try_get("region")?,
        memberships: serde_json::from_str(&memberships)
            .map_err(|_| damaged("memberships", &memberships))?,
    })
}

/// A row that holds what this program never writes.
pub(super) fn damaged(column: &str, text: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("column {column} holds {text:?}").into())
}

/// A day of a row.
pub(super) fn date(row: &SqliteRow, column: &str) -> sqlx::Result<Date> {
    let text: String = row.try_get(column)?;
    day(&text).ok_or_else(|| damaged(column, &text))
}

/// A day of a row that may be missing.
pub(super) fn optional_date(row: &SqliteRow, column: &str) -> sqlx::Result<Option<Date>> {
    let text: Option<String> = row.try_get(column)?;
    text.filter(|t| !t.is_empty()).map(|t| day(&t).ok_or_else(|| damaged(column, &t))).transpose()
}

/// A text that is empty where there is none.
pub(super) fn optional(row: &SqliteRow, column: &str) -> sqlx::Result<Option<String>> {
    Ok(Some(row.try_get::<String, _>(column)?).filter(|t| !t.is_empty()))
}
