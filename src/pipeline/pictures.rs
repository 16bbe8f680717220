//! Pictures of failing images for reports: the few files that are shown are opened once more.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dicom_dictionary_std::tags;

use crate::decode::{
    self, ByteSource, DicomFile, FileSource, Frame, Limits, MemorySource, ModalityMap, Opened,
    Samples, Scratch,
};
use crate::model::outcome::Subject;
use crate::model::study::{Instance, Study};
use crate::report::picture::{self, FrameImage, Picture, PictureOptions, Pixels, Window};
use crate::source::archive::{Archive, ArchiveLimits, Unpacked};

/// Opens a file again by its source and its path relative to it (`archive.zip!member` too).
///
/// # Errors
/// The file is gone or cannot be read.
pub fn reopen(roots: &[PathBuf], source: u32, display: &str) -> io::Result<Arc<dyn ByteSource>> {
    let root = roots.get(source as usize).ok_or(io::ErrorKind::NotFound)?;
    let place = |relative: &str| {
        if root.is_file() { root.clone() } else { root.join(relative) }
    };
    for (at, _) in display.match_indices('!') {
        let archive = place(&display[..at]);
        if archive.is_file() {
            return reopen_member(&archive, &display[at + 1..]);
        }
    }
    Ok(Arc::new(FileSource::new(File::open(place(display))?)?))
}

fn reopen_member(path: &Path, member: &str) -> io::Result<Arc<dyn ByteSource>> {
    let mut archive =
        Archive::open(File::open(path)?, ArchiveLimits::default()).map_err(io::Error::other)?;
    for index in 0..archive.len() {
        if archive.member_name(index).ok().flatten().as_deref() == Some(member) {
            return Ok(match archive.unpack(index).map_err(io::Error::other)? {
                Unpacked::Memory(bytes) => Arc::new(MemorySource(bytes)),
                Unpacked::File(file) => Arc::new(FileSource::new(file)?),
            });
        }
    }
    Err(io::ErrorKind::NotFound.into())
}

/// The instance and frame that show a subject: the instance itself, or the middle of the series.
fn shown<'s>(study: &'s Study, subject: &Subject) -> Option<(&'s Instance, u32)> {
    let of_series = |uid: &str| study.series.iter().find(|s| s.uid == uid);
    if let Some(sop) = &subject.sop_uid {
        let instance = study.instances().map(|(_, i)| i).find(|i| i.sop_uid() == sop)?;
        return Some((instance, subject.frame.unwrap_or(instance.frame_count() / 2)));
    }
    let series = match &subject.series_uid {
        Some(uid) => of_series(uid)?,
        None => study.series.iter().max_by_key(|s| s.instances.len())?,
    };
    let with_pixels: Vec<&Instance> =
        series.instances.iter().filter(|i| i.has_pixel_data()).collect();
    let middle = with_pixels.get(with_pixels.len() / 2)?;
    Some((middle, middle.frame_count() / 2))
}

/// Where the image lies that shows a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Position of its source on the command line.
    pub source: u32,
    /// Path relative to the source; `archive.zip!member` inside an archive.
    pub path: String,
    /// Frame, from 0.
    pub frame: u32,
}

/// The place of the image that shows a subject; found while the study is at hand, so that nobody
/// puts it together again for its picture.
pub fn place_of(study: &Study, subject: &Subject) -> Option<Place> {
    let (instance, frame) = shown(study, subject)?;
    Some(Place { source: instance.file.source, path: instance.file.path.clone(), frame })
}

/// The picture of a subject; `None` where the image cannot be decoded any more.
pub fn picture_at(
    roots: &[PathBuf],
    place: &Place,
    subject: &Subject,
    options: &PictureOptions,
) -> Option<Picture> {
    let source = reopen(roots, place.source, &place.path).ok()?;
    let Opened::Dicom(file) = decode::open(source, &place.path, &Limits::default()) else {
        return None;
    };
    let decoded = file.decode_frame(place.frame, &mut Scratch::default()).ok()?;
    render(&file, &decoded, subject.bbox, options)
}

fn render(
    file: &DicomFile,
    frame: &Frame,
    bbox: Option<[u32; 4]>,
    options: &PictureOptions,
) -> Option<Picture> {
    let header = &file.attributes;
    let (rgb, grey);
    let pixels = if frame.samples >= 3 {
        rgb = colour(frame)?;
        Pixels::Rgb(&rgb)
    } else {
        // A picture is better than none where a table stands instead of slope and intercept.
        let map = ModalityMap::of(|_| header).unwrap_or(ModalityMap::STORED);
        let mut values = Vec::new();
        ModalityMap { padding: None, ..map }.apply(&frame.data, &mut values);
        grey = values;
        #[expect(clippy::cast_possible_truncation, reason = "a window of the image itself")]
        let window = header
            .float(tags::WINDOW_CENTER)
            .zip(header.float(tags::WINDOW_WIDTH))
            .map(|(centre, width)| Window { centre: centre as f32, width: width as f32 });
        #[expect(clippy::cast_possible_truncation, reason = "a value of the image itself")]
        let padding =
            header.float(tags::PIXEL_PADDING_VALUE).map(|p| (p * map.slope + map.intercept) as f32);
        let monochrome1 = frame.photometric.trim() == "MONOCHROME1";
        Pixels::Grey { values: &grey, monochrome1, window, padding }
    };
    let spacing = header
        .array::<2>(tags::PIXEL_SPACING)
        .or_else(|| header.array::<2>(tags::IMAGER_PIXEL_SPACING));
    let image = FrameImage {
        pixels,
        rows: frame.rows as usize,
        columns: frame.columns as usize,
        spacing,
        modality: header.text(tags::MODALITY).unwrap_or_default(),
        bbox,
    };
    picture::render(&image, options).ok()
}

/// Red, green, blue of 8-bit colour; YBR is turned into RGB by ITU-R BT.601 as PS3.3 C.7.6.3.1.2
/// defines it.
fn colour(frame: &Frame) -> Option<Vec<u8>> {
    let Samples::U8(values) = &frame.data else { return None };
    if !frame.photometric.starts_with("YBR") {
        return Some(values.clone());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0..=255"
    )]
    let byte = |x: f32| x.round().clamp(0.0, 255.0) as u8;
    let rgb = values.chunks_exact(3).flat_map(|p| {
        let (y, cb, cr) = (f32::from(p[0]), f32::from(p[1]) - 128.0, f32::from(p[2]) - 128.0);
        [byte(y + 1.402 * cr), byte(y - 0.344_14 * cb - 0.714_14 * cr), byte(y + 1.772 * cb)]
    });
    Some(rgb.collect())
}
