//! What fuzzing found once, run again through the same targets: `tests/fuzz_cases/<target>/…`, and bytes that are made to
//! cost much. Each has to end soon and without a panic.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

#[path = "../fuzz/src/lib.rs"]
mod targets;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 6] = [
    ("discovery", targets::discovery),
    ("header", targets::header),
    ("pixels", targets::pixels),
    ("manifest", targets::manifest),
    ("policy", targets::policy),
    ("store", targets::store),
];

/// No case may take longer, on a slow machine beside other tests.
const SOON: Duration = Duration::from_secs(4);

fn timed(what: &str, target: Target, bytes: &[u8]) {
    let began = Instant::now();
    target(bytes);
    assert!(began.elapsed() < SOON, "{what} took {:?}", began.elapsed());
}

#[test]
fn what_was_found_is_not_found_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz_cases");
    let mut cases = 0;
    for (name, target) in TARGETS {
        let of_target = fs::read_dir(folder.join(name)).into_iter().flatten().flatten();
        for case in of_target {
            timed(&case.path().display().to_string(), target, &fs::read(case.path()).unwrap());
            cases += 1;
        }
    }
    assert!(cases > 0, "the cases are part of the repository");
}

/// Any bytes at all, and none.
#[test]
fn no_bytes_and_any_byte_are_borne_by_every_target() {
    for (name, target) in TARGETS {
        timed(name, target, &[]);
        for byte in [0, 1, 2, 3, 0x7F, 0xFF] {
            timed(name, target, &[byte]);
            timed(name, target, &[byte; 5000]);
        }
    }
}

fn explicit(tag: [u8; 4], vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let mut out = [&tag[..], vr].concat();
    let length = u32::try_from(value.len()).unwrap();
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(value);
    out
}

/// A file that begins like any other.
fn file(data_set: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 128];
    out.extend_from_slice(b"DICM\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\0");
    out.extend_from_slice(b"\x08\x00\x60\x00CS\x02\x00CT");
    out.extend_from_slice(data_set);
    out
}

#[test]
fn sequences_nested_a_hundred_thousand_deep_are_bounded() {
    // Referenced Study Sequence, kept or not, of undefined length, item in item.
    for tag in [[0x08, 0, 0x10, 0x11], [0x40, 0, 0x75, 0x02]] {
        let level = [&tag[..], b"SQ\0\0\xFF\xFF\xFF\xFF\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFF"].concat();
        timed("nested", targets::header, &file(&level.repeat(100_000)));
        // And of defined length: each says that it holds all that follows.
        let mut nested = Vec::new();
        for _ in 0..300 {
            let mut item = b"\xFE\xFF\x00\xE0".to_vec();
            item.extend_from_slice(&u32::try_from(nested.len()).unwrap().to_le_bytes());
            item.extend_from_slice(&nested);
            nested = explicit(tag, b"SQ", &item);
        }
        timed("nested, defined", targets::header, &file(&nested));
    }
}

#[test]
fn gigantic_declared_lengths_take_no_memory() {
    for (vr, length) in [(b"OB", 0xFFFF_FFFEu32), (b"UN", 0x7FFF_FFFE), (b"SQ", 0xFFFF_FFF0)] {
        let mut element = [&[0x08, 0, 0x40, 0x11][..], vr, &[0, 0]].concat();
        element.extend_from_slice(&length.to_le_bytes());
        element.extend_from_slice(b"\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFE");
        timed("length", targets::header, &file(&element));
    }
    // A frame of 65535 x 65535, and two thousand million frames.
    let mut big =
        b"\x28\x00\x02\x00US\x02\x00\x01\x00\x28\x00\x08\x00IS\x0A\x002000000000".to_vec();
    big.extend_from_slice(b"\x28\x00\x10\x00US\x02\x00\xFF\xFF\x28\x00\x11\x00US\x02\x00\xFF\xFF");
    big.extend_from_slice(b"\x28\x00\x00\x01US\x02\x00\x10\x00\x28\x00\x01\x01US\x02\x00\x10\x00");
    big.extend_from_slice(
        b"\xE0\x7F\x10\x00OW\x00\x00\xFF\xFF\xFF\xFF\xFE\xFF\x00\xE0\x00\x00\x00\x00",
    );
    timed("frames", targets::pixels, &file(&big));
}

#[test]
fn many_short_elements_and_fragments_are_bounded() {
    let element = b"\x09\x00\x10\x10LO\x00\x00";
    timed("elements", targets::header, &file(&element.repeat(400_000)));
    let fragment = b"\xFE\xFF\x00\xE0\x00\x00\x00\x00";
    let pixels = [&b"\xE0\x7F\x10\x00OB\x00\x00\xFF\xFF\xFF\xFF"[..], &fragment.repeat(400_000)];
    timed("fragments", targets::pixels, &file(&pixels.concat()));
}

/// Writes the facts of the sample studies as seeds, to `target/fuzz-facts` (`make fuzz`).
#[test]
#[ignore = "makes seeds for a fuzzer"]
fn facts_as_seeds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (folder, to) = (tempfile::tempdir().unwrap(), root.join("target/fuzz-facts"));
    fs::create_dir_all(&to).unwrap();
    let store = folder.path().join("seeds.db");
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_hrgate"))
        .args(["run", "sample_studies", "--depth", "pixels", "--store"])
        .arg(&store)
        .arg("--reports")
        .arg(folder.path())
        .current_dir(root)
        .output()
        .unwrap();
    assert!(matches!(run.status.code(), Some(0 | 10 | 11)));
    let lines = walkdir::WalkDir::new(folder.path()).into_iter().flatten();
    let lines =
        lines.filter(|e| e.file_name() == "studies.jsonl").map(walkdir::DirEntry::into_path);
    let mut open = hrgate::store::Store::open_read_only(&store).unwrap();
    for (n, line) in fs::read_to_string(lines.last().unwrap()).unwrap().lines().enumerate() {
        let result: serde_json::Value = serde_json::from_str(line).unwrap();
        let study = open.facts_of(result["study_key"].as_str().unwrap()).unwrap().unwrap();
        let packed = hrgate::store::encode_facts(&study).unwrap();
        let plain = zstd::stream::decode_all(&packed[..]).unwrap();
        fs::write(to.join(format!("plain-{n}")), [&[0], &plain[..]].concat()).unwrap();
        fs::write(to.join(format!("packed-{n}")), [&[1], &packed[..]].concat()).unwrap();
    }
}
