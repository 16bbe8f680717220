//! The values of one measurement over a series, to be looked up slice by slice.

use rustc_hash::FxHashMap;

use crate::model::study::Series;

/// A value, and the place in the frame it was taken on (pixels: columns, then rows).
pub type Placed = (f64, Option<[u32; 4]>);

/// The values of one measurement, by index of the instance and 0-based frame.
#[derive(Clone, Debug, Default)]
pub struct Column(FxHashMap<(usize, u32), Placed>);

impl Column {
    /// Gathers a measurement over the frames of a series.
    pub fn of(series: &Series, name: &str) -> Self {
        let instances = series.instances.iter().enumerate();
        let values = instances.flat_map(|(index, instance)| {
            let taken = instance.measurements.iter().filter(|m| m.name == name);
            taken.filter_map(move |m| Some(((index, m.frame?), (m.value, m.place))))
        });
        Self(values.collect())
    }

    /// Values worked out of others.
    pub fn from_values(values: impl IntoIterator<Item = ((usize, u32), Placed)>) -> Self {
        Self(values.into_iter().collect())
    }

    /// The value of a frame and the place it was taken on.
    pub fn get(&self, instance: usize, frame: u32) -> Option<Placed> {
        self.0.get(&(instance, frame)).copied()
    }
}
