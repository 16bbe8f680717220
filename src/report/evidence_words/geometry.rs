//! Words of evidence about slice geometry.

use super::Row;

/// Names that checks give to what they measure.
pub(super) static NAMES: &[Row] = &[
    ("declared_by", "声明该数量的属性", "attribute that declares it"),
    ("first_instance_number", "首幅图像编号", "number of the first image"),
    ("gap_between_slices", "层间隙", "gap between slices"),
    ("gap_share", "层间隙与层厚之比", "gap as a share of the thickness"),
    ("images_found", "实有图像数", "images that are there"),
    ("images_on_one_place", "与另一幅位于同一位置的图像", "images where another lies"),
    ("in_plane_shift", "偏离容积轴线的距离", "distance from the line of the slices"),
    ("matrix", "矩阵", "matrix"),
    ("missing_numbers", "缺少的图像编号", "numbers that are not there"),
    ("number_step", "相邻层面编号之差", "step of numbers from slice to slice"),
    ("number_turns", "编号与层面顺序相反之处", "places where numbers turn back"),
    ("orientation_turn", "方位相差", "angle between the planes"),
    ("overlap_share", "层面重叠与层厚之比", "overlap as a share of the thickness"),
    ("pixel_spacing_max", "最大像素间距", "largest pixel spacing"),
    ("pixel_spacing_min", "最小像素间距", "smallest pixel spacing"),
    ("slice_thickness", "层厚", "slice thickness"),
    ("slices_in_another_plane", "方位不同的层面", "slices in another plane"),
    ("slices_of_another_matrix", "矩阵不同的层面", "slices of another matrix"),
    ("slices_shifted", "错位的层面", "slices that are shifted"),
    ("slices_with_a_repeated_number", "编号重复的层面", "slices with a repeated number"),
    ("spacing_deviation", "与常见层间距之差", "difference from the usual spacing"),
    ("stated_spacing", "层间距属性的值", "spacing as stated"),
];

/// Units.
pub(super) static UNITS: &[Row] =
    &[("pixels", "像素", "pixels"), ("series", "个序列", "series"), ("stacks", "个层组", "stacks")];

/// Word values.
pub(super) static VALUES: &[Row] = &[
    ("ImagesInAcquisition", "采集图像数", "images in acquisition"),
    ("NumberOfFrames", "帧数", "number of frames"),
    ("NumberOfSeriesRelatedInstances", "序列图像数", "number of series related instances"),
    ("NumberOfTemporalPositions", "时间点数", "number of temporal positions"),
];
