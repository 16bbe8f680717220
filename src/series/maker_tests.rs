//! Typical headers of the makers, as far as they tell what a series is. One line a header: what it has
//! to be, then attributes by short names. Values follow the makers' protocols.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::kind::{Facet, Kind, Plane, SeriesKind};
use super::{PhaseTimes, describe};
use crate::checks::prepared;
use crate::checks::testing::{
    base_policy, instance, lexicon, place, set_numbers, set_texts, study,
};
use crate::measure::volumes::Volume;
use crate::model::attribute::Stored;
use crate::model::kept;
use crate::model::study::{Instance, Study};

fn tag(name: &str) -> Tag {
    match name {
        "maker" => tags::MANUFACTURER,
        "d" => tags::SERIES_DESCRIPTION,
        "protocol" => tags::PROTOCOL_NAME,
        "seq" => tags::SCANNING_SEQUENCE,
        "var" => tags::SEQUENCE_VARIANT,
        "opt" => tags::SCAN_OPTIONS,
        "type" => tags::IMAGE_TYPE,
        "name" => tags::SEQUENCE_NAME,
        "dim" => tags::MR_ACQUISITION_TYPE,
        "tr" => tags::REPETITION_TIME,
        "te" => tags::ECHO_TIME,
        "ti" => tags::INVERSION_TIME,
        "fa" => tags::FLIP_ANGLE,
        "angio" => tags::ANGIO_FLAG,
        "field" => tags::MAGNETIC_FIELD_STRENGTH,
        "agent" => tags::CONTRAST_BOLUS_AGENT,
        "route" => tags::CONTRAST_BOLUS_ROUTE,
        "start" => tags::CONTRAST_BOLUS_START_TIME,
        "time" => tags::ACQUISITION_TIME,
        "b" => tags::DIFFUSION_B_VALUE,
        "kernel" => tags::CONVOLUTION_KERNEL,
        "mm" => tags::SLICE_THICKNESS,
        "view" => tags::VIEW_POSITION,
        "siemens_b" => kept::SIEMENS_B_VALUE,
        "siemens" => kept::SIEMENS_MR_CREATOR,
        "ge_b" => kept::GE_B_VALUE,
        "ge" => kept::GE_PARM_CREATOR,
        "philips_b" => kept::PHILIPS_B_VALUE,
        "philips" => kept::PHILIPS_IMAGING_CREATOR,
        "uih_b" => kept::UIH_B_VALUE,
        "uih" => kept::UIH_IMAGE_CREATOR,
        other => panic!("no attribute {other}"),
    }
}

/// One instance of a header line: `name=value; name=value`, several values joined by `,`.
pub(super) fn header(modality: &str, line: &str) -> Instance {
    let mut i = instance(modality, 1);
    for own in [
        tags::REPETITION_TIME,
        tags::ECHO_TIME,
        tags::SCANNING_SEQUENCE,
        tags::CONVOLUTION_KERNEL,
        tags::SLICE_THICKNESS,
        tags::MANUFACTURER,
        tags::VIEW_POSITION,
        tags::IMAGE_TYPE,
    ] {
        i.attributes.remove(own);
    }
    for part in line.split(';').map(str::trim).filter(|p| !p.is_empty()) {
        let (name, value) = part.split_once('=').unwrap();
        let values: Vec<&str> = match name {
            "d" | "protocol" | "agent" | "route" => vec![value],
            _ => value.split(',').collect(),
        };
        if values == [""] {
            i.attributes.set(tag(name), Stored::Empty);
        } else {
            set_texts(&mut i, tag(name), &values);
        }
    }
    i
}

pub(super) fn stacked(modality: &str, line: &str, slices: usize) -> Vec<Instance> {
    (0..slices)
        .map(|n| {
            let mut i = header(modality, line);
            i.attributes.set_text(tags::SOP_INSTANCE_UID, format!("2.25.7.{n}"));
            i.attributes.set_text(tags::INSTANCE_NUMBER, (n + 1).to_string());
            if modality == "MR" || modality == "CT" {
                place(&mut i, f64::from(u32::try_from(n).unwrap()) * 5.0);
            }
            i
        })
        .collect()
}

pub(super) fn of(study: &Study) -> SeriesKind {
    of_times(study, PhaseTimes::of(&base_policy().settings))
}

/// What a series is where a policy sets these times for the phases of CT.
pub(super) fn of_times(study: &Study, times: PhaseTimes) -> SeriesKind {
    let policy = base_policy();
    let layout = prepared::layout(&policy);
    let volume = Volume::of(&study.series[0], &layout);
    let is = describe(&study.series[0], &volume, lexicon(), times);
    assert_eq!(is.stacks.len(), volume.stacks.len());
    is
}

pub(super) fn is(modality: &str, line: &str) -> SeriesKind {
    of(&study(stacked(modality, line, 20)))
}

/// Lines `KIND fat contrast | header`; `?` is unknown, `*` anything.
#[track_caller]
fn mr(lines: &str) {
    let mut wrong = Vec::new();
    let word = |v: Option<bool>| v.map_or("?", |b| if b { "yes" } else { "no" });
    for line in lines.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let (wanted, header) = line.split_once('|').unwrap();
        let found = is("MR", header);
        let kind = found.kind.as_ref().map_or("?", Kind::word);
        let got = [kind, word(found.fat_suppressed), word(found.post_contrast)];
        let same = wanted.split_whitespace().zip(got).all(|(w, g)| w == "*" || w == g);
        if !same {
            wrong.push(format!("{line}\n  is {got:?}: {:?}", found.facts));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn siemens() {
    mr("
    T1WI no  ?   | maker=SIEMENS; d=t1_tse_tra; seq=SE; var=SK,SP,OSP; opt=; name=*tse2d1_3; dim=2D; tr=550; te=8.9; fa=150; angio=N
    T1WI yes yes | maker=SIEMENS; d=t1_tse_fs_cor+c; seq=SE; var=SK,SP; opt=PFP,FS; name=*tse2d1_3; dim=2D; tr=620; te=11; fa=150; agent=Magnevist
    T2WI no  ?   | maker=SIEMENS; d=; seq=SE; var=SK,SP,OSP; opt=; name=*tse2d1_15; dim=2D; tr=4000; te=95; fa=150
    T2WI yes ?   | maker=SIEMENS; d=T2_tse_FS_矢状位; seq=SE; opt=FS; name=*tse2d1_15; dim=2D; tr=3500; te=70; fa=150
    PDWI yes ?   | maker=SIEMENS; d=pd_tse_fs_sag; seq=SE; opt=FS; name=*tse2d1_7; dim=2D; tr=3000; te=29; fa=150
    FLAIR no ?   | maker=SIEMENS; d=; seq=SE,IR; var=SK,SP,MP; opt=IR; name=*tir2d1_16fs; dim=2D; tr=9000; te=89; ti=2500; fa=150
    FLAIR * ?    | maker=SIEMENS; d=t2_tirm_tra_dark-fluid
    FLAIR * ?    | maker=SIEMENS; d=t2_spc_da-fl_sag; seq=SE,IR; opt=IR,PFP,FS; name=*spcir_278ns; dim=3D; tr=5000; te=388; ti=1800; fa=120
    T1WI no  ?   | maker=SIEMENS; d=t1_tirm_tra_dark-fluid; seq=SE,IR; opt=IR; name=*tir2d1_11; dim=2D; tr=2000; te=9.4; ti=860; fa=150
    STIR yes ?   | maker=SIEMENS; d=t2_tirm_cor; seq=SE,IR; opt=IR,SAT1; name=*tir2d1_13; dim=2D; tr=4500; te=36; ti=150; fa=150; field=1.5
    STIR yes ?   | maker=SIEMENS; d=; seq=SE,IR; opt=IR; name=*tir2d1_13; dim=2D; tr=5000; te=60; ti=220; fa=150; field=3
    T1WI no  ?   | maker=SIEMENS; d=t1_mprage_sag_p2; seq=GR,IR; var=SK,SP,MP; opt=IR,PFP; name=*tfl3d1_16ns; dim=3D; tr=2300; te=2.3; ti=900; fa=8
    T1WI yes yes | maker=SIEMENS; d=t1_vibe_fs_tra_+c; seq=GR; var=SP; opt=PFP,SFS; name=*fl3d1; dim=3D; tr=4.1; te=1.5; fa=9; agent=Gd
    T1WI *   ?   | maker=SIEMENS; d=t1_fl2d_tra; seq=GR; var=SP; opt=; name=*fl2d1; dim=2D; tr=180; te=2.5; fa=70
    DWI yes  ?   | maker=SIEMENS; d=ep2d_diff_b0_1000; seq=EP; var=SK,SP; opt=PFP,FS; name=ep_b1000t; dim=2D; tr=5800; te=80; fa=90
    DWI yes  ?   | maker=SIEMENS; d=; seq=EP; var=SK,SP; opt=FS; name=*ep2d_diff; dim=2D; tr=5800; te=80; siemens=SIEMENS MR HEADER; siemens_b=1000
    ADC *    ?   | maker=SIEMENS; d=ep2d_diff_ADC; seq=EP; type=DERIVED,PRIMARY,DIFFUSION,ADC,ND,NORM; name=ep_b0_1000; dim=2D; tr=5800; te=80
    TRACE *  ?   | maker=SIEMENS; d=ep2d_diff_TRACEW; seq=EP; type=DERIVED,PRIMARY,DIFFUSION,TRACEW,ND; name=ep_b1000t; dim=2D; tr=5800; te=80
    FA *     ?   | maker=SIEMENS; d=; seq=EP; type=DERIVED,PRIMARY,DIFFUSION,FA,ND; name=ep_b1000; dim=2D; tr=5800; te=80
    SWI *    ?   | maker=SIEMENS; d=SWI_Images; seq=GR; var=SP; type=ORIGINAL,PRIMARY,M,SWI,NORM; name=*swi3d1r; dim=3D; tr=28; te=20; fa=15
    SWI *    ?   | maker=SIEMENS; d=; seq=GR; var=SP; name=*fl3d1r; dim=3D; tr=28; te=20; fa=15
    GRE *    ?   | maker=SIEMENS; d=t2_fl2d_tra_hemo; seq=GR; var=SP; name=*fl2d1; dim=2D; tr=620; te=19.9; fa=20
    MRA_TOF * ?  | maker=SIEMENS; d=TOF_3D_multi-slab; seq=GR; var=SP,MTC; name=*fi3d1r; dim=3D; tr=21; te=3.4; fa=18; angio=Y
    MRA_TOF * ?  | maker=SIEMENS; d=; seq=GR; var=SP,MTC; name=*fi3d1r; dim=3D; tr=21; te=3.4; fa=18; angio=Y
    MRV *    ?   | maker=SIEMENS; d=tof_fl2d_cor MRV; seq=GR; name=*fl2d1r_t; dim=2D; tr=25; te=5; fa=50; angio=Y
    MRCP *   ?   | maker=SIEMENS; d=t2_spc_MRCP_3D; seq=SE; opt=FS; name=*spcR3d1; dim=3D; tr=2500; te=700; fa=100
    MRCP *   ?   | maker=SIEMENS; d=; seq=SE; opt=FS; name=*h2d1_256; dim=2D; tr=4500; te=760; fa=180
    PERF_DSC yes yes | maker=SIEMENS; d=ep2d_perf; seq=EP; opt=FS; name=*epfid2d1_128; dim=2D; tr=1500; te=30; fa=90; agent=Gd
    BOLD yes ?   | maker=SIEMENS; d=静息态fMRI; seq=EP; opt=FS; name=*epfid2d1_64; dim=2D; tr=2000; te=30; fa=90
    ASL yes  ?   | maker=SIEMENS; d=pasl_3d; seq=GR; type=ORIGINAL,PRIMARY,ASL,NONE; name=tgse3d1; dim=3D; opt=FS; tr=4600; te=16
    FIELDMAP * ? | maker=SIEMENS; d=gre_field_mapping; seq=GR; name=*fm2d2r; dim=2D; tr=500; te=4.9; fa=60
    LOCALIZER * ?| maker=SIEMENS; d=localizer; seq=GR; name=*fl2d1; dim=2D; tr=8.6; te=4; fa=20
    LOCALIZER * ?| maker=SIEMENS; d=AAHead_Scout; seq=GR; name=*fl3d1_ns; dim=3D; tr=3.2; te=1.4; fa=8
    ");
}

#[test]
fn ge() {
    mr("
    T1WI no  ?   | maker=GE MEDICAL SYSTEMS; d=Ax T1 FSE; seq=SE; var=SK; opt=FAST_GEMS,SEQ_GEMS; type=ORIGINAL,PRIMARY,OTHER; dim=2D; tr=500; te=9; fa=111
    T1WI no  ?   | maker=GE MEDICAL SYSTEMS; d=Ax T1 FLAIR; seq=SE,IR; var=SK; opt=FAST_GEMS; dim=2D; tr=1900; te=24; ti=780; fa=111
    T1WI no  ?   | maker=GE MEDICAL SYSTEMS; d=; seq=SE,IR; var=SK; opt=FAST_GEMS; dim=2D; tr=2500; te=24; ti=920; fa=111
    T1WI no  ?   | maker=GE MEDICAL SYSTEMS; d=Ax T1; seq=SE; var=SK; opt=FAST_GEMS; dim=2D; tr=2000; te=10; fa=111
    FLAIR no ?   | maker=GE MEDICAL SYSTEMS; d=头颅 T2抑水; seq=SE,IR; opt=FAST_GEMS; dim=2D; tr=8600; te=145; ti=2100; fa=160
    STIR yes ?   | maker=GE MEDICAL SYSTEMS; d=T2压脂; seq=SE,IR; opt=FAST_GEMS; dim=2D; tr=4000; te=60; ti=150; fa=142
    FLAIR no ?   | maker=GE MEDICAL SYSTEMS; d=Ax T2 FLAIR; seq=SE,IR; var=SK; opt=FAST_GEMS; dim=2D; tr=8600; te=145; ti=2100; fa=160
    T2WI yes ?   | maker=GE MEDICAL SYSTEMS; d=AXT2FS; seq=SE; var=SK; opt=FAST_GEMS,FS; dim=2D; tr=4500; te=85; fa=142
    T2WI no  ?   | maker=GE MEDICAL SYSTEMS; d=; seq=SE; var=SK; opt=FAST_GEMS,TRF_GEMS; dim=2D; tr=3200; te=102; fa=142
    PDWI yes ?   | maker=GE MEDICAL SYSTEMS; d=Sag PD FS; seq=SE; var=SK; opt=FS; dim=2D; tr=2400; te=34; fa=142
    STIR yes ?   | maker=GE MEDICAL SYSTEMS; d=Cor STIR; seq=SE,IR; var=SK; opt=FAST_GEMS; dim=2D; tr=4200; te=45; ti=160; fa=142
    T1WI *   ?   | maker=GE MEDICAL SYSTEMS; d=Sag 3D BRAVO; seq=GR; var=SS,SP,SK; opt=FAST_GEMS,EDR_GEMS,FILTERED_GEMS; dim=3D; tr=8.2; te=3.2; ti=450; fa=12
    T1WI yes ?   | maker=GE MEDICAL SYSTEMS; d=WATER: Ax LAVA-Flex; seq=GR; var=SS,SP,SK; opt=FAST_GEMS; type=DERIVED,PRIMARY,DIXON,WATER; dim=3D; tr=4.4; te=1.7; fa=12
    PERF_DCE * yes | maker=GE MEDICAL SYSTEMS; d=Ax DISCO 动态增强; seq=GR; dim=3D; tr=4.2; te=1.3; fa=12; agent=Gd-DTPA
    DWI *    ?   | maker=GE MEDICAL SYSTEMS; d=; seq=EP,SE; var=NONE; opt=EPI_GEMS,PFF,FS; dim=2D; tr=6000; te=76; fa=90; ge=GEMS_PARM_01; ge_b=1000001000,8,0,0
    DWI *    ?   | maker=GE MEDICAL SYSTEMS; d=Ax DWI b=1000; seq=EP,SE; opt=EPI_GEMS; dim=2D; tr=6000; te=76; ge=GEMS_PARM_01; ge_b=1000,8,0,0
    ADC *    ?   | maker=GE MEDICAL SYSTEMS; d=Apparent Diffusion Coefficient (mm2/s); seq=EP,SE; type=DERIVED,SECONDARY,COMBINED; dim=2D; tr=6000; te=76
    SWI *    ?   | maker=GE MEDICAL SYSTEMS; d=Ax SWAN; seq=GR; var=SS,SP; dim=3D; tr=39; te=23; fa=15
    GRE *    ?   | maker=GE MEDICAL SYSTEMS; d=Ax MERGE; seq=GR; var=SP; dim=2D; tr=620; te=15; fa=20
    MRA_TOF * ?  | maker=GE MEDICAL SYSTEMS; d=3D TOF; seq=GR; var=SS,SP; dim=3D; tr=24; te=2.7; fa=20; angio=Y
    MRA_PC * ?   | maker=GE MEDICAL SYSTEMS; d=3D PC; seq=GR; var=SS; dim=3D; tr=25; te=6; fa=12; angio=Y
    MRCP *   ?   | maker=GE MEDICAL SYSTEMS; d=3D MRCP; seq=SE; var=SK; opt=FS; dim=3D; tr=4000; te=640; fa=90
    BOLD *   ?   | maker=GE MEDICAL SYSTEMS; d=fMRI resting; seq=EP,GR; opt=EPI_GEMS; dim=2D; tr=2000; te=30; fa=90
    LOCALIZER * ?| maker=GE MEDICAL SYSTEMS; d=3-PLANE LOC; seq=SE; var=SK; dim=2D; tr=1200; te=80; fa=90
    LOCALIZER * ?| maker=GE MEDICAL SYSTEMS; d=ASSET calibration; seq=GR; dim=2D; tr=150; te=2.1; fa=50
    ");
}

#[test]
fn philips() {
    mr("
    T1WI no  ?   | maker=Philips Medical Systems; d=T1W_SE; seq=SE; var=OSP; opt=OTHER; type=ORIGINAL,PRIMARY,M_SE,M,SE; dim=2D; tr=560; te=15; fa=69
    T2WI no  ?   | maker=Philips; d=T2W_TSE; seq=SE; var=SK; opt=OTHER; type=ORIGINAL,PRIMARY,M_SE,M,SE; dim=2D; tr=3000; te=90; fa=90; philips=Philips Imaging DD 001; philips_b=0
    T2WI yes ?   | maker=Philips; d=sT2W_SPAIR; seq=SE; var=SK; opt=FS; dim=2D; tr=2600; te=70; fa=90
    PDWI yes ?   | maker=Philips; d=PDW_SPAIR SAG; seq=SE; opt=FS; dim=2D; tr=2800; te=30; fa=90
    FLAIR no ?   | maker=Philips; d=FLAIR_longTR; seq=IR; var=SK; opt=OTHER; type=ORIGINAL,PRIMARY,M_IR,M,IR; dim=2D; tr=11000; te=125; ti=2800; fa=90
    STIR yes ?   | maker=Philips; d=STIR_longTE; seq=IR; var=SK; opt=OTHER; type=ORIGINAL,PRIMARY,M_IR,M,IR; dim=2D; tr=3900; te=60; ti=165; fa=90
    T1WI no  ?   | maker=Philips; d=sT1W_3D_TFE; seq=GR; var=MP; opt=OTHER; type=ORIGINAL,PRIMARY,M_FFE,M,FFE; dim=3D; tr=7.6; te=3.7; fa=8
    T1WI yes yes | maker=Philips; d=eTHRIVE_增强; seq=GR; var=SP; opt=FS; dim=3D; tr=3.4; te=1.6; fa=10
    DWI yes  ?   | maker=Philips; d=DWI_SSh; seq=SE; var=SK; opt=FS; type=ORIGINAL,PRIMARY,M_SE,M,SE; dim=2D; tr=3000; te=70; b=1000
    DWI yes  ?   | maker=Philips; d=; seq=SE; var=SK; opt=FS; dim=2D; tr=3000; te=70; philips=Philips Imaging DD 001; philips_b=800
    ADC *    ?   | maker=Philips; d=dADC; seq=SE; type=ORIGINAL,PRIMARY,ADC_UNSPECIFIED,ADC,UNSPECIFIED; dim=2D; tr=3000; te=70
    GRE *    ?   | maker=Philips; d=T2W_FFE; seq=GR; var=SP; dim=2D; tr=700; te=16; fa=18
    SWI *    ?   | maker=Philips; d=SWIp; seq=GR; dim=3D; tr=31; te=20; fa=17
    MRA_TOF * ?  | maker=Philips; d=s3DI_MC_HR TOF; seq=GR; var=SP,MTC; dim=3D; tr=25; te=3.5; fa=20
    MRA_PC * ?   | maker=Philips; d=QFLOW; seq=GR; type=ORIGINAL,PRIMARY,VELOCITY MAP,P,PCA; dim=2D; tr=12; te=7; fa=15
    MRCP *   ?   | maker=Philips; d=MRCP_3D_HR; seq=SE; var=SK; opt=FS; dim=3D; tr=1300; te=650; fa=90
    PERF_DSC * yes | maker=Philips; d=PRESTO_perf; seq=EP,GR; opt=OTHER; dim=3D; tr=17; te=25; fa=7; agent=Gd
    LOCALIZER * ?| maker=Philips; d=Survey_SHC; seq=GR; dim=2D; tr=11; te=4.6; fa=20
    ");
}

#[test]
fn canon_uih_hitachi() {
    mr("
    T1WI *   ?   | maker=TOSHIBA; d=; seq=SE; var=NONE; name=SE+5.1; dim=2D; tr=500; te=12; fa=90
    T2WI *   ?   | maker=CANON_MEC; d=AX T2; seq=SE; name=FSE+7.5; dim=2D; tr=4500; te=105; fa=90
    STIR yes ?   | maker=CANON_MEC; d=COR STIR; seq=SE,IR; name=FIR+10; dim=2D; tr=4500; te=60; ti=190; fa=90
    FLAIR *  ?   | maker=CANON_MEC; d=; seq=SE,IR; name=FIR+12; dim=2D; tr=10000; te=105; ti=2700; fa=90
    DWI *    ?   | maker=CANON_MEC; d=; seq=SE,EP; name=SEEPI2D+0.7; dim=2D; tr=6000; te=80; fa=90; b=1000
    MRA_TOF * ?  | maker=TOSHIBA; d=脑血管成像 TOF; seq=GR; var=MTC; name=FE3D_slt; dim=3D; tr=24; te=6.8; fa=20
    T2WI *   ?   | maker=TOSHIBA; d=; seq=SE; name=FASE; dim=2D; tr=12000; te=80; fa=90
    T1WI no  ?   | maker=UIH; d=t1_fse_tra; seq=SE; var=NONE; opt=; name=fse; dim=2D; tr=600; te=11.5; fa=150
    T2WI yes ?   | maker=UIH; d=t2_fse_tra_fs_压脂; seq=SE; opt=FS; name=fse; dim=2D; tr=4200; te=88; fa=150
    FLAIR no ?   | maker=UIH; d=t2_flair_tra; seq=SE,IR; opt=; name=fse_ir; dim=2D; tr=8500; te=110; ti=2350; fa=150
    DWI yes  ?   | maker=UIH; d=; seq=EP; opt=FS; name=epi_dwi; dim=2D; tr=3600; te=75; uih=Image Private Header; uih_b=1000.2
    SWI *    ?   | maker=UIH; d=gre_swi_tra; seq=GR; name=gre_swi; dim=3D; tr=30; te=20; fa=13
    MRA_TOF * ?  | maker=UIH; d=; seq=GR; name=gre_tof; dim=3D; tr=22; te=3.5; fa=18
    BOLD yes ?   | maker=UIH; d=epi_bold; seq=EP,GR; opt=FS; name=epi_bold; dim=2D; tr=2000; te=30; fa=90
    T1WI *   no  | maker=Hitachi Medical Corporation; d=T1 SAG; seq=SE; name=SE; dim=2D; tr=450; te=25; fa=90; agent=off; field=0.3
    T2WI *   no  | maker=Hitachi Medical Corporation; d=; seq=SE; name=FSE; dim=2D; tr=3200; te=110; agent=off; field=0.3
    STIR yes ?   | maker=Hitachi Medical Corporation; d=; seq=IR; name=FIR; dim=2D; tr=3320; te=80; ti=110; field=0.3
    FLAIR *  ?   | maker=FUJIFILM Healthcare; d=FLAIR TRS; seq=IR; name=FIR; dim=2D; tr=9000; te=112; ti=2000; field=0.4
    MRA_TOF * ?  | maker=Hitachi Medical Corporation; d=3D-TOF; seq=GR; name=TOF; dim=3D; tr=30; te=6.9; fa=20
    DWI *    ?   | maker=FUJIFILM Healthcare; d=DWI TRS; seq=EP,SE; name=DWEPI; dim=2D; tr=5000; te=90; b=1000
    STIR yes ?   | maker=Hyperfine Research; d=; seq=SE,IR; dim=3D; tr=1500; te=120; ti=90; field=0.064
    FLAIR *  ?   | maker=Hyperfine Research; d=; seq=SE,IR; dim=3D; tr=4000; te=190; ti=1400; field=0.064
    ");
}

#[test]
fn nothing_is_guessed_from_nothing() {
    for line in ["", "d=序列1", "seq=RM; tr=200; te=4", "seq=SE", "d=Head; tr=500", "seq=GR; te=3"]
    {
        assert_eq!(is("MR", line).kind, None, "{line}");
    }
    assert_eq!(is("CT", "d=头颅").kind, None);
    assert_eq!(is("CT", "d=头颅").phase, None, "no word and no agent is no plain scan");
}

#[test]
fn another_makers_private_place_is_no_b_value() {
    let line = "maker=Hitachi; seq=SE; tr=500; te=15; siemens=Other; siemens_b=1000";
    assert_eq!(is("MR", line).kind, Some(Kind::T1wi));
    let flag = "maker=GE; seq=EP,SE; tr=4000; te=70; ge=GEMS_PARM_01; ge_b=335544320,0";
    assert_eq!(is("MR", flag).stacks[0].b_value, None);
}

#[test]
fn physics_beats_a_wrong_description_and_says_so() {
    let t2 = is("MR", "d=Ax T1 SE; seq=SE; tr=4000; te=100");
    assert_eq!((t2.kind.clone(), t2.contradicted), (Some(Kind::T2wi), vec![Facet::Kind]));
    let stir = is("MR", "d=T2 FLAIR; seq=SE,IR; tr=4000; te=70; ti=160");
    assert_eq!((stir.kind.clone(), stir.contradicted), (Some(Kind::Stir), vec![Facet::Kind]));
    assert!(stir.facts.iter().any(|f| f.says == "FLAIR"), "who was outvoted is kept");
    let ct = is("CT", "d=胸部平扫; mm=5; agent=碘海醇");
    assert_eq!((ct.post_contrast, ct.contradicted), (Some(true), vec![Facet::Contrast]));
}

#[test]
fn a_general_word_is_no_contradiction() {
    for line in [
        "d=T2压脂; seq=SE,IR; tr=4000; te=60; ti=150",
        "d=DWI; seq=EP; tr=4000; te=70; type=DERIVED,PRIMARY,DIFFUSION,ADC",
        "d=Ax T2 STIR; seq=IR; tr=4000; te=60; ti=150",
        "d=func-bold_task-fa; seq=EP; type=ORIGINAL,PRIMARY,FMRI,NONE; tr=1000; te=30",
        "d=T1 TOF; seq=GR; dim=3D; tr=22; te=3; fa=20; angio=Y",
    ] {
        assert!(is("MR", line).contradicted.is_empty(), "{line}");
    }
}

#[test]
fn two_echoes_are_two_kinds() {
    let mut images = stacked("MR", "d=pd+t2_tse; seq=SE; tr=4000; te=15", 12);
    images.extend(stacked("MR", "d=pd+t2_tse; seq=SE; tr=4000; te=95", 12));
    for (n, i) in images.iter_mut().enumerate() {
        i.attributes.set_text(tags::SOP_INSTANCE_UID, format!("2.25.8.{n}"));
    }
    let is = of(&study(images));
    let stacks: Vec<_> = is.stacks.iter().map(|s| (s.kind.clone(), s.echo_time)).collect();
    assert_eq!(stacks, [(Some(Kind::Pdwi), Some(15.0)), (Some(Kind::T2wi), Some(95.0))]);
    assert_eq!((is.kind, is.time_points), (Some(Kind::Pdwi), 1));
}

#[test]
fn a_dynamic_series_counts_its_time_points() {
    let mut images = Vec::new();
    for time in 1..=5 {
        let line = "d=dyn VIBE; seq=GR; dim=3D; tr=4; te=1.4; fa=10; agent=Gd";
        for mut i in stacked("MR", line, 12) {
            i.attributes.set_text(tags::TEMPORAL_POSITION_IDENTIFIER, time.to_string());
            i.attributes.set_text(tags::SOP_INSTANCE_UID, format!("2.25.9.{}", images.len()));
            images.push(i);
        }
    }
    let is = of(&study(images));
    assert_eq!((is.kind.clone(), is.time_points), (Some(Kind::PerfDce), 5));
    assert_eq!(is.stacks.len(), 5);
}

#[test]
fn planes() {
    let plane = |orientations: &[[f64; 6]]| {
        let mut images = stacked("MR", "seq=SE; tr=500; te=10", orientations.len() * 4);
        for (n, i) in images.iter_mut().enumerate() {
            set_numbers(i, tags::IMAGE_ORIENTATION_PATIENT, &orientations[n / 4]);
        }
        of(&study(images)).plane
    };
    let tilted = |deg: f64| {
        let (s, c) = deg.to_radians().sin_cos();
        [1.0, 0.0, 0.0, 0.0, c, s]
    };
    let sagittal = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0];
    assert_eq!(plane(&[tilted(0.0)]), Some(Plane::Tra));
    assert_eq!(plane(&[tilted(19.9)]), Some(Plane::Tra));
    assert_eq!(plane(&[tilted(20.1)]), Some(Plane::Obl));
    assert_eq!(plane(&[tilted(90.0)]), Some(Plane::Cor));
    assert_eq!(plane(&[sagittal]), Some(Plane::Sag));
    assert_eq!(plane(&[tilted(0.0), sagittal]), Some(Plane::Multi));
    assert_eq!(plane(&[tilted(0.0), tilted(15.0), tilted(22.0)]), Some(Plane::Tra));
}
