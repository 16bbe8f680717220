//! IDN012: a device without a passed verification on the day of the study.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::registry::DeviceRow;
use crate::model::text::Text;
use crate::policy::params::Params;

use super::devices::{self, Device};

declare_check! {
    /// A device without a passed verification on the day of the study.
    ///
    /// ## What it does
    /// Looks among the rows of the series' device for a passed verification that held on the Study Date.
    ///
    /// ## Why it matters
    /// Verification and stability tests are the only sign, from outside the images, that doses, distances
    /// and grey values are what they should be; the regions make them a precondition of the label.
    ///
    /// ## How it is measured
    /// Rows of the device that were passed, verified on or before the Study Date and valid until it or
    /// later; 0 fail. A row without a last day holds on.
    ///
    /// ## Known limits
    /// Nothing is said of a device that has no row (`unlisted-device` tells it). Without a table, a Study
    /// Date, or a word on verification in any row, the check could not run.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// Hebei 2025 2(1), Beijing 2024 4(1).
    code: "IDN012",
    name: "expired-device",
    title: (
        "检查当日设备没有有效的合格检定",
        "the device had no valid verification on the day of the study"
    ),
    advice: (
        "核对检定日期和结论；设备检定合格后再用于互认项目",
        "verify day and result of the verification; use the device again when it is passed"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::Registry,
        Input::File,
        Input::Header(tags::IMAGE_TYPE),
        Input::Header(tags::STUDY_DATE),
        Input::Header(tags::MANUFACTURER),
        Input::Header(tags::MANUFACTURER_MODEL_NAME),
        Input::Header(tags::DEVICE_SERIAL_NUMBER),
        Input::Header(tags::STATION_NAME),
    ],
    params: [],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let Some(table) = &view.registry().devices else { return vec![devices::no_table()] };
    let outcomes: Vec<Outcome> = view
        .series()
        .filter_map(|series| {
            let device = devices::of(&series)?;
            Some(device.tell(judge(&series, &device, table)))
        })
        .collect();
    if outcomes.is_empty() { vec![devices::no_original()] } else { outcomes }
}

fn judge(series: &SeriesView<'_>, device: &Device<'_>, table: &[DeviceRow]) -> Outcome {
    let subject = series.subject();
    let rows = device.rows(table);
    if rows.is_empty() {
        let why = Text::new("设备没有登记行", "the device has no row to look at");
        return Outcome::not_applicable(subject, why);
    }
    let said = |r: &&&DeviceRow| {
        r.passed.is_some() || !r.valid_until.is_empty() || !r.verified_on.is_empty()
    };
    let told: Vec<&&DeviceRow> = rows.iter().filter(said).collect();
    if told.is_empty() {
        let why = Text::new("登记行没有检定信息", "no row says anything of a verification");
        return Outcome::could_not_run(subject, why);
    }
    let date = series.instances().find_map(|i| i.text(tags::STUDY_DATE));
    let Some(day) = date.filter(|d| d.len() == 8 && d.bytes().all(|b| b.is_ascii_digit())) else {
        let why = Text::new("检查日期缺失或无法读取", "Study Date is missing or malformed");
        return Outcome::could_not_run(subject, why);
    };
    let holds = |r: &&&&DeviceRow| {
        r.passed != Some(false)
            && r.verified_on.as_str() <= day
            && (r.valid_until.is_empty() || r.valid_until.as_str() >= day)
    };
    let valid = told.iter().filter(holds).count();
    let last = told.iter().map(|r| r.valid_until.as_str()).max().unwrap_or_default();
    let failed = told.iter().filter(|r| r.passed == Some(false)).count();
    let outcome = if valid > 0 {
        Outcome::pass(subject, Text::new("检定有效", "a verification held on that day"))
    } else {
        let why = Text::new(
            "检查当日有效的合格检定0次，应至少1次",
            "0 passed verifications held on the day of the study, limit 1 verification",
        );
        Outcome::fail(subject, why)
    };
    let outcome = outcome
        .with(Evidence::new("valid_verifications", valid).limit(1).unit("verifications"))
        .with(Evidence::new("study_date", day))
        .with(Evidence::new("failed_verifications", failed));
    if last.is_empty() { outcome } else { outcome.with(Evidence::new("valid_until", last)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, volume};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};
    use crate::model::study::Study;

    fn study(rows: &[(&str, &str, Option<bool>)]) -> Study {
        let mut study = volume("CT", 2, 5.0);
        for i in &mut study.series[0].instances {
            i.attributes.set_text(tags::DEVICE_SERIAL_NUMBER, "7");
            i.attributes.set_text(tags::STUDY_DATE, "20250312");
        }
        let row = |(from, until, passed): &(&str, &str, Option<bool>)| DeviceRow {
            serial: "7".into(),
            verified_on: (*from).into(),
            valid_until: (*until).into(),
            passed: *passed,
            ..DeviceRow::default()
        };
        study.registry.devices = Some(rows.iter().map(row).collect());
        study
    }

    #[test]
    fn hit_a_verification_that_ended_failed_or_came_later() {
        let o = one(&CHECK, &study(&[("20240101", "20250311", Some(true))]), Fail);
        assert_eq!(evidence(&o, "valid_until"), "20250311");
        one(&CHECK, &study(&[("20250101", "20260101", Some(false))]), Fail);
        one(&CHECK, &study(&[("20250313", "20260313", Some(true))]), Fail);
    }

    #[test]
    fn miss_one_that_holds_from_its_first_to_its_last_day() {
        one(&CHECK, &study(&[("20250312", "20250312", Some(true))]), Pass);
        one(&CHECK, &study(&[("20240101", "", None)]), Pass);
        let renewed = [("20240101", "20250101", Some(true)), ("20250102", "20260101", None)];
        one(&CHECK, &study(&renewed), Pass);
    }

    #[test]
    fn what_cannot_be_known_is_told_apart() {
        one(&CHECK, &study(&[]), NotApplicable);
        one(&CHECK, &study(&[("", "", None)]), CouldNotRun);
        one(&CHECK, &volume("CT", 2, 5.0), CouldNotRun);
        let mut undated = study(&[("20240101", "", None)]);
        for i in &mut undated.series[0].instances {
            i.attributes.set_text(tags::STUDY_DATE, "");
        }
        one(&CHECK, &undated, CouldNotRun);
    }
}
