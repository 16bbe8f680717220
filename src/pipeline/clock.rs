//! How much time the studies of a run took, held against what one may take.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::decode::FrameError;
use crate::model::file::DecodeFailure;

/// The time that was spent on the frames of each study, all threads together. A frame that is being decoded is never cut off:
/// what one may cost is bounded by `decode::Limits`.
#[derive(Debug)]
pub struct StudyClock {
    limit: Duration,
    spent: Mutex<FxHashMap<u64, Duration>>,
}

impl StudyClock {
    /// A clock by which a study may take `limit`.
    pub fn new(limit: Duration) -> Self {
        Self { limit, spent: Mutex::default() }
    }

    /// Does `work` on a frame of the study of that key and counts its time.
    ///
    /// # Errors
    /// The study's time was used up before, or what `work` fails with.
    pub fn timed<T>(
        &self,
        study_key: &str,
        work: impl FnOnce() -> Result<T, FrameError>,
    ) -> Result<T, FrameError> {
        use std::hash::BuildHasher;
        let study = FxBuildHasher.hash_one(study_key);
        let spent = || self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if spent().get(&study).is_some_and(|spent| *spent >= self.limit) {
            let limit = self.limit.as_secs_f64();
            let why = format!("more than {limit} s were spent on this study");
            return Err(FrameError::new(DecodeFailure::TimeLimit, why));
        }
        let started = Instant::now();
        let done = work();
        *spent().entry(study).or_default() += started.elapsed();
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_study_that_used_its_time_up_gets_no_more_and_others_do() {
        let clock = StudyClock::new(Duration::from_millis(20));
        let decode = || {
            std::thread::sleep(Duration::from_millis(15));
            Ok(())
        };
        let frame = |key| clock.timed(key, decode);
        assert!(frame("slow").is_ok() && frame("slow").is_ok());
        let refused = frame("slow").unwrap_err();
        assert_eq!(refused.failure, DecodeFailure::TimeLimit);
        assert!(frame("other").is_ok());
    }
}
