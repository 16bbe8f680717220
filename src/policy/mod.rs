//! Policy is data: as written (TOML files) → resolved (what checks and verdict read).

pub mod catalogue;
pub mod catalogue_read;
pub mod error;
pub mod files;
pub mod load;
pub mod page;
pub mod params;
pub mod profile;
pub mod profile_read;
pub mod reader;
pub mod requirement;
pub mod resolve;
pub mod resolved;
pub mod settings;
mod settings_list;
pub mod suggestion;
pub mod words;
pub mod written;

#[cfg(test)]
mod load_tests;
#[cfg(test)]
mod region_tests;
