//! Looks at one file: one read of its header, one decode of each frame, every measurement taken
//! while the frame is in cache, then the frame is dropped.

use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::checks::contract::Depth;
use crate::decode::{
    self, ByteSource, DicomFile, FileSource, FrameError, MemorySource, Opened, Scratch,
};
use crate::infer::reader::Facts;
use crate::infer::readers::{Concerned, FrameReadings, Readers};
use crate::measure;
use crate::model::file::{DecodeFailure, FileOutcome, PixelState, RejectReason};
use crate::model::measurement::Measurement;
use crate::model::reading::ModelReadings;
use crate::model::text::Text;
use crate::source::archive::{self, Archive, ArchiveError, ArchiveLimits, Unpacked};
use crate::source::{FoundFile, Stamp};

use super::budget::Budget;
use super::clock::StudyClock;
use super::group;

/// How files are looked at.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How deep.
    pub depth: Depth,
    /// Bounds of decoding.
    pub limits: decode::Limits,
    /// Bounds of unpacking.
    pub archive: ArchiveLimits,
    /// Every how manieth slice is given the costlier measures; 0 for none.
    pub sampled_step: u32,
    /// What reads frames by models, at the depth that asks for them.
    pub readers: Option<Arc<Readers>>,
    /// What a study may take; `None` for as long as it takes.
    pub clock: Option<Arc<StudyClock>>,
    /// Members of archives that are looked at, as they are shown with the position of their source; `None` for all.
    pub members: Option<Arc<FxHashSet<(u32, String)>>>,
}

/// What one file came to, with its place.
pub struct Examined<'a> {
    /// The file, or the archive that it is a member of, as it was found.
    pub found: &'a FoundFile,
    /// Path relative to the source; `archive.zip!member` inside an archive.
    pub display: String,
    /// Where the path of its archive ends in `display`.
    pub archive: Option<usize>,
    /// Bytes of the file.
    pub bytes: u64,
    /// What it came to.
    pub outcome: FileOutcome,
}

/// Frames of an instance are decoded side by side from this many bytes on.
const PARALLEL_FROM: u64 = 8 << 20;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::default());
}

/// Looks at a file found by the walk and hands on what it came to; an archive comes to one outcome
/// a member.
pub fn examine(
    found: &FoundFile,
    settings: &Settings,
    budget: &Budget,
    sink: &(impl Fn(Examined<'_>) + Sync),
) {
    let display = &found.display;
    let give = |bytes, outcome| {
        sink(Examined { found, display: display.clone(), archive: None, bytes, outcome });
    };
    // Of one that cannot be opened its entry still tells the size.
    let refused = |error: &io::Error| {
        let looked = found.clone().looked_at();
        give(looked.size, unreadable(display, error));
    };
    let mut size = found.size;
    for _ in 0..LOOKS {
        let source = match FileSource::open(&found.path) {
            Ok(source) => Arc::new(source),
            Err(error) => return refused(&error),
        };
        size = source.len();
        let bytes: Arc<dyn ByteSource> = Arc::clone(&source) as _;
        let outcome = examine_bytes(bytes, found.source, display, settings, budget);
        // Told by what was read of it for its header: no file is read once more to tell archives.
        if source.begins_with(archive::MAGIC) {
            return match source.again() {
                Ok(file) => examine_archive(found, file, settings, budget, sink),
                Err(error) => refused(&error),
            };
        }
        if source.is_unchanged() {
            return give(size, outcome);
        }
        // A log that grows among studies is none of ours; an image that is being written looks like that, too.
        if !matches!(outcome, FileOutcome::Ignored(_)) {
            break;
        }
    }
    give(size, FileOutcome::Rejected(RejectReason::Unreadable, changed(display)));
}

/// How often a file is looked at that is not DICOM and changes meanwhile.
const LOOKS: usize = 3;

fn unreadable(display: &str, error: &io::Error) -> FileOutcome {
    let text = Text::new(
        format!("文件 {display} 无法读取：{error}"),
        format!("file {display} cannot be read: {error}"),
    );
    FileOutcome::Rejected(RejectReason::Unreadable, text)
}

/// What was read of a file that was written to meanwhile is of no one content.
pub(super) fn changed(display: &str) -> Text {
    Text::new(
        format!("文件 {display} 在读取期间发生变化，下次运行时再评价"),
        format!("file {display} changed while it was read; the next run judges it"),
    )
}

/// An outcome, where the file is still what it was when it was opened.
fn of_one_content(outcome: FileOutcome, unchanged: bool, display: &str) -> FileOutcome {
    if unchanged {
        return outcome;
    }
    FileOutcome::Rejected(RejectReason::Unreadable, changed(display))
}

fn examine_archive(
    found: &FoundFile,
    file: File,
    settings: &Settings,
    budget: &Budget,
    sink: &(impl Fn(Examined<'_>) + Sync),
) {
    let opened = file.metadata().ok().as_ref().map(Stamp::of);
    let reject = |display: String, bytes: u64, error: &ArchiveError| {
        let reason = match error {
            ArchiveError::Limit(_) => RejectReason::LimitExceeded,
            error if error.is_of_the_system() => RejectReason::Unreadable,
            _ => RejectReason::ArchiveUndecodable,
        };
        let text = Text::new(
            format!("压缩包中的 {display} 无法读取：{error}"),
            format!("{display}: {error}"),
        );
        let now = std::fs::metadata(&found.path).ok().as_ref().map(Stamp::of);
        let unchanged = opened.is_none() || now == opened;
        let outcome = of_one_content(FileOutcome::Rejected(reason, text), unchanged, &display);
        let archive = (display != found.display).then_some(found.display.len());
        sink(Examined { found, display, archive, bytes, outcome });
    };
    let archive = match Archive::open(file, settings.archive) {
        Ok(archive) => archive,
        Err(error) => {
            let size = opened.map_or(found.size, |stamp| stamp.size);
            return reject(found.display.clone(), size, &error);
        }
    };
    (0..archive.len()).into_par_iter().for_each(|index| {
        let mut archive = archive.clone();
        let name = match archive.member_name(index) {
            Ok(None) => return,
            Ok(Some(name)) => name,
            Err(error) => return reject(format!("{}!#{index}", found.display), 0, &error),
        };
        let display = format!("{}!{name}", found.display);
        let member = (found.source, display);
        if settings.members.as_ref().is_some_and(|wanted| !wanted.contains(&member)) {
            return;
        }
        let (_, display) = member;
        let share = budget.take(archive.memory_of(index));
        let source: Arc<dyn ByteSource> = match archive.unpack(index) {
            Ok(Unpacked::Memory(bytes)) => Arc::new(MemorySource(bytes)),
            Ok(Unpacked::File(file)) => match FileSource::new(file) {
                Ok(source) => Arc::new(source),
                Err(error) => return reject(display, 0, &ArchiveError::Io(error)),
            },
            Err(error) => return reject(display, 0, &error),
        };
        let bytes = source.len();
        let outcome = examine_member(source, found.source, &display, settings);
        let outcome = of_one_content(outcome, archive.is_unchanged(), &display);
        drop(share);
        let archive = Some(found.display.len());
        sink(Examined { found, display, archive, bytes, outcome });
    });
}

/// A member already holds its share, which covers its frames too.
fn examine_member(
    bytes: Arc<dyn ByteSource>,
    source: u32,
    display: &str,
    settings: &Settings,
) -> FileOutcome {
    let alone = Budget::new(u64::MAX);
    examine_bytes(bytes, source, display, settings, &alone)
}

/// Looks at the bytes of one file.
pub fn examine_bytes(
    bytes: Arc<dyn ByteSource>,
    source: u32,
    display: &str,
    settings: &Settings,
    budget: &Budget,
) -> FileOutcome {
    let looked =
        catch_unwind(AssertUnwindSafe(|| match decode::open(bytes, display, &settings.limits) {
            Opened::Ignored(reason) => FileOutcome::Ignored(reason),
            Opened::Rejected(reason, text) => FileOutcome::Rejected(reason, text),
            Opened::Dicom(file) => {
                let mut file = *file;
                display.clone_into(&mut file.file.path);
                file.file.source = source;
                let mut touched = Touched::default();
                if settings.depth >= Depth::Pixels && file.has_pixel_data() {
                    let readers =
                        settings.readers.as_ref().filter(|_| settings.depth >= Depth::Models);
                    let facts = Facts { attributes: &file.attributes, file: &file.file };
                    let concerned = readers.map(|readers| readers.of(&facts));
                    let concerned = concerned.filter(|c| !c.is_empty());
                    let clock = settings.clock.as_deref().map(|clock| {
                        let folder = crate::source::folder_of(display);
                        (clock, group::study_key(&file.attributes, source, folder))
                    });
                    let (readers, sampled_step) = (concerned.as_ref(), settings.sampled_step);
                    let ways = Ways { readers, sampled_step, clock };
                    touched = touch(&file, budget, &ways);
                    file.file.pixels = touched.state;
                    file.file.pixel_digest = touched.digest;
                    file.file.recoveries.extend(touched.recoveries);
                }
                let mut instance = file.into_instance();
                instance.measurements = touched.measurements;
                instance.readings = touched.readings;
                FileOutcome::Evaluated(Box::new(instance))
            }
        }));
    looked.unwrap_or_else(|_| {
        FileOutcome::Rejected(
            RejectReason::HeaderUndecodable,
            Text::new(
                format!("读取文件 {display} 时程序内部出错，该文件未被评价"),
                format!("file {display}: reading it broke this program; it was not judged"),
            ),
        )
    })
}

/// What the one touch of an instance's pixels gave.
#[derive(Default)]
struct Touched {
    state: PixelState,
    digest: Option<String>,
    measurements: Vec<Measurement>,
    readings: Vec<ModelReadings>,
    recoveries: Vec<crate::model::file::Recovery>,
}

type FrameTouch = Result<(measure::FrameMeasures, FrameReadings), FrameError>;

/// How the frames of a file are looked at.
struct Ways<'a> {
    readers: Option<&'a Concerned<'a>>,
    sampled_step: u32,
    /// And the key of the study.
    clock: Option<(&'a StudyClock, String)>,
}

fn touch(file: &DicomFile, budget: &Budget, ways: &Ways<'_>) -> Touched {
    let frames = file.frame_count();
    let all_bytes = file.frame_bytes().saturating_mul(u64::from(frames));
    let touched: Vec<FrameTouch> = if frames > 1 && all_bytes >= PARALLEL_FROM {
        let frames = (0..frames).into_par_iter();
        frames.map(|frame| touch_frame(file, frame, budget, ways)).collect()
    } else {
        (0..frames).map(|frame| touch_frame(file, frame, budget, ways)).collect()
    };
    summarise(touched, ways.readers)
}

fn touch_frame(file: &DicomFile, frame: u32, budget: &Budget, ways: &Ways<'_>) -> FrameTouch {
    let _share = budget.take(file.frame_bytes());
    let touch = || {
        SCRATCH.with_borrow_mut(|scratch| {
            let decoded = file.decode_frame(frame, scratch)?;
            let measured = measure::measure_frame(file, frame, &decoded, ways.sampled_step);
            let read = ways.readers.map(|readers| readers.read(&file.attributes, frame, &decoded));
            decoded.recycle(scratch);
            Ok((measured, read.unwrap_or_default()))
        })
    };
    match &ways.clock {
        Some((clock, study)) => clock.timed(study, touch),
        None => touch(),
    }
}

/// Whether a frame may be read another time.
pub(super) fn is_passing(failure: DecodeFailure) -> bool {
    matches!(failure, DecodeFailure::Unreadable | DecodeFailure::TimeLimit)
}

fn summarise(touched: Vec<FrameTouch>, readers: Option<&Concerned<'_>>) -> Touched {
    let (mut measurements, mut read) = (Vec::new(), Vec::new());
    let mut recoveries: Vec<crate::model::file::Recovery> = Vec::new();
    let mut digests = measure::DigestOfFrames::default();
    let (mut failed, mut first) = (0u32, None);
    let (mut passing, mut not_now) = (0u32, None);
    for (frame, result) in (0u32..).zip(touched) {
        match result {
            Ok((measured, readings)) => {
                read.push(readings);
                digests.add(measured.digest);
                measurements.extend(measured.measurements);
                for recovery in measured.recoveries {
                    if !recoveries.contains(&recovery) {
                        recoveries.push(recovery);
                    }
                }
            }
            Err(error) if is_passing(error.failure) => {
                not_now.get_or_insert((frame, error));
                passing += 1;
            }
            Err(error) => {
                failed += 1;
                first.get_or_insert((frame, error));
            }
        }
    }
    // A fault of the data is told as such; what may be read another time counts where there is none.
    if first.is_none() {
        (failed, first) = (passing, not_now);
    }
    let undecoded = first.as_ref().map(|(frame, error)| {
        Text::new(
            format!("第 {} 帧无法解码：{error}", frame + 1),
            format!("frame {} cannot be decoded: {error}", frame + 1),
        )
    });
    let readings = readers.map(|r| r.summarise(read, undecoded)).unwrap_or_default();
    let (state, digest) = match first {
        None => (PixelState::Decoded, Some(digests.finish())),
        Some((frame, error)) => {
            let FrameError { failure, why, .. } = error;
            (PixelState::Failed { failure, frame, failed, why }, None)
        }
    };
    Touched { state, digest, measurements, readings, recoveries }
}
