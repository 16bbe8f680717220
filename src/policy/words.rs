//! The closed vocabularies of `profile.toml`, each word once, and grades of institutions.

use std::fmt;

use serde::{Serialize, Serializer};

/// An enum whose values are words in policy files.
pub trait Words: Copy + 'static {
    /// Every word with its value.
    const WORDS: &'static [(&'static str, Self)];
}

/// Declares an enum of words: the file's word, Chinese and English for people.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal, $zh:literal, $en:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $(#[doc = $en] $variant,)* }

        impl Words for $name {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),*];
        }

        impl $name {
            /// The word in policy files.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The word for people.
            pub fn text(self) -> $crate::model::text::StaticText {
                match self {
                    $(Self::$variant => $crate::model::text::StaticText { zh: $zh, en: $en }),*
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.word())
            }
        }
    };
}

words! {
    /// What a document is worth.
    DocumentStatus {
        InForce = "in-force", "已印发施行", "issued and in force";
        Undated = "undated", "来源未印日期和文号", "in force by its text; no date or number printed";
        Reference = "reference", "供参考使用", "offered for reference";
        OneInstitution = "one-institution", "单一医疗机构的方案", "the plan of one institution";
        Draft = "draft", "征求意见稿（未生效）", "draft for comment, not in force";
    }
}

words! {
    /// What one item is.
    ItemUnit {
        Study = "study", "一次检查", "a study";
        View = "view", "单个投照体位（X线）", "a single projection (X-ray)";
    }
}

words! {
    /// Where a label stands.
    Place {
        TopRight = "top-right", "右上角", "top right";
    }
}

words! {
    /// What carries a label.
    Carrier {
        Image = "image", "图像", "image";
        Report = "report", "报告", "report";
    }
}

words! {
    /// Unit of a validity window.
    WindowUnit {
        Day = "day", "天", "days";
        Month = "month", "个月", "calendar months";
    }
}

words! {
    /// Who evaluates.
    Evaluator {
        ProvincialCentre = "provincial-centre", "省级影像质控中心", "provincial imaging quality centre";
        CityCentre = "city-centre", "市级影像质控中心", "city imaging quality centre";
        DistrictCentre = "district-centre", "区级质控中心", "district quality centre";
        CityOrAbove = "city-or-above", "地市级及以上质控中心", "quality centre of a city or above";
        TcmCentre = "tcm-centre", "中医药管理局质控中心", "quality centre of the TCM administration";
        RegionCentre = "region-centre", "区域专业质控中心", "quality centre of the wider region";
        Eqa = "eqa", "国家、省级室间质评", "national or provincial external assessment";
        Responsible = "responsible-centre", "相应质控中心", "the responsible quality centre";
    }
}

words! {
    /// How strongly a rule binds.
    Bound {
        Must = "must", "应当", "must";
        InPrinciple = "in-principle", "原则上", "in principle";
        May = "may", "可以", "may";
        MustNotRepeat = "must-not-repeat", "不得重复检查", "must not repeat";
    }
}

words! {
    /// What has to be sent.
    Upload {
        All = "all", "产生的所有图像", "every image made";
        AllAcceptable = "all-acceptable", "质量合格的所有图像", "every image of acceptable quality";
        Thick = "thick", "厚层图像", "thick slices";
        Thin = "thin", "薄层图像", "thin slices";
        PostProcessed = "post-processed", "后处理图像", "post-processed images";
        AllSequences = "all-sequences", "各序列图像", "every sequence";
        SourceAndPostProcessed = "source-and-post-processed", "原始图像与后处理图像", "source and post-processed images";
        SignedReport = "signed-report", "医生签发的报告", "the signed report";
        Lossless = "lossless", "无损 DICOM 影像", "lossless DICOM images";
        NothingUseless = "nothing-useless", "不上传冗余无效数据", "nothing without clinical value";
    }
}

words! {
    /// Which studies a required upload concerns.
    UploadWhen {
        Always = "always", "全部", "always";
        AngioFunctional = "angio-functional", "血管成像、功能性成像", "angiography and functional imaging";
        Item = "item", "项目清单要求时", "where the item asks for it";
    }
}

words! {
    /// What a time limit is on.
    Timed {
        Report = "report", "诊断报告", "report";
        Upload = "upload", "上传", "upload";
    }
}

words! {
    /// The kind of order a time limit holds for.
    OrderKind {
        Emergency = "emergency", "急诊", "emergency";
        Routine = "routine", "常规", "routine";
        Special = "special", "特殊检查及疑难病例", "special exams and difficult cases";
        Any = "any", "全部", "any";
    }
}

words! {
    /// A dimension of data quality.
    Dimension {
        Consistency = "consistency", "一致性", "images and report match";
        Completeness = "completeness", "完整性", "fields filled";
        Accuracy = "accuracy", "准确性", "fields right";
        Continuity = "continuity", "连续性", "longest upload gap";
    }
}

words! {
    /// A demand on images or names that checks enforce.
    Demand {
        SideMarker = "side-marker", "图像左右标识", "side marker on the image";
        SmallestLesion = "smallest-lesion", "能分辨的最小病灶", "smallest lesion that can be told";
        SliceOrder = "slice-order", "按解剖顺序排列，无遗漏及错位", "slices in order, none missing or displaced";
        SeveralPlanes = "several-planes", "多方位显示", "shown in several planes";
        DisplayOrder = "display-order", "各序列显示方向一致", "one display direction for all series";
        NameParts = "name-parts", "项目名称的组成", "parts of an exam's name";
        BodyPartCode = "body-part-code", "检查部位代码", "body-part code";
        ItemCode = "item-code", "项目唯一编码", "item code";
    }
}

words! {
    /// What a machine may do about a reason for repeating an exam.
    Machine {
        Suggest = "suggest", "可由系统提示", "the machine may suggest it";
        Set = "set", "可由系统设定", "the machine may set it";
    }
}

words! {
    /// Who owns an institution.
    Ownership {
        Public = "public", "公立", "public";
        Private = "private", "民营", "private";
    }
}

/// Level and grade of a hospital; a level alone covers its grades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grade {
    /// 1 to 3.
    pub level: u8,
    /// A, B or C; `None`: any.
    pub grade: Option<char>,
}

impl Grade {
    /// Reads `2A`, `2`, `二级甲等`, `三级`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut level = None;
        let mut grade = None;
        for c in text.trim().chars() {
            match c {
                '1' | '一' => level = Some(1),
                '2' | '二' => level = Some(2),
                '3' | '三' => level = Some(3),
                'A' | 'a' | '甲' | '特' => grade = Some('A'),
                'B' | 'b' | '乙' => grade = Some('B'),
                'C' | 'c' | '丙' => grade = Some('C'),
                '级' | '等' | ' ' | '未' | '定' => {}
                _ => return None,
            }
        }
        level.map(|level| Self { level, grade })
    }

    fn rank(self, when_open: u8) -> u8 {
        let grade = match self.grade {
            Some('A') => 3,
            Some('B') => 2,
            Some(_) => 1,
            None => when_open,
        };
        self.level * 4 + grade
    }

    /// Whether a hospital of this grade is at least `limit`. Of a level alone, the grade is
    /// taken as the lowest, so that what is not known never admits.
    pub fn at_least(self, limit: Self) -> bool {
        self.rank(0) >= limit.rank(0)
    }

    /// Whether a hospital of this grade is at most `limit`, unknown grades taken as the highest.
    pub fn at_most(self, limit: Self) -> bool {
        self.rank(3) <= limit.rank(3)
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.level)?;
        self.grade.map_or(Ok(()), |g| write!(f, "{g}"))
    }
}

/// One side of a rule on who recognises whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// Anybody.
    Any,
    /// At least a grade: `>=2A`.
    AtLeast(Grade),
    /// At most a grade: `<=2B`.
    AtMost(Grade),
    /// Of the other's level.
    SameLevel,
    /// Of a higher level than the other.
    HigherLevel,
    /// In the other's alliance (医联体, 医共体).
    Alliance,
}

impl Party {
    /// Reads the notation of policy files.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "any" => Some(Self::Any),
            "same-level" => Some(Self::SameLevel),
            "higher-level" => Some(Self::HigherLevel),
            "alliance" => Some(Self::Alliance),
            _ => text.strip_prefix(">=").and_then(|g| Grade::parse(g).map(Self::AtLeast)).or_else(
                || text.strip_prefix("<=").and_then(|g| Grade::parse(g).map(Self::AtMost)),
            ),
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::AtLeast(g) => write!(f, ">={g}"),
            Self::AtMost(g) => write!(f, "<={g}"),
            Self::SameLevel => f.write_str("same-level"),
            Self::HigherLevel => f.write_str("higher-level"),
            Self::Alliance => f.write_str("alliance"),
        }
    }
}

impl Serialize for Party {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grade(text: &str) -> Grade {
        Grade::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn grades_are_read_in_chinese_and_short() {
        assert_eq!(grade("二级甲等"), grade("2A"));
        assert_eq!(grade("三级").to_string(), "3");
        assert_eq!(Grade::parse("社区"), None);
    }

    #[test]
    fn an_unknown_grade_never_admits() {
        assert!(grade("3C").at_least(grade("2A")));
        assert!(!grade("2").at_least(grade("2A")));
        assert!(grade("2B").at_least(grade("2")));
        assert!(!grade("1A").at_least(grade("2")));
        assert!(grade("2B").at_most(grade("2B")));
        assert!(!grade("2").at_most(grade("2B")));
        assert!(grade("2").at_most(grade("2")));
    }

    #[test]
    fn parties_are_read_back_as_written() {
        for text in ["any", ">=2A", "<=2B", ">=3", "same-level", "higher-level", "alliance"] {
            assert_eq!(Party::parse(text).map(|p| p.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Party::parse(">2A"), None);
    }
}
