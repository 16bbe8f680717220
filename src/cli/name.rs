//! `hrgate name`: which of 类别, 部位, 方案, 体位 a hospital's own item names lack (川渝 2025 7.2),
//! and whether their body-part codes stand in the value set that the centre supplies (WS/T 364.8).

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::items::lexicon::Lexicon;
use crate::items::naming::{
    BodyPartCode, NameElement, NameReport, body_part_code, modality_of, read_name, value_set,
};
use crate::model::text::{Language, Text};

use super::exit_code::Exit;
use super::{CommandError, output};

/// Options of `hrgate name`.
#[derive(clap::Args)]
pub struct Args {
    /// Item names as the hospital writes them.
    #[arg(required_unless_present = "file")]
    names: Vec<String>,
    /// A CSV of names with the columns name, modality, code (the last two may be absent or empty).
    #[arg(long, value_name = "FILE", conflicts_with_all = ["names", "body_part_code"])]
    file: Option<PathBuf>,
    /// Modality of the names, where they do not say it.
    #[arg(long, value_parser = ["CT", "MR", "DX", "MG", "RF"])]
    modality: Option<String>,
    /// The body-part code of the name.
    #[arg(long, value_name = "CODE")]
    body_part_code: Option<String>,
    /// The value set of WS/T 364.8 as the centre has it: one code a line, or first column of a CSV.
    #[arg(long, value_name = "FILE")]
    value_set: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(serde::Deserialize)]
struct Row {
    name: String,
    #[serde(default)]
    modality: Option<String>,
    #[serde(default)]
    code: Option<String>,
}

#[derive(Serialize)]
struct Read {
    name: String,
    modality: Option<String>,
    /// `None` where the modality is not known: what a name must contain depends on it.
    elements: Option<NameReport>,
    body_part_code: &'static str,
    #[serde(skip)]
    code_words: Text,
}

impl Read {
    fn is_complete(&self) -> bool {
        self.elements.as_ref().is_some_and(|e| e.lacking.is_empty())
            && matches!(self.body_part_code, "listed" | "not_asked")
    }
}

/// Runs the command: exit 0 where every name is complete, else 10.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    let lexicon = Lexicon::embedded().map_err(|e| CommandError::Policy(e.to_string()))?;
    let set = args.value_set.as_deref().map(text_of).transpose()?.map(|t| value_set(&t));
    let rows = match &args.file {
        Some(file) => rows(file)?,
        None => args.names.iter().map(|name| row(name, args)).collect(),
    };
    let all: Vec<Read> = rows.iter().map(|row| read(row, args, &lexicon, set.as_ref())).collect();
    let text = if args.json {
        let json = serde_json::to_string_pretty(&all);
        json.map_err(|e| CommandError::Io(e.to_string()))? + "\n"
    } else {
        all.iter().map(|read| shown(read, language)).collect()
    };
    output::print(&text)?;
    Ok(if all.iter().all(Read::is_complete) { Exit::Ok } else { Exit::SomeReview })
}

fn row(name: &str, args: &Args) -> Row {
    Row { name: name.to_owned(), modality: None, code: args.body_part_code.clone() }
}

fn text_of(file: &Path) -> Result<String, CommandError> {
    std::fs::read_to_string(file).map_err(|e| CommandError::Io(format!("{}: {e}", file.display())))
}

fn rows(file: &Path) -> Result<Vec<Row>, CommandError> {
    let text = text_of(file)?;
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let row = |(n, row): (usize, Result<Row, csv::Error>)| {
        row.map_err(|e| CommandError::Usage(format!("{} row {}: {e}", file.display(), n + 1)))
    };
    reader.deserialize().enumerate().map(row).collect()
}

fn read(row: &Row, args: &Args, lexicon: &Lexicon, set: Option<&BTreeSet<String>>) -> Read {
    let stated = row.modality.clone().filter(|m| !m.is_empty()).or_else(|| args.modality.clone());
    let modality = stated.or_else(|| modality_of(lexicon, &row.name));
    let elements = modality.as_deref().map(|m| read_name(lexicon, &row.name, m));
    let asked = set.is_some() || row.code.is_some();
    let (body_part_code, code_words) = match asked.then(|| body_part_code(row.code.as_deref(), set))
    {
        None => ("not_asked", Text::new("", "")),
        Some(BodyPartCode::Listed) => {
            ("listed", Text::new("部位编码在值域内", "body-part code is in the value set"))
        }
        Some(BodyPartCode::NotListed(code)) => (
            "not_listed",
            Text::new(
                format!("部位编码 {code} 不在值域内"),
                format!("body-part code {code} is not in the value set"),
            ),
        ),
        Some(BodyPartCode::Missing) => ("missing", Text::new("缺少部位编码", "no body-part code")),
        Some(BodyPartCode::CouldNotRun(why)) => ("could_not_run", why),
    };
    Read { name: row.name.clone(), modality, elements, body_part_code, code_words }
}

fn shown(read: &Read, language: Language) -> String {
    let zh = language == Language::Zh;
    let mut text = format!("{}  ", read.name);
    let list = |elements: &[NameElement]| {
        elements.iter().map(|e| e.text().get(language)).collect::<Vec<_>>().join(", ")
    };
    let said = match &read.elements {
        None if zh => "无法判断：名称未写检查类别，请用 --modality 指明".to_owned(),
        None => "could not run: the name says no modality; give it with --modality".to_owned(),
        Some(e) if e.lacking.is_empty() && zh => "完整".to_owned(),
        Some(e) if e.lacking.is_empty() => "complete".to_owned(),
        Some(e) if zh => format!("缺少：{}（有：{}）", list(&e.lacking), list(&e.present)),
        Some(e) => format!("lacks {} (has {})", list(&e.lacking), list(&e.present)),
    };
    text.push_str(&said);
    let words = read.code_words.get(language);
    if !words.is_empty() {
        let _ = write!(text, "; {words}");
    }
    text.push('\n');
    text
}
