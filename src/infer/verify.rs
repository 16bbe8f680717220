//! Whether the models are what the manifest says, each tried once; and how long a run takes.

use std::time::{Duration, Instant};

use ndarray::{ArrayD, IxDyn};

use crate::model::text::Text;

use super::manifest::Entry;
use super::model::{Model, Outputs};
use super::models::Models;
use super::registry;

/// What is amiss with one model; nothing where the list is empty.
pub fn verify(models: &Models, entry: &Entry) -> Vec<Text> {
    let mut faults = Vec::new();
    if let Ok(folder) = models.folder()
        && !folder.join(&entry.card).is_file()
    {
        let card = &entry.card;
        faults.push(Text::new(
            format!("缺少模型说明 {card}"),
            format!("the model's card {card} is missing"),
        ));
    }
    if let Some(reader) = registry::find(&entry.name) {
        faults.extend(reader.accepts(entry).err());
    }
    match models.get(&entry.name) {
        Err(why) => faults.push(why),
        Ok(model) => {
            faults.extend(run_with(model, Input::Zeros).err());
            match run_with(model, Input::Ramp) {
                Ok(outputs) => faults.extend(golden(entry, &outputs)),
                Err(why) => faults.push(why),
            }
        }
    }
    faults.sort();
    faults.dedup();
    faults
}

/// Models that the program asks for and the manifest does not have.
pub fn absent(models: &Models) -> Vec<&'static str> {
    let Ok(manifest) = models.manifest() else { return Vec::new() };
    let asked = registry::READERS.iter().map(|r| r.model());
    asked.filter(|name| manifest.find(name).is_none()).collect()
}

/// What a model is tried with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Zeros.
    Zeros,
    /// (k mod 251) / 250 in row-major order: 0 to 1, the same on every machine.
    Ramp,
}

/// Runs a model at the sizes of its manifest.
///
/// # Errors
/// Why the run failed.
pub fn run_with(model: &Model, input: Input) -> Result<Outputs, Text> {
    let made: Vec<(&str, ArrayD<f32>)> = model
        .entry
        .inputs
        .iter()
        .map(|port| (port.name.as_str(), filled(&model.entry.tried(port), input)))
        .collect();
    let views: Vec<_> = made.iter().map(|(name, array)| (*name, array.view())).collect();
    model.run(&views)
}

fn filled(shape: &[usize], input: Input) -> ArrayD<f32> {
    let mut array = ArrayD::zeros(IxDyn(shape));
    if input == Input::Ramp {
        let ramp = (0..=250u8).cycle().map(|k| f32::from(k) / 250.0);
        for (value, k) in array.iter_mut().zip(ramp) {
            *value = k;
        }
    }
    array
}

fn golden(entry: &Entry, outputs: &Outputs) -> Vec<Text> {
    let off = |g: &super::manifest::Golden| {
        let values = outputs.get(&g.output).ok()?;
        let is = values.iter().nth(g.at).copied();
        let fine = is.is_some_and(|is| (f64::from(is) - g.value).abs() <= g.tolerance);
        let is = is.map_or_else(|| "-".to_owned(), |is| is.to_string());
        let (output, at, value) = (&g.output, g.at, g.value);
        (!fine).then(|| {
            Text::new(
                format!("试算结果不符：{output}[{at}] 为 {is}，应为 {value}"),
                format!("a trial run differs: {output}[{at}] is {is}, not {value}"),
            )
        })
    };
    entry.golden.iter().filter_map(off).collect()
}

/// How long runs of a model took on one thread.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Timed {
    /// How many runs were timed.
    pub runs: usize,
    /// Middle of the runs, ms.
    pub median_ms: f64,
    /// 95th percentile, nearest rank, ms.
    pub p95_ms: f64,
}

/// Times a model at the sizes of its manifest: `runs` runs, at least one, after one that is not
/// counted, within about `most`.
///
/// # Errors
/// Why a run failed.
pub fn time(model: &Model, runs: usize, most: Duration) -> Result<Timed, Text> {
    run_with(model, Input::Ramp)?;
    let (started, mut took) = (Instant::now(), Vec::with_capacity(runs));
    while took.is_empty() || (took.len() < runs && started.elapsed() < most) {
        let run = Instant::now();
        run_with(model, Input::Ramp)?;
        took.push(run.elapsed());
    }
    took.sort_unstable();
    let at = |percent: usize| {
        let rank = (took.len() * percent).div_ceil(100).max(1) - 1;
        took.get(rank).map_or(0.0, |t| t.as_secs_f64() * 1e3)
    };
    Ok(Timed { runs: took.len(), median_ms: at(50), p95_ms: at(95) })
}
