//! The folder of a run.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::ZonedDateTime;

use super::CommandError;

/// Makes the run's folder; a run never writes into another's.
pub fn make_folder(
    reports: &Path,
    asked: Option<&str>,
    started: &ZonedDateTime,
) -> Result<(String, PathBuf), CommandError> {
    let fail =
        |path: &Path, e: std::io::Error| CommandError::Io(format!("{}: {e}", path.display()));
    fs::create_dir_all(reports).map_err(|e| fail(reports, e))?;
    let base = asked.map_or_else(|| started.strftime("%Y%m%d-%H%M%S").to_string(), str::to_owned);
    for attempt in 1..1000 {
        let run_id = if attempt == 1 { base.clone() } else { format!("{base}-{attempt}") };
        let folder = reports.join(&run_id);
        match fs::create_dir(&folder) {
            Ok(()) => return Ok((run_id, folder)),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
                if asked.is_some() {
                    return Err(CommandError::Usage(format!(
                        "run {base} exists already under {}",
                        reports.display()
                    )));
                }
            }
            Err(e) => return Err(fail(&folder, e)),
        }
    }
    Err(CommandError::Io(format!("{}: no free name for the run", reports.display())))
}

/// A run id as it may be given.
pub fn parse_run_id(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.starts_with('.') || !text.chars().all(plain) {
        return Err("a run id may hold letters, digits, -, _ and . (not first)".into());
    }
    Ok(text.to_owned())
}

/// A time as it may be given: 90s, 15m, 2h.
pub fn parse_time(text: &str) -> Result<Duration, String> {
    let wrong = |_| format!("{text:?} is no time such as 90s, 15m or 2h");
    let span: jiff::SignedDuration = text.parse().map_err(wrong)?;
    Duration::try_from(span).map_err(|_| format!("{text:?} is before nothing"))
}
