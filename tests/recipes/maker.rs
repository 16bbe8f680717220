//! Devices as their makers describe themselves. Serial numbers and station names are invented.

use dicom_core::VR;
use dicom_dictionary_std::tags;

use super::dicom::DataSet;

/// A device.
#[derive(Clone, Copy)]
pub struct Maker {
    /// Manufacturer.
    pub name: &'static str,
    /// Manufacturer's Model Name.
    pub model: &'static str,
    /// Software Versions.
    pub software: &'static str,
    /// Station Name.
    pub station: &'static str,
}

/// CT and MR of Siemens.
pub const SIEMENS_CT: Maker = Maker {
    name: "SIEMENS",
    model: "SOMATOM Definition AS",
    software: "syngo CT VA48A",
    station: "CT01",
};
/// CT of GE.
pub const GE_CT: Maker = Maker {
    name: "GE MEDICAL SYSTEMS",
    model: "Revolution CT",
    software: "revo_ct_22bc.50",
    station: "CT02",
};
/// CT of United Imaging.
pub const UIH_CT: Maker =
    Maker { name: "UIH", model: "uCT 780", software: "R004", station: "CT03" };
/// MR of Siemens.
pub const SIEMENS_MR: Maker =
    Maker { name: "SIEMENS", model: "Prisma", software: "syngo MR E11", station: "MR01" };
/// MR of Philips, which writes enhanced objects.
pub const PHILIPS_MR: Maker =
    Maker { name: "Philips", model: "Ingenia CX", software: "5.7.1\\5.7.1.1", station: "MR02" };
/// Radiography of Mindray.
pub const MINDRAY_DR: Maker =
    Maker { name: "Mindray", model: "DigiEye 760", software: "V2.0", station: "DR01" };
/// Radiography of Fujifilm.
pub const FUJI_DR: Maker = Maker {
    name: "FUJIFILM Corporation",
    model: "DR-ID 1200",
    software: "A10-02",
    station: "DR02",
};
/// Mammography of Hologic.
pub const HOLOGIC_MG: Maker = Maker {
    name: "HOLOGIC, Inc.",
    model: "Selenia Dimensions",
    software: "1.10.1.3",
    station: "MG01",
};
/// Ultrasound of Canon.
pub const CANON_US: Maker =
    Maker { name: "CANON_MEC", model: "Aplio i800", software: "V5.0", station: "US01" };

impl Maker {
    /// The device's attributes.
    pub fn describe(&self, set: &mut DataSet) {
        set.text(tags::MANUFACTURER, VR::LO, self.name)
            .text(tags::MANUFACTURER_MODEL_NAME, VR::LO, self.model)
            .text(tags::SOFTWARE_VERSIONS, VR::LO, self.software)
            .text(tags::STATION_NAME, VR::SH, self.station)
            .text(tags::DEVICE_SERIAL_NUMBER, VR::LO, &format!("TEST-{}", self.station));
    }
}
