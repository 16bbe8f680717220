//! Records of people and decisions against the ledger, row by row, as somebody with the file could
//! change them; what is published and restored; and who has to be named.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

mod common {
    pub mod program;
    pub mod story;
}
use common::program::hrgate;
use common::story::Story;

fn ask(line: &str, store: &str) -> (i32, String) {
    // A blank between quotes is a word of its own: `' '`.
    let words = line.split_whitespace().map(|w| if w == "BLANK" { " " } else { w }.to_owned());
    let mut words: Vec<String> = words.collect();
    words.extend(["--store".to_owned(), store.to_owned()]);
    let output = hrgate(&words);
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

/// Statements on a copy of the store, as somebody with the file could give them.
fn tampered(story: &Story, name: &str, statement: &str) -> (i32, String) {
    use sqlx::{ConnectOptions, Executor};
    let copy = story.path(&format!("{name}.db"));
    let copy = copy.to_str().unwrap();
    let backup = ["store", "backup", &story.store(), copy].map(str::to_owned);
    assert!(hrgate(&backup).status.success());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(copy).foreign_keys(false);
    let mut connection = runtime.block_on(options.connect()).unwrap();
    let statement = sqlx::AssertSqlSafe(statement.to_owned());
    let done = runtime.block_on(connection.execute(statement)).unwrap();
    assert!(done.rows_affected() > 0, "{name} changes nothing");
    drop(connection);
    ask("ledger verify", copy)
}

fn all_are_told(story: &Story, attacks: &[(&str, &str, &str)]) {
    let (code, said) = ask("ledger verify", &story.store());
    assert_eq!(code, 0, "{said}");
    for (name, statement, told) in attacks {
        let (code, said) = tampered(story, name, statement);
        assert_eq!(code, 27, "{name}: {said}");
        assert!(said.contains(told), "{name}: {said}");
    }
}

/// One study with a label, by its key.
const LABELLED: &str = "(SELECT min(study_key) FROM label WHERE decision = 'apply')";

#[test]
fn a_forged_label_is_told_with_its_row() {
    let story = Story::live("A year of one hospital");
    let set = |what: &str| format!("UPDATE label SET {what} WHERE study_key = {LABELLED}");
    let (moved, uid) = (set("study_key = '2.25.1'"), set("study_uid = '2.25.1'"));
    let (date, latin) = (set("study_date = '2024-01-01'"), set("text_en = 'HR'"));
    let position = set("position = 'bottom-left:image'");
    let gone = format!("DELETE FROM label WHERE study_key = {LABELLED}");
    let attacks = [
        ("moved", moved.as_str(), "study_key of label 2.25.1"),
        ("uid", &uid, "study_uid of label"),
        ("date", &date, "study_date of label"),
        ("latin", &latin, "text_en of label"),
        ("position", &position, "position of label"),
        ("gone", &gone, "was deleted"),
    ];
    all_are_told(&story, &attacks);
}

/// A study that was withheld first and labelled after a signature.
const SIGNED: &str = "2.25.228049277534342466999703462480086117742";

#[test]
fn a_label_put_back_to_an_earlier_decision_is_told() {
    let story = Story::live("People decide");
    let back = format!(
        "UPDATE label SET (ledger_seq, decided_at, decision, scope, text, text_en, position, reasons,
             depth, as_of, run_id, versions) =
             (SELECT seq, at, json_extract(body, '$.decision'), json_extract(body, '$.scope'),
                 json_extract(body, '$.text'), json_extract(body, '$.text_en'),
                 json_extract(body, '$.position'), json_extract(body, '$.reasons'),
                 json_extract(body, '$.depth'), json_extract(body, '$.as_of'),
                 json_extract(body, '$.run'), json_extract(body, '$.versions')
              FROM ledger WHERE subject = label.study_key AND kind = 'label' ORDER BY seq LIMIT 1)
         WHERE study_key = '{SIGNED}'"
    );
    all_are_told(&story, &[("back", &back, "decided otherwise since")]);
}

#[test]
fn forged_records_of_centres_are_told_with_their_row() {
    let story = Story::live("A year of one hospital");
    let attacks = [
        ("result", "UPDATE evaluation SET result = 'pass' WHERE id = 2", "result of evaluation 2"),
        ("whose", "UPDATE evaluation SET institution = 'x' WHERE id = 1", "of evaluation 1"),
        ("no-spot-check", "DELETE FROM evaluation WHERE id = 2", "was deleted"),
        (
            "forged",
            "INSERT INTO evaluation SELECT 9, institution, profile, target, scope, '2026-01-01',
                 kind, result, evaluator, evidence, person, recorded_at, ledger_seq
             FROM evaluation WHERE id = 1",
            "no row of the ledger tells of evaluation 9",
        ),
        (
            "closed",
            "UPDATE rectification SET closed_on = '2025-06-04'",
            "closed_on of rectification 1",
        ),
        ("due", "UPDATE rectification SET due_on = '2027-01-01'", "due_on of rectification 1"),
        ("recheck", "UPDATE rectification SET recheck_note = 'x'", "recheck_note of"),
        ("gone", "DELETE FROM rectification", "rectification 1, of which row"),
    ];
    all_are_told(&story, &attacks);
}

#[test]
fn forged_records_of_people_are_told_with_their_row() {
    let story = Story::live("People decide");
    let attacks = [
        ("person", "UPDATE review SET person = 'Nobody' WHERE id = 1", "person of review 1"),
        ("digest", "UPDATE review SET result_digest = 'x' WHERE id = 1", "result_digest of review"),
        (
            "signed",
            "INSERT INTO review SELECT 9, study_key, profile, answer, person, role, reason, signed_on,
                 result_digest, recorded_at, ledger_seq FROM review WHERE id = 1",
            "no row of the ledger tells of review 9",
        ),
        ("longer", "UPDATE waiver SET valid_until = '2030-01-01' WHERE id = 1", "valid_until of"),
        ("revived", "UPDATE waiver SET revoked_on = NULL WHERE id = 2", "revoked_on of waiver 2"),
        ("revoked", "UPDATE waiver SET revoked_on = '2025-03-14' WHERE id = 1", "of waiver 1"),
        ("answer", "UPDATE appeal SET outcome = 'upheld'", "outcome of appeal 1"),
        ("gone", "DELETE FROM waiver WHERE id = 2", "waiver 2, of which row"),
    ];
    all_are_told(&story, &attacks);
}

#[test]
fn a_waiver_is_given_and_revoked_in_the_history_of_its_institution() {
    let story = Story::live("People decide");
    assert!(story.said("waiver revoke", 0).contains("is revoked"));
    let (_, history) = ask("gate history --of first-people", &story.store());
    let steps = |step: &str| {
        let step = format!("\"step\":\"{step}\"");
        history.lines().filter(|l| l.contains("  waiver  ") && l.contains(&step)).count()
    };
    assert_eq!((steps("add"), steps("revoke")), (2, 1), "{history}");
}

const ACT: &str = "--institution first-people --profile hebei-2025 --on";

/// A hospital that is granted all items.
fn granted(folder: &tempfile::TempDir) -> String {
    let store = folder.path().join("s.db").to_str().unwrap().to_owned();
    let line = format!(
        "evaluation add {ACT} 2025-01-10 --item * --result pass --by provincial-centre \
         --evidence a --person Li --registry sample_studies/institutions.toml"
    );
    assert_eq!(ask(&line, &store).0, 0);
    store
}

#[test]
fn what_is_published_names_what_is_suspended() {
    let folder = tempfile::tempdir().unwrap();
    let store = granted(&folder);
    let out = folder.path().join("public");
    let publish = format!("publish --as-of 2025-06-04 --out {}", out.display());
    let list = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    assert_eq!(ask(&publish, &store).0, 0);
    assert!(!list("labels.csv").contains("已暂停"));
    let suspend = format!(
        "gate suspend {ACT} 2025-06-03 --item CT --by provincial-centre --evidence s --person Li"
    );
    assert_eq!(ask(&suspend, &store).0, 0);
    assert_eq!(ask(&publish, &store).0, 0);
    let labels = list("labels.csv");
    assert!(labels.starts_with("region,profile,institution,name,item,item_name,except,label"));
    let line = labels.lines().find(|l| l.contains("first-people,")).unwrap();
    assert!(line.contains(",*,全部项目,CT CT 全部项目（已暂停）,"), "{line}");
    assert_eq!(labels.lines().filter(|l| l.contains("first-people,")).count(), 1, "{labels}");
    assert!(list("labels.html").contains("已暂停"));
    let items = list("items.csv");
    assert!(items.starts_with("region,profile,item,modality,item_name,code\n"), "{items}");
    for line in ["hebei-2025,HB-001,", "beijing-2024,BJ-001,", "hechi-2024,"] {
        assert!(items.contains(line), "{line}");
    }
    assert!(list("items.html").contains("HB-001") && items.contains("\n# ledger "));
}

#[test]
fn restoring_all_names_what_is_still_suspended_and_tells_when_nothing_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = granted(&folder);
    let restore = |on: &str| ask(&format!("gate restore {ACT} {on} --person Li"), &store);
    let (code, said) = restore("2025-06-01");
    assert_eq!(code, 26, "{said}");
    assert!(said.contains("nothing is suspended"), "{said}");
    let suspend = format!(
        "gate suspend {ACT} 2025-06-03 --item CT --by provincial-centre --evidence s --person Li"
    );
    assert_eq!(ask(&suspend, &store).0, 0);
    let (code, said) = restore("2025-06-04");
    assert_eq!(code, 26, "{said}");
    assert!(said.contains("CT: ") && said.contains("the rectification is not closed"), "{said}");
    for step in [
        "rectify open --institution first-people --profile hebei-2025 --item CT --finding f",
        "rectify answer --id 1 --cause c --measure m",
        "rectify recheck --id 1 --result pass",
        "rectify close --id 1",
    ] {
        assert_eq!(ask(&format!("{step} --on 2025-06-05 --person Li"), &store).0, 0, "{step}");
    }
    let pass = format!(
        "evaluation add {ACT} 2025-06-08 --item CT --result pass --kind spot-check \
         --by provincial-centre --evidence t --person Li"
    );
    assert_eq!(ask(&pass, &store).0, 0);
    let (code, said) = restore("2025-06-08");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("restore  first-people  hebei-2025  CT"), "{said}");
    assert_eq!(restore("2025-06-09").0, 26, "once");
}

#[test]
fn whoever_answers_for_something_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = granted(&folder);
    let by = "--by provincial-centre --evidence e";
    for line in [
        format!("gate suspend {ACT} 2025-06-03 --item CT {by} --person BLANK"),
        format!(
            "gate suspend {ACT} 2025-06-03 --item CT --by provincial-centre --evidence BLANK --person Li"
        ),
        format!("gate restore {ACT} 2025-06-03 --person BLANK"),
        "gate release --hold 1 --person BLANK --reason r".to_owned(),
        "gate release --hold 1 --person Li --reason BLANK".to_owned(),
        format!("evaluation add {ACT} 2025-06-03 --result pass {by} --person BLANK"),
        "evaluation import nowhere.csv --person BLANK".to_owned(),
        format!("rectify open {ACT} 2025-06-03 --finding f --person BLANK"),
        format!("rectify open {ACT} 2025-06-03 --finding BLANK --person Li"),
        "rectify answer --id 1 --cause c --measure m --person BLANK".to_owned(),
        "rectify answer --id 1 --cause BLANK --measure m --person Li".to_owned(),
        "rectify recheck --id 1 --result pass --person BLANK".to_owned(),
        "rectify close --id 1 --person BLANK".to_owned(),
    ] {
        let (code, said) = ask(&line, &store);
        assert_eq!(code, 64, "{line}: {said}");
        assert!(said.contains("is empty"), "{line}: {said}");
    }
}
