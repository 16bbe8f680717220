//! How institutions stand, and mass changes that wait for a person.

use jiff::civil::Date;
use serde_json::json;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::ledger::Draft;
use crate::model::gate::{State, Target};
use crate::model::reason::Reason;

use super::evaluation::{damaged, date, optional_date};
use super::gate_rows::reasons;
use super::{Store, StoreError, ledger};

/// How an institution stands, as kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingRow {
    /// Institution id.
    pub institution: String,
    /// Policy folder name.
    pub profile: String,
    /// What it is about.
    pub target: Target,
    /// The scope.
    pub scope: String,
    /// The state.
    pub state: State,
    /// Since when.
    pub since: Option<Date>,
    /// The last day it holds without a new evaluation.
    pub until: Option<Date>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The day it was told as of.
    pub as_of: Date,
}

/// A mass change that waits, or waited.
#[derive(Clone, Debug, PartialEq)]
pub struct Hold {
    /// Its number; 0 for one that is new.
    pub id: i64,
    /// Institution id.
    pub institution: String,
    /// Policy folder name.
    pub profile: String,
    /// The versions that would change the labels.
    pub versions: String,
    /// Labels it would take away.
    pub affected: u64,
    /// Labels that stand.
    pub labels: u64,
    /// The share that is allowed.
    pub share: f64,
    /// Cause and how many labels it takes, most first.
    pub causes: Vec<(String, u64)>,
    /// Who released it; `None` while it waits.
    pub released_by: Option<String>,
}

impl Store {
    /// Writes how institutions stand, each with its ledger entry under `act` and `person`.
    ///
    /// # Errors
    /// A statement failed.
    pub fn put_standings(
        &mut self,
        rows: &[(StandingRow, &'static str)],
        person: Option<&str>,
        at: &str,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        self.transact("writing standings", async |c| {
            for (row, act) in rows {
                put_standing(&mut *c, row, act, person, at).await?;
            }
            Ok(())
        })
    }

    /// How institutions stand, as last decided.
    ///
    /// # Errors
    /// The statement failed, or a row is damaged.
    pub fn standings(&mut self, institution: Option<&str>) -> Result<Vec<StandingRow>, StoreError> {
        self.reading("reading standings", async |c| {
            let rows = sqlx::query(
                "SELECT * FROM standing WHERE ?1 IS NULL OR institution = ?1
                 ORDER BY institution, profile, target, scope",
            )
            .bind(institution)
            .fetch_all(c)
            .await?;
            rows.iter().map(standing).collect()
        })
    }

    /// Holds a mass change; one that is held already is told anew.
    ///
    /// # Errors
    /// A statement failed.
    pub fn put_hold(&mut self, hold: &Hold, at: &str) -> Result<i64, StoreError> {
        let h = hold;
        let subject = format!("{} {}", h.institution, h.profile);
        let body = json!({
            "step": "hold", "versions": h.versions, "affected": h.affected, "labels": h.labels,
            "share": h.share, "causes": h.causes,
        });
        let draft = Draft { at: at.to_owned(), kind: "hold", subject, body };
        self.transact("holding a mass change", async |c| {
            let known: Option<i64> = sqlx::query_scalar(
                "SELECT id FROM release_hold
                 WHERE institution = ?1 AND profile = ?2 AND versions = ?3",
            )
            .bind(&h.institution)
            .bind(&h.profile)
            .bind(&h.versions)
            .fetch_optional(&mut *c)
            .await?;
            if let Some(id) = known {
                return Ok(id);
            }
            let seq = ledger::append(&mut *c, &draft).await?;
            let done = sqlx::query(
                "INSERT INTO release_hold (institution, profile, versions, affected, labels,
                     brake_share, causes, opened_at, ledger_seq)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )
            .bind(&h.institution)
            .bind(&h.profile)
            .bind(&h.versions)
            .bind(ledger::whole(h.affected))
            .bind(ledger::whole(h.labels))
            .bind(h.share)
            .bind(json!(h.causes).to_string())
            .bind(at)
            .bind(seq)
            .execute(c)
            .await?;
            Ok(done.last_insert_rowid())
        })
    }

    /// Mass changes, by number.
    ///
    /// # Errors
    /// The statement failed, or a row is damaged.
    pub fn holds(&mut self) -> Result<Vec<Hold>, StoreError> {
        self.all("reading holds", "SELECT * FROM release_hold ORDER BY id", None, hold)
    }

    /// Releases a mass change.
    ///
    /// # Errors
    /// A statement failed.
    pub fn release(
        &mut self,
        hold: &Hold,
        person: &str,
        reason: &str,
        at: &str,
    ) -> Result<(), StoreError> {
        let subject = format!("{} {}", hold.institution, hold.profile);
        let body = json!({
            "step": "release", "id": hold.id, "versions": hold.versions, "person": person,
            "reason": reason,
        });
        let draft = Draft { at: at.to_owned(), kind: "hold", subject, body };
        self.transact("releasing a mass change", async |c| {
            let seq = ledger::append(&mut *c, &draft).await?;
            sqlx::query(
                "UPDATE release_hold SET released_by = ?2, released_at = ?3, reason = ?4,
                     ledger_seq = ?5 WHERE id = ?1",
            )
            .bind(hold.id)
            .bind(person)
            .bind(at)
            .bind(reason)
            .bind(seq)
            .execute(c)
            .await
            .map(|_| ())
        })
    }
}

async fn put_standing(
    c: &mut SqliteConnection,
    row: &StandingRow,
    act: &str,
    person: Option<&str>,
    at: &str,
) -> sqlx::Result<()> {
    let target = row.target.to_string();
    let shown = |day: Option<Date>| day.map(|d| d.to_string()).unwrap_or_default();
    let draft = Draft {
        at: at.to_owned(),
        kind: "standing",
        subject: row.institution.clone(),
        body: json!({
            "profile": row.profile, "target": target, "scope": row.scope, "act": act,
            "state": row.state.word(), "since": shown(row.since), "until": shown(row.until),
            "reasons": row.reasons, "as_of": row.as_of.to_string(), "person": person,
        }),
    };
    let seq = ledger::append(&mut *c, &draft).await?;
    sqlx::query(
        "INSERT OR REPLACE INTO standing (institution, profile, target, scope, state, since,
             until, reasons, as_of, decided_at, ledger_seq)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )
    .bind(&row.institution)
    .bind(&row.profile)
    .bind(&target)
    .bind(&row.scope)
    .bind(row.state.word())
    .bind(shown(row.since))
    .bind(shown(row.until))
    .bind(json!(row.reasons).to_string())
    .bind(row.as_of.to_string())
    .bind(at)
    .bind(seq)
    .execute(c)
    .await
    .map(|_| ())
}

fn standing(row: &SqliteRow) -> sqlx::Result<StandingRow> {
    let (target, state): (String, String) = (row.try_get("target")?, row.try_get("state")?);
    Ok(StandingRow {
        institution: row.try_get("institution")?,
        profile: row.try_get("profile")?,
        target: Target::parse(&target).ok_or_else(|| damaged("target", &target))?,
        scope: row.try_get("scope")?,
        state: State::parse(&state).ok_or_else(|| damaged("state", &state))?,
        since: optional_date(row, "since")?,
        until: optional_date(row, "until")?,
        reasons: reasons(row)?,
        as_of: date(row, "as_of")?,
    })
}

fn hold(row: &SqliteRow) -> sqlx::Result<Hold> {
    let causes: String = row.try_get("causes")?;
    let number = |column: &str| -> sqlx::Result<u64> {
        Ok(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or(0))
    };
    Ok(Hold {
        id: row.try_get("id")?,
        institution: row.try_get("institution")?,
        profile: row.try_get("profile")?,
        versions: row.try_get("versions")?,
        affected: number("affected")?,
        labels: number("labels")?,
        share: row.try_get("brake_share")?,
        causes: serde_json::from_str(&causes).map_err(|_| damaged("causes", &causes))?,
        released_by: row.try_get("released_by")?,
    })
}
