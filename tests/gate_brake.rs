//! The mass-change brake as a user meets it: a changed policy that would take more than its share of
//! an institution's labels waits for a person; the labels stand meanwhile.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

struct Place(tempfile::TempDir);

impl Place {
    fn text(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// What a command said, where `$S` stands for the store; it must end with `code`.
    fn run(&self, line: &str, code: i32) -> String {
        let mut command = Command::cargo_bin("hrgate").unwrap();
        let store = self.text("hrgate.db");
        let words = line.split(' ').map(|w| if w == "$S" { store.clone() } else { w.to_owned() });
        let output = command.current_dir(root()).env("HRGATE_LANG", "en").args(words).output();
        let output = output.unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{line}\n{said}{errors}");
        said + &errors
    }

    /// A folder of policies with words replaced in one file.
    fn policies(&self, name: &str, file: &str, from: &str, to: &str) -> String {
        let folder = self.0.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let text = std::fs::read_to_string(root().join("policies").join(file)).unwrap();
        assert!(text.contains(from), "{file} has {from:?}");
        std::fs::write(folder.join(file), text.replace(from, to)).unwrap();
        self.text(name)
    }
}

const STRICT: &str = "[checks.missing-slice]\nseverity = \"critical\"";
const LENIENT: &str = "[checks.missing-slice]\nseverity = \"minor\"";

/// Labels given under a policy to which a missing slice is a trifle; gives back the study that
/// has one.
fn labelled(place: &Place) -> String {
    let lenient = place.policies("lenient", "base.toml", STRICT, LENIENT);
    place.run(
        "evaluation add --store $S --institution first-people --profile hebei-2025 --on 2025-01-10 \
         --result pass --by provincial-centre --evidence a --person Li",
        0,
    );
    let reports = place.text("r");
    place.run(
        &format!(
            "run sample_studies --store $S --reports {reports} --run-id a --as-of 20250401 \
             --registry sample_studies/institutions.toml --policies {lenient}"
        ),
        11,
    );
    let lines = std::fs::read_to_string(format!("{reports}/a/studies.jsonl")).unwrap();
    let failed = |s: &Value| {
        s["outcomes"]
            .as_array()
            .unwrap()
            .iter()
            .any(|o| o["name"] == "missing-slice" && o["outcome"] == "fail")
    };
    let study = lines.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()).find(failed);
    let uid = study.unwrap()["study_uid"].as_str().unwrap().to_owned();
    place.run(&format!("gate check --store $S --study {uid}"), 0);
    place.run("rejudge --store $S --apply", 0);
    uid
}

#[test]
fn a_mass_change_waits_for_a_person_and_then_goes() {
    let place = Place(tempfile::tempdir().unwrap());
    let uid = labelled(&place);
    let said = place.run("gate decide --store $S --as-of 2025-04-02", 23);
    assert!(said.contains("mass change held: first-people hebei-2025 has 7 labels, 1 would go"));
    assert!(said.contains("missing-slice ×1"), "the common cause: {said}");
    place.run(&format!("gate check --store $S --study {uid}"), 0);
    // Asking again opens no second one.
    place.run("gate decide --store $S --as-of 2025-04-02", 23);
    let waiting = place.run("gate release --store $S", 23);
    assert_eq!(waiting.lines().count(), 1, "{waiting}");
    place.run("gate release --store $S --hold 1 --person Li --reason seen", 0);
    place.run(&format!("gate check --store $S --study {uid}"), 0);
    let said = place.run("gate decide --store $S --as-of 2025-04-02", 0);
    assert!(said.contains("1 withdraw"), "{said}");
    place.run(&format!("gate check --store $S --study {uid}"), 21);
    assert!(place.run("gate release --store $S", 0).is_empty());
    place.run("gate release --store $S --hold 1 --person Li --reason again", 64);
    let history = place.run(&format!("gate history --store $S --of {uid}"), 0);
    assert!(history.contains("\"decision\":\"apply\"") && history.contains("\"withdraw\""));
    place.run("ledger verify --store $S", 0);
}

#[test]
fn a_change_within_the_share_goes_at_once() {
    let place = Place(tempfile::tempdir().unwrap());
    let uid = labelled(&place);
    let wide = place.policies("wide", "settings.toml", "value = 0.05", "value = 0.2");
    place.run(&format!("gate decide --store $S --as-of 2025-04-02 --policies {wide}"), 0);
    place.run(&format!("gate check --store $S --study {uid}"), 21);
}

#[test]
fn a_shallower_run_replaces_no_decision() {
    let place = Place(tempfile::tempdir().unwrap());
    let uid = labelled(&place);
    let reports = place.text("r");
    place.run(
        &format!(
            "run sample_studies --store $S --reports {reports} --run-id b --as-of 20250402 \
             --registry sample_studies/institutions.toml --depth header"
        ),
        11,
    );
    place.run(&format!("gate check --store $S --study {uid}"), 0);
    let lines = std::fs::read_to_string(format!("{reports}/b/studies.jsonl")).unwrap();
    let study = lines
        .lines()
        .map(|l| serde_json::from_str::<Value>(l).unwrap())
        .find(|s| s["study_uid"] == uid.as_str())
        .unwrap();
    let label = &study["labels"][0];
    assert_eq!(label["decision"], "apply");
    let told = label["reasons"].as_array().unwrap();
    assert!(told.iter().any(|r| r == "deeper-decision-stands"), "{label}");
}

/// The hook of a RIS: the best of several calls, so that a busy machine does not fail it.
#[test]
fn a_check_answers_within_fifty_milliseconds() {
    let place = Place(tempfile::tempdir().unwrap());
    let uid = labelled(&place);
    let best = (0..10)
        .map(|_| {
            let began = std::time::Instant::now();
            place.run(&format!("gate check --store $S --study {uid} -q"), 0);
            began.elapsed()
        })
        .min()
        .unwrap();
    assert!(best.as_millis() <= 50, "{best:?}");
    place.run("gate check --store $S --study 1.2.3 -q", 22);
}
