//! The `hrgate` program; everything is in the library.

use std::process::ExitCode;

/// Headers are thousands of short texts: an allocator with thread-local pages saves a tenth of a
/// header pass over the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    hrgate::cli::main()
}
