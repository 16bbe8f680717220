//! JPEG baseline, extended, progressive and lossless, 2 to 16 bits, through libjpeg-turbo; the
//! components are given as coded, without colour transform.

use std::ffi::CStr;

use turbojpeg_sys as tj;

use super::super::description::Description;
use super::super::recovery;
use super::super::samples::{FrameError, Samples, from_u16};
use super::jpeg_markers::{FrameHeader, closed, frame_header, legal_scan, without_transform};
use super::{Decoded, agree};
use crate::model::file::DecodeFailure;

/// Decodes one frame of `count` samples.
pub(in crate::decode) fn decode(
    data: &[u8],
    d: &Description,
    count: usize,
) -> Result<Decoded, FrameError> {
    let header = frame_header(data).ok_or_else(|| FrameError::corrupt("no jpeg frame header"))?;
    agree(d, header.columns, header.rows, header.components)?;
    if !matches!(header.components, 1 | 3 | 4) {
        return Err(FrameError::description(format!("{} jpeg components", header.components)));
    }
    let mut recoveries = Vec::new();
    let repaired = legal_scan(data, header.process);
    if repaired.is_some() {
        recoveries.push(recovery::JPEG_SCAN.recovery());
    }
    let data = repaired.as_deref().unwrap_or(data);
    let closed = closed(data);
    let data = closed.as_deref().unwrap_or(data);
    let plain = (header.components > 1).then(|| without_transform(data));
    let data = plain.as_deref().unwrap_or(data);

    let (values, warning) = decompress(data, &header, count)?;
    if let Some(text) = warning {
        recoveries.push(recovery::CODEC_WARNING.with(&text));
    }
    let samples = match values {
        Values::Eight(v) if d.signed || d.allocated > 8 => {
            let wide = v.into_iter().map(u16::from).collect();
            from_u16(wide, d.signed, header.precision, d.allocated > 8)
        }
        Values::Eight(v) => Samples::U8(v),
        Values::Sixteen(v) => from_u16(v, d.signed, header.precision, d.allocated > 8),
    };
    Ok(Decoded { recoveries, ..Decoded::of(samples) })
}

enum Values {
    Eight(Vec<u8>),
    Sixteen(Vec<u16>),
}

/// A libjpeg-turbo instance that ends with its scope.
struct Handle(tj::tjhandle);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle came from tj3Init and is destroyed once.
        unsafe { tj::tj3Destroy(self.0) };
    }
}

impl Handle {
    fn new() -> Result<Self, FrameError> {
        // SAFETY: no arguments beyond the kind of instance.
        let raw = unsafe { tj::tj3Init(tj::TJINIT_TJINIT_DECOMPRESS as libc_int) };
        if raw.is_null() { Err(FrameError::corrupt("no jpeg decoder")) } else { Ok(Self(raw)) }
    }

    fn message(&self) -> String {
        // SAFETY: the handle is valid; the text is a NUL-terminated buffer of the instance.
        unsafe { CStr::from_ptr(tj::tj3GetErrorStr(self.0)) }.to_string_lossy().into_owned()
    }

    /// A status to the warning it stands for, or an error.
    fn outcome(&self, status: libc_int) -> Result<Option<String>, FrameError> {
        if status == 0 {
            return Ok(None);
        }
        // SAFETY: the handle is valid.
        let code = unsafe { tj::tj3GetErrorCode(self.0) };
        if code == tj::TJERR_TJERR_WARNING as libc_int {
            Ok(Some(self.message()))
        } else {
            Err(FrameError::corrupt(self.message()))
        }
    }
}

#[expect(non_camel_case_types, reason = "the C type of the interface")]
type libc_int = std::ffi::c_int;

fn decompress(
    data: &[u8],
    header: &FrameHeader,
    count: usize,
) -> Result<(Values, Option<String>), FrameError> {
    let handle = Handle::new()?;
    let format = match header.components {
        1 => tj::TJPF_TJPF_GRAY,
        3 => tj::TJPF_TJPF_RGB,
        _ => tj::TJPF_TJPF_CMYK,
    } as libc_int;
    let (raw, bytes, len) = (handle.0, data.as_ptr(), data.len() as tj::size_t);
    // SAFETY: `data` outlives the call; the instance is valid.
    let status = unsafe { tj::tj3DecompressHeader(raw, bytes, len) };
    let warned = handle.outcome(status)?;
    // SAFETY: the instance is valid; these only read what its header parse found.
    let (width, height) = unsafe {
        (
            tj::tj3Get(raw, tj::TJPARAM_TJPARAM_JPEGWIDTH as libc_int),
            tj::tj3Get(raw, tj::TJPARAM_TJPARAM_JPEGHEIGHT as libc_int),
        )
    };
    // The buffer below is sized by our own reading of the header: libjpeg must agree with it.
    let fits = u32::try_from(width) == Ok(header.columns)
        && u32::try_from(height) == Ok(header.rows)
        && u64::from(header.columns) * u64::from(header.rows) * u64::from(header.components)
            == count as u64;
    if !fits {
        return Err(FrameError::new(
            DecodeFailure::Description,
            "jpeg sizes contradict each other",
        ));
    }
    // SAFETY: each buffer holds rows x columns x components samples of the type written, which
    // is what the instance writes for this pixel format with a pitch of zero.
    let (values, status) = unsafe {
        match header.precision {
            0..=8 => {
                let mut out = vec![0u8; count];
                let status = tj::tj3Decompress8(raw, bytes, len, out.as_mut_ptr(), 0, format);
                (Values::Eight(out), status)
            }
            9..=12 => {
                let mut out = vec![0u16; count];
                let dst = out.as_mut_ptr().cast::<i16>();
                let status = tj::tj3Decompress12(raw, bytes, len, dst, 0, format);
                (Values::Sixteen(out), status)
            }
            _ => {
                let mut out = vec![0u16; count];
                let status = tj::tj3Decompress16(raw, bytes, len, out.as_mut_ptr(), 0, format);
                (Values::Sixteen(out), status)
            }
        }
    };
    let warning = handle.outcome(status)?;
    // libjpeg fills the rest of a scan that ends early with grey; that is no decoded image. (A
    // missing end-of-image marker alone gives another warning and loses nothing.)
    if let Some(text) = warning.as_deref().filter(|t| t.contains("end of data segment")) {
        return Err(FrameError::truncated(text));
    }
    Ok((values, warning.or(warned)))
}
