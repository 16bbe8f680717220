//! Small DICOM files written element by element, so that tests decide every byte.

/// Explicit VR little endian elements.
pub fn element(out: &mut Vec<u8>, tag: (u16, u16), vr: &[u8; 2], value: &[u8]) {
    out.extend_from_slice(&tag.0.to_le_bytes());
    out.extend_from_slice(&tag.1.to_le_bytes());
    out.extend_from_slice(vr);
    if matches!(vr, b"OB" | b"OW" | b"SQ" | b"UN" | b"UT") {
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&u32::try_from(value.len()).expect("small").to_le_bytes());
    } else {
        out.extend_from_slice(&u16::try_from(value.len()).expect("small").to_le_bytes());
    }
    out.extend_from_slice(value);
}

/// A text padded to even length.
pub fn padded(text: &str, with: u8) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    if bytes.len() % 2 == 1 {
        bytes.push(with);
    }
    bytes
}

/// What an image is.
pub struct Image {
    pub syntax: &'static str,
    pub rows: u16,
    pub columns: u16,
    pub samples: u16,
    pub allocated: u16,
    pub stored: u16,
    pub frames: u16,
    pub photometric: &'static str,
}

/// Preamble, file meta group and the data set up to the pixel data element.
pub fn header(image: &Image) -> Vec<u8> {
    let mut out = vec![0; 128];
    out.extend_from_slice(b"DICM");
    let mut meta = Vec::new();
    element(&mut meta, (2, 0x10), b"UI", &padded(image.syntax, 0));
    let length = u32::try_from(meta.len()).expect("small");
    element(&mut out, (2, 0), b"UL", &length.to_le_bytes());
    out.extend_from_slice(&meta);
    element(&mut out, (8, 0x16), b"UI", &padded("1.2.840.10008.5.1.4.1.1.7", 0));
    element(&mut out, (8, 0x18), b"UI", &padded("1.2.3.4", 0));
    element(&mut out, (8, 0x60), b"CS", b"OT");
    element(&mut out, (0x10, 0x10), b"PN", b"Doe^Jane");
    let us = |n: u16| n.to_le_bytes();
    element(&mut out, (0x28, 2), b"US", &us(image.samples));
    element(&mut out, (0x28, 4), b"CS", &padded(image.photometric, b' '));
    if image.frames > 1 {
        element(&mut out, (0x28, 8), b"IS", &padded(&image.frames.to_string(), b' '));
    }
    element(&mut out, (0x28, 0x10), b"US", &us(image.rows));
    element(&mut out, (0x28, 0x11), b"US", &us(image.columns));
    element(&mut out, (0x28, 0x100), b"US", &us(image.allocated));
    element(&mut out, (0x28, 0x101), b"US", &us(image.stored));
    element(&mut out, (0x28, 0x102), b"US", &us(image.stored - 1));
    element(&mut out, (0x28, 0x103), b"US", &us(0));
    out
}

/// A file with native pixel data.
pub fn native(image: &Image, value: &[u8]) -> Vec<u8> {
    let mut out = header(image);
    element(&mut out, (0x7FE0, 0x10), b"OW", value);
    out
}

/// A file with encapsulated pixel data: an empty offset table and these fragments.
pub fn encapsulated(image: &Image, fragments: &[&[u8]]) -> Vec<u8> {
    let mut out = header(image);
    out.extend_from_slice(b"\xE0\x7F\x10\x00OB\0\0\xFF\xFF\xFF\xFF");
    for fragment in [&[][..]].iter().chain(fragments) {
        let even = fragment.len() + fragment.len() % 2;
        out.extend_from_slice(b"\xFE\xFF\x00\xE0");
        out.extend_from_slice(&u32::try_from(even).expect("small").to_le_bytes());
        out.extend_from_slice(fragment);
        out.resize(out.len() + even - fragment.len(), 0);
    }
    out.extend_from_slice(b"\xFE\xFF\xDD\xE0\0\0\0\0");
    out
}
