//! Makes the uncompressed CT series that `make bench` reads: `make_bench_data FOLDER SERIES SLICES`.
//! Anatomy repeats every few slices, noise does not, so that no two files hold the same pixels.

#![allow(clippy::cast_precision_loss, reason = "slice numbers are small")]

use std::path::PathBuf;
use std::{env, fs, io};

#[path = "../tests/recipes/mod.rs"]
mod recipes;

use recipes::chest::{SOFT, slice};
use recipes::dicom::Pixels;
use recipes::encode::Encoding;
use recipes::maker::SIEMENS_CT;
use recipes::rng::Rng;
use recipes::study::{Study, number, picture, place};
use recipes::thorax::Thorax;

const SIZE: usize = 512;
const PIXEL: f32 = 0.74;
const ANATOMIES: usize = 6;

fn main() -> io::Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [folder, series, slices] = words.as_slice() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "FOLDER SERIES SLICES"));
    };
    let wrong = |e| io::Error::new(io::ErrorKind::InvalidInput, e);
    let slices = slices.parse::<usize>().map_err(wrong)?;
    let mut thorax = Thorax::named("bench");
    thorax.arms = false;
    let anatomies: Vec<_> = (0..ANATOMIES)
        .map(|i| slice(&thorax, "bench", SIZE, PIXEL, 60.0 - 20.0 * i as f32, SOFT))
        .map(|grid| grid.map(|hu| hu + 1024.0).to_i16(0.0, 4095.0))
        .collect();
    for key in ["bench-a", "bench-b", "bench-c", "bench-d"]
        .into_iter()
        .take(series.parse::<usize>().map_err(wrong)?)
    {
        let study = study(key);
        let to = PathBuf::from(folder).join(key);
        fs::create_dir_all(&to)?;
        let mut rng = Rng::named(key);
        for i in 0..slices {
            let mut values = anatomies[i * ANATOMIES / slices.max(1)].clone();
            for four in values.chunks_mut(32) {
                let bits = rng.bits();
                for (n, value) in four.iter_mut().enumerate() {
                    *value += ((bits >> (2 * n)) & 3) as i16;
                }
            }
            let mut set = study.ct(1, "Chest 1.0 Tra", SOFT.name, 0.6);
            number(&mut set, i + 1);
            place(&mut set, SIZE, PIXEL, 60.0 - 0.6 * i as f32);
            picture(&mut set, &Pixels::I16(values), SIZE, SIZE, Encoding::Explicit);
            fs::write(to.join(format!("IM{:05}", i + 1)), set.file(Encoding::Explicit))?;
        }
    }
    Ok(())
}

fn study(key: &'static str) -> Study {
    Study {
        key,
        patient: "测试^速",
        id: "T0100",
        sex: "M",
        age: 50,
        institution: "示例市第一人民医院",
        description: "胸部CT平扫",
        modality: "CT",
        part: "CHEST",
        maker: SIEMENS_CT,
    }
}
