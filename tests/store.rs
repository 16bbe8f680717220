//! The results store as a user meets it: what a run keeps, replays to the same bytes under any
//! policy; a store of the first version still opens; upkeep works.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn hrgate(args: &[&str]) -> Output {
    let mut command = Command::cargo_bin("hrgate").unwrap();
    command.current_dir(root()).args(args);
    command.output().unwrap()
}

fn ok(args: &[&str]) -> String {
    let output = hrgate(args);
    let code = output.status.code().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!([0, 10, 11].contains(&code), "{args:?} ended with {code}: {words}");
    String::from_utf8(output.stdout).unwrap()
}

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// A run over the sample studies, kept in `store`, under policies of a folder where given.
    fn run(&self, id: &str, store: Option<&str>, policies: Option<&str>) -> Vec<u8> {
        let reports = self.text("reports");
        let mut args = vec!["run", "sample_studies", "--reports", &reports, "--run-id", id];
        args.extend(["--as-of", "20260101", "--registry", "sample_studies/institutions.toml"]);
        args.extend(store.iter().flat_map(|s| ["--store", s]));
        args.extend(policies.iter().flat_map(|p| ["--policies", p]));
        ok(&args);
        std::fs::read(self.path("reports").join(id).join("studies.jsonl")).unwrap()
    }

    /// The built-in policies with words replaced in the base.
    fn policies(&self, name: &str, from: &str, to: &str) -> String {
        let folder = self.path(name);
        std::fs::create_dir(&folder).unwrap();
        let base = std::fs::read_to_string(root().join("policies/base.toml")).unwrap();
        assert!(base.contains(from), "base.toml has {from:?}");
        std::fs::write(folder.join("base.toml"), base.replace(from, to)).unwrap();
        self.text(name)
    }
}

/// `[from, to]` in base.toml: a changed limit, a changed severity, a changed requirement.
const CHANGES: [[&str; 2]; 3] = [
    ["completeness_min = 0.95", "completeness_min = 1.0"],
    [
        "[checks.missing-slice]\nseverity = \"critical\"",
        "[checks.missing-slice]\nseverity = \"minor\"",
    ],
    ["order_days_max = 7", "order_days_max = 0"],
];

#[test]
fn a_replay_under_a_changed_policy_equals_a_fresh_run_byte_for_byte() {
    let place = Place::new();
    let store = place.text("hrgate.db");
    let first = place.run("first", Some(&store), None);
    let out = place.text("again.jsonl");
    let said = ok(&["rejudge", "--store", &store, "--out", &out, "--lang", "en"]);
    assert_eq!(std::fs::read(&out).unwrap(), first);
    assert!(said.contains(" 0 changed"), "{said}");
    for (n, [from, to]) in CHANGES.iter().enumerate() {
        let policies = place.policies(&format!("policies-{n}"), from, to);
        let own = place.text(&format!("fresh-{n}.db"));
        let fresh = place.run(&format!("fresh-{n}"), Some(&own), Some(&policies));
        ok(&["rejudge", "--store", &store, "--policies", &policies, "--out", &out]);
        assert!(fresh != first, "{to:?} changes something");
        assert!(std::fs::read(&out).unwrap() == fresh, "{to:?}: replay differs from a fresh run");
    }
}

/// A region's files with words replaced in one of them.
fn region(place: &Place, name: &str, file: &str, from: &str, to: &str) -> String {
    let folder = place.path(name).join("hebei-2025");
    std::fs::create_dir_all(&folder).unwrap();
    for entry in std::fs::read_dir(root().join("policies/hebei-2025")).unwrap() {
        let entry = entry.unwrap();
        let mut text = std::fs::read_to_string(entry.path()).unwrap();
        if entry.file_name() == file {
            assert!(text.contains(from), "{file} has {from:?}");
            text = text.replace(from, to);
        }
        std::fs::write(folder.join(entry.file_name()), text).unwrap();
    }
    place.text(name)
}

#[test]
fn a_replay_under_a_changed_label_or_catalogue_row_equals_a_fresh_run() {
    let place = Place::new();
    let store = place.text("hrgate.db");
    let first = place.run("first", Some(&store), None);
    let changes = [
        ("labels", "profile.toml", "——HBHR", "——HBHR2"),
        ("rows", "items.csv", "胸部CT平扫", "胸部CT平扫（改）"),
    ];
    for (name, file, from, to) in changes {
        let policies = region(&place, name, file, from, to);
        let own = place.text(&format!("{name}.db"));
        let fresh = place.run(name, Some(&own), Some(&policies));
        let out = place.text("again.jsonl");
        let said =
            ok(&["rejudge", "--store", &store, "--policies", &policies, "--out", &out, "--json"]);
        assert!(fresh != first, "{to} leaves its digest in every result");
        assert!(std::fs::read(&out).unwrap() == fresh, "{to}: replay differs from a fresh run");
        assert_eq!(said.contains("\"items_changed\":true"), name == "rows", "{said}");
    }
}

#[test]
fn what_flips_is_told_with_its_check_and_written_only_when_asked() {
    let place = Place::new();
    let store = place.text("hrgate.db");
    place.run("first", Some(&store), None);
    let [from, to] = CHANGES[1];
    let policies = place.policies("p", from, to);
    let args = ["rejudge", "--store", &store, "--policies", &policies, "--lang", "en"];
    let said = ok(&args);
    assert!(said.contains("GEO001") && said.contains("not changed"), "{said}");
    assert_eq!(said, ok(&args), "without --apply nothing is written");
    let mut apply = args.to_vec();
    apply.push("--apply");
    assert!(ok(&apply).contains("were written"));
    assert!(ok(&args).contains(" 0 changed"), "the new results are stored");
}

#[test]
fn a_study_that_comes_again_is_replaced_not_doubled() {
    let place = Place::new();
    let store = place.text("hrgate.db");
    place.run("first", Some(&store), None);
    let before = ok(&["store", "check", &store, "--lang", "en"]);
    place.run("second", Some(&store), None);
    assert_eq!(before, ok(&["store", "check", &store, "--lang", "en"]));
    assert!(before.contains(" 0 problems"), "{before}");
}

#[test]
fn a_backup_is_a_whole_store_and_never_overwrites() {
    let place = Place::new();
    let (store, copy) = (place.text("hrgate.db"), place.text("copy.db"));
    place.run("first", Some(&store), None);
    ok(&["store", "backup", &store, &copy]);
    assert_eq!(ok(&["store", "check", &store]), ok(&["store", "check", &copy]));
    assert_eq!(hrgate(&["store", "backup", &store, &copy]).status.code(), Some(74));
    ok(&["store", "prune", &copy, "--keep-days", "1"]);
    assert_eq!(ok(&["store", "check", &store]), ok(&["store", "check", &copy]), "all are of today");
}

#[test]
fn a_damaged_store_is_told_and_a_missing_one_is_not_made() {
    let place = Place::new();
    let store = place.text("hrgate.db");
    assert_eq!(hrgate(&["rejudge", "--store", &store]).status.code(), Some(74));
    assert!(!place.path("hrgate.db").exists());
    std::fs::write(place.path("hrgate.db"), b"this is no database, but it is long enough").unwrap();
    let output = hrgate(&["store", "check", &store]);
    assert_eq!(output.status.code(), Some(74));
    assert!(String::from_utf8_lossy(&output.stderr).contains("hrgate.db"));
}

#[test]
fn a_store_of_the_first_version_opens_and_replays() {
    let place = Place::new();
    let frozen = root().join("tests/fixtures/store-1.db.zst");
    let bytes = zstd::decode_all(std::fs::File::open(frozen).unwrap()).unwrap();
    std::fs::write(place.path("old.db"), bytes).unwrap();
    let store = place.text("old.db");
    // Opening for writing migrates; the studies of then are judged by the checks of now.
    let out = place.text("out.jsonl");
    ok(&["store", "prune", &store, "--keep-days", "36500"]);
    ok(&["rejudge", "--store", &store, "--out", &out]);
    let lines = std::fs::read_to_string(&out).unwrap();
    assert_eq!(lines.lines().count(), 15);
    assert!(ok(&["store", "check", &store, "--lang", "en"]).contains("15 studies"));
}
