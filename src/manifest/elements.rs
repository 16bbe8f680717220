//! The elements of a JSON array one by one, each with its line, so that a mistake in one costs that
//! one. A reader of the whole array would stop at the first.

use serde_json::Value;

/// What the array holds.
#[derive(Debug, Default)]
pub(super) struct Elements {
    /// Line of the first character, and the element.
    pub values: Vec<(u32, Value)>,
    /// Lines of elements that are no JSON.
    pub broken: Vec<u32>,
    /// The line where the text ended before the array did.
    pub unclosed: Option<u32>,
}

/// Reads the elements of a text that begins with `[`.
pub(super) fn elements(text: &str) -> Elements {
    let mut out = Elements::default();
    let mut at = text.find('[').map_or(text.len(), |at| at + 1);
    let mut lines = Lines { text, at: 0, line: 1 };
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let gap = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n', ',']).len();
        at += gap;
        let rest = text.get(at..).unwrap_or_default();
        if rest.is_empty() {
            out.unclosed = Some(lines.of(text.trim_end().len()));
            return out;
        }
        if rest.starts_with(']') {
            return out;
        }
        let line = lines.of(at);
        let end = at + length(rest);
        match serde_json::from_str(text.get(at..end).unwrap_or_default()) {
            Ok(value) => {
                out.values.push((line, value));
                at = end;
            }
            Err(_) => {
                out.broken.push(line);
                // A bracket too few takes the next elements in: the next line that opens one ends it.
                at = next_opening(text, at).map_or(end, |next| next.min(end)).max(at + 1);
                at = (at..=text.len()).find(|n| text.is_char_boundary(*n)).unwrap_or(text.len());
            }
        }
    }
}

/// Length of the element that a text begins with. A line break ends a text, where JSON allows none.
fn length(text: &str) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
    for (at, byte) in text.bytes().enumerate() {
        if quoted {
            quoted = byte != b'\n' && (escaped || byte != b'"');
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => (quoted, escaped) = (true, false),
            b'{' | b'[' => depth = depth.saturating_add(1),
            b'}' | b']' if depth <= 1 => return at + usize::from(depth == 1),
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// Where the next line begins that opens an object.
fn next_opening(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let mut breaks = rest.match_indices('\n').map(|(at, _)| from + at + 1);
    breaks.find_map(|at| {
        let line = text.get(at..)?;
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        line.get(indent..)?.starts_with('{').then_some(at + indent)
    })
}

/// Counts lines on the way through a text.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: u32,
}

impl Lines<'_> {
    fn of(&mut self, at: usize) -> u32 {
        let breaks = self.text.get(self.at..at).unwrap_or_default().matches('\n').count();
        self.line = self.line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.at = self.at.max(at);
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> (Vec<u32>, Vec<u32>, Option<u32>) {
        let e = elements(text);
        (e.values.iter().map(|(line, _)| *line).collect(), e.broken, e.unclosed)
    }

    #[test]
    fn every_element_has_the_line_it_begins_on() {
        assert_eq!(lines("[]"), (vec![], vec![], None));
        assert_eq!(lines("[{\"a\": \"]},[\"}, {}]"), (vec![1, 1], vec![], None));
        assert_eq!(
            lines("\n[\n  {\n \"a\": {\"b\": [1]}\n },\n  7,\n{}\n]\n"),
            (vec![3, 6, 7], vec![], None)
        );
        assert_eq!(lines("[{\"a\": \"\\\"\\\\\"}\n,{}]"), (vec![1, 2], vec![], None));
    }

    #[test]
    fn a_mistake_costs_its_element_alone() {
        let with = |bad: &str| format!("[\n{{\"n\": 1}},\n{bad},\n{{\"n\": 2}},\n{{\"n\": 3}}\n]");
        for bad in [
            "{\"n\": }",
            "{\"n\": \"open}",
            "{\"n\": 1",
            "{\"n\": [1}",
            "{n: 1}",
            "nonsense",
            "{\"n\": 1}}",
            "患者",
        ] {
            let (good, broken, _) = lines(&with(bad));
            assert!(good.starts_with(&[2]) && good.ends_with(&[4, 5]), "{bad}: {good:?}");
            assert_eq!(broken.first(), Some(&3), "{bad}");
        }
    }

    #[test]
    fn a_cut_file_gives_what_it_has() {
        assert_eq!(lines("[\n{\"n\": 1},\n{\"n\": 2"), (vec![2], vec![3], Some(3)));
        assert_eq!(lines("[\n{\"n\": 1}\n"), (vec![2], vec![], Some(2)));
    }
}
