//! Manifests (worklists): CSV or JSON of a hospital's systems into rows, and rows to studies. A bad
//! row is told with its line; the rest goes on.

mod columns;
mod elements;
mod index;
mod read;
pub mod scores;
mod value;

pub use index::Manifest;
pub use read::{ManifestError, Problem, parse, read};
