//! Deciding over a whole store: standings first, then studies in pages, then what the brake holds.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::gate::{Change, MassChange, mass_changes, timeline};
use crate::model::gate::{Act, Target};
use crate::model::reason::{Reason, ReasonCode};
use crate::model::result::{LabelDecision, StudyResult};
use crate::policy::profile::Profile;
use crate::store::{Decided, Hold, LabelRow, StandingRow, Store, StoreError, StoredResult};

use super::gate::{Gatekeeper, Planned, is_by_verdict, label_result};

/// What deciding came to.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Studies looked at.
    pub studies: u64,
    /// New decisions by word.
    pub decisions: BTreeMap<&'static str, u64>,
    /// Decisions that stand as they were.
    pub standing: u64,
    /// Changes of institutions: institution, profile, target, scope, act.
    pub acts: Vec<(StandingRow, Act)>,
    /// Mass changes that wait.
    pub held: Vec<MassChange>,
}

/// Studies of which a label would go by a change of ours: key, changes.
type Deferred = Vec<(String, Vec<Change>)>;

/// Studies decided in one transaction.
const PAGE: u32 = 256;

impl Gatekeeper<'_> {
    /// Decides over the store, of one institution where asked.
    ///
    /// # Errors
    /// The store fails.
    pub fn decide_all(
        &self,
        store: &mut Store,
        institution: Option<&str>,
    ) -> Result<Summary, StoreError> {
        let acts = self.decide_standings(store, institution, None)?;
        let mut summary = Summary { acts, ..Summary::default() };
        let mut deferred = Deferred::new();
        let mut after = String::new();
        loop {
            let page = store.results_page(institution, &after, PAGE)?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.key);
            self.decide_page(store, page, &mut summary, &mut deferred)?;
        }
        self.decide_deferred(store, deferred, &mut summary)?;
        Ok(summary)
    }

    /// Decides on some studies, by key, and on how all institutions stand.
    ///
    /// # Errors
    /// The store fails.
    pub fn decide_studies(
        &self,
        store: &mut Store,
        keys: &[String],
    ) -> Result<Summary, StoreError> {
        let acts = self.decide_standings(store, None, None)?;
        let mut summary = Summary { acts, ..Summary::default() };
        let mut deferred = Deferred::new();
        for chunk in keys.chunks(PAGE as usize) {
            let mut page = Vec::with_capacity(chunk.len());
            for key in chunk {
                page.extend(store.result_of_key(key)?);
            }
            self.decide_page(store, page, &mut summary, &mut deferred)?;
        }
        self.decide_deferred(store, deferred, &mut summary)?;
        Ok(summary)
    }

    fn decide_page(
        &self,
        store: &mut Store,
        page: Vec<StoredResult>,
        summary: &mut Summary,
        deferred: &mut Deferred,
    ) -> Result<(), StoreError> {
        let mut decided = Vec::new();
        for stored in page {
            summary.studies += 1;
            let before = store.labels_of_key(&stored.key)?;
            let plan = self.plan(&stored.result, &before);
            let waits: Vec<Change> = plan.iter().filter_map(|p| self.braked(p)).cloned().collect();
            if waits.is_empty() {
                decided.push(summary.take(stored.result, &plan));
            } else {
                deferred.push((stored.key, waits));
            }
        }
        store.put_decided(&decided)
    }

    /// The change of a plan that the brake has to look at.
    fn braked<'a>(&self, planned: &'a Planned) -> Option<&'a Change> {
        planned.change.as_ref().filter(|c| {
            let key = (c.institution.clone(), c.profile.clone(), c.versions.clone());
            c.counts() && !self.released.contains(&key)
        })
    }

    fn decide_deferred(
        &self,
        store: &mut Store,
        deferred: Deferred,
        summary: &mut Summary,
    ) -> Result<(), StoreError> {
        let changes: Vec<Change> = deferred.iter().flat_map(|(_, c)| c.clone()).collect();
        let (mut standing, mut taken) = (BTreeMap::new(), BTreeMap::new());
        for c in &changes {
            let key = (c.institution.clone(), c.profile.clone(), c.versions.clone());
            if let Entry::Vacant(new) = taken.entry(key) {
                let rows = store.taken_by(&c.institution, &c.profile, &c.versions)?;
                new.insert(rows.iter().filter(|r| is_by_verdict(&r.reasons)).count() as u64);
            }
            let n = store.labels_standing(&c.institution, &c.profile)?;
            standing.insert((c.institution.clone(), c.profile.clone()), n);
        }
        let labels = |institution: &str, profile: &str| {
            standing.get(&(institution.to_owned(), profile.to_owned())).copied().unwrap_or(0)
        };
        let share = |profile: &str| {
            self.profiles.get(profile).map_or(0.0, |p| p.rules.settings.number("brake_share"))
        };
        let before = |institution: &str, profile: &str, versions: &str| {
            let key = (institution.to_owned(), profile.to_owned(), versions.to_owned());
            taken.get(&key).copied().unwrap_or(0)
        };
        summary.held = mass_changes(&changes, labels, before, share);
        for held in &summary.held {
            store.put_hold(&hold(held), &self.at)?;
        }
        for (key, _) in deferred {
            let Some(stored) = store.result_of_key(&key)? else { continue };
            let before = store.labels_of_key(&key)?;
            let mut plan = self.plan(&stored.result, &before);
            for planned in &mut plan {
                let held = self.braked(planned).is_some_and(|c| is_held(&summary.held, c));
                if let Some(was) = planned.before.clone().filter(|_| held) {
                    planned.row = was;
                    planned.row.reasons.push(Reason::of(ReasonCode::HeldForRelease));
                    planned.stands = true;
                }
            }
            let decided = summary.take(stored.result, &plan);
            store.put_decided(&[decided])?;
        }
        Ok(())
    }

    /// Brings the standing of institutions up to the day. `only` narrows it to one target.
    ///
    /// # Errors
    /// The store fails.
    pub fn decide_standings(
        &self,
        store: &mut Store,
        institution: Option<&str>,
        person: Option<&str>,
    ) -> Result<Vec<(StandingRow, Act)>, StoreError> {
        let mut written = Vec::new();
        for (id, profile, target) in self.targets(institution) {
            let known = store.standings(Some(&id))?;
            for label in &profile.rules.labels {
                let kept = known.iter().find(|k| {
                    k.profile == profile.id && k.target == target && k.scope == label.scope
                });
                if kept.is_some_and(|k| k.as_of > self.as_of) {
                    continue;
                }
                let modality = modality_of(profile, &target);
                let records = self.records(&id);
                let line = timeline(profile, &records, &target, modality, label, self.as_of);
                let Some(last) = line.last() else { continue };
                let same = |k: &StandingRow| {
                    let s = &last.standing;
                    k.state == s.state && k.since == s.since && k.until == s.until
                };
                if kept.is_some_and(same) {
                    continue;
                }
                let from = kept.map(|k| k.as_of);
                let mut news: Vec<_> =
                    line.iter().filter(|t| from.is_none_or(|day| t.on > day)).collect();
                if news.is_empty() {
                    news.push(last);
                }
                written.extend(news.into_iter().map(|t| {
                    let row = StandingRow {
                        institution: id.clone(),
                        profile: profile.id.clone(),
                        target: target.clone(),
                        scope: label.scope.clone(),
                        state: t.standing.state,
                        since: t.standing.since,
                        until: t.standing.until,
                        reasons: t.standing.reasons.clone(),
                        as_of: self.as_of,
                    };
                    (row, t.act)
                }));
            }
        }
        let rows: Vec<(StandingRow, &'static str)> =
            written.iter().map(|(row, act)| (row.clone(), act.word())).collect();
        store.put_standings(&rows, person, &self.at)?;
        Ok(written)
    }

    /// Everything that was evaluated: institution, profile, target.
    pub fn targets(&self, institution: Option<&str>) -> Vec<(String, &Profile, Target)> {
        let mut out = Vec::new();
        for (id, evaluations) in &self.evaluations {
            if institution.is_some_and(|only| only != id) {
                continue;
            }
            for e in evaluations {
                if let Some(profile) = self.profiles.get(&e.profile) {
                    out.push((id.clone(), profile, e.target.clone()));
                }
            }
        }
        out.sort_by(|a, b| (&a.0, &a.1.id, &a.2).cmp(&(&b.0, &b.1.id, &b.2)));
        out.dedup_by(|a, b| a.0 == b.0 && a.1.id == b.1.id && a.2 == b.2);
        out
    }
}

/// The modality of an item target's row in the catalogue.
pub fn modality_of<'p>(profile: &'p Profile, target: &Target) -> Option<&'p str> {
    match target {
        Target::Item(uid) => profile.catalogue.get(uid).map(|i| i.modality.as_str()),
        _ => None,
    }
}

fn is_held(held: &[MassChange], change: &Change) -> bool {
    held.iter().any(|h| {
        h.institution == change.institution
            && h.profile == change.profile
            && h.versions == change.versions
    })
}

fn hold(m: &MassChange) -> Hold {
    Hold {
        id: 0,
        institution: m.institution.clone(),
        profile: m.profile.clone(),
        versions: m.versions.clone(),
        affected: m.affected,
        labels: m.labels,
        share: m.share,
        causes: m.causes.clone(),
        released_by: None,
    }
}

impl Summary {
    /// Counts a study's plan and makes of it what is to be written.
    fn take(&mut self, mut result: StudyResult, plan: &[Planned]) -> Decided {
        for planned in plan.iter().filter(|p| !p.obsolete) {
            if planned.stands {
                self.standing += 1;
            } else {
                *self.decisions.entry(planned.row.decision.word()).or_default() += 1;
            }
        }
        let rows = plan.iter().filter(|p| !p.stands).map(|p| p.row.clone()).collect();
        // A view whose instances are others now has a row of its own; the earlier one goes.
        let renewed = |p: &&Planned| {
            !p.stands && p.before.as_ref().is_some_and(|b| b.subject != p.row.subject)
        };
        let mut obsolete: Vec<LabelRow> =
            plan.iter().filter(|p| p.obsolete).map(|p| p.row.clone()).collect();
        // Its entry is of this run, whenever the row was decided.
        obsolete.extend(plan.iter().filter(renewed).filter_map(|p| {
            let (decided_at, run_id) = (p.row.decided_at.clone(), p.row.run_id.clone());
            p.before.clone().map(|before| LabelRow { decided_at, run_id, ..before })
        }));
        let labels: Vec<LabelDecision> =
            plan.iter().filter(|p| !p.obsolete).map(|p| label_result(&p.row)).collect();
        let differ = result.labels != labels;
        result.labels = labels;
        Decided { rows, obsolete, result: differ.then_some(result) }
    }
}
