//! Which device made a series, and its rows of the centre's table.

use dicom_dictionary_std::tags;

use crate::checks::view::{InstanceView, SeriesView};
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::registry::{DeviceRow, plain};
use crate::model::text::Text;

/// What a series says of the device that made it (General Equipment Module, PS3.3 C.7.5.1).
pub struct Device<'a> {
    manufacturer: &'a str,
    model: &'a str,
    serial: &'a str,
    station: &'a str,
}

/// The device of the first original image of a series; `None` where all its images are derived, for
/// a workstation may have made those.
pub fn of<'a>(series: &SeriesView<'a>) -> Option<Device<'a>> {
    let original = |i: &InstanceView<'a>| {
        i.has_pixel_data() && i.texts(tags::IMAGE_TYPE).first().is_none_or(|t| t != "DERIVED")
    };
    let first = series.instances().find(original)?;
    let text = |tag| first.text(tag).unwrap_or_default();
    Some(Device {
        manufacturer: text(tags::MANUFACTURER),
        model: text(tags::MANUFACTURER_MODEL_NAME),
        serial: text(tags::DEVICE_SERIAL_NUMBER),
        station: text(tags::STATION_NAME),
    })
}

impl Device<'_> {
    /// Whether anything tells it from others of its kind.
    pub fn is_told(&self) -> bool {
        !plain(self.serial).is_empty() || !plain(self.station).is_empty()
    }

    /// Its rows: by serial number and maker, else by station name where one of the two has no serial
    /// number.
    pub fn rows<'t>(&self, table: &'t [DeviceRow]) -> Vec<&'t DeviceRow> {
        let (serial, station) = (plain(self.serial), plain(self.station));
        let own = |r: &&DeviceRow| {
            let (listed, listed_station) = (plain(&r.serial), plain(&r.station));
            let by_serial = !serial.is_empty() && serial == listed;
            let by_station = (serial.is_empty() || listed.is_empty())
                && !station.is_empty()
                && station == listed_station;
            (by_serial || by_station) && same_maker(self.manufacturer, &r.manufacturer)
        };
        table.iter().filter(own).collect()
    }

    /// Puts what the header says beside an outcome.
    pub fn tell(&self, outcome: Outcome) -> Outcome {
        [
            ("Manufacturer", self.manufacturer),
            ("ManufacturerModelName", self.model),
            ("DeviceSerialNumber", self.serial),
            ("StationName", self.station),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .fold(outcome, |outcome, (name, value)| outcome.with(Evidence::new(name, value)))
    }
}

/// Makers write their name long and short; one of the two is then in the other.
fn same_maker(stated: &str, listed: &str) -> bool {
    let (a, b) = (plain(stated), plain(listed));
    a.contains(&b) || b.contains(&a)
}

/// No table is kept.
pub fn no_table() -> Outcome {
    let why =
        Text::new("中心没有该机构的设备登记表", "no table of the institution's devices is kept");
    Outcome::could_not_run(Subject::study(), why)
}

/// No series to hold against the table.
pub fn no_original() -> Outcome {
    let why = Text::new("没有原始图像", "no original image in the study");
    Outcome::not_applicable(Subject::study(), why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_number_is_held_against_its_maker_and_stations_only_where_it_is_missing() {
        let device =
            |serial, station| Device { manufacturer: "SIEMENS", model: "", serial, station };
        let row = |maker: &str, serial: &str, station: &str| DeviceRow {
            manufacturer: maker.into(),
            serial: serial.into(),
            station: station.into(),
            ..DeviceRow::default()
        };
        let found = |d: Device<'_>, r: DeviceRow| d.rows(&[r]).len() == 1;
        assert!(found(device("0 71-2", "CT1"), row("Siemens Healthineers", "0712", "")));
        assert!(!found(device("0712", "CT1"), row("GE", "0712", "CT1")), "another maker");
        assert!(!found(device("0713", "CT1"), row("Siemens", "0712", "CT1")), "another serial");
        assert!(found(device("", "CT1"), row("", "0712", "ct-1")));
        assert!(found(device("0713", "CT1"), row("", "", "CT1")));
        assert!(!found(device("", ""), row("", "", "")));
    }
}
