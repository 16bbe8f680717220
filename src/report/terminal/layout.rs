//! Lines on a terminal: wrapping, columns and indents by display width, where a Chinese character
//! takes two columns.

use console::{Style, measure_text_width};

use crate::report::format::clean;

/// Width of the names of fields.
const FIELD: usize = 12;

/// Narrowest page; below it wrapping would leave no room beside indents.
const NARROWEST: usize = 40;

/// Lines being made.
pub(super) struct Page {
    out: String,
    width: usize,
    colour: bool,
}

impl Page {
    /// An empty page.
    pub fn new(width: usize, colour: bool) -> Self {
        Self { out: String::new(), width: width.max(NARROWEST), colour }
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A line at the left.
    pub fn line(&mut self, text: &str, style: &Style) {
        self.indented(0, text, style);
    }

    /// A text behind an indent, wrapped.
    pub fn indented(&mut self, indent: usize, text: &str, style: &Style) {
        self.wrapped(&" ".repeat(indent), indent, text, style);
    }

    /// A name and its value, wrapped beside the name.
    pub fn field(&mut self, name: &str, value: &str, style: &Style) {
        self.wrapped(&pad(name, FIELD), FIELD, value, style);
    }

    fn wrapped(&mut self, first: &str, indent: usize, text: &str, style: &Style) {
        let room = self.width.saturating_sub(indent).max(NARROWEST / 2);
        for (i, line) in wrap(&clean(text), room).iter().enumerate() {
            if i == 0 {
                self.out.push_str(first);
            } else {
                self.out.push_str(&" ".repeat(indent));
            }
            let styled = style.clone().force_styling(self.colour).apply_to(line);
            // Without colour not even empty escape sequences may remain.
            if self.colour {
                self.out.push_str(&styled.to_string());
            } else {
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
    }

    /// Rows of columns; the first row is the heading, the last column takes what is left.
    pub fn table<const N: usize>(&mut self, rows: &[[String; N]]) {
        let mut widths = [0; N];
        for row in rows {
            for (w, cell) in widths.iter_mut().zip(row) {
                *w = (*w).max(measure_text_width(cell));
            }
        }
        for (i, row) in rows.iter().enumerate() {
            let line: Vec<String> =
                row.iter().zip(widths).map(|(cell, w)| pad(&clean(cell), w)).collect();
            let style = if i == 0 { Style::new().dim() } else { Style::new() };
            self.indented(1, line.join("  ").trim_end(), &style);
        }
    }

    /// The lines.
    pub fn finish(self) -> String {
        self.out
    }
}

/// A text with spaces up to a display width.
pub(super) fn pad(text: &str, width: usize) -> String {
    let have = measure_text_width(text);
    format!("{text}{}", " ".repeat(width.saturating_sub(have)))
}

/// Marks that may not begin a line.
const CLOSING: &str = "，。；：、！？）》」』】”’%,.;:)]";

/// Lines of at most `width` columns. Breaks at spaces and between wide characters; a word longer
/// than a line is cut.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for piece in pieces(text) {
        let w = measure_text_width(piece);
        let closing = piece.chars().next().is_some_and(|c| CLOSING.contains(c));
        if used + w > width && used > 0 && !(closing && w <= 2) {
            lines.push(line.trim_end().to_owned());
            line.clear();
            used = 0;
            if piece.trim().is_empty() {
                continue;
            }
        }
        for c in piece.chars() {
            let w = measure_text_width(c.encode_utf8(&mut [0; 4]));
            if used + w > width + 2 {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += w;
        }
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// Runs of narrow characters, single wide characters, single spaces.
fn pieces(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let alone = |c: char| c == ' ' || measure_text_width(c.encode_utf8(&mut [0; 4])) > 1;
    for (i, c) in text.char_indices() {
        if alone(c) {
            if start < i {
                out.push(&text[start..i]);
            }
            out.push(&text[i..i + c.len_utf8()]);
            start = i + c.len_utf8();
        }
    }
    if start < text.len() {
        out.push(&text[start..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_takes_two_columns() {
        assert_eq!(pad("结论", 6), "结论  ");
        assert_eq!(wrap("一二三四五", 6), ["一二三", "四五"]);
        assert_eq!(wrap("一二三，四", 6), ["一二三，", "四"]);
    }

    #[test]
    fn words_stay_whole_and_long_ones_are_cut() {
        assert_eq!(wrap("gap 6.25 mm over limit", 12), ["gap 6.25 mm", "over limit"]);
        assert!(wrap(&"1.2.840.".repeat(20), 30).iter().all(|l| l.len() <= 32));
    }
}
