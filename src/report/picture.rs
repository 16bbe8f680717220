//! Pictures for people: a frame windowed as a radiologist would see it, small, with its problem
//! boxed. Pure: values in, bytes out. Nothing is ever judged from these pictures.

mod resample;
mod window;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

pub use self::window::Window;

/// Red of the box, chosen to be seen on black and on white.
const BOX_COLOUR: [u8; 3] = [230, 40, 40];

/// Sizes and JPEG qualities tried in turn until the picture is small enough.
const STEPS: [(u32, u8); 7] =
    [(512, 85), (512, 72), (448, 65), (384, 60), (320, 55), (256, 50), (192, 45)];

/// Pixel spacings that differ by more than this factor are taken for a mistake.
const LARGEST_ASPECT: f64 = 10.0;

/// A picture could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// Rows, columns and number of values contradict each other.
    #[error("{rows} rows x {columns} columns do not fit {values} values")]
    Shape {
        /// Rows stated.
        rows: usize,
        /// Columns stated.
        columns: usize,
        /// Values given.
        values: usize,
    },
    /// The encoder refused.
    #[error("the picture cannot be encoded: {0}")]
    Encode(#[from] image::ImageError),
}

/// The values of a frame, row by row.
#[derive(Clone, Copy, Debug)]
pub enum Pixels<'a> {
    /// Modality values of a grey image, polarity as stored.
    Grey {
        /// The values.
        values: &'a [f32],
        /// Photometric Interpretation is MONOCHROME1: low values are white.
        monochrome1: bool,
        /// Window of the header, where there is one.
        window: Option<Window>,
        /// Modality value of pixels outside the image, left out of statistics.
        padding: Option<f32>,
    },
    /// Red, green, blue of each pixel in turn.
    Rgb(&'a [u8]),
}

/// A frame to be shown.
#[derive(Clone, Copy, Debug)]
pub struct FrameImage<'a> {
    /// Its values.
    pub pixels: Pixels<'a>,
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Distance of rows, of columns (Pixel Spacing); `None` for square pixels.
    pub spacing: Option<[f64; 2]>,
    /// Modality; CT without a window is windowed by content.
    pub modality: &'a str,
    /// Box to draw: x0, y0, x1, y1 (columns, then rows).
    pub bbox: Option<[u32; 4]>,
}

/// Kind of file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureFormat {
    /// JPEG: small.
    #[default]
    Jpeg,
    /// PNG: exact.
    Png,
}

/// How a picture is made.
#[derive(Clone, Copy, Debug)]
pub struct PictureOptions {
    /// Longest side in pixels.
    pub max_side: u32,
    /// Most bytes; a JPEG is made smaller and coarser until it fits (or cannot be any smaller).
    pub max_bytes: Option<usize>,
    /// Kind of file.
    pub format: PictureFormat,
}

impl Default for PictureOptions {
    fn default() -> Self {
        Self { max_side: 512, max_bytes: None, format: PictureFormat::Jpeg }
    }
}

/// A picture as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    bytes: Vec<u8>,
    format: PictureFormat,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl Picture {
    /// The file's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// `image/jpeg` or `image/png`.
    pub fn mime(&self) -> &'static str {
        match self.format {
            PictureFormat::Jpeg => "image/jpeg",
            PictureFormat::Png => "image/png",
        }
    }

    /// The picture inside a page, loaded from nowhere.
    pub fn data_uri(&self) -> String {
        format!("data:{};base64,{}", self.mime(), base64(&self.bytes))
    }
}

/// Makes the picture of a frame.
pub fn render(frame: &FrameImage<'_>, options: &PictureOptions) -> Result<Picture, PictureError> {
    check_shape(frame)?;
    let tries = STEPS.iter().filter(|_| options.format == PictureFormat::Jpeg);
    let mut picture = encode(frame, options.max_side, STEPS[0].1, options.format)?;
    for (side, quality) in tries.skip(1) {
        if options.max_bytes.is_none_or(|most| picture.bytes.len() <= most) {
            break;
        }
        picture = encode(frame, options.max_side.min(*side), *quality, options.format)?;
    }
    Ok(picture)
}

fn check_shape(frame: &FrameImage<'_>) -> Result<(), PictureError> {
    let (samples, values) = match frame.pixels {
        Pixels::Grey { values, .. } => (1, values.len()),
        Pixels::Rgb(values) => (3, values.len()),
    };
    let (rows, columns) = (frame.rows, frame.columns);
    let needed = rows.checked_mul(columns).and_then(|n| n.checked_mul(samples));
    if needed == Some(values) && values > 0 {
        Ok(())
    } else {
        Err(PictureError::Shape { rows, columns, values })
    }
}

fn encode(
    frame: &FrameImage<'_>,
    max_side: u32,
    quality: u8,
    format: PictureFormat,
) -> Result<Picture, PictureError> {
    let (width, height) = target(frame, max_side.max(1));
    let (w, h) = (width as usize, height as usize);
    let mut colour = matches!(frame.pixels, Pixels::Rgb(_));
    let mut data = match frame.pixels {
        Pixels::Rgb(values) => resample::rgb(values, frame.columns, frame.rows, w, h),
        Pixels::Grey { values, monochrome1, window, padding } => {
            let window = window::choose(values, window, padding, frame.modality);
            let small = resample::grey(values, frame.columns, frame.rows, w, h);
            window.apply(&small, monochrome1)
        }
    };
    if let Some(bbox) = frame.bbox {
        if !colour {
            data = data.iter().flat_map(|g| [*g; 3]).collect();
            colour = true;
        }
        draw_box(&mut data, [w, h], bbox, [frame.columns, frame.rows]);
    }
    let kind = if colour { ExtendedColorType::Rgb8 } else { ExtendedColorType::L8 };
    let mut bytes = Vec::new();
    match format {
        PictureFormat::Jpeg => {
            JpegEncoder::new_with_quality(&mut bytes, quality)
                .write_image(&data, width, height, kind)?;
        }
        PictureFormat::Png => {
            PngEncoder::new(&mut bytes).write_image(&data, width, height, kind)?;
        }
    }
    Ok(Picture { bytes, format, width, height })
}

/// Size of the picture: physical proportions, longest side at most `max_side`, no side enlarged
/// but where the proportions ask for it.
fn target(frame: &FrameImage<'_>, max_side: u32) -> (u32, u32) {
    let aspect = frame
        .spacing
        .filter(|s| s.iter().all(|v| v.is_finite() && *v > 0.0))
        .map(|[row, column]| row / column)
        .filter(|a| (1.0 / LARGEST_ASPECT..=LARGEST_ASPECT).contains(a))
        .unwrap_or(1.0);
    #[expect(clippy::cast_precision_loss, reason = "image sizes")]
    let (w, h) = (frame.columns as f64 / aspect.min(1.0), frame.rows as f64 * aspect.max(1.0));
    let scale = (f64::from(max_side) / w.max(h)).min(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to max_side")]
    let side = |x: f64| ((x * scale).round() as u32).clamp(1, max_side);
    (side(w), side(h))
}

/// Draws a frame two pixels wide around the box, outside it where there is room.
fn draw_box(data: &mut [u8], size: [usize; 2], bbox: [u32; 4], source: [usize; 2]) {
    let [w, h] = size;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the picture"
    )]
    let scaled = |v: u32, to: usize, from: usize| {
        ((f64::from(v) * to as f64 / from as f64).round().max(0.0) as usize).min(to - 1)
    };
    let (x0, x1) =
        (scaled(bbox[0].min(bbox[2]), w, source[0]), scaled(bbox[0].max(bbox[2]), w, source[0]));
    let (y0, y1) =
        (scaled(bbox[1].min(bbox[3]), h, source[1]), scaled(bbox[1].max(bbox[3]), h, source[1]));
    let (x0, y0) = (x0.saturating_sub(2), y0.saturating_sub(2));
    let (x1, y1) = ((x1 + 2).min(w - 1), (y1 + 2).min(h - 1));
    for y in y0..=y1 {
        for x in x0..=x1 {
            let edge = x < x0 + 2 || y < y0 + 2 || x + 1 >= x1 || y + 1 >= y1;
            if edge && let Some(pixel) = data.get_mut((y * w + x) * 3..(y * w + x) * 3 + 3) {
                pixel.copy_from_slice(&BOX_COLOUR);
            }
        }
    }
}

/// Standard base64 with padding (RFC 4648).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let b = [chunk[0], *chunk.get(1).unwrap_or(&0), *chunk.get(2).unwrap_or(&0)];
        let n = (u32::from(b[0]) << 16) | (u32::from(b[1]) << 8) | u32::from(b[2]);
        for i in 0..4 {
            if i > chunk.len() {
                out.push('=');
            } else {
                out.push(char::from(DIGITS[((n >> (18 - 6 * i)) & 63) as usize]));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
