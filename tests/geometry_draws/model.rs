//! Drawn volumes as the header pass gives them.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use hrgate::model::attribute::{Attributes, Stored, Value};
use hrgate::model::study::{Instance, Series, Study};

use super::recipes::volume::{Slice, Volume};

fn numbers(a: &mut Attributes, tag: Tag, values: &[f64]) {
    let texts = values.iter().map(|v| format!("{v:.6}")).collect();
    a.set(tag, Stored::Present(Value::Text(texts)));
}

fn geometry(s: &Slice, a: &mut Attributes) {
    numbers(a, tags::IMAGE_POSITION_PATIENT, &s.position);
    numbers(a, tags::IMAGE_ORIENTATION_PATIENT, &s.orientation);
    numbers(a, tags::PIXEL_SPACING, &[s.pixel, s.pixel]);
    numbers(a, tags::SLICE_THICKNESS, &[s.thickness]);
    if let Some(spacing) = s.stated_spacing {
        numbers(a, tags::SPACING_BETWEEN_SLICES, &[spacing]);
    }
    if s.echo > 0.0 {
        numbers(a, tags::ECHO_TIME, &[s.echo]);
    }
}

fn header(
    v: &Volume,
    series: &super::recipes::volume::Series,
    enhanced: bool,
    sop: String,
) -> Attributes {
    let mut a = Attributes::default();
    let class = match (v.modality, enhanced) {
        ("CT", false) => "1.2.840.10008.5.1.4.1.1.2",
        ("CT", true) => "1.2.840.10008.5.1.4.1.1.2.1",
        (_, false) => "1.2.840.10008.5.1.4.1.1.4",
        (_, true) => "1.2.840.10008.5.1.4.1.1.4.1",
    };
    let kind = if series.localizer { "LOCALIZER" } else { "AXIAL" };
    a.set_text(tags::SOP_CLASS_UID, class);
    a.set_text(tags::SOP_INSTANCE_UID, sop);
    a.set_text(tags::MODALITY, v.modality);
    a.set_text(tags::MANUFACTURER, v.maker);
    a.set_text(tags::SERIES_DESCRIPTION, series.description.clone());
    a.set_text(tags::ACQUISITION_NUMBER, "1");
    a.set_text(tags::FRAME_OF_REFERENCE_UID, "2.25.9");
    let types = ["ORIGINAL", "PRIMARY", kind].map(str::to_owned).to_vec();
    a.set(tags::IMAGE_TYPE, Stored::Present(Value::Text(types.into())));
    a.set(tags::COLUMNS, Stored::Present(Value::Int(vec![16].into())));
    if v.modality == "MR" {
        a.set_text(tags::SCANNING_SEQUENCE, "SE");
        a.set_text(tags::REPETITION_TIME, "4000");
    }
    a
}

fn instances(v: &Volume, series: &super::recipes::volume::Series) -> Vec<Instance> {
    let rows = |s: &Slice| Stored::Present(Value::Int(vec![i64::from(s.rows)].into()));
    let uid = |n: usize| format!("2.25.1.{}.{n}", series.number);
    if v.enhanced && !series.localizer {
        let mut i = Instance { attributes: header(v, series, true, uid(0)), ..Instance::default() };
        i.attributes.set_text(tags::INSTANCE_NUMBER, "1");
        i.attributes.set_text(tags::NUMBER_OF_FRAMES, series.slices.len().to_string());
        i.attributes.set(tags::ROWS, Stored::Present(Value::Int(vec![16].into())));
        i.frames = series
            .slices
            .iter()
            .map(|s| {
                let mut a = Attributes::default();
                geometry(s, &mut a);
                a.set(
                    tags::IN_STACK_POSITION_NUMBER,
                    Stored::Present(Value::Int(vec![s.number].into())),
                );
                a
            })
            .collect();
        return vec![i];
    }
    let of = |(n, s): (usize, &Slice)| {
        let mut i =
            Instance { attributes: header(v, series, false, uid(n)), ..Instance::default() };
        geometry(s, &mut i.attributes);
        i.attributes.set(tags::ROWS, rows(s));
        i.attributes.set_text(tags::INSTANCE_NUMBER, s.number.to_string());
        if let Some(n) = s.declared {
            i.attributes.set_text(tags::IMAGES_IN_ACQUISITION, n.to_string());
        }
        i
    };
    series.slices.iter().enumerate().map(of).collect()
}

/// The study as the header pass gives it.
pub fn to_study(v: &Volume) -> Study {
    let series = v.series.iter().map(|s| Series {
        uid: v.series_uid(s),
        modality: v.modality.to_owned(),
        instances: instances(v, s),
    });
    Study {
        key: v.key.clone(),
        uid: "2.25.1".to_owned(),
        series: series.collect(),
        ..Study::default()
    }
}
