//! The registry of institutions: who reports, under which names, at which level, in which region.

mod matching;
mod written;

pub use matching::{Registry, folder_at, resolve};
pub use written::{Institution, Ownership, RegistryError};
