//! `hrgate publish`: the lists that documents ask to be public, as HTML and CSV. No patient data:
//! it reads catalogues, institutions and evaluations, never a study.

use std::fs;
use std::path::PathBuf;

use jiff::civil::Date;

use crate::gate;
use crate::ledger::Head;
use crate::model::gate::{State, Target};
use crate::model::text::Language;
use crate::pipeline::gate::Gatekeeper;
use crate::pipeline::gate_store::modality_of;
use crate::policy::profile::{Label, Profile};
use crate::store::Store;

use super::exit_code::Exit;
use super::gate_words::{self, PolicyFolder, now, or_today, parse_date};
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

/// One line of the list of labels, by how the institution stands on the day.
struct Line {
    region: String,
    profile: String,
    institution: String,
    name: String,
    target: String,
    item: String,
    except: String,
    text: String,
    since: String,
    until: String,
}

const COLUMNS: [(&str, &str); 10] = [
    ("region", "地区"),
    ("profile", "依据"),
    ("institution", "机构编号"),
    ("name", "机构"),
    ("item", "项目编号"),
    ("item_name", "互认项目"),
    ("except", "其中不得标注"),
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
        let item = item_name(profile, &target);
        let except = exceptions(&keeper, &id, profile, &target, label, as_of);
        let shown = |day: Option<Date>| day.map(|d| d.to_string()).unwrap_or_default();
        lines.push(Line {
            region: profile.rules.name.zh.clone(),
            profile: profile.id.clone(),
            name: names.iter().find(|i| i.id == id).map(|i| i.name.clone()).unwrap_or_default(),
            institution: id,
            target: target.to_string(),
            item,
            except,
            text: label.zh.clone(),
            since: shown(standing.since),
            until: shown(standing.until),
        });
    }
    let fail = |e: std::io::Error| CommandError::Io(format!("{}: {e}", args.out.display()));
    fs::create_dir_all(&args.out).map_err(fail)?;
    let io = |e: csv::Error| CommandError::Io(e.to_string());
    let cells: Vec<Vec<&str>> = lines.iter().map(|l| cells(l).to_vec()).collect();
    let note =
        "评价过期、抽查不合格而暂停的不在此列；整类标识中被暂停或未授予的部分列在“其中不得标注”。";
    let title = "检查结果互认公示：机构、项目与标识";
    let table = Table { title, note, columns: &COLUMNS, rows: cells };
    fs::write(args.out.join("labels.csv"), table.csv(&head).map_err(io)?).map_err(fail)?;
    fs::write(args.out.join("labels.html"), table.page(as_of, &head)).map_err(fail)?;
    let items = items_of(set.profiles.values());
    let cells = items.iter().map(|i| i.iter().map(String::as_str).collect()).collect();
    let note = "各地文件所列互认项目，名称已按勘误订正。";
    let table = Table { title: "互认项目目录", note, columns: &ITEM_COLUMNS, rows: cells };
    fs::write(args.out.join("items.csv"), table.csv(&head).map_err(io)?).map_err(fail)?;
    fs::write(args.out.join("items.html"), table.page(as_of, &head)).map_err(fail)?;
    let n = lines.len();
    output::print(&match language {
        Language::Zh => format!("公布 {n} 行：{}\n", args.out.display()),
        Language::En => format!("{n} lines published in {}\n", args.out.display()),
    })?;
    Ok(Exit::Ok)
}

/// A target in the words of the list.
fn item_name(profile: &Profile, target: &Target) -> String {
    match target {
        Target::Item(uid) => {
            profile.catalogue.get(uid).map(|i| i.shown_name().to_owned()).unwrap_or_default()
        }
        Target::Modality(m) => format!("{m} 全部项目"),
        Target::All => "全部项目".to_owned(),
    }
}

/// The narrower targets on record that may not carry the label, each with how it stands.
fn exceptions(
    keeper: &Gatekeeper<'_>,
    institution: &str,
    profile: &Profile,
    whole: &Target,
    label: &Label,
    as_of: Date,
) -> String {
    let records = keeper.records(institution);
    let mut told = Vec::new();
    for (_, of, part) in keeper.targets(Some(institution)) {
        let modality = modality_of(profile, &part);
        if of.id != profile.id || part == *whole || !whole.covers_target(&part, modality) {
            continue;
        }
        let state = gate::standing(profile, &records, &part, modality, label, as_of).state;
        if state != State::Granted {
            let (name, state) = (item_name(profile, &part), gate_words::state(state).zh);
            told.push(format!("{part} {name}（{state}）"));
        }
    }
    told.join("；")
}

/// Every item of every catalogue: what may be labelled at all.
fn items_of<'p>(profiles: impl Iterator<Item = &'p Profile>) -> Vec<[String; 6]> {
    let of_profile = |p: &'p Profile| {
        p.catalogue.items().map(move |i| {
            let code = i.effective_code().unwrap_or_default();
            let (region, name) = (p.rules.name.zh.clone(), i.shown_name().to_owned());
            [region, p.id.clone(), i.uid.clone(), i.modality.clone(), name, code.to_owned()]
        })
    };
    profiles.flat_map(of_profile).collect()
}

const ITEM_COLUMNS: [(&str, &str); 6] = [
    ("region", "地区"),
    ("profile", "依据"),
    ("item", "项目编号"),
    ("modality", "设备类型"),
    ("item_name", "互认项目"),
    ("code", "项目代码"),
];

fn cells(line: &Line) -> [&str; 10] {
    [
        &line.region,
        &line.profile,
        &line.institution,
        &line.name,
        &line.target,
        &line.item,
        &line.except,
        &line.text,
        &line.since,
        &line.until,
    ]
}

/// A public list.
struct Table<'a> {
    title: &'a str,
    note: &'a str,
    columns: &'a [(&'a str, &'a str)],
    rows: Vec<Vec<&'a str>>,
}

impl Table<'_> {
    fn csv(&self, head: &Head) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.columns.iter().map(|(en, _)| en))?;
        for row in &self.rows {
            writer.write_record(row)?;
        }
        let broken = |e: String| csv::Error::from(std::io::Error::other(e));
        let mut bytes = writer.into_inner().map_err(|e| broken(e.to_string()))?;
        bytes.extend(format!("# ledger {} {}\n", head.count, head.hash).into_bytes());
        Ok(bytes)
    }

    fn page(&self, as_of: Date, head: &Head) -> String {
        let row = |tag: &str, cells: &[&str]| {
            let cells: String =
                cells.iter().map(|c| format!("<{tag}>{}</{tag}>", escaped(c))).collect();
            format!("<tr>{cells}</tr>\n")
        };
        let body: String = self.rows.iter().map(|cells| row("td", cells)).collect();
        let heading: Vec<&str> = self.columns.iter().map(|(_, zh)| *zh).collect();
        let (title, note, n) = (self.title, self.note, self.rows.len());
        format!(
            "<!doctype html>\n<html lang=\"zh\"><head><meta charset=\"utf-8\"><title>{title}</title>\n\
             <style>body{{font-family:sans-serif;margin:2em}}table{{border-collapse:collapse}}\
             td,th{{border:1px solid #999;padding:.3em .6em;text-align:left}}</style></head>\n\
             <body><h1>{title}</h1><p>截至 {as_of}，共 {n} 行。{note}</p>\n<table>{}{body}</table>\n\
             <!-- ledger {} {} --></body></html>\n",
            row("th", &heading),
            head.count,
            head.hash
        )
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
