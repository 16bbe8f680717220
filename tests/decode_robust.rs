//! Random damage to small DICOM files: no panic escapes, nothing is allocated by a declared length.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at once")]

mod synthetic;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hrgate::decode::{Limits, MemorySource, Opened, Scratch, open};
use proptest::prelude::*;
use synthetic::{Image, element, encapsulated, native};

/// Notes the largest single allocation.
struct Watched;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is handed to the system allocator unchanged.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        unsafe { System.dealloc(ptr, layout) }
    }
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LARGEST.fetch_max(size, Ordering::Relaxed);
        unsafe { System.realloc(ptr, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Watched = Watched;

/// Largest allocation that reading a file of a few hundred bytes may need under these bounds.
const MOST: usize = 8 << 20;

fn limits() -> Limits {
    Limits { frame_bytes: 1 << 20, inflated_bytes: 1 << 20, ..Limits::default() }
}

fn image(syntax: &'static str) -> Image {
    Image {
        syntax,
        rows: 4,
        columns: 4,
        samples: 1,
        allocated: 16,
        stored: 12,
        frames: 2,
        photometric: "MONOCHROME2",
    }
}

/// Files with sequences, native and encapsulated pixels.
fn seeds() -> Vec<Vec<u8>> {
    let mut nested = synthetic::header(&image("1.2.840.10008.1.2.1"));
    let mut code = Vec::new();
    element(&mut code, (8, 0x100), b"SH", b"T-A0100 ");
    let mut items = b"\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFF".to_vec();
    items.extend_from_slice(&code);
    items.extend_from_slice(b"\xFE\xFF\x0D\xE0\0\0\0\0");
    element(&mut nested, (0x40, 0x275), b"SQ", &items);
    nested.extend_from_slice(b"\x00\x52\x30\x92SQ\0\0\xFF\xFF\xFF\xFF");
    nested.extend_from_slice(&items);
    nested.extend_from_slice(b"\xFE\xFF\xDD\xE0\0\0\0\0");
    let jpeg = [
        0xFF, 0xD8, 0xFF, 0xC3, 0, 11, 12, 0, 4, 0, 4, 1, 1, 0x11, 0, 0xFF, 0xDA, 0, 8, 1, 1, 0, 1,
        0, 0,
    ];
    let mut rle = vec![0; 70];
    rle[0] = 2;
    rle[4] = 64;
    rle[8] = 66;
    vec![
        nested,
        native(&image("1.2.840.10008.1.2.1"), &[7; 64]),
        encapsulated(&image("1.2.840.10008.1.2.5"), &[&rle, &rle]),
        encapsulated(&image("1.2.840.10008.1.2.4.70"), &[&jpeg, &jpeg]),
        encapsulated(&image("1.2.840.10008.1.2.4.80"), &[&jpeg, &jpeg]),
        encapsulated(&image("1.2.840.10008.1.2.4.90"), &[b"\xFF\x4F\xFF\x51\0\x29", b"junk"]),
    ]
}

/// Opens and decodes everything; returns what it was.
fn exercise(bytes: Vec<u8>) -> &'static str {
    match open(Arc::new(MemorySource(bytes)), "mutated", &limits()) {
        Opened::Dicom(file) => {
            let mut scratch = Scratch::default();
            for index in 0..file.frame_count().min(4) {
                let _ = file.decode_frame(index, &mut scratch);
            }
            let _ = (file.frame_bytes(), file.pixel_digest());
            "dicom"
        }
        Opened::Ignored(_) => "ignored",
        Opened::Rejected(..) => "rejected",
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_never_panics_and_never_allocates_by_declaration(
        seed in 0..6usize,
        changes in prop::collection::vec((0..4096usize, any::<u8>()), 1..12),
        cut in prop::option::of(0..4096usize),
    ) {
        let mut bytes = seeds().swap_remove(seed);
        for (at, value) in changes {
            // The preamble says nothing: damage what is read.
            let at = 128 + at % (bytes.len() - 128);
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut % bytes.len());
        }
        LARGEST.store(0, Ordering::Relaxed);
        exercise(bytes);
        let largest = LARGEST.load(Ordering::Relaxed);
        prop_assert!(largest <= MOST, "allocated {largest} bytes at once");
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        exercise(bytes);
    }
}

#[test]
fn the_seeds_are_dicom() {
    for seed in seeds() {
        assert_eq!(exercise(seed), "dicom");
    }
}

#[test]
fn absurd_nesting_is_refused() {
    let mut bytes = synthetic::header(&image("1.2.840.10008.1.2.1"));
    for _ in 0..5000 {
        bytes.extend_from_slice(
            b"\x40\x00\x75\x02SQ\0\0\xFF\xFF\xFF\xFF\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFF",
        );
    }
    assert_eq!(exercise(bytes), "rejected");
}

#[test]
fn a_length_beyond_the_file_truncates_the_header_and_keeps_the_rest() {
    let mut bytes = synthetic::header(&image("1.2.840.10008.1.2.1"));
    bytes.extend_from_slice(b"\x32\x00\x60\x10LO\xF0\xFFabc");
    let Opened::Dicom(file) = open(Arc::new(MemorySource(bytes)), "cut", &limits()) else {
        panic!("not read")
    };
    assert!(file.file.header_truncated);
    assert_eq!(file.attributes.int(dicom_dictionary_std::tags::ROWS), Some(4));
}
