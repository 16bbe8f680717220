//! Transfer syntaxes that recipes write: native, deflated, RLE, JPEG lossless, JPEG-LS, JPEG baseline.

use dicom_core::value::{PixelFragmentSequence, PrimitiveValue, Value};
use dicom_core::{DataElement, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::mem::InMemElement;
use image::codecs::jpeg::JpegEncoder;

use super::dicom::{Layout, Pixels};
use super::jpeg_lossless;

/// Turns one frame into one fragment.
type FrameEncoder = Box<dyn Fn(&Pixels) -> Vec<u8>>;

/// How an instance is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Explicit VR little endian.
    Explicit,
    /// Implicit VR little endian.
    Implicit,
    /// Explicit VR little endian, deflated.
    Deflated,
    /// RLE lossless.
    Rle,
    /// JPEG lossless, first-order prediction: what most archives write.
    JpegLossless,
    /// JPEG baseline of this quality: lossy, 8 bits.
    JpegBaseline(u8),
}

impl Encoding {
    /// The Transfer Syntax UID.
    pub fn uid(self) -> &'static str {
        match self {
            Self::Explicit => uids::EXPLICIT_VR_LITTLE_ENDIAN,
            Self::Implicit => uids::IMPLICIT_VR_LITTLE_ENDIAN,
            Self::Deflated => uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
            Self::Rle => uids::RLE_LOSSLESS,
            Self::JpegLossless => uids::JPEG_LOSSLESS_SV1,
            Self::JpegBaseline(_) => uids::JPEG_BASELINE8_BIT,
        }
    }

    /// The Pixel Data element.
    pub fn pixel_data(self, pixels: &Pixels, layout: Layout) -> InMemElement {
        let frame = |number: usize| frame_of(pixels, layout, number);
        let encode: FrameEncoder = match self {
            Self::Explicit | Self::Implicit | Self::Deflated => return native(pixels),
            Self::Rle => Box::new(move |p| rle(p, layout)),
            Self::JpegLossless => Box::new(move |p| jpeg_lossless::encode(p, layout)),
            Self::JpegBaseline(quality) => Box::new(move |p| baseline(p, layout, quality)),
        };
        let mut offsets = Vec::new();
        let mut fragments: Vec<Vec<u8>> = Vec::new();
        let mut at = 0;
        for number in 0..layout.frames {
            let mut bytes = encode(&frame(number));
            if bytes.len() % 2 == 1 {
                bytes.push(0);
            }
            offsets.push(at);
            at += bytes.len() as u32 + 8;
            fragments.push(bytes);
        }
        DataElement::new(
            tags::PIXEL_DATA,
            VR::OB,
            Value::from(PixelFragmentSequence::new(offsets, fragments)),
        )
    }
}

fn native(pixels: &Pixels) -> InMemElement {
    match pixels {
        Pixels::U8(v) => {
            let mut v = v.clone();
            if v.len() % 2 == 1 {
                v.push(0);
            }
            DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(v.into()))
        }
        Pixels::U16(v, _) => {
            DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(v.as_slice().into()))
        }
        Pixels::I16(v) => {
            let v: Vec<u16> = v.iter().map(|p| *p as u16).collect();
            DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(v.into()))
        }
    }
}

fn frame_of(pixels: &Pixels, layout: Layout, number: usize) -> Pixels {
    let n = layout.columns * layout.rows * layout.samples;
    let range = number * n..(number + 1) * n;
    match pixels {
        Pixels::U16(v, stored) => Pixels::U16(v[range].to_vec(), *stored),
        Pixels::I16(v) => Pixels::I16(v[range].to_vec()),
        Pixels::U8(v) => Pixels::U8(v[range].to_vec()),
    }
}

/// PS3.5 Annex G: one segment a byte plane, most significant first.
fn rle(pixels: &Pixels, layout: Layout) -> Vec<u8> {
    let width = if matches!(pixels, Pixels::U8(_)) { 1 } else { 2 };
    let bytes = pixels.bytes();
    let mut segments = Vec::new();
    for sample in 0..layout.samples {
        for plane in (0..width).rev() {
            let values: Vec<u8> = bytes
                .chunks(width * layout.samples)
                .map(|pixel| pixel[sample * width + plane])
                .collect();
            let mut segment: Vec<u8> = values.chunks(layout.columns).flat_map(pack_bits).collect();
            if segment.len() % 2 == 1 {
                segment.push(0);
            }
            segments.push(segment);
        }
    }
    let mut header = [0_u32; 16];
    header[0] = segments.len() as u32;
    let mut at = 64;
    for (i, segment) in segments.iter().enumerate() {
        header[i + 1] = at;
        at += segment.len() as u32;
    }
    let mut out: Vec<u8> = header.iter().flat_map(|v| v.to_le_bytes()).collect();
    for segment in &segments {
        out.extend_from_slice(segment);
    }
    out
}

fn pack_bits(row: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut i = 0;
    while i < row.len() {
        let run = row[i..].iter().take(128).take_while(|b| **b == row[i]).count();
        if run >= 2 {
            out.extend_from_slice(&[(257 - run) as u8, row[i]]);
            i += run;
            continue;
        }
        let start = i;
        while i < row.len() && i - start < 128 && (i + 1 >= row.len() || row[i] != row[i + 1]) {
            i += 1;
        }
        out.push((i - start - 1) as u8);
        out.extend_from_slice(&row[start..i]);
    }
    out
}

fn baseline(pixels: &Pixels, layout: Layout, quality: u8) -> Vec<u8> {
    let Pixels::U8(values) = pixels else { panic!("JPEG baseline holds 8 bits") };
    let colour = if layout.samples == 3 {
        image::ExtendedColorType::Rgb8
    } else {
        image::ExtendedColorType::L8
    };
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, quality)
        .encode(values, layout.columns as u32, layout.rows as u32, colour)
        .expect("memory does not refuse");
    out
}
