//! The words for enums and codes, in Chinese and English. One place, so that pages and terminal
//! say the same.

use crate::checks::contract::Depth;
use crate::model::file::{IgnoreReason, RejectReason};
use crate::model::outcome::{OutcomeKind, Severity};
use crate::model::result::{Status, Verdict};
use crate::model::text::StaticText;

const fn t(zh: &'static str, en: &'static str) -> StaticText {
    StaticText { zh, en }
}

/// A verdict.
pub fn verdict(v: Verdict) -> StaticText {
    match v {
        Verdict::Pass => t("合格", "pass"),
        Verdict::Review => t("需复核", "review"),
        Verdict::Fail => t("不合格", "fail"),
    }
}

/// Studies of a kind no check judges.
pub const NOT_JUDGED: StaticText = t("未判定", "not judged");

/// What stands for an unknown institution.
pub const UNKNOWN_INSTITUTION: StaticText = t("未识别的机构", "unknown institution");

/// A severity.
pub fn severity(s: Severity) -> StaticText {
    match s {
        Severity::Critical => t("严重", "critical"),
        Severity::Major => t("重要", "major"),
        Severity::Minor => t("提示", "minor"),
    }
}

/// What a severity leads to.
pub fn severity_meaning(s: Severity) -> StaticText {
    match s {
        Severity::Critical => {
            t("该检查不得加注互认标识", "the mutual-recognition label may not stand on the study")
        }
        Severity::Major => t("须由人工复核，影响评级", "a person has to look; counts in the grade"),
        Severity::Minor => t("仅作提示，不影响结论", "advice only; does not change the verdict"),
    }
}

/// An outcome.
pub fn outcome(o: OutcomeKind) -> StaticText {
    match o {
        OutcomeKind::Pass => t("通过", "pass"),
        OutcomeKind::Fail => t("不通过", "fail"),
        OutcomeKind::NotApplicable => t("不适用", "not applicable"),
        OutcomeKind::CouldNotRun => t("无法判断", "could not run"),
    }
}

/// What an outcome means, for hovers.
pub fn outcome_meaning(o: OutcomeKind) -> StaticText {
    match o {
        OutcomeKind::Pass => t("已检查，未发现该问题", "looked for and not there"),
        OutcomeKind::Fail => t("已检查，发现该问题", "looked for and there"),
        OutcomeKind::NotApplicable => t("该检查项与此检查无关", "the check does not concern it"),
        OutcomeKind::CouldNotRun => {
            t("适用但无法完成，不等于通过", "it concerns it and could not be made: never a pass")
        }
    }
}

/// Whether a check counts.
pub fn status(s: Status) -> StaticText {
    match s {
        Status::Stable => t("正式", "stable"),
        Status::Preview => t("试行，不计入结论", "preview, not counted"),
    }
}

/// How deep a run looked.
pub fn depth(d: Depth) -> StaticText {
    match d {
        Depth::Header => t("仅文件头", "headers only"),
        Depth::Pixels => t("文件头和像素", "headers and pixels"),
        Depth::Models => t("文件头、像素和模型", "headers, pixels and models"),
    }
}

/// A family of checks, by the three letters of its codes.
pub fn family(code: &str) -> Option<StaticText> {
    Some(match code.get(..3)? {
        "FIL" => t("文件与传输", "file and transfer"),
        "IDN" => t("身份与文件头", "identity and header"),
        "TIM" => t("时效与清单", "timeliness and manifest"),
        "LBL" => t("已有标识", "labels that stand"),
        "GEO" => t("层面几何", "slice geometry"),
        "SER" => t("序列与体位", "series, views, sequences, phases"),
        "EXP" => t("曝光与对比", "exposure and contrast"),
        "SHP" => t("清晰度与运动", "sharpness and motion"),
        "NOI" => t("噪声", "noise"),
        "ART" => t("伪影", "artifacts"),
        "POS" => t("摆位与覆盖范围", "positioning and coverage"),
        "MRK" => t("左右标记", "side markers"),
        "CON" => t("增强期相", "contrast phase"),
        "CFL" => t("文件头与像素不符", "header against pixels"),
        _ => return None,
    })
}

/// Why a file was rejected.
pub fn reject_reason(r: RejectReason) -> StaticText {
    match r {
        RejectReason::Unreadable => t("文件无法打开或读取", "cannot be opened or read"),
        RejectReason::Empty => t("空文件（0 字节）", "empty file (0 bytes)"),
        RejectReason::HeaderUndecodable => {
            t("是 DICOM 文件，但文件头无法解析", "DICOM whose header cannot be read")
        }
        RejectReason::LimitExceeded => t("超出长度或嵌套上限", "a bound on lengths was exceeded"),
        RejectReason::ArchiveUndecodable => t("压缩包无法读取", "archive cannot be read"),
    }
}

/// Why a file was ignored.
pub fn ignore_reason(r: IgnoreReason) -> StaticText {
    match r {
        IgnoreReason::NotDicom => t("不是 DICOM 文件", "not DICOM"),
        IgnoreReason::Dicomdir => t("介质目录文件（DICOMDIR）", "media directory (DICOMDIR)"),
    }
}

/// The reasons of a verdict that are no check's name.
pub fn verdict_reason(reason: &str) -> Option<StaticText> {
    Some(match reason {
        "not-judged" => t("没有适用的检查项，未判定", "no check applies, not judged"),
        "unknown-institution" => t("机构未识别", "the institution is unknown"),
        "ambiguous-item" => t("互认项目不能唯一确定", "the catalogue item is ambiguous"),
        _ => return None,
    })
}

/// How a study was matched to a catalogue item.
pub fn item_match(matched: &str) -> Option<StaticText> {
    Some(match matched {
        "code" => t("按项目编码确定", "told by its code"),
        "scored" => t("按检查描述推断", "told by its description"),
        "ambiguous" => t("不能唯一确定", "ambiguous"),
        "none" => t("目录中无对应项目", "no item of the catalogue"),
        _ => return None,
    })
}

/// A label decision.
pub fn label_decision(decision: &str) -> Option<StaticText> {
    Some(match decision {
        "apply" => t("加注", "apply"),
        "withhold" => t("暂不加注", "withhold"),
        "withdraw" => t("撤回", "withdraw"),
        _ => return None,
    })
}

/// What a setting that no clause prints is.
pub const SITE_SETTING: StaticText =
    t("本站设定，条文未规定此值", "a site setting, no clause prints it");

/// What a modality code stands for.
pub fn modality(code: &str) -> Option<StaticText> {
    Some(match code {
        "CR" => t("计算机 X 线摄影", "computed radiography"),
        "DX" => t("数字 X 线摄影", "digital radiography"),
        "CT" => t("计算机断层扫描", "computed tomography"),
        "MR" => t("磁共振成像", "magnetic resonance imaging"),
        "MG" => t("乳腺 X 线摄影", "mammography"),
        "US" => t("超声", "ultrasound"),
        "XA" => t("血管造影", "angiography"),
        "RF" => t("透视", "fluoroscopy"),
        "NM" => t("核医学", "nuclear medicine"),
        "PT" => t("正电子发射断层扫描", "positron emission tomography"),
        "OT" => t("其他", "other"),
        "SR" => t("结构化报告", "structured report"),
        "PR" => t("显示状态", "presentation state"),
        "KO" => t("关键图像说明", "key object selection"),
        "SC" => t("二次采集", "secondary capture"),
        "ES" => t("内镜", "endoscopy"),
        _ => return None,
    })
}

/// A word of our pages, explained: for hover texts and the glossary.
pub struct Term {
    /// The word.
    pub word: StaticText,
    /// What it means.
    pub meaning: StaticText,
}

/// The glossary of the pages.
pub static GLOSSARY: &[Term] = &[
    Term {
        word: t("互认标识（HR）", "recognition label (HR)"),
        meaning: t(
            "表示该检查结果可被其他医疗机构认可、无需重复检查的标识",
            "says that other hospitals may rely on the study instead of repeating it",
        ),
    },
    Term {
        word: t("合格", "pass"),
        meaning: t(
            "应做的检查项全部完成，没有发现严重或重要问题",
            "every required check ran, nothing critical or major was found",
        ),
    },
    Term {
        word: t("需复核", "review"),
        meaning: t(
            "发现重要问题，或有必做的检查项无法完成，须由指定人员查看并签字",
            "something major was found or a required check could not run; a named person decides",
        ),
    },
    Term {
        word: t("不合格", "fail"),
        meaning: t("发现严重问题，不得加注互认标识", "something critical was found; no label"),
    },
    Term {
        word: t("未判定", "not judged"),
        meaning: t(
            "该类检查目前没有适用的检查项（如超声、核医学），单独计数，不计入合格率",
            "no check covers this kind of study (ultrasound, …); counted apart, not in the rate",
        ),
    },
    Term {
        word: t("合格率", "pass rate"),
        meaning: t(
            "合格 ÷（合格 + 需复核 + 不合格），不含未判定；括号内为 Wilson 95% 置信区间",
            "pass / (pass + review + fail), without not judged; with its Wilson 95 % interval",
        ),
    },
    Term {
        word: t("无法判断", "could not run"),
        meaning: t(
            "检查项适用但无法完成（如像素无法解码）；不等于通过",
            "the check applies and could not be made (pixels undecodable, …); never a pass",
        ),
    },
    Term {
        word: t("覆盖率", "coverage"),
        meaning: t(
            "全部检查项中已完成、不适用、无法判断各占多少",
            "how many checks ran, did not apply, or could not run",
        ),
    },
    Term {
        word: t("研究 / 序列 / 图像", "study / series / instance"),
        meaning: t(
            "DICOM 的层级：一次检查（研究）含若干序列，一个序列含若干图像文件",
            "DICOM's levels: a study holds series, a series holds instances (files)",
        ),
    },
    Term {
        word: t("UID", "UID"),
        meaning: t(
            "唯一标识符，可在 PACS 中据此找到该检查或图像，不含患者信息",
            "unique identifier by which a PACS finds the study or image; holds no patient data",
        ),
    },
    Term {
        word: t("规则摘要值", "policy digest"),
        meaning: t(
            "所用规则文件的指纹；摘要值相同即规则相同",
            "fingerprint of the rules that judged; equal digest, equal rules",
        ),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_of_the_registry_has_words() {
        for check in crate::checks::registry::all() {
            assert!(family(check.code).is_some(), "{}", check.code);
        }
        assert!(family("文").is_none());
    }

    #[test]
    fn both_languages_are_there_and_differ() {
        for term in GLOSSARY {
            assert!(!term.meaning.zh.is_empty() && !term.meaning.en.is_empty());
            assert_ne!(term.meaning.zh, term.meaning.en);
        }
    }
}
