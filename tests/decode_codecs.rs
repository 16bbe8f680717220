//! One round trip for each codec family, on images made here: taking a codec out makes a test
//! fail, with or without the shared data.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at once")]

mod synthetic;

use std::borrow::Cow;
use std::io::Write;
use std::sync::Arc;

use dicom_core::value::C;
use dicom_encoding::adapters::{EncodeOptions, PixelDataObject, RawPixelData};
use dicom_encoding::transfer_syntax::{Codec, TransferSyntaxIndex};
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;
use hrgate::decode::{DicomFile, FrameError, Limits, MemorySource, Opened, Samples, Scratch, open};
use hrgate::model::file::DecodeFailure;
use synthetic::{Image, encapsulated, header, native};
use turbojpeg_sys as tj;

const SIDE: u16 = 8;

/// The picture of every test: 8 x 8, 12 bits.
fn picture() -> Vec<u16> {
    (0..SIDE * SIDE).map(|i| i * 61 % 4096).collect()
}

fn image(syntax: &'static str, allocated: u16, stored: u16) -> Image {
    Image {
        syntax,
        rows: SIDE,
        columns: SIDE,
        samples: 1,
        allocated,
        stored,
        frames: 1,
        photometric: "MONOCHROME2",
    }
}

fn opened(bytes: Vec<u8>) -> Box<DicomFile> {
    match open(Arc::new(MemorySource(bytes)), "synthetic", &Limits::default()) {
        Opened::Dicom(file) => file,
        Opened::Ignored(reason) => panic!("ignored: {reason:?}"),
        Opened::Rejected(reason, text) => panic!("rejected: {reason:?} {}", text.en),
    }
}

fn decode(bytes: Vec<u8>) -> Result<Samples, FrameError> {
    opened(bytes).decode_frame(0, &mut Scratch::default()).map(|f| f.data)
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// The picture as an encoder of dicom-rs wants it.
struct Native {
    bytes: Vec<u8>,
    stored: u16,
}

impl PixelDataObject for Native {
    fn transfer_syntax_uid(&self) -> &'static str {
        "1.2.840.10008.1.2.1"
    }
    fn rows(&self) -> Option<u16> {
        Some(SIDE)
    }
    fn cols(&self) -> Option<u16> {
        Some(SIDE)
    }
    fn samples_per_pixel(&self) -> Option<u16> {
        Some(1)
    }
    fn bits_allocated(&self) -> Option<u16> {
        Some(16)
    }
    fn bits_stored(&self) -> Option<u16> {
        Some(self.stored)
    }
    fn photometric_interpretation(&self) -> Option<&str> {
        Some("MONOCHROME2")
    }
    fn number_of_frames(&self) -> Option<u32> {
        Some(1)
    }
    fn number_of_fragments(&self) -> Option<u32> {
        None
    }
    fn fragment(&self, _: usize) -> Option<Cow<'_, [u8]>> {
        Some(Cow::Borrowed(&self.bytes))
    }
    fn offset_table(&self) -> Option<Cow<'_, [u32]>> {
        None
    }
    fn raw_pixel_data(&self) -> Option<RawPixelData> {
        let fragments = C::from_vec(vec![self.bytes.clone()]);
        Some(RawPixelData { fragments, offset_table: C::new() })
    }
}

fn encoded(syntax: &str, stored: u16) -> Vec<u8> {
    let bytes = picture().iter().flat_map(|v| v.to_le_bytes()).collect();
    let codec = TransferSyntaxRegistry.get(syntax).expect("a known syntax").codec();
    let Codec::EncapsulatedPixelData(_, Some(writer)) = codec else { panic!("no encoder") };
    let (mut out, mut options) = (Vec::new(), EncodeOptions::new());
    options.quality = Some(100);
    writer.encode_frame(&Native { bytes, stored }, 0, options, &mut out).expect("encodes");
    out
}

#[test]
fn native_frames_are_cut_by_offset() {
    let two = Image { frames: 2, ..image("1.2.840.10008.1.2.1", 16, 12) };
    let value: Vec<u8> = picture().iter().chain(&picture()).flat_map(|v| v.to_le_bytes()).collect();
    let file = opened(native(&two, &value));
    let mut scratch = Scratch::default();
    assert_eq!(file.frame_count(), 2);
    for index in 0..2 {
        let frame = file.decode_frame(index, &mut scratch).unwrap();
        assert_eq!(frame.data, Samples::U16(picture()));
        frame.recycle(&mut scratch);
    }
    assert!(file.decode_frame(2, &mut scratch).is_err());
    let short = opened(native(&two, &value[..value.len() - 2]));
    assert!(short.decode_frame(0, &mut scratch).is_ok());
    assert_eq!(short.decode_frame(1, &mut scratch).unwrap_err().failure, DecodeFailure::Truncated);
}

#[test]
fn a_deflated_data_set_is_read_and_its_pixels_too() {
    let plain = image("1.2.840.10008.1.2.1.99", 16, 12);
    let value: Vec<u8> = picture().iter().flat_map(|v| v.to_le_bytes()).collect();
    let whole = native(&plain, &value);
    let start = whole.windows(4).position(|w| w == [8, 0, 0x16, 0]).unwrap();
    let mut packed = whole[..start].to_vec();
    packed.extend(deflate(&whole[start..]));
    assert_eq!(decode(packed).unwrap(), Samples::U16(picture()));
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut e = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    e.write_all(bytes).unwrap();
    e.finish().unwrap()
}

#[test]
fn deflated_image_frames_decode() {
    let value: Vec<u8> = picture().iter().flat_map(|v| v.to_le_bytes()).collect();
    let file = encapsulated(&image("1.2.840.10008.1.2.8.1", 16, 12), &[&deflate(&value)]);
    assert_eq!(decode(file).unwrap(), Samples::U16(picture()));
}

#[test]
fn rle_decodes_over_several_fragments() {
    // Two byte planes as literal runs of 64 bytes.
    let mut frame = vec![0; 64];
    frame[0] = 2;
    frame[4..8].copy_from_slice(&64u32.to_le_bytes());
    frame[8..12].copy_from_slice(&130u32.to_le_bytes());
    for byte in [1, 0] {
        frame.push(63);
        frame.extend(picture().iter().map(|v| v.to_le_bytes()[byte]));
        frame.push(128);
    }
    let image = image("1.2.840.10008.1.2.5", 16, 12);
    assert_eq!(decode(encapsulated(&image, &[&frame])).unwrap(), Samples::U16(picture()));
    let cut = encapsulated(&image, &[&frame[..100], &frame[100..]]);
    assert_eq!(decode(cut).unwrap(), Samples::U16(picture()));
    let short = encapsulated(&image, &[&frame[..150]]);
    assert_eq!(decode(short).unwrap_err().failure, DecodeFailure::Truncated);
}

#[test]
fn jpeg_ls_decodes() {
    let syntax = "1.2.840.10008.1.2.4.80";
    let file = encapsulated(&image(syntax, 16, 12), &[&encoded(syntax, 12)]);
    assert_eq!(decode(file).unwrap(), Samples::U16(picture()));
}

#[test]
fn jpeg_xl_decodes() {
    let syntax = "1.2.840.10008.1.2.4.110";
    let file = encapsulated(&image(syntax, 16, 16), &[&encoded(syntax, 16)]);
    assert_eq!(decode(file).unwrap(), Samples::U16(picture()));
}

/// The picture, 12 bits, reversible, by OpenJPEG.
const J2K: &str = "ff4fff5100290000000000080000000800000000000000000000000800000008000000000000000000010b0101ff52000c00000001000004040001ff5c00044060ff640025000143726561746564206279204f70656e4a5045472076657273696f6e20322e352e34ff90000a00000000006e0001ff93dfe174122b030b0b0ee78c621ed28796a48d770b2a65d596bd90a65ba6736004b18c390c1e3617520d9a8138125b466a2b2c8f36a93f745c5dae0c4c60f6a406404099a08a785be04da805995791d5b4bab69478c44eb8070d86c361b0d86c3fffd9";
/// The picture, 16 bits, reversible, by `OpenJPH`.
const HTJ2K: &str = "ff4fff5100294000000000080000000800000000000000000000000800000008000000000000000000010f0101ff50000800020000000aff52000c00020001000504044001ff5c00132088909090909090909090909090888888ff64001700014f70656e4a50482056657220302e32362e332eff90000a00000000005a0001ff93c0002635f6050774000000c00013400013002afe0207740064f103877400c000134000138010100182740092288900c35400c0002a20001560388ee3aa70827500ce3b77eefcc04201ecb600ffd9";

#[test]
fn jpeg_2000_decodes_and_one_that_ends_early_does_not() {
    let image = image("1.2.840.10008.1.2.4.90", 16, 12);
    let stream = hex(J2K);
    assert_eq!(decode(encapsulated(&image, &[&stream])).unwrap(), Samples::U16(picture()));
    assert!(decode(encapsulated(&image, &[&stream[..150]])).is_err());
}

#[test]
fn high_throughput_jpeg_2000_decodes() {
    let file = encapsulated(&image("1.2.840.10008.1.2.4.201", 16, 16), &[&hex(HTJ2K)]);
    assert_eq!(decode(file).unwrap(), Samples::U16(picture()));
}

/// The picture through libjpeg-turbo's encoder; `lossless` or DCT at best quality.
fn jpeg(precision: i32, lossless: bool) -> Vec<u8> {
    let side = i32::from(SIDE);
    let wide = picture();
    #[expect(clippy::cast_possible_truncation, reason = "shifted to 8 bits")]
    let narrow: Vec<u8> = wide.iter().map(|v| (v >> 4) as u8).collect();
    let gray = tj::TJPF_TJPF_GRAY;
    // SAFETY: the buffers hold 8 x 8 samples of the type each call reads; the JPEG buffer is
    // allocated by the library, copied and given back.
    unsafe {
        let handle = tj::tj3Init(tj::TJINIT_TJINIT_COMPRESS.try_into().unwrap());
        assert!(!handle.is_null());
        let set = |p: tj::TJPARAM, v: i32| {
            assert_eq!(tj::tj3Set(handle, p.try_into().unwrap(), v), 0);
        };
        set(tj::TJPARAM_TJPARAM_PRECISION, precision);
        set(tj::TJPARAM_TJPARAM_LOSSLESS, i32::from(lossless));
        if !lossless {
            set(tj::TJPARAM_TJPARAM_QUALITY, 100);
            set(tj::TJPARAM_TJPARAM_SUBSAMP, tj::TJSAMP_TJSAMP_GRAY);
        }
        let (mut out, mut size) = (std::ptr::null_mut(), 0);
        let status = match precision {
            8 => tj::tj3Compress8(
                handle,
                narrow.as_ptr(),
                side,
                0,
                side,
                gray,
                &raw mut out,
                &raw mut size,
            ),
            12 => {
                let src = wide.as_ptr().cast();
                tj::tj3Compress12(handle, src, side, 0, side, gray, &raw mut out, &raw mut size)
            }
            _ => tj::tj3Compress16(
                handle,
                wide.as_ptr(),
                side,
                0,
                side,
                gray,
                &raw mut out,
                &raw mut size,
            ),
        };
        assert_eq!(status, 0, "the encoder failed");
        let bytes = std::slice::from_raw_parts(out, usize::try_from(size).unwrap()).to_vec();
        tj::tj3Free(out.cast());
        tj::tj3Destroy(handle);
        bytes
    }
}

#[test]
fn jpeg_lossless_decodes_at_12_and_16_bits() {
    for precision in [12, 16] {
        let stored = u16::try_from(precision).unwrap();
        for syntax in ["1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"] {
            let file = encapsulated(&image(syntax, 16, stored), &[&jpeg(precision, true)]);
            assert_eq!(decode(file).unwrap(), Samples::U16(picture()), "{syntax} {precision}");
        }
    }
}

#[test]
fn jpeg_baseline_and_12_bit_extended_decode() {
    let near = |a: i64, b: i64| assert!((a - b).abs() <= 2, "{a} {b}");
    let baseline = encapsulated(&image("1.2.840.10008.1.2.4.50", 8, 8), &[&jpeg(8, false)]);
    let Ok(Samples::U8(values)) = decode(baseline) else { panic!("baseline") };
    for (got, wanted) in values.iter().zip(picture()) {
        near((*got).into(), i64::from(wanted >> 4));
    }
    let extended = encapsulated(&image("1.2.840.10008.1.2.4.51", 16, 12), &[&jpeg(12, false)]);
    let Ok(Samples::U16(values)) = decode(extended) else { panic!("extended") };
    for (got, wanted) in values.iter().zip(picture()) {
        near((*got).into(), wanted.into());
    }
}

#[test]
fn a_jpeg_that_ends_early_is_no_image() {
    let whole = jpeg(16, true);
    let cut = &whole[..whole.len() - 40];
    let error = decode(encapsulated(&image("1.2.840.10008.1.2.4.70", 16, 16), &[cut])).unwrap_err();
    assert_eq!(error.failure, DecodeFailure::Truncated, "{error}");
}

#[test]
fn a_code_stream_of_another_size_is_refused() {
    let other = Image { rows: 9, ..image("1.2.840.10008.1.2.4.70", 16, 16) };
    let error = decode(encapsulated(&other, &[&jpeg(16, true)])).unwrap_err();
    assert_eq!(error.failure, DecodeFailure::Description);
    let other = Image { columns: 7, ..image("1.2.840.10008.1.2.4.90", 16, 12) };
    let error = decode(encapsulated(&other, &[&hex(J2K)])).unwrap_err();
    assert_eq!(error.failure, DecodeFailure::Description);
}

#[test]
fn a_video_syntax_is_unsupported_and_says_so() {
    let file = encapsulated(&image("1.2.840.10008.1.2.4.102", 8, 8), &[b"video"]);
    let error = decode(file).unwrap_err();
    assert_eq!(error.failure, DecodeFailure::UnsupportedSyntax);
}

#[test]
fn a_pixel_digest_depends_on_the_pixels_only() {
    let image = image("1.2.840.10008.1.2.1", 16, 12);
    let a = opened(native(&image, &[1; 128]));
    let mut renamed = native(&image, &[1; 128]);
    let at = renamed.windows(3).position(|w| w == b"Doe").unwrap();
    renamed[at] = b'X';
    let b = opened(renamed);
    let c = opened(native(&image, &[2; 128]));
    assert_eq!(a.pixel_digest().unwrap(), b.pixel_digest().unwrap());
    assert_ne!(a.pixel_digest().unwrap(), c.pixel_digest().unwrap());
    assert_ne!(a.file.content_fingerprint, b.file.content_fingerprint);
    assert_eq!(a.file.pixel_bytes_expected, Some(128));
    assert!(!opened(header(&image)).has_pixel_data());
}
