//! EXP003: CT numbers of air, fat or soft tissue that are not those of air, fat or soft tissue.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::per_series::{Said, no_volume, per_series};
use crate::checks::slices::{Slice, is_ct_slice, is_of, stacks, unlooked};
use crate::checks::view::{InstanceView, SeriesView, StudyView};
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// CT numbers of air, fat or soft tissue that are not those of air, fat or soft tissue.
    ///
    /// ## What it does
    /// Holds the HU of the air outside the body, of the fat peak and of the soft-tissue peak inside it against what they are by
    /// definition.
    ///
    /// ## Why it matters
    /// Rescale was lost or changed, or the scanner is out of calibration: windows show the wrong tissue, densities of nodules, stones and
    /// livers are wrong.
    ///
    /// ## How it is measured
    /// `air_hu`: lower quartile outside the body. `fat_hu`: mode of -180 to -20 HU, where at least `fat_area_min` stands behind it.
    /// `soft_tissue_hu`: mode of -20 to 180 HU. The median over the slices of a series has to lie within the limits; one outside
    /// fails. Air and water are the fixed points of the scale at every energy. Fat moves with energy, and its limits leave room for
    /// that; contrast medium raises soft tissue, whose upper limit holds only where neither air nor fat could be measured. Derived images
    /// (Image Type) are left out: maps of iodine or of an effective atomic number are stored as CT, too; nor are values judged whose
    /// Rescale Type is not HU.
    ///
    /// ## Known limits
    /// A preview, as it does not tell the worst: where the intercept is lost, or a shift upwards exceeds some 50 HU, no air is found
    /// any more, the whole image counts as body, and what was air may read as soft tissue: then it could not run, or, in a padded
    /// round field, passes. Shifts downwards are told from 60 to 80 HU on. A wrong slope moves fat out of the range in which its peak
    /// is looked for. Where no air is in the field, or the maker filled it with a constant, the air is not judged.
    ///
    /// ## Parameters
    /// `air_hu_min`, `air_hu_max`: limits of air. `fat_hu_min`, `fat_hu_max`: limits of the fat peak, `fat_area_min`: area behind it.
    /// `soft_tissue_hu_min`, `soft_tissue_hu_max`: limits of the soft-tissue peak.
    /// `body_cut_share_max`: largest share of the body's outline at the border where soft tissue alone may pass. `slices_min`: fewest
    /// slices with a number.
    ///
    /// ## References
    /// DICOM PS3.3 C.8.2.1 (Rescale; HU: air -1000, water 0); IEC 61223-3-5 (CT number).
    code: "EXP003",
    name: "hu-off-scale",
    title: ("CT值偏离", "CT numbers are off their scale"),
    advice: (
        "核对重缩放斜率/截距与设备CT值校准，更正后重新发送",
        "check rescale slope and intercept and the calibration of the scanner, and send again"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Header(tags::IMAGE_TYPE),
        Input::Measurement(measured::P01),
        Input::Stacks,
        Input::Measurement(measured::AIR_HU),
        Input::Measurement(measured::FAT_HU),
        Input::Measurement(measured::FAT_AREA),
        Input::Measurement(measured::SOFT_TISSUE_HU),
        Input::Measurement(measured::BODY_CUT_SHARE),
    ],
    params: [
        ("air_hu_min", Number, "HU", "lowest median of air"),
        ("air_hu_max", Number, "HU", "highest median of air"),
        ("fat_hu_min", Number, "HU", "lowest fat peak"),
        ("fat_hu_max", Number, "HU", "highest fat peak"),
        ("fat_area_min", Number, "mm2", "smallest area behind a fat peak that counts"),
        ("soft_tissue_hu_min", Number, "HU", "lowest soft-tissue peak"),
        ("soft_tissue_hu_max", Number, "HU", "highest soft-tissue peak"),
        ("body_cut_share_max", Number, "1", "largest share of the body's outline at the border where soft tissue alone may pass"),
        ("slices_min", Number, "slices", "fewest slices with a number"),
    ],
    dicom_code: None,
    run: run,
}

/// One of the materials.
struct Material {
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    keys: [&'static str; 2],
}

const MATERIALS: [Material; 3] = [
    Material {
        name: measured::AIR_HU, zh: "空气", en: "air", keys: ["air_hu_min", "air_hu_max"]
    },
    Material {
        name: measured::FAT_HU, zh: "脂肪", en: "fat", keys: ["fat_hu_min", "fat_hu_max"]
    },
    Material {
        name: measured::SOFT_TISSUE_HU,
        zh: "软组织",
        en: "soft tissue",
        keys: ["soft_tissue_hu_min", "soft_tissue_hu_max"],
    },
];

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let pass = Text::new("CT值在正常范围", "CT numbers lie on their scale");
    per_series(view, &pass, &no_volume(), |s| of_series(s, params))
}

fn of_series(s: &SeriesView<'_>, params: &Params) -> Said {
    if !is_of(s, Family::Ct) {
        return Said::Skip;
    }
    if let Some(outcome) = unlooked(s, &stacks(s, 1, is_ct_slice), false) {
        return Said::Told(outcome);
    }
    let mut looked = None;
    for material in &MATERIALS {
        let Some(found) = median(s, material.name, params) else { continue };
        let [low, mut high] = material.keys.map(|key| params.number(key));
        if looked.is_some() && material.name == measured::SOFT_TISSUE_HU {
            high = f64::INFINITY;
        }
        looked = looked.or(Some(material.name));
        if found < low || found > high {
            return Said::Told(fail(s, material, found, [low, high]));
        }
    }
    match looked {
        None => Said::Skip,
        Some(measured::SOFT_TISSUE_HU) if fills_the_image(s, params) => Said::Told(no_scale(s)),
        Some(_) => Said::Pass,
    }
}

/// Whether there is no outside of the body in most images: where the intercept is lost, what was air
/// is no darker than tissue, and the whole image counts as body.
fn fills_the_image(s: &SeriesView<'_>, params: &Params) -> bool {
    median(s, measured::BODY_CUT_SHARE, params)
        .is_some_and(|share| share > params.number("body_cut_share_max"))
}

fn no_scale(s: &SeriesView<'_>) -> Outcome {
    let why = Text::new(
        "图像中既没有空气也没有脂肪，无法核对CT值",
        "there is neither air nor fat in the images to hold CT numbers against",
    );
    Outcome::could_not_run(s.subject(), why)
}

/// Whether the values of an image were worked out of others (PS3.3 C.7.6.1.1.2).
fn is_derived(instance: &InstanceView<'_>) -> bool {
    instance.texts(tags::IMAGE_TYPE).first().is_some_and(|value| value == "DERIVED")
}

/// The median over the slices of a series that are not derived; `None` for fewer than `least`.
fn median(s: &SeriesView<'_>, name: &'static str, params: &Params) -> Option<f64> {
    let (least, area_min) = (params.number("slices_min"), params.number("fat_area_min"));
    let areas = (name == measured::FAT_HU).then(|| s.column(measured::FAT_AREA));
    let counts = |slice: &&Slice<'_>| {
        !is_derived(&slice.instance)
            && areas.as_ref().is_none_or(|a| slice.value(a).is_some_and(|area| area >= area_min))
    };
    let column = s.column(name);
    let all = stacks(s, 1, is_ct_slice);
    let slices = all.iter().flat_map(|stack| stack.places.iter().flatten());
    let mut values: Vec<f64> =
        slices.filter(counts).filter_map(|slice| slice.value(&column)).collect();
    #[expect(clippy::cast_precision_loss, reason = "a count of slices")]
    let enough = values.len() as f64 >= least;
    enough.then(|| crate::measure::geometry::median(&mut values)).flatten()
}

fn fail(s: &SeriesView<'_>, material: &Material, found: f64, [low, high]: [f64; 2]) -> Outcome {
    let value = found.round();
    let why = Text::new(
        format!("{}的CT值为{value} HU，应在{low}至{high} HU之间", material.zh),
        format!("{} reads {value} HU, limits {low} to {high} HU", material.en),
    );
    let limit = if found < low { low } else { high };
    Outcome::fail(s.subject(), why)
        .with(Evidence::new(material.name, value).limit(limit).unit("HU"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, take, volume};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};
    use crate::model::study::Study;

    fn shown(values: &[(&'static str, f64)]) -> Study {
        let mut study = volume("CT", 9, 5.0);
        for i in &mut study.series[0].instances {
            for &(name, value) in values {
                take(i, name, value);
            }
        }
        study
    }

    fn scanned(air: f64, tissue: f64) -> Study {
        shown(&[(measured::AIR_HU, air), (measured::SOFT_TISSUE_HU, tissue)])
    }

    #[test]
    fn hit_lost_rescale_and_shifted_tissue() {
        let o = one(&CHECK, &scanned(24.0, 55.0), Fail);
        assert_eq!(evidence(&o, "air_hu"), 24.0);
        one(&CHECK, &shown(&[(measured::SOFT_TISSUE_HU, 170.0)]), Fail);
        let mut drifted = scanned(-1000.0, 50.0);
        for i in &mut drifted.series[0].instances {
            take(i, measured::FAT_HU, -40.0);
            take(i, measured::FAT_AREA, 9e3);
        }
        one(&CHECK, &drifted, Fail);
        drifted.series[0].instances.iter_mut().for_each(|i| take(i, measured::FAT_AREA, 99.0));
        one(&CHECK, &drifted, Pass);
    }

    #[test]
    fn soft_tissue_alone_in_an_image_without_an_outside_says_nothing() {
        let air_of_a_lost_intercept =
            [(measured::SOFT_TISSUE_HU, 24.0), (measured::BODY_CUT_SHARE, 1.0)];
        one(&CHECK, &shown(&air_of_a_lost_intercept), CouldNotRun);
    }

    #[test]
    fn miss_a_calibrated_scanner_and_what_was_not_measured() {
        one(&CHECK, &scanned(-998.0, 52.0), Pass);
        one(&CHECK, &scanned(-1024.0, 35.0), Pass);
        // An enhanced liver as of 40 keV beside air that is air.
        one(&CHECK, &scanned(-1001.0, 170.0), Pass);
        // A head of which the maker masked the air.
        let share = |v| shown(&[(measured::SOFT_TISSUE_HU, 35.0), (measured::BODY_CUT_SHARE, v)]);
        one(&CHECK, &share(0.0), Pass);
        let fat = |hu| shown(&[(measured::FAT_HU, hu), (measured::FAT_AREA, 9e3)]);
        for of_40_and_140_kev in [-165.0, -53.0] {
            one(&CHECK, &fat(of_40_and_140_kev), Pass);
        }
        let mut map = scanned(0.0, 12.0);
        for i in &mut map.series[0].instances {
            i.attributes.set_text(tags::IMAGE_TYPE, "DERIVED");
        }
        one(&CHECK, &map, NotApplicable);
        for i in map.series[0].instances.iter_mut().take(5) {
            i.attributes.set_text(tags::IMAGE_TYPE, "ORIGINAL");
        }
        one(&CHECK, &map, Fail);
        one(&CHECK, &volume("CT", 9, 5.0), NotApplicable);
        one(&CHECK, &volume("MR", 9, 5.0), NotApplicable);
    }
}
