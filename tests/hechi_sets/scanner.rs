//! Series as scanners write them: timing, flags and words of six makers, placed in the patient.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use hrgate::model::attribute::{Attributes, Stored, Value};
use hrgate::model::file::{FileFacts, PixelState};
use hrgate::model::study::{Instance, Series, Study};

/// The makers, whose words differ; the last writes Chinese only.
pub const MAKERS: [&str; 6] =
    ["SIEMENS", "GE MEDICAL SYSTEMS", "Philips", "UIH", "CANON_MEC", "Neusoft Medical Systems"];

/// What is scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// MR weightings.
    T1,
    T2,
    T2Fs,
    PdFs,
    Flair,
    Dwi,
    Adc,
    /// T1 after contrast.
    T1C,
    /// A dynamic series of five time points.
    Dynamic,
    /// One time point of a dynamic examination that is sent phase by phase: seconds after injection.
    Point(u32),
    Tof,
    CeMra,
    Mrv,
    CeMrv,
    Hydro,
    /// A projection of the series before.
    MrMip,
    MrLocalizer,
    /// CT: thickness in 1/100 mm; the scan.
    Ct(u32, Scan),
    CtMpr,
    CtVr,
    CtMip,
    Topogram,
}

/// A scan of a CT study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scan {
    Plain,
    Arterial,
    Portal,
    Delayed,
    /// With contrast, no phase named.
    Contrast,
}

/// The plane of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum P {
    Tra,
    Sag,
    Cor,
}

/// A series to be made, and whether its item needs it.
#[derive(Clone, Copy, Debug)]
pub struct Make {
    pub what: What,
    pub plane: P,
    /// What a study without it must be said to lack; empty for a series that nothing asks for.
    pub lacking: &'static str,
}

fn plane_word(maker: usize, plane: P) -> &'static str {
    let at = plane as usize;
    match maker {
        0 | 3 => ["tra", "sag", "cor"][at],
        1 | 4 => ["Ax", "Sag", "Cor"][at],
        2 => ["TRA", "SAG", "COR"][at],
        _ => ["横断位", "矢状位", "冠状位"][at],
    }
}

/// Series Description as a maker's protocols have it; `P` stands for the plane.
fn words(maker: usize, what: What) -> &'static str {
    let row: [&str; 6] = match what {
        What::T1 => ["t1_tse_P", "P T1 FSE", "T1W_TSE_P", "t1_fse_P", "P T1 FSE", "PT1加权"],
        What::T2 => ["t2_tse_P", "P T2 FRFSE", "T2W_TSE_P", "t2_fse_P", "P T2 FSE", "PT2加权"],
        What::T2Fs => [
            "t2_tse_fs_P",
            "P fs T2 FRFSE",
            "T2W_SPAIR_P",
            "t2_fse_fs_P",
            "P T2 FSE FatSat",
            "PT2加权压脂",
        ],
        What::PdFs => [
            "pd_tse_fs_P",
            "P fs PD FSE",
            "PDW_SPAIR_P",
            "pd_fse_fs_P",
            "P PD FatSat",
            "P质子密度压脂",
        ],
        What::Flair => [
            "t2_tirm_P_dark-fluid",
            "P T2 FLAIR",
            "FLAIR_longTR_P",
            "t2_flair_P",
            "P FLAIR",
            "PFLAIR",
        ],
        What::Dwi => [
            "ep2d_diff_P_b0_b1000",
            "P DWI b=1000",
            "DWI_SSh_P",
            "epi_dwi_P",
            "P DWI",
            "P弥散加权DWI",
        ],
        What::Adc => [
            "ep2d_diff_P_ADC",
            "Apparent Diffusion Coefficient (mm2/s)",
            "dADC",
            "epi_dwi_P_ADC",
            "P ADC",
            "PADC图",
        ],
        What::T1C => [
            "t1_tse_P_+C",
            "P T1 FSE +C",
            "T1W_TSE_P +C",
            "t1_fse_P 增强",
            "P T1 +C",
            "PT1加权增强",
        ],
        What::Dynamic => [
            "t1_vibe_fs_P_dyn",
            "P LAVA dyn +C",
            "THRIVE_dyn_P",
            "t1_quick3d_P_dyn",
            "P Quick3D dynamic",
            "PT1动态增强",
        ],
        What::Point(_) => [
            "t1_vibe_fs_P_+C",
            "P LAVA +C",
            "THRIVE_P +C",
            "t1_quick3d_P +C",
            "P Quick3D +C",
            "PT1动态增强",
        ],
        What::Tof => {
            ["tof_fl3d_P", "3D TOF MRA", "3DI_MC_HR TOF", "tof3d_P", "TOF 3D MRA", "TOF血管成像"]
        }
        What::CeMra => ["fl3d_ce_angio_P", "CE MRA P", "CE_MRA_P", "ce_mra_P", "CE-MRA", "增强MRA"],
        What::Mrv => ["pc3d_mrv_P", "3D PC MRV", "MRV_PCA_P", "pc3d_mrv", "PC MRV", "PC MRV"],
        What::CeMrv => ["fl3d_ce_mrv_P", "CE MRV", "CE_MRV_P", "ce_mrv_P", "CE-MRV", "增强MRV"],
        What::Hydro => [
            "t2_space_P_iso",
            "3D T2 CUBE",
            "T2W_VISTA_3D",
            "t2_matrix_P_iso",
            "3D T2 FSE P",
            "内耳水成像",
        ],
        What::MrMip => ["tof_MIP", "MIP", "MIP", "tof3d_MIP", "MIP", "MIP"],
        What::MrLocalizer => ["localizer", "3 Plane Loc", "SURVEY", "scout", "Locator", "定位像"],
        What::Ct(..) | What::CtMpr | What::CtVr | What::CtMip | What::Topogram => [""; 6],
    };
    row[maker]
}

fn ct_words(maker: usize, what: What, plane: P) -> String {
    let chinese = maker >= 3;
    let p = if chinese { plane_word(5, plane) } else { plane_word(1, plane) };
    match what {
        What::Topogram => (if chinese { "定位像" } else { "Topogram" }).to_owned(),
        What::CtMpr => format!("MPR {p}"),
        What::CtVr => (if chinese { "VR 容积再现" } else { "3D VR" }).to_owned(),
        What::CtMip => format!("MIP {p}"),
        What::Ct(t, scan) => {
            let word = match (scan, chinese) {
                (Scan::Plain, true) => "平扫",
                (Scan::Plain, false) => "Non Contrast",
                (Scan::Arterial, true) => "动脉期",
                (Scan::Arterial, false) => "Arterial",
                (Scan::Portal, true) => "门脉期",
                (Scan::Portal, false) => "Portal Venous",
                (Scan::Delayed, true) => "延迟期",
                (Scan::Delayed, false) => "Delayed",
                (Scan::Contrast, true) => "增强",
                (Scan::Contrast, false) => "+C",
            };
            format!("{word} {}.{:02}mm", t / 100, t % 100)
        }
        _ => String::new(),
    }
}

/// Attributes that differ between the images on one place.
type Repeat = Vec<(Tag, String)>;

struct Header {
    single: Vec<(Tag, String)>,
    types: &'static str,
    repeats: Vec<Repeat>,
    slices: usize,
    spacing: f64,
    thickness: f64,
}

fn pairs(all: &[(Tag, &str)]) -> Vec<(Tag, String)> {
    all.iter().map(|(t, v)| (*t, (*v).to_owned())).collect()
}

fn spin_echo(tr: &str, te: &str, train: &str) -> Vec<(Tag, String)> {
    pairs(&[
        (tags::SCANNING_SEQUENCE, "SE"),
        (tags::SEQUENCE_VARIANT, "SK"),
        (tags::MR_ACQUISITION_TYPE, "2D"),
        (tags::REPETITION_TIME, tr),
        (tags::ECHO_TIME, te),
        (tags::ECHO_TRAIN_LENGTH, train),
        (tags::FLIP_ANGLE, "90"),
    ])
}

fn gradient_echo(tr: &str, te: &str, flip: &str) -> Vec<(Tag, String)> {
    pairs(&[
        (tags::SCANNING_SEQUENCE, "GR"),
        (tags::SEQUENCE_VARIANT, "SP"),
        (tags::MR_ACQUISITION_TYPE, "3D"),
        (tags::REPETITION_TIME, tr),
        (tags::ECHO_TIME, te),
        (tags::ECHO_TRAIN_LENGTH, "1"),
        (tags::FLIP_ANGLE, flip),
    ])
}

const FS: (Tag, &str) = (tags::SCAN_OPTIONS, "FS");

fn header(maker: usize, what: What) -> Header {
    let agent = (tags::CONTRAST_BOLUS_AGENT, "Gd-DTPA");
    // The last maker's scanner asks nobody for the agent: only words tell.
    let with_agent = |mut single: Vec<(Tag, String)>| {
        if maker != 5 {
            single.extend(pairs(&[agent]));
        }
        single
    };
    let with = |mut single: Vec<(Tag, String)>, more: &[(Tag, &str)]| {
        single.extend(pairs(more));
        single
    };
    let mut h = Header {
        single: Vec::new(),
        types: "ORIGINAL\\PRIMARY\\M\\ND",
        repeats: vec![Vec::new()],
        slices: 16,
        spacing: 6.0,
        thickness: 5.0,
    };
    let epi = || {
        pairs(&[
            (tags::SCANNING_SEQUENCE, "EP"),
            (tags::SEQUENCE_VARIANT, "SK"),
            (tags::MR_ACQUISITION_TYPE, "2D"),
            (tags::REPETITION_TIME, "5200"),
            (tags::ECHO_TIME, "74"),
            (tags::FLIP_ANGLE, "90"),
            FS,
        ])
    };
    match what {
        What::T1 => h.single = spin_echo("550", "10", "3"),
        What::T2 => h.single = spin_echo("4200", "98", "15"),
        What::T2Fs => h.single = with(spin_echo("4000", "90", "15"), &[FS]),
        What::PdFs => h.single = with(spin_echo("3000", "30", "7"), &[FS]),
        What::Flair => {
            h.single = with(spin_echo("9000", "110", "16"), &[(tags::INVERSION_TIME, "2500")]);
            h.single[0].1 = "SE\\IR".to_owned();
        }
        What::Dwi => {
            h.single = epi();
            h.types = "ORIGINAL\\PRIMARY\\DIFFUSION\\NONE";
            let b = |b: &str| pairs(&[(tags::DIFFUSION_B_VALUE, b)]);
            h.repeats = vec![b("0"), b("1000")];
        }
        What::Adc => {
            h.single = epi();
            h.types = "DERIVED\\PRIMARY\\DIFFUSION\\ADC";
        }
        What::T1C => h.single = with_agent(spin_echo("560", "10", "3")),
        What::Dynamic => {
            let count = (tags::NUMBER_OF_TEMPORAL_POSITIONS, "5");
            h.single = with(with_agent(gradient_echo("4.2", "1.8", "12")), &[FS, count]);
            let point = |n: usize| {
                let clock = format!("1010{:02}", n * 10);
                pairs(&[
                    (tags::TEMPORAL_POSITION_IDENTIFIER, &(n + 1).to_string()),
                    (tags::ACQUISITION_TIME, &clock),
                    (tags::CONTENT_TIME, &clock),
                ])
            };
            h.repeats = (0..5).map(point).collect();
        }
        What::Point(_) => h.single = with(with_agent(gradient_echo("4.2", "1.8", "12")), &[FS]),
        What::Tof => {
            h.single = gradient_echo("22", "3.6", "18");
            (h.spacing, h.thickness, h.slices) = (0.6, 0.6, 40);
            h.single.extend(pairs(&[(tags::ANGIO_FLAG, "Y")]));
        }
        What::CeMra | What::CeMrv => {
            h.single = with_agent(gradient_echo("3.2", "1.2", "25"));
            (h.spacing, h.thickness, h.slices) = (1.0, 1.0, 40);
        }
        What::Mrv => {
            h.single = gradient_echo("30", "7.2", "15");
            h.single[0].1 = "GR\\PC".to_owned();
            if maker != 0 {
                h.single[0].1 = "GR".to_owned();
            }
            (h.spacing, h.thickness, h.slices) = (1.2, 1.2, 40);
            h.single.extend(pairs(&[(tags::ANGIO_FLAG, "Y")]));
        }
        What::Hydro => {
            h.single = with(spin_echo("1400", "270", "90"), &[(tags::MR_ACQUISITION_TYPE, "3D")]);
            (h.spacing, h.thickness, h.slices) = (0.6, 0.6, 40);
        }
        What::MrMip => {
            h.single = gradient_echo("22", "3.6", "18");
            h.types = "DERIVED\\SECONDARY\\PROJECTION IMAGE\\MIP";
            h.slices = 12;
        }
        What::MrLocalizer => {
            h.single = gradient_echo("8.6", "4", "20");
            h.types = "ORIGINAL\\PRIMARY\\LOCALIZER";
            h.slices = 3;
        }
        What::Topogram => {
            h.types = "ORIGINAL\\PRIMARY\\LOCALIZER";
            h.slices = 1;
        }
        What::CtMpr => {
            h.types = "DERIVED\\SECONDARY\\MPR";
            h.single = pairs(&[(tags::CONVOLUTION_KERNEL, "B30")]);
        }
        What::CtVr => {
            h.types = "DERIVED\\SECONDARY\\VOLUME RENDERING";
            h.slices = 8;
        }
        What::CtMip => {
            h.types = "DERIVED\\SECONDARY\\MIP";
            h.slices = 8;
        }
        What::Ct(t, scan) => {
            h.types = "ORIGINAL\\PRIMARY\\AXIAL";
            h.thickness = f64::from(t) / 100.0;
            h.spacing = h.thickness;
            h.slices = if t < 200 { 40 } else { 20 };
            h.single = pairs(&[(tags::CONVOLUTION_KERNEL, "B30"), (tags::KVP, "120")]);
            if scan != Scan::Plain {
                let bolus = (tags::CONTRAST_BOLUS_START_TIME, "100900");
                let agent = (tags::CONTRAST_BOLUS_AGENT, "Iohexol 350");
                h.single.extend(pairs(&[agent, bolus]));
            }
        }
    }
    h
}

/// When a series begins.
fn clock(what: What, number: usize) -> String {
    match what {
        What::Ct(_, Scan::Plain) => "100500".to_owned(),
        What::Ct(_, Scan::Arterial | Scan::Contrast) => "100930".to_owned(),
        What::Ct(_, Scan::Portal) => "101010".to_owned(),
        What::Ct(_, Scan::Delayed) => "101200".to_owned(),
        What::Point(s) => format!("10{:02}{:02}", 10 + s / 60, s % 60),
        _ => format!("{:02}{:02}00", 10 + number / 12, (number * 4) % 60),
    }
}

fn texts(list: &str) -> Stored {
    Stored::Present(Value::Text(list.split('\\').map(str::to_owned).collect()))
}

fn numbers(list: &[f64]) -> Stored {
    Stored::Present(Value::Text(list.iter().map(f64::to_string).collect()))
}

fn series(maker: usize, number: usize, make: Make, shared: &[(Tag, &str)]) -> Series {
    let mr = !matches!(
        make.what,
        What::Ct(..) | What::CtMpr | What::CtVr | What::CtMip | What::Topogram
    );
    let h = header(maker, make.what);
    let uid = format!("1.2.3.{number}");
    let description = if mr {
        with_plane(maker, words(maker, make.what), make)
    } else {
        ct_words(maker, make.what, make.plane)
    };
    let mut instances = Vec::new();
    for repeat in &h.repeats {
        for slice in 0..h.slices {
            let n = instances.len() + 1;
            let mut a = Attributes::default();
            let class = if mr { "1.2.840.10008.5.1.4.1.1.4" } else { "1.2.840.10008.5.1.4.1.1.2" };
            let time = clock(make.what, number);
            let own = [
                (tags::SOP_CLASS_UID, class),
                (tags::SOP_INSTANCE_UID, &format!("{uid}.{n}")),
                (tags::STUDY_INSTANCE_UID, "1.2.3"),
                (tags::SERIES_INSTANCE_UID, &uid),
                (tags::MODALITY, if mr { "MR" } else { "CT" }),
                (tags::MANUFACTURER, MAKERS[maker]),
                (tags::SERIES_NUMBER, &number.to_string()),
                (tags::INSTANCE_NUMBER, &n.to_string()),
                (tags::SERIES_DESCRIPTION, &description),
                (tags::PROTOCOL_NAME, &description),
                (tags::ACQUISITION_TIME, &time),
                (tags::CONTENT_TIME, &time),
                (tags::ACQUISITION_NUMBER, "1"),
                (tags::ROWS, "256"),
                (tags::COLUMNS, "256"),
                (tags::MAGNETIC_FIELD_STRENGTH, "1.5"),
                (tags::SLICE_THICKNESS, &h.thickness.to_string()),
            ];
            for (tag, text) in own.iter().chain(shared) {
                a.set_text(*tag, *text);
            }
            for (tag, text) in h.single.iter().chain(repeat) {
                a.set(*tag, texts(text));
            }
            a.set(tags::IMAGE_TYPE, texts(h.types));
            #[allow(clippy::cast_precision_loss, reason = "a few slices")]
            let along = slice as f64 * h.spacing - 40.0;
            let localizer = [P::Tra, P::Sag, P::Cor][slice % 3];
            let plane = if make.what == What::MrLocalizer { localizer } else { make.plane };
            // As most protocols: from head to feet, left to right, front to back.
            let (position, orientation) = match plane {
                P::Tra => ([-120.0, -120.0, -along], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
                P::Sag => ([-along, -120.0, 120.0], [0.0, 1.0, 0.0, 0.0, 0.0, -1.0]),
                P::Cor => ([-120.0, along, 120.0], [1.0, 0.0, 0.0, 0.0, 0.0, -1.0]),
            };
            a.set(tags::IMAGE_POSITION_PATIENT, numbers(&position));
            a.set(tags::IMAGE_ORIENTATION_PATIENT, numbers(&orientation));
            a.set(tags::PIXEL_SPACING, numbers(&[0.9, 0.9]));
            let file = FileFacts {
                pixels: PixelState::Decoded,
                pixel_digest: Some(format!("{uid}.{n}")),
                ..FileFacts::default()
            };
            instances.push(Instance { attributes: a, file, ..Instance::default() });
        }
    }
    Series { uid, modality: if mr { "MR" } else { "CT" }.to_owned(), instances }
}

/// Puts the plane's word where the protocol has a lone `P`.
fn with_plane(maker: usize, description: &str, make: Make) -> String {
    let chars: Vec<char> = description.chars().collect();
    let lone = |at: usize| {
        let letter = |c: Option<&char>| c.is_some_and(char::is_ascii_alphabetic);
        let before = at > 0 && letter(chars.get(at - 1));
        // The Chinese protocols glue the plane to what follows.
        let after = maker != 5 && letter(chars.get(at + 1));
        chars[at] == 'P' && !before && !after
    };
    let word = plane_word(maker, make.plane);
    let mut out = String::new();
    for (at, c) in chars.iter().enumerate() {
        if lone(at) && !(maker == 5 && description.starts_with("PC")) {
            out.push_str(word);
        } else {
            out.push(*c);
        }
    }
    out
}

/// The study of these series.
pub fn study(maker: usize, order: &str, part: &str, makes: &[Make]) -> Study {
    let shared = [(tags::STUDY_DESCRIPTION, order), (tags::BODY_PART_EXAMINED, part)];
    let series =
        makes.iter().enumerate().map(|(at, make)| series(maker, at + 1, *make, &shared)).collect();
    Study { key: "1.2.3".to_owned(), uid: "1.2.3".to_owned(), series, ..Study::default() }
}
