//! Small, stateless judges. A check sees header facts, measurements and the policy's parameters
//! through a [`view::StudyView`] that refuses what was not declared; it never sees files or clocks.
//!
//! To add a check: its file in its family's folder, two lines in the family's `mod.rs`, one table
//! in `policies/base.toml`, a hit and a miss case, one changelog line.

pub mod contract;
pub mod coverage;
pub mod declared;
pub mod lbl;
pub mod mrk;
pub mod per_film;
pub mod per_instance;
pub mod per_series;
pub mod per_slice;
pub mod prepared;
mod read;
pub mod registry;
pub mod runner;
pub mod slices;
#[cfg(test)]
pub mod testing;
pub mod view;

pub mod art;
pub mod cfl;
pub mod exp;
pub mod fil;
pub mod geo;
pub mod idn;
pub mod noi;
pub mod pos;
pub mod ser;
pub mod shp;
pub mod tim;
