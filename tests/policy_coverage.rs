//! Every rule of the five documents and what enforces it: `policies/coverage.csv` held against the
//! rules, the checks and the tests there are, and told in `docs/policies/coverage.md`
//! (HRGATE_BLESS=1 writes it).

#![allow(clippy::expect_used, reason = "a test says what it expected and ends")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use hrgate::checks::registry;
use serde::Deserialize;

/// Most rules that may be left out of scope.
const OUT_MOST: usize = 30;

#[derive(Deserialize)]
struct Rule {
    id: String,
    clause: String,
    force: String,
    quote_zh: String,
    data: String,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Check,
    Partly,
    Gate,
    Profile,
    Later,
    Input,
    Human,
    Out,
}

impl Kind {
    const ALL: [(Self, &'static str, &'static str); 8] = [
        (Self::Check, "enforced by a check", "由检查项执行"),
        (Self::Partly, "enforced in part", "部分执行"),
        (Self::Gate, "enforced by a rule of the label gate", "由标识闸门执行"),
        (Self::Profile, "enforced through the profile", "由策略数据执行"),
        (Self::Later, "due with a later part", "后续部分执行"),
        (Self::Input, "waits for data from outside", "需要外部数据"),
        (Self::Human, "a person decides", "由人决定"),
        (Self::Out, "out of scope", "不在范围内"),
    ];

    fn words(self) -> (&'static str, &'static str) {
        let known = Self::ALL.into_iter().find(|(kind, ..)| *kind == self);
        known.map_or(("", ""), |(_, en, zh)| (en, zh))
    }

    fn enforced(self) -> bool {
        matches!(self, Self::Check | Self::Partly | Self::Gate | Self::Profile)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Covered {
    id: String,
    kind: Kind,
    /// Codes of checks, a rule of the gate, a key of the profile, a family that is due.
    by: String,
    /// `file::function`, several with spaces between.
    tests: String,
    /// What is still due, or the input that is missing.
    open: String,
    zh: String,
    en: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rows<T: serde::de::DeserializeOwned>(file: &str) -> Vec<T> {
    let text = fs::read_to_string(root().join("policies").join(file)).expect("a policy file");
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    reader.deserialize().map(|row| row.expect("a row of the table")).collect()
}

fn both() -> Vec<(Rule, Covered)> {
    let mut covered: BTreeMap<String, Covered> =
        rows::<Covered>("coverage.csv").into_iter().map(|c| (c.id.clone(), c)).collect();
    let joined = rows::<Rule>("rules.csv").into_iter().map(|rule| {
        let row = covered.remove(&rule.id);
        let row = row.unwrap_or_else(|| panic!("{} is not in coverage.csv", rule.id));
        (rule, row)
    });
    let joined: Vec<_> = joined.collect();
    assert!(covered.is_empty(), "no such rule: {:?}", covered.keys());
    joined
}

/// Whether a rule must be enforced here: it commands, and needs no clinical record.
fn commands(rule: &Rule) -> bool {
    matches!(rule.force.as_str(), "must" | "must not" | "item")
        && !rule.data.split(' ').any(|letter| letter == "C")
}

#[test]
fn each_of_the_234_rules_is_covered_once_and_few_are_out_of_scope() {
    let both = both();
    assert_eq!(both.len(), 234);
    let out: Vec<_> = both.iter().filter(|(_, c)| c.kind == Kind::Out).collect();
    assert!(out.len() <= OUT_MOST, "{} rules are out of scope", out.len());
    let reasons: BTreeSet<_> = out.iter().flat_map(|(_, c)| [&c.zh, &c.en]).collect();
    assert_eq!(reasons.len(), out.len() * 2, "a reason of its own for each");
    for (rule, c) in &both {
        let explained = !c.zh.is_empty() && !c.en.is_empty();
        let needs_words = matches!(c.kind, Kind::Input | Kind::Human | Kind::Out);
        assert!(explained || !needs_words, "{}: no reason", rule.id);
    }
}

#[test]
fn what_enforces_a_rule_exists_and_has_a_test_that_breaks_it() {
    let mut sources = BTreeMap::new();
    for (rule, c) in both() {
        if matches!(c.kind, Kind::Check | Kind::Partly) && !c.by.contains("catalogue") {
            for code in c.by.split(' ') {
                assert!(registry::find(code).is_some(), "{}: no check {code}", rule.id);
            }
        }
        assert!(!c.kind.enforced() || !c.tests.is_empty(), "{}: no test", rule.id);
        assert!((c.kind == Kind::Partly) <= !c.open.is_empty(), "{}: what is left?", rule.id);
        assert!((c.kind == Kind::Check) <= c.open.is_empty(), "{}: only in part", rule.id);
        for test in c.tests.split(' ').filter(|t| !t.is_empty()) {
            let (file, function) = test.split_once("::").expect("file::function");
            let text = sources
                .entry(file.to_owned())
                .or_insert_with(|| fs::read_to_string(root().join(file)).unwrap_or_default());
            let there = text.contains("#[test]") && text.contains(&format!("fn {function}("));
            assert!(there, "{}: no test {test}", rule.id);
        }
    }
}

#[test]
fn what_is_not_enforced_names_the_family_or_the_input() {
    for (rule, c) in both() {
        if commands(&rule) && !c.kind.enforced() && c.kind != Kind::Out {
            assert!(!c.by.is_empty(), "{}: neither family nor input", rule.id);
        }
    }
}

const REGIONS: &[(&str, &str, &str)] = &[
    ("HB", "hebei-2025", "河北"),
    ("HC", "hechi-2024", "河池（广西）"),
    ("CY", "chuanyu-2025-draft", "川渝（征求意见稿）"),
    ("ZJ", "zhejiang-2021", "浙江"),
    ("BJ", "beijing-2024", "北京"),
];

fn page() -> String {
    let both = both();
    let mut text = String::from(
        "# What enforces each rule · 每条规则由什么执行\n\n\
         Generated from `policies/rules.csv` (every rule of the five documents, quoted) and \
         `policies/coverage.csv`; `tests/policy_coverage.rs` holds them against the checks and tests there are.\n\n\
         | kind | 类别 | rules | of them must / must not / item without clinical record |\n|---|---|---|---|\n",
    );
    for (kind, en, zh) in Kind::ALL {
        let of_kind = both.iter().filter(|(_, c)| c.kind == kind);
        let (all, hard) = (of_kind.clone().count(), of_kind.filter(|(r, _)| commands(r)).count());
        let _ = writeln!(text, "| {en} | {zh} | {all} | {hard} |");
    }
    for (prefix, id, name) in REGIONS {
        let _ = writeln!(
            text,
            "\n## {name} · [{id}]({id}.md)\n\n| rule | clause | force | words | kind | by | still due |\n|---|---|---|---|---|---|---|"
        );
        for (r, c) in both.iter().filter(|(r, _)| r.id.starts_with(prefix)) {
            let (en, zh) = c.kind.words();
            let words = short(&r.quote_zh);
            let due = if c.kind.enforced() { c.open.as_str() } else { "" };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {words} | {en} · {zh} | {} | {due} |",
                r.id, r.clause, r.force, c.by
            );
        }
    }
    let _ = writeln!(
        text,
        "\n## Commanded, and not wholly enforced yet · 有约束力而尚未完全执行\n\nForce must, must not or item, no clinical record needed.\n\n| rule | due with, or waits for | input | note |\n|---|---|---|---|"
    );
    for (r, c) in both.iter().filter(|(r, c)| {
        commands(r) && matches!(c.kind, Kind::Partly | Kind::Later | Kind::Input | Kind::Human)
    }) {
        let note = if c.zh.is_empty() { String::new() } else { format!("{} · {}", c.zh, c.en) };
        let _ = writeln!(text, "| {} | {} | {} | {note} |", r.id, c.by, c.open);
    }
    tests_and_out(&both, &mut text);
    text
}

fn tests_and_out(both: &[(Rule, Covered)], text: &mut String) {
    text.push_str("\n## Tests that break a rule · 违反规则的测试\n\n| rule | tests |\n|---|---|\n");
    for (r, c) in both.iter().filter(|(_, c)| c.kind.enforced()) {
        let tests: Vec<String> = c.tests.split(' ').map(|t| format!("`{t}`")).collect();
        let _ = writeln!(text, "| {} | {} |", r.id, tests.join("<br>"));
    }
    text.push_str("\n## Out of scope, and why · 不在范围内及原因\n\n| rule | force | 原因 | reason |\n|---|---|---|---|\n");
    for (r, c) in both.iter().filter(|(_, c)| c.kind == Kind::Out) {
        let _ = writeln!(text, "| {} | {} | {} | {} |", r.id, r.force, c.zh, c.en);
    }
    text.push_str("\n## A person decides · 由人决定\n\n| rule | force | who or what | 说明 | note |\n|---|---|---|---|---|\n");
    for (r, c) in both.iter().filter(|(_, c)| c.kind == Kind::Human) {
        let _ = writeln!(text, "| {} | {} | {} | {} | {} |", r.id, r.force, c.by, c.zh, c.en);
    }
}

/// The first words of a quote, for a table.
fn short(quote: &str) -> String {
    const MOST: usize = 32;
    let plain = quote.replace('|', "/");
    if plain.chars().count() <= MOST {
        return plain;
    }
    plain.chars().take(MOST).chain(['…']).collect()
}

fn pages() -> BTreeMap<String, String> {
    let set = hrgate::policy::load::load(None).unwrap_or_else(|e| panic!("{e}"));
    let mut index = String::from(
        "# Policies · 策略\n\nOne page a region, as `hrgate policy show ID --markdown` prints it: label texts, windows, limits with their \
         clauses, what the site sets because no text does, and every repair of the printed catalogue. What enforces each rule: \
         [coverage.md](coverage.md).\n\n| id | 地区 | region | items | 依据 |\n|---|---|---|---|---|\n",
    );
    let mut pages = BTreeMap::from([("coverage.md".to_owned(), page())]);
    for (id, profile) in &set.profiles {
        let (name, items) = (&profile.rules.name, profile.catalogue.items().count());
        let title = &profile.rules.document.title;
        let _ =
            writeln!(index, "| [{id}]({id}.md) | {} | {} | {items} | {title} |", name.zh, name.en);
        pages.insert(format!("{id}.md"), hrgate::policy::page::page(profile));
    }
    pages.insert("README.md".to_owned(), index);
    pages
}

#[test]
fn the_pages_are_fresh() {
    let folder: &Path = &root().join("docs/policies");
    let pages = pages();
    if std::env::var_os("HRGATE_BLESS").is_some() {
        fs::create_dir_all(folder).expect("docs can be written");
        for (name, page) in &pages {
            fs::write(folder.join(name), page).expect("a page can be written");
        }
    }
    for (name, page) in &pages {
        let committed = fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(committed == *page, "docs/policies/{name} is stale: set HRGATE_BLESS=1");
    }
}
