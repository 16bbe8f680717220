//! Facts and results as bytes: MessagePack with field names (so that fields can be added) and JSON,
//! both under zstd.

use std::io;

use crate::checks::declared;
use crate::model::result::StudyResult;
use crate::model::study::Study;

/// zstd level: the fastest that still folds the repetition between slices.
const LEVEL: i32 = 1;
/// Most bytes a record may unpack to; a guard against a damaged or hostile store.
const MOST: usize = 1 << 30;

/// The part of a study that some check declared, as bytes.
pub fn encode_facts(study: &Study) -> Result<Vec<u8>, String> {
    let kept = declared::project(study);
    let bytes = rmp_serde::to_vec_named(&kept).map_err(|e| e.to_string())?;
    zstd::bulk::compress(&bytes, LEVEL).map_err(|e| e.to_string())
}

/// A study back from its facts.
pub fn decode_facts(bytes: &[u8]) -> Result<Study, String> {
    let plain = unpack(bytes).map_err(|e| e.to_string())?;
    rmp_serde::from_slice(&plain).map_err(|e| e.to_string())
}

pub(super) fn encode_result(result: &StudyResult) -> Result<Vec<u8>, String> {
    let json = serde_json::to_vec(result).map_err(|e| e.to_string())?;
    zstd::bulk::compress(&json, LEVEL).map_err(|e| e.to_string())
}

/// The JSON text of a result, exactly as it was written.
pub(super) fn decode_result(bytes: &[u8]) -> Result<Vec<u8>, String> {
    unpack(bytes).map_err(|e| e.to_string())
}

fn unpack(bytes: &[u8]) -> io::Result<Vec<u8>> {
    use std::io::Read;
    let mut plain = Vec::new();
    let limit = u64::try_from(MOST).unwrap_or(u64::MAX);
    zstd::Decoder::new(bytes)?.take(limit + 1).read_to_end(&mut plain)?;
    if plain.len() > MOST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "record unpacks above the limit"));
    }
    Ok(plain)
}
