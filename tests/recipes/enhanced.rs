//! Enhanced multi-frame objects: geometry and timing live in functional groups.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::{tags, uids};

use super::dicom::{DataSet, Layout, Pixels};
use super::encode::Encoding;
use super::head::{Head, Weighting};
use super::rng::uid;
use super::study::{Study, number};

fn group(tag: Tag, fill: impl FnOnce(&mut DataSet)) -> DataSet {
    let mut item = DataSet::new();
    fill(&mut item);
    let mut outer = DataSet::new();
    outer.items(tag, vec![item]);
    outer
}

fn merged(groups: Vec<DataSet>) -> DataSet {
    let mut all = DataSet::new();
    for group in groups {
        for element in group.0 {
            all.0.put(element);
        }
    }
    all
}

/// A T2 brain of `frames` axial frames in one object, RLE.
pub fn brain_t2(study: &Study, size: usize, pixel: f32, gap: f32, frames: usize) -> DataSet {
    let mut set = study.series(1, "T2W_TSE", uids::ENHANCED_MR_IMAGE_STORAGE);
    number(&mut set, 1);
    let organisation = uid(&format!("{}/dimension", study.key));
    let mut dimension = DataSet::new();
    dimension.text(tags::DIMENSION_ORGANIZATION_UID, VR::UI, &organisation);
    set.text(tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY\\T2\\NONE")
        .text(tags::FRAME_OF_REFERENCE_UID, VR::UI, &uid(&format!("{}/frame", study.key)))
        .text(tags::PATIENT_POSITION, VR::CS, "HFS")
        .text(tags::ACQUISITION_DATE_TIME, VR::DT, "20250312090700")
        .text(tags::PULSE_SEQUENCE_NAME, VR::SH, "TSE")
        .text(tags::MR_ACQUISITION_TYPE, VR::CS, "2D")
        .text(tags::PRESENTATION_LUT_SHAPE, VR::CS, "IDENTITY")
        .double(tags::MAGNETIC_FIELD_STRENGTH, 3.0)
        .items(tags::DIMENSION_ORGANIZATION_SEQUENCE, vec![dimension])
        .items(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, vec![shared(pixel, gap)]);
    let head = Head::named(study.key);
    let mut values = Vec::new();
    let mut per_frame = Vec::new();
    for frame in 0..frames {
        let z = -22.0 + gap * frame as f32;
        per_frame.push(frame_groups(size, pixel, z, frame));
        let grid = head.mr(study.key, size, pixel, z, Weighting::T2);
        values.extend(grid.to_u16(0.0, 4095.0));
    }
    set.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, per_frame);
    let layout = Layout { columns: size, rows: size, frames, samples: 1 };
    set.pixels(&Pixels::U16(values, 12), layout, Encoding::Rle);
    set
}

fn shared(pixel: f32, gap: f32) -> DataSet {
    merged(vec![
        group(tags::PIXEL_MEASURES_SEQUENCE, |g| {
            g.decimals(tags::PIXEL_SPACING, &[pixel, pixel])
                .decimals(tags::SLICE_THICKNESS, &[gap - 0.5])
                .decimals(tags::SPACING_BETWEEN_SLICES, &[gap]);
        }),
        group(tags::PLANE_ORIENTATION_SEQUENCE, |g| {
            g.decimals(tags::IMAGE_ORIENTATION_PATIENT, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        }),
        group(tags::MR_TIMING_AND_RELATED_PARAMETERS_SEQUENCE, |g| {
            g.decimals(tags::REPETITION_TIME, &[3000.0])
                .decimals(tags::FLIP_ANGLE, &[90.0])
                .integer(tags::ECHO_TRAIN_LENGTH, 15);
        }),
        group(tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE, |g| {
            g.decimals(tags::RESCALE_INTERCEPT, &[0.0]).decimals(tags::RESCALE_SLOPE, &[1.0]).text(
                tags::RESCALE_TYPE,
                VR::LO,
                "US",
            );
        }),
        group(tags::FRAME_VOILUT_SEQUENCE, |g| {
            g.decimals(tags::WINDOW_CENTER, &[450.0]).decimals(tags::WINDOW_WIDTH, &[950.0]);
        }),
    ])
}

fn frame_groups(size: usize, pixel: f32, z: f32, frame: usize) -> DataSet {
    let corner = -(size as f32) / 2.0 * pixel + pixel / 2.0;
    merged(vec![
        group(tags::FRAME_CONTENT_SEQUENCE, |g| {
            g.text(tags::STACK_ID, VR::SH, "1")
                .longs(tags::IN_STACK_POSITION_NUMBER, &[frame as u32 + 1])
                .longs(tags::DIMENSION_INDEX_VALUES, &[1, frame as u32 + 1]);
        }),
        group(tags::PLANE_POSITION_SEQUENCE, |g| {
            g.decimals(tags::IMAGE_POSITION_PATIENT, &[corner, corner, z]);
        }),
        group(tags::MR_ECHO_SEQUENCE, |g| {
            g.double(tags::EFFECTIVE_ECHO_TIME, 80.0);
        }),
    ])
}
