//! The nested part of the header pass: sequences and items, of defined and undefined length, closed
//! or not, down to a bounded depth.

use crate::model::attribute::{Attributes, Stored, Value};

use super::charset::Charset;
use super::element::{Header, ITEM, ITEM_END, SEQUENCE_END, Syntax};
use super::recovery;
use super::scan::{Ended, PER_FRAME_GROUPS, SHARED_GROUPS, Walker};
use super::value::{Kept, NESTED, tag_of};

impl Walker<'_, '_> {
    /// Reads the items of a sequence, or only finds its end.
    #[expect(clippy::too_many_arguments, reason = "the state of one level of the walk")]
    pub(super) fn sequence(
        &mut self,
        h: Header,
        at: u64,
        end: u64,
        syntax: Syntax,
        charset: &Charset,
        mut keep: Option<(Kept, &mut Attributes)>,
        depth: u32,
    ) -> Ended {
        if depth >= self.limits.nesting {
            self.exceeded("序列嵌套深度", "nested sequences", u64::from(self.limits.nesting));
            return Ended::Stopped;
        }
        // CP-246: a UN element of undefined length is encoded as implicit VR little endian.
        let inner = if h.vr == Some(*b"UN") {
            self.notes.recover(recovery::UN_SEQUENCE);
            Syntax::IMPLICIT_LE
        } else {
            syntax
        };
        let own_end = h.len.map(|l| at.saturating_add(u64::from(l)));
        let bound = own_end.map_or(end, |e| e.min(end));
        let mut found = Vec::new();
        let ended = self.item_list(
            h,
            at,
            bound,
            own_end.is_some(),
            inner,
            charset,
            keep.is_some(),
            &mut found,
            depth,
        );
        if let Some((_, out)) = keep.take() {
            let stored = if found.is_empty() {
                Stored::Empty
            } else {
                Stored::Present(Value::Items(found.into()))
            };
            out.set(tag_of(h.tag), stored);
        }
        match (own_end, ended) {
            (_, Ended::Stopped) => {
                // A broken sequence of known length does not end the data set.
                match own_end.filter(|e| *e <= end && self.notes.limit.is_none()) {
                    Some(e) => {
                        self.notes.recover(recovery::SEQUENCE_BROKEN);
                        Ended::At(e)
                    }
                    None => Ended::Stopped,
                }
            }
            (Some(e), _) if e > end => self.after(at, e - at, end.saturating_sub(at), end),
            (Some(e), _) => Ended::At(e),
            (None, ended) => ended,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the state of one level of the walk")]
    fn item_list(
        &mut self,
        sequence: Header,
        at: u64,
        bound: u64,
        defined: bool,
        syntax: Syntax,
        charset: &Charset,
        keep: bool,
        found: &mut Vec<Attributes>,
        depth: u32,
    ) -> Ended {
        let mut pos = at;
        while pos < bound {
            let Some(h) = self.header(pos, syntax) else { return Ended::Stopped };
            let body = pos + u64::from(h.size);
            match h.tag {
                SEQUENCE_END => return Ended::At(body),
                ITEM => {}
                ITEM_END => {
                    pos = body;
                    continue;
                }
                _ if defined => return Ended::Stopped,
                _ => {
                    self.notes.recover(recovery::SEQUENCE_UNCLOSED);
                    return Ended::At(pos);
                }
            }
            let wanted = keep && self.count_item(sequence.tag, found.len());
            let mut attributes = wanted.then(Attributes::default);
            let own = h.len.map(|l| body.saturating_add(u64::from(l)));
            let item_bound = own.map_or(bound, |e| e.min(bound));
            let ended = if !wanted && own.is_some_and(|e| e <= bound) {
                Ended::At(item_bound)
            } else {
                self.item(
                    body,
                    item_bound,
                    own.is_none(),
                    syntax,
                    charset.clone(),
                    attributes.as_mut(),
                    depth,
                )
            };
            found.extend(attributes);
            match ended {
                Ended::At(next) => pos = next,
                Ended::Delimited(at) => {
                    self.notes.recover(recovery::SEQUENCE_UNCLOSED);
                    return Ended::At(at + 8);
                }
                Ended::Stopped => return Ended::Stopped,
            }
        }
        if !defined {
            self.notes.recover(recovery::SEQUENCE_UNCLOSED);
        }
        Ended::At(pos)
    }

    fn count_item(&mut self, sequence: u32, already: usize) -> bool {
        if sequence == PER_FRAME_GROUPS {
            return already < self.limits.frames as usize;
        }
        self.items = self.items.saturating_add(1);
        self.items <= self.limits.items || sequence == SHARED_GROUPS || self.scan.elements == 0
    }

    #[expect(clippy::too_many_arguments, reason = "the state of one level of the walk")]
    fn item(
        &mut self,
        start: u64,
        bound: u64,
        undefined: bool,
        syntax: Syntax,
        mut charset: Charset,
        mut out: Option<&mut Attributes>,
        depth: u32,
    ) -> Ended {
        let mut pos = start;
        while pos < bound {
            let Some(h) = self.header(pos, syntax) else { return Ended::Stopped };
            let at = pos + u64::from(h.size);
            match h.tag {
                ITEM_END if undefined => return Ended::At(at),
                ITEM if undefined => {
                    self.notes.recover(recovery::SEQUENCE_UNCLOSED);
                    return Ended::At(pos);
                }
                _ => {}
            }
            let out = out.as_deref_mut();
            match self.element(h, at, bound, syntax, &mut charset, &NESTED, out, depth + 1) {
                Ended::At(next) => pos = next,
                other => return other,
            }
        }
        if undefined {
            self.notes.recover(recovery::SEQUENCE_UNCLOSED);
        }
        Ended::At(bound)
    }
}
