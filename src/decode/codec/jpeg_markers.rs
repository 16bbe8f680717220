//! The marker segments of JPEG and JPEG-LS streams: sizes before decoding, and the small repairs
//! that let a conforming decoder read what scanners wrote.

/// The frame header (SOF).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::decode) struct FrameHeader {
    /// The marker's second byte: C0 baseline … C3 lossless, F7 JPEG-LS.
    pub process: u8,
    pub precision: u32,
    pub rows: u32,
    pub columns: u32,
    pub components: u32,
}

/// A marker segment: its second byte, offset of the marker, offset behind the segment.
struct Segment {
    marker: u8,
    at: usize,
    end: usize,
}

/// Segments up to and including the first scan header.
fn segments(data: &[u8]) -> impl Iterator<Item = Segment> + '_ {
    let mut pos = if data.starts_with(&[0xFF, 0xD8]) { 2 } else { data.len() };
    let mut done = false;
    std::iter::from_fn(move || {
        while !done {
            let marker = *data.get(pos + 1)?;
            if data[pos] != 0xFF {
                return None;
            }
            if marker == 0xFF {
                pos += 1;
                continue;
            }
            if matches!(marker, 0x01 | 0xD0..=0xD9) {
                pos += 2;
                continue;
            }
            let len = usize::from(u16::from_be_bytes([*data.get(pos + 2)?, *data.get(pos + 3)?]));
            let end = pos + 2 + len.max(2);
            if end > data.len() {
                return None;
            }
            let at = std::mem::replace(&mut pos, end);
            done = marker == 0xDA;
            return Some(Segment { marker, at, end });
        }
        None
    })
}

/// Reads the frame header.
pub(in crate::decode) fn frame_header(data: &[u8]) -> Option<FrameHeader> {
    let sof = segments(data).find(|s| {
        matches!(s.marker, 0xC0..=0xCF | 0xF7) && !matches!(s.marker, 0xC4 | 0xC8 | 0xCC)
    })?;
    let body = data.get(sof.at + 4..sof.end)?;
    let (&[precision, r0, r1, c0, c1, components], _) = body.split_first_chunk::<6>()?;
    Some(FrameHeader {
        process: sof.marker,
        precision: u32::from(precision),
        rows: u32::from(u16::from_be_bytes([r0, r1])),
        columns: u32::from(u16::from_be_bytes([c0, c1])),
        components: u32::from(components),
    })
}

/// A copy without JFIF and Adobe segments and with an Adobe segment that says "no transform":
/// libjpeg then leaves the components as they are coded.
pub(super) fn without_transform(data: &[u8]) -> Vec<u8> {
    const ADOBE: [u8; 16] =
        [0xFF, 0xEE, 0, 14, b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0, 0];
    let mut out = Vec::with_capacity(data.len() + ADOBE.len());
    out.extend_from_slice(&data[..2.min(data.len())]);
    out.extend_from_slice(&ADOBE);
    let mut from = 2;
    for s in segments(data) {
        if matches!(s.marker, 0xE0 | 0xEE) {
            out.extend_from_slice(data.get(from..s.at).unwrap_or_default());
            from = s.end;
        }
    }
    out.extend_from_slice(data.get(from..).unwrap_or_default());
    out
}

/// A copy with legal scan parameters (Ss 0, Se 63, Ah/Al 0) for a sequential DCT stream whose
/// scan header says otherwise; `None` where nothing is wrong.
pub(super) fn legal_scan(data: &[u8], process: u8) -> Option<Vec<u8>> {
    if !matches!(process, 0xC0 | 0xC1) {
        return None;
    }
    let sos = segments(data).find(|s| s.marker == 0xDA)?;
    let tail = sos.end.checked_sub(3)?;
    if data.get(tail..sos.end)? == [0, 63, 0] {
        return None;
    }
    let mut out = data.to_vec();
    out[tail..sos.end].copy_from_slice(&[0, 63, 0]);
    Some(out)
}

/// A copy with an end-of-image marker where the stream lacks one; `None` where it has it. With the
/// marker, libjpeg tells a scan that ends early from a merely missing marker.
pub(super) fn closed(data: &[u8]) -> Option<Vec<u8>> {
    let end = data.iter().rposition(|b| *b != 0)? + 1;
    if data[..end].ends_with(&[0xFF, 0xD9]) {
        return None;
    }
    Some([data, &[0xFF, 0xD9]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(tail: [u8; 3]) -> Vec<u8> {
        let mut b = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2];
        b.extend_from_slice(&[0xFF, 0xC1, 0, 11, 12, 0, 5, 0, 6, 1, 1, 0x11, 0]);
        b.extend_from_slice(&[0xFF, 0xDA, 0, 8, 1, 1, 0]);
        b.extend_from_slice(&tail);
        b.extend_from_slice(&[0x12, 0x34]);
        b
    }

    #[test]
    fn sizes_are_read_from_the_frame_header() {
        let h = frame_header(&stream([0, 63, 0])).unwrap();
        assert_eq!((h.process, h.precision, h.rows, h.columns, h.components), (0xC1, 12, 5, 6, 1));
        assert_eq!(frame_header(b"\xFF\xD8\xFF\xC1\0"), None);
        assert_eq!(frame_header(b"no jpeg"), None);
    }

    #[test]
    fn illegal_scan_parameters_are_repaired() {
        assert_eq!(legal_scan(&stream([0, 63, 0]), 0xC1), None);
        assert_eq!(legal_scan(&stream([0, 0, 0]), 0xC1), Some(stream([0, 63, 0])));
    }

    #[test]
    fn a_missing_end_marker_is_added_once() {
        assert_eq!(closed(&[1, 0xFF, 0xD9, 0]), None);
        assert_eq!(closed(&[1, 2]), Some(vec![1, 2, 0xFF, 0xD9]));
        assert_eq!(closed(&[0, 0]), None);
    }

    #[test]
    fn the_colour_transform_is_taken_out() {
        let out = without_transform(&stream([0, 63, 0]));
        assert_eq!(&out[2..6], &[0xFF, 0xEE, 0, 14]);
        assert_eq!(out.len(), stream([0, 63, 0]).len() - 6 + 16);
    }
}
