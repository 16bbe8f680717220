//! One ready model: its entry in the manifest and its sessions.

use std::collections::BTreeMap;
use std::fmt;

use ndarray::{ArrayD, ArrayViewD, Axis, Slice};

use crate::model::text::Text;

use super::manifest::{Dim, Entry, Port};
use super::session::{Declared, Sessions, TIME_LIMIT};

/// A model whose file is the one in the manifest and that fits it.
pub struct Model {
    /// Its entry in the manifest.
    pub entry: Entry,
    /// Name and version of the runtime it runs on.
    pub runtime: String,
    sessions: Sessions,
}

/// What a run gave, by output name.
#[derive(Clone, Debug, PartialEq)]
pub struct Outputs(BTreeMap<String, ArrayD<f32>>);

impl Outputs {
    /// An output. Every one of the manifest is there after a run that succeeded.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn get(&self, name: &str) -> Result<ArrayViewD<'_, f32>, Text> {
        self.0.get(name).map(|array| array.view()).ok_or_else(|| {
            Text::new(format!("模型没有输出 {name}"), format!("the model has no output {name}"))
        })
    }

    /// Every output by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, ArrayViewD<'_, f32>)> {
        self.0.iter().map(|(name, array)| (name.as_str(), array.view()))
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("entry", &self.entry.name).finish_non_exhaustive()
    }
}

impl Model {
    /// A model of which the file declares `inputs` and `outputs`.
    ///
    /// # Errors
    /// What of the file is not as the manifest says.
    pub(super) fn new(
        entry: Entry,
        runtime: String,
        sessions: Sessions,
        inputs: &[Declared],
        outputs: &[Declared],
    ) -> Result<Self, Text> {
        let mut faults = held("input", &entry.inputs, inputs);
        faults.extend(held("output", &entry.outputs, outputs));
        if faults.is_empty() {
            return Ok(Self { entry, runtime, sessions });
        }
        let (name, all) = (&entry.name, faults.join("; "));
        Err(Text::new(
            format!(
                "模型 {name} 的文件与 manifest.toml 不符：{all}；请更正模型清单或换用正确的文件"
            ),
            format!(
                "the file of model {name} is not as manifest.toml says: {all}; correct the manifest or put the right file there"
            ),
        ))
    }

    /// With another time limit a run.
    #[must_use]
    pub fn limit(self, limit: std::time::Duration) -> Self {
        Self { sessions: self.sessions.limit(limit.min(TIME_LIMIT)), ..self }
    }

    /// How many sessions were made and are not running.
    pub fn idle_sessions(&self) -> usize {
        self.sessions.idle()
    }

    /// Lets go of the idle sessions and their memory; the next run makes one.
    pub fn rest(&self) {
        self.sessions.rest();
    }

    /// Runs the model once over arrays of the shapes in the manifest, by input name.
    ///
    /// # Errors
    /// A wrong name or shape, ONNX Runtime's words, the time limit, NaN or an infinite number in an
    /// output.
    pub fn run(&self, inputs: &[(&str, ArrayViewD<'_, f32>)]) -> Result<Outputs, Text> {
        self.fits(inputs)?;
        let outputs = self.sessions.run(inputs).map_err(|e| self.failed(&e.to_string()))?;
        for (name, array) in &outputs {
            if array.iter().any(|v| !v.is_finite()) {
                return Err(self.failed(&format!("output {name} has NaN or an infinite number")));
            }
            let port = self.entry.outputs.iter().find(|p| p.name == *name);
            if port.is_some_and(|p| !matches(&p.shape, array.shape())) {
                let shape = array.shape();
                return Err(self.failed(&format!("output {name} has shape {shape:?}")));
            }
        }
        Ok(Outputs(outputs.into_iter().collect()))
    }

    /// Runs the model over a batch (first axis of the only input) in runs of at most `most`, and
    /// joins the outputs along their first axis. Memory is bounded by `most`, not by the batch; the
    /// cuts depend on the batch alone, so the outputs do too.
    ///
    /// # Errors
    /// As [`Model::run`]; also where the model has several inputs or the batch is empty.
    pub fn run_batch(&self, batch: ArrayViewD<'_, f32>, most: usize) -> Result<Outputs, Text> {
        let [input] = self.entry.inputs.as_slice() else {
            return Err(self.failed("a batch needs a model of one input"));
        };
        let n = batch.shape().first().copied().unwrap_or(0);
        let mut joined: BTreeMap<String, Vec<ArrayD<f32>>> = BTreeMap::new();
        for from in (0..n).step_by(most.max(1)) {
            let to = (from + most.max(1)).min(n);
            let part = batch.slice_axis(Axis(0), Slice::from(from..to));
            // ONNX Runtime reads plain row-major memory.
            let part = part.as_standard_layout();
            for (name, array) in self.run(&[(input.name.as_str(), part.view())])?.0 {
                joined.entry(name).or_default().push(array);
            }
        }
        if joined.is_empty() {
            return Err(self.failed("the batch is empty"));
        }
        let join = |(name, parts): (String, Vec<ArrayD<f32>>)| {
            let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
            let joined = ndarray::concatenate(Axis(0), &views);
            joined.map(|array| (name, array)).map_err(|e| self.failed(&e.to_string()))
        };
        joined.into_iter().map(join).collect::<Result<_, _>>().map(Outputs)
    }

    fn fits(&self, inputs: &[(&str, ArrayViewD<'_, f32>)]) -> Result<(), Text> {
        for port in &self.entry.inputs {
            let Some((_, array)) = inputs.iter().find(|(name, _)| *name == port.name) else {
                return Err(self.failed(&format!("input {} was not given", port.name)));
            };
            if !matches(&port.shape, array.shape()) || array.is_empty() {
                let (shape, wanted) = (array.shape(), port.shown());
                return Err(self
                    .failed(&format!("input {} has shape {shape:?}, wanted {wanted}", port.name)));
            }
        }
        Ok(())
    }

    fn failed(&self, why: &str) -> Text {
        let name = &self.entry.name;
        Text::new(format!("模型 {name} 运行失败：{why}"), format!("model {name} failed: {why}"))
    }
}

/// Whether dimensions are those of a shape; equal names must be equal sizes.
fn matches(shape: &[Dim], dims: &[usize]) -> bool {
    let mut named: BTreeMap<&str, usize> = BTreeMap::new();
    shape.len() == dims.len()
        && shape.iter().zip(dims).all(|(dim, n)| match dim {
            Dim::Fixed(wanted) => wanted == n,
            Dim::Named(name) => named.insert(name, *n).is_none_or(|before| before == *n),
        })
}

/// What of the declared ports is not as the manifest says. A dimension that varies in the file may
/// be fixed in the manifest, never the other way round.
fn held(kind: &str, wanted: &[Port], declared: &[Declared]) -> Vec<String> {
    let mut faults = Vec::new();
    for port in wanted {
        let Some(is) = declared.iter().find(|d| d.name == port.name) else {
            let names: Vec<&str> = declared.iter().map(|d| d.name.as_str()).collect();
            faults.push(format!(
                "{kind} {} is not in the file, which has {}",
                port.name,
                names.join(", ")
            ));
            continue;
        };
        if !is.float {
            faults.push(format!("{kind} {} is not float32", port.name));
        }
        let fits = |(dim, is): (&Dim, &Option<usize>)| match (dim, is) {
            (Dim::Fixed(n), Some(is)) => n == is,
            (Dim::Named(_), Some(_)) => false,
            (_, None) => true,
        };
        if port.shape.len() != is.dims.len() || !port.shape.iter().zip(&is.dims).all(fits) {
            let dims = is.dims.iter().map(|d| d.map_or("?".to_owned(), |n| n.to_string()));
            let dims = dims.collect::<Vec<_>>().join(" x ");
            faults.push(format!(
                "{kind} {} is {dims} in the file, {} in the manifest",
                port.name,
                port.shown()
            ));
        }
    }
    for extra in declared.iter().filter(|d| !wanted.iter().any(|p| p.name == d.name)) {
        faults.push(format!("{kind} {} is not in the manifest", extra.name));
    }
    faults
}
