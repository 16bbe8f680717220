//! Sessions of one model, shared by threads.
//!
//! `ort` lets one thread at a time run a session, for good reason (allocators and statistics of
//! ONNX Runtime are not safe for more). So there is a pool: a thread takes an idle session or makes
//! one, and puts it back. There are never more than threads that ran the model at once, each with
//! its own copy of the weights; how much that is stands in `docs/decisions/0008-models.md`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ndarray::{ArrayD, ArrayViewD, IxDyn};
use ort::ep::{CPU, CUDA};
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{RunOptions, Session, SessionInputValue};
use ort::value::{Outlet, TensorElementType, TensorRef};

use super::choice::Device;
use super::runtime::Runtime;
use super::watch;

/// A run that takes longer is ended.
pub const TIME_LIMIT: Duration = Duration::from_mins(1);

/// An input or output as the ONNX file declares it: name, whether it is float32, dimensions (`None`
/// where they vary).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Name.
    pub name: String,
    /// Whether it holds float32.
    pub float: bool,
    /// Dimensions; `None` where one varies.
    pub dims: Vec<Option<usize>>,
}

/// Why a run failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// ONNX Runtime's words.
    #[error("ONNX Runtime: {0}")]
    Runtime(String),
    /// It took longer than allowed.
    #[error("it took longer than {} s and was ended", .0.as_secs())]
    TimeLimit(Duration),
}

impl<R> From<ort::Error<R>> for SessionError {
    fn from(error: ort::Error<R>) -> Self {
        Self::Runtime(error.message().to_owned())
    }
}

/// The pool.
pub struct Sessions {
    runtime: Arc<Runtime>,
    device: Device,
    bytes: Vec<u8>,
    idle: Mutex<Vec<Session>>,
    limit: Duration,
}

impl Sessions {
    /// Makes the first session of a model and tells what it declares: inputs, outputs.
    ///
    /// # Errors
    /// ONNX Runtime's words: no ONNX file, an operator it lacks, no such device.
    pub fn open(
        runtime: Arc<Runtime>,
        device: Device,
        bytes: Vec<u8>,
    ) -> Result<(Self, Vec<Declared>, Vec<Declared>), SessionError> {
        let pool = Self { runtime, device, bytes, idle: Mutex::default(), limit: TIME_LIMIT };
        let session = pool.make()?;
        let declared = |ports: &[Outlet]| ports.iter().map(declared).collect();
        let (inputs, outputs) = (declared(session.inputs()), declared(session.outputs()));
        pool.put(session);
        Ok((pool, inputs, outputs))
    }

    /// With another time limit.
    #[must_use]
    pub fn limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// How many sessions there are that nobody runs.
    pub fn idle(&self) -> usize {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn make(&self) -> Result<Session, SessionError> {
        let provider = match self.device {
            Device::Cpu => CPU::default().with_arena_allocator(true).build(),
            // TF32 would make scores differ by more than their rounding hides.
            Device::Cuda => CUDA::default().with_tf32(false).build(),
        };
        let mut builder = Session::builder(&self.runtime.environment)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?
            .with_parallel_execution(false)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_log_level(ort::logging::LogLevel::Fatal)?
            .with_execution_providers([provider.error_on_failure()])?;
        Ok(builder.commit_from_memory(&self.bytes)?)
    }

    /// Lets go of the idle sessions and their memory; the next run makes one.
    pub fn rest(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn put(&self, session: Session) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
    }

    /// Runs the model once.
    ///
    /// # Errors
    /// ONNX Runtime's words, or the time limit.
    pub fn run(
        &self,
        inputs: &[(&str, ArrayViewD<'_, f32>)],
    ) -> Result<Vec<(String, ArrayD<f32>)>, SessionError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut session = match idle {
            Some(session) => session,
            None => self.make()?,
        };
        let outputs = self.run_on(&mut session, inputs);
        // A session that failed is as good as before: a run keeps no state.
        self.put(session);
        outputs
    }

    fn run_on(
        &self,
        session: &mut Session,
        inputs: &[(&str, ArrayViewD<'_, f32>)],
    ) -> Result<Vec<(String, ArrayD<f32>)>, SessionError> {
        let mut values: Vec<(&str, SessionInputValue<'_>)> = Vec::with_capacity(inputs.len());
        for (name, array) in inputs {
            values.push((name, TensorRef::from_array_view(array.view())?.into()));
        }
        let options = Arc::new(RunOptions::new()?);
        let watched = watch::watch(&options, self.limit);
        let outputs = match session.run_with_options(values, &options) {
            Ok(outputs) => outputs,
            Err(_) if watched.expired() => return Err(SessionError::TimeLimit(self.limit)),
            Err(error) => return Err(error.into()),
        };
        drop(watched);
        let mut out = Vec::with_capacity(outputs.len());
        for (name, value) in &outputs {
            let (shape, data) = value.try_extract_tensor::<f32>()?;
            let dims: Vec<usize> = shape.iter().map(|d| usize::try_from(*d).unwrap_or(0)).collect();
            let array = ArrayD::from_shape_vec(IxDyn(&dims), data.to_vec())
                .map_err(|e| SessionError::Runtime(e.to_string()))?;
            out.push((name.to_owned(), array));
        }
        Ok(out)
    }
}

fn declared(port: &Outlet) -> Declared {
    let dims = port
        .dtype()
        .tensor_shape()
        .map(|shape| shape.iter().map(|d| usize::try_from(*d).ok()).collect());
    Declared {
        name: port.name().to_owned(),
        float: port.dtype().tensor_type() == Some(TensorElementType::Float32),
        dims: dims.unwrap_or_default(),
    }
}
