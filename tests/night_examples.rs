//! The examples of docs/night are run as they stand, with this machine's paths in the place of theirs.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// The words of a command line with paths replaced.
fn words(line: &str, folder: &Path) -> Vec<String> {
    let here = |text: &str| folder.join(text).display().to_string();
    let studies = here("studies");
    let replaced = [
        ("/var/lib/prometheus/node-exporter/hrgate.prom", here("hrgate.prom")),
        ("/var/lib/hrgate", here("var")),
        ("/etc/hrgate/institutions.toml", "sample_studies/institutions.toml".to_owned()),
        ("/srv/studies", studies),
        ("/usr/local/bin/hrgate", env!("CARGO_BIN_EXE_hrgate").to_owned()),
    ];
    let replace = |word: &str| {
        replaced.iter().fold(word.to_owned(), |word, (from, to)| word.replace(from, to))
    };
    line.split_whitespace().map(replace).collect()
}

fn night(words: &[String], folder: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir_all(folder.join("var")).unwrap();
    fs::create_dir_all(folder.join("studies")).unwrap();
    let file = root.join("sample_studies/01-chest-dr");
    let copied =
        Command::new("cp").arg("-r").arg(file).arg(folder.join("studies")).status().unwrap();
    assert!(copied.success());
    let output =
        Command::new(env!("CARGO_BIN_EXE_hrgate")).args(words).current_dir(root).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 10 | 11)), "{said}");
    assert!(folder.join("var/hrgate.db").exists() && folder.join("var/reports").is_dir());
}

#[test]
fn the_line_of_cron_runs() {
    let folder = tempfile::tempdir().unwrap();
    let table = include_str!("../docs/night/hrgate.cron");
    let line = table.lines().find(|l| l.starts_with("0 22 * * * ")).unwrap();
    // Minute, hour, day, month, weekday, user, program; what follows the last goes to a shell.
    let command = line.split_once("hrgate hrgate ").unwrap().1.split_once(" 2>>").unwrap().0;
    night(&words(command, folder.path()), folder.path());
}

#[test]
fn the_service_of_systemd_runs() {
    let folder = tempfile::tempdir().unwrap();
    let unit = include_str!("../docs/night/hrgate-night.service").replace("\\\n", " ");
    let line = unit.lines().find_map(|l| l.strip_prefix("ExecStart=")).unwrap();
    let words = words(line, folder.path());
    assert_eq!(words[0], env!("CARGO_BIN_EXE_hrgate"));
    night(&words[1..], folder.path());
    assert!(fs::read_to_string(folder.path().join("hrgate.prom")).unwrap().contains("hrgate_"));
    assert!(unit.contains("SuccessExitStatus=10 11"), "verdicts are no failures");
}
