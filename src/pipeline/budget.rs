//! A bound on the bytes of files and decoded frames that are in memory at one time.
//!
//! A thread that holds a share and waits for other tasks of the thread pool may steal one that needs a share itself; it gets
//! it at once, above the limit where need be, so the budget cannot deadlock.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::{Condvar, Mutex, PoisonError};

/// The budget.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    used: Mutex<u64>,
    freed: Condvar,
}

thread_local! {
    /// Shares that this thread holds.
    static HELD: Cell<u32> = const { Cell::new(0) };
}

/// A share of the budget; given back when dropped, by the thread that took it.
#[derive(Debug)]
pub struct Share<'a> {
    budget: &'a Budget,
    bytes: u64,
    own: PhantomData<*const ()>,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self { limit, used: Mutex::new(0), freed: Condvar::new() }
    }

    /// The limit in bytes.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Waits until `bytes` fit. A request above the whole budget is let through alone, so that it
    /// can end in an answer; what may be requested at all is bounded by `decode::Limits`.
    pub fn take(&self, bytes: u64) -> Share<'_> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = HELD.get() > 0;
        while !holds && *used > 0 && used.saturating_add(bytes) > self.limit {
            used = self.freed.wait(used).unwrap_or_else(PoisonError::into_inner);
        }
        *used = used.saturating_add(bytes);
        HELD.set(HELD.get() + 1);
        Share { budget: self, bytes, own: PhantomData }
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        HELD.set(HELD.get().saturating_sub(1));
        let mut used = self.budget.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_sub(self.bytes);
        drop(used);
        self.budget.freed.notify_all();
    }
}

/// Reads a size such as `300M`, `2GiB`, `1048576`.
///
/// # Errors
/// The text is not a size.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let number: u64 =
        number.parse().map_err(|_| format!("{text:?} is not a size such as 300M or 2G"))?;
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        other => return Err(format!("unknown size unit {other:?}; use K, M or G")),
    };
    number.checked_shl(shift).filter(|n| n >> shift == number).ok_or("size is too large".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn never_more_than_the_limit_at_once() {
        let budget = Budget::new(100);
        let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for t in 0..8u64 {
                let (budget, now, most) = (&budget, &now, &most);
                scope.spawn(move || {
                    for n in 0..200 {
                        let want = 10 + (t * 7 + n) % 60;
                        let share = budget.take(want);
                        let used = now.fetch_add(want, Ordering::SeqCst) + want;
                        most.fetch_max(used, Ordering::SeqCst);
                        now.fetch_sub(want, Ordering::SeqCst);
                        drop(share);
                    }
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= 100);
    }

    #[test]
    fn a_thread_that_holds_a_share_does_not_wait_for_another() {
        let budget = Budget::new(100);
        let first = budget.take(80);
        drop(budget.take(80));
        drop(first);
        assert_eq!(*budget.used.lock().unwrap(), 0);
    }

    #[test]
    fn a_request_above_the_limit_goes_alone() {
        let budget = Budget::new(10);
        drop(budget.take(1_000));
        assert_eq!(*budget.used.lock().unwrap(), 0);
    }

    #[test]
    fn sizes() {
        assert_eq!(parse_size("300M"), Ok(300 << 20));
        assert_eq!(parse_size("2 GiB"), Ok(2 << 30));
        assert_eq!(parse_size("1048576"), Ok(1 << 20));
        assert!(parse_size("many").is_err() && parse_size("1T").is_err());
        assert!(parse_size("99999999999999999G").is_err());
    }
}
