//! What a store remembers, through real runs: images that were changed after their label, and labels
//! that stand against what was decided.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::path::PathBuf;

use serde_json::Value;

mod common {
    pub mod program;
}
use common::program::{hrgate, root};

const CLEAN: &str = "02-clean-ct";
/// Its series, thick slices first.
const SERIES: [&str; 2] = ["SE0002", "SE0003"];

struct Hospital {
    folder: tempfile::TempDir,
    runs: u32,
}

impl Hospital {
    /// One clean study of a hospital that passed its evaluation.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let hospital = Self { folder, runs: 0 };
        std::fs::create_dir(hospital.path("in")).unwrap();
        for series in SERIES {
            let from = root().join("sample_studies").join(CLEAN).join(series);
            for file in std::fs::read_dir(from).unwrap() {
                let file = file.unwrap();
                let name = format!("{series}-{}", file.file_name().to_string_lossy());
                std::fs::copy(file.path(), hospital.path("in").join(name)).unwrap();
            }
        }
        let words = "evaluation add --institution first-people --profile hebei-2025 --item * \
            --on 2025-01-10 --result pass --by provincial-centre --evidence a --person Li \
            --registry sample_studies/institutions.toml";
        let (code, said) = hospital.ask(words);
        assert_eq!(code, 0, "{said}");
        hospital
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command with the store.
    fn ask(&self, words: &str) -> (i32, String) {
        let store = self.path("s.db");
        let mut words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        words.extend(["--store".to_owned(), store.to_str().unwrap().to_owned()]);
        let output = hrgate(&words);
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(said).unwrap())
    }

    /// A night; gives back the study's line.
    fn night(&mut self, more: &str) -> Value {
        self.runs += 1;
        let (input, out) = (self.path("in"), self.path("out"));
        let (input, out, n) = (input.display(), out.display(), self.runs);
        let (code, said) = self.ask(&format!(
            "run {input} --reports {out} --run-id n{n} --as-of 20250313 \
             --registry sample_studies/institutions.toml {more}"
        ));
        assert!([0, 10, 11].contains(&code), "{said}");
        let lines = std::fs::read_to_string(self.path(&format!("out/n{n}/studies.jsonl"))).unwrap();
        assert_eq!(lines.lines().count(), 1);
        serde_json::from_str(&lines).unwrap()
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(self.path("in")).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        files
    }

    /// Writes another Patient ID into every file; gives back the files and what they were.
    fn change_the_patient(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let change = |file: PathBuf| {
            let first = std::fs::read(&file).unwrap();
            let mut forged = first.clone();
            let tag = [0x10, 0x00, 0x20, 0x00, b'L', b'O'];
            let at = forged.windows(6).position(|w| w == tag).unwrap();
            forged[at + 8] = if forged[at + 8] == b'X' { b'Y' } else { b'X' };
            std::fs::write(&file, forged).unwrap();
            (file, first)
        };
        self.files().into_iter().map(change).collect()
    }

    /// Puts the pixels of another slice under the header of slice `n`; gives back the file and what
    /// it was.
    fn exchange_a_slice(&self, n: usize) -> (PathBuf, Vec<u8>) {
        let files = self.files();
        // A neighbour: of the same series, so of the same matrix.
        let [ours, other] = [n, n - 1].map(|n: usize| std::fs::read(&files[n]).unwrap());
        let pixels_at =
            |bytes: &[u8]| bytes.windows(4).rposition(|w| w == [0xE0, 0x7F, 0x10, 0x00]).unwrap();
        let forged = [&ours[..pixels_at(&ours)], &other[pixels_at(&other)..]].concat();
        std::fs::write(&files[n], forged).unwrap();
        (files[n].clone(), ours)
    }

    /// The worklist of the night, which says a label was printed.
    fn worklist(&self, study: &Value, printed: &str) -> String {
        let path = self.path("list.csv");
        let uid = study["study_uid"].as_str().unwrap();
        let text = format!(
            "检查UID,机构,检查时间,互认标识\n{uid},first-people,2025-03-12 08:00:00,{printed}\n"
        );
        std::fs::write(&path, text).unwrap();
        format!("--manifest {}", path.display())
    }
}

fn outcome<'v>(study: &'v Value, check: &str) -> &'v str {
    let outcomes = study["outcomes"].as_array().unwrap();
    let found = outcomes.iter().find(|o| o["name"] == check);
    found.unwrap_or_else(|| panic!("{check} did not run"))["outcome"].as_str().unwrap()
}

fn decision(study: &Value) -> &str {
    study["labels"][0]["decision"].as_str().unwrap()
}

#[test]
fn a_labelled_study_that_changed_loses_its_label_until_the_first_images_are_back() {
    let mut hospital = Hospital::new();
    let first = hospital.night("");
    assert_eq!((outcome(&first, "content-changed"), decision(&first)), ("not_applicable", "apply"));
    let again = hospital.night("");
    assert_eq!((outcome(&again, "content-changed"), decision(&again)), ("pass", "apply"));

    let (file, first_bytes) = hospital.exchange_a_slice(3);
    // A pass over headers alone sees nothing, says so, and takes nothing away.
    let header = hospital.night("--depth header");
    let said = (outcome(&header, "content-changed"), decision(&header));
    assert_eq!(said, ("could_not_run", "apply"));
    let changed = hospital.night("");
    assert_eq!((outcome(&changed, "content-changed"), decision(&changed)), ("fail", "withdraw"));
    assert_eq!(changed["verdict"], "fail");
    let uid = changed["study_uid"].as_str().unwrap();
    assert_eq!(hospital.ask(&format!("gate check --study {uid}")).0, 21);
    let (_, history) = hospital.ask(&format!("gate history --of {uid}"));
    assert_eq!(history.matches("  content-changed  ").count(), 1, "{history}");

    std::fs::write(file, first_bytes).unwrap();
    // Without pixels nobody can know that they are back.
    assert_eq!(decision(&hospital.night("--depth header")), "withdraw");
    let back = hospital.night("");
    assert_eq!((outcome(&back, "content-changed"), decision(&back)), ("pass", "apply"));
    assert_eq!(hospital.ask("ledger verify").0, 0);
}

#[test]
fn another_header_takes_the_label_and_does_not_win_it_back_by_staying() {
    let mut hospital = Hospital::new();
    assert_eq!(decision(&hospital.night("")), "apply");
    let first = hospital.change_the_patient();
    for depth in ["", "", "--depth header", ""] {
        let night = hospital.night(depth);
        let said = (outcome(&night, "content-changed"), decision(&night));
        assert_eq!(said, ("fail", "withdraw"), "{depth:?}");
    }
    let uid = hospital.night("")["study_uid"].as_str().unwrap().to_owned();
    let (_, history) = hospital.ask(&format!("gate history --of {uid}"));
    for kind in ["content-restored", "header-corrected"] {
        assert!(!history.contains(kind), "{history}");
    }
    for (file, bytes) in first {
        std::fs::write(file, bytes).unwrap();
    }
    let back = hospital.night("");
    assert_eq!((outcome(&back, "content-changed"), decision(&back)), ("pass", "apply"));
}

#[test]
fn leaving_out_the_exchanged_image_restores_nothing() {
    let mut hospital = Hospital::new();
    let uid = hospital.night("")["study_uid"].as_str().unwrap().to_owned();
    let last = hospital.files().len() - 1;
    let (file, bytes) = hospital.exchange_a_slice(last);
    assert_eq!(decision(&hospital.night("")), "withdraw");
    std::fs::remove_file(&file).unwrap();
    for _ in 0..2 {
        let night = hospital.night("");
        let said = (outcome(&night, "content-changed"), decision(&night));
        assert_eq!(said, ("could_not_run", "withdraw"));
        assert_eq!(hospital.ask(&format!("gate check --study {uid}")).0, 21);
    }
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(decision(&hospital.night("")), "apply");
    let (_, history) = hospital.ask(&format!("gate history --of {uid}"));
    assert_eq!(history.matches("  content-restored  ").count(), 1, "{history}");
}

#[test]
fn the_brake_holds_no_withdrawal_for_changed_content() {
    let mut hospital = Hospital::new();
    assert_eq!(decision(&hospital.night("")), "apply");
    hospital.change_the_patient();
    // With the policy of that night changed as well: one label of one is more than any share.
    let policies = hospital.path("policies");
    std::fs::create_dir(&policies).unwrap();
    let base = std::fs::read_to_string(root().join("policies/base.toml")).unwrap();
    let strict = "[checks.missing-slice]\nseverity = \"critical\"";
    assert!(base.contains(strict));
    let lenient = base.replace(strict, &strict.replace("critical", "minor"));
    std::fs::write(policies.join("base.toml"), lenient).unwrap();
    let night = hospital.night(&format!("--policies {}", policies.display()));
    assert_eq!((outcome(&night, "content-changed"), decision(&night)), ("fail", "withdraw"));
    assert_eq!(hospital.ask("gate release").0, 0, "nothing waits");
}

#[test]
fn labels_that_stand_are_held_against_what_was_decided() {
    let mut hospital = Hospital::new();
    let first = hospital.night("");
    assert_eq!(
        outcome(&first, "label-not-printed"),
        "not_applicable",
        "nothing was decided before"
    );
    let printed = hospital.worklist(&first, "——京津冀互认");
    let right = hospital.night(&printed);
    for check in ["label-without-right", "label-not-printed", "wrong-label"] {
        assert_eq!(outcome(&right, check), "pass", "{check}");
    }
    let none = hospital.worklist(&first, "否");
    assert_eq!(outcome(&hospital.night(&none), "label-not-printed"), "fail");
    let other = hospital.worklist(&first, "——河北互认");
    let wrong = hospital.night(&other);
    assert_eq!(
        (outcome(&wrong, "wrong-label"), decision(&wrong)),
        ("fail", "apply"),
        "images are no worse"
    );

    let suspend = "gate suspend --institution first-people --profile hebei-2025 --item CT \
        --on 2025-03-01 --by provincial-centre --evidence spot --person Li";
    assert_eq!(hospital.ask(suspend).0, 0);
    let printed = hospital.worklist(&first, "——京津冀互认");
    assert_eq!(decision(&hospital.night(&printed)), "withdraw");
    let after = hospital.night(&printed);
    assert_eq!(outcome(&after, "label-after-withdrawal"), "fail");
    assert_eq!(outcome(&after, "label-without-right"), "not_applicable");
}

#[test]
fn a_label_that_nobody_granted_is_found_the_first_night() {
    let mut hospital = Hospital::new();
    let uid = {
        let inspect: Vec<String> =
            ["inspect", "--json", hospital.path("in").to_str().unwrap()].map(str::to_owned).into();
        let studies: Value = serde_json::from_slice(&hrgate(&inspect).stdout).unwrap();
        assert_eq!(outcome(&studies[0], "label-without-right"), "not_applicable", "no store");
        studies[0].clone()
    };
    let printed = hospital.worklist(&uid, "是");
    let study = hospital.night(&printed);
    assert_eq!(outcome(&study, "label-without-right"), "fail");
    assert_eq!(study["verdict"], "pass", "the images are no worse");
}
