//! How far a run is, for a person at a terminal; silent elsewhere.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::source::{Found, walk};

/// A progress bar over files, with bytes a second.
pub struct Progress {
    bar: ProgressBar,
    bytes: Arc<std::sync::atomic::AtomicU64>,
    stop: Arc<AtomicBool>,
    counter: Option<JoinHandle<()>>,
}

const TEMPLATE: &str =
    "{spinner} [{elapsed_precise}] {wide_bar} {pos}/{len} files  {per_sec}  {rate}  ETA {eta}";

impl Progress {
    /// A bar where `visible`; the number of files is counted in the background.
    pub fn start(roots: &[PathBuf], visible: bool) -> Self {
        let bytes = Arc::new(std::sync::atomic::AtomicU64::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        if !visible {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
            return Self { bar, bytes, stop, counter: None };
        }
        let bar = ProgressBar::new(0);
        let shown = Arc::clone(&bytes);
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.with_key(
                "rate",
                move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                    #[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
                    let per_second = shown.load(Ordering::Relaxed) as f64
                        / state.elapsed().as_secs_f64().max(0.001);
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "a rate is positive and far below 2^63"
                    )]
                    let _ = write!(out, "{}/s", HumanBytes(per_second as u64));
                },
            ));
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        let counter = count_in_background(roots.to_vec(), bar.clone(), Arc::clone(&stop));
        Self { bar, bytes, stop, counter: Some(counter) }
    }

    /// One more file of `bytes` is done.
    pub fn file_done(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.bar.inc(1);
    }

    /// All files are done.
    pub fn finish(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(counter) = self.counter.take() {
            let _ = counter.join();
        }
        self.bar.finish_and_clear();
    }
}

fn count_in_background(
    roots: Vec<PathBuf>,
    bar: ProgressBar,
    stop: Arc<AtomicBool>,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut files = 0u64;
        for found in walk::names_all(&roots) {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            files += u64::from(matches!(found, Found::File(_)));
            if files.is_multiple_of(1000) {
                bar.set_length(files);
            }
        }
        bar.set_length(files);
    })
}
