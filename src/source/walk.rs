//! Walks folders of any size and naming. Links are followed, loops are not.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::{Found, FoundFile, Obstacle};

/// Walks one source (a folder or a single file), names in byte order; files are named only.
fn names(source: u32, root: &Path) -> impl Iterator<Item = Found> + Send + use<> {
    let root = root.to_path_buf();
    WalkDir::new(&root)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_map(move |entry| found(source, &root, entry))
}

/// Walks every source in order, and looks at each file.
pub fn walk_all(roots: &[PathBuf]) -> impl Iterator<Item = Found> + Send + use<> {
    names_all(roots).map(Found::looked_at)
}

/// Walks every source in order; files are named only, for whoever looks at them on threads of their own.
pub fn names_all(roots: &[PathBuf]) -> impl Iterator<Item = Found> + Send + use<> {
    let roots = roots.to_vec();
    roots.into_iter().zip(0u32..).flat_map(|(root, source)| names(source, &root))
}

fn found(source: u32, root: &Path, entry: walkdir::Result<walkdir::DirEntry>) -> Option<Found> {
    match entry {
        Err(error) => {
            let at = error.path().map_or_else(String::new, |p| display(root, p));
            let obstacle = if error.loop_ancestor().is_some() {
                Obstacle::Loop
            } else if error.path().is_some_and(Path::is_symlink) {
                Obstacle::BrokenLink
            } else {
                Obstacle::Unreadable(
                    error.io_error().map_or_else(|| error.to_string(), ToString::to_string),
                )
            };
            Some(Found::Obstacle(source, at, obstacle))
        }
        Ok(entry) if entry.file_type().is_file() => {
            let display = display(root, entry.path());
            let path = entry.into_path();
            Some(Found::File(FoundFile { source, path, display, size: 0, stamp: None }))
        }
        Ok(_) => None,
    }
}

/// A path as it is shown: absolute, of a source; what names a file in the store.
pub fn shown(path: &Path) -> String {
    let whole = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    name_from_bytes(whole.as_os_str().as_encoded_bytes())
}

/// The path relative to the root; a name that is not UTF-8 is shown as GB18030 where it is that
/// (hospital shares of older systems), else with replacement characters.
fn display(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let relative = if relative.as_os_str().is_empty() {
        Path::new(path.file_name().unwrap_or(path.as_os_str()))
    } else {
        relative
    };
    name_from_bytes(relative.as_os_str().as_encoded_bytes())
}

/// Text from the bytes of a file name.
pub fn name_from_bytes(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            let (text, _, malformed) = encoding_rs::GB18030.decode(bytes);
            if malformed { String::from_utf8_lossy(bytes).into_owned() } else { text.into_owned() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_end_and_every_file_is_met() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("甲医院/没有后缀");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(deep.join("IMG0001"), b"x").unwrap();
        std::os::unix::fs::symlink(dir.path(), deep.join("loop")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("nothing"), deep.join("broken")).unwrap();
        let met: Vec<Found> = names(0, dir.path()).collect();
        let files: Vec<&str> = met
            .iter()
            .filter_map(|f| match f {
                Found::File(f) => Some(f.display.as_str()),
                Found::Obstacle(..) => None,
            })
            .collect();
        assert_eq!(files, ["甲医院/没有后缀/IMG0001"]);
        let mut obstacles: Vec<Obstacle> = met
            .into_iter()
            .filter_map(|f| match f {
                Found::Obstacle(_, _, o) => Some(o),
                Found::File(_) => None,
            })
            .collect();
        obstacles.sort_by_key(|o| matches!(o, Obstacle::Loop));
        assert_eq!(obstacles, [Obstacle::BrokenLink, Obstacle::Loop]);
    }

    #[test]
    fn a_single_file_is_a_source() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.dcm");
        std::fs::write(&file, b"xyz").unwrap();
        let met: Vec<Found> = names(3, &file).map(Found::looked_at).collect();
        assert!(
            matches!(&met[..], [Found::File(f)] if f.display == "a.dcm" && f.size == 3 && f.source == 3)
        );
    }

    #[test]
    fn gbk_file_names_are_read() {
        assert_eq!(name_from_bytes(&[0xD0, 0xD8, b'1']), "胸1");
        assert_eq!(name_from_bytes("胸".as_bytes()), "胸");
    }
}
