//! The `hrgate` program; everything is in the library.

use std::process::ExitCode;

/// Headers are thousands of short texts: an allocator with thread-local pages saves a tenth of a
/// header pass over the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    small_pages();
    hrgate::cli::main()
}

/// Turns huge pages off for this process. The allocator asks for them, and where memory is fragmented
/// the system stops the process to make room for one: measured, a header pass then takes 80 ms
/// instead of 63 ms in the median, and at worst twice as long. Nothing depends on it, so a system
/// that refuses is no error.
fn small_pages() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
