//! The pictures of `hrgate inspect`: the image of every finding, with its box, as JPEG files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::model::outcome::{OutcomeKind, Subject};
use crate::model::result::StudyResult;
use crate::model::study::Study;
use crate::model::text::Language;
use crate::pipeline::pictures::{Place, picture_at, place_of};
use crate::report::picture::PictureOptions;

use super::CommandError;

/// The longest side of a picture, pixels: as large as a reader needs to see a line of one pixel.
const SIDE: u32 = 1024;

/// A finding that can be shown.
pub struct Shown {
    code: String,
    name: String,
    subject: Subject,
    place: Place,
}

/// The findings of a study that have an image.
pub fn findings(study: &Study, result: &StudyResult) -> Vec<Shown> {
    let failed = result.outcomes.iter().filter(|o| o.outcome == OutcomeKind::Fail);
    let shown = failed.filter(|o| o.subject.sop_uid.is_some()).filter_map(|o| {
        let place = place_of(study, &o.subject)?;
        let (code, name, subject) = (o.code.clone(), o.name.clone(), o.subject.clone());
        Some(Shown { code, name, subject, place })
    });
    shown.collect()
}

/// Writes the pictures to a folder, which is made where it is missing: a line to tell for each.
///
/// # Errors
/// The folder or a file cannot be written.
pub fn write(
    folder: &Path,
    roots: &[PathBuf],
    findings: &[Shown],
    language: Language,
) -> Result<Vec<String>, CommandError> {
    let io = |path: &Path, e: std::io::Error| CommandError::Io(format!("{}: {e}", path.display()));
    fs::create_dir_all(folder).map_err(|e| io(folder, e))?;
    let options = PictureOptions { max_side: SIDE, ..PictureOptions::default() };
    let mut lines = Vec::new();
    for (number, finding) in findings.iter().enumerate() {
        let Shown { code, name, subject, place } = finding;
        let Some(picture) = picture_at(roots, place, subject, &options) else { continue };
        let path = folder.join(format!("{:03}-{code}.jpg", number + 1));
        fs::write(&path, picture.bytes()).map_err(|e| io(&path, e))?;
        let frame = place.frame + 1;
        lines.push(match language {
            Language::Zh => {
                format!("{code} {name}：{}（第{frame}帧，{}）", path.display(), place.path)
            }
            Language::En => {
                format!("{code} {name}: {} (frame {frame}, {})", path.display(), place.path)
            }
        });
    }
    Ok(lines)
}
