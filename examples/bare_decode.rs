//! What `make bench` holds us against: dicom-rs alone over the same files with the same threads.
//! `bare_decode header|pixels THREADS PATH…` opens every file, to Pixel Data or with all pixels
//! decoded, and does nothing else.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use dicom_dictionary_std::tags;
use dicom_object::OpenFileOptions;
use dicom_pixeldata::PixelDecoder;
use rayon::prelude::*;

/// Bytes that one file gave, or `None` where dicom-rs refuses it.
fn read(path: &PathBuf, pixels: bool) -> Option<usize> {
    if pixels {
        let object = dicom_object::open_file(path).ok()?;
        Some(object.decode_pixel_data().ok()?.data().len())
    } else {
        let object = OpenFileOptions::new().read_until(tags::PIXEL_DATA).open_file(path).ok()?;
        Some(object.iter().count())
    }
}

fn main() -> ExitCode {
    let mut words = env::args().skip(1);
    let pixels = match words.next().as_deref() {
        Some("header") => false,
        Some("pixels") => true,
        _ => return usage(),
    };
    let Some(threads) = words.next().and_then(|w| w.parse().ok()) else { return usage() };
    let files: Vec<PathBuf> = words
        .flat_map(walkdir::WalkDir::new)
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(threads).build() else {
        return usage();
    };
    let read: Vec<Option<usize>> =
        pool.install(|| files.par_iter().map(|path| read(path, pixels)).collect());
    let opened = read.iter().flatten().count();
    let total: usize = read.iter().flatten().sum();
    eprintln!("{} files, {opened} read, {total} bytes or attributes", files.len());
    if opened == 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn usage() -> ExitCode {
    eprintln!("bare_decode header|pixels THREADS PATH...");
    ExitCode::from(64)
}
