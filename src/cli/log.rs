//! `--log`: what happens, when, for those who run the program. Nothing of a patient is in it: no value of a header,
//! no path of a file (folders are named after patients in some hospitals).

use std::io;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Options of logging.
#[derive(clap::Args)]
pub struct Log {
    /// Write a log to standard error: off, text, or json (one object a line).
    #[arg(long = "log", global = true, value_enum, default_value = "off", env = "HRGATE_LOG")]
    log_format: Format,
    /// How much is logged.
    #[arg(long, global = true, value_enum, default_value = "info", env = "HRGATE_LOG_LEVEL")]
    log_level: Level,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Off,
    Text,
    Json,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

impl Log {
    /// Begins to log. Only events of this program are: those of libraries may repeat what they were given.
    pub fn start(&self) {
        let level = match self.log_level {
            Level::Error => LevelFilter::ERROR,
            Level::Warn => LevelFilter::WARN,
            Level::Info => LevelFilter::INFO,
            Level::Debug => LevelFilter::DEBUG,
        };
        let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
        let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false);
        let registry = tracing_subscriber::registry().with(ours);
        match self.log_format {
            Format::Off => {}
            Format::Text => registry.with(layer).init(),
            Format::Json => registry.with(layer.json().flatten_event(true)).init(),
        }
    }
}
