//! Names, units and word values of evidence for people, in Chinese and English. The JSON keeps the
//! code words; pages and terminal show these.

use serde_json::Value;

use crate::model::outcome::Evidence;
use crate::model::text::{StaticText, Text};

use super::format;

mod films;
mod geometry;
mod series;
mod slices;

/// A code word with its Chinese and English.
type Row = (&'static str, &'static str, &'static str);

/// Names that checks give to what they measure.
static NAMES: &[Row] = &[
    ("age_difference", "年龄与出生日期之差", "difference of age and birth date"),
    ("archives_undecodable", "无法读取的压缩包", "archives that cannot be read"),
    ("attributes", "涉及的属性", "attributes concerned"),
    ("birth_date", "出生日期", "birth date"),
    ("device_rows", "登记表中的行", "rows of the table of devices"),
    ("differing_fields", "不一致的字段", "fields that differ"),
    ("fields_agreeing", "一致的字段", "fields that agree"),
    ("fields_compared", "比较的字段", "fields compared"),
    ("fields_filled", "已填写的字段", "fields filled"),
    ("fields_required", "应填写的字段", "fields required"),
    ("hours_taken", "用时", "time taken"),
    ("instances_received", "收到的图像", "instances received"),
    ("manifest_rows", "工作列表中的行", "rows of the manifest"),
    ("missing_fields", "未填写的字段", "fields left empty"),
    ("reports", "诊断报告", "reports"),
    ("bits_allocated", "分配位数", "bits allocated"),
    ("bits_stored", "存储位数", "bits stored"),
    ("blank_frames", "空白帧", "blank frames"),
    ("blank_frames_at_ends", "两端的空白帧", "blank frames at the ends"),
    ("character_set", "字符集", "character set"),
    ("completeness", "完整率", "completeness"),
    ("days_from_study_date", "与检查日期相差", "days from the study date"),
    ("days_in_future", "晚于运行日期", "days in the future"),
    ("decoder_message", "解码程序的信息", "message of the decoder"),
    ("differing_header", "文件头不同的重复图像", "repeated images whose headers differ"),
    ("differing_pixels", "像素不同的重复图像", "repeated images whose pixels differ"),
    ("distinct_levels", "不同灰度值的个数", "distinct grey levels"),
    ("failed_verifications", "不合格的检定", "failed verifications"),
    ("instances_of_another_study", "曾属于另一检查的图像", "instances that came in another study"),
    (
        "instances_with_other_header",
        "文件头与首次收到时不同的图像",
        "instances with another header",
    ),
    ("instances_with_other_pixels", "像素与首次收到时不同的图像", "instances with other pixels"),
    ("label_decision", "标识决定", "decision on the label"),
    ("label_granted", "应有的标识", "label that was granted"),
    ("label_standing", "已标注的标识", "label that stands"),
    ("labels_standing", "已标注的标识数", "labels that stand"),
    ("people_named", "写明的操作人员", "people named"),
    ("people_unlisted", "未登记的操作人员", "people without a row"),
    ("place", "位置", "place"),
    ("study_date", "检查日期", "study date"),
    ("valid_until", "检定有效期至", "verification valid until"),
    ("valid_verifications", "有效的合格检定", "valid verifications"),
    ("empty_files", "空文件", "empty files"),
    ("failed_frames", "无法解码的帧", "frames that cannot be decoded"),
    ("files_beyond_limits", "超出长度或嵌套上限的文件", "files beyond the bounds on lengths"),
    ("files_unreadable", "无法打开的文件", "files that cannot be opened"),
    ("files_with_them", "含重复标识的文件", "files that share an identifier"),
    ("first_failed_frame_index", "首个无法解码的帧（从0起）", "first frame that failed (from 0)"),
    ("first_sop_instance_uids", "图像标识（前几个）", "first images concerned"),
    ("fragments", "像素数据片段", "fragments of pixel data"),
    ("frames_checked", "已检查的帧", "frames checked"),
    ("gap", "相邻层间隔", "gap between neighbouring slices"),
    ("headers_undecodable", "文件头无法解析的文件", "files whose header cannot be read"),
    ("high_bit", "最高位", "high bit"),
    ("holes", "缺口", "holes"),
    (
        "holes_where_instance_numbers_jump",
        "图像号同时跳号的缺口",
        "holes where instance numbers jump too",
    ),
    ("images_judged", "已判定的图像", "images judged"),
    ("images_not_judged", "未判定的图像", "images not judged"),
    ("instances_affected", "受影响的图像", "images affected"),
    ("instances_checked", "已检查的图像", "images checked"),
    ("instances_not_measured", "未能测量的图像", "images that could not be measured"),
    ("institutions_matched", "匹配到的登记机构", "registered institutions matched"),
    ("lossy_image_compression", "有损压缩标志", "lossy compression flag"),
    ("lossy_ratio", "有损压缩比", "lossy compression ratio"),
    ("malformed_uids", "格式不规范的标识", "ill-formed identifiers"),
    ("missing_positions_lps", "缺层位置（患者坐标）", "positions missing (patient coordinates)"),
    ("missing_slices", "缺失层数", "slices missing"),
    ("missing_uids", "缺少的标识", "identifiers missing"),
    ("neighbour_sop_instance_uids", "缺口两侧的图像", "images beside the hole"),
    ("never_missing_but_missing", "必有而缺失的属性", "attributes that must never be missing"),
    ("not_compared", "未能比较的图像", "images that could not be compared"),
    ("objects_without_pixel_data", "不含图像的文件", "objects without an image"),
    ("photometric_interpretation", "光度解释", "photometric interpretation"),
    ("pixel_bytes", "像素数据长度", "length of the pixel data"),
    ("pixel_representation", "像素表示", "pixel representation"),
    ("planned_wide_gaps", "按扫描计划的大间隔", "wide gaps that were planned"),
    ("range_p01_p99", "灰度范围（1%–99%分位）", "grey range (1st to 99th percentile)"),
    ("recovery", "容错读取方式", "how it was read all the same"),
    ("repeated_sop_instance_uids", "重复的图像标识", "repeated image identifiers"),
    ("samples_per_pixel", "每像素样本数", "samples per pixel"),
    ("series_checked", "已检查的序列", "series checked"),
    ("slices", "层数", "slices"),
    ("sop_classes_not_judged", "未判定的对象类型", "kinds of object not judged"),
    ("spacing_max", "最大层间距", "largest slice spacing"),
    ("spacing_median", "层间距中位数", "median slice spacing"),
    ("spacing_min", "最小层间距", "smallest slice spacing"),
    ("stacks", "层组", "stacks of slices"),
    ("stacks_affected", "有缺口的层组", "stacks with a hole"),
    ("stated_institution", "文件中的机构名称", "institution as stated"),
    ("surplus_bytes", "多出的字节", "bytes too many"),
    ("tilt", "机架倾角", "gantry tilt"),
    ("told_by", "判定来源", "told by"),
    ("transfer_syntax_uid", "传输语法", "transfer syntax"),
    ("undecodable_attributes", "无法解码的属性", "attributes that cannot be decoded"),
    ("unreadable_files", "无法读取的文件", "files that cannot be read"),
];

/// Units of evidence and of settings.
static UNITS: &[Row] = &[
    ("1", "比例（0–1）", "share (0 to 1)"),
    (":1", ":1", ":1"),
    ("UIDs", "个", "identifiers"),
    ("attributes", "项", "attributes"),
    ("bytes", "字节", "bytes"),
    ("days", "天", "days"),
    ("deg", "度", "degrees"),
    ("files", "个文件", "files"),
    ("labels", "个标识", "labels"),
    ("people", "人", "people"),
    ("rows", "行", "rows"),
    ("verifications", "次检定", "verifications"),
    ("fragments", "个片段", "fragments"),
    ("frames", "帧", "frames"),
    ("gaps", "处", "gaps"),
    ("instances", "幅", "images"),
    ("institutions", "家", "institutions"),
    ("levels", "级", "grey levels"),
    ("mm", "毫米", "mm"),
    ("slices", "层", "slices"),
    ("stored value", "存储值", "stored values"),
    ("values", "种", "values"),
    ("year", "年", "year"),
    ("years", "年", "years"),
    ("d", "天", "days"),
    ("h", "小时", "hours"),
    ("min", "分钟", "minutes"),
    ("month", "个月", "months"),
    ("months", "个月", "months"),
    ("s", "秒", "seconds"),
];

/// Attributes by their DICOM keyword.
static ATTRIBUTES: &[Row] = &[
    ("AccessionNumber", "检查号", "accession number"),
    ("AcquisitionDate", "采集日期", "acquisition date"),
    ("BodyPartExamined", "检查部位", "body part examined"),
    ("BodyPartThickness", "压迫厚度", "body part thickness"),
    ("Columns", "列数", "columns"),
    ("CompressionForce", "压迫力", "compression force"),
    ("ContentDate", "图像日期", "content date"),
    ("ConvolutionKernel", "重建卷积核", "convolution kernel"),
    ("DeviceSerialNumber", "设备序列号", "device serial number"),
    ("EchoTime", "回波时间", "echo time"),
    ("Exposure", "曝光量", "exposure"),
    ("FrameOfReferenceUID", "参考坐标系标识", "frame of reference UID"),
    ("ImageLaterality", "图像左右侧", "image laterality"),
    ("ImageOrientationPatient", "图像方向", "image orientation (patient)"),
    ("ImagePositionPatient", "图像位置", "image position (patient)"),
    ("ImagerPixelSpacing", "探测器像素间距", "imager pixel spacing"),
    ("ImageType", "图像类型", "image type"),
    ("InstanceNumber", "图像号", "instance number"),
    ("InstitutionName", "机构名称", "institution name"),
    ("KVP", "管电压", "tube voltage (KVP)"),
    ("Laterality", "左右侧", "laterality"),
    ("MagneticFieldStrength", "磁场强度", "magnetic field strength"),
    ("Manufacturer", "制造商", "manufacturer"),
    ("ManufacturerModelName", "设备型号", "model name"),
    ("Modality", "检查类型", "modality"),
    ("OperatorsName", "操作者姓名", "operators' name"),
    ("PatientAge", "患者年龄", "patient's age"),
    ("PatientBirthDate", "出生日期", "patient's birth date"),
    ("PatientID", "患者编号", "patient ID"),
    ("PatientName", "患者姓名", "patient's name"),
    ("PatientOrientation", "患者方向", "patient orientation"),
    ("PatientPosition", "患者体位", "patient position"),
    ("PerformingPhysicianName", "检查医师姓名", "performing physician's name"),
    ("PatientSex", "患者性别", "patient's sex"),
    ("PhotometricInterpretation", "光度解释", "photometric interpretation"),
    ("PixelSpacing", "像素间距", "pixel spacing"),
    ("ProtocolName", "扫描方案名称", "protocol name"),
    ("ReferringPhysicianName", "申请医师姓名", "referring physician's name"),
    ("RepetitionTime", "重复时间", "repetition time"),
    ("Rows", "行数", "rows"),
    ("ScanningSequence", "扫描序列", "scanning sequence"),
    ("SeriesDate", "序列日期", "series date"),
    ("SeriesDescription", "序列描述", "series description"),
    ("SeriesInstanceUID", "序列实例标识", "series instance UID"),
    ("SeriesNumber", "序列号", "series number"),
    ("SliceThickness", "层厚", "slice thickness"),
    ("SOPClassUID", "对象类型标识", "SOP class UID"),
    ("SOPInstanceUID", "图像实例标识", "SOP instance UID"),
    ("SpecificCharacterSet", "字符集声明", "specific character set"),
    ("StationName", "工作站名称", "station name"),
    ("StudyDate", "检查日期", "study date"),
    ("StudyDescription", "检查描述", "study description"),
    ("StudyID", "检查编号", "study ID"),
    ("StudyInstanceUID", "检查实例标识", "study instance UID"),
    ("StudyTime", "检查时间", "study time"),
    ("ViewPosition", "投照体位", "view position"),
];

/// Word values of evidence and settings.
static VALUES: &[Row] = &[
    ("true", "是", "yes"),
    ("false", "否", "no"),
    ("absent", "未注明", "absent"),
    ("malformed", "格式错误", "malformed"),
    ("too early", "过早", "too early"),
    ("field", "按字段", "by field"),
    ("record", "按记录", "by record"),
    ("transfer-syntax", "传输语法", "the transfer syntax"),
    (
        "transfer-syntax-may-be-lossy",
        "传输语法（可能有损）",
        "the transfer syntax, which may be lossy",
    ),
    ("lossy-image-compression", "有损压缩标志", "the lossy compression flag"),
    (
        "lossy-image-compression-ratio-or-method",
        "有损压缩比或压缩方法",
        "the lossy compression ratio or method",
    ),
];

fn find(rows: &'static [Row], word: &str) -> Option<StaticText> {
    rows.iter().find(|r| r.0 == word).map(|r| StaticText { zh: r.1, en: r.2 })
}

fn find_any(tables: &[&'static [Row]], word: &str) -> Option<StaticText> {
    tables.iter().find_map(|rows| find(rows, word))
}

/// An attribute by its DICOM keyword.
pub fn attribute(keyword: &str) -> Option<StaticText> {
    find(ATTRIBUTES, keyword)
}

/// The words of a name of evidence; `None` where there are none.
pub fn known_name(name: &str) -> Option<Text> {
    if let Some(keyword) = name.strip_prefix("distinct_")
        && let Some(a) = attribute(keyword)
    {
        return Some(Text::new(
            format!("{}的不同值", a.zh),
            format!("distinct values of {}", a.en),
        ));
    }
    find_any(&[NAMES, films::NAMES, geometry::NAMES, series::NAMES, slices::NAMES], name)
        .or_else(|| attribute(name))
        .map(|t| Text::new(t.zh, t.en))
}

/// The words of a unit; `None` where there are none.
pub fn known_unit(unit: &str) -> Option<StaticText> {
    find_any(&[UNITS, films::UNITS, geometry::UNITS, series::UNITS, slices::UNITS], unit)
}

/// The name of a piece of evidence for people.
pub fn name(e: &Evidence) -> Text {
    known_name(&e.name).unwrap_or_else(|| {
        let plain = format::clean(&e.name.replace('_', " "));
        Text::new(plain.clone(), plain)
    })
}

/// A unit for people; unknown ones as they are.
pub fn unit(unit: &str) -> Text {
    known_unit(unit).map_or_else(
        || Text::new(format::clean(unit), format::clean(unit)),
        |t| Text::new(t.zh, t.en),
    )
}

/// A value for people: words and attribute keywords in both languages, all else as it is.
pub fn value(v: &Value) -> Text {
    match v {
        Value::Bool(b) => word(if *b { "true" } else { "false" }),
        Value::String(s) => word(s),
        Value::Array(a) if a.iter().all(Value::is_string) => {
            let words: Vec<Text> = a.iter().filter_map(Value::as_str).map(word).collect();
            let join = |by: &str, get: fn(&Text) -> &str| {
                let text = words.iter().map(get).collect::<Vec<_>>().join(by);
                format::value(&Value::String(text))
            };
            Text::new(join("、", |t| &t.zh), join(", ", |t| &t.en))
        }
        _ => Text::new(format::value(v), format::value(v)),
    }
}

/// Counts of the states of an attribute (`absent 1, empty 0, malformed 0`) in Chinese.
fn states_zh(text: &str) -> Option<String> {
    let parts = text.split(", ").map(|part| {
        let (state, n) = part.split_once(' ')?;
        n.parse::<u64>().ok()?;
        let zh = match state {
            "absent" => "缺失",
            "empty" => "为空",
            "malformed" => "格式错误",
            _ => return None,
        };
        Some(format!("{zh}{n}"))
    });
    parts.collect::<Option<Vec<_>>>().map(|p| p.join("，"))
}

fn word(s: &str) -> Text {
    find_any(&[VALUES, films::VALUES, geometry::VALUES, series::VALUES], s)
        .or_else(|| attribute(s))
        .map_or_else(
            || {
                let plain = format::value(&Value::String(s.to_owned()));
                Text::new(states_zh(&plain).unwrap_or_else(|| plain.clone()), plain)
            },
            |t| Text::new(t.zh, t.en),
        )
}

#[cfg(test)]
mod tests;
