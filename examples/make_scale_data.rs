//! Makes what `make bench-scale` reads. `make_scale_data studies FOLDER N`: N studies of radiographs, mammograms and a few slices of CT
//! and MR, with the headers that makers write and small pictures. `make_scale_data large FOLDER`: one native object of
//! 1 GiB and one of JPEG lossless of 300 MiB, both of many frames.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "sizes and values are small"
)]

use std::env;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use rayon::prelude::*;

#[path = "../tests/recipes/mod.rs"]
mod recipes;

use recipes::breast::View;
use recipes::dicom::{DataSet, Layout, Pixels};
use recipes::encode::Encoding;
use recipes::maker::SIEMENS_CT;
use recipes::rng::Rng;
use recipes::study::{Study, number, picture, place};

const SIDE: usize = 40;
const INSTITUTIONS: [&str; 4] =
    ["示例市第一人民医院", "示例市第二医院", "示例医学影像诊断中心", "示例县医院"];

fn main() -> io::Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["studies", folder, n] => {
            let n =
                n.parse::<usize>().map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e))?;
            (0..n).into_par_iter().try_for_each(|at| write_study(Path::new(folder), at))
        }
        ["large", folder] => large(Path::new(folder)),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "studies FOLDER N | large FOLDER")),
    }
}

/// Every key lives as long as the program: a recipe's study borrows its texts.
fn study(at: usize, modality: &'static str, part: &'static str, what: &'static str) -> Study {
    Study {
        key: Box::leak(format!("scale-{at}").into_boxed_str()),
        patient: "测试^量",
        id: Box::leak(format!("S{at:06}").into_boxed_str()),
        sex: "M",
        age: 50,
        institution: INSTITUTIONS[at % INSTITUTIONS.len()],
        description: what,
        modality,
        part,
        maker: SIEMENS_CT,
    }
}

fn write_study(folder: &Path, at: usize) -> io::Result<()> {
    let mut rng = Rng::named(&format!("scale-{at}"));
    let mut sets: Vec<DataSet> = match at % 10 {
        0..=3 => vec![study(at, "DX", "CHEST", "胸部正位").radiograph(1, "PA", "U")],
        4..=5 => {
            let study = study(at, "DX", "CHEST", "胸部正侧位");
            vec![study.radiograph(1, "PA", "U"), study.radiograph(2, "LL", "U")]
        }
        6..=7 => {
            let study = study(at, "CT", "CHEST", "胸部CT平扫");
            (0..4).map(|_| study.ct(1, "Chest 5.0 Tra", "Br40", 5.0)).collect()
        }
        8 => {
            let study = study(at, "MR", "BRAIN", "颅脑MR平扫");
            (0..3).map(|_| study.mr(1, &recipes::study::BRAIN[0], 5.0)).collect()
        }
        _ => {
            let study = study(at, "MG", "BREAST", "双侧乳腺摄影");
            let views =
                [(true, View::Cc), (false, View::Cc), (true, View::Mlo), (false, View::Mlo)];
            views
                .into_iter()
                .zip(1..)
                .map(|((left, view), n)| study.mammogram(n, left, view))
                .collect()
        }
    };
    let to = folder.join(format!("{:02}/{:04}/{at:06}", at % INSTITUTIONS.len(), at / 1000));
    fs::create_dir_all(&to)?;
    for (n, set) in sets.iter_mut().enumerate() {
        number(set, n + 1);
        if matches!(at % 10, 6..=8) {
            place(set, SIDE, 8.0, -5.0 * n as f32);
        }
        let values = (0..SIDE * SIDE).map(|_| (rng.bits() & 0xFFF) as u16).collect();
        picture(set, &Pixels::U16(values, 12), SIDE, SIDE, Encoding::Explicit);
        fs::write(to.join(format!("IM{:04}", n + 1)), set.file(Encoding::Explicit))?;
    }
    Ok(())
}

const LARGE: usize = 512;

fn large(folder: &Path) -> io::Result<()> {
    let noise = |n: usize, bits: u64| {
        let mut rng = Rng::named(&format!("large-{n}"));
        let value = |_| 1000 + (rng.bits() & ((1 << bits) - 1)) as u16;
        Pixels::U16((0..LARGE * LARGE).map(value).collect(), 12)
    };
    let frame_bytes = LARGE * LARGE * 2;
    let frames = (1usize << 30) / frame_bytes;
    let mut file = begin(&folder.join("native"), frames, Encoding::Explicit)?;
    file.write_all(b"\xE0\x7F\x10\x00OW\0\0")?;
    file.write_all(&u32::try_from(frames * frame_bytes).unwrap_or(u32::MAX).to_le_bytes())?;
    for n in 0..frames {
        file.write_all(&noise(n % 16, 8).bytes())?;
    }
    file.flush()?;

    let layout = Layout { columns: LARGE, rows: LARGE, frames: 1, samples: 1 };
    let encoded: Vec<Vec<u8>> = (0..16)
        .into_par_iter()
        .map(|n| {
            let mut bytes = recipes::jpeg_lossless::encode(&noise(n, 6), layout);
            bytes.resize(bytes.len().next_multiple_of(2), 0);
            bytes
        })
        .collect();
    let frames = (300usize << 20) / (encoded.iter().map(Vec::len).sum::<usize>() / encoded.len());
    let mut file = begin(&folder.join("jpeg-lossless"), frames, Encoding::JpegLossless)?;
    file.write_all(b"\xE0\x7F\x10\x00OB\0\0\xFF\xFF\xFF\xFF\xFE\xFF\x00\xE0\0\0\0\0")?;
    for n in 0..frames {
        let fragment = &encoded[n % encoded.len()];
        file.write_all(b"\xFE\xFF\x00\xE0")?;
        file.write_all(&u32::try_from(fragment.len()).unwrap_or(u32::MAX).to_le_bytes())?;
        file.write_all(fragment)?;
    }
    file.write_all(b"\xFE\xFF\xDD\xE0\0\0\0\0")?;
    file.flush()
}

/// The header of an object of many frames, whose pixel data is still to be written.
fn begin(folder: &Path, frames: usize, encoding: Encoding) -> io::Result<BufWriter<File>> {
    fs::create_dir_all(folder)?;
    let study = study(frames, "OT", "CHEST", "多帧");
    let class = uids::MULTI_FRAME_GRAYSCALE_WORD_SECONDARY_CAPTURE_IMAGE_STORAGE;
    let mut set = study.series(1, "frames", class);
    number(&mut set, 1);
    picture(&mut set, &Pixels::U16(vec![0; 4], 12), 2, 2, encoding);
    set.short(tags::ROWS, LARGE as u16)
        .short(tags::COLUMNS, LARGE as u16)
        .text(tags::NUMBER_OF_FRAMES, VR::IS, &frames.to_string())
        .without(tags::PIXEL_DATA);
    let path: PathBuf = folder.join("IM0001");
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    file.write_all(&set.file(encoding))?;
    Ok(file)
}
