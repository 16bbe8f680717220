//! Reviews, waivers and appeals as `docs/gate.md` tells them: the very commands of the page are run.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

mod common {
    pub mod program;
    pub mod story;
}
use common::program::hrgate;
use common::story::Story;

const EMPTY_FILE: &str = "2.25.228049277534342466999703462480086117742";
const MISSING_SLICE: &str = "2.25.144923669432080737636056305161102368257";

fn ask(words: &[&str]) -> (i32, String) {
    let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
    let output = hrgate(&words);
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[test]
fn people_decide_as_the_page_tells_it() {
    let story = Story::live("People decide");
    let store = story.store();
    assert!(story.said("review list", 0).contains(EMPTY_FILE));
    assert!(!story.said("review list", 0).contains("not-judged"));
    assert!(story.said("review show", 0).contains("empty-file"));
    let signed = story.said("review sign", 0);
    assert!(
        signed.contains("HB-122  apply  ——京津冀互认") && signed.contains("Wang Fang"),
        "{signed}"
    );
    assert!(story.said("review sign", 1).contains("critical fail"));
    assert!(
        story.said("gate check", 1).contains("missing-slice"),
        "no waiver goes over a critical fail"
    );
    let listed = story.said("waiver list", 0);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(listed.contains("an old archive leaves empty files"));
    let (_, now) = ask(&["waiver", "list", "--store", &store, "--as-of", "2025-03-16"]);
    assert_eq!(now.lines().count(), 1, "the revoked one is gone: {now}");
    assert!(
        story.said("appeal open", 0).contains("2025-03-29"),
        "15 days: {}",
        story.said("appeal open", 0)
    );
    assert!(story.said("appeal open", 1).contains("under appeal already"));
    assert!(story.said("appeal open", 2).contains("no such finding"));
    assert!(story.said("appeal list", 0).contains("overdue since 2025-03-29"));
    let rates = story.said("appeal rates", 0);
    assert!(rates.contains("0 upheld, 1 rejected") && rates.contains("0.0 %"), "{rates}");
    // A waiver of a major finding is enough: the signature withdrawn, the label stands by the waiver.
    let (_, history) = ask(&["gate", "history", "--store", &store, "--of", EMPTY_FILE]);
    assert!(history.contains("  review  ") && history.contains("Wang Fang"), "{history}");
}

#[test]
fn a_refusal_of_a_person_takes_the_label_back() {
    let story = Story::live("People decide");
    let store = story.store();
    let sign = |study: &str, answer: &str, person: &str| {
        ask(&[
            "review",
            "sign",
            "--store",
            &store,
            "--study",
            study,
            "--answer",
            answer,
            "--person",
            person,
            "--role",
            "QC physician",
            "--reason",
            "motion",
            "--on",
            "2025-03-14",
        ])
    };
    let (code, said) = sign(EMPTY_FILE, "withhold", "Chen Jie");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("HB-122  withdraw") && said.contains("Chen Jie"), "{said}");
    assert_eq!(ask(&["gate", "check", "--store", &store, "--study", EMPTY_FILE]).0, 21);
    assert_eq!(sign(MISSING_SLICE, "apply", "Chen Jie").0, 26);
    assert_eq!(sign("1.2.3", "apply", "Chen Jie").0, 64, "no such study");
    assert_eq!(sign(EMPTY_FILE, "apply", " ").0, 64, "a signature has a name");
}

#[test]
fn a_waiver_needs_a_scope_a_time_and_a_check() {
    let story = Story::live("People decide");
    let store = story.store();
    let add = |more: &[&str]| {
        let base = [
            "waiver",
            "add",
            "--store",
            &store,
            "--from",
            "2025-03-13",
            "--person",
            "Li Na",
            "--role",
            "director",
            "--reason",
            "test",
        ];
        ask(&[&base, more].concat())
    };
    let until = ["--until", "2025-06-30"];
    let case = |more: &[&str]| add(&[more, &until].concat());
    assert_eq!(case(&["--check", "empty-file"]).0, 64, "no scope");
    assert_eq!(case(&["--check", "no-such-check", "--everywhere"]).0, 64);
    assert_eq!(case(&["--check", "empty-file", "--profile", "nowhere"]).0, 64);
    assert_eq!(case(&["--check", "empty-file", "--item", "XX-1"]).0, 64);
    assert_eq!(case(&["--check", "empty-file", "--everywhere"]).0, 0);
    let early = add(&["--check", "empty-file", "--everywhere", "--until", "2025-01-01"]);
    assert_eq!(early.0, 64, "it ends before it begins");
}
