//! Options and steps that `run` and `inspect` share.

use std::io::IsTerminal;
use std::path::PathBuf;

use crate::checks::contract::Depth;
use crate::pipeline::budget::parse_size;
use crate::pipeline::run::{Request, RunError};
use crate::policy::load::{PolicySet, load};
use crate::policy::resolved::Policy;
use crate::registry::{Registry, RegistryError};

use super::CommandError;

/// What to read and how to judge it.
#[derive(clap::Args)]
pub struct Input {
    /// Folders, files or zip archives; any names, any depth.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// How deep to look: headers only, pixels too, models too.
    #[arg(long, value_enum, default_value = "pixels")]
    pub depth: Depth,
    /// Threads; 0 for one a core.
    #[arg(long, default_value_t = 0)]
    pub threads: usize,
    /// Bytes of files and decoded frames in flight, e.g. 200M, 2G.
    #[arg(long, default_value = "192M", value_parser = parse_size)]
    pub memory: u64,
    /// Policies that judge, by id; else the one of the institution's region, else base.
    #[arg(long, value_delimiter = ',')]
    pub policy: Vec<String>,
    /// A folder of policies over those built in.
    #[arg(long)]
    pub policies: Option<PathBuf>,
    /// The registry of institutions (TOML).
    #[arg(long)]
    pub registry: Option<PathBuf>,
    /// The folder level below each PATH that names the institution, counted from 1.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    pub institution_from_path: Option<u8>,
    /// The day to judge as of (YYYYMMDD); today by default.
    #[arg(long, value_parser = parse_day)]
    pub as_of: Option<String>,
}

fn parse_day(text: &str) -> Result<String, String> {
    jiff::civil::Date::strptime("%Y%m%d", text)
        .map(|_| text.to_owned())
        .map_err(|_| format!("{text:?} is not a day such as 20251231"))
}

impl Input {
    /// The request to the engine.
    pub fn request(&self, progress: bool) -> Result<Request, CommandError> {
        let registry = self.registry.as_deref().map(Registry::read).transpose()?;
        let today = || jiff::ZonedDateTime::now().strftime("%Y%m%d").to_string();
        Ok(Request {
            roots: self.paths.clone(),
            depth: self.depth,
            threads: self.threads,
            memory: self.memory,
            registry,
            institution_from_path: self.institution_from_path.map(usize::from),
            as_of: self.as_of.clone().unwrap_or_else(today),
            progress: progress && std::io::stderr().is_terminal(),
        })
    }

    /// The policies, and those asked for by name checked to be there.
    pub fn policies(&self) -> Result<Policies, CommandError> {
        let set =
            load(self.policies.as_deref()).map_err(|e| CommandError::Policy(e.to_string()))?;
        for id in &self.policy {
            if set.policy(id).is_none() {
                let known = set.ids().collect::<Vec<_>>().join(", ");
                return Err(CommandError::Usage(format!("no policy {id:?}; there are {known}")));
            }
        }
        Ok(Policies { set, asked: self.policy.clone() })
    }
}

/// The policies of a run.
pub struct Policies {
    /// All that are loaded.
    pub set: PolicySet,
    /// Those asked for on the command line.
    pub asked: Vec<String>,
}

impl Policies {
    /// The policy that judges an institution's studies.
    pub fn of(&self, _region: Option<&str>) -> &Policy {
        self.asked.first().and_then(|id| self.set.policy(id)).unwrap_or(&self.set.base)
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

impl From<RunError> for CommandError {
    fn from(error: RunError) -> Self {
        Self::Io(error.to_string())
    }
}
