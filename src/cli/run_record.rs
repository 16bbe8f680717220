//! What is on record of institutions, for the pages of a run.

use jiff::civil::Date;

use crate::model::gate::{InstitutionFacts, Waiver};
use crate::report::aggregate::Aggregate;
use crate::report::aggregate::record::{
    AppealNote, OnRecord, OverAll, Overdue, RectificationNote, WaiverNote,
};
use crate::store::{Appeal, KeptRectification, KeptWaiver, Store};

use super::CommandError;
use super::waiver::{holds, scope};

/// Everything on record as of a day.
pub struct Acts {
    /// Waivers that hold, with the institution of the study they are for.
    waivers: Vec<(KeptWaiver, Option<String>)>,
    rectifications: Vec<KeptRectification>,
    appeals: Vec<Appeal>,
    institutions: Vec<InstitutionFacts>,
    as_of: Date,
}

impl Acts {
    /// Reads what is on record.
    ///
    /// # Errors
    /// The store fails.
    pub fn read(store: &mut Store, as_of: Date) -> Result<Self, CommandError> {
        let mut waivers = Vec::new();
        for kept in store.waivers()?.into_iter().filter(|k| holds(&k.waiver, as_of)) {
            let of_study = match &kept.waiver.study_key {
                Some(key) => store.result_of_key(key)?.map(|s| s.result.institution),
                None => None,
            };
            waivers.push((kept, of_study));
        }
        let mut rectifications = store.rectifications(None)?;
        rectifications
            .retain(|r| r.facts.opened <= as_of && r.facts.closed.is_none_or(|on| on > as_of));
        let mut appeals = store.appeals()?;
        appeals.retain(|a| a.opened <= as_of && a.closed.is_none_or(|on| on > as_of));
        let institutions = store.institutions()?;
        Ok(Self { waivers, rectifications, appeals, institutions, as_of })
    }

    /// Puts on every institution's report what concerns it.
    pub fn attach(&self, aggregate: &mut Aggregate) {
        for report in &mut aggregate.institutions {
            report.on_record = Some(self.of(&report.institution.id));
        }
        aggregate.on_record = Some(self.over_all());
    }

    /// What the index tells: also of institutions of which no study came.
    fn over_all(&self) -> OverAll {
        let all = |(kept, _): &(KeptWaiver, Option<String>)| WaiverNote {
            scope: scope(&kept.waiver),
            ..waiver(kept)
        };
        let name = |id: &str| {
            let facts = self.institutions.iter().find(|i| i.id == id);
            facts.map(|i| i.name.clone()).unwrap_or_default()
        };
        let late = self.rectifications.iter().filter(|r| self.as_of > r.due);
        let mut overdue: Vec<Overdue> = late
            .map(|r| Overdue {
                institution: r.facts.institution.clone(),
                name: name(&r.facts.institution),
                rectification: rectification(r, self.as_of),
            })
            .collect();
        overdue.sort_by_key(|o| (o.rectification.due.clone(), o.rectification.id));
        OverAll { waivers: self.waivers.iter().map(all).collect(), overdue }
    }

    fn of(&self, institution: &str) -> OnRecord {
        let concerns = |(kept, of_study): &&(KeptWaiver, Option<String>)| {
            let named = kept.waiver.institution.as_deref().or(of_study.as_deref());
            named.is_none_or(|id| id == institution)
        };
        let waivers = self.waivers.iter().filter(concerns).map(|(kept, _)| waiver(kept)).collect();
        let mut rectifications: Vec<RectificationNote> = self
            .rectifications
            .iter()
            .filter(|r| r.facts.institution == institution)
            .map(|r| rectification(r, self.as_of))
            .collect();
        rectifications.sort_by_key(|r| (!r.overdue, r.due.clone(), r.id));
        let mut appeals: Vec<AppealNote> = self
            .appeals
            .iter()
            .filter(|a| a.institution == institution)
            .map(|a| appeal(a, self.as_of))
            .collect();
        appeals.sort_by_key(|a| (!a.overdue, a.due.clone(), a.id));
        OnRecord { waivers, rectifications, appeals }
    }
}

fn waiver(kept: &KeptWaiver) -> WaiverNote {
    let w = &kept.waiver;
    // The page is the institution's own: its name is no news there.
    let within = Waiver { institution: None, ..w.clone() };
    WaiverNote {
        id: kept.id,
        check: w.check.clone(),
        scope: scope(&within),
        from: w.from.to_string(),
        until: w.until.to_string(),
        by: format!("{} ({})", w.person, kept.role),
        reason: kept.reason.clone(),
    }
}

fn rectification(r: &KeptRectification, as_of: Date) -> RectificationNote {
    RectificationNote {
        id: r.id,
        profile: r.facts.profile.clone(),
        target: r.facts.target.to_string(),
        finding: r.finding.clone(),
        opened: r.facts.opened.to_string(),
        due: r.due.to_string(),
        overdue: as_of > r.due,
        answered: r.answered.is_some_and(|day| day <= as_of),
    }
}

fn appeal(a: &Appeal, as_of: Date) -> AppealNote {
    AppealNote {
        id: a.id,
        study_key: a.study_key.clone(),
        check: a.check_code.clone(),
        opened: a.opened.to_string(),
        due: a.due.to_string(),
        overdue: a.outcome.is_none() && as_of > a.due,
        outcome: a.outcome.clone(),
    }
}
