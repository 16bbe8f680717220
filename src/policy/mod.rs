//! Policy is data: as written (TOML files) → resolved (what checks and verdict read).

pub mod error;
pub mod files;
pub mod load;
pub mod params;
pub mod profile;
pub mod reader;
pub mod resolve;
pub mod resolved;
pub mod written;

#[cfg(test)]
mod load_tests;
