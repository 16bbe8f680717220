//! Recipes write DICOM that an independent reader opens, in every transfer syntax, unchanged.

#![allow(clippy::cast_possible_truncation, reason = "the top 16 bits are taken")]
#![allow(clippy::expect_used, reason = "a test says what it expected and ends")]

mod recipes;

use std::io::Cursor;

use dicom_dictionary_std::tags;
use dicom_pixeldata::PixelDecoder;
use recipes::dicom::{DataSet, Layout, Pixels};
use recipes::encode::Encoding;
use recipes::maker::MINDRAY_DR;
use recipes::rng::Rng;
use recipes::spoil;
use recipes::study::{self, Study};

const LAYOUT: Layout = Layout { columns: 61, rows: 47, frames: 1, samples: 1 };

fn study() -> Study {
    Study {
        key: "recipes-test",
        patient: "测试^验",
        id: "T1",
        sex: "O",
        age: 30,
        institution: "示例市第一人民医院",
        description: "胸部正位DR",
        modality: "DX",
        part: "CHEST",
        maker: MINDRAY_DR,
    }
}

/// Values with every size of difference, so that every code of a codec is used.
fn values() -> Vec<u16> {
    let mut rng = Rng::named("recipes-test");
    (0..LAYOUT.columns * LAYOUT.rows)
        .map(|i| match i % 9 {
            0 => 0,
            1 => u16::MAX,
            2 => 32768,
            _ => (rng.bits() >> 48) as u16 >> (i % 17).min(15),
        })
        .collect()
}

fn instance(pixels: &Pixels, with: Encoding) -> DataSet {
    let mut set = study().radiograph(1, "PA", "U");
    study::number(&mut set, 1);
    set.pixels(pixels, LAYOUT, with);
    set
}

#[test]
fn lossless_syntaxes_keep_every_value() {
    let wanted = Pixels::U16(values(), 16);
    for with in [
        Encoding::Explicit,
        Encoding::Implicit,
        Encoding::Deflated,
        Encoding::Rle,
        Encoding::JpegLossless,
    ] {
        let file = instance(&wanted, with).file(with);
        let object = dicom_object::from_reader(Cursor::new(file)).expect("it opens");
        assert_eq!(object.meta().transfer_syntax().trim_end_matches('\0'), with.uid());
        let decoded = object.decode_pixel_data().expect("it decodes");
        assert_eq!(decoded.data(), wanted.bytes(), "{with:?}");
    }
}

#[test]
fn chinese_text_survives() {
    let file = instance(&Pixels::U16(values(), 16), Encoding::Explicit).file(Encoding::Explicit);
    let object = dicom_object::from_reader(Cursor::new(file)).expect("it opens");
    let name = object.element(tags::PATIENT_NAME).expect("there").to_str().expect("text");
    assert_eq!(name, "测试^验");
}

#[test]
fn a_recipe_is_the_same_each_time() {
    let make = || instance(&Pixels::U16(values(), 16), Encoding::Rle).file(Encoding::Rle);
    assert_eq!(make(), make());
}

#[test]
fn spoiled_files_are_spoiled_as_told() {
    let file = instance(&Pixels::U16(values(), 16), Encoding::Explicit).file(Encoding::Explicit);
    assert_eq!(&file[128..132], b"DICM");
    assert_eq!(spoil::without_preamble(&file)[..2], [2, 0]);
    // The data set begins with group 0008.
    assert_eq!(spoil::without_meta(&file)[..2], [8, 0]);
    assert_eq!(spoil::truncated(file.clone(), 0.5).len(), file.len() / 2);
}
