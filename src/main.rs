//! The `hrgate` program; everything is in the library.

use std::io::Write;

use hrgate::cli::exit_code::Exit;

/// Headers are thousands of short texts: an allocator with thread-local pages saves a tenth of a
/// header pass over the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    small_pages();
    end(hrgate::cli::main());
}

/// Ends the process. Files are written and stores closed by now (`Store` waits for it); what the C library would still run gives the allocator's memory
/// back piece by piece, which the system does at once: 1 of 38 ms of a header pass.
fn end(exit: Exit) -> ! {
    // Whoever reads what we print may be gone; commands that print told so.
    let _ = std::io::stdout().flush();
    // SAFETY: takes a number, and nothing of this process is used after it.
    unsafe { libc::_exit(exit as i32) }
}

/// Turns huge pages off for this process. The allocator asks for them, and where memory is fragmented
/// the system stops the process to make room for one: measured, a header pass then takes 80 ms
/// instead of 63 ms in the median, and at worst twice as long. Nothing depends on it, so a system
/// that refuses is no error.
fn small_pages() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
