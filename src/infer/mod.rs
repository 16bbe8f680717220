//! Models: the ONNX runtime, the models' manifest, what a frame becomes before a model sees it, and
//! the readers that turn a model's numbers into readings (`model::reading`).
//!
//! The pieces, from outside in:
//!
//! * [`choice::Choice`]: what the command line says (folder of models, library, device).
//! * [`models::Models`]: the set. A model is loaded when it is first asked for: its file is hashed
//!   against `models/manifest.toml`, its inputs and outputs are held against it, and it becomes
//!   `Ready` or `Unavailable(reason)` for the rest of the process.
//! * [`model::Model`]: one ready model. [`model::Model::run`] takes named f32 arrays and gives
//!   named f32 arrays; [`model::Model::run_batch`] cuts a long batch into bounded runs.
//! * [`reader::Reader`]: what a model-specific file implements, and [`registry::READERS`], where it
//!   is listed.
//! * [`prep::Prep`]: a decoded frame as readers see it, with the scaled image made once for all.
//! * [`readers::Readers`]: the hook of `pipeline::examine`; a panic, an error or a time limit costs
//!   the readings of that reader on that instance, nothing else.
//!
//! To add a model: its file in `models/` with an entry in `models/manifest.toml` and a card; a file
//! here that implements [`reader::Reader`]; one line in [`registry::READERS`]. Checks then declare
//! `Input::Model("name")` and ask `InstanceView::readings`, which gives readings or the outcome to
//! return (not applicable, or could not run with the reason).
//!
//! Threads: rayon's are the only ones. A run of a model takes one thread (`intra_op` = `inter_op` =
//! 1), so a frame is one task with one batch over its crops. See `docs/decisions/0008-models.md`.

pub mod chest_view;
pub mod choice;
pub mod digest;
pub mod locate;
pub mod manifest;
mod manifest_read;
pub mod model;
pub mod models;
pub mod prep;
pub mod preprocess;
pub mod reader;
pub mod readers;
pub mod registry;
pub mod runtime;
pub mod session;
pub mod side_marker;
pub mod verify;
mod watch;
