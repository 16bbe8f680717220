//! A study in the store's own form: what the instances of a series have in common stands once, and
//! an attribute with one text is just that text. A province's night has tens of millions of slices.

use std::fmt;

use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::attribute::{Attributes, SharedAttributes, Stored, Value};
use crate::model::file::FileFacts;
use crate::model::institution::InstitutionRef;
use crate::model::manifest::ManifestFacts;
use crate::model::measurement::Measurement;
use crate::model::past::PastFacts;
use crate::model::reading::{ModelFacts, ModelReadings};
use crate::model::registry::RegistryFacts;
use crate::model::study::{Instance, RejectedFile, Series, Study};
use crate::model::values::Values;

/// A study as it is written. Fields may be added with `#[serde(default)]`.
#[derive(Serialize, Deserialize)]
pub struct PackedStudy {
    key: String,
    uid: String,
    institution: InstitutionRef,
    series: Vec<PackedSeries>,
    rejected: Vec<RejectedFile>,
    #[serde(default)]
    manifest: ManifestFacts,
    #[serde(default)]
    registry: RegistryFacts,
    #[serde(default)]
    past: PastFacts,
    #[serde(default)]
    models: ModelFacts,
}

#[derive(Serialize, Deserialize)]
struct PackedSeries {
    uid: String,
    modality: String,
    common: PackedAttributes,
    instances: Vec<PackedInstance>,
}

#[derive(Serialize, Deserialize)]
struct PackedInstance {
    file: FileFacts,
    attributes: PackedAttributes,
    frames: Vec<PackedAttributes>,
    measurements: Vec<Measurement>,
    /// Left out where no model concerns the instance: a night has tens of millions of slices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    readings: Vec<ModelReadings>,
}

impl From<Study> for PackedStudy {
    fn from(study: Study) -> Self {
        let Study { key, uid, institution, series, rejected, manifest, registry, past, models } =
            study;
        let series = series.into_iter().map(pack).collect();
        Self { key, uid, institution, series, rejected, manifest, registry, past, models }
    }
}

impl From<PackedStudy> for Study {
    fn from(packed: PackedStudy) -> Self {
        let PackedStudy {
            key,
            uid,
            institution,
            series,
            rejected,
            manifest,
            registry,
            past,
            models,
        } = packed;
        let series = series.into_iter().map(unpack).collect();
        Self { key, uid, institution, series, rejected, manifest, registry, past, models }
    }
}

fn pack(series: Series) -> PackedSeries {
    let Series { uid, modality, instances } = series;
    let common = match instances.len() {
        0 | 1 => Attributes::default(),
        _ => Attributes::in_common(instances.iter().map(|i| &i.attributes)),
    };
    let own = |i: Instance| PackedInstance {
        file: i.file,
        attributes: PackedAttributes(i.attributes.without(&common)),
        frames: i.frames.into_iter().map(PackedAttributes).collect(),
        measurements: i.measurements,
        readings: i.readings,
    };
    let instances = instances.into_iter().map(own).collect();
    PackedSeries { uid, modality, common: PackedAttributes(common), instances }
}

fn unpack(packed: PackedSeries) -> Series {
    let PackedSeries { uid, modality, common, instances } = packed;
    let common = SharedAttributes::from(common.0);
    let whole = |i: PackedInstance| {
        let mut attributes = i.attributes.0;
        attributes.share(&common);
        let frames = i.frames.into_iter().map(|f| f.0).collect();
        let (measurements, readings) = (i.measurements, i.readings);
        Instance { file: i.file, attributes, frames, measurements, readings }
    };
    Series { uid, modality, instances: instances.into_iter().map(whole).collect() }
}

/// A flat list of keys and values in key order.
struct PackedAttributes(Attributes);

impl Serialize for PackedAttributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len() * 2))?;
        for (tag, stored) in self.0.iter() {
            list.serialize_element(&((u32::from(tag.0) << 16) | u32::from(tag.1)))?;
            list.serialize_element(&PackedRef(stored))?;
        }
        list.end()
    }
}

struct PackedRef<'a>(&'a Stored);

impl Serialize for PackedRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = match self.0 {
            Stored::Empty => return serializer.serialize_unit(),
            Stored::Malformed(why) => return one(serializer, "why", why),
            Stored::Present(value) => value,
        };
        match value {
            Value::Text(texts) => match &**texts {
                [text] => serializer.serialize_str(text),
                texts => texts.serialize(serializer),
            },
            Value::Int(numbers) => one(serializer, "int", numbers),
            Value::Float(numbers) => one(serializer, "float", numbers),
            Value::Items(items) => {
                let items: Vec<_> = items.iter().map(|i| PackedAttributes(i.clone())).collect();
                one(serializer, "items", &items)
            }
        }
    }
}

fn one<S: Serializer, T: Serialize + ?Sized>(
    serializer: S,
    kind: &'static str,
    value: &T,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(kind, value)?;
    map.end()
}

impl<'de> Deserialize<'de> for PackedAttributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = PackedAttributes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("keys and values of attributes by turns")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::with_capacity(list.size_hint().unwrap_or(0).min(1024) / 2);
        while let Some(key) = list.next_element::<u32>()? {
            let PackedStored(stored) =
                list.next_element()?.ok_or_else(|| de::Error::custom("a key without a value"))?;
            pairs.push((key, stored));
        }
        Ok(PackedAttributes(Attributes::from_pairs(pairs)))
    }
}

struct PackedStored(Stored);

impl<'de> Deserialize<'de> for PackedStored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StoredVisitor).map(Self)
    }
}

struct StoredVisitor;

impl<'de> Visitor<'de> for StoredVisitor {
    type Value = Stored;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing, a text, texts, or a map of one kind of value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Stored, E> {
        Ok(Stored::Empty)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Stored, E> {
        Ok(Stored::Present(Value::Text(Values::one(text.into()))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Stored, A::Error> {
        let texts = Values::deserialize(de::value::SeqAccessDeserializer::new(list))?;
        Ok(Stored::Present(Value::Text(texts)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Stored, A::Error> {
        let stored = match map.next_key::<&str>()? {
            Some("why") => Stored::Malformed(map.next_value()?),
            Some("int") => Stored::Present(Value::Int(map.next_value()?)),
            Some("float") => Stored::Present(Value::Float(map.next_value()?)),
            Some("items") => {
                let items: Vec<PackedAttributes> = map.next_value()?;
                Stored::Present(Value::Items(items.into_iter().map(|i| i.0).collect()))
            }
            other => return Err(de::Error::custom(format!("unknown kind of value {other:?}"))),
        };
        Ok(stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::reading::{Marker, MarkerClass, ReadState, Reading, Score};
    use crate::model::text::Text;
    use dicom_dictionary_std::tags;

    fn instance(number: &str) -> Instance {
        let mut instance = Instance::default();
        let a = &mut instance.attributes;
        a.set_text(tags::MODALITY, "CT");
        a.set_text(tags::PATIENT_ID, "");
        a.set_text(tags::INSTANCE_NUMBER, number);
        a.set(tags::ROWS, Stored::Present(Value::Int(vec![512].into())));
        a.set(tags::ECHO_TIME, Stored::Present(Value::Float(vec![1.5, f64::MAX].into())));
        a.set(tags::COLUMNS, Stored::Malformed("odd length".into()));
        a.set(tags::IMAGE_TYPE, Stored::Present(Value::Text(vec!["A", ""].into())));
        a.set(tags::STATION_NAME, Stored::Present(Value::Text(Values::from_iter([""; 0]))));
        let mut item = Attributes::default();
        item.set_text(tags::CODE_VALUE, "Empty");
        a.set(
            tags::PROCEDURE_CODE_SEQUENCE,
            Stored::Present(Value::Items(vec![item.clone()].into())),
        );
        instance.frames = vec![item, Attributes::default()];
        instance.measurements = vec![Measurement::of_frame("blank", 0, 0.5)];
        instance.readings = readings();
        instance
    }

    fn readings() -> Vec<ModelReadings> {
        let marker = Marker::new(0, MarkerClass::MirroredL, [1, 2, 3, 4], 0.9);
        let found = vec![Reading::Marker(marker), Reading::Score(Score::new(1, "pa", 0.25))];
        let why = Text::new("缺少运行库", "no runtime");
        let of =
            |model: &str, state, readings| ModelReadings { model: model.into(), state, readings };
        vec![of("a", ReadState::Read, found), of("b", ReadState::CouldNotRun(why), Vec::new())]
    }

    #[test]
    fn every_kind_of_value_comes_back() {
        let series = |instances| Series { uid: "1.2".into(), modality: "CT".into(), instances };
        let study = Study {
            key: "1".into(),
            series: vec![
                series(vec![instance("1"), instance("2"), instance("")]),
                series(vec![instance("1")]),
                series(Vec::new()),
            ],
            ..Study::default()
        };
        let bytes = rmp_serde::to_vec_named(&PackedStudy::from(study.clone())).unwrap();
        let back: PackedStudy = rmp_serde::from_slice(&bytes).unwrap();
        assert_eq!(Study::from(back), study);
    }

    #[test]
    fn damage_is_an_error() {
        let study = Study {
            series: vec![Series { instances: vec![instance("1")], ..Series::default() }],
            ..Study::default()
        };
        let bytes = rmp_serde::to_vec_named(&PackedStudy::from(study)).unwrap();
        for end in 0..bytes.len() {
            assert!(rmp_serde::from_slice::<PackedStudy>(&bytes[..end]).is_err());
        }
    }
}
