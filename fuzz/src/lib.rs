//! What each fuzz target does with bytes that anybody may send. A panic, an abort, a hang or memory without bound is
//! a fault. The cases that were found once are run by `tests/fuzz_cases.rs`, which takes this file as a module.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use hrgate::checks::contract::Depth;
use hrgate::checks::registry;
use hrgate::decode::{self, Limits, MemorySource, Opened, Scratch};
use hrgate::manifest::{self, Manifest};
use hrgate::pipeline::budget::Budget;
use hrgate::pipeline::examine::{self, Settings};
use hrgate::policy::files::{PolicyFiles, RegionFiles};
use hrgate::policy::load;
use hrgate::registry::Registry;
use hrgate::source::archive::ArchiveLimits;
use hrgate::source::{Found, walk};
use hrgate::store::{Store, decode_facts, encode_facts};

/// Bounds that a machine with little memory bears many times a second.
fn limits() -> Limits {
    Limits {
        header_bytes: 4 << 20,
        element_bytes: 64 << 10,
        elements: 100_000,
        items: 2_000,
        frames: 2_000,
        frame_bytes: 8 << 20,
        compressed_frame_bytes: 8 << 20,
        fragments: 10_000,
        inflated_bytes: 8 << 20,
        ..Limits::default()
    }
}

/// Writes the bytes to a file, walks to it, and looks at it: an archive, a DICOM file or neither.
pub fn discovery(data: &[u8]) {
    let archive =
        ArchiveLimits { members: 64, member_bytes: 4 << 20, ratio: 200, memory_bytes: 64 << 10 };
    let (depth, limits) = (Depth::Header, limits());
    let settings = Settings {
        depth,
        limits,
        archive,
        sampled_step: 0,
        readers: None,
        clock: None,
        members: None,
    };
    let Ok(mut file) = tempfile::NamedTempFile::new() else { return };
    if file.write_all(data).is_err() {
        return;
    }
    let budget = Budget::new(64 << 20);
    for found in walk::walk_all(&[PathBuf::from(file.path())]) {
        if let Found::File(found) = found {
            examine::examine(&found, &settings, &budget, &|_| {});
        }
    }
}

/// The header pass, with and without the preamble that finds it.
pub fn header(data: &[u8]) {
    let _ = decode::open(Arc::new(MemorySource(data.to_vec())), "fuzz", &limits());
}

/// The header pass, the digest of the pixels, and the first and last frame.
pub fn pixels(data: &[u8]) {
    let Opened::Dicom(file) =
        decode::open(Arc::new(MemorySource(data.to_vec())), "fuzz", &limits())
    else {
        return;
    };
    let _ = file.pixel_digest();
    let mut scratch = Scratch::default();
    for frame in [0, file.frame_count() - 1] {
        if let Ok(decoded) = file.decode_frame(frame, &mut scratch) {
            let _ = hrgate::measure::measure_frame(&file, frame, &decoded, 1);
            decoded.recycle(&mut scratch);
        }
    }
}

/// A worklist in CSV, JSON or JSON Lines; the same bytes as a registry of institutions.
pub fn manifest(data: &[u8]) {
    if let Ok((rows, problems)) = manifest::parse("fuzz", data) {
        let _ = Manifest::new(rows, problems).unmatched().count();
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Registry::parse("fuzz", text);
    }
}

/// The bytes in the place of each file of a policy; the first byte says of which.
pub fn policy(data: &[u8]) {
    static EMBEDDED: OnceLock<PolicyFiles> = OnceLock::new();
    let embedded = EMBEDDED.get_or_init(PolicyFiles::embedded);
    let Some((which, text)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(text).into_owned();
    let mut files = PolicyFiles { regions: BTreeMap::new(), ..embedded.clone() };
    match which % 4 {
        0 => files.base = text,
        1 => files.settings = text,
        which => {
            let name = if which == 2 { "profile.toml" } else { "items.csv" };
            let mut region = embedded.regions.get("hechi-2024").cloned().unwrap_or_default();
            region.files.insert(name.to_owned(), text);
            files.regions.insert("hechi-2024".to_owned(), RegionFiles { external: true, ..region });
        }
    }
    let _ = load::load_files(&files, &registry::all().collect::<Vec<_>>());
}

/// What a store holds: the facts of a study, packed or not, or a database of which bytes were changed.
pub fn store(data: &[u8]) {
    let Some((which, bytes)) = data.split_first() else { return };
    match which % 3 {
        0 => {
            let Ok(packed) = zstd::bulk::compress(bytes, 1) else { return };
            if let Ok(study) = decode_facts(&packed) {
                let _ = encode_facts(&study);
            }
        }
        1 => drop(decode_facts(bytes)),
        _ => damaged(bytes),
    }
}

/// A store with bytes changed: three bytes say where, one what. It is looked over, and every study read.
fn damaged(edits: &[u8]) {
    static WHOLE: OnceLock<Vec<u8>> = OnceLock::new();
    let whole = WHOLE.get_or_init(|| {
        let packed = include_bytes!("../../tests/fixtures/store-1.db.zst");
        zstd::stream::decode_all(&packed[..]).unwrap_or_default()
    });
    let mut bytes = whole.clone();
    for edit in edits.chunks_exact(4).take(64) {
        let at = u32::from_le_bytes([edit[0], edit[1], edit[2], 0]) as usize;
        if let Some(byte) = bytes.get_mut(at) {
            *byte = edit[3];
        }
    }
    let Ok(folder) = tempfile::tempdir() else { return };
    let path = folder.path().join("store.db");
    if std::fs::write(&path, bytes).is_err() {
        return;
    }
    if let Ok(mut store) = Store::open_read_only(&path) {
        let _ = store.check();
    }
    if let Ok(mut store) = Store::open(&path) {
        let _ = store.check();
    }
}
