//! One run at a time on a store.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::CommandError;

/// The right to run on a store; given back when it is dropped, and by the system when the program ends in
/// any way.
#[derive(Debug)]
pub struct RunLock(#[expect(dead_code, reason = "held, not read")] File);

/// The file beside a store by which its runs exclude each other.
pub fn lock_file(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push("-run");
    PathBuf::from(name)
}

/// Takes the right to run on a store.
///
/// # Errors
/// Another run has it, or the file cannot be made.
pub fn take(store: &Path, run_id: &str) -> Result<RunLock, CommandError> {
    let path = lock_file(store);
    let io = |e: std::io::Error| CommandError::Io(format!("{}: {e}", path.display()));
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(io)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut told = String::new();
            let _ = file.read_to_string(&mut told);
            let store = store.display();
            return Err(CommandError::Io(format!(
                "{store}: 另一次运行（{told}）正在使用该结果库，请等它结束\nhrgate: {store}: another run ({told}) works on this store; wait until it has ended"
            )));
        }
        Err(TryLockError::Error(e)) => return Err(io(e)),
    }
    file.set_len(0).and_then(|()| file.rewind()).map_err(io)?;
    file.write_all(run_id.as_bytes()).map_err(io)?;
    Ok(RunLock(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_is_refused_until_the_first_has_ended() {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("s.db");
        let first = take(&store, "night-1").unwrap();
        let refused = take(&store, "night-2").unwrap_err().to_string();
        assert!(refused.contains("night-1") && refused.contains("s.db"), "{refused}");
        drop(first);
        take(&store, "night-2").unwrap();
    }
}
