//! The studies of `sample_studies/`: what each file of them holds. `expected.toml` there says
//! which verdict each study must get, and why.

use std::io::{Cursor, Write};

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use zip::write::SimpleFileOptions;

use super::breast::{View, mammogram};
use super::chest::{self, Kernel, LUNG, SOFT};
use super::dicom::{DataSet, Layout, Pixels};
use super::encode::Encoding;
use super::grid::Grid;
use super::hand;
use super::head::{Head, Weighting};
use super::maker::{
    CANON_US, FUJI_DR, GE_CT, HOLOGIC_MG, MINDRAY_DR, Maker, PHILIPS_MR, SIEMENS_CT, SIEMENS_MR,
    UIH_CT,
};
use super::rng::uid;
use super::spoil;
use super::study::{BRAIN, Study, number, picture, place};
use super::thorax::Thorax;
use super::ultrasound;

/// A file: where it lies below `sample_studies/`, and its bytes.
pub type SampleFile = (String, Vec<u8>);

/// Names of the invented hospitals, as `institutions.toml` there has them.
pub const FIRST: &str = "示例市第一人民医院";
/// The second hospital, which writes its name in pinyin.
pub const SECOND: &str = "SHILI SHI DI ER YIYUAN";
/// An imaging centre.
pub const CENTRE: &str = "示例医学影像诊断中心";
/// Nobody registered this one.
pub const STRANGER: &str = "未登记的门诊部";

/// Every sample study's files.
pub fn all() -> Vec<SampleFile> {
    let makers: [fn() -> Vec<SampleFile>; 15] = [
        chest_dr,
        clean_ct,
        missing_slice,
        brain_mr,
        lossy_dr,
        truncated_ct,
        zero_byte_file,
        two_patients,
        blank_dr,
        mammography,
        duplicate_instance,
        unknown_institution,
        not_judged,
        zip_archive,
        enhanced_mr,
    ];
    makers.iter().flat_map(|make| make()).collect()
}

fn person(key: &'static str, patient: &'static str, id: &'static str, maker: Maker) -> Study {
    Study {
        key,
        patient,
        id,
        sex: "F",
        age: 46,
        institution: FIRST,
        description: "胸部CT平扫",
        modality: "CT",
        part: "CHEST",
        maker,
    }
}

fn chest_picture(study: &Study, grid: &Grid, with: Encoding) -> DataSet {
    let mut set = study.radiograph(1, "PA", "U");
    number(&mut set, 1);
    let spacing = 372.0 / grid.width as f32;
    set.decimals(tags::IMAGER_PIXEL_SPACING, &[spacing, spacing]);
    picture(&mut set, &Pixels::U16(grid.to_u16(0.0, 4095.0), 12), grid.width, grid.height, with);
    set
}

fn dr(key: &'static str, patient: &'static str, id: &'static str, maker: Maker) -> Study {
    Study { modality: "DX", description: "胸部正位DR", ..person(key, patient, id, maker) }
}

fn chest_dr() -> Vec<SampleFile> {
    let study = dr("sample-01", "测试^甲", "T0001", MINDRAY_DR);
    let grid = chest::radiograph("sample-01", 880, 960, Some('R'));
    let set = chest_picture(&study, &grid, Encoding::JpegLossless);
    vec![("01-chest-dr/胸部正位".into(), set.file(Encoding::JpegLossless))]
}

/// An axial CT of `count` slices; the file's name and bytes of each.
fn ct_slices(study: &Study, count: usize, kernel: Kernel, with: Encoding) -> Vec<DataSet> {
    let cut =
        Cut { series: 2, name: "Chest 5.0 Tra", first: 62.5, count, thickness: 5.0, size: 256 };
    ct_series(study, &cut, kernel, with)
}

/// The thin slices of the same range, in a coarser matrix to keep them small.
fn thin_slices(study: &Study, thick: usize, kernel: Kernel, with: Encoding) -> Vec<DataSet> {
    thin_slices_of(study, thick, kernel, with, 160)
}

/// Those of a study that stands for a defect of its thick slices; `names` begins their file names.
fn beside(study: &Study, thick: usize, kernel: Kernel, names: &str) -> Vec<SampleFile> {
    let with = Encoding::JpegLossless;
    let sets = thin_slices_of(study, thick, kernel, with, 96);
    let file = |(i, set): (usize, &DataSet)| (format!("{names}{:03}", i + 1), set.file(with));
    sets.iter().enumerate().map(file).collect()
}

fn thin_slices_of(
    study: &Study,
    thick: usize,
    kernel: Kernel,
    with: Encoding,
    size: usize,
) -> Vec<DataSet> {
    let thickness = 1.5;
    let count = (thick as f32 * 5.0 / thickness).floor() as usize;
    let first = 65.0 - thickness / 2.0;
    let cut = Cut { series: 3, name: "Chest 1.5 Tra", first, count, thickness, size };
    ct_series(study, &cut, kernel, with)
}

/// How a scan is cut into slices.
struct Cut {
    series: usize,
    name: &'static str,
    /// Height of the first slice, mm.
    first: f32,
    count: usize,
    thickness: f32,
    size: usize,
}

fn ct_series(study: &Study, cut: &Cut, kernel: Kernel, with: Encoding) -> Vec<DataSet> {
    let (size, thickness) = (cut.size, cut.thickness);
    let pixel = 256.0 * 1.45 / size as f32;
    let mut thorax = Thorax::named(study.key);
    thorax.arms = false;
    (0..cut.count)
        .map(|i| {
            let z = cut.first - thickness * i as f32;
            let mut set = study.ct(cut.series, cut.name, kernel.name, thickness);
            number(&mut set, i + 1);
            place(&mut set, size, pixel, z);
            let grid = chest::slice(&thorax, study.key, size, pixel, z, kernel);
            let stored = grid.map(|hu| hu + 1024.0).to_u16(0.0, 4095.0);
            picture(&mut set, &Pixels::U16(stored, 12), size, size, with);
            set
        })
        .collect()
}

fn clean_ct() -> Vec<SampleFile> {
    let study = person("sample-02", "测试^乙", "T0002", SIEMENS_CT);
    let with = Encoding::JpegLossless;
    let thick = ct_slices(&study, 24, SOFT, with);
    let thin = thin_slices(&study, 24, SOFT, with);
    [(2, thick), (3, thin)]
        .iter()
        .flat_map(|(series, sets)| {
            sets.iter().enumerate().map(move |(i, set)| {
                (format!("02-clean-ct/SE{series:04}/IM{:04}", i + 1), set.file(with))
            })
        })
        .collect()
}

fn missing_slice() -> Vec<SampleFile> {
    let study = Study { age: 63, sex: "M", ..person("sample-03", "测试^丙", "T0003", GE_CT) };
    let with = Encoding::JpegLossless;
    let kernel = Kernel { name: "STANDARD", ..SOFT };
    ct_slices(&study, 20, kernel, with)
        .iter()
        .enumerate()
        .filter(|(i, _)| *i != 10)
        .map(|(i, set)| (format!("03-missing-slice/CT.{}.dcm", i + 1), set.file(with)))
        .chain(beside(&study, 20, kernel, "03-missing-slice/CT.thin."))
        .collect()
}

fn brain_mr() -> Vec<SampleFile> {
    let study = Study {
        description: "颅脑MR平扫",
        modality: "MR",
        part: "BRAIN",
        institution: SECOND,
        ..person("sample-04", "测试^丁", "T0004", SIEMENS_MR)
    };
    let head = Head::named("sample-04");
    let (size, pixel, gap) = (208, 1.05, 6.0);
    let mut files = Vec::new();
    for (index, timing) in BRAIN.iter().enumerate() {
        let weightings: &[Weighting] = match index {
            0 => &[Weighting::T1],
            1 => &[Weighting::T2],
            2 => &[Weighting::Flair],
            _ => &[Weighting::Dwi(0), Weighting::Dwi(1000)],
        };
        let mut instance = 0;
        for weighting in weightings {
            for slice in 0..14_usize {
                let z = -14.0 + gap * slice as f32;
                instance += 1;
                let mut set = study.mr(index + 1, timing, 5.0);
                set.decimals(tags::SPACING_BETWEEN_SLICES, &[gap]);
                if let Weighting::Dwi(b) = weighting {
                    set.double(tags::DIFFUSION_B_VALUE, f64::from(*b));
                    set.text(tags::SEQUENCE_NAME, VR::SH, &format!("*ep_b{b}"));
                }
                number(&mut set, instance);
                place(&mut set, size, pixel, z);
                let grid = head.mr("sample-04", size, pixel, z, *weighting);
                let with = Encoding::JpegLossless;
                picture(&mut set, &Pixels::U16(grid.to_u16(0.0, 4095.0), 12), size, size, with);
                let name = format!("04-brain-mr/{}/{instance:03}", timing.description);
                files.push((name, set.file(with)));
            }
        }
    }
    files.extend((0..14).map(|slice| adc_slice(&study, &head, slice, -14.0 + gap * slice as f32)));
    files
}

/// A slice of the ADC map that the scanner makes of the diffusion series, 1e-6 mm2/s.
fn adc_slice(study: &Study, head: &Head, slice: usize, z: f32) -> SampleFile {
    let (size, pixel) = (208, 1.05);
    let mut set = study.mr(5, &BRAIN[3], 5.0);
    let name = "ep2d_diff_tra_ADC";
    set.text(tags::SERIES_DESCRIPTION, VR::LO, name)
        .text(tags::PROTOCOL_NAME, VR::LO, BRAIN[3].description)
        .text(tags::IMAGE_TYPE, VR::CS, "DERIVED\\PRIMARY\\DIFFUSION\\ADC\\ND\\NORM")
        .text(tags::SEQUENCE_NAME, VR::SH, "*ep_b0_1000")
        .decimals(tags::SPACING_BETWEEN_SLICES, &[6.0]);
    number(&mut set, slice + 1);
    place(&mut set, size, pixel, z);
    let weighted = |b: u32| head.mr("sample-04", size, pixel, z, Weighting::Dwi(b));
    let map = weighted(0).zip(&weighted(1000), |low, high| {
        if low < 60.0 { 0.0 } else { (low / high.max(1.0)).ln().max(0.0) * 1000.0 }
    });
    let with = Encoding::JpegLossless;
    picture(&mut set, &Pixels::U16(map.to_u16(0.0, 4095.0), 12), size, size, with);
    (format!("04-brain-mr/{name}/{:03}", slice + 1), set.file(with))
}

fn lossy_dr() -> Vec<SampleFile> {
    let study = Study {
        description: "右手正位DR",
        part: "HAND",
        institution: SECOND,
        ..dr("sample-05", "测试^戊", "T0005", FUJI_DR)
    };
    let mut set = study.radiograph(1, "PA", "R");
    number(&mut set, 1);
    let grid = hand::radiograph("sample-05", 640, 900, Some('R')).map(|v| v / 16.0);
    let with = Encoding::JpegBaseline(40);
    set.decimals(tags::IMAGER_PIXEL_SPACING, &[0.297, 0.297])
        .decimals(tags::WINDOW_CENTER, &[128.0])
        .decimals(tags::WINDOW_WIDTH, &[256.0])
        .text(tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "01")
        .text(tags::LOSSY_IMAGE_COMPRESSION_METHOD, VR::CS, "ISO_10918_1")
        .decimals(tags::LOSSY_IMAGE_COMPRESSION_RATIO, &[18.0]);
    picture(&mut set, &Pixels::U8(grid.to_u8()), grid.width, grid.height, with);
    vec![("05-lossy-dr/hand.dcm".into(), set.file(with))]
}

fn truncated_ct() -> Vec<SampleFile> {
    let study = Study { institution: SECOND, ..person("sample-06", "测试^己", "T0006", UIH_CT) };
    let with = Encoding::Deflated;
    let kernel = Kernel { name: "B_SOFT_B", ..SOFT };
    let sets = ct_slices(&study, 8, kernel, Encoding::Explicit);
    sets.iter()
        .enumerate()
        .map(|(i, set)| {
            // One file stopped half way over the network.
            let bytes = if i == 4 {
                spoil::truncated(set.file(Encoding::Explicit), 0.55)
            } else {
                set.file(with)
            };
            (format!("06-truncated-ct/{:08}", i + 1), bytes)
        })
        .chain(beside(&study, 8, kernel, "06-truncated-ct/00001"))
        .collect()
}

fn zero_byte_file() -> Vec<SampleFile> {
    let study = person("sample-07", "测试^庚", "T0007", SIEMENS_CT);
    let with = Encoding::Rle;
    ct_slices(&study, 6, SOFT, with)
        .iter()
        .enumerate()
        .map(|(i, set)| {
            let file = set.file(with);
            let bytes = if i == 5 { spoil::emptied(&file) } else { file };
            (format!("07-zero-byte-file/IM{:04}", i + 1), bytes)
        })
        .chain(beside(&study, 6, SOFT, "07-zero-byte-file/IM1"))
        .collect()
}

fn two_patients() -> Vec<SampleFile> {
    let study = person("sample-08", "测试^辛", "T0008", GE_CT);
    let with = Encoding::JpegLossless;
    ct_slices(&study, 6, LUNG, with)
        .iter_mut()
        .enumerate()
        .map(|(i, set)| {
            if i >= 4 {
                set.text(tags::PATIENT_NAME, VR::PN, "测试^壬")
                    .text(tags::PATIENT_ID, VR::LO, "T0999")
                    .text(tags::PATIENT_SEX, VR::CS, "M");
            }
            (format!("08-two-patients/I{}", i + 1), set.file(with))
        })
        .chain(beside(&study, 6, LUNG, "08-two-patients/T"))
        .collect()
}

fn blank_dr() -> Vec<SampleFile> {
    let study = Study { institution: CENTRE, ..dr("sample-09", "测试^癸", "T0009", FUJI_DR) };
    // The tube did not fire: offset and electronic noise of one value.
    let grid = Grid::from_fn(880, 960, |x, y| 32.0 + f32::from((x * 7.0 + y * 3.0) % 97.0 < 0.6));
    let set = chest_picture(&study, &grid, Encoding::JpegLossless);
    vec![("09-blank-dr/chest.dcm".into(), set.file(Encoding::JpegLossless))]
}

fn mammography() -> Vec<SampleFile> {
    let study = Study {
        modality: "MG",
        description: "双侧乳腺钼靶",
        part: "BREAST",
        age: 52,
        ..person("sample-10", "测试^子", "T0010", HOLOGIC_MG)
    };
    let (width, height) = (480, 760);
    let mut files = Vec::new();
    for (left, view) in [(false, View::Cc), (true, View::Cc), (false, View::Mlo), (true, View::Mlo)]
    {
        let series = files.len() + 1;
        let mut set = study.mammogram(series, left, view);
        number(&mut set, 1);
        set.decimals(tags::IMAGER_PIXEL_SPACING, &[0.28, 0.28]);
        let grid = mammogram("sample-10", left, view, width, height);
        let with = Encoding::JpegLossless;
        picture(&mut set, &Pixels::U16(grid.to_u16(0.0, 4095.0), 12), width, height, with);
        let side = if left { "L" } else { "R" };
        files.push((format!("10-mammography/{side}-{view:?}.dcm"), set.file(with)));
    }
    files
}

fn duplicate_instance() -> Vec<SampleFile> {
    let study = Study { institution: CENTRE, ..person("sample-11", "测试^丑", "T0011", UIH_CT) };
    let with = Encoding::JpegLossless;
    let mut sets = ct_slices(&study, 6, SOFT, with);
    // The second slice was sent under the UID of the first: two contents, one name.
    let first = sets[0].get(tags::SOP_INSTANCE_UID);
    sets[1].text(tags::SOP_INSTANCE_UID, VR::UI, &first);
    sets.iter()
        .enumerate()
        .map(|(i, set)| (format!("11-duplicate-instance/{}.dcm", i + 1), set.file(with)))
        .chain(beside(&study, 6, SOFT, "11-duplicate-instance/thin-"))
        .collect()
}

fn unknown_institution() -> Vec<SampleFile> {
    let study =
        Study { institution: STRANGER, ..dr("sample-12", "测试^寅", "T0012", MINDRAY_DR) };
    let grid = chest::radiograph("sample-12", 640, 700, Some('L'));
    let set = chest_picture(&study, &grid, Encoding::JpegLossless);
    vec![("12-unknown-institution/chest.dcm".into(), set.file(Encoding::JpegLossless))]
}

fn not_judged() -> Vec<SampleFile> {
    let study = Study {
        modality: "US",
        description: "肝胆超声",
        part: "ABDOMEN",
        institution: CENTRE,
        ..person("sample-13", "测试^卯", "T0013", CANON_US)
    };
    let mut set = study.series(1, "Abdomen", uids::ULTRASOUND_IMAGE_STORAGE);
    number(&mut set, 1);
    let (columns, rows) = (480, 360);
    let grey = ultrasound::fan("sample-13", columns, rows).to_u8();
    let colour = Pixels::U8(grey.iter().flat_map(|v| [*v, *v, *v]).collect());
    let with = Encoding::Rle;
    set.pixels(&colour, Layout { columns, rows, frames: 1, samples: 3 }, with);
    vec![("13-not-judged-ultrasound/us.dcm".into(), set.file(with))]
}

fn zip_archive() -> Vec<SampleFile> {
    let study = person("sample-14", "测试^辰", "T0014", SIEMENS_CT);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    let with = Encoding::Implicit;
    let series = [(2, ct_slices(&study, 10, SOFT, with)), (3, thin_slices(&study, 10, SOFT, with))];
    for (number, sets) in &series {
        for (i, set) in sets.iter().enumerate() {
            let name = format!("检查/序列{number}/{}.dcm", i + 1);
            zip.start_file(name, stored).expect("memory does not refuse");
            zip.write_all(&set.file(with)).expect("memory does not refuse");
        }
    }
    let bytes = zip.finish().expect("memory does not refuse").into_inner();
    vec![("14-zip-archive/study.zip".into(), bytes)]
}

fn enhanced_mr() -> Vec<SampleFile> {
    let study = Study {
        description: "颅脑MR平扫",
        modality: "MR",
        part: "BRAIN",
        ..person("sample-15", "测试^巳", "T0015", PHILIPS_MR)
    };
    let (size, pixel, gap, frames) = (176, 1.25, 5.5, 16);
    let set = super::enhanced::brain_t2(&study, size, pixel, gap, frames);
    vec![("15-enhanced-mr/IM_0001".into(), set.file(Encoding::Rle))]
}

/// A UID of the samples, so that tests can find a study in a report.
pub fn study_uid(number: usize) -> String {
    uid(&format!("sample-{number:02}"))
}
