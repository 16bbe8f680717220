//! One study into its result: checks, verdict, and the object that others build on.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use dicom_dictionary_std::tags;

use crate::checks::contract::Depth;
use crate::checks::geo::{missing_slice, told};
use crate::checks::prepared::{Common, Items, Prepared, Wanted};
use crate::checks::runner::{self, Ran};
use crate::items::assign::assign;
use crate::items::catalogue::Catalogue;
use crate::items::describe::describe;
use crate::items::lexicon::Lexicon;
use crate::items::matching::{self, Kind};
use crate::model::family;
use crate::model::outcome::{Outcome, OutcomeKind, Severity, Subject};
use crate::model::reading::{self, Reading};
use crate::model::result::{
    Coverage, ItemMatch, Marker, OutcomeResult, Provenance, SCHEMA_VERSION, SeriesResult,
    StudyResult, Verdict,
};
use crate::model::study::{Instance, Series, Study};
use crate::policy::resolved::Policy;
use crate::verdict::{self, Decision};

/// The policies and catalogues that judge a study.
#[derive(Clone)]
pub struct Rules<'a> {
    /// The policies; the first is the one whose coverage is told.
    pub policies: Vec<&'a Policy>,
    /// The catalogues of those that have one.
    pub catalogues: Vec<&'a Catalogue>,
    /// The words that descriptions use.
    pub lexicon: &'a Lexicon,
}

/// What judging needs beside the study.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// What judges.
    pub rules: &'a Rules<'a>,
    /// How deep the study was read.
    pub depth: Depth,
    /// The day of the run, YYYYMMDD.
    pub as_of: &'a str,
}

/// The tool's name and version, as provenance tells it.
pub const TOOL: &str = concat!("hrgate ", env!("CARGO_PKG_VERSION"));

impl Judge<'_> {
    /// Judges one study. Pure: the same study, policies, depth and day give the same result. Under
    /// several policies the worst verdict stands, and each outcome that any of them gives is told.
    pub fn judge(&self, study: &Study) -> StudyResult {
        let items = self.items(study);
        let ambiguous = items.iter().any(|i| i.matched == Kind::Ambiguous.word());
        let common = self.common(study);
        let mut judged = self.rules.policies.iter().map(|policy| {
            let common = common.iter().find(|c| c.serves(policy));
            let ran = common.map(|common| {
                let prepared = Prepared { policy, common, items: self.wanted(policy, &items) };
                runner::run_all(study, &prepared, self.depth, self.as_of)
            });
            let ran = ran.unwrap_or_default();
            (verdict::decide(&ran, policy, ambiguous), outcomes(policy, ran))
        });
        let (mut decision, mut outcomes) = judged.next().unwrap_or_else(|| {
            let nothing = vec![verdict::NOT_JUDGED.to_owned()];
            let coverage = Coverage::default();
            (Decision { verdict: Verdict::Review, reasons: nothing, coverage }, Vec::new())
        });
        for (other, more) in judged {
            decision = worse(decision, other);
            outcomes.extend(more);
        }
        outcomes.sort_by(|a, b| order(a).cmp(&order(b)));
        outcomes.dedup();
        let instances = study.instances().count();
        StudyResult {
            schema_version: SCHEMA_VERSION,
            study_uid: some(&study.uid),
            study_key: study.key.clone(),
            institution: study.institution.id.clone(),
            institution_name: study.institution.name.clone(),
            study_date: study_date(study),
            modalities: study.modalities(),
            items,
            verdict: decision.verdict,
            verdict_reasons: decision.reasons,
            grade: None,
            coverage: decision.coverage,
            files: u32::try_from(instances + study.rejected.len()).unwrap_or(u32::MAX),
            series: self.series(study, common.first()),
            markers: markers(study),
            outcomes,
            labels: Vec::new(),
            provenance: self.provenance(study),
        }
    }

    /// The catalogue items of every active profile; nothing for a study that nobody judges.
    fn items(&self, study: &Study) -> Vec<ItemMatch> {
        if self.rules.catalogues.is_empty() || !family::study_is_judged(study) {
            return Vec::new();
        }
        let description = describe(study, self.rules.lexicon);
        let code = study.manifest.row().and_then(|row| row.field("item_code"));
        let matched = self.rules.catalogues.iter().flat_map(|catalogue| {
            let lexicon = self.rules.lexicon;
            let outcomes = matching::match_described(&description, code, catalogue, lexicon);
            let mut matched = matching::to_results(&outcomes, catalogue);
            assign(study, &mut matched, catalogue, lexicon);
            matched
        });
        matched.collect()
    }

    /// What the checks share, once for each way the policies lay out and tell series.
    fn common<'s>(&self, study: &'s Study) -> Vec<Common<'s>> {
        let mut all: Vec<Common<'s>> = Vec::new();
        for policy in &self.rules.policies {
            if !all.iter().any(|c| c.serves(policy)) {
                all.push(Common::of(study, policy, self.rules.lexicon));
            }
        }
        all
    }

    /// What a policy's catalogue asks of the study.
    fn wanted(&self, policy: &Policy, items: &[ItemMatch]) -> Items<'_> {
        let mut catalogues = self.rules.catalogues.iter();
        let Some(catalogue) = catalogues.find(|c| c.profile == policy.id) else {
            return Items::NoCatalogue;
        };
        let own = || items.iter().filter(|i| i.profile == policy.id);
        if own().any(|i| i.matched == Kind::Ambiguous.word()) {
            return Items::Ambiguous;
        }
        let wanted = own().filter_map(|m| {
            let item = &catalogue.item(m.item.as_deref()?)?.row;
            let regions = self.rules.lexicon.regions(&item.anatomy_base).to_vec();
            Some(Wanted { item, sop_uids: m.sop_uids.clone(), regions })
        });
        let wanted: Vec<Wanted<'_>> = wanted.collect();
        if wanted.is_empty() { Items::NoItem } else { Items::Matched(wanted) }
    }

    /// The series: what each is, and its stacks as the geometry checks see them.
    fn series(&self, study: &Study, common: Option<&Common<'_>>) -> Vec<SeriesResult> {
        let params = self.rules.policies.first().map(|p| p.params(&missing_slice::CHECK));
        let told = |(at, series): (usize, &Series)| {
            let plain = SeriesResult {
                series_uid: some(&series.uid),
                modality: some(&series.modality),
                instances: u32::try_from(series.instances.len()).unwrap_or(u32::MAX),
                ..SeriesResult::default()
            };
            match (common, params) {
                (Some(c), Some(params)) => {
                    told::series(plain, &c.volumes[at], &c.kinds[at], params)
                }
                _ => plain,
            }
        };
        study.series.iter().enumerate().map(told).collect()
    }

    fn provenance(&self, study: &Study) -> Provenance {
        let depth = match self.depth {
            Depth::Header => "header",
            Depth::Pixels => "pixels",
            Depth::Models => "models",
        };
        let policies = self.rules.policies.iter().map(|p| (p.id.clone(), p.digest.clone()));
        let mut policies: BTreeMap<String, String> = policies.collect();
        if !self.rules.catalogues.is_empty() {
            policies.insert("synonyms".to_owned(), self.rules.lexicon.digest.clone());
        }
        Provenance {
            tool: TOOL.to_owned(),
            policies,
            models: study.models.used.clone(),
            runtime: study.models.runtime.clone(),
            depth: depth.to_owned(),
        }
    }
}

/// Every marker that a model read, in the order of series, instances and frames.
fn markers(study: &Study) -> Vec<Marker> {
    let of = |instance: &Instance| {
        let readings = instance.readings.iter().flat_map(|r| &r.readings);
        let marker = |reading: &Reading| match reading {
            Reading::Marker(m) => Some(Marker {
                sop_uid: some(instance.sop_uid()),
                frame: m.frame,
                class: m.class.word().to_owned(),
                bbox: m.bounds,
                confidence: reading::shown(m.confidence),
            }),
            Reading::Score(_) => None,
        };
        readings.filter_map(marker).collect::<Vec<_>>()
    };
    study.instances().flat_map(|(_, instance)| of(instance)).collect()
}

/// The worse of two decisions; equals join their reasons.
fn worse(a: Decision, b: Decision) -> Decision {
    let mut reasons = match a.verdict.cmp(&b.verdict) {
        Ordering::Less => b.reasons,
        Ordering::Greater => a.reasons,
        Ordering::Equal => a.reasons.into_iter().chain(b.reasons).collect(),
    };
    reasons.sort();
    reasons.dedup();
    Decision { verdict: a.verdict.max(b.verdict), reasons, coverage: a.coverage }
}

fn order(o: &OutcomeResult) -> (&str, &Subject, OutcomeKind, Severity) {
    (&o.code, &o.subject, o.outcome, o.severity)
}

fn outcomes(policy: &Policy, ran: Vec<Ran>) -> Vec<OutcomeResult> {
    let told = |Ran { meta, outcomes }: Ran| {
        let rules = policy.check(meta);
        outcomes.into_iter().map(move |Outcome { kind, subject, evidence, why }| OutcomeResult {
            code: meta.code.to_owned(),
            name: meta.name.to_owned(),
            outcome: kind,
            status: meta.status,
            severity: rules.severity,
            required: rules.required,
            subject,
            evidence,
            why: why.en,
            why_zh: why.zh,
            clause: rules.clause.clone(),
            dicom_code: meta.dicom_code.map(|(code, _)| code.to_owned()),
        })
    };
    ran.into_iter().flat_map(told).collect()
}

fn study_date(study: &Study) -> Option<String> {
    study
        .instances()
        .find_map(|(_, i)| i.attributes.text(tags::STUDY_DATE))
        .filter(|d| d.len() == 8 && d.bytes().all(|b| b.is_ascii_digit()))
        .map(str::to_owned)
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
