//! The gate over a store: what is on record, read once; what is decided, study by study; what is
//! held by the brake. Decisions themselves are pure (`gate::decide`).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::checks::contract::Depth;
use crate::gate::{self, Case, Change, Previous, Records, Subject};
use crate::model::gate::{
    DecisionKind, Evaluation, InstitutionFacts, LabelText, Rectification, Review, Waiver, day,
};
use crate::model::reason::{Reason, ReasonCode};
use crate::model::result::{ItemMatch, LabelDecision, LabelSubject, StudyResult};
use crate::policy::profile::Profile;
use crate::policy::words::ItemUnit;
use crate::store::{LabelRow, Store, StoreError};

/// Everything on record that decisions need, as of a day.
pub struct Gatekeeper<'p> {
    pub(super) profiles: &'p BTreeMap<String, Profile>,
    pub(super) institutions: BTreeMap<String, InstitutionFacts>,
    pub(super) evaluations: BTreeMap<String, Vec<Evaluation>>,
    pub(super) rectifications: BTreeMap<String, Vec<Rectification>>,
    reviews: BTreeMap<String, Vec<Review>>,
    waivers: Vec<Waiver>,
    changed: BTreeSet<String>,
    /// Released mass changes: institution, profile, versions.
    pub(super) released: BTreeSet<(String, String, String)>,
    /// The day to decide as of.
    pub as_of: Date,
    /// When (RFC 3339), for the records.
    pub at: String,
    /// The run, for the records.
    pub run_id: String,
}

/// One decision beside what stood before.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The row as it would stand.
    pub row: LabelRow,
    /// Whether the earlier row stands and nothing is written.
    pub stands: bool,
    /// Whether it is about an item that the study no longer matches and says nothing any more.
    pub obsolete: bool,
    /// The row before.
    pub before: Option<LabelRow>,
    /// What it changes, for the brake.
    pub change: Option<Change>,
}

impl<'p> Gatekeeper<'p> {
    /// Reads what is on record.
    ///
    /// # Errors
    /// The store fails.
    pub fn read(
        store: &mut Store,
        profiles: &'p BTreeMap<String, Profile>,
        as_of: Date,
        at: &str,
        run_id: &str,
    ) -> Result<Self, StoreError> {
        let mut keeper = Self {
            profiles,
            institutions: BTreeMap::new(),
            evaluations: BTreeMap::new(),
            rectifications: BTreeMap::new(),
            reviews: BTreeMap::new(),
            waivers: store.waivers()?.into_iter().map(|w| w.waiver).collect(),
            changed: store.changed_studies()?,
            released: BTreeSet::new(),
            as_of,
            at: at.to_owned(),
            run_id: run_id.to_owned(),
        };
        for facts in store.institutions()? {
            keeper.institutions.insert(facts.id.clone(), facts);
        }
        for kept in store.evaluations(None)? {
            let of = keeper.evaluations.entry(kept.evaluation.institution.clone());
            of.or_default().push(kept.evaluation);
        }
        for kept in store.rectifications(None)? {
            let of = keeper.rectifications.entry(kept.facts.institution.clone());
            of.or_default().push(kept.facts);
        }
        for kept in store.reviews(None)? {
            let of = keeper.reviews.entry(kept.review.study_key.clone());
            of.or_default().push(kept.review);
        }
        for hold in store.holds()?.into_iter().filter(|h| h.released_by.is_some()) {
            keeper.released.insert((hold.institution, hold.profile, hold.versions));
        }
        Ok(keeper)
    }

    /// Whether there is anything to decide by.
    pub fn is_empty(&self) -> bool {
        self.evaluations.is_empty()
    }

    /// What is on record of an institution.
    pub fn records(&self, institution: &str) -> Records<'_> {
        Records {
            facts: self.institutions.get(institution),
            evaluations: self.evaluations.get(institution).map(Vec::as_slice).unwrap_or_default(),
            rectifications: self
                .rectifications
                .get(institution)
                .map(Vec::as_slice)
                .unwrap_or_default(),
        }
    }

    /// Decides everything about one study. Pure but for what was read before.
    pub fn plan(&self, result: &StudyResult, before: &[LabelRow]) -> Vec<Planned> {
        let mut out = Vec::new();
        for profile in result.provenance.policies.keys().filter_map(|id| self.profiles.get(id)) {
            self.plan_profile(profile, result, before, &mut out);
        }
        out
    }

    fn plan_profile(
        &self,
        profile: &Profile,
        result: &StudyResult,
        before: &[LabelRow],
        out: &mut Vec<Planned>,
    ) {
        let of_profile = |i: &&ItemMatch| i.profile == profile.id;
        let mut items: Vec<ItemMatch> = result.items.iter().filter(of_profile).cloned().collect();
        let definite = items.iter().any(|i| i.item.is_some());
        let rows: Vec<&LabelRow> = before.iter().filter(|r| r.profile == profile.id).collect();
        let standing = rows.iter().any(|r| r.decision == DecisionKind::Apply);
        if items.is_empty() {
            items.push(no_item(profile));
        }
        items.sort_by(|a, b| a.item.cmp(&b.item));
        items.dedup_by(|a, b| a.item == b.item);
        // A match that became open says nothing on the item that is labelled already.
        items.retain(|i| i.item.is_some() || !(standing || definite));
        let case = self.case(profile, result);
        for item in &items {
            let earlier = rows.iter().copied().find(|r| r.item == item.item);
            let by_view = profile.rules.catalogue.unit == ItemUnit::View;
            let sop_uids: &[String] = if by_view { &item.sop_uids } else { &[] };
            let subject = Subject { item, sop_uids };
            let previous = earlier.map(previous);
            let decision = gate::decide(&case, subject, previous.as_ref());
            let of = (item.item.clone(), subject_json(sop_uids));
            out.push(self.planned(&case, of, decision, earlier));
        }
        for row in rows.iter().filter(|r| !items.iter().any(|i| i.item == r.item)) {
            out.push(self.superseded(&case, row, definite));
        }
    }

    /// What becomes of a decision on an item that the study no longer matches.
    fn superseded(&self, case: &Case<'_>, row: &LabelRow, definite: bool) -> Planned {
        let earlier = previous(row);
        let mut decision = gate::Decision {
            kind: earlier.kind,
            label: earlier.label,
            reasons: earlier.reasons,
            depth: earlier.depth,
            as_of: earlier.as_of,
            stands: true,
        };
        let renewed = definite && case.depth >= row.depth && case.as_of >= row.as_of;
        if renewed && row.decision == DecisionKind::Apply {
            let clause = &case.profile.rules.catalogue.clause;
            decision.kind = DecisionKind::Withhold;
            decision.label = None;
            decision.reasons = vec![Reason::of(ReasonCode::ItemNotRecognised).clause(clause)];
            (decision.depth, decision.as_of, decision.stands) = (case.depth, case.as_of, false);
        }
        let obsolete = renewed && row.decision == DecisionKind::Withhold;
        let of = (row.item.clone(), row.subject.clone());
        let mut planned = Planned { obsolete, ..self.planned(case, of, decision, Some(row)) };
        if obsolete {
            // The entry that tells so is of this run, whenever the row was decided.
            planned.row.decided_at.clone_from(&self.at);
            planned.row.run_id.clone_from(&self.run_id);
        }
        planned
    }

    fn case<'a>(&'a self, profile: &'a Profile, result: &'a StudyResult) -> Case<'a> {
        Case {
            profile,
            result,
            depth: depth_of(result),
            study_date: result.study_date.as_deref().and_then(day),
            records: self.records(&result.institution),
            reviews: self.reviews.get(&result.study_key).map(Vec::as_slice).unwrap_or_default(),
            waivers: &self.waivers,
            content_changed: self.changed.contains(&result.study_key),
            as_of: self.as_of,
        }
    }

    fn planned(
        &self,
        case: &Case<'_>,
        of: (Option<String>, String),
        decision: gate::Decision,
        earlier: Option<&LabelRow>,
    ) -> Planned {
        let result = case.result;
        let versions = versions(result, &case.profile.id);
        let by_verdict = is_by_verdict(&decision.reasons);
        let change = earlier.filter(|_| !decision.stands).map(|was| Change {
            institution: result.institution.clone(),
            profile: case.profile.id.clone(),
            from: was.decision,
            to: decision.kind,
            versions_changed: was.versions != versions,
            versions: versions.clone(),
            by_verdict,
            causes: causes(&decision.reasons),
        });
        let (stands, before) = (decision.stands, earlier.cloned());
        let row = self.row(case, of, decision, versions);
        // A decision that stands keeps its own evidence; only the note is new.
        let row = match earlier.filter(|_| stands) {
            Some(was) => LabelRow { reasons: row.reasons, ..was.clone() },
            None => row,
        };
        Planned { row, stands, obsolete: false, before, change }
    }

    fn row(
        &self,
        case: &Case<'_>,
        (item, subject): (Option<String>, String),
        decision: gate::Decision,
        versions: String,
    ) -> LabelRow {
        let result = case.result;
        let label = decision.label;
        let of = |pick: fn(&LabelText) -> Option<String>| {
            label.as_ref().and_then(pick).unwrap_or_default()
        };
        LabelRow {
            study_key: result.study_key.clone(),
            profile: case.profile.id.clone(),
            item,
            subject,
            study_uid: result.study_uid.clone().unwrap_or_else(|| result.study_key.clone()),
            institution: result.institution.clone(),
            study_date: case.study_date,
            decision: decision.kind,
            scope: of(|l| Some(l.scope.clone())),
            text: of(|l| Some(l.zh.clone())),
            text_en: of(|l| l.en.clone()),
            position: of(|l| l.position.clone()),
            reasons: decision.reasons,
            depth: decision.depth,
            as_of: decision.as_of,
            decided_at: self.at.clone(),
            run_id: self.run_id.clone(),
            versions,
        }
    }
}

/// The subject of a view as it is kept; empty for the whole study.
fn subject_json(sop_uids: &[String]) -> String {
    if sop_uids.is_empty() {
        return String::new();
    }
    let subject = LabelSubject { series_uid: None, sop_uids: sop_uids.to_vec() };
    serde_json::to_string(&subject).unwrap_or_default()
}

fn no_item(profile: &Profile) -> ItemMatch {
    ItemMatch {
        profile: profile.id.clone(),
        item: None,
        name: None,
        matched: "none".to_owned(),
        candidates: Vec::new(),
        sop_uids: Vec::new(),
    }
}

fn previous(row: &LabelRow) -> Previous {
    let some = |text: &String| Some(text.clone()).filter(|t| !t.is_empty());
    let label = (row.decision == DecisionKind::Apply).then(|| LabelText {
        scope: row.scope.clone(),
        zh: row.text.clone(),
        en: some(&row.text_en),
        position: some(&row.position),
    });
    Previous {
        kind: row.decision,
        label,
        reasons: row.reasons.clone(),
        depth: row.depth,
        as_of: row.as_of,
    }
}

/// Whether the study itself is behind a decision, rather than an act: of a person, of a centre, or
/// of whoever changed the images. An act of tampering is no mass change by us and never waits.
pub(super) fn is_by_verdict(reasons: &[Reason]) -> bool {
    use ReasonCode as R;
    let tampering = crate::checks::fil::content_changed::CHECK.name;
    let names_it = |r: &Reason| {
        r.values.iter().any(|(name, v)| name == "checks" && v.split('+').any(|c| c == tampering))
    };
    let is_act =
        |r: &Reason| r.code == R::ContentChanged || (r.code == R::VerdictFail && names_it(r));
    let verdict =
        |r: &Reason| matches!(r.code, R::VerdictFail | R::VerdictReview | R::ItemNotRecognised);
    reasons.iter().any(verdict) && !reasons.iter().any(is_act)
}

/// The checks and codes behind a decision, for the common cause of a mass change.
fn causes(reasons: &[Reason]) -> Vec<String> {
    let mut out = Vec::new();
    for reason in reasons.iter().filter(|r| r.code != ReasonCode::ProfileNotInForce) {
        let checks = reason.values.iter().filter(|(name, _)| name == "checks");
        let names: Vec<&str> =
            checks.flat_map(|(_, v)| v.split('+')).filter(|n| !n.is_empty()).collect();
        if names.is_empty() {
            out.push(reason.code.word().to_owned());
        }
        out.extend(names.into_iter().map(|n| format!("{} {n}", reason.code.word())));
    }
    out
}

/// SHA-256 (hex) of everything of ours behind a result: policy, words, tool, models, runtime.
fn versions(result: &StudyResult, profile: &str) -> String {
    let p = &result.provenance;
    let digest = |id: &str| p.policies.get(id).map_or("", String::as_str);
    let mut text =
        format!("{}\n{}\n{}\n{:?}\n", p.tool, digest(profile), digest("synonyms"), p.runtime);
    for (id, digest) in &p.models {
        text += &format!("{id} {digest}\n");
    }
    Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

fn depth_of(result: &StudyResult) -> Depth {
    match result.provenance.depth.as_str() {
        "pixels" => Depth::Pixels,
        "models" => Depth::Models,
        _ => Depth::Header,
    }
}

/// A decision in the words of the result object.
pub fn label_result(row: &LabelRow) -> LabelDecision {
    let some = |text: &String| Some(text.clone()).filter(|t| !t.is_empty());
    let mut reasons: Vec<String> = row.reasons.iter().map(|r| r.code.word().to_owned()).collect();
    reasons.dedup();
    LabelDecision {
        profile: row.profile.clone(),
        item: row.item.clone(),
        subject: serde_json::from_str::<LabelSubject>(&row.subject).unwrap_or_default(),
        decision: row.decision.word().to_owned(),
        text: some(&row.text),
        position: some(&row.position),
        reasons,
    }
}
