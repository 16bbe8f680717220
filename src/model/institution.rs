//! The reporting unit and how a study was given to it.

use serde::{Deserialize, Serialize};

/// What told the institution of a study.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstitutionSource {
    /// Nothing did: no registry, or no entry matches.
    #[default]
    Unknown,
    /// Institution Name or Institution Code Sequence.
    Header,
    /// A folder of the path, by `--institution-from-path`.
    Path,
    /// The manifest.
    Manifest,
    /// No registry was given; Institution Name stands for itself.
    Unregistered,
}

/// The institution of a study as resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstitutionRef {
    /// Registry id, or `unknown`.
    pub id: String,
    /// Display name.
    pub name: String,
    /// What told it.
    pub source: InstitutionSource,
    /// What the files say, where it matched nothing (never a patient value).
    pub stated: Option<String>,
    /// Region of the registry entry, e.g. `beijing`.
    pub region: Option<String>,
}
