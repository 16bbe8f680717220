//! Ways in which a file goes wrong on its road, applied to its bytes.

/// Cut off after this share of its bytes.
pub fn truncated(mut file: Vec<u8>, share: f32) -> Vec<u8> {
    file.truncate((file.len() as f32 * share) as usize);
    file
}

/// Nothing left.
pub fn emptied(_: &[u8]) -> Vec<u8> {
    Vec::new()
}

/// Without the 128 bytes of preamble and the letters DICM.
pub fn without_preamble(file: &[u8]) -> Vec<u8> {
    file.get(132..).unwrap_or_default().to_vec()
}

/// The bare data set: no preamble, no meta group (whose length stands in its first element).
pub fn without_meta(file: &[u8]) -> Vec<u8> {
    let length = file.get(140..144).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    file.get(144 + length as usize..).unwrap_or_default().to_vec()
}
