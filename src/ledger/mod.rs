//! The chain behind every gate decision: what an entry is, its bytes and hash, and how a broken
//! chain is told, row by row. Pure: rows come from the store, heads from reports and exports.

mod entry;
mod verify;

pub use entry::{Draft, Entry, GENESIS, Head};
pub use verify::{Fault, FaultKind, Verified, verify};
