//! `docs/checks/`: one page a check, as `hrgate explain` prints it, and their index. HRGATE_BLESS=1
//! writes them.

#![allow(clippy::expect_used, reason = "a test says what it expected and ends")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use hrgate::checks::registry;
use hrgate::cli::explain::page;
use hrgate::model::text::Language;

fn pages() -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let mut index = String::from(
        "# Checks\n\nOne page a check, the same that `hrgate explain CODE` prints, generated from the code. A preview is shown and counts for \
         nothing.\n\n| code | name | what | 中文 | status |\n|---|---|---|---|---|\n",
    );
    for check in registry::all() {
        let file = format!("{}.md", check.code);
        let (en, zh) = (check.title.get(Language::En), check.title.get(Language::Zh));
        let status = format!("{:?}", check.status).to_lowercase();
        let _ = writeln!(
            index,
            "| [{}]({file}) | {} | {en} | {zh} | {status} |",
            check.code, check.name
        );
        pages.insert(file, page(check, Language::En));
    }
    pages.insert("README.md".to_owned(), index);
    pages
}

#[test]
fn the_pages_of_all_checks_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/checks");
    let pages = pages();
    if std::env::var_os("HRGATE_BLESS").is_some() {
        fs::create_dir_all(&folder).expect("docs can be written");
        for (name, text) in &pages {
            fs::write(folder.join(name), text).expect("a page can be written");
        }
    }
    for (name, text) in &pages {
        let committed = fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(committed == *text, "docs/checks/{name} is stale: set HRGATE_BLESS=1");
    }
    let kept = fs::read_dir(&folder).expect("docs/checks is there").flatten();
    let stray: Vec<_> = kept
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .filter(|name| !pages.contains_key(name))
        .collect();
    assert!(stray.is_empty(), "pages of no check: {stray:?}");
}
