//! A study under construction: who, where, when; then instances by modality with the attributes
//! their makers write.

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};

use super::breast::View;
use super::dicom::{DataSet, Layout, Pixels};
use super::encode::Encoding;
use super::maker::Maker;
use super::rng::uid;

/// Chinese text, declared as the standard asks.
pub const CHARSET: &str = "GB18030";

/// Everything instances of a study share.
#[derive(Clone)]
pub struct Study {
    /// Names the study; its UIDs come from it.
    pub key: &'static str,
    /// Patient's Name, invented.
    pub patient: &'static str,
    /// Patient ID, invented.
    pub id: &'static str,
    /// M, F or O.
    pub sex: &'static str,
    /// Age in years.
    pub age: usize,
    /// Institution Name.
    pub institution: &'static str,
    /// Study Description.
    pub description: &'static str,
    /// Modality.
    pub modality: &'static str,
    /// Body Part Examined.
    pub part: &'static str,
    /// The device.
    pub maker: Maker,
}

/// Study Date of every recipe.
pub const DATE: &str = "20250312";
const YEAR: usize = 2025;

impl Study {
    /// The attributes shared by a series' instances. `hour` tells series apart in time.
    pub fn series(&self, number: usize, description: &str, class: &str) -> DataSet {
        let mut set = DataSet::new();
        let time = format!("{:02}{:02}00", 9 + number / 6, (number * 7) % 60);
        set.text(tags::SPECIFIC_CHARACTER_SET, VR::CS, CHARSET)
            .text(tags::SOP_CLASS_UID, VR::UI, class)
            .text(tags::STUDY_INSTANCE_UID, VR::UI, &uid(self.key))
            .text(tags::SERIES_INSTANCE_UID, VR::UI, &uid(&format!("{}/{number}", self.key)))
            .text(tags::STUDY_DATE, VR::DA, DATE)
            .text(tags::SERIES_DATE, VR::DA, DATE)
            .text(tags::ACQUISITION_DATE, VR::DA, DATE)
            .text(tags::CONTENT_DATE, VR::DA, DATE)
            .text(tags::STUDY_TIME, VR::TM, "090000")
            .text(tags::SERIES_TIME, VR::TM, &time)
            .text(tags::ACQUISITION_TIME, VR::TM, &time)
            .text(tags::CONTENT_TIME, VR::TM, &time)
            .text(tags::ACCESSION_NUMBER, VR::SH, &format!("A{}", self.id))
            .text(tags::STUDY_ID, VR::SH, "1")
            .text(tags::MODALITY, VR::CS, self.modality)
            .text(tags::INSTITUTION_NAME, VR::LO, self.institution)
            .text(tags::INSTITUTIONAL_DEPARTMENT_NAME, VR::LO, "放射科")
            .text(tags::REFERRING_PHYSICIAN_NAME, VR::PN, "测试^医师")
            .text(tags::OPERATORS_NAME, VR::PN, "测试^技师")
            .text(tags::STUDY_DESCRIPTION, VR::LO, self.description)
            .text(tags::SERIES_DESCRIPTION, VR::LO, description)
            .text(tags::PROTOCOL_NAME, VR::LO, description)
            .text(tags::BODY_PART_EXAMINED, VR::CS, self.part)
            .text(tags::PATIENT_NAME, VR::PN, self.patient)
            .text(tags::PATIENT_ID, VR::LO, self.id)
            .text(tags::PATIENT_SEX, VR::CS, self.sex)
            .text(tags::PATIENT_AGE, VR::AS, &format!("{:03}Y", self.age))
            .text(tags::PATIENT_BIRTH_DATE, VR::DA, &format!("{}0101", YEAR - self.age))
            .text(tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY")
            .text(tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "00")
            .text(tags::BURNED_IN_ANNOTATION, VR::CS, "NO")
            .integer(tags::SERIES_NUMBER, number)
            .integer(tags::ACQUISITION_NUMBER, 1);
        self.maker.describe(&mut set);
        set
    }

    /// A radiograph: `view` PA, AP or LL; stored values of 12 bits.
    pub fn radiograph(&self, series: usize, view: &str, laterality: &str) -> DataSet {
        let name = format!("{} {view}", self.description);
        let mut set =
            self.series(series, &name, uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION);
        set.text(tags::PRESENTATION_INTENT_TYPE, VR::CS, "FOR PRESENTATION")
            .text(tags::VIEW_POSITION, VR::CS, view)
            .text(tags::IMAGE_LATERALITY, VR::CS, laterality)
            .text(tags::PATIENT_ORIENTATION, VR::CS, if view == "LL" { "A\\F" } else { "L\\F" })
            .text(tags::PIXEL_INTENSITY_RELATIONSHIP, VR::CS, "LOG")
            .short(tags::PIXEL_INTENSITY_RELATIONSHIP_SIGN, 1)
            .text(tags::PRESENTATION_LUT_SHAPE, VR::CS, "IDENTITY")
            .text(tags::RESCALE_TYPE, VR::LO, "US")
            .text(tags::DETECTOR_TYPE, VR::CS, "SCINTILLATOR")
            .decimals(tags::RESCALE_INTERCEPT, &[0.0])
            .decimals(tags::RESCALE_SLOPE, &[1.0])
            .decimals(tags::WINDOW_CENTER, &[2048.0])
            .decimals(tags::WINDOW_WIDTH, &[4096.0])
            .decimals(tags::KVP, &[if self.part == "CHEST" { 120.0 } else { 52.0 }])
            .decimals(tags::DISTANCE_SOURCE_TO_DETECTOR, &[1800.0])
            .decimals(tags::EXPOSURE_INDEX, &[412.0])
            .decimals(tags::TARGET_EXPOSURE_INDEX, &[400.0])
            .decimals(tags::DEVIATION_INDEX, &[0.1])
            .integer(tags::EXPOSURE, 3)
            .integer(tags::EXPOSURE_TIME, 12)
            .integer(tags::X_RAY_TUBE_CURRENT, 250);
        set
    }

    /// One of the four standard mammograms.
    pub fn mammogram(&self, series: usize, left: bool, view: View) -> DataSet {
        let (side, code, word) = match (left, view) {
            (true, View::Cc) => ("L", "R-10242", "CC"),
            (false, View::Cc) => ("R", "R-10242", "CC"),
            (true, View::Mlo) => ("L", "R-10226", "MLO"),
            (false, View::Mlo) => ("R", "R-10226", "MLO"),
        };
        let class = uids::DIGITAL_MAMMOGRAPHY_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION;
        let mut set = self.series(series, &format!("{side} {word}"), class);
        let meaning = if word == "CC" { "cranio-caudal" } else { "medio-lateral oblique" };
        set.text(tags::PRESENTATION_INTENT_TYPE, VR::CS, "FOR PRESENTATION")
            .text(tags::VIEW_POSITION, VR::CS, word)
            .text(tags::IMAGE_LATERALITY, VR::CS, side)
            .text(tags::PATIENT_ORIENTATION, VR::CS, if left { "A\\R" } else { "P\\L" })
            .code(tags::VIEW_CODE_SEQUENCE, code, "SRT", meaning)
            .text(tags::PIXEL_INTENSITY_RELATIONSHIP, VR::CS, "LOG")
            .short(tags::PIXEL_INTENSITY_RELATIONSHIP_SIGN, 1)
            .text(tags::PRESENTATION_LUT_SHAPE, VR::CS, "IDENTITY")
            .decimals(tags::RESCALE_INTERCEPT, &[0.0])
            .decimals(tags::RESCALE_SLOPE, &[1.0])
            .decimals(tags::WINDOW_CENTER, &[2100.0])
            .decimals(tags::WINDOW_WIDTH, &[3600.0])
            .decimals(tags::KVP, &[29.0])
            .decimals(tags::COMPRESSION_FORCE, &[108.0])
            .decimals(tags::BODY_PART_THICKNESS, &[52.0])
            .decimals(tags::ORGAN_DOSE, &[0.014])
            .integer(tags::EXPOSURE, 92);
        set
    }

    /// A CT series; slices are placed by [`place`].
    pub fn ct(&self, series: usize, description: &str, kernel: &str, thickness: f32) -> DataSet {
        let mut set = self.series(series, description, uids::CT_IMAGE_STORAGE);
        set.text(tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY\\AXIAL")
            .text(tags::FRAME_OF_REFERENCE_UID, VR::UI, &uid(&format!("{}/frame", self.key)))
            .text(tags::PATIENT_POSITION, VR::CS, "HFS")
            .text(tags::CONVOLUTION_KERNEL, VR::SH, kernel)
            .text(tags::SCAN_OPTIONS, VR::CS, "HELICAL MODE")
            .text(tags::RESCALE_TYPE, VR::LO, "HU")
            .decimals(tags::RESCALE_INTERCEPT, &[-1024.0])
            .decimals(tags::RESCALE_SLOPE, &[1.0])
            .decimals(tags::WINDOW_CENTER, &[40.0])
            .decimals(tags::WINDOW_WIDTH, &[400.0])
            .decimals(tags::SLICE_THICKNESS, &[thickness])
            .decimals(tags::KVP, &[120.0])
            .decimals(tags::GANTRY_DETECTOR_TILT, &[0.0])
            .decimals(tags::TABLE_HEIGHT, &[152.0])
            .integer(tags::X_RAY_TUBE_CURRENT, 210)
            .integer(tags::EXPOSURE_TIME, 500)
            .integer(tags::EXPOSURE, 105)
            .double(tags::CTD_IVOL, 7.1)
            .double(tags::SPIRAL_PITCH_FACTOR, 1.2);
        set
    }

    /// An MR series of the brain; slices are placed by [`place`].
    pub fn mr(&self, series: usize, timing: &Timing, thickness: f32) -> DataSet {
        let mut set = self.series(series, timing.description, uids::MR_IMAGE_STORAGE);
        set.text(tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY\\M\\ND\\NORM")
            .text(tags::FRAME_OF_REFERENCE_UID, VR::UI, &uid(&format!("{}/frame", self.key)))
            .text(tags::PATIENT_POSITION, VR::CS, "HFS")
            .text(tags::SCANNING_SEQUENCE, VR::CS, timing.scanning)
            .text(tags::SEQUENCE_VARIANT, VR::CS, timing.variant)
            .text(tags::SEQUENCE_NAME, VR::SH, timing.sequence)
            .text(tags::SCAN_OPTIONS, VR::CS, timing.options)
            .text(tags::MR_ACQUISITION_TYPE, VR::CS, "2D")
            .text(tags::IMAGED_NUCLEUS, VR::SH, "1H")
            .text(tags::IN_PLANE_PHASE_ENCODING_DIRECTION, VR::CS, "ROW")
            .decimals(tags::REPETITION_TIME, &[timing.repetition])
            .decimals(tags::ECHO_TIME, &[timing.echo])
            .decimals(tags::FLIP_ANGLE, &[timing.flip])
            .decimals(tags::MAGNETIC_FIELD_STRENGTH, &[3.0])
            .decimals(tags::SLICE_THICKNESS, &[thickness])
            .decimals(tags::PIXEL_BANDWIDTH, &[220.0])
            .decimals(tags::WINDOW_CENTER, &[450.0])
            .decimals(tags::WINDOW_WIDTH, &[950.0])
            .integer(tags::ECHO_NUMBERS, 1)
            .integer(tags::ECHO_TRAIN_LENGTH, timing.train)
            .integer(tags::NUMBER_OF_AVERAGES, 1);
        if timing.inversion > 0.0 {
            set.decimals(tags::INVERSION_TIME, &[timing.inversion]);
        }
        set
    }
}

/// What tells MR sequences apart in the header.
pub struct Timing {
    /// Series Description.
    pub description: &'static str,
    /// Scanning Sequence.
    pub scanning: &'static str,
    /// Sequence Variant.
    pub variant: &'static str,
    /// Sequence Name.
    pub sequence: &'static str,
    /// Scan Options.
    pub options: &'static str,
    /// TR, ms.
    pub repetition: f32,
    /// TE, ms.
    pub echo: f32,
    /// TI, ms; 0 where there is none.
    pub inversion: f32,
    /// Flip angle, degrees.
    pub flip: f32,
    /// Echo train length.
    pub train: usize,
}

/// The usual sequences of a brain, as Siemens names them.
pub const BRAIN: [Timing; 4] = [
    Timing {
        description: "t1_tse_tra",
        scanning: "SE",
        variant: "SK",
        sequence: "*tse2d1_3",
        options: "",
        repetition: 500.0,
        echo: 9.2,
        inversion: 0.0,
        flip: 90.0,
        train: 3,
    },
    Timing {
        description: "t2_tse_tra",
        scanning: "SE",
        variant: "SK\\SP",
        sequence: "*tse2d1_15",
        options: "",
        repetition: 4500.0,
        echo: 96.0,
        inversion: 0.0,
        flip: 150.0,
        train: 15,
    },
    Timing {
        description: "t2_flair_tra_fs",
        scanning: "SE\\IR",
        variant: "SK\\SP\\MP",
        sequence: "*tir2d1_16",
        options: "IR\\FS",
        repetition: 9000.0,
        echo: 89.0,
        inversion: 2500.0,
        flip: 150.0,
        train: 16,
    },
    Timing {
        description: "ep2d_diff_tra_b0_b1000",
        scanning: "EP",
        variant: "SK\\SP",
        sequence: "*ep_b1000t",
        options: "PFP\\FS",
        repetition: 5200.0,
        echo: 74.0,
        inversion: 0.0,
        flip: 90.0,
        train: 1,
    },
];

/// Numbers an instance within its series.
pub fn number(set: &mut DataSet, instance: usize) {
    let series = set.get(tags::SERIES_INSTANCE_UID);
    set.integer(tags::INSTANCE_NUMBER, instance).text(
        tags::SOP_INSTANCE_UID,
        VR::UI,
        &uid(&format!("{series}/{instance}")),
    );
}

/// Places an axial slice: the centre of the picture lies on the axis, at height `z`.
pub fn place(set: &mut DataSet, size: usize, pixel: f32, z: f32) {
    let corner = -(size as f32) / 2.0 * pixel + pixel / 2.0;
    set.decimals(tags::IMAGE_POSITION_PATIENT, &[corner, corner, z])
        .decimals(tags::IMAGE_ORIENTATION_PATIENT, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
        .decimals(tags::PIXEL_SPACING, &[pixel, pixel])
        .decimals(tags::SLICE_LOCATION, &[z]);
}

/// Sets single-frame grey pixels of a square or other picture.
pub fn picture(set: &mut DataSet, pixels: &Pixels, columns: usize, rows: usize, with: Encoding) {
    set.pixels(pixels, Layout { columns, rows, frames: 1, samples: 1 }, with);
}
