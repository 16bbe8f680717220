//! `hrgate run`: judge everything under the given paths and write reports.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{Timestamp, ZonedDateTime};

use crate::checks::contract::Depth;
use crate::model::change::Change;
use crate::model::gate::day;
use crate::model::result::StudyResult;
use crate::model::text::Language;
use crate::pipeline::again::{Told, judge_changed};
use crate::pipeline::judge::TOOL;
use crate::pipeline::known::KnownReader;
use crate::pipeline::pictures::place_of;
use crate::pipeline::run::{Collected, Request, collect, in_pool};
use crate::report::aggregate::{Aggregator, pictured};
use crate::report::files;
use crate::report::indicator::{ArtifactRate, Grades, Indicator};
use crate::report::jsonl::{JsonlError, JsonlWriter, line_of};
use crate::report::long_file::LongFile;
use crate::report::metrics::metrics;
use crate::report::run_manifest::{Changes, RUN_SCHEMA_VERSION, RunManifest, StageDuration};
use crate::store::Store;

use super::exit_code::Exit;
use super::run_choice::{self, Choosing};
use super::run_folder::{make_folder, parse_run_id, parse_time};
use super::run_gate::Gated;
use super::run_judged::{Counted, Judged};
use super::run_record::Acts;
use super::run_store::{self, Keeper, Kept};
use super::run_watch::{self, Done};
use super::shared::{Input, Policies};
use super::{
    CommandError, gate, output, run_gate, run_lock, run_log, run_pages, run_quality, run_told,
};

/// Options of `hrgate run`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    choosing: Choosing,
    /// Where runs are written; each gets a folder of its own.
    #[arg(long, default_value = "reports")]
    reports: PathBuf,
    /// Name of the run; date and time by default.
    #[arg(long, value_parser = parse_run_id)]
    run_id: Option<String>,
    /// Keep results, and what their checks could see, in this store (SQLite; made where missing).
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Read and judge everything, even what the store knows to be as it was.
    #[arg(long, requires = "store")]
    fresh: bool,
    /// Leave studies whose files changed within this time for the next run, as more may be arriving (15m, 2h);
    /// one of which the manifest says that all images are there is judged.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    settle: Option<Duration>,
    /// Time that the frames of one study may take, all threads together (10m): what is not decoded by then could
    /// not be judged, and the next run tries again.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    study_time: Option<Duration>,
    /// Go on: look every so often (5m), and run where files came, went or changed, where some still arrive, and on
    /// a new day; until it is stopped, which it may be at any time.
    #[arg(long, value_name = "TIME", value_parser = parse_time, requires = "store", conflicts_with = "run_id")]
    watch: Option<Duration>,
    /// Write the run's counts and times to this file for Prometheus (textfile collector).
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    let Some(every) = args.watch else {
        let Done { exit, used, .. } = once(args, language)?;
        std::mem::forget(used);
        return Ok(exit);
    };
    let sources = run_watch::Sources {
        roots: args.input.paths.clone(),
        listed: args.input.manifest.clone(),
        every,
    };
    run_watch::watch(&sources, || once(args, language))
}

/// One run.
fn once(args: &Args, language: Language) -> Result<Done, CommandError> {
    let mut request = args.input.request(true)?;
    let store = args.store.as_deref();
    // Headers need no policy to be read: those built in are made ready meanwhile. A store keeps how files were read, and
    // how slices are sampled is a part of it.
    let plain = request.depth == Depth::Header && store.is_none();
    let later = plain && args.input.policy.is_built_in();
    let ready = (!later).then(|| args.input.policy.load_for(request.registry.as_ref()));
    let ready = ready.transpose()?;
    request.sampled_step = ready.as_ref().map_or(0, Policies::sampled_step);
    let started = ZonedDateTime::now();
    let shown = args.run_id.clone().unwrap_or_else(|| started.strftime("%F %T").to_string());
    let _lock = store.map(|store| run_lock::take(store, &shown)).transpose()?;
    let (run_id, folder) = make_folder(&args.reports, args.run_id.as_deref(), &started)?;
    request.settle = args.settle.unwrap_or_default();
    request.study_time = args.study_time;
    request.choice = args.choosing.choice(&request)?;
    if let Some(store) = store {
        request.past = Some(run_store::before(store)?);
        (request.keeps_files, request.under) = (true, run_store::under(&request));
        request.known = Some(KnownReader::open(store, request.under.clone(), args.fresh)?);
    }
    let (request, folder, metrics) = (&request, folder.as_path(), args.metrics.as_deref());
    run_log::started(&run_id, request, store.is_some());
    in_pool(request.threads, || {
        let whole = Instant::now();
        let load = || args.input.policy.load_for(request.registry.as_ref());
        let (collected, policies) =
            rayon::join(|| collect(request), || ready.map_or_else(load, Ok));
        let (collected, policies) = (collected?, policies?);
        run_log::collected(&collected);
        let job = Job { request, policies: &policies, started, run_id, folder, store, metrics };
        let (exit, waiting) = job.work(&collected, whole, language)?;
        Ok(Done { exit, waiting, used: Box::new((collected, policies)) })
    })?
}

struct Job<'a> {
    request: &'a Request,
    policies: &'a Policies,
    started: ZonedDateTime,
    run_id: String,
    folder: &'a Path,
    store: Option<&'a Path>,
    metrics: Option<&'a Path>,
}

impl Job<'_> {
    /// The artifact rate of each institution, graded as its region does.
    fn artifact_rates(&self, indicator: Indicator) -> BTreeMap<String, Vec<ArtifactRate>> {
        let registry = self.request.registry.as_ref();
        indicator.finish(|id| {
            let region = registry.and_then(|r| r.get(id)).and_then(|i| i.region.as_deref());
            Grades::of(self.policies.settings_of(region))
        })
    }

    /// Judges and tells; gives the exit code and how many studies wait.
    fn work(
        &self,
        collected: &Collected,
        whole: Instant,
        language: Language,
    ) -> Result<(Exit, u64), CommandError> {
        let judging = Instant::now();
        let mut judged = self.judge(collected)?;
        let judge_seconds = judging.elapsed().as_secs_f64();
        let reporting = Instant::now();
        let worst = judged.worst;
        let mut manifest = self.manifest(collected, &judged);
        let mut quality_scores = Vec::new();
        let told = judged.gated.as_ref().and_then(|g| g.summary.as_ref());
        let mut told = told.map(|s| gate::told(s, language)).unwrap_or_default();
        // Of a part of the studies no institution is scored.
        let whole_input = collected.chosen.left_out == 0 && collected.chosen.sample.is_none();
        let scored = judged.scores.take().filter(|_| whole_input);
        if let Some((scores, listed)) = scored.zip(self.request.manifest.as_deref()) {
            let registry = self.request.registry.as_ref();
            judged.earlier.ledger = judged.gated.as_ref().map(|g| g.head.clone());
            let earlier = &judged.earlier;
            let quality =
                run_quality::write(self.folder, scores, listed, registry, self.policies, earlier)?;
            told += &run_quality::told(&quality.brief, listed, language);
            manifest.manifest = Some(quality.brief);
            quality_scores = quality.scores;
        }
        let mut aggregate = judged.aggregator.finish(&manifest.brief());
        aggregate.annotate(&self.policies.set);
        aggregate.score(quality_scores);
        aggregate.rate_artifacts(self.artifact_rates(std::mem::take(&mut judged.indicator)));
        if let Some(acts) = &judged.acts {
            acts.attach(&mut aggregate);
        }
        manifest.institutions =
            aggregate.institutions.iter().filter(|i| i.institution.known).count() as u64;
        let io = |e: files::WriteError| CommandError::Io(e.to_string());
        let roots = &self.request.roots;
        run_pages::write(self.folder, roots, &judged.places, &aggregate, &manifest).map_err(io)?;
        manifest.durations = [
            ("examine", collected.took.as_secs_f64()),
            ("judge", judge_seconds),
            // Beside judging, not after it; what of it judging waited for is told, too.
            ("store", judged.wrote.as_secs_f64()),
            ("store_wait", judged.waited.as_secs_f64()),
            ("report", reporting.elapsed().as_secs_f64()),
            ("total", whole.elapsed().as_secs_f64()),
        ]
        .map(|(stage, seconds)| StageDuration { stage: stage.to_owned(), seconds })
        .into();
        manifest.finished = Some(Timestamp::now());
        files::write_run(self.folder, &manifest).map_err(io)?;
        if let Some(store) = self.store.filter(|_| !collected.gone.is_empty()) {
            // Once they were told.
            Store::open(store)?.forget_files(&collected.gone)?;
        }
        if let Some(file) = self.metrics {
            files::write_text(file, &metrics(&manifest, &aggregate.institutions)).map_err(io)?;
        }
        let chosen = run_choice::told(&collected.chosen, language);
        let summary = run_told::summary(self.folder, &manifest, language);
        output::print(&(summary + &chosen + &told))?;
        run_log::finished(&manifest);
        let waiting = manifest.changes.map_or(0, |c| c.waiting);
        let exit = match worst {
            // Studies there are; none of them is due.
            None if waiting + manifest.left_out > 0 => Exit::Ok,
            worst => Exit::of_worst(worst),
        };
        Ok((exit, waiting))
    }

    /// Judges every study and writes `studies.jsonl`; the file takes its name when it is whole.
    fn judge(&self, collected: &Collected) -> Result<Judged, CommandError> {
        let path = self.folder.join(files::STUDIES);
        let part = self.folder.join(".studies.jsonl.part");
        let io = |e: String| CommandError::Io(format!("{}: {e}", path.display()));
        let mut judged = Judged::new(self.request.manifest.is_some());
        judged.earlier.as_of =
            day(&self.request.as_of).map(|d| d.at(0, 0, 0, 0).strftime("%FT%T").to_string());
        let rules = self.policies.by_region();
        let rules_of = |region: Option<&str>| rules.of(region);
        let open = |path| Keeper::open(path, &self.run_id, &self.started, self.request);
        let mut keeper = self.store.map(open).transpose()?;
        let gates = keeper.as_ref().is_some_and(|k| k.gated);
        let file = File::create(&part).map_err(|e| io(e.to_string()))?;
        let file = BufWriter::with_capacity(1 << 18, LongFile::new(file, gates));
        let mut lines = JsonlWriter::new(file);
        let map = |told: Told<'_>| self.counted(told);
        let waited = judge_changed(collected, self.request, &rules_of, &map, |counted| {
            let Counted { change, result, line, kept, place, rows } = counted?;
            judged.changes.count(change);
            let Some(result) = result else { return Ok(()) };
            lines.write_line(&line).map_err(|e| io(e.to_string()))?;
            judged.count(&result);
            if let Some(place) = place {
                judged.places.insert(result.study_key.clone(), place);
            }
            // Pages show labels: with the gate they are made after it.
            if !gates {
                judged.aggregator.add(&result);
            }
            match &mut keeper {
                Some(keeper) => keeper.keep(kept, rows),
                None => Ok(()),
            }
        })?;
        judged.waited = waited;
        lines.finish().map_err(|e| io(e.to_string()))?;
        if let Some(keeper) = &mut keeper {
            judged.changes.vanished(&keeper.finish(collected)?);
            judged.wrote = keeper.took;
            if let Some(listed) = &self.request.manifest {
                let (registry, at) = (self.request.registry.as_ref(), keeper.judged_at.clone());
                judged.earlier.uploads = keeper.store.uploads()?;
                run_quality::keep(&mut keeper.store, listed, registry, &at)?;
            }
            judged.gated = Some(self.gate(keeper, &part, &mut judged.aggregator)?);
            let as_of = day(&self.request.as_of).unwrap_or_else(|| self.started.date());
            judged.acts = Some(Acts::read(&mut keeper.store, as_of)?);
        }
        fs::rename(&part, &path).map_err(|e| io(e.to_string()))?;
        Ok(judged)
    }

    /// What is to be written and counted of a study; many threads do it at once.
    fn counted(&self, told: Told<'_>) -> Result<Counted, CommandError> {
        // A run that does not read pixels does not read them for pictures either.
        let shown =
            |result: &StudyResult, depth| pictured(result).filter(|_| depth >= Depth::Pixels);
        let encoded = |e: JsonlError| CommandError::Io(e.to_string());
        match told {
            Told::Waiting => Ok(Counted::default()),
            Told::Same { result, rows, depth } => {
                // The facts are looked at only where there is something to show.
                let known = self.request.known.as_ref().zip(shown(&result, depth));
                let place = known.and_then(|(known, subject)| {
                    let study = known.facts(&result.study_key).ok().flatten();
                    place_of(&study?, &subject)
                });
                let line = line_of(&result).map_err(encoded)?;
                let (change, result) = (Change::Unchanged, Some(Arc::new(result)));
                Ok(Counted { change, result, line, kept: None, place, rows })
            }
            Told::Judged { study, result, rests, change, rows, depth } => {
                let place = shown(&result, depth).and_then(|subject| place_of(study, &subject));
                let line = line_of(&result).map_err(encoded)?;
                let result = Arc::new(result);
                let keep = || {
                    let at = (depth, self.request.as_of.as_str());
                    Kept::new(study, (&result, &line), rests, at)
                };
                let kept = self.store.is_some().then(keep).transpose()?;
                Ok(Counted { change, result: Some(result), line, kept, place, rows })
            }
        }
    }

    /// Decides on the labels of what was judged, where there is something to decide by.
    fn gate(
        &self,
        keeper: &mut Keeper,
        lines: &Path,
        aggregator: &mut Aggregator,
    ) -> Result<Gated, CommandError> {
        if !keeper.gated {
            return Ok(Gated { head: keeper.store.ledger_head()?, summary: None });
        }
        let when = (self.request.as_of.as_str(), keeper.judged_at.as_str(), self.run_id.as_str());
        let mut add = |result: &StudyResult| aggregator.add(result);
        run_gate::decide(&mut keeper.store, &self.policies.set, when, lines, &mut add)
    }

    fn manifest(&self, collected: &Collected, judged: &Judged) -> RunManifest {
        RunManifest {
            schema_version: RUN_SCHEMA_VERSION,
            run_id: self.run_id.clone(),
            tool: TOOL.to_owned(),
            started: self.started.timestamp(),
            finished: None,
            utc_offset_minutes: self.started.offset().seconds() / 60,
            sources: self.request.roots.iter().map(|r| r.display().to_string()).collect(),
            depth: self.request.depth,
            input_fingerprint: Some(collected.fingerprint.clone()),
            counts: run_told::file_counts(collected),
            rejected_files: run_told::rejected(collected),
            studies: judged.studies,
            changes: self.store.map(|_| Changes {
                files_not_read: collected.counts.known,
                ..judged.changes.clone()
            }),
            left_out: collected.chosen.left_out,
            sample: collected.chosen.sample.clone(),
            institutions: 0,
            policies: judged.policies.clone(),
            models: judged.models.clone(),
            runtime: judged.runtime.clone(),
            notices: self.request.readers.as_ref().map(|r| r.notices()).unwrap_or_default(),
            threads: u32::try_from(rayon::current_num_threads()).unwrap_or(u32::MAX),
            memory_budget: self.request.memory,
            manifest: None,
            durations: Vec::new(),
            ledger: judged.gated.as_ref().map(|g| g.head.clone()),
        }
    }
}
