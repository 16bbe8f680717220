//! The set of models: each loaded when it is first asked for, then ready or unavailable for good.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::model::text::Text;

use super::choice::{Choice, Device};
use super::digest::sha256;
use super::locate;
use super::manifest::{Entry, Manifest};
use super::model::Model;
use super::runtime::Runtime;
use super::session::Sessions;

/// A model, or why it cannot be had and what to do.
pub type State = Result<Arc<Model>, Text>;

/// The models of a folder, and the runtime they share.
pub struct Models {
    choice: Choice,
    /// The folder, or why there is none.
    folder: Result<PathBuf, Text>,
    /// What its manifest says, or what is wrong with it.
    manifest: Result<Manifest, Text>,
    runtime: OnceLock<Result<Arc<Runtime>, Text>>,
    states: BTreeMap<String, OnceLock<State>>,
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Models").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Models {
    /// Finds the folder and reads its manifest. No model and no library is loaded yet, and nothing
    /// that is missing is an error: it is the state of the models.
    pub fn open(choice: Choice) -> Self {
        let folder = locate::models(&choice);
        let manifest = folder.clone().and_then(|folder| Manifest::open(&folder));
        let states = manifest.iter().flat_map(|m| &m.models);
        let states = states.map(|m| (m.name.clone(), OnceLock::new())).collect();
        Self { choice, folder, manifest, runtime: OnceLock::new(), states }
    }

    /// What the manifest says.
    ///
    /// # Errors
    /// Why there is none.
    pub fn manifest(&self) -> Result<&Manifest, &Text> {
        self.manifest.as_ref()
    }

    /// The folder of models.
    ///
    /// # Errors
    /// Why there is none.
    pub fn folder(&self) -> Result<&PathBuf, &Text> {
        self.folder.as_ref()
    }

    /// The runtime, loaded at the first call.
    ///
    /// # Errors
    /// What is wrong and what to install.
    pub fn runtime(&self) -> Result<&Arc<Runtime>, &Text> {
        let load = || {
            let folder = self.folder.as_deref().ok();
            let runtime = Runtime::load(&locate::library(&self.choice, folder)?)?;
            if self.choice.device == Device::Cuda {
                runtime.has_cuda()?;
            }
            Ok(runtime)
        };
        self.runtime.get_or_init(load).as_ref()
    }

    /// A model, loaded at the first call.
    ///
    /// # Errors
    /// Why it cannot be had and what to do.
    pub fn get(&self, name: &str) -> Result<&Arc<Model>, Text> {
        let manifest = self.manifest.as_ref().map_err(Clone::clone)?;
        let (Some(entry), Some(state)) = (manifest.find(name), self.states.get(name)) else {
            return Err(Text::new(
                format!("模型清单 manifest.toml 中没有模型 {name}"),
                format!("manifest.toml has no model {name}"),
            ));
        };
        state.get_or_init(|| self.load(entry)).as_ref().map_err(Clone::clone)
    }

    /// Lets go of the memory of every model; the next run of one takes it again.
    pub fn rest(&self) {
        self.states.values().filter_map(OnceLock::get).flatten().for_each(|model| model.rest());
    }

    fn load(&self, entry: &Entry) -> State {
        let folder = self.folder.as_ref().map_err(Clone::clone)?;
        let path = folder.join(&entry.file);
        let bytes = fs::read(&path).map_err(|e| {
            let (name, shown) = (&entry.name, path.display());
            Text::new(
                format!("模型 {name} 的文件 {shown} 无法读取：{e}；请恢复该文件"),
                format!("the file of model {name}, {shown}, cannot be read: {e}; put it back"),
            )
        })?;
        unaltered(entry, &bytes)?;
        self.open_one(entry, &bytes).map(Arc::new)
    }

    /// A model of an entry and bytes, whatever lies in the folder.
    ///
    /// # Errors
    /// As [`Models::get`].
    pub fn open_one(&self, entry: &Entry, bytes: &[u8]) -> Result<Model, Text> {
        let runtime = Arc::clone(self.runtime().map_err(Clone::clone)?);
        let told = runtime.told();
        let opened = Sessions::open(runtime, self.choice.device, bytes.to_vec());
        let (sessions, inputs, outputs) = opened.map_err(|e| {
            let name = &entry.name;
            Text::new(
                format!("模型 {name} 无法加载：{e}；请换用可用的模型文件或更新 ONNX Runtime（make setup）"),
                format!("model {name} cannot be loaded: {e}; put a working file there or renew ONNX Runtime (make setup)"),
            )
        })?;
        Model::new(entry.clone(), told, sessions, &inputs, &outputs)
    }
}

/// Whether the bytes are those of the manifest.
fn unaltered(entry: &Entry, bytes: &[u8]) -> Result<(), Text> {
    let (is, size) = (sha256(bytes), bytes.len() as u64);
    if is == entry.sha256 && size == entry.bytes {
        return Ok(());
    }
    let (name, file, wanted) = (&entry.name, &entry.file, &entry.sha256);
    let declared = entry.bytes;
    Err(Text::new(
        format!(
            "模型 {name} 的文件 {file} 与清单不符（SHA-256 {is}，{size} 字节；清单为 {wanted}，{declared} 字节）；请恢复原文件，若是有意更换，请同时更新 manifest.toml"
        ),
        format!(
            "the file {file} of model {name} is not that of the manifest (SHA-256 {is}, {size} bytes; the manifest has {wanted}, {declared} bytes); put the original back, or, where it was replaced on purpose, update manifest.toml"
        ),
    ))
}
