//! kill -9 at random moments while evaluations are recorded, labels decided and studies stored: what is
//! in the store is whole after every one, and when the work is done nothing is lost and nothing twice.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hrgate::ledger::verify;
use hrgate::store::{Store, StudyFilter};
use jiff::ToSpan;
use jiff::civil::date;

/// Rows of one import: they come all or none.
const ROWS: usize = 40;

struct Place {
    folder: tempfile::TempDir,
    seed: u64,
}

impl Place {
    fn text(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn store(&self) -> Store {
        Store::open_read_only(Path::new(&self.text("hrgate.db"))).unwrap()
    }

    fn command(args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hrgate"));
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(args);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Runs to the end and gives back how long it took.
    fn finish(args: &[&str], codes: &[i32]) -> Duration {
        let began = Instant::now();
        let code = Self::command(args).status().unwrap().code().unwrap();
        assert!(codes.contains(&code), "{args:?} ended with {code}");
        began.elapsed()
    }

    /// A number below `most`, from a fixed seed (splitmix64).
    fn random(&mut self, most: u64) -> u64 {
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % most.max(1)
    }

    /// Starts the command and kills it at a random moment of the time it needs.
    fn kill(&mut self, args: &[&str], needs: Duration) {
        let micros = u64::try_from(needs.as_micros()).unwrap();
        let wait = Duration::from_micros(self.random(micros));
        let mut child = Self::command(args).spawn().unwrap();
        std::thread::sleep(wait);
        let _ = child.kill();
        child.wait().unwrap();
    }

    /// All that a run leaves behind: results by study, receipts, entries by kind.
    fn content(&self) -> (BTreeMap<String, Vec<u8>>, u32, BTreeMap<String, usize>) {
        let mut store = self.store();
        let page = store.page(&StudyFilter::default(), "", 1000).unwrap();
        let results: BTreeMap<String, Vec<u8>> =
            page.iter().map(|s| (s.key.clone(), s.result_json().unwrap())).collect();
        let receipts = results.keys().map(|key| store.receipts_of(key).unwrap()).sum();
        let mut kinds = BTreeMap::new();
        for row in store.ledger().unwrap() {
            *kinds.entry(row.kind).or_insert(0) += 1;
        }
        (results, receipts, kinds)
    }

    /// What must hold after every kill; gives back entries by kind: evaluations, labels.
    fn whole(&self) -> (usize, usize) {
        let mut store = self.store();
        let rows = store.ledger().unwrap();
        assert_eq!(verify(&rows, &[]).faults, [], "the chain is broken");
        assert_eq!(store.disagreements(&rows).unwrap(), [], "a record without its entry");
        assert!(store.check().unwrap().problems.is_empty(), "the store is damaged");
        let of = |kind: &str| rows.iter().filter(|r| r.kind == kind).count();
        assert_eq!(store.evaluations(None).unwrap().len(), of("evaluation"), "row and entry");
        (of("evaluation"), of("label"))
    }
}

fn survives(rounds: usize) {
    let mut place = Place { folder: tempfile::tempdir().unwrap(), seed: 20_260_401 };
    let (store, reports, file) = (place.text("hrgate.db"), place.text("r"), place.text("e.csv"));
    let registry = "sample_studies/institutions.toml";
    let run = ["run", "sample_studies", "--store", &store, "--reports", &reports];
    let with = ["--registry", registry, "--as-of", "20250401", "--run-id", "first"];
    Place::finish(&[&run[..], &with[..]].concat(), &[11]);
    let import = ["evaluation", "import", &file, "--store", &store, "--person", "Li"];
    let decide = ["gate", "decide", "--store", &store, "--as-of", "2025-04-01"];
    let (mut import_needs, mut decide_needs) = (Duration::ZERO, Duration::ZERO);
    let mut labels_a_round = 0;
    for round in 0..rounds {
        let day = date(2024, 6, 1).saturating_add(i64::try_from(round).unwrap().days());
        let mut text = "institution,profile,item,scope,date,result,by,evidence\n".to_owned();
        for n in 0..ROWS {
            text += &format!(
                "first-people,hebei-2025,*,,{day},pass,provincial-centre,audit-{round:03}-{n:02}\n"
            );
        }
        std::fs::write(&file, text).unwrap();
        let (before, labels) = place.whole();
        if round > 0 {
            place.kill(&import, import_needs);
            let (now, _) = place.whole();
            assert!([before, before + ROWS].contains(&now), "a part of an import is kept");
        }
        import_needs = Place::finish(&import, &[0]);
        assert_eq!(place.whole().0, before + ROWS, "round {round}: lost or doubled");
        if round > 0 {
            place.kill(&decide, decide_needs);
            place.whole();
        }
        decide_needs = Place::finish(&decide, &[0]);
        let made = place.whole().1 - labels;
        if round == 0 {
            // Studies of other institutions are decided once and then stand.
            assert!(made > 10, "{made} decisions");
        } else if round == 1 {
            labels_a_round = made;
            assert!(made > 5, "{made} decisions");
        } else {
            assert_eq!(made, labels_a_round, "round {round}: lost or doubled");
        }
    }
}

/// A night that is killed and run again leaves what an undisturbed one leaves.
fn night_survives(rounds: usize) {
    let mut place = Place { folder: tempfile::tempdir().unwrap(), seed: 20_260_402 };
    let (store, reports) = (place.text("hrgate.db"), place.text("r"));
    let registry = "sample_studies/institutions.toml";
    let words = "evaluation add --institution first-people --profile hebei-2025 --item * --on 2025-01-10 \
        --result pass --by provincial-centre --evidence a --person Li";
    let mut add: Vec<&str> = words.split_whitespace().collect();
    add.extend(["--registry", registry, "--store", &store]);
    let mut run = vec!["run", "sample_studies", "--store", &store, "--reports", &reports];
    run.extend(["--registry", registry, "--as-of", "20250401", "--run-id", "night"]);
    let (mut whole, mut needs) = (None, Duration::ZERO);
    for round in 0..rounds {
        for file in ["hrgate.db", "hrgate.db-wal", "hrgate.db-shm"] {
            let _ = std::fs::remove_file(place.text(file));
        }
        Place::finish(&add, &[0]);
        if round > 0 {
            place.kill(&run, needs);
            place.whole();
        }
        let _ = std::fs::remove_dir_all(&reports);
        let took = Place::finish(&run, &[11]);
        place.whole();
        let content = place.content();
        if let Some(whole) = &whole {
            assert_eq!(&content, whole, "round {round}: lost or doubled");
        } else {
            assert!(content.0.len() > 10 && content.1 > 100, "{} studies", content.0.len());
            (whole, needs) = (Some(content), took);
        }
    }
}

#[test]
fn a_night_loses_and_doubles_nothing_in_8_kills() {
    night_survives(9);
}

#[test]
#[ignore = "takes minutes; `make test-full` runs it"]
fn a_night_loses_and_doubles_nothing_in_200_kills() {
    night_survives(201);
}

#[test]
fn nothing_is_lost_or_doubled_in_20_kills() {
    survives(11);
}

#[test]
#[ignore = "takes minutes; `make test-full` runs it"]
fn nothing_is_lost_or_doubled_in_200_kills() {
    survives(101);
}
