//! A night that is killed at random moments and run again tells what an unbroken one tells.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at once")]

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

mod common {
    pub mod night;
}
use common::night::{Night, counts};

/// A number below `most`, from a fixed seed (splitmix64).
fn random(seed: &mut u64, most: u64) -> u64 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)) % most.max(1)
}

/// kill -9 at random moments, then the run again: what it tells is what an unbroken run tells, byte for byte.
fn survives(rounds: usize) {
    let mut night = Night::new();
    let began = Instant::now();
    let whole = night.fresh(&[]);
    let needs = u64::try_from(began.elapsed().as_micros()).unwrap();
    let mut seed = 20_261_127;
    for round in 0..rounds {
        let store = format!("round-{round}.db");
        // One to three kills before it may end.
        for kill in 0..=round % 3 {
            let run_id = format!("round-{round}-{kill}");
            let mut child = night.command(&store, &run_id, &[]).spawn().unwrap();
            std::thread::sleep(Duration::from_micros(random(&mut seed, needs)));
            let _ = child.kill();
            child.wait().unwrap();
            let folder = night.path("reports").join(&run_id);
            // Nothing half-written bears a name under which it is read.
            if let Ok(text) = fs::read_to_string(folder.join("studies.jsonl")) {
                assert!(text == whole, "round {round}: half a list was left");
            }
            if let Ok(text) = fs::read_to_string(folder.join("run.json")) {
                serde_json::from_str::<Value>(&text).expect("a whole run.json");
            }
        }
        let (run, told) = night.on(&store, &[]);
        assert!(told == whole, "round {round}: not what an unbroken run tells");
        let all = counts(&run);
        assert_eq!(all[0] + all[1] + all[2] + all[3], whole.lines().count() as u64);
        for end in ["", "-wal", "-shm", "-run"] {
            let _ = fs::remove_file(night.path(&format!("{store}{end}")));
        }
    }
}

#[test]
fn a_killed_night_that_runs_again_tells_what_an_unbroken_one_tells() {
    survives(8);
}

#[test]
#[ignore = "takes minutes; `make test-full` runs it"]
fn nights_killed_200_times_tell_what_unbroken_ones_tell() {
    survives(100);
}
