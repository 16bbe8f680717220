//! Volumes of the shared data (NIfTI, 16 bits) as series of DICOM slices.

use std::io::Read;
use std::path::Path;

use dicom_core::value::PrimitiveValue;
use dicom_core::{DataElement, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;

/// The slices of a volume from the feet to the head, in HU, each made of `template`: a CT slice of
/// 16 bits.
pub fn slices(file: &Path, template: &DefaultDicomObject) -> Vec<DefaultDicomObject> {
    let mut raw = Vec::new();
    let packed = std::fs::File::open(file).unwrap();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut raw).unwrap();
    // NIfTI-1: dim at 40, datatype at 70 (4: int16), pixdim at 76, vox_offset at 108.
    let word = |at: usize| i16::from_le_bytes([raw[at], raw[at + 1]]);
    let float = |at: usize| f32::from_le_bytes(raw[at..at + 4].try_into().unwrap());
    assert_eq!(word(70), 4, "{}: int16", file.display());
    let [columns, rows, slices] = [42, 44, 46].map(|at| word(at) as usize);
    let [x, y, z] = [80, 84, 88].map(float);
    let pixels = &raw[float(108) as usize..];
    let of_slice = |n: usize| {
        let bytes = &pixels[2 * n * rows * columns..][..2 * rows * columns];
        let words = bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
        let mut object = template.clone();
        put(&mut object, tags::ROWS, VR::US, PrimitiveValue::from(rows as u16));
        put(&mut object, tags::COLUMNS, VR::US, PrimitiveValue::from(columns as u16));
        put(&mut object, tags::BITS_STORED, VR::US, PrimitiveValue::from(16_u16));
        put(&mut object, tags::HIGH_BIT, VR::US, PrimitiveValue::from(15_u16));
        put(&mut object, tags::PIXEL_REPRESENTATION, VR::US, PrimitiveValue::from(1_u16));
        object.remove_element(tags::PIXEL_PADDING_VALUE);
        let position = format!("{}\\{}\\{}", -100.0, -100.0, n as f32 * z);
        for (tag, text) in [
            (tags::RESCALE_INTERCEPT, "0".to_owned()),
            (tags::RESCALE_SLOPE, "1".to_owned()),
            (tags::PIXEL_SPACING, format!("{y}\\{x}")),
            (tags::SLICE_THICKNESS, z.to_string()),
            (tags::SPACING_BETWEEN_SLICES, z.to_string()),
            (tags::IMAGE_ORIENTATION_PATIENT, "1\\0\\0\\0\\1\\0".to_owned()),
            (tags::IMAGE_POSITION_PATIENT, position),
            (tags::SLICE_LOCATION, (n as f32 * z).to_string()),
            (tags::INSTANCE_NUMBER, (n + 1).to_string()),
        ] {
            put(&mut object, tag, VR::DS, PrimitiveValue::from(text));
        }
        put(&mut object, tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(words.collect()));
        object
    };
    (0..slices).map(of_slice).collect()
}

fn put(object: &mut DefaultDicomObject, tag: Tag, vr: VR, value: PrimitiveValue) {
    object.put(DataElement::new(tag, vr, value));
}
