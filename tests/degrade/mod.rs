//! Series of the shared data with their pixels changed, in stored values.

use std::path::{Path, PathBuf};

use dicom_core::value::PrimitiveValue;
use dicom_core::{DataElement, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::mem::InMemDicomObject;
use dicom_object::{DefaultDicomObject, open_file};

mod volume;

type Element = DataElement<InMemDicomObject>;

/// The studies of the shared data, where they are there.
pub fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let root = std::env::var_os("HRGATE_SHARED").map_or(beside, PathBuf::from);
    Some(root.join("data/studies")).filter(|p| p.is_dir())
}

/// Copies a series with changed pixels under a Study Instance UID of its own; images that `change` says no
/// to are left out. `from` is a folder of files, or `volumes/NAME` for one of the shared CT volumes, written as
/// the first slice of `template` is.
pub fn series(
    data: &Path,
    from: &str,
    template: &str,
    to: &Path,
    uid: &str,
    change: &dyn Fn(usize, usize, &mut Image) -> bool,
) {
    std::fs::create_dir_all(to).unwrap();
    let slices = match from.strip_prefix("volumes/") {
        Some(name) => {
            let file = data.join("../ct/volumes").join(name).with_extension("nii.gz");
            volume::slices(&file, &objects(&data.join(template))[0])
        }
        None => objects(&data.join(from)),
    };
    let of = slices.len();
    assert!(of > 3, "{from}: {of} slices");
    for (at, mut object) in slices.into_iter().enumerate() {
        let mut image = Image::of(&object);
        if !change(at, of, &mut image) {
            continue;
        }
        object.put(DataElement::new(tags::PIXEL_DATA, VR::OW, image.stored()));
        image.put.into_iter().for_each(|element| {
            object.put(element);
        });
        // So that slices are sampled whatever numbers the excerpt has.
        object.put(text(tags::INSTANCE_NUMBER, VR::IS, &(at + 1).to_string()));
        object.put(text(tags::STUDY_INSTANCE_UID, VR::UI, uid));
        object.put(text(tags::SERIES_INSTANCE_UID, VR::UI, &format!("{uid}.1")));
        object.put(text(tags::SOP_INSTANCE_UID, VR::UI, &format!("{uid}.1.{at}")));
        object.write_to_file(to.join(format!("{at}.dcm"))).unwrap();
    }
}

/// The images of a folder in the order of their numbers.
fn objects(folder: &Path) -> Vec<DefaultDicomObject> {
    let files = std::fs::read_dir(folder).unwrap().flatten().map(|e| e.path());
    let mut numbered: Vec<(i64, DefaultDicomObject)> = files
        .filter_map(|path| {
            let object = open_file(path).ok()?;
            let number = object.element(tags::INSTANCE_NUMBER).ok()?.to_int().ok()?;
            Some((number, object))
        })
        .collect();
    numbered.sort_by_key(|s| s.0);
    numbered.into_iter().map(|s| s.1).collect()
}

fn text(tag: Tag, vr: VR, value: &str) -> Element {
    DataElement::new(tag, vr, PrimitiveValue::from(value))
}

/// The stored values of a slice of 16 bits.
pub struct Image {
    pub rows: usize,
    pub columns: usize,
    values: Vec<f64>,
    signed: bool,
    intercept: f64,
    slope: f64,
    put: Vec<Element>,
    /// Middle of a transverse slice, LPS, mm.
    middle: Option<[f64; 3]>,
}

impl Image {
    fn of(object: &DefaultDicomObject) -> Self {
        let number = |tag| object.element(tag).ok().and_then(|e| e.to_float64().ok());
        let signed = number(tags::PIXEL_REPRESENTATION) == Some(1.0);
        let bytes = object.element(tags::PIXEL_DATA).unwrap().to_bytes().unwrap();
        let value = |pair: &[u8]| {
            let pair = [pair[0], pair[1]];
            if signed {
                f64::from(i16::from_le_bytes(pair))
            } else {
                f64::from(u16::from_le_bytes(pair))
            }
        };
        let rows = number(tags::ROWS).unwrap() as usize;
        let columns = number(tags::COLUMNS).unwrap() as usize;
        let values: Vec<f64> = bytes.chunks_exact(2).map(value).take(rows * columns).collect();
        let intercept = number(tags::RESCALE_INTERCEPT).unwrap_or(0.0);
        let slope = number(tags::RESCALE_SLOPE).unwrap_or(1.0);
        let numbers = |tag| object.element(tag).ok().and_then(|e| e.to_multi_float64().ok());
        let half = |n: usize, mm: f64| (n as f64 - 1.0) / 2.0 * mm;
        let middle = numbers(tags::IMAGE_POSITION_PATIENT).zip(numbers(tags::PIXEL_SPACING));
        let middle =
            middle.map(|(at, mm)| [at[0] + half(columns, mm[1]), at[1] + half(rows, mm[0]), at[2]]);
        Self { rows, columns, values, signed, intercept, slope, put: Vec::new(), middle }
    }

    fn stored(&self) -> PrimitiveValue {
        let (low, high) = if self.signed { (-32_768.0, 32_767.0) } else { (0.0, 65_535.0) };
        let word = |v: &f64| {
            let v = v.round().clamp(low, high);
            if self.signed { (v as i16).cast_unsigned() } else { v as u16 }
        };
        PrimitiveValue::U16(self.values.iter().map(word).collect())
    }

    /// Sets an attribute of the slice.
    pub fn set(&mut self, tag: Tag, vr: VR, value: &str) {
        self.put.push(text(tag, vr, value));
    }

    /// Sets binary numbers of the slice.
    pub fn set_numbers(&mut self, tag: Tag, values: &[f64]) {
        let value = PrimitiveValue::F64(values.iter().copied().collect());
        self.put.push(DataElement::new(tag, VR::FD, value));
    }

    /// States that the isocentre lies so many mm above the middle of the (transverse) image.
    pub fn isocentre_above(&mut self, mm: f64) {
        let [x, y, z] = self.middle.unwrap();
        self.set_numbers(tags::RECONSTRUCTION_TARGET_CENTER_PATIENT, &[x, y, z]);
        self.set_numbers(tags::DATA_COLLECTION_CENTER_PATIENT, &[x, y - mm, z]);
    }

    /// Pixels drawn together about the centre by a factor; air about them.
    pub fn shrink(&mut self, factor: f64) {
        let old = self.values.clone();
        let (rows, columns) = (self.rows, self.columns);
        let middle = [rows as f64 / 2.0, columns as f64 / 2.0];
        let from = |at: usize, middle: f64| (at as f64 + 0.5 - middle) / factor.max(1e-6) + middle;
        self.map(|row, column, _| {
            let (r, c) = (from(row, middle[0]), from(column, middle[1]));
            let inside = r >= 0.0 && c >= 0.0 && r < rows as f64 && c < columns as f64;
            old[if inside { r as usize * columns + c as usize } else { 0 }]
        });
    }

    /// A square of so many pixels in the middle set to a HU.
    pub fn block(&mut self, side: usize, hu: f64) {
        let stored = (hu - self.intercept) / self.slope;
        let (top, left) = (self.rows / 2 - side / 2, self.columns / 2 - side / 2);
        self.map(|row, column, v| {
            let inside = (top..top + side).contains(&row) && (left..left + side).contains(&column);
            if inside { stored } else { v }
        });
    }

    /// Changes each value by row, column and itself.
    pub fn map(&mut self, change: impl Fn(usize, usize, f64) -> f64) {
        let columns = self.columns;
        for (n, v) in self.values.iter_mut().enumerate() {
            *v = change(n / columns, n % columns, *v);
        }
    }

    /// Sets every pixel to a HU.
    pub fn fill_hu(&mut self, hu: f64) {
        let stored = (hu - self.intercept) / self.slope;
        self.values.fill(stored);
    }

    /// The 90th percentile: the signal of bright tissue.
    pub fn level(&self) -> f64 {
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() * 9 / 10]
    }

    /// White noise; magnitudes stay positive.
    pub fn noise(&mut self, sd: f64, seed: u64) {
        let mut random = Random(seed + 1);
        let signed = self.signed || self.intercept < 0.0;
        self.map_mut(|v| {
            let noisy = v + sd * random.normal();
            if signed { noisy } else { noisy.hypot(sd * random.normal()) }
        });
    }

    fn map_mut(&mut self, mut change: impl FnMut(f64) -> f64) {
        for v in &mut self.values {
            *v = change(*v);
        }
    }

    /// Each row offset by a number of its own inside the body: horizontal streaks.
    pub fn row_noise(&mut self, sd: f64, seed: u64) {
        let mut random = Random(seed + 7);
        let offsets: Vec<f64> = (0..self.rows).map(|_| sd * random.normal()).collect();
        let tissue = (-200.0 - self.intercept) / self.slope;
        self.map(|row, _, v| if v > tissue { v + offsets[row] } else { v });
    }

    /// Rings of two pixels about the centre, each 17 pixels.
    pub fn rings(&mut self, height: f64) {
        let (y0, x0) = (self.rows as f64 / 2.0 - 0.5, self.columns as f64 / 2.0 - 0.5);
        self.map(|row, column, v| {
            let radius = (row as f64 - y0).hypot(column as f64 - x0);
            if radius as usize % 17 < 2 { v + height } else { v }
        });
    }

    /// Moved to the right and down; what comes in repeats the outermost columns: air, with its noise.
    pub fn shift(&mut self, right: isize, down: isize) {
        const EDGE: usize = 8;
        let old = self.values.clone();
        let (rows, columns) = (self.rows.cast_signed(), self.columns.cast_signed());
        self.map(|row, column, _| {
            let (r, c) = (row.cast_signed() - down, column.cast_signed() - right);
            let inside = (0..rows).contains(&r) && (0..columns).contains(&c);
            let air = row * columns.cast_unsigned() + column % EDGE;
            old[if inside { (r * columns + c).cast_unsigned() } else { air }]
        });
    }

    /// Moved to the right, what leaves comes in on the left.
    pub fn roll(&mut self, right: usize) {
        let columns = self.columns;
        for row in self.values.chunks_mut(columns) {
            row.rotate_right(right);
        }
    }

    /// A copy along the rows (phase encoding of the series), shifted by a share of the width to both sides.
    pub fn ghost(&mut self, amplitude: f64, shift: f64) {
        let old = self.values.clone();
        let columns = self.columns;
        let by = (shift * columns as f64) as usize;
        self.map(|row, column, v| {
            let at = |c: usize| old[row * columns + c % columns];
            v + amplitude * (at(column + by) + at(column + columns - by))
        });
    }

    /// A copy along the columns, shifted by half the height.
    pub fn half_ghost(&mut self, amplitude: f64) {
        let old = self.values.clone();
        let (rows, columns) = (self.rows, self.columns);
        self.map(|row, column, v| v + amplitude * old[(row + rows / 2) % rows * columns + column]);
    }

    /// A plane wave: one bad sample of k-space.
    pub fn wave(&mut self, amplitude: f64) {
        let level = amplitude * self.level();
        self.map(|row, column, v| {
            (v + level * (1.9 * column as f64 + 1.3 * row as f64).cos()).max(0.0)
        });
    }

    /// An alternating line along the rows, in the lower part of the air and the body.
    pub fn zipper(&mut self, amplitude: f64, seed: u64) {
        let (level, line) = (amplitude * self.level(), self.rows / 20);
        let mut random = Random(seed + 3);
        let size: Vec<f64> =
            (0..self.columns).map(|_| level * (0.6 + 0.4 * random.uniform())).collect();
        self.map(|row, column, v| if row == line { v + size[column] } else { v });
    }

    /// Signal that falls by a factor from left to right.
    pub fn ramp(&mut self, ratio: f64) {
        let columns = self.columns as f64;
        self.map(|_, column, v| v * ratio.powf(-(column as f64) / columns));
    }

    /// The mean of a square of `2 radius + 1` pixels.
    pub fn blur(&mut self, radius: usize) {
        for turn in 0..2 {
            let old = self.values.clone();
            let (rows, columns) = (self.rows, self.columns);
            self.map(|row, column, _| {
                let (at, most) = if turn == 0 { (row, rows) } else { (column, columns) };
                let near = at.saturating_sub(radius)..(at + radius + 1).min(most);
                let n = near.len() as f64;
                let one = |k: usize| {
                    if turn == 0 { old[k * columns + column] } else { old[row * columns + k] }
                };
                near.map(one).sum::<f64>() / n
            });
        }
    }
}

/// Splitmix64.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}
