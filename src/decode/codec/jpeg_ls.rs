//! JPEG-LS, lossless and near-lossless, through CharLS.

use std::borrow::Cow;

use super::super::description::Description;
use super::super::native::interleave;
use super::super::samples::{FrameError, Samples, from_u16};
use super::jpeg_markers::frame_header;
use super::{Decoded, adapter, agree};

/// Decodes one frame of `count` samples.
pub(in crate::decode) fn decode(
    data: &[u8],
    d: &Description,
    count: usize,
) -> Result<Decoded, FrameError> {
    let header =
        frame_header(data).ok_or_else(|| FrameError::corrupt("no jpeg-ls frame header"))?;
    agree(d, header.columns, header.rows, header.components)?;
    let d16 = Description { allocated: if d.allocated > 8 { 16 } else { 8 }, ..d.clone() };
    let bytes = adapter::decode("1.2.840.10008.1.2.4.80", &closed(data), &d16)?;
    let wide = header.precision > 8;
    let values: Vec<u16> = if wide {
        bytes.as_chunks::<2>().0.iter().map(|b| u16::from_ne_bytes(*b)).collect()
    } else {
        bytes.into_iter().map(u16::from).collect()
    };
    if values.len() != count {
        let why = format!("the codec gave {} samples of {count}", values.len());
        return Err(FrameError::corrupt(why));
    }
    let samples = from_u16(values, d.signed, header.precision, d.allocated > 8);
    let planar = d.samples > 1 && interleave_mode(data) == Some(0);
    let samples = if planar { interleave(samples, d.samples as usize) } else { samples };
    Ok(Decoded::of(match samples {
        Samples::U8(v) if d.allocated > 8 => Samples::U16(v.into_iter().map(u16::from).collect()),
        other => other,
    }))
}

/// End of image.
const END: [u8; 2] = [0xFF, 0xD9];

/// A code stream that ends in a marker. CharLS reads zeros behind a stream that merely stops, and may look 2^31 bits
/// (seconds) for the one that ends a code word; at a marker it says at once that bits are missing.
fn closed(data: &[u8]) -> Cow<'_, [u8]> {
    if data.ends_with(&END) || data.strip_suffix(&[0]).is_some_and(|d| d.ends_with(&END)) {
        return Cow::Borrowed(data);
    }
    Cow::Owned([data, &END].concat())
}

/// The interleave mode of the first scan: 0 by plane, 1 by line, 2 by sample.
fn interleave_mode(data: &[u8]) -> Option<u8> {
    let at = data.windows(2).position(|w| w == [0xFF, 0xDA])?;
    let components = usize::from(*data.get(at + 4)?);
    data.get(at + 5 + components * 2 + 1).copied()
}

#[cfg(test)]
mod tests {
    use super::super::super::description::Number;
    use super::*;

    /// Found by the fuzz target `pixels`: five seconds for a frame of 128 x 128.
    #[test]
    fn a_stream_that_stops_inside_a_code_word_is_refused_at_once() {
        let mut stream = b"\xFF\xD8\xFF\xF7\x00\x0B\x0F\x00\x80\x00\x80\x01\x01\x11\x00".to_vec();
        stream.extend(b"\xFF\xF8\x00\x0D\x01\x7F\xFF\x00\x12\x00\x43\x01\x14\x00\x40");
        stream.extend(b"\xFF\xDA\x00\x08\x01\x01\x00\x00\x00\x00");
        let d = Description {
            rows: 128,
            columns: 128,
            samples: 1,
            allocated: 16,
            stored: 15,
            signed: false,
            planar: false,
            photometric: "MONOCHROME2".into(),
            number: Number::Integer,
        };
        for more in
            [&[0u8; 40][..], b"\x0F\xA2\x7A\x77\xBE\x5B\x53\xF3\x42\xEE\x97\xB1\x17\x00\x00"]
        {
            let began = std::time::Instant::now();
            assert!(decode(&[&stream, more].concat(), &d, 128 * 128).is_err());
            assert!(began.elapsed().as_secs() < 2, "{:?}", began.elapsed());
        }
    }
}
