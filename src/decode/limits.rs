//! Bounds on what one file may cost. They protect the process, not the quality of a study, so they
//! stand here and not in policy; each is far above what a conforming object needs.

/// Bounds of the header pass and of pixel decoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that the header pass may read from one file.
    pub header_bytes: u64,
    /// Bytes of one kept attribute's value.
    pub element_bytes: usize,
    /// Depth of nested sequences.
    pub nesting: u32,
    /// Elements that the header pass may visit, at all depths together.
    pub elements: u64,
    /// Items that are kept of all sequences together, functional groups aside.
    pub items: u32,
    /// Number of Frames, and items of the Per-Frame Functional Groups.
    pub frames: u32,
    /// Decoded bytes of one frame.
    pub frame_bytes: u64,
    /// Compressed bytes of one frame.
    pub compressed_frame_bytes: u64,
    /// Fragments of encapsulated pixel data.
    pub fragments: u32,
    /// Bytes of a deflated data set once inflated.
    pub inflated_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes: 256 << 20,
            element_bytes: 1 << 20,
            nesting: 64,
            elements: 4_000_000,
            items: 100_000,
            frames: 200_000,
            frame_bytes: 1 << 30,
            compressed_frame_bytes: 1 << 30,
            fragments: 2_000_000,
            inflated_bytes: 1 << 30,
        }
    }
}
