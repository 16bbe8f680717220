//! `models/manifest.toml` as read: what each model is, what goes in and comes out, what it was
//! trained on, how often it is right, and where it must not be used.

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::text::Text;
use crate::policy::error::PolicyErrors;

use super::manifest_read;

/// Name of the manifest in the folder of models.
pub const FILE: &str = "manifest.toml";

/// The manifest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    /// The models in the order of the file; none is legal.
    pub models: Vec<Entry>,
}

/// One model.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name: what readers and checks ask for.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The ONNX file, beside the manifest.
    pub file: String,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// What it does.
    pub task: Text,
    /// What it may be used for.
    pub intended_use: Text,
    /// Its card, beside the manifest.
    pub card: String,
    /// Arrays that go in.
    pub inputs: Vec<Port>,
    /// Arrays that come out.
    pub outputs: Vec<Port>,
    /// Named dimension → the size with which it is tried and timed.
    pub sizes: BTreeMap<String, usize>,
    /// Words of its classes, in the order of its outputs; empty where it has none.
    pub classes: Vec<String>,
    /// How raw outputs become probabilities.
    pub calibration: Option<Calibration>,
    /// Operating points, by name.
    pub thresholds: BTreeMap<String, f64>,
    /// What it was trained on.
    pub training: Vec<Training>,
    /// Where it must not be used, or is untested.
    pub limits: Vec<Text>,
    /// How often it is right, and on what.
    pub accuracy: Vec<Accuracy>,
    /// Values that a run over the ramp input (`hrgate models verify`) has to give.
    pub golden: Vec<Golden>,
}

/// An input or output of float32.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Name in the ONNX file.
    pub name: String,
    /// Its dimensions.
    pub shape: Vec<Dim>,
    /// Unit of its values; `1` for a pure number.
    pub unit: String,
    /// An input's preprocessing, an output's meaning.
    pub about: String,
}

/// One dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dim {
    /// Always this size.
    Fixed(usize),
    /// Any size; the same name is the same size. The batch is the one called `batch`.
    Named(String),
}

/// How raw outputs become probabilities.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// `temperature`, `platt` …
    pub method: String,
    /// Its numbers, by name.
    pub values: BTreeMap<String, f64>,
}

/// One source of training data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Training {
    /// Name of the source in `models/NOTICE`.
    pub source: String,
    /// Its licence.
    pub licence: String,
    /// How many images.
    pub images: u64,
}

/// One figure of accuracy.
#[derive(Clone, Debug, PartialEq)]
pub struct Accuracy {
    /// What was measured.
    pub figure: String,
    /// The value.
    pub value: f64,
    /// 95 % interval.
    pub interval: Option<(f64, f64)>,
    /// Over how many cases.
    pub n: u64,
    /// On which data.
    pub data: String,
}

/// A value that the ramp input has to give.
#[derive(Clone, Debug, PartialEq)]
pub struct Golden {
    /// Which output.
    pub output: String,
    /// Position in it, row-major.
    pub at: usize,
    /// The value.
    pub value: f64,
    /// How far off it may be.
    pub tolerance: f64,
}

impl Manifest {
    /// Reads a manifest from its text; `shown` is its name in messages.
    ///
    /// # Errors
    /// Every error with file, line and column.
    pub fn parse(shown: &str, text: &str) -> Result<Self, PolicyErrors> {
        manifest_read::parse(shown, text)
    }

    /// Reads `manifest.toml` of a folder.
    ///
    /// # Errors
    /// The words of the system, or every error of the file, for people.
    pub fn open(folder: &Path) -> Result<Self, Text> {
        let path = folder.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(|e| {
            let shown = path.display();
            Text::new(format!("无法读取 {shown}：{e}"), format!("{shown} cannot be read: {e}"))
        })?;
        Self::parse(FILE, &text).map_err(|errors| {
            use crate::model::text::Language;
            let lines = |language| errors.lines(language).join("; ");
            Text::new(lines(Language::Zh), lines(Language::En))
        })
    }

    /// The entry of a model.
    pub fn find(&self, name: &str) -> Option<&Entry> {
        self.models.iter().find(|m| m.name == name)
    }
}

impl Entry {
    /// An operating point.
    ///
    /// # Errors
    /// The sentence that names it, where the manifest has none of that name.
    pub fn threshold(&self, name: &str) -> Result<f64, Text> {
        self.thresholds.get(name).copied().ok_or_else(|| {
            let model = &self.name;
            Text::new(
                format!("模型清单中 {model} 缺少阈值 {name}"),
                format!("the models' manifest has no threshold {name} of {model}"),
            )
        })
    }

    /// Version and the first 12 digits of the SHA-256, as provenance tells them.
    pub fn told(&self) -> String {
        format!("{}+{}", self.version, self.sha256.get(..12).unwrap_or(&self.sha256))
    }

    /// Sizes of a port with the sizes under which the model is tried.
    pub fn tried(&self, port: &Port) -> Vec<usize> {
        let size = |dim: &Dim| match dim {
            Dim::Fixed(n) => *n,
            Dim::Named(name) => self.sizes.get(name).copied().unwrap_or(1),
        };
        port.shape.iter().map(size).collect()
    }
}

impl Port {
    /// The shape for people: `batch x 1 x 1024 x 853`.
    pub fn shown(&self) -> String {
        let dim = |d: &Dim| match d {
            Dim::Fixed(n) => n.to_string(),
            Dim::Named(name) => name.clone(),
        };
        self.shape.iter().map(dim).collect::<Vec<_>>().join(" x ")
    }
}
