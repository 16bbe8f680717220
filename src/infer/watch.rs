//! Ends runs of models that take too long, from a thread of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use ort::session::{NoSelectedOutputs, RunOptions};

type Options = RunOptions<NoSelectedOutputs>;

#[derive(Default)]
struct Running {
    /// Deadline and number → what ends the run.
    runs: BTreeMap<(Instant, u64), Arc<Options>>,
    next: u64,
}

static RUNNING: Mutex<Running> = Mutex::new(Running { runs: BTreeMap::new(), next: 0 });
static CHANGED: Condvar = Condvar::new();
static STARTED: Once = Once::new();

/// A run under watch; dropped when it ended.
pub(super) struct Watched {
    key: (Instant, u64),
}

/// Has a run ended once `limit` is over.
pub(super) fn watch(options: &Arc<Options>, limit: Duration) -> Watched {
    STARTED.call_once(|| {
        // Without the thread a run has no limit; that is no reason not to run.
        let _ = std::thread::Builder::new().name("hrgate-watch".into()).spawn(keep);
    });
    let mut running = lock();
    running.next += 1;
    let key = (Instant::now() + limit, running.next);
    let first = running.runs.first_key_value().is_none_or(|(at, _)| key < *at);
    running.runs.insert(key, Arc::clone(options));
    if first {
        CHANGED.notify_one();
    }
    Watched { key }
}

impl Watched {
    /// Whether the time was over.
    pub fn expired(&self) -> bool {
        Instant::now() >= self.key.0
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        lock().runs.remove(&self.key);
    }
}

fn lock() -> MutexGuard<'static, Running> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep() {
    let mut running = lock();
    loop {
        let now = Instant::now();
        while let Some(first) = running.runs.first_entry()
            && first.key().0 <= now
        {
            let _ = first.remove().terminate();
        }
        let wait = running
            .runs
            .first_key_value()
            .map_or(Duration::from_hours(1), |((at, _), _)| at.saturating_duration_since(now));
        running = CHANGED.wait_timeout(running, wait).unwrap_or_else(PoisonError::into_inner).0;
    }
}
