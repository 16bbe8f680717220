//! Volumes of slices and the ways they go wrong: the geometry of a study as plain numbers, written as
//! single-frame or enhanced DICOM with the numbering habits of five makers.

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};

use super::dicom::{DataSet, Layout, Pixels};
use super::encode::Encoding;
use super::rng::uid;

/// How a maker numbers images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// 1 to n in each series.
    FromOne,
    /// 1 to n, and each image declares the number of images of its acquisition.
    Declared,
    /// 1 to n over the echoes of a series in turn.
    Interleaved,
    /// On and on over the series of a study.
    StudyWide,
    /// 0 to n - 1.
    FromZero,
}

/// Makers and their habits.
pub const MAKERS: [(&str, Habit); 5] = [
    ("SIEMENS", Habit::FromOne),
    ("GE MEDICAL SYSTEMS", Habit::Declared),
    ("Philips Medical Systems", Habit::Interleaved),
    ("CANON_MEC", Habit::StudyWide),
    ("UIH", Habit::FromZero),
];

/// One slice.
#[derive(Clone, Debug)]
pub struct Slice {
    /// Image Position (Patient), mm.
    pub position: [f64; 3],
    /// Image Orientation (Patient).
    pub orientation: [f64; 6],
    /// Instance Number; In-Stack Position Number of a frame.
    pub number: i64,
    /// Slice Thickness, mm.
    pub thickness: f64,
    /// Spacing Between Slices, mm.
    pub stated_spacing: Option<f64>,
    /// Rows.
    pub rows: u16,
    /// Pixel Spacing, mm.
    pub pixel: f64,
    /// Echo Time, ms; 0 where the modality has none.
    pub echo: f64,
    /// Images in Acquisition.
    pub declared: Option<usize>,
    /// Tells slices with one number apart in their UID.
    pub copy: usize,
}

/// A series.
#[derive(Clone, Debug)]
pub struct Series {
    /// Series Number.
    pub number: usize,
    /// Series Description.
    pub description: String,
    /// Whether it is a localizer.
    pub localizer: bool,
    /// Its slices, in the order they are written.
    pub slices: Vec<Slice>,
}

/// A study of one modality.
#[derive(Clone, Debug)]
pub struct Volume {
    /// Names it; UIDs come from it.
    pub key: String,
    /// CT or MR.
    pub modality: &'static str,
    /// Manufacturer.
    pub maker: &'static str,
    /// Whether series are enhanced multi-frame objects.
    pub enhanced: bool,
    /// Its series.
    pub series: Vec<Series>,
}

/// Matrix of a clean slice.
pub const ROWS: u16 = 16;

/// A regular stack of `n` slices along the normal of `orientation`, moved across it by `shear` mm a mm.
pub fn stack(
    n: usize,
    spacing: f64,
    thickness: f64,
    orientation: [f64; 6],
    shear: f64,
) -> Vec<Slice> {
    let [a, b, c, d, e, f] = orientation;
    let normal = [b * f - c * e, c * d - a * f, a * e - b * d];
    let column = [d, e, f];
    let at = |i: usize, axis: usize| {
        let along = i as f64 * spacing;
        -90.0 + along * normal[axis] + along * shear * column[axis]
    };
    (0..n)
        .map(|i| Slice {
            position: [at(i, 0), at(i, 1), at(i, 2)],
            orientation,
            number: 1 + i as i64,
            thickness,
            stated_spacing: None,
            rows: ROWS,
            pixel: 0.5,
            echo: 0.0,
            declared: None,
            copy: 0,
        })
        .collect()
}

/// The axial plane.
pub const AXIAL: [f64; 6] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
/// The sagittal plane.
pub const SAGITTAL: [f64; 6] = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0];
/// The coronal plane.
pub const CORONAL: [f64; 6] = [1.0, 0.0, 0.0, 0.0, 0.0, -1.0];

impl Volume {
    /// A study of a scout, the series `slices`, and a whole second series, numbered as the maker does.
    pub fn new(
        key: &str,
        modality: &'static str,
        (maker, habit): (&'static str, Habit),
        enhanced: bool,
        slices: Vec<Slice>,
    ) -> Self {
        let scout = stack(2, 50.0, 5.0, SAGITTAL, 0.0);
        let other = stack(11, 7.0, 7.0, CORONAL, 0.0);
        let words = if modality == "CT" { "Body 5.0" } else { "t2_tse" };
        let made = |number, description: &str, localizer, slices| Series {
            number,
            description: description.to_owned(),
            localizer,
            slices,
        };
        let mut volume = Self {
            key: key.to_owned(),
            modality,
            maker,
            enhanced,
            series: vec![
                made(1, "Topogram", true, scout),
                made(2, words, false, slices),
                made(3, words, false, other),
            ],
        };
        volume.number(habit);
        volume
    }

    fn number(&mut self, habit: Habit) {
        let (mr, enhanced) = (self.modality == "MR", self.enhanced);
        let mut next = 1;
        for series in &mut self.series {
            let count = series.slices.len();
            for (n, slice) in series.slices.iter_mut().enumerate() {
                slice.echo = if mr { 80.0 } else { 0.0 };
                if enhanced {
                    // Position numbers begin at 1 whatever the maker.
                    continue;
                }
                match habit {
                    Habit::FromOne | Habit::Interleaved => {}
                    Habit::Declared => slice.declared = Some(count),
                    Habit::StudyWide => slice.number = next + n as i64,
                    Habit::FromZero => slice.number -= 1,
                }
            }
            next += count as i64;
            if habit == Habit::Interleaved && mr && !enhanced && !series.localizer {
                interleave(series);
            }
        }
    }

    /// The series that faults are put into.
    pub fn main(&mut self) -> &mut Vec<Slice> {
        &mut self.series[1].slices
    }

    /// The files: name and bytes.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let of = |s: &Series| {
            if self.enhanced && !s.localizer {
                return vec![(format!("s{}.dcm", s.number), self.enhanced_object(s))];
            }
            s.slices.iter().enumerate().map(|(n, slice)| self.single(s, n, slice)).collect()
        };
        self.series.iter().flat_map(of).collect()
    }

    fn header(&self, series: &Series, class: &str) -> DataSet {
        let mut set = DataSet::new();
        let kind = if series.localizer { "LOCALIZER" } else { "AXIAL" };
        let text: [(_, _, &str); 22] = [
            (tags::SOP_CLASS_UID, VR::UI, class),
            (tags::STUDY_INSTANCE_UID, VR::UI, &uid(&self.key)),
            (tags::SERIES_INSTANCE_UID, VR::UI, &self.series_uid(series)),
            (tags::FRAME_OF_REFERENCE_UID, VR::UI, &uid(&format!("{}/frame", self.key))),
            (tags::STUDY_DATE, VR::DA, "20250312"),
            (tags::STUDY_TIME, VR::TM, "090000"),
            (tags::ACCESSION_NUMBER, VR::SH, "A1"),
            (tags::STUDY_ID, VR::SH, "1"),
            (tags::MODALITY, VR::CS, self.modality),
            (tags::MANUFACTURER, VR::LO, self.maker),
            (tags::INSTITUTION_NAME, VR::LO, "SHILI"),
            (tags::PATIENT_NAME, VR::PN, "Probe^Eins"),
            (tags::PATIENT_ID, VR::LO, "P1"),
            (tags::PATIENT_SEX, VR::CS, "F"),
            (tags::PATIENT_BIRTH_DATE, VR::DA, "19800101"),
            (tags::STUDY_DESCRIPTION, VR::LO, "Head"),
            (tags::SERIES_DESCRIPTION, VR::LO, &series.description),
            (tags::BODY_PART_EXAMINED, VR::CS, "HEAD"),
            (tags::PATIENT_POSITION, VR::CS, "HFS"),
            (tags::KVP, VR::DS, "120"),
            (tags::ACQUISITION_NUMBER, VR::IS, "1"),
            (tags::IMAGE_TYPE, VR::CS, &format!("ORIGINAL\\PRIMARY\\{kind}")),
        ];
        for (tag, vr, value) in text {
            set.text(tag, vr, value);
        }
        set.integer(tags::SERIES_NUMBER, series.number);
        if self.modality == "MR" {
            set.without(tags::KVP)
                .text(tags::SCANNING_SEQUENCE, VR::CS, "SE")
                .text(tags::MR_ACQUISITION_TYPE, VR::CS, "2D")
                .decimals(tags::REPETITION_TIME, &[4000.0])
                .decimals(tags::MAGNETIC_FIELD_STRENGTH, &[1.5]);
        }
        set
    }

    /// Series Instance UID of a series.
    pub fn series_uid(&self, series: &Series) -> String {
        uid(&format!("{}/{}", self.key, series.number))
    }

    fn single(&self, series: &Series, n: usize, s: &Slice) -> (String, Vec<u8>) {
        let class =
            if self.modality == "CT" { uids::CT_IMAGE_STORAGE } else { uids::MR_IMAGE_STORAGE };
        let mut set = self.header(series, class);
        let name = format!("{}/{}/{}/{}", self.key, series.number, s.number, s.copy);
        set.text(tags::SOP_INSTANCE_UID, VR::UI, &uid(&name))
            .text(tags::INSTANCE_NUMBER, VR::IS, &s.number.to_string())
            .text(tags::IMAGE_POSITION_PATIENT, VR::DS, &decimals(&s.position))
            .text(tags::IMAGE_ORIENTATION_PATIENT, VR::DS, &decimals(&s.orientation))
            .text(tags::PIXEL_SPACING, VR::DS, &decimals(&[s.pixel, s.pixel]))
            .text(tags::SLICE_THICKNESS, VR::DS, &decimals(&[s.thickness]));
        if let Some(spacing) = s.stated_spacing {
            set.text(tags::SPACING_BETWEEN_SLICES, VR::DS, &decimals(&[spacing]));
        }
        if let Some(n) = s.declared {
            set.integer(tags::IMAGES_IN_ACQUISITION, n);
        }
        if s.echo > 0.0 {
            set.text(tags::ECHO_TIME, VR::DS, &decimals(&[s.echo]));
        }
        picture(&mut set, s.rows, 1, n);
        (format!("s{}/i{n:04}.dcm", series.number), set.file(Encoding::Explicit))
    }

    fn enhanced_object(&self, series: &Series) -> Vec<u8> {
        let class = match self.modality {
            "CT" => uids::ENHANCED_CT_IMAGE_STORAGE,
            _ => uids::ENHANCED_MR_IMAGE_STORAGE,
        };
        let mut set = self.header(series, class);
        let frames = series.slices.iter().map(frame).collect();
        set.text(
            tags::SOP_INSTANCE_UID,
            VR::UI,
            &uid(&format!("{}/{}/e", self.key, series.number)),
        )
        .integer(tags::INSTANCE_NUMBER, 1)
        .items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, frames);
        let rows = series.slices.first().map_or(ROWS, |s| s.rows);
        picture(&mut set, rows, series.slices.len(), series.number);
        set.file(Encoding::Explicit)
    }
}

/// Two echoes on each place, numbered in turn.
fn interleave(series: &mut Series) {
    let first = series.slices.clone();
    series.slices = first
        .into_iter()
        .flat_map(|s| {
            let number = 2 * s.number;
            let early = Slice { number: number - 1, echo: 20.0, ..s.clone() };
            [early, Slice { number, echo: 80.0, ..s }]
        })
        .collect();
}

fn picture(set: &mut DataSet, rows: u16, frames: usize, seed: usize) {
    let count = usize::from(rows) * usize::from(ROWS) * frames;
    let values = (0..count).map(|i| ((i * 37 + seed * 101) % 1500) as u16).collect();
    let layout = Layout { columns: ROWS.into(), rows: rows.into(), frames, samples: 1 };
    set.pixels(&Pixels::U16(values, 12), layout, Encoding::Explicit);
}

/// Decimal strings of six digits at most.
fn decimals(values: &[f64]) -> String {
    let text = |v: &f64| {
        let text = format!("{v:.6}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        if text == "-0" { "0".to_owned() } else { text.to_owned() }
    };
    values.iter().map(text).collect::<Vec<_>>().join("\\")
}

fn frame(s: &Slice) -> DataSet {
    let group = |tag, fill: &dyn Fn(&mut DataSet)| {
        let mut item = DataSet::new();
        fill(&mut item);
        (tag, item)
    };
    let mut all = DataSet::new();
    for (tag, item) in [
        group(tags::FRAME_CONTENT_SEQUENCE, &|g| {
            let number = u32::try_from(s.number).unwrap_or_default();
            g.text(tags::STACK_ID, VR::SH, "1").longs(tags::IN_STACK_POSITION_NUMBER, &[number]);
        }),
        group(tags::PLANE_POSITION_SEQUENCE, &|g| {
            g.text(tags::IMAGE_POSITION_PATIENT, VR::DS, &decimals(&s.position));
        }),
        group(tags::PLANE_ORIENTATION_SEQUENCE, &|g| {
            g.text(tags::IMAGE_ORIENTATION_PATIENT, VR::DS, &decimals(&s.orientation));
        }),
        group(tags::PIXEL_MEASURES_SEQUENCE, &|g| {
            g.text(tags::PIXEL_SPACING, VR::DS, &decimals(&[s.pixel, s.pixel])).text(
                tags::SLICE_THICKNESS,
                VR::DS,
                &decimals(&[s.thickness]),
            );
            if let Some(spacing) = s.stated_spacing {
                g.text(tags::SPACING_BETWEEN_SLICES, VR::DS, &decimals(&[spacing]));
            }
        }),
        group(tags::MR_ECHO_SEQUENCE, &|g| {
            g.double(tags::EFFECTIVE_ECHO_TIME, s.echo);
        }),
    ] {
        all.items(tag, vec![item]);
    }
    all
}
