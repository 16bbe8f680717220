//! IDN011: a series made by a device that the centre's table does not list.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::devices;

declare_check! {
    /// A series made by a device that the centre's table does not list.
    ///
    /// ## What it does
    /// Looks for the device of every series with original images in the institution's rows of the table
    /// of devices that the registry names.
    ///
    /// ## Why it matters
    /// A label may stand only on images of devices that are verified and maintained; of a device that
    /// nobody listed nothing is known.
    ///
    /// ## How it is measured
    /// Rows with the same Device Serial Number and a maker that agrees; where header or row has no serial
    /// number, rows with the same Station Name. Case, spaces and punctuation do not count. 0 rows fail.
    ///
    /// ## Known limits
    /// Without a table of the institution's devices, or without serial number and station name in the
    /// header, the check could not run. Series of derived images alone are left out, for a workstation
    /// may have made them.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// Hebei 2025 2(1), Beijing 2024 4(1); DICOM PS3.3 C.7.5.1.
    code: "IDN011",
    name: "unlisted-device",
    title: ("设备未登记", "the device is not in the table of devices"),
    advice: (
        "在设备登记表中补登该设备及其检定结果，或更正设备上的序列号",
        "add the device and its verification to the table, or correct the serial number on the device"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::Registry,
        Input::File,
        Input::Header(tags::IMAGE_TYPE),
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
    let mut outcomes = Vec::new();
    for series in view.series() {
        let Some(device) = devices::of(&series) else { continue };
        let rows = device.rows(table).len();
        let outcome = if !device.is_told() {
            let why = Text::new(
                "缺少设备序列号和站点名称",
                "neither Device Serial Number nor Station Name is stated",
            );
            Outcome::could_not_run(series.subject(), why)
        } else if rows == 0 {
            let why = Text::new(
                "设备登记表中有0行与该设备相符，应至少1行",
                "0 rows of the table of devices are this device's, limit 1 row",
            );
            Outcome::fail(series.subject(), why)
                .with(Evidence::new("device_rows", 0).limit(1).unit("rows"))
        } else {
            let why = Text::new("设备已登记", "the table lists the device");
            Outcome::pass(series.subject(), why)
                .with(Evidence::new("device_rows", rows).limit(1).unit("rows"))
        };
        outcomes.push(device.tell(outcome));
    }
    if outcomes.is_empty() { vec![devices::no_original()] } else { outcomes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, volume};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};
    use crate::model::registry::DeviceRow;
    use crate::model::study::Study;

    fn study(serial: &str) -> Study {
        let mut study = volume("CT", 2, 5.0);
        for i in &mut study.series[0].instances {
            i.attributes.set_text(tags::DEVICE_SERIAL_NUMBER, serial);
        }
        study
    }

    #[test]
    fn hit_a_device_without_a_row() {
        let mut study = study("SN-8");
        study.registry.devices = Some(Vec::new());
        let o = one(&CHECK, &study, Fail);
        assert_eq!(evidence(&o, "DeviceSerialNumber"), "SN-8");
    }

    #[test]
    fn miss_a_listed_device_whatever_the_spelling() {
        let mut study = study("SN 7");
        let row = DeviceRow { serial: "sn-7".into(), ..DeviceRow::default() };
        study.registry.devices = Some(vec![row]);
        one(&CHECK, &study, Pass);
    }

    #[test]
    fn without_a_table_or_a_number_it_could_not_run() {
        one(&CHECK, &study("SN 7"), CouldNotRun);
        let mut nameless = study("");
        nameless.registry.devices = Some(Vec::new());
        one(&CHECK, &nameless, CouldNotRun);
    }

    #[test]
    fn images_of_a_workstation_are_left_out() {
        let mut study = study("WORKSTATION");
        for i in &mut study.series[0].instances {
            i.attributes.set_text(tags::IMAGE_TYPE, "DERIVED");
        }
        study.registry.devices = Some(Vec::new());
        one(&CHECK, &study, NotApplicable);
    }
}
