//! Names and writing of report files. Names come from institution ids, never from patient values,
//! and are safe on every file system.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::aggregate::types::{IndexReport, InstitutionReport};
use super::html::{self, HtmlError, Pictures};
use super::run_manifest::RunManifest;

/// Folder of the institutions' files inside a run's folder.
pub const INSTITUTIONS: &str = "institutions";

/// Name of the results, one study a line.
pub const STUDIES: &str = "studies.jsonl";

/// Name of the run's manifest.
pub const RUN: &str = "run.json";

/// Longest readable part of a name.
const LONGEST_NAME: usize = 48;

/// Names Windows keeps for devices.
const RESERVED: &[&str] = &[
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The page could not be rendered.
    #[error("{path}: {source}")]
    Html {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: HtmlError,
    },
    /// The JSON could not be made.
    #[error("{path}: {source}")]
    Json {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: serde_json::Error,
    },
    /// The file could not be written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
}

/// File name (without ending) of an institution. An id of lower-case ASCII letters, digits, `-` and
/// `_` stands for itself; any other gets a digest, so that two ids never share a name.
pub fn institution_stem(id: &str) -> String {
    let safe: String = id
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_')
        .take(LONGEST_NAME)
        .collect::<String>()
        .to_ascii_lowercase();
    let safe = safe.trim_matches('-');
    if safe == id && !safe.is_empty() && !RESERVED.contains(&safe) {
        return safe.to_owned();
    }
    let digest = Sha256::digest(id.as_bytes());
    let tail: String = digest.iter().take(6).map(|b| format!("{b:02x}")).collect();
    if safe.is_empty() { format!("inst-{tail}") } else { format!("{safe}-{tail}") }
}

/// Page and JSON of an institution, relative to the index.
pub fn institution_links(id: &str) -> (String, String) {
    let stem = institution_stem(id);
    (format!("{INSTITUTIONS}/{stem}.html"), format!("{INSTITUTIONS}/{stem}.json"))
}

/// Writes page and JSON of an institution into a run's folder.
pub fn write_institution(
    run_folder: &Path,
    report: &InstitutionReport,
    pictures: &Pictures,
) -> Result<(), WriteError> {
    let (page, json) = institution_links(&report.institution.id);
    let page = run_folder.join(page);
    let rendered = html::render_institution(report, pictures)
        .map_err(|source| WriteError::Html { path: page.clone(), source })?;
    write_whole(&page, rendered.as_bytes())?;
    write_json(&run_folder.join(json), report)
}

/// Writes `index.html` and `index.json` into a run's folder.
pub fn write_index(run_folder: &Path, report: &IndexReport) -> Result<(), WriteError> {
    let page = run_folder.join("index.html");
    let rendered = html::render_index(report)
        .map_err(|source| WriteError::Html { path: page.clone(), source })?;
    write_whole(&page, rendered.as_bytes())?;
    write_json(&run_folder.join("index.json"), report)
}

/// Writes `run.json` into a run's folder.
pub fn write_run(run_folder: &Path, manifest: &RunManifest) -> Result<(), WriteError> {
    write_json(&run_folder.join(RUN), manifest)
}

/// Writes a text file whole: whoever reads it meets the old one or the new one.
///
/// # Errors
/// It cannot be written.
pub fn write_text(path: &Path, text: &str) -> Result<(), WriteError> {
    write_whole(path, text.as_bytes())
}

fn write_json<T: serde::Serialize>(path: &Path, value: &T) -> Result<(), WriteError> {
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(|source| WriteError::Json { path: path.to_owned(), source })?;
    text.push(b'\n');
    write_whole(path, &text)
}

/// Writes beside the file and renames, so that nobody ever reads half a report.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let write = || -> io::Result<()> {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        let folder = folder.unwrap_or_else(|| Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder)?;
        file.write_all(bytes)?;
        readable_by_others(file.as_file())?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|source| WriteError::Io { path: path.to_owned(), source })
}

/// Temporary files are private; reports are for others.
#[cfg(unix)]
fn readable_by_others(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn readable_by_others(_: &fs::File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_ids_stand_for_themselves() {
        assert_eq!(institution_stem("bj-chaoyang_01"), "bj-chaoyang_01");
    }

    #[test]
    fn other_ids_get_a_digest_and_no_path() {
        for id in ["../../etc/passwd", "北京医院", "A", "con", "", ".", "a/b", &"x".repeat(300)]
        {
            let stem = institution_stem(id);
            assert!(stem.len() <= LONGEST_NAME + 13, "{stem}");
            assert!(
                stem.bytes().all(|b| b.is_ascii_lowercase()
                    || b.is_ascii_digit()
                    || b == b'-'
                    || b == b'_'),
                "{stem}"
            );
            assert_ne!(stem, id);
        }
        assert_ne!(institution_stem("A"), institution_stem("a"));
        assert_ne!(institution_stem("北京医院"), institution_stem("天津医院"));
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub").join("x.json");
        write_whole(&path, b"long first text").unwrap();
        write_whole(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
