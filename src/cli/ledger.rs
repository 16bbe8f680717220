//! `hrgate ledger verify | head`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::Value;

use crate::ledger::{Head, verify};
use crate::model::text::Language;
use crate::store::Store;

use super::exit_code::Exit;
use super::{CommandError, output};

/// Options of `hrgate ledger`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Look for changed, removed and reordered rows; with --against, also for a cut tail and a chain
    /// that was rebuilt.
    Verify {
        /// The results store.
        #[arg(long)]
        store: PathBuf,
        /// Runs (run.json), reports and exports that tell the head of the ledger.
        #[arg(long, value_name = "FILE", num_args = 1..)]
        against: Vec<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the head: the number of entries and the last hash.
    Head {
        /// The results store.
        #[arg(long)]
        store: PathBuf,
    },
}

/// Runs the command.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    match &args.action {
        Action::Head { store } => {
            let head = Store::open_read_only(store)?.ledger_head()?;
            output::print(&format!("{} {}\n", head.count, head.hash))?;
            Ok(Exit::Ok)
        }
        Action::Verify { store, against, json } => {
            let mut heads = Vec::new();
            for file in against {
                heads.push((file.display().to_string(), head_of(file)?));
            }
            check(&mut Store::open_read_only(store)?, &heads, *json, language)
        }
    }
}

fn check(
    store: &mut Store,
    heads: &[(String, Head)],
    json: bool,
    language: Language,
) -> Result<Exit, CommandError> {
    let entries = store.ledger()?;
    let verified = verify(&entries, heads);
    let records = store.disagreements(&entries)?;
    let guarded = store.ledger_is_guarded()?;
    let sound = verified.faults.is_empty() && records.is_empty() && guarded;
    let mut text = String::new();
    if json {
        let value = serde_json::json!({
            "head": verified.head, "faults": verified.faults, "guarded": guarded,
            "records": records,
        });
        let _ = writeln!(text, "{value:#}");
    } else {
        for fault in &verified.faults {
            let _ = writeln!(text, "{}", fault.text.get(language));
        }
        for record in &records {
            let _ = writeln!(text, "{}", record.text.get(language));
        }
        if !guarded {
            text += match language {
                Language::Zh => "禁止改动和删除的触发器不在了\n",
                Language::En => "the triggers that forbid update and delete are gone\n",
            };
        }
        let (n, hash) = (verified.head.count, &verified.head.hash);
        let _ = match (sound, language) {
            (true, Language::Zh) => writeln!(text, "账本完整：{n} 行，末行 {hash}"),
            (true, Language::En) => writeln!(text, "the ledger is whole: {n} rows, head {hash}"),
            (false, Language::Zh) => writeln!(text, "账本有问题：{n} 行，末行 {hash}"),
            (false, Language::En) => writeln!(text, "the ledger is broken: {n} rows, head {hash}"),
        };
    }
    output::print(&text)?;
    Ok(if sound { Exit::Ok } else { Exit::LedgerBroken })
}

/// The head that a file tells: `ledger` of a JSON object, of its run, or of its first line; `# ledger COUNT
/// HASH` of a CSV.
fn head_of(file: &Path) -> Result<Head, CommandError> {
    let shown = file.display();
    let text =
        std::fs::read_to_string(file).map_err(|e| CommandError::Io(format!("{shown}: {e}")))?;
    let whole = serde_json::from_str::<Value>(&text).ok();
    let first = || serde_json::from_str::<Value>(text.lines().next().unwrap_or_default()).ok();
    // Reports and indexes tell it with their run.
    let head = |v: &Value| {
        let told = [&v["ledger"], &v["run"]["ledger"]];
        told.into_iter().find_map(|t| serde_json::from_value(t.clone()).ok())
    };
    let told = whole.or_else(first).as_ref().and_then(head);
    told.or_else(|| text.lines().find_map(head_of_line)).ok_or_else(|| {
        CommandError::Usage(format!("{shown}: no head of a ledger (`ledger` with count and hash)"))
    })
}

fn head_of_line(line: &str) -> Option<Head> {
    let mut words = line.split_once("ledger ")?.1.split([' ', ',', '<', '"']);
    let count = words.next()?.parse().ok()?;
    let hash =
        words.next().filter(|h| h.len() == 64 && h.bytes().all(|b| b.is_ascii_hexdigit()))?;
    Some(Head { count, hash: hash.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_found_in_json_and_in_comments() {
        let hash = "a".repeat(64);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        for text in [
            format!("{{\"ledger\": {{\"count\": 3, \"hash\": \"{hash}\"}}, \"more\": 1}}"),
            format!("{{\"run\": {{\"ledger\": {{\"count\": 3, \"hash\": \"{hash}\"}}}}}}"),
            format!("# ledger 3 {hash}\na,b\n"),
            format!("<!-- ledger 3 {hash} -->"),
        ] {
            std::fs::write(&file, &text).unwrap();
            assert_eq!(head_of(&file).unwrap(), Head { count: 3, hash: hash.clone() }, "{text}");
        }
        std::fs::write(&file, "# ledger 3 short").unwrap();
        assert!(head_of(&file).is_err());
    }
}
