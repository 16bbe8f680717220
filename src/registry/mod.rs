//! The registry of institutions: who reports, under which names, at which level, in which region.

mod facts;
mod matching;
mod tables;
mod written;

pub use facts::PEOPLE;
pub use matching::{Registry, folder_at, resolve};
pub use written::{Institution, Ownership, RegistryError};
