//! Writer of `studies.jsonl`: one result a line, in the order given.

use std::io::{self, Write};

use crate::model::result::StudyResult;

/// A result could not be written.
#[derive(Debug, thiserror::Error)]
pub enum JsonlError {
    /// The result of a study could not be turned into JSON.
    #[error("study {study_key}: cannot be written as JSON: {source}")]
    Encode {
        /// The study.
        study_key: String,
        /// The serializer's words.
        source: serde_json::Error,
    },
    /// The line could not be written.
    #[error("study results cannot be written: {0}")]
    Io(#[from] io::Error),
}

/// A result as its line, without the end of the line: what the file and the store both keep of a study.
///
/// # Errors
/// A result that cannot be turned into JSON; a fault of this program.
pub fn line_of(result: &StudyResult) -> Result<Vec<u8>, JsonlError> {
    serde_json::to_vec(result)
        .map_err(|source| JsonlError::Encode { study_key: result.study_key.clone(), source })
}

/// Writes results as JSON Lines. Give it a buffered writer.
pub struct JsonlWriter<W: Write> {
    out: W,
    written: u64,
}

impl<W: Write> JsonlWriter<W> {
    /// A writer onto `out`.
    pub fn new(out: W) -> Self {
        Self { out, written: 0 }
    }

    /// Writes one result as one line. A result that cannot be encoded writes nothing.
    pub fn write(&mut self, result: &StudyResult) -> Result<(), JsonlError> {
        self.write_line(&line_of(result)?)
    }

    /// Writes a line that was made before.
    pub fn write_line(&mut self, line: &[u8]) -> Result<(), JsonlError> {
        self.out.write_all(line)?;
        self.out.write_all(b"\n")?;
        self.written += 1;
        Ok(())
    }

    /// Flushes and gives back the number of lines and what was written onto.
    pub fn finish(mut self) -> Result<(u64, W), JsonlError> {
        self.out.flush()?;
        Ok((self.written, self.out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::aggregate::tests::study;

    #[test]
    fn each_result_is_one_line_that_reads_back() {
        let mut hostile = study("1.2", "a", crate::model::result::Verdict::Pass);
        hostile.institution_name = "line\nbreak \u{2028} \"quote\"".to_owned();
        let mut writer = JsonlWriter::new(Vec::new());
        writer.write(&hostile).unwrap();
        writer.write(&study("1.3", "a", crate::model::result::Verdict::Fail)).unwrap();
        let (lines, bytes) = writer.finish().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!((lines, text.split_terminator('\n').count()), (2, 2));
        let back: StudyResult = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!(back, hostile);
    }
}
