//! Where the folder of models and the runtime's library are looked for.

use std::path::{Path, PathBuf};

use crate::model::text::Text;

use super::choice::Choice;
use super::manifest;

/// Parents of the program's folder that are looked into: `target/debug/deps/` is three below the
/// project.
const UP: usize = 4;
/// Where `scripts/setup.sh` puts the library, in the project.
const SET_UP: &str = ".onnxruntime/lib";

/// The folder of models.
///
/// # Errors
/// The sentence that says where was looked and what to do.
pub fn models(choice: &Choice) -> Result<PathBuf, Text> {
    if let Some(folder) = &choice.models {
        return has_manifest(folder).then(|| folder.clone()).ok_or_else(|| {
            let shown = folder.display();
            Text::new(
                format!("模型目录 {shown} 中没有 {}；请用 --models 指定正确的目录", manifest::FILE),
                format!(
                    "the folder of models {shown} has no {}; name the right one by --models",
                    manifest::FILE
                ),
            )
        });
    }
    let here = std::iter::once(PathBuf::from("models"));
    let found = above_program().map(|f| f.join("models")).chain(here).find(|f| has_manifest(f));
    found.ok_or_else(|| {
        Text::new(
            "没有找到模型目录：程序所在目录及其上级、当前目录下都没有 models/manifest.toml；请用 --models 指定",
            "no folder of models: neither beside the program nor above it nor here is a models/manifest.toml; name it by --models",
        )
    })
}

/// The runtime's library.
///
/// # Errors
/// The sentence that says what to install.
pub fn library(choice: &Choice, models: Option<&Path>) -> Result<PathBuf, Text> {
    if let Some(file) = &choice.onnxruntime {
        let absolute = std::path::absolute(file).unwrap_or_else(|_| file.clone());
        return absolute.is_file().then_some(absolute).ok_or_else(|| {
            let shown = file.display();
            Text::new(
                format!("ONNX Runtime 库文件 {shown} 不存在（--onnxruntime 或环境变量 ORT_DYLIB_PATH）"),
                format!("the library of ONNX Runtime {shown} is not there (--onnxruntime or ORT_DYLIB_PATH)"),
            )
        });
    }
    let program = above_program();
    let own = program.take(1).flat_map(|f| [f.join("lib"), f]);
    let beside_models = models.and_then(Path::parent).map(|f| f.join(SET_UP));
    let set_up = above_program().map(|f| f.join(SET_UP)).chain(beside_models);
    own.chain(set_up).find_map(|folder| library_in(&folder)).ok_or_else(missing)
}

fn missing() -> Text {
    Text::new(
        "没有找到 ONNX Runtime 库；请运行 `make setup`（scripts/setup.sh build），或安装 onnxruntime 后用 --onnxruntime 指定库文件",
        "the library of ONNX Runtime is missing; run `make setup` (scripts/setup.sh build), or install onnxruntime and name its library by --onnxruntime",
    )
}

/// The library in a folder: `libonnxruntime.so`, with a version or without; of several the last by
/// name.
fn library_in(folder: &Path) -> Option<PathBuf> {
    let names = std::fs::read_dir(folder).ok()?.flatten().map(|e| e.path());
    let is_library = |path: &PathBuf| {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let stem = name.starts_with("libonnxruntime.") || name == "onnxruntime.dll";
        stem && [".so", ".dylib", ".dll"].iter().any(|end| name.contains(end))
    };
    let found = names.filter(is_library).max()?;
    std::path::absolute(found).ok()
}

/// The program's folder and those above it, nearest first.
fn above_program() -> impl Iterator<Item = PathBuf> {
    let program = std::env::current_exe().ok().and_then(|p| p.canonicalize().ok());
    let folders: Vec<PathBuf> = program
        .iter()
        .flat_map(|p| p.ancestors().skip(1).take(UP + 1))
        .map(Path::to_path_buf)
        .collect();
    folders.into_iter()
}

fn has_manifest(folder: &Path) -> bool {
    folder.join(manifest::FILE).is_file()
}
