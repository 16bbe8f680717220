//! `hrgate publish`: the lists that documents ask to be public, as HTML and CSV. No patient data:
//! it reads institutions and evaluations, never a study.

use std::fs;
use std::path::PathBuf;

use jiff::civil::Date;

use crate::gate;
use crate::ledger::Head;
use crate::model::gate::{State, Target};
use crate::model::text::Language;
use crate::pipeline::gate::Gatekeeper;
use crate::pipeline::gate_store::modality_of;
use crate::store::Store;

use super::exit_code::Exit;
use super::gate_words::{PolicyFolder, now, or_today, parse_date};
use super::{CommandError, output};

/// Options of `hrgate publish`.
#[derive(clap::Args)]
pub struct Args {
    /// The results store.
    #[arg(long)]
    store: PathBuf,
    /// The folder to write into.
    #[arg(long, default_value = "publish")]
    out: PathBuf,
    /// The day the lists are of; today by default.
    #[arg(long, value_parser = parse_date)]
    as_of: Option<Date>,
    #[command(flatten)]
    policies: PolicyFolder,
}

/// One line of the list of labels.
struct Line {
    region: String,
    profile: String,
    institution: String,
    name: String,
    target: String,
    item: String,
    text: String,
    since: String,
    until: String,
}

const COLUMNS: [(&str, &str); 9] = [
    ("region", "地区"),
    ("profile", "依据"),
    ("institution", "机构编号"),
    ("name", "机构"),
    ("item", "项目编号"),
    ("item_name", "互认项目"),
    ("label", "互认标识"),
    ("since", "起"),
    ("until", "评价有效至"),
];

/// Runs the command.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    let set = args.policies.load()?;
    let mut store = Store::open_read_only(&args.store)?;
    let as_of = or_today(args.as_of);
    let head = store.ledger_head()?;
    let keeper = Gatekeeper::read(&mut store, &set.profiles, as_of, &now(), "")?;
    let names = store.institutions()?;
    let mut lines = Vec::new();
    for (id, profile, target) in keeper.targets(None) {
        // Only the widest scope is printed, so only it is published.
        let granted = profile.rules.labels.iter().rev().find_map(|label| {
            let records = keeper.records(&id);
            let modality = modality_of(profile, &target);
            let s = gate::standing(profile, &records, &target, modality, label, as_of);
            (s.state == State::Granted).then_some((label, s))
        });
        let Some((label, standing)) = granted else { continue };
        let item = match &target {
            Target::Item(uid) => {
                profile.catalogue.get(uid).map(|i| i.shown_name().to_owned()).unwrap_or_default()
            }
            Target::Modality(m) => format!("{m} 全部项目"),
            Target::All => "全部项目".to_owned(),
        };
        let shown = |day: Option<Date>| day.map(|d| d.to_string()).unwrap_or_default();
        lines.push(Line {
            region: profile.rules.name.zh.clone(),
            profile: profile.id.clone(),
            name: names.iter().find(|i| i.id == id).map(|i| i.name.clone()).unwrap_or_default(),
            institution: id,
            target: target.to_string(),
            item,
            text: label.zh.clone(),
            since: shown(standing.since),
            until: shown(standing.until),
        });
    }
    let fail = |e: std::io::Error| CommandError::Io(format!("{}: {e}", args.out.display()));
    fs::create_dir_all(&args.out).map_err(fail)?;
    let table = csv_of(&lines, &head).map_err(|e| CommandError::Io(e.to_string()))?;
    fs::write(args.out.join("labels.csv"), table).map_err(fail)?;
    fs::write(args.out.join("labels.html"), page(&lines, as_of, &head)).map_err(fail)?;
    let n = lines.len();
    output::print(&match language {
        Language::Zh => format!("公布 {n} 行：{}\n", args.out.display()),
        Language::En => format!("{n} lines published in {}\n", args.out.display()),
    })?;
    Ok(Exit::Ok)
}

fn cells(line: &Line) -> [&str; 9] {
    [
        &line.region,
        &line.profile,
        &line.institution,
        &line.name,
        &line.target,
        &line.item,
        &line.text,
        &line.since,
        &line.until,
    ]
}

fn csv_of(lines: &[Line], head: &Head) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS.map(|(en, _)| en))?;
    for line in lines {
        writer.write_record(cells(line))?;
    }
    let mut bytes =
        writer.into_inner().map_err(|e| csv::Error::from(std::io::Error::other(e.to_string())))?;
    bytes.extend(format!("# ledger {} {}\n", head.count, head.hash).into_bytes());
    Ok(bytes)
}

fn page(lines: &[Line], as_of: Date, head: &Head) -> String {
    let row = |tag: &str, cells: &[&str]| {
        let cells: String =
            cells.iter().map(|c| format!("<{tag}>{}</{tag}>", escaped(c))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let body: String = lines.iter().map(|l| row("td", &cells(l))).collect();
    format!(
        "<!doctype html>\n<html lang=\"zh\"><head><meta charset=\"utf-8\"><title>互认项目与机构公示</title>\n\
         <style>body{{font-family:sans-serif;margin:2em}}table{{border-collapse:collapse}}\
         td,th{{border:1px solid #999;padding:.3em .6em;text-align:left}}</style></head>\n\
         <body><h1>检查结果互认：机构、项目与标识</h1><p>截至 {as_of}，共 {} 行。\
         评价过期、抽查不合格而暂停的不在此列。</p>\n<table>{}{body}</table>\n\
         <!-- ledger {} {} --></body></html>\n",
        lines.len(),
        row("th", &COLUMNS.map(|(_, zh)| zh)),
        head.count,
        head.hash
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
