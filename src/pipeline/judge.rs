//! One study into its result: checks, verdict, and the object that others build on.

use std::collections::BTreeMap;

use dicom_dictionary_std::tags;

use crate::checks::contract::Depth;
use crate::checks::runner::{self, Ran};
use crate::model::outcome::Outcome;
use crate::model::result::{OutcomeResult, Provenance, SCHEMA_VERSION, SeriesResult, StudyResult};
use crate::model::study::{Series, Study};
use crate::policy::resolved::Policy;
use crate::verdict;

/// What judging needs beside the study.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// The policy that judges.
    pub policy: &'a Policy,
    /// How deep the study was read.
    pub depth: Depth,
    /// The day of the run, YYYYMMDD.
    pub as_of: &'a str,
}

/// The tool's name and version, as provenance tells it.
pub const TOOL: &str = concat!("hrgate ", env!("CARGO_PKG_VERSION"));

impl Judge<'_> {
    /// Judges one study. Pure: the same study, policy, depth and day give the same result.
    pub fn judge(&self, study: &Study) -> StudyResult {
        let ran = runner::run_all(study, self.policy, self.depth, self.as_of);
        let decision = verdict::decide(&ran, self.policy);
        let instances = study.instances().count();
        StudyResult {
            schema_version: SCHEMA_VERSION,
            study_uid: some(&study.uid),
            study_key: study.key.clone(),
            institution: study.institution.id.clone(),
            institution_name: study.institution.name.clone(),
            study_date: study_date(study),
            modalities: study.modalities(),
            items: Vec::new(),
            verdict: decision.verdict,
            verdict_reasons: decision.reasons,
            grade: None,
            coverage: decision.coverage,
            files: u32::try_from(instances + study.rejected.len()).unwrap_or(u32::MAX),
            series: study.series.iter().map(series_result).collect(),
            markers: Vec::new(),
            outcomes: self.outcomes(ran),
            labels: Vec::new(),
            provenance: self.provenance(),
        }
    }

    fn outcomes(&self, ran: Vec<Ran>) -> Vec<OutcomeResult> {
        let mut all: Vec<OutcomeResult> = ran
            .into_iter()
            .flat_map(|Ran { meta, outcomes }| {
                let rules = self.policy.check(meta);
                outcomes.into_iter().map(move |Outcome { kind, subject, evidence, why }| {
                    OutcomeResult {
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
                    }
                })
            })
            .collect();
        all.sort_by(|a, b| (&a.code, &a.subject, a.outcome).cmp(&(&b.code, &b.subject, b.outcome)));
        all
    }

    fn provenance(&self) -> Provenance {
        let depth = match self.depth {
            Depth::Header => "header",
            Depth::Pixels => "pixels",
            Depth::Models => "models",
        };
        Provenance {
            tool: TOOL.to_owned(),
            policies: BTreeMap::from([(self.policy.id.clone(), self.policy.digest.clone())]),
            models: BTreeMap::new(),
            runtime: None,
            depth: depth.to_owned(),
        }
    }
}

fn study_date(study: &Study) -> Option<String> {
    study
        .instances()
        .find_map(|(_, i)| i.attributes.text(tags::STUDY_DATE))
        .filter(|d| d.len() == 8 && d.bytes().all(|b| b.is_ascii_digit()))
        .map(str::to_owned)
}

fn series_result(series: &Series) -> SeriesResult {
    SeriesResult {
        series_uid: some(&series.uid),
        modality: some(&series.modality),
        instances: u32::try_from(series.instances.len()).unwrap_or(u32::MAX),
        ..SeriesResult::default()
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
