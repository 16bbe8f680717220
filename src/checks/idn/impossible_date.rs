//! IDN004: dates that cannot be, or that contradict each other.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::per_instance::{Fault, Said, judge};
use crate::checks::view::{InstanceView, StudyView};
use crate::declare_check;
use crate::model::attribute::State;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::dates::{self, Day, YEAR};

declare_check! {
    /// Dates that cannot be, or that contradict each other.
    ///
    /// ## What it does
    /// Looks for malformed dates, a birth before `earliest_year` or after the study, a study after the
    /// day of the run, an age that the birth date contradicts, and series or acquisition dates far from
    /// the study date.
    ///
    /// ## Why it matters
    /// The date decides whether a result may still be recognised, and a wrong date hides the study from
    /// those who look for it.
    ///
    /// ## How it is measured
    /// In days between Study Date and the day of the run, and between Series or Acquisition Date and Study
    /// Date; in years between Patient's Age and the age from the birth date, beyond the unit in which the
    /// age is written. Birth dates are never printed.
    ///
    /// ## Known limits
    /// Pseudonymised studies often have an invented birth date that contradicts the age. Only the first
    /// fault of an instance is told. An absent date is IDN001.
    ///
    /// ## Parameters
    /// `earliest_year`: a date before this year cannot be. `future_days_max`: days that a study may lie
    /// after the day of the run (time zones). `age_years_max`: years by which age and birth date may
    /// differ. `order_days_max`: days between series or acquisition and study.
    ///
    /// ## References
    /// DICOM PS3.5 6.2 (DA, AS); PS3.3 C.7.1.1, C.7.2.1, C.7.3.1.
    code: "IDN004",
    name: "impossible-date",
    title: ("日期不可能或互相矛盾", "a date is impossible or contradicts another"),
    advice: (
        "核对设备时钟与登记信息，在PACS更正日期后重新发送",
        "check the clock of the device and the registration, correct the date in the PACS and send again"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::Header(tags::STUDY_DATE),
        Input::Header(tags::SERIES_DATE),
        Input::Header(tags::ACQUISITION_DATE),
        Input::Header(tags::CONTENT_DATE),
        Input::Header(tags::PATIENT_BIRTH_DATE),
        Input::Header(tags::PATIENT_AGE),
    ],
    params: [
        ("earliest_year", Number, "year", "a date before this year cannot be"),
        ("future_days_max", Number, "days", "days that a study may lie after the day of the run"),
        ("age_years_max", Number, "years", "years by which age and birth date may differ"),
        ("order_days_max", Number, "days", "days between series or acquisition and study"),
    ],
    dicom_code: None,
    run: run,
}

const DATES: &[(Tag, &str)] = &[
    (tags::STUDY_DATE, "StudyDate"),
    (tags::SERIES_DATE, "SeriesDate"),
    (tags::ACQUISITION_DATE, "AcquisitionDate"),
    (tags::CONTENT_DATE, "ContentDate"),
    (tags::PATIENT_BIRTH_DATE, "PatientBirthDate"),
];

struct Limits {
    earliest_year: f64,
    future_days: f64,
    age_years: f64,
    order_days: f64,
    today: Option<Day>,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let limits = Limits {
        earliest_year: params.number("earliest_year"),
        future_days: params.number("future_days_max"),
        age_years: params.number("age_years_max"),
        order_days: params.number("order_days_max"),
        today: dates::parse(view.as_of),
    };
    judge(
        view,
        &Text::new("日期合理且一致", "dates are possible and agree"),
        &Text::new("没有任何日期", "no instance states a date"),
        |instance| say(instance, &limits),
    )
}

fn say(instance: &InstanceView<'_>, limits: &Limits) -> Said {
    let mut days: [Option<Day>; 5] = [None; 5];
    for (slot, (tag, keyword)) in days.iter_mut().zip(DATES) {
        let text = match instance.state(*tag) {
            State::Malformed(_) => return Said::Fail(malformed(keyword)),
            State::Present(_) => instance.text(*tag),
            State::Absent | State::Empty => None,
        };
        let Some(text) = text else { continue };
        let Some(day) = dates::parse(text) else { return Said::Fail(malformed(keyword)) };
        if (f64::from(i32::try_from(day.year).unwrap_or(i32::MAX))) < limits.earliest_year {
            return Said::Fail(too_early(keyword, limits.earliest_year));
        }
        *slot = Some(day);
    }
    let [study, series, acquisition, content, birth] = days;
    if [study, series, acquisition, content, birth].iter().all(Option::is_none) {
        return Said::Skip;
    }
    let fault = future(study, limits)
        .or_else(|| born_later(birth, study.or(series).or(acquisition)))
        .or_else(|| wrong_age(instance, birth, study.or(series), limits))
        .or_else(|| order(study, series, "SeriesDate", limits))
        .or_else(|| order(study, acquisition, "AcquisitionDate", limits));
    fault.map_or(Said::Pass, Said::Fail)
}

fn malformed(keyword: &str) -> Fault {
    Fault::new(
        format!("malformed-{keyword}"),
        format!("{keyword}不是有效日期，应为YYYYMMDD"),
        format!("{keyword} is no valid date, limit YYYYMMDD"),
    )
    .with(Evidence::new(keyword, "malformed").limit("YYYYMMDD"))
}

fn too_early(keyword: &str, earliest: f64) -> Fault {
    Fault::new(
        format!("early-{keyword}"),
        format!("{keyword}早于{earliest}年"),
        format!("{keyword} lies before the limit of year {earliest}"),
    )
    .with(Evidence::new(keyword, "too early").limit(earliest).unit("year"))
}

#[expect(clippy::cast_precision_loss, reason = "days between dates are small")]
fn future(study: Option<Day>, limits: &Limits) -> Option<Fault> {
    let ahead = study?.since(limits.today?);
    let limit = limits.future_days;
    (ahead as f64 > limit).then(|| {
        Fault::new(
            "future",
            format!("检查日期晚于本次运行日期{ahead}天，上限{limit}天"),
            format!("the study lies {ahead} days in the future, limit {limit} days"),
        )
        .with(Evidence::new("days_in_future", ahead).limit(limit).unit("days"))
    })
}

fn born_later(birth: Option<Day>, study: Option<Day>) -> Option<Fault> {
    (birth? > study?).then(|| {
        Fault::new(
            "birth-after-study",
            "出生日期晚于检查日期",
            "the birth date lies after the study date",
        )
        .with(Evidence::new("birth_date", "after the study").limit("not after the study"))
    })
}

#[expect(clippy::cast_precision_loss, reason = "days between dates are small")]
fn wrong_age(
    instance: &InstanceView<'_>,
    birth: Option<Day>,
    study: Option<Day>,
    limits: &Limits,
) -> Option<Fault> {
    let (stated, unit) = dates::age(instance.text(tags::PATIENT_AGE)?)?;
    let real = study?.since(birth?) as f64 / YEAR;
    // "45Y" covers the whole 46th year of life: nothing is wrong from 45.0 up to 46.0.
    let off = (stated - real).max(real - stated - unit).max(0.0);
    let (shown, limit) = ((off * 10.0).round() / 10.0, limits.age_years);
    (off > limit).then(|| {
        Fault::new(
            "age",
            format!("年龄与出生日期相差{shown}年，上限{limit}年"),
            format!("age and birth date differ by {shown} years, limit {limit} years"),
        )
        .with(Evidence::new("age_difference", shown).limit(limit).unit("years"))
    })
}

#[expect(clippy::cast_precision_loss, reason = "days between dates are small")]
fn order(study: Option<Day>, other: Option<Day>, keyword: &str, limits: &Limits) -> Option<Fault> {
    let apart = other?.since(study?);
    let limit = limits.order_days;
    (apart.abs() as f64 > limit).then(|| {
        Fault::new(
            format!("order-{keyword}"),
            format!("{keyword}与检查日期相差{apart}天，上限{limit}天"),
            format!("{keyword} is {apart} days from the study date, limit {limit} days"),
        )
        .with(Evidence::new("days_from_study_date", apart).limit(limit).unit("days"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{AS_OF, one, volume};
    use crate::model::outcome::OutcomeKind;
    use crate::model::study::Study;

    fn with(values: &[(Tag, &str)]) -> Study {
        let mut study = volume("CT", 2, 5.0);
        for (tag, value) in values {
            study.series[0].instances[1].attributes.set_text(*tag, *value);
        }
        study
    }

    fn kind_of(values: &[(Tag, &str)], kind: OutcomeKind) -> Outcome {
        one(&CHECK, &with(values), kind)
    }

    #[test]
    fn hit_malformed_and_early_dates() {
        kind_of(&[(tags::STUDY_DATE, "2026-02-20")], OutcomeKind::Fail);
        let o = kind_of(&[(tags::PATIENT_BIRTH_DATE, "18991231")], OutcomeKind::Fail);
        assert!(!format!("{o:?}").contains("1899"), "the birth date is not printed");
        let same = [(tags::PATIENT_BIRTH_DATE, "19000101"), (tags::PATIENT_AGE, "")];
        kind_of(&same, OutcomeKind::Pass);
    }

    #[test]
    fn hit_and_miss_around_the_day_of_the_run() {
        assert_eq!(AS_OF, "20260301");
        let day = |d| [tags::STUDY_DATE, tags::SERIES_DATE, tags::ACQUISITION_DATE].map(|t| (t, d));
        kind_of(&day("20260302"), OutcomeKind::Pass);
        kind_of(&day("20260303"), OutcomeKind::Fail);
    }

    #[test]
    fn hit_a_birth_after_the_study() {
        let later = [(tags::PATIENT_BIRTH_DATE, "20260221"), (tags::PATIENT_AGE, "")];
        kind_of(&later, OutcomeKind::Fail);
        let same_day = [(tags::PATIENT_BIRTH_DATE, "20260220"), (tags::PATIENT_AGE, "000D")];
        kind_of(&same_day, OutcomeKind::Pass);
    }

    #[test]
    fn hit_and_miss_around_the_age() {
        // Born 1980-02-15, studied 2026-02-20: 46 years.
        for (age, kind) in [
            ("045Y", OutcomeKind::Pass),
            ("047Y", OutcomeKind::Pass),
            ("049Y", OutcomeKind::Fail),
            ("043Y", OutcomeKind::Fail),
        ] {
            kind_of(&[(tags::PATIENT_AGE, age)], kind);
        }
    }

    #[test]
    fn hit_and_miss_around_the_order() {
        kind_of(&[(tags::ACQUISITION_DATE, "20260213")], OutcomeKind::Pass);
        kind_of(&[(tags::ACQUISITION_DATE, "20260212")], OutcomeKind::Fail);
        kind_of(&[(tags::SERIES_DATE, "20260228")], OutcomeKind::Fail);
    }
}
