//! Folders of models for tests, made of the ONNX files in `tests/data/models`.

use std::fs;
use std::path::{Path, PathBuf};

use hrgate::infer::choice::{Choice, Device};
use hrgate::infer::digest::sha256;
use tempfile::TempDir;

/// An ONNX file of the tests.
pub fn onnx(name: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read(root.join("tests/data/models").join(name)).unwrap()
}

/// The library that the set-up installed. There is no test that does without it.
pub fn library() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".onnxruntime/lib");
    let found = fs::read_dir(&folder).unwrap_or_else(|e| {
        panic!("{}: {e}; run scripts/setup.sh test", folder.display());
    });
    let mut files: Vec<PathBuf> = found.map(|f| f.unwrap().path()).collect();
    files.sort();
    files.pop().expect("the set-up left no library")
}

/// The entry of a model of which `bytes` are the file `NAME.onnx`.
pub fn entry(name: &str, version: &str, input: &str, bytes: &[u8]) -> String {
    format!(
        r#"
[[model]]
name = "{name}"
version = "{version}"
file = "{name}.onnx"
sha256 = "{}"
bytes = {}
task_zh = "测试"
task_en = "a test"
intended_use_zh = "仅供测试"
intended_use_en = "tests only"
card = "{name}.md"
classes = ["bright", "edges"]
input = [{{ name = "{input}", shape = ["batch", 1, "rows", "columns"], unit = "1", preprocessing = "unit" }}]
output = [{{ name = "scores", shape = ["batch", 2], unit = "1", meaning = "mean and edges" }}]
sizes = {{ batch = 2, rows = 64, columns = 48 }}
thresholds = {{ bright = 0.5 }}
training = [{{ source = "made", licence = "CC0-1.0", images = 0 }}]
"#,
        sha256(bytes),
        bytes.len()
    )
}

/// A folder with a manifest of these entries and these files.
pub fn folder(entries: &str, files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("manifest.toml"), format!("schema = 1\n{entries}")).unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

/// A folder and the library of the set-up, on the processor.
pub fn choice(folder: &Path) -> Choice {
    Choice { models: Some(folder.to_path_buf()), onnxruntime: Some(library()), device: Device::Cpu }
}
