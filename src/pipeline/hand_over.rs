//! What was judged goes to a thread of its own, which writes it: writing waits for the disk, and judging does not wait with it.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Parts that may be judged and not yet taken: as many as are judged while a batch is written.
const AHEAD: usize = 8;

/// Makes what each part comes to, one part after the other, and gives all of it to `each` in order, one at a time, on another thread.
/// Tells how long making stood still, as `each` was so far behind; the wait for the last ones counts.
///
/// # Errors
/// The first of `make`'s and `each`'s; nothing that comes after it is given or, soon, made.
pub fn hand_over<P, T: Send, F: Send, E: From<F> + Send>(
    parts: impl Iterator<Item = P>,
    make: impl Fn(P) -> Vec<Result<T, F>>,
    mut each: impl FnMut(T) -> Result<(), E> + Send,
) -> Result<Duration, E> {
    thread::scope(|scope| {
        let (ready, made) = mpsc::sync_channel::<Vec<Result<T, F>>>(AHEAD);
        let taker =
            scope.spawn(move || made.into_iter().flatten().try_for_each(|item| each(item?)));
        let mut waited = Duration::ZERO;
        for part in parts {
            let made = make(part);
            let began = Instant::now();
            // Nobody takes any more: something failed.
            if ready.send(made).is_err() {
                break;
            }
            waited += began.elapsed();
        }
        drop(ready);
        let began = Instant::now();
        let taken = taker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        taken.map(|()| waited + began.elapsed())
    })
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// More parts than may wait, of two items each.
    fn pairs(part: usize) -> Vec<Result<usize, String>> {
        vec![Ok(2 * part), Ok(2 * part + 1)]
    }

    #[test]
    fn all_is_given_in_order_however_slow_it_is_taken() {
        let mut taken = Vec::new();
        let slow = |item| {
            if item == 0 {
                thread::sleep(Duration::from_millis(30));
            }
            taken.push(item);
            Ok::<_, String>(())
        };
        let waited = hand_over(0..5 * AHEAD, pairs, slow).unwrap();
        assert_eq!(taken, (0..10 * AHEAD).collect::<Vec<_>>());
        assert!(waited >= Duration::from_millis(20), "{waited:?}");
    }

    #[test]
    fn what_fails_ends_it_and_is_told() {
        let made = AtomicUsize::new(0);
        let count = |part| {
            made.fetch_add(1, Ordering::Relaxed);
            pairs(part)
        };
        let full = |item| if item < 3 { Ok(()) } else { Err("full".to_owned()) };
        assert_eq!(hand_over(0..1000 * AHEAD, count, full).unwrap_err(), "full");
        assert!(made.load(Ordering::Relaxed) < 1000 * AHEAD);
        let broken = |part| if part == 2 { vec![Err("broken".to_owned())] } else { pairs(part) };
        let mut taken = 0;
        let each = |_| {
            taken += 1;
            Ok::<_, String>(())
        };
        assert_eq!(hand_over(0..5 * AHEAD, broken, each).unwrap_err(), "broken");
        assert_eq!(taken, 4);
    }

    #[test]
    fn a_panic_on_either_side_ends_both() {
        let each = |item| {
            assert!(item < 3, "of each");
            Ok::<_, String>(())
        };
        let of_each = catch_unwind(AssertUnwindSafe(|| hand_over(0..5 * AHEAD, pairs, each)));
        assert!(of_each.is_err());
        let make = |part| {
            assert!(part < 3, "of make");
            pairs(part)
        };
        let of_make = catch_unwind(|| hand_over(0..5 * AHEAD, make, |_| Ok::<_, String>(())));
        assert!(of_make.is_err());
    }
}
