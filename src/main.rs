//! The `hrgate` program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    hrgate::cli::main()
}
