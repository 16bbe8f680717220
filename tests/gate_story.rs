//! A year of one hospital as `docs/gate.md` tells it: the very commands of the page are run, and
//! what the page says of them is held. Then the ledger is attacked in every way it must notice.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::path::Path;
use std::process::Output;

use serde_json::Value;

mod common {
    pub mod program;
    pub mod story;
}
use common::program::hrgate;
use common::story::Story;

struct Year(Story);

impl std::ops::Deref for Year {
    type Target = Story;

    fn deref(&self) -> &Story {
        &self.0
    }
}

impl Year {
    fn live() -> Self {
        let story = Story::live("A year of one hospital");
        assert!(story.said.len() > 15, "the page lost its commands");
        Self(story)
    }

    fn verify(&self, store: &str, against: &[&str]) -> (i32, String) {
        let mut args: Vec<String> =
            ["ledger", "verify", "--store", store].map(str::to_owned).into();
        if !against.is_empty() {
            args.push("--against".into());
            args.extend(against.iter().map(|f| self.path(f).to_str().unwrap().to_owned()));
        }
        let output = hrgate(&args);
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }
}

/// How many labels are of a view; no instance is in two of them.
fn each_view_of_its_own(labels: &[Value]) -> usize {
    let mut seen = std::collections::BTreeSet::new();
    let of = |l: &Value| l["subject"]["sop_uids"].as_array().unwrap().clone();
    for uid in labels.iter().flat_map(of) {
        assert!(seen.insert(uid.to_string()), "{uid} is in two views");
    }
    labels.iter().filter(|l| !of(l).is_empty()).count()
}

#[test]
fn the_year_goes_as_the_page_tells_it() {
    let year = Year::live();
    assert!(year.said("gate decide", 0).contains("2025-01-10  grant  first-people"));
    let lines = std::fs::read_to_string(year.path("out/march/studies.jsonl")).unwrap();
    let (mut applied, mut views) = (0, 0);
    for line in lines.lines() {
        let study: Value = serde_json::from_str(line).unwrap();
        views += each_view_of_its_own(study["labels"].as_array().unwrap());
        for label in study["labels"].as_array().unwrap() {
            let apply = label["decision"] == "apply";
            applied += u32::from(apply);
            assert!(
                !apply || (study["verdict"] == "pass" && study["institution"] == "first-people")
            );
            assert!(!apply || label["text"] == "——京津冀互认", "{label}");
            assert!(!label["reasons"].as_array().unwrap().is_empty());
        }
    }
    assert!(applied >= 4, "{applied} labels");
    assert_eq!(views, 2, "the views of the mammography are labelled one by one");
    let export = std::fs::read_to_string(year.path("out/march.csv")).unwrap();
    assert!(export.contains("——京津冀互认,——JJJHR") && export.contains("\n# ledger "));
    let status = year.said("gate status", 0);
    assert!(status.contains("CT jjj  suspended 2025-06-03"), "{status}");
    assert!(status.contains("* jjj  granted"), "the other items go on: {status}");
    assert!(year.said("gate restore", 0).contains("the rectification is not closed"));
    assert!(year.said("gate restore", 1).contains("no pass after the rectification"));
    assert!(year.said("gate restore", 2).contains("restore  first-people"));
    assert!(year.said("gate decide", 1).contains("2026-01-11  lapse  first-people"));
    assert!(year.said("gate status", 1).contains("CT jjj  lapsed 2026-01-11"));
    let history = year.said("gate history", 0);
    for act in ["grant", "suspend", "restore", "lapse"] {
        assert!(history.contains(&format!("\"act\":\"{act}\"")), "{act}: {history}");
    }
    let accept = year.said("gate accept", 0);
    assert!(accept.contains("21 days old") && accept.contains("the doctor's decision"), "{accept}");
    let list = std::fs::read_to_string(year.path("out/public/labels.csv")).unwrap();
    assert!(list.contains("示例市第一人民医院") && list.contains("——京津冀互认"));
    let html = std::fs::read_to_string(year.path("out/public/labels.html")).unwrap();
    assert!(html.contains("公示") && !html.contains("2.25."), "no study in what is published");
}

/// Statements on a copy of the store, as somebody with the file could give them.
fn tamper(store: &str, statements: &[&str]) {
    use sqlx::{ConnectOptions, Executor};
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(store);
    let mut connection = runtime.block_on(options.connect()).unwrap();
    for statement in statements {
        let statement = sqlx::AssertSqlSafe((*statement).to_owned());
        runtime.block_on(connection.execute(statement)).unwrap();
    }
}

const OFF: [&str; 2] = ["DROP TRIGGER ledger_no_update", "DROP TRIGGER ledger_no_delete"];

#[test]
fn every_attack_on_the_ledger_is_told_with_its_row() {
    let year = Year::live();
    let heads = ["out/march/run.json", "out/march.csv"];
    assert_eq!(year.verify(&year.store(), &heads).0, 0);
    let attacks: [(&str, &[&str], &str); 5] = [
        (
            "change",
            &["UPDATE ledger SET body = replace(body, 'pass', 'fail') WHERE seq = 1"],
            "row 1 changed",
        ),
        ("remove", &["DELETE FROM ledger WHERE seq = 4"], "row 4 was removed"),
        (
            "swap",
            &[
                "UPDATE ledger SET seq = -1 WHERE seq = 5",
                "UPDATE ledger SET seq = 5 WHERE seq = 7",
                "UPDATE ledger SET seq = 7 WHERE seq = -1",
            ],
            "row 5 was moved, it was row 7",
        ),
        ("cut", &["DELETE FROM ledger WHERE seq > 6"], "the tail was cut"),
        (
            "label",
            &["UPDATE label SET decision = 'apply' WHERE decision = 'withhold'"],
            "is not what row",
        ),
    ];
    for (name, statements, told) in attacks {
        let copy = year.path(&format!("{name}.db"));
        let copy = copy.to_str().unwrap();
        let store = year.store();
        let output = hrgate(&["store", "backup", &store, copy].map(str::to_owned));
        assert!(output.status.success());
        tamper(copy, &["PRAGMA foreign_keys = OFF"]);
        let all: Vec<&str> = ["PRAGMA foreign_keys = OFF"]
            .into_iter()
            .chain(OFF)
            .chain(statements.iter().copied())
            .collect();
        tamper(copy, &all);
        let (code, said) = year.verify(copy, &heads);
        assert_eq!(code, 27, "{name}: {said}");
        assert!(said.contains(told), "{name}: {said}");
        assert!(said.contains("triggers"), "{name}: {said}");
    }
}

#[test]
fn the_ledger_refuses_update_and_delete() {
    let year = Year::live();
    let store = year.store();
    for statement in ["UPDATE ledger SET body = '{}' WHERE seq = 1", "DELETE FROM ledger"] {
        let refused = std::panic::catch_unwind(|| tamper(&store, &[statement]));
        assert!(refused.is_err(), "{statement}");
    }
    assert_eq!(year.verify(&store, &[]).0, 0);
}

/// The whole chain made anew, with other content in one row: it holds in itself, and the heads that
/// were told outside catch it.
#[test]
fn a_rebuilt_chain_is_caught_by_the_heads_told_outside() {
    use hrgate::ledger::{Draft, Entry, Head};
    use hrgate::store::Store;
    let year = Year::live();
    let store = year.store();
    let rows = Store::open_read_only(Path::new(&store)).unwrap().ledger().unwrap();
    let mut statements: Vec<String> = OFF.map(str::to_owned).into();
    let mut head = Head::default();
    for row in &rows {
        let body = row.body.replace("audit-2025-01", "audit-2025-99");
        let draft = Draft {
            at: row.at.clone(),
            kind: match row.kind.as_str() {
                "evaluation" => "evaluation",
                "standing" => "standing",
                "label" => "label",
                _ => "rectification",
            },
            subject: row.subject.clone(),
            body: serde_json::from_str(&body).unwrap(),
        };
        let forged = Entry::after(&head, &draft);
        head = forged.head();
        statements.push(format!(
            "UPDATE ledger SET prev = '{}', hash = '{}', body = '{}' WHERE seq = {}",
            forged.prev,
            forged.hash,
            forged.body.replace('\'', "''"),
            forged.seq
        ));
    }
    // Records and triggers are put right too: the forger knows the program.
    let made: [&str; 4] = [
        "UPDATE evaluation SET evidence = 'audit-2025-99' WHERE evidence = 'audit-2025-01'",
        "UPDATE label SET reasons = replace(reasons, 'audit-2025-01', 'audit-2025-99')",
        "CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, ''); END",
        "CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, ''); END",
    ];
    statements.extend(made.map(str::to_owned));
    tamper(&store, &statements.iter().map(String::as_str).collect::<Vec<_>>());
    let (code, said) = year.verify(&store, &[]);
    assert_eq!(code, 0, "in itself it holds: {said}");
    let (code, said) = year.verify(&store, &["out/march/run.json"]);
    assert_eq!(code, 27, "{said}");
    assert!(said.contains("rebuilt between rows 1 and"), "{said}");
}

#[test]
fn a_bad_row_of_an_import_is_told_with_its_line_and_nothing_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let (store, file) = (folder.path().join("s.db"), folder.path().join("e.csv"));
    let head = "institution,profile,item,scope,date,result,kind,by,evidence\n";
    let good = "a,hebei-2025,CT,hebei,2025-01-10,pass,evaluation,provincial-centre,x\n";
    let bad = "a,hebei-2025,HB-999999,nowhere,2025-02-30,maybe,evaluation,my-friend,x\n";
    let import = |text: String| {
        std::fs::write(&file, text).unwrap();
        let (store, file) = (store.to_str().unwrap(), file.to_str().unwrap());
        let args = ["evaluation", "import", file, "--store", store, "--person", "Li"];
        hrgate(&args.map(str::to_owned))
    };
    let output = import(format!("{head}{good}{bad}"));
    assert_eq!(output.status.code(), Some(65));
    let said = String::from_utf8(output.stderr).unwrap();
    for word in [":3: ", "HB-999999", "nowhere", "2025-02-30", "maybe", "my-friend"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(!store.exists());
    let said = |output: Output| String::from_utf8(output.stdout).unwrap();
    assert!(said(import(format!("{head}{good}"))).contains("1 of 1"));
    assert!(said(import(format!("{head}{good}"))).contains("0 of 1"), "twice is once");
}
