//! The five scores of an institution's data (川渝 2025 7.1: 及时 一致 完整 准确 连续).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A share with what it was taken over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// How many met the demand.
    pub met: u64,
    /// Of how many.
    pub of: u64,
    /// `met / of`; null where nothing could be counted.
    pub share: Option<f64>,
    /// Smallest share that the region's text allows; null where it prints none.
    pub limit: Option<f64>,
    /// Whether the limit is met; null where there is no share or no limit.
    pub passed: Option<bool>,
}

/// The longest time without an upload.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Continuity {
    /// Uploads counted.
    pub uploads: u64,
    /// Hours between two neighbouring uploads, at most; null with fewer than two.
    pub longest_gap_hours: Option<f64>,
    /// Longest gap that the region's text allows.
    pub limit_hours: Option<f64>,
    /// Whether the limit is met.
    pub passed: Option<bool>,
}

/// The five scores of an institution.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InstitutionScores {
    /// Registry id, or the manifest's own word where it is not registered.
    pub institution: String,
    /// First day of an exam counted (YYYY-MM-DD); null where no row says one.
    pub first_day: Option<String>,
    /// Last day.
    pub last_day: Option<String>,
    /// 及时: reports and uploads in time.
    pub timeliness: Score,
    /// 一致: studies that have a row and a report and agree with them, of studies and rows together.
    pub consistency: Score,
    /// 完整: required fields filled.
    pub completeness: Score,
    /// 准确: fields that header and row both state and that agree.
    pub accuracy: Score,
    /// 连续: the longest time without an upload.
    pub continuity: Continuity,
}
