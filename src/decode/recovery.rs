//! The tolerant readings: a stable name and the words for each, and the notes of one header pass.

use crate::model::file::Recovery;
use crate::model::text::Text;

/// A tolerant reading that a header pass or a codec may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Stable kebab-case name.
    pub name: &'static str,
    zh: &'static str,
    en: &'static str,
}

impl Kind {
    /// The recovery as it stands in a file's facts.
    #[must_use]
    pub fn recovery(self) -> Recovery {
        Recovery { name: self.name.into(), text: Text::new(self.zh, self.en) }
    }

    /// The recovery with a detail (a value, a count; never patient data) in both languages.
    #[must_use]
    pub fn with(self, detail: &str) -> Recovery {
        Recovery {
            name: self.name.into(),
            text: Text::new(format!("{}：{detail}", self.zh), format!("{}: {detail}", self.en)),
        }
    }
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $id:ident, $name:literal, $zh:literal, $en:literal;)*) => {
        $($(#[doc = $doc])* pub const $id: Kind = Kind { name: $name, zh: $zh, en: $en };)*
        /// Every tolerant reading there is.
        pub const ALL: &[Kind] = &[$($id),*];
    };
}

kinds! {
    /// No 128-byte preamble.
    PREAMBLE_ABSENT, "preamble-absent",
        "缺少128字节文件前导，已按数据集内容读取", "the 128-byte preamble is absent, read from the first element";
    /// A preamble, but no DICM.
    PREFIX_ABSENT, "dicm-prefix-absent", "缺少DICM标识，已按内容识别", "the DICM prefix is absent, recognised by content";
    /// No group 0002.
    META_ABSENT, "file-meta-absent", "缺少文件元信息组（0002）", "the file meta group (0002) is absent";
    /// Group 0002 without group length.
    META_LENGTH_ABSENT, "file-meta-length-absent",
        "文件元信息缺少组长度，已按标签判断其结尾", "the file meta group length is absent, its end was found by tag";
    /// A wrong group length.
    META_LENGTH_WRONG, "file-meta-length-wrong",
        "文件元信息组长度与实际不符，已按标签判断其结尾", "the file meta group length is wrong, its end was found by tag";
    /// File meta encoded without VR.
    META_IMPLICIT, "file-meta-implicit", "文件元信息未按显式VR编码", "the file meta group is not encoded with explicit VR";
    /// No transfer syntax stated.
    SYNTAX_ABSENT, "transfer-syntax-absent", "未声明传输语法，已按内容判断", "the transfer syntax is absent, judged by content";
    /// An unknown transfer syntax.
    SYNTAX_UNKNOWN, "transfer-syntax-unknown", "传输语法未知，已按内容判断数据集编码",
        "the transfer syntax is unknown, the data set encoding was judged by content";
    /// The data set is encoded otherwise than stated.
    ENCODING_DIFFERS, "encoding-differs-from-transfer-syntax",
        "数据集编码与声明的传输语法不符，已按实际编码读取",
        "the data set is encoded otherwise than its transfer syntax says, read as it is encoded";
    /// The byte stream stated as deflated is not.
    NOT_DEFLATED, "data-set-not-deflated", "声明为deflate压缩的数据集实际未压缩", "the data set stated as deflated is not";
    /// Deflated stream ends early.
    DEFLATE_UNFINISHED, "deflate-stream-unfinished", "deflate数据流提前结束，已保留可解部分",
        "the deflated stream ends early, what could be inflated was kept";
    /// UID with a space.
    UID_PADDED, "uid-padded-with-space", "UID以空格而非NUL补齐", "a UID is padded with a space instead of NUL";
    /// Odd length.
    ODD_LENGTH, "odd-value-length", "存在奇数长度的元素值", "an element has a value of odd length";
    /// A UN sequence of undefined length.
    UN_SEQUENCE, "undefined-length-un", "未定义长度的UN元素已按隐式VR序列读取",
        "a UN element of undefined length was read as an implicit VR sequence";
    /// Unknown VR.
    VR_UNKNOWN, "vr-unknown", "元素的VR不是标准值", "an element has a VR that the standard does not know";
    /// VR missing from an explicit element.
    VR_ABSENT, "vr-absent", "显式VR数据集中有元素缺少VR", "an element of an explicit VR data set has no VR";
    /// Length encoded with the other width.
    LENGTH_WIDTH, "length-field-width", "元素长度字段的位宽与其VR不符", "the width of an element's length field does not fit its VR";
    /// Unclosed sequence.
    SEQUENCE_UNCLOSED, "sequence-delimiter-absent", "序列或条目缺少结束标记", "a sequence or item lacks its delimiter";
    /// Sequence content that cannot be read.
    SEQUENCE_BROKEN, "sequence-content-unreadable", "序列内容不可读，已跳过", "the content of a sequence cannot be read and was skipped";
    /// Elements out of order.
    ORDER, "elements-out-of-order", "数据元素未按标签升序排列", "data elements are not in ascending tag order";
    /// Native pixels under a compressed syntax.
    PIXELS_NATIVE, "pixel-data-not-encapsulated", "声明为压缩语法但像素数据未封装，已按未压缩读取",
        "the transfer syntax is a compressed one and the pixel data is native, read as native";
    /// Encapsulated pixels under a native syntax.
    PIXELS_ENCAPSULATED, "pixel-data-encapsulated", "声明为未压缩语法但像素数据已封装",
        "the transfer syntax is a native one and the pixel data is encapsulated";
    /// Offset table that fits no fragment.
    OFFSET_TABLE_WRONG, "offset-table-wrong", "帧偏移表与片段不符，已忽略", "the offset table fits no fragment and was ignored";
    /// The codec warned and still gave pixels.
    CODEC_WARNING, "codec-warning", "解码器报告警告，像素已保留", "the codec warned and gave pixels";
    /// JPEG scan parameters repaired.
    JPEG_SCAN, "jpeg-scan-parameters", "JPEG扫描参数非法，已修正后解码", "illegal jpeg scan parameters were corrected";
    /// The codec's precision is not Bits Stored.
    PRECISION, "codec-precision-differs", "码流精度与存储位数不符", "the precision of the code stream is not bits stored";
    /// RLE segments without the padding or count stated.
    RLE_HEADER, "rle-header-wrong", "RLE段头与内容不符，已按内容解码", "the rle header does not fit its segments, decoded by content";
}

/// What one header pass has to tell beyond attributes.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// Tolerant readings, each name once.
    pub recoveries: Vec<Recovery>,
    /// Whether the header ended before its declared lengths did.
    pub truncated: bool,
    /// Keywords of text that could not be decoded.
    pub undecodable: Vec<String>,
    /// The character set assumed against the declaration.
    pub charset_assumed: Option<String>,
    /// A bound that was exceeded, in words.
    pub limit: Option<Text>,
}

impl Notes {
    /// Notes a tolerant reading; a second one of the same name is dropped.
    pub fn recover(&mut self, kind: Kind) {
        if !self.has(kind) {
            self.recoveries.push(kind.recovery());
        }
    }

    /// The same with a detail.
    pub fn recover_with(&mut self, kind: Kind, detail: &str) {
        if !self.has(kind) {
            self.recoveries.push(kind.with(detail));
        }
    }

    /// Whether a tolerant reading of this name was noted.
    #[must_use]
    pub fn has(&self, kind: Kind) -> bool {
        self.recoveries.iter().any(|r| r.name == kind.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_kebab_case_and_words_are_fragments() {
        for (i, kind) in ALL.iter().enumerate() {
            assert!(
                kind.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{}",
                kind.name
            );
            assert!(!kind.en.ends_with('.') && !kind.zh.ends_with('。'), "{}", kind.name);
            assert!(ALL[..i].iter().all(|k| k.name != kind.name), "{}", kind.name);
        }
    }

    #[test]
    fn a_recovery_is_noted_once() {
        let mut notes = Notes::default();
        notes.recover(UID_PADDED);
        notes.recover_with(UID_PADDED, "again");
        assert_eq!(notes.recoveries.len(), 1);
    }
}
