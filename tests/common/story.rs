//! The commands of a page of `docs/`, run line by line.

use std::path::PathBuf;

use super::program::{hrgate, root};

/// A command of the page: its words and the exit code it must end with.
struct Step {
    words: Vec<String>,
    code: i32,
}

fn steps(section: &str, store: &str, out: &str) -> Vec<Step> {
    let page = std::fs::read_to_string(root().join("docs/gate.md")).unwrap();
    let story =
        page.split(&format!("## {section}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
    let lines = story.lines().filter_map(|line| line.strip_prefix("hrgate "));
    lines
        .map(|line| {
            let line = line.replace("$STORE", store).replace("$OUT", out);
            let (command, code) = line.split_once(" → ").unwrap_or((&line, "0"));
            Step { words: words(command), code: code.trim().parse().unwrap() }
        })
        .collect()
}

/// Words as a shell takes them, double quotes understood.
fn words(line: &str) -> Vec<String> {
    let (mut out, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => out.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    out.push(word);
    out.retain(|w| !w.is_empty());
    out
}

/// A section of the page, lived through.
pub struct Story {
    folder: tempfile::TempDir,
    /// Commands and what they said.
    pub said: Vec<(String, String)>,
}

impl Story {
    /// Runs every command of a section and holds its exit code.
    pub fn live(section: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, out) = (folder.path().join("hrgate.db"), folder.path().join("out"));
        let mut said = Vec::new();
        for step in steps(section, store.to_str().unwrap(), out.to_str().unwrap()) {
            let output = hrgate(&step.words);
            let text = String::from_utf8(output.stdout).unwrap();
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            let command = step.words.join(" ");
            let code = output.status.code();
            assert_eq!(code, Some(step.code), "{command}\n{text}{errors}");
            said.push((command, text + &errors));
        }
        Self { folder, said }
    }

    /// A path in the folder of the story.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The store.
    pub fn store(&self) -> String {
        self.path("hrgate.db").to_str().unwrap().to_owned()
    }

    /// What the n-th command that begins so said.
    pub fn said(&self, begins: &str, n: usize) -> &str {
        &self.said.iter().filter(|(c, _)| c.starts_with(begins)).nth(n).unwrap().1
    }
}
