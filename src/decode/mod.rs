//! From the bytes of one file to header facts ([`open`]: header pass, no pixel is read) and to
//! frames of stored values ([`DicomFile::decode_frame`]). Tolerant of what hospitals really send:
//! every tolerance is noted as a `Recovery`. No judgement, no LUT, no colour transform here.

mod charset;
mod codec;
mod description;
mod dicom_file;
mod element;
mod fingerprint;
mod fragments;
mod functional_groups;
mod iso2022;
mod limits;
mod modality;
mod native;
mod opening;
mod pixels;
mod recovery;
mod samples;
mod scan;
mod sequences;
mod source;
mod start;
mod syntax;
mod value;
mod window;

pub use dicom_file::DicomFile;
pub use limits::Limits;
pub use modality::ModalityMap;
pub use opening::{Opened, open};
pub use recovery::{ALL as RECOVERIES, Kind as RecoveryKind};
pub use samples::{Frame, FrameError, Samples, Scratch, Summary};
pub use source::{ByteSource, FileSource, MemorySource, PathSource};
