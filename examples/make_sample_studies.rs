//! Makes `sample_studies/` from the recipes: `make_sample_studies FOLDER`. Only the studies are
//! written; `institutions.toml` and `expected.toml` beside them are kept by hand.

use std::path::PathBuf;
use std::{env, fs, io};

#[path = "../tests/recipes/mod.rs"]
mod recipes;

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).map(PathBuf::from).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, "name the folder to write to")
    })?;
    for (path, bytes) in recipes::samples::all() {
        let to = folder.join(path);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(to, bytes)?;
    }
    Ok(())
}
