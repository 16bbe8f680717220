//! A policy as checks, verdict and reports read it: complete, validated, with its digest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::checks::contract::CheckMeta;
use crate::model::outcome::Severity;

use super::params::Params;
use super::settings::Settings;

/// What a policy says of one check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckPolicy {
    /// How much a Fail weighs.
    pub severity: Severity,
    /// Whether it must have run for a pass.
    pub required: bool,
    /// The clause it enforces under this policy, where one says it.
    pub clause: Option<String>,
    /// Where severity and parameters come from.
    pub source: String,
    /// Its parameters.
    pub params: Params,
}

/// A resolved policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// `base`, or the profile's folder name.
    pub id: String,
    /// SHA-256 (hex) of everything it was resolved from.
    pub digest: String,
    /// Check name → what the policy says of it. Holds every registered check.
    pub checks: BTreeMap<String, CheckPolicy>,
    /// The settings that checks may ask for.
    pub settings: Settings,
}

impl Policy {
    /// What the policy says of a check.
    pub fn check(&self, meta: &CheckMeta) -> &CheckPolicy {
        &self.checks[meta.name]
    }

    /// The parameters of a check.
    pub fn params(&self, meta: &CheckMeta) -> &Params {
        &self.check(meta).params
    }
}
