//! Loads all policies: files → as written → resolved, with a digest each. All errors of all files
//! come back together.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::checks::contract::CheckMeta;
use crate::checks::registry;

use super::error::{PolicyError, PolicyErrors, Spot};
use super::files::{PolicyFiles, RegionFiles};
use super::profile::Profile;
use super::reader::Doc;
use super::resolve;
use super::resolved::{CheckPolicy, Policy};
use super::written;

/// Every policy that a run may use.
#[derive(Clone, Debug)]
pub struct PolicySet {
    /// The base alone: what an unknown institution is judged by.
    pub base: Policy,
    /// Folder name → a region's policy.
    pub profiles: BTreeMap<String, Profile>,
}

impl PolicySet {
    /// A policy by id: `base` or a profile's folder name.
    pub fn policy(&self, id: &str) -> Option<&Policy> {
        if id == self.base.id {
            return Some(&self.base);
        }
        self.profiles.get(id).map(|p| &p.policy)
    }

    /// Every id, base first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.base.id.as_str()).chain(self.profiles.keys().map(String::as_str))
    }
}

/// The policies built into the program, with the files of `dir` over them where one is given.
pub fn load(dir: Option<&Path>) -> Result<PolicySet, PolicyErrors> {
    let files = match dir {
        Some(dir) => PolicyFiles::with_dir(dir)?,
        None => PolicyFiles::embedded(),
    };
    load_files(&files, &registry::all().collect::<Vec<_>>())
}

/// Resolves given files against a given registry.
pub fn load_files(
    files: &PolicyFiles,
    registry: &[&'static CheckMeta],
) -> Result<PolicySet, PolicyErrors> {
    let mut errors = Vec::new();
    let checks = base_checks(&files.base, registry, &mut errors);
    let mut profiles = BTreeMap::new();
    for (id, region) in &files.regions {
        if let Some(profile) = profile(id, region, &checks, registry, &mut errors) {
            profiles.insert(id.clone(), profile);
        }
    }
    PolicyErrors::check(errors)?;
    let digest = digest(&("base", &checks));
    let base = Policy { id: "base".to_owned(), digest, checks };
    Ok(PolicySet { base, profiles })
}

fn base_checks(
    text: &str,
    registry: &[&'static CheckMeta],
    errors: &mut Vec<PolicyError>,
) -> BTreeMap<String, CheckPolicy> {
    let file = "base.toml";
    let doc = Doc::new(file, text);
    let written = doc.read(|root| {
        written::schema(root);
        written::base_checks(root)
    });
    let checks = resolve::base(file, &written, registry, errors);
    errors.extend(doc.into_errors());
    checks
}

fn profile(
    id: &str,
    region: &RegionFiles,
    base: &BTreeMap<String, CheckPolicy>,
    registry: &[&'static CheckMeta],
    errors: &mut Vec<PolicyError>,
) -> Option<Profile> {
    let file = format!("{id}/profile.toml");
    let Some(text) = region.files.get("profile.toml") else {
        errors.push(PolicyError::new(Spot::file(file), "缺少文件", "missing file"));
        return None;
    };
    let doc = Doc::new(&file, text);
    let written = doc.read(|root| {
        written::schema(root);
        written::differences(root)
    });
    let (checks, differences) = resolve::region(base, &written, registry, errors);
    errors.extend(doc.into_errors());
    let digest = digest(&(id, &checks));
    let policy = Policy { id: id.to_owned(), digest, checks };
    Some(Profile { id: id.to_owned(), external: region.external, policy, differences })
}

/// SHA-256 (hex) over the resolved content as JSON with sorted keys: comments, spacing and the
/// order of keys in a file do not change it, every value, source and clause does.
pub fn digest(content: &impl Serialize) -> String {
    let value = serde_json::to_value(content).unwrap_or_default();
    Sha256::digest(value.to_string().as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}
