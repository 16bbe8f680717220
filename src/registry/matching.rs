//! From what files or folders say to an institution of the registry.

use std::collections::BTreeSet;
use std::path::Path;

use dicom_dictionary_std::tags;
use rustc_hash::FxHashMap;
use unicode_normalization::UnicodeNormalization;

use crate::model::attribute::Attributes;
use crate::model::institution::{InstitutionRef, InstitutionSource};
use crate::model::registry::{DeviceRow, StaffRow};

use super::tables;
use super::written::{self, Institution, RegistryError};

/// The registry, indexed.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    institutions: Vec<Institution>,
    by_name: FxHashMap<String, usize>,
    by_code: FxHashMap<String, usize>,
    by_station: FxHashMap<String, usize>,
    pub(super) devices: Option<tables::Table<DeviceRow>>,
    pub(super) staff: Option<tables::Table<StaffRow>>,
}

impl Registry {
    /// Reads a registry file.
    ///
    /// # Errors
    /// The file cannot be read, is not valid, or gives one name to two institutions.
    pub fn read(path: &Path) -> Result<Self, RegistryError> {
        let read = written::read(path)?;
        let mut registry = Self::index(&path.display().to_string(), read.institutions)?;
        let beside = |name: &String| path.parent().unwrap_or(Path::new("")).join(name);
        let id_of = |named: &str| registry.named(named).map(|found| found.id);
        let devices = read.devices.as_ref().map(|t| tables::devices(&beside(t), id_of));
        let staff = read.staff.as_ref().map(|t| tables::staff(&beside(t), id_of));
        (registry.devices, registry.staff) = (devices.transpose()?, staff.transpose()?);
        Ok(registry)
    }

    /// Parses registry text; `path` is for messages. Tables that it names are not read.
    ///
    /// # Errors
    /// As [`Registry::read`].
    pub fn parse(path: &str, text: &str) -> Result<Self, RegistryError> {
        Self::index(path, written::parse(path, text)?.institutions)
    }

    /// The regions of its institutions.
    pub fn regions(&self) -> BTreeSet<&str> {
        self.institutions.iter().filter_map(|i| i.region.as_deref()).collect()
    }

    fn index(path: &str, institutions: Vec<Institution>) -> Result<Self, RegistryError> {
        let mut registry = Self::default();
        let mut problems = Vec::new();
        for (at, institution) in institutions.iter().enumerate() {
            let mut add = |map: &mut FxHashMap<String, usize>, key: String, shown: &str| {
                if let Some(other) = map.insert(key, at).filter(|other| *other != at) {
                    problems.push(format!(
                        "{shown:?} stands for both {} and {}",
                        institutions[other].id, institution.id
                    ));
                }
            };
            let names =
                [&institution.name, &institution.id].into_iter().chain(&institution.aliases);
            for name in names {
                add(&mut registry.by_name, normalise(name), name);
            }
            for code in &institution.codes {
                add(&mut registry.by_code, normalise(code), code);
            }
            for station in &institution.stations {
                add(&mut registry.by_station, normalise(station), station);
            }
        }
        if !problems.is_empty() {
            return Err(RegistryError::Entries { path: path.to_owned(), problems });
        }
        registry.institutions = institutions;
        Ok(registry)
    }

    /// The institutions in file order.
    pub fn institutions(&self) -> &[Institution] {
        &self.institutions
    }

    /// An institution by id.
    pub fn get(&self, id: &str) -> Option<&Institution> {
        self.institutions.iter().find(|i| i.id == id)
    }

    /// The institution that a header names: code first, then name, then station.
    pub fn by_header(&self, header: &Attributes) -> Option<&Institution> {
        let codes = header
            .items(tags::INSTITUTION_CODE_SEQUENCE)
            .iter()
            .filter_map(|item| item.text(tags::CODE_VALUE));
        let found = codes
            .filter_map(|code| self.by_code.get(&normalise(code)))
            .chain(stated(header).and_then(|name| self.by_name.get(&normalise(name))))
            .chain(header.text(tags::STATION_NAME).and_then(|s| self.by_station.get(&normalise(s))))
            .next();
        found.map(|at| &self.institutions[*at])
    }

    /// The institution that a row of a manifest names: by id, name, alias or code.
    pub fn named(&self, text: &str) -> Option<InstitutionRef> {
        let key = normalise(text);
        let at = self.by_name.get(&key).or_else(|| self.by_code.get(&key))?;
        self.institutions.get(*at).map(|i| reference(i, InstitutionSource::Manifest))
    }

    /// The institution that a folder of a path names; `level` 1 is the first folder.
    pub fn by_folder(&self, display: &str, level: usize) -> Option<&Institution> {
        let folder = folder_at(display, level)?;
        self.by_name.get(&normalise(folder)).map(|at| &self.institutions[*at])
    }
}

/// The folder of a display path at a level counted from 1; the file's own name is no folder.
pub fn folder_at(display: &str, level: usize) -> Option<&str> {
    let folder = crate::source::folder_of(display);
    folder.split('/').filter(|f| !f.is_empty()).nth(level.checked_sub(1)?)
}

/// What a header says about the institution.
fn stated(header: &Attributes) -> Option<&str> {
    header.text(tags::INSTITUTION_NAME)
}

fn reference(institution: &Institution, source: InstitutionSource) -> InstitutionRef {
    InstitutionRef {
        id: institution.id.clone(),
        name: institution.name.clone(),
        source,
        stated: None,
        region: institution.region.clone(),
    }
}

/// Resolves the institution of a study from its first header and first path.
///
/// Without a registry the stated name stands for itself, so that reports can be split by it.
pub fn resolve(
    registry: Option<&Registry>,
    from_path: Option<usize>,
    header: &Attributes,
    display: &str,
) -> InstitutionRef {
    let stated_name = stated(header).map(str::to_owned);
    let Some(registry) = registry else {
        let named = from_path
            .and_then(|level| folder_at(display, level))
            .map(str::to_owned)
            .or_else(|| stated_name.clone());
        return match named {
            Some(name) => InstitutionRef {
                id: unregistered_id(&name),
                name,
                source: InstitutionSource::Unregistered,
                stated: stated_name,
                region: None,
            },
            None => unknown(InstitutionSource::Unregistered, None),
        };
    };
    let by_path = from_path.and_then(|level| registry.by_folder(display, level));
    match (by_path, registry.by_header(header)) {
        (Some(found), _) => reference(found, InstitutionSource::Path),
        (None, Some(found)) => reference(found, InstitutionSource::Header),
        (None, None) => {
            let folder = from_path.and_then(|level| folder_at(display, level)).map(str::to_owned);
            unknown(InstitutionSource::Unknown, folder.or(stated_name))
        }
    }
}

fn unknown(source: InstitutionSource, stated: Option<String>) -> InstitutionRef {
    InstitutionRef {
        id: "unknown".into(),
        name: "未登记机构 / unknown".into(),
        source,
        stated,
        region: None,
    }
}

/// An id for a name that no registry knows: readable where the name is ASCII, always unique.
fn unregistered_id(name: &str) -> String {
    use sha2::{Digest, Sha256};
    let readable: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect();
    let readable = readable.split('-').filter(|p| !p.is_empty()).collect::<Vec<_>>().join("-");
    let digest = Sha256::digest(normalise(name).as_bytes());
    let short: String = digest.iter().take(4).map(|b| format!("{b:02x}")).collect();
    let readable: String = readable.chars().take(24).collect();
    if readable.is_empty() { format!("u-{short}") } else { format!("u-{readable}-{short}") }
}

/// Names compare without case, width, spaces and punctuation that people vary.
fn normalise(name: &str) -> String {
    name.nfkc()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_' | '.' | ',' | '·' | '(' | ')'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
schema = 1
[[institution]]
id = "bj-01"
name = "北京市示范医院"
aliases = ["Beijing Demo Hospital"]
codes = ["110101"]
stations = ["CT-07"]
region = "beijing"
[[institution]]
id = "hb-02"
name = "河北示范医院（东院）"
"#;

    fn header(name: &str) -> Attributes {
        let mut a = Attributes::default();
        a.set_text(tags::INSTITUTION_NAME, name);
        a
    }

    #[test]
    fn names_match_without_case_width_and_spaces() {
        let r = Registry::parse("t", FILE).unwrap();
        let id = |n: &str| resolve(Some(&r), None, &header(n), "a/b").id;
        assert_eq!(id("BEIJING demo  hospital"), "bj-01");
        assert_eq!(id("河北示范医院(东院)"), "hb-02");
        assert_eq!(id("别的医院"), "unknown");
    }

    #[test]
    fn a_folder_may_tell_and_goes_first() {
        let r = Registry::parse("t", FILE).unwrap();
        let by = |path: &str| resolve(Some(&r), Some(2), &header("Beijing Demo Hospital"), path);
        assert_eq!(by("2025/hb-02/x.dcm").id, "hb-02");
        assert_eq!(by("2025/other/x.dcm").id, "bj-01");
        assert_eq!(by("x.dcm").source, InstitutionSource::Header);
    }

    #[test]
    fn without_a_registry_names_stand_for_themselves() {
        let a = resolve(None, None, &header("某某医院"), "x");
        let b = resolve(None, None, &header("某某 医院"), "x");
        assert_eq!(a.id, b.id);
        assert_eq!(a.source, InstitutionSource::Unregistered);
        assert_ne!(a.id, resolve(None, None, &header("另一医院"), "x").id);
    }

    #[test]
    fn one_name_for_two_is_an_error_that_names_both() {
        let text =
            format!("{FILE}\n[[institution]]\nid = \"x\"\nname = \"n\"\ncodes = [\"110101\"]\n");
        let error = Registry::parse("t", &text).unwrap_err().to_string();
        assert!(error.contains("bj-01") && error.contains('x'), "{error}");
    }

    #[test]
    fn unknown_keys_are_errors_with_a_line() {
        let text = FILE.replace("region =", "reigon =");
        let error = Registry::parse("t", &text).unwrap_err().to_string();
        assert!(error.contains("reigon") && error.contains("line 9"), "{error}");
    }
}
