//! Words of evidence about films: side markers, and what a film shows as a whole.

use super::Row;

/// Names that checks give to what they measure.
pub(super) static NAMES: &[Row] = &[
    ("best_candidate", "最像标识处的概率", "probability of the likeliest place"),
    ("chest_score", "胸部正位评分", "score of a frontal chest"),
    ("films_checked", "已检查的X线图像", "films checked"),
    ("flipped_score", "解剖结构翻转评分", "score of flipped anatomy"),
    ("gap_share", "距边缘与标识边长之比", "distance from the border, in sides of the marker"),
    ("inverted_score", "黑白颠倒评分", "score of a negative"),
    ("marker_class", "标识", "marker"),
    ("marker_confidence", "标识的置信度", "confidence of the marker"),
    ("marker_in_other_half", "标识在另一侧", "marker in the other half"),
    ("marker_side", "标识的侧别", "side of the marker"),
    ("markers_found", "找到的标识", "markers found"),
    ("other_marker", "另一标识", "the other marker"),
    ("other_marker_box", "另一标识的位置", "box of the other marker"),
    ("pa_score", "后前位评分", "score of PA"),
    ("tissue_share", "周围的人体组织", "tissue about it"),
    ("view_position", "投照方向", "projection"),
];

/// Units.
pub(super) static UNITS: &[Row] = &[("markers", "个", "markers"), ("px", "像素", "px")];

/// Word values.
pub(super) static VALUES: &[Row] = &[
    ("mirrored_L", "镜像L", "mirrored L"),
    ("mirrored_R", "镜像R", "mirrored R"),
    ("other", "其他标识", "another marker"),
];
