//! Where policy files come from: those built into the program, with a folder's files over them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use super::error::{PolicyError, PolicyErrors, Spot};

macro_rules! embed {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../policies/", $path)))),*]
    };
}

/// The files of `policies/` built into the program. A test holds the list against the folder.
pub static EMBEDDED: &[(&str, &str)] = embed![
    "base.toml",
    "settings.toml",
    "rules.csv",
    "beijing-2024/profile.toml",
    "beijing-2024/items.csv",
    "chuanyu-2025-draft/profile.toml",
    "chuanyu-2025-draft/items.csv",
    "hebei-2025/profile.toml",
    "hebei-2025/items.csv",
    "hechi-2024/profile.toml",
    "hechi-2024/items.csv",
    "zhejiang-2021/profile.toml",
    "zhejiang-2021/items.csv",
];

/// Files at the root of a policy folder that are read by name or stand there for people.
const ROOT_FILES: &[&str] = &["base.toml", "settings.toml", "rules.csv", "coverage.csv"];

/// Files in the folder of a region.
const REGION_FILES: &[&str] = &["profile.toml", "items.csv", "cases.toml"];

/// The folder of the words of item matching; it is no region.
const SYNONYMS: &str = "synonyms";

/// One region's files, by name.
#[derive(Clone, Debug, Default)]
pub struct RegionFiles {
    /// Whether they come from a folder rather than from the program.
    pub external: bool,
    /// File name → text.
    pub files: BTreeMap<String, String>,
}

impl RegionFiles {
    /// Whether its profile says that it judges one of `regions`. A profile that cannot be read may
    /// serve any: its errors come out when it is loaded.
    pub fn serves(&self, regions: &BTreeSet<&str>) -> bool {
        #[derive(serde::Deserialize)]
        struct Head {
            region: Served,
        }
        #[derive(serde::Deserialize)]
        struct Served {
            registry: Vec<String>,
        }
        let text = self.files.get("profile.toml").map_or("", String::as_str);
        let said = |r: &String| regions.iter().any(|region| region.eq_ignore_ascii_case(r));
        toml::from_str::<Head>(text).map_or(true, |head| head.region.registry.iter().any(said))
    }
}

/// Every policy file.
#[derive(Clone, Debug, Default)]
pub struct PolicyFiles {
    /// Text of `base.toml`.
    pub base: String,
    /// Text of `settings.toml`.
    pub settings: String,
    /// Region id → its files.
    pub regions: BTreeMap<String, RegionFiles>,
}

impl PolicyFiles {
    /// The files built into the program.
    pub fn embedded() -> Self {
        let mut out = Self::default();
        for (path, text) in EMBEDDED {
            match path.split_once('/') {
                Some((region, file)) => {
                    let region = out.regions.entry(region.to_owned()).or_default();
                    region.files.insert(file.to_owned(), (*text).to_owned());
                }
                None if *path == "base.toml" => (*text).clone_into(&mut out.base),
                None if *path == "settings.toml" => (*text).clone_into(&mut out.settings),
                None => {}
            }
        }
        out
    }

    /// Whether a region of that id is built into the program.
    pub fn is_embedded(id: &str) -> bool {
        EMBEDDED
            .iter()
            .any(|(path, _)| path.split_once('/').is_some_and(|(region, _)| region == id))
    }

    /// The embedded files with those of `dir` over them: `base.toml` and `settings.toml`
    /// replace theirs; a folder adds a region or replaces the region of that name whole.
    pub fn with_dir(dir: &Path) -> Result<Self, PolicyErrors> {
        let mut out = Self::embedded();
        let mut errors = Vec::new();
        for (name, is_dir) in entries(dir, ".", &mut errors) {
            if is_dir && name == SYNONYMS {
                // Read by `items::lexicon_read`.
            } else if is_dir {
                if let Some(region) = region(dir, &name, &mut errors) {
                    out.regions.insert(name, region);
                }
            } else if name == "base.toml" {
                out.base = text(dir, &name, &mut errors);
            } else if name == "settings.toml" {
                out.settings = text(dir, &name, &mut errors);
            } else if !expected(&name, ROOT_FILES) {
                unexpected(&name, ROOT_FILES, &mut errors);
            }
        }
        PolicyErrors::check(errors)?;
        Ok(out)
    }
}

fn region(dir: &Path, name: &str, errors: &mut Vec<PolicyError>) -> Option<RegionFiles> {
    let well_formed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name == "base" || name.is_empty() || !name.chars().all(well_formed) {
        errors.push(PolicyError::new(
            Spot::file(name),
            "地区目录名只能用小写字母、数字和连字符，且不能叫 base",
            "the name of a region's folder has only a-z, 0-9 and -, and is not `base`",
        ));
        return None;
    }
    let mut files = BTreeMap::new();
    for (file, is_dir) in entries(&dir.join(name), name, errors) {
        let path = format!("{name}/{file}");
        if REGION_FILES.contains(&file.as_str()) && !is_dir {
            files.insert(file, text(dir, &path, errors));
        } else if is_dir || !expected(&file, REGION_FILES) {
            unexpected(&path, REGION_FILES, errors);
        }
    }
    Some(RegionFiles { external: true, files })
}

/// Whether a file may stand there: a known one, a page for people, or a hidden one.
fn expected(name: &str, known: &[&str]) -> bool {
    let page = Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("md"));
    known.contains(&name) || page || name.starts_with('.')
}

fn unexpected(path: &str, known: &[&str], errors: &mut Vec<PolicyError>) {
    let known = known.join(", ");
    errors.push(PolicyError::new(
        Spot::file(path),
        format!("策略目录中有未知文件；已知的有 {known}"),
        format!("unknown file in a policy folder; known are {known}"),
    ));
}

fn entries(dir: &Path, shown: &str, errors: &mut Vec<PolicyError>) -> Vec<(String, bool)> {
    let read = || -> io::Result<Vec<(String, bool)>> {
        let mut out = Vec::new();
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            // The entry's own type would call a link to a folder a file.
            let is_dir = fs::metadata(entry.path())?.is_dir();
            out.push((entry.file_name().to_string_lossy().into_owned(), is_dir));
        }
        out.sort();
        Ok(out)
    };
    read().unwrap_or_else(|e| {
        unreadable(shown, &e, errors);
        Vec::new()
    })
}

fn text(dir: &Path, path: &str, errors: &mut Vec<PolicyError>) -> String {
    match fs::read_to_string(dir.join(path)) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(e) => {
            unreadable(path, &e, errors);
            String::new()
        }
    }
}

fn unreadable(path: &str, error: &io::Error, errors: &mut Vec<PolicyError>) {
    errors.push(PolicyError::new(
        Spot::file(path),
        format!("无法读取：{error}"),
        format!("cannot be read: {error}"),
    ));
}
