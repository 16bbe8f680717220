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
                return tell_anew(c, id, h, &draft).await.map(|()| id);
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

/// A hold that waits tells what it would take by now, with an entry where that is news.
async fn tell_anew(c: &mut SqliteConnection, id: i64, h: &Hold, draft: &Draft) -> sqlx::Result<()> {
    let row = sqlx::query("SELECT * FROM release_hold WHERE id = ?1").bind(id);
    let was = hold(&row.fetch_one(&mut *c).await?)?;
    let same = (was.affected, was.labels, &was.causes) == (h.affected, h.labels, &h.causes);
    if same || was.released_by.is_some() {
        return Ok(());
    }
    let seq = ledger::append(&mut *c, draft).await?;
    sqlx::query(
        "UPDATE release_hold SET affected = ?2, labels = ?3, brake_share = ?4, causes = ?5,
             ledger_seq = ?6 WHERE id = ?1",
    )
    .bind(id)
    .bind(ledger::whole(h.affected))
    .bind(ledger::whole(h.labels))
    .bind(h.share)
    .bind(json!(h.causes).to_string())
    .bind(seq)
    .execute(c)
    .await
    .map(|_| ())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::contract::Depth;
    use crate::model::gate::DecisionKind;
    use crate::store::LabelRow;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("s.db")).unwrap();
        (folder, store)
    }

    fn waits(affected: u64) -> Hold {
        Hold {
            id: 0,
            institution: "a".into(),
            profile: "p".into(),
            versions: "v2".into(),
            affected,
            labels: 100,
            share: 0.05,
            causes: vec![("missing-slice".into(), affected)],
            released_by: None,
        }
    }

    #[test]
    fn a_hold_that_waits_tells_what_it_would_take_by_now() {
        let (_folder, mut store) = store();
        let id = store.put_hold(&waits(6), "2025-01-01T00:00:00Z").unwrap();
        assert_eq!(store.put_hold(&waits(6), "2025-01-02T00:00:00Z").unwrap(), id);
        assert_eq!(store.ledger().unwrap().len(), 1, "nothing new, no entry");
        assert_eq!(store.put_hold(&waits(60), "2025-01-03T00:00:00Z").unwrap(), id);
        let kept = store.holds().unwrap();
        assert_eq!((kept.len(), kept[0].affected), (1, 60));
        assert_eq!(kept[0].causes, [("missing-slice".to_owned(), 60)]);
        let entries = store.ledger().unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(store.disagreements(&entries).unwrap(), []);
        store.release(&kept[0], "Li", "seen", "2025-01-04T00:00:00Z").unwrap();
        store.put_hold(&waits(7), "2025-01-05T00:00:00Z").unwrap();
        assert_eq!(store.holds().unwrap()[0].affected, 60, "what was released stays as it was");
        let entries = store.ledger().unwrap();
        assert_eq!(store.disagreements(&entries).unwrap(), []);
    }

    fn label(study: u32, decision: DecisionKind, versions: &str) -> LabelRow {
        LabelRow {
            study_key: study.to_string(),
            profile: "p".into(),
            item: Some("P-1".into()),
            subject: String::new(),
            study_uid: study.to_string(),
            institution: "a".into(),
            study_date: None,
            decision,
            scope: String::new(),
            text: String::new(),
            text_en: String::new(),
            position: String::new(),
            reasons: Vec::new(),
            depth: Depth::Pixels,
            as_of: jiff::civil::date(2025, 1, 1),
            decided_at: "2025-01-01T00:00:00Z".into(),
            run_id: "r".into(),
            versions: versions.into(),
        }
    }

    #[test]
    fn what_a_change_took_so_far_is_counted_over_runs() {
        use DecisionKind::{Apply, Withdraw, Withhold};
        let (_folder, mut store) = store();
        let rows = [
            label(1, Apply, "v1"),
            label(1, Withdraw, "v2"),
            label(2, Apply, "v1"),
            label(2, Withhold, "v2"),
            // Told again under the same versions: still taken by them.
            label(2, Withdraw, "v2"),
            label(3, Apply, "v2"),
            label(3, Withdraw, "v2"),
            label(4, Withhold, "v2"),
            label(5, Apply, "v1"),
            label(5, Withdraw, "v3"),
            label(6, Apply, "v1"),
        ];
        store.put_labels(&rows).unwrap();
        let taken = store.taken_by("a", "p", "v2").unwrap();
        let keys: Vec<&str> = taken.iter().map(|r| r.study_key.as_str()).collect();
        assert_eq!(keys, ["1", "2"], "not what was given or refused under them, nor by others");
    }
}
