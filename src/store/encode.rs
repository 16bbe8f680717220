//! Facts and results as bytes: MessagePack with field names (so that fields can be added) and JSON,
//! both under zstd.

use std::cell::RefCell;
use std::io;

use zstd::bulk::{Compressor, Decompressor};

use crate::checks::declared;
use crate::model::result::StudyResult;
use crate::model::study::Study;

use super::packed::PackedStudy;

/// zstd level: the fastest that still folds the repetition between slices.
const LEVEL: i32 = 1;
/// Most bytes a record may unpack to; a guard against a damaged or hostile store.
const MOST: usize = 1 << 30;

/// First byte of facts in packed form; no MessagePack begins with it. Without it they are the whole
/// study in the model's own form, as the first version wrote them.
const PACKED: u8 = 0xC1;

/// The part of a study that some check declared, as bytes.
pub fn encode_facts(study: &Study) -> Result<Vec<u8>, String> {
    let packed = PackedStudy::from(declared::project(study));
    let mut bytes = vec![PACKED];
    rmp_serde::encode::write_named(&mut bytes, &packed).map_err(|e| e.to_string())?;
    pack(&bytes)
}

/// A study back from its facts.
pub fn decode_facts(bytes: &[u8]) -> Result<Study, String> {
    let plain = unpack(bytes).map_err(|e| e.to_string())?;
    let study = match plain.split_first() {
        Some((&PACKED, rest)) => rmp_serde::from_slice::<PackedStudy>(rest).map(Study::from),
        _ => rmp_serde::from_slice(&plain),
    };
    study.map_err(|e| e.to_string())
}

pub(super) fn encode_result(result: &StudyResult) -> Result<Vec<u8>, String> {
    pack(&serde_json::to_vec(result).map_err(|e| e.to_string())?)
}

/// The JSON text of a result, exactly as it was written.
pub(super) fn decode_result(bytes: &[u8]) -> Result<Vec<u8>, String> {
    unpack(bytes).map_err(|e| e.to_string())
}

thread_local! {
    // Making one costs as much as a small study's bytes take to go through it.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Bytes under zstd.
pub(super) fn pack(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let packed = COMPRESSOR.with_borrow_mut(|slot| {
        let compressor = match slot {
            Some(made) => made,
            None => slot.insert(Compressor::new(LEVEL)?),
        };
        compressor.compress(bytes)
    });
    packed.map_err(|e: io::Error| e.to_string())
}

fn unpack(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let damaged = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
    let size = zstd::zstd_safe::get_frame_content_size(bytes)
        .map_err(|e| damaged(&e.to_string()))?
        .ok_or_else(|| damaged("record does not say its size"))?;
    let size = usize::try_from(size).ok().filter(|size| *size <= MOST);
    let size = size.ok_or_else(|| damaged("record unpacks above the limit"))?;
    DECOMPRESSOR.with_borrow_mut(|slot| {
        let decompressor = match slot {
            Some(made) => made,
            None => slot.insert(Decompressor::new()?),
        };
        decompressor.decompress(bytes, size)
    })
}
