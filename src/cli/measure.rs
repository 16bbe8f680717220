//! `hrgate measure`: every measurement of every frame and stack, so that anyone can hold them
//! against MRIQC, scikit-image or a phantom log of their own.

use std::io::Write;
use std::path::PathBuf;

use rayon::prelude::*;

use crate::checks::contract::Depth;
use crate::checks::prepared::layout;
use crate::measure::of_stack::{OfStack, of_volume};
use crate::measure::registry;
use crate::measure::volumes::{Image, Layout, Volume};
use crate::model::measurement::Measurement;
use crate::model::study::{Series, Study};
use crate::pipeline::budget::parse_size;
use crate::pipeline::load::load;
use crate::pipeline::run::{Request, collect, in_pool};

use super::exit_code::Exit;
use super::shared::PolicyChoice;
use super::{CommandError, output};

/// Options of `hrgate measure`.
#[derive(clap::Args)]
pub struct Args {
    /// Files, folders, zip archives.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Give the costlier measures (Fourier transform, resampling) to every N-th slice only, as a
    /// run does by its setting `sampled_slice_step`; 0 for none.
    #[arg(long, value_name = "N", default_value_t = 1)]
    every: u32,
    /// Threads; 0 for one a core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Bytes of files and decoded frames in flight, e.g. 200M, 2G.
    #[arg(long, default_value = "192M", value_parser = parse_size)]
    memory: u64,
}

/// The columns of the CSV.
const COLUMNS: [&str; 6] = ["path", "frame", "name", "value", "unit", "region"];

/// How many studies are put together between two writes.
const CHUNK: usize = 64;

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, CommandError> {
    let request = Request {
        roots: args.paths.clone(),
        depth: Depth::Pixels,
        threads: args.threads,
        memory: args.memory,
        sampled_step: args.every,
        ..Request::default()
    };
    in_pool(args.threads, || print_all(&request))?
}

fn print_all(request: &Request) -> Result<Exit, CommandError> {
    let collected = collect(request)?;
    let mut out = csv::Writer::from_writer(std::io::stdout().lock());
    let failed = |e: csv::Error| match e.into_kind() {
        csv::ErrorKind::Io(io) => CommandError::from_output(&io),
        other => CommandError::Io(format!("{other:?}")),
    };
    out.write_record(COLUMNS).map_err(failed)?;
    let policies = PolicyChoice::default().load_for(None)?;
    let layout = layout(&policies.set.base);
    for chunk in collected.studies.chunks(CHUNK) {
        let of_study = |files| load(&collected, files, request).map(|study| rows(&study, &layout));
        let studies: Vec<_> = chunk.par_iter().map(of_study).collect();
        for rows in studies {
            for row in rows? {
                out.write_record(&row).map_err(failed)?;
            }
        }
    }
    out.flush().map_err(|e| CommandError::from_output(&e))?;
    let _ = std::io::stdout().lock().flush();
    for (_, file) in &collected.rejected_files {
        output::complain(&format!("{}: {}", file.path, file.text.en));
    }
    let none = collected.studies.is_empty() && collected.counts.rejected > 0;
    Ok(if none { Exit::Io } else { Exit::Ok })
}

/// Every measurement of a study, series by series: of the files, then of the stacks they make.
fn rows(study: &Study, layout: &Layout) -> Vec<[String; 6]> {
    let mut rows = Vec::new();
    for series in &study.series {
        for instance in &series.instances {
            let path = &instance.file.path;
            rows.extend(instance.measurements.iter().map(|m| row(path, m)));
        }
        let volume = Volume::of(series, layout);
        for (stack, values) in volume.stacks.iter().zip(of_volume(&volume)) {
            let first = stack.places.first().and_then(|p| p.members.first());
            let first = first.and_then(|member| volume.images.get(*member).copied());
            rows.extend(values.iter().filter_map(|v| stack_row(series, first?, v)));
        }
    }
    rows
}

/// A number of a stack stands at the image that it speaks of, else at the first of the stack; the
/// frame is left empty, as it is no number of that frame.
fn stack_row(series: &Series, first: Image, v: &OfStack) -> Option<[String; 6]> {
    let image = v.image.unwrap_or(first);
    let path = series.instances.get(image.instance)?.file.path.clone();
    let meta = registry::find(v.name)?;
    let (name, unit) = (v.name.to_owned(), meta.unit.to_owned());
    Some([path, String::new(), name, v.value.to_string(), unit, meta.region.to_owned()])
}

fn row(path: &str, m: &Measurement) -> [String; 6] {
    let meta = registry::find(&m.name);
    // Frames are numbered as DICOM does, from 1.
    let frame = m.frame.map(|f| (f + 1).to_string()).unwrap_or_default();
    let region = meta.map_or("", |meta| meta.region);
    let region = match m.place {
        Some([x0, y0, x1, y1]) => format!("{region} [{x0} {y0} {x1} {y1}]"),
        None => region.to_owned(),
    };
    let unit = meta.map_or("", |meta| meta.unit).to_owned();
    [path.to_owned(), frame, m.name.to_string(), m.value.to_string(), unit, region]
}
