//! Words of evidence about series, sequences, views and phases.

use super::Row;

/// Names that checks give to what they measure.
pub(super) static NAMES: &[Row] = &[
    ("acquired_as", "采集为", "acquired as"),
    ("acquired_by", "采集依据", "what tells the acquisition"),
    ("body_part_examined", "检查部位（属性）", "body part examined"),
    ("compared_by", "比较依据", "compared by"),
    ("contrast_states_asked", "要求的增强状态", "contrast states asked for"),
    ("described_by", "描述用词", "words of the description"),
    ("direction", "排列方向", "direction"),
    ("has_mpr", "有多平面重建", "has a multiplanar reformat"),
    ("item", "互认项目", "item"),
    ("item_part", "项目部位", "part of the item"),
    ("missing_contrast_states", "缺少的增强状态", "contrast states missing"),
    ("missing_phases", "缺少的期相", "phases missing"),
    ("missing_planes", "缺少的方位", "planes missing"),
    ("missing_post_processing", "缺少的后处理", "post-processing missing"),
    ("missing_reconstructions", "缺少的重建", "reconstructions missing"),
    ("missing_sequences", "缺少的序列", "sequences missing"),
    ("missing_views", "缺少的体位", "projections missing"),
    ("phases_found", "各次扫描的期相", "phases of the scans"),
    ("plane", "方位", "plane"),
    ("planes_acquired", "扫描的方位", "planes acquired"),
    ("planes_asked", "要求的方位", "planes asked for"),
    ("planes_reformatted", "重建的方位", "planes reformatted"),
    ("planes_shown", "方位数", "planes shown"),
    ("post_processing_asked", "要求的后处理", "post-processing asked for"),
    ("reconstructions_asked", "要求的重建", "reconstructions asked for"),
    ("same_as_series_uid", "相同的序列", "same as series"),
    ("scans", "扫描次数", "scans"),
    ("scans_with_contrast", "增强扫描次数", "scans with contrast"),
    ("sequences_asked", "要求的序列", "sequences asked for"),
    ("series_affected", "涉及的序列", "series affected"),
    ("series_found", "现有序列", "series found"),
    ("slice_thicknesses", "层厚", "slice thicknesses"),
    ("statements_compared", "比较的陈述", "statements compared"),
    ("time_points", "时间点数", "time points"),
    ("views_asked", "要求的体位", "projections asked for"),
    ("views_found", "现有体位", "projections found"),
    ("weight_of_physics", "采集参数的把握", "weight of physics"),
    ("weight_of_words", "描述的把握", "weight of words"),
];

/// Units.
pub(super) static UNITS: &[Row] = &[];

/// Word values.
pub(super) static VALUES: &[Row] = &[
    ("dynamic", "动态增强", "dynamic"),
    ("enhanced", "增强", "enhanced"),
    ("header", "文件头", "the header"),
    ("high-resolution", "高分辨", "high resolution"),
    ("pixels", "像素", "the pixels"),
    ("plain", "平扫", "plain"),
    ("source images", "原始图像", "source images"),
    ("thick", "厚层", "thick"),
    ("thin", "薄层", "thin"),
    ("with contrast", "增强", "with contrast"),
    ("without contrast", "平扫", "without contrast"),
];
