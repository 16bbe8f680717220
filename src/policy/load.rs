//! Loads all policies: files → as written → resolved, with a digest each. All errors of all files
//! come back together.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::checks::contract::CheckMeta;
use crate::checks::registry;

use super::catalogue::{Catalogue, RowKind};
use super::error::{PolicyError, PolicyErrors, Spot};
use super::files::{PolicyFiles, RegionFiles};
use super::profile::{Profile, Rules};
use super::reader::Doc;
use super::resolved::{CheckPolicy, Policy};
use super::settings::{self, Setting};
use super::{catalogue_read, profile_read, resolve, written};

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

/// Of the policies built into the program only those asked for by id and those that serve one of
/// `regions`: a technologist's one DR need not wait for five catalogues.
pub fn load_needed(ids: &[String], regions: &BTreeSet<&str>) -> Result<PolicySet, PolicyErrors> {
    let mut files = PolicyFiles::embedded();
    files.regions.retain(|id, region| ids.contains(id) || region.serves(regions));
    load_files(&files, &registry::all().collect::<Vec<_>>())
}

/// Resolves given files against a given registry.
pub fn load_files(
    files: &PolicyFiles,
    registry: &[&'static CheckMeta],
) -> Result<PolicySet, PolicyErrors> {
    let mut errors = Vec::new();
    let checks = base_checks(&files.base, registry, &mut errors);
    let base = Base { checks, settings: default_settings(&files.settings, &mut errors) };
    let mut profiles = BTreeMap::new();
    for (id, (profile, wrong)) in read_regions(files, &base, registry) {
        errors.extend(wrong);
        profiles.extend(profile.map(|p| (id.clone(), p)));
    }
    PolicyErrors::check(errors)?;
    let settings = settings::over(&base.settings, BTreeMap::new());
    let digest = digest(&("base", &base.checks, &settings));
    let base = Policy { id: "base".to_owned(), digest, checks: base.checks, settings };
    Ok(PolicySet { base, profiles })
}

/// A profile where it could be read, and all that is wrong with it.
type ReadRegion = (Option<Profile>, Vec<PolicyError>);

/// Every region, each on a thread of its own: start-up is most of what one DR costs.
fn read_regions<'f>(
    files: &'f PolicyFiles,
    base: &Base,
    registry: &[&'static CheckMeta],
) -> Vec<(&'f String, ReadRegion)> {
    std::thread::scope(|scope| {
        let read = |(id, region): (&'f String, &'f _)| {
            let work = move || {
                let mut errors = Vec::new();
                (profile(id, region, base, registry, &mut errors), errors)
            };
            (id, scope.spawn(work))
        };
        let running: Vec<_> = files.regions.iter().map(read).collect();
        let ended = |(id, thread): (_, std::thread::ScopedJoinHandle<'_, _>)| {
            (id, thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        };
        running.into_iter().map(ended).collect()
    })
}

struct Base {
    checks: BTreeMap<String, CheckPolicy>,
    settings: BTreeMap<String, (Setting, Spot)>,
}

fn default_settings(
    text: &str,
    errors: &mut Vec<PolicyError>,
) -> BTreeMap<String, (Setting, Spot)> {
    let doc = Doc::new("settings.toml", text);
    let read = doc.read(|root| {
        written::schema(root);
        settings::read(root, true)
    });
    settings::complete("settings.toml", &read, errors);
    errors.extend(doc.into_errors());
    read
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
    base: &Base,
    registry: &[&'static CheckMeta],
    errors: &mut Vec<PolicyError>,
) -> Option<Profile> {
    let file = format!("{id}/profile.toml");
    let (Some(text), Some(items)) =
        (region.files.get("profile.toml"), region.files.get("items.csv"))
    else {
        for name in ["profile.toml", "items.csv"] {
            if !region.files.contains_key(name) {
                let spot = Spot::file(format!("{id}/{name}"));
                errors.push(PolicyError::new(spot, "缺少文件", "missing file"));
            }
        }
        return None;
    };
    let doc = Doc::new(&file, text);
    let (written, rules) = doc.read(|root| {
        written::schema(root);
        let own = settings::read(root, false);
        let rules = profile_read::rules(root, settings::over(&base.settings, own));
        (written::differences(root), rules)
    });
    let (checks, differences) = resolve::region(&base.checks, &written, registry, errors);
    errors.extend(doc.into_errors());
    let catalogue = catalogue_read::read(&format!("{id}/items.csv"), items, errors);
    let rules = rules?;
    count_fits(&file, &rules, &catalogue, errors);
    let digest = digest(&(id, &checks, &rules, &catalogue));
    let settings = rules.settings.clone();
    let policy = Policy { id: id.to_owned(), digest, checks, settings };
    let catalogue = Arc::new(catalogue);
    Some(Profile {
        id: id.to_owned(),
        external: region.external,
        policy,
        differences,
        rules,
        catalogue,
    })
}

/// A catalogue that lost or gained rows must not go unnoticed.
fn count_fits(file: &str, rules: &Rules, items: &Catalogue, errors: &mut Vec<PolicyError>) {
    let stated = &rules.catalogue;
    for (key, kind, want) in [
        ("printed", RowKind::Printed, stated.printed),
        ("expanded", RowKind::Expanded, stated.expanded),
        ("garbage", RowKind::OcrGarbage, stated.garbage),
    ] {
        let have = items.count(kind);
        if have != want {
            errors.push(PolicyError::new(
                Spot::file(file),
                format!("catalogue.{key} 写的是 {want}，items.csv 中有 {have} 行"),
                format!("catalogue.{key} says {want}, items.csv has {have} such rows"),
            ));
        }
    }
}

/// SHA-256 (hex) over the resolved content as JSON: comments, spacing and the order of keys in a
/// file do not change it, every value, source and clause does.
pub fn digest(content: &impl Serialize) -> String {
    let mut hash = BufWriter::with_capacity(1 << 16, HashWriter(Sha256::new()));
    let written = serde_json::to_writer(&mut hash, content);
    match (written, hash.into_inner()) {
        (Ok(()), Ok(HashWriter(hash))) => {
            hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
        }
        // Resolved policies have only text keys, so neither happens; no digest is no policy's.
        _ => String::new(),
    }
}

struct HashWriter(Sha256);

impl Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
