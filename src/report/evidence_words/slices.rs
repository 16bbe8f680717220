//! Words of evidence about CT and MR slices: what was measured of them.

use super::Row;

/// Names that checks give to what they measure.
pub(super) static NAMES: &[Row] = &[
    ("air_hu", "空气CT值", "CT number of air"),
    (
        "body_cut_chord",
        "视野一侧边缘截去的体宽或体高比例",
        "part of the width or height of the body at one border",
    ),
    (
        "body_area_upper_end_share",
        "最上层断面与最大断面之比",
        "section of the uppermost slice over the largest",
    ),
    ("body_off_isocentre", "人体中心到扫描中心的距离", "distance of the body from the isocentre"),
    (
        "border_in_body",
        "视野边缘穿过头部的长度",
        "length of the border of the field inside the head",
    ),
    ("ctdi_vol", "容积CT剂量指数（CTDIvol）", "CTDIvol"),
    ("ghost_ratio", "鬼影与信号之比", "ghost over signal"),
    ("gni", "整体噪声指数", "global noise index"),
    ("gsr", "N/2鬼影与信号之比", "ghost at half the field over signal"),
    ("interleave_share", "奇偶层信号之差", "difference of even and odd slices"),
    ("inu_range", "信号不均匀度", "intensity non-uniformity"),
    ("laplacian_to_tenengrad", "锐度（拉普拉斯/梯度）", "sharpness (Laplacian over gradient)"),
    ("irradiation_events", "照射次数", "irradiation events"),
    ("lung_area_first_slice", "首层的肺面积", "lung on the first slice"),
    ("lung_area_largest", "最大肺面积", "largest lung area"),
    ("lung_area_last_slice", "末层的肺面积", "lung on the last slice"),
    ("lung_area_upper_end", "最上两层的肺面积", "lung on the two uppermost slices"),
    ("metal_area", "2500 HU以上的面积", "area above 2500 HU"),
    ("off_centre_share", "偏离视野中心的比例", "distance from the centre, share of the field"),
    ("outline_shift", "体轮廓错动", "jump of the outline"),
    ("outline_shift_ratio", "错动与本序列平整度之比", "jump over the roughness of the stack"),
    ("pixel_spacing", "像素间距", "pixel spacing"),
    ("reference_level", "诊断参考水平", "reference level"),
    ("ring_z", "环形强度（标准误倍数）", "ring, in standard errors"),
    ("skin_edge_width", "皮肤边缘宽度（10–90%）", "width of the edge of the skin (10 to 90 %)"),
    ("slice_drop_share", "丢失的信号", "signal lost"),
    ("slice_drop_z", "丢失（稳健标准差倍数）", "loss, in robust deviations"),
    ("slice_jump", "层间信号跳变", "jump of the signal"),
    ("slice_jump_z", "跳变（稳健标准差倍数）", "jump, in robust deviations"),
    ("slice_number", "层号", "slice"),
    ("slices_beyond", "超限层数", "slices beyond the limit"),
    ("slices_measured", "已测量层数", "slices measured"),
    ("slices_without_body", "没有人体的层（两端除外）", "slices without a body, the ends left out"),
    ("slices_without_body_at_ends", "两端没有人体的层", "slices without a body at the ends"),
    ("snr", "信噪比", "signal-to-noise ratio"),
    ("snrd", "信噪比（对空气）", "signal-to-noise ratio against the air"),
    ("soft_tissue_hu", "软组织CT值", "CT number of soft tissue"),
    ("spike_z", "尖峰强度（稳健标准差倍数）", "spike, in robust deviations"),
    ("ssde", "体型特异性剂量估计", "size-specific dose estimate"),
    ("dlp", "剂量长度乘积（DLP）", "dose length product"),
    ("fat_hu", "脂肪CT值", "CT number of fat"),
    ("streak_ratio_horizontal", "水平条状纹理强度", "strength of horizontal streaks"),
    ("wrap_continuity", "对侧边缘的连续程度", "how well opposite borders continue"),
    ("stacks_checked", "已检查的层组", "stacks checked"),
    ("zipper_z", "亮线强度（标准误倍数）", "line, in standard errors"),
];

/// Units.
pub(super) static UNITS: &[Row] = &[
    ("HU", "HU", "HU"),
    ("mGy", "mGy", "mGy"),
    ("mGy.cm", "mGy·cm", "mGy cm"),
    ("mm2", "平方毫米", "mm2"),
];
