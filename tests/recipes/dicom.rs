//! One DICOM instance in memory: attributes by plain calls, written in any transfer syntax.

use dicom_core::value::{DataSetSequence, PrimitiveValue};
use dicom_core::{DataElement, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

use super::encode::Encoding;

/// A data set under construction.
#[derive(Clone)]
pub struct DataSet(pub InMemDicomObject);

/// Stored values of one or more frames.
#[derive(Clone)]
pub enum Pixels {
    /// Unsigned, with bits stored.
    U16(Vec<u16>, u16),
    /// Signed 16 bits.
    I16(Vec<i16>),
    /// 8 bits, one or three samples.
    U8(Vec<u8>),
}

impl Pixels {
    /// Little endian bytes, as they are stored natively.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::U16(v, _) => v.iter().flat_map(|p| p.to_le_bytes()).collect(),
            Self::I16(v) => v.iter().flat_map(|p| p.to_le_bytes()).collect(),
            Self::U8(v) => v.clone(),
        }
    }
}

/// The pixel description beside [`Pixels`].
#[derive(Clone, Copy)]
pub struct Layout {
    /// Columns.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// Frames.
    pub frames: usize,
    /// Samples a pixel: 1, or 3 for RGB.
    pub samples: usize,
}

impl DataSet {
    /// An empty one.
    pub fn new() -> Self {
        Self(InMemDicomObject::new_empty())
    }

    /// Sets text; several values are separated by a backslash.
    pub fn text(&mut self, tag: Tag, vr: VR, text: &str) -> &mut Self {
        let value = if text.is_empty() {
            PrimitiveValue::Empty
        } else if matches!(vr, VR::LT | VR::ST | VR::UT) {
            PrimitiveValue::from(text)
        } else {
            PrimitiveValue::Strs(text.split('\\').map(str::to_owned).collect())
        };
        self.0.put(DataElement::new(tag, vr, value));
        self
    }

    /// Sets bytes as they are, whatever the character set says.
    pub fn raw(&mut self, tag: Tag, vr: VR, bytes: &[u8]) -> &mut Self {
        let mut bytes = bytes.to_vec();
        if bytes.len() % 2 == 1 {
            bytes.push(b' ');
        }
        self.0.put(DataElement::new(tag, vr, PrimitiveValue::U8(bytes.into())));
        self
    }

    /// Sets decimal strings, three decimals at most.
    pub fn decimals(&mut self, tag: Tag, values: &[f32]) -> &mut Self {
        let texts: Vec<String> = values
            .iter()
            .map(|v| {
                let text = format!("{v:.3}");
                let text = text.trim_end_matches('0').trim_end_matches('.');
                if text == "-0" { "0".to_owned() } else { text.to_owned() }
            })
            .collect();
        self.text(tag, VR::DS, &texts.join("\\"))
    }

    /// Sets an integer string.
    pub fn integer(&mut self, tag: Tag, value: usize) -> &mut Self {
        self.text(tag, VR::IS, &value.to_string())
    }

    /// Sets an unsigned short.
    pub fn short(&mut self, tag: Tag, value: u16) -> &mut Self {
        self.0.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
        self
    }

    /// Sets unsigned longs.
    pub fn longs(&mut self, tag: Tag, values: &[u32]) -> &mut Self {
        self.0.put(DataElement::new(tag, VR::UL, PrimitiveValue::U32(values.into())));
        self
    }

    /// Sets a double.
    pub fn double(&mut self, tag: Tag, value: f64) -> &mut Self {
        self.0.put(DataElement::new(tag, VR::FD, PrimitiveValue::from(value)));
        self
    }

    /// Sets a sequence.
    pub fn items(&mut self, tag: Tag, items: Vec<Self>) -> &mut Self {
        let items: Vec<InMemDicomObject> = items.into_iter().map(|i| i.0).collect();
        self.0.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
        self
    }

    /// Sets a code sequence of one item.
    pub fn code(&mut self, tag: Tag, value: &str, scheme: &str, meaning: &str) -> &mut Self {
        let mut item = Self::new();
        item.text(tags::CODE_VALUE, VR::SH, value)
            .text(tags::CODING_SCHEME_DESIGNATOR, VR::SH, scheme)
            .text(tags::CODE_MEANING, VR::LO, meaning);
        self.items(tag, vec![item])
    }

    /// Removes an attribute.
    pub fn without(&mut self, tag: Tag) -> &mut Self {
        self.0.remove_element(tag);
        self
    }

    /// The text of an attribute, empty where absent.
    pub fn get(&self, tag: Tag) -> String {
        self.0
            .get(tag)
            .and_then(|e| e.to_str().ok())
            .map(|t| t.trim().to_owned())
            .unwrap_or_default()
    }

    /// Sets the pixel description and, in `encoding`, the pixel data.
    pub fn pixels(&mut self, pixels: &Pixels, layout: Layout, encoding: Encoding) -> &mut Self {
        let (allocated, stored, signed) = match pixels {
            Pixels::U16(_, stored) => (16, *stored, 0),
            Pixels::I16(_) => (16, 16, 1),
            Pixels::U8(_) => (8, 8, 0),
        };
        let colour = if layout.samples == 3 { "RGB" } else { "MONOCHROME2" };
        self.short(tags::SAMPLES_PER_PIXEL, layout.samples as u16)
            .text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, colour)
            .short(tags::ROWS, layout.rows as u16)
            .short(tags::COLUMNS, layout.columns as u16)
            .short(tags::BITS_ALLOCATED, allocated)
            .short(tags::BITS_STORED, stored)
            .short(tags::HIGH_BIT, stored - 1)
            .short(tags::PIXEL_REPRESENTATION, signed);
        if layout.samples == 3 {
            self.short(tags::PLANAR_CONFIGURATION, 0);
        }
        if layout.frames > 1 {
            self.integer(tags::NUMBER_OF_FRAMES, layout.frames);
        }
        self.0.put(encoding.pixel_data(pixels, layout));
        self
    }

    /// The whole file, with preamble and meta group.
    pub fn file(&self, encoding: Encoding) -> Vec<u8> {
        let meta = FileMetaTableBuilder::new()
            .transfer_syntax(encoding.uid())
            .implementation_class_uid("2.25.80302813137786398554742050926734630921")
            .implementation_version_name("HRGATE_RECIPES");
        let mut bytes = Vec::new();
        self.0
            .clone()
            .with_meta(meta)
            .expect("a recipe sets SOP class and instance")
            .write_all(&mut bytes)
            .expect("memory does not refuse");
        bytes
    }
}
