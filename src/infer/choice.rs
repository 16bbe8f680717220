//! What the command line says about models.

use std::path::PathBuf;

/// Where models run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU, where the runtime's library has the provider.
    Cuda,
}

/// Options that choose models, runtime and device.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Choice {
    /// The folder of models (with manifest.toml); else beside the program, or ./models.
    #[arg(long, value_name = "DIR", env = "HRGATE_MODELS")]
    pub models: Option<PathBuf>,
    /// The library of ONNX Runtime; else beside the program, or where the set-up put it.
    #[arg(long, value_name = "FILE", env = "ORT_DYLIB_PATH")]
    pub onnxruntime: Option<PathBuf>,
    /// Where models run.
    #[arg(long, value_enum, default_value = "cpu")]
    pub device: Device,
}
