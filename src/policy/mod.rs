//! Policy is data: as written (TOML files) → resolved (what checks and verdict read).

pub mod params;
pub mod resolved;
