//! The library of ONNX Runtime: found, checked, loaded once a process.
//!
//! `ort` panics on a library it does not like, and a panic inside its once-only initialisation
//! blocks every later caller for ever. So the library is opened and asked for its version here
//! first, and `ort` gets only one that answered.

use std::ffi::CStr;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use libloading::{Library, Symbol};
use ort::environment::Environment;
use ort::ep::{CUDA, ExecutionProvider};
use ort::logging::LogLevel;
use ort::sys::OrtApiBase;

use crate::model::text::Text;

/// A loaded library.
#[derive(Debug)]
pub struct Runtime {
    /// Keeps ONNX Runtime's own environment alive.
    pub(super) environment: Environment,
    /// Version of the library, e.g. `1.24.4`.
    pub version: String,
    /// The file it was loaded from.
    pub path: PathBuf,
}

/// A process has one ONNX Runtime, for good.
static LOADED: Mutex<Option<Arc<Runtime>>> = Mutex::new(None);

impl Runtime {
    /// Loads a library, or gives the one that is loaded already.
    ///
    /// # Errors
    /// What is wrong with the file and what to do, for people.
    pub fn load(path: &Path) -> Result<Arc<Self>, Text> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        if let Some(runtime) = &*loaded {
            if runtime.path == path {
                return Ok(Arc::clone(runtime));
            }
            // Another file may still be refused for what it is, which says more.
            probe(&path)?;
            return Err(unusable(&path, "another ONNX Runtime is loaded in this process"));
        }
        let version = probe(&path)?;
        let made = catch_unwind(|| {
            let builder = ort::init_from(&path).map_err(|e| e.to_string())?;
            builder.with_name("hrgate").with_telemetry(false).build().map_err(|e| e.to_string())
        });
        let environment = made
            .unwrap_or_else(|_| Err("its initialisation broke".to_owned()))
            .map_err(|why| unusable(&path, &why))?;
        // What goes wrong comes back as an error and is told once; the library need not print it.
        environment.set_log_level(LogLevel::Fatal);
        let runtime = Arc::new(Self { environment, version, path });
        *loaded = Some(Arc::clone(&runtime));
        Ok(runtime)
    }

    /// Name and version, as provenance tells them.
    pub fn told(&self) -> String {
        format!("ONNX Runtime {}", self.version)
    }

    /// Checks that the library has the CUDA provider.
    ///
    /// # Errors
    /// That it has not, and what to install.
    pub fn has_cuda(&self) -> Result<(), Text> {
        if matches!(CUDA::is_available(), Ok(true)) {
            return Ok(());
        }
        let shown = self.path.display();
        Err(Text::new(
            format!(
                "ONNX Runtime 库 {shown} 不含 CUDA；请安装 onnxruntime-gpu 并用 --onnxruntime 指定其库文件，或改用 --device cpu"
            ),
            format!(
                "the ONNX Runtime {shown} has no CUDA provider; install onnxruntime-gpu and name its library by --onnxruntime, or use --device cpu"
            ),
        ))
    }
}

/// Opens a library and asks for its version; `ort` needs 1.17 or newer.
fn probe(path: &Path) -> Result<String, Text> {
    // SAFETY: opening a library runs its initialisers. The file is one that the user or the set-up
    // named as ONNX Runtime, with the rights of this program.
    let library = unsafe { Library::new(path) }.map_err(|e| unusable(path, &e.to_string()))?;
    let not_it = || unusable(path, "it is not ONNX Runtime (OrtGetApiBase is missing)");
    // SAFETY: the symbol is used only with the signature that ONNX Runtime's C API gives it; the
    // pointers are checked, and the texts are static in a library that stays open.
    let version = unsafe {
        let base: Symbol<'_, unsafe extern "system" fn() -> *const OrtApiBase> =
            library.get(b"OrtGetApiBase").map_err(|_| not_it())?;
        let base = base().as_ref().ok_or_else(not_it)?;
        let version = (base.GetVersionString)();
        if version.is_null() {
            return Err(not_it());
        }
        let version = CStr::from_ptr(version).to_string_lossy().into_owned();
        // An old library prints to standard error when it is asked for a version it lacks.
        if !new_enough(&version) || (base.GetApi)(ort::sys::ORT_API_VERSION).is_null() {
            let wanted = ort::sys::ORT_API_VERSION;
            return Err(unusable(
                path,
                &format!("it is version {version}; 1.{wanted} or newer is needed"),
            ));
        }
        version
    };
    // `ort` opens it again: that is a count, not a second load.
    std::mem::forget(library);
    Ok(version)
}

fn new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map(|p| p.parse::<u32>().unwrap_or(0));
    let (major, minor) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    major == 1 && minor >= ort::sys::ORT_API_VERSION
}

fn unusable(path: &Path, why: &str) -> Text {
    let shown = path.display();
    Text::new(
        format!(
            "ONNX Runtime 库 {shown} 不能使用：{why}；请运行 `make setup` 重新安装，或用 --onnxruntime 指定其他库文件"
        ),
        format!(
            "the library of ONNX Runtime {shown} cannot be used: {why}; run `make setup` to install it, or name another by --onnxruntime"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_below_the_api_are_refused() {
        assert!(new_enough("1.17.0") && new_enough("1.24.4"));
        assert!(!new_enough("1.16.3") && !new_enough("2.0.0") && !new_enough("x"));
    }

    #[test]
    fn a_file_that_is_no_library_is_an_error_with_words() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let why = Runtime::load(file.path()).unwrap_err();
        assert!(why.en.contains("cannot be used") && why.zh.contains("不能使用"), "{why:?}");
    }
}
