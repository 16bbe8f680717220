//! Options and steps that `run` and `inspect` share.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::checks::contract::Depth;
use crate::infer;
use crate::infer::choice::{Choice, Device};
use crate::infer::models::Models;
use crate::infer::readers::Readers;
use crate::items::catalogue::Catalogue;
use crate::items::lexicon::Lexicon;
use crate::items::lexicon_read::LexiconError;
use crate::manifest::{Manifest, ManifestError};
use crate::model::text::Text;
use crate::pipeline::budget::parse_size;
use crate::pipeline::judge::Rules;
use crate::pipeline::run::{Request, RunError};
use crate::policy::error::PolicyErrors;
use crate::policy::files::PolicyFiles;
use crate::policy::load::{PolicySet, load, load_needed};
use crate::policy::settings::Settings;
use crate::registry::{Registry, RegistryError};

use super::CommandError;

/// What to read and how to judge it.
#[derive(clap::Args)]
pub struct Input {
    /// Folders, files or zip archives; any names, any depth.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// How deep to look: headers only, pixels too, models too. A model that cannot be had ends its
    /// checks as "could not run", never as passed.
    #[arg(long, value_enum, default_value = "models")]
    pub depth: Depth,
    #[command(flatten)]
    pub models: Choice,
    /// Threads; 0 for one a core.
    #[arg(long, default_value_t = 0)]
    pub threads: usize,
    /// Bytes of files and decoded frames in flight, e.g. 200M, 2G.
    #[arg(long, default_value = "192M", value_parser = parse_size)]
    pub memory: u64,
    #[command(flatten)]
    pub policy: PolicyChoice,
    /// The registry of institutions (TOML).
    #[arg(long)]
    pub registry: Option<PathBuf>,
    /// The manifest (worklist) of the hospitals' systems: CSV or JSON.
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// The folder level below each PATH that names the institution, counted from 1.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    pub institution_from_path: Option<u8>,
    /// The day to judge as of (YYYYMMDD); today by default.
    #[arg(long, value_parser = parse_day)]
    pub as_of: Option<String>,
}

pub(super) fn parse_day(text: &str) -> Result<String, String> {
    jiff::civil::Date::strptime("%Y%m%d", text)
        .map(|_| text.to_owned())
        .map_err(|_| format!("{text:?} is not a day such as 20251231"))
}

impl Input {
    /// The request to the engine.
    pub fn request(&self, progress: bool) -> Result<Request, CommandError> {
        let registry = self.registry.as_deref().map(Registry::read).transpose()?;
        let readers = (self.depth >= Depth::Models).then(|| readers(&self.models)).transpose()?;
        let today = || jiff::ZonedDateTime::now().strftime("%Y%m%d").to_string();
        Ok(Request {
            roots: self.paths.clone(),
            depth: self.depth,
            threads: self.threads,
            memory: self.memory,
            registry,
            manifest: self.manifest.as_deref().map(Manifest::open).transpose()?.map(Arc::new),
            institution_from_path: self.institution_from_path.map(usize::from),
            readers,
            as_of: self.as_of.clone().unwrap_or_else(today),
            progress: progress && std::io::stderr().is_terminal(),
            ..Request::default()
        })
    }
}

/// The readers over the models that were chosen. What the command line names has to be there before
/// a night's run begins; what is looked for may be missing, and every study will say so.
fn readers(choice: &Choice) -> Result<Arc<Readers>, CommandError> {
    let models = Models::open(choice.clone());
    let shown = |text: &Text| CommandError::Io(format!("{}\nhrgate: {}", text.zh, text.en));
    if choice.models.is_some() {
        models.folder().map_err(shown)?;
    }
    if choice.device != Device::Cpu {
        models.runtime().map_err(shown)?;
    }
    Ok(Arc::new(Readers::new(Arc::new(models), infer::registry::READERS)))
}

/// Which policies judge.
#[derive(clap::Args, Default)]
pub struct PolicyChoice {
    /// Policies that judge, by id; else the one of the institution's region, else base.
    #[arg(long, value_delimiter = ',')]
    pub policy: Vec<String>,
    /// A folder of policies over those built in.
    #[arg(long)]
    pub policies: Option<PathBuf>,
}

impl PolicyChoice {
    /// Every policy, and those asked for by name checked to be there.
    pub fn load(&self) -> Result<Policies, CommandError> {
        self.ready(|| load(self.policies.as_deref()))
    }

    /// Whether all that may judge is part of the program, where it was tested.
    pub fn is_built_in(&self) -> bool {
        let known = |id: &String| id == "base" || PolicyFiles::is_embedded(id);
        self.policies.is_none() && self.policy.iter().all(known)
    }

    /// The policies that may judge institutions of a registry, and those asked for.
    pub fn load_for(&self, registry: Option<&Registry>) -> Result<Policies, CommandError> {
        let regions = registry.map(Registry::regions).unwrap_or_default();
        if !self.is_built_in() {
            return self.load();
        }
        self.ready(|| load_needed(&self.policy, &regions))
    }

    fn ready(
        &self,
        read: impl FnOnce() -> Result<PolicySet, PolicyErrors>,
    ) -> Result<Policies, CommandError> {
        // Start-up is most of what one DR costs, so the two are read at once.
        let (set, lexicon) = std::thread::scope(|scope| {
            let words = scope.spawn(|| self.lexicon());
            let set = read();
            (set, words.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        let set = set.map_err(|e| CommandError::Policy(e.to_string()))?;
        for id in &self.policy {
            if set.policy(id).is_none() {
                let known = set.ids().collect::<Vec<_>>().join(", ");
                return Err(CommandError::Usage(format!("no policy {id:?}; there are {known}")));
            }
        }
        let lexicon = lexicon.map_err(|e| CommandError::Policy(e.to_string()))?;
        let catalogues = set.profiles.keys().map(|id| (id.clone(), OnceLock::new())).collect();
        Ok(Policies { set, asked: self.policy.clone(), lexicon, catalogues })
    }

    fn lexicon(&self) -> Result<Lexicon, LexiconError> {
        let words = self.policies.as_deref().map(|d| d.join("synonyms")).filter(|d| d.is_dir());
        match words {
            Some(folder) => Lexicon::load(&folder),
            None => Lexicon::embedded(),
        }
    }
}

/// The policies of a run.
pub struct Policies {
    /// All that are loaded.
    pub set: PolicySet,
    /// The words that descriptions use.
    pub lexicon: Lexicon,
    /// Profile → its catalogue, made ready when the first study asks for it.
    catalogues: BTreeMap<String, OnceLock<Catalogue>>,
    asked: Vec<String>,
}

/// The rules of every region, made once a run.
pub struct RulesByRegion<'a> {
    policies: &'a Policies,
    base: Rules<'a>,
    regions: BTreeMap<String, (Vec<&'a str>, OnceLock<Rules<'a>>)>,
    asked: Option<Rules<'a>>,
}

impl Policies {
    /// Every how manieth slice is given the costlier measures: a setting of the base, as a study's
    /// region is not known while its pixels are read.
    pub fn sampled_step(&self) -> u32 {
        let step = self.set.base.settings.number("sampled_slice_step");
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1000")]
        let step = step as u32;
        step
    }

    /// The settings of a region's profile; those of the base where it has none.
    pub fn settings_of(&self, region: Option<&str>) -> &Settings {
        let serves = |region| self.set.profiles.iter().find(move |(_, p)| p.serves(region));
        let policy = region.and_then(serves).and_then(|(id, _)| self.set.policy(id));
        &policy.unwrap_or(&self.set.base).settings
    }

    /// What judges the studies of each region.
    pub fn by_region(&self) -> RulesByRegion<'_> {
        let mut regions: BTreeMap<String, (Vec<&str>, OnceLock<Rules<'_>>)> = BTreeMap::new();
        for (id, profile) in &self.set.profiles {
            for region in &profile.rules.registry_regions {
                regions.entry(region.clone()).or_default().0.push(id);
            }
        }
        let asked: Vec<&str> = self.asked.iter().map(String::as_str).collect();
        RulesByRegion {
            policies: self,
            base: self.rules(&[self.set.base.id.as_str()]),
            regions,
            asked: (!asked.is_empty()).then(|| self.rules(&asked)),
        }
    }

    /// A profile's catalogue, ready to be matched.
    pub fn catalogue(&self, id: &str) -> Option<&Catalogue> {
        let profile = self.set.profiles.get(id)?;
        let ready = self.catalogues.get(id)?;
        Some(ready.get_or_init(|| Catalogue::new(id, &profile.catalogue, &self.lexicon)))
    }

    fn rules(&self, ids: &[&str]) -> Rules<'_> {
        Rules {
            policies: ids.iter().filter_map(|id| self.set.policy(id)).collect(),
            catalogues: ids.iter().filter_map(|id| self.catalogue(id)).collect(),
            lexicon: &self.lexicon,
        }
    }
}

impl<'a> RulesByRegion<'a> {
    /// What judges the studies of an institution: the policies asked for, else those of its
    /// region, else the base alone.
    pub fn of(&self, region: Option<&str>) -> &Rules<'a> {
        self.asked
            .as_ref()
            .or_else(|| {
                let (ids, rules) = self.regions.get(region?)?;
                Some(rules.get_or_init(|| self.policies.rules(ids)))
            })
            .unwrap_or(&self.base)
    }
}

impl From<RegistryError> for CommandError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Io { .. } => Self::Io(error.to_string()),
            _ => Self::Policy(error.to_string()),
        }
    }
}

impl From<ManifestError> for CommandError {
    fn from(error: ManifestError) -> Self {
        match error {
            ManifestError::Io { .. } => Self::Io(error.to_string()),
            ManifestError::Format { .. } => Self::Policy(error.to_string()),
        }
    }
}

impl From<RunError> for CommandError {
    fn from(error: RunError) -> Self {
        Self::Io(error.to_string())
    }
}
