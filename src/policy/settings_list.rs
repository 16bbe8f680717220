//! Every setting that policies know.

use crate::model::text::StaticText;

use super::settings::{SettingKind, SettingMeta};

const fn meta(
    key: &'static str,
    kind: SettingKind,
    unit: &'static str,
    zh: &'static str,
    en: &'static str,
) -> SettingMeta {
    SettingMeta { key, kind, unit, doc: StaticText { zh, en } }
}

use SettingKind::{Flag, Number, Word};

/// Every setting.
pub static SETTINGS: &[SettingMeta] = &[
    meta(
        "appeal_deadline",
        Number(1.0, 365.0),
        "d",
        "机构申诉答复期限",
        "time to answer an appeal",
    ),
    meta(
        "artifact_adverse_from",
        Number(1.0, 3.0),
        "",
        "图像伪影率：达到几级即为不良伪影",
        "artifact rate: the grade (1 to 3) from which an artifact is adverse",
    ),
    meta(
        "artifact_grade_critical",
        Number(0.0, 3.0),
        "",
        "图像伪影率：严重（critical）伪影记为几级",
        "artifact rate: grade of a study whose worst artifact is critical",
    ),
    meta(
        "artifact_grade_major",
        Number(0.0, 3.0),
        "",
        "图像伪影率：较重（major）伪影记为几级",
        "artifact rate: grade of a study whose worst artifact is major",
    ),
    meta(
        "artifact_grade_minor",
        Number(0.0, 3.0),
        "",
        "图像伪影率：轻微（minor）伪影记为几级",
        "artifact rate: grade of a study whose worst artifact is minor",
    ),
    meta(
        "brake_share",
        Number(0.0, 1.0),
        "",
        "一次变更可撤下的标识占比，超过即待人工放行",
        "share of an institution's labels that one change may take away before a person must release it",
    ),
    meta(
        "completeness_unit",
        Word(&["field", "record"]),
        "",
        "完整率按字段或按记录计",
        "whether completeness counts fields or records",
    ),
    meta(
        "ct_lesion_slice_max",
        Number(0.1, 10.0),
        "mm",
        "能分辨所要求最小病灶的最大层厚",
        "largest slice thickness that can show the smallest lesion asked for",
    ),
    meta(
        "ct_portal_from",
        Number(10.0, 600.0),
        "s",
        "注射开始后多久起算门脉期（此前为动脉期）",
        "time after the start of injection from which a phase is portal; before it, arterial",
    ),
    meta(
        "ct_later_from",
        Number(10.0, 3600.0),
        "s",
        "注射开始后多久起算更晚期相",
        "time after the start of injection from which a phase is later than portal",
    ),
    meta(
        "ct_thick_min",
        Number(0.1, 20.0),
        "mm",
        "厚层图像的最小层厚",
        "smallest slice thickness of a thick series",
    ),
    meta(
        "ct_thin_max",
        Number(0.1, 20.0),
        "mm",
        "薄层图像的最大层厚",
        "largest slice thickness of a thin series",
    ),
    meta(
        "device_check_max_age",
        Number(1.0, 120.0),
        "month",
        "设备检定、校准记录的最长有效时间",
        "how long a device's verification or calibration holds where the record names no end",
    ),
    meta(
        "enhanced_includes_plain",
        Flag,
        "",
        "“增强”项目是否须含平扫",
        "whether an enhanced item needs the plain series too",
    ),
    meta(
        "evaluation_max_age",
        Number(1.0, 120.0),
        "month",
        "质量评价最长间隔，超过即失效",
        "age at which an evaluation lapses",
    ),
    meta(
        "mr_dynamic_min_points",
        Number(2.0, 100.0),
        "",
        "动态增强最少时间点数",
        "fewest time points of a dynamic series",
    ),
    meta(
        "mr_gap_max_ratio",
        Number(0.0, 5.0),
        "",
        "层间距与层厚之比的上限",
        "largest gap between slices as a part of their thickness",
    ),
    meta(
        "mr_min_planes",
        Number(1.0, 3.0),
        "",
        "“多方位”要求的最少方位数",
        "fewest planes that show a target from several sides",
    ),
    meta(
        "mr_plane_max_tilt",
        Number(1.0, 45.0),
        "deg",
        "仍归入某一标准方位的最大倾角",
        "largest tilt at which a series still belongs to a plane",
    ),
    meta(
        "qc_period",
        Number(1.0, 60.0),
        "month",
        "常规质控监测的周期",
        "period in which routine quality control must have run",
    ),
    meta(
        "rectification_deadline",
        Number(1.0, 365.0),
        "d",
        "整改期限",
        "time to answer a demand for rectification",
    ),
    meta(
        "removal_deadline",
        Number(0.0, 8760.0),
        "h",
        "抽查不合格后撤下标识的期限（“及时”）",
        "time to take labels off after a failed spot check (\"promptly\")",
    ),
    meta(
        "sampled_slice_step",
        Number(0.0, 1000.0),
        "",
        "每隔多少层取一层做频域等较费时的测量（0为不做）",
        "every how manieth slice is given the costlier measures (Fourier transform, resampling); 0: none",
    ),
    meta(
        "three_phases_include_plain",
        Flag,
        "",
        "“三期扫描”是否把平扫算作一期",
        "whether \"three phases\" counts the plain scan",
    ),
    meta(
        "turnaround_from",
        Word(&["first-acquisition", "last-acquisition", "registration"]),
        "",
        "报告时限从何时起算",
        "when the time to the report starts",
    ),
    meta(
        "uncompressed_is_lossless",
        Flag,
        "",
        "未压缩是否视为满足“无损压缩”",
        "whether uncompressed files meet \"lossless compression\"",
    ),
];
