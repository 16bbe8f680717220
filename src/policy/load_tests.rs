//! Tests of loading: what is refused, with its place, and what a digest depends on.

use crate::checks::contract::CheckMeta;
use crate::checks::view::StudyView;
use crate::model::outcome::{Outcome, Severity};

use super::error::PolicyErrors;
use super::files::{EMBEDDED, PolicyFiles, RegionFiles};
use super::load::{PolicySet, load, load_files};
use super::params::Params;

fn never(_: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    Vec::new()
}

mod stable {
    use super::never;
    crate::declare_check! {
        /// Stands for any stable check.
        code: "TST001", name: "missing-thing", title: ("甲", "a"), advice: ("乙", "b"),
        status: Stable, depth: Header, inputs: [],
        params: [
            ("limit", Number, "mm", "a limit"),
            ("strict", Flag, "", "a switch"),
            ("words", Texts, "", "a list"),
        ],
        dicom_code: None, run: never,
    }
}

mod preview {
    use super::never;
    crate::declare_check! {
        /// Stands for any preview check.
        code: "TST002", name: "doubtful-thing", title: ("甲", "a"), advice: ("乙", "b"),
        status: Preview, depth: Header, inputs: [], params: [], dicom_code: None, run: never,
    }
}

const REGISTRY: &[&CheckMeta] = &[&stable::CHECK, &preview::CHECK];

const BASE: &str = r#"schema = 1

[checks.missing-thing]
severity = "major"
required = true
source = "a textbook"

[checks.missing-thing.params]
limit = 2
strict = false
words = ["a"]

[checks.doubtful-thing]
severity = "minor"
required = false
source = "a guess"
"#;

pub(super) const REGION: &str = include_str!("testdata/minimal-profile.toml");

pub(super) fn files(base: &str, region: Option<&str>) -> PolicyFiles {
    let settings = include_str!("../../policies/settings.toml").to_owned();
    let mut out = PolicyFiles { base: base.to_owned(), settings, ..PolicyFiles::default() };
    if let Some(text) = region {
        let mut files = RegionFiles::default();
        files.files.insert("profile.toml".into(), text.into());
        files.files.insert("items.csv".into(), include_str!("testdata/minimal-items.csv").into());
        out.regions.insert("test-1".into(), files);
    }
    out
}

fn try_load(base: &str, region: Option<&str>) -> Result<PolicySet, PolicyErrors> {
    load_files(&files(base, region), REGISTRY)
}

fn errors(base: &str, region: Option<&str>) -> String {
    try_load(base, region).map_or_else(|e| e.to_string(), |_| String::new())
}

#[test]
fn a_complete_base_resolves_and_integers_serve_as_numbers() {
    let set = try_load(BASE, None).unwrap_or_else(|e| panic!("{e}"));
    let check = set.base.check(&stable::CHECK);
    assert_eq!(check.severity, Severity::Major);
    assert!((check.params.number("limit") - 2.0).abs() < 1e-12);
    assert_eq!(check.params.texts("words"), ["a"]);
}

#[test]
fn every_error_is_reported_with_its_place() {
    let bad = BASE
        .replace("severity = \"major\"", "severty = \"major\"")
        .replace("limit = 2", "limit = \"2\"\nlimt = 3")
        .replace("strict = false\n", "")
        .replace("required = false", "required = true")
        .replace("a guess\"", "a guess\"\n[checks.mising-thing]\nseverity = \"grave\"")
        .replace("schema = 1", "schema = 2");
    let all = errors(&bad, None);
    for want in [
        "base.toml:1:10: schema is 2, this program reads 1",
        "base.toml:3:1: missing key checks.missing-thing.severity",
        "base.toml:4:1: unknown key `severty` in checks.missing-thing; did you mean `severity`?",
        "base.toml:3:1: missing parameter checks.missing-thing.params.strict (true or false)",
        "base.toml:9:9: checks.missing-thing.params.limit must be a finite number, found a text",
        "base.toml:10:8: check missing-thing has no parameter `limt`; did you mean `limit`?",
        "base.toml:15:12: TST002 doubtful-thing is a preview check and cannot be required",
        "base.toml:17:1: unknown check `mising-thing`; did you mean `missing-thing`?",
        "base.toml:18:12: checks.mising-thing.severity must be one of critical, major, minor, \
         found `grave`",
        "base.toml:17:1: missing key checks.mising-thing.source",
    ] {
        assert!(all.lines().any(|l| l == want), "no line {want:?} in\n{all}");
    }
}

#[test]
fn a_registered_check_without_a_table_is_an_error_and_a_code_is_not_a_name() {
    let cut = BASE.split("[checks.doubtful-thing]").next().unwrap_or_default();
    assert_eq!(errors(cut, None), "base.toml: missing table [checks.doubtful-thing] (TST002)");
    let by_code = BASE.replace("[checks.doubtful-thing]", "[checks.TST002]");
    assert!(errors(&by_code, None).contains("`TST002`; did you mean `doubtful-thing`?"));
}

#[test]
fn broken_syntax_is_reported_beside_the_rest() {
    let broken = BASE.replace("limit = 2", "limit = = 2").replace("source = \"a guess\"", "");
    let all = errors(&broken, None);
    assert!(all.contains("base.toml:9:") && all.contains("TOML syntax"), "{all}");
    assert!(all.contains("missing key checks.doubtful-thing.source"), "{all}");
}

#[test]
fn a_region_differs_only_with_reason_and_clause() {
    let with =
        |table: &str| errors(BASE, Some(&format!("{REGION}\n[checks.missing-thing]\n{table}")));
    assert!(with("severity = \"minor\"").contains("missing key checks.missing-thing.reason"));
    assert!(with("severity = \"minor\"").contains("missing key checks.missing-thing.clause"));
    assert_eq!(with("severity = \"minor\"\nreason = \"r\"\nsite_setting = true"), "");
    assert!(
        with("reason = \"r\"\nclause = \"1\"\nsource = \"s\"").contains("unknown key `source`")
    );
}

#[test]
fn a_region_changes_what_it_names_and_keeps_the_rest() {
    let text = format!(
        "{REGION}\n[checks.missing-thing]\nseverity = \"critical\"\nreason = \"law\"\n\
         clause = \"§ 1\"\n[checks.missing-thing.params]\nlimit = 0.5\n"
    );
    let set = try_load(BASE, Some(&text)).unwrap_or_else(|e| panic!("{e}"));
    let profile = &set.profiles["test-1"];
    let check = profile.policy.check(&stable::CHECK);
    assert_eq!(check.severity, Severity::Critical);
    assert!((check.params.number("limit") - 0.5).abs() < 1e-12);
    assert!(!check.params.flag("strict"));
    assert_eq!(check.clause.as_deref(), Some("§ 1"));
    let keys: Vec<_> = profile.differences.iter().map(|d| d.key.as_str()).collect();
    assert_eq!(keys, ["severity", "limit", "clause"]);
}

#[test]
fn the_digest_follows_content_and_not_layout() {
    let digest =
        |base: &str| try_load(base, None).map_or_else(|e| panic!("{e}"), |s| s.base.digest);
    let plain = digest(BASE);
    assert_eq!(plain, digest(&BASE.replace("limit = 2\n", "# why\nlimit   = 2.0\n")));
    assert_ne!(plain, digest(&BASE.replace("limit = 2", "limit = 2.5")));
    assert_ne!(plain, digest(&BASE.replace("a textbook", "another")));
    assert_eq!(plain.len(), 64);
}

#[test]
fn the_embedded_list_is_the_folder() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(&root).into_iter().flatten() {
        let path = entry.path().strip_prefix(&root).map(|p| p.to_string_lossy().replace('\\', "/"));
        let path = path.unwrap_or_default();
        // The synonyms are embedded, and held against their folder, by `items::lexicon_read`.
        let ours = !path.starts_with("synonyms/");
        if ours
            && entry.file_type().is_file()
            && entry.path().extension().is_none_or(|e| e != "md")
            && !path.ends_with("cases.toml")
            && path != "coverage.csv"
        {
            found.push(path);
        }
    }
    found.sort();
    let mut listed: Vec<_> = EMBEDDED.iter().map(|(p, _)| (*p).to_owned()).collect();
    listed.sort();
    assert_eq!(found, listed);
}

#[test]
fn the_embedded_policies_load() {
    if let Err(e) = load(None) {
        panic!("{e}");
    }
}

#[test]
fn files_of_a_folder_lie_over_the_embedded_ones() {
    let dir = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, text)).unwrap_or_else(|e| panic!("{e}"));
    };
    write("new-region/profile.toml", REGION);
    write("new-region/items.csv", include_str!("testdata/minimal-items.csv"));
    write("new-region/README.md", "for people");
    let set = load(Some(dir.path())).unwrap_or_else(|e| panic!("{e}"));
    assert!(set.profiles["new-region"].external);
    assert!(set.policy("base").is_some());
    write("new-region/itens.csv", "x");
    write("Bad Name/profile.toml", "");
    let all = load(Some(dir.path())).map_or_else(|e| e.to_string(), |_| String::new());
    assert!(all.contains("new-region/itens.csv: unknown file"), "{all}");
    assert!(all.contains("Bad Name: the name of a region's folder"), "{all}");
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let all = load(Some(std::path::Path::new("/nonexistent/policies")));
    assert!(all.is_err_and(|e| e.to_string().contains("cannot be read")));
}
