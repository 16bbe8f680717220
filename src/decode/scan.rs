//! The header pass over a data set: one bounded walk over element headers that reads the kept
//! attributes and jumps over everything else, up to the pixel data element. Declared lengths are
//! never trusted and never allocated.

use std::cell::Cell;

use crate::model::attribute::{Attributes, Stored, Value};
use crate::model::text::Text;
use crate::model::values::ValueText;

use super::charset::Charset;
use super::element::{HEADER_BYTES, Header, ITEM, ITEM_END, SEQUENCE_END, Syntax, Vr, parse};
use super::limits::Limits;
use super::recovery::{self, Notes};
use super::value::{self, Context, Kept, TOP, Table, keyword, tag_of};
use super::window::Window;

/// The pixel data element, or another one whose value is only located.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Located {
    pub tag: u32,
    pub vr: Vr,
    /// Where the value begins.
    pub at: u64,
    /// Declared length; `None` where undefined.
    pub len: Option<u64>,
}

/// What one walk found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub attributes: Attributes,
    pub pixel: Option<Located>,
    /// Extended Offset Table (7FE0,0001).
    pub offsets: Option<Located>,
    /// Where the walk ended: the pixel data's value, or the last byte understood.
    pub end: u64,
    /// Elements seen at the top level.
    pub elements: u64,
}

/// About as many attributes are kept of a header.
const TYPICAL: usize = 64;
/// Room is made ready for that many at most.
const READY: usize = 512;

thread_local! {
    /// How many were kept of the last header: the next one is mostly of the same series, and its list need not grow.
    static KEPT: Cell<usize> = const { Cell::new(TYPICAL) };
}

const CHARSET: u32 = 0x0008_0005;
const PIXEL_REPRESENTATION: u32 = 0x0028_0103;
pub(super) const SHARED_GROUPS: u32 = 0x5200_9229;
pub(super) const PER_FRAME_GROUPS: u32 = 0x5200_9230;
const OFFSETS: u32 = 0x7FE0_0001;
const FLOAT_PIXELS: u32 = 0x7FE0_0008;
const DOUBLE_PIXELS: u32 = 0x7FE0_0009;
const PIXELS: u32 = 0x7FE0_0010;

/// How a run of elements came to its end.
pub(super) enum Ended {
    /// At this offset, as it should.
    At(u64),
    /// A sequence delimiter where an item delimiter was due; it stands at this offset.
    Delimited(u64),
    /// The file or a bound ended it; nothing can follow.
    Stopped,
}

/// Walks a data set from `start`.
pub(super) fn dataset(
    win: &mut Window<'_>,
    start: u64,
    syntax: Syntax,
    limits: &Limits,
    notes: &mut Notes,
) -> Scan {
    let attributes = Attributes::with_capacity(KEPT.get().min(READY));
    let scan = Scan { attributes, ..Scan::default() };
    let mut walker = Walker { win, limits, notes, signed: false, visited: 0, items: 0, scan };
    walker.top(start, syntax);
    KEPT.set(walker.scan.attributes.len());
    walker.scan
}

/// The state of one walk.
pub(super) struct Walker<'w, 'a> {
    pub(super) win: &'w mut Window<'a>,
    pub(super) limits: &'w Limits,
    pub(super) notes: &'w mut Notes,
    pub(super) signed: bool,
    pub(super) visited: u64,
    pub(super) items: u32,
    pub(super) scan: Scan,
}

impl Walker<'_, '_> {
    /// The header at `pos`, or `None` where the walk has to stop (noted why).
    pub(super) fn header(&mut self, pos: u64, syntax: Syntax) -> Option<Header> {
        let left = self.win.len().saturating_sub(pos);
        self.visited += 1;
        if self.visited > self.limits.elements {
            self.exceeded("元素数", "elements", self.limits.elements);
            return None;
        }
        let header = parse(self.win.bytes(pos, HEADER_BYTES), syntax, left);
        match header {
            None => {
                self.notes.truncated |= left > 0;
                if self.win.exhausted() && left > 0 {
                    self.exceeded("文件头字节数", "header bytes", self.limits.header_bytes);
                }
            }
            Some(h) => {
                if let Some(quirk) = h.quirk {
                    self.notes.recover_with(quirk, &tag_of(h.tag).to_string());
                }
            }
        }
        header
    }

    pub(super) fn exceeded(&mut self, zh: &str, en: &str, limit: u64) {
        self.notes.limit.get_or_insert_with(|| {
            Text::new(
                format!("{zh}超过上限{limit}"),
                format!("more {en} than the limit of {limit}"),
            )
        });
    }

    fn top(&mut self, start: u64, syntax: Syntax) {
        let charset = &mut Charset::default();
        let (mut pos, mut last, end) = (start, 0, self.win.len());
        self.scan.end = start;
        while pos < end {
            let Some(h) = self.header(pos, syntax) else { return };
            if trailing_padding(h, end - pos) {
                return;
            }
            if h.tag < last {
                self.notes.recover(recovery::ORDER);
            }
            last = h.tag;
            let at = pos + u64::from(h.size);
            self.scan.elements += 1;
            match h.tag {
                PIXELS | FLOAT_PIXELS | DOUBLE_PIXELS => {
                    self.scan.pixel = Some(located(h, at));
                    self.scan.end = at;
                    return;
                }
                OFFSETS => self.scan.offsets = Some(located(h, at)),
                _ => {}
            }
            let mut out = std::mem::take(&mut self.scan.attributes);
            let next = self.element(h, at, end, syntax, charset, &TOP, Some(&mut out), 0);
            self.scan.attributes = out;
            match next {
                Ended::At(next) => pos = next,
                // A stray delimiter at the top level: step over it.
                Ended::Delimited(at) => pos = at + 8,
                Ended::Stopped => return,
            }
            self.scan.end = pos;
        }
    }

    /// Reads or skips one element whose value begins at `at`; `end` bounds it.
    #[expect(clippy::too_many_arguments, reason = "the state of one level of the walk")]
    pub(super) fn element(
        &mut self,
        h: Header,
        at: u64,
        end: u64,
        syntax: Syntax,
        charset: &mut Charset,
        table: &Table,
        out: Option<&mut Attributes>,
        depth: u32,
    ) -> Ended {
        let kept = table.get(h.tag).filter(|_| out.is_some());
        let kept_sequence = kept.is_some_and(|k| &k.vr == b"SQ");
        if h.tag == ITEM || h.tag == ITEM_END || h.tag == SEQUENCE_END {
            return self.stray(h, at, end);
        }
        if h.len.is_none() || (kept_sequence && h.len != Some(0)) {
            return self.sequence(h, at, end, syntax, charset, kept.zip(out), depth);
        }
        let len = u64::from(h.len.unwrap_or(0));
        let left = end.saturating_sub(at);
        let Some((kept, out)) = kept.zip(out) else {
            return self.after(at, len, left, end);
        };
        let stored = if len > left {
            Stored::Malformed(format!("declares {len} bytes, {left} are left").into())
        } else if len > self.limits.element_bytes as u64 {
            Stored::Malformed(format!("{len} bytes, limit {}", self.limits.element_bytes).into())
        } else {
            self.value(kept, h.vr, at, len, syntax, charset)
        };
        out.set(tag_of(h.tag), stored);
        self.after(at, len, left, end)
    }

    /// Where the next element begins after a value of a declared length.
    pub(super) fn after(&mut self, at: u64, len: u64, left: u64, end: u64) -> Ended {
        if len <= left {
            return Ended::At(at + len);
        }
        if end < self.win.len() {
            // The value leaves its item: what the item declares is the safer bound.
            self.notes.recover(recovery::SEQUENCE_BROKEN);
            return Ended::At(end);
        }
        self.notes.truncated = true;
        Ended::Stopped
    }

    fn stray(&mut self, h: Header, at: u64, end: u64) -> Ended {
        self.notes.recover(recovery::SEQUENCE_UNCLOSED);
        if h.tag == SEQUENCE_END {
            return Ended::Delimited(at - u64::from(h.size));
        }
        if at >= end { Ended::Stopped } else { Ended::At(at) }
    }

    pub(super) fn value(
        &mut self,
        kept: Kept,
        vr: Vr,
        at: u64,
        len: u64,
        syntax: Syntax,
        charset: &mut Charset,
    ) -> Stored {
        let bytes = self.win.bytes(at, usize::try_from(len).unwrap_or(0));
        if (bytes.len() as u64) < len {
            self.notes.truncated = true;
            return Stored::Malformed(format!("{len} bytes could not be read").into());
        }
        let cx = Context { syntax, charset, signed: self.signed };
        let stored = value::read(kept, vr, bytes, &cx, self.notes);
        match kept.tag {
            CHARSET => {
                let values = match &stored {
                    Stored::Present(Value::Text(t)) => t.iter().map(ValueText::as_str).collect(),
                    _ => Vec::new(),
                };
                *charset = Charset::declared(&values);
                if charset.unknown {
                    self.undecodable(CHARSET);
                }
            }
            PIXEL_REPRESENTATION => {
                self.signed = stored == Stored::Present(Value::Int(vec![1].into()));
            }
            _ => {}
        }
        stored
    }

    fn undecodable(&mut self, tag: u32) {
        let name = keyword(tag);
        if !self.notes.undecodable.contains(&name) {
            self.notes.undecodable.push(name);
        }
    }
}

fn located(h: Header, at: u64) -> Located {
    Located { tag: h.tag, vr: h.vr, at, len: h.len.map(u64::from) }
}

/// Zero bytes after the last element are padding of the medium, not elements.
fn trailing_padding(h: Header, left: u64) -> bool {
    h.tag == 0 && h.len == Some(0) && left < 1 << 20
}
