//! A sample of the studies of a run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many studies are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SampleSize {
    /// So many of a thousand of every stratum, rounded up.
    Permille(u32),
    /// So many in all: one of every stratum as far as they go round, the rest in proportion.
    Studies(u64),
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// How many.
    pub size: SampleSize,
    /// The same seed draws the same studies.
    pub seed: String,
}

/// The studies of one institution and modality.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stratum {
    /// Id of the institution.
    pub institution: String,
    /// Modalities of the studies, joined by `+`.
    pub modality: String,
    /// How many there are.
    pub studies: u64,
    /// How many were drawn.
    pub drawn: u64,
}

/// A sample that was drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DrawnSample {
    /// What was asked.
    pub sample: Sample,
    /// What each stratum gave.
    pub strata: Vec<Stratum>,
}

impl DrawnSample {
    /// Studies that were drawn, and of how many.
    pub fn total(&self) -> (u64, u64) {
        let sum = |of: fn(&Stratum) -> u64| self.strata.iter().map(of).sum();
        (sum(|s| s.drawn), sum(|s| s.studies))
    }
}
