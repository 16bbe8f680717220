//! `institutions.toml` as written. All mistakes are reported together.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// Who owns an institution; some regions' rules differ by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ownership {
    /// 公立.
    Public,
    /// 民营.
    Private,
}

/// One institution of the registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Institution {
    /// Stable id; letters, digits, `-` and `_`. It names report files.
    pub id: String,
    /// Official name.
    pub name: String,
    /// Other names that files or folders use.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Values of Institution Code Sequence.
    #[serde(default)]
    pub codes: Vec<String>,
    /// Station Names that belong to it, where Institution Name is missing.
    #[serde(default)]
    pub stations: Vec<String>,
    /// Level and grade, e.g. 三级甲等.
    #[serde(default)]
    pub level: Option<String>,
    /// Public or private.
    #[serde(default)]
    pub ownership: Option<Ownership>,
    /// Region whose profiles judge it, e.g. `beijing`.
    #[serde(default)]
    pub region: Option<String>,
    /// Lists it stands on, e.g. `jjj` for the Beijing-Tianjin-Hebei list.
    #[serde(default)]
    pub memberships: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: u32,
    #[serde(default)]
    devices: Option<String>,
    #[serde(default)]
    staff: Option<String>,
    #[serde(default, rename = "institution")]
    institutions: Vec<Institution>,
}

/// A registry file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// It cannot be read.
    #[error("institution registry {path} cannot be read: {source}")]
    Io {
        /// The file.
        path: String,
        /// The system's words.
        source: std::io::Error,
    },
    /// It is not the TOML that is asked for.
    #[error("institution registry {path}: {message}")]
    Syntax {
        /// The file.
        path: String,
        /// What and where.
        message: String,
    },
    /// Entries contradict each other or the rules; all of them.
    #[error("institution registry {path}: {}", problems.join("; "))]
    Entries {
        /// The file.
        path: String,
        /// Each problem.
        problems: Vec<String>,
    },
}

/// A registry file.
#[derive(Debug)]
pub(super) struct Written {
    /// The institutions.
    pub institutions: Vec<Institution>,
    /// The table of devices: a CSV file beside the registry.
    pub devices: Option<String>,
    /// The table of staff.
    pub staff: Option<String>,
}

/// Reads and validates a registry file.
pub(super) fn read(path: &Path) -> Result<Written, RegistryError> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|source| RegistryError::Io { path: shown.clone(), source })?;
    parse(&shown, &text)
}

/// Parses and validates registry text; `path` is for messages.
pub(super) fn parse(path: &str, text: &str) -> Result<Written, RegistryError> {
    let file: File = toml::from_str(text)
        .map_err(|e| RegistryError::Syntax { path: path.to_owned(), message: e.to_string() })?;
    let mut problems = Vec::new();
    if file.schema != 1 {
        problems.push(format!("schema is {}, this version reads 1", file.schema));
    }
    for (n, institution) in file.institutions.iter().enumerate() {
        let id = &institution.id;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if id.is_empty() || !id.chars().all(plain) {
            problems.push(format!(
                "institution {}: id {id:?} may hold letters, digits, - and _ only",
                n + 1
            ));
        }
        if id == "unknown" {
            problems.push(format!("institution {}: the id unknown is reserved", n + 1));
        }
        if institution.name.trim().is_empty() {
            problems.push(format!("institution {id}: name is empty"));
        }
        if file.institutions[..n].iter().any(|other| other.id.eq_ignore_ascii_case(id)) {
            problems.push(format!("institution {id}: id is used twice"));
        }
    }
    if problems.is_empty() {
        let File { institutions, devices, staff, .. } = file;
        Ok(Written { institutions, devices, staff })
    } else {
        Err(RegistryError::Entries { path: path.to_owned(), problems })
    }
}
