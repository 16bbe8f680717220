//! Runs on and on: a look at the sources every so often, a run where something is new.

use std::any::Any;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use jiff::ZonedDateTime;

use crate::source::{Found, Stamp, walk};

use super::exit_code::Exit;
use super::{CommandError, output};

/// How a run ended.
pub struct Done {
    /// By its worst verdict.
    pub exit: Exit,
    /// Studies that wait for the next run.
    pub waiting: u64,
    /// What it worked with. Whoever runs once more lets go of it; whoever ends leaves that to the system, which is quicker.
    pub used: Box<dyn Any + Send>,
}

/// What is looked at.
pub struct Sources {
    /// Folders, files, archives.
    pub roots: Vec<PathBuf>,
    /// The manifest.
    pub listed: Option<PathBuf>,
    /// How often.
    pub every: Duration,
}

/// Runs once, then whenever the sources are not what they were, studies wait, or a day began. A run that fails is told and
/// tried again; one whose command line is wrong at the start ends it.
///
/// # Errors
/// The first run fails for its command line or its policies.
pub fn watch(
    sources: &Sources,
    mut run: impl FnMut() -> Result<Done, CommandError>,
) -> Result<Exit, CommandError> {
    let mut seen = None;
    let mut began = false;
    loop {
        let now = look(sources);
        if seen != Some(now) {
            match run() {
                // Where studies wait the next look runs again, whatever it sees.
                Ok(done) => seen = (done.waiting == 0).then_some(now),
                Err(error @ (CommandError::Usage(_) | CommandError::Policy(_))) if !began => {
                    return Err(error);
                }
                Err(error) => {
                    output::complain(&error.to_string());
                    tracing::error!("a run failed; the next look tries again");
                    seen = None;
                }
            }
            began = true;
        }
        thread::sleep(sources.every);
    }
}

/// A digest of every file's path and stamp, of the manifest's, and of the day.
fn look(sources: &Sources) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    let mut tell = |name: &str, stamp: Option<Stamp>| {
        hasher.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
        let Stamp { size, modified, changed, inode } = stamp.unwrap_or_default();
        hasher.update(&size.to_le_bytes()).update(&modified.to_le_bytes());
        hasher.update(&changed.to_le_bytes()).update(&inode.to_le_bytes());
    };
    for found in walk::walk_all(&sources.roots) {
        match found {
            Found::File(file) => tell(&file.display, file.stamp),
            Found::Obstacle(_, display, _) => tell(&display, None),
        }
    }
    let listed = sources.listed.as_ref().and_then(|path| std::fs::metadata(path).ok());
    tell("", listed.as_ref().map(Stamp::of));
    tell(&ZonedDateTime::now().strftime("%F").to_string(), None);
    *hasher.finalize().as_bytes()
}
