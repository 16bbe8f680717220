//! Running the program.

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

/// The crate.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the program in the crate, in English.
pub fn hrgate(args: &[String]) -> Output {
    let mut command = Command::cargo_bin("hrgate").unwrap();
    command.current_dir(root()).env("HRGATE_LANG", "en").args(args).output().unwrap()
}
