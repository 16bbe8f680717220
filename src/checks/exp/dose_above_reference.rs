//! EXP005: a CT dose far above the diagnostic reference level of its region of the body.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::idn::dates;
use crate::checks::per_series::{Said, per_series};
use crate::checks::slices::{Slice, is_ct_slice, is_of, stacks};
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::ct::dose::{Phantom, ssde_factor};
use crate::measure::registry as measured;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, OutcomeKind, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::dose_report::events;

declare_check! {
    /// A CT dose far above the diagnostic reference level of its region of the body.
    ///
    /// ## What it does
    /// Holds the CTDIvol that the scanner wrote, and the dose length product of its dose report, against the reference level for
    /// adults of the region that the series names.
    ///
    /// ## Why it matters
    /// A dose far above what three quarters of the country's scanners need says that protocol, exposure control or positioning went wrong.
    ///
    /// ## How it is measured
    /// CTDIvol (0018,9345), mean over the slices of a series, mGy. It fails above `times_max` times the reference level. Beside
    /// it stands the size-specific dose estimate: CTDIvol of each slice times the factor for the water-equivalent diameter that
    /// was measured on it (AAPM 204, 220), where the phantom of the CTDI is stated. Where the study holds an X-Ray Radiation Dose SR,
    /// the largest dose length product of one irradiation event is judged in the same way.
    ///
    /// ## Known limits
    /// A reference level is made for a group of patients, not for one: a large patient rightly needs more, so only a multiple is told,
    /// as advice. Children (`age_min`) are not judged. Series whose header names no region, or none with a level, are not judged.
    ///
    /// ## Parameters
    /// `head_mgy`, `neck_mgy`, `chest_mgy`, `abdomen_mgy`, `pelvis_mgy`, `lspine_mgy`: reference levels, CTDIvol. `head_dlp`, `neck_dlp`,
    /// `chest_dlp`, `abdomen_dlp`, `pelvis_dlp`, `lspine_dlp`: the same, dose length product. `times_max`: largest multiple of
    /// them. `age_min`: youngest age that is judged.
    ///
    /// ## References
    /// WS/T 637-2018 (reference levels for adults in CT, 75th percentiles); ICRP 135; AAPM Report 204 and 220; DICOM PS3.3
    /// C.8.15.3.9 (CTDIvol).
    code: "EXP005",
    name: "dose-above-reference",
    title: ("CT剂量明显高于诊断参考水平", "the CT dose is far above the reference level"),
    advice: (
        "核对扫描方案、自动曝光控制与摆位是否居中",
        "check the protocol, the exposure control and whether the patient is centred"
    ),
    status: Preview,
    depth: Header,
    inputs: [
        Input::Kinds,
        Input::Stacks,
        Input::Parts,
        Input::Header(tags::SOP_CLASS_UID),
        Input::Header(tags::CONTENT_SEQUENCE),
        Input::Header(tags::CTD_IVOL),
        Input::Header(tags::CTDI_PHANTOM_TYPE_CODE_SEQUENCE),
        Input::Header(tags::PATIENT_AGE),
        Input::Measurement(measured::BODY_WATER_EQUIVALENT_DIAMETER),
    ],
    params: [
        ("head_mgy", Number, "mGy", "reference level of the head"),
        ("neck_mgy", Number, "mGy", "reference level of the neck"),
        ("chest_mgy", Number, "mGy", "reference level of the chest"),
        ("abdomen_mgy", Number, "mGy", "reference level of the abdomen"),
        ("pelvis_mgy", Number, "mGy", "reference level of the pelvis"),
        ("lspine_mgy", Number, "mGy", "reference level of the lumbar spine"),
        ("head_dlp", Number, "mGy.cm", "reference level of the head, dose length product"),
        ("neck_dlp", Number, "mGy.cm", "reference level of the neck, dose length product"),
        ("chest_dlp", Number, "mGy.cm", "reference level of the chest, dose length product"),
        ("abdomen_dlp", Number, "mGy.cm", "reference level of the abdomen, dose length product"),
        ("pelvis_dlp", Number, "mGy.cm", "reference level of the pelvis, dose length product"),
        ("lspine_dlp", Number, "mGy.cm", "reference level of the lumbar spine, dose length product"),
        ("times_max", Number, "1", "largest multiple of the reference level"),
        ("age_min", Number, "years", "youngest age that is judged"),
    ],
    dicom_code: None,
    run: run,
}

/// Regions with levels and the parameters that hold them: CTDIvol, dose length product.
const LEVELS: [(&str, [&str; 2]); 6] = [
    ("head", ["head_mgy", "head_dlp"]),
    ("neck", ["neck_mgy", "neck_dlp"]),
    ("chest", ["chest_mgy", "chest_dlp"]),
    ("abdomen", ["abdomen_mgy", "abdomen_dlp"]),
    ("pelvis", ["pelvis_mgy", "pelvis_dlp"]),
    ("lspine", ["lspine_mgy", "lspine_dlp"]),
];

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let pass =
        Text::new("CT剂量在诊断参考水平的允许倍数以内", "the dose is within the multiple allowed");
    let skip = Text::new(
        "没有注明CTDIvol且部位可识别的成人CT序列",
        "no CT series of an adult states CTDIvol and a region with a level",
    );
    let mut outcomes = per_series(view, &pass, &skip, |s| of_series(s, params));
    if let Some(reported) = of_report(view, params) {
        // The study's own outcome stands for the pass or the skip of its series.
        outcomes.retain(|o| o.kind == OutcomeKind::Fail);
        outcomes.push(reported);
    }
    outcomes
}

/// The dose report's largest event against the highest level of the regions that the study names.
fn of_report(view: &StudyView<'_>, params: &Params) -> Option<Outcome> {
    let events = events(view);
    let largest = events.iter().max_by(|a, b| a.dlp.total_cmp(&b.dlp))?;
    let adults =
        view.series().filter(|s| is_of(s, Family::Ct) && is_adult(s, params.number("age_min")));
    let level = adults.filter_map(|s| level(&s, params, 1)).reduce(f64::max)?;
    let limit = level * params.number("times_max");
    let dlp = largest.dlp.round();
    let outcome = if largest.dlp > limit {
        let why = Text::new(
            format!("剂量报告中一次照射的DLP为{dlp} mGy·cm，参考水平{level}，限值{limit}"),
            format!(
                "one irradiation of the dose report has {dlp} mGy cm, reference level {level}, limit {limit}"
            ),
        );
        Outcome::fail(Subject::study(), why)
    } else {
        let why =
            Text::new("剂量报告在允许倍数以内", "the dose report is within the multiple allowed");
        Outcome::pass(Subject::study(), why)
    };
    let outcome = outcome
        .with(Evidence::new("dlp", dlp).limit(limit).unit("mGy.cm"))
        .with(Evidence::new("irradiation_events", events.len()));
    Some(match largest.ctdi_vol {
        Some(value) => {
            outcome.with(Evidence::new("ctdi_vol", (value * 10.0).round() / 10.0).unit("mGy"))
        }
        None => outcome,
    })
}

fn of_series(s: &SeriesView<'_>, params: &Params) -> Said {
    let Some(level) = level(s, params, 0) else { return Said::Skip };
    if !is_of(s, Family::Ct) || !is_adult(s, params.number("age_min")) {
        return Said::Skip;
    }
    let all = stacks(s, 1, is_ct_slice);
    let slices: Vec<&Slice<'_>> =
        all.iter().flat_map(super::super::slices::StackOf::firsts).collect();
    let Some(dose) = mean(slices.iter().filter_map(|slice| ctdi(slice))) else { return Said::Skip };
    let limit = level * params.number("times_max");
    if dose <= limit {
        return Said::Pass;
    }
    let diameters = s.column(measured::BODY_WATER_EQUIVALENT_DIAMETER);
    let specific = |slice: &&Slice<'_>| {
        let factor = ssde_factor(phantom(slice)?, slice.value(&diameters)?)?;
        Some(ctdi(slice)? * factor)
    };
    Said::Told(fail(s, dose, level, limit, mean(slices.iter().filter_map(specific))))
}

/// The level of the regions that the series names: the highest of several; `None` where none has one.
fn level(s: &SeriesView<'_>, params: &Params, which: usize) -> Option<f64> {
    let parts = s.parts();
    let named = if parts.words_regions.is_empty() {
        &parts.attribute_regions
    } else {
        &parts.words_regions
    };
    let of = |region: &String| {
        let found = LEVELS.iter().find(|(name, _)| name == region)?;
        Some(params.number(found.1[which]))
    };
    named.iter().filter_map(of).reduce(f64::max)
}

fn is_adult(s: &SeriesView<'_>, least: f64) -> bool {
    let age = s.instance(0).and_then(|i| dates::age(i.text(tags::PATIENT_AGE)?));
    age.is_some_and(|(years, _)| years >= least)
}

/// CTDIvol of a slice, mGy.
fn ctdi(slice: &Slice<'_>) -> Option<f64> {
    let frame = usize::try_from(slice.frame).ok()?;
    slice.instance.frame_float(frame, tags::CTD_IVOL).filter(|v| *v > 0.0)
}

/// The phantom that CTDIvol refers to (PS3.16 CID 4052).
fn phantom(slice: &Slice<'_>) -> Option<Phantom> {
    let code = slice.instance.items(tags::CTDI_PHANTOM_TYPE_CODE_SEQUENCE).first()?;
    match code.text(tags::CODE_VALUE)? {
        "113690" => Some(Phantom::Head),
        "113691" => Some(Phantom::Body),
        _ => None,
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut n) = (0.0, 0.0);
    for value in values {
        sum += value;
        n += 1.0;
    }
    (n > 0.0).then(|| sum / n)
}

fn fail(s: &SeriesView<'_>, dose: f64, level: f64, limit: f64, specific: Option<f64>) -> Outcome {
    let shown = |v: f64| (v * 10.0).round() / 10.0;
    let (dose, limit) = (shown(dose), shown(limit));
    let why = Text::new(
        format!("CTDIvol {dose} mGy，参考水平{level} mGy，限值{limit} mGy"),
        format!("CTDIvol {dose} mGy, reference level {level} mGy, limit {limit} mGy"),
    );
    let outcome = Outcome::fail(s.subject(), why)
        .with(Evidence::new("ctdi_vol", dose).limit(limit).unit("mGy"))
        .with(Evidence::new("reference_level", level).unit("mGy"));
    match specific {
        Some(value) => outcome.with(Evidence::new("ssde", shown(value)).unit("mGy")),
        None => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, set_numbers, take, volume};
    use crate::model::attribute::{Attributes, Stored, Value};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use crate::model::study::Study;

    fn scanned(part: &str, mgy: f64, age: &str) -> Study {
        let mut study = volume("CT", 6, 5.0);
        let mut code = Attributes::default();
        code.set_text(tags::CODE_VALUE, "113691");
        for i in &mut study.series[0].instances {
            i.attributes.set_text(tags::BODY_PART_EXAMINED, part);
            i.attributes.set_text(tags::PATIENT_AGE, age);
            set_numbers(i, tags::CTD_IVOL, &[mgy]);
            let codes = Stored::Present(Value::Items(vec![code.clone()].into()));
            i.attributes.set(tags::CTDI_PHANTOM_TYPE_CODE_SEQUENCE, codes);
            take(i, measured::BODY_WATER_EQUIVALENT_DIAMETER, 250.0);
        }
        study
    }

    #[test]
    fn hit_and_miss_around_the_multiple() {
        let o = one(&CHECK, &scanned("CHEST", 30.5, "046Y"), Fail);
        assert_eq!(evidence(&o, "ctdi_vol"), 30.5);
        // 3.704369 exp(-0.03671937 x 25) = 1.479 (AAPM 204, table 1D: 1.48 at 25 cm).
        assert_eq!(evidence(&o, "ssde"), 45.1);
        one(&CHECK, &scanned("CHEST", 30.0, "046Y"), Pass);
        one(&CHECK, &scanned("HEAD", 59.0, "046Y"), Pass);
    }

    /// A dose report of one event of a study, in a series of its own.
    fn report(study: &mut Study, dlp: f64) {
        let number = |code: &str, value: f64| {
            let mut measured = Attributes::default();
            let number = Stored::Present(Value::Text(vec![value.to_string()].into()));
            measured.set(tags::NUMERIC_VALUE, number);
            let mut item = coded(code);
            item.set(
                tags::MEASURED_VALUE_SEQUENCE,
                Stored::Present(Value::Items(vec![measured].into())),
            );
            item
        };
        let nest = |code: &str, inner: Vec<Attributes>| {
            let mut item = coded(code);
            item.set(tags::CONTENT_SEQUENCE, Stored::Present(Value::Items(inner.into())));
            item
        };
        let dose = nest("113829", vec![number("113830", 12.0), number("113838", dlp)]);
        let mut sr = study.series[0].instances[0].clone();
        sr.attributes.set_text(tags::SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.88.67");
        let content = vec![nest("113819", vec![dose])];
        sr.attributes.set(tags::CONTENT_SEQUENCE, Stored::Present(Value::Items(content.into())));
        let mut series = study.series[0].clone();
        series.uid.push_str(".9");
        series.modality = "SR".into();
        series.instances = vec![sr];
        study.series.push(series);
    }

    fn coded(code: &str) -> Attributes {
        let (mut item, mut concept) = (Attributes::default(), Attributes::default());
        concept.set_text(tags::CODE_VALUE, code);
        item.set(
            tags::CONCEPT_NAME_CODE_SEQUENCE,
            Stored::Present(Value::Items(vec![concept].into())),
        );
        item
    }

    #[test]
    fn hit_and_miss_around_the_dose_length_product_of_a_report() {
        let mut study = scanned("CHEST", 12.0, "046Y");
        report(&mut study, 950.0);
        let o = one(&CHECK, &study, Fail);
        assert_eq!(evidence(&o, "dlp"), 950.0);
        let mut study = scanned("CHEST", 12.0, "046Y");
        report(&mut study, 930.0);
        one(&CHECK, &study, Pass);
    }

    #[test]
    fn miss_children_and_regions_without_a_level() {
        one(&CHECK, &scanned("CHEST", 99.0, "006Y"), NotApplicable);
        one(&CHECK, &scanned("KNEE", 99.0, "046Y"), NotApplicable);
        one(&CHECK, &volume("MR", 6, 5.0), NotApplicable);
    }
}
