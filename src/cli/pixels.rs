//! `hrgate pixels`: what our decoding gives, so that anyone can hold it against other software.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;

use crate::decode::{self, DicomFile, FileSource, Limits, MemorySource, Opened, Scratch, Summary};
use crate::model::file::IgnoreReason;
use crate::pipeline::run::in_pool;
use crate::source::archive::{self, Archive, ArchiveLimits, Unpacked};
use crate::source::{Found, FoundFile, walk};

use super::CommandError;
use super::exit_code::Exit;

/// Options of `hrgate pixels`.
#[derive(clap::Args)]
pub struct Args {
    /// Files, folders, zip archives.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Threads; 0 for one a core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

/// One line of the CSV.
struct Row {
    path: String,
    frames: u32,
    rows: u32,
    columns: u32,
    result: Result<Option<Summary>, String>,
}

/// How many files are in work between two writes.
const CHUNK: usize = 512;

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, CommandError> {
    for path in &args.paths {
        std::fs::metadata(path)
            .map_err(|e| CommandError::Io(format!("{}: {e}", path.display())))?;
    }
    in_pool(args.threads, || print_all(args)).map_err(|e| CommandError::Io(e.to_string()))?
}

fn print_all(args: &Args) -> Result<Exit, CommandError> {
    let mut out = csv::Writer::from_writer(std::io::stdout().lock());
    let failed = |e: csv::Error| match e.into_kind() {
        csv::ErrorKind::Io(io) => CommandError::from_output(&io),
        other => CommandError::Io(format!("{other:?}")),
    };
    out.write_record(["path", "frames", "rows", "columns", "sum", "min", "max", "why_not"])
        .map_err(failed)?;
    let mut found = walk::names_all(&args.paths);
    loop {
        let chunk: Vec<Found> = found.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            break;
        }
        let rows: Vec<Vec<Row>> = chunk.par_iter().map(look).collect();
        for row in rows.iter().flatten() {
            out.write_record(fields(row)).map_err(failed)?;
        }
    }
    out.flush().map_err(|e| CommandError::from_output(&e))?;
    let _ = std::io::stdout().lock().flush();
    Ok(Exit::Ok)
}

fn fields(row: &Row) -> [String; 8] {
    let n = |v: u32| if v == 0 { String::new() } else { v.to_string() };
    let head = [row.path.clone(), n(row.frames), n(row.rows), n(row.columns)];
    let [path, frames, rows, columns] = head;
    let (sum, min, max, why) = match &row.result {
        Ok(Some(s)) => {
            let sum = s.integer_sum.map_or_else(|| s.sum.to_string(), |n| n.to_string());
            (sum, s.min.to_string(), s.max.to_string(), String::new())
        }
        Ok(None) => (String::new(), String::new(), String::new(), "no samples".to_owned()),
        Err(why) => (String::new(), String::new(), String::new(), why.clone()),
    };
    [path, frames, rows, columns, sum, min, max, why]
}

fn refused(path: &str, why: impl Into<String>) -> Row {
    Row { path: path.to_owned(), frames: 0, rows: 0, columns: 0, result: Err(why.into()) }
}

fn look(found: &Found) -> Vec<Row> {
    match found {
        Found::Obstacle(_, path, obstacle) => vec![refused(path, format!("{obstacle:?}"))],
        Found::File(file) => look_at_file(file),
    }
}

fn look_at_file(found: &FoundFile) -> Vec<Row> {
    use std::os::unix::fs::FileExt;
    let shown = &found.display;
    let file = match std::fs::File::open(&found.path) {
        Ok(file) => file,
        Err(error) => return vec![refused(shown, error.to_string())],
    };
    let mut head = [0u8; 4];
    if file.read_at(&mut head, 0).is_ok_and(|n| n == 4) && &head == archive::MAGIC {
        return look_at_archive(file, shown);
    }
    match FileSource::new(file) {
        Ok(source) => vec![look_at_bytes(Arc::new(source), shown)],
        Err(error) => vec![refused(shown, error.to_string())],
    }
}

fn look_at_archive(file: std::fs::File, shown: &str) -> Vec<Row> {
    let mut archive = match Archive::open(file, ArchiveLimits::default()) {
        Ok(archive) => archive,
        Err(error) => return vec![refused(shown, error.to_string())],
    };
    (0..archive.len())
        .filter_map(|index| {
            let name = match archive.member_name(index) {
                Ok(None) => return None,
                Ok(Some(name)) => format!("{shown}!{name}"),
                Err(error) => return Some(refused(shown, error.to_string())),
            };
            Some(match archive.unpack(index) {
                Ok(Unpacked::Memory(bytes)) => look_at_bytes(Arc::new(MemorySource(bytes)), &name),
                Ok(Unpacked::File(file)) => match FileSource::new(file) {
                    Ok(source) => look_at_bytes(Arc::new(source), &name),
                    Err(error) => refused(&name, error.to_string()),
                },
                Err(error) => refused(&name, error.to_string()),
            })
        })
        .collect()
}

fn look_at_bytes(source: Arc<dyn decode::ByteSource>, shown: &str) -> Row {
    match decode::open(source, shown, &Limits::default()) {
        Opened::Ignored(IgnoreReason::NotDicom) => refused(shown, "not DICOM"),
        Opened::Ignored(IgnoreReason::Dicomdir) => refused(shown, "DICOMDIR"),
        Opened::Rejected(_, why) => refused(shown, why.en),
        Opened::Dicom(file) if !file.has_pixel_data() => refused(shown, "no pixel data"),
        Opened::Dicom(file) => decode_all(&file, shown),
    }
}

fn decode_all(file: &DicomFile, shown: &str) -> Row {
    let mut row = refused(shown, "");
    row.frames = file.frame_count();
    let mut scratch = Scratch::default();
    let mut all: Option<Summary> = None;
    for frame in 0..row.frames {
        match file.decode_frame(frame, &mut scratch) {
            Ok(decoded) => {
                (row.rows, row.columns) = (decoded.rows, decoded.columns);
                all = merge(all, decoded.data.summary());
                decoded.recycle(&mut scratch);
            }
            Err(error) => {
                row.result = Err(format!("frame {}: {}", frame + 1, error.why));
                return row;
            }
        }
    }
    row.result = Ok(all);
    row
}

fn merge(all: Option<Summary>, frame: Option<Summary>) -> Option<Summary> {
    match (all, frame) {
        (Some(a), Some(b)) => Some(Summary {
            integer_sum: a.integer_sum.zip(b.integer_sum).map(|(a, b)| a + b),
            sum: a.sum + b.sum,
            min: a.min.min(b.min),
            max: a.max.max(b.max),
        }),
        (a, b) => a.or(b),
    }
}
